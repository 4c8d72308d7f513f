"""One suite over every place where attempts run: this process, and workers behind a queue."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.scheduling import Gate, Worker, by_key, check, dag, failing, sqlite_url, task, until

from ai_video.domain.task import DAGStatus, TaskOutput, TaskSpec
from ai_video.errors import ConfigurationFailure, ResourceFailure, TransientFailure
from ai_video.orchestrator.celery_queue import CeleryConsumer, CeleryTransport, queue_of
from ai_video.orchestrator.executor import NewExecutor
from ai_video.orchestrator.handlers import (
    AttemptLost,
    Facts,
    InProcessHandler,
    ResultDiscarded,
    TaskContext,
    TaskView,
)
from ai_video.orchestrator.holders import this_process
from ai_video.orchestrator.memory_queue import MemoryQueue
from ai_video.orchestrator.queue_executor import QueueExecutor
from ai_video.orchestrator.queue_worker import QueueWorker, new_worker
from ai_video.orchestrator.records import AttemptRecord
from ai_video.orchestrator.scheduler import DAGScheduler
from ai_video.storage.database import Database
from ai_video.storage.dispatch_store import SqlDispatchStore
from ai_video.storage.task_store import SqlTaskStore

KINDS = ["in-process", "queue", pytest.param("celery", marks=pytest.mark.redis)]
SLOTS = 4


class Remote(InProcessHandler):
    """Work that goes on when its process ends; `jobs` is the outside."""

    kind = "work"
    remote = True

    def __init__(self) -> None:
        self.jobs: dict[str, asyncio.Event] = {}
        self.posted: list[str] = []
        self.adopted: list[str] = []
        self.cancelled: list[str] = []
        self.forgets = 0

    async def start(self, task: TaskView, facts: Facts, context: TaskContext) -> None:
        assert context.remote_id == str(context.attempt_id)
        self.posted.append(context.remote_id)
        self.jobs[context.remote_id] = asyncio.Event()

    async def adopt(self, task: TaskView, context: TaskContext) -> bool:
        self.adopted.append(str(context.remote_id))
        return context.remote_id in self.jobs

    async def collect(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        if self.forgets:
            self.forgets -= 1
            raise AttemptLost
        await self.jobs[str(context.remote_id)].wait()
        return TaskOutput(facts={"made": "outside"})

    async def cancel(self, task: TaskView, context: TaskContext) -> None:
        self.cancelled.append(str(context.remote_id))


@dataclass
class Place:
    """A store, and schedulers whose attempts run in one kind of place."""

    store: SqlTaskStore
    start: Callable[[InProcessHandler], Any]
    stack: AsyncExitStack
    started: bool = False
    executor: NewExecutor | None = None

    async def scheduler(self, handler: InProcessHandler) -> DAGScheduler:
        """A started scheduler; workers, where there are any, know the same handler."""
        if not self.started:
            self.executor = await self.start(handler)
            self.started = True
        scheduler = DAGScheduler(
            self.store, [handler], {"slots": SLOTS}, holder=this_process(), executor=self.executor
        )
        scheduler.start(patience_s=0)
        self.stack.push_async_callback(scheduler.stop)
        return scheduler

    async def run(self, handler: InProcessHandler, *tasks: TaskSpec) -> tuple[DAGStatus, Any]:
        scheduler = await self.scheduler(handler)
        dag_id = await scheduler.submit(dag(*tasks))
        return await asyncio.wait_for(scheduler.run_until(dag_id), 20), dag_id

    async def attempts(self, dag_id: Any, key: str) -> list[AttemptRecord]:
        row = (await by_key(self.store, dag_id))[key]
        return (await self.store.list_attempts([row.id])).get(row.id, [])


@pytest.fixture(params=KINDS)
async def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Place]:
    """A place whose invariants are checked after the test."""
    url = sqlite_url(tmp_path)
    store = SqlTaskStore(url)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(store.close)
        stack.push_async_callback(check, store)

        async def in_this_process(handler: InProcessHandler) -> None:
            return None

        starts: dict[str, Any] = {
            "in-process": in_this_process,
            "queue": partial(behind_a_queue, url, stack),
            "celery": partial(behind_celery, url, stack),
        }
        if request.param == "celery" and not os.environ.get("AIVIDEO_TEST_REDIS"):
            pytest.skip("AIVIDEO_TEST_REDIS is not set")
        yield Place(store, starts[request.param], stack)


async def dispatch_store(url: str, stack: AsyncExitStack) -> SqlDispatchStore:
    database = Database(url)
    await database.open(migrate=False)
    stack.push_async_callback(database.close)
    return SqlDispatchStore(database)


async def behind_a_queue(url: str, stack: AsyncExitStack, handler: InProcessHandler) -> NewExecutor:
    store = await dispatch_store(url, stack)
    queue = MemoryQueue()
    worker = QueueWorker(store, [handler], new_worker(SLOTS), beat_s=0.05)
    await worker.start()
    queue.take(worker.work, slots=SLOTS)
    stack.push_async_callback(queue.take_no_more, worker.work)
    stack.push_async_callback(worker.stop)
    return partial(QueueExecutor, store=store, transport=queue, here=this_process())


async def behind_celery(url: str, stack: AsyncExitStack, handler: InProcessHandler) -> NewExecutor:
    broker = os.environ["AIVIDEO_TEST_REDIS"]
    store = await dispatch_store(url, stack)
    queue = queue_of(await store.installation())
    worker = QueueWorker(store, [handler], new_worker(SLOTS), beat_s=0.05)
    transport = CeleryTransport(broker, queue)
    consumer = CeleryConsumer(broker, queue, worker.work, slots=SLOTS)
    await worker.start()
    await consumer.start(worker.record.name)

    async def stop() -> None:
        consumer.take_no_more()
        await worker.stop()
        await consumer.stop()
        await asyncio.to_thread(transport.close)

    stack.push_async_callback(stop)
    return partial(QueueExecutor, store=store, transport=transport, here=this_process())


async def test_results_reach_the_children_and_attempts_name_their_worker(
    place: Place, worker: Worker
) -> None:
    status, dag_id = await place.run(
        worker, task("a"), task("b"), task("c", "b", "a"), task("d", "c")
    )
    assert status is DAGStatus.COMPLETED
    assert worker.facts["c"] == {"b": {"made_by": "b"}, "a": {"made_by": "a"}}
    assert sorted(worker.keys()) == ["a", "b", "c", "d"]
    (attempt,) = await place.attempts(dag_id, "c")
    assert attempt.outcome == "completed"
    assert attempt.begun_at is not None
    assert attempt.worker.endswith(f":{os.getpid()}")
    rows = await by_key(place.store, dag_id)
    assert rows["d"].output == TaskOutput(facts={"made_by": "d"})


async def test_each_class_of_failure_leads_where_it_should(place: Place, worker: Worker) -> None:
    worker.acts["passes"] = failing(TransientFailure("outside_failed", reason="busy"), times=2)
    worker.acts["waits"] = failing(ResourceFailure("no_room", reason="disk"), times=1)
    worker.acts["again"] = failing(ResultDiscarded("black"), times=2)
    worker.acts["person"] = failing(ConfigurationFailure("unknown_task_kind", kind="x"), times=9)
    worker.acts["bug"] = failing(ZeroDivisionError("oops"), times=9)
    specs = [task(key, max_retries=0 if key == "bug" else 3) for key in worker.acts]
    specs = [
        spec.model_copy(update={"retry_delay": 3600.0}) if spec.key == "again" else spec
        for spec in specs
    ]
    status, dag_id = await place.run(worker, *specs)
    assert status is DAGStatus.FAILED
    rows = await by_key(place.store, dag_id)
    assert {
        key: (row.status.value, row.attempts, row.retry_count) for key, row in rows.items()
    } == {
        "passes": ("completed", 3, 2),
        "waits": ("completed", 2, 0),
        "again": ("completed", 3, 0),
        "person": ("manual_review", 1, 0),
        "bug": ("manual_review", 1, 0),
    }
    first = (await place.attempts(dag_id, "passes"))[0]
    assert (first.outcome, first.error_class) == ("failed", "transient")
    assert first.message == "Something outside failed: busy"
    (bug,) = await place.attempts(dag_id, "bug")
    assert (bug.error_class, bug.error_code) == ("system", "internal")
    assert "ZeroDivisionError: oops" in bug.log_tail


async def test_what_takes_too_long_is_stopped_and_tried_again(place: Place, worker: Worker) -> None:
    told: list[bool] = []

    async def slow_at_first(context: TaskContext) -> None:
        if context.number == 1:
            try:
                await asyncio.sleep(60)
            finally:
                told.append(context.cancelled.is_set())

    worker.acts["a"] = slow_at_first
    status, dag_id = await place.run(worker, task("a", timeout=0.05))
    assert status is DAGStatus.COMPLETED
    attempts = await place.attempts(dag_id, "a")
    assert [(a.outcome, a.error_code) for a in attempts] == [
        ("failed", "task_timeout"),
        ("completed", None),
    ]
    assert told == [True]


async def test_a_cancelled_run_stops_its_work(place: Place, worker: Worker) -> None:
    gate = worker.acts["a"] = Gate()
    scheduler = await place.scheduler(worker)
    dag_id = await scheduler.submit(dag(task("a"), task("b", "a")))
    await asyncio.wait_for(gate.reached.wait(), 10)
    await scheduler.cancel(dag_id)
    assert await asyncio.wait_for(scheduler.run_until(dag_id), 10) is DAGStatus.CANCELLED
    assert gate.cancelled
    assert [a.outcome for a in await place.attempts(dag_id, "a")] == ["cancelled"]
    assert worker.keys() == ["a"]


async def test_progress_and_log_are_seen_while_it_runs(place: Place, worker: Worker) -> None:
    gate = Gate()

    async def telling(context: TaskContext) -> None:
        context.on_server("http://card:8188")
        context.progress(0.25, "drawing")
        context.log("first line")
        await gate(context)
        context.log("last line")

    worker.acts["a"] = telling
    scheduler = await place.scheduler(worker)
    dag_id = await scheduler.submit(dag(task("a")))
    await asyncio.wait_for(gate.reached.wait(), 10)

    async def told() -> bool:
        (attempt,) = await place.attempts(dag_id, "a")
        return (attempt.progress, attempt.progress_message) == (0.25, "drawing")

    await until(told)
    (attempt,) = await place.attempts(dag_id, "a")
    assert attempt.log_tail.endswith("first line")
    assert attempt.server == "http://card:8188"
    gate.open.set()
    assert await asyncio.wait_for(scheduler.run_until(dag_id), 10) is DAGStatus.COMPLETED
    (attempt,) = await place.attempts(dag_id, "a")
    assert [line.partition(" ")[2] for line in attempt.log_tail.split("\n")] == [
        "first line",
        "last line",
    ]
    assert attempt.server == "http://card:8188"


async def test_no_more_run_at_once_than_there_is_room_for(place: Place, worker: Worker) -> None:
    async def short(context: TaskContext) -> None:
        await asyncio.sleep(0.02)

    keys = [f"t{number}" for number in range(12)]
    worker.acts.update(dict.fromkeys(keys, short))
    status, _ = await place.run(worker, *[task(key) for key in keys])
    assert status is DAGStatus.COMPLETED
    assert 2 <= worker.most_running <= SLOTS
    assert sorted(worker.started) == sorted((key, 1) for key in keys)


async def test_a_stop_loses_nothing_and_costs_no_retry(place: Place, worker: Worker) -> None:
    gate = worker.acts["a"] = Gate()
    first = await place.scheduler(worker)
    dag_id = await first.submit(dag(task("a"), task("b", "a")))
    await asyncio.wait_for(gate.reached.wait(), 10)
    await first.stop()
    gate.open.set()
    second = await place.scheduler(worker)
    assert await asyncio.wait_for(second.run_until(dag_id), 15) is DAGStatus.COMPLETED
    row = (await by_key(place.store, dag_id))["a"]
    assert row.retry_count == 0
    outcomes = [attempt.outcome for attempt in await place.attempts(dag_id, "a")]
    assert outcomes.count("completed") == 1


async def test_remote_work_is_sent_once_whatever_happens_to_its_scheduler(place: Place) -> None:
    remote = Remote()
    first = await place.scheduler(remote)
    dag_id = await first.submit(dag(task("a")))
    await until(lambda: bool(remote.posted))
    await first.stop()
    second = await place.scheduler(remote)
    waiting = asyncio.create_task(second.run_until(dag_id))
    await asyncio.sleep(0.05)
    remote.jobs[remote.posted[0]].set()
    assert await asyncio.wait_for(waiting, 15) is DAGStatus.COMPLETED
    (attempt,) = await place.attempts(dag_id, "a")
    assert (attempt.outcome, attempt.remote_id) == ("completed", remote.posted[0])
    assert len(remote.posted) == 1
    assert remote.cancelled == []


async def test_cancelled_remote_work_is_cancelled_outside(place: Place) -> None:
    remote = Remote()
    scheduler = await place.scheduler(remote)
    dag_id = await scheduler.submit(dag(task("a")))
    await until(lambda: bool(remote.posted))
    await scheduler.cancel(dag_id)
    assert await asyncio.wait_for(scheduler.run_until(dag_id), 10) is DAGStatus.CANCELLED
    assert remote.cancelled == remote.posted


async def test_forgotten_remote_work_gets_a_new_attempt(place: Place) -> None:
    remote = Remote()
    remote.forgets = 1
    scheduler = await place.scheduler(remote)
    dag_id = await scheduler.submit(dag(task("a", max_retries=0)))
    await until(lambda: len(remote.jobs) == 2)
    for job in remote.jobs.values():
        job.set()
    assert await asyncio.wait_for(scheduler.run_until(dag_id), 10) is DAGStatus.COMPLETED
    assert [a.outcome for a in await place.attempts(dag_id, "a")] == ["lost", "completed"]


async def test_work_that_cannot_even_start_fails_visibly(
    place: Place, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise ConfigurationFailure("probe_params", reason="no number")

    monkeypatch.setattr(worker, "fingerprint", broken)
    status, dag_id = await place.run(worker, task("a"))
    assert status is DAGStatus.FAILED
    row = (await by_key(place.store, dag_id))["a"]
    assert (row.error_class, row.error_code) == ("configuration", "probe_params")
    assert worker.started == []
