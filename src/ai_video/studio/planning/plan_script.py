"""The newest script of an episode becomes its shots: after a draft was accepted, or text was saved."""

from __future__ import annotations

from uuid import UUID

from ai_video.domain.entities import Asset, Episode, Project, Script
from ai_video.errors import InputRefused
from ai_video.settings import LlmChoice
from ai_video.storage.database import Unit
from ai_video.studio.film.render import Clock
from ai_video.studio.planning.make import PreparedEpisode, PreparedFilms, planned_film
from ai_video.studio.planning.storyboarding import StoryText, storyboard_episode
from ai_video.studio.record_owners import check_shots_writable
from ai_video.studio.requests import FilmDocument, Progress
from ai_video.studio.studio import Studio
from ai_video.writing import detect_lang, detect_mode


async def plan_script(
    studio: Studio,
    episode_id: UUID,
    *,
    llm: LlmChoice | None = None,
    progress: Progress | None = None,
) -> FilmDocument:
    """Plan the shots of an episode's newest script and describe them; edits stay as after `make`.

    Raises:
        NotFound: no such episode. Conflict: it is archived, or its project.
        InputRefused: `no_script`, or there is nothing to film.
        NotAvailable: the asked model is not there. ModelFailed: it cannot be reached at all.
    """
    clock = Clock.start()
    prepared = await prepare_script(studio, episode_id, llm=llm)
    for episode in prepared.episodes:
        await storyboard_episode(studio, episode.id, episode.story, progress=progress)
    return await planned_film(studio, episode_id, clock)


async def prepare_script(
    studio: Studio, episode_id: UUID, *, llm: LlmChoice | None = None
) -> PreparedFilms:
    """What planning the newest script comes down to; `llm` is stored on the project.

    Raises:
        As `plan_script`, but no model is asked anything.
    """
    await studio.models.active(llm)

    async def work(unit: Unit) -> tuple[Project, StoryText]:
        episode = await unit.get(Episode, episode_id)
        await check_shots_writable(unit, episode)
        project = await unit.get(Project, episode.project_id)
        if llm is not None and llm != project.settings.llm:
            settings = project.settings.model_copy(update={"llm": llm})
            project = await unit.change(project, settings=settings)
        found = await unit.find(Script, episode_id=episode_id, order_by=("-version",), limit=1)
        if not found:
            raise InputRefused("no_script", episode=episode.title)
        return project, await _story(unit, project, episode, found[0])

    project, story = await studio.database.write(work)
    active = await studio.models.active(project.settings.llm)
    return PreparedFilms(project.id, active.name, (PreparedEpisode(episode_id, 1, story),))


async def _story(unit: Unit, project: Project, episode: Episode, script: Script) -> StoryText:
    """A stored text with the pictures that belong to its project."""
    pictures = await unit.find(
        Asset, project_id=project.id, kind="image", origin="uploaded", order_by=("id",)
    )
    text = script.content
    return StoryText(
        content=text,
        title=episode.title,
        source_format="text",
        mode=episode.mode or detect_mode(text),
        lang=project.settings.lang or detect_lang(text),
        length=episode.length,
        pictures={asset.name: asset.id for asset in pictures if asset.name},
    )
