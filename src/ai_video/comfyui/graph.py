"""A workflow as a typed graph: nodes, values, and links that name the output they come from.

ComfyUI's API format links by slot number, and slots move between versions. Here a link holds the
output's name; `write_api` turns it into the slot of one node list.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

from pydantic import JsonValue

from ai_video.comfyui.object_info import NodeList
from ai_video.errors import InputRefused

JsonObject = Mapping[str, JsonValue]

# Stands for the name where the node list does not know the class, or the slot of it.
_BARE_SLOT = re.compile(r"#(\d+)")


@dataclass(frozen=True, slots=True)
class Link:
    """What an input is fed with: an output, by name, of a node ("#2": slot 2 of an unknown class)."""

    node: str
    output: str


Value = JsonValue


@dataclass(frozen=True, slots=True)
class Node:
    """One node. `title`: what the user called it, or None."""

    class_type: str
    inputs: Mapping[str, Value | Link]
    title: str | None = None

    def links(self) -> Iterator[tuple[str, Link]]:
        """Its inputs that are links."""
        for name, value in self.inputs.items():
            if isinstance(value, Link):
                yield name, value


@dataclass(frozen=True, slots=True)
class Consumer:
    """An input that a node's output feeds."""

    node: str
    input: str
    output: str


@dataclass(frozen=True)
class Workflow:
    """Nodes by id, in the order of the document."""

    nodes: Mapping[str, Node]

    @cached_property
    def _consumers(self) -> Mapping[str, tuple[Consumer, ...]]:
        found: dict[str, list[Consumer]] = {}
        for node_id, node in self.nodes.items():
            for name, link in node.links():
                found.setdefault(link.node, []).append(Consumer(node_id, name, link.output))
        return {node_id: tuple(each) for node_id, each in found.items()}

    def consumers(self, node: str, output: str | None = None) -> tuple[Consumer, ...]:
        """Every input fed by this node, or by one output of it."""
        found = self._consumers.get(node, ())
        return found if output is None else tuple(each for each in found if each.output == output)

    def parents(self, node: str) -> tuple[str, ...]:
        """The nodes that feed this one directly, in the order of its inputs, each once."""
        links = (link.node for _, link in self.nodes[node].links() if link.node in self.nodes)
        return tuple(dict.fromkeys(links))

    def ancestors(self, nodes: Iterable[str]) -> frozenset[str]:
        """Everything that feeds these nodes, directly or not, and the nodes themselves."""
        return _reached(nodes, self.parents)

    def descendants(self, nodes: Iterable[str]) -> frozenset[str]:
        """Everything these nodes feed, directly or not, and the nodes themselves."""
        return _reached(nodes, lambda node: [each.node for each in self.consumers(node)])

    def order(self) -> tuple[str, ...]:
        """All nodes, each after those that feed it; ties in the order of the document.

        Raises:
            InputRefused: `graph_cycle`.
        """
        parents = {node: self.parents(node) for node in self.nodes}
        waiting = {node: len(found) for node, found in parents.items()}
        children: dict[str, list[str]] = {}
        for node, found in parents.items():
            for parent in found:
                children.setdefault(parent, []).append(node)
        ready = deque(node for node, count in waiting.items() if not count)
        ordered: list[str] = []
        while ready:
            node = ready.popleft()
            ordered.append(node)
            for child in children.get(node, ()):
                waiting[child] -= 1
                if not waiting[child]:
                    ready.append(child)
        if len(ordered) < len(self.nodes):
            stuck = [node for node, count in waiting.items() if count]
            raise InputRefused("graph_cycle", nodes=stuck[:20])
        return tuple(ordered)

    def of_class(self, *class_types: str) -> tuple[str, ...]:
        """The ids of the nodes of these classes."""
        return tuple(key for key, node in self.nodes.items() if node.class_type in class_types)

    def fresh_id(self) -> str:
        """An id that no node has: one above the highest number."""
        numbers = [int(key) for key in self.nodes if key.isascii() and key.isdigit()]
        return str(max(numbers, default=0) + 1)

    def with_node(self, node_id: str, node: Node) -> Workflow:
        """This workflow with one node added or replaced."""
        return Workflow({**self.nodes, node_id: node})

    def with_input(self, node_id: str, name: str, value: Value | Link) -> Workflow:
        """This workflow with one input set."""
        node = self.nodes[node_id]
        return self.with_node(node_id, replace(node, inputs={**node.inputs, name: value}))

    def without(self, nodes: Iterable[str]) -> Workflow:
        """This workflow without these nodes; links to them go too."""
        gone = frozenset(nodes)
        return Workflow(
            {
                key: replace(node, inputs=_not_from(node.inputs, gone))
                for key, node in self.nodes.items()
                if key not in gone
            }
        )


def read_api(document: JsonObject, nodes: NodeList) -> Workflow:
    """The workflow in an API document; slots become output names of this node list.

    Raises:
        InputRefused: `workflow_invalid`: an entry is no node.
    """
    return Workflow({key: _read_node(key, raw, document, nodes) for key, raw in document.items()})


def write_api(workflow: Workflow, nodes: NodeList) -> dict[str, JsonValue]:
    """The API document of a workflow; output names become slots of this node list.

    Raises:
        InputRefused: `graph_link_lost`: a link points to no node, or to an output that the class
            does not have in this node list.
    """
    return {key: _write_node(key, node, workflow, nodes) for key, node in workflow.nodes.items()}


def linked_slot(value: JsonValue) -> tuple[str, int] | None:
    """(node, slot) when a value of the API format is a link."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    node, slot = value
    if not isinstance(node, str) or isinstance(slot, bool) or not isinstance(slot, int):
        return None
    return (node, slot) if slot >= 0 else None


def _read_node(key: str, raw: JsonValue, document: JsonObject, nodes: NodeList) -> Node:
    class_type = raw.get("class_type") if isinstance(raw, dict) else None
    inputs = raw.get("inputs", {}) if isinstance(raw, dict) else None
    if not isinstance(class_type, str) or not isinstance(inputs, dict):
        raise InputRefused("workflow_invalid", name=f"node {key[:40]}", reason="it is no node")
    meta = cast("dict[str, JsonValue]", raw).get("_meta")
    title = meta.get("title") if isinstance(meta, dict) else None
    return Node(
        class_type=class_type,
        inputs={name: _read_value(value, document, nodes) for name, value in inputs.items()},
        title=title if isinstance(title, str) else None,
    )


def _read_value(value: JsonValue, document: JsonObject, nodes: NodeList) -> Value | Link:
    found = linked_slot(value)
    if found is None:
        return value
    node_id, slot = found
    source = document.get(node_id)
    class_type = source.get("class_type") if isinstance(source, dict) else None
    if isinstance(class_type, str) and class_type in nodes.nodes:
        outputs = nodes.nodes[class_type].outputs
        if slot < len(outputs):
            return Link(node_id, outputs[slot].name)
    return Link(node_id, f"#{slot}")


def _write_node(key: str, node: Node, workflow: Workflow, nodes: NodeList) -> JsonValue:
    inputs: dict[str, JsonValue] = {}
    for name, value in node.inputs.items():
        if isinstance(value, Link):
            inputs[name] = [value.node, _slot(value, f"{key}.{name}", workflow, nodes)]
        else:
            inputs[name] = value
    written: dict[str, JsonValue] = {"inputs": inputs, "class_type": node.class_type}
    if node.title is not None:
        written["_meta"] = {"title": node.title}
    return written


def _slot(link: Link, place: str, workflow: Workflow, nodes: NodeList) -> int:
    source = workflow.nodes.get(link.node)
    if source is not None and source.class_type in nodes.nodes:
        slot = nodes.nodes[source.class_type].output_slot(link.output)
        if slot is not None:
            return slot
    bare = _BARE_SLOT.fullmatch(link.output)
    if bare is None:
        raise InputRefused(
            "graph_link_lost",
            place=place,
            output=link.output,
            source=f"{link.node} ({source.class_type if source else '?'})",
            version=nodes.version,
        )
    return int(bare[1])


def _not_from(
    inputs: Mapping[str, Value | Link], gone: frozenset[str]
) -> Mapping[str, Value | Link]:
    return {
        name: value
        for name, value in inputs.items()
        if not (isinstance(value, Link) and value.node in gone)
    }


def _reached(start: Iterable[str], step: Callable[[str], Iterable[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting.extend(step(node))
    return frozenset(found)
