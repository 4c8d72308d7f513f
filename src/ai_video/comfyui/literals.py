"""Where a value is typed in: from an input back through primitives, conversions and switches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pydantic import JsonValue

from ai_video.comfyui.flow import VALUE_TYPES, Flow, FlowNode, Use

Certainty = Literal["sure", "likely", "asked"]
"""sure: by types and links alone · likely: a name or an unknown node spoke too · asked: a guess."""

_RANK: dict[Certainty, int] = {"sure": 0, "likely": 1, "asked": 2}
_NUMBERS = frozenset({"INT", "FLOAT"})
_MEDIA = frozenset({"IMAGE", "VIDEO", "AUDIO", "LATENT"})
_SWITCHES = (("on_true", "on_false"), ("if_true", "if_false"), ("true_value", "false_value"))
_SWITCH_INPUTS = ("switch", "boolean", "condition", "cond", "value")
_HOLDER = re.compile(r"^(Primitive|Seed|INT|FLOAT|STRING)|Constant|Primitive|Seed", re.IGNORECASE)
_PICKS = re.compile(r"extract|regex.?match|split|substring|select", re.IGNORECASE)
_PUT_IN = re.compile(r"^(replace|replacement|values\.)", re.IGNORECASE)
"""What is put into a fixed text: where that text is typed on the spot, this is the user's part."""
_NOT_TEXT = re.compile(
    r"find|replace|delimiter|separator|regex|pattern|prefix|suffix|key|substring|filename|mode"
    r"|system|language|negative",
    re.IGNORECASE,
)
_TEXT = re.compile(
    r"text|prompt|string|value|caption|tags|lyrics|clip_[lg]|t5|llama", re.IGNORECASE
)


def weaker(*given: Certainty) -> Certainty:
    """The least certain of these."""
    known = sorted(given, key=_RANK.__getitem__)
    return known[-1] if known else "sure"


@dataclass(frozen=True, slots=True)
class Typed:
    """A place where a value is typed in, and how it is known."""

    at: Use
    value: JsonValue
    certainty: Certainty
    through: tuple[str, ...] = ()
    """Classes between it and the input that asked."""


@dataclass(frozen=True, slots=True)
class Computed:
    """A value that is worked out from others (none: from a picture)."""

    by: str
    leaves: tuple[Typed, ...]


@dataclass(frozen=True)
class Literals:
    """Follows value links of one workflow."""

    flow: Flow

    def branch(self, node: FlowNode) -> str | None:
        """The input that a switch passes on now; None when it is no switch or that is not known."""
        names = {*node.links, *node.values}
        for yes, no in _SWITCHES:
            if yes not in names and no not in names:
                continue
            for name in _SWITCH_INPUTS:
                if name in names:
                    value = self._switch_value(Use(node.id, name))
                    return None if value is None else (yes if value else no)
        return None

    def _switch_value(self, at: Use) -> bool | None:
        found = self.number(at)
        if isinstance(found, Typed) and isinstance(found.value, bool) and found.certainty == "sure":
            return found.value
        return None

    def is_switch(self, node: FlowNode) -> bool:
        names = {*node.links, *node.values}
        return any(yes in names or no in names for yes, no in _SWITCHES)

    @cached_property
    def active(self) -> frozenset[str]:
        """Nodes that may run: switches cut off the branch that they do not pass on."""
        return self._running(undecided=True)

    @cached_property
    def certain(self) -> frozenset[str]:
        """Nodes that run whatever becomes of switches whose side is not known."""
        return self._running(undecided=False)

    def _running(self, *, undecided: bool) -> frozenset[str]:
        starts = [node.id for node in self.flow.outputs] or list(self.flow.nodes)
        seen = set(starts)
        waiting = list(starts)
        while waiting:
            node = self.flow[waiting.pop()]
            chosen = self.branch(node)
            idle = self._idle_branches(node, chosen)
            if chosen is None and not undecided:
                idle = {name for pair in _SWITCHES for name in pair}
            for name, source in node.links.items():
                if name not in idle and source.node not in seen:
                    seen.add(source.node)
                    waiting.append(source.node)
        return frozenset(seen)

    def _idle_branches(self, node: FlowNode, chosen: str | None) -> set[str]:
        if chosen is None:
            return set()
        return {name for pair in _SWITCHES for name in pair if name != chosen and chosen in pair}

    def number(self, at: Use) -> Typed | Computed | None:
        """Where a number, choice or switch is typed in; None when the input is not there."""
        certainty: Certainty = "sure"
        through: list[str] = []
        seen: set[Use] = set()
        while at not in seen:
            seen.add(at)
            node = self.flow[at.node]
            if at.input in node.values:
                return Typed(at, node.values[at.input], certainty, tuple(through))
            source = node.links.get(at.input)
            if source is None:
                return None
            origin = self.flow[source.node]
            through.append(origin.class_type)
            step = self._step(origin, source.slot)
            if step is None:
                leaves = tuple(self._leaves(origin))
                return Computed(origin.class_type, leaves)
            at = Use(origin.id, step[0])
            certainty = weaker(certainty, step[1])
        return None

    def _step(self, origin: FlowNode, slot: int) -> tuple[str, Certainty] | None:
        """The input whose value an output repeats; None when the output is worked out."""
        if self.is_switch(origin):
            chosen = self.branch(origin)
            return None if chosen is None else (chosen, "sure")
        if origin.known is None:
            return self._unknown_step(origin)
        repeated = _repeated(origin)
        if repeated is not None:
            return repeated, "sure"
        inputs = [name for name in origin.specs if self._carries_value(origin, name)]
        if len(inputs) != 1 or len(origin.links) > 1:
            return None
        name = inputs[0]
        same = origin.input_type(name) == origin.output_type(slot)
        convert = set(origin.input_type(name).split(",")) >= _NUMBERS
        if same and _HOLDER.search(origin.class_type):
            return name, "sure"
        return (name, "likely") if same or convert else None

    def _carries_value(self, origin: FlowNode, name: str) -> bool:
        present = name in origin.values or name in origin.links
        return present and bool(set(origin.input_type(name).split(",")) & VALUE_TYPES)

    def _unknown_step(self, origin: FlowNode) -> tuple[str, Certainty] | None:
        if len(origin.links) == 1 and not origin.values:
            return next(iter(origin.links)), "likely"
        if not origin.links and len(origin.values) == 1:
            return next(iter(origin.values)), "likely"
        return None

    def _leaves(self, start: FlowNode) -> Iterator[Typed]:
        """Numbers that a worked-out value hangs on, constants inside expressions not counted."""
        seen = {start.id}
        waiting = [start]
        while waiting:
            node = waiting.pop()
            for name in node.values:
                if _NUMBERS & set(node.input_type(name).split(",")):
                    yield Typed(Use(node.id, name), node.values[name], "likely")
            for source in node.links.values():
                origin = self.flow[source.node]
                if origin.id in seen or set(origin.output_types) & _MEDIA:
                    continue
                kinds = set(origin.output_type(source.slot).split(","))
                if kinds & VALUE_TYPES or not origin.known:
                    seen.add(origin.id)
                    waiting.append(origin)

    def texts(self, at: Use, depth: int = 0) -> list[Typed]:
        """Where a text is typed in; several when it is put together, the likeliest first."""
        node = self.flow[at.node]
        if at.input in node.values:
            value = node.values[at.input]
            return [Typed(at, value, "sure")] if isinstance(value, str) else []
        source = node.links.get(at.input)
        if source is None or depth > 40:
            return []
        origin = self.flow[source.node]
        if self.is_switch(origin):
            return self._switched_texts(origin, depth)
        names = self._text_inputs(origin)
        plain = origin.known is not None and (
            bool(_HOLDER.search(origin.class_type)) or len(origin.specs) == 1
        )
        held: Certainty = "sure" if plain else "likely"
        if _PICKS.search(origin.class_type):
            held = "asked"
        found = [
            (name in origin.links, self.texts(Use(origin.id, name), depth + 1)) for name in names
        ]
        found = [(linked, rows) for linked, rows in found if rows]
        if len(found) == 1:
            return [_passed(row, origin, held) for row in found[0][1]]
        return self._joined(found, origin)

    def _switched_texts(self, origin: FlowNode, depth: int) -> list[Typed]:
        chosen = self.branch(origin)
        if chosen is not None:
            rows = self.texts(Use(origin.id, chosen), depth + 1)
            if len(rows) > 1:
                rows = self._bare_first(rows, origin, chosen, depth)
            return [_passed(row, origin, "sure") for row in rows]
        both = [name for pair in _SWITCHES for name in pair if name in origin.links]
        rows = [row for name in both for row in self.texts(Use(origin.id, name), depth + 1)]
        return [_passed(row, origin, "asked") for row in rows]

    def _bare_first(
        self, rows: list[Typed], origin: FlowNode, chosen: str, depth: int
    ) -> list[Typed]:
        """Of a text made of several: the one that the switch's other branch takes as it is."""
        idle = self._idle_branches(origin, chosen)
        bare = [row.at for name in idle for row in self.texts(Use(origin.id, name), depth + 1)]
        first = [row for row in rows if len(bare) == 1 and row.at == bare[0]]
        if not first:
            return rows
        taken = Typed(first[0].at, first[0].value, "likely", first[0].through)
        return [taken, *(row for row in rows if row.at != taken.at)]

    def _joined(self, found: list[tuple[bool, list[Typed]]], origin: FlowNode) -> list[Typed]:
        """A text of several parts: a part from a node of its own comes first, then the longest."""
        linked = [rows[0] for is_linked, rows in found if is_linked]
        rows = [row for _, part in found for row in part]
        certainty: Certainty = "likely" if len(linked) == 1 else "asked"
        ranked = sorted(rows, key=lambda row: (row not in linked, -len(str(row.value))))
        return [_passed(row, origin, certainty) for row in ranked]

    def _text_inputs(self, origin: FlowNode) -> list[str]:
        if origin.known is None:
            return self._unknown_text_inputs(origin)
        texts = [
            name
            for name in (*origin.specs, *origin.links)
            if "STRING" in origin.input_type(name).split(",")
            and (name in origin.values or name in origin.links)
        ]
        texts = list(dict.fromkeys(texts))
        wanted = [name for name in texts if not _NOT_TEXT.search(name)]
        put_in = [name for name in texts if name in origin.links and _PUT_IN.search(name)]
        if put_in and not any(name in origin.links for name in wanted):
            return put_in
        passed = [name for name in origin.links if not origin.input_type(name)]
        return wanted or texts or passed

    def _unknown_text_inputs(self, origin: FlowNode) -> list[str]:
        typed = [name for name, value in origin.values.items() if isinstance(value, str)]
        names = [name for name in (*typed, *origin.links) if _TEXT.search(name)]
        wanted = [name for name in names if not _NOT_TEXT.search(name)]
        if not wanted and len(origin.links) == 1:
            return list(origin.links)
        return wanted


def _repeated(node: FlowNode) -> str | None:
    """The input that an expression node hands on unchanged (`a`)."""
    expression = node.values.get("expression")
    if not isinstance(expression, str) or not re.fullmatch(r"\s*\w+\s*", expression):
        return None
    name = f"values.{expression.strip()}"
    return name if name in node.links or name in node.values else None


def _passed(row: Typed, origin: FlowNode, certainty: Certainty) -> Typed:
    through = (origin.class_type, *row.through)
    return Typed(row.at, row.value, weaker(row.certainty, certainty), through)
