"""Runs attempts as asyncio tasks of this process, each with a time limit."""

from __future__ import annotations

import asyncio
import logging
import traceback
from dataclasses import dataclass
from uuid import UUID

from ai_video.domain.task import TaskOutput
from ai_video.errors import AiVideoError, ConfigurationFailure, Language, TransientFailure
from ai_video.orchestrator.executor import CancelReason, Ended, OnEnd, Work, failure_of
from ai_video.orchestrator.handlers import AttemptLost

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Run:
    work: Work
    task: asyncio.Task[None] | None = None
    reason: CancelReason | None = None


class InProcessExecutor:
    """Implements `executor.TaskExecutor`; workers run what they take from a queue with it too."""

    outside = False

    def __init__(self, on_end: OnEnd, *, language: Language = "en") -> None:
        self._on_end = on_end
        self._language: Language = language
        self._runs: dict[UUID, _Run] = {}

    def __contains__(self, attempt_id: UUID) -> bool:
        return attempt_id in self._runs

    def __len__(self) -> int:
        return len(self._runs)

    def works(self) -> list[Work]:
        return [run.work for run in self._runs.values()]

    def start(self, work: Work) -> None:
        run = self._runs[work.context.attempt_id] = _Run(work)
        run.task = asyncio.create_task(self._run(run))

    def cancel(self, attempt_id: UUID, reason: CancelReason = "cancelled") -> None:
        run = self._runs.get(attempt_id)
        if run is None or run.task is None or run.reason is not None:
            return
        run.reason = reason
        run.work.context.cancelled.set()
        run.task.cancel()

    def cancel_all(self, reason: CancelReason) -> None:
        for attempt_id in list(self._runs):
            self.cancel(attempt_id, reason)

    async def close(self) -> None:
        tasks = [run.task for run in self._runs.values() if run.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, run: _Run) -> None:
        work = run.work
        attempt_id = work.context.attempt_id
        limit = asyncio.get_running_loop().call_later(
            work.task.timeout, self.cancel, attempt_id, "timeout"
        )
        try:
            ended = await self._outcome(run)
        finally:
            limit.cancel()
            del self._runs[attempt_id]
        if not (run.reason == "shutdown" and work.handler and work.handler.remote):
            self._on_end(ended)

    async def _outcome(self, run: _Run) -> Ended:
        work = run.work
        try:
            return Ended(work, "completed", output=await _work(work))
        except AttemptLost:
            return Ended(work, "lost")
        except asyncio.CancelledError:
            return await self._cancelled(work, run.reason)
        except Exception as exc:
            if not isinstance(exc, AiVideoError):
                log.exception("task %s of kind %s failed", work.task.key, work.task.kind)
                work.context.log(traceback.format_exc(limit=-8))
            return Ended(work, "failed", failure=failure_of(exc, self._language))

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
