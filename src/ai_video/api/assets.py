"""Assets: uploads as a counted stream, downloads with ranges."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ai_video.api.answers import answered, documented
from ai_video.api.files import UPLOAD_BODY, file_response, file_route
from ai_video.api.live import StudioHere
from ai_video.api.paging import DEFAULT_LIMIT, Cursor, Limit
from ai_video.api.records import PAGES, SHOWN
from ai_video.studio.records import assets
from ai_video.studio.records.records import list_records, show_record

Name = Annotated[str, Query(max_length=255, description="The file's name.")]


def asset_routes() -> APIRouter:
    router = APIRouter(prefix="/assets", tags=["assets"])

    @router.get("", responses=documented(PAGES["assets"]), operation_id="list_assets")
    async def list_(
        studio: StudioHere,
        project_id: UUID | None = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response:
        return answered(
            await list_records(studio, "assets", project_id=project_id, limit=limit, cursor=cursor)
        )

    async def upload(
        request: Request, studio: StudioHere, name: Name = "", project_id: UUID | None = None
    ) -> Response:
        stored = await assets.add_asset(
            studio, request.stream(), name=name or "upload", project_id=project_id
        )
        return answered(stored, 201)

    for method in ("POST", "PUT"):
        router.add_api_route(
            "",
            upload,
            methods=[method],
            status_code=201,
            operation_id=f"upload_asset_{method.lower()}",
            openapi_extra=UPLOAD_BODY,
            responses=documented(SHOWN["assets"], 413, status=201, description="Stored"),
        )

    @router.get("/{id}", responses=documented(SHOWN["assets"]), operation_id="show_assets")
    async def show(studio: StudioHere, id: UUID) -> Response:
        return answered(await show_record(studio, "assets", id))

    @file_route(router, "/{id}/file")
    async def download(
        request: Request, studio: StudioHere, id: UUID, download: bool = False
    ) -> Response:
        path, media_type, name, sha256 = await assets.open_asset(studio, id)
        return file_response(
            request, path, media_type=media_type, name=name, sha256=sha256, download=download
        )

    return router
