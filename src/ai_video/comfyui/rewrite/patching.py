"""What all patches do: add nodes under readable ids, and move consumers to a new source."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from ai_video.comfyui.graph import Link, Node, Value, Workflow
from ai_video.comfyui.object_info import COMBO, NodeList
from ai_video.errors import InputRefused


@dataclass(frozen=True, slots=True)
class Patched:
    """A patched graph. `added`: for each thing that was asked for, the nodes that carry it."""

    workflow: Workflow
    added: tuple[tuple[str, ...], ...]


def needs(class_types: Collection[str], nodes: NodeList, *, patch: str) -> None:
    """Raises: InputRefused `graph_nodes_missing` when the node list lacks one of the classes."""
    missing = [name for name in class_types if name not in nodes.nodes]
    if missing:
        raise InputRefused(
            "graph_nodes_missing", patch=patch, missing=missing, version=nodes.version
        )


def new_node(class_type: str, nodes: NodeList, *, title: str, **inputs: Value | Link) -> Node:
    """A node with every required value: as given, else the class's default or first choice.

    Raises:
        InputRefused: `graph_nodes_missing`, the node list has no such class.
    """
    needs([class_type], nodes, patch=title)
    values: dict[str, Value | Link] = {}
    for name, spec in nodes.nodes[class_type].inputs.items():
        if name in inputs:
            values[name] = inputs[name]
        elif spec.required and spec.default is not None:
            values[name] = spec.default
        elif spec.required and spec.type == COMBO and spec.choices and spec.folder is None:
            values[name] = spec.choices[0]
    return Node(class_type, values | inputs, title)


def numbered(workflow: Workflow, stem: str) -> int:
    """The number of the next node with this stem: 1 + the highest that is there."""
    highest = 0
    for key in workflow.nodes:
        head, _, tail = key.rpartition("_")
        if head == stem and tail.isdigit():
            highest = max(highest, int(tail))
    return highest + 1


def redirected(
    workflow: Workflow, old: Link, new: Link, *, leave: Collection[str] = ()
) -> Workflow:
    """Everything that took `old` takes `new`, but the nodes in `leave`."""
    changed: dict[str, Node] = {}
    for use in workflow.consumers(old.node, old.output):
        if use.node in leave:
            continue
        node = changed.get(use.node, workflow.nodes[use.node])
        changed[use.node] = replace(node, inputs={**node.inputs, use.input: new})
    return Workflow({**workflow.nodes, **changed})


def with_nodes(workflow: Workflow, added: Mapping[str, Node]) -> Workflow:
    return Workflow({**workflow.nodes, **added})


def picture_node(file: str, nodes: NodeList, *, title: str) -> Node:
    """A node that reads a picture from the server's input folder."""
    return new_node("LoadImage", nodes, title=title, image=file)
