"""Films being made in the background of a door that stays open: HTTP, tools."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from ai_video.domain.entities import Json
from ai_video.errors import AiVideoError
from ai_video.settings import LlmChoice
from ai_video.studio.doors import Door
from ai_video.studio.film.render import Clock, render_film
from ai_video.studio.planning.make import (
    PreparedFilms,
    one_or_series,
    planned_film,
    prepare_films,
)
from ai_video.studio.planning.plan_script import prepare_script
from ai_video.studio.planning.storyboarding import RULES, StoryText, keep_story, storyboard_episode
from ai_video.studio.records.events import record_event
from ai_video.studio.records.records import edit_record
from ai_video.studio.requests import (
    FilmDocument,
    MakeRequest,
    RenderRequest,
    SeriesDocument,
    Until,
)
from ai_video.studio.studio import Studio

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class FilmRuns:
    """The films of one studio that are being made here, by episode; other runs by their own id."""

    studio: Studio
    films: dict[UUID, asyncio.Task[None]] = field(default_factory=dict[UUID, "asyncio.Task[None]"])

    def at(self, door: Door) -> FilmRuns:
        """The same films, begun through another door."""
        return replace(self, studio=replace(self.studio, door=door))

    async def make(
        self, request: MakeRequest, *, narrator_voice: str | None = None
    ) -> FilmDocument | SeriesDocument:
        """Plan the shots, then film every episode in the background.

        Rules plan at once. A model takes its time: the answer has no shots yet, they come as events
        and then as rows.

        Raises:
            InputRefused: the text cannot be used. NotAvailable: the asked model is not there.
        """
        prepared = await prepare_films(self.studio, request)
        if narrator_voice is not None:
            changes: Json = {"settings.narrator_voice": narrator_voice}
            await edit_record(self.studio, "projects", prepared.project_id, changes)
        await self._plan(prepared, request.until)
        clock = Clock.start()
        documents = [
            await planned_film(self.studio, episode.id, clock) for episode in prepared.episodes
        ]
        return one_or_series(prepared.project_id, documents)

    async def plan(self, episode_id: UUID, *, llm: LlmChoice | None = None) -> PreparedFilms:
        """Plan the shots of an episode's newest script, as `make` plans them.

        Raises:
            InputRefused: there is no script. NotAvailable: the asked model is not there.
        """
        prepared = await prepare_script(self.studio, episode_id, llm=llm)
        await self._plan(prepared, "storyboards")
        return prepared

    async def _plan(self, prepared: PreparedFilms, until: Until | None) -> None:
        """Plan at once where rules do it; all else goes on in the background."""
        by_rules = prepared.llm == RULES
        for episode in prepared.episodes:
            if by_rules:
                await storyboard_episode(self.studio, episode.id, episode.story)
            else:
                await keep_story(self.studio, episode.id, episode.story)
        self._in_background(prepared, until, plan=not by_rules)

    def _in_background(self, prepared: PreparedFilms, until: Until | None, *, plan: bool) -> None:
        films = until not in ("script", "storyboards")
        stop = "keyframes" if until == "keyframes" else None
        for episode in prepared.episodes:
            if films or plan:
                render = RenderRequest(episode_id=episode.id, until=stop) if films else None
                self._start(episode.id, render, episode.story if plan else None)

    def render(self, request: RenderRequest) -> bool:
        """Film an episode in the background; False when it is being filmed already."""
        return self._start(request.episode_id, request, None)

    def _start(
        self, episode_id: UUID, request: RenderRequest | None, story: StoryText | None
    ) -> bool:
        """Begin; a new text waits for the film of the old one, a second render is none."""
        running = self.films.get(episode_id)
        if running is not None and story is None:
            return False
        self._keep(episode_id, self._film(episode_id, request, story, after=running))
        return True

    def follow(self, dag_id: UUID) -> None:
        """Count a run that was begun elsewhere among the films, so that its end is waited for."""
        self._keep(dag_id, self._run(dag_id))

    async def _run(self, dag_id: UUID) -> None:
        await self.studio.scheduler.run_until(dag_id)

    def _keep(self, id: UUID, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=f"film {id}")
        self.films[id] = task
        task.add_done_callback(lambda done: self._ended(id, done))

    def _ended(self, id: UUID, task: asyncio.Task[None]) -> None:
        if self.films.get(id) is task:
            del self.films[id]

    def is_filming(self, episode_id: UUID) -> bool:
        return episode_id in self.films

    async def _film(
        self,
        episode: UUID,
        request: RenderRequest | None,
        story: StoryText | None,
        *,
        after: asyncio.Task[None] | None,
    ) -> None:
        """Plan and film it, and tell by events how it went.

        `storyboards.planned` where there was a story, then `film.started`, `film.ended`; or
        `film.failed`.
        """
        try:
            if after is not None:
                await asyncio.wait({after})
            if story is not None:
                await storyboard_episode(self.studio, episode, story)
                await record_event(self.studio, "storyboards.planned", episode)
            if request is None:
                return
            await record_event(self.studio, "film.started", episode)
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
