"""What a user says about a workflow's inputs: which role one has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast, get_args

from pydantic import JsonValue

from ai_video.comfyui.object_info import InputSpec, shipped_node_list
from ai_video.comfyui.roles import RoleName
from ai_video.domain.entities import ComfyWorkflow, Json
from ai_video.errors import InputRefused

SAID = "said by the user"


def place_of_input(graph: Json, place: str) -> tuple[str, str]:
    """(node, input) of `NODE.INPUT`; both may hold dots themselves.

    Raises:
        InputRefused: `workflow_no_input`, naming what the node takes.
    """
    parts = place.split(".")
    for at in range(len(parts) - 1, 0, -1):
        node, name = ".".join(parts[:at]), ".".join(parts[at:])
        entry = graph.get(node)
        if isinstance(entry, dict):
            inputs = entry.get("inputs")
            known = _inputs_of(entry)
            if isinstance(inputs, dict) and (name in inputs or name in known):
                return node, name
            there = sorted({*known, *(inputs if isinstance(inputs, dict) else ())})
            raise InputRefused("workflow_no_input", place=place, there=there)
    raise InputRefused("workflow_no_input", place=place, there=sorted(graph)[:50])


def _inputs_of(entry: Mapping[str, JsonValue]) -> Sequence[str]:
    """What a node of the shipped list takes; nothing for a class it does not have."""
    return [*_specs_of(str(entry.get("class_type")))]


def _specs_of(class_type: str) -> Mapping[str, InputSpec]:
    known = shipped_node_list().nodes.get(class_type)
    return known.inputs if known is not None else {}


def with_role(stored: ComfyWorkflow, role: RoleName, node: str, name: str) -> Json:
    """The changes that a user's word for one role makes."""
    entry = cast("Json", stored.workflow_json[node])
    class_type = str(entry["class_type"])
    spec = _specs_of(class_type).get(name)
    before = next(
        (row for row in stored.input_schema if row["node"] == node and row["input"] == name), None
    )
    default = cast("Json", entry.get("inputs", {})).get(name)
    row: Json = {
        "type": spec.type if spec else "*",
        "default": None if isinstance(default, list) else default,
        "minimum": spec.minimum if spec else None,
        "maximum": spec.maximum if spec else None,
        "choices": [*spec.choices] if spec and spec.choices and not spec.open_choices else None,
        "required": spec.required if spec else True,
        **(before or {}),
        "name": role,
        "role": role,
        "node": node,
        "class_type": class_type,
        "input": name,
        "certainty": "sure",
        "evidence": SAID,
    }
    kept = [
        other
        for other in stored.input_schema
        if (other["node"], other["input"]) != (node, name)
        and (other["role"] != role or other["evidence"] == row["evidence"])
    ]
    return {
        "input_schema": [*_numbered([*kept, row])],
        "unresolved": [each for each in stored.unresolved if each["role"] != role],
    }


def _numbered(rows: Sequence[Json]) -> list[Json]:
    """Rows with names of their own: `seed`, `seed_2` …, in the order of roles."""
    order = get_args(RoleName)
    counts: dict[str, int] = {}
    named: list[Json] = []
    for row in sorted(rows, key=lambda row: order.index(str(row["role"]))):
        role = str(row["role"])
        counts[role] = counts.get(role, 0) + 1
        named.append({**row, "name": role if counts[role] == 1 else f"{role}_{counts[role]}"})
    return named
