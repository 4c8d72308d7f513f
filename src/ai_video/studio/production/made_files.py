"""The picture or clip among the files of a run, measured against what its graph asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, NamedTuple

from ai_video.assets import MediaFacts, probe
from ai_video.composition.defects import Inspection, Wanted, inspect_motion, inspect_picture
from ai_video.domain.entities import Json
from ai_video.errors import ConfigurationFailure, InputRefused
from ai_video.studio.production.graph_jobs import GraphResult
from ai_video.studio.production.graph_params import ShotGraph, number_at

MediaKind = Literal["image", "video"]
_SUFFIXES: Final[Mapping[MediaKind, tuple[str, ...]]] = {
    "image": (".png", ".jpg", ".jpeg", ".webp"),
    "video": (".mp4", ".webm", ".mov", ".mkv", ".gif"),
}


class MadeFile(NamedTuple):
    """What a run made, as the file that is kept; measured before anything was joined to it."""

    path: Path
    media: MediaFacts
    inspection: Inspection


async def measured_file(result: GraphResult, kind: MediaKind, shot: ShotGraph) -> MadeFile | None:
    """The first file of a run that is a picture (or a clip); None where its file cannot be read.

    Raises:
        ConfigurationFailure: `graph_made_nothing`.
    """
    wanted = wanted_of(shot, result.graph)
    inspect = inspect_picture if kind == "image" else inspect_motion
    broken = False
    for file in result.files:
        try:
            media = await probe(file.path)
        except InputRefused:
            broken |= file.path.suffix.lower() in _SUFFIXES[kind]
            continue
        if media.kind == kind:
            inspection = await asyncio.to_thread(inspect, file.path, wanted)
            return MadeFile(file.path, media, inspection)
    if broken:
        return None
    raise ConfigurationFailure("graph_made_nothing", server=result.server, kind=kind)


def wanted_of(shot: ShotGraph, sent: Json) -> Wanted:
    """The size and length that a graph, as it was sent, asks for."""
    places = {**shot.places, "length": shot.length.places if shot.length else ()}

    def first(role: str) -> int | None:
        where = places.get(role, ())
        found = number_at(sent, *where[0]) if where else None
        return int(found) if found else None

    return Wanted(
        width=first("width"),
        height=first("height"),
        frames=first("length"),
        fps=shot.length.fps if shot.length else None,
    )
