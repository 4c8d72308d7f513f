"""What steers the sampling of a workflow: seeds, steps, prompts, sizes, in execution order.

A sampler is what takes a model, conditioning and noise, whatever its name. From it the walk goes
back along the types of its inputs: NOISE, GUIDER, SAMPLER and SIGMAS to settings, CONDITIONING to
texts, LATENT to sizes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pydantic import JsonValue

from ai_video.comfyui.flow import Flow, FlowNode, Source, Use
from ai_video.comfyui.literals import Certainty, Computed, Literals, Typed, weaker

Polarity = Literal["positive", "negative"]
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
_LENGTHS = frozenset({"length", "frames", "num_frames", "video_frames", "frames_number"})
_RATES = frozenset({"fps", "frame_rate"})
_NEGATIVE = re.compile(r"neg|uncond", re.IGNORECASE)
_POSITIVE = re.compile(r"pos|cond", re.IGNORECASE)
_PROMPT = re.compile(
    r"text|prompt|caption|tags|lyrics|string|clip_[lg]$|t5|bert|llama|qwen", re.IGNORECASE
)
_NO_PROMPT = re.compile(r"filename|prefix|tracks|path|url|language|system", re.IGNORECASE)
_SILENCED = re.compile(r"zero.?out", re.IGNORECASE)
_MOTION = re.compile(r"animatediff|^ADE_|motion", re.IGNORECASE)
_FINDER = re.compile(r"(lotus|depth|normal|pose)[^/]*\.(safetensors|ckpt|pth|pt)$", re.IGNORECASE)
_QUIET = re.compile(r"disable.?noise", re.IGNORECASE)
_PLAIN_NAMES = frozenset({"positive", "negative", "conditioning", "cond", "cond1"})
_SUNG = frozenset({"lyrics"})
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
            if (self.flow.downstream([node.id]) - {node.id}) & finals and self._finds(node)
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
                origin = self._real(source)
                if origin is not None and origin.id not in found:
                    found[origin.id] = origin
                    waiting.append(origin)
        return [node for node in self.flow if node.id in found]

    def _real(self, source: Source) -> FlowNode | None:
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
                    role = _setting(node, name)
                    if role is not None and (name in node.values or name in node.links):
                        yield from self._value(
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
        if _setting(node, name) == "seed" and node.values.get("add_noise") in ("disable", False):
            return "likely", f"{node.class_type} adds no noise of its own"
        return "sure", f"{node.class_type}.{name}, which steers sampler {sampler.class_type}"

    def _value(
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
            if {"width", "height"} <= set(typed) and "IMAGE" in node.output_types:
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

    def texts(self) -> Iterator[Found | Missed]:
        """Prompts of every sampler, by walking its conditioning to where the words are typed in."""
        for sampler in self.samplers:
            if sampler.id in self.auxiliary:
                continue
            for node in self.chain(sampler):
                for name, source in self.conditionings(node).items():
                    polarity = _polarity(name)
                    plain = node.known is not None and name in _PLAIN_NAMES
                    certainty: Certainty = "sure" if plain else "likely"
                    walk = _TextWalk(self, polarity, certainty)
                    walk.follow(source, 0)
                    yield from walk.results(Use(node.id, name))

    def conditionings(self, node: FlowNode) -> dict[str, Source]:
        """Linked inputs that bring conditioning, by type or, on unknown nodes, by name."""
        found: dict[str, Source] = {}
        names = [*node.specs, *(name for name in node.links if name not in node.specs)]
        for name in names:
            source = node.links.get(name)
            if source is None or name.startswith("empty_"):
                continue
            kind = node.input_type(name) or self.flow[source.node].output_type(source.slot)
            by_name = not kind and (
                _NEGATIVE.search(name) or _POSITIVE.search(name) or "text" in name
            )
            if kind == "CONDITIONING" or by_name:
                found[name] = source
        return found

    def sizes(self) -> Iterator[Found | Missed]:
        """Width, height and number of frames of what every sampler starts from."""
        for sampler in self.samplers:
            moving = self._moves(sampler)
            doubt: Certainty = "asked" if sampler.id in self.auxiliary else "sure"
            for name, source in sampler.links.items():
                kind = sampler.input_type(name) or self.flow[source.node].output_type(source.slot)
                if kind == "LATENT" or (not kind and name in ("latent_image", "samples", "latent")):
                    yield from self._sizes_at(source, moving, doubt, set())
            for node in self.chain(sampler):
                if "SIGMAS" in node.output_types:
                    yield from self._size_inputs(
                        node, moving=False, certainty=weaker(doubt, "likely")
                    )

    def _moves(self, sampler: FlowNode) -> bool:
        """Whether a motion module makes an image model draw frames as one batch."""
        behind = self.flow.upstream([sampler.id])
        return any(_MOTION.search(self.flow[key].class_type) for key in behind)

    def _sizes_at(
        self, source: Source, moving: bool, certainty: Certainty, seen: set[str]
    ) -> Iterator[Found | Missed]:
        node = self._real(source)
        if node is None or node.id in seen or is_sampler(node):
            return
        seen.add(node.id)
        if node.known is None:
            certainty = weaker(certainty, "likely")
        yield from self._size_inputs(node, moving=moving, certainty=certainty)
        for name, onwards in node.links.items():
            kind = node.input_type(name) or self.flow[onwards.node].output_type(onwards.slot)
            if kind == "LATENT":
                yield from self._sizes_at(onwards, moving, certainty, seen)
            elif kind == "IMAGE" and _keeps_size(node):
                yield from self._sizes_at(onwards, moving, weaker(certainty, "likely"), seen)

    def _size_inputs(
        self, node: FlowNode, *, moving: bool, certainty: Certainty
    ) -> Iterator[Found | Missed]:
        names = [*node.specs, *(name for name in node.values if name not in node.specs)]
        given = {name for name in names if name in node.values or name in node.links}
        whole = {"width", "height"} <= given
        evidence = f"size of what {node.class_type} gives"
        for role in ("width", "height"):
            if whole:
                yield from self._value(role, Use(node.id, role), (certainty, evidence))
        for name in names:
            if name in given and name in _LENGTHS and (whole or "LATENT" in node.output_types):
                doubt = certainty if name == "length" else weaker(certainty, "likely")
                yield from self._value(
                    "length", Use(node.id, name), (doubt, f"frames of {node.class_type}")
                )
        if moving and whole and "batch_size" in given and not (_LENGTHS & given):
            why = f"{node.class_type} gives the batch that becomes the frames"
            yield from self._value("length", Use(node.id, "batch_size"), (certainty, why))

    def without_sampler(self) -> Iterator[Found | Missed]:
        """What steers a workflow without a sampler: services that draw, texts, empty pictures."""
        if self.samplers:
            return
        moving = any("VIDEO" in node.output_types for node in self.flow)
        for node in self.flow:
            if node.id not in self.flow.live or node.known is None:
                continue
            if self._draws(node):
                yield from self._service(node)
            elif "IMAGE" in node.output_types and not node.names_of("IMAGE", "VIDEO"):
                yield from self._size_inputs(node, moving=moving, certainty="likely")

    @staticmethod
    def _draws(node: FlowNode) -> bool:
        """Whether a node makes something of a text by itself: a service, a language model."""
        takes = {node.input_type(name) for name in node.specs}
        gives = set(node.output_types)
        paid = node.known is not None and node.known.paid
        return paid or ("CLIP" in takes and "STRING" in gives)

    def _service(self, node: FlowNode) -> Iterator[Found | Missed]:
        for name in _text_inputs(node):
            at = Use(node.id, name)
            role: ValueRole = "negative_prompt" if _NEGATIVE.search(name) else "positive_prompt"
            for row in self.literals.texts(at)[:1]:
                evidence = f"{node.class_type}.{name}, which draws or writes by itself"
                yield Found(role, row.at, weaker("likely", row.certainty), evidence)
        for name in node.specs:
            role_or_none = _setting(node, name)
            if role_or_none is not None and (name in node.values or name in node.links):
                known: tuple[Certainty, str] = ("likely", f"named so on {node.class_type}")
                yield from self._value(role_or_none, Use(node.id, name), known)

    def rates(self) -> Iterator[Found | Missed]:
        """Frames per second of what is joined to a clip, and what a video model is told of it."""
        for node in self.flow:
            if node.id not in self.flow.live:
                continue
            for name in (*node.specs, *(key for key in node.values if key not in node.specs)):
                if name not in _RATES or not (name in node.values or name in node.links):
                    continue
                yield from self._value("fps", Use(node.id, name), self._rate_doubt(node))

    def _rate_doubt(self, node: FlowNode) -> tuple[Certainty, str]:
        types = set(node.output_types)
        joins = "VIDEO" in types or (node.known is not None and node.known.is_output)
        if joins and node.names_of("IMAGE"):
            return "sure", f"{node.class_type} joins pictures to a clip at this rate"
        if node.names_of("CONDITIONING") or "LATENT" in types:
            return "likely", f"{node.class_type} tells the model this rate"
        return "likely", f"named so on {node.class_type}"


def _setting(node: FlowNode, name: str) -> ValueRole | None:
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


def _keeps_size(node: FlowNode) -> bool:
    """Whether what comes out has the size of the picture that goes in, or is scaled from it."""
    types = set(node.output_types)
    return "IMAGE" in types or ("LATENT" in types and not node.names_of("CONDITIONING"))


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


def _polarity(name: str) -> Polarity:
    return "negative" if _NEGATIVE.search(name) else "positive"


@dataclass
class _TextWalk:
    """Back along one conditioning input of a sampler or guider to the words behind it."""

    sampling: Sampling
    polarity: Polarity
    certainty: Certainty

    def __post_init__(self) -> None:
        self.found: list[tuple[Typed, FlowNode, str]] = []
        self.encoders: list[Use] = []
        self.choices: list[Use] = []
        self.silenced = False
        self.seen: set[tuple[str, int]] = set()

    def follow(self, source: Source, depth: int) -> None:
        if (source.node, source.slot) in self.seen or depth > _DEPTH:
            return
        self.seen.add((source.node, source.slot))
        node = self.sampling.flow[source.node]
        if self.sampling.literals.is_switch(node):
            self._switch(node, depth)
            return
        if _SILENCED.search(node.class_type):
            self.silenced = True
            return
        if is_sampler(node):
            return
        if node.known is None:
            self.certainty = weaker(self.certainty, "likely")
        side = _side(node.output_name(source.slot)) or self._unknown_side(node, source)
        self._words(node, side)
        onwards = self.sampling.conditionings(node)
        for name in _on_side(onwards, side):
            self.follow(onwards[name], depth + 1)
        if node.known is None and not onwards and len(node.links) == 1:
            self.follow(next(iter(node.links.values())), depth + 1)

    def _switch(self, node: FlowNode, depth: int) -> None:
        chosen = self.sampling.literals.branch(node)
        if chosen is None:
            self.certainty = "asked"
        for name, onwards in node.links.items():
            if name == chosen or (chosen is None and node.input_type(name) != "BOOLEAN"):
                self.follow(onwards, depth + 1)

    def _unknown_side(self, node: FlowNode, source: Source) -> Polarity | None:
        """Unknown nodes with both sides give them in the usual order."""
        if node.known is not None:
            return None
        sides = {_side(name) for name in (*node.links, *node.values)}
        if {"positive", "negative"} <= sides:
            return "positive" if source.slot == 0 else "negative"
        return None

    def _words(self, node: FlowNode, side: Polarity | None) -> None:
        names = [name for name in _text_inputs(node) if name in node.values or name in node.links]
        for name in _on_side(names, side if len(names) > 1 else None):
            at = Use(node.id, name)
            self.encoders.append(at)
            rows = self.sampling.literals.texts(at)
            self.found += [(row, node, name) for row in rows[:1]]
            if rows and rows[0].certainty == "asked":
                self.choices += [row.at for row in rows]

    def results(self, asked: Use) -> Iterator[Found | Missed]:
        role: ValueRole = "positive_prompt" if self.polarity == "positive" else "negative_prompt"
        node = self.sampling.flow[asked.node]
        for typed, encoder, name in self.found:
            through = "".join(f" ← {entry}" for entry in typed.through[:4])
            where = f"{node.class_type}.{asked.input} ← {encoder.class_type}.{name}{through}"
            spoken: Certainty = "likely" if name in _SUNG else "sure"
            yield Found(role, typed.at, weaker(self.certainty, typed.certainty, spoken), where)
        if self.choices:
            yield Missed(role, tuple(self.choices), found_one=True)
        trains = "LATENT" not in node.output_types and "GUIDER" not in node.output_types
        if not self.found and self.encoders and not (trains and node.known is not None):
            yield Missed(role, tuple(self.encoders))


def _side(name: str) -> Polarity | None:
    lowered = name.lower()
    if lowered.startswith("neg") or "_neg" in lowered:
        return "negative"
    return "positive" if lowered.startswith("pos") else None


def _on_side(names: Iterable[str], side: Polarity | None) -> list[str]:
    """Inputs of one side where a node has both; all where it has not."""
    names = list(names)
    if side is None:
        return names
    negative = [name for name in names if _NEGATIVE.search(name)]
    if side == "positive":
        return [name for name in names if name not in negative]
    return negative or ([] if any(_side(name) for name in names) else names)


def _text_inputs(node: FlowNode) -> list[str]:
    if node.known is None:
        return [
            name
            for name, value in node.values.items()
            if isinstance(value, str) and _PROMPT.search(name) and not _NO_PROMPT.search(name)
        ] + [name for name in node.links if _PROMPT.search(name) and not _NO_PROMPT.search(name)]
    return [
        name
        for name, spec in node.specs.items()
        if spec.type == "STRING"
        and not _NO_PROMPT.search(name)
        and (spec.multiline or name in node.links or _PROMPT.search(name))
    ]
