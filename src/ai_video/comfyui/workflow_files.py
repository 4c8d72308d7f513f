"""Workflow files of ComfyUI: what kind a file is, or the one reason why it is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn

from pydantic import JsonValue

from ai_video.comfyui.picture_texts import is_png, workflow_text
from ai_video.comfyui.strict_json import parse_json, read_bytes
from ai_video.errors import InputRefused

WORKFLOW_LIMIT = 20 * 1024 * 1024
# The largest public workflow has about 1,000 nodes.
NODES_LIMIT = 5_000

JsonObject = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class WorkflowFile:
    """A workflow as it was saved: "api" is what the server takes, "ui" what its editor saves."""

    format: Literal["api", "ui"]
    document: JsonObject


def read_workflow_file(source: Path | bytes, *, name: str | None = None) -> WorkflowFile:
    """The workflow in a file or in its bytes: JSON, or a PNG that ComfyUI saved.

    `name`: how messages call it.

    Raises:
        InputRefused: the file cannot be read, is no JSON, over 20 MB or too deep, or it holds no
            workflow (`workflow_invalid` says what is wrong with it).
    """
    if isinstance(source, bytes):
        label, data = name or "workflow", source
    else:
        label, data = name or source.name, read_bytes(source, limit=WORKFLOW_LIMIT)
    if is_png(data) and len(data) <= WORKFLOW_LIMIT:
        text = workflow_text(data, limit=WORKFLOW_LIMIT)
        if text is None:
            _refuse(label, "the picture carries no workflow")
        data = text
    return workflow_of(parse_json(data, name=label, limit=WORKFLOW_LIMIT), name=label)


def workflow_of(raw: JsonValue, *, name: str) -> WorkflowFile:
    """The workflow in a JSON document; a request body or an editor's export is opened.

    Raises:
        InputRefused: `workflow_invalid`.
    """
    if not isinstance(raw, dict):
        _refuse(name, f"it is {_kind(raw)}, a workflow is an object")
    if not raw:
        _refuse(name, "it is empty")
    if "nodes" in raw and not _is_api_node(raw["nodes"]):
        _check_ui(raw, name)
        return WorkflowFile("ui", raw)
    for wrapper in ("prompt", "output"):
        inner = raw.get(wrapper)
        if isinstance(inner, dict) and inner and not _is_api_node(inner):
            _check_api(inner, name)
            return WorkflowFile("api", inner)
    _check_api(raw, name)
    return WorkflowFile("api", raw)


def _check_api(document: JsonObject, name: str) -> None:
    if not any(_is_api_node(node) for node in document.values()):
        _refuse(name, "no node of a ComfyUI workflow is in it (neither API nor editor format)")
    if len(document) > NODES_LIMIT:
        _refuse(name, f"it has {len(document)} nodes, at most {NODES_LIMIT} are read")
    for key, node in document.items():
        if not isinstance(node, dict):
            _refuse(name, f"node {key[:40]} is {_kind(node)}, it should be an object")
        if not isinstance(node.get("inputs", {}), dict):
            kind = _kind(node["inputs"])
            _refuse(name, f"the inputs of node {key[:40]} are {kind}, they should be an object")
        if not isinstance(node.get("class_type", ""), str):
            kind = _kind(node["class_type"])
            _refuse(name, f"the class_type of node {key[:40]} is {kind}, it should be a text")


def _check_ui(document: JsonObject, name: str) -> None:
    nodes = document["nodes"]
    if not isinstance(nodes, list):
        _refuse(name, f"its nodes are {_kind(nodes)}, they should be a list")
    if not nodes:
        _refuse(name, "it has no nodes")
    if len(nodes) > NODES_LIMIT:
        _refuse(name, f"it has {len(nodes)} nodes, at most {NODES_LIMIT} are read")
    for at, node in enumerate(nodes):
        if not isinstance(node, dict):
            _refuse(name, f"entry {at} of its nodes is {_kind(node)}, it should be an object")
        if not isinstance(node.get("type"), str):
            _refuse(name, f"entry {at} of its nodes has no type")
        if isinstance(node.get("id"), bool) or not isinstance(node.get("id"), int | str):
            _refuse(name, f"entry {at} of its nodes has no id")
    links = document.get("links")
    if links is not None and not isinstance(links, list):
        _refuse(name, f"its links are {_kind(links)}, they should be a list")


def _is_api_node(value: JsonValue) -> bool:
    return isinstance(value, dict) and isinstance(value.get("class_type"), str)


def _kind(value: JsonValue) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case dict():
            return "an object"


def _refuse(name: str, reason: str) -> NoReturn:
    raise InputRefused("workflow_invalid", name=name, reason=reason)
