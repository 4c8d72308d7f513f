"""LoRA files: uploads as a counted stream, the library with its filters, downloads with ranges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from ai_video.api.answers import OpenDocument, answered, documented
from ai_video.api.files import UPLOAD_BODY, file_response, file_route
from ai_video.api.live import StudioHere
from ai_video.api.paging import DEFAULT_LIMIT, Cursor, Limit
from ai_video.api.records import EDITS, PAGES, SHOWN, editing
from ai_video.domain.entities import Json
from ai_video.studio.records import loras
from ai_video.studio.records.lora_choice import LoraChoice, select_lora_for_character
from ai_video.studio.records.loras import LoraFilter, LoraOrder, LoraStatus, LoraType
from ai_video.studio.records.records import show_record

LORA = documented(SHOWN["loras"], 409)
Words = Annotated[str, Query(max_length=4000, description="Separated by commas.")]


class LoraUpload(BaseModel):
    """What is said of an uploaded LoRA; the rest comes from the file itself."""

    model_config = ConfigDict(extra="forbid")

    file_name: str = Field(default="lora.safetensors", max_length=255)
    project_id: UUID | None = Field(default=None, description="none: for all projects")
    name: str | None = Field(default=None, description="its name; else the file's")
    type: LoraType | None = Field(default=None, description="character unless said")
    description: str | None = None
    base_model: str | None = Field(default=None, description="else as the file shows")
    base_model_hash: str | None = Field(default=None, description="ties it to one model file")
    trigger_words: str | None = Field(default=None, description="separated by commas")
    tags: str | None = Field(default=None, description="separated by commas")
    recommended_weight: float | None = None
    weight_min: float | None = None
    weight_max: float | None = None

    def values(self) -> Json:
        """The fields that were said, by the record's names."""
        said: Mapping[str, str | float | None] = self.model_dump(
            mode="json", exclude={"file_name", "project_id"}
        )
        values: Json = {}
        for name, value in said.items():
            if name in ("trigger_words", "tags") and isinstance(value, str):
                values[name] = [word.strip() for word in value.split(",") if word.strip()]
            elif value is not None:
                values[name.replace("weight_m", "weight_range.m")] = value
        return values


class LoraCheck(OpenDocument):
    ok: bool
    id: UUID
    expected: Json
    found: Json | None


class LoraSelection(BaseModel):
    """Whose LoRA is asked for, and for which base model; `assign` makes it the character's."""

    model_config = ConfigDict(extra="forbid")

    character_id: UUID
    base_model: str = Field(min_length=1, max_length=200)
    assign: bool = False


class LoraFit(OpenDocument):
    ok: bool
    id: UUID
    compatible: str
    reason: dict[str, str]
    made_for: list[str]
    asked: list[str]
    certainty: str
    evidence: list[str]


def lora_routes() -> APIRouter:
    router = APIRouter(prefix="/loras", tags=["loras"])

    @router.get("", responses=documented(PAGES["loras"]), operation_id="list_loras")
    async def list_(
        studio: StudioHere,
        project_id: UUID | None = None,
        type: LoraType | None = None,
        status: LoraStatus | None = None,
        base_model: Annotated[str, Query(max_length=200)] = "",
        tags: Words = "",
        text: Annotated[str, Query(max_length=200)] = "",
        archived: bool = False,
        order: LoraOrder = "created",
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response:
        """LoRAs by project (its own and the global ones), type, status, base model, tags, text."""
        wanted = LoraFilter(
            project_id=project_id,
            type=type,
            status=status,
            base_model=base_model,
            tags=tuple(tags.split(",")),
            text=text,
            archived=archived,
        )
        return answered(
            await loras.list_loras(studio, wanted, order=order, limit=limit, cursor=cursor)
        )

    @router.post(
        "",
        status_code=201,
        openapi_extra=UPLOAD_BODY,
        responses=documented(SHOWN["loras"], 409, 413, status=201, description="Stored"),
        operation_id="create_loras",
    )
    async def create(
        request: Request, studio: StudioHere, said: Annotated[LoraUpload, Query()]
    ) -> Response:
        """Upload a .safetensors LoRA; the same file again is the same LoRA (`added` false)."""
        stored = await loras.add_lora(
            studio,
            request.stream(),
            file_name=said.file_name,
            project_id=said.project_id,
            values=said.values(),
        )
        return answered(stored, 201)

    @router.get("/{id}", responses=documented(SHOWN["loras"]), operation_id="show_loras")
    async def show(studio: StudioHere, id: UUID) -> Response:
        return answered(await show_record(studio, "loras", id))

    @router.delete("/{id}", responses=documented(EDITS["loras"], 409), operation_id="delete_loras")
    async def delete(studio: StudioHere, id: UUID, force: bool = False) -> Response:
        """Remove a LoRA; one that characters use only with `force`."""
        return answered(await loras.delete_lora(studio, id, force=force))

    router.include_router(editing("loras", prefix=""))
    router.include_router(_file_routes())
    router.include_router(_judging_routes())
    return router


def _file_routes() -> APIRouter:
    router = APIRouter()

    @router.post(
        "/{id}/preview",
        status_code=201,
        openapi_extra=UPLOAD_BODY,
        responses=documented(SHOWN["loras"], 409, 413, status=201, description="Stored"),
    )
    async def preview(
        request: Request,
        studio: StudioHere,
        id: UUID,
        name: Annotated[str, Query(max_length=255, description="The file's name.")] = "",
    ) -> Response:
        """Upload a picture of what the LoRA does."""
        stored = await loras.add_preview(studio, id, request.stream(), name=name or "preview")
        return answered(stored, 201)

    @file_route(router, "/{id}/download")
    async def download(request: Request, studio: StudioHere, id: UUID) -> Response:
        path, name, sha256 = await loras.open_lora(studio, id)
        return file_response(
            request,
            path,
            media_type="application/octet-stream",
            name=name,
            sha256=sha256,
            download=True,
        )

    return router


def _judging_routes() -> APIRouter:
    router = APIRouter()

    @router.get("/{id}/check", responses=documented(LoraCheck))
    async def check(studio: StudioHere, id: UUID) -> Response:
        """Read the file again and compare size, MD5 and sha256 with the record."""
        return answered(await loras.check_lora(studio, id))

    @router.get("/{id}/compatibility", responses=documented(LoraFit))
    async def compatibility(
        studio: StudioHere,
        id: UUID,
        base_model: Annotated[str, Query(min_length=1, max_length=200)],
        base_model_hash: Annotated[str, Query(max_length=64)] = "",
    ) -> Response:
        """Does it fit this base model (a family or a name)? yes, no or unknown, and why."""
        return answered(
            await loras.lora_fits(
                studio, id, base_model=base_model, base_model_hash=base_model_hash
            )
        )

    @router.post(
        "/select", responses=documented(LoraChoice, 409), operation_id="select_lora_for_character"
    )
    async def select(studio: StudioHere, body: LoraSelection) -> Response:
        """Pick the LoRA that is of a character and fits a base model, and say why."""
        return answered(
            await select_lora_for_character(
                studio, body.character_id, base_model=body.base_model, assign=body.assign
            )
        )

    @router.post("/{id}/archive", responses=LORA)
    async def archive(studio: StudioHere, id: UUID) -> Response:
        return answered(await loras.archive_lora(studio, id))

    @router.post("/{id}/restore", responses=LORA)
    async def restore(studio: StudioHere, id: UUID) -> Response:
        return answered(await loras.restore_lora(studio, id))

    return router
