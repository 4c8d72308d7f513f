"""The probe kinds do what the contract says of them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from ai_video.domain.task import DAGSpec, DAGStatus, TaskSpec
from ai_video.errors import ErrorClass
from ai_video.orchestrator.memory_store import MemoryTaskStore
from ai_video.orchestrator.probes import probe_handlers
from ai_video.orchestrator.records import TaskRecord
from ai_video.orchestrator.scheduler import DAGScheduler


async def run_probe(kind: str, **params: Any) -> tuple[DAGStatus, TaskRecord]:
    store = MemoryTaskStore()
    scheduler = DAGScheduler(store, probe_handlers(), {"slots": 2})
    spec = TaskSpec(key="p", kind=kind, params=params, retry_delay=0.01)
    dag_id = await scheduler.submit(DAGSpec(tasks=(spec,)))
    status = await scheduler.run_until(dag_id)
    await scheduler.stop()
    return status, (await store.list_tasks(dag_id=dag_id))[0]


async def test_sleep_takes_the_time_it_is_told() -> None:
    wall, cpu = time.monotonic(), time.process_time()
    status, task = await run_probe("probe.sleep", sleep_ms=50, cpu_ms=50)
    assert status is DAGStatus.COMPLETED
    assert time.monotonic() - wall >= 0.1
    assert time.process_time() - cpu >= 0.05
    assert task.fingerprint is not None


@pytest.mark.parametrize(
    ("error_class", "retries"),
    [("transient", 2), ("system", 2), ("resource", 0)],
)
async def test_fail_fails_so_many_times_and_then_completes(
    error_class: ErrorClass, retries: int
) -> None:
    status, task = await run_probe("probe.fail", times=2, error_class=error_class)
    assert status is DAGStatus.COMPLETED
    assert (task.attempts, task.retry_count) == (3, retries)


async def test_note_writes_one_line_at_its_beginning_and_one_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "witness"
    status, _ = await run_probe("probe.note", path=str(path))
    assert status is DAGStatus.COMPLETED
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [(row["key"], row["attempt"], row["phase"]) for row in rows] == [
        ("p", 1, "begin"),
        ("p", 1, "end"),
    ]
    assert all(row["at"] for row in rows)


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("probe.note", {}),
        ("probe.sleep", {"sleep_ms": -1}),
        ("probe.fail", {"error_class": "unheard of"}),
        ("probe.crash", {"surprise": 1}),
        ("probe.note", {"path": "/no/such/folder/file"}),
    ],
)
async def test_parameters_that_make_no_sense_go_to_a_person(
    kind: str, params: dict[str, Any]
) -> None:
    status, task = await run_probe(kind, **params)
    assert status is DAGStatus.FAILED
    assert (task.error_class, task.error_code) == ("configuration", "probe_params")


async def test_a_probe_never_stands_for_another() -> None:
    store = MemoryTaskStore()
    scheduler = DAGScheduler(store, probe_handlers(), {"slots": 2})
    spec = DAGSpec(tasks=(TaskSpec(key="p", kind="probe.sleep"),))
    for _ in range(2):
        await scheduler.run_until(await scheduler.submit(spec))
    await scheduler.stop()
    assert [(task.satisfied, task.attempts) for task in await store.list_tasks()] == [
        (False, 1)
    ] * 2
