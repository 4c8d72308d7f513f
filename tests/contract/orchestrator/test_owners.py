"""One owner at a time: take-over, zombies, stops, remote work, a store that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.scheduling import Gate, Worker, by_key, dag, failing, scheduling, task, until

from ai_video.domain.ids import new_id
from ai_video.domain.task import ADOPTION_CAP, DAGStatus, TaskOutput, TaskStatus
from ai_video.errors import ServiceFailed
from ai_video.orchestrator.handlers import (
    AttemptLost,
    Facts,
    InProcessHandler,
    TaskContext,
    TaskView,
)
from ai_video.orchestrator.holders import host_name
from ai_video.orchestrator.records import Changes, Holder
from ai_video.orchestrator.scheduler import DAGScheduler
from ai_video.orchestrator.store import LeaseLost, TaskStore

DEAD_PID = 2**22 + 1
"""Above the highest process id of Linux."""


def dead_process() -> Holder:
    """A holder on this machine whose process is gone."""
    return Holder(owner=str(new_id()), host=host_name(), pid=DEAD_PID)


async def abandoned(store: TaskStore, worker: Any, *tasks: Any, **options: Any) -> Any:
    """A run whose scheduler dies in the middle; it keeps the lease."""
    scheduler = DAGScheduler(store, [worker], {"slots": 4}, holder=dead_process(), **options)
    dag_id = await scheduler.submit(dag(*tasks))
    scheduler.start(patience_s=0)
    return scheduler, dag_id


async def busy(scheduler: DAGScheduler) -> None:
    """Until it runs one attempt."""
    await until(lambda: len(scheduler._executor) == 1)


async def killed(scheduler: DAGScheduler) -> None:
    """As after SIGKILL: nothing is written any more."""
    serving = scheduler._serving
    assert serving is not None
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving


async def test_work_of_a_dead_process_starts_again_at_once_and_costs_a_retry(
    store: TaskStore, worker: Worker
) -> None:
    gate = worker.acts["a"] = Gate()
    first, dag_id = await abandoned(store, worker, task("z"), task("a", "z"), task("b", "a"))
    await gate.reached.wait()
    await killed(first)
    del worker.acts["a"]
    async with scheduling(store, worker) as second:
        assert await asyncio.wait_for(second.run_until(dag_id), 3) is DAGStatus.COMPLETED
    row = (await by_key(store, dag_id))["a"]
    attempts = (await store.list_attempts([row.id]))[row.id]
    assert [a.outcome for a in attempts] == ["lost", "completed"]
    assert attempts[0].error_code == "worker_died"
    assert row.retry_count == 1
    assert worker.keys() == ["z", "a", "a", "b"]
    gate.open.set()


async def test_a_task_that_kills_its_worker_again_and_again_goes_to_a_person(
    store: TaskStore, worker: Worker
) -> None:
    dag_id = None
    for _ in range(3):
        gate = worker.acts["a"] = Gate()
        scheduler = DAGScheduler(store, [worker], {"slots": 1}, holder=dead_process())
        dag_id = dag_id or await scheduler.submit(dag(task("a", max_retries=2)))
        scheduler.start(patience_s=0)
        await gate.reached.wait()
        await killed(scheduler)
        gate.open.set()
    assert dag_id is not None
    async with scheduling(store, worker) as last:
        assert await last.run_until(dag_id) is DAGStatus.FAILED
    row = (await by_key(store, dag_id))["a"]
    assert (row.status, row.attempts, row.retry_count) == ("manual_review", 3, 2)


async def test_a_retry_that_waits_outlives_its_scheduler(store: TaskStore, worker: Worker) -> None:
    worker.acts["a"] = failing(ConnectionError("no route"), times=1)
    first, dag_id = await abandoned(store, worker, task("a", retry_delay=0.5))

    async def waits() -> bool:
        return (await by_key(store, dag_id))["a"].status == "retry_pending"

    await until(waits)
    await killed(first)
    async with scheduling(store, worker) as second:
        assert await asyncio.wait_for(second.run_until(dag_id), 5) is DAGStatus.COMPLETED
    row = (await by_key(store, dag_id))["a"]
    attempts = (await store.list_attempts([row.id]))[row.id]
    assert (attempts[1].started_at - attempts[0].started_at).total_seconds() >= 0.5


async def test_the_second_scheduler_watches_and_takes_over_when_the_first_stops(
    store: TaskStore, worker: Worker
) -> None:
    other = Worker()
    gate = worker.acts["a"] = Gate()
    async with scheduling(store, worker) as first:
        one = await first.submit(dag(task("a")))
        await gate.reached.wait()
        async with scheduling(store, other) as second:
            two = await second.submit(dag(task("b")))
            assert await second.run_until(two) is DAGStatus.COMPLETED
            assert other.started == []
            await first.stop()
            assert await second.run_until(one) is DAGStatus.COMPLETED
    assert other.started == [("a", 2)]
    row = (await by_key(store, one))["a"]
    assert row.retry_count == 0
    attempts = (await store.list_attempts([row.id]))[row.id]
    assert [a.outcome for a in attempts] == ["cancelled", "completed"]


async def test_a_scheduler_that_lost_its_lease_unnoticed_changes_nothing(
    store: TaskStore, worker: Worker
) -> None:
    gate = worker.acts["a"] = Gate()
    zombie, dag_id = await abandoned(store, worker, task("a"))
    await gate.reached.wait()
    other = Worker()
    async with scheduling(store, other) as second:
        assert await second.run_until(dag_id) is DAGStatus.COMPLETED
        gate.open.set()
        await asyncio.sleep(0.1)
    await zombie.stop()
    row = (await by_key(store, dag_id))["a"]
    attempts = (await store.list_attempts([row.id]))[row.id]
    assert [a.outcome for a in attempts] == ["lost", "completed"]


async def test_a_process_that_only_looks_starts_nothing_until_it_waits_for_a_run(
    store: TaskStore, worker: Worker
) -> None:
    scheduler = DAGScheduler(store, [worker], {"slots": 1})
    dag_id = await scheduler.submit(dag(task("a")))
    scheduler.start()
    await asyncio.sleep(0.4)
    assert worker.started == []
    assert await asyncio.wait_for(scheduler.run_until(dag_id), 0.5) is DAGStatus.COMPLETED
    await scheduler.stop()


async def test_a_lease_can_be_held_by_one_and_runs_out(store: TaskStore) -> None:
    def alive(_: Holder) -> bool:
        return False

    one, two = Holder("1", "h", 1), Holder("2", "h", 2)
    first = await store.acquire(one, ttl=0.3, gone=alive)
    assert first is not None
    assert await store.acquire(two, ttl=5, gone=alive) is None
    await store.renew(first, ttl=0.3)
    await asyncio.sleep(0.35)
    second = await store.acquire(two, ttl=5, gone=alive)
    assert second is not None
    assert second.token > first.token
    with pytest.raises(LeaseLost):
        await store.renew(first, ttl=5)
    await store.release(first)
    assert await store.acquire(one, ttl=5, gone=alive) is None
    assert await store.acquire(one, ttl=5, gone=lambda holder: holder == two) is not None
    with pytest.raises(LeaseLost):
        await store.renew(second, ttl=5)


class Outside(InProcessHandler):
    """Work that goes on when this process dies; `jobs` is the outside."""

    kind = "work"
    remote = True

    def __init__(self, jobs: dict[str, asyncio.Event]) -> None:
        self.jobs = jobs
        self.posted: list[str] = []
        self.cancelled: list[str] = []
        self.forgets = 0

    async def start(self, task: TaskView, facts: Facts, context: TaskContext) -> None:
        assert context.remote_id == str(context.attempt_id)
        self.posted.append(context.remote_id)
        self.jobs[context.remote_id] = asyncio.Event()

    async def adopt(self, task: TaskView, context: TaskContext) -> bool:
        return context.remote_id in self.jobs

    async def collect(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        assert context.remote_id is not None
        if self.forgets:
            self.forgets -= 1
            raise AttemptLost
        await self.jobs[context.remote_id].wait()
        return TaskOutput()

    async def cancel(self, task: TaskView, context: TaskContext) -> None:
        assert context.remote_id is not None
        self.cancelled.append(context.remote_id)


async def test_remote_work_is_adopted_under_the_same_attempt(store: TaskStore) -> None:
    jobs: dict[str, asyncio.Event] = {}
    before = Outside(jobs)
    first, dag_id = await abandoned(store, before, task("a"))
    await until(lambda: bool(before.posted))
    await killed(first)
    after = Outside(jobs)
    async with scheduling(store, after) as second:
        waiting = asyncio.create_task(second.run_until(dag_id))
        await asyncio.sleep(0.1)
        jobs[before.posted[0]].set()
        assert await waiting is DAGStatus.COMPLETED
    assert after.posted == []
    row = (await by_key(store, dag_id))["a"]
    attempts = (await store.list_attempts([row.id]))[row.id]
    assert [(a.outcome, a.remote_id) for a in attempts] == [("completed", before.posted[0])]
    assert row.retry_count == 0


async def test_remote_work_goes_on_over_a_stop_and_is_adopted(store: TaskStore) -> None:
    jobs: dict[str, asyncio.Event] = {}
    handler = Outside(jobs)
    async with scheduling(store, handler) as first:
        dag_id = await first.submit(dag(task("a")))
        await until(lambda: bool(jobs))
    for job in jobs.values():
        job.set()
    async with scheduling(store, handler) as second:
        assert await second.run_until(dag_id) is DAGStatus.COMPLETED
    assert len(handler.posted) == 1
    assert handler.cancelled == []


async def test_remote_work_that_ends_each_process_that_adopts_it_waits_for_a_person(
    store: TaskStore,
) -> None:
    handler = Outside({})
    scheduler, dag_id = await abandoned(store, handler, task("a"))
    await until(lambda: bool(handler.posted))
    await killed(scheduler)
    for _ in range(ADOPTION_CAP):
        scheduler = DAGScheduler(store, [handler], {"slots": 4}, holder=dead_process())
        scheduler.start(patience_s=0)
        await busy(scheduler)
        await killed(scheduler)
    async with scheduling(store, handler) as last:
        assert await last.run_until(dag_id) is DAGStatus.FAILED
        row = (await by_key(store, dag_id))["a"]
        assert (row.status, row.error_code) == (TaskStatus.MANUAL_REVIEW, "adopted_too_often")
        assert len(handler.posted) == 1
        await last.retry_task(row.id)  # a person may have mended the reason
        await until(lambda: len(handler.posted) == 2)
        handler.jobs[handler.posted[1]].set()
        assert await last.run_until(dag_id) is DAGStatus.COMPLETED
    attempts = (await store.list_attempts([row.id]))[row.id]
    assert [(a.outcome, a.adoptions) for a in attempts] == [
        ("lost", ADOPTION_CAP),
        ("completed", 0),
    ]


async def test_stops_do_not_count_as_deaths_of_those_who_adopted(store: TaskStore) -> None:
    handler = Outside({})
    async with scheduling(store, handler) as scheduler:
        dag_id = await scheduler.submit(dag(task("a")))
        await until(lambda: bool(handler.posted))
    for _ in range(ADOPTION_CAP + 1):
        async with scheduling(store, handler) as scheduler:
            await busy(scheduler)
    row = (await by_key(store, dag_id))["a"]
    attempts = (await store.list_attempts([row.id]))[row.id]
    assert [(a.outcome, a.adoptions) for a in attempts] == [(None, 0)]


async def test_forgotten_remote_work_gets_a_new_attempt_without_using_a_retry(
    store: TaskStore,
) -> None:
    jobs: dict[str, asyncio.Event] = {}
    handler = Outside(jobs)
    handler.forgets = 1
    async with scheduling(store, handler) as scheduler:
        dag_id = await scheduler.submit(dag(task("a", max_retries=0)))
        await until(lambda: len(jobs) == 2)
        for job in jobs.values():
            job.set()
        assert await scheduler.run_until(dag_id) is DAGStatus.COMPLETED
    row = (await by_key(store, dag_id))["a"]
    attempts = (await store.list_attempts([row.id]))[row.id]
    assert [a.outcome for a in attempts] == ["lost", "completed"]
    assert row.retry_count == 0


async def test_cancelled_remote_work_is_cancelled_outside(store: TaskStore) -> None:
    jobs: dict[str, asyncio.Event] = {}
    handler = Outside(jobs)
    async with scheduling(store, handler) as scheduler:
        dag_id = await scheduler.submit(dag(task("a")))
        await until(lambda: bool(jobs))
        await scheduler.cancel(dag_id)
        assert await scheduler.run_until(dag_id) is DAGStatus.CANCELLED
    assert handler.cancelled == handler.posted


@pytest.mark.parametrize("written", [False, True], ids=["before the commit", "after the commit"])
async def test_a_store_that_fails_for_a_while_only_delays(
    store: TaskStore, worker: Worker, written: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full, or the answer to a commit was lost."""
    monkeypatch.setattr("ai_video.orchestrator.scheduler.BEAT_S", 0.02)
    real: Callable[[Changes], Any] = store.apply
    steps = 0

    async def failing(changes: Changes) -> Mapping[str, TaskOutput]:
        nonlocal steps
        steps += 1
        if steps in (2, 3, 5):
            if written:
                await real(changes)
            raise ServiceFailed("database_failed", reason="disk is full")
        return await real(changes)

    monkeypatch.setattr(store, "apply", failing)
    problems: list[object] = []

    async def note(context: TaskContext) -> None:
        problems.append(scheduler.problem)

    worker.acts["b"] = note
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(dag(task("a"), task("b", "a"), task("c", "b")))
        assert await scheduler.run_until(dag_id) is DAGStatus.COMPLETED
        assert scheduler.problem is None
    rows = await by_key(store, dag_id)
    assert [row.retry_count for row in rows.values()] == [0, 0, 0]
    outcomes = [
        [a.outcome for a in (await store.list_attempts([row.id]))[row.id]] for row in rows.values()
    ]
    assert all(row.count("completed") == 1 and row[-1] == "completed" for row in outcomes)
