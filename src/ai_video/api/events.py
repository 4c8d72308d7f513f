"""One stream of everything that happens, which a client can leave and take up again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from ai_video.api.live import LiveHere
from ai_video.studio.events import last_event, read_events

BATCH = 500
POLL_S = 0.25
LARGEST = 2**63 - 1
After = Annotated[
    int | None,
    Query(ge=0, le=LARGEST, description="Only what came after this seq; default: from now on."),
]


def event_routes() -> APIRouter:
    router = APIRouter(tags=["events"])

    @router.get("/events", response_class=EventSourceResponse)
    async def events(
        live: LiveHere,
        after: After = None,
        last_event_id: Annotated[str | None, Header(description="Wins over `after`.")] = None,
    ) -> AsyncIterable[ServerSentEvent]:
        seq = await _start(live, after, last_event_id)
        while not live.stopping.is_set():
            rows = await read_events(live.studio, after=seq, limit=BATCH)
            for row in rows:
                seq = int(str(row["seq"]))
                yield ServerSentEvent(data=row, id=str(seq))
            if not rows:
                with suppress(TimeoutError):
                    await asyncio.wait_for(live.stopping.wait(), POLL_S)

    return router


async def _start(live: LiveHere, after: int | None, last_event_id: str | None) -> int:
    if last_event_id is not None and last_event_id.isascii() and last_event_id.isdecimal():
        return min(int(last_event_id[:19]), LARGEST)
    return await last_event(live.studio) if after is None else after
