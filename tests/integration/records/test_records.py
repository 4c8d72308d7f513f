"""Create, list, show, edit and delete records through the verbs."""

from __future__ import annotations

import contextlib
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ai_video.domain import entities as e
from ai_video.domain.ids import new_id
from ai_video.errors import AiVideoError, Conflict, InputRefused, NotFound
from ai_video.studio.kinds import ENTITIES
from ai_video.studio.record_kinds import KINDS
from ai_video.studio.records.events import last_event, read_events, record_event
from ai_video.studio.records.projects import archive_project, restore_project
from ai_video.studio.records.records import (
    create_record,
    delete_record,
    edit_record,
    list_records,
    show_record,
)
from ai_video.studio.studio import Studio


async def make(studio: Studio, kind: str, **values: Any) -> dict[str, Any]:
    return await create_record(studio, kind, values)


async def a_project(studio: Studio, **values: Any) -> UUID:
    return UUID((await make(studio, "projects", name="雨夜", **values))["id"])


def code(caught: pytest.ExceptionInfo[AiVideoError]) -> str:
    return caught.value.code


def test_every_kind_has_its_rules() -> None:
    assert KINDS.keys() == ENTITIES.keys()
    for kind in KINDS.values():
        fields = kind.entity.model_fields
        assert kind.writable <= set(fields)
        assert {name.removeprefix("-") for name in kind.order} <= set(fields)
        assert kind.parent is None or kind.parent[0] in fields


async def test_a_project_is_created_shown_and_listed(studio: Studio) -> None:
    made = await make(studio, "projects", name="雨夜", settings={"fps": 30})
    shown = await show_record(studio, "projects", UUID(made["id"]))
    assert shown == made
    assert (shown["name"], shown["status"], shown["settings"]["fps"]) == ("雨夜", "draft", 30)
    assert (await list_records(studio, "projects")).items == [made]


async def test_dotted_keys_reach_nested_values_and_leave_the_rest(studio: Studio) -> None:
    id = await a_project(studio)
    answer = await edit_record(
        studio,
        "projects",
        id,
        {"settings.subtitle_style.size": 72, "settings.pronunciation.重庆": "chóng qìng"},
    )
    settings = answer.item["settings"]
    assert settings["subtitle_style"]["size"] == 72  # type: ignore[index,call-overload]
    assert settings["subtitle_style"]["colour"] == "#FFFFFF"  # type: ignore[index,call-overload]
    assert settings["pronunciation"] == {"重庆": "chóng qìng"}  # type: ignore[index,call-overload]
    assert answer.item["revision"] == 1
    assert answer.stale == []


@pytest.mark.parametrize(
    ("changes", "wanted", "field"),
    [
        ({"colour": 1}, "unknown_field", "colour"),
        ({"settings.colour": 1}, "unknown_field", "settings.colour"),
        ({"name.first": "x"}, "unknown_field", "name.first"),
        ({"settings.fps": 26}, "invalid_value", "settings.fps"),
        ({"name": ""}, "invalid_value", "name"),
        ({"name": "a\x00b"}, "invalid_value", "name"),
        ({"description": "\ud800"}, "invalid_value", "description"),
        ({"settings.seed": float("nan")}, "invalid_value", "settings.seed"),
        ({"status": "archived"}, "field_is_given", "status"),
        ({"id": str(new_id())}, "field_is_given", "id"),
    ],
)
async def test_what_cannot_be_set_is_named(
    studio: Studio, changes: dict[str, Any], wanted: str, field: str
) -> None:
    id = await a_project(studio)
    with pytest.raises(InputRefused) as caught:
        await edit_record(studio, "projects", id, changes)
    assert (code(caught), caught.value.fields["field"]) == (wanted, field)
    assert (await show_record(studio, "projects", id))["revision"] == 0


async def test_a_number_too_large_for_its_column_is_refused(studio: Studio) -> None:
    id = await a_project(studio)
    with pytest.raises(InputRefused) as caught:
        await make(studio, "episodes", project_id=str(id), title="t", order=2**40)
    assert caught.value.fields["field"] == "order"


async def test_a_document_may_come_back_whole_with_one_change(studio: Studio) -> None:
    id = await a_project(studio)
    document = await show_record(studio, "projects", id)
    answer = await edit_record(studio, "projects", id, {**document, "description": "新"})
    assert answer.item["description"] == "新"


async def test_an_old_revision_refuses_the_edit(studio: Studio) -> None:
    id = await a_project(studio)
    document = await show_record(studio, "projects", id)
    await edit_record(studio, "projects", id, {"description": "meanwhile"})
    with pytest.raises(Conflict) as caught:
        await edit_record(studio, "projects", id, {**document, "description": "mine"})
    assert code(caught) == "changed_meanwhile"


async def test_unknown_kinds_ids_and_owners_are_not_found(studio: Studio) -> None:
    with pytest.raises(NotFound):
        await list_records(studio, "dragons")
    with pytest.raises(NotFound):
        await show_record(studio, "lines", new_id())
    with pytest.raises(NotFound):
        await list_records(studio, "scenes", project_id=new_id())
    with pytest.raises(NotFound):
        await make(studio, "scenes", project_id=str(new_id()), name="x")
    with pytest.raises(InputRefused):
        await list_records(studio, "projects", episode_id=new_id())


async def test_pages_go_on_where_they_stopped(studio: Studio) -> None:
    project = str(await a_project(studio))
    made = [await make(studio, "episodes", project_id=project, title=f"t{i}") for i in range(7)]
    assert [row["order"] for row in made] == [1, 2, 3, 4, 5, 6, 7]
    seen: list[Any] = []
    cursor = None
    for _ in range(10):
        page = await list_records(studio, "episodes", limit=3, cursor=cursor)
        seen += [row["title"] for row in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == [f"t{i}" for i in range(7)]


@pytest.mark.parametrize("cursor", ["x", "W10=", "WzEsIDIsIDNd", "////", "中文", ""])
async def test_a_cursor_of_ones_own_is_refused(studio: Studio, cursor: str) -> None:
    await a_project(studio)
    if not cursor:
        assert len((await list_records(studio, "episodes", cursor=cursor)).items) == 0
        return
    with pytest.raises(InputRefused) as caught:
        await list_records(studio, "episodes", cursor=cursor)
    assert code(caught) == "cursor_unusable"


@pytest.mark.parametrize("limit", [0, -1, 10_001])
async def test_a_limit_out_of_range_is_refused(studio: Studio, limit: int) -> None:
    with pytest.raises(InputRefused):
        await list_records(studio, "projects", limit=limit)


async def test_an_archived_project_is_hidden_and_read_only_until_restored(studio: Studio) -> None:
    id = await a_project(studio)
    scene = await make(studio, "scenes", project_id=str(id), name="街道")
    await archive_project(studio, id)
    assert (await list_records(studio, "projects")).items == []
    assert len((await list_records(studio, "projects", archived=True)).items) == 1
    for attempt in (
        edit_record(studio, "projects", id, {"name": "x"}),
        edit_record(studio, "scenes", UUID(scene["id"]), {"name": "x"}),
        delete_record(studio, "scenes", UUID(scene["id"])),
        delete_record(studio, "projects", id),
        create_record(studio, "episodes", {"project_id": str(id), "title": "t"}),
    ):
        with pytest.raises(Conflict) as caught:
            await attempt
        assert code(caught) == "project_archived"
    assert (await restore_project(studio, id))["status"] == "draft"
    await edit_record(studio, "scenes", UUID(scene["id"]), {"name": "x"})
    with pytest.raises(Conflict):
        await restore_project(studio, id)


async def test_an_archived_episode_is_hidden_and_its_shots_are_read_only(studio: Studio) -> None:
    project = str(await a_project(studio))
    episode = await make(studio, "episodes", project_id=project, title="t")
    id = UUID(episode["id"])
    shot = await make(studio, "storyboards", episode_id=episode["id"])
    await edit_record(studio, "episodes", id, {"status": "archived"})
    assert (await list_records(studio, "episodes")).items == []
    with pytest.raises(Conflict) as caught:
        await edit_record(studio, "storyboards", UUID(shot["id"]), {"notes": "x"})
    assert code(caught) == "episode_archived"
    restored = await edit_record(studio, "episodes", id, {"status": "draft"})
    assert restored.item["status"] == "storyboarded"


async def test_what_a_record_points_to_must_be_there_and_of_its_project(studio: Studio) -> None:
    one, two = await a_project(studio), await a_project(studio)
    foreign = await make(studio, "scenes", project_id=str(two), name="x")
    episode = await make(studio, "episodes", project_id=str(one), title="t")
    for values in (
        {"scene_id": foreign["id"]},
        {"characters": [str(new_id())]},
        {"picture_asset_id": str(new_id())},
    ):
        with pytest.raises(NotFound):
            await make(studio, "storyboards", episode_id=episode["id"], **values)
    own = await make(studio, "scenes", project_id=str(one), name="y")
    with pytest.raises(NotFound):
        await edit_record(studio, "scenes", UUID(own["id"]), {"control_assets.pose": str(new_id())})
    with pytest.raises(InputRefused) as caught:
        await edit_record(studio, "scenes", UUID(own["id"]), {"project_id": str(two)})
    assert code(caught) == "field_is_given"


async def test_a_renamed_character_is_renamed_in_its_lines_and_still_known(studio: Studio) -> None:
    project = str(await a_project(studio))
    character = await make(studio, "characters", project_id=project, name="小明")
    episode = await make(studio, "episodes", project_id=project, title="t")
    shot = await make(studio, "storyboards", episode_id=episode["id"], dialogue="小明：走吧。")
    answer = await edit_record(studio, "characters", UUID(character["id"]), {"name": "大明"})
    assert answer.item["aliases"] == ["小明"]
    shown = await show_record(studio, "storyboards", UUID(shot["id"]))
    assert shown["dialogue"] == "大明：走吧。"


async def test_a_deleted_character_leaves_its_shots_and_lines(studio: Studio) -> None:
    project = str(await a_project(studio))
    character = await make(studio, "characters", project_id=project, name="小明")
    episode = await make(studio, "episodes", project_id=project, title="t")
    shot = await make(
        studio,
        "storyboards",
        episode_id=episode["id"],
        characters=[character["id"]],
        dialogue="小明：走吧。",
    )
    await delete_record(studio, "characters", UUID(character["id"]))
    shown = await show_record(studio, "storyboards", UUID(shot["id"]))
    assert shown["characters"] == []
    lines = await list_records(studio, "lines", storyboard_id=UUID(shot["id"]))
    assert [(row["speaker"], row["character_id"]) for row in lines.items] == [("小明", None)]


async def test_speaker_and_character_of_a_line_go_together(studio: Studio) -> None:
    project = str(await a_project(studio))
    ming = await make(studio, "characters", project_id=project, name="小明", aliases=["明哥"])
    hong = await make(studio, "characters", project_id=project, name="小红")
    episode = await make(studio, "episodes", project_id=project, title="t")
    shot = await make(studio, "storyboards", episode_id=episode["id"])
    line = await make(studio, "lines", storyboard_id=shot["id"], speaker="明哥", text="走。")
    assert line["character_id"] == ming["id"]
    answer = await edit_record(studio, "lines", UUID(line["id"]), {"character_id": hong["id"]})
    assert answer.item["speaker"] == "小红"
    answer = await edit_record(studio, "lines", UUID(line["id"]), {"speaker": "路人"})
    assert answer.item["character_id"] is None


async def test_lines_keep_a_dense_order_of_their_own(studio: Studio) -> None:
    project = str(await a_project(studio))
    episode = await make(studio, "episodes", project_id=project, title="t")
    shot = await make(studio, "storyboards", episode_id=episode["id"], dialogue="甲\n乙\n丙")

    async def said() -> list[tuple[int, str]]:
        page = await list_records(studio, "lines", storyboard_id=UUID(shot["id"]))
        return [(row["order"], row["text"]) for row in page.items]  # type: ignore[misc]

    first = (await list_records(studio, "lines", storyboard_id=UUID(shot["id"]))).items[0]
    await make(studio, "lines", storyboard_id=shot["id"], text="新", order=2)
    assert await said() == [(1, "甲"), (2, "新"), (3, "乙"), (4, "丙")]
    await edit_record(studio, "lines", UUID(str(first["id"])), {"order": 99})
    assert await said() == [(1, "新"), (2, "乙"), (3, "丙"), (4, "甲")]
    await delete_record(studio, "lines", UUID(str(first["id"])))
    assert await said() == [(1, "新"), (2, "乙"), (3, "丙")]
    by_episode = await list_records(studio, "lines", episode_id=UUID(episode["id"]))
    by_project = await list_records(studio, "lines", project_id=UUID(project))
    assert len(by_episode.items) == len(by_project.items) == 3


async def test_dialogue_is_written_from_lines_and_keeps_their_ids(studio: Studio) -> None:
    project = str(await a_project(studio))
    ming = await make(studio, "characters", project_id=project, name="小明")
    episode = await make(studio, "episodes", project_id=project, title="t")
    shot = await make(
        studio,
        "storyboards",
        episode_id=episode["id"],
        dialogue="小明（低声）：走吧。\n风停了。\n小红: Wait!",
    )
    id = UUID(shot["id"])
    assert shot["dialogue"] == "小明（低声）：走吧。\n风停了。\n小红：Wait!"
    before = (await list_records(studio, "lines", storyboard_id=id)).items
    assert before[0]["character_id"] == ming["id"]
    assert before[0]["delivery"] == "低声"
    await edit_record(
        studio, "storyboards", id, {"dialogue": "风停了。\n小明（低声）：走吧！\n小红：Wait!\n完"}
    )
    after = (await list_records(studio, "lines", storyboard_id=id)).items
    assert [row["text"] for row in after] == ["风停了。", "走吧！", "Wait!", "完"]
    assert [row["id"] for row in after[:1]] == [before[1]["id"]]
    assert after[2]["id"] == before[2]["id"]
    assert after[2]["revision"] == before[2]["revision"]


async def test_takes_and_locks_are_not_set_by_hand(studio: Studio) -> None:
    project = str(await a_project(studio))
    episode = await make(studio, "episodes", project_id=project, title="t")
    shot = await make(studio, "storyboards", episode_id=episode["id"])
    for field in ("image_locked", "video_take_id", "shot_number", "source_digest"):
        value: Any = {"image_locked": True, "shot_number": 5}.get(field, str(new_id()))
        with pytest.raises(InputRefused) as caught:
            await edit_record(studio, "storyboards", UUID(shot["id"]), {field: value})
        assert code(caught) == "field_is_given"


async def test_kinds_that_are_made_otherwise_say_so(studio: Studio) -> None:
    for kind in ("takes", "assets", "videos", "servers"):
        with pytest.raises(InputRefused) as caught:
            await create_record(studio, kind, {})
        assert code(caught) == "action_not_possible"


async def test_deleting_a_project_cancels_its_runs_and_takes_all_along(
    studio: Studio, new: Any
) -> None:
    id = await a_project(studio)
    episode = await make(studio, "episodes", project_id=str(id), title="t")
    await make(studio, "storyboards", episode_id=episode["id"], dialogue="甲")
    answer = await delete_record(studio, "projects", id)
    assert answer.item["id"] == str(id)
    for kind in ("projects", "episodes", "storyboards", "lines"):
        assert (await list_records(studio, kind)).items == []


async def test_everything_that_happens_is_told_in_order(studio: Studio) -> None:
    assert await last_event(studio) == 0
    id = await a_project(studio)
    await edit_record(studio, "projects", id, {"name": "晴"})
    await record_event(studio, "film.started", id, note="值")
    await delete_record(studio, "projects", id)
    events = await read_events(studio, after=0, limit=10)
    assert [event["type"] for event in events] == [
        "project.created",
        "project.changed",
        "film.started",
        "project.deleted",
    ]
    assert {event["subject"] for event in events} == {str(id)}
    assert events[2]["data"] == {"note": "值"}
    assert events[1]["data"] == {"fields": ["name"]}
    assert str(events[0]["at"]).endswith("Z")
    assert await read_events(studio, after=int(str(events[1]["seq"])), limit=1) == events[2:3]
    assert await last_event(studio) == events[-1]["seq"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
async def test_no_value_whatever_breaks_a_verb(studio: Studio, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(KINDS)))
    fields = st.sampled_from([*ENTITIES[kind].model_fields, "", ".", "settings.fps", "x.y"])
    values = data.draw(st.dictionaries(fields | st.text(max_size=6), JSON, max_size=4))
    try:
        made = await create_record(studio, kind, values)
        await show_record(studio, kind, UUID(str(made["id"])))
    except InputRefused:
        pass
    project = (await create_record(studio, "projects", {"name": "p"}))["id"]
    with contextlib.suppress(InputRefused):
        await edit_record(studio, "projects", UUID(str(project)), values)
    assert (await list_records(studio, "projects", limit=1)).items


def test_entities_listed_here_are_those_of_the_plan() -> None:
    assert len(set(ENTITIES.values())) == len(ENTITIES)
    assert all(issubclass(entity, e.Entity) for entity in ENTITIES.values())
