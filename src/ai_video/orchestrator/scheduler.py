"""The scheduler: one owner at a time turns the store's rows into running attempts.

One step = one transaction: ended attempts, children they unlock, claims, DAG counters and events.
What is in memory (`Board`) is a cache of the store: wherever the store refuses a step, it is read
again. A process without the lease submits, commands and watches.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from ai_video.domain.task import DAGSpec, DAGStatus, TaskOutput
from ai_video.errors import Language, ServiceFailed
from ai_video.orchestrator import commands
from ai_video.orchestrator.board import Board
from ai_video.orchestrator.executor import Ended, NewExecutor
from ai_video.orchestrator.handlers import TaskHandler
from ai_video.orchestrator.holders import is_gone, this_process, worker_name
from ai_video.orchestrator.in_process import InProcessExecutor
from ai_video.orchestrator.records import Changes, DagRows, Holder, Lease
from ai_video.orchestrator.resources import ResourceManager
from ai_video.orchestrator.reuse import Reuser
from ai_video.orchestrator.store import ChangesRefused, LeaseLost, TaskStore
from ai_video.orchestrator.submission import new_run
from ai_video.orchestrator.waiting import Signal

OVER = frozenset({DAGStatus.COMPLETED, DAGStatus.FAILED, DAGStatus.CANCELLED})
LEASE_S = 5.0
BEAT_S = 1.0
POLL_S = 0.2
PATIENCE_S = 1.0
STOP_S = 10.0
"""How long a stop waits for running work to let go."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def _seconds() -> float:
    """Of the event loop's clock: in a simulation's loop all waiting is virtual."""
    return asyncio.get_running_loop().time()


class DAGScheduler:
    """Runs task DAGs; every method may be called from any process on the same store.

    Args:
        capacities: how much of each named resource there is; what is not named is unlimited.
        executor: where attempts run; None = in this process.
        devices: how many graphics cards there are now, for tasks with a model set; None = such
            tasks are as any other.
        clock: the time of day, for what is stored; waiting goes by the event loop's clock.
        gone: is a lease's holder certainly dead? None = ask this machine.
        problem: why nothing moves (the database cannot be written …); None while all is well.
    """

    def __init__(
        self,
        store: TaskStore,
        handlers: Sequence[TaskHandler],
        capacities: Mapping[str, int],
        *,
        language: Language = "en",
        clock: Callable[[], datetime] = utc_now,
        holder: Holder | None = None,
        gone: Callable[[Holder], bool] | None = None,
        executor: NewExecutor | None = None,
        devices: Callable[[], int] | None = None,
    ) -> None:
        self.store = store
        self.handlers = {handler.kind: handler for handler in handlers}
        self.problem: ServiceFailed | None = None
        self._clock = clock
        self._holder = holder or this_process()
        self._gone = gone or self._is_gone
        self._signal = Signal()
        self._executor = (
            InProcessExecutor(self._on_end, language=language)
            if executor is None
            else executor(self._on_end)
        )
        self._reuser = Reuser(self._signal.set)
        self._board = Board(
            self.handlers,
            ResourceManager(capacities),
            self._executor,
            self._reuser,
            owner=self._holder.owner,
            worker=worker_name(self._holder),
            language=language,
            devices=devices,
        )
        self._serving: asyncio.Task[None] | None = None
        self._stopping = False
        self._patient_until = 0.0
        self._fresh: DagRows | None = None
        self._look = True
        self._wake = -1
        self._news = asyncio.Event()

    def start(self, *, patience_s: float = PATIENCE_S) -> None:
        """Schedule whenever the lease is free; returns at once.

        Args:
            patience_s: how long to leave open runs alone first, so that a command that only looks
                and ends soon starts nothing. Who waits for a run has none.
        """
        self._patient_until = _seconds() + patience_s
        if self._serving is None or self._serving.done():
            self._stopping = False
            self._serving = asyncio.create_task(self._serve())

    async def stop(self) -> None:
        """Give running work back to the store and free the lease."""
        if self._serving is None:
            return
        self._stopping = True
        self._signal.set()
        try:
            await asyncio.wait_for(self._serving, STOP_S)
        except TimeoutError:
            self._executor.cancel_all("shutdown")
        finally:
            self._serving = None
            await self._executor.close()
            await self._reuser.close()

    async def submit(
        self, spec: DAGSpec, *, presets: Mapping[str, TaskOutput] | None = None
    ) -> UUID:
        """Store a new run; a started scheduler (of any process) runs it.

        Args:
            presets: results that are there already, by task key: inserted completed.

        Raises:
            InputRefused: `unknown_task_kind`, `dag_invalid`.
        """
        run = new_run(spec, presets or {}, kinds=self.handlers.keys(), now=self._clock())
        await self.store.add_dag(run.dag, run.tasks, run.events)
        self._fresh = DagRows(run.dag, run.tasks, {})
        self._look_now()
        return run.dag.id

    async def run_until(self, dag_id: UUID) -> DAGStatus:
        """Schedule, or watch another process do so, until the run is over.

        Returns:
            completed, failed (a person is needed) or cancelled.

        Raises:
            NotFound: no such run.
        """
        self.start(patience_s=0)
        self._signal.set()
        while True:
            self._news.clear()
            status = (await self.store.get_dag(dag_id)).status
            if status in OVER:
                return status
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), POLL_S)
            if self._serving is None or self._serving.done():
                await self._ended_early()

    async def pause(self, dag_id: UUID) -> None:
        """Finish what runs, start nothing new."""
        await self._command(dag_id, commands.pause, with_tasks=False)

    async def resume(self, dag_id: UUID) -> None:
        await self._command(dag_id, commands.resume, with_tasks=False)

    async def cancel(self, dag_id: UUID) -> None:
        """Cancel a run: what has not started at once, what runs as soon as it stops."""
        await self._command(dag_id, commands.cancel)
        await self._tidy()

    async def retry_all(self, dag_id: UUID) -> None:
        """Resume a run and try again all of its tasks that wait for a person."""
        await self._command(dag_id, commands.retry_all)

    async def retry_task(self, task_id: UUID) -> None:
        """Try a task again: one in manual_review, or one that waits for its delay.

        Raises:
            NotFound: no such task. Conflict: `illegal_move`.
        """
        await self._task_command(task_id, commands.retry_task)

    async def skip_task(self, task_id: UUID) -> None:
        """Go on without a task; raises as `retry_task`."""
        await self._task_command(task_id, commands.skip_task)

    async def complete_task(self, task_id: UUID, output: TaskOutput, *, how: str) -> None:
        """Give a task in manual_review a result; raises as `retry_task`."""
        await self._task_command(
            task_id, lambda rows, now, id: commands.complete_task(rows, now, id, output, how=how)
        )

    async def cancel_task(self, task_id: UUID) -> None:
        """Cancel a task and all that waits for it; raises as `retry_task`."""
        await self._task_command(task_id, commands.cancel_task)
        await self._tidy()

    async def _task_command(
        self, task_id: UUID, decide: Callable[[DagRows, datetime, UUID], Changes]
    ) -> None:
        task = await self.store.get_task(task_id)
        await self._command(task.dag_id, lambda rows, now: decide(rows, now, task_id))

    async def _command(
        self,
        dag_id: UUID,
        decide: Callable[[DagRows, datetime], Changes],
        *,
        with_tasks: bool = True,
    ) -> None:
        now = self._clock()
        await self.store.change(dag_id, lambda rows: decide(rows, now), with_tasks=with_tasks)
        self._look_now()

    def _look_now(self) -> None:
        self._look = True
        self._signal.set()
        self._news.set()

    def _on_end(self, ended: Ended) -> None:
        self._board.ended.append(ended)
        self._signal.set()

    async def _ended_early(self) -> None:
        """The serving task is over while somebody waits: say why, or go on."""
        serving = self._serving
        if serving is None:
            raise asyncio.CancelledError
        serving.result()
        self.start(patience_s=0)

    async def _serve(self) -> None:
        while not self._stopping:
            try:
                lease = await self._wanted_lease()
                if lease is None:
                    await self._signal.wait(POLL_S)
                else:
                    await self._own(lease)
            except LeaseLost:
                self._executor.cancel_all("shutdown")
                self._board.clear()
            except ServiceFailed as exc:
                self.problem = exc
                await self._signal.wait(BEAT_S)

    async def _wanted_lease(self) -> Lease | None:
        """The lease, if there is anything to schedule and nobody else does."""
        if _seconds() < self._patient_until or not (await self.store.wake()).open:
            return None
        return await self.store.acquire(self._holder, ttl=LEASE_S, gone=self._gone)

    def _is_gone(self, other: Holder) -> bool:
        return is_gone(other, here=self._holder)

    async def _own(self, lease: Lease) -> None:
        """Schedule until nothing is open, a stop, or the loss of the lease."""
        await self._read_again(all_of_it=True)
        beat = _seconds() + BEAT_S
        while not (self._stopping and not len(self._executor)):
            if _seconds() >= beat:
                await self._heartbeat(lease)
                beat = _seconds() + BEAT_S
            if await self._changed_elsewhere():
                await self._read_again(all_of_it=False)
            if self._stopping:
                self._executor.cancel_all("shutdown")
            changes = self._board.plan(self._clock(), lease, claiming=not self._stopping)
            if changes.writes or changes.lookups:
                await self._commit(changes)
            elif self._board.idle:
                break
            else:
                due = self._board.next_due(self._clock())
                await self._signal.wait(max(0.0, min(beat - _seconds(), POLL_S, due)))
        await self._last_step(lease)

    async def _last_step(self, lease: Lease) -> None:
        changes = self._board.plan(self._clock(), lease, claiming=False)
        if changes.writes:
            await self._commit(changes)
        await self.store.release(lease)
        self._board.clear()

    async def _commit(self, changes: Changes) -> None:
        asked = _seconds()
        try:
            found = await self.store.apply(changes)
        except ChangesRefused:
            await self._read_again(all_of_it=True)
        except ServiceFailed as exc:
            self.problem = exc
            await self._signal.wait(BEAT_S)
            await self._read_again(all_of_it=True)
        else:
            self.problem = None
            await self._check_late_answer(changes, asked)
            if self._board.committed(changes, found):
                self._news.set()
            await asyncio.sleep(0)  # what was started may have ended already

    async def _check_late_answer(self, changes: Changes, asked: float) -> None:
        """Start nothing on an answer so old that another process may have finished it since.

        Raises:
            LeaseLost
        """
        while changes.lease is not None and _seconds() - asked > LEASE_S / 2:
            asked = _seconds()
            await self.store.renew(changes.lease, ttl=LEASE_S)

    async def _heartbeat(self, lease: Lease) -> None:
        await self.store.renew(lease, ttl=LEASE_S)
        progress = self._board.progress(self._clock(), lease)
        if progress.writes:
            with contextlib.suppress(ChangesRefused):
                await self.store.apply(progress)

    async def _changed_elsewhere(self) -> bool:
        if not self._look and _seconds() < self._next_look:
            return False
        self._look = False
        self._next_look = _seconds() + POLL_S
        wake = (await self.store.wake()).number
        changed, self._wake = wake != self._wake, wake
        return changed

    _next_look = 0.0

    async def _read_again(self, *, all_of_it: bool) -> None:
        if all_of_it:
            self._wake = (await self.store.wake()).number
            self._board.clear()
        fresh, self._fresh = self._fresh, None
        loaded = await self.store.load(self._board.versions(), fresh=fresh)
        self._board.take(loaded, self._clock())

    async def _tidy(self) -> None:
        """Where nobody schedules: end what a dead process left running in cancelled runs."""
        if self._serving is not None and not self._serving.done():
            return
        lease = await self.store.acquire(self._holder, ttl=LEASE_S, gone=self._gone)
        if lease is None:
            return
        await self._read_again(all_of_it=True)
        await self._last_step(lease)
