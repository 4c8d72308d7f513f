"""The samplers of a workflow in execution order, and the settings that steer them.

A sampler is what takes a model, conditioning and noise, whatever its name. From it the walk goes
back along the types of its inputs: NOISE, GUIDER, SAMPLER and SIGMAS to settings, CONDITIONING to
texts, LATENT to sizes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pydantic import JsonValue

from ai_video.comfyui.flow import Flow, FlowNode, Source, Use
from ai_video.comfyui.literals import Certainty, Computed, Literals, Typed, weaker

ValueRole = Literal[
    "positive_prompt",
    "negative_prompt",
    "seed",
    "width",
    "height",
    "length",
    "fps",
    "steps",
    "cfg",
    "sampler",
    "scheduler",
    "denoise",
]

_CHAIN_TYPES = frozenset({"NOISE", "GUIDER", "SAMPLER", "SIGMAS"})
_CHAIN_NAMES = frozenset({"noise", "guider", "sampler", "sigmas"})
_SETTINGS: dict[str, ValueRole] = {
    "seed": "seed",
    "noise_seed": "seed",
    "steps": "steps",
    "cfg": "cfg",
    "sampler_name": "sampler",
    "scheduler": "scheduler",
    "denoise": "denoise",
}
_SAMPLER_WORDS = frozenset({*_SETTINGS, "positive", "negative", "latent_image", "sigmas", "guider"})
_FINDER = re.compile(r"(lotus|depth|normal|pose)[^/]*\.(safetensors|ckpt|pth|pt)$", re.IGNORECASE)
_QUIET = re.compile(r"disable.?noise", re.IGNORECASE)
_DEPTH = 200


@dataclass(frozen=True, slots=True)
class Found:
    """One input that carries a role, and why."""

    role: ValueRole
    at: Use
    certainty: Certainty
    evidence: str


@dataclass(frozen=True, slots=True)
class Missed:
    """A role that is there, and that no typed-in value could be named for."""

    role: ValueRole
    candidates: tuple[Use, ...]
    found_one: bool = False
    """One of them was taken, and which was only a guess."""


@dataclass(frozen=True)
class Sampling:
    """The samplers of one workflow and what steers them."""

    flow: Flow
    literals: Literals

    @cached_property
    def samplers(self) -> tuple[FlowNode, ...]:
        live = self.flow.live & self.literals.active
        return tuple(node for node in self.flow if node.id in live and is_sampler(node))

    @cached_property
    def auxiliary(self) -> frozenset[str]:
        """Samplers that only draw what steers another one: their model finds depths or the like."""
        finals = {node.id for node in self.samplers}
        return frozenset(
            node.id
            for node in self.samplers
            if self._finds(node) and (self.flow.downstream([node.id]) - {node.id}) & finals
        )

    def _finds(self, sampler: FlowNode) -> bool:
        """Whether its model's file speaks of depths, normals and such."""
        seen: set[str] = set()
        waiting = [sampler.id]
        while waiting:
            node = self.flow[waiting.pop()]
            if any(_FINDER.search(name) for name in _model_names(node)):
                return True
            for name, source in node.links.items():
                kind = node.input_type(name) or self.flow[source.node].output_type(source.slot)
                if kind in ("MODEL", "GUIDER") and source.node not in seen:
                    seen.add(source.node)
                    waiting.append(source.node)
        return False

    def starts_from_noise(self, sampler: FlowNode) -> bool:
        """Whether the latent it is given tells only the size: all of it is replaced by noise."""
        strengths: list[JsonValue] = []
        for node in self.chain(sampler):
            if "SIGMAS" in {node.input_type(name) for name in node.links} and is_passing(node):
                return False
            if node.values.get("add_noise") in ("disable", False) or _QUIET.search(node.class_type):
                return False
            if node.values.get("start_at_step") not in (None, 0):
                return False
            strengths.append(node.values.get("denoise", 1) if "denoise" not in node.links else 0)
        return all(strength == 1 for strength in strengths)

    def chain(self, sampler: FlowNode) -> list[FlowNode]:
        """The sampler and the nodes that set its noise, guider, sampling method and sigmas."""
        found: dict[str, FlowNode] = {sampler.id: sampler}
        waiting = [sampler]
        while waiting:
            node = waiting.pop()
            for name, source in node.links.items():
                kind = node.input_type(name) or self.flow[source.node].output_type(source.slot)
                if kind not in _CHAIN_TYPES and not (not kind and name in _CHAIN_NAMES):
                    continue
                origin = self.real(source)
                if origin is not None and origin.id not in found:
                    found[origin.id] = origin
                    waiting.append(origin)
        return sorted(found.values(), key=lambda node: self.flow.place(node.id))

    def real(self, source: Source) -> FlowNode | None:
        """The node behind switches and unknown nodes that only pass on."""
        for _ in range(_DEPTH):
            node = self.flow[source.node]
            onwards = self._passed_on(node)
            if onwards is None:
                return node
            source = node.links[onwards]
        return None

    def _passed_on(self, node: FlowNode) -> str | None:
        if self.literals.is_switch(node):
            chosen = self.literals.branch(node)
            return chosen if chosen in node.links else None
        if node.known is None and len(node.links) == 1 and not node.values:
            return next(iter(node.links))
        return None

    def settings(self) -> Iterator[Found | Missed]:
        """Seeds, steps, cfg, sampling method, scheduler and denoise of every sampler."""
        for sampler in self.samplers:
            for node in self.chain(sampler):
                for name in (*node.specs, *(key for key in node.values if key not in node.specs)):
                    role = setting_of(node, name)
                    if role is not None and (name in node.values or name in node.links):
                        yield from self.value(
                            role, Use(node.id, name), self._doubt(sampler, node, name)
                        )

    def _doubt(self, sampler: FlowNode, node: FlowNode, name: str) -> tuple[Certainty, str]:
        """How sure a setting is before its value is looked at, and why."""
        if sampler.id in self.auxiliary:
            return "asked", f"{node.class_type}.{name} only draws what steers another sampler"
        if node.known is None:
            return "likely", f"named so on {node.class_type}, which is not in the node list"
        if name not in _SETTINGS:
            return "likely", f"{node.class_type}.{name}, one of several strengths of guidance"
        if setting_of(node, name) == "seed" and node.values.get("add_noise") in ("disable", False):
            return "likely", f"{node.class_type} adds no noise of its own"
        return "sure", f"{node.class_type}.{name}, which steers sampler {sampler.class_type}"

    def value(
        self, role: ValueRole, at: Use, known: tuple[Certainty, str]
    ) -> Iterator[Found | Missed]:
        certainty, evidence = known
        found = self.literals.number(at)
        if isinstance(found, Typed):
            through = f", typed into {self.flow[found.at.node].class_type}" if found.through else ""
            yield Found(role, found.at, weaker(certainty, found.certainty), f"{evidence}{through}")
        elif isinstance(found, Computed):
            yield self._computed(role, at, found, evidence)

    def _computed(self, role: ValueRole, at: Use, found: Computed, evidence: str) -> Found | Missed:
        leaves = {leaf.at: leaf for leaf in found.leaves}
        if role in ("width", "height") and len(leaves) == 1:
            leaf = next(iter(leaves.values()))
            return Found(role, leaf.at, "likely", f"{evidence}, worked out from it by {found.by}")
        if not leaves:
            return self._sized_picture(role, at, evidence) or Missed(role, (at,))
        scaled = role in ("width", "height") and self._scales_up
        doubt: Certainty = "asked" if scaled else "likely"
        return Found(role, at, doubt, f"{evidence}; now worked out by {found.by}")

    @cached_property
    def _scales_up(self) -> bool:
        """Whether what is sampled is made larger afterwards, so that its size is not the result's."""
        return any(node.names_of("LATENT_UPSCALE_MODEL") for node in self.flow)

    def _sized_picture(self, role: ValueRole, at: Use, evidence: str) -> Found | None:
        """The number that gives a picture its size, where a size is read off that picture."""
        source = self.flow[at.node].links.get(at.input)
        waiting = [source.node] if source is not None and role in ("width", "height") else []
        seen = set(waiting)
        while waiting:
            node = self.flow[waiting.pop(0)]
            typed = {name.rpartition(".")[2]: name for name in (*node.values, *node.links)}
            if {"width", "height"} <= set(typed) and {"IMAGE", ""} & set(node.output_types):
                found = self.literals.number(Use(node.id, typed[role]))
                if isinstance(found, Typed):
                    return Found(
                        role, found.at, "likely", f"{evidence}, read off {node.class_type}"
                    )
                return None
            for name, onwards in node.links.items():
                picture = node.input_type(name) or self.flow[onwards.node].output_type(onwards.slot)
                if picture in ("IMAGE", "") and onwards.node not in seen:
                    seen.add(onwards.node)
                    waiting.append(onwards.node)
        return None


def setting_of(node: FlowNode, name: str) -> ValueRole | None:
    role = _SETTINGS.get(name)
    if role is None and node.input_type(name) == "FLOAT" and "GUIDER" in node.output_types:
        parts = name.split("_")
        return "cfg" if "cfg" in parts else None
    return role


def is_sampler(node: FlowNode) -> bool:
    """Whether a node samples: by its types, and by its inputs' names where its class is unknown."""
    if node.known is None:
        given = {*node.values, *node.links}
        steered = len(given & _SAMPLER_WORDS) >= 3 and bool(given & {"seed", "noise_seed", "noise"})
        return steered and bool(node.links)
    types = {node.input_type(name) for name in node.specs}
    if "GUIDER" in types or ("SAMPLER" in types and "SIGMAS" in types):
        return bool(set(node.output_types) & {"LATENT", "IMAGE"})
    seeded = "seed" in node.specs or "noise_seed" in node.specs
    return seeded and "steps" in node.specs and "MODEL" in types


def _model_names(node: FlowNode) -> list[str]:
    """Files that a loader of whole models names; what is only added to a model (LoRA) is not."""
    return [
        value
        for name, value in node.values.items()
        if isinstance(value, str)
        and name in node.specs
        and node.specs[name].model_folder in ("checkpoints", "diffusion_models")
    ]


def is_passing(node: FlowNode) -> bool:
    """Whether a node only changes sigmas that others made."""
    return "SIGMAS" in node.output_types
