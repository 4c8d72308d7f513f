"""Where well-known model files can be downloaded from, and what a workflow file says of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from pydantic import JsonValue

JsonObject = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class FileHints:
    """What an editor's file says of the things it needs.

    `urls`: of model files, by "FOLDER/NAME" and by the bare name. `packs`: class → node pack.
    """

    urls: Mapping[str, str] = field(default_factory=dict[str, str])
    packs: Mapping[str, str] = field(default_factory=dict[str, str])


NO_HINTS = FileHints()


@cache
def known_models() -> Mapping[str, str]:
    """Addresses by "FOLDER/NAME"."""
    file = resources.files("ai_video.comfyui") / "known_models.json"
    return json.loads(file.read_text(encoding="utf-8"))


def model_url(folder: str, name: str, hints: FileHints = NO_HINTS) -> str | None:
    """Where a model file can be had, by the workflow's own word or by common knowledge."""
    key = f"{folder}/{name}"
    return hints.urls.get(key) or hints.urls.get(name) or known_models().get(key)


def read_hints(ui_document: JsonObject) -> FileHints:
    """What the nodes of an editor's file say in their properties, those in subgraphs too."""
    urls: dict[str, str] = {}
    packs: dict[str, str] = {}
    for node in _nodes(ui_document):
        properties = node.get("properties")
        if not isinstance(properties, dict):
            continue
        kind, pack = node.get("type"), properties.get("cnr_id")
        if isinstance(kind, str) and isinstance(pack, str) and pack != "comfy-core":
            packs[kind] = pack
        models = properties.get("models")
        for model in models if isinstance(models, list) else []:
            if not isinstance(model, dict):
                continue
            name, url, folder = model.get("name"), model.get("url"), model.get("directory")
            if isinstance(name, str) and isinstance(url, str) and url.startswith("https://"):
                urls[name] = url
                if isinstance(folder, str):
                    urls[f"{folder}/{name}"] = url
    return FileHints(urls, packs)


def _nodes(document: JsonObject) -> Iterator[JsonObject]:
    definitions = document.get("definitions")
    subgraphs = definitions.get("subgraphs") if isinstance(definitions, dict) else None
    for holder in (document, *(subgraphs if isinstance(subgraphs, list) else ())):
        nodes = holder.get("nodes") if isinstance(holder, Mapping) else None
        for node in nodes if isinstance(nodes, list) else ():
            if isinstance(node, dict):
                yield node
