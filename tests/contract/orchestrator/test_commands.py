"""What people may do to runs and tasks, on every store."""

from __future__ import annotations

import asyncio

import pytest
from tests.scheduling import Gate, Worker, by_key, dag, failing, scheduling, statuses, task, until

from ai_video.domain.ids import new_id
from ai_video.domain.task import DAGStatus, TaskOutput
from ai_video.errors import ConfigurationFailure, Conflict, NotFound
from ai_video.orchestrator.scheduler import DAGScheduler
from ai_video.orchestrator.store import TaskStore

BROKEN = ConfigurationFailure("unknown_task_kind", kind="x")


async def test_pause_lets_running_work_finish_and_starts_nothing(
    store: TaskStore, worker: Worker
) -> None:
    gate = worker.acts["a"] = Gate()
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(dag(task("a"), task("b", "a")))
        await gate.reached.wait()
        await scheduler.pause(dag_id)
        gate.open.set()

        async def a_is_done() -> bool:
            return (await statuses(store, dag_id))["a"] == "completed"

        await until(a_is_done)
        await asyncio.sleep(0.1)
        assert worker.keys() == ["a"]
        assert (await store.get_dag(dag_id)).paused_at is not None
        await scheduler.resume(dag_id)
        assert await scheduler.run_until(dag_id) is DAGStatus.COMPLETED
    assert worker.keys() == ["a", "b"]
    assert (await store.get_dag(dag_id)).paused_at is None


async def test_cancelling_a_run_stops_what_runs_and_what_waits(
    store: TaskStore, worker: Worker
) -> None:
    gate = worker.acts["a"] = Gate()
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(dag(task("a"), task("b", "a"), task("c", "b")))
        await gate.reached.wait()
        await scheduler.cancel(dag_id)
        assert await scheduler.run_until(dag_id) is DAGStatus.CANCELLED
        await scheduler.cancel(dag_id)
    assert gate.cancelled
    assert set((await statuses(store, dag_id)).values()) == {"cancelled"}
    attempts = await store.list_attempts([row.id for row in await store.list_tasks()])
    assert [[a.outcome for a in rows] for rows in attempts.values()] == [["cancelled"]]
    assert (await store.get_dag(dag_id)).cancelled_tasks == 3


async def test_a_result_that_comes_before_the_cancel_is_noticed_is_kept(
    store: TaskStore, worker: Worker
) -> None:
    gate = worker.acts["a"] = Gate()
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(dag(task("a"), task("b", "a")))
        await gate.reached.wait()
        gate.open.set()
        await scheduler.cancel(dag_id)
        assert await scheduler.run_until(dag_id) is DAGStatus.CANCELLED
    assert (await statuses(store, dag_id))["b"] == "cancelled"
    assert worker.keys() == ["a"]


async def test_cancelling_a_task_cancels_all_that_waits_for_it(
    store: TaskStore, worker: Worker
) -> None:
    gate = worker.acts["a"] = Gate()
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(dag(task("a"), task("b", "a"), task("c", "b"), task("d")))
        await gate.reached.wait()
        await scheduler.cancel_task((await by_key(store, dag_id))["a"].id)
        assert await scheduler.run_until(dag_id) is DAGStatus.CANCELLED
    assert await statuses(store, dag_id) == {
        "a": "cancelled",
        "b": "cancelled",
        "c": "cancelled",
        "d": "completed",
    }


async def test_a_skipped_task_gives_its_children_empty_facts(
    store: TaskStore, worker: Worker
) -> None:
    worker.acts["a"] = failing(BROKEN, times=9)
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(dag(task("a"), task("b", "a")))
        assert await scheduler.run_until(dag_id) is DAGStatus.FAILED
        await scheduler.skip_task((await by_key(store, dag_id))["a"].id)
        assert await scheduler.run_until(dag_id) is DAGStatus.COMPLETED
    assert worker.facts["b"] == {"a": {}}
    row = await store.get_dag(dag_id)
    assert (row.skipped_tasks, row.failed_tasks, row.completed_tasks) == (1, 0, 1)


async def test_running_a_run_again_tries_all_that_waits_for_a_person(
    store: TaskStore, worker: Worker
) -> None:
    worker.acts["a"] = worker.acts["b"] = failing(BROKEN, times=1)
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(dag(task("a"), task("b"), task("c", "a", "b")))
        assert await scheduler.run_until(dag_id) is DAGStatus.FAILED
        await scheduler.retry_all(dag_id)
        assert await scheduler.run_until(dag_id) is DAGStatus.COMPLETED
        await scheduler.retry_all(dag_id)
        assert await scheduler.run_until(dag_id) is DAGStatus.COMPLETED


async def test_a_retry_that_waits_can_be_hastened(store: TaskStore, worker: Worker) -> None:
    worker.acts["a"] = failing(ConnectionError("no route"), times=1)
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(dag(task("a", retry_delay=300)))

        async def waits() -> bool:
            return (await statuses(store, dag_id))["a"] == "retry_pending"

        await until(waits)
        row = (await by_key(store, dag_id))["a"]
        assert row.not_before is not None
        await scheduler.retry_task(row.id)
        assert await scheduler.run_until(dag_id) is DAGStatus.COMPLETED


async def test_what_cannot_be_done_now_is_refused_and_changes_nothing(
    store: TaskStore, worker: Worker
) -> None:
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(dag(task("a")))
        await scheduler.run_until(dag_id)
        done = (await by_key(store, dag_id))["a"]
        for command in (scheduler.retry_task, scheduler.skip_task, scheduler.cancel_task):
            with pytest.raises(Conflict):
                await command(done.id)
            with pytest.raises(NotFound):
                await command(new_id())
        with pytest.raises(Conflict):
            await scheduler.pause(dag_id)
        with pytest.raises(NotFound):
            await scheduler.resume(new_id())
        with pytest.raises(NotFound):
            await scheduler.run_until(new_id())
        assert (await by_key(store, dag_id))["a"] == done


async def test_commands_work_where_nobody_schedules(store: TaskStore, worker: Worker) -> None:
    scheduler = DAGScheduler(store, [worker], {"slots": 1})
    dag_id = await scheduler.submit(dag(task("a"), task("b")))
    await scheduler.pause(dag_id)
    await scheduler.skip_task((await by_key(store, dag_id))["a"].id)
    await scheduler.cancel(dag_id)
    assert await statuses(store, dag_id) == {"a": "skipped", "b": "cancelled"}
    assert (await store.get_dag(dag_id)).status is DAGStatus.CANCELLED
    assert worker.started == []


async def test_a_person_gives_a_result_that_children_read_and_no_other_task_takes_over(
    store: TaskStore, worker: Worker
) -> None:
    worker.acts["a"] = failing(BROKEN, times=1)
    spec = dag(task("a", made_of="x"), task("b", "a"))
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(spec)
        assert await scheduler.run_until(dag_id) is DAGStatus.FAILED
        rows = await by_key(store, dag_id)
        given = TaskOutput(facts={"digest": "drawn"})
        await scheduler.complete_task(rows["a"].id, given, how="take 7")
        assert await scheduler.run_until(dag_id) is DAGStatus.COMPLETED
        assert worker.facts["b"] == {"a": {"digest": "drawn"}}
        with pytest.raises(Conflict):
            await scheduler.complete_task(rows["a"].id, given, how="take 7")
        again = await scheduler.submit(spec)
        assert await scheduler.run_until(again) is DAGStatus.FAILED
    row = (await by_key(store, dag_id))["a"]
    assert (row.status.value, row.satisfied, row.attempts) == ("completed", False, 1)
    assert (row.reason, row.error_code, row.output) == ("by a person: take 7", None, given)
    dag_row = await store.get_dag(dag_id)
    assert (dag_row.completed_tasks, dag_row.failed_tasks) == (2, 0)
