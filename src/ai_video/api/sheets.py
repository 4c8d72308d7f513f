"""The storyboard sheet of an episode, to read in a browser or to print."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response

from ai_video.api.answers import Responses, documented
from ai_video.api.live import StudioHere
from ai_video.studio.film.sheet import SheetFile, sheet_file

Language = Annotated[
    Literal["zh", "en"] | None, Query(description="Of the sheet's own words; else the project's.")
]
NOTHING_RUNS = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def _answers(media_type: str) -> Responses:
    problems = {number: row for number, row in documented(None).items() if number != 200}
    return {200: {"description": "The sheet", "content": {media_type: {}}}, **problems}


def sheet_routes() -> APIRouter:
    router = APIRouter(prefix="/episodes", tags=["episodes"])

    @router.get("/{id}/sheet", response_class=Response, responses=_answers("text/html"))
    async def sheet(studio: StudioHere, id: UUID, lang: Language = None) -> Response:
        return _response(await sheet_file(studio, id, form="html", lang=lang), inline=True)

    @router.get("/{id}/sheet.pdf", response_class=Response, responses=_answers("application/pdf"))
    async def sheet_pdf(studio: StudioHere, id: UUID, lang: Language = None) -> Response:
        return _response(await sheet_file(studio, id, form="pdf", lang=lang), inline=False)

    return router


def _response(file: SheetFile, *, inline: bool) -> Response:
    kind = "inline" if inline else "attachment"
    return Response(
        file.data,
        media_type=file.media_type,
        headers={
            "content-disposition": f"{kind}; filename*=UTF-8''{quote(file.name, safe='')}",
            "content-security-policy": NOTHING_RUNS,
            "cache-control": "private, no-cache",
        },
    )
