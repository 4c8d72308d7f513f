"""What stands between a scheduler and workers: the store that decides, the queue that only tells.

A message names one attempt and nothing else. A worker takes it up with `begin`, which the store
grants once; whoever was granted it may `finish`, once. So a message may be lost (it is sent again)
or delivered twice (the second begin is refused) without harm.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from ai_video.domain.task import TaskOutput
from ai_video.orchestrator.executor import How
from ai_video.orchestrator.handlers import Facts, TaskView
from ai_video.orchestrator.retry import Failure


@dataclass(frozen=True, slots=True)
class WorkerRecord:
    """A worker process; `host` tells apart machines and restarts of one, as a lease holder's."""

    id: UUID
    name: str
    host: str
    pid: int
    slots: int
    beats: int
    started_at: datetime
    seen_at: datetime


class Begun(NamedTuple):
    """What a worker needs to run an attempt."""

    task: TaskView
    facts: Facts
    number: int
    remote_id: str | None
    adopt: bool


class Told(NamedTuple):
    """What an attempt told so far."""

    fraction: float | None
    message: str
    log_tail: str
    server: str | None


class Report(NamedTuple):
    """How an attempt ended in a worker."""

    how: How
    output: TaskOutput | None = None
    failure: Failure | None = None


class Dispatched(NamedTuple):
    """An attempt that was handed over; `told` rises with each progress and with the end."""

    attempt_id: UUID
    worker_id: UUID | None
    told: int
    ended: bool


class Look(NamedTuple):
    """What the store holds at one moment."""

    attempts: Sequence[Dispatched]
    workers: Sequence[WorkerRecord]


class DispatchStore(Protocol):
    """Implemented by `storage.dispatch_store.SqlDispatchStore`.

    Every method may raise ServiceFailed when the database cannot be reached or written.
    """

    async def installation(self) -> UUID:
        """Names this database among all that share a broker."""
        ...

    # The scheduler's side

    async def offer(self, attempt_ids: Collection[UUID]) -> None:
        """Let workers begin these attempts; harmless for those that were offered before.

        One that began without ever having been offered ran in a process that is gone: it has died.
        """
        ...

    async def look(self) -> Look: ...

    async def heard(
        self, attempt_ids: Collection[UUID]
    ) -> Mapping[UUID, tuple[Told, Report | None]]:
        """What attempts told, and the report of those that ended."""
        ...

    async def cancel(self, attempt_ids: Collection[UUID]) -> None:
        """End what no worker has begun; its worker ends the rest."""
        ...

    async def bury(self, worker_ids: Collection[UUID]) -> None:
        """Workers are gone: what they ran has died, or is offered again if it goes on outside."""
        ...

    async def sweep(self) -> None:
        """Forget attempts whose end the scheduler has written."""
        ...

    # The worker's side

    async def beat(
        self, worker: WorkerRecord, told: Mapping[UUID, Told] | None = None
    ) -> Mapping[UUID, bool]:
        """A sign of life, with what runs told since the last (by run id).

        Returns:
            The runs that are still this worker's, and whether each is no longer wanted.
        """
        ...

    async def leave(self, worker_id: UUID) -> None:
        """The worker ends; nothing of it runs any more."""
        ...

    async def begin(self, attempt_id: UUID, run_id: UUID, worker: WorkerRecord) -> Begun:
        """Take an attempt up; from now on its worker's death counts.

        Args:
            run_id: a new id, which is the right to finish; the same one again repeats the answer,
                for a caller whose connection broke.

        Raises:
            ChangesRefused: another worker has it, it has ended, or there is no such attempt.
        """
        ...

    async def finish(self, attempt_id: UUID, run_id: UUID, told: Told, report: Report) -> None:
        """Say how a run ended; the scheduler writes what follows.

        Raises:
            ChangesRefused: this run's result is no longer wanted.
        """
        ...

    async def release(self, attempt_id: UUID, run_id: UUID) -> None:
        """Let go of work that goes on outside, for another worker to adopt."""
        ...


class Transport(Protocol):
    """Carries the names of attempts to workers; it may lose and repeat them. Calls block."""

    def send(self, attempt_ids: Sequence[UUID]) -> None:
        """Raises: ServiceFailed `broker_failed`."""
        ...

    def waiting(self) -> int:
        """How many messages no worker has taken. Raises as `send`."""
        ...

    def close(self) -> None: ...
