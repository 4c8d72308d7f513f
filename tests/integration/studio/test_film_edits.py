"""What an edit makes stale, and what the next render then does: the contract's expected sets."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest

from ai_video.studio.film.render import render_film
from ai_video.studio.planning.make import make_film
from ai_video.studio.records.records import delete_record, edit_record, list_records
from ai_video.studio.records.shots import insert_shot
from ai_video.studio.requests import EditAnswer, FilmDocument, MakeRequest, RenderRequest
from ai_video.studio.runs.takes import lock_take
from ai_video.studio.studio import Studio

STORY = """第一场 内景 客厅 夜

林小雨坐在窗边，看着雨。

林小雨：你终于回来了，我等了你整整一个晚上。

陈默：对不起，让你久等了。

第二场 外景 街道 清晨

两个人走在街上。

林小雨：我们走吧。
"""


@pytest.fixture
async def film(studio: Studio) -> FilmDocument:
    document = await make_film(
        studio,
        MakeRequest(
            text=STORY, name="雨夜", size="360p", music="none", generator="animatic", fps=24
        ),
    )
    assert isinstance(document, FilmDocument)
    assert document.ok, document.tasks
    return document


async def again(studio: Studio, film: FilmDocument) -> FilmDocument:
    return await render_film(studio, RenderRequest(episode_id=film.episode_id))


def kinds(document: FilmDocument) -> Counter[str]:
    return Counter(row.kind for row in document.executed)


def agree(answer: EditAnswer, document: FilmDocument) -> None:
    """Every sure row ran, and nothing ran that was not listed."""

    def keys(rows: list[object]) -> set[tuple[object, ...]]:
        return {(r.kind, r.part, r.storyboard_id, r.line_id) for r in rows}  # type: ignore[attr-defined]

    executed = keys(list(document.executed))
    assert keys([row for row in answer.stale if not row.maybe]) <= executed
    assert executed <= keys(list(answer.stale))


async def first_line(studio: Studio, film: FilmDocument) -> dict[str, object]:
    shot = next(shot for shot in film.storyboards if shot.lines)
    page = await list_records(studio, "lines", storyboard_id=shot.id)
    return dict(page.items[0])


async def test_an_unchanged_film_executes_nothing(studio: Studio, film: FilmDocument) -> None:
    assert film.film is not None
    same = await again(studio, film)
    assert same.executed == []
    assert same.tasks.satisfied == same.tasks.total == film.tasks.total
    assert same.film is not None
    assert same.film.stream_sha256 == film.film.stream_sha256
    assert same.film.version == film.film.version == 1


async def test_a_line_that_still_fits_redoes_its_voice_segment_and_film(
    studio: Studio, film: FilmDocument
) -> None:
    line = await first_line(studio, film)
    answer = await edit_record(
        studio, "lines", UUID(str(line["id"])), {"text": str(line["text"])[:-2] + "呀。"}
    )
    assert {row.kind for row in answer.stale if not row.maybe} == {"voice", "segment", "composite"}
    assert "line.text" in next(row for row in answer.stale if row.kind == "voice").changed
    document = await again(studio, film)
    agree(answer, document)
    assert kinds(document) == {"voice": 1, "segment": 1, "composite": 1}
    assert document.film is not None
    assert document.film.version == 2


async def test_a_line_far_too_long_for_its_shot_redoes_the_clip_too(
    studio: Studio, film: FilmDocument
) -> None:
    line = await first_line(studio, film)
    answer = await edit_record(
        studio, "lines", UUID(str(line["id"])), {"text": "我有很多话想要对你说。" * 8}
    )
    assert [row.maybe for row in answer.stale if row.kind == "clip"] == [True]
    document = await again(studio, film)
    agree(answer, document)
    assert kinds(document) == {"voice": 1, "clip": 1, "segment": 1, "composite": 1}


async def test_a_subtitle_style_redoes_only_segments_with_subtitles(
    studio: Studio, film: FilmDocument
) -> None:
    answer = await edit_record(
        studio, "projects", film.project_id, {"settings.subtitle_style.colour": "#FFEE00"}
    )
    document = await again(studio, film)
    agree(answer, document)
    spoken = {shot.id for shot in film.storyboards if shot.lines}
    assert {row.storyboard_id for row in document.executed if row.kind == "segment"} == spoken
    assert kinds(document) == {"segment": len(spoken), "composite": 1}


async def test_only_what_is_heard_makes_the_sound_anew(studio: Studio, film: FilmDocument) -> None:
    def sounds() -> dict[str, int]:
        files = (studio.settings.home / "film-cache").glob("sound-*.m4a")
        return {path.name: path.stat().st_ino for path in files}

    first = sounds()
    assert len(first) == 1
    shot = next(shot for shot in film.storyboards if shot.lines)
    await edit_record(
        studio, "storyboards", shot.id, {"description": f"{shot.description}手里拿着书。"}
    )
    await edit_record(studio, "lines", shot.lines[0].id, {"translation": "You are back."})
    document = await again(studio, film)
    assert {"keyframe", "clip", "segment", "composite"} <= set(kinds(document))
    assert sounds() == first
    await edit_record(studio, "projects", film.project_id, {"settings.music_style": "calm"})
    await again(studio, film)
    assert len(sounds()) == 2
    assert first.items() <= sounds().items()


async def test_a_shot_put_in_makes_no_picture_of_the_others_anew(
    studio: Studio, film: FilmDocument
) -> None:
    assert [shot.label for shot in film.storyboards][:2] == ["S1 · 01", "S1 · 02"]
    inserted = await insert_shot(
        studio, episode_id=film.episode_id, position=2, values={"description": "空镜，窗台"}
    )
    document = await render_film(studio, RenderRequest(episode_id=film.episode_id, dry_run=True))
    new = UUID(str(inserted.item["id"]))
    assert {row.storyboard_id for row in document.executed if row.kind == "clip"} == {new}
    first = document.storyboards[0].id
    scene_two = {shot.id for shot in document.storyboards if shot.scene_number == 2}
    renamed = {row.storyboard_id for row in document.executed if row.kind == "segment"}
    assert new in renamed
    assert not renamed & (scene_two | {first})
    off = await edit_record(studio, "projects", film.project_id, {"settings.label": False})
    assert {row.kind for row in off.stale} >= {"segment"}


async def test_an_appearance_redoes_the_pictures_of_that_character(
    studio: Studio, film: FilmDocument
) -> None:
    character = next(row for shot in film.storyboards for row in shot.characters)
    shots = {s.id for s in film.storyboards if character.id in {c.id for c in s.characters}}
    answer = await edit_record(studio, "characters", character.id, {"appearance": "红色长裙，短发"})
    document = await again(studio, film)
    agree(answer, document)
    for kind in ("keyframe", "clip", "segment"):
        assert {r.storyboard_id for r in document.executed if r.kind == kind} == shots
    assert kinds(document)["composite"] == 1


async def test_a_locked_take_is_never_made_again(studio: Studio, film: FilmDocument) -> None:
    shot = next(shot for shot in film.storyboards if shot.characters)
    assert shot.takes.image is not None
    await lock_take(studio, shot.takes.image)
    answer = await edit_record(
        studio, "characters", shot.characters[0].id, {"appearance": "黑色风衣"}
    )
    assert shot.id not in {row.storyboard_id for row in answer.stale if row.kind == "keyframe"}
    document = await again(studio, film)
    agree(answer, document)
    assert shot.id not in {r.storyboard_id for r in document.executed if r.kind == "keyframe"}


async def test_an_edit_taken_back_makes_everything_current(
    studio: Studio, film: FilmDocument
) -> None:
    line = await first_line(studio, film)
    await edit_record(studio, "lines", UUID(str(line["id"])), {"text": "别的话。"})
    await again(studio, film)
    answer = await edit_record(studio, "lines", UUID(str(line["id"])), {"text": str(line["text"])})
    assert answer.stale == []
    document = await again(studio, film)
    assert document.executed == []
    assert document.film is not None
    assert document.film.version == 3


async def test_some_shots_make_only_those(studio: Studio) -> None:
    planned = await make_film(
        studio, MakeRequest(text=STORY, name="雨夜", size="360p", until="storyboards")
    )
    assert isinstance(planned, FilmDocument)
    assert planned.tasks.total == 0
    document = await render_film(studio, RenderRequest(episode_id=planned.episode_id, shots=(2, 3)))
    wanted = {shot.id for shot in planned.storyboards if 2 <= shot.shot_number <= 3}
    assert {row.storyboard_id for row in document.executed} == wanted
    assert document.film is None


async def test_an_edited_paragraph_keeps_the_ids_of_the_others(
    studio: Studio, film: FilmDocument, tmp_path: Path
) -> None:
    changed = STORY.replace("两个人走在街上。", "两个人慢慢走在洒满阳光的街上。")
    document = await make_film(studio, MakeRequest(text=changed, name="雨夜"))
    assert isinstance(document, FilmDocument)
    before = {(shot.description, shot.id) for shot in film.storyboards}
    after = {(shot.description, shot.id) for shot in document.storyboards}
    assert before & after
    lines_before = {line.text: line.id for shot in film.storyboards for line in shot.lines}
    lines_after = {line.text: line.id for shot in document.storyboards for line in shot.lines}
    assert lines_before == lines_after
    assert not {"voice"} & set(kinds(document))


async def plan(studio: Studio, text: str) -> FilmDocument:
    document = await make_film(studio, MakeRequest(text=text, name="雨夜", until="storyboards"))
    assert isinstance(document, FilmDocument)
    return document


async def test_shots_split_inserted_or_deleted_in_the_studio_survive_a_new_text(
    studio: Studio,
) -> None:
    first = await plan(studio, STORY)
    removed = first.storyboards[-1]
    await delete_record(studio, "storyboards", removed.id)
    await insert_shot(
        studio, episode_id=first.episode_id, position=2, values={"description": "窗外的闪电"}
    )
    changed = STORY.replace("林小雨坐在窗边，看着雨。", "林小雨站在窗边，看着外面的大雨。")
    second = await plan(studio, changed)
    descriptions = [shot.description for shot in second.storyboards]
    assert "窗外的闪电" in descriptions
    assert [shot.shot_number for shot in second.storyboards] == list(
        range(1, len(descriptions) + 1)
    )
    spoken = [line.text for shot in second.storyboards for line in shot.lines]
    assert spoken == [
        line.text for shot in first.storyboards for line in shot.lines if shot.id != removed.id
    ]


async def test_a_changed_paragraph_replaces_an_edit_and_says_so(studio: Studio) -> None:
    first = await plan(studio, STORY)
    shot = next(shot for shot in first.storyboards if shot.lines)
    await edit_record(studio, "lines", shot.lines[0].id, {"text": "我改过的台词。"})
    kept = await plan(studio, STORY + "\n陈默：好。\n")
    assert "我改过的台词。" in [line.text for row in kept.storyboards for line in row.lines]
    changed = STORY.replace(shot.lines[0].text, "你怎么才回来？我都等急了。")
    second = await plan(studio, changed)
    assert "我改过的台词。" not in [line.text for row in second.storyboards for line in row.lines]
    assert "edit_replaced" in {row.code for row in second.degraded}


async def test_a_new_description_brings_the_slots_it_speaks_of(studio: Studio) -> None:
    first = await plan(studio, STORY)
    shot = first.storyboards[0]
    answer = await edit_record(
        studio, "storyboards", shot.id, {"description": "特写，大雪中的林小雨，手持镜头"}
    )
    slots = answer.item["slots"]
    assert isinstance(slots, dict)
    assert slots["shot_size"] == "close_up"
    assert slots["weather"] == ["snow"]
    assert slots["movement"] == "handheld"
    assert slots["time_of_day"] == shot.slots.time_of_day
