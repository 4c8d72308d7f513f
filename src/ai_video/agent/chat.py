"""The registry's tools as conversations use them: which of them, and what they would mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, cast

from pydantic import JsonValue

from ai_video.agent.registry import TOOLS
from ai_video.agent.schemas import schema_of
from ai_video.agent.tool import Desk, Tool, document, read
from ai_video.agent.tools.films import RenderEpisode
from ai_video.agent.tools.runs import DagId, TaskId
from ai_video.agent.tools.takes import MakeTakes
from ai_video.domain.entities import Json
from ai_video.errors import InputRefused
from ai_video.studio.chat.tools import ToolInChat
from ai_video.studio.film.render import render_film
from ai_video.studio.planning.film_runs import FilmRuns
from ai_video.studio.records.records import show_record
from ai_video.studio.requests import RenderRequest
from ai_video.studio.runs import dags, tasks
from ai_video.studio.runs.candidates import TASK_KINDS
from ai_video.studio.studio import Studio

Preview = Callable[[Studio, Json], Awaitable[Json]]

IN_CHAT: Final = frozenset(
    {
        "list_loras",
        "get_lora_info",
        "select_lora_for_character",
        "render_film",
        "get_film",
        "get_project",
        "edit_project",
        "list_episodes",
        "list_characters",
        "create_character",
        "edit_character",
        "list_scenes",
        "create_scene",
        "edit_scene",
        "get_script",
        "list_storyboards",
        "get_storyboard",
        "insert_storyboard",
        "edit_storyboard",
        "move_storyboard",
        "split_storyboard",
        "merge_storyboards",
        "list_lines",
        "create_line",
        "edit_line",
        "undo_edit",
        "redo_edit",
        "list_stale",
        "list_takes",
        "make_takes",
        "compare_takes",
        "take_likeness",
        "select_take",
        "lock_take",
        "list_voices",
        "list_workflows",
        "get_workflow",
        "get_dag",
        "pause_dag",
        "resume_dag",
        "cancel_dag",
        "list_tasks",
        "get_task",
        "get_task_logs",
        "retry_task",
    }
)
"""Tools of conversations. A new tool is in none before it stands here: what only reads is done
without asking, and must show nothing but the conversation's project and what all projects share."""
NOT_IN_CHAT: Final = frozenset(
    {
        "list_projects",
        "list_dags",
        "list_servers",
        "make_film",
        "import_workflow",
        "check_workflow",
        "translate_storyboard",
    }
)
"""Tools that reach past the conversation's project, or take whole graphs."""
NARROWED: Final[Mapping[str, tuple[str, ...]]] = {"list_tasks": ("episode_id", "dag_id")}
"""Lists of every project's things, unless one of these arguments narrows them."""


def chat_tools(films: FilmRuns) -> dict[str, ToolInChat]:
    """The tools of a conversation by name; films that they start are those of `films`."""
    language = films.studio.language
    return {
        tool.name: ToolInChat(
            name=tool.name,
            title={"zh": tool.words.title_zh, "en": tool.words.title_en},
            description=tool.words.text(language),
            schema=schema_of(tool.takes, "validation"),
            may_change=tool.effect != "reads",
            reads=tool.reads,
            call=_calling(tool, films),
            rehearsable=tool.rehearsable,
            preview=PREVIEWS.get(tool.name, _checked(tool)),
        )
        for tool in TOOLS
        if tool.name in IN_CHAT
    }


def _calling(tool: Tool, films: FilmRuns) -> Callable[[Studio, Json], Awaitable[Json]]:
    narrowed = NARROWED.get(tool.name)

    async def call(studio: Studio, arguments: Json) -> Json:
        if narrowed and not any(arguments.get(name) for name in narrowed):
            reason = f"in a conversation, give {' or '.join(narrowed)}"
            raise InputRefused("invalid_value", field=narrowed[0], reason=reason)
        return await tool.run(Desk(studio, films), arguments)

    return call


def _checked(tool: Tool) -> Preview:
    """Nothing but whether the arguments can be used."""

    async def preview(studio: Studio, arguments: Json) -> Json:
        read(tool.takes, arguments)
        return {}

    return preview


async def _render(studio: Studio, arguments: Json) -> Json:
    """What a render would make, and may cost."""
    said = read(RenderEpisode, arguments)
    request = RenderRequest.model_validate(said.model_dump(exclude_unset=True))
    film = await render_film(studio, request.model_copy(update={"dry_run": True}))
    made = Counter(task.kind for task in film.executed)
    cost = film.cost_estimate
    return {
        "will_make": cast("JsonValue", dict(made)),
        "generator": film.used.generator,
        "cost_estimate": cost.model_dump(mode="json") if cost else None,
    }


async def _takes(studio: Studio, arguments: Json) -> Json:
    """How many pictures or clips would be drawn."""
    said = read(MakeTakes, arguments)
    await show_record(studio, "storyboards", said.storyboard_id)
    return {"will_make": {TASK_KINDS[said.kind]: said.count}}


async def _task(studio: Studio, arguments: Json) -> Json:
    task = await tasks.show_task(studio, read(TaskId, arguments).task_id)
    return {"task": _of(task, "kind", "key", "status", "error_message")}


async def _run(studio: Studio, arguments: Json) -> Json:
    run = document(await dags.show_dag(studio, read(DagId, arguments).dag_id))
    return {"run": _of(run, "name", "status", "completed_tasks", "total_tasks")}


def _of(whole: Json, *names: str) -> Json:
    return {name: whole[name] for name in names if name in whole}


PREVIEWS: Final[Mapping[str, Preview]] = {
    "render_film": _render,
    "make_takes": _takes,
    "retry_task": _task,
    "pause_dag": _run,
    "resume_dag": _run,
    "cancel_dag": _run,
}
"""What calls would mean that cannot be rehearsed."""
