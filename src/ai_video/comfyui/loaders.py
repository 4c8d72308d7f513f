"""The model files that a workflow names, and which of them draw its result."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from ai_video.comfyui.flow import Flow, FlowNode, Use
from ai_video.comfyui.known_models import FileHints, model_url
from ai_video.comfyui.literals import Certainty, Literals
from ai_video.comfyui.object_info import OWN_CHOICES, folder_of
from ai_video.comfyui.sampling import Sampling

LoaderRole = Literal["checkpoint", "diffusion_model", "vae", "clip", "lora"]
_LOADER_ROLES: dict[str, LoaderRole] = {
    "checkpoints": "checkpoint",
    "diffusion_models": "diffusion_model",
    "unet": "diffusion_model",
    "vae": "vae",
    "text_encoders": "clip",
    "clip": "clip",
    "loras": "lora",
}
_MODEL_FILE = re.compile(r"\.(safetensors|sft|ckpt|pt|pth|bin|gguf|onnx)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RequiredModel:
    """A model file that an input names. `folder` is "" and `url` None where nothing tells them."""

    folder: str
    name: str
    url: str | None
    node: str
    input: str


@dataclass(frozen=True, slots=True)
class Loader:
    """One input that names a model file of the result."""

    role: LoaderRole
    at: Use
    certainty: Certainty
    evidence: str


def required_models(flow: Flow, hints: FileHints) -> Iterator[RequiredModel]:
    """Every model file that a node in use names, with the address that the workflow gives for it."""
    told = {str(row.get("name")): row for node in flow for row in node.models if row.get("name")}
    for node in flow:
        if node.id not in flow.live:
            continue
        for name, value in node.values.items():
            folder = _folder(node, name, value)
            if folder is None or not isinstance(value, str):
                continue
            row = told.get(value) or told.get(re.split(r"[/\\]", value)[-1]) or {}
            url, directory = row.get("url"), row.get("directory")
            folder = folder or (directory if isinstance(directory, str) else "")
            given = url if isinstance(url, str) and url.startswith("https://") else None
            yield RequiredModel(
                folder, value, given or model_url(folder, value, hints), node=node.id, input=name
            )


def _folder(node: FlowNode, name: str, value: JsonValue) -> str | None:
    """The models folder of a file input, "" for a model file of an unknown one, else None."""
    if not isinstance(value, str) or not value or value in OWN_CHOICES:
        return None
    spec = node.specs.get(name)
    if spec is not None:
        return spec.model_folder if spec.choices is not None else None
    if node.known is not None or not _MODEL_FILE.search(value):
        return None
    folder = folder_of(node.class_type, name, [value]) or ""
    return folder.removeprefix("models/")


def loaders(
    flow: Flow, literals: Literals, sampling: Sampling, models: Iterable[RequiredModel]
) -> Iterator[Loader]:
    finals = [node.id for node in sampling.samplers if node.id not in sampling.auxiliary]
    behind = flow.upstream([node.id for node in sampling.samplers])
    means = _only_for(flow, sampling) if finals else set[str]()
    first = _first_uses(flow, sampling)
    for model in sorted(models, key=lambda model: (first[model.node], flow.place(model.node))):
        role = _LOADER_ROLES.get(model.folder)
        if role is None:
            continue
        node = flow[model.node]
        certainty: Certainty = "sure" if node.known is not None else "likely"
        evidence = f"{node.class_type}.{model.input} names a file of models/{model.folder}"
        if node.id not in literals.certain:
            certainty, evidence = "likely", f"{evidence}; behind a switch"
        if node.id not in literals.active:
            certainty, evidence = "likely", f"{evidence}; switched off now"
        if node.id in means or (finals and behind and node.id not in behind and role != "vae"):
            certainty, evidence = "asked", f"{evidence}; not of what draws the result"
        yield Loader(role, Use(node.id, model.input), certainty, evidence)


def _first_uses(flow: Flow, sampling: Sampling) -> Mapping[str, int]:
    """Of every node the place of the first sampler that it serves."""
    places = {node.id: at for at, node in enumerate(sampling.samplers)}
    last = len(places)
    first: dict[str, int] = {}
    for node in reversed(list(flow)):
        served = [first.get(use.node, last) for _, use in flow.uses[node.id]]
        first[node.id] = min([places.get(node.id, last), *served])
    return first


def _only_for(flow: Flow, sampling: Sampling) -> set[str]:
    """Nodes that only feed samplers which draw a means (a depth map)."""
    means = sampling.auxiliary
    drawing = {node.id for node in sampling.samplers} - means
    saved = {link.node for node in flow.outputs for link in node.links.values()}
    return flow.upstream(means) - _feeding(flow, drawing | saved, means)


def _feeding(flow: Flow, starts: set[str], closed: frozenset[str]) -> set[str]:
    """These nodes and what feeds them without going through one of `closed`."""
    seen = set(starts)
    waiting = list(starts)
    while waiting:
        for source in flow[waiting.pop()].links.values():
            if source.node not in seen and source.node not in closed:
                seen.add(source.node)
                waiting.append(source.node)
    return seen
