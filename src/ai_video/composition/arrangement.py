"""What a person decided about a film's cut: order, trims, shots left out, levels. Pure.

It is kept inside an edited timeline document and read back from it; times follow from it and from
how long each shot and voice is, so new takes flow into an old arrangement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import Field

from ai_video.composition.timeline import TimelineDocument
from ai_video.domain.entities import Value

Trim = Annotated[int, Field(ge=0, le=1_000_000)]
Gain = Annotated[float, Field(ge=-40, le=12)]
"""Decibels on top of the level that the mix gives."""


class ClipCut(Value):
    """A shot in the film, without so many frames at its start and end."""

    storyboard_id: UUID
    trim_start: Trim = 0
    trim_end: Trim = 0


class LineGain(Value):
    """A line that is to be louder or quieter."""

    line_id: UUID
    gain_db: Gain


class Arrangement(Value):
    """Shots in film order. A shot that is neither here nor left out is new: it joins by itself."""

    clips: tuple[ClipCut, ...] = Field(min_length=1, max_length=10_000)
    left_out: tuple[UUID, ...] = ()
    gains: tuple[LineGain, ...] = Field(default=(), max_length=100_000)
    music_gain_db: Gain = 0.0

    def gain_of(self, line_id: UUID) -> float:
        return next((row.gain_db for row in self.gains if row.line_id == line_id), 0.0)


def arrangement_of(document: TimelineDocument) -> Arrangement | None:
    """What a document's maker decided; None when it shows no shot."""
    if not document.clips:
        return None
    return Arrangement(
        clips=tuple(
            ClipCut(
                storyboard_id=clip.storyboard_id,
                trim_start=clip.trim_start,
                trim_end=clip.trim_end,
            )
            for clip in document.clips
        ),
        left_out=document.left_out,
        gains=tuple(
            LineGain(line_id=item.line_id, gain_db=item.gain_db)
            for item in document.voices
            if item.gain_db
        ),
        music_gain_db=document.music_gain_db,
    )


def brought_up_to_date(arrangement: Arrangement, shots: Sequence[UUID]) -> Arrangement | None:
    """The arrangement for the shots that there are now, given in the order of the storyboards.

    Shots that are gone leave it; a new one stands behind the shot that precedes it. None when
    nothing of it remains: then the film follows the storyboards again.
    """
    present = set(shots)
    clips = [clip for clip in arrangement.clips if clip.storyboard_id in present]
    if not clips:
        return None
    left_out = tuple(id for id in arrangement.left_out if id in present)
    known = {clip.storyboard_id for clip in clips} | set(left_out)
    for index, shot in enumerate(shots):
        if shot in known:
            continue
        place = _place_after(clips, shots[:index])
        clips.insert(place, ClipCut(storyboard_id=shot))
    return arrangement.model_copy(update={"clips": tuple(clips), "left_out": left_out})


def _place_after(clips: Sequence[ClipCut], before: Sequence[UUID]) -> int:
    places = {clip.storyboard_id: place for place, clip in enumerate(clips)}
    for shot in reversed(before):
        if shot in places:
            return places[shot] + 1
    return 0
