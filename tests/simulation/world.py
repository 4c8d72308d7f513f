"""One simulated installation: real schedulers, executors and workers, and a seed's misfortunes.

Nothing waits: the time is virtual, and so is the database unless a SQLite file is given. A process
is a set of tasks that vanish together; it reaches the world only through its links, where it is
slow, cut off, frozen, or dies before, in or after a commit.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from unittest.mock import patch
from uuid import UUID

from tests.simulation.databases import MemoryRows, SqlRows
from tests.simulation.loop import VirtualLoop
from tests.simulation.oracle import Oracle, Rows, Violation, demand

from ai_video.domain import ids
from ai_video.domain.task import (
    END_STATES,
    DAGSpec,
    DAGStatus,
    ResourceRequirements,
    TaskOutput,
    TaskSpec,
    TaskStatus,
)
from ai_video.errors import (
    ConfigurationFailure,
    Conflict,
    ResourceFailure,
    ServiceFailed,
    SystemFailure,
    TransientFailure,
)
from ai_video.orchestrator.dispatch import WorkerRecord
from ai_video.orchestrator.handlers import (
    AttemptLost,
    Facts,
    InProcessHandler,
    TaskContext,
    TaskView,
)
from ai_video.orchestrator.memory_dispatch import MemoryDispatchStore
from ai_video.orchestrator.memory_store import MemoryTaskStore
from ai_video.orchestrator.queue_executor import QueueExecutor
from ai_video.orchestrator.queue_worker import QueueWorker
from ai_video.orchestrator.records import Holder
from ai_video.orchestrator.scheduler import DAGScheduler
from ai_video.orchestrator.store import Moment
from ai_video.storage.task_store import SqlTaskStore

BASE = datetime(2026, 1, 1, tzinfo=UTC)
OVER = frozenset({DAGStatus.COMPLETED, DAGStatus.FAILED, DAGStatus.CANCELLED})
TIMEOUT_S = 8.0
SILENCE_S = 4.0
UNTIL_S = 2000.0
"""Without faults every run must be over in so much virtual time: ten waits for room take the most."""

FAULTS = ("crash", "commit", "freeze", "cut", "clock", "lease_clock", "stop", "outside", "queue")
COMMANDS = ("pause", "resume", "cancel", "retry", "skip", "cancel_task", "retry_all", "submit")
MOMENTS = ("before", "begun", "written", "committed", "after")


class Died(BaseException):
    """Unwinds what a dead process was in the middle of; nothing of it reaches the world."""


HERE: ContextVar[Process] = ContextVar("HERE")


class Process:
    """A process of the installation: it lives until it is killed, and is never born again."""

    def __init__(self, world: World, role: str, name: str) -> None:
        self.world = world
        self.role = role
        self.name = name
        self.holder = Holder(str(ids.new_id()), f"host of {name}", 1)
        self.alive = True
        self.stopping = False
        self.frozen_until = self.cut_until = 0.0
        self.skew = timedelta()
        self.doom: tuple[str, bool] | None = None
        self.tasks: dict[asyncio.Task[Any], None] = {}
        self.busy = 0
        self.scheduler: DAGScheduler | None = None
        self.worker: QueueWorker | None = None
        self.context: Context = copy_context()
        self.context.run(HERE.set, self)

    def clock(self) -> datetime:
        return BASE + timedelta(seconds=self.world.loop.now) + self.skew

    def spawn(self, work: Any) -> asyncio.Task[Any]:
        return self.world.loop.create_task(work, context=self.context)

    def kill(self) -> None:
        if not self.alive:
            return
        self.world.note(self.name, "is killed")
        self.world.counts["deaths"] += 1
        self.alive = False
        current = asyncio.current_task()
        for task in list(self.tasks):
            if task is not current:
                task.cancel()
        self.world.died(self)

    def must_live(self) -> None:
        if not self.alive:
            raise Died

    def reached(self, moment: str) -> None:
        """Dies or loses its connection where its fate says so."""
        if self.doom is None or self.doom[0] != moment:
            return
        crash = self.doom[1]
        self.doom = None
        self.world.note(self.name, f"{'dies' if crash else 'is disconnected'} {moment} a commit")
        if crash:
            self.kill()
            raise Died
        raise ServiceFailed("database_failed", reason="disconnected")

    async def gate(self) -> None:
        """A frozen process goes on where it was, later."""
        self.must_live()
        while (left := self.frozen_until - self.world.loop.now) > 0:  # noqa: ASYNC110
            await asyncio.sleep(left)
        self.must_live()

    async def ask(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """A call over the network."""
        world = self.world
        await self.gate()
        await world.way()
        await self.gate()
        if world.loop.now < self.cut_until:
            await asyncio.sleep(0.1)
            self.must_live()
            raise ServiceFailed("database_failed", reason="unreachable")
        self.reached("before")
        answer = await work()
        world.look()
        self.reached("after")
        await world.way()
        await self.gate()
        if world.loop.now < self.cut_until:
            raise ServiceFailed("database_failed", reason="no answer")
        return answer


class Link:
    """A store as a process sees it."""

    def __init__(self, process: Process, store: Any) -> None:
        self._process = process
        self._store = store

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        async def call(*args: Any, **options: Any) -> Any:
            return await self._process.ask(name, lambda: method(*args, **options))

        if name not in ("apply", "renew"):
            return call

        async def leased(*args: Any, **options: Any) -> Any:
            async def work() -> Any:
                answer = await method(*args, **options)
                self._process.world.judge_lease(name, args[0], self._process)
                return answer

            return await self._process.ask(name, work)

        return leased


class Broker:
    """Carries messages; it loses, repeats and delays them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.queue: list[UUID] = []
        self.loss = self.copy = self.slow = 0.0
        self.cut_until = 0.0

    def send(self, attempt_ids: Any) -> None:
        world = self.world
        self._reachable()
        for attempt_id in attempt_ids:
            if world.random.random() < self.loss:
                world.counts["messages lost"] += 1
                continue
            copies = 1 + (world.random.random() < self.copy)
            world.counts["messages repeated"] += copies - 1
            for _ in range(copies):
                wait = world.random.expovariate(0.3) if world.random.random() < self.slow else 0.0
                world.loop.call_later(wait, self._arrive, attempt_id, context=world.context)

    def waiting(self) -> int:
        self._reachable()
        return len(self.queue)

    def close(self) -> None:
        return None

    def pump(self) -> None:
        while self.queue:
            free = [
                process
                for process in self.world.processes
                if process.alive and process.worker is not None and process.busy < 2
            ]
            if not free:
                return
            process = self.world.random.choice(free)
            process.busy += 1
            process.spawn(self._handle(process, self.queue.pop(0)))

    def _arrive(self, attempt_id: UUID) -> None:
        self.queue.append(attempt_id)
        self.pump()

    async def _handle(self, process: Process, attempt_id: UUID) -> None:
        try:
            assert process.worker is not None
            await process.worker.work(attempt_id)
        finally:
            process.busy -= 1
            self.pump()

    def _reachable(self) -> None:
        if self.world.loop.now < self.cut_until:
            raise ServiceFailed("broker_failed", broker="here", reason="unreachable")


class BrokerLink:
    """The broker as a scheduler sees it: a dead one sends nothing."""

    def __init__(self, process: Process, broker: Broker) -> None:
        self._process = process
        self._broker = broker

    def send(self, attempt_ids: Any) -> None:
        self._process.must_live()
        self._broker.send(attempt_ids)

    def waiting(self) -> int:
        self._process.must_live()
        return self._broker.waiting()

    def close(self) -> None:
        return None


class Work(InProcessHandler):
    """A task's work as the seed wants it; some goes on outside, like a job on a ComfyUI server."""

    kind = "work"

    def __init__(self, world: World) -> None:
        self.world = world
        self.jobs: dict[str, float] = {}
        self.ever_posted: set[str] = set()
        self.adopted: set[str | None] = set()

    def is_remote(self, params: Any) -> bool:
        return bool(params.get("remote"))

    def fingerprint(self, task: TaskView, facts: Facts) -> str | None:
        made_of = task.params.get("made_of")
        return None if made_of is None else f"{made_of}"

    def fate(self, task: TaskView, number: int) -> Random:
        return Random(f"{self.world.seed}/{task.key}/{number}")

    async def start(self, task: TaskView, facts: Facts, context: TaskContext) -> None:
        process = HERE.get()
        process.must_live()
        self.world.started(task, facts, context, process)
        if context.remote_id is not None:
            demand(context.remote_id not in self.ever_posted, "a job was posted twice:", task.key)
            self.ever_posted.add(context.remote_id)
            duration = self.fate(task, context.number).choice([0.2, 1.0, 3.0])
            self.jobs[context.remote_id] = self.world.loop.now + duration
            await self.world.way()
            process.must_live()

    async def adopt(self, task: TaskView, context: TaskContext) -> bool:
        await self.world.way()
        HERE.get().must_live()
        self.world.counts["adoptions"] += 1
        self.adopted.add(context.remote_id)
        return context.remote_id in self.jobs

    async def collect(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        process, fate = HERE.get(), self.fate(task, context.number)
        adopted = context.remote_id in self.adopted
        if context.remote_id is None:
            await asyncio.sleep(fate.choice([0.0, 0.1, 0.5, 2.0]))
        else:
            await asyncio.sleep(max(0.0, self.jobs[context.remote_id] - self.world.loop.now))
            if context.remote_id not in self.jobs:
                raise AttemptLost
        process.must_live()
        context.progress(0.5, "half")
        if not self.world.healthy:
            await self._fail(fate.random(), process, adopted)
        return TaskOutput(facts={"key": task.key, "attempt": context.number})

    async def cancel(self, task: TaskView, context: TaskContext) -> None:
        HERE.get().must_live()
        self.jobs.pop(context.remote_id or "", None)

    async def _fail(self, fate: float, process: Process, adopted: bool) -> None:
        limits = self.world.failures
        if fate < limits[0]:
            raise TransientFailure("probe_failed", error_class="transient")
        if fate < limits[1]:
            raise SystemFailure("probe_failed", error_class="system")
        if fate < limits[2]:
            raise ResourceFailure("probe_failed", error_class="resource")
        if fate < limits[3]:
            raise ConfigurationFailure("probe_failed", error_class="configuration")
        if fate < limits[4]:
            raise AttemptLost
        if fate < limits[5]:
            await asyncio.sleep(10 * TIMEOUT_S)
        elif fate < limits[6] and not adopted:
            process.kill()
            raise Died
        elif fate < limits[7]:
            raise OSError(28, "no space left")


@dataclass
class Story:
    """What a seed's run came to."""

    seed: int
    failure: BaseException | None
    counts: dict[str, int]
    trace: list[str]
    virtual_s: float

    def text(self, lines: int = 60) -> str:
        told = [
            f"seed {self.seed}: {self.failure}",
            *self.trace[-lines:],
            f"again: python -m tests.simulation {self.seed}",
        ]
        return "\n".join(told)


@dataclass
class _Id:
    int: int


class World:
    """See the module. `sql_url`: an empty database; None = in memory. `frozen`: processes stand still
    for longer than anybody waits for them, and hardly anything else happens."""

    def __init__(
        self,
        seed: int,
        *,
        long: bool = False,
        queue: bool | None = None,
        sql_url: str | None = None,
        frozen: bool = False,
    ) -> None:
        self.seed = seed
        self.random = random = Random(seed)
        self.loop = VirtualLoop(Random(seed + 1))
        self.counts: dict[str, int] = dict.fromkeys(
            ("deaths", "cuts", "freezes", "clock jumps", "commands", "adoptions", "starts"), 0
        )
        self.counts |= dict.fromkeys(("messages lost", "messages repeated", "stops"), 0)
        self.trace: list[tuple[float, str, str]] = []
        self.failure: BaseException | None = None
        self.context = copy_context()
        self.with_queue = random.random() < 0.5 if queue is None else queue
        self.with_queue = self.with_queue and sql_url is None
        self.same_host = random.random() < 0.5
        self.healthy = self.calm = False
        self.lease_skew = 0.0
        self.lease_jumped_at = -1000.0
        self.active_s = 120.0 if long else random.choice([8.0, 15.0, 25.0])
        self.pace = random.choice([0.3, 0.8, 2.0])
        self.slowness = random.choice([0.0, 0.1, 0.4])
        self.faults = [fault for fault in FAULTS if random.random() < 0.6]
        self.failures = _failures(random)
        self.frozen = frozen
        if frozen:
            self.faults, self.active_s, self.slowness = ["freeze", "commit"], 40.0, 0.6
        self.capacities = {"slots": random.choice([1, 2, 4]), "gpu_memory_mb": 12_000, "cpu": 4}
        self.processes: list[Process] = []
        self.schedulers = random.choice([1, 1, 2])
        self.workers = random.choice([1, 2]) if self.with_queue else 0
        self.starts: dict[tuple[UUID, int], float] = {}
        self._number = 0
        self._ids = Random(seed + 2)
        self._sql_url = sql_url
        self._id = 0
        self._dead: set[str] = set()

    # Running

    def run(self) -> Story:
        """Live through the seed. What went wrong is in the story."""
        logging.disable()
        self._open()
        self._over: asyncio.Future[None] = self.loop.create_future()
        self.loop.set_task_factory(self._new_task)
        self.loop.set_exception_handler(lambda loop, context: None)
        asyncio.set_event_loop(self.loop)
        try:
            with patch.object(ids, "uuid7", self._new_id):
                self.loop.run_until_complete(self._live())
                self.database.judge(clocks_jump="clock" in self.faults)
        except BaseException as exc:
            if isinstance(exc, KeyboardInterrupt):
                raise
            self.fail(exc)
        finally:
            self._clean_up()
            asyncio.set_event_loop(None)
            logging.disable(logging.NOTSET)
        self.counts |= {"commits": self.oracle.commits, "moves": self.oracle.moves}
        told = [f"{at:9.3f} {who:14} {what}" for at, who, what in self.trace]
        return Story(self.seed, self.failure, self.counts, told, self.loop.now)

    def _open(self) -> None:
        self.oracle = Oracle(self.capacities, clocks_jump="clock" in self.faults)
        kept = (lambda: 1000.0 + self.loop.now + self.lease_skew, self._on_moment)
        if self._sql_url is None:
            memory = MemoryTaskStore(clock=kept[0], on_moment=kept[1])
            self.database: MemoryRows | SqlRows = MemoryRows(memory)
            self.dispatch: Any = MemoryDispatchStore(memory)
        else:
            self.database = SqlRows(
                SqlTaskStore(self._sql_url, clock=kept[0], on_moment=kept[1], inline=True)
            )
        self.store: Any = self.database.store
        self.broker = Broker(self)
        self.work = Work(self)

    async def _live(self) -> None:
        script = asyncio.ensure_future(self._script())
        await asyncio.wait({script, self._over}, return_when=asyncio.FIRST_COMPLETED)
        if script.done():
            script.result()
        else:
            script.cancel()

    def _clean_up(self) -> None:
        self.calm = True
        for process in self.processes:
            process.alive = False
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        with suppress(BaseException):
            self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.close()
        self.database.close()

    def fail(self, error: BaseException) -> None:
        if self.failure is None:
            self.failure = error
            if not isinstance(error, Violation):
                for line in traceback.format_exception(error)[-6:]:
                    self.note("failure", line.rstrip())
        if not self._over.done():
            self._over.set_result(None)

    def note(self, who: str, what: str) -> None:
        self.trace.append((self.loop.now, who, what))

    def _new_id(self) -> _Id:
        self._id += 1
        return _Id((self._id << 80) | (7 << 76) | self._ids.getrandbits(62))

    def _new_task(self, loop: Any, work: Any, context: Context | None = None) -> Any:
        task = asyncio.Task(work, loop=loop, context=context)
        process = context.get(HERE) if context is not None else HERE.get(None)
        if process is not None:
            process.tasks[task] = None
            task.add_done_callback(partial(self._task_done, process))
        return task

    def _task_done(self, process: Process, task: asyncio.Task[Any]) -> None:
        process.tasks.pop(task, None)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and process.alive and not isinstance(error, Died):
            self.fail(error)

    async def way(self) -> None:
        """How long a message takes."""
        if self.random.random() < self.slowness:
            await asyncio.sleep(self.random.choice([0.001, 0.03, 0.3]))

    def _on_moment(self, moment: Moment) -> None:
        process = HERE.get(None)
        if moment == "committed":
            self.look()
        if process is not None:
            process.reached(moment)

    # Judging

    def rows(self) -> Rows:
        return self.database.rows()

    def look(self) -> None:
        try:
            self.oracle.look(self.rows())
        except Violation as exc:
            self.fail(exc)
            raise

    def judge_lease(self, name: str, subject: Any, process: Process) -> None:
        lease = subject if name == "renew" else subject.lease
        if lease is not None and self.database.holder() != (lease.owner, lease.token):
            self.fail(Violation(f"'{name}' without the lease: {process.name}"))

    def started(self, task: TaskView, facts: Facts, context: TaskContext, process: Process) -> None:
        """The witness beside the work: nothing starts twice, unclaimed, or after its end."""
        try:
            self.counts["starts"] += 1
            self.note(process.name, f"starts {task.key} attempt {context.number}")
            rows = self.rows()
            row, token = rows.tasks[task.id], (task.id, context.number)
            demand(token not in self.starts, "an attempt started twice:", task.key, context.number)
            self.starts[token] = self.loop.now
            demand(context.number <= row.attempts, "work before its claim was written:", task.key)
            demand(context.attempt_id in rows.attempts, "work before its claim:", task.key)
            if self.loop.now - self.lease_jumped_at > 30:
                demand(
                    row.status is not TaskStatus.COMPLETED,
                    "a finished task started again:",
                    task.key,
                    context.number,
                )
            for key in row.parents:
                parent = rows.tasks[key]
                expected = parent.output.facts if parent.output else {}
                demand(facts[parent.key] == expected, "facts of another attempt:", parent.key)
        except Violation as exc:
            self.fail(exc)
            raise

    # The script

    async def _script(self) -> None:
        for _ in range(self.schedulers):
            self._start_scheduler()
        for _ in range(self.workers):
            self._start_worker()
        if "queue" in self.faults:
            self._make_broker_worse()
        await self._command("submit")
        until = self.loop.now + self.active_s
        while self.loop.now < until:
            await asyncio.sleep(self.random.expovariate(1 / self.pace))
            await self._something_happens()
        await self._calm_down()
        await self._until_over("after the faults")
        self.healthy = True
        for dag in list(self.rows().dags.values()):
            if dag.status is DAGStatus.FAILED:
                await self._act("retry_all", dag.id)
        await self._until_over("after a person's retries")
        self._judge_the_end()

    async def _something_happens(self) -> None:
        random = self.random
        if self.faults and random.random() < 0.55:
            fault = random.choice(self.faults)
            alive = [process for process in self.processes if process.alive]
            process = random.choice(alive) if alive else None
            if process is not None and not process.stopping:
                self._fault(fault, process)
        else:
            await self._command(random.choice(COMMANDS))

    def _fault(self, fault: str, process: Process) -> None:
        random, now = self.random, self.loop.now
        match fault:
            case "crash":
                process.kill()
            case "commit":
                process.doom = (random.choice(MOMENTS), random.random() < 0.6)
            case "freeze":
                some = random.choice([0.5, 3.0, 7.0, 12.0])
                process.frozen_until = now + (20.0 if self.frozen else some)
                self.counts["freezes"] += 1
                self.note(process.name, f"is frozen until {process.frozen_until:.3f}")
            case "cut":
                process.cut_until = now + random.choice([0.5, 3.0, 7.0, 12.0])
                self.counts["cuts"] += 1
                self.note(process.name, f"is cut off until {process.cut_until:.3f}")
            case "clock":
                process.skew += timedelta(seconds=random.choice([-30, -2, 2, 30]))
                self.counts["clock jumps"] += 1
                self.note(process.name, f"has its clock {process.skew.total_seconds()} s off")
            case "lease_clock":
                self.lease_skew += random.choice([-20.0, -3.0, 3.0, 20.0])
                self.lease_jumped_at = now
                self.counts["clock jumps"] += 1
                self.note("lease clock", f"is {self.lease_skew} s off")
            case "stop":
                process.spawn(self._stop(process))
            case "outside":
                forgotten = [key for key in self.work.jobs if random.random() < 0.5]
                for key in forgotten:
                    del self.work.jobs[key]
                self.note("outside", f"forgets {len(forgotten)} jobs")
            case _:
                self._queue_fault()

    def _queue_fault(self) -> None:
        broker, random = self.broker, self.random
        match random.randrange(4):
            case 0:
                broker.queue.clear()
                self.note("broker", "is flushed")
            case 1:
                broker.cut_until = self.loop.now + random.choice([1.0, 5.0])
                self.note("broker", f"cannot be reached until {broker.cut_until:.3f}")
            case _:
                self._make_broker_worse()

    def _make_broker_worse(self) -> None:
        broker, random = self.broker, self.random
        broker.loss, broker.copy = random.choice([0, 0.3, 0.8]), random.choice([0, 0.5])
        broker.slow = random.choice([0, 0.5])
        self.note("broker", f"loses {broker.loss} repeats {broker.copy}")

    async def _stop(self, process: Process) -> None:
        """As after Ctrl-C."""
        process.stopping = True
        self.counts["stops"] += 1
        self.note(process.name, "is told to stop")
        try:
            if process.scheduler is not None:
                await process.scheduler.stop()
            elif process.worker is not None:
                await process.worker.stop(grace_s=self.random.choice([0.0, 2.0]))
        except ServiceFailed:
            pass
        process.kill()

    async def _calm_down(self) -> None:
        self.note("world", "is calm from now on")
        self.calm = True
        self.broker.loss = self.broker.copy = self.broker.slow = self.broker.cut_until = 0.0
        for process in self.processes:
            process.doom = None
            process.frozen_until = min(process.frozen_until, self.loop.now + 1)
            process.cut_until = 0.0
        await asyncio.sleep(1.5)
        if not any(one.alive and one.scheduler and not one.stopping for one in self.processes):
            self._start_scheduler()
        if self.workers and not any(
            one.alive and one.worker and not one.stopping for one in self.processes
        ):
            self._start_worker()
        for dag in list(self.rows().dags.values()):
            if dag.paused_at is not None and dag.status not in OVER:
                await self._act("resume", dag.id)

    async def _until_over(self, when: str) -> None:
        limit = self.loop.now + UNTIL_S
        while any(dag.status not in OVER for dag in self.rows().dags.values()):
            await asyncio.sleep(1.0)
            if self.loop.now > limit:
                open_tasks = [
                    f"{task.key}={task.status} pending_parents={task.pending_parents}"
                    f" attempts={task.attempts} not_before={task.not_before}"
                    for task in self.rows().tasks.values()
                    if task.status not in END_STATES
                ]
                raise Violation(f"no end {when}: {open_tasks}")

    def _judge_the_end(self) -> None:
        rows = self.rows()
        for dag in rows.dags.values():
            demand(dag.status in (DAGStatus.COMPLETED, DAGStatus.CANCELLED), "not over:", dag)
        for task in rows.tasks.values():
            demand(task.status in END_STATES, "not ended:", task)
            for attempt in self.oracle.attempts_of(task.id):
                demand(attempt.ended_at is not None, "left open:", attempt)
                if attempt.outcome == "completed":
                    token = (task.id, attempt.number)
                    demand(token in self.starts, "completed and never started:", task.key)

    # Processes

    def _start_scheduler(self) -> None:
        process = self._born("scheduler")

        async def live() -> None:
            executor: Any = None
            if self.with_queue:
                executor = partial(
                    QueueExecutor,
                    store=Link(process, self.dispatch),
                    transport=BrokerLink(process, self.broker),
                    here=process.holder,
                    silence_s=SILENCE_S,
                    clock=self.loop.time,
                )
            process.scheduler = DAGScheduler(
                Link(process, self.store),
                [self.work],
                self.capacities,
                clock=process.clock,
                holder=process.holder,
                gone=self._gone,
                executor=executor,
            )
            process.scheduler.start(patience_s=0)

        process.spawn(live())

    def _start_worker(self) -> None:
        process = self._born("worker")

        async def live() -> None:
            record = WorkerRecord(
                ids.new_id(), process.name, process.holder.host, 1, 2, 0, BASE, BASE
            )
            worker = QueueWorker(Link(process, self.dispatch), [self.work], record)
            while True:
                try:
                    await worker.start()
                    break
                except ServiceFailed:
                    await asyncio.sleep(0.5)
            process.worker = worker
            self.broker.pump()

        process.spawn(live())

    def _born(self, what: str) -> Process:
        self._number += 1
        process = Process(self, what, f"{what} {self._number}")
        self.processes.append(process)
        self.note(process.name, "is born")
        return process

    def died(self, process: Process) -> None:
        if process.role != "person" and self.failure is None:
            wait = self.random.choice([0.1, 1.0, 6.0])
            start = self._start_scheduler if process.role == "scheduler" else self._start_worker
            self.loop.call_later(wait, start, context=self.context)
        self.processes = [one for one in self.processes if one is not process]
        self._dead.add(process.holder.owner)

    def _gone(self, holder: Holder) -> bool:
        return self.same_host and holder.owner in self._dead

    # People

    async def _command(self, what: str) -> None:
        rows = self.rows()
        if what == "submit":
            if len(rows.dags) < 3:
                await self._act("submit", _film(self.random, len(rows.dags)))
            return
        if not rows.dags:
            return
        dag = self.random.choice(list(rows.dags.values()))
        if what in ("pause", "resume", "retry_all"):
            await self._act(what, dag.id)
        elif what == "cancel":
            if self.random.random() < 0.15:
                await self._act(what, dag.id)
        else:
            tasks = [task for task in rows.tasks.values() if task.dag_id == dag.id]
            name = what if what == "cancel_task" else f"{what}_task"
            if what == "retry" or self.random.random() < 0.3:
                await self._act(name, self.random.choice(tasks).id)

    async def _act(self, what: str, subject: Any) -> None:
        """A command in a process of its own, which ends with it."""
        person = Process(self, "person", "a person")
        if "commit" in self.faults and not self.calm and self.random.random() < 0.2:
            person.doom = (self.random.choice(MOMENTS), self.random.random() < 0.5)

        async def command() -> None:
            scheduler = DAGScheduler(
                Link(person, self.store),
                [self.work],
                self.capacities,
                clock=person.clock,
                holder=person.holder,
                gone=self._gone,
                executor=None,
            )
            with suppress(Conflict, ServiceFailed):
                await getattr(scheduler, what)(subject)

        self.counts["commands"] += 1
        named = "a run" if isinstance(subject, DAGSpec) else self._name_of(subject)
        self.note("a person", f"says {what} {named}")
        task = person.spawn(command())
        await asyncio.wait({task})
        person.alive = False
        self._dead.add(person.holder.owner)

    def _name_of(self, subject: UUID) -> str:
        rows = self.rows()
        task = rows.tasks.get(subject)
        return task.key if task else rows.dags[subject].name


def _failures(random: Random) -> list[float]:
    """Limits of the kinds of failures on 0..1; some seeds have none of a kind, some many."""
    limits: list[float] = []
    sum_ = 0.0
    for _ in range(8):
        sum_ += random.choice([0.0, 0.02, 0.06])
        limits.append(sum_)
    return limits


def _film(random: Random, number: int) -> DAGSpec:
    """A run: a chain, a fan, diamonds, a film, or anything."""
    name = "abc"[number]
    edges: dict[str, tuple[str, ...]] = {}
    shape = random.choice(["chain", "fan", "diamond", "film", "any"])
    size = random.randint(2, 5)
    match shape:
        case "chain":
            edges = {f"{n}": (f"{n - 1}",) if n else () for n in range(size + 1)}
        case "fan":
            edges = {"first": ()} | {f"{n}": ("first",) for n in range(size)}
            edges["last"] = tuple([f"{n}" for n in range(size)])
        case "diamond":
            edges = {"0": ()}
            for n in range(size // 2):
                edges |= {f"{n}l": (f"{n}",), f"{n}r": (f"{n}",), f"{n + 1}": (f"{n}l", f"{n}r")}
        case "film":
            for n in range(size - 1):
                edges |= {f"key{n}": (), f"clip{n}": (f"key{n}",), f"voice{n}": ()}
                edges[f"mix{n}"] = (f"clip{n}", f"voice{n}")
            edges["film"] = tuple([f"mix{n}" for n in range(size - 1)])
        case _:
            for n in range(2 * size):
                before = random.sample(range(n), min(n, random.randint(0, 3)))
                edges[f"{n}"] = tuple([f"{one}" for one in before])
    tasks = [
        TaskSpec(
            key=f"{name}{key}",
            kind="work",
            parents=tuple([f"{name}{one}" for one in parents]),
            params=_params(random),
            priority=random.choice([10, 50, 90]),
            max_retries=random.randint(0, 3),
            retry_delay=random.choice([0.0, 0.5, 2.0]),
            timeout=TIMEOUT_S,
            resource_requirements=ResourceRequirements(
                gpu_memory_mb=random.choice([0, 0, 5000, 8000]), cpu=random.choice([0, 0, 2])
            ),
        )
        for key, parents in edges.items()
    ]
    later = BASE + timedelta(seconds=random.choice([1, 10]))
    start_at = later if random.random() < 0.15 else None
    return DAGSpec(name=f"{name} {shape}", tasks=tuple(tasks), start_at=start_at)


def _params(random: Random) -> dict[str, Any]:
    params: dict[str, Any] = {}
    if random.random() < 0.3:
        params["remote"] = True
    return params


def simulate(seed: int, **options: Any) -> Story:
    """Live through one seed."""
    return World(seed, **options).run()
