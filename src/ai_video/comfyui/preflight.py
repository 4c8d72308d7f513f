"""What a workflow needs that a server may lack: node packs and model files, with where to get them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from ai_video.comfyui.graph_words import close_matches
from ai_video.comfyui.known_models import NO_HINTS, FileHints, model_url
from ai_video.comfyui.object_info import InputSpec, NodeList, folder_of
from ai_video.comfyui.packs import CORE, Pack, pack_named, pack_of

JsonObject = Mapping[str, JsonValue]
_REGISTRY = "https://registry.comfy.org/nodes/"


@dataclass(frozen=True, slots=True)
class MissingNode:
    """A class that the server does not have, with the pack it comes from, where known."""

    class_type: str
    pack: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class RequiredModel:
    """A model file that an input names. `present`: None when nobody knows what the server has."""

    folder: str
    name: str
    url: str | None
    node: str
    input: str
    present: bool | None


@dataclass(frozen=True, slots=True)
class MissingModel:
    """A model file that is not known to be there, with the most similar ones that are."""

    folder: str
    name: str
    url: str | None
    suggestions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preflight:
    """What has to be installed before a workflow can run."""

    missing_nodes: tuple[MissingNode, ...]
    missing_models: tuple[MissingModel, ...]


def preflight(
    document: JsonObject,
    nodes: NodeList,
    *,
    assume_models: bool = False,
    present: Collection[str] = (),
    hints: FileHints = NO_HINTS,
) -> Preflight:
    """What of an API document's needs the server with these nodes lacks, each once.

    With a shipped list nobody knows the server's files: every model is listed then, unless
    `assume_models` says that they are there.
    """
    models: dict[tuple[str, str], MissingModel] = {}
    for model in required_models(
        document, nodes, assume_models=assume_models, present=present, hints=hints
    ):
        key = (model.folder, model.name)
        if model.present is not True and key not in models:
            near = close_matches(model.name, nodes.files(f"models/{model.folder}"))
            models[key] = MissingModel(model.folder, model.name, model.url, near)
    return Preflight(missing_nodes(document, nodes, hints=hints), tuple(models.values()))


def missing_nodes(
    document: JsonObject, nodes: NodeList, *, hints: FileHints = NO_HINTS
) -> tuple[MissingNode, ...]:
    """Every class of an API document that the node list lacks, each once."""
    lacking = dict.fromkeys(
        class_type for _, class_type, _ in _nodes(document) if class_type not in nodes.nodes
    )
    found: list[MissingNode] = []
    for class_type in lacking:
        pack = pack_for(class_type, hints)
        found.append(MissingNode(class_type, pack and pack.name, pack and pack.url))
    return tuple(found)


def required_nodes(
    document: JsonObject, nodes: NodeList, *, hints: FileHints = NO_HINTS
) -> tuple[tuple[str, str | None], ...]:
    """(class, pack) of every class in an API document, each once; pack None when unknown."""
    found: dict[str, str | None] = {}
    for _, class_type, _ in _nodes(document):
        if class_type in nodes.nodes:
            found[class_type] = nodes.nodes[class_type].pack
        elif class_type not in found:
            pack = pack_for(class_type, hints)
            found[class_type] = pack and pack.name
    return tuple(found.items())


def required_models(
    document: JsonObject,
    nodes: NodeList,
    *,
    assume_models: bool = False,
    present: Collection[str] = (),
    hints: FileHints = NO_HINTS,
) -> tuple[RequiredModel, ...]:
    """Every model file that an API document names, in its order, one row for each input.

    Inputs of classes that the list lacks are judged by their names and by the file's ending.
    """
    there = frozenset(present)
    found: list[RequiredModel] = []
    for key, class_type, inputs in _nodes(document):
        for name, value in inputs.items():
            spec = _spec(class_type, name, inputs, nodes)
            folder = _folder(class_type, name, value, spec)
            if folder is None or not isinstance(value, str) or _is_own_choice(spec, value):
                continue
            known = assume_models or f"models/{folder}/{value}" in there
            found.append(
                RequiredModel(
                    folder=folder,
                    name=value,
                    url=model_url(folder, value, hints),
                    node=key,
                    input=name,
                    present=True if known else _on_server(nodes, folder, value, spec),
                )
            )
    return tuple(found)


def pack_for(class_type: str, hints: FileHints = NO_HINTS) -> Pack | None:
    """The pack of a class: by its own list and names, else as the workflow's file says."""
    pack = pack_of(class_type)
    if pack is not None:
        return pack
    named = hints.packs.get(class_type)
    if named is None:
        return None
    known = pack_named(named)
    return known if known.url is not None or known == CORE else Pack(named, f"{_REGISTRY}{named}")


def _nodes(document: JsonObject) -> Iterator[tuple[str, str, JsonObject]]:
    for key, node in document.items():
        class_type = node.get("class_type") if isinstance(node, dict) else None
        inputs = node.get("inputs") if isinstance(node, dict) else None
        if isinstance(class_type, str):
            yield key, class_type, inputs if isinstance(inputs, dict) else {}


def _spec(class_type: str, name: str, inputs: JsonObject, nodes: NodeList) -> InputSpec | None:
    if class_type not in nodes.nodes:
        return None
    node_class = nodes.nodes[class_type]
    return node_class.inputs.get(name) or node_class.live_inputs(inputs).get(name)


def _folder(class_type: str, name: str, value: JsonValue, spec: InputSpec | None) -> str | None:
    """The models folder that an input takes its file from."""
    if spec is not None:
        return spec.model_folder
    where = folder_of(class_type, name, [value]) if isinstance(value, str) else None
    return where.removeprefix("models/") if where and where.startswith("models/") else None


def _is_own_choice(spec: InputSpec | None, value: str) -> bool:
    """Not a file: "none", "pixel_space"."""
    return spec is not None and spec.open_choices and value in (spec.choices or ())


def _on_server(nodes: NodeList, folder: str, name: str, spec: InputSpec | None) -> bool | None:
    if not nodes.names_files:
        return None
    return name in ((spec.choices if spec else None) or ()) or name in nodes.files(
        f"models/{folder}"
    )
