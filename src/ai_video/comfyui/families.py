"""Which family of models a workflow draws with: by its model files, loader types and latent nodes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from ai_video.comfyui.flow import Flow, FlowNode
from ai_video.comfyui.literals import Certainty
from ai_video.comfyui.sampling import Sampling

_MODEL_INPUTS = frozenset({"ckpt_name", "unet_name", "model_name", "model", "gguf_name"})
_MODEL_FOLDERS = frozenset({"checkpoints", "diffusion_models"})
_MODEL_FILE = re.compile(r"\.(safetensors|sft|ckpt|pt|pth|bin|gguf)$", re.IGNORECASE)
_CLIP_LOADER = re.compile(r"CLIP.*Loader", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Family:
    """How one family is known. `guess`: its signs are shared with others, asked for last."""

    name: str
    title: str
    files: tuple[re.Pattern[str], ...]
    clip: frozenset[str]
    classes: tuple[re.Pattern[str], ...]
    guess: bool
    part_of_others: bool

    def names_file(self, name: str) -> bool:
        return any(pattern.search(name) for pattern in self.files)

    def has_class(self, class_type: str) -> bool:
        return any(pattern.search(class_type) for pattern in self.classes)


@dataclass(frozen=True, slots=True)
class FamilyFound:
    name: str
    certainty: Certainty
    evidence: str


@cache
def families() -> tuple[Family, ...]:
    """All families, in the order in which they are tried."""
    file = resources.files("ai_video.comfyui") / "families.toml"
    rows = tomllib.loads(file.read_text(encoding="utf-8"))["family"]
    return tuple(
        Family(
            name=row["name"],
            title=row["title"],
            files=tuple(re.compile(text, re.IGNORECASE) for text in row["files"]),
            clip=frozenset(row["clip"]),
            classes=tuple(re.compile(text) for text in row["classes"]),
            guess=row.get("guess", False),
            part_of_others=row.get("part_of_others", False),
        )
        for row in rows
    )


def family_of_file(name: str) -> str | None:
    """The family that a model's file name speaks of, guesses left out."""
    return next((f.name for f in families() if not f.guess and f.names_file(name)), None)


def draws_frames(flow: Flow) -> bool:
    """Whether motion modules make an image model draw a clip (AnimateDiff)."""
    parts = [family for family in families() if family.part_of_others]
    return any(part.has_class(node.class_type) for node in flow for part in parts)


def find_family(flow: Flow, sampling: Sampling) -> FamilyFound | None:
    """The family of the last sampler's model; without a sampler, of the only model that is loaded."""
    final = [node for node in sampling.samplers if node.id not in sampling.auxiliary]
    for sampler in reversed(final):
        found = _by_files(_model_chain(flow, sampler.id)) or _by_signs(flow, sampler.id)
        if found is not None:
            return found
    return _by_files(node for node in flow if node.id in flow.live) if not final else None


def _model_chain(flow: Flow, start: str) -> Iterator[FlowNode]:
    """Nodes that make the model of a sampler, nearest first."""
    seen = {start}
    waiting = [start]
    while waiting:
        node = flow[waiting.pop(0)]
        yield node
        for name, source in sorted(node.links.items(), key=lambda item: "neg" in item[0]):
            kind = node.input_type(name) or flow[source.node].output_type(source.slot)
            if (kind in ("MODEL", "GUIDER") or (not kind and "model" in name)) and (
                source.node not in seen
            ):
                seen.add(source.node)
                waiting.append(source.node)


def _model_files(node: FlowNode) -> Iterator[str]:
    for name, value in node.values.items():
        if not isinstance(value, str):
            continue
        spec = node.specs.get(name)
        folder = spec.model_folder if spec is not None else None
        named = name in _MODEL_INPUTS and bool(_MODEL_FILE.search(value))
        if folder in _MODEL_FOLDERS or (folder is None and named):
            yield value


def _by_files(nodes: Iterable[FlowNode]) -> FamilyFound | None:
    files = [(name, node) for node in nodes for name in _model_files(node)]
    for guess in (False, True):
        for name, node in files:
            for family in families():
                if family.guess == guess and family.names_file(name):
                    certainty: Certainty = "likely" if guess else "sure"
                    return FamilyFound(family.name, certainty, f"{node.class_type}: {name}")
    return None


def _by_signs(flow: Flow, start: str) -> FamilyFound | None:
    behind = flow.upstream([start])
    ordered = [node for node in flow if node.id in behind]
    for guess in (False, True):
        for family in families():
            if family.guess != guess or family.part_of_others:
                continue
            found = next((_sign(family, node) for node in ordered if _sign(family, node)), None)
            if found is not None:
                return FamilyFound(family.name, "likely", found)
    return None


def _sign(family: Family, node: FlowNode) -> str | None:
    kind = node.values.get("type")
    if _CLIP_LOADER.search(node.class_type) and isinstance(kind, str) and kind in family.clip:
        return f"{node.class_type}.type = {kind}"
    return node.class_type if family.has_class(node.class_type) else None
