"""A workflow as the server takes it (API format), from either format that ComfyUI saves.

API format passes as it is. UI format (the editor's own) is flattened by `ui_graph`; widget values
are read in order by `widget_values` and, where a node has changed since, lined up by
`comfyui-autograph`; what could not be carried over is said in `notes`, with the node.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from pydantic import JsonValue

from ai_video.comfyui.object_info import NodeList
from ai_video.comfyui.ui_graph import (
    FlatGraph,
    FlatNode,
    JsonObject,
    Literally,
    OutputOf,
    ValueOf,
    flat_graph,
    refuse,
)
from ai_video.comfyui.widget_values import BUTTONS, CONTROL, fill_in, read_in_order
from ai_video.comfyui.workflow_files import WorkflowFile
from ai_video.errors import Language

NoteCode = Literal[
    "unknown_node",
    "widgets_nameless",
    "widgets_unread",
    "input_cut",
    "drawing_left_out",
    "broadcast",
]


@dataclass(frozen=True, slots=True)
class ConversionNote:
    """One thing that the API form says differently from the editor's file, or not at all."""

    code: NoteCode
    node: str
    class_type: str
    detail: str = ""

    def message(self, language: Language = "en") -> str:
        """The note in words for people."""
        return _WORDS[self.code][language].format(detail=self.detail)


_WORDS: Mapping[NoteCode, Mapping[Language, str]] = {
    "unknown_node": {
        "en": "This class is not in the node list: its values are a guess.",
        "zh": "节点列表中没有这个类: 它的值是推测的。",
    },
    "widgets_nameless": {
        "en": "Its values have no names in the file and are left out.",
        "zh": "文件中没有写明它的值属于哪个输入, 已略去。",
    },
    "widgets_unread": {
        "en": "No input of this node takes {detail} any more.",
        "zh": "这个节点已没有输入接受 {detail}。",
    },
    "input_cut": {
        "en": "{detail} came from a muted or missing node and is left out.",
        "zh": "{detail} 来自被静音或不存在的节点, 已略去。",
    },
    "drawing_left_out": {
        "en": "It is unknown and linked to nothing, and is left out.",
        "zh": "未知且没有任何连线, 已略去。",
    },
    "broadcast": {
        "en": "It feeds inputs without links: connect them by links and save again.",
        "zh": "它不用连线就向输入供值: 请改用连线后重新保存。",
    },
}


@dataclass(frozen=True, slots=True)
class Converted:
    """A workflow in API format; `_meta` of each node keeps its title and the models it names."""

    document: dict[str, JsonValue]
    notes: tuple[ConversionNote, ...] = ()


def to_api(file: WorkflowFile, nodes: NodeList) -> Converted:
    """The workflow in API format, as the editor itself would send it.

    Raises:
        InputRefused: `workflow_cannot_convert`, naming the node where there is one.
    """
    if file.format == "api":
        return Converted(dict(file.document))
    return from_ui(file.document, nodes)


def from_ui(document: JsonObject, nodes: NodeList) -> Converted:
    """The same for a JSON document of the editor."""
    graph = flat_graph(document)
    kept = tuple(node for node in graph.nodes if node.class_type in nodes.nodes or node.linked)
    if not kept:
        raise refuse("no node is left that a server could run")
    widgets = _read_widgets(kept, nodes)
    classes = {node.id: node for node in kept}
    written: dict[str, JsonValue] = {}
    for node in kept:
        inputs = dict(widgets[node.id])
        for name, source in node.fed.items():
            if isinstance(source, Literally):
                inputs[name] = _literal(source.value)
            elif isinstance(source, ValueOf):
                inputs[name] = widgets.get(source.node, {}).get(source.widget)
            elif source.node in classes:
                inputs[name] = [source.node, _slot(source, classes[source.node], nodes)]
        for name in node.cut:
            inputs.pop(name, None)
        written[node.id] = {
            "inputs": inputs,
            "class_type": node.class_type,
            "_meta": _meta(node, nodes),
        }
    return Converted(written, (*_notes(kept, widgets, nodes), *_left_out(graph, kept)))


def _literal(value: JsonValue) -> JsonValue:
    """A typed-in value; a list is wrapped, since a bare list of two would be a link."""
    return {"__value__": value} if isinstance(value, list) else value


def _literals(values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {name: _literal(value) for name, value in values.items()}


def _slot(source: OutputOf, origin: FlatNode, nodes: NodeList) -> int:
    """The output's place in this node list, found by its name where the file is of another age."""
    known = nodes.nodes.get(origin.class_type)
    names = origin.output_names
    if known is None or source.slot >= len(names):
        return source.slot
    current = [output.name for output in known.outputs]
    name = names[source.slot]
    if source.slot < len(current) and current[source.slot] == name:
        return source.slot
    return current.index(name) if current.count(name) == 1 else source.slot


def _meta(node: FlatNode, nodes: NodeList) -> JsonValue:
    known = nodes.nodes.get(node.class_type)
    title = node.title or (known.display_name if known is not None else "") or node.class_type
    if not node.models:
        return {"title": title}
    return {"title": title, "models": [dict(model) for model in node.models]}


def _read_widgets(kept: Sequence[FlatNode], nodes: NodeList) -> dict[str, Mapping[str, JsonValue]]:
    read: dict[str, Mapping[str, JsonValue]] = {}
    strange: list[FlatNode] = []
    for node in kept:
        known = nodes.nodes.get(node.class_type)
        if known is None or isinstance(node.widgets, dict):
            continue
        values = read_in_order(known, node.widgets if isinstance(node.widgets, list) else [])
        if values is None:
            strange.append(node)
        else:
            read[node.id] = _literals(fill_in(known, values))
    read.update(_by_library(strange, nodes) if strange else {})
    for node in kept:
        if isinstance(node.widgets, dict):
            named = _named_widgets(node.widgets)
            known = nodes.nodes.get(node.class_type)
            read[node.id] = _literals(fill_in(known, named)) if known is not None else named
        elif node.id not in read:
            read[node.id] = _unknown_widgets(node)
    return read


def _by_library(known: Sequence[FlatNode], nodes: NodeList) -> dict[str, Mapping[str, JsonValue]]:
    """Values of nodes from another age, lined up with the node list by their types."""
    # Costs a quarter of a second once, and few files need it.
    from autograph.convert import convert_workflow_with_errors

    flat = {
        "nodes": [
            {
                "id": node.id,
                "type": node.class_type,
                "widgets_values": node.widgets if isinstance(node.widgets, list) else [],
                "inputs": [],
            }
            for node in known
        ],
        "links": [],
    }
    result = convert_workflow_with_errors(
        flat, node_info=_open_choices(known, nodes), disable_AUTOGRAPH_meta=True
    )
    data = cast("dict[str, dict[str, dict[str, JsonValue]]]", result.data or {})
    broken = next(iter(result.errors), None)
    if broken is not None and broken.node_id is not None:
        raise refuse(f"its values cannot be read: {broken.message}", broken.node_id)
    classes = {node.id: nodes.nodes[node.class_type] for node in known}
    return {key: _literals(fill_in(classes[key], entry["inputs"])) for key, entry in data.items()}


def _open_choices(known: Sequence[FlatNode], nodes: NodeList) -> dict[str, object]:
    """The node list's classes in use, where a choice unknown to a whole class fits its combos.

    Without it the library would put a default in place of every model that this list does not hold.
    """
    listed = nodes.as_object_info()
    used: dict[str, list[JsonValue]] = {}
    for node in known:
        values = node.widgets if isinstance(node.widgets, list) else []
        used.setdefault(node.class_type, []).extend(values)
    opened: dict[str, object] = {}
    for name, values in used.items():
        entry = listed[name]
        texts = [value for value in values if isinstance(value, str) and value not in CONTROL]
        held = _choices(entry.get("input"))
        opened[name] = _with_choices(entry, [text for text in texts if text not in held])
    return opened


def _choices(value: JsonValue) -> set[str]:
    """Every text that stands in a list somewhere in a class's input specification."""
    if isinstance(value, list):
        texts = {entry for entry in value if isinstance(entry, str)}
        return texts.union(*(_choices(entry) for entry in value))
    if isinstance(value, dict):
        found: set[str] = set()
        return found.union(*(_choices(entry) for entry in value.values()))
    return set()


def _with_choices(entry: JsonObject, more: Sequence[str]) -> JsonObject:
    inputs = entry.get("input")
    if not more or not isinstance(inputs, dict):
        return entry
    opened: dict[str, JsonValue] = {}
    for section, specs in inputs.items():
        if isinstance(specs, dict):
            opened[section] = {key: _opened(spec, more) for key, spec in specs.items()}
    return {**entry, "input": opened}


def _opened(spec: JsonValue, more: Sequence[str]) -> JsonValue:
    if not isinstance(spec, list) or not spec:
        return spec
    head, options = spec[0], spec[1] if len(spec) > 1 else None
    if isinstance(head, list):
        return [[*head, *more], *spec[1:]]
    if head == "COMBO" and isinstance(options, dict) and isinstance(options.get("options"), list):
        held = cast("list[JsonValue]", options["options"])
        return [head, {**options, "options": [*held, *more]}, *spec[2:]]
    return spec


def _named_widgets(widgets: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """Values of nodes that save them by name; what is an object is the editor's (a preview)."""
    return {key: value for key, value in widgets.items() if not isinstance(value, dict)}


def _unknown_widgets(node: FlatNode) -> Mapping[str, JsonValue]:
    """Values of a node that the list does not know: by the names in the file, where they line up."""
    if not isinstance(node.widgets, list) or not node.widget_names:
        return {}
    values = _without_control(node.widgets)
    if len(values) != len(node.widget_names):
        return {}
    return _literals(dict(zip(node.widget_names, values, strict=True)))


def _without_control(values: Sequence[JsonValue]) -> list[JsonValue]:
    kept: list[JsonValue] = []
    for value in values:
        after_number = bool(kept) and isinstance(kept[-1], (int, float))
        if not (after_number and isinstance(value, str) and value in CONTROL):
            kept.append(value)
    return kept


def _notes(
    kept: Sequence[FlatNode], widgets: Mapping[str, Mapping[str, JsonValue]], nodes: NodeList
) -> list[ConversionNote]:
    notes: list[ConversionNote] = []
    for node in kept:
        if node.class_type not in nodes.nodes:
            notes.append(_note("unknown_node", node))
            if node.widgets and not widgets[node.id]:
                notes.append(_note("widgets_nameless", node))
        else:
            notes += _lost(node, widgets[node.id])
        notes += [_note("input_cut", node, name) for name in node.cut]
    return notes


def _lost(node: FlatNode, read: Mapping[str, JsonValue]) -> list[ConversionNote]:
    """Texts in the file that found no input: the node is of another age than the node list."""
    values = node.widgets if isinstance(node.widgets, list) else []
    kept = CONTROL | BUTTONS | {value for value in read.values() if isinstance(value, str)}
    lost = [value for value in values if isinstance(value, str) and value not in kept]
    if not lost:
        return []
    named = ", ".join(repr(value[:60]) for value in lost)
    return [_note("widgets_unread", node, named)]


def _note(code: NoteCode, node: FlatNode, detail: str = "") -> ConversionNote:
    return ConversionNote(code, node.id, node.class_type, detail)


def _left_out(graph: FlatGraph, kept: Sequence[FlatNode]) -> list[ConversionNote]:
    ids = {node.id for node in kept}
    drawings = [_note("drawing_left_out", node) for node in graph.nodes if node.id not in ids]
    return drawings + [ConversionNote("broadcast", key, kind) for key, kind in graph.broadcasts]
