"""Which tools there are."""

from __future__ import annotations

from typing import Any

from mcp.server.lowlevel import Server

from ai_video.agent.server import build_server
from ai_video.agent.tool import Desk, Tool
from ai_video.agent.tools import films, loras, records, runs, shots, takes, workflows
from ai_video.agent.tools.translating import translate_storyboard

TOOLS: tuple[Tool, ...] = (
    translate_storyboard,
    loras.list_loras,
    loras.get_lora_info,
    loras.select_lora_for_character,
    films.make_film,
    films.render_film,
    films.get_film,
    records.list_projects,
    records.get_project,
    records.edit_project,
    records.list_episodes,
    records.list_characters,
    records.create_character,
    records.edit_character,
    records.list_scenes,
    records.create_scene,
    records.edit_scene,
    records.get_script,
    records.list_storyboards,
    records.get_storyboard,
    shots.insert_storyboard,
    records.edit_storyboard,
    shots.move_storyboard,
    shots.split_storyboard,
    shots.merge_storyboards,
    records.list_lines,
    records.create_line,
    records.edit_line,
    shots.undo_edit,
    shots.redo_edit,
    shots.list_stale,
    takes.list_takes,
    takes.make_takes,
    takes.compare_takes,
    takes.take_likeness,
    takes.select_take,
    takes.lock_take,
    films.list_voices,
    workflows.list_workflows,
    workflows.get_workflow,
    workflows.import_workflow,
    workflows.check_workflow,
    workflows.list_servers,
    runs.list_dags,
    runs.get_dag,
    runs.pause_dag,
    runs.resume_dag,
    runs.cancel_dag,
    runs.list_tasks,
    runs.get_task,
    runs.get_task_logs,
    runs.retry_task,
)
"""In the order they are listed."""


def studio_server(desk: Desk) -> Server[dict[str, Any]]:
    """A server of every tool, on one studio."""
    calls = {tool.name: tool.at(desk) for tool in TOOLS}
    return build_server(TOOLS, calls, language=desk.studio.language)
