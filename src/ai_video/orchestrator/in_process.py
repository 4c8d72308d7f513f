"""Runs attempts as asyncio tasks of this process, each with a time limit."""

from __future__ import annotations

import asyncio
import logging
import traceback
from uuid import UUID

from ai_video.domain.task import TaskOutput
from ai_video.errors import AiVideoError, ConfigurationFailure, Language, TransientFailure
from ai_video.orchestrator.executor import CancelReason, Ended, OnEnd, Work, failure_of
from ai_video.orchestrator.handlers import AttemptLost

log = logging.getLogger(__name__)


class _Run:
    """A running attempt, and when it must have ended.

    `reason`: why it was told to end. `begun`: its task has run at all.
    """

    __slots__ = ("begun", "due", "reason", "task", "work")

    def __init__(self, work: Work, due: float) -> None:
        self.work = work
        self.due = due
        self.task: asyncio.Task[None] | None = None
        self.reason: CancelReason | None = None
        self.begun = False


class InProcessExecutor:
    """Implements `executor.TaskExecutor`; workers run what they take from a queue with it too."""

    outside = False

    def __init__(self, on_end: OnEnd, *, language: Language = "en") -> None:
        self._on_end = on_end
        self._language: Language = language
        self._runs: dict[UUID, _Run] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._alarm: asyncio.TimerHandle | None = None

    def __contains__(self, attempt_id: UUID) -> bool:
        return attempt_id in self._runs

    def __len__(self) -> int:
        return len(self._runs)

    def works(self) -> list[Work]:
        return [run.work for run in self._runs.values()]

    def start(self, work: Work) -> None:
        loop = asyncio.get_running_loop()
        run = _Run(work, loop.time() + work.task.timeout)
        self._runs[work.context.attempt_id] = run
        if self._alarm is None or run.due < self._alarm.when():
            self._set_alarm(run.due, loop)
        run.task = loop.create_task(self._run(run))

    def cancel(self, attempt_id: UUID, reason: CancelReason = "cancelled") -> None:
        run = self._runs.get(attempt_id)
        if run is None or run.task is None or run.reason is not None:
            return
        run.reason = reason
        run.work.context.cancelled.set()
        if reason == "shutdown" and run.work.is_remote:  # it may be adopted again at once
            del self._runs[attempt_id]
            self._leaving.add(run.task)
            run.task.add_done_callback(self._leaving.discard)
        if run.begun:  # a task that is cancelled before it first runs ends without a word
            run.task.cancel()

    def cancel_all(self, reason: CancelReason) -> None:
        for attempt_id in list(self._runs):
            self.cancel(attempt_id, reason)

    async def close(self) -> None:
        tasks = [run.task for run in self._runs.values() if run.task is not None]
        tasks += self._leaving
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _set_alarm(self, due: float, loop: asyncio.AbstractEventLoop) -> None:
        """One alarm of the event loop stands for all time limits; it rings at the first of them."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = loop.call_at(due, self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for attempt_id, run in list(self._runs.items()):
            if run.due <= now:
                self.cancel(attempt_id, "timeout")
        self._alarm = None
        waiting = [run.due for run in self._runs.values() if run.reason is None]
        if waiting:
            self._set_alarm(min(waiting), loop)

    async def _run(self, run: _Run) -> None:
        work = run.work
        run.begun = True
        try:
            try:
                if run.reason is not None:
                    raise asyncio.CancelledError
                ended = Ended(work, "completed", await _work(work))
            except AttemptLost:
                ended = Ended(work, "lost")
            except asyncio.CancelledError:
                ended = await self._cancelled(work, run.reason)
            except Exception as exc:
                if not isinstance(exc, AiVideoError):
                    log.exception("task %s of kind %s failed", work.task.key, work.task.kind)
                    work.context.log(traceback.format_exc(limit=-8))
                ended = Ended(work, "failed", failure=failure_of(exc, self._language))
        finally:
            if self._runs.get(work.context.attempt_id) is run:
                del self._runs[work.context.attempt_id]
        if run.reason != "shutdown" or not work.is_remote:
            self._on_end(ended)

    async def _cancelled(self, work: Work, reason: CancelReason | None) -> Ended:
        if reason is None:
            raise asyncio.CancelledError  # the whole program ends
        if reason == "shutdown":
            return Ended(work, "given_back")
        await self._stop_outside(work)
        if reason == "cancelled":
            return Ended(work, "cancelled")
        late = TransientFailure("task_timeout", seconds=work.task.timeout)
        return Ended(work, "failed", failure=failure_of(late, self._language))

    async def _stop_outside(self, work: Work) -> None:
        if work.handler is None:
            return
        try:
            await work.handler.cancel(work.task, work.context)
        except AiVideoError as exc:
            work.context.log(f"could not be cancelled outside: {exc}")


async def _work(work: Work) -> TaskOutput:
    if work.problem is not None:
        raise work.problem
    if work.handler is None:
        raise ConfigurationFailure("unknown_task_kind", kind=work.task.kind)
    if not work.adopt:
        await work.handler.start(work.task, work.facts, work.context)
    elif not await work.handler.adopt(work.task, work.context):
        raise AttemptLost
    return await work.handler.collect(work.task, work.facts, work.context)
