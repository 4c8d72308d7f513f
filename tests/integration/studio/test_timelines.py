"""The stored timeline: written with each film, cut by hand, and taking in what comes later."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from ai_video.assets import read_media
from ai_video.composition.arrangement import ClipCut, LineGain
from ai_video.composition.timeline import TimelineDocument
from ai_video.domain.entities import Json
from ai_video.errors import Conflict, InputRefused
from ai_video.studio.film.render import render_film
from ai_video.studio.planning.make import make_film
from ai_video.studio.records.projects import copy_project
from ai_video.studio.records.records import delete_record, edit_record, list_records
from ai_video.studio.records.shots import insert_shot
from ai_video.studio.records.timelines import (
    TimelineEdit,
    edit_timeline,
    follow_shots,
    show_timeline,
)
from ai_video.studio.requests import FilmDocument, MakeRequest, RenderRequest
from ai_video.studio.studio import Studio

STORY = """第一场 内景 客厅 夜

林小雨坐在窗边，看着雨。

林小雨：你终于回来了，我等了你整整一个晚上。

第二场 外景 街道 清晨

两个人走在街上。
"""


@pytest.fixture
async def film(studio: Studio) -> FilmDocument:
    document = await make_film(
        studio, MakeRequest(text=STORY, name="雨夜", size="360p", generator="animatic")
    )
    assert isinstance(document, FilmDocument)
    assert document.ok, document.tasks
    assert len(document.storyboards) == 3
    return document


async def again(studio: Studio, film: FilmDocument) -> FilmDocument:
    document = await render_film(studio, RenderRequest(episode_id=film.episode_id))
    assert document.ok, document.tasks
    return document


def kinds(document: FilmDocument) -> list[str]:
    return sorted(row.kind for row in document.executed)


async def shown(studio: Studio, film: FilmDocument) -> tuple[Json, TimelineDocument]:
    answer = await show_timeline(studio, film.episode_id)
    return answer, TimelineDocument.model_validate(answer["document"])


def cut_of(film: FilmDocument, *numbers: int, **more: object) -> TimelineEdit:
    clips = tuple(ClipCut(storyboard_id=film.storyboards[n - 1].id) for n in numbers)
    return TimelineEdit.model_validate({"clips": clips, **more})


def clip_ids(document: TimelineDocument) -> list[UUID]:
    return [clip.storyboard_id for clip in document.clips]


async def test_every_film_leaves_the_timeline_it_was_made_from(
    studio: Studio, film: FilmDocument
) -> None:
    answer, document = await shown(studio, film)
    assert (answer["origin"], answer["version"]) == ("auto", 1)
    assert clip_ids(document) == [shot.id for shot in film.storyboards]
    assert film.film is not None
    assert document.duration_s == pytest.approx(film.film.duration_s, abs=0.01)
    spoken = next(shot for shot in film.storyboards if shot.lines)
    (voice,) = document.voices
    assert voice.line_id == spoken.lines[0].id
    assert float(voice.span.start_s) == pytest.approx(spoken.lines[0].start_s, abs=0.002)
    assert float(voice.span.end_s) == pytest.approx(spoken.lines[0].end_s, abs=0.002)
    same = await again(studio, film)
    assert same.executed == []
    assert (await show_timeline(studio, film.episode_id))["version"] == 1
    await edit_record(studio, "storyboards", film.storyboards[2].id, {"duration": 5.0})
    await again(studio, film)
    answer, document = await shown(studio, film)
    assert (answer["origin"], answer["version"]) == ("auto", 2)
    assert document.clips[2].span.length == 125
    assert (await show_timeline(studio, film.episode_id, version=1))["version"] == 1


async def test_a_cut_by_hand_is_rendered_as_it_says(studio: Studio, film: FilmDocument) -> None:
    first = film.storyboards[0]
    edit = TimelineEdit(
        clips=(
            ClipCut(storyboard_id=film.storyboards[1].id),
            ClipCut(storyboard_id=first.id, trim_start=10, trim_end=15),
        ),
        gains=(LineGain(line_id=film.storyboards[1].lines[0].id, gain_db=-6),),
        music_gain_db=3,
    )
    answer = await edit_timeline(studio, film.episode_id, edit)
    assert answer.item["origin"] == "edited"
    assert {row.kind for row in answer.stale} == {"segment", "composite"}
    document = await again(studio, film)
    assert kinds(document) == ["composite", "segment"]
    assert document.film is not None
    _, timeline = await shown(studio, film)
    assert clip_ids(timeline) == [film.storyboards[1].id, first.id]
    trimmed = timeline.clips[1]
    assert trimmed.source_start == 10
    assert trimmed.span.length == trimmed.source_frames - 25
    assert timeline.left_out == (film.storyboards[2].id,)
    assert timeline.voices[0].gain_db == -6
    assert timeline.music_gain_db == 3
    assert document.film.duration_s == pytest.approx(timeline.duration_s, abs=0.01)
    made = read_media(studio.settings.home / "films" / "雨夜.mp4")
    assert made.frames == timeline.frames
    starts = {shot.id: shot.start_s for shot in document.storyboards}
    assert starts[film.storyboards[1].id] == 0
    assert starts[film.storyboards[2].id] is None
    assert starts[first.id] == pytest.approx(float(timeline.clips[1].span.start_s), abs=0.01)
    assert (await again(studio, film)).executed == []
    assert (await show_timeline(studio, film.episode_id))["version"] == answer.item["version"]


async def test_later_changes_flow_into_a_cut_by_hand(studio: Studio, film: FilmDocument) -> None:
    one, two, three = (shot.id for shot in film.storyboards)
    edit = TimelineEdit(
        clips=(ClipCut(storyboard_id=three), ClipCut(storyboard_id=two, trim_end=20))
    )
    await edit_timeline(studio, film.episode_id, edit)
    line = film.storyboards[1].lines[0]
    await edit_record(studio, "lines", line.id, {"text": line.text * 4})
    inserted = await insert_shot(
        studio,
        episode_id=film.episode_id,
        position=4,
        values={"description": "空镜", "duration": 1},
    )
    new = UUID(str(inserted.item["id"]))
    document = await again(studio, film)
    assert document.film is not None
    _, timeline = await shown(studio, film)
    assert clip_ids(timeline) == [three, new, two]
    assert timeline.left_out == (one,)
    longer = timeline.clips[2]
    assert (longer.trim_start, longer.trim_end) == (0, 20)
    spoken = timeline.voices[0].span
    assert spoken.end_s <= longer.span.end_s
    assert longer.source_frames > film.storyboards[1].duration_s * 25 + 1
    await delete_record(studio, "storyboards", new)
    await again(studio, film)
    answer, timeline = await shown(studio, film)
    assert answer["origin"] == "edited"
    assert clip_ids(timeline) == [three, two]


async def test_a_copied_project_keeps_its_cut_and_makes_nothing_anew(
    studio: Studio, film: FilmDocument
) -> None:
    await edit_timeline(studio, film.episode_id, cut_of(film, 3, 1))
    await again(studio, film)
    copy = await copy_project(studio, film.project_id)
    page = await list_records(studio, "episodes", project_id=UUID(str(copy["id"])))
    episode_id = UUID(str(page.items[0]["id"]))
    document = await render_film(studio, RenderRequest(episode_id=episode_id))
    assert document.executed == []
    answer = await show_timeline(studio, episode_id)
    timeline = TimelineDocument.model_validate(answer["document"])
    shots = [document.storyboards[n].id for n in (2, 0)]
    assert clip_ids(timeline) == shots
    assert not set(shots) & {shot.id for shot in film.storyboards}


async def test_a_cut_can_be_given_up(studio: Studio, film: FilmDocument) -> None:
    before = await show_timeline(studio, film.episode_id)
    await edit_timeline(studio, film.episode_id, cut_of(film, 2))
    answer = await follow_shots(studio, film.episode_id)
    assert answer.item["origin"] == "auto"
    assert answer.item["document"] == before["document"]
    assert answer.stale == []
    assert (await again(studio, film)).executed == []


async def test_what_no_film_can_show_is_refused_and_changes_nothing(
    studio: Studio, film: FilmDocument
) -> None:
    one, two = film.storyboards[0], film.storyboards[1]
    spoken_frames = round((two.lines[0].end_s or 0) * 25) - round((two.start_s or 0) * 25)
    edits: list[tuple[dict[str, object], str]] = [
        ({"clips": [ClipCut(storyboard_id=uuid4())]}, "timeline_shot_unknown"),
        ({"clips": [ClipCut(storyboard_id=one.id)] * 2}, "timeline_twice"),
        (
            {"clips": [ClipCut(storyboard_id=one.id)], "gains": [LineGain(line_id=uuid4(), gain_db=1)]},
            "timeline_line_unknown",
        ),
        ({"clips": [ClipCut(storyboard_id=one.id, trim_start=99_999)]}, "timeline_trim"),
        (
            {"clips": [ClipCut(storyboard_id=two.id, trim_end=round(two.duration_s * 25) - spoken_frames + 2)]},
            "timeline_trim",
        ),
    ]  # fmt: skip
    for said, code in edits:
        with pytest.raises(InputRefused) as refused:
            await edit_timeline(studio, film.episode_id, TimelineEdit.model_validate(said))
        assert refused.value.code == code
    with pytest.raises(Conflict) as late:
        await edit_timeline(studio, film.episode_id, cut_of(film, 1, version=9))
    assert late.value.code == "changed_meanwhile"
    assert (await show_timeline(studio, film.episode_id))["version"] == 1


async def test_an_episode_can_be_cut_before_its_first_film(studio: Studio) -> None:
    planned = await make_film(
        studio, MakeRequest(text=STORY, name="雨夜", size="360p", until="storyboards")
    )
    assert isinstance(planned, FilmDocument)
    with pytest.raises(InputRefused, match="雨夜") as missing:
        await show_timeline(studio, planned.episode_id)
    assert missing.value.code == "timeline_missing"
    answer = await edit_timeline(studio, planned.episode_id, cut_of(planned, 3, 2, version=0))
    assert (answer.item["version"], answer.stale) == (1, [])
    document = await again(studio, planned)
    made = {row.storyboard_id for row in document.executed if row.kind == "clip"}
    assert made == {planned.storyboards[2].id, planned.storyboards[1].id}
    with pytest.raises(InputRefused) as left_out:
        await render_film(studio, RenderRequest(episode_id=planned.episode_id, shots=(1, 1)))
    assert left_out.value.code == "shots_left_out"
