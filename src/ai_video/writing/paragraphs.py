"""Paragraphs of a text: its lines, where hard-wrapped prose is joined again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_ENDS: Final = tuple("。！？!?…”」』》.:：;；\"'）)】]|")
_STARTS: Final = re.compile(r"^(?:[-*+>#|=~.@!△▲【\[（(]|\d+[.、)）]|!\[|```)")
_SPEAKER: Final = re.compile(r"^[^\s：:]{1,12}[：:]")


@dataclass(frozen=True, slots=True)
class Span:
    """Where a paragraph stands in the text, without the blanks around it; `number` from 1."""

    number: int
    start: int
    end: int


def lines_of(text: str) -> list[Span]:
    """The non-blank lines of a text."""
    spans: list[Span] = []
    at = 0
    for line in text.split("\n"):
        core = line.strip()
        if core:
            start = at + line.index(core[0])
            spans.append(Span(len(spans) + 1, start, start + len(core)))
        at += len(line) + 1
    return spans


def paragraphs_of(text: str) -> list[Span]:
    """The paragraphs of prose: lines, joined where a line is wrapped in the middle of a sentence."""
    joined: list[Span] = []
    for line in lines_of(text):
        if joined and _continues(text, joined[-1], line):
            joined[-1] = Span(joined[-1].number, joined[-1].start, line.end)
        else:
            joined.append(Span(len(joined) + 1, line.start, line.end))
    return joined


def _continues(text: str, last: Span, line: Span) -> bool:
    between = text[last.end : line.start]
    if between.count("\n") != 1:
        return False
    line_start = text.rfind("\n", last.start, last.end) + 1
    width = last.end - max(line_start, last.start)
    if width < 50 or width > 120 or text[last.end - 1] in _ENDS:
        return False
    first, after = text[last.start : last.start + 14], text[line.start : line.start + 14]
    return not (_STARTS.match(first) or _STARTS.match(after) or _SPEAKER.match(after))
