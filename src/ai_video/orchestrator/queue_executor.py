"""Hands attempts to workers of other processes, and learns from the store what became of them.

The queue carries names only. What has not been begun and is no longer waiting in the queue was lost
on the way and is sent again; a worker whose sign of life stands still is dead.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from ai_video.errors import Language, ServiceFailed
from ai_video.orchestrator.dispatch import (
    Dispatched,
    DispatchStore,
    Look,
    Report,
    Told,
    Transport,
    WorkerRecord,
)
from ai_video.orchestrator.executor import CancelReason, Ended, OnEnd, Work, failure_of
from ai_video.orchestrator.holders import is_gone
from ai_video.orchestrator.records import Holder
from ai_video.orchestrator.waiting import Signal

log = logging.getLogger(__name__)

SILENCE_S = 20.0
"""A worker whose beats stand still for so long, while the store can be read, is dead."""
RESEND_S = 2.0
LONGEST_RESEND_S = 30.0
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.02, 0.25
"""Between two looks: short after something happened, longer and longer while nothing does."""
FAULT_PAUSE_S = 1.0
SWEEP_S = 5.0
LONELY_S = 10.0
"""After so long without any worker it is said that there is none."""


Part = Literal["store", "queue", "workers"]


@dataclass(slots=True)
class _Handed:
    """An attempt that was handed over; `sent_at` None: its message has to be sent now."""

    work: Work
    offered: bool = False
    cancelling: bool = False
    told: int = 0
    begun: bool = False
    sent_at: float | None = None
    sends: int = 0


class QueueExecutor:
    """Implements `executor.TaskExecutor`; `problem` says why nothing moves, None while all is well.

    Args:
        transport: carries messages; its blocking calls run in one thread.
        here: this process; workers on the same machine are known to be dead at once.
        silence_s: see SILENCE_S; time is measured by this process, so no clocks are compared.
    """

    outside = True

    def __init__(
        self,
        on_end: OnEnd,
        *,
        store: DispatchStore,
        transport: Transport,
        here: Holder,
        language: Language = "en",
        silence_s: float = SILENCE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._problems: dict[Part, ServiceFailed] = {}
        self._on_end = on_end
        self._store = store
        self._transport = transport
        self._here = here
        self._language: Language = language
        self._silence_s = silence_s
        self._clock = clock
        self._runs: dict[UUID, _Handed] = {}
        self._beats: dict[UUID, tuple[int, float]] = {}
        self._signal = Signal()
        self._watching: asyncio.Task[None] | None = None
        self._sending: asyncio.Task[None] | None = None
        self._mail = ThreadPoolExecutor(1, thread_name_prefix="task-queue")
        self._next_sweep = 0.0
        self._alone_since: float | None = None

    @property
    def problem(self) -> ServiceFailed | None:
        return next(iter(self._problems.values()), None)

    def __contains__(self, attempt_id: UUID) -> bool:
        return attempt_id in self._runs

    def __len__(self) -> int:
        return len(self._runs)

    def works(self) -> list[Work]:
        return [run.work for run in self._runs.values()]

    def start(self, work: Work) -> None:
        attempt_id = work.context.attempt_id
        run = self._runs[attempt_id] = _Handed(work)
        if work.problem is not None:
            report = Report("failed", failure=failure_of(work.problem, self._language))
            asyncio.get_running_loop().call_soon(self._end, attempt_id, report)
            return
        if work.adopt:  # its message is under way, unless the sender died before it sent
            run.sent_at = self._clock()
        self._signal.set()
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())

    def cancel(self, attempt_id: UUID, reason: CancelReason = "cancelled") -> None:
        if reason == "shutdown":
            self._runs.pop(attempt_id, None)
            return
        run = self._runs.get(attempt_id)
        if run is not None:
            run.cancelling = True
            run.work.context.cancelled.set()
            self._signal.set()

    def cancel_all(self, reason: CancelReason) -> None:
        for attempt_id in list(self._runs):
            self.cancel(attempt_id, reason)

    async def close(self) -> None:
        self._runs.clear()
        for task in (self._watching, self._sending):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        self._watching = self._sending = None

    async def _watch(self) -> None:
        """Look at the store until nothing is handed over any more."""
        pause = SHORTEST_PAUSE_S
        while self._runs:
            try:
                busy = await self._turn()
                self._note("store", None)
            except ServiceFailed as exc:
                self._note("store", exc)
                self._beats.clear()  # nobody can be blamed for silence that was not listened to
                busy, pause = False, FAULT_PAUSE_S
            except Exception:  # one turn's bug must not end the watch over everything else
                log.exception("a look at dispatched attempts failed")
                busy, pause = False, FAULT_PAUSE_S
            pause = SHORTEST_PAUSE_S if busy else min(pause * 1.5, LONGEST_PAUSE_S)
            await self._signal.wait(pause)

    async def _turn(self) -> bool:
        """One look; True when something happened."""
        new = [key for key, run in self._runs.items() if not run.offered]
        if new:
            await self._store.offer(new)
            self._mark(new)
        unwanted = [key for key, run in self._runs.items() if run.cancelling and run.offered]
        if unwanted:
            await self._store.cancel(unwanted)
        look = await self._store.look()
        rows = {row.attempt_id: row for row in look.attempts}
        ended = await self._hear(rows)
        died = await self._bury_the_dead(look)
        self._send_what_is_due(rows)
        self._say_when_alone(look, rows)
        await self._sweep()
        return bool(new or ended or died)

    def _mark(self, attempt_ids: Collection[UUID]) -> None:
        for attempt_id in attempt_ids:
            run = self._runs.get(attempt_id)
            if run is not None:
                run.offered = True

    async def _hear(self, rows: Mapping[UUID, Dispatched]) -> bool:
        """Take progress and ends over."""
        known = [(key, run) for key, run in self._runs.items() if run.offered]
        for attempt_id, _ in known:
            if attempt_id not in rows:  # another scheduler ended it; ours learns by being refused
                self._end(attempt_id, Report("lost"))
        news = [
            key
            for key, run in known
            if (row := rows.get(key)) is not None and (row.ended or row.told != run.told)
        ]
        if not news:
            return False
        for attempt_id, (told, report) in (await self._store.heard(news)).items():
            run = self._runs.get(attempt_id)
            if run is None:
                continue
            run.told = rows[attempt_id].told
            _tell(run.work, told)
            if report is not None:
                self._end(attempt_id, report)
        return True

    def _end(self, attempt_id: UUID, report: Report) -> None:
        run = self._runs.pop(attempt_id, None)
        if run is not None:
            self._on_end(Ended(run.work, report.how, report.output, report.failure))

    async def _bury_the_dead(self, look: Look) -> bool:
        now = self._clock()
        beats = {worker.id: worker.beats for worker in look.workers}
        for row in look.attempts:  # a worker that was buried too early may come back and die
            if row.worker_id is not None and not row.ended:
                beats.setdefault(row.worker_id, -1)
        self._beats = {
            key: seen if (seen := self._beats.get(key, (count, now)))[0] == count else (count, now)
            for key, count in beats.items()
        }
        dead = {key for key, (_, since) in self._beats.items() if now - since >= self._silence_s}
        dead |= {worker.id for worker in look.workers if self._is_gone(worker)}
        if dead:
            await self._store.bury(dead)
        return bool(dead)

    def _is_gone(self, worker: WorkerRecord) -> bool:
        return is_gone(Holder(str(worker.id), worker.host, worker.pid), here=self._here)

    # Messages

    def _send_what_is_due(self, rows: Mapping[UUID, Dispatched]) -> None:
        now = self._clock()
        waiting = 0
        due: list[UUID] = []
        for attempt_id, run in self._runs.items():
            row = rows.get(attempt_id)
            if row is None or row.ended:
                continue
            if row.worker_id is not None:
                run.begun, run.sends = True, 0
                continue
            if run.begun:  # its worker let go of it: another one shall adopt it
                run.begun, run.sent_at = False, None
            waiting += 1
            patience = min(RESEND_S * 2 ** max(0, run.sends - 1), LONGEST_RESEND_S)
            if run.sent_at is None or now - run.sent_at >= patience:
                due.append(attempt_id)
        if due and self._sending is None:
            self._sending = asyncio.create_task(self._send(due, waiting))

    async def _send(self, due: list[UUID], unbegun: int) -> None:
        """Send messages; again only where fewer wait in the queue than have not been begun."""
        loop = asyncio.get_running_loop()
        first = [key for key in due if (run := self._runs.get(key)) and run.sent_at is None]
        again = [key for key in due if key not in first]
        try:
            if again:
                in_queue = await loop.run_in_executor(self._mail, self._transport.waiting)
                if in_queue >= unbegun:
                    self._sent(again)
                    again = []
            if first or again:
                await loop.run_in_executor(self._mail, self._transport.send, [*first, *again])
                self._sent([*first, *again])
            self._note("queue", None)
        except ServiceFailed as exc:
            self._note("queue", exc)
            await asyncio.sleep(FAULT_PAUSE_S)
        finally:
            self._sending = None

    def _sent(self, attempt_ids: Collection[UUID]) -> None:
        for attempt_id in attempt_ids:
            run = self._runs.get(attempt_id)
            if run is not None:
                run.sent_at = self._clock()
                run.sends += 1

    # What people should know

    def _note(self, part: Part, problem: ServiceFailed | None) -> None:
        if problem is None:
            self._problems.pop(part, None)
            return
        if part not in self._problems:
            log.warning("%s %s", problem.message(self._language), problem.hint(self._language))
        self._problems[part] = problem

    def _say_when_alone(self, look: Look, rows: Mapping[UUID, Dispatched]) -> None:
        if look.workers:
            self._alone_since = None
            self._note("workers", None)
            return
        if self._alone_since is None:
            self._alone_since = self._clock()
        if self._clock() - self._alone_since < LONELY_S:
            return
        nobody = ServiceFailed("no_worker")
        self._note("workers", nobody)
        for attempt_id, run in self._runs.items():
            context, row = run.work.context, rows.get(attempt_id)
            if row is not None and row.worker_id is None and not context.message:
                context.message, context.changed = nobody.message(self._language), True

    async def _sweep(self) -> None:
        if self._clock() >= self._next_sweep:
            self._next_sweep = self._clock() + SWEEP_S
            await self._store.sweep()


def _tell(work: Work, told: Told) -> None:
    context = work.context
    context.fraction, context.message = told.fraction, told.message
    context.server = told.server
    context.lines.clear()
    if told.log_tail:
        context.lines.extend(told.log_tail.split("\n"))
    context.changed = True
