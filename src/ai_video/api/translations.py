"""A second language for an episode's subtitles: from a subtitle file, or by a language model."""

from __future__ import annotations

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from ai_video.api.answers import answered, documented
from ai_video.api.files import UPLOAD_BODY, received
from ai_video.api.live import StudioHere
from ai_video.composition.second_language import MatchBy
from ai_video.domain.entities import Lang
from ai_video.settings import LlmChoice
from ai_video.studio.planning.line_translation import LinesTranslated, translate_episode_lines
from ai_video.studio.records.translations import SUBTITLE_LIMIT, import_translation
from ai_video.studio.requests import TranslationDocument


class TranslateLinesBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    to: Lang
    everything: bool = Field(default=False, description="lines that have a translation as well")
    llm: LlmChoice | None = Field(default=None, description="null: the project's")


def translation_routes() -> APIRouter:
    router = APIRouter(prefix="/episodes", tags=["lines"])

    @router.post(
        "/{id}/translation",
        responses=documented(TranslationDocument, 409, 413),
        openapi_extra=UPLOAD_BODY,
    )
    async def import_(
        request: Request,
        studio: StudioHere,
        id: UUID,
        name: Annotated[str, Query(max_length=255)] = "subtitles.srt",
        by: Annotated[MatchBy, Query(description="Cues to lines by times, or one to one")] = "auto",
    ) -> Response:
        async with received(request, name, limit=SUBTITLE_LIMIT) as file:
            data = await asyncio.to_thread(file.read_bytes)
        return answered(await import_translation(studio, id, data, name=file.name, by=by))

    @router.post("/{id}/translate-lines", responses=documented(LinesTranslated, 409, 502, 503))
    async def translate(studio: StudioHere, id: UUID, body: TranslateLinesBody) -> Response:
        return answered(
            await translate_episode_lines(
                studio, id, to=body.to, everything=body.everything, llm=body.llm
            )
        )

    return router
