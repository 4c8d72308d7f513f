"""Task handlers: what a task kind does. A new kind is one handler, registered by name.

A subclass of `InProcessHandler` says `kind`, `version` and `run`, and as a rule `fingerprint`.
Failures are `TaskFailed` of one of the four classes; the class decides what the scheduler does next.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar, NamedTuple, Protocol
from uuid import UUID

from pydantic import JsonValue

from ai_video.domain.task import TaskOutput
from ai_video.errors import ResourceFailure
from ai_video.orchestrator.retry import DISCARDED

Facts = Mapping[str, Mapping[str, JsonValue]]
"""Facts of the finished parents, by parent key; a skipped parent's are empty."""

LOG_LINES = 200
LOG_LINE_LENGTH = 1000


class TaskView(NamedTuple):
    """What a handler may know of its task; `parents` are keys, in the order they were submitted."""

    id: UUID
    dag_id: UUID
    episode_id: UUID | None
    key: str
    kind: str
    part: int | None
    params: Mapping[str, JsonValue]
    parents: tuple[str, ...]
    storyboard_id: UUID | None
    line_id: UUID | None
    workflow_id: UUID | None
    fingerprint: str | None
    timeout: float


class TaskContext:
    """What a running attempt tells; `cancelled` is set when its result is no longer wanted.

    `remote_id` is stored before `start`, so a job can always be found again. `server`: where the work
    is done, when that is not this machine.
    """

    __slots__ = (
        "_cancelled",
        "_lines",
        "attempt_id",
        "changed",
        "fraction",
        "message",
        "number",
        "remote_id",
        "server",
    )

    def __init__(self, attempt_id: UUID, number: int, remote_id: str | None = None) -> None:
        self.attempt_id = attempt_id
        self.number = number
        self.remote_id = remote_id
        self.server: str | None = None
        self.fraction: float | None = None
        self.message = ""
        self.changed = False
        # Made when first asked for: most attempts neither log nor are cancelled.
        self._cancelled: asyncio.Event | None = None
        self._lines: deque[str] | None = None

    @property
    def cancelled(self) -> asyncio.Event:
        if self._cancelled is None:
            self._cancelled = asyncio.Event()
        return self._cancelled

    @property
    def lines(self) -> deque[str]:
        """Its log; the last 200 stay."""
        if self._lines is None:
            self._lines = deque(maxlen=LOG_LINES)
        return self._lines

    def progress(self, fraction: float, message: str = "") -> None:
        """How far the attempt is, 0..1; shown within about a second."""
        self.fraction = min(1.0, max(0.0, fraction))
        self.message = message
        self.changed = True

    def on_server(self, server: str) -> None:
        """Say where the work is done."""
        self.server = server
        self.changed = True

    def log(self, line: str) -> None:
        """Keep a line, with its time."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        for part in line.splitlines():
            self.lines.append(f"{at} {part[:LOG_LINE_LENGTH]}")
        self.changed = True

    def log_tail(self) -> str:
        return "\n".join(self._lines) if self._lines else ""


class AttemptLost(Exception):
    """The outside no longer knows the job: the attempt ends `lost`, a new one may start."""


class ResultDiscarded(ResourceFailure):
    """The handler kept the result aside and wants another attempt at once; no retry is used.

    How often that may be is the handler's business; the cap against crash loops holds as well.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(DISCARDED, reason=reason)


class TaskHandler(Protocol):
    """A task kind's work.

    `is_remote`: the work goes on outside when this process dies. Such an attempt has a remote id from
    its claim on, and a new scheduler tries `adopt` before it calls the attempt lost.
    """

    @property
    def kind(self) -> str: ...

    @property
    def version(self) -> int: ...

    def is_remote(self, params: Mapping[str, JsonValue]) -> bool:
        """Does the work of a task with these parameters go on outside?"""
        ...

    def fingerprint(self, task: TaskView, facts: Facts) -> str | None:
        """Digest of all that decides the result; None: the result is never used again. Pure."""
        ...

    async def present(self, output: TaskOutput) -> bool:
        """Is everything the output names still there?"""
        ...

    async def reuse(self, task: TaskView, output: TaskOutput) -> None:
        """Take over an earlier result; idempotent, called before the task counts as completed."""
        ...

    async def start(self, task: TaskView, facts: Facts, context: TaskContext) -> None:
        """Begin the work outside; returns when it is accepted there."""
        ...

    async def adopt(self, task: TaskView, context: TaskContext) -> bool:
        """Does the outside still know `context.remote_id`, running or done?"""
        ...

    async def collect(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        """Wait for the end and bring the result.

        Raises:
            TaskFailed: with one of the four classes; ResultDiscarded to begin anew at once.
            AttemptLost: the outside forgot the job.
        """
        ...

    async def cancel(self, task: TaskView, context: TaskContext) -> None:
        """Stop the work outside; also after a time-out."""
        ...


class InProcessHandler:
    """Work inside this process: a subclass says `kind` and `run`; cancelling cancels `run`."""

    kind: ClassVar[str]
    version: int = 1
    remote: bool = False

    def is_remote(self, params: Mapping[str, JsonValue]) -> bool:
        return self.remote

    def fingerprint(self, task: TaskView, facts: Facts) -> str | None:
        return None

    async def present(self, output: TaskOutput) -> bool:
        return True

    async def reuse(self, task: TaskView, output: TaskOutput) -> None:
        return None

    async def run(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        """Do the work; see `TaskHandler.collect` for what it may raise."""
        raise NotImplementedError

    async def start(self, task: TaskView, facts: Facts, context: TaskContext) -> None:
        return None

    async def adopt(self, task: TaskView, context: TaskContext) -> bool:
        return False

    async def collect(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        return await self.run(task, facts, context)

    async def cancel(self, task: TaskView, context: TaskContext) -> None:
        return None
