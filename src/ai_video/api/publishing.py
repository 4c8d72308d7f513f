"""What a film needs where it is published: covers in three ratios and a description."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from ai_video.api.answers import answered, documented
from ai_video.api.live import StudioHere
from ai_video.studio.film.publishing import publish_episode
from ai_video.studio.requests import PublishDocument


def publish_routes() -> APIRouter:
    router = APIRouter(prefix="/episodes", tags=["films"])

    @router.post("/{id}/publish", responses=documented(PublishDocument, 409))
    async def publish(studio: StudioHere, id: UUID) -> Response:
        return answered(await publish_episode(studio, id))

    return router
