"""What a running application holds: the studio, whether it is stopping, films and answers being made."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from ai_video.studio.chat.turns import Chats
from ai_video.studio.planning.film_runs import FilmRuns
from ai_video.studio.planning.stories import sample_story
from ai_video.studio.records.records import list_records
from ai_video.studio.requests import MakeRequest
from ai_video.studio.studio import Studio


@dataclass(slots=True)
class Live:
    """One application's state; `stopping` ends event streams."""

    studio: Studio
    films: FilmRuns
    chats: Chats
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    sign: Callable[[str], str] = str
    """A file's path as a URL that needs no header."""
    sample: asyncio.Task[None] | None = None
    closing: list[Callable[[], Awaitable[None]]] = field(
        default_factory=list[Callable[[], Awaitable[None]]]
    )
    """What else stops with it."""

    def make_sample(self) -> None:
        """Make the sample film in the background, unless there is a project already."""
        self.sample = asyncio.create_task(self._sample(), name="sample film")

    async def _sample(self) -> None:
        kept = await list_records(self.studio, "projects", limit=1)
        if not kept.items:
            story = sample_story(self.studio.language)
            await self.films.make(MakeRequest.model_validate(story))

    async def stop(self) -> None:
        """End event streams and leave films unfinished: the next start continues them."""
        self.stopping.set()
        for close in self.closing:
            await close()
        if self.sample is not None:
            self.sample.cancel()
            await asyncio.gather(self.sample, return_exceptions=True)
        await self.chats.stop()
        await self.films.stop()


def _live(request: Request) -> Live:
    return request.app.state.live


def _studio(request: Request) -> Studio:
    return _live(request).studio


LiveHere = Annotated[Live, Depends(_live)]
StudioHere = Annotated[Studio, Depends(_studio)]
