"""Films being made in the background of a door that stays open: HTTP, tools."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field, replace
from uuid import UUID

from ai_video.domain.entities import Json
from ai_video.errors import AiVideoError
from ai_video.studio.doors import Door
from ai_video.studio.events import record_event
from ai_video.studio.make import make_film
from ai_video.studio.records import edit_record
from ai_video.studio.render import render_film
from ai_video.studio.requests import FilmDocument, MakeRequest, RenderRequest, SeriesDocument
from ai_video.studio.studio import Studio

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class FilmRuns:
    """The films of one studio that are being made here, by episode."""

    studio: Studio
    films: dict[UUID, asyncio.Task[None]] = field(default_factory=dict[UUID, "asyncio.Task[None]"])

    def at(self, door: Door) -> FilmRuns:
        """The same films, begun through another door."""
        return replace(self, studio=replace(self.studio, door=door))

    async def make(
        self, request: MakeRequest, *, narrator_voice: str | None = None
    ) -> FilmDocument | SeriesDocument:
        """Plan the shots at once, then film every episode in the background.

        Raises:
            InputRefused: the text cannot be used.
        """
        planned = await make_film(
            self.studio, request.model_copy(update={"until": "storyboards", "dry_run": False})
        )
        if narrator_voice is not None:
            changes: Json = {"settings.narrator_voice": narrator_voice}
            await edit_record(self.studio, "projects", planned.project_id, changes)
        if request.until not in ("script", "storyboards"):
            episodes = planned.episodes if isinstance(planned, SeriesDocument) else [planned]
            until = "keyframes" if request.until == "keyframes" else None
            for episode in episodes:
                self.render(RenderRequest(episode_id=episode.episode_id, until=until))
        return planned

    def render(self, request: RenderRequest) -> bool:
        """Film an episode in the background; False when it is being filmed already."""
        running = self.films.get(request.episode_id)
        if running is not None and not running.done():
            return False
        work = self._film(request)
        task = asyncio.create_task(work, name=f"film {request.episode_id}")
        self.films[request.episode_id] = task
        task.add_done_callback(lambda _: self.films.pop(request.episode_id, None))
        return True

    def is_filming(self, episode_id: UUID) -> bool:
        return episode_id in self.films

    async def _film(self, request: RenderRequest) -> None:
        """Film it and tell by events how it went: `film.started`, `film.ended` or `film.failed`."""
        episode = request.episode_id
        await record_event(self.studio, "film.started", episode)
        try:
            made = await render_film(self.studio, request)
        except AiVideoError as exc:
            await self._failed(episode, exc)
        except Exception as exc:
            logger.exception("filming %s failed", episode)
            await self._failed(episode, AiVideoError("internal", kind=type(exc).__name__))
            raise
        else:
            film = made.film.model_dump(mode="json") if made.film else None
            await record_event(self.studio, "film.ended", episode, ok=made.ok, film=film)

    async def _failed(self, episode: UUID, error: AiVideoError) -> None:
        language = self.studio.language
        await record_event(
            self.studio,
            "film.failed",
            episode,
            code=error.code,
            message=error.message(language),
            hint=error.hint(language),
        )

    async def stop(self) -> None:
        """Leave films unfinished: the next start continues them."""
        tasks = [*self.films.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
