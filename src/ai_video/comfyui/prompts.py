"""Prompts: from a sampler's conditioning back to where the words are typed in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from ai_video.comfyui.flow import FlowNode, Source, Use
from ai_video.comfyui.literals import Certainty, Typed, weaker
from ai_video.comfyui.sampling import Found, Missed, Sampling, ValueRole, is_sampler, setting_of

Polarity = Literal["positive", "negative"]

_NEGATIVE = re.compile(r"neg|uncond", re.IGNORECASE)
_POSITIVE = re.compile(r"pos|cond", re.IGNORECASE)
_PROMPT = re.compile(
    r"text|prompt|caption|tags|lyrics|string|clip_[lg]$|t5|bert|llama|qwen", re.IGNORECASE
)
_NO_PROMPT = re.compile(r"filename|prefix|tracks|path|url|language|system", re.IGNORECASE)
_SILENCED = re.compile(r"zero.?out", re.IGNORECASE)
_PLAIN_NAMES = frozenset({"positive", "negative", "conditioning", "cond", "cond1"})
_SUNG = frozenset({"lyrics"})


def prompts(sampling: Sampling) -> Iterator[Found | Missed]:
    """Prompts of every sampler, by walking its conditioning to where the words are typed in."""
    for sampler in sampling.samplers:
        if sampler.id in sampling.auxiliary:
            continue
        for node in sampling.chain(sampler):
            for name, source in _conditionings(sampling, node).items():
                polarity = _polarity(name)
                plain = node.known is not None and name in _PLAIN_NAMES
                certainty: Certainty = "sure" if plain else "likely"
                walk = _TextWalk(sampling, polarity)
                walk.follow(source, certainty)
                yield from walk.results(Use(node.id, name))


def _conditionings(sampling: Sampling, node: FlowNode) -> dict[str, Source]:
    """Linked inputs that bring conditioning, by type or, on unknown nodes, by name."""
    found: dict[str, Source] = {}
    names = [*node.specs, *(name for name in node.links if name not in node.specs)]
    for name in names:
        source = node.links.get(name)
        if source is None or name.startswith("empty_"):
            continue
        kind = node.input_type(name) or sampling.flow[source.node].output_type(source.slot)
        by_name = not kind and (_NEGATIVE.search(name) or _POSITIVE.search(name) or "text" in name)
        if kind == "CONDITIONING" or by_name:
            found[name] = source
    return found


def service_inputs(sampling: Sampling) -> Iterator[Found | Missed]:
    """What steers services and language models that draw or write by themselves."""
    if sampling.samplers:
        return
    for node in sampling.flow:
        if node.id in sampling.flow.live and draws_by_itself(node):
            yield from _service(sampling, node)


def draws_by_itself(node: FlowNode) -> bool:
    """Whether a node makes something of a text by itself: a service, a language model."""
    takes = {node.input_type(name) for name in node.specs}
    gives = set(node.output_types)
    paid = node.known is not None and node.known.paid
    return paid or ("CLIP" in takes and "STRING" in gives)


def _service(sampling: Sampling, node: FlowNode) -> Iterator[Found | Missed]:
    for name in _text_inputs(node):
        at = Use(node.id, name)
        role: ValueRole = "negative_prompt" if _NEGATIVE.search(name) else "positive_prompt"
        for row in sampling.literals.texts(at)[:1]:
            evidence = f"{node.class_type}.{name}, which draws or writes by itself"
            yield Found(role, row.at, weaker("likely", row.certainty), evidence)
    for name in node.specs:
        role_or_none = setting_of(node, name)
        if role_or_none is not None and (name in node.values or name in node.links):
            known: tuple[Certainty, str] = ("likely", f"named so on {node.class_type}")
            yield from sampling.value(role_or_none, Use(node.id, name), known)


def _polarity(name: str) -> Polarity:
    return "negative" if _NEGATIVE.search(name) else "positive"


@dataclass(frozen=True, slots=True)
class _Words:
    """A text that was found, and where it goes in."""

    typed: Typed
    encoder: str
    input: str
    certainty: Certainty


class _TextWalk:
    """Back along one conditioning input of a sampler or guider to the words behind it."""

    def __init__(self, sampling: Sampling, polarity: Polarity) -> None:
        self.sampling = sampling
        self.polarity: Polarity = polarity
        self.found: list[_Words] = []
        self.encoders: list[Use] = []
        self.choices: list[Use] = []
        self.seen: set[Source] = set()

    def follow(self, start: Source, certainty: Certainty) -> None:
        """Gather all texts behind this output."""
        waiting: list[tuple[Source, Certainty]] = [(start, certainty)]
        while waiting:
            source, doubt = waiting.pop(0)
            if source not in self.seen:
                self.seen.add(source)
                waiting[:0] = self._step(source, doubt)

    def _step(self, source: Source, doubt: Certainty) -> list[tuple[Source, Certainty]]:
        node = self.sampling.flow[source.node]
        if self.sampling.literals.is_switch(node):
            return self._switched(node, doubt)
        if _SILENCED.search(node.class_type) or is_sampler(node):
            return []
        if node.known is None:
            doubt = weaker(doubt, "likely")
        side = _side(node.output_name(source.slot)) or self._unknown_side(node, source)
        self._words(node, side, doubt)
        behind = _conditionings(self.sampling, node)
        names = _on_side(behind, side)
        if not behind and node.known is None and len(node.links) == 1:
            return [(link, doubt) for link in node.links.values()]
        return [(behind[name], weaker(doubt, _beside(name, names))) for name in names]

    def _switched(self, node: FlowNode, doubt: Certainty) -> list[tuple[Source, Certainty]]:
        chosen = self.sampling.literals.branch(node)
        if chosen is not None:
            return [(link, doubt) for name, link in node.links.items() if name == chosen]
        both = [link for name, link in node.links.items() if node.input_type(name) != "BOOLEAN"]
        return [(link, "asked") for link in both]

    def _unknown_side(self, node: FlowNode, source: Source) -> Polarity | None:
        """Unknown nodes with both sides give them in the usual order."""
        if node.known is not None:
            return None
        sides = {_side(name) for name in (*node.links, *node.values)}
        if {"positive", "negative"} <= sides:
            return "positive" if source.slot == 0 else "negative"
        return None

    def _words(self, node: FlowNode, side: Polarity | None, doubt: Certainty) -> None:
        names = [name for name in _text_inputs(node) if name in node.values or name in node.links]
        for name in _on_side(names, side if len(names) > 1 else None):
            at = Use(node.id, name)
            self.encoders.append(at)
            rows = self.sampling.literals.texts(at)
            spoken: Certainty = "likely" if name in _SUNG else "sure"
            for row in rows[:1]:
                certainty = weaker(doubt, row.certainty, spoken)
                self.found.append(_Words(row, node.class_type, name, certainty))
            if rows and rows[0].certainty == "asked":
                self.choices += [row.at for row in rows]

    def results(self, asked: Use) -> Iterator[Found | Missed]:
        role: ValueRole = "positive_prompt" if self.polarity == "positive" else "negative_prompt"
        node = self.sampling.flow[asked.node]
        for words in self.found:
            through = "".join(f" ← {entry}" for entry in words.typed.through[:4])
            where = f"{node.class_type}.{asked.input} ← {words.encoder}.{words.input}{through}"
            yield Found(role, words.typed.at, words.certainty, where)
        if self.choices:
            yield Missed(role, tuple(self.choices), found_one=True)
        trains = "LATENT" not in node.output_types and "GUIDER" not in node.output_types
        if not self.found and self.encoders and not (trains and node.known is not None):
            yield Missed(role, tuple(self.encoders))


def _beside(name: str, names: list[str]) -> Certainty:
    """A second input of a side that has one by the plain name says something else (`positive_pose`)."""
    plain = {"positive", "negative"} & set(names)
    return "likely" if plain and name not in plain else "sure"


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
