"""The exact graph of a take, readable: its nodes in the order they run, with roles and links by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast
from uuid import UUID

from pydantic import JsonValue

from ai_video.comfyui.graph import linked_slot
from ai_video.comfyui.object_info import NodeList, shipped_node_list
from ai_video.comfyui.roles import find_roles
from ai_video.domain.entities import Asset, Json, Take
from ai_video.errors import InputRefused, NotFound
from ai_video.storage.database import Unit
from ai_video.studio.runs.take_comparison import made_by
from ai_video.studio.studio import Studio

Link = tuple[str, int]


async def take_nodes(studio: Studio, id: UUID) -> Json:
    """A take's graph as a person reads it, with what made the take.

    Returns:
        `{"take_id", "seed", "made": {"server", "template", "models", "execution_s" …}, "nodes":
        [{"id", "class_type", "name", "inputs": [{"name", "role", "value", "link": {"node", "output"}}]}]}`;
        one of `value` and `link` is null, `role` where the input means nothing known.

    Raises:
        NotFound: no such take, or no ComfyUI server made it.
    """

    async def work(unit: Unit) -> tuple[Take, Asset]:
        take = await unit.get(Take, id)
        return take, await unit.get(Asset, take.asset_id)

    take, asset = await studio.database.read(work)
    if take.workflow_json is None:
        raise NotFound("graph of take", str(id))
    return {
        "take_id": str(id),
        "seed": take.seed,
        "made": made_by(asset),
        "nodes": cast("JsonValue", readable(take.workflow_json, shipped_node_list())),
    }


def readable(graph: Json, nodes: NodeList) -> list[Json]:
    """The nodes of a graph in API format, each after those it takes something from."""
    roles = _roles(graph, nodes)
    return [_node(key, graph, nodes, roles) for key in _order(graph)]


def _roles(graph: Json, nodes: NodeList) -> Mapping[tuple[str, str], str]:
    try:
        found = find_roles(graph, nodes)
    except InputRefused:  # a graph of nodes that nobody here knows
        return {}
    return {(row.node, row.input): row.role for row in found.inputs}


def _node(key: str, graph: Json, nodes: NodeList, roles: Mapping[tuple[str, str], str]) -> Json:
    class_type = _class(graph[key])
    known = nodes.nodes.get(class_type)
    rows: list[JsonValue] = []
    for name, value in _inputs(graph[key]).items():
        link = linked_slot(value)
        told: Json = {"name": name, "role": roles.get((key, name)), "value": None, "link": None}
        if link is None:
            told["value"] = value
        else:
            told["link"] = {"node": link[0], "output": _output(link, graph, nodes)}
        rows.append(told)
    return {
        "id": key,
        "class_type": class_type,
        "name": known.display_name if known else class_type,
        "inputs": rows,
    }


def _output(link: Link, graph: Json, nodes: NodeList) -> str:
    """What an output is called; its number where its node is not known."""
    source, slot = link
    known = nodes.nodes.get(_class(graph.get(source)))
    if known is None or slot >= len(known.outputs):
        return str(slot)
    return known.outputs[slot].name


def _order(graph: Json) -> list[str]:
    """Parents first; otherwise as they stand."""
    found: dict[str, None] = {}
    for start in graph:
        stack = [(start, False)]
        seen: set[str] = set()
        while stack:
            key, ready = stack.pop()
            if ready:
                found[key] = None
            elif key not in found and key in graph and key not in seen:
                seen.add(key)
                stack.append((key, True))
                links = [linked_slot(value) for value in _inputs(graph[key]).values()]
                stack += [(link[0], False) for link in reversed(links) if link]
    return list(found)


def _class(node: JsonValue) -> str:
    return str(node.get("class_type")) if isinstance(node, dict) else ""


def _inputs(node: JsonValue) -> Json:
    inputs = node.get("inputs") if isinstance(node, dict) else None
    return inputs if isinstance(inputs, dict) else {}
