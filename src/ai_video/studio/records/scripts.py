"""Versions of an episode's script: text and structure, every version kept."""

from __future__ import annotations

import asyncio
from typing import cast
from uuid import UUID

from ai_video.domain.entities import Episode, Json, Lang, Mode, Project, Script
from ai_video.errors import InputRefused
from ai_video.storage.database import Unit
from ai_video.studio.record_owners import check_shots_writable, owners_of
from ai_video.studio.record_values import check_storable
from ai_video.studio.records.record_documents import document
from ai_video.studio.studio import Studio
from ai_video.writing import read_script
from ai_video.writing.episodes import CHARACTER_LIMIT


async def save_script(studio: Studio, *, episode_id: UUID, content: str) -> Json:
    """Save a text as the episode's newest script; the same text again is no new version.

    Shots are planned from it by `make`, not here.

    Raises:
        NotFound: no such episode. InputRefused: the text cannot be stored or is too long.
        Conflict: the project or episode is archived.
    """
    episode, project = await studio.database.read(lambda unit: _writable(unit, episode_id))
    check_storable({"content": content})
    if len(content) > CHARACTER_LIMIT:
        raise InputRefused("text_too_long", given=len(content), limit=CHARACTER_LIMIT)
    structure = await asyncio.to_thread(
        _structure, content, episode.title, episode.mode, project.settings.lang
    )
    return await studio.database.write(lambda unit: _save(unit, episode_id, content, structure))


def _structure(content: str, title: str, mode: Mode | None, lang: Lang | None) -> Json:
    script = read_script(content, title=title, mode=mode, lang=lang)
    return cast("Json", script.model_dump(mode="json"))


async def restore_script(studio: Studio, script_id: UUID) -> Json:
    """Make an older version the newest one; nothing is overwritten.

    Raises:
        NotFound: no such script. Conflict: the project or episode is archived.
    """

    async def work(unit: Unit) -> Json:
        old = await unit.get(Script, script_id)
        await _writable(unit, old.episode_id)
        return await _save(unit, old.episode_id, old.content, old.structured_content)

    return await studio.database.write(work)


async def _writable(unit: Unit, episode_id: UUID) -> tuple[Episode, Project]:
    episode = await unit.get(Episode, episode_id)
    await check_shots_writable(unit, episode)
    owners = await owners_of(unit, episode)
    assert owners.project is not None
    return episode, owners.project


async def _save(unit: Unit, episode_id: UUID, content: str, structure: Json) -> Json:
    return await document(unit, await keep_script(unit, episode_id, content, structure))


async def keep_script(unit: Unit, episode_id: UUID, content: str, structure: Json) -> Script:
    """Make a text the newest version of an episode's script; the same text again is none."""
    newest = await unit.find(Script, episode_id=episode_id, order_by=("-version",), limit=1)
    if newest and newest[0].content == content:
        return newest[0]
    script = await unit.add(
        Script.fresh(
            episode_id=episode_id,
            content=content,
            structured_content=structure,
            version=newest[0].version + 1 if newest else 1,
        )
    )
    episode = await unit.get(Episode, episode_id)
    if episode.status == "draft":
        await unit.change(episode, status="scripted")
    await unit.event("script.created", script.id, version=script.version)
    return script
