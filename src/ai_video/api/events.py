"""One stream of everything that happens, which a client can leave and take up again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from contextlib import nullcontext, suppress
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from ai_video.api.live import LiveHere
from ai_video.domain.entities import Json
from ai_video.errors import NotFound
from ai_video.studio.production.previews import MEDIA_TYPES, Preview
from ai_video.studio.records.events import last_event, read_events

BATCH = 500
POLL_S = 0.25
LARGEST = 2**63 - 1
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A picture",
        "content": {media_type: {} for media_type in sorted(MEDIA_TYPES)},
    }
}
After = Annotated[
    int | None,
    Query(ge=0, le=LARGEST, description="Only what came after this seq; default: from now on."),
]
WithPreviews = Annotated[
    bool,
    Query(
        description="Also tell of pictures of running work, as events named `preview`. These are "
        "stored nowhere: they have no seq and no at."
    ),
]


def event_routes() -> APIRouter:
    router = APIRouter(tags=["events"])

    @router.get("/events", response_class=EventSourceResponse)
    async def events(
        live: LiveHere,
        after: After = None,
        previews: WithPreviews = False,
        last_event_id: Annotated[str | None, Header(description="Wins over `after`.")] = None,
    ) -> AsyncIterable[ServerSentEvent]:
        seq = await _start(live, after, last_event_id)
        pictures = live.studio.servers.previews
        shown = 0
        with pictures.watched() if previews else nullcontext():
            while not live.stopping.is_set():
                rows = await read_events(live.studio, after=seq, limit=BATCH)
                for row in rows:
                    seq = int(str(row["seq"]))
                    yield ServerSentEvent(data=row, id=str(seq))
                for preview in pictures.after(shown) if previews else ():
                    shown = preview.number
                    yield ServerSentEvent(event="preview", data=_preview_document(preview))
                if not rows:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(live.stopping.wait(), POLL_S)

    @router.get("/tasks/{id}/preview", response_class=Response, responses=PICTURE)
    async def preview(live: LiveHere, id: UUID) -> Response:
        """The work of a running task so far; 404 where this process runs no such task."""
        shown = live.studio.servers.previews.of(id)
        if shown is None:
            raise NotFound("preview of task", str(id))
        return Response(
            shown.image, media_type=shown.media_type, headers={"cache-control": "no-store"}
        )

    return router


async def _start(live: LiveHere, after: int | None, last_event_id: str | None) -> int:
    if last_event_id is not None and last_event_id.isascii() and last_event_id.isdecimal():
        return min(int(last_event_id[:19]), LARGEST)
    return await last_event(live.studio) if after is None else after


def _preview_document(preview: Preview) -> Json:
    """A picture of running work, as the stream tells of it: no row of it is stored."""
    return {
        "type": "task.preview",
        "subject": str(preview.task_id),
        "data": {
            "kind": preview.kind,
            "storyboard_id": str(preview.storyboard_id) if preview.storyboard_id else None,
            "url": f"/api/tasks/{preview.task_id}/preview?number={preview.number}",
        },
    }
