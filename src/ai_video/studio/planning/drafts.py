"""A story from an idea: a language model drafts it, the user accepts it, then it is the project's."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from pydantic import Field

from ai_video.domain.entities import (
    Character,
    Draft,
    Json,
    Lang,
    Mode,
    Project,
    ProjectSettings,
    WorldSetting,
)
from ai_video.errors import Conflict, InputRefused, NotAvailable
from ai_video.settings import LlmChoice
from ai_video.storage.database import Unit
from ai_video.studio.planning.draft_acceptance import Accepted, accept_draft, check_open
from ai_video.studio.record_owners import check_writable
from ai_video.studio.record_values import check_storable
from ai_video.studio.records.record_documents import document
from ai_video.studio.requests import Document, Progress
from ai_video.studio.studio import Studio
from ai_video.writing import detect_lang
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
        check_open(draft)
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
        check_open(current)
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
