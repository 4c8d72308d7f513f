"""Stories from an idea: outline, script, accepted into the project; and a script's shots."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from ai_video.api.answers import answered, documented
from ai_video.api.films import Started
from ai_video.api.live import LiveHere, StudioHere
from ai_video.api.records import SHOWN, deleting, editing, reading
from ai_video.settings import LlmChoice
from ai_video.studio.planning.draft_acceptance import Accepted, accept_draft
from ai_video.studio.planning.drafts import (
    WriteRequest,
    write_outline,
    write_script,
)

DRAFT = SHOWN["drafts"]


class ScriptWish(BaseModel):
    model_config = ConfigDict(extra="forbid")

    llm: LlmChoice | None = Field(default=None, description="null: the project's")
    anew: bool = Field(default=False, description="another script of the same outline")


class AcceptBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    episode_id: UUID | None = Field(default=None, description="null: a new episode")


class PlanBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    llm: LlmChoice | None = Field(default=None, description="stored on the project")


def draft_routes() -> APIRouter:
    router = APIRouter(tags=["drafts"])
    made = documented(DRAFT, 409, 502, 503, status=201, description="Written")

    @router.post("/drafts", status_code=201, responses=made)
    async def write(studio: StudioHere, body: WriteRequest) -> Response:
        return answered(await write_outline(studio, body), 201)

    @router.post("/drafts/{id}/script", responses=documented(DRAFT, 409, 502, 503))
    async def script(studio: StudioHere, id: UUID, body: ScriptWish | None = None) -> Response:
        wish = body or ScriptWish()
        return answered(await write_script(studio, id, llm=wish.llm, anew=wish.anew))

    @router.post("/drafts/{id}/accept", responses=documented(Accepted, 409))
    async def accept(studio: StudioHere, id: UUID, body: AcceptBody | None = None) -> Response:
        episode_id = body.episode_id if body else None
        return answered(await accept_draft(studio, id, episode_id=episode_id))

    @router.post(
        "/episodes/{id}/plan",
        status_code=202,
        responses=documented(Started, 409, status=202, description="Its shots are being planned"),
    )
    async def plan(live: LiveHere, id: UUID, body: PlanBody | None = None) -> Response:
        planned = await live.films.plan(id, llm=body.llm if body else None)
        started = Started(
            ok=True,
            project_id=planned.project_id,
            episode_id=id,
            episode_ids=[id],
            dag_id=None,
        )
        return answered(started, 202)

    for part in (reading("drafts"), editing("drafts"), deleting("drafts")):
        router.include_router(part)
    return router
