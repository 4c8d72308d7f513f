"""SIGKILL of real processes: the database and a witness outside it agree on what happened."""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.scheduling import check, make_tables, run_to_end, sqlite_url, until

from ai_video.domain.task import DAGSpec, TaskSpec
from ai_video.orchestrator.probes import probe_handlers
from ai_video.orchestrator.scheduler import DAGScheduler
from ai_video.orchestrator.store import TaskStore
from ai_video.storage.task_store import SqlTaskStore

KILLS = 20


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    given = os.environ.get("AIVIDEO_TEST_POSTGRESQL")
    if not given:
        pytest.skip("AIVIDEO_TEST_POSTGRESQL is not set")
    given = given.replace("postgresql://", "postgresql+psycopg://")
    make_tables(given)
    return given


class Processes:
    """Real processes, forked from one that has imported `preload`; all are killed in the end."""

    def __init__(self, preload: str) -> None:
        way = "forkserver" if "forkserver" in get_all_start_methods() else "spawn"
        self._context: Any = get_context(way)
        if way == "forkserver":
            self._context.set_forkserver_preload([preload])
        self._started: list[Any] = []

    def start(self, target: Any, *args: Any) -> Any:
        process = self._context.Process(target=target, args=args)
        process.start()
        self._started.append(process)
        return process

    def end(self) -> None:
        for process in self._started:
            process.kill()
            process.join()
            process.close()


@pytest.fixture
def processes() -> Iterator[Processes]:
    processes = Processes("tests.scheduling")
    yield processes
    processes.end()


async def exit_code(process: Any) -> int:
    await asyncio.to_thread(process.join, 60)
    return process.exitcode


def film(shots: int, witness: Path, *, sleep_ms: float) -> DAGSpec:
    """Per shot keyframe, clip, voice, segment in a row; then the composite of all."""

    def note(key: str, *parents: str) -> TaskSpec:
        params: dict[str, Any] = {"path": str(witness), "sleep_ms": sleep_ms}
        return TaskSpec(
            key=key, kind="probe.note", params=params, parents=parents, max_retries=KILLS
        )

    specs: list[TaskSpec] = []
    for shot in range(shots):
        before: tuple[str, ...] = ()
        for kind in ("keyframe", "clip", "voice", "segment"):
            specs.append(note(f"{kind}{shot}", *before))
            before = (f"{kind}{shot}",)
    return DAGSpec(tasks=(*specs, note("composite", *[f"segment{shot}" for shot in range(shots)])))


async def submitted(url: str, spec: DAGSpec) -> UUID:
    store = SqlTaskStore(url)
    dag_id = await DAGScheduler(store, probe_handlers(), {}).submit(spec)
    await store.close()
    return dag_id


def witnessed(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


async def agrees_with(witness: Path, store: TaskStore, dag_id: UUID) -> None:
    """Every task ended once; no attempt began twice; none began after its task had ended."""
    tasks = await store.list_tasks(dag_id=dag_id)
    assert {task.status.value for task in tasks} == {"completed"}
    rows = witnessed(witness)
    begun = Counter((row["key"], row["attempt"]) for row in rows if row["phase"] == "begin")
    assert max(begun.values()) == 1
    attempts = await store.list_attempts([task.id for task in tasks])
    for task in tasks:
        outcomes = [attempt.outcome for attempt in attempts[task.id]]
        assert outcomes == ["lost"] * (len(outcomes) - 1) + ["completed"]
        ended = [row for row in rows if row["key"] == task.key and row["phase"] == "end"]
        assert task.attempts in [row["attempt"] for row in ended]
        began = [row["attempt"] for row in rows if row["key"] == task.key]
        assert max(began) == task.attempts


async def test_a_run_killed_twenty_times_loses_nothing_and_repeats_nothing_finished(
    url: str, tmp_path: Path, processes: Processes
) -> None:
    rng = random.Random(7)
    witness = tmp_path / "witness.jsonl"
    dag_id = await submitted(url, film(30, witness, sleep_ms=60))
    seen = 0
    for _ in range(KILLS):
        process = processes.start(run_to_end, url, dag_id)
        before = seen
        await until(lambda: size(witness) > before, 20)  # noqa: B023  awaited right here
        await asyncio.sleep(rng.random() * 0.1)
        assert process.exitcode is None, "it was over before it could be killed"
        process.kill()
        process.join()
        seen = size(witness)
    assert await exit_code(processes.start(run_to_end, url, dag_id)) == 0
    store = SqlTaskStore(url)
    await check(store)
    await agrees_with(witness, store, dag_id)
    await store.close()


async def test_of_two_processes_one_schedules_and_the_other_takes_over_when_it_is_killed(
    tmp_path: Path, processes: Processes
) -> None:
    url = sqlite_url(tmp_path)
    witnesses = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    dags = [await submitted(url, film(4, path, sleep_ms=150)) for path in witnesses]
    first = processes.start(run_to_end, url, dags[0])
    await until(lambda: size(witnesses[0]) > 0)
    second = processes.start(run_to_end, url, dags[1])
    await asyncio.sleep(0.5)
    first.kill()
    assert await exit_code(second) == 0
    assert await exit_code(processes.start(run_to_end, url, dags[0])) == 0
    store = SqlTaskStore(url)
    await check(store)
    for witness, dag_id in zip(witnesses, dags):
        await agrees_with(witness, store, dag_id)
    await store.close()


async def test_a_task_that_kills_its_process_goes_to_a_person(
    tmp_path: Path, processes: Processes
) -> None:
    url = sqlite_url(tmp_path)
    crash = TaskSpec(key="crash", kind="probe.crash", params={"times": 9}, max_retries=1)
    dag_id = await submitted(url, DAGSpec(tasks=(crash,)))
    codes = [await exit_code(processes.start(run_to_end, url, dag_id)) for _ in range(3)]
    assert codes == [-9, -9, 4]
    store = SqlTaskStore(url)
    await check(store)
    task = (await store.list_tasks(dag_id=dag_id))[0]
    assert (task.status.value, task.attempts, task.retry_count) == ("manual_review", 2, 1)
    await store.close()


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
