"""Whether a model's shots take every piece once and in order; what to tell it where they do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ai_video.writing.beats import Beat
from ai_video.writing.model_answers import ChunkAnswer, ShotAnswer
from ai_video.writing.model_items import is_card, seconds_of
from ai_video.writing.timing import LONGEST_S

MOST_PROBLEMS: Final = 12
_SLACK: Final = 1.25


def problems_of(answer: ChunkAnswer, pieces: Sequence[Beat], lang: str) -> list[str]:
    """What is wrong with an answer, in words for the model; empty where it can be filmed."""
    found: list[str] = []
    skipped = _skipped(answer, pieces, found)
    due = 1
    for number, shot in enumerate(answer.shots, start=1):
        if shot.last < shot.first:
            found.append(f"shot {number}: last {shot.last} stands before first {shot.first}")
            continue
        if shot.first < due:
            found.append(
                f"shot {number}: item {shot.first} is in an earlier shot or out of order; "
                f"the next item is {due}"
            )
        found += _left_out(range(due, shot.first), skipped)
        found += _inside(number, shot, pieces, lang)
        due = max(due, shot.last + 1)
    found += _left_out(range(due, len(pieces) + 1), skipped)
    return found[:MOST_PROBLEMS]


def _skipped(answer: ChunkAnswer, pieces: Sequence[Beat], found: list[str]) -> set[int]:
    skipped: set[int] = set()
    covered = {item for shot in answer.shots for item in range(shot.first, shot.last + 1)}
    for row in answer.skipped:
        if row.item in covered:
            found.append(f"item {row.item} is skipped and in a shot")
        elif not may_be_skipped(pieces[row.item - 1]):
            found.append(f"item {row.item} must be in a shot: only action may be skipped")
        else:
            skipped.add(row.item)
    if len(skipped) == len(pieces):
        found.append("nothing is left to film")
    return skipped


def may_be_skipped(piece: Beat) -> bool:
    """Only action: what is spoken, on a card, or opens a scene is always filmed."""
    return piece.kind == "action" and not piece.lines and not is_card(piece)


def _left_out(items: range, skipped: set[int]) -> list[str]:
    return [f"item {item} is in no shot and not skipped" for item in items if item not in skipped]


def _inside(number: int, shot: ShotAnswer, pieces: Sequence[Beat], lang: str) -> list[str]:
    taken = pieces[shot.first - 1 : shot.last]
    if len(taken) < 2:
        return []
    found: list[str] = []
    cards = [shot.first + at for at, piece in enumerate(taken) if is_card(piece)]
    if cards:
        found.append(f"shot {number}: item {cards[0]} is a card and must be a shot of its own")
    if len({piece.setting.number for piece in taken}) > 1:
        found.append(f"shot {number}: items {shot.first}-{shot.last} are of different scenes")
    seconds = sum(seconds_of(piece, lang) for piece in taken)
    if seconds > LONGEST_S * _SLACK:
        found.append(
            f"shot {number}: items {shot.first}-{shot.last} last {seconds:.0f} s; "
            f"a shot lasts at most {LONGEST_S:.0f} s"
        )
    return found
