"""What the bookkeeping of one task costs: no-op tasks through the real scheduler and database.

`python -m benchmarks.orchestrator --shape film --shots 200 --json`. Gate on CPU time and on counts;
wall time carries the noise of the machine, and so `rebuild_s` (reading a stored run into the ready
index) is processor time too. Measured in the same run: as yardstick one bare SQLite transaction per
state change, two per task, with nothing else; as peer the same graph as a Celery chord.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any

from benchmarks.celery_chord import peer

from ai_video.domain.task import DAGSpec, TaskOutput, TaskSpec
from ai_video.orchestrator.collecting import collector_rests
from ai_video.orchestrator.graph import DagGraph
from ai_video.orchestrator.handlers import Facts, InProcessHandler, TaskContext, TaskView
from ai_video.orchestrator.scheduler import DAGScheduler
from ai_video.storage.database import Database
from ai_video.storage.invariants import check_invariants
from ai_video.storage.task_store import SqlTaskStore

SHAPES = ("film", "chain", "fan")
YARDSTICK_TASKS = 500


class NoOp(InProcessHandler):
    """Does nothing, with a fingerprint of its own, as film tasks have."""

    kind = "bench.noop"

    def fingerprint(self, task: TaskView, facts: Facts) -> str | None:
        return blake2b(task.id.bytes, digest_size=32).hexdigest()

    async def run(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        return TaskOutput(facts={"digest": task.key})


def task(key: str, *parents: str) -> TaskSpec:
    return TaskSpec(key=key, kind=NoOp.kind, parents=parents)


def specs_of(shape: str, shots: int) -> list[TaskSpec]:
    """film: per shot keyframe, clip, voice, segment in a row, then the composite of all."""
    count = 4 * shots + 1
    if shape == "chain":
        return [task(f"t{i}", *([f"t{i - 1}"] if i else [])) for i in range(count)]
    if shape == "fan":
        leaves = [task(f"t{i}", "root") for i in range(count - 2)]
        return [task("root"), *leaves, task("end", *[leaf.key for leaf in leaves])]
    specs: list[TaskSpec] = []
    for shot in range(shots):
        specs += [
            task(f"keyframe{shot}"),
            task(f"clip{shot}", f"keyframe{shot}"),
            task(f"voice{shot}", f"clip{shot}"),
            task(f"segment{shot}", f"voice{shot}"),
        ]
    return [*specs, task("composite", *[f"segment{shot}" for shot in range(shots)])]


@contextmanager
def database_url(store: str) -> Iterator[str]:
    """An empty database on disk; PostgreSQL's is emptied first."""
    if store == "sqlite":
        with tempfile.TemporaryDirectory(dir=os.environ.get("AIVIDEO_BENCH_DIR")) as folder:
            yield f"sqlite+aiosqlite:///{Path(folder) / 'bench.sqlite3'}"
        return
    from sqlalchemy import create_engine, make_url, text

    url = make_url(os.environ["AIVIDEO_TEST_POSTGRESQL"]).set(drivername="postgresql+psycopg")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    yield url.render_as_string(hide_password=False)


async def measure(shape: str, shots: int, store_name: str, slots: int) -> dict[str, Any]:
    """One run on a fresh database."""
    with database_url(store_name) as url:
        database = Database(url)
        await database.open()
        await database.close()
        store = SqlTaskStore(url)
        specs = specs_of(shape, shots)
        scheduler = DAGScheduler(store, [NoOp()], {"slots": slots})
        dag_id = await scheduler.submit(DAGSpec(name=shape, tasks=tuple(specs)))
        rebuild = time.process_time()
        loaded = await store.load({})
        with collector_rests():
            graphs = [DagGraph(rows) for rows in loaded.changed]
        rebuild = time.process_time() - rebuild
        for graph in graphs:
            graph.drop()
        del loaded, graphs
        commits, cpu, wall = store.commits, time.process_time(), time.perf_counter()
        await scheduler.run_until(dag_id)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        commits = store.commits - commits
        await scheduler.stop()
        violations = sum(row.violations for row in await check_invariants(store))
        await store.close()
    return {
        "tasks": len(specs),
        "cpu_us_per_task": cpu / len(specs) * 1e6,
        "commits": commits,
        "commits_per_task": commits / len(specs),
        "wall_s": wall,
        "rebuild_s": rebuild,
        "invariant_violations": violations,
    }


def bare_sqlite_us_per_task() -> float:
    """CPU microseconds of two synced transactions, one per state change."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("AIVIDEO_BENCH_DIR")) as folder:
        connection = sqlite3.connect(Path(folder) / "bare.sqlite3", isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE task (id INTEGER PRIMARY KEY, state TEXT)")
        connection.executemany(
            "INSERT INTO task VALUES (?, 'pending')", [(n,) for n in range(YARDSTICK_TASKS)]
        )
        cpu = time.process_time()
        for number in range(YARDSTICK_TASKS):
            for state in ("running", "completed"):
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("UPDATE task SET state = ? WHERE id = ?", (state, number))
                connection.execute("COMMIT")
        cpu = time.process_time() - cpu
        connection.close()
    return cpu / YARDSTICK_TASKS * 1e6


def medians(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Of every number the median; of violations the most, for one is one too many."""
    found: dict[str, Any] = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        whole = isinstance(values[0], int)
        value = max(values) if name == "invariant_violations" else statistics.median(values)
        found[name] = int(value) if whole else round(value, 6)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=SHAPES, default="film")
    parser.add_argument("--shots", type=int, default=200)
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--slots", type=int, default=8)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    said = parser.parse_args()
    if said.store == "postgresql" and not os.environ.get("AIVIDEO_TEST_POSTGRESQL"):
        document: dict[str, Any] = {"skipped": "AIVIDEO_TEST_POSTGRESQL is not set"}
    else:
        rows = [
            asyncio.run(measure(said.shape, said.shots, said.store, said.slots))
            for _ in range(said.repeat)
        ]
        unit = 1024**2 if sys.platform == "darwin" else 1024
        document = {
            **medians(rows),
            "max_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 1),
            "durability": "full",
            "yardstick": {"bare_sqlite_us_per_task": round(bare_sqlite_us_per_task(), 3)},
            "peers": [peer(said.shape, said.shots, said.slots)],
        }
    if said.json:
        print(json.dumps(document))
    else:
        for name, value in document.items():
            print(f"{name:24} {value}")


if __name__ == "__main__":
    main()
