"""List, show, create, edit and delete of every kind of record.

Values come by field name, nested ones with dotted keys (`settings.music_style`). What an edit of a
shot or line changed can be undone; archived projects are read-only.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import get_args
from uuid import UUID

from pydantic import JsonValue, TypeAdapter, ValidationError

from ai_video.domain.entities import (
    Asset,
    Character,
    Conversation,
    Entity,
    Episode,
    Json,
    Line,
    LoraAsset,
    Project,
    Storyboard,
    Take,
)
from ai_video.errors import InputRefused
from ai_video.storage.database import Unit
from ai_video.studio.kinds import ENTITIES
from ai_video.studio.record_kinds import Action, Kind, kind_of
from ai_video.studio.record_owners import check_not_music, check_pointers, check_writable
from ai_video.studio.record_values import changes_of, new_entity
from ai_video.studio.records.blob_use import forget_blob
from ai_video.studio.records.events import forget_talk
from ai_video.studio.records.lora_rules import edit_lora, take_out_preview
from ai_video.studio.records.record_documents import document, documents, edit_answer
from ai_video.studio.records.record_edits import (
    create_line,
    edit_character,
    edit_episode,
    edit_line,
    edit_shot,
    next_order,
    remove_character,
    remove_line,
    remove_take,
)
from ai_video.studio.records.scripts import save_script
from ai_video.studio.records.shots import insert_shot, remove_shot
from ai_video.studio.requests import EditAnswer, Page
from ai_video.studio.studio import Studio

MOST_ITEMS = 10_000
"""Items of one page."""
LAST = 2**31 - 1


async def list_records(
    studio: Studio,
    kind: str,
    *,
    project_id: UUID | None = None,
    episode_id: UUID | None = None,
    storyboard_id: UUID | None = None,
    limit: int = 100,
    cursor: str | None = None,
    archived: bool = False,
) -> Page:
    """A page of records, narrowed to an owner; archived projects and episodes only when asked for.

    Raises:
        NotFound: no such kind or owner. InputRefused: the kind has no such owner, or the limit or
            cursor cannot be used.
    """
    wanted = kind_of(kind)
    if not 1 <= limit <= MOST_ITEMS:
        reason = f"it must be 1 to {MOST_ITEMS}"
        raise InputRefused("invalid_value", field="limit", reason=reason)
    owners = {"projects": project_id, "episodes": episode_id, "storyboards": storyboard_id}
    given = {owner: id for owner, id in owners.items() if id is not None}

    async def work(unit: Unit) -> Page:
        where = await _where(unit, wanted, given)
        if not archived and wanted.entity in (Project, Episode):
            where["status"] = _unarchived(wanted.entity)
        order = (*wanted.order, "id")
        rows = await unit.find(
            wanted.entity,
            where,
            order_by=order,
            limit=limit + 1,
            after=read_cursor(wanted, order, cursor) if cursor else None,
        )
        more = write_cursor(order, rows[limit - 1]) if len(rows) > limit else None
        return Page(items=await documents(unit, rows[:limit]), next=more)

    return await studio.database.read(work)


def _unarchived(entity: type[Entity]) -> list[str]:
    states = get_args(entity.model_fields["status"].annotation)
    return [state for state in states if state != "archived"]


async def _where(unit: Unit, kind: Kind, given: Mapping[str, UUID]) -> dict[str, object]:
    """The filter on the kind's own parent field that the named owners come down to."""
    where: dict[str, object] = {}
    for owner, id in given.items():
        await unit.get(ENTITIES[owner], id)
        if kind.parent is None:
            raise InputRefused("unknown_field", what=kind.word, field=owner, known="")
        field, parent = kind.parent
        if parent == owner:
            where[field] = id
            continue
        inner = await _where(unit, kind_of(parent), {owner: id})
        where[field] = [row.id for row in await unit.find(ENTITIES[parent], inner)]
    return where


def write_cursor(order: tuple[str, ...], row: Entity) -> str:
    """Where the page after this row starts, as text."""
    values = row.model_dump(mode="json")
    text = json.dumps([values[name.removeprefix("-")] for name in order])
    return base64.urlsafe_b64encode(text.encode()).decode()


def read_cursor(kind: Kind, order: tuple[str, ...], cursor: str) -> list[object]:
    """Raises InputRefused: `cursor_unusable`."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        fields = [kind.entity.model_fields[name.removeprefix("-")] for name in order]
        return [
            TypeAdapter[object](field.annotation or object).validate_python(value)
            for field, value in zip(fields, values, strict=True)
        ]
    except (binascii.Error, ValueError, TypeError) as exc:
        raise InputRefused("cursor_unusable", cursor=cursor[:80]) from exc


async def show_record(studio: Studio, kind: str, id: UUID) -> Json:
    """One record.

    Raises:
        NotFound: no such kind or record.
    """
    wanted = kind_of(kind)

    async def work(unit: Unit) -> Json:
        return await document(unit, await unit.get(wanted.entity, id))

    return await studio.database.read(work)


async def create_record(studio: Studio, kind: str, values: Mapping[str, JsonValue]) -> Json:
    """Create a record and show it.

    Raises:
        NotFound: the owner or a thing that it names is not there.
        InputRefused: a value cannot be used, or the kind is made in another way.
        Conflict: the project is archived.
    """
    wanted = _able(kind, "create")
    if wanted.entity is Storyboard:
        return await _create_shot(studio, values)
    if kind == "scripts":
        return await _create_script(studio, values)

    async def work(unit: Unit) -> Json:
        if wanted.entity is Line:
            entity: Entity = await create_line(unit, values)
        else:
            entity = new_entity(wanted.entity, await _with_order(unit, wanted, values))
            await check_writable(unit, entity)
            await check_pointers(unit, entity, type(entity).model_fields)
            await unit.add(entity)
        await unit.event(f"{wanted.word}.created", entity.id)
        return await document(unit, entity)

    return await studio.database.write(work)


async def _with_order(
    unit: Unit, kind: Kind, values: Mapping[str, JsonValue]
) -> Mapping[str, JsonValue]:
    """A new episode comes last unless told."""
    if kind.entity is not Episode or "order" in values:
        return values
    return {**values, "order": await next_order(unit, values.get("project_id"))}


async def _create_shot(studio: Studio, values: Mapping[str, JsonValue]) -> Json:
    position = values.get("shot_number", LAST)
    if not isinstance(position, int):
        raise InputRefused("invalid_value", field="shot_number", reason="not a whole number")
    episode_id = _id_in(values, "episode_id")
    rest = {name: value for name, value in values.items() if name != "episode_id"}
    answer = await insert_shot(studio, episode_id=episode_id, position=position, values=rest)
    return answer.item


async def _create_script(studio: Studio, values: Mapping[str, JsonValue]) -> Json:
    for name in values:
        if name not in ("episode_id", "content"):
            raise InputRefused(
                "unknown_field", what="script", field=name, known="content, episode_id"
            )
    content = values.get("content")
    if not isinstance(content, str):
        raise InputRefused("invalid_value", field="content", reason="text is needed")
    return await save_script(studio, episode_id=_id_in(values, "episode_id"), content=content)


def _id_in(values: Mapping[str, JsonValue], field: str) -> UUID:
    try:
        return TypeAdapter(UUID).validate_python(values.get(field))
    except ValidationError as exc:
        raise InputRefused("invalid_value", field=field, reason="an id is needed") from exc


async def edit_record(
    studio: Studio, kind: str, id: UUID, changes: Mapping[str, JsonValue]
) -> EditAnswer:
    """Change fields of a record; `revision` among them refuses the edit of a newer one.

    Raises:
        NotFound: no such record, or a thing that the changes name.
        InputRefused: a value cannot be used. Conflict: archived, or changed meanwhile.
    """
    wanted = _able(kind, "edit")

    async def work(unit: Unit) -> tuple[Entity, Json]:
        entity = await unit.get(wanted.entity, id)
        await check_writable(unit, entity)
        edited = await _edited(unit, entity, changes)
        if edited.revision != entity.revision or isinstance(entity, (Storyboard, Line)):
            await unit.event(f"{wanted.word}.changed", id, fields=list[JsonValue](sorted(changes)))
        return edited, await document(unit, edited)

    entity, item = await studio.database.write(work)
    return await edit_answer(studio, entity, item)


async def _edited(unit: Unit, entity: Entity, changes: Mapping[str, JsonValue]) -> Entity:
    if isinstance(entity, Storyboard):
        return await edit_shot(unit, entity, changes)
    if isinstance(entity, Line):
        return await edit_line(unit, entity, changes)
    if isinstance(entity, Character):
        return await edit_character(unit, entity, changes)
    if isinstance(entity, Episode):
        return await edit_episode(unit, entity, changes)
    if isinstance(entity, LoraAsset):
        return await edit_lora(unit, entity, changes)
    fields = changes_of(entity, changes)
    await check_pointers(unit, entity.model_copy(update=fields), fields)
    return await unit.change(entity, **fields)


async def delete_record(studio: Studio, kind: str, id: UUID) -> EditAnswer:
    """Delete a record and what belongs to it; shots and lines can be brought back by undo.

    Raises:
        NotFound: no such record.
        Conflict: the project is archived, or the file is still used.
    """
    wanted = _able(kind, "delete")
    if wanted.entity in (Project, Episode):
        await _stop_runs(studio, wanted, id)

    async def work(unit: Unit) -> tuple[Entity, Json]:
        entity = await unit.get(wanted.entity, id)
        await check_writable(unit, entity)
        item = await document(unit, entity)
        await _remove(unit, entity)
        await unit.event(f"{wanted.word}.deleted", id)
        return entity, item

    entity, item = await studio.database.write(work)
    if isinstance(entity, Asset):
        await forget_blob(studio, entity.sha256)
    if isinstance(entity, (Project, Episode, Asset)):
        return EditAnswer(ok=True, item=item, stale=[])
    return await edit_answer(studio, entity, item)


async def _remove(unit: Unit, entity: Entity) -> None:
    if isinstance(entity, Storyboard):
        await remove_shot(unit, entity)
    elif isinstance(entity, Line):
        await remove_line(unit, entity)
    elif isinstance(entity, Character):
        await remove_character(unit, entity)
    elif isinstance(entity, Take):
        await remove_take(unit, entity)
    else:
        if isinstance(entity, Asset):
            await check_not_music(unit, entity)
            await take_out_preview(unit, entity)
        elif isinstance(entity, Project):
            talks = await unit.find(Conversation, project_id=entity.id)
            await forget_talk(unit, [talk.id for talk in talks])
        await unit.remove(type(entity), entity.id)


async def _stop_runs(studio: Studio, kind: Kind, id: UUID) -> None:
    """Cancel what still runs for an episode (or for a project's episodes) that is about to go."""
    where = {"id": id} if kind.entity is Episode else {"project_id": id}
    episodes = await studio.database.read(lambda unit: unit.find(Episode, where))
    for episode in episodes:
        for dag in await studio.store.unfinished_dags(episode.id):
            await studio.scheduler.cancel(dag.id)


def _able(kind: str, action: Action) -> Kind:
    wanted = kind_of(kind)
    if action not in wanted.actions:
        raise InputRefused("action_not_possible", what=wanted.word, action=action)
    return wanted
