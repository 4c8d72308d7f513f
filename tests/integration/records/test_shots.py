"""Surgery on shots, and undo and redo of everything that was done to them."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

import pytest

from ai_video.domain import entities as e
from ai_video.domain.ids import new_id
from ai_video.errors import Conflict, InputRefused, NotFound
from ai_video.studio.records.episode_history import edited_shots, remember_edit, rows_of_episode
from ai_video.studio.records.records import create_record, delete_record, edit_record, list_records
from ai_video.studio.records.shots import insert_shot, merge_shot, move_shot, redo, split_shot, undo
from ai_video.studio.studio import Studio


@pytest.fixture
async def episode(studio: Studio) -> UUID:
    """Four shots A B C D; B has three lines."""
    project = await create_record(studio, "projects", {"name": "p"})
    await create_record(studio, "characters", {"project_id": project["id"], "name": "小明"})
    made = await create_record(studio, "episodes", {"project_id": project["id"], "title": "第一集"})
    for name in "ABCD":
        dialogue = "小明：一。\n二二二。\n小明：三。" if name == "B" else ""
        await create_record(
            studio,
            "storyboards",
            {"episode_id": made["id"], "description": name, "dialogue": dialogue, "duration": 6},
        )
    return UUID(str(made["id"]))


async def shots(studio: Studio, episode: UUID) -> list[dict[str, Any]]:
    return [
        dict(row) for row in (await list_records(studio, "storyboards", episode_id=episode)).items
    ]


async def order(studio: Studio, episode: UUID) -> str:
    rows = await shots(studio, episode)
    assert [row["shot_number"] for row in rows] == list(range(1, len(rows) + 1))
    return "".join(row["description"] for row in rows)


async def shot(studio: Studio, episode: UUID, name: str) -> UUID:
    return next(
        UUID(row["id"]) for row in await shots(studio, episode) if row["description"] == name
    )


async def lines(studio: Studio, shot_id: UUID) -> list[dict[str, Any]]:
    return [dict(row) for row in (await list_records(studio, "lines", storyboard_id=shot_id)).items]


async def whole(studio: Studio, episode: UUID) -> Any:
    """All rows of an episode without their revisions and times."""
    rows = await studio.database.read(lambda unit: rows_of_episode(unit, episode))
    aside = {"revision", "created_at", "updated_at"}
    return {
        table: {
            id: {name: value for name, value in row.items() if name not in aside}
            for id, row in by_id.items()
        }
        for table, by_id in rows.items()
    }


async def add_take(studio: Studio, new: Any, shot_id: UUID) -> e.Take:
    asset = new(e.Asset, kind="image", origin="generated", sha256="a" * 64, size=1)
    take = new(e.Take, kind="image", storyboard_id=shot_id, asset_id=asset.id)

    async def work(unit: Any) -> None:
        await unit.add_all([asset, take])
        row = await unit.get(e.Storyboard, shot_id)
        await unit.change(row, image_take_id=take.id, thumbnail_asset_id=asset.id)

    await studio.database.write(work)
    return take


async def test_a_new_shot_comes_where_it_is_wanted(studio: Studio, episode: UUID) -> None:
    answer = await insert_shot(
        studio, episode_id=episode, position=2, values={"description": "N", "dialogue": "新。"}
    )
    assert (answer.item["shot_number"], answer.item["dialogue"]) == (2, "新。")
    assert await order(studio, episode) == "ANBCD"
    await insert_shot(studio, episode_id=episode, position=99, values={"description": "Z"})
    await insert_shot(studio, episode_id=episode, position=1, values={"description": "0"})
    assert await order(studio, episode) == "0ANBCDZ"


async def test_a_new_shot_is_in_the_scene_of_the_one_before(studio: Studio, episode: UUID) -> None:
    project = (await list_records(studio, "projects")).items[0]["id"]
    scene = await create_record(studio, "scenes", {"project_id": project, "name": "街道"})
    b = await shot(studio, episode, "B")
    await edit_record(studio, "storyboards", b, {"scene_id": scene["id"], "scene_number": 3})
    answer = await insert_shot(studio, episode_id=episode, position=3, values={})
    assert (answer.item["scene_id"], answer.item["scene_number"]) == (scene["id"], 3)
    answer = await insert_shot(studio, episode_id=episode, position=3, values={"scene_id": None})
    assert answer.item["scene_id"] is None


async def test_a_position_before_the_first_is_refused(studio: Studio, episode: UUID) -> None:
    with pytest.raises(InputRefused):
        await insert_shot(studio, episode_id=episode, position=0, values={})
    with pytest.raises(NotFound):
        await insert_shot(studio, episode_id=new_id(), position=1, values={})


async def test_split_shares_lines_and_time_and_keeps_ids(studio: Studio, episode: UUID) -> None:
    b = await shot(studio, episode, "B")
    before = await lines(studio, b)
    answer = await split_shot(studio, b, after_line=1)
    second = UUID(str(answer.item["id"]))
    assert await order(studio, episode) == "ABBCD"
    assert [row["id"] for row in await lines(studio, b)] == [before[0]["id"]]
    moved = await lines(studio, second)
    assert [(row["id"], row["order"]) for row in moved] == [
        (before[1]["id"], 1),
        (before[2]["id"], 2),
    ]
    rows = {row["id"]: row for row in await shots(studio, episode)}
    assert rows[str(b)]["duration"] + rows[str(second)]["duration"] == pytest.approx(6)
    assert rows[str(b)]["duration"] < rows[str(second)]["duration"]


@pytest.mark.parametrize("after_line", [0, 3, 4, -1])
async def test_a_cut_without_a_line_behind_it_is_refused(
    studio: Studio, episode: UUID, after_line: int
) -> None:
    with pytest.raises(InputRefused) as caught:
        await split_shot(studio, await shot(studio, episode, "B"), after_line=after_line)
    assert caught.value.fields["field"] == "after_line"
    assert await order(studio, episode) == "ABCD"


async def test_merge_joins_words_time_and_lines(studio: Studio, episode: UUID) -> None:
    a, b = await shot(studio, episode, "A"), await shot(studio, episode, "B")
    said = [row["id"] for row in await lines(studio, b)]
    answer = await merge_shot(studio, a)
    assert (answer.item["description"], answer.item["duration"]) == ("A B", 12.0)
    assert [row["id"] for row in await lines(studio, a)] == said
    assert [row["shot_number"] for row in await shots(studio, episode)] == [1, 2, 3]
    with pytest.raises(InputRefused) as caught:
        await merge_shot(studio, await shot(studio, episode, "D"))
    assert caught.value.code == "no_next_shot"


async def test_move_and_delete_keep_numbers_dense(studio: Studio, episode: UUID) -> None:
    await move_shot(studio, await shot(studio, episode, "D"), position=1)
    assert await order(studio, episode) == "DABC"
    await move_shot(studio, await shot(studio, episode, "A"), position=99)
    assert await order(studio, episode) == "DBCA"
    await delete_record(studio, "storyboards", await shot(studio, episode, "B"))
    assert await order(studio, episode) == "DCA"


async def test_a_deleted_shot_comes_back_with_lines_takes_and_choice(
    studio: Studio, episode: UUID, new: Any
) -> None:
    b = await shot(studio, episode, "B")
    await add_take(studio, new, b)
    before = await whole(studio, episode)
    await delete_record(studio, "storyboards", b)
    assert await order(studio, episode) == "ACD"
    answer = await undo(studio, episode)
    assert (answer.item["can_undo"], answer.item["can_redo"]) == (True, True)
    assert await whole(studio, episode) == before
    await redo(studio, episode)
    assert await order(studio, episode) == "ACD"


async def test_takes_made_between_an_edit_and_its_undo_are_not_lost(
    studio: Studio, episode: UUID, new: Any
) -> None:
    answer = await insert_shot(studio, episode_id=episode, position=1, values={"description": "N"})
    await add_take(studio, new, UUID(str(answer.item["id"])))
    after = await whole(studio, episode)
    await undo(studio, episode)
    assert await order(studio, episode) == "ABCD"
    await redo(studio, episode)
    assert await whole(studio, episode) == after


async def test_undo_of_an_edit_leaves_takes_selected_since(
    studio: Studio, episode: UUID, new: Any
) -> None:
    b = await shot(studio, episode, "B")
    await edit_record(studio, "storyboards", b, {"notes": "x"})
    take = await add_take(studio, new, b)
    await undo(studio, episode)
    row = next(row for row in await shots(studio, episode) if row["id"] == str(b))
    assert (row["notes"], row["image_take_id"]) == ("", str(take.id))


async def test_what_is_gone_meanwhile_is_not_pointed_to_by_undo(
    studio: Studio, episode: UUID, new: Any
) -> None:
    project = (await list_records(studio, "projects")).items[0]["id"]
    scene = await create_record(studio, "scenes", {"project_id": project, "name": "街道"})
    b = await shot(studio, episode, "B")
    character = (await list_records(studio, "characters")).items[0]["id"]
    await edit_record(
        studio, "storyboards", b, {"scene_id": scene["id"], "characters": [character]}
    )
    take = await add_take(studio, new, b)
    await delete_record(studio, "storyboards", b)
    await delete_record(studio, "scenes", UUID(str(scene["id"])))
    await delete_record(studio, "characters", UUID(str(character)))
    await delete_record(studio, "assets", take.asset_id)
    await undo(studio, episode)
    row = next(row for row in await shots(studio, episode) if row["id"] == str(b))
    assert (row["scene_id"], row["characters"], row["image_take_id"]) == (None, [], None)
    assert [line["character_id"] for line in await lines(studio, b)] == [None, None, None]


async def test_a_new_edit_ends_what_could_be_redone(studio: Studio, episode: UUID) -> None:
    await edit_record(studio, "storyboards", await shot(studio, episode, "A"), {"notes": "1"})
    await undo(studio, episode)
    await edit_record(studio, "storyboards", await shot(studio, episode, "A"), {"notes": "2"})
    with pytest.raises(Conflict) as caught:
        await redo(studio, episode)
    assert caught.value.code == "nothing_to_redo"


async def test_there_is_an_end_to_undo(studio: Studio, episode: UUID) -> None:
    for _ in range(4):
        await undo(studio, episode)
    assert await shots(studio, episode) == []
    with pytest.raises(Conflict) as caught:
        await undo(studio, episode)
    assert caught.value.code == "nothing_to_undo"
    for _ in range(4):
        await redo(studio, episode)
    assert await order(studio, episode) == "ABCD"


async def test_an_edit_that_changes_nothing_is_no_step(studio: Studio, episode: UUID) -> None:
    b = await shot(studio, episode, "B")
    await move_shot(studio, b, position=2)
    await edit_record(studio, "storyboards", b, {"notes": ""})
    await undo(studio, episode)
    assert await order(studio, episode) == "ABC"


@pytest.mark.parametrize("seed", range(4))
async def test_any_row_of_edits_can_be_undone_and_done_again(
    studio: Studio, episode: UUID, seed: int
) -> None:
    chance = random.Random(seed)
    states = [await whole(studio, episode)]
    for _ in range(12):
        rows = await shots(studio, episode)
        row = chance.choice(rows)
        id = UUID(row["id"])
        said = await lines(studio, id)
        match chance.randrange(8):
            case 0:
                await insert_shot(
                    studio, episode_id=episode, position=chance.randint(1, 6),
                    values={"description": "N", "dialogue": "甲\n乙"},
                )  # fmt: skip
            case 1 if len(said) > 1:
                await split_shot(studio, id, after_line=1)
            case 2 if row["shot_number"] < len(rows):
                await merge_shot(studio, id)
            case 3:
                await move_shot(studio, id, position=chance.randint(1, 6))
            case 4 if len(rows) > 2:
                await delete_record(studio, "storyboards", id)
            case 5:
                text = "\n".join(chance.choices(["甲", "乙", "小明：丙", "丁"], k=3))
                await edit_record(studio, "storyboards", id, {"dialogue": text})
            case 6 if said:
                await edit_record(studio, "lines", UUID(said[-1]["id"]), {"order": 1})
            case _:
                await edit_record(studio, "storyboards", id, {"notes": str(chance.random())})
        state = await whole(studio, episode)
        if state != states[-1]:
            states.append(state)
        await order(studio, episode)
    for state in reversed(states[:-1]):
        await undo(studio, episode)
        assert await whole(studio, episode) == state
    for state in states[1:]:
        await redo(studio, episode)
        assert await whole(studio, episode) == state


async def test_shots_edited_by_hand_are_known_until_the_text_replaces_them(
    studio: Studio, episode: UUID
) -> None:
    async def edited() -> set[UUID]:
        return await studio.database.read(lambda unit: edited_shots(unit, episode))

    async def as_text(**fields: Any) -> None:
        async def work(unit: Any) -> None:
            before = await rows_of_episode(unit, episode)
            for id, changes in fields.items():
                await unit.change(await unit.get(e.Storyboard, UUID(id)), **changes)
            await remember_edit(unit, episode, label="text", before=before)

        await studio.database.write(work)

    ids = {name: await shot(studio, episode, name) for name in "ABCD"}
    await as_text(**{str(id): {"description": f"{name}!"} for name, id in ids.items()})
    assert await edited() == set()
    await edit_record(studio, "storyboards", ids["A"], {"notes": "x"})
    line = (await lines(studio, ids["B"]))[0]
    await edit_record(studio, "lines", UUID(line["id"]), {"text": "别的。"})
    await move_shot(studio, ids["D"], position=1)
    assert await edited() == {ids["A"], ids["B"]}
    await as_text(**{str(ids["A"]): {"scene_number": 9}, str(ids["B"]): {"description": "neu"}})
    assert await edited() == {ids["A"]}
    await undo(studio, episode)
    assert await edited() == {ids["A"], ids["B"]}
