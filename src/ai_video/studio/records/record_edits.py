"""Edits that reach further than one row: shots and their dialogue, lines, names, episodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar, cast
from uuid import UUID

from pydantic import JsonValue

from ai_video.domain.entities import (
    Character,
    Entity,
    Episode,
    EpisodeStatus,
    GeneratedVideo,
    Line,
    Script,
    Storyboard,
    Take,
)
from ai_video.errors import InputRefused
from ai_video.filmwords import read_slots
from ai_video.storage.database import Unit
from ai_video.studio.production.film_plan import filled
from ai_video.studio.record_owners import check_pointers, check_writable, owners_of
from ai_video.studio.record_values import changes_of, new_entity
from ai_video.studio.records.episode_history import remember_edit, rows_of_episode
from ai_video.studio.records.shots import lines_of, set_dialogue

E = TypeVar("E", bound=Entity)


async def edit_shot(unit: Unit, shot: Storyboard, said: Mapping[str, JsonValue]) -> Storyboard:
    """Change a shot; `dialogue` is parsed into its lines, `shot_number` is for `move`."""
    before = await rows_of_episode(unit, shot.episode_id, [shot.id])
    rest = {name: value for name, value in said.items() if name != "dialogue"}
    if rest.get("shot_number", shot.shot_number) != shot.shot_number:
        raise InputRefused("field_is_given", what="storyboard", field="shot_number")
    edited = await _changed(unit, shot, {**await _spoken_slots(unit, shot, rest), **rest})
    if "dialogue" in said:
        dialogue = said["dialogue"]
        changes_of(shot, {"dialogue": dialogue})
        await set_dialogue(unit, shot, cast("str", dialogue))
    await remember_edit(unit, shot.episode_id, label="edit", before=before, shots=[shot.id])
    return edited


async def _spoken_slots(
    unit: Unit, shot: Storyboard, said: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """The slots that a new description speaks of; those it is silent about stay as they are."""
    description = said.get("description")
    given = any(name.partition(".")[0] == "slots" for name in said)
    if given or not isinstance(description, str) or description == shot.description:
        return {}
    owners = await owners_of(unit, shot)
    assert owners.project is not None
    people = await unit.find(Character, project_id=owners.project.id)
    names = [name for person in people for name in (person.name, *person.aliases)]
    lang = owners.project.settings.lang or "zh"
    slots = filled(read_slots(description, lang, names=names), shot.slots)
    return {"slots": cast("JsonValue", slots.model_dump(mode="json"))}


async def _changed(unit: Unit, entity: E, said: Mapping[str, JsonValue]) -> E:
    fields = changes_of(entity, said)
    await check_pointers(unit, entity.model_copy(update=fields), fields)
    return await unit.change(entity, **fields)


async def create_line(unit: Unit, values: Mapping[str, JsonValue]) -> Line:
    """Add a line to a shot, at its `order` or last."""
    line = new_entity(Line, values)
    shot = await unit.get(Storyboard, line.storyboard_id)
    await check_writable(unit, shot)
    await check_pointers(unit, line, ("character_id",))
    before = await rows_of_episode(unit, shot.episode_id, [shot.id])
    lines = await lines_of(unit, shot.id)
    place = line.order if "order" in values else len(lines) + 1
    line = line.model_copy(update=await _speaker(unit, line, values))
    await unit.add(line)
    await _reorder(unit, _inserted(lines, line, place))
    await remember_edit(unit, shot.episode_id, label="edit", before=before, shots=[shot.id])
    return await unit.get(Line, line.id)


async def edit_line(unit: Unit, line: Line, said: Mapping[str, JsonValue]) -> Line:
    """Change a line; a new speaker is looked up among the characters, a new `order` moves it."""
    shot = await unit.get(Storyboard, line.storyboard_id)
    before = await rows_of_episode(unit, shot.episode_id, [shot.id])
    fields = changes_of(line, said)
    await check_pointers(unit, line.model_copy(update=fields), fields)
    fields |= await _speaker(unit, line.model_copy(update=fields), fields)
    place = fields.pop("order", None)
    edited = await unit.change(line, **fields)
    if place is not None:
        others = [row for row in await lines_of(unit, shot.id) if row.id != line.id]
        await _reorder(unit, _inserted(others, edited, cast("int", place)))
        edited = await unit.get(Line, line.id)
    await remember_edit(unit, shot.episode_id, label="edit", before=before, shots=[shot.id])
    return edited


async def remove_line(unit: Unit, line: Line) -> None:
    shot = await unit.get(Storyboard, line.storyboard_id)
    before = await rows_of_episode(unit, shot.episode_id, [shot.id])
    await unit.remove(Line, line.id)
    await _reorder(unit, await lines_of(unit, shot.id))
    await remember_edit(unit, shot.episode_id, label="delete", before=before, shots=[shot.id])


def _inserted(lines: Sequence[Line], line: Line, place: int) -> list[Line]:
    at = min(max(place, 1), len(lines) + 1) - 1
    return [*lines[:at], line, *lines[at:]]


async def _reorder(unit: Unit, lines: Sequence[Line]) -> None:
    for order, line in enumerate(lines, start=1):
        await unit.change(line, order=order)


async def _speaker(unit: Unit, line: Line, said: Mapping[str, object]) -> dict[str, object]:
    """Speaker and character go together: the one that was said decides the other."""
    if "character_id" in said and line.character_id is not None and "speaker" not in said:
        return {"speaker": (await unit.get(Character, line.character_id)).name}
    if "speaker" in said and "character_id" not in said:
        owners = await owners_of(unit, line)
        project = owners.project
        characters = await unit.find(Character, project_id=project.id) if project else []
        named = [row for row in characters if row.name == line.speaker]
        named += [row for row in characters if line.speaker in row.aliases]
        return {"character_id": named[0].id if named else None}
    return {}


async def edit_character(
    unit: Unit, character: Character, said: Mapping[str, JsonValue]
) -> Character:
    """Change a character; a new name goes into the lines, the old one stays known as an alias."""
    edited = await _changed(unit, character, said)
    if edited.name == character.name:
        return edited
    for line in await unit.find(Line, character_id=character.id, speaker=character.name):
        await unit.change(line, speaker=edited.name)
    if character.name in edited.aliases:
        return edited
    return await unit.change(edited, aliases=(*edited.aliases, character.name))


async def remove_character(unit: Unit, character: Character) -> None:
    """Remove a character from its project and from the shots that show it."""
    for episode in await unit.find(Episode, project_id=character.project_id):
        for shot in await unit.find(Storyboard, episode_id=episode.id):
            if character.id in shot.characters:
                left = tuple(id for id in shot.characters if id != character.id)
                await unit.change(shot, characters=left)
    await unit.remove(Character, character.id)


async def edit_episode(unit: Unit, episode: Episode, said: Mapping[str, JsonValue]) -> Episode:
    """Change an episode; its status is worked out, a person only archives and restores it."""
    fields = changes_of(episode, said)
    if fields.get("status", "archived") != "archived":
        fields["status"] = await worked_out_status(unit, episode.id)
    return await unit.change(episode, **fields)


async def worked_out_status(unit: Unit, episode_id: UUID) -> EpisodeStatus:
    """How far an episode is, by what there is of it."""
    if await unit.find(GeneratedVideo, episode_id=episode_id, limit=1):
        return "completed"
    if await unit.find(Storyboard, episode_id=episode_id, limit=1):
        return "storyboarded"
    if await unit.find(Script, episode_id=episode_id, limit=1):
        return "scripted"
    return "draft"


async def next_order(unit: Unit, project_id: JsonValue) -> int:
    """The order of a new last episode; 1 where the project is not known yet."""
    if not isinstance(project_id, str):
        return 1
    try:
        wanted = UUID(project_id)
    except ValueError:
        return 1
    last = await unit.find(Episode, project_id=wanted, order_by=("-order",), limit=1)
    return last[0].order + 1 if last else 1


async def remove_take(unit: Unit, take: Take) -> None:
    """Remove a take; a slot that it was locked into is free again. Its file stays an asset."""
    if take.line_id is not None:
        line = await unit.get(Line, take.line_id)
        if line.audio_take_id == take.id:
            await unit.change(line, audio_take_id=None, audio_locked=False)
    elif take.storyboard_id is not None:
        shot = await unit.get(Storyboard, take.storyboard_id)
        if shot.image_take_id == take.id:
            await unit.change(shot, image_take_id=None, image_locked=False)
        elif shot.video_take_id == take.id:
            await unit.change(shot, video_take_id=None, video_locked=False)
    await unit.remove(Take, take.id)
