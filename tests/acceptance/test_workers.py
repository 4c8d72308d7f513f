"""A film on Celery, Redis, PostgreSQL and S3: other settings, the same film."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import redis
from sqlalchemy import create_engine, text

from tests.acceptance.conftest import QUICK, Answer, command, environment
from tests.scheduling import make_tables

STORY = """第一场 内景 客厅 夜

林小雨坐在窗边，雨水顺着玻璃流下来。

林小雨：你终于回来了。

第二场 外景 街道 清晨

雨停了，街道上洒满阳光。

陈默撑着伞慢慢走过来。
"""
NEEDED = (
    "AIVIDEO_TEST_POSTGRESQL",
    "AIVIDEO_TEST_REDIS",
)


@pytest.fixture
def services() -> dict[str, str]:
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        pytest.skip(f"{missing[0]} is not set")
    database = os.environ["AIVIDEO_TEST_POSTGRESQL"].replace(
        "postgresql://", "postgresql+psycopg://"
    )
    make_tables(database)
    redis.Redis.from_url(os.environ["AIVIDEO_TEST_REDIS"]).flushall()
    return {"database": database, "broker": os.environ["AIVIDEO_TEST_REDIS"]}


@pytest.fixture
def bucket() -> Iterator[dict[str, str]]:
    """An S3 server with one bucket, and the environment that leads there."""
    if importlib.util.find_spec("moto") is None:
        pytest.skip("moto[server] is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: answers(f"{url}/"), 60)
        assert httpx.put(f"{url}/films").status_code == 200
        yield {
            "AIVIDEO_BLOBS": "s3://films/blobs",
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }
    finally:
        server.kill()
        server.wait()


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code < 500
    except httpx.TransportError:
        return False


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.05)


class Workers:
    """`ai-video worker` processes, each with a data folder of its own, as on other machines."""

    def __init__(self, folder: Path, extra: dict[str, str]) -> None:
        self._folder = folder
        self._extra = extra
        self.all: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        home = self._folder / f"worker{len(self.all)}"
        process = subprocess.Popen(
            command("worker", "--slots", "2", "--json"),
            stdout=subprocess.PIPE,
            env=environment(home, **self._extra),
        )
        self.all.append(process)
        return process

    @staticmethod
    def ready(process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert (said["pid"], said["ready"]) == (process.pid, True)

    def end(self) -> list[int]:
        """Stop those that live as a service manager would; returns their exit codes."""
        living = [process for process in self.all if process.poll() is None]
        for process in living:
            process.terminate()
        codes = [process.wait(timeout=30) for process in living]
        for process in self.all:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        return codes


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.redis
@pytest.mark.s3
@pytest.mark.timeout(300)
def test_the_film_made_by_workers_is_the_film_made_in_one_process(
    services: dict[str, str],
    bucket: dict[str, str],
    cli: Callable[..., Answer],
    tmp_path: Path,
) -> None:
    story = tmp_path / "雨夜.txt"
    story.write_text(STORY, encoding="utf-8")
    production = {
        **bucket,
        "AIVIDEO_DATABASE_URL": services["database"],
        "AIVIDEO_BROKER_URL": services["broker"],
    }
    workers = Workers(tmp_path, production)
    making = None
    try:
        first, second = workers.start(), workers.start()
        alone = cli("make", str(story), "-o", str(tmp_path / "alone.mp4"), *QUICK)
        assert alone.code == 0, alone.out + alone.err
        workers.ready(first)
        workers.ready(second)
        making = subprocess.Popen(
            command("make", str(story), "-o", str(tmp_path / "together.mp4"), *QUICK),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(tmp_path / "desk", **production),
        )
        wait_until(lambda: killed_in_the_middle(second, services["database"], least_done=3), 60)
        out, err = making.communicate(timeout=200)
        assert making.returncode == 0, out + err
        film = json.loads(out)
        assert film["film"]["stream_sha256"] == alone.json["film"]["stream_sha256"]
        assert (tmp_path / "together.mp4").stat().st_size > 10_000
        attempts = attempts_of(services["database"])
        assert {pid for pid, _ in attempts} == {first.pid, second.pid}
        lost = [pid for pid, outcome in attempts if outcome == "lost"]
        assert set(lost) == {second.pid}
        report = cli("doctor", "--json", AIVIDEO_VOICE="silent", **production)
        assert report.json["ok"], report.out
        assert report.json["active"]["executor"] == "celery"
        assert report.json["active"]["database"] == "postgresql"
        assert report.json["active"]["blobs"] == "s3"
        assert [row for row in report.json["invariants"] if row["violations"]] == []
    finally:
        if making is not None and making.poll() is None:
            making.kill()
        codes = workers.end()
    assert codes == [0]


def attempts_of(database: str) -> list[tuple[int, str]]:
    """The process and the outcome of every attempt."""
    engine = create_engine(database)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT worker, outcome FROM task_attempt")).all()
    engine.dispose()
    return [(int(worker.rpartition(":")[2]), outcome) for worker, outcome in rows]


def killed_in_the_middle(
    worker: subprocess.Popen[bytes], database: str, *, least_done: int
) -> bool:
    """Kill it while it certainly runs a task: it is halted before it is looked at again."""
    if not runs_a_task(database, worker.pid, least_done=least_done):
        return False
    worker.send_signal(signal.SIGSTOP)
    if not runs_a_task(database, worker.pid, least_done=least_done):
        worker.send_signal(signal.SIGCONT)
        return False
    worker.kill()
    return True


def runs_a_task(database: str, pid: int, *, least_done: int) -> bool:
    """Is a task running in that process, and are some done?"""
    engine = create_engine(database)
    try:
        with engine.connect() as connection:
            running = connection.execute(
                text(
                    "SELECT count(*) FROM task_attempt a "
                    "JOIN task_dispatch d ON d.attempt_id = a.id AND d.how IS NULL "
                    "WHERE a.ended_at IS NULL AND a.begun_at IS NOT NULL AND a.worker LIKE :worker"
                ),
                {"worker": f"%:{pid}"},
            ).scalar()
            done = connection.execute(
                text("SELECT count(*) FROM task_attempt WHERE outcome = 'completed'")
            ).scalar()
            return bool(running) and int(done or 0) >= least_done
    finally:
        engine.dispose()
