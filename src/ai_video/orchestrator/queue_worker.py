"""A worker: takes attempts up by name, runs them in its event loop, reports how they ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from ai_video.domain.ids import new_id
from ai_video.errors import Language, ServiceFailed
from ai_video.orchestrator.dispatch import Begun, DispatchStore, Report, Told, WorkerRecord
from ai_video.orchestrator.executor import Ended, Work
from ai_video.orchestrator.handlers import TaskContext, TaskHandler
from ai_video.orchestrator.holders import this_process, worker_name
from ai_video.orchestrator.in_process import InProcessExecutor
from ai_video.orchestrator.store import ChangesRefused

T = TypeVar("T")
log = logging.getLogger(__name__)

BEAT_S = 1.0
LATE_ANSWER_S = 2.0
FAULT_PAUSE_S, LONGEST_FAULT_PAUSE_S = 0.2, 3.0


def new_worker(slots: int) -> WorkerRecord:
    """This process as a worker that runs so many attempts at once."""
    here, now = this_process(), datetime.now(UTC)
    name = worker_name(here)
    return WorkerRecord(new_id(), name, here.host, here.pid, slots, 0, now, now)


@dataclass(slots=True)
class _Run:
    attempt_id: UUID
    context: TaskContext
    end: asyncio.Future[Ended | None]
    """None: it goes on outside, and this worker has let go of it."""


class QueueWorker:
    """Runs what a transport names; everything happens in the event loop that started it.

    Args:
        record: see `new_worker`.
    """

    def __init__(
        self,
        store: DispatchStore,
        handlers: Sequence[TaskHandler],
        record: WorkerRecord,
        *,
        language: Language = "en",
        beat_s: float = BEAT_S,
    ) -> None:
        self.record = record
        self._store = store
        self._handlers = {handler.kind: handler for handler in handlers}
        self._executor = InProcessExecutor(self._on_end, language=language)
        self._beat_s = beat_s
        self._runs: dict[UUID, _Run] = {}
        self._working: set[asyncio.Task[None]] = set()
        self._beating: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        """Be known as a worker. Raises: ServiceFailed `database_failed`."""
        await self._store.beat(self.record)
        self._beating = asyncio.create_task(self._beat())

    async def work(self, attempt_id: UUID) -> None:
        """Run an attempt to its end, unless another worker has it or it is over."""
        if self._stopping:
            return  # the scheduler sends it again
        task = asyncio.create_task(self._work(attempt_id, new_id()))
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        await asyncio.shield(task)

    async def stop(self, *, grace_s: float = 0.0) -> None:
        """Let running work end for so long, give the rest back, and leave."""
        self._stopping = True
        if self._working and grace_s > 0:
            await asyncio.wait(self._working, timeout=grace_s)
        for run in list(self._runs.values()):
            self._let_go(run)
        if self._working:
            await asyncio.wait(self._working, timeout=LONGEST_FAULT_PAUSE_S)
        for task in list(self._working):
            task.cancel()
        await self._executor.close()
        if self._beating is not None:
            self._beating.cancel()
            with suppress(asyncio.CancelledError):
                await self._beating
        with suppress(ServiceFailed):
            await self._store.leave(self.record.id)

    async def _work(self, attempt_id: UUID, run_id: UUID) -> None:
        try:
            begun = await self._begin(attempt_id, run_id)
        except ChangesRefused:
            log.debug("attempt %s is not to be begun here", attempt_id)
            return
        self._leave_earlier(attempt_id)
        run = self._runs[run_id] = self._run(attempt_id, begun)
        ended = await run.end
        del self._runs[run_id]
        if ended is None:
            await self._patiently(lambda: self._store.release(attempt_id, run_id))
            return
        report = Report(ended.how, ended.output, ended.failure)
        told = _told(run.context)
        try:
            await self._patiently(lambda: self._store.finish(attempt_id, run_id, told, report))
        except ChangesRefused:
            log.warning("the result of attempt %s came too late", attempt_id)

    async def _begin(self, attempt_id: UUID, run_id: UUID) -> Begun:
        """Ask again where the answer is so old that this worker may count as dead since."""
        loop = asyncio.get_running_loop()
        asked = 0.0

        async def ask() -> Begun:
            nonlocal asked
            asked = loop.time()
            return await self._store.begin(attempt_id, run_id, self.record)

        while True:
            begun = await self._patiently(ask)
            if loop.time() - asked < LATE_ANSWER_S:
                return begun

    def _leave_earlier(self, attempt_id: UUID) -> None:
        """Whoever was thought dead may be told to adopt what it has not yet let go of."""
        for run in list(self._runs.values()):
            if run.attempt_id == attempt_id:
                self._let_go(run)

    def _run(self, attempt_id: UUID, begun: Begun) -> _Run:
        context = TaskContext(attempt_id, begun.number, begun.remote_id)
        run = _Run(attempt_id, context, asyncio.get_running_loop().create_future())
        handler = self._handlers.get(begun.task.kind)
        self._executor.start(Work(begun.task, begun.facts, context, handler, begun.adopt))
        return run

    def _on_end(self, ended: Ended) -> None:
        for run in self._runs.values():
            if run.context is ended.work.context and not run.end.done():
                run.end.set_result(ended)

    def _let_go(self, run: _Run) -> None:
        """Stop here; work that goes on outside is told of by nobody, so it is let go right now."""
        work = next((w for w in self._executor.works() if w.context is run.context), None)
        if work is None:
            return
        self._executor.cancel(run.attempt_id, "shutdown")
        remote = work.handler is not None and work.handler.is_remote(work.task.params)
        if remote and not run.end.done():
            run.end.set_result(None)

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """Repeat a call while the database cannot be reached."""
        pause = FAULT_PAUSE_S
        while True:
            try:
                return await call()
            except ServiceFailed as exc:
                log.warning("%s", exc)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_FAULT_PAUSE_S)

    # Signs of life

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            try:
                await self._beat_once()
            except ServiceFailed as exc:
                log.warning("%s", exc)
            await asyncio.sleep(max(0.0, self._beat_s - (loop.time() - started)))

    async def _beat_once(self) -> None:
        """Tell what is new; stop runs that are no longer wanted, or no longer this worker's."""
        runs = dict(self._runs)
        told = {key: _told(run.context) for key, run in runs.items() if run.context.changed}
        for key in told:
            runs[key].context.changed = False
        try:
            mine = await self._store.beat(self.record, told)
        except ServiceFailed:
            for key in told:
                runs[key].context.changed = True
            raise
        for key, run in runs.items():
            if key not in self._runs or run.end.done():
                continue
            if key not in mine:
                self._let_go(run)
            elif mine[key]:
                self._executor.cancel(run.attempt_id)


def _told(context: TaskContext) -> Told:
    return Told(context.fraction, context.message, context.log_tail(), context.server)
