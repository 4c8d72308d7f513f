"""A subtitle file in another language, and which of its cues translate which lines. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import pysubs2
import pysubs2.exceptions

from ai_video.composition.subtitles import clean_text
from ai_video.errors import InputRefused

LEAST_OVERLAP = 0.3
"""Of the shorter of cue and line: less is taken for a neighbour's cue that lingers."""
LEAST_MATCHED = 0.6
"""Of the cues: when fewer meet a line, the file's times are another film's."""
_WIDE_LETTER = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]")

MatchBy = Literal["auto", "time", "order"]


@dataclass(frozen=True, slots=True)
class ReadCue:
    """One cue of a file; `number` counts from 1."""

    number: int
    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True)
class HeardLine:
    """When a line of the film is heard."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Matched:
    """`texts[i]` is the translation of line i, empty where the file has none; `left` fit nowhere."""

    by: Literal["time", "order"]
    texts: tuple[str, ...]
    left: tuple[ReadCue, ...] = field(default=())


def read_cues(text: str, *, name: str) -> list[ReadCue]:
    """The cues of an SRT, VTT or ASS file, by time; those without words are left out.

    Raises:
        InputRefused: `subtitles_unreadable`.
    """
    try:
        # Its detection wants styles, which a translator's tool may have left out.
        kind = "ass" if "[Events]" in text else None
        file = pysubs2.SSAFile.from_string(text.lstrip("\ufeff"), format_=kind)
    except (pysubs2.exceptions.Pysubs2Error, ValueError, IndexError, KeyError) as exc:
        raise InputRefused("subtitles_unreadable", name=name, reason=type(exc).__name__) from exc
    escaped = text.lstrip("\ufeff").startswith("WEBVTT")
    cues: list[ReadCue] = []
    for event in sorted(file.events, key=lambda event: (event.start, event.end)):
        shown = html.unescape(event.plaintext) if escaped else event.plaintext
        words = clean_text(shown.replace("\n", " "))
        if words and not event.is_comment and event.end > event.start:
            cues.append(ReadCue(len(cues) + 1, event.start / 1000, event.end / 1000, words))
    if not cues:
        raise InputRefused("subtitles_unreadable", name=name, reason="no cue")
    return cues


def match_cues(
    cues: Sequence[ReadCue], lines: Sequence[HeardLine], *, by: MatchBy, name: str
) -> Matched:
    """Each cue to the line it is shown with; `order` takes them one to one.

    `auto` goes by time where the file's times are the film's, else by order where there are as many
    cues as lines.

    Raises:
        InputRefused: `subtitles_do_not_match`.
    """
    if by != "order":
        timed = _by_time(cues, lines)
        matched = len(cues) - len(timed.left)
        if (by == "time" and matched) or matched >= LEAST_MATCHED * len(cues):
            return timed
    if by != "time" and len(cues) == len(lines):
        return Matched("order", tuple(cue.text for cue in cues))
    raise InputRefused("subtitles_do_not_match", name=name, cues=len(cues), lines=len(lines))


def _by_time(cues: Sequence[ReadCue], lines: Sequence[HeardLine]) -> Matched:
    texts: list[list[str]] = [[] for _ in lines]
    left: list[ReadCue] = []
    for cue in cues:
        shares = [_shared(cue, line) for line in lines]
        best = max(range(len(lines)), key=shares.__getitem__, default=None)
        if best is None or shares[best] < LEAST_OVERLAP:
            left.append(cue)
        else:
            texts[best].append(cue.text)
    return Matched("time", tuple(_joined(parts) for parts in texts), tuple(left))


def _shared(cue: ReadCue, line: HeardLine) -> float:
    """Overlap, as a share of the shorter of the two."""
    overlap = min(cue.end_s, line.end_s) - max(cue.start_s, line.start_s)
    shorter = min(cue.end_s - cue.start_s, line.end_s - line.start_s)
    return overlap / shorter if shorter > 0 else 0.0


def _joined(parts: Sequence[str]) -> str:
    """The parts of one line as one text: with a space, but not between two Chinese characters."""
    text = ""
    for part in parts:
        wide = text and _WIDE_LETTER.match(text[-1]) and _WIDE_LETTER.match(part[0])
        text += part if not text or wide else f" {part}"
    return text
