"""Real workers behind Celery, Redis and PostgreSQL, while everything is killed in turn."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from tests.integration.orchestrator.test_kill import (
    Processes,
    agrees_with,
    exit_code,
    film,
    size,
    submitted,
    witnessed,
)
from tests.queueing import SLOTS, schedule, work
from tests.scheduling import check, make_tables, sqlite_url, until

from ai_video.domain.task import DAGSpec, TaskSpec
from ai_video.storage.task_store import SqlTaskStore

pytestmark = [pytest.mark.postgresql, pytest.mark.redis]

WORKERS = 3


@pytest.fixture
def url() -> str:
    given = os.environ.get("AIVIDEO_TEST_POSTGRESQL")
    if not given:
        pytest.skip("AIVIDEO_TEST_POSTGRESQL is not set")
    given = given.replace("postgresql://", "postgresql+psycopg://")
    make_tables(given)
    return given


@pytest.fixture
def broker() -> str:
    given = os.environ.get("AIVIDEO_TEST_REDIS")
    if not given:
        pytest.skip("AIVIDEO_TEST_REDIS is not set")
    return given


@pytest.fixture
def restart_postgresql() -> list[str]:
    """The command that restarts the test server as a crash would."""
    given = os.environ.get("AIVIDEO_TEST_POSTGRESQL_RESTART")
    if not given:
        pytest.skip("AIVIDEO_TEST_POSTGRESQL_RESTART is not set")
    return [given]


@pytest.fixture
def processes() -> Iterator[Processes]:
    processes = Processes("tests.queueing")
    yield processes
    processes.end()


async def frozen(worker: Any, url: str) -> Any:
    """The worker, stopped as it stands while it runs something."""
    store = SqlTaskStore(url)
    running = (
        "SELECT 1 FROM task_attempt WHERE ended_at IS NULL AND begun_at IS NOT NULL "
        f"AND worker LIKE '%%:{worker.pid}'"
    )

    async def runs_something() -> bool:
        return bool(await store.query(running))

    await until(runs_something, 60)
    os.kill(worker.pid, signal.SIGSTOP)
    await store.close()
    return worker


def ended(witness: Path) -> int:
    return sum(row["phase"] == "end" for row in witnessed(witness)) if size(witness) else 0


@pytest.mark.parametrize(
    ("shots", "kills", "sleep_ms"),
    [
        pytest.param(30, 5, 60, id="121 tasks, 5 kills"),
        pytest.param(200, 100, 250, id="801 tasks, 100 kills", marks=pytest.mark.soak),
    ],
)
@pytest.mark.timeout(900)
async def test_workers_scheduler_redis_and_postgresql_may_all_fail_in_the_middle(
    url: str,
    broker: str,
    restart_postgresql: list[str],
    tmp_path: Path,
    processes: Processes,
    shots: int,
    kills: int,
    sleep_ms: float,
) -> None:
    rng = random.Random(11)
    witness = tmp_path / "witness.jsonl"
    spec = film(shots, witness, sleep_ms=sleep_ms)
    total = len(spec.tasks)
    dag_id = await submitted(url, spec)
    workers = [processes.start(work, url, broker) for _ in range(WORKERS)]
    slots = WORKERS * SLOTS
    scheduler = processes.start(schedule, url, broker, dag_id, slots)
    for kill in range(kills):
        wanted = total * (kill + 1) // (kills + 2)
        await until(lambda: ended(witness) >= wanted, 120)  # noqa: B023  awaited right here
        await asyncio.sleep(rng.random() * 0.1)
        victim = rng.randrange(WORKERS)
        workers[victim].kill()
        workers[victim].join()
        if kill == 0:  # one freezes, is taken for dead, and wakes when all is over
            sleeper = await frozen(processes.start(work, url, broker), url)
        if kill == kills // 3:
            redis.Redis.from_url(broker).flushall()
        if kill == kills // 2:
            await asyncio.to_thread(subprocess.run, restart_postgresql, check=True)
        if kill == kills * 2 // 3:
            scheduler.kill()
            scheduler.join()
            scheduler = processes.start(schedule, url, broker, dag_id, slots)
        workers[victim] = processes.start(work, url, broker)
    assert ended(witness) < total, "it was over before everything was killed"
    assert await exit_code(scheduler) == 0
    os.kill(sleeper.pid, signal.SIGCONT)
    await asyncio.sleep(2)
    store = SqlTaskStore(url)
    await check(store)
    await agrees_with(witness, store, dag_id)
    await store.close()


async def test_a_task_that_kills_its_workers_goes_to_a_person(
    broker: str, tmp_path: Path, processes: Processes
) -> None:
    url = sqlite_url(tmp_path)
    crash = TaskSpec(key="crash", kind="probe.crash", params={"times": 9}, max_retries=1)
    dag_id = await submitted(url, DAGSpec(tasks=(crash,)))
    scheduler = processes.start(schedule, url, broker, dag_id, 4)
    for _ in range(2):
        assert await exit_code(processes.start(work, url, broker)) == -signal.SIGKILL
    assert await exit_code(scheduler) == 4
    store = SqlTaskStore(url)
    await check(store)
    (task,) = await store.list_tasks(dag_id=dag_id)
    assert (task.status.value, task.attempts, task.retry_count) == ("manual_review", 2, 1)
    outcomes = [row.outcome for row in (await store.list_attempts([task.id]))[task.id]]
    assert outcomes == ["lost", "lost"]
    await store.close()
