"""A story from an idea: a language model drafts it, the user accepts it, then it is the project's."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Literal, cast
from uuid import UUID

from pydantic import Field

from ai_video.domain.entities import (
    Character,
    Draft,
    Episode,
    Json,
    Lang,
    Mode,
    Project,
    ProjectSettings,
    Scene,
    StyleConfig,
    WorldSetting,
)
from ai_video.errors import Conflict, InputRefused, NotAvailable
from ai_video.settings import LlmChoice
from ai_video.storage.database import Unit
from ai_video.studio.record_documents import document
from ai_video.studio.record_edits import next_order
from ai_video.studio.record_owners import check_shots_writable, check_writable
from ai_video.studio.record_values import check_storable
from ai_video.studio.requests import Document, Progress
from ai_video.studio.scripts import keep_script
from ai_video.studio.studio import Studio
from ai_video.writing import detect_lang, read_script
from ai_video.writing.episodes import CHARACTER_LIMIT
from ai_video.writing.model_stories import Brief, StoryOutline, StoryWriter

ENABLE = "ai-video llm enable claude-code"
_WORDS = {"zh": "剧本 {done}/{count}", "en": "Script {done}/{count}"}


class WriteRequest(Document):
    """An idea and what is said about its film; `project_id` or else `project`, a name."""

    idea: str = Field(min_length=1, max_length=CHARACTER_LIMIT)
    project_id: UUID | None = None
    project: str | None = Field(default=None, max_length=200, description="null: the story's title")
    mode: Mode = "drama"
    lang: Lang | None = Field(default=None, description="null: the idea's")
    length: float | None = Field(default=None, gt=0, le=4 * 3600, description="seconds")
    llm: LlmChoice | None = Field(default=None, description="null: the project's")
    anew: bool = Field(default=False, description="another draft, where there is one of this idea")


class Accepted(Document):
    """What accepting a draft did. `added`, `kept`: names by kind; what is kept was there before."""

    ok: bool
    draft: Json
    project_id: UUID
    episode_id: UUID | None
    script_id: UUID | None
    added: dict[str, list[str]]
    kept: dict[str, list[str]]


async def write_outline(studio: Studio, request: WriteRequest) -> Json:
    """Draft an outline: what happens, the world, the characters and scenes.

    An open draft of the same idea is the answer, unless another one is asked for.

    Raises:
        NotAvailable: there is no language model, or the asked one is not ready.
        NotFound: no such project. Conflict: it is archived.
        ModelFailed: no usable answer. InputRefused: a cap is reached.
    """
    check_storable({"idea": request.idea, "project": request.project})
    project = await studio.database.read(lambda unit: _named_project(unit, request))
    lang = request.lang or (project.settings.lang if project else None) or detect_lang(request.idea)
    if not request.anew:
        there = await studio.database.read(lambda unit: _same_idea(unit, request, lang, project))
        if there is not None:
            return there
    brief = await studio.database.read(lambda unit: _brief(unit, request, lang, project))
    choice = request.llm or (project.settings.llm if project else None)
    writer = await _writer(studio, choice, project.id if project else None, anew=request.anew)
    outline = await writer.outline(brief)

    async def work(unit: Unit) -> Json:
        owner = await _named_project(unit, request)
        if owner is None:
            settings = ProjectSettings(lang=lang, llm=request.llm)
            name = request.project or outline.title
            owner = await unit.add(
                Project.fresh(name=await _free_name(unit, name), settings=settings)
            )
        draft = await unit.add(
            Draft.fresh(
                project_id=owner.id,
                idea=request.idea,
                mode=request.mode,
                lang=lang,
                length=request.length,
                title=outline.title,
                logline=outline.logline,
                world=outline.world,
                keywords=outline.keywords,
                characters=outline.characters,
                scenes=outline.scenes,
                outline=outline.parts,
                written_by=writer.llm.name,
            )
        )
        await unit.event("draft.created", draft.id)
        return await document(unit, draft)

    return await studio.database.write(work)


async def write_script(
    studio: Studio,
    draft_id: UUID,
    *,
    llm: LlmChoice | None = None,
    anew: bool = False,
    progress: Progress | None = None,
) -> Json:
    """Write the script of a draft from its outline, as it stands now; a script of before is replaced.

    `anew` asks for another one where the same outline was written before.

    Raises:
        As `write_outline`. Conflict: `draft_accepted`, or the outline was edited meanwhile.
    """

    async def read(unit: Unit) -> tuple[Draft, Project]:
        draft = await unit.get(Draft, draft_id)
        _check_open(draft)
        await check_writable(unit, draft)
        return draft, await unit.get(Project, draft.project_id)

    draft, project = await studio.database.read(read)
    if not draft.outline:
        raise InputRefused("draft_without_outline", title=draft.title)
    writer = await _writer(studio, llm or project.settings.llm, project.id, anew=anew)

    def told(done: int, count: int) -> None:
        if progress is not None:
            words = _WORDS[studio.language]
            progress(words.format(done=done, count=count), done / count)

    brief = Brief(draft.idea, draft.mode, draft.lang, draft.length)
    written = await writer.script(brief, _outline_of(draft), on_part=told)

    async def work(unit: Unit) -> Json:
        current = await unit.get(Draft, draft_id)
        _check_open(current)
        if current.revision != draft.revision:
            raise Conflict("changed_meanwhile", what="draft")
        changed = await unit.change(
            current,
            script=written.text,
            left_out=written.unsupported,
            written_by=writer.llm.name,
        )
        await unit.event("draft.changed", draft_id, fields=["script"])
        return await document(unit, changed)

    return await studio.database.write(work)


async def write_story(
    studio: Studio,
    request: WriteRequest,
    *,
    outline_only: bool = False,
    accept: bool = False,
    progress: Progress | None = None,
) -> Json | Accepted:
    """Outline and script in one go, accepted at once where that is asked for.

    Raises:
        As `write_outline`, `write_script` and `accept_draft`.
    """
    draft = await write_outline(studio, request)
    draft_id = UUID(str(draft["id"]))
    if not outline_only and (request.anew or not draft["script"]):
        draft = await write_script(
            studio, draft_id, llm=request.llm, anew=request.anew, progress=progress
        )
    return await accept_draft(studio, draft_id) if accept else draft


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
        _check_open(current)
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


def _check_open(draft: Draft) -> None:
    if draft.state != "open":
        raise Conflict("draft_accepted", title=draft.title)


def _outline_of(draft: Draft) -> StoryOutline:
    return StoryOutline(
        title=draft.title,
        logline=draft.logline,
        world=draft.world,
        keywords=draft.keywords,
        characters=draft.characters,
        scenes=draft.scenes,
        parts=draft.outline,
    )


async def _writer(
    studio: Studio, choice: LlmChoice | None, project_id: UUID | None, *, anew: bool
) -> StoryWriter:
    models = studio.models
    llm = await models.structured(choice, project_id=project_id, anew=anew)
    if llm is None:
        raise NotAvailable("write", ENABLE)
    forgetful = await models.structured(choice, project_id=project_id, anew=True)
    return StoryWriter(llm, anew=forgetful)


async def _same_idea(
    unit: Unit, request: WriteRequest, lang: Lang, project: Project | None
) -> Json | None:
    """The open draft of the same idea, asked for in the same way."""
    if project is None and request.project is not None:
        return None
    where: dict[str, object] = {"mode": request.mode, "lang": lang, "state": "open"}
    if project is not None:
        where["project_id"] = project.id
    for draft in await unit.find(Draft, where, order_by=("-id",)):
        if (draft.idea, draft.length) == (request.idea, request.length):
            return await document(unit, draft)
    return None


async def _named_project(unit: Unit, request: WriteRequest) -> Project | None:
    """The project that a request names; None where it is still to be made.

    Raises:
        NotFound: no such project. Conflict: it is archived.
    """
    if request.project_id is not None:
        project: Project | None = await unit.get(Project, request.project_id)
    elif request.project:
        found = await unit.find(Project, name=request.project.strip(), order_by=("id",), limit=1)
        project = found[0] if found else None
    else:
        project = None
    if project is not None and project.status == "archived":
        raise Conflict("project_archived")
    return project


async def _brief(unit: Unit, request: WriteRequest, lang: Lang, project: Project | None) -> Brief:
    """What is wanted, with the people and the world that the project has."""
    brief = Brief(request.idea, request.mode, lang, request.length)
    if project is None:
        return brief
    people = await unit.find(Character, project_id=project.id, order_by=("id",))
    worlds = await unit.find(WorldSetting, project_id=project.id, order_by=("id",))
    world = next((row for row in worlds if row.content), None)
    return replace(
        brief,
        people=tuple((row.name, row.description) for row in people),
        world=world.content if world else "",
        keywords=world.keywords if world else (),
    )


async def _free_name(unit: Unit, name: str) -> str:
    candidate = name.strip()[:190]
    for number in range(2, 10_000):
        if not await unit.find(Project, name=candidate, limit=1):
            break
        candidate = f"{name.strip()[:190]}-{number}"
    return candidate
