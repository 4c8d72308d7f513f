"""A workflow in API format as a graph to walk, in an order that node ids do not change.

Reads anything that has the shape of a workflow: classes that no node list knows, links that lead
nowhere and cycles are part of it. For what a server would refuse see `validate`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

from pydantic import JsonValue

from ai_video.comfyui.graph import linked_slot
from ai_video.comfyui.object_info import (
    COMBO,
    InputSpec,
    NodeClass,
    NodeList,
    shipped_node_list,
)

JsonObject = Mapping[str, JsonValue]
ANY = "*"
VALUE_TYPES = frozenset({"INT", "FLOAT", "STRING", "BOOLEAN", COMBO})


@dataclass(frozen=True, slots=True)
class Source:
    """One end of a link: an output slot of a node."""

    node: str
    slot: int


@dataclass(frozen=True, slots=True)
class Use:
    """The other end: an input of a node that takes it."""

    node: str
    input: str


@dataclass(frozen=True)
class FlowNode:
    """One node with its links and literals apart.

    `known`: its class as this server has it, else as the shipped list has it, else None.
    Inputs come in the order of the class, those it does not have after them by name.
    """

    id: str
    class_type: str
    title: str
    values: JsonObject
    links: Mapping[str, Source]
    known: NodeClass | None
    models: tuple[JsonObject, ...]

    @cached_property
    def specs(self) -> Mapping[str, InputSpec]:
        return self.known.live_inputs(self.values) if self.known is not None else {}

    def input_type(self, name: str) -> str:
        """ComfyUI's type name of an input; "" where the node list does not say."""
        spec = self.specs.get(name)
        return "" if spec is None else _plain(spec.type)

    def output_type(self, slot: int) -> str:
        outputs = self.known.outputs if self.known is not None else ()
        return _plain(outputs[slot].type) if slot < len(outputs) else ""

    def output_name(self, slot: int) -> str:
        outputs = self.known.outputs if self.known is not None else ()
        return outputs[slot].name if slot < len(outputs) else ""

    def names_of(self, *types: str) -> list[str]:
        """Linked inputs of these types, in the order of the node list."""
        return [
            name for name in self.specs if name in self.links and self.input_type(name) in types
        ]

    @property
    def output_types(self) -> tuple[str, ...]:
        return tuple(_plain(entry.type) for entry in self.known.outputs) if self.known else ()


def _plain(kind: str) -> str:
    return "" if kind in (ANY, "COMFY_MATCHTYPE_V3") else kind


def _node(key: str, entry: JsonObject, nodes: NodeList, present: Iterable[str]) -> FlowNode:
    class_type = entry.get("class_type")
    class_type = class_type if isinstance(class_type, str) else ""
    given = entry.get("inputs")
    given = given if isinstance(given, dict) else {}
    values: dict[str, JsonValue] = {}
    links: dict[str, Source] = {}
    for name, value in given.items():
        source = _source(value)
        if source is None:
            values[name] = value
        elif source.node in present:
            links[name] = source
    meta = entry.get("_meta")
    meta = meta if isinstance(meta, dict) else {}
    title, models = meta.get("title"), meta.get("models")
    known = nodes.nodes.get(class_type) or shipped_node_list().nodes.get(class_type)
    rows = models if isinstance(models, list) else []
    listed = list(known.live_inputs(values)) if known is not None else []
    order = {name: at for at, name in enumerate(listed)}
    names = sorted(given, key=lambda name: (order.get(name, len(order)), name))
    return FlowNode(
        id=key,
        class_type=class_type,
        title=title if isinstance(title, str) else "",
        values={name: values[name] for name in names if name in values},
        links={name: links[name] for name in names if name in links},
        known=known,
        models=tuple(row for row in rows if isinstance(row, dict)),
    )


def _source(value: JsonValue) -> Source | None:
    found = linked_slot(value)
    return None if found is None else Source(*found)


def _digest(*parts: object) -> str:
    return blake2b(repr(parts).encode(), digest_size=12).hexdigest()


@dataclass(frozen=True)
class Flow:
    """The nodes of one workflow by id, in execution order."""

    nodes: Mapping[str, FlowNode]
    uses: Mapping[str, tuple[tuple[int, Use], ...]]
    """Of each node: (output slot, the input that takes it)."""

    def __iter__(self) -> Iterator[FlowNode]:
        return iter(self.nodes.values())

    def __getitem__(self, key: str) -> FlowNode:
        return self.nodes[key]

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {key: at for at, key in enumerate(self.nodes)}

    def place(self, key: str) -> int:
        """A node's place in execution order."""
        return self._places[key]

    def upstream(self, start: Iterable[str]) -> set[str]:
        """These nodes and all that feeds them."""
        return self._reach(
            start, lambda key: [link.node for link in self.nodes[key].links.values()]
        )

    def downstream(self, start: Iterable[str]) -> set[str]:
        """These nodes and all that they feed."""
        return self._reach(start, lambda key: [use.node for _, use in self.uses.get(key, ())])

    def _reach(self, start: Iterable[str], onwards: Callable[[str], list[str]]) -> set[str]:
        seen = {key for key in start if key in self.nodes}
        waiting = list(seen)
        while waiting:
            for key in onwards(waiting.pop()):
                if key not in seen:
                    seen.add(key)
                    waiting.append(key)
        return seen

    @cached_property
    def outputs(self) -> tuple[FlowNode, ...]:
        """Nodes that a server runs for: its output nodes, and unknown nodes that feed nothing."""
        return tuple(
            node
            for node in self
            if (node.known.is_output if node.known is not None else self._is_unknown_end(node))
        )

    def _is_unknown_end(self, node: FlowNode) -> bool:
        return bool(node.links) and not self.uses.get(node.id)

    @cached_property
    def live(self) -> frozenset[str]:
        """Nodes that some output needs; all nodes where there is no output."""
        if not self.outputs:
            return frozenset(self.nodes)
        return frozenset(self.upstream(node.id for node in self.outputs))


def read_flow(document: JsonObject, nodes: NodeList) -> Flow:
    """The graph of a workflow in API format. Entries that are no nodes are left out."""
    entries = {
        key: entry
        for key, entry in document.items()
        if isinstance(entry, dict) and isinstance(entry.get("class_type"), str)
    }
    read = {key: _node(key, entry, nodes, entries) for key, entry in entries.items()}
    uses: dict[str, list[tuple[int, Use]]] = {key: [] for key in read}
    for node in read.values():
        for name, source in node.links.items():
            uses[source.node].append((source.slot, Use(node.id, name)))
    order = _order(read, uses)
    place = {key: index for index, key in enumerate(order)}
    sorted_uses = {
        key: tuple(sorted(rows, key=lambda row: (place[row[1].node], row[1].input, row[0])))
        for key, rows in uses.items()
    }
    return Flow({key: read[key] for key in order}, sorted_uses)


def _order(nodes: Mapping[str, FlowNode], uses: Mapping[str, list[tuple[int, Use]]]) -> list[str]:
    """Ids so that each comes after what it needs; equals by what they are, never by their id.

    Nodes are told apart by all that feeds them and by all that they feed; only nodes that are the
    same in both fall back on their ids.
    """
    waiting = {key: len(node.links) for key, node in nodes.items()}
    ready = deque(key for key, count in waiting.items() if count == 0)
    reached: list[str] = []
    depth: dict[str, int] = {}
    while ready:
        key = ready.popleft()
        reached.append(key)
        depth[key] = 1 + max((depth[link.node] for link in nodes[key].links.values()), default=-1)
        for _, use in uses[key]:
            waiting[use.node] -= 1
            if waiting[use.node] == 0:
                ready.append(use.node)
    circular = [key for key in nodes if key not in depth]
    below: dict[str, str] = {}
    for key in reached + circular:
        below[key] = _below(nodes[key], below)
    above: dict[str, str] = {}
    for key in reversed(reached + circular):
        rows = sorted((slot, use.input, above.get(use.node, "")) for slot, use in uses[key])
        above[key] = _digest(below[key], rows)
    last = len(nodes)
    return sorted(nodes, key=lambda key: (depth.get(key, last), below[key], above[key], key))


def _below(node: FlowNode, known: Mapping[str, str]) -> str:
    links = sorted((name, known.get(s.node, ""), s.slot) for name, s in node.links.items())
    values = sorted((name, repr(value)) for name, value in node.values.items())
    return _digest(node.class_type, values, links, node.title)
