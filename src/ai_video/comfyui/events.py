"""What a ComfyUI server says on its socket, as typed values.

`parse_event` reads one message. Kinds that are not named here, and messages that do not have the
form of their kind, give None: custom nodes send their own, and new versions add some.
"""

from __future__ import annotations

import json
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError


class Event(BaseModel):
    """A message; `prompt_id` is None where it concerns no prompt or does not say which."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    prompt_id: str | None = None


class _QueueInfo(BaseModel):
    queue_remaining: int


class _StatusInfo(BaseModel):
    exec_info: _QueueInfo


class QueueStatus(Event):
    """How many prompts wait or run, whoever sent them; `sid` only in the first of a socket."""

    status: _StatusInfo
    sid: str | None = None

    @property
    def queue_remaining(self) -> int:
        return self.status.exec_info.queue_remaining


class FeatureFlags(Event):
    supports_preview_metadata: bool = False
    max_upload_size: int | None = None


class ExecutionStart(Event):
    pass


class ExecutionCached(Event):
    """Nodes whose earlier results are taken."""

    nodes: tuple[str, ...] = ()


class Executing(Event):
    """A node begins; `node` None: the prompt is over and its history is written."""

    node: str | None = None
    display_node: str | None = None


class Progress(Event):
    """Steps of one node."""

    value: float
    max: float
    node: str | None = None


class NodeProgress(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    value: float = 0.0
    max: float = 1.0
    state: str = ""


class ProgressState(Event):
    """Every node that has begun."""

    nodes: dict[str, NodeProgress] = {}


class Executed(Event):
    """A node that shows something is done; `output` holds what it shows."""

    node: str
    display_node: str | None = None
    output: dict[str, JsonValue] | None = None


class ExecutionError(Event):
    node_id: str | None = None
    node_type: str = ""
    exception_type: str = ""
    exception_message: str = ""
    traceback: tuple[str, ...] | str = ()


class ExecutionInterrupted(Event):
    node_id: str | None = None
    node_type: str = ""


class ExecutionSuccess(Event):
    pass


class Preview(Event):
    """A picture of the work so far."""

    image: bytes
    media_type: str
    node: str | None = None


class NodeText(Event):
    """Words that a node shows while it works."""

    node: str
    text: str


_KINDS: Final[dict[str, type[Event]]] = {
    "status": QueueStatus,
    "feature_flags": FeatureFlags,
    "execution_start": ExecutionStart,
    "execution_cached": ExecutionCached,
    "executing": Executing,
    "progress": Progress,
    "progress_state": ProgressState,
    "executed": Executed,
    "execution_error": ExecutionError,
    "execution_interrupted": ExecutionInterrupted,
    "execution_success": ExecutionSuccess,
}
# After these the prompt is over or about to be.
ENDINGS: Final = (Executing, ExecutionError, ExecutionInterrupted, ExecutionSuccess)

_PREVIEW: Final = 1
_TEXT: Final = 3
_PREVIEW_WITH_FACTS: Final = 4
_IMAGE_TYPES: Final = {1: "image/jpeg", 2: "image/png"}


class _Message(BaseModel):
    type: str
    data: dict[str, JsonValue] = {}


class _PreviewFacts(BaseModel):
    prompt_id: str | None = None
    node_id: str | None = None
    image_type: str = Field(default="image/jpeg", pattern=r"^image/\w+$")


def parse_event(message: str | bytes) -> Event | None:
    """The event in one message of the socket; None for what is not known here."""
    try:
        if isinstance(message, bytes):
            return _parse_binary(message)
        known = _Message.model_validate_json(message)
        kind = _KINDS.get(known.type)
        return kind.model_validate(known.data) if kind else None
    except (ValidationError, ValueError):
        return None


def is_over(event: Event) -> bool:
    """The event says that its prompt has ended, well or not."""
    return isinstance(event, ENDINGS) and not (
        isinstance(event, Executing) and event.node is not None
    )


def _parse_binary(message: bytes) -> Event | None:
    kind, body = _number(message), message[4:]
    if kind == _PREVIEW:
        media_type = _IMAGE_TYPES.get(_number(body))
        return Preview(image=body[4:], media_type=media_type) if media_type else None
    if kind == _PREVIEW_WITH_FACTS:
        end = 4 + _number(body)
        facts = _PreviewFacts.model_validate(json.loads(body[4:end]))
        return Preview(
            prompt_id=facts.prompt_id,
            node=facts.node_id,
            image=body[end:],
            media_type=facts.image_type,
        )
    if kind == _TEXT:
        end = 4 + _number(body)
        return NodeText(node=body[4:end].decode(), text=body[end:].decode())
    return None


def _number(data: bytes) -> int:
    if len(data) < 4:
        raise ValueError("a message ends within its head")
    return int.from_bytes(data[:4], "big")
