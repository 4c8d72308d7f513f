"""Takes of shots and lines: list, make several, compare, add your own, select, lock."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from ai_video.api.answers import OpenDocument, answered, documented
from ai_video.api.files import UPLOAD_BODY, asset_response, file_route, received
from ai_video.api.live import StudioHere
from ai_video.api.records import PAGES, SHOWN
from ai_video.domain.entities import Json
from ai_video.errors import Conflict
from ai_video.studio.records.records import show_record
from ai_video.studio.runs import takes
from ai_video.studio.runs.candidates import MOST_CANDIDATES, CandidateKind, make_takes
from ai_video.studio.runs.likeness import likeness_of_take
from ai_video.studio.runs.take_comparison import compare_takes
from ai_video.studio.runs.take_graphs import take_nodes
from ai_video.studio.studio import Studio

Name = Annotated[str, Query(max_length=255, description="The file's name.")]
LIST = documented(PAGES["takes"])
CHANGED = documented(OpenDocument, 409)


class LockBody(BaseModel):
    """Which of a shot's takes to lock or unlock."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["image", "video"] = "video"
    locked: bool = True


class MakeTakesBody(BaseModel):
    """How many pictures or clips to draw of a shot, to choose from."""

    model_config = ConfigDict(extra="forbid")

    kind: CandidateKind = "image"
    count: int = Field(default=3, ge=1, le=MOST_CANDIDATES)


def take_routes() -> APIRouter:
    router = APIRouter(tags=["takes"])

    @router.get("/takes", responses=LIST, operation_id="list_takes")
    async def list_(
        studio: StudioHere, storyboard_id: UUID | None = None, line_id: UUID | None = None
    ) -> Response:
        return answered(
            await takes.list_takes(studio, storyboard_id=storyboard_id, line_id=line_id)
        )

    @router.get("/takes/compare", responses=documented(OpenDocument), operation_id="compare_takes")
    async def compare(
        studio: StudioHere, id: Annotated[list[UUID], Query(description="2 to 16 of one shot.")]
    ) -> Response:
        return answered(await compare_takes(studio, id))

    @router.get("/takes/{id}", responses=documented(SHOWN["takes"]))
    async def show(studio: StudioHere, id: UUID) -> Response:
        return answered(await show_record(studio, "takes", id))

    @file_route(router, "/takes/{id}/file")
    async def file(
        request: Request, studio: StudioHere, id: UUID, download: bool = False
    ) -> Response:
        take = await show_record(studio, "takes", id)
        return await asset_response(request, studio, take["asset_id"], download=download)

    @router.get("/takes/{id}/graph", responses=documented(OpenDocument))
    async def graph(studio: StudioHere, id: UUID) -> Response:
        return answered(await takes.take_graph(studio, id))

    @router.post("/takes/{id}/likeness", responses=documented(OpenDocument))
    async def likeness(studio: StudioHere, id: UUID) -> Response:
        return answered(await likeness_of_take(studio, id))

    @router.get("/takes/{id}/nodes", responses=documented(OpenDocument), operation_id="take_nodes")
    async def nodes(studio: StudioHere, id: UUID) -> Response:
        return answered(await take_nodes(studio, id))

    @router.post("/takes/{id}/select", responses=CHANGED)
    async def select(studio: StudioHere, id: UUID) -> Response:
        return answered(await takes.select_take(studio, id))

    @router.post("/takes/{id}/lock", responses=CHANGED)
    async def lock(studio: StudioHere, id: UUID) -> Response:
        return answered(await takes.lock_take(studio, id))

    @router.post("/takes/{id}/unlock", responses=CHANGED)
    async def unlock(studio: StudioHere, id: UUID) -> Response:
        return answered(await takes.unlock_take(studio, id))

    router.include_router(_of_shots())
    router.include_router(_of_lines())
    return router


def _of_shots() -> APIRouter:
    router = APIRouter(prefix="/storyboards/{id}")

    @router.get("/takes", responses=LIST)
    async def of_shot(studio: StudioHere, id: UUID) -> Response:
        await show_record(studio, "storyboards", id)
        return answered(await takes.list_takes(studio, storyboard_id=id))

    @router.post("/takes", status_code=201, responses=_added(), openapi_extra=UPLOAD_BODY)
    async def add_to_shot(
        request: Request, studio: StudioHere, id: UUID, name: Name = ""
    ) -> Response:
        await show_record(studio, "storyboards", id)
        async with received(request, name) as file:
            return answered(await takes.add_take(studio, storyboard_id=id, file=file), 201)

    @router.post("/takes/make", status_code=202, responses=_made(), operation_id="make_takes")
    async def make(studio: StudioHere, id: UUID, body: MakeTakesBody | None = None) -> Response:
        asked = body or MakeTakesBody()
        answer = await make_takes(studio, id, kind=asked.kind, count=asked.count, wait=False)
        return answered(answer, 202)

    @router.post("/lock", responses=CHANGED)
    async def lock_shot(studio: StudioHere, id: UUID, body: LockBody | None = None) -> Response:
        return answered(await lock_shown_take(studio, id, body or LockBody()))

    return router


def _of_lines() -> APIRouter:
    router = APIRouter(prefix="/lines/{id}")

    @router.get("/takes", responses=LIST)
    async def of_line(studio: StudioHere, id: UUID) -> Response:
        await show_record(studio, "lines", id)
        return answered(await takes.list_takes(studio, line_id=id))

    @router.post("/takes", status_code=201, responses=_added(), openapi_extra=UPLOAD_BODY)
    async def add_to_line(
        request: Request, studio: StudioHere, id: UUID, name: Name = ""
    ) -> Response:
        await show_record(studio, "lines", id)
        async with received(request, name) as file:
            return answered(await takes.add_take(studio, line_id=id, file=file), 201)

    return router


async def lock_shown_take(studio: Studio, storyboard_id: UUID, body: LockBody) -> object:
    """Lock (or unlock) the take a shot shows now.

    Raises:
        Conflict: `nothing_to_lock`: it shows none yet.
    """
    shot: Json = await show_record(studio, "storyboards", storyboard_id)
    take_id = shot.get(f"{body.kind}_take_id")
    if not isinstance(take_id, str):
        raise Conflict("nothing_to_lock", what=body.kind)
    verb = takes.lock_take if body.locked else takes.unlock_take
    return await verb(studio, UUID(take_id))


def _added() -> dict[int | str, dict[str, object]]:
    return documented(OpenDocument, 409, 413, status=201, description="Added")


def _made() -> dict[int | str, dict[str, object]]:
    return documented(OpenDocument, 409, status=202, description="Begun; events tell of each take")
