"""Files out and in: ranges, 304 and HEAD on the way out, a counted stream on the way in."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from ai_video.api.answers import OpenDocument, Responses, answered, documented
from ai_video.api.live import LiveHere
from ai_video.api.problems import language_of, problem_response
from ai_video.errors import InputRefused
from ai_video.studio.records.assets import open_asset
from ai_video.studio.studio import Studio

INLINE = ("image/png", "image/jpeg", "image/webp", "image/gif", "video/", "audio/")
"""Media types a browser may show in place; anything else is offered as a download."""
FILE_PATH = (
    r"^/api/((assets|takes|videos|voices)/[^/?#]+/(file|sample|subtitles\.\w+)"
    r"|loras/[^/?#]+/download)$"
)
"""Paths that a signed URL may open."""
UPLOAD_LIMIT = 4 * 1024**3
"""Bytes of an uploaded file."""
FOREVER = "private, max-age=31536000, immutable"
UPLOAD_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
FILE_ANSWERS: Responses = {
    **{number: row for number, row in documented(None).items() if number != 200},
    200: {"description": "The file", "content": {"*/*": {}}},
    206: {"description": "The asked part of it", "content": {"*/*": {}}},
    304: {"description": "The caller has it already"},
    416: {"description": "No such part"},
}


Route = TypeVar("Route", bound=Callable[..., Awaitable[Response]])


def file_route(router: APIRouter, path: str) -> Callable[[Route], Route]:
    """A route that answers GET and HEAD with a file."""

    def add(answer: Route) -> Route:
        router.add_api_route(path, answer, methods=["GET"], responses=FILE_ANSWERS)
        router.add_api_route(path, answer, methods=["HEAD"], include_in_schema=False)
        return answer

    return add


class LinkBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    path: str = Field(max_length=500, pattern=FILE_PATH, description="a file's path under /api")


class Link(OpenDocument):
    url: str


def link_routes() -> APIRouter:
    router = APIRouter(prefix="/links", tags=["files"])

    @router.post("", responses=documented(Link))
    async def link(live: LiveHere, body: LinkBody) -> Response:
        """A URL of a file for a player that can send no header; good for some hours."""
        return answered(Link(url=live.sign(body.path)))

    return router


class StoredFile(FileResponse):
    """A file response whose refusals of a range are problems like all others."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal: Response | None = None

        async def sending(message: Message) -> None:
            nonlocal refusal
            if message["type"] == "http.response.start" and message["status"] in (400, 416):
                refusal = _range_refused(scope, MutableHeaders(raw=message["headers"]))
            if refusal is None:
                await send(message)

        await super().__call__(scope, receive, sending)
        if refusal is not None:
            await refusal(scope, receive, send)


def _range_refused(scope: Scope, headers: MutableHeaders) -> Response:
    asked = Headers(scope=scope)
    refusal = problem_response(
        InputRefused("range_refused", range=asked.get("range", "")),
        path=scope["path"],
        language=language_of(asked.get("accept-language"), "en"),
    )
    if "content-range" in headers:
        refusal.headers["content-range"] = headers["content-range"]
    return refusal


def file_response(
    request: Request,
    path: Path,
    *,
    media_type: str,
    name: str,
    sha256: str,
    download: bool = False,
) -> Response:
    """A stored file by its digest: the ETag is the content's, so it may be kept for ever."""
    headers = {"etag": f'"{sha256}"', "cache-control": FOREVER, "accept-ranges": "bytes"}
    if _has_it(request.headers.get("if-none-match"), sha256):
        return Response(status_code=304, headers=headers)
    inline = media_type.startswith(INLINE) and not download
    kind = "inline" if inline else "attachment"
    headers["content-disposition"] = f"{kind}; filename*=UTF-8''{quote(name or 'file', safe='')}"
    return StoredFile(path, media_type=media_type, headers=headers)


@asynccontextmanager
async def received(
    request: Request, name: str, *, limit: int = UPLOAD_LIMIT
) -> AsyncGenerator[Path]:
    """The request's body as a file that is gone afterwards.

    Raises:
        InputRefused: `upload_too_large`.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (Path(name.replace("\\", "/")).name or "upload")
        size = 0
        with await asyncio.to_thread(path.open, "wb") as file:
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise InputRefused("upload_too_large", limit=limit)
                await asyncio.to_thread(file.write, chunk)
        yield path


async def asset_response(
    request: Request, studio: Studio, asset_id: object, *, download: bool
) -> Response:
    """The file of an asset, by its id as a document gives it."""
    path, media_type, name, sha256 = await open_asset(studio, UUID(str(asset_id)))
    return file_response(
        request, path, media_type=media_type, name=name, sha256=sha256, download=download
    )


def _has_it(if_none_match: str | None, sha256: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return "*" in tags or f'"{sha256}"' in tags
