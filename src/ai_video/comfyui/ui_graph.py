"""The editor's file format (UI format, version 0.4 and 1) as a flat graph of nodes that run.

The editor draws more than the server runs: subgraphs, muted and bypassed nodes, reroutes, primitives,
Set / Get pairs and notes. `flat_graph` walks every link back to the output or the literal value that
really feeds an input, so that what is left are nodes of the server, with ids as the editor gives them
when it runs a workflow (`12`, inside subgraph instance 12: `12:3`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from pydantic import JsonValue

from ai_video.errors import InputRefused

JsonObject = Mapping[str, JsonValue]

MUTED, BYPASSED = 2, 4
SUBGRAPH_INPUT, SUBGRAPH_OUTPUT = -10, -20
MOST_NODES = 20_000
MOST_DEPTH = 16
MOST_STEPS = 200_000
"""Of all walks along links together; the official template with the most takes 455."""
NOTES = frozenset({"Note", "MarkdownNote", "Label (rgthree)", "Bookmark (rgthree)"})
REROUTES = frozenset({"Reroute", "Reroute (rgthree)", "ReroutePrimitive|pysssss"})
SETTERS = frozenset({"SetNode"})
GETTERS = frozenset({"GetNode"})
PRIMITIVE = "PrimitiveNode"
BROADCASTS = frozenset(
    {"Anything Everywhere", "Anything Everywhere?", "Anything Everywhere3", "Prompts Everywhere"}
)
"""Nodes of cg-use-everywhere: they feed inputs that show no link in the file."""


@dataclass(frozen=True, slots=True)
class OutputOf:
    """An output slot of a node that runs."""

    node: str
    slot: int


@dataclass(frozen=True, slots=True)
class Literally:
    """A value typed in by the user."""

    value: JsonValue


@dataclass(frozen=True, slots=True)
class ValueOf:
    """The value that another node's widget holds, where one promoted input stands for both."""

    node: str
    widget: str


Source = OutputOf | Literally | ValueOf | None
"""What feeds an input; None: nothing is left (muted, or a link that leads nowhere)."""


@dataclass(frozen=True, slots=True)
class FlatNode:
    """A node that runs, with every input that is fed by a link or by a promoted widget."""

    id: str
    class_type: str
    title: str
    widgets: JsonValue
    widget_names: tuple[str, ...]
    fed: Mapping[str, OutputOf | Literally | ValueOf]
    cut: tuple[str, ...]
    """Inputs whose link leads nowhere any more: muted upstream, or broken."""
    output_names: tuple[str, ...]
    models: tuple[JsonObject, ...]
    linked: bool


@dataclass(frozen=True, slots=True)
class FlatGraph:
    nodes: tuple[FlatNode, ...]
    broadcasts: tuple[tuple[str, str], ...]
    """(node id, type) of nodes that feed others without a link."""


@dataclass(frozen=True, slots=True)
class _Slot:
    name: str
    type: str
    link: int | str | None
    widget: str | None


@dataclass(frozen=True, slots=True)
class _Node:
    id: str
    type: str
    mode: int
    title: str
    inputs: tuple[_Slot, ...]
    outputs: tuple[_Slot, ...]
    widgets: JsonValue
    properties: JsonObject

    @property
    def runs(self) -> bool:
        return self.mode not in (MUTED, BYPASSED)


@dataclass(frozen=True, slots=True)
class _Link:
    origin: str
    origin_slot: int
    target: str
    target_slot: int
    type: str


@dataclass(slots=True)
class _Graph:
    """One level: the whole file, or one subgraph definition."""

    nodes: dict[str, _Node]
    links: dict[int | str, _Link]
    inputs: tuple[_Slot, ...]
    origins: frozenset[str]
    """Nodes that feed something."""
    results: Mapping[int, int | str]
    """Of a subgraph: output slot → the link that feeds it."""
    setters: Mapping[str, _Node]
    """Set nodes by the name they set."""


@dataclass(slots=True)
class _Scope:
    """One level as used at one place: the definition, and the instance that stands for it."""

    graph: _Graph
    prefix: str
    parent: _Scope | None
    instance: _Node | None
    inner: dict[str, _Scope] = field(default_factory=dict[str, "_Scope"])
    promoted: dict[str, ValueOf] | None = None


def refuse(reason: str, node: str | None = None) -> InputRefused:
    """The one error of a workflow of the editor that cannot be read."""
    return InputRefused("workflow_cannot_convert", node=node or "-", reason=reason)


def _objects(value: JsonValue) -> Iterator[JsonObject]:
    if isinstance(value, list):
        yield from (entry for entry in value if isinstance(entry, dict))


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _slots(value: JsonValue) -> tuple[_Slot, ...]:
    found: list[_Slot] = []
    for entry in _objects(value):
        widget = entry.get("widget")
        link = entry.get("link")
        kind = entry.get("type")
        found.append(
            _Slot(
                name=_text(entry.get("name")),
                type=kind if isinstance(kind, str) else "*",
                link=link if isinstance(link, (int, str)) and not isinstance(link, bool) else None,
                widget=_text(widget.get("name")) if isinstance(widget, dict) else None,
            )
        )
    return tuple(found)


def _node(entry: JsonObject) -> _Node:
    mode = entry.get("mode")
    properties = entry.get("properties")
    return _Node(
        id=str(entry.get("id")),
        type=_text(entry.get("type")),
        mode=mode if isinstance(mode, int) else 0,
        title=_text(entry.get("title")),
        inputs=_slots(entry.get("inputs")),
        outputs=_slots(entry.get("outputs")),
        widgets=entry.get("widgets_values"),
        properties=properties if isinstance(properties, dict) else {},
    )


def _link(entry: JsonValue) -> tuple[int | str, _Link] | None:
    """A link in either spelling: a list of six, or an object with the same six facts."""
    if isinstance(entry, dict):
        row = [
            entry.get(key)
            for key in ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
        ]
    elif isinstance(entry, list) and len(entry) >= 5:
        row = [*entry[:6], *([None] * (6 - len(entry[:6])))]
    else:
        return None
    key, origin, origin_slot, target, target_slot, kind = row
    if not isinstance(key, (int, str)) or not isinstance(origin_slot, int) or origin_slot < 0:
        return None
    return key, _Link(
        origin=str(origin),
        origin_slot=origin_slot,
        target=str(target),
        target_slot=target_slot if isinstance(target_slot, int) and target_slot >= 0 else 0,
        type=kind if isinstance(kind, str) else "*",
    )


def _graph(document: JsonObject) -> _Graph:
    nodes = document.get("nodes")
    if not isinstance(nodes, list):
        raise refuse("the file has no list of nodes")
    found: dict[str, _Node] = {}
    for entry in nodes:
        if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
            raise refuse("an entry of the list of nodes is no node: it has no type")
        node = _node(entry)
        if node.id in found:
            raise refuse("two nodes have the same id", node.id)
        found[node.id] = node
    links = document.get("links")
    rows = list(links.values()) if isinstance(links, dict) else links
    pairs = [_link(entry) for entry in rows] if isinstance(rows, list) else []
    kept = dict(pair for pair in pairs if pair is not None)
    results: dict[int, int | str] = {}
    for key, link in kept.items():
        if link.target == str(SUBGRAPH_OUTPUT):
            results.setdefault(link.target_slot, key)
    setters: dict[str, _Node] = {}
    for node in found.values():
        if node.type in SETTERS:
            setters.setdefault(repr(_first_widget(node)), node)
    return _Graph(
        nodes=found,
        links=kept,
        inputs=_slots(document.get("inputs")),
        origins=frozenset(link.origin for link in kept.values()),
        results=results,
        setters=setters,
    )


def _definitions(document: JsonObject) -> dict[str, _Graph]:
    definitions = document.get("definitions")
    if not isinstance(definitions, dict):
        return {}
    return {
        _text(entry.get("id")): _graph(entry) for entry in _objects(definitions.get("subgraphs"))
    }


class _Expansion:
    """Every place where a graph is used, from the file inwards, within limits."""

    def __init__(self, document: JsonObject) -> None:
        self.definitions = _definitions(document)
        self.count = 0
        self.root = self._scope(_graph(document), prefix="", parent=None, instance=None, depth=0)

    def _scope(
        self,
        graph: _Graph,
        *,
        prefix: str,
        parent: _Scope | None,
        instance: _Node | None,
        depth: int,
    ) -> _Scope:
        self.count += len(graph.nodes)
        if self.count > MOST_NODES:
            raise refuse(f"more than {MOST_NODES} nodes with its subgraphs")
        if depth > MOST_DEPTH:
            raise refuse("subgraphs are nested too deeply, or one holds itself", prefix.rstrip(":"))
        scope = _Scope(graph, prefix, parent, instance)
        for node in graph.nodes.values():
            inside = self.definitions.get(node.type)
            if inside is not None:
                scope.inner[node.id] = self._scope(
                    inside,
                    prefix=f"{prefix}{node.id}:",
                    parent=scope,
                    instance=node,
                    depth=depth + 1,
                )
        return scope

    def live(self, scope: _Scope | None = None) -> Iterator[tuple[_Scope, _Node]]:
        """Nodes that run, in the order of the file; nothing inside a muted or bypassed subgraph."""
        scope = scope or self.root
        for node in scope.graph.nodes.values():
            if not node.runs:
                continue
            inner = scope.inner.get(node.id)
            if inner is None:
                yield scope, node
            else:
                yield from self.live(inner)


def _fits(kind: str, wanted: str) -> bool:
    if "*" in (kind, wanted):
        return True
    return bool(set(kind.upper().split(",")) & set(wanted.upper().split(",")))


def _bypass(node: _Node, slot: int, kind: str) -> _Slot | None:
    """The input that a bypassed node passes on for one of its outputs.

    The input beside the output where its type fits, else the first of exactly that type, else the
    first that fits.
    """
    wanted = node.outputs[slot].type if slot < len(node.outputs) else kind
    if "*" in (kind, wanted):
        wanted = kind if wanted == "*" else wanted
        if wanted == "*":
            return node.inputs[slot] if slot < len(node.inputs) else next(iter(node.inputs), None)
    beside = node.inputs[slot] if slot < len(node.inputs) else None
    if beside is not None and _fits(beside.type, wanted) and _fits(beside.type, kind):
        return beside
    exact = next((entry for entry in node.inputs if entry.type == wanted), None)
    return exact or next((entry for entry in node.inputs if _fits(entry.type, wanted)), None)


def _first_widget(node: _Node) -> Source:
    widgets = node.widgets
    if isinstance(widgets, list) and widgets:
        return Literally(widgets[0])
    if isinstance(widgets, dict) and widgets:
        return Literally(next(iter(widgets.values())))
    return None


def _setter(scope: _Scope, getter: _Node) -> tuple[_Scope, _Node] | None:
    """The Set node with the name that a Get node asks for, in this graph or one around it."""
    name = repr(_first_widget(getter))
    level: _Scope | None = scope
    while level is not None:
        node = level.graph.setters.get(name)
        if node is not None:
            return level, node
        level = level.parent
    return None


def _promoted(scope: _Scope, slot: _Slot) -> Source:
    """The value of one of a subgraph's promoted inputs: the instance's own, else the one inside."""
    instance = scope.instance
    if instance is None:
        return None
    promoted = _promoted_widgets(scope)
    widgets = instance.widgets
    if isinstance(widgets, dict) and slot.name in widgets:
        return Literally(widgets[slot.name])
    if isinstance(widgets, list) and slot.name in promoted:
        values = [value for value in widgets if value is not None]
        if len(values) == len(promoted):
            return Literally(values[list(promoted).index(slot.name)])
    return promoted.get(slot.name)


def _promoted_widgets(scope: _Scope) -> dict[str, ValueOf]:
    """Inputs of a subgraph that stand for a widget inside, in their order, and that widget."""
    if scope.promoted is not None:
        return scope.promoted
    inside = scope.graph
    found: dict[int, ValueOf] = {}
    for link in inside.links.values():
        if link.origin != str(SUBGRAPH_INPUT) or link.origin_slot in found:
            continue
        target = inside.nodes.get(link.target)
        if target is None or link.target_slot >= len(target.inputs):
            continue
        widget = target.inputs[link.target_slot].widget
        if widget is not None:
            found[link.origin_slot] = ValueOf(scope.prefix + target.id, widget)
    scope.promoted = {
        slot.name: found[index] for index, slot in enumerate(inside.inputs) if index in found
    }
    return scope.promoted


def _instance_input(scope: _Scope, name: str) -> _Slot | None:
    instance = scope.instance
    if instance is None:
        return None
    return next((entry for entry in instance.inputs if entry.name == name), None)


@dataclass(slots=True)
class _Budget:
    """Steps left for following links; a file that needs more is made to waste time."""

    left: int

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise refuse("its links lead through too many reroutes and subgraphs")


class _Walk:
    """Follows one link backwards to what really feeds it."""

    def __init__(self, scope: _Scope, link: int | str, budget: _Budget) -> None:
        self.scope = scope
        self.budget = budget
        self.link: int | str = link
        self.kind = "*"
        self.seen: set[tuple[str, int | str]] = set()

    def source(self) -> Source:
        while True:
            step = self._step()
            if step != "again":
                return step

    def _to(self, scope: _Scope, slot: _Slot | None) -> Source | Literal["again"]:
        if slot is None or slot.link is None:
            return None
        self.scope, self.link = scope, slot.link
        return "again"

    def _step(self) -> Source | Literal["again"]:
        self.budget.spend()
        place = (self.scope.prefix, self.link)
        link = self.scope.graph.links.get(self.link)
        if link is None or place in self.seen:
            return None
        self.seen.add(place)
        if link.type != "*":
            self.kind = link.type
        if link.origin == str(SUBGRAPH_INPUT):
            return self._outwards(link)
        node = self.scope.graph.nodes.get(link.origin)
        if node is None:
            return None
        return self._through(node, link)

    def _outwards(self, link: _Link) -> Source | Literal["again"]:
        inputs = self.scope.graph.inputs
        parent = self.scope.parent
        if parent is None or link.origin_slot >= len(inputs):
            return None
        slot = inputs[link.origin_slot]
        outside = _instance_input(self.scope, slot.name)
        if outside is not None and outside.link is not None:
            return self._to(parent, outside)
        return _promoted(self.scope, slot)

    def _through(self, node: _Node, link: _Link) -> Source | Literal["again"]:
        if node.mode == MUTED:
            return None
        if node.mode == BYPASSED:
            return self._to(self.scope, _bypass(node, link.origin_slot, self.kind))
        if node.type in REROUTES or node.type in SETTERS:
            return self._to(self.scope, next(iter(node.inputs), None))
        if node.type in GETTERS:
            found = _setter(self.scope, node)
            if found is None or not found[1].runs:
                return None
            return self._to(found[0], next(iter(found[1].inputs), None))
        if node.type == PRIMITIVE:
            return _first_widget(node)
        inner = self.scope.inner.get(node.id)
        if inner is not None:
            return self._inwards(inner, link)
        return OutputOf(self.scope.prefix + node.id, link.origin_slot)

    def _inwards(self, inner: _Scope, link: _Link) -> Source | Literal["again"]:
        key = inner.graph.results.get(link.origin_slot)
        if key is None:
            return None
        self.scope, self.link = inner, key
        return "again"


def _is_drawn_only(node: _Node) -> bool:
    return (
        node.type in NOTES
        or node.type in REROUTES
        or node.type in SETTERS
        or node.type in GETTERS
        or node.type == PRIMITIVE
    )


def _feeds(
    scope: _Scope, node: _Node, budget: _Budget
) -> tuple[dict[str, OutputOf | Literally | ValueOf], tuple[str, ...]]:
    fed: dict[str, OutputOf | Literally | ValueOf] = {}
    cut: list[str] = []
    for slot in node.inputs:
        if slot.link is None or not slot.name:
            continue
        source = _Walk(scope, slot.link, budget).source()
        if isinstance(source, ValueOf) and slot.widget is not None:
            continue
        if source is not None:
            fed[slot.name] = source
        elif slot.widget is None:
            cut.append(slot.name)
    return fed, tuple(cut)


def _flat(scope: _Scope, node: _Node, budget: _Budget) -> FlatNode:
    fed, cut = _feeds(scope, node, budget)
    models = node.properties.get("models")
    return FlatNode(
        id=scope.prefix + node.id,
        class_type=node.type,
        title=node.title,
        widgets=node.widgets,
        widget_names=tuple(slot.widget for slot in node.inputs if slot.widget),
        fed=fed,
        cut=cut,
        output_names=tuple(slot.name for slot in node.outputs),
        models=tuple(_objects(models)),
        linked=bool(fed) or node.id in scope.graph.origins,
    )


def flat_graph(document: JsonObject) -> FlatGraph:
    """The nodes that run, each with what really feeds its inputs.

    Raises:
        InputRefused: `workflow_cannot_convert`, where the file is no graph of the editor, a subgraph
            holds itself, or its subgraphs unfold into more than `MOST_NODES` nodes.
    """
    expansion = _Expansion(document)
    budget = _Budget(MOST_STEPS)
    nodes: list[FlatNode] = []
    broadcasts: list[tuple[str, str]] = []
    for scope, node in expansion.live():
        if node.type in BROADCASTS:
            broadcasts.append((scope.prefix + node.id, node.type))
        elif not _is_drawn_only(node):
            nodes.append(_flat(scope, node, budget))
    return FlatGraph(tuple(nodes), tuple(broadcasts))


def is_ui_format(document: object) -> bool:
    """Whether a JSON document has the shape that the editor saves."""
    return isinstance(document, dict) and isinstance(
        cast("JsonObject", document).get("nodes"), list
    )
