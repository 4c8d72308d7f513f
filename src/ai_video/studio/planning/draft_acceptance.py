"""A draft becomes the project's: what it proposes is added, what the project has stays."""

from __future__ import annotations

import asyncio
from typing import Literal, cast
from uuid import UUID

from ai_video.domain.entities import (
    Character,
    Draft,
    Episode,
    Json,
    Scene,
    StyleConfig,
    WorldSetting,
)
from ai_video.errors import Conflict, InputRefused
from ai_video.storage.database import Unit
from ai_video.studio.record_owners import check_shots_writable, check_writable
from ai_video.studio.records.record_documents import document
from ai_video.studio.records.record_edits import next_order
from ai_video.studio.records.scripts import keep_script
from ai_video.studio.requests import Document
from ai_video.studio.studio import Studio
from ai_video.writing import read_script


class Accepted(Document):
    """What accepting a draft did. `added`, `kept`: names by kind; what is kept was there before."""

    ok: bool
    draft: Json
    project_id: UUID
    episode_id: UUID | None
    script_id: UUID | None
    added: dict[str, list[str]]
    kept: dict[str, list[str]]


async def accept_draft(
    studio: Studio, draft_id: UUID, *, episode_id: UUID | None = None
) -> Accepted:
    """Make a draft the project's: world, characters, scenes, and its script as an episode's newest.

    What the project has already stays as it is. Without an episode a new one is made, where there is a
    script.

    Raises:
        NotFound: no such draft, or the episode is not the project's.
        Conflict: `draft_accepted`, or project or episode are archived.
    """
    draft = await studio.database.read(lambda unit: unit.get(Draft, draft_id))
    structure: Json = {}
    if draft.script:
        script = await asyncio.to_thread(
            read_script, draft.script, title=draft.title, mode=draft.mode, lang=draft.lang
        )
        structure = cast("Json", script.model_dump(mode="json"))

    async def work(unit: Unit) -> Accepted:
        current = await unit.get(Draft, draft_id)
        check_open(current)
        if current.revision != draft.revision:
            raise Conflict("changed_meanwhile", what="draft")
        await check_writable(unit, current)
        return await _Acceptance(unit, current).apply(structure, episode_id)

    return await studio.database.write(work)


class _Acceptance:
    """Adds what a draft proposes and the project does not have."""

    def __init__(self, unit: Unit, draft: Draft) -> None:
        self.unit = unit
        self.draft = draft
        self.added: dict[str, list[str]] = {}
        self.kept: dict[str, list[str]] = {}

    async def apply(self, structure: Json, episode_id: UUID | None) -> Accepted:
        await self._world()
        await self._characters()
        await self._scenes()
        script_id: UUID | None = None
        if self.draft.script:
            episode = await self._episode(episode_id)
            episode_id = episode.id
            script = await keep_script(self.unit, episode.id, self.draft.script, structure)
            script_id = script.id
        draft = await self.unit.change(self.draft, state="accepted", episode_id=episode_id)
        await self.unit.event("draft.changed", draft.id, fields=["state"])
        return Accepted(
            ok=True,
            draft=await document(self.unit, draft),
            project_id=draft.project_id,
            episode_id=episode_id,
            script_id=script_id,
            added=self.added,
            kept=self.kept,
        )

    def _note(
        self, kind: Literal["world", "characters", "scenes"], name: str, *, new: bool
    ) -> None:
        (self.added if new else self.kept).setdefault(kind, []).append(name)

    async def _world(self) -> None:
        draft = self.draft
        if not draft.world:
            return
        found = await self.unit.find(WorldSetting, project_id=draft.project_id, order_by=("id",))
        filled = next((row for row in found if row.content), None)
        if filled is not None:
            self._note("world", filled.content[:60], new=False)
            return
        if found:
            keywords = found[0].keywords or draft.keywords
            row = await self.unit.change(found[0], content=draft.world, keywords=keywords)
        else:
            row = await self.unit.add(
                WorldSetting.fresh(
                    project_id=draft.project_id, content=draft.world, keywords=draft.keywords
                )
            )
        self._note("world", row.content[:60], new=True)

    async def _characters(self) -> None:
        rows = await self.unit.find(Character, project_id=self.draft.project_id)
        known = {name for row in rows for name in (row.name, *row.aliases)}
        for person in self.draft.characters:
            if person.name not in known:
                await self.unit.add(
                    Character.fresh(
                        project_id=self.draft.project_id,
                        name=person.name,
                        description=person.description,
                        gender=person.gender,
                        age=person.age,
                        appearance=person.appearance,
                        personality=person.personality,
                    )
                )
            self._note("characters", person.name, new=person.name not in known)

    async def _scenes(self) -> None:
        rows = await self.unit.find(Scene, project_id=self.draft.project_id)
        known = {row.name for row in rows}
        for scene in self.draft.scenes:
            if scene.name not in known:
                await self.unit.add(
                    Scene.fresh(
                        project_id=self.draft.project_id,
                        name=scene.name,
                        description=scene.description,
                        style_config=StyleConfig(place=scene.place),
                    )
                )
            self._note("scenes", scene.name, new=scene.name not in known)

    async def _episode(self, episode_id: UUID | None) -> Episode:
        draft = self.draft
        if episode_id is None:
            order = await next_order(self.unit, str(draft.project_id))
            return await self.unit.add(
                Episode.fresh(
                    project_id=draft.project_id,
                    title=draft.title,
                    synopsis=draft.logline,
                    order=order,
                    mode=draft.mode,
                    length=draft.length,
                )
            )
        episode = await self.unit.get(Episode, episode_id)
        if episode.project_id != draft.project_id:
            raise InputRefused("draft_of_other_project", episode=episode.title)
        await check_shots_writable(self.unit, episode)
        if not episode.synopsis and draft.logline:
            episode = await self.unit.change(episode, synopsis=draft.logline)
        return episode


def check_open(draft: Draft) -> None:
    """Raises: Conflict: `draft_accepted`."""
    if draft.state != "open":
        raise Conflict("draft_accepted", title=draft.title)
