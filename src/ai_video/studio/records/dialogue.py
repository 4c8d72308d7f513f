"""A shot's dialogue as readable text, and back into lines: `Line` is the truth.

One row per line: `小明（低声）：走吧。`, `Ming (softly): Let's go.` or the words alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from ai_video.domain.entities import Line

MAX_SPEAKER = 24
"""Characters before a colon that may still be a name nobody has introduced."""

_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_ROW = re.compile(
    r"(?P<speaker>[^:：()（）]+?)\s*(?:[（(](?P<delivery>[^()（）]*)[)）])?\s*[:：]\s*(?P<text>.+)"
)
_SENTENCE = re.compile(r"[.。!！?？,，;；…]")


@dataclass(frozen=True, slots=True)
class SpokenRow:
    """One row of a dialogue; `line` is the stored line that it keeps or rewrites."""

    speaker: str
    delivery: str
    text: str
    line: Line | None

    @property
    def unchanged(self) -> bool:
        kept = self.line
        return kept is not None and (kept.speaker, kept.delivery, kept.text) == (
            self.speaker,
            self.delivery,
            self.text,
        )


def dialogue_of(lines: Sequence[Line]) -> str:
    """The lines as text, one row each."""
    return "\n".join(_row_of(line) for line in lines)


def _row_of(line: Line) -> str:
    chinese = bool(_CJK.search(line.speaker + line.text))
    row = line.text
    if line.speaker:
        before, after, colon = ("（", "）", "：") if chinese else (" (", ")", ": ")
        aside = f"{before}{line.delivery}{after}" if line.delivery else ""
        row = f"{line.speaker}{aside}{colon}{line.text}"
    return " ".join(row.split())


def parse_dialogue(text: str, lines: Sequence[Line], *, names: Collection[str]) -> list[SpokenRow]:
    """Rows of a dialogue beside the lines they stand for.

    A row that reads as before keeps its line, whatever moved around it; a row between two kept ones
    rewrites the line that stood there.

    Args:
        lines: the shot's lines in order.
        names: characters' names and aliases; other names count when they are short.
    """
    wanted = [" ".join(row.split()) for row in text.splitlines() if row.strip()]
    present = [_row_of(line) for line in lines]
    blocks = SequenceMatcher(None, present, wanted, autojunk=False).get_opcodes()
    kept = {
        new + step: old + step
        for tag, old, old_end, new, _ in blocks
        if tag == "equal"
        for step in range(old_end - old)
    }
    free = [index for index in range(len(present)) if index not in kept.values()]
    for new, row in enumerate(wanted):  # rows that only moved
        same = next((old for old in free if new not in kept and present[old] == row), None)
        if same is not None:
            kept[new] = same
            free.remove(same)
    rewritten = dict(kept)
    for _, old, old_end, new, new_end in blocks:
        here = [index for index in range(old, old_end) if index in free]
        rows = [index for index in range(new, new_end) if index not in kept]
        rewritten |= dict(zip(rows, here, strict=False))
    return [
        _kept(lines[kept[new]])
        if new in kept
        else _parsed(row, lines[rewritten[new]] if new in rewritten else None, names)
        for new, row in enumerate(wanted)
    ]


def _kept(line: Line) -> SpokenRow:
    return SpokenRow(line.speaker, line.delivery, line.text, line)


def _parsed(row: str, line: Line | None, names: Collection[str]) -> SpokenRow:
    found = _ROW.fullmatch(row)
    if found is None:
        return SpokenRow("", "", row, line)
    speaker = found["speaker"].strip()
    if speaker not in names and (len(speaker) > MAX_SPEAKER or _SENTENCE.search(speaker)):
        return SpokenRow("", "", row, line)
    return SpokenRow(speaker, (found["delivery"] or "").strip(), found["text"].strip(), line)
