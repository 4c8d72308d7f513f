"""Pieces of a text with what is said for each, found by ordered rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """A piece of text and what is said for it; `spelled` = digit by digit, 一 keeps its tone."""

    text: str
    said: str
    spelled: bool = False


Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], Reading]]


def cut_by_rules(text: str, rules: Sequence[Rule]) -> list[Reading]:
    """Cut `text` where rules match, earlier rules first; the rest is said as it stands.

    The pieces' texts put together are `text` again.
    """
    found: list[tuple[int, Reading]] = []
    gaps = [(0, len(text))]
    for pattern, say in rules:
        left: list[tuple[int, int]] = []
        for first, end in gaps:
            start = first
            for match in pattern.finditer(text, start, end):
                if match.end() > match.start():
                    found.append((match.start(), say(match)))
                    left.append((start, match.start()))
                    start = match.end()
            left.append((start, end))
        gaps = [(start, end) for start, end in left if start < end]
    found += [(start, Reading(text[start:end], text[start:end])) for start, end in gaps]
    return [reading for _, reading in sorted(found, key=lambda piece: piece[0])]
