"""A model's answer becomes beats: its pictures and cuts, the text's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ai_video.domain.slots import Slots
from ai_video.filmwords.places import INDOORS
from ai_video.writing.beats import Beat, Setting
from ai_video.writing.model_answers import ChunkAnswer, PlacedShotAnswer, ShotAnswer, plain
from ai_video.writing.plan import LineDraft, SceneDraft
from ai_video.writing.script import Element

_PACES: Final = {"slow": 1.3, "fast": 0.75}
_SPOKEN_SILENCE_S: Final = 3.0
"""The longest a spoken shot stays silent besides."""
_ASKED: Final = (
    "shot_size", "angle", "movement", "time_of_day", "weather", "light", "mood",
    "depth_of_field", "pace",
)  # fmt: skip


@dataclass(slots=True)
class Filmed:
    """What a chunk became: its beats, and the paragraphs that no picture shows."""

    beats: list[Beat] = field(default_factory=list[Beat])
    skipped: list[int] = field(default_factory=list[int])


def filmed(answer: ChunkAnswer, pieces: Sequence[Beat], scenes: Mapping[str, SceneDraft]) -> Filmed:
    """The beats of a checked answer; `problems_of` found nothing wrong with it.

    What is skipped still belongs to the shot that follows, so that an edit of it is noticed.
    """
    done = Filmed()
    shown: set[int] = set()
    due = 1
    moved: Setting | None = None
    for shot in answer.shots:
        taken = pieces[shot.first - 1 : shot.last]
        beat = _shot(shot, taken)
        moved = _moved(shot, beat.setting, moved, scenes)
        beat.setting = moved or beat.setting
        beat.elements[:0] = _elements(pieces[due - 1 : shot.first - 1])
        shown |= {number for piece in taken for number in piece.paragraphs}
        done.beats.append(beat)
        due = shot.last + 1
    done.beats[-1].elements += _elements(pieces[due - 1 :])
    everything = {number for piece in pieces for number in piece.paragraphs}
    done.skipped = sorted(everything - shown)
    return done


def _shot(shot: ShotAnswer, taken: Sequence[Beat]) -> Beat:
    first = taken[0]
    lines = [line for piece in taken for line in piece.lines]
    speaking = [piece for piece in taken if piece.lines]
    return replace(
        speaking[0] if speaking else first,
        setting=first.setting,
        elements=_elements(taken),
        seen="\n".join(piece.seen for piece in taken if piece.seen),
        lines=lines,
        off_screen=bool(speaking) and all(piece.off_screen for piece in speaking),
        names=list(dict.fromkeys(shot.characters)),
        listener="",
        picture=next((piece.picture for piece in taken if piece.picture), None),
        transition=first.transition if first.transition != "cut" else shot.transition,
        silent_s=_silence(shot, taken, lines),
        shown=plain(shot.picture) or "…",
        asked=Slots(**{name: getattr(shot, name) for name in _ASKED}),
    )


def _silence(shot: ShotAnswer, taken: Sequence[Beat], lines: Sequence[LineDraft]) -> float:
    silent = sum(piece.silent_s for piece in taken) * _PACES.get(shot.pace or "", 1.0)
    return min(silent, _SPOKEN_SILENCE_S) if lines else silent


def _elements(taken: Sequence[Beat]) -> list[Element]:
    unique = {id(item): item for piece in taken for item in piece.elements}
    return list(unique.values())


def _moved(
    shot: ShotAnswer, setting: Setting, last: Setting | None, scenes: Mapping[str, SceneDraft]
) -> Setting | None:
    """Where a shot is that names its scene; `last` where it stays there."""
    name = shot.scene if isinstance(shot, PlacedShotAnswer) else None
    if name is None:
        return last
    scene = scenes[name]
    if last is not None and last.name == name:
        return replace(last, slots=setting.slots)
    return replace(setting, name=scene.name, place=scene.place, outdoors=scene.place not in INDOORS)


def renumbered(beats: Sequence[Beat]) -> list[Beat]:
    """The beats with their scenes counted from 1, as the film comes to them."""
    done: list[Beat] = []
    number, last = 0, None
    for beat in beats:
        here = (beat.setting.name, beat.setting.place)
        if here != last:
            number, last = number + 1, here
        done.append(replace(beat, setting=replace(beat.setting, number=number)))
    for beat, following in zip(done, [*done[1:], None]):
        beat.last_of_scene = following is None or following.setting.number != beat.setting.number
    return done
