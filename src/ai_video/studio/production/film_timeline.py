"""A film's timeline document: made of what its segments say, stored beside each film."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from pydantic import JsonValue

from ai_video.composition.arrangement import Arrangement, arrangement_of
from ai_video.composition.timeline import (
    MusicItem,
    TimedLine,
    TimedShot,
    TimelineDocument,
    auto_timeline,
)
from ai_video.domain.entities import Episode, Json, Project, Storyboard, Timeline
from ai_video.domain.media_time import FrameRate
from ai_video.storage.database import Unit
from ai_video.studio.production.film_params import CompositeParams
from ai_video.studio.production.film_snapshot import edited_arrangement, latest_timeline

Fact = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class CutFacts:
    """How long a shot came out: frames in the film, frames before trimming, its lines in seconds."""

    frames: int
    source_frames: int
    source_start: int
    lines: tuple[tuple[float, float], ...]

    @classmethod
    def of(cls, segment: Fact) -> CutFacts:
        """From the facts of a finished segment."""
        spans = cast("list[dict[str, float]]", segment.get("lines", []))
        frames = cast("int", segment["frames"])
        return cls(
            frames=frames,
            source_frames=cast("int", segment.get("source_frames", frames)),
            source_start=cast("int", segment.get("source_start", 0)),
            lines=tuple((span["start_s"], span["end_s"]) for span in spans),
        )

    def as_json(self) -> dict[str, JsonValue]:
        return {
            "frames": self.frames,
            "source_frames": self.source_frames,
            "source_start": self.source_start,
            "lines": [{"start_s": start, "end_s": end} for start, end in self.lines],
        }


def film_timeline(
    params: CompositeParams, parents: Sequence[str], cuts: Sequence[CutFacts]
) -> TimelineDocument:
    """What stands where in a film, from its task and the segments it is joined from.

    `parents` are the composite's: its segments in film order, then every line's voice.
    """
    shots = [UUID(key.removeprefix("segment:")) for key in parents if key.startswith("segment:")]
    lines = iter([UUID(key.removeprefix("voice:")) for key in parents if key.startswith("voice:")])
    return auto_timeline(
        [
            TimedShot(
                storyboard_id=shot_id,
                frames=cut.frames,
                transition=shot.transition,
                lines=tuple(
                    TimedLine(next(lines), end - start, heard.gain_db)
                    for heard, (start, end) in zip(shot.line, cut.lines, strict=True)
                ),
                source_start=cut.source_start,
                source_frames=cut.source_frames,
                trim_start=shot.trim_start,
                trim_end=shot.trim_end,
            )
            for shot_id, shot, cut in zip(shots, params.shot, cuts, strict=True)
        ],
        rate=FrameRate(params.fps),
        width=params.width,
        height=params.height,
        music=None if params.settings.music_style == "none" else params.settings.music_style,
        title_frames=params.title_card.frames if params.title_card else 0,
        end_frames=params.end_card.frames if params.end_card else 0,
        music_gain_db=params.music_gain_db,
    )


async def keep_timeline(unit: Unit, episode_id: UUID, document: TimelineDocument) -> None:
    """Store a film's timeline as the newest version, unless it says nothing new.

    An edited timeline keeps what its maker decided and takes in the new times. One that was edited
    while the film was being made stays as it is: the film that belongs to it is still to come.
    """
    latest = await latest_timeline(unit, episode_id)
    document = await _with_own_music(unit, episode_id, document)
    origin = "auto"
    if latest is not None and latest.origin == "edited":
        shots = await unit.find(Storyboard, episode_id=episode_id, order_by=("shot_number", "id"))
        wanted = edited_arrangement(latest, [shot.id for shot in shots])
        if wanted is not None:
            if not _shows(document, wanted):
                return
            origin = "edited"
            document = document.model_copy(update={"left_out": wanted.left_out})
    if latest is not None and (latest.origin, latest.document) == (origin, _json(document)):
        return
    await add_timeline(unit, episode_id, document, origin=origin, latest=latest)


async def add_timeline(
    unit: Unit,
    episode_id: UUID,
    document: TimelineDocument,
    *,
    origin: str,
    latest: Timeline | None,
) -> Timeline:
    """Store a document as the version after `latest`."""
    row = await unit.add(
        Timeline.fresh(
            episode_id=episode_id,
            origin=origin,
            version=latest.version + 1 if latest else 1,
            document=_json(document),
        )
    )
    await unit.event("timeline.changed", episode_id, version=row.version, origin=row.origin)
    return row


def _json(document: TimelineDocument) -> Json:
    return document.model_dump(mode="json")


def _shows(document: TimelineDocument, wanted: Arrangement) -> bool:
    """Does a document show what an arrangement asks for?"""
    made = arrangement_of(document)
    return (
        made is not None
        and (made.clips, made.music_gain_db) == (wanted.clips, wanted.music_gain_db)
        and all(voice.gain_db == wanted.gain_of(voice.line_id) for voice in document.voices)
    )


async def _with_own_music(
    unit: Unit, episode_id: UUID, document: TimelineDocument
) -> TimelineDocument:
    """The document with the user's own music named in it, where the project has some."""
    episode = await unit.get(Episode, episode_id)
    project = await unit.get(Project, episode.project_id)
    music = project.settings.music_asset_id
    if music is None:
        return document
    items = tuple(
        item.model_copy(update={"asset_id": music}) if isinstance(item, MusicItem) else item
        for item in document.items
    )
    return document.model_copy(update={"items": items})
