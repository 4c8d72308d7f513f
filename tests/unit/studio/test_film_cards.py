"""When a film has cards, and the words on them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath
from typing import Any

import pytest

from ai_video.domain.entities import (
    Character,
    Episode,
    Line,
    Project,
    ProjectSettings,
    Script,
    Storyboard,
)
from ai_video.domain.slots import Slots
from ai_video.studio.production.film_cards import Backdrop, CardMakers, card_seconds, film_cards
from ai_video.studio.production.film_params import VoiceParams
from ai_video.studio.production.film_plan import FilmParts, plan_film
from ai_video.studio.production.film_snapshot import EpisodeSnapshot
from ai_video.studio.production.film_titles import film_titles

BEHIND = Backdrop("sea", "旧码头", Slots())
MAKERS = CardMakers(drawn_by="animatic 1", provider="kokoro", music="")


@pytest.mark.parametrize(
    ("settings", "mode", "film_s", "seconds"),
    [
        ({}, "drama", 60, (3.0, 4.0)),
        ({}, "drama", 29, (0.0, 0.0)),
        ({}, "drama", None, (0.0, 0.0)),
        ({}, "news", 60, (0.0, 0.0)),
        ({"aspect": "9:16"}, "drama", 60, (0.0, 0.0)),
        ({"aspect": "1:1"}, "drama", 60, (3.0, 4.0)),
        ({"title_card": "on"}, "news", 10, (3.0, 0.0)),
        ({"end_card": "on", "aspect": "9:16"}, "science", 60, (0.0, 4.0)),
        ({"title_card": "off"}, "drama", 60, (0.0, 4.0)),
        ({"title_card": "off", "end_card": "off"}, "drama", 600, (0.0, 0.0)),
    ],
)
def test_cards_come_where_they_suit_and_where_they_are_asked_for(settings, mode, film_s, seconds):
    assert card_seconds(ProjectSettings(**settings), mode, film_s) == seconds


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [({}, (0.0, 0.0)), ({"title_card": "on"}, (3.0, 0.0)), ({"end_card": "on"}, (0.0, 4.0))],
)
def test_shots_that_fill_the_asked_length_leave_no_room_for_cards_nobody_asked_for(
    settings, seconds
):
    asked = ProjectSettings(**settings)
    assert card_seconds(asked, "drama", 60, shots_s=62) == seconds
    assert card_seconds(asked, "drama", 60, shots_s=58) == (3.0, 4.0)


def snapshot(
    *, title: str, project: str = "P", path: str | None = None, lang: str = "zh",
    elements: list[dict[str, Any]] | None = None, episodes: int = 1, length: float = 60,
    mode: str = "drama", **settings: Any,
) -> EpisodeSnapshot:  # fmt: skip
    row = Project.fresh(name=project, source_path=path, settings={"lang": lang, **settings})
    episode = Episode.fresh(project_id=row.id, title=title, order=2, mode=mode, length=length)
    person = Character.fresh(project_id=row.id, name="林小禾")
    shot = Storyboard.fresh(episode_id=episode.id, characters=(person.id,))
    line = Line.fresh(storyboard_id=shot.id, text="等一下", character_id=person.id)
    script = Script.fresh(
        episode_id=episode.id, content="", structured_content={"elements": elements or []}
    )
    return EpisodeSnapshot(
        project=row,
        episode=episode,
        characters={person.id: person},
        scenes={},
        shots=(shot,),
        lines={shot.id: (line,)},
        kept_takes={},
        assets={},
        script=script,
        episode_count=episodes,
    )


def element(kind: str, text: str) -> dict[str, str]:
    return {"kind": kind, "text": text}


@pytest.mark.parametrize(
    ("given", "said", "title"),
    [("story", "海边的灯", "海边的灯"), ("重逢", "海边的灯", "重逢"), ("story", "", "story")],
)
def test_the_title_is_the_users_own_before_the_texts_before_the_files(given, said, title):
    elements = [element("title", said)] if said else []
    shown = snapshot(
        title=given, project="x", path=str(PurePath("a") / "story.txt"), elements=elements
    )
    assert film_titles(shown).title == title


@pytest.mark.parametrize(
    ("note", "author", "reported"),
    [
        ("编剧：海宁", "海宁", False),
        ("作者: 海 宁", "海 宁", False),
        ("Author: R. Hale", "R. Hale", False),
        ("Written by R. Hale", "R. Hale", False),
        ("记者 周宁 6月18日", "周宁", True),
        ("Credit: written by", "", False),
        ("Draft date: 3/2/2024", "", False),
        ("人物：", "", False),
    ],
)
def test_the_author_is_read_from_the_marks_of_the_text(note, author, reported):
    titles = film_titles(snapshot(title="t", elements=[element("note", note)]))
    assert (titles.author, titles.reported) == (author, reported)


def test_the_end_of_a_drama_names_who_took_part_and_says_what_is_generated():
    shown = snapshot(title="海边的灯", elements=[element("note", "编剧：海宁")])
    title, end = film_cards(shown, first=BEHIND, last=BEHIND, makers=MAKERS, label="AI 生成")
    assert title is not None
    assert end is not None
    assert (title.headline, title.byline, title.kicker) == ("海边的灯", "编剧 海宁", "")
    assert title.frames == 75
    assert end.headline == "完"
    assert dict(end.row) == {
        "编剧": "海宁", "人物": "林小禾", "配音": "Kokoro", "制作": "ai-video",
    }  # fmt: skip
    assert end.byline == "本片画面与配音由人工智能生成"


def test_an_episode_of_a_series_says_which():
    shown = snapshot(title="The Storm", project="Lighthouse", lang="en", episodes=3, label=False)
    title, end = film_cards(shown, first=BEHIND, last=BEHIND, makers=MAKERS, label=None)
    assert title is not None
    assert end is not None
    assert title.kicker == "Lighthouse · Episode 2"
    assert (end.headline, end.byline) == ("End of Episode 2", "")


def test_sources_and_reporter_stand_on_the_end_of_news():
    elements = [
        element("note", "记者 周宁"),
        element("source", "新华社"),
        element("source", "能源局"),
    ]
    shown = snapshot(title="并网", mode="news", elements=elements, end_card="on")
    title, end = film_cards(shown, first=BEHIND, last=BEHIND, makers=MAKERS, label=None)
    assert title is None
    assert end is not None
    assert dict(end.row)["记者"] == "周宁"
    assert dict(end.row)["来源"] == "新华社; 能源局"
    assert "人物" not in dict(end.row)


def test_a_line_s_pronunciation_wins_over_the_projects_and_both_reach_the_voice():
    shown = snapshot(title="t", pronunciation={"重庆": "chong2 qing4", "AI": "人工智能"})
    shot = shown.shots[0]
    line = shown.lines[shot.id][0].model_copy(update={"pronunciation": {"AI": "A I"}})
    shown = replace(shown, lines={shot.id: (line,)})
    parts = FilmParts("animatic", "1", "edge", "1", voices={line.id: "edge:x"}, speeds={})
    voice = next(spec for spec in plan_film(shown, parts).specs if spec.kind == "voice")
    spoken = VoiceParams.model_validate(voice.params).line
    assert spoken.pronunciation == {"重庆": "chong2 qing4", "AI": "A I"}
