"""Any order of steps, failures, commands, take-overs and crashes keeps what must hold.

The scheduler's board and the store are real; running work, time and death are the test's. A crash
is a parameter of every rule that writes: before its commit, in it (both times nothing was written),
or after it (nobody knows).
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.scheduling import Worker, check, dag, sqlite_url, task

from ai_video.domain.ids import new_id
from ai_video.domain.task import DAGStatus, TaskOutput, TaskStatus
from ai_video.errors import Conflict
from ai_video.orchestrator import commands
from ai_video.orchestrator.board import Board
from ai_video.orchestrator.executor import Ended, Work
from ai_video.orchestrator.memory_store import MemoryTaskStore
from ai_video.orchestrator.records import DagRows, Holder, Lease
from ai_video.orchestrator.resources import ResourceManager
from ai_video.orchestrator.retry import Failure
from ai_video.orchestrator.reuse import Reused
from ai_video.orchestrator.store import ChangesRefused, LeaseLost, TaskStore
from ai_video.orchestrator.submission import new_run
from ai_video.storage.task_store import SqlTaskStore

T = TypeVar("T")
SLOTS = 2
MOMENT = timedelta(milliseconds=1)
Crash = st.sampled_from(["none", "none", "none", "before", "written", "after"])
OPEN = (DAGStatus.PENDING, DAGStatus.RUNNING)


class Killed(BaseException):
    """The process dies in the middle of a transaction."""


class Attempts:
    """Stands for the executor: work runs until the test ends it."""

    outside = False

    def __init__(self, ever_started: set[UUID]) -> None:
        self.running: dict[UUID, Work] = {}
        self.asked_to_stop: list[UUID] = []
        self._ever_started = ever_started

    def start(self, work: Work) -> None:
        attempt_id = work.context.attempt_id
        assert attempt_id not in self._ever_started, "an attempt started twice"
        self._ever_started.add(attempt_id)
        self.running[attempt_id] = work

    def cancel(self, attempt_id: UUID, reason: str = "cancelled") -> None:
        self.asked_to_stop.append(attempt_id)

    def works(self) -> list[Work]:
        return list(self.running.values())

    def __contains__(self, attempt_id: UUID) -> bool:
        return attempt_id in self.running

    def __len__(self) -> int:
        return len(self.running)


class Takeovers:
    """Stands for the reuser: takes over at once, or finds the artifacts gone."""

    def __init__(self) -> None:
        self.done: list[Reused] = []

    def take(self, handler: object, task: Any, output: TaskOutput) -> None:
        self.done.append(Reused(task, output, taken=True))

    def __len__(self) -> int:
        return 0


@dataclass
class Process:
    """A scheduler's memory and lease."""

    board: Board
    attempts: Attempts
    lease: Lease


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    sqlite_url(folder)
    return folder / "tasks.sqlite3"


class Schedulers(RuleBasedStateMachine):
    empty_database: Path
    in_memory = False

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.dies_at = ""
        self.store: TaskStore
        if self.in_memory:
            self.store = MemoryTaskStore(on_moment=self.reached)
        else:
            file = Path(self.folder.name) / "tasks.sqlite3"
            copyfile(self.empty_database, file)
            self.store = SqlTaskStore(f"sqlite:///{file}", on_moment=self.reached)
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.dags: list[UUID] = []
        self.ever_started: set[UUID] = set()
        self.zombies: list[Process] = []
        self.process = self.born()

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def reached(self, moment: str) -> None:
        if moment == self.dies_at:
            raise Killed

    @contextmanager
    def may_die(self, crash: str) -> Iterator[None]:
        """The process dies in or after what is written inside."""
        self.dies_at = crash
        try:
            yield
        except Killed:
            self.dies_at = ""
            self.process = self.born()
        else:
            if crash == "after":
                self.process = self.born()
        finally:
            self.dies_at = ""

    def born(self) -> Process:
        """A new process takes the lease from whoever has it."""
        owner = str(new_id())
        attempts = Attempts(self.ever_started)
        stand_ins: Any = (attempts, Takeovers())
        board = Board(
            {"work": Worker()},
            ResourceManager({"slots": SLOTS}),
            *stand_ins,
            owner=owner,
            worker="test",
            language="en",
        )
        lease = self.wait_for(
            self.store.acquire(Holder(owner, "here", 1), ttl=60, gone=lambda _: True)
        )
        assert lease is not None
        process = Process(board, attempts, lease)
        self.read_again(process, all_of_it=True)
        return process

    def read_again(self, process: Process, *, all_of_it: bool) -> None:
        if all_of_it:
            process.board.clear()
        loaded = self.wait_for(self.store.load(process.board.versions()))
        process.board.take(loaded, self.now)

    def step(self, crash: str = "none") -> bool:
        """One step of the living process; True when it did something."""
        process = self.process
        self.now += MOMENT
        changes = process.board.plan(self.now, process.lease, claiming=True)
        if not (changes.writes or changes.lookups):
            return False
        if crash == "before":
            self.process = self.born()
            return True
        with self.may_die(crash):
            try:
                found = self.wait_for(self.store.apply(changes))
            except ChangesRefused:
                self.read_again(process, all_of_it=True)
                return True
            if crash != "after":
                process.board.committed(changes, found)
        return True

    @rule(
        parents=st.lists(st.sets(st.integers(0, 4), max_size=2), min_size=1, max_size=5),
        max_retries=st.integers(0, 2),
        made_of=st.lists(st.sampled_from([None, "x", "y"]), min_size=5, max_size=5),
        crash=Crash,
    )
    def submit(
        self, parents: list[set[int]], max_retries: int, made_of: list[str | None], crash: str
    ) -> None:
        specs = [
            task(
                f"t{n}",
                *[f"t{one}" for one in sorted(before) if one < n],
                max_retries=max_retries,
                made_of=made_of[n],
                retry_delay=5,
            )
            for n, before in enumerate(parents)
        ]
        run = new_run(dag(*specs), {}, kinds=["work"], now=self.now)
        self.wait_for(self.store.add_dag(run.dag, run.tasks, run.events))
        self.dags.append(run.dag.id)
        self.read_again(self.process, all_of_it=False)
        self.step(crash)

    @rule(crash=Crash)
    def schedule(self, crash: str) -> None:
        self.read_again(self.process, all_of_it=False)
        self.step(crash)

    @precondition(lambda self: self.process.attempts.running)
    @rule(
        which=st.integers(0, 9),
        how=st.sampled_from(["completed", "completed", "failed", "lost", "given_back"]),
        error_class=st.sampled_from(["transient", "resource", "configuration", "system"]),
        crash=Crash,
    )
    def end(self, which: int, how: Any, error_class: Any, crash: str) -> None:
        self.end_one(self.process, which, how, error_class)
        self.step(crash)

    @precondition(lambda self: self.process.attempts.running)
    @rule(which=st.integers(0, 9), crash=Crash)
    def complete(self, which: int, crash: str) -> None:
        self.end_one(self.process, which)
        self.step(crash)

    def end_one(
        self, process: Process, which: int, how: Any = "completed", error_class: Any = "system"
    ) -> None:
        running = list(process.attempts.running)
        attempt_id = running[which % len(running)]
        work = process.attempts.running.pop(attempt_id)
        if attempt_id in process.attempts.asked_to_stop and how != "completed":
            how = "cancelled"
        process.board.ended.append(
            Ended(
                work,
                how,
                TaskOutput(facts={"attempt": work.context.number}) if how == "completed" else None,
                Failure(error_class, "x", "told to") if how == "failed" else None,
            )
        )

    @precondition(lambda self: self.dags)
    @rule(
        which=st.integers(0, 9),
        what=st.sampled_from(
            [commands.pause, commands.resume, commands.retry_all, commands.cancel]
        ),
        crash=Crash,
    )
    def command_run(self, which: int, what: Any, crash: str) -> None:
        self.command(self.dags[which % len(self.dags)], lambda rows: what(rows, self.now), crash)

    @precondition(lambda self: self.dags)
    @rule(
        which=st.integers(0, 9),
        nth=st.integers(0, 4),
        what=st.sampled_from([commands.retry_task, commands.skip_task, commands.cancel_task]),
        crash=Crash,
    )
    def command_task(self, which: int, nth: int, what: Any, crash: str) -> None:
        def decide(rows: DagRows) -> Any:
            return what(rows, self.now, rows.tasks[nth % len(rows.tasks)].id)

        self.command(self.dags[which % len(self.dags)], decide, crash)

    def command(self, dag_id: UUID, decide: Any, crash: str = "none") -> None:
        """A command of the scheduler's own process, which may die of it."""
        self.now += MOMENT
        if crash == "before":
            self.process = self.born()
            return
        with self.may_die(crash), suppress(Conflict):
            self.wait_for(self.store.change(dag_id, decide))

    @rule(seconds=st.sampled_from([1, 10, 400]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def another_takes_over(self) -> None:
        self.zombies.append(self.process)
        self.process = self.born()

    @precondition(lambda self: self.zombies)
    @rule(which=st.integers(0, 9), ends=st.booleans())
    def a_zombie_goes_on(self, which: int, ends: bool) -> None:
        zombie = self.zombies[which % len(self.zombies)]
        if ends and zombie.attempts.running:
            self.end_one(zombie, which)
        changes = zombie.board.plan(self.now, zombie.lease, claiming=True)
        if changes.writes:
            with pytest.raises(LeaseLost):
                self.wait_for(self.store.apply(changes))

    @invariant()
    def everything_holds(self) -> None:
        self.wait_for(check(self.store))
        assert len(self.process.attempts) <= SLOTS
        for row in self.wait_for(self.store.list_tasks(status=TaskStatus.COMPLETED)):
            if row.output is not None and not row.fingerprint:
                assert row.output.facts == {"attempt": row.attempts}, "a wrong attempt decided"

    def teardown(self) -> None:
        try:
            self.in_the_end_every_run_is_over()
        finally:
            self.wait_for(self.store.close())
            self.loop.close()
            self.folder.cleanup()

    def in_the_end_every_run_is_over(self) -> None:
        """Without faults and pauses, in a bounded number of steps."""
        for dag_id in self.dags:
            self.command(dag_id, lambda rows: commands.resume(rows, self.now))
        for _ in range(300):
            self.read_again(self.process, all_of_it=False)
            busy = self.step()
            while self.process.attempts.running:
                self.end_one(self.process, 0)
                busy = True
            if not busy and not self.still_open():
                break
            self.now += timedelta(seconds=400)
        assert not self.still_open()
        self.everything_holds()

    def still_open(self) -> bool:
        dags = self.wait_for(self.store.list_dags(limit=1000))
        return any(row.status in OPEN for row in dags)


class SchedulersInMemory(Schedulers):
    in_memory = True


@pytest.mark.parametrize(
    ("machine", "examples"), [(Schedulers, 40), (SchedulersInMemory, 100)], ids=["sqlite", "memory"]
)
def test_any_order_of_events_and_crashes_keeps_what_must_hold(
    empty_database: Path, machine: type[Schedulers], examples: int
) -> None:
    Schedulers.empty_database = empty_database
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
