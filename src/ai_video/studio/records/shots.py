"""Surgery on an episode's shots: insert, split, merge, move, remove; undo and redo.

Shot numbers stay dense (1, 2, 3 …); every verb is one step of the episode's history.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

from pydantic import JsonValue

from ai_video.domain.entities import Character, Episode, EpisodeEdit, Json, Line, Storyboard
from ai_video.domain.ids import new_id
from ai_video.errors import InputRefused
from ai_video.storage.database import Unit, now
from ai_video.studio.record_owners import check_pointers, check_shots_writable, check_writable
from ai_video.studio.record_values import new_entity
from ai_video.studio.records.dialogue import parse_dialogue
from ai_video.studio.records.episode_history import (
    Rows,
    redo_edit,
    remember_edit,
    rows_of_episode,
    undo_edit,
)
from ai_video.studio.records.record_documents import document, edit_answer
from ai_video.studio.requests import EditAnswer
from ai_video.studio.studio import Studio

SHORTEST_S = 0.5
LONGEST_S = 600.0
"""What `Storyboard.duration` allows, and the least that a cut leaves of a shot."""


async def insert_shot(
    studio: Studio, *, episode_id: UUID, position: int, values: Mapping[str, JsonValue]
) -> EditAnswer:
    """Put a new shot where shot number `position` is; past the end means last.

    Scene and scene number are those of the shot before, unless `values` says otherwise.

    Raises:
        NotFound: no such episode, or a thing named in `values`.
        InputRefused: a value cannot be used.
    """

    async def work(unit: Unit) -> tuple[Storyboard, Json]:
        episode = await unit.get(Episode, episode_id)
        await check_shots_writable(unit, episode)
        before = await rows_of_episode(unit, episode_id)
        shots = await shots_of(unit, episode_id)
        place = _place(position, len(shots) + 1)
        shot = await _new_shot(unit, episode_id, shots[: place - 1], values)
        await check_pointers(unit, shot, type(shot).model_fields)
        await unit.add(shot)
        await set_dialogue(unit, shot, str(values.get("dialogue") or ""))
        await renumber(unit, [*shots[: place - 1], shot, *shots[place - 1 :]])
        return await _done(unit, shot.id, "insert", before)

    return await _answered(studio, work)


async def _new_shot(
    unit: Unit, episode_id: UUID, before: Sequence[Storyboard], values: Mapping[str, JsonValue]
) -> Storyboard:
    said: Json = {name: value for name, value in values.items() if name != "dialogue"}
    said.pop("shot_number", None)
    said["episode_id"] = str(episode_id)
    if before:
        said.setdefault("scene_number", before[-1].scene_number)
        scene = before[-1].scene_id
        said.setdefault("scene_id", str(scene) if scene else None)
    return new_entity(Storyboard, said)


def _place(position: int, last: int) -> int:
    if position < 1:
        raise InputRefused("invalid_value", field="position", reason="positions count from 1")
    return min(position, last)


async def split_shot(studio: Studio, id: UUID, *, after_line: int) -> EditAnswer:
    """Cut a shot in two after its line number `after_line`; answers with the new second shot.

    The lines behind the cut go to the second shot with their voices; the planned time is shared out
    by how much is said.

    Raises:
        NotFound: no such shot. InputRefused: there is no line behind the cut.
    """

    async def work(unit: Unit) -> tuple[Storyboard, Json]:
        first = await unit.get(Storyboard, id)
        await check_writable(unit, first)
        before = await rows_of_episode(unit, first.episode_id)
        shots = await shots_of(unit, first.episode_id)
        lines = await lines_of(unit, id)
        if not 1 <= after_line < len(lines):
            reason = f"the shot has {len(lines)} lines; cut after 1 to {len(lines) - 1}"
            raise InputRefused("invalid_value", field="after_line", reason=reason)
        said = [max(1, len(line.text)) for line in lines]
        share = sum(said[:after_line]) / sum(said)
        second = _second_half(first, max(SHORTEST_S, first.duration * (1 - share)))
        await unit.add(second)
        first = await unit.change(first, duration=max(SHORTEST_S, first.duration * share))
        for order, line in enumerate(lines[after_line:], start=1):
            await unit.change(line, storyboard_id=second.id, order=order)
        at = _index(shots, id)
        await renumber(unit, [*shots[:at], first, second, *shots[at + 1 :]])
        return await _done(unit, second.id, "split", before)

    return await _answered(studio, work)


def _second_half(first: Storyboard, duration: float) -> Storyboard:
    moment = now()
    return first.model_copy(
        update={
            "id": new_id(),
            "revision": 0,
            "created_at": moment,
            "updated_at": moment,
            "duration": duration,
            "transition": "cut",
            "card": None,
            "notes": "",
            "thumbnail_asset_id": None,
            "image_take_id": None,
            "video_take_id": None,
            "image_locked": False,
            "video_locked": False,
        }
    )


async def merge_shot(studio: Studio, id: UUID) -> EditAnswer:
    """Join a shot with the one behind it; lines keep their ids and voices.

    Raises:
        NotFound: no such shot. InputRefused: it is the last one.
    """

    async def work(unit: Unit) -> tuple[Storyboard, Json]:
        first = await unit.get(Storyboard, id)
        await check_writable(unit, first)
        before = await rows_of_episode(unit, first.episode_id)
        shots = await shots_of(unit, first.episode_id)
        at = _index(shots, id)
        if at + 1 == len(shots):
            raise InputRefused("no_next_shot", shot=first.shot_number)
        second = shots[at + 1]
        lines = await lines_of(unit, id)
        for order, line in enumerate(await lines_of(unit, second.id), start=len(lines) + 1):
            await unit.change(line, storyboard_id=id, order=order)
        await unit.remove(Storyboard, second.id)
        joined = await unit.change(first, **_joined(first, second))
        await renumber(unit, [*shots[:at], joined, *shots[at + 2 :]])
        return await _done(unit, id, "merge", before)

    return await _answered(studio, work)


def _joined(first: Storyboard, second: Storyboard) -> dict[str, object]:
    descriptions = [text for text in (first.description, second.description) if text]
    apart = second.description and second.description not in first.description
    return {
        "description": " ".join(descriptions) if apart else first.description,
        "duration": min(LONGEST_S, first.duration + second.duration),
        "characters": tuple(dict.fromkeys((*first.characters, *second.characters))),
        "source_paragraphs": tuple(sorted({*first.source_paragraphs, *second.source_paragraphs})),
        "card": first.card or second.card,
        "picture_asset_id": first.picture_asset_id or second.picture_asset_id,
        "notes": "\n".join(text for text in (first.notes, second.notes) if text),
    }


async def move_shot(studio: Studio, id: UUID, *, position: int) -> EditAnswer:
    """Make a shot the one with number `position`; past the end means last.

    Raises:
        NotFound: no such shot. InputRefused: the position is below 1.
    """

    async def work(unit: Unit) -> tuple[Storyboard, Json]:
        moved = await unit.get(Storyboard, id)
        await check_writable(unit, moved)
        before = await rows_of_episode(unit, moved.episode_id)
        shots = [shot for shot in await shots_of(unit, moved.episode_id) if shot.id != id]
        shots.insert(_place(position, len(shots) + 1) - 1, moved)
        await renumber(unit, shots)
        return await _done(unit, id, "move", before)

    return await _answered(studio, work)


async def remove_shot(unit: Unit, shot: Storyboard) -> None:
    """Remove a shot with its lines and takes, as one step of the history."""
    before = await rows_of_episode(unit, shot.episode_id)
    await unit.remove(Storyboard, shot.id)
    await renumber(unit, await shots_of(unit, shot.episode_id))
    await remember_edit(unit, shot.episode_id, label="delete", before=before)


async def undo(studio: Studio, episode_id: UUID) -> EditAnswer:
    """Take back the last edit of an episode's shots and lines.

    Raises:
        Conflict: `nothing_to_undo`. NotFound: no such episode.
    """
    return await _stepped(studio, episode_id, undo_edit)


async def redo(studio: Studio, episode_id: UUID) -> EditAnswer:
    """Make the edit again that was taken back last.

    Raises:
        Conflict: `nothing_to_redo`. NotFound: no such episode.
    """
    return await _stepped(studio, episode_id, redo_edit)


async def _stepped(
    studio: Studio, episode_id: UUID, step: Callable[[Unit, UUID], Awaitable[EpisodeEdit]]
) -> EditAnswer:
    async def work(unit: Unit) -> tuple[Episode, Json]:
        episode = await unit.get(Episode, episode_id)
        await check_shots_writable(unit, episode)
        edit = await step(unit, episode_id)
        await renumber(unit, await shots_of(unit, episode_id))
        await unit.event("episode.changed", episode_id, label=edit.label, undone=edit.undone)
        steps = await unit.find(EpisodeEdit, episode_id=episode_id)
        item = await document(unit, episode)
        item |= {
            "label": edit.label,
            "can_undo": any(not row.undone for row in steps),
            "can_redo": any(row.undone for row in steps),
        }
        return episode, item

    episode, item = await studio.database.write(work)
    return await edit_answer(studio, episode, item)


def _index(shots: Sequence[Storyboard], id: UUID) -> int:
    return next(index for index, shot in enumerate(shots) if shot.id == id)


async def shots_of(unit: Unit, episode_id: UUID) -> list[Storyboard]:
    return await unit.find(Storyboard, episode_id=episode_id, order_by=("shot_number", "id"))


async def lines_of(unit: Unit, storyboard_id: UUID) -> list[Line]:
    return await unit.find(Line, storyboard_id=storyboard_id, order_by=("order", "id"))


async def renumber(unit: Unit, shots: Sequence[Storyboard]) -> None:
    """Number an episode's shots 1, 2, 3 … in this order."""
    for number, shot in enumerate(shots, start=1):
        await unit.change(shot, shot_number=number)


async def set_dialogue(unit: Unit, shot: Storyboard, text: str) -> None:
    """Make a shot's lines say this dialogue; lines that read as before keep their ids."""
    lines = await lines_of(unit, shot.id)
    speakers = await _speakers(unit, shot)
    rows = parse_dialogue(text, lines, names=speakers.keys())
    kept = {row.line.id for row in rows if row.line is not None}
    for line in lines:
        if line.id not in kept:
            await unit.remove(Line, line.id)
    for order, row in enumerate(rows, start=1):
        said: dict[str, object] = {"order": order}
        if not row.unchanged:
            said |= {"speaker": row.speaker, "delivery": row.delivery, "text": row.text}
            said["character_id"] = speakers.get(row.speaker)
        if row.line is not None:
            await unit.change(row.line, **said)
            continue
        await unit.add(Line.fresh(storyboard_id=shot.id, **said))


async def _speakers(unit: Unit, shot: Storyboard) -> dict[str, UUID]:
    """Characters of the shot's project by name and alias; a name wins over an alias."""
    episode = await unit.get(Episode, shot.episode_id)
    characters = await unit.find(Character, project_id=episode.project_id, order_by=("id",))
    aliases = {alias: row.id for row in reversed(characters) for alias in row.aliases}
    return aliases | {row.name: row.id for row in reversed(characters)}


async def _done(unit: Unit, id: UUID, label: str, before: Rows) -> tuple[Storyboard, Json]:
    shot = await unit.get(Storyboard, id)
    await remember_edit(unit, shot.episode_id, label=label, before=before)
    await unit.event("episode.changed", shot.episode_id, label=label, storyboard_id=str(id))
    return shot, await document(unit, shot)


async def _answered(
    studio: Studio, work: Callable[[Unit], Awaitable[tuple[Storyboard, Json]]]
) -> EditAnswer:
    shot, item = await studio.database.write(work)
    return await edit_answer(studio, shot, item)
