"""List, show, create, edit and delete of every kind of record, and what belongs to one kind only."""

# No `from __future__ import annotations` here: routes are made per kind, with run-time annotations.

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from ai_video.api.answers import (
    OpenDocument,
    answered,
    body_of,
    documented,
    dotted,
    edit_of,
    page_of,
    shown,
    written,
)
from ai_video.api.live import StudioHere
from ai_video.api.paging import DEFAULT_LIMIT, Cursor, Limit
from ai_video.domain.entities import Json
from ai_video.studio.kinds import ENTITIES
from ai_video.studio.record_kinds import KINDS
from ai_video.studio.records import projects, records, scripts, shots
from ai_video.studio.requests import EditAnswer

WRITABLE = (
    "projects", "world-settings", "characters", "scenes", "episodes", "storyboards", "lines",
)  # fmt: skip
SHOWN = {kind: shown(entity) for kind, entity in ENTITIES.items()}
PAGES = {kind: page_of(document) for kind, document in SHOWN.items()}
EDITS = {kind: edit_of(document) for kind, document in SHOWN.items()}


def record_routers() -> list[APIRouter]:
    """Routes of every kind that issue no files; special ones first, so that no id shadows them."""
    routers = [project_routes(), script_routes(), shot_routes(), episode_edit_routes()]
    for kind in (*WRITABLE, "scripts"):
        routers.append(reading(kind))
    for kind in WRITABLE:
        routers.append(writing(kind))
    return [*routers, deleting("assets"), editing("assets")]


def reading(kind: str) -> APIRouter:
    router = APIRouter(prefix=f"/{kind}", tags=[kind])

    @router.get("", responses=documented(PAGES[kind]), operation_id=f"list_{kind}")
    async def list_(
        studio: StudioHere,
        project_id: UUID | None = None,
        episode_id: UUID | None = None,
        storyboard_id: UUID | None = None,
        archived: bool = False,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response:
        return answered(
            await records.list_records(
                studio,
                kind,
                project_id=project_id,
                episode_id=episode_id,
                storyboard_id=storyboard_id,
                archived=archived,
                limit=limit,
                cursor=cursor,
            )
        )

    @router.get("/{id}", responses=documented(SHOWN[kind]), operation_id=f"show_{kind}")
    async def show(studio: StudioHere, id: UUID) -> Response:
        return answered(await records.show_record(studio, kind, id))

    return router


def writing(kind: str) -> APIRouter:
    router = APIRouter(prefix=f"/{kind}", tags=[kind])
    body = body_of(written(KINDS[kind], partial=False))

    @router.post(
        "",
        status_code=201,
        responses=documented(SHOWN[kind], 409, status=201, description="Created"),
        operation_id=f"create_{kind}",
    )
    async def create(studio: StudioHere, values: Json = body) -> Response:
        return answered(await records.create_record(studio, kind, values), 201)

    router.include_router(editing(kind, prefix=""))
    router.include_router(deleting(kind, prefix=""))
    return router


def editing(kind: str, *, prefix: str | None = None) -> APIRouter:
    """PATCH and PUT: both take a partial body."""
    router = APIRouter(prefix=f"/{kind}" if prefix is None else prefix, tags=[kind])
    body = body_of(written(KINDS[kind], partial=True))

    async def edit(studio: StudioHere, id: UUID, changes: Json = body) -> Response:
        flat = dotted(ENTITIES[kind], changes)
        return answered(await records.edit_record(studio, kind, id, flat))

    for method in ("PATCH", "PUT"):
        router.add_api_route(
            "/{id}",
            edit,
            methods=[method],
            responses=documented(EDITS[kind], 409),
            operation_id=f"{method.lower()}_{kind}",
        )
    return router


def deleting(kind: str, *, prefix: str | None = None) -> APIRouter:
    router = APIRouter(prefix=f"/{kind}" if prefix is None else prefix, tags=[kind])

    @router.delete("/{id}", responses=documented(EDITS[kind], 409), operation_id=f"delete_{kind}")
    async def delete(studio: StudioHere, id: UUID) -> Response:
        return answered(await records.delete_record(studio, kind, id))

    return router


class CopyBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, min_length=1, max_length=200)


def project_routes() -> APIRouter:
    router = APIRouter(prefix="/projects", tags=["projects"])
    document = documented(SHOWN["projects"], 409)

    @router.post("/{id}/copy", status_code=201, responses=documented(SHOWN["projects"], status=201))
    async def copy(studio: StudioHere, id: UUID, body: CopyBody | None = None) -> Response:
        name = body.name if body else None
        return answered(await projects.copy_project(studio, id, name=name), 201)

    @router.post("/{id}/archive", responses=document)
    async def archive(studio: StudioHere, id: UUID) -> Response:
        return answered(await projects.archive_project(studio, id))

    @router.post("/{id}/restore", responses=document)
    async def restore(studio: StudioHere, id: UUID) -> Response:
        return answered(await projects.restore_project(studio, id))

    @router.get("/{id}/progress", responses=documented(OpenDocument))
    async def progress(studio: StudioHere, id: UUID) -> Response:
        return answered(await projects.project_progress(studio, id))

    return router


class ScriptBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    content: str = Field(max_length=1_000_000)


class NewScriptBody(ScriptBody):
    episode_id: UUID


def script_routes() -> APIRouter:
    router = APIRouter(tags=["scripts"])
    created = documented(SHOWN["scripts"], 409, status=201, description="Saved")

    @router.get("/episodes/{id}/scripts", responses=documented(PAGES["scripts"]))
    async def versions(
        studio: StudioHere, id: UUID, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Response:
        await records.show_record(studio, "episodes", id)
        return answered(
            await records.list_records(studio, "scripts", episode_id=id, limit=limit, cursor=cursor)
        )

    @router.post("/episodes/{id}/scripts", status_code=201, responses=created)
    async def save(studio: StudioHere, id: UUID, body: ScriptBody) -> Response:
        saved = await scripts.save_script(studio, episode_id=id, content=body.content)
        return answered(saved, 201)

    @router.post("/scripts", status_code=201, responses=created)
    async def create(studio: StudioHere, body: NewScriptBody) -> Response:
        saved = await scripts.save_script(studio, episode_id=body.episode_id, content=body.content)
        return answered(saved, 201)

    @router.post("/scripts/{id}/restore", responses=documented(SHOWN["scripts"], 409))
    async def restore(studio: StudioHere, id: UUID) -> Response:
        return answered(await scripts.restore_script(studio, id))

    return router


class InsertBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    episode_id: UUID
    position: Annotated[int, Field(ge=1, le=1_000_000, description="its shot number")]
    values: Json = {}


class SplitBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    after_line: int = Field(ge=1, le=1_000_000)


class MoveBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    position: int = Field(ge=1, le=1_000_000, description="its new shot number")


def shot_routes() -> APIRouter:
    router = APIRouter(tags=["storyboards"])
    edit = documented(EDITS["storyboards"], 409)

    @router.get("/episodes/{id}/storyboards", responses=documented(PAGES["storyboards"]))
    async def shots_of(
        studio: StudioHere, id: UUID, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Response:
        await records.show_record(studio, "episodes", id)
        return answered(
            await records.list_records(
                studio, "storyboards", episode_id=id, limit=limit, cursor=cursor
            )
        )

    @router.post("/storyboards/insert", responses=edit)
    async def insert(studio: StudioHere, body: InsertBody) -> Response:
        return answered(
            await shots.insert_shot(
                studio, episode_id=body.episode_id, position=body.position, values=body.values
            )
        )

    @router.post("/storyboards/{id}/split", responses=edit)
    async def split(studio: StudioHere, id: UUID, body: SplitBody) -> Response:
        return answered(await shots.split_shot(studio, id, after_line=body.after_line))

    @router.post("/storyboards/{id}/merge", responses=edit)
    async def merge(studio: StudioHere, id: UUID) -> Response:
        return answered(await shots.merge_shot(studio, id))

    @router.post("/storyboards/{id}/move", responses=edit)
    async def move(studio: StudioHere, id: UUID, body: MoveBody) -> Response:
        return answered(await shots.move_shot(studio, id, position=body.position))

    return router


def episode_edit_routes() -> APIRouter:
    router = APIRouter(prefix="/episodes", tags=["episodes"])
    edit = documented(EditAnswer, 409)

    @router.post("/{id}/undo", responses=edit)
    async def undo(studio: StudioHere, id: UUID) -> Response:
        return answered(await shots.undo(studio, id))

    @router.post("/{id}/redo", responses=edit)
    async def redo(studio: StudioHere, id: UUID) -> Response:
        return answered(await shots.redo(studio, id))

    return router
