"""The JSON application: every route under /api, every error a problem."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache

from fastapi import APIRouter, FastAPI

from ai_video import __version__
from ai_video.api.answers import Done
from ai_video.api.assets import asset_routes
from ai_video.api.chat import chat_routes
from ai_video.api.drafts import draft_routes
from ai_video.api.events import event_routes
from ai_video.api.files import link_routes
from ai_video.api.films import film_routes, story_routes, video_routes, voice_routes
from ai_video.api.live import Live
from ai_video.api.llm import llm_routes
from ai_video.api.loras import lora_routes
from ai_video.api.problems import install, say_media_type
from ai_video.api.publishing import publish_routes
from ai_video.api.records import record_routers
from ai_video.api.runs import dag_routes, task_routes
from ai_video.api.sheets import sheet_routes
from ai_video.api.takes import take_routes
from ai_video.api.timelines import timeline_routes
from ai_video.api.translate import translate_routes
from ai_video.api.translations import translation_routes
from ai_video.api.workflows import server_routes, workflow_routes
from ai_video.studio.chat.turns import Chats
from ai_video.studio.planning.film_runs import FilmRuns
from ai_video.studio.studio import Studio


class Health(Done):
    version: str


def create_api(studio: Studio) -> FastAPI:
    """The application of one studio; `app.state.live` is what it holds while it runs."""
    live = Live(studio, FilmRuns(studio), Chats(studio))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        await live.chats.start()
        yield
        await live.stop()

    app = FastAPI(
        title="ai-video",
        version=__version__,
        lifespan=lifespan,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.live = live
    install(app, studio.language)
    for router in (
        health_routes(), event_routes(), story_routes(), film_routes(), video_routes(), voice_routes(),
        asset_routes(), link_routes(), sheet_routes(), publish_routes(), translation_routes(), timeline_routes(), take_routes(),
        task_routes(), dag_routes(), chat_routes(), draft_routes(),
        lora_routes(), llm_routes(), translate_routes(), workflow_routes(), server_routes(), *record_routers(),
    ):  # fmt: skip
        app.include_router(router, prefix="/api")
    describe = app.openapi
    app.openapi = cache(lambda: say_media_type(describe()))
    return app


def health_routes() -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.head("/health", include_in_schema=False)
    @router.get("/health")
    async def health() -> Health:
        return Health(ok=True, version=__version__)

    return router
