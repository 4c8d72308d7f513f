"""What the same graph of no-op tasks costs as a Celery canvas on a Redis of its own.

A worker of eight threads, messages acknowledged late, results in Redis, for a chord needs them.
Counted is the processor time of all three processes from submission to the last result.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LARGEST = 1_001
"""A chain of 10,000 does not end: every message carries the rest of the chain."""
READY_S = 30.0
LIMIT_S = 120.0
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def peer(shape: str, shots: int, slots: int) -> dict[str, Any]:
    """A row: processor and wall time per task, or why it was skipped."""
    row: dict[str, Any] = {"name": "celery_chord"}
    tasks = 4 * shots + 1
    try:
        import celery as _celery
        import redis as _redis
    except ImportError as exc:
        return {**row, "skipped": f"{exc.name} is not installed (extra: queue)"}
    del _celery, _redis
    if shutil.which("redis-server") is None:
        return {**row, "skipped": "redis-server is not installed"}
    if not Path("/proc/self/stat").exists():
        return {**row, "skipped": "processor time of other processes is read from /proc"}
    if tasks > LARGEST:
        return {**row, "skipped": f"measured with up to {LARGEST} tasks"}
    with (
        tempfile.TemporaryDirectory() as folder,
        _redis_server(Path(folder)) as (url, redis_pid),
        _worker(url, slots) as worker_pid,
    ):
        return {**row, **_measure(url, shape, shots, (redis_pid, worker_pid))}


def make_app(url: str) -> Any:
    from celery import Celery

    app = Celery("bench", broker=url, backend=url, set_as_current=False)
    app.conf.update(
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
    )

    @app.task(name="bench.noop", bind=False)
    def noop(*_: object) -> None:
        return None

    app.finalize()
    return app


def canvas_of(app: Any, shape: str, shots: int) -> Any:
    """film: a chord of chains of four; fan: one, then a chord; chain: one after another."""
    from celery import chain, chord, group

    one = app.tasks["bench.noop"].si
    count = 4 * shots + 1
    if shape == "chain":
        return chain(*[one() for _ in range(count)])
    if shape == "fan":
        return chain(one(), chord(group(*[one() for _ in range(count - 2)]), one()))
    rows = [chain(one(), one(), one(), one()) for _ in range(shots)]
    return chord(group(*rows), one())


def _measure(url: str, shape: str, shots: int, pids: tuple[int, int]) -> dict[str, Any]:
    app = make_app(url)
    app.set_current()
    tasks = 4 * shots + 1
    app.tasks["bench.noop"].delay().get(timeout=READY_S)
    others, own, wall = _cpu_s(pids), time.process_time(), time.perf_counter()
    canvas_of(app, shape, shots).apply_async().get(timeout=LIMIT_S)
    wall = time.perf_counter() - wall
    cpu = _cpu_s(pids) - others + time.process_time() - own
    return {
        "tasks": tasks,
        "cpu_us_per_task": round(cpu / tasks * 1e6, 1),
        "wall_s": round(wall, 3),
    }


def _cpu_s(pids: tuple[int, ...]) -> float:
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS


@contextmanager
def _redis_server(folder: Path) -> Iterator[tuple[str, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    argv = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    argv += ["--appendonly", "no", "--dir", str(folder)]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + READY_S
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if time.monotonic() > until:
                        raise
                    time.sleep(0.05)
            yield f"redis://127.0.0.1:{port}/0", process.pid
        finally:
            process.terminate()


@contextmanager
def _worker(url: str, slots: int) -> Iterator[int]:
    argv = [sys.executable, "-m", "benchmarks.celery_chord", url, str(slots)]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process.pid
        finally:
            process.terminate()


if __name__ == "__main__":
    make_app(sys.argv[1]).Worker(
        pool="threads", concurrency=int(sys.argv[2]), loglevel="ERROR", quiet=True
    ).start()
