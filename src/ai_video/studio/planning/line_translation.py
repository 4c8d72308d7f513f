"""A second language for an episode's subtitles, written by a language model."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from ai_video.domain.entities import Episode, Lang, Line, Project, Script, Storyboard
from ai_video.errors import InputRefused, NotAvailable
from ai_video.settings import LlmChoice
from ai_video.storage.database import Unit
from ai_video.studio.film.stale import stale_rows
from ai_video.studio.planning.storyboarding import degradation_words
from ai_video.studio.record_owners import check_shots_writable
from ai_video.studio.records.episode_history import remember_edit, rows_of_episode
from ai_video.studio.requests import Document, StaleRow, TranslatedLine
from ai_video.studio.studio import Studio
from ai_video.writing.model_lines import SpokenLine, translate_lines

ENABLE = "ai-video llm enable claude-code"


class LinesTranslated(Document):
    """What `lines translate` answers. `untranslated`: lines that still have none, `why` in words."""

    ok: bool
    episode_id: UUID
    to: Lang
    llm: str
    lines: list[TranslatedLine]
    untranslated: list[UUID]
    why: str | None
    stale: list[StaleRow]


async def translate_episode_lines(
    studio: Studio,
    episode_id: UUID,
    *,
    to: Lang,
    everything: bool = False,
    llm: LlmChoice | None = None,
) -> LinesTranslated:
    """Give lines a second language; those that have one keep it unless `everything` is asked for.

    One undo takes all of it back.

    Raises:
        NotFound: no such episode. Conflict: its project or itself is archived.
        InputRefused: `no_lines`, or `translation_same_language`.
        NotAvailable: there is no language model. ModelFailed: it cannot be reached at all.
    """

    async def read(unit: Unit) -> tuple[Project, Episode, list[Line], bool]:
        episode = await unit.get(Episode, episode_id)
        await check_shots_writable(unit, episode)
        project = await unit.get(Project, episode.project_id)
        return (
            project,
            episode,
            await _lines(unit, episode_id),
            await _traditional(unit, episode_id),
        )

    project, episode, lines, traditional = await studio.database.read(read)
    if not lines:
        raise InputRefused("no_lines", episode=episode.title)
    if project.settings.lang == to:
        raise InputRefused("translation_same_language", language=to)
    choice = llm if llm is not None else project.settings.llm
    model = await studio.models.structured(choice, project_id=project.id)
    if model is None:
        raise NotAvailable("lines translate", ENABLE)
    due = [line for line in lines if everything or not line.translation]
    spoken = [SpokenLine(line.speaker, line.text) for line in due]
    anew = await studio.models.structured(choice, project_id=project.id, anew=True)
    done = await translate_lines(model, spoken, to=to, traditional=traditional, anew=anew)
    texts = {due[at].id: text for at, text in done.texts.items()}
    if texts:
        kept = {line.id: line.text for line in due}
        await studio.database.write(lambda unit: _keep(unit, episode_id, texts, kept))
    why = done.why
    language = studio.language
    return LinesTranslated(
        ok=len(texts) == len(due),
        episode_id=episode_id,
        to=to,
        llm=model.name,
        lines=[
            TranslatedLine(id=line.id, text=line.text, translation=texts[line.id])
            for line in due
            if line.id in texts
        ],
        untranslated=[line.id for line in due if line.id not in texts],
        why=None if why is None else degradation_words(why.code, why.fields, language),
        stale=await stale_rows(studio, episode_id),
    )


async def _lines(unit: Unit, episode_id: UUID) -> list[Line]:
    shots = await unit.find(Storyboard, episode_id=episode_id, order_by=("shot_number", "id"))
    order = {shot.id: at for at, shot in enumerate(shots)}
    lines = await unit.find(Line, storyboard_id=list(order), order_by=("order", "id"))
    spoken = [line for line in lines if line.text.strip()]
    return sorted(spoken, key=lambda line: (order[line.storyboard_id], line.order))


async def _traditional(unit: Unit, episode_id: UUID) -> bool:
    """Is the text written in traditional characters? A Chinese translation then is as well."""
    found = await unit.find(Script, episode_id=episode_id, order_by=("-version",), limit=1)
    return bool(found and found[0].structured_content.get("traditional"))


async def _keep(
    unit: Unit, episode_id: UUID, texts: Mapping[UUID, str], asked: Mapping[UUID, str]
) -> None:
    """Write translations down; a line that was edited meanwhile is left alone."""
    before = await rows_of_episode(unit, episode_id)
    for line in await unit.find(Line, id=list(texts)):
        if line.text == asked[line.id]:
            await unit.change(line, translation=texts[line.id])
    await remember_edit(unit, episode_id, label="edit", before=before)
    await unit.event("episode.changed", episode_id, fields=["translation"])
