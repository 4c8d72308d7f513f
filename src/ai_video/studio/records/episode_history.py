"""Undo and redo of an episode: every edit keeps the rows it changed, before and after.

Rows stand as JSON under `storyboards`, `lines` and `takes`, by id; None = not there. Takes are kept
only where an edit removed them (with their shot or line), so that undoing brings them back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import cast
from uuid import UUID

from ai_video.domain.entities import (
    Asset,
    Character,
    Entity,
    EpisodeEdit,
    Json,
    Line,
    Scene,
    Storyboard,
    Take,
)
from ai_video.errors import Conflict
from ai_video.storage.database import Unit

Rows = dict[str, dict[str, Json]]
"""Table → id → row."""
Steps = dict[str, dict[str, Json | None]]

KINDS: dict[str, type[Entity]] = {"storyboards": Storyboard, "lines": Line, "takes": Take}
BOOKKEEPING = frozenset({"revision", "created_at", "updated_at"})
PLACE = frozenset({"shot_number", "scene_number", "source_paragraphs"})
RESULTS = frozenset({"thumbnail_asset_id", "image_take_id", "video_take_id", "audio_take_id",
                     "image_locked", "video_locked", "audio_locked"})  # fmt: skip
TEXT = "text"
"""The label of an edit that came from the story's text, not from the user's hand."""


async def rows_of_episode(
    unit: Unit, episode_id: UUID, shots: Collection[UUID] | None = None
) -> Rows:
    """The rows that an edit of an episode (or of some of its shots) may change."""
    storyboards = (
        await unit.find(Storyboard, episode_id=episode_id)
        if shots is None
        else await unit.find(Storyboard, episode_id=episode_id, id=list(shots))
    )
    lines = await unit.find(Line, storyboard_id=[shot.id for shot in storyboards])
    takes = await unit.find(Take, storyboard_id=[shot.id for shot in storyboards])
    takes += await unit.find(Take, line_id=[line.id for line in lines])
    return {
        "storyboards": _by_id(storyboards),
        "lines": _by_id(lines),
        "takes": _by_id(takes),
    }


def _by_id(entities: Collection[Entity]) -> dict[str, Json]:
    return {str(entity.id): entity.model_dump(mode="json") for entity in entities}


async def remember_edit(
    unit: Unit,
    episode_id: UUID,
    *,
    label: str,
    before: Rows,
    shots: Collection[UUID] | None = None,
) -> None:
    """Store an edit that was just made; what had been undone before it cannot be redone any more.

    Args:
        before: `rows_of_episode` with the same `shots`, read before the edit.
    """
    after = await rows_of_episode(unit, episode_id, shots)
    old, new = _differences(before, after)
    if not any(old.values()) and not any(new.values()):
        return
    edits = await unit.find(EpisodeEdit, episode_id=episode_id, order_by=("number",))
    for edit in edits:
        if edit.undone:
            await unit.remove(EpisodeEdit, edit.id)
    await unit.add(
        EpisodeEdit.fresh(
            episode_id=episode_id,
            number=max((edit.number for edit in edits if not edit.undone), default=0) + 1,
            label=label,
            before=cast("Json", old),
            after=cast("Json", new),
        )
    )


def _differences(before: Rows, after: Rows) -> tuple[Steps, Steps]:
    old: Steps = {}
    new: Steps = {}
    for table in KINDS:
        was, is_now = before[table], after[table]
        touched = [
            id
            for id in {**was, **is_now}
            if _content(was.get(id)) != _content(is_now.get(id))
            and (table != "takes" or id not in is_now)
        ]
        old[table] = {id: was.get(id) for id in touched}
        new[table] = {id: is_now.get(id) for id in touched}
    return old, new


def _content(row: Json | None, without: frozenset[str] = BOOKKEEPING) -> Json | None:
    return row and {name: value for name, value in row.items() if name not in without}


async def undo_edit(unit: Unit, episode_id: UUID) -> EpisodeEdit:
    """Take the last edit back.

    Raises:
        Conflict: `nothing_to_undo`.
    """
    edits = await unit.find(
        EpisodeEdit, episode_id=episode_id, undone=False, order_by=("-number",), limit=1
    )
    if not edits:
        raise Conflict("nothing_to_undo")
    edit = edits[0]
    now_there = await rows_of_episode(unit, episode_id)
    await _apply(unit, source=_steps(edit.after), target=_steps(edit.before))
    left = _refreshed(edit.after, going_to=edit.before, rows=now_there)
    return await unit.change(edit, undone=True, after=left)


async def redo_edit(unit: Unit, episode_id: UUID) -> EpisodeEdit:
    """Make the edit again that was taken back last.

    Raises:
        Conflict: `nothing_to_redo`.
    """
    edits = await unit.find(
        EpisodeEdit, episode_id=episode_id, undone=True, order_by=("number",), limit=1
    )
    if not edits:
        raise Conflict("nothing_to_redo")
    edit = edits[0]
    now_there = await rows_of_episode(unit, episode_id)
    await _apply(unit, source=_steps(edit.before), target=_steps(edit.after))
    left = _refreshed(edit.before, going_to=edit.after, rows=now_there)
    return await unit.change(edit, undone=False, before=left)


def _steps(document: Json) -> Steps:
    return cast("Steps", document)


def _refreshed(document: Json, *, going_to: Json, rows: Rows) -> Json:
    """The side of an edit that is being left, as it is now: takes made since then are not lost."""
    steps, target = _steps(document), _steps(going_to)
    fresh: Steps = {
        table: {id: rows[table].get(id) for id in steps[table]}
        for table in ("storyboards", "lines")
    }
    going = {id for table in fresh for id in fresh[table] if target[table].get(id) is None}
    fresh["takes"] = dict.fromkeys(steps["takes"]) | {
        id: row
        for id, row in rows["takes"].items()
        if row["storyboard_id"] in going or row["line_id"] in going
    }
    return cast("Json", fresh)


async def _apply(unit: Unit, *, source: Steps, target: Steps) -> None:
    """Bring rows from `source` to `target`; fields on which both agree keep their present value."""
    returning = await _returning_takes(unit, target["takes"])
    for table in ("storyboards", "lines"):
        kind = KINDS[table]
        present = {str(row.id): row for row in await unit.find(kind, id=_ids(target[table]))}
        for id, row in target[table].items():
            if row is None:
                continue
            if id in present:
                await _bring(unit, present[id], source[table].get(id), row, returning)
            else:
                entity = kind.model_validate({**row, "revision": _next_revision(row)})
                await unit.add(await _without_dangling(unit, entity, returning))
    await unit.add_all(returning.values())
    for table in ("lines", "storyboards"):
        for id, row in target[table].items():
            if row is None and await unit.find(KINDS[table], id=UUID(id)):
                await unit.remove(KINDS[table], UUID(id))


def _ids(rows: Collection[str]) -> list[UUID]:
    return [UUID(id) for id in rows]


async def _returning_takes(unit: Unit, rows: Mapping[str, Json | None]) -> dict[UUID, Take]:
    """The takes that come back; one whose file was removed meanwhile does not."""
    present = {row.id for row in await unit.find(Take, id=_ids(rows))}
    takes = [Take.model_validate(row) for row in rows.values() if row is not None]
    assets = {row.id for row in await unit.find(Asset, id=[take.asset_id for take in takes])}
    return {take.id: take for take in takes if take.id not in present and take.asset_id in assets}


def _next_revision(row: Json) -> int:
    return int(cast("int", row["revision"])) + 1


async def _bring(
    unit: Unit,
    entity: Entity,
    source: Json | None,
    target: Json,
    returning: Mapping[UUID, Take],
) -> None:
    changed = {
        name: value
        for name, value in target.items()
        if name not in BOOKKEEPING and (source is None or source.get(name) != value)
    }
    wanted = type(entity).model_validate({**entity.model_dump(mode="json"), **changed})
    wanted = await _without_dangling(unit, wanted, returning)
    await unit.change(entity, **{name: getattr(wanted, name) for name in changed})


POINTERS: dict[str, type[Entity]] = {
    "scene_id": Scene,
    "character_id": Character,
    "thumbnail_asset_id": Asset,
    "picture_asset_id": Asset,
    "image_take_id": Take,
    "video_take_id": Take,
    "audio_take_id": Take,
}


async def _without_dangling(unit: Unit, entity: Entity, returning: Mapping[UUID, Take]) -> Entity:
    """The entity without pointers to what was removed since."""
    empty: dict[str, object] = {}
    for name, kind in POINTERS.items():
        pointed = getattr(entity, name, None)
        there = pointed is None or pointed in returning or await unit.find(kind, id=pointed)
        if not there:
            empty[name] = None
            if kind is Take:
                empty[name.replace("_take_id", "_locked")] = False
    if isinstance(entity, Storyboard) and entity.characters:
        known = {row.id for row in await unit.find(Character, id=list(entity.characters))}
        empty["characters"] = tuple(id for id in entity.characters if id in known)
    return entity.model_copy(update=empty)


async def edited_shots(unit: Unit, episode_id: UUID) -> set[UUID]:
    """Shots that a person edited since the text last decided what stands in them."""
    edited: set[str] = set()
    edits = await unit.find(EpisodeEdit, episode_id=episode_id, undone=False, order_by=("number",))
    for edit in edits:
        touched = _shots_touched(_steps(edit.before), _steps(edit.after))
        edited = edited - touched if edit.label == TEXT else edited | touched
    return {UUID(id) for id in edited}


def _shots_touched(before: Steps, after: Steps) -> set[str]:
    """Shots whose words or pictures differ; a new place or another take is no edit of a shot."""
    aside = BOOKKEEPING | PLACE | RESULTS
    touched: set[str] = set()
    for table in ("storyboards", "lines"):
        for id in {**before[table], **after[table]}:
            was, is_now = before[table].get(id), after[table].get(id)
            if _content(was, aside) != _content(is_now, aside):
                touched |= _shot_ids(table, id, was, is_now)
    return touched


def _shot_ids(table: str, id: str, *rows: Mapping[str, object] | None) -> set[str]:
    if table == "storyboards":
        return {id}
    return {str(row["storyboard_id"]) for row in rows if row is not None}
