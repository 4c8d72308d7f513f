"""What a server knows of one prompt, from whichever of its lists tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from ai_video.comfyui.failures import NodeFault, read_fault
from ai_video.comfyui.outputs import NO_OUTPUTS, Outputs, read_outputs

JobState = Literal["pending", "running", "completed", "failed", "cancelled"]
_STATES: Final[Mapping[str, JobState]] = {
    "pending": "pending",
    "in_progress": "running",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}


@dataclass(frozen=True, slots=True)
class Job:
    """A prompt as the server sees it; `ahead` counts those before it while it is pending.

    A failed or cancelled one may have outputs too: of the nodes that were done.
    """

    prompt_id: str
    state: JobState
    outputs: Outputs = NO_OUTPUTS
    fault: NodeFault | None = None
    ahead: int = 0
    execution_s: float | None = None


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Status(_Lenient):
    status_str: str = ""
    messages: list[tuple[str, JsonValue]] = []


class _JobAnswer(_Lenient):
    status: str
    outputs: JsonValue = None
    execution_error: JsonValue = None
    execution_status: _Status | None = None
    execution_start_time: float | None = None
    execution_end_time: float | None = None


class _HistoryEntry(_Lenient):
    outputs: JsonValue = None
    status: _Status | None = None


class _Queue(_Lenient):
    queue_running: list[list[JsonValue]]
    queue_pending: list[list[JsonValue]]


def read_job(prompt_id: str, raw: JsonValue) -> Job:
    """The answer of GET /api/jobs/ID.

    Raises:
        ValueError: it is not of that form.
    """
    said = _JobAnswer.model_validate(raw)
    state = _STATES.get(said.status)
    if state is None:
        raise ValueError(f"a job is {said.status}")
    took = None
    if said.execution_start_time is not None and said.execution_end_time is not None:
        took = (said.execution_end_time - said.execution_start_time) / 1000
    if state == "failed" and _was_interrupted(said.execution_status):
        state = "cancelled"
    fault = read_fault(said.execution_error) if state == "failed" else None
    return Job(prompt_id, state, read_outputs(said.outputs), fault, execution_s=took)


def read_queue(prompt_id: str, raw: JsonValue) -> Job | None:
    """The prompt in the answer of GET /queue; None: it is not there.

    Raises:
        ValueError: it is not of that form.
    """
    queue = _Queue.model_validate(raw)
    if any(item[1:2] == [prompt_id] for item in queue.queue_running):
        return Job(prompt_id, "running")
    mine = [item for item in queue.queue_pending if item[1:2] == [prompt_id]]
    if not mine:
        return None
    number = _number(mine[0])
    before = sum(_number(item) < number for item in queue.queue_pending)
    return Job(prompt_id, "pending", ahead=before + len(queue.queue_running))


def read_history(prompt_id: str, raw: JsonValue) -> Job | None:
    """The prompt in the answer of GET /history/ID; None: it is not there.

    Raises:
        ValueError: it is not of that form.
    """
    if not isinstance(raw, dict):
        raise ValueError("a history is no object")
    if prompt_id not in raw:
        return None
    entry = _HistoryEntry.model_validate(raw[prompt_id])
    status = entry.status or _Status(status_str="success")
    messages = dict(status.messages)
    outputs = read_outputs(entry.outputs)
    took = _took(status.messages)
    if _was_interrupted(status):
        return Job(prompt_id, "cancelled", outputs, execution_s=took)
    if status.status_str == "error" or "execution_error" in messages:
        fault = read_fault(messages.get("execution_error"))
        return Job(prompt_id, "failed", outputs, fault, execution_s=took)
    return Job(prompt_id, "completed", outputs, execution_s=took)


def _was_interrupted(status: _Status | None) -> bool:
    """An interrupted prompt has the status of a failed one, in every history and in the jobs of
    versions that call none `cancelled`; only its messages tell them apart."""
    return status is not None and any(
        kind == "execution_interrupted" for kind, _ in status.messages
    )


def _took(messages: Sequence[tuple[str, JsonValue]]) -> float | None:
    times = [
        stamp
        for _, data in messages
        if isinstance(data, dict) and isinstance(stamp := data.get("timestamp"), int | float)
    ]
    return (times[-1] - times[0]) / 1000 if len(times) > 1 else None


def _number(item: Sequence[JsonValue]) -> float:
    first = item[0] if item else None
    return float(first) if isinstance(first, int | float) else 0.0
