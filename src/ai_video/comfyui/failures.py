"""What a ComfyUI server refused or could not do, as failures of the four classes.

| what came | failure |
|---|---|
| no connection, 5xx of a proxy, a broken answer | TransientFailure |
| out of memory | ResourceFailure |
| 400, 401, 403, a refused graph, an error in a node | ConfigurationFailure |
| an error of the graphics device, an answer that is none | SystemFailure |
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from ai_video.errors import (
    ConfigurationFailure,
    ResourceFailure,
    SystemFailure,
    TaskFailed,
    TransientFailure,
)

_OUT_OF_MEMORY: Final = re.compile(
    r"out ?of ?memory|allocation on device|can.t allocate memory|cannot allocate memory"
    r"|CUDA_ERROR_OUT_OF_MEMORY|CUBLAS_STATUS_ALLOC_FAILED|insufficient memory|MemoryError",
    re.IGNORECASE,
)
_DEVICE: Final = re.compile(
    r"CUDA error|cuDNN error|CUBLAS_STATUS|device-side assert|HIP error|AcceleratorError"
    r"|NVML|driver shutting down|XPU error",
    re.IGNORECASE,
)
_NETWORK: Final = re.compile(
    r"(^|\.)(ConnectionError|ConnectionResetError|ConnectTimeout|ReadTimeout|TimeoutError"
    r"|ClientConnectorError|ServerDisconnectedError|ConnectError)$"
)
_UNKNOWN_CLASS: Final = re.compile(r"because node (.+) does not exist")
_NODE_ID: Final = re.compile(r"Node ID '#(.+)'")
_SHOWN: Final = 300


@dataclass(frozen=True, slots=True)
class InputRefusal:
    """One thing that the server found wrong with a graph, by ComfyUI's own name for it."""

    type: str
    message: str
    details: str = ""
    node: str | None = None
    class_type: str | None = None
    input: str | None = None
    received: JsonValue = None

    def __str__(self) -> str:
        place = f"{self.node} {self.class_type}" if self.node else ""
        if self.input:
            place += f".{self.input}"
        said = ": ".join(part for part in (self.message, self.details) if part)
        return ": ".join(part for part in (place, f"{self.type}: {said}") if part)[:_SHOWN]


class GraphRefused(ConfigurationFailure):
    """The server does not take the graph; `refusals` says why, node by node."""

    def __init__(self, url: str, refusals: tuple[InputRefusal, ...]) -> None:
        self.refusals = refusals
        first = refusals[0]
        super().__init__(
            "comfyui_graph_refused",
            url=url,
            reason=str(first),
            type=first.type,
            node=first.node,
            class_type=first.class_type,
            input=first.input,
            errors=[str(refusal) for refusal in refusals],
        )


@dataclass(frozen=True, slots=True)
class NodeFault:
    """An exception in a node while a prompt ran."""

    node: str | None
    class_type: str
    exception_type: str
    message: str


def read_refusals(answer: JsonValue) -> tuple[InputRefusal, ...]:
    """Everything wrong that an answer to POST /prompt names; none: empty."""
    said = _mapping(answer)
    found = tuple(_node_refusals(_mapping(said.get("node_errors"))))
    if found:
        return found
    error = said.get("error")
    if isinstance(error, str):
        return (InputRefusal("invalid_prompt", error),)
    whole = _mapping(error)
    if not whole:
        return ()
    extra = _mapping(whole.get("extra_info"))
    message, details = _text(whole.get("message")), _text(whole.get("details"))
    kind = _text(whole.get("type")) or "invalid_prompt"
    node = _text(extra.get("node_id")) or None
    class_type = _text(extra.get("class_type")) or None
    if kind == "invalid_prompt" and (unknown := _UNKNOWN_CLASS.search(message)):
        # Before 0.33 an unknown class had no error type of its own.
        kind, class_type = "missing_node_type", unknown[1]
    if node is None and (named := _NODE_ID.search(details)):
        node = named[1]
    return (InputRefusal(kind, message, details, node, class_type),)


def _node_refusals(by_node: Mapping[str, JsonValue]) -> Iterator[InputRefusal]:
    for node, raw in by_node.items():
        entry = _mapping(raw)
        errors = entry.get("errors")
        for each in errors if isinstance(errors, list) else []:
            error = _mapping(each)
            extra = _mapping(error.get("extra_info"))
            yield InputRefusal(
                type=_text(error.get("type")) or "invalid_prompt",
                message=_text(error.get("message")),
                details=_text(error.get("details")),
                node=node,
                class_type=_text(entry.get("class_type")) or None,
                input=_text(extra.get("input_name")) or None,
                received=extra.get("received_value"),
            )


def read_fault(raw: JsonValue) -> NodeFault:
    """The exception in an `execution_error` message or in a job's `execution_error`."""
    said = _mapping(raw)
    return NodeFault(
        node=_text(said.get("node_id")) or None,
        class_type=_text(said.get("node_type")),
        exception_type=_text(said.get("exception_type")),
        message=_text(said.get("exception_message")).strip(),
    )


def failure_of(fault: NodeFault, *, url: str) -> TaskFailed:
    """The failure with the class that fits what went wrong in the node."""
    said = " ".join(f"{fault.exception_type}: {fault.message}".split())
    if _OUT_OF_MEMORY.search(said):
        kind, code = ResourceFailure, "comfyui_out_of_memory"
    elif _DEVICE.search(said):
        kind, code = SystemFailure, "comfyui_device_failed"
    elif _NETWORK.search(fault.exception_type):
        kind, code = TransientFailure, "comfyui_node_offline"
    else:
        kind, code = ConfigurationFailure, "comfyui_node_failed"
    return kind(
        code,
        url=url,
        node=fault.node,
        class_type=fault.class_type,
        exception_type=fault.exception_type,
        reason=said[:_SHOWN],
    )


def _mapping(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
