"""Lost and repeated messages, dead and silent workers: the store decides, so nothing is harmed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.contract.orchestrator.test_executors import Remote, dispatch_store
from tests.contract.orchestrator.test_owners import dead_process, killed
from tests.scheduling import (
    Gate,
    Worker,
    by_key,
    check,
    dag,
    make_tables,
    sqlite_url,
    statuses,
    task,
    until,
)

from ai_video.domain.ids import new_id
from ai_video.domain.task import ADOPTION_CAP, DAGStatus, TaskStatus
from ai_video.errors import ServiceFailed
from ai_video.orchestrator import queue_executor
from ai_video.orchestrator.dispatch import DispatchStore, Report, Told
from ai_video.orchestrator.handlers import InProcessHandler, TaskContext
from ai_video.orchestrator.holders import this_process
from ai_video.orchestrator.memory_dispatch import MemoryDispatchStore
from ai_video.orchestrator.memory_queue import MemoryQueue
from ai_video.orchestrator.memory_store import MemoryTaskStore
from ai_video.orchestrator.queue_executor import QueueExecutor
from ai_video.orchestrator.queue_worker import QueueWorker, new_worker
from ai_video.orchestrator.records import AttemptRecord
from ai_video.orchestrator.scheduler import DAGScheduler
from ai_video.orchestrator.store import ChangesRefused, TaskStore
from ai_video.storage.database import Database, Unit
from ai_video.storage.task_store import SqlTaskStore

DEAD_PID = 2**22 + 1


@dataclass
class Workshop:
    """Schedulers and workers around one queue; a silent worker is dead after half a second."""

    store: TaskStore
    dispatch: DispatchStore
    queue: MemoryQueue
    stack: AsyncExitStack
    executors: list[QueueExecutor] = field(default_factory=list)

    async def scheduler(self, handler: InProcessHandler) -> DAGScheduler:
        def new_executor(on_end: Any) -> QueueExecutor:
            executor = QueueExecutor(
                on_end,
                store=self.dispatch,
                transport=self.queue,
                here=this_process(),
                silence_s=0.5,
            )
            self.executors.append(executor)
            return executor

        scheduler = DAGScheduler(self.store, [handler], {"slots": 4}, executor=new_executor)
        scheduler.start(patience_s=0)
        self.stack.push_async_callback(scheduler.stop)
        return scheduler

    async def worker(self, handler: InProcessHandler, *, pid: int | None = None) -> QueueWorker:
        record = new_worker(2)
        worker = QueueWorker(
            self.dispatch,
            [handler],
            record if pid is None else replace(record, pid=pid, host="elsewhere"),
            beat_s=0.05,
        )
        await worker.start()
        self.queue.take(worker.work, slots=2)
        self.stack.push_async_callback(self.queue.take_no_more, worker.work)
        self.stack.push_async_callback(worker.stop)
        return worker

    async def attempts(self, dag_id: UUID, key: str) -> list[AttemptRecord]:
        row = (await by_key(self.store, dag_id))[key]
        return (await self.store.list_attempts([row.id])).get(row.id, [])


ON_BOTH = pytest.mark.parametrize(
    "workshop",
    ["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
    indirect=True,
)


@pytest.fixture
async def workshop(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Workshop]:
    monkeypatch.setattr(queue_executor, "RESEND_S", 0.1)
    monkeypatch.setattr(queue_executor, "LONELY_S", 0.1)
    monkeypatch.setattr(queue_executor, "FAULT_PAUSE_S", 0.05)
    if getattr(request, "param", "sqlite") == "memory":
        memory = MemoryTaskStore()
        async with AsyncExitStack() as stack:
            stack.push_async_callback(check, memory)
            yield Workshop(memory, MemoryDispatchStore(memory), MemoryQueue(), stack)
        return
    if getattr(request, "param", "sqlite") == "sqlite":
        url = sqlite_url(tmp_path)
    else:
        url = postgresql_url()
        make_tables(url)
    store = SqlTaskStore(url)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(store.close)
        stack.push_async_callback(check, store)
        dispatch = await dispatch_store(url, stack)
        yield Workshop(store, dispatch, MemoryQueue(), stack)


def postgresql_url() -> str:
    given = os.environ.get("AIVIDEO_TEST_POSTGRESQL")
    if not given:
        pytest.skip("AIVIDEO_TEST_POSTGRESQL is not set")
    return given.replace("postgresql://", "postgresql+psycopg://")


def silenced(worker: QueueWorker) -> None:
    """From now on it gives no sign of life, as after SIGSTOP or a cut network."""
    assert worker._beating is not None
    worker._beating.cancel()


async def done(scheduler: DAGScheduler, dag_id: UUID) -> DAGStatus:
    return await asyncio.wait_for(scheduler.run_until(dag_id), 20)


async def test_lost_messages_are_sent_again(workshop: Workshop, worker: Worker) -> None:
    workshop.queue.loses = 3
    await workshop.worker(worker)
    scheduler = await workshop.scheduler(worker)
    dag_id = await scheduler.submit(dag(task("a"), task("b"), task("c", "a", "b")))
    assert await done(scheduler, dag_id) is DAGStatus.COMPLETED
    assert sorted(worker.started) == [("a", 1), ("b", 1), ("c", 1)]
    assert len(workshop.queue.sent) >= 6


@ON_BOTH
async def test_messages_that_come_three_times_start_nothing_twice(
    workshop: Workshop, worker: Worker
) -> None:
    workshop.queue.copies = 3
    for _ in range(2):
        await workshop.worker(worker)
    scheduler = await workshop.scheduler(worker)
    keys = [f"t{number}" for number in range(8)]
    dag_id = await scheduler.submit(dag(*[task(key) for key in keys]))
    assert await done(scheduler, dag_id) is DAGStatus.COMPLETED
    assert sorted(worker.started) == sorted((key, 1) for key in keys)


async def test_messages_that_wait_for_a_worker_are_not_sent_again_and_that_is_said(
    workshop: Workshop, worker: Worker
) -> None:
    scheduler = await workshop.scheduler(worker)
    dag_id = await scheduler.submit(dag(task("a"), task("b")))
    await until(lambda: len(workshop.queue.sent) == 2)
    await asyncio.sleep(0.6)
    assert len(workshop.queue.sent) == 2
    problem = workshop.executors[0].problem
    assert problem is not None
    assert problem.code == "no_worker"
    await workshop.worker(worker)
    assert await done(scheduler, dag_id) is DAGStatus.COMPLETED


@ON_BOTH
async def test_a_silent_workers_task_runs_elsewhere_and_its_late_result_is_refused(
    workshop: Workshop, worker: Worker
) -> None:
    gate = Gate()

    async def stuck_at_first(context: TaskContext) -> None:
        if context.number == 1:
            await gate(context)

    worker.acts["a"] = stuck_at_first
    zombie = await workshop.worker(worker)
    scheduler = await workshop.scheduler(worker)
    dag_id = await scheduler.submit(dag(task("a"), task("b", "a")))
    await asyncio.wait_for(gate.reached.wait(), 10)
    await workshop.queue.take_no_more(zombie.work)  # cancels its call, not the run itself
    silenced(zombie)
    await workshop.worker(worker)
    assert await done(scheduler, dag_id) is DAGStatus.COMPLETED
    gate.open.set()
    attempts = await workshop.attempts(dag_id, "a")
    assert [(a.outcome, a.error_code) for a in attempts] == [
        ("lost", "worker_died"),
        ("completed", None),
    ]
    row = (await by_key(workshop.store, dag_id))["a"]
    assert (row.retry_count, row.attempts) == (1, 2)


@ON_BOTH
async def test_only_who_began_may_finish_and_only_once(workshop: Workshop, worker: Worker) -> None:
    scheduler = await workshop.scheduler(worker)
    dag_id = await scheduler.submit(dag(task("a", max_retries=1)))
    await until(lambda: bool(workshop.queue.sent))
    attempt_id, me, run_id = workshop.queue.sent[0], new_worker(1), new_id()
    await workshop.dispatch.beat(me)
    begun = await workshop.dispatch.begin(attempt_id, run_id, me)
    again = await workshop.dispatch.begin(attempt_id, run_id, me)
    assert begun == again, "the answer was lost, the call repeated"
    with pytest.raises(ChangesRefused):
        await workshop.dispatch.begin(attempt_id, new_id(), new_worker(1))
    nothing, report = Told(None, "", "", None), Report("given_back")
    with pytest.raises(ChangesRefused):
        await workshop.dispatch.finish(attempt_id, new_id(), nothing, report)
    await workshop.dispatch.finish(attempt_id, run_id, nothing, report)
    with pytest.raises(ChangesRefused):
        await workshop.dispatch.finish(attempt_id, run_id, nothing, report)
    with pytest.raises(ChangesRefused):
        await workshop.dispatch.begin(attempt_id, new_id(), me)
    await workshop.dispatch.leave(me.id)
    await workshop.worker(worker)
    assert await done(scheduler, dag_id) is DAGStatus.COMPLETED
    assert (await by_key(workshop.store, dag_id))["a"].retry_count == 0


async def test_a_dead_worker_of_this_machine_is_missed_at_once(
    workshop: Workshop, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler = await workshop.scheduler(worker)
    workshop.executors[0]._silence_s = 3600
    dag_id = await scheduler.submit(dag(task("a")))
    await until(lambda: bool(workshop.queue.sent))
    dead = replace(new_worker(1), pid=DEAD_PID)
    await workshop.dispatch.beat(dead)
    await workshop.dispatch.begin(workshop.queue.sent[0], new_id(), dead)
    await workshop.worker(worker)
    assert await done(scheduler, dag_id) is DAGStatus.COMPLETED
    assert [a.outcome for a in await workshop.attempts(dag_id, "a")] == ["lost", "completed"]


@ON_BOTH
async def test_remote_work_of_a_dead_worker_is_adopted_by_another(workshop: Workshop) -> None:
    remote = Remote()
    first = await workshop.worker(remote, pid=1)
    scheduler = await workshop.scheduler(remote)
    dag_id = await scheduler.submit(dag(task("a", max_retries=0)))
    await until(lambda: bool(remote.posted))
    silenced(first)
    await workshop.queue.take_no_more(first.work)
    await workshop.worker(remote)
    await until(lambda: bool(remote.adopted))
    remote.jobs[remote.posted[0]].set()
    assert await done(scheduler, dag_id) is DAGStatus.COMPLETED
    assert len(remote.posted) == 1
    assert remote.cancelled == []
    assert [a.outcome for a in await workshop.attempts(dag_id, "a")] == ["completed"]


@ON_BOTH
async def test_remote_work_that_ends_each_worker_that_adopts_it_waits_for_a_person(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = Remote()
    scheduler = await workshop.scheduler(remote)
    workshop.executors[0]._silence_s = 3600
    dag_id = await scheduler.submit(dag(task("a")))
    await until(lambda: bool(workshop.queue.sent))
    attempt_id = workshop.queue.sent[0]
    for number in range(ADOPTION_CAP):
        dead = new_worker(1)
        await workshop.dispatch.beat(dead)
        begun = await workshop.dispatch.begin(attempt_id, new_id(), dead)
        assert begun.adopt == (number > 0)
        await workshop.dispatch.bury([dead.id])
    assert await done(scheduler, dag_id) is DAGStatus.FAILED
    row = (await by_key(workshop.store, dag_id))["a"]
    assert (row.status, row.error_code) == (TaskStatus.MANUAL_REVIEW, "adopted_too_often")
    attempts = await workshop.attempts(dag_id, "a")
    assert [(a.outcome, a.adoptions) for a in attempts] == [("lost", ADOPTION_CAP)]


async def test_what_a_stopped_worker_ran_starts_again_without_a_retry(
    workshop: Workshop, worker: Worker
) -> None:
    gate = worker.acts["a"] = Gate()
    first = await workshop.worker(worker)
    scheduler = await workshop.scheduler(worker)
    dag_id = await scheduler.submit(dag(task("a")))
    await asyncio.wait_for(gate.reached.wait(), 10)
    stopping = asyncio.create_task(first.stop(grace_s=0.1))
    await stopping
    await workshop.queue.take_no_more(first.work)
    assert gate.cancelled
    gate.open.set()
    await workshop.worker(worker)
    assert await done(scheduler, dag_id) is DAGStatus.COMPLETED
    row = (await by_key(workshop.store, dag_id))["a"]
    assert (row.attempts, row.retry_count) == (2, 0)


async def test_a_stopped_worker_lets_short_work_end(workshop: Workshop, worker: Worker) -> None:
    gate = worker.acts["a"] = Gate()
    first = await workshop.worker(worker)
    scheduler = await workshop.scheduler(worker)
    dag_id = await scheduler.submit(dag(task("a")))
    await asyncio.wait_for(gate.reached.wait(), 10)
    stopping = asyncio.create_task(first.stop(grace_s=10))
    await asyncio.sleep(0.05)
    gate.open.set()
    await stopping
    assert await done(scheduler, dag_id) is DAGStatus.COMPLETED
    assert worker.started == [("a", 1)]


async def test_a_result_reported_while_nobody_schedules_is_accepted_later(
    workshop: Workshop, worker: Worker
) -> None:
    gate = worker.acts["a"] = Gate()
    first = await workshop.scheduler(worker)
    working = await workshop.worker(worker)
    dag_id = await first.submit(dag(task("a"), task("b", "a")))
    await asyncio.wait_for(gate.reached.wait(), 10)
    await first.stop()
    gate.open.set()
    await until(lambda: not working._runs)
    assert await statuses(workshop.store, dag_id) == {"a": "running", "b": "pending"}
    second = await workshop.scheduler(worker)
    assert await done(second, dag_id) is DAGStatus.COMPLETED
    assert worker.started == [("a", 1), ("b", 1)]


@ON_BOTH
async def test_what_nobody_began_is_cancelled_without_ever_starting(
    workshop: Workshop, worker: Worker
) -> None:
    scheduler = await workshop.scheduler(worker)
    dag_id = await scheduler.submit(dag(task("a")))
    await until(lambda: bool(workshop.queue.sent))
    await scheduler.cancel(dag_id)
    assert await done(scheduler, dag_id) is DAGStatus.CANCELLED
    await workshop.worker(worker)
    await asyncio.sleep(0.2)
    assert worker.started == []


@pytest.mark.parametrize("written", [False, True], ids=["before the commit", "after the commit"])
async def test_a_database_that_fails_for_a_while_only_delays(
    workshop: Workshop, worker: Worker, written: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = dict.fromkeys(("begin", "finish", "beat", "offer", "heard"), 0)

    def broken(name: str) -> Any:
        real = getattr(workshop.dispatch, name)

        async def call(*args: Any) -> Any:
            calls[name] += 1
            if calls[name] in (2, 3):
                if written:
                    await real(*args)
                raise ServiceFailed("database_failed", reason="the server restarts")
            return await real(*args)

        return call

    await workshop.worker(worker)
    for name in calls:
        monkeypatch.setattr(workshop.dispatch, name, broken(name))
    scheduler = await workshop.scheduler(worker)
    specs = [task("a"), task("b", "a"), task("c", "b"), task("d", "c")]
    dag_id = await scheduler.submit(dag(*specs))
    assert await done(scheduler, dag_id) is DAGStatus.COMPLETED
    assert worker.started == [(key, 1) for key in "abcd"]


async def test_a_queue_that_cannot_be_reached_only_delays(
    workshop: Workshop, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = workshop.queue.send, 2

    def send(ids: Any) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise ServiceFailed("broker_failed", broker="here", reason="refused")
        real(ids)

    monkeypatch.setattr(workshop.queue, "send", send)
    scheduler = await workshop.scheduler(worker)
    await workshop.worker(worker)
    dag_id = await scheduler.submit(dag(task("a")))
    await until(lambda: workshop.executors[0].problem is not None)
    assert await done(scheduler, dag_id) is DAGStatus.COMPLETED
    assert workshop.executors[0].problem is None


async def test_attempts_of_a_scheduler_that_ran_them_itself_are_not_waited_for(
    workshop: Workshop, worker: Worker
) -> None:
    """A run goes on after a broker was set: what the old process ran died with it."""
    gate = worker.acts["a"] = Gate()
    old = DAGScheduler(workshop.store, [worker], {"slots": 1}, holder=dead_process())
    dag_id = await old.submit(dag(task("a")))
    old.start(patience_s=0)
    await asyncio.wait_for(gate.reached.wait(), 10)
    await killed(old)
    del worker.acts["a"]
    await workshop.worker(worker)
    scheduler = await workshop.scheduler(worker)
    assert await done(scheduler, dag_id) is DAGStatus.COMPLETED
    assert [a.outcome for a in await workshop.attempts(dag_id, "a")] == ["lost", "completed"]
    gate.open.set()


@pytest.mark.postgresql
async def test_a_process_frozen_in_a_transaction_stops_the_others_only_for_a_while(
    monkeypatch: pytest.MonkeyPatch, worker: Worker, tmp_path: Path
) -> None:
    url = postgresql_url()
    make_tables(url)
    # Not before: making the tables may take longer on a busy machine.
    monkeypatch.setattr("ai_video.storage.engines.STUCK_AFTER_MS", 500)
    async with AsyncExitStack() as stack:
        frozen, living = Database(url), Database(url)
        for database in (frozen, living):
            await database.open(migrate=False)
            stack.push_async_callback(database.close)
        asleep = asyncio.Event()

        async def never_ends(unit: Unit) -> None:
            asleep.set()
            await asyncio.sleep(3)
            await unit.event("test", "frozen")

        freezing = asyncio.create_task(frozen.write(never_ends))
        await asleep.wait()
        await asyncio.wait_for(living.write(lambda unit: unit.event("test", "living")), 2.5)
        with pytest.raises(ServiceFailed):
            await freezing
