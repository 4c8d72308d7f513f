"""The words that go beside a film where it is published: what it is, its parts, its sources."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

LEAST_CHAPTER_S = 10.0
"""Players that read chapter times want each at least so long."""

Lang = Literal["zh", "en"]
_WORDS: dict[Lang, dict[str, str]] = {
    "zh": {"chapters": "章节", "sources": "资料来源", "colon": "："},
    "en": {"chapters": "Chapters", "sources": "Sources", "colon": ": "},
}


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the film and when it begins."""

    start_s: float
    title: str


@dataclass(frozen=True, slots=True)
class Description:
    """Everything that the text says; `credits` are (role, names)."""

    title: str
    summary: str
    chapters: tuple[Chapter, ...]
    sources: tuple[str, ...]
    credits: tuple[tuple[str, str], ...]
    statement: str
    lang: Lang


def chapters_of(parts: Sequence[tuple[float, str]], *, film_s: float) -> tuple[Chapter, ...]:
    """Chapters of a film from (start, title) of its parts in order: the first begins with the film.

    Neighbours of one title are one chapter; a part under ten seconds joins the one before it, or at
    the beginning the one after it.
    """
    merged = _joined([Chapter(start_s, title) for start_s, title in parts])
    ends = [*(chapter.start_s for chapter in merged[1:]), film_s]
    long = [
        chapter
        for chapter, end_s in zip(merged, ends, strict=False)
        if end_s - chapter.start_s >= LEAST_CHAPTER_S
    ]
    kept = _joined(long or merged[:1])
    return tuple(
        replace(chapter, start_s=0.0) if chapter is kept[0] else chapter for chapter in kept
    )


def _joined(chapters: Sequence[Chapter]) -> list[Chapter]:
    """The chapters without those that go on under the title of the one before."""
    return [next(group) for _, group in itertools.groupby(chapters, key=lambda row: row.title)]


def description_text(said: Description) -> str:
    """The description as plain text, ready to paste: chapter lines start with their time."""
    words = _WORDS[said.lang]
    blocks = [said.title, said.summary]
    if len(said.chapters) > 1:
        long = said.chapters[-1].start_s >= 3600
        times = [f"{clock(row.start_s, hours=long)} {row.title}" for row in said.chapters]
        blocks.append("\n".join([f"{words['chapters']}{words['colon'].rstrip()}", *times]))
    if said.sources:
        rows = [f"- {source}" for source in said.sources]
        blocks.append("\n".join([f"{words['sources']}{words['colon'].rstrip()}", *rows]))
    blocks.append("\n".join(f"{role}{words['colon']}{names}" for role, names in said.credits))
    blocks.append(said.statement)
    return "\n\n".join(block for block in blocks if block) + "\n"


def clock(seconds: float, *, hours: bool = False) -> str:
    """`02:05`, or `1:02:05` in a film of an hour; rounded down, as a chapter must not start late."""
    whole = int(seconds + 1e-6)
    if hours:
        return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
    return f"{whole // 60:02}:{whole % 60:02}"
