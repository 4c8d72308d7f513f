"""What happens after an attempt that did not complete: again, later, or a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, assert_never

from ai_video.domain.task import CRASH_LOOP_CAP, RetryPolicy, TaskStatus
from ai_video.errors import ErrorClass
from ai_video.orchestrator.records import TaskRecord

S = TaskStatus
DISCARDED: Final = "result_discarded"
"""The code of a failure after which nothing lacks room: the next attempt begins at once."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed; `message` is for people."""

    error_class: ErrorClass
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Where the task goes, through which states, and how long it waits there."""

    target: TaskStatus
    via: tuple[TaskStatus, ...]
    retry_count: int
    free_retries: int
    delay_s: float
    reason: str | None


class RetryHandler:
    """Turns failures into decisions; a task's own max_retries and retry_delay count."""

    def failed(self, task: TaskRecord, failure: Failure) -> Decision:
        """After an attempt that failed with one of the four classes."""
        match failure.error_class:
            case "transient" | "system":
                return self._counted(task, self._delay(task, task.retry_count))
            case "resource" if failure.code == DISCARDED:
                return self._free(task, 0.0, reason=f"tries again: {failure.code}")
            case "resource":
                delay = self._delay(task, task.free_retries)
                return self._free(task, delay, reason=f"waits for room: {failure.code}")
            case "configuration":
                return self._person(task)
            case _:
                assert_never(failure.error_class)

    def died(self, task: TaskRecord, *, begun: bool) -> Decision:
        """After its worker's death; before begin it costs no retry."""
        if begun:
            return self._counted(task, 0.0)
        return self._free(task, 0.0, reason=None)

    def lost(self, task: TaskRecord) -> Decision:
        """After the outside forgot the job: no retry is used."""
        return self._free(task, self._delay(task, task.free_retries), reason=None)

    def _delay(self, task: TaskRecord, count: int) -> float:
        policy = RetryPolicy(max_retries=task.max_retries, base_delay=task.retry_delay)
        return policy.get_delay(count)

    def _counted(self, task: TaskRecord, delay: float) -> Decision:
        if task.retry_count >= task.max_retries:
            return self._person(task)
        count, free = task.retry_count + 1, task.free_retries
        if delay == 0:
            return Decision(S.PENDING, (S.FAILED, S.RETRY_PENDING), count, free, 0.0, None)
        return Decision(S.RETRY_PENDING, (S.FAILED,), count, free, delay, None)

    def _free(self, task: TaskRecord, delay: float, *, reason: str | None) -> Decision:
        if task.free_retries >= CRASH_LOOP_CAP:
            return self._person(task)
        return Decision(S.PENDING, (), task.retry_count, task.free_retries + 1, delay, reason)

    def _person(self, task: TaskRecord) -> Decision:
        return Decision(
            S.MANUAL_REVIEW, (S.FAILED,), task.retry_count, task.free_retries, 0.0, None
        )
