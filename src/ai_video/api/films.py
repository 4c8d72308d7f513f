"""Films: make one of a text, bring one up to date, see what is stale, play and download."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ai_video.api.answers import OpenDocument, answered, documented, page_of
from ai_video.api.files import (
    UPLOAD_BODY,
    asset_response,
    file_response,
    file_route,
    received,
)
from ai_video.api.live import LiveHere, StudioHere
from ai_video.api.records import SHOWN
from ai_video.domain.entities import Json
from ai_video.errors import InputRefused, NotFound
from ai_video.studio.film.render import Clock, render_film
from ai_video.studio.film.stale import stale_rows
from ai_video.studio.planning.make import planned_film
from ai_video.studio.planning.stories import STORY_LIMIT, read_story
from ai_video.studio.records.records import show_record
from ai_video.studio.records.videos import list_videos
from ai_video.studio.records.voices import list_voices, sample_voice
from ai_video.studio.requests import (
    FilmDocument,
    MakeBody,
    MakeRequest,
    RenderBody,
    RenderRequest,
    SeriesDocument,
    StaleRow,
)
from ai_video.studio.studio import Studio


class Started(OpenDocument):
    """A film that is being made; progress arrives as events."""

    ok: bool
    project_id: UUID
    episode_id: UUID
    episode_ids: list[UUID]
    dag_id: UUID | None


class FilmState(FilmDocument):
    """A film as it stands: what the next render would do, and whether one runs now."""

    filming: bool
    videos: list[Json]


class StaleList(OpenDocument):
    items: list[StaleRow]
    next: str | None


class StoryDocument(OpenDocument):
    """A text file as `make` reads it."""

    text: str
    name: str
    format: str


def story_routes() -> APIRouter:
    router = APIRouter(prefix="/stories", tags=["films"])

    @router.post("", responses=documented(StoryDocument, 413), openapi_extra=UPLOAD_BODY)
    async def read(
        request: Request, name: Annotated[str, Query(max_length=255)] = "story.txt"
    ) -> Response:
        async with received(request, name, limit=STORY_LIMIT) as file:
            story = await asyncio.to_thread(read_story, file)
        return answered(
            StoryDocument(text=story["text"], name=story["name"], format=story["source_format"])
        )

    return router


def film_routes() -> APIRouter:
    router = APIRouter(tags=["films"])

    @router.post("/make", status_code=202, responses=documented(Started, 409, status=202))
    async def make(live: LiveHere, body: MakeBody) -> Response:
        said = body.model_dump(exclude_unset=True, exclude={"narrator_voice"})
        planned = await live.films.make(
            MakeRequest.model_validate(said), narrator_voice=body.narrator_voice
        )
        episodes = planned.episodes if isinstance(planned, SeriesDocument) else [planned]
        ids = [episode.episode_id for episode in episodes]
        started = Started(
            ok=True,
            project_id=planned.project_id,
            episode_id=ids[0],
            episode_ids=ids,
            dag_id=None,
        )
        return answered(started, 202)

    @router.post("/episodes/{id}/make", status_code=202, responses=_started())
    async def render(live: LiveHere, id: UUID, body: RenderBody | None = None) -> Response:
        episode = await show_record(live.studio, "episodes", id)
        asked = body or RenderBody()
        request = RenderRequest(
            episode_id=id, shots=asked.shots, scene=asked.scene, until=asked.until
        )
        await render_film(live.studio, request.model_copy(update={"dry_run": True}))
        live.films.render(request)
        document = {"ok": True, "project_id": episode["project_id"], "episode_id": id}
        return answered({**document, "episode_ids": [id], "dag_id": None}, 202)

    @router.get("/episodes/{id}/film", responses=documented(FilmState, 409))
    async def film(live: LiveHere, id: UUID) -> Response:
        state = await film_as_it_is(live.studio, id)
        videos = await list_videos(live.studio, id)
        return answered(
            {**state.model_dump(), "filming": live.films.is_filming(id), "videos": videos.items}
        )

    @router.get("/episodes/{id}/stale", responses=documented(StaleList))
    async def stale(studio: StudioHere, id: UUID) -> Response:
        return answered({"items": await stale_rows(studio, id), "next": None})

    return router


async def film_as_it_is(studio: Studio, episode_id: UUID) -> FilmDocument:
    """What the next render would do; nothing where no shots are planned yet.

    Raises:
        NotFound: no such episode. Conflict: its project is archived.
    """
    try:
        return await render_film(studio, RenderRequest(episode_id=episode_id, dry_run=True))
    except InputRefused as refused:
        if refused.code != "no_shots":
            raise
        return await planned_film(studio, episode_id, Clock.start())


def _started() -> dict[int | str, dict[str, object]]:
    return documented(Started, 409, status=202, description="It is being made")


VIDEO_PAGE = page_of(SHOWN["videos"])


def video_routes() -> APIRouter:
    router = APIRouter(tags=["videos"])

    @router.get("/videos", responses=documented(VIDEO_PAGE))
    async def list_(studio: StudioHere, episode_id: UUID) -> Response:
        return answered(await list_videos(studio, episode_id))

    @router.get("/episodes/{id}/videos", responses=documented(VIDEO_PAGE))
    async def of_episode(studio: StudioHere, id: UUID) -> Response:
        await show_record(studio, "episodes", id)
        return answered(await list_videos(studio, id))

    @router.get("/videos/{id}", responses=documented(SHOWN["videos"]))
    async def show(studio: StudioHere, id: UUID) -> Response:
        return answered(await show_record(studio, "videos", id))

    @file_route(router, "/videos/{id}/file")
    async def file(
        request: Request, studio: StudioHere, id: UUID, download: bool = False
    ) -> Response:
        video = await show_record(studio, "videos", id)
        return await asset_response(request, studio, video["asset_id"], download=download)

    @file_route(router, "/videos/{id}/subtitles.{format}")
    async def subtitles(
        request: Request,
        studio: StudioHere,
        id: UUID,
        format: Literal["srt", "vtt", "ass"],
        download: bool = False,
    ) -> Response:
        video = await show_record(studio, "videos", id)
        config = cast("Json", video.get("composition_config") or {})
        sidecars = cast("Json", config.get("sidecars") or {})
        if format not in sidecars:
            raise NotFound("subtitles", format)
        return await asset_response(request, studio, sidecars[format], download=download)

    return router


class VoiceDocument(OpenDocument):
    id: str
    lang: str
    gender: str | None
    label: str


def voice_routes() -> APIRouter:
    router = APIRouter(prefix="/voices", tags=["voices"])

    @router.get("", responses=documented(page_of(VoiceDocument)))
    async def list_(studio: StudioHere, lang: Literal["zh", "en"] | None = None) -> Response:
        return answered(await list_voices(studio, lang=lang))

    @file_route(router, "/{id}/sample")
    async def sample(
        request: Request,
        studio: StudioHere,
        id: str,
        text: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    ) -> Response:
        path = await sample_voice(studio, id, text=text)
        return file_response(
            request,
            path,
            media_type="audio/wav",
            name=f"{id.replace(':', '-')}.wav",
            sha256=path.stem,
        )

    return router
