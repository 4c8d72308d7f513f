"""Where attempts run: what a scheduler hands over, what it learns of the end, and the protocol.

`in_process.InProcessExecutor` runs them in this process, `queue_executor.QueueExecutor` in workers;
one contract suite runs on both.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol
from uuid import UUID

from ai_video.domain.task import TaskOutput
from ai_video.errors import (
    AiVideoError,
    ErrorClass,
    Language,
    ResourceFailure,
    ServiceFailed,
    SystemFailure,
    TaskFailed,
    TransientFailure,
    UsageError,
)
from ai_video.errors import InputRefused as Refused
from ai_video.orchestrator.handlers import Facts, TaskContext, TaskHandler, TaskView
from ai_video.orchestrator.retry import Failure

CancelReason = Literal["cancelled", "timeout", "shutdown"]
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.ENOMEM, errno.EMFILE, errno.ENFILE})


class Work(NamedTuple):
    """One attempt to run. `adopt`: it may run outside already. `problem`: it fails at once."""

    task: TaskView
    facts: Facts
    context: TaskContext
    handler: TaskHandler | None
    adopt: bool = False
    problem: Exception | None = None

    @property
    def is_remote(self) -> bool:
        """It goes on outside when its worker dies."""
        return self.handler is not None and self.handler.is_remote(self.task.params)


How = Literal["completed", "failed", "lost", "cancelled", "given_back", "died"]
"""`lost`: the outside forgot the job. `died`: its worker is gone, or too many were that had it. `given_back`: a stop cut it off."""


class Ended(NamedTuple):
    """How an attempt ended; exactly one of `output` and `failure` for completed and failed."""

    work: Work
    how: How
    output: TaskOutput | None = None
    failure: Failure | None = None


class TaskExecutor(Protocol):
    """Starts and cancels attempts; tells of each end once, in the event loop, by `OnEnd`.

    `outside`: attempts run in other processes and outlive this one. A claim is then not yet the
    begin, and what runs in the store and not here is adopted (`Work.adopt`), never called dead.
    """

    @property
    def outside(self) -> bool: ...

    def __contains__(self, attempt_id: UUID) -> bool: ...

    def __len__(self) -> int: ...

    def works(self) -> list[Work]:
        """What has not ended; the contexts hold what the attempts told so far."""
        ...

    def start(self, work: Work) -> None: ...

    def cancel(self, attempt_id: UUID, reason: CancelReason = "cancelled") -> None:
        """Ask an attempt to end; its end is told as of any other.

        For `shutdown`: what goes on outside (in a worker, or a remote job) is let go without an end
        and adopted later.
        """
        ...

    def cancel_all(self, reason: CancelReason) -> None: ...

    async def close(self) -> None:
        """Let go of everything; nothing is told any more."""
        ...


OnEnd = Callable[[Ended], None]
NewExecutor = Callable[[OnEnd], TaskExecutor]


def failure_of(error: Exception, language: Language) -> Failure:
    """The class that decides what happens next, a code and words."""
    if isinstance(error, AiVideoError):
        return Failure(_class_of(error), error.code, error.message(language))
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in NO_ROOM):
        known: AiVideoError = ResourceFailure("no_room", reason=str(error) or "memory")
    elif isinstance(error, OSError):
        known = TransientFailure("outside_failed", reason=str(error) or type(error).__name__)
    else:
        known = SystemFailure("internal", kind=type(error).__name__)
    return Failure(_class_of(known), known.code, known.message(language))


def _class_of(error: AiVideoError) -> ErrorClass:
    if isinstance(error, TaskFailed):
        return error.error_class
    if isinstance(error, ServiceFailed):
        return "transient"
    return "configuration" if isinstance(error, (Refused, UsageError)) else "system"
