"""Projects, episodes, characters, scenes, shots and lines: find and edit them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import Field, create_model

from ai_video.agent.tool import Arguments, Desk, Tool, Words, tool
from ai_video.agent.tools.answers import EDITS, PAGES, SHOWN, EpisodeId, Id, Paged
from ai_video.domain.entities import Json
from ai_video.errors import NotFound
from ai_video.studio.kinds import ENTITIES
from ai_video.studio.record_kinds import KINDS
from ai_video.studio.records.document_models import dotted, written
from ai_video.studio.records.projects import project_progress
from ai_video.studio.records.records import create_record, edit_record, list_records, show_record

NEVER = frozenset({"source_path"})
"""Fields that hold places on this machine."""


def changes_of(kind: str) -> type[Arguments]:
    """The fields of a kind that a tool may change; others are refused."""
    model = written(KINDS[kind], partial=True)
    fields: dict[str, Any] = {
        name: (info.annotation, info)
        for name, info in model.model_fields.items()
        if name not in NEVER and name != _parent_of(kind)
    }
    return create_model(f"{model.__name__}Told", __base__=Arguments, **fields)


def _parent_of(kind: str) -> str | None:
    parent = KINDS[kind].parent
    return parent[0] if parent else None


def said_of(changes: Arguments) -> Json:
    return changes.model_dump(mode="json", exclude_unset=True)


class ListProjects(Paged):
    archived: bool = Field(default=False, description="archived ones too")


@tool(
    ListProjects,
    PAGES["projects"],
    Words("列出项目", "List projects", "列出项目。", "List the projects."),
    core=True,
)
async def list_projects(desk: Desk, said: ListProjects) -> object:
    return await list_records(
        desk.studio, "projects", archived=said.archived, limit=said.limit, cursor=said.cursor
    )


class ProjectState(SHOWN["projects"]):
    """A project and how far its films are."""

    progress: Json


@tool(
    Id,
    ProjectState,
    Words(
        "查看项目", "Show a project", "项目的设置与进度。", "A project: its settings and progress."
    ),
)
async def get_project(desk: Desk, said: Id) -> object:
    project = await show_record(desk.studio, "projects", said.id)
    return {**project, "progress": await project_progress(desk.studio, said.id)}


class OfProject(Paged):
    project_id: UUID


@tool(
    OfProject,
    PAGES["episodes"],
    Words("列出分集", "List episodes", "列出项目的分集。", "List the episodes of a project."),
)
async def list_episodes(desk: Desk, said: OfProject) -> object:
    return await _of_project(desk, "episodes", said)


@tool(
    OfProject,
    PAGES["characters"],
    Words("列出角色", "List characters", "列出项目的角色。", "List the characters of a project."),
)
async def list_characters(desk: Desk, said: OfProject) -> object:
    return await _of_project(desk, "characters", said)


@tool(
    OfProject,
    PAGES["scenes"],
    Words("列出场景", "List scenes", "列出项目的场景。", "List the scenes of a project."),
)
async def list_scenes(desk: Desk, said: OfProject) -> object:
    return await _of_project(desk, "scenes", said)


async def _of_project(desk: Desk, kind: str, said: OfProject) -> object:
    return await list_records(
        desk.studio, kind, project_id=said.project_id, limit=said.limit, cursor=said.cursor
    )


class OfEpisode(Paged):
    episode_id: UUID


@tool(
    OfEpisode,
    PAGES["storyboards"],
    Words(
        "列出分镜",
        "List shots",
        "按顺序列出分集的分镜。",
        "List the shots of an episode, in order.",
    ),
    core=True,
)
async def list_storyboards(desk: Desk, said: OfEpisode) -> object:
    return await list_records(
        desk.studio,
        "storyboards",
        episode_id=said.episode_id,
        limit=said.limit,
        cursor=said.cursor,
    )


@tool(
    Id,
    SHOWN["storyboards"],
    Words("查看分镜", "Show a shot", "一个分镜的全部内容。", "Everything about one shot."),
)
async def get_storyboard(desk: Desk, said: Id) -> object:
    return await show_record(desk.studio, "storyboards", said.id)


class OfShot(Paged):
    storyboard_id: UUID


@tool(
    OfShot,
    PAGES["lines"],
    Words("列出台词", "List lines", "列出分镜的台词。", "List the spoken lines of a shot."),
)
async def list_lines(desk: Desk, said: OfShot) -> object:
    return await list_records(
        desk.studio,
        "lines",
        storyboard_id=said.storyboard_id,
        limit=said.limit,
        cursor=said.cursor,
    )


class Edit(Id):
    changes: Arguments


def edit_tool(kind: str, word: str, words: Words) -> Tool:
    """The tool that edits one kind of record."""
    changes: Any = (changes_of(kind), Field(description="what is left out stays"))
    takes = create_model(f"Edit{ENTITIES[kind].__name__}", __base__=Edit, changes=changes)

    async def work(desk: Desk, said: Edit) -> object:
        flat = dotted(ENTITIES[kind], said_of(said.changes))
        return await edit_record(desk.studio, kind, said.id, flat)

    work.__name__ = f"edit_{word}"
    return tool(takes, EDITS[kind], words, effect="changes", rehearsable=True)(work)


edit_storyboard = edit_tool(
    "storyboards",
    "storyboard",
    Words(
        "修改分镜",
        "Edit a shot",
        "修改分镜; stale 列出之后需要重做的部分, 由 render_film 重做。可用 undo_edit 撤销。",
        "Edit a shot; `stale` lists what is no longer current: render_film makes it anew. undo_edit takes it back.",
    ),
)
edit_line = edit_tool(
    "lines", "line", Words("修改台词", "Edit a line", "修改一句台词。", "Edit a spoken line.")
)
edit_character = edit_tool(
    "characters",
    "character",
    Words("修改角色", "Edit a character", "修改角色。", "Edit a character."),
)
edit_scene = edit_tool(
    "scenes", "scene", Words("修改场景", "Edit a scene", "修改场景。", "Edit a scene.")
)
edit_project = edit_tool(
    "projects",
    "project",
    Words("修改项目", "Edit a project", "修改项目及其设置。", "Edit a project and its settings."),
)


class Create(Arguments):
    values: Arguments


def create_tool(kind: str, name: str, words: Words) -> Tool:
    """The tool that adds one kind of record to its owner."""
    parent = KINDS[kind].parent
    assert parent is not None
    owner: Any = (UUID, Field(description="what it belongs to"))
    values: Any = (changes_of(kind), ...)
    takes = create_model(
        f"Create{ENTITIES[kind].__name__}", __base__=Create, **{parent[0]: owner}, values=values
    )

    async def work(desk: Desk, said: Create) -> object:
        whole = said.model_dump(mode="json", include={parent[0]})
        flat = dotted(ENTITIES[kind], said_of(said.values))
        return await create_record(desk.studio, kind, {**whole, **flat})

    work.__name__ = name
    return tool(takes, SHOWN[kind], words, effect="adds", rehearsable=True)(work)


create_character = create_tool(
    "characters",
    "create_character",
    Words("新建角色", "Create a character", "在项目里新建角色。", "Add a character to a project."),
)
create_scene = create_tool(
    "scenes",
    "create_scene",
    Words("新建场景", "Create a scene", "在项目里新建场景。", "Add a scene to a project."),
)
create_line = create_tool(
    "lines",
    "create_line",
    Words("新建台词", "Create a line", "给分镜加一句台词。", "Add a spoken line to a shot."),
)


@tool(
    EpisodeId,
    SHOWN["scripts"],
    Words(
        "查看剧本",
        "Show a script",
        "分集的剧本, 最新的版本。",
        "The newest version of an episode's script.",
    ),
    large=True,
)
async def get_script(desk: Desk, said: EpisodeId) -> object:
    page = await list_records(desk.studio, "scripts", episode_id=said.episode_id, limit=1)
    if not page.items:
        raise NotFound("script of episode", str(said.episode_id))
    return page.items[0]
