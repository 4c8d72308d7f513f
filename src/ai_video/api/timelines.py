"""The timeline of an episode: read it, cut it by hand, go back to the shots' own order."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response

from ai_video.api.answers import OpenDocument, answered, documented
from ai_video.api.live import StudioHere
from ai_video.composition.arrangement import ClipCut, LineGain
from ai_video.composition.timeline import TimelineDocument
from ai_video.studio.records.timelines import (
    TimelineEdit,
    edit_timeline,
    follow_shots,
    show_timeline,
)
from ai_video.studio.requests import StaleRow


class ArrangementDocument(OpenDocument):
    """What PUT takes: who cuts by hand changes this and sends it back."""

    clips: list[ClipCut]
    gains: list[LineGain]
    music_gain_db: float


class TimelineAnswer(OpenDocument):
    id: UUID
    episode_id: UUID
    origin: Literal["auto", "edited"]
    version: int
    document: TimelineDocument
    arrangement: ArrangementDocument | None
    duration_s: float
    frames: int


class TimelineEdited(OpenDocument):
    ok: bool
    item: TimelineAnswer
    stale: list[StaleRow]


Version = Annotated[
    int | None, Query(ge=1, le=1_000_000_000, description="Else the newest version.")
]


def timeline_routes() -> APIRouter:
    router = APIRouter(prefix="/episodes", tags=["episodes"])

    @router.get("/{id}/timeline", responses=documented(TimelineAnswer))
    async def timeline(studio: StudioHere, id: UUID, version: Version = None) -> Response:
        return answered(await show_timeline(studio, id, version=version))

    @router.put("/{id}/timeline", responses=documented(TimelineEdited, 409))
    async def cut_timeline(studio: StudioHere, id: UUID, body: TimelineEdit) -> Response:
        return answered(await edit_timeline(studio, id, body))

    @router.delete("/{id}/timeline", responses=documented(TimelineEdited, 409))
    async def follow_storyboards(studio: StudioHere, id: UUID) -> Response:
        return answered(await follow_shots(studio, id))

    return router
