"""What a model may call while it talks about a project, and the bounds of that.

Ids are checked against the project, whatever argument they stand in; answers are cut to what a
model can read; what is empty is left out.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import select

from ai_video.domain.entities import Entity, Json
from ai_video.errors import AiVideoError, InputRefused, Language
from ai_video.storage.database import Unit
from ai_video.storage.task_tables import AttemptRow, DAGRow, TaskRow
from ai_video.studio.kinds import ENTITIES
from ai_video.studio.record_owners import owners_of
from ai_video.studio.studio import Studio

ANSWER_CHARACTERS = 16_000
"""Most of one tool's answer that a model is shown."""
ARGUMENT_CHARACTERS = 60_000
_LEFT_OUT = frozenset({"revision", "created_at", "updated_at", "source_digest", "source_path"})


@dataclass(frozen=True, slots=True)
class ToolInChat:
    """One tool, as conversations use it.

    Attributes:
        title: {zh, en}.
        may_change: is there a call of it that does not only read?
        reads: does a call with these arguments leave everything as it is?
        call: does it on a studio, which may be one where nothing is stored.
        rehearsable: all it does is one transaction of the database (see `chat_rehearsal`). What is
            not must be safe to do twice.
        preview: what a call would mean, where it cannot be rehearsed.
    """

    name: str
    title: Json
    description: str
    schema: Json
    may_change: bool
    reads: Callable[[Json], bool]
    call: Callable[[Studio, Json], Awaitable[Json]]
    rehearsable: bool = False
    preview: Callable[[Studio, Json], Awaitable[Json]] | None = None


async def in_project(studio: Studio, tool: ToolInChat, arguments: Json, project_id: UUID) -> Json:
    """The arguments, narrowed to the project where the tool can be.

    Raises:
        InputRefused: `chat_other_project`: they name something of another one;
            `chat_arguments_too_long`.
    """
    if len(json.dumps(arguments)) > ARGUMENT_CHARACTERS:
        raise InputRefused("chat_arguments_too_long", limit=ARGUMENT_CHARACTERS)
    properties = tool.schema.get("properties")
    if isinstance(properties, dict) and "project_id" in properties:
        said = arguments.get("project_id")
        arguments = {**arguments, "project_id": str(project_id) if said is None else said}
    ids = {id for id in _ids(arguments) if id != project_id}
    if ids:
        await studio.database.read(lambda unit: _check_owner(unit, ids, project_id))
    return arguments


def _ids(value: JsonValue) -> Iterator[UUID]:
    """Every text that reads as an id, in any of the ways in which ids can be written."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from _ids(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _ids(inner)
    elif isinstance(value, str) and len(value) <= 64:
        try:
            yield UUID(value.strip())
        except ValueError:
            return


async def _check_owner(unit: Unit, ids: set[UUID], project_id: UUID) -> None:
    wanted = list(ids)
    for kind in ENTITIES.values():
        for entity in await unit.find(kind, id=wanted):
            if not await _is_of(unit, entity, project_id):
                raise InputRefused("chat_other_project", id=str(entity.id))
    for run, owner in await _runs(unit, wanted):
        if owner is None or (await _project_of_episode(unit, owner)) != project_id:
            raise InputRefused("chat_other_project", id=str(run))


async def _is_of(unit: Unit, entity: Entity, project_id: UUID) -> bool:
    owners = await owners_of(unit, entity)
    if owners.project is None:  # a workflow, a server, a LoRA or file that every project may use
        return True
    return owners.project.id == project_id


async def _runs(unit: Unit, ids: list[UUID]) -> list[tuple[UUID, UUID | None]]:
    """Which of the ids are runs, tasks or attempts, and the episode of each."""
    queries = (
        select(DAGRow.id, DAGRow.episode_id).where(DAGRow.id.in_(ids)),
        select(TaskRow.id, DAGRow.episode_id)
        .join(DAGRow, DAGRow.id == TaskRow.dag_id)
        .where(TaskRow.id.in_(ids)),
        select(AttemptRow.id, DAGRow.episode_id)
        .join(TaskRow, TaskRow.id == AttemptRow.task_id)
        .join(DAGRow, DAGRow.id == TaskRow.dag_id)
        .where(AttemptRow.id.in_(ids)),
    )
    return [
        (row[0], row[1]) for query in queries for row in (await unit.session.execute(query)).all()
    ]


async def _project_of_episode(unit: Unit, episode_id: UUID) -> UUID | None:
    found = await unit.find(ENTITIES["episodes"], id=episode_id)
    return getattr(found[0], "project_id", None) if found else None


def for_model(answer: Json, *, room: int = ANSWER_CHARACTERS) -> Json:
    """An answer as a model reads it: without what is empty, and about `room` characters at most."""
    slim = cast("Json", _slim(answer))
    if length_of(slim) <= room:
        return slim
    items = slim.get("items")
    if isinstance(items, list):
        return _fewer_items(slim, items, room)
    text = json.dumps(slim, ensure_ascii=False)
    return {"cut": True, "note": f"the first {room} of {len(text)} characters",
            "text": text[:room]}  # fmt: skip


def _fewer_items(answer: Json, items: list[JsonValue], room: int) -> Json:
    kept: list[JsonValue] = []
    left = room
    for item in items:
        left -= length_of(item)
        if left < 0:
            break
        kept.append(item)
    if not kept:
        text = json.dumps(items[0], ensure_ascii=False)[:room]
        return {"cut": True, "note": f"the beginning of the first of {len(items)}", "text": text}
    note = f"{len(kept)} of {len(items)} are shown: ask with a smaller limit and go on with next"
    return {**answer, "items": kept, "next": None, "cut": True, "note": note}


def length_of(value: JsonValue) -> int:
    """Characters that a model reads of it."""
    return len(json.dumps(value, ensure_ascii=False))


def _slim(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        inner = {name: _slim(part) for name, part in value.items() if name not in _LEFT_OUT}
        return {name: part for name, part in inner.items() if part not in (None, "", [], {})}
    if isinstance(value, list):
        return [_slim(part) for part in value]
    return value


def storable(value: JsonValue) -> JsonValue:
    """A model's words without what no database stores: NUL and halves of characters."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {str(storable(name)): storable(part) for name, part in value.items()}
    if isinstance(value, list):
        return [storable(part) for part in value]
    return value


def error_for_model(error: AiVideoError, language: Language) -> Json:
    """An error as an answer that a model can act on."""
    return {
        "code": error.code,
        "message": error.message(language),
        "hint": error.hint(language),
    }
