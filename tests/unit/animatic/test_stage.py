"""Stages: every slot value draws, and what is said shows."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image
from tests.animatic_shots import make_shot

from ai_video.animatic import stage as stage_module
from ai_video.animatic.blocking import block
from ai_video.animatic.extras import unnamed_people
from ai_video.animatic.layers import Frame
from ai_video.animatic.marks import Mark
from ai_video.animatic.scenery.places import known_places, place_class
from ai_video.animatic.stage import Stage, stage_of
from ai_video.animatic.styles import style_of
from ai_video.animatic.things import THINGS, Thing, thing_in
from ai_video.domain.ports import CardText, Figure, ShotPicture
from ai_video.domain.slots import (
    Angle,
    Aspect,
    Light,
    Mood,
    Movement,
    Pace,
    Palette,
    ShotSize,
    Slots,
    Style,
    TimeOfDay,
    Weather,
    frame_size,
)  # fmt: skip
from ai_video.filmwords import TOPICS

ANNA = Figure("林晚", "长发，白色连衣裙", "female", "young")
BEN = Figure("陈默", "黑色西装，短发", "male", "adult")


def picture(shot: ShotPicture, at_s: float = 1.0, *, stage: Stage | None = None) -> np.ndarray:
    frame = Frame.blank(shot.width, shot.height)
    (stage or stage_of(shot, seconds=4.0)).draw(frame, at_s, settled=True)
    return frame.rgb().astype(np.int16)


def differs(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.abs(first - second).mean())


def all_slot_values() -> list[tuple[str, Any]]:
    single = {
        "shot_size": ShotSize,
        "angle": Angle,
        "movement": Movement,
        "time_of_day": TimeOfDay,
        "pace": Pace,
    }
    many = {"weather": Weather, "light": Light, "mood": Mood, "style": Style}
    values: list[tuple[str, Any]] = [(n, v) for n, kind in single.items() for v in get_args(kind)]
    values += [(n, (v,)) for n, kind in many.items() for v in get_args(kind)]
    return [*values, ("palette", Palette(temperature="cold", saturation="low", contrast="high"))]


@pytest.mark.parametrize(("name", "value"), all_slot_values(), ids=str)
def test_every_slot_value_draws_a_lively_picture(name: str, value: Any) -> None:
    shot = make_shot(figures=(ANNA,), **{name: value})
    seen = picture(shot)
    assert seen.std() > 12
    assert (seen.max(axis=2) < 16).mean() < 0.6


@pytest.mark.parametrize("place", known_places())
def test_every_place_draws_its_own_scene(place: str) -> None:
    seen = picture(make_shot(place=place, scene_name=""))
    assert seen.std() > 15
    assert (
        differs(seen, picture(make_shot(place="abstract", scene_name=""))) > 5
        or place == "abstract"
    )


@pytest.mark.parametrize("place", known_places())
def test_every_place_has_two_depths_at_least(place: str) -> None:
    stage = stage_of(make_shot(place=place, figures=(ANNA,)), seconds=4.0)
    assert len({layer.depth for layer in stage.composer.layers}) >= 2


@pytest.mark.parametrize(
    ("place", "scene", "words", "expected"),
    [
        ("", "医院走廊", "", "hospital"), ("interior", "教室", "", "school"),
        ("", "INT. COFFEE SHOP", "", "restaurant"), ("sea", "办公室", "", "sea"),
        ("", "", "他走在雪山上", "mountain"), ("", "", "", "abstract"), ("interior", "某处", "", "interior"),
        ("weird", "Mars orbit", "", "space"),
    ],
)  # fmt: skip
def test_places_are_found_by_class_name_and_words(
    place: str, scene: str, words: str, expected: str
) -> None:
    assert place_class(place, scene, words) == expected


@pytest.mark.parametrize("weather", [w for w in get_args(Weather) if w != "clear"])
def test_each_weather_is_visible(weather: Weather) -> None:
    plain, changed = picture(make_shot()), picture(make_shot(weather=(weather,)))
    assert differs(plain, changed) > 0.25


@pytest.mark.parametrize("style", [s for s in get_args(Style) if s != "cinematic"])
def test_each_style_changes_the_picture(style: Style) -> None:
    plain = picture(make_shot(figures=(ANNA,)))
    assert differs(plain, picture(make_shot(figures=(ANNA,), style_preset=style))) > 1.5


def test_a_palette_changes_the_picture() -> None:
    plain = picture(make_shot())
    assert differs(plain, picture(make_shot(color_palette=("#401020", "#ff8040", "#ffe0c0")))) > 5


def test_style_names_are_understood_in_both_languages() -> None:
    assert style_of("水墨", Slots()) == "ink_wash"
    assert style_of("Film Noir", Slots()) == "film_noir"
    assert style_of("anime", Slots(style=("sketch",))) == "sketch"
    assert style_of("???", Slots()) == "cinematic"


@pytest.mark.parametrize("aspect", get_args(Aspect))
@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_figures_stand_apart_and_inside_every_aspect(aspect: Aspect, count: int) -> None:
    wide, high = frame_size(aspect, 180)
    people = tuple(Figure(f"人{n}", "", None, "adult") for n in range(count))
    for size in get_args(ShotSize):
        shot = make_shot(width=wide, height=high, figures=people, shot_size=size)
        casts = block(shot, wide / high)
        assert len(casts) == count
        for cast in casts:
            assert 0.02 * wide / high < cast.place.x < 0.98 * wide / high
            assert cast.place.y - 0.7 * cast.place.unit > (
                -0.6 if size == "extreme_close_up" else 0.0
            )
            assert cast.place.y < 0.9
        heads = sorted((c.place.x, c.place.unit) for c in casts if c.depth == 1.0)
        for (left, unit), (right, _) in pairwise(heads):
            assert right - left > 0.9 * unit


def test_a_close_up_is_close_and_a_wide_shot_is_wide() -> None:
    units = [
        block(make_shot(figures=(ANNA,), shot_size=size), 16 / 9)[0].place.unit
        for size in get_args(ShotSize)
    ]
    assert units == sorted(units, reverse=True)
    assert units[1] > 0.4
    assert units[-2] < 0.1


def test_two_people_face_each_other() -> None:
    left, right = sorted(block(make_shot(figures=(ANNA, BEN)), 16 / 9), key=lambda c: c.place.x)
    assert (left.place.side, right.place.side) == (1, -1)


def test_over_the_shoulder_shows_the_listener_from_behind() -> None:
    casts = block(make_shot(figures=(ANNA, BEN), speaking=("林晚",), angle="over_shoulder"), 16 / 9)
    assert [(c.name, c.place.face.view) for c in casts] == [("林晚", "front"), ("陈默", "back")]


def test_speaking_lips_move_and_eyes_blink() -> None:
    stage = stage_of(
        make_shot(figures=(ANNA,), speaking=("林晚",), shot_size="close_up"), seconds=6.0
    )
    figure = next(layer for layer in stage.composer.layers if layer.owner)
    assert set(figure.patches) == {"blink", "open", "wide"}
    shown = {names.get("figure0", "") for _, names in stage.looks}
    assert {"", "open", "wide", "blink"} <= shown


@pytest.mark.parametrize("place", ["street", "home", "card", "abstract", "office", "sea"])
def test_a_static_shot_still_lives(place: str) -> None:
    """Half a second apart frames differ by more than ffmpeg's freezedetect at -60 dB allows."""
    card = CardText("标题") if place == "sea" else None
    shot = make_shot(
        width=320, height=180, place=place, figures=(ANNA,), movement="static", card=card
    )
    stage = stage_of(shot, seconds=12.0)
    frame = Frame.blank(320, 180)
    seen: list[np.ndarray] = []
    for number in range(150):
        stage.draw(frame, number / 25)
        seen.append(frame.buffer.astype(np.int16))
    for begin in range(0, 135, 5):
        assert max(differs(seen[begin], seen[begin + n]) for n in range(1, 13)) > 0.256


HOSTILE = [
    "😀" * 40,
    "A" * 500,
    "../../etc/passwd",
    "\u202eabc",
    "\x00\x07",
    "",
    "𝕬𝖇𝖈",
    "مرحبا",
    "a\nb\tc",
    "龘靐齉" * 60,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_neither_break_nor_leave_the_frame(text: str) -> None:
    shot = make_shot(
        figures=(Figure(text, text, None, None),), speaking=(text,), scene_name=text, label=text,
        description=text, style_preset=text, color_palette=(text,), place=text,
    )  # fmt: skip
    assert picture(shot).std() > 5
    card = CardText(text, (text,) * 9, (text,) * 9, text, text, text)
    for wide, high in ((160, 90), (90, 160)):
        stage = stage_of(make_shot(card=card, width=wide, height=high), seconds=2.0)
        for mark in stage.marks:
            assert mark.left >= 0
            assert mark.top >= 0
            assert mark.left + mark.planes.y.shape[1] <= wide + 1


CARDS = [
    CardText("标题"), CardText(body=("第一，打开窗户通风", "第二，检查燃气阀门")), CardText(figures=("增长 3%",)), CardText(quote="话", quote_by="某人"),
    CardText("标题", ("点",), ("甲 3 吨", "乙 5 吨", "丙 4 吨"), "话", "某人", "来源"),
    CardText(figures=("2021年 3 吨", "2022年 5 吨", "2023年 4 吨")), None,
]  # fmt: skip


@pytest.mark.parametrize("aspect", get_args(Aspect))
@pytest.mark.parametrize("card", CARDS, ids=range(len(CARDS)))
def test_cards_leave_the_foot_of_the_frame_to_subtitles(
    aspect: Aspect, card: CardText | None
) -> None:
    wide, high = frame_size(aspect, 180)
    shot = make_shot(width=wide, height=high, place="card", card=card, description="今天的要闻")
    stage = stage_of(shot, seconds=4.0)
    words = stage.marks[1:]
    assert words
    for mark in words:
        assert mark.top + mark.planes.y.shape[0] <= 0.83 * high + 2
        assert mark.left + mark.planes.y.shape[1] <= wide
    assert sum(mark.planes.y.size for mark in words) > 0.02 * wide * high


def test_cards_reveal_their_words() -> None:
    card = make_shot(
        place="card", card=CardText("标题标题", figures=("增长 35%",), body=("一", "二"))
    )
    stage = stage_of(card, seconds=4.0)
    frame = Frame.blank(card.width, card.height)
    stage.draw(frame, 0.0)
    first = frame.y.copy().astype(np.int16)
    stage.draw(frame, 3.0)
    assert differs(first, frame.y.astype(np.int16)) > 2


def test_lost_glyphs_are_reported() -> None:
    assert "😀" in stage_of(make_shot(scene_name="家😀"), seconds=1.0).lost.characters


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("一张泛黄的旧船票压在玻璃板下面", "ticket"), ("a faded photograph taped to the wall", "photo"),
        ("An octopus hunting on a coral reef", "octopus"), ("东屿海上光伏电站并网发电", "solar"),
        ("the boat rose on the general swell", None), ("他相信信息", None),
        ("wide shot; the camera pans left", None),
    ],
)  # fmt: skip
def test_things_are_found_by_whole_words(words: str, expected: str | None) -> None:
    found = thing_in(words)
    assert (found.name if found else None) == expected


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.name)
def test_an_empty_close_up_shows_the_thing_it_speaks_of(thing: Thing) -> None:
    word = thing.words[0]
    seen = picture(make_shot(description=word, place="home", shot_size="close_up"))
    bare = picture(make_shot(description="", place="home", shot_size="close_up"))
    assert differs(seen, bare) > 2


def test_people_without_names_are_drawn_unless_the_text_excludes_them() -> None:
    crowd = make_shot(description="众人齐声开口")
    assert len(unnamed_people(crowd)) == 4
    assert len(unnamed_people(make_shot(description="three biologists found it"))) == 2
    assert unnamed_people(make_shot(description="众人", exclude=("people",))) == ()
    assert unnamed_people(make_shot(description="空无一人的街")) == ()


def test_a_voice_from_outside_does_not_name_the_person_in_the_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    captions: list[tuple[str, str]] = []

    def note(*_: object, caption: str, kicker: str, **__: object) -> list[Mark]:
        captions.append((caption, kicker))
        return []

    monkeypatch.setattr(stage_module, "shot_marks", note)
    stage_of(make_shot(figures=(ANNA,), speaking=("周远",)), seconds=1.0)
    stage_of(make_shot(figures=(ANNA,), speaking=("林晚",)), seconds=1.0)
    assert captions == [("老街", "画外 · 周远"), ("林晚", "老街")]


def test_a_card_of_a_place_lies_over_that_place() -> None:
    card = CardText(figures=("120 万千瓦",))
    sea = picture(make_shot(place="sea", scene_name="海", card=card))
    assert differs(sea, picture(make_shot(place="card", scene_name="", card=card))) > 2


def test_characters_own_pictures_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "face.png"
    Image.new("RGB", (90, 120), (250, 20, 220)).save(path)
    seen = picture(make_shot(figures=(replace(ANNA, reference=path),), place="forest"))
    pink = (seen[..., 0] > 180) & (seen[..., 1] < 110) & (seen[..., 2] > 150)
    assert pink.mean() > 0.04


@pytest.mark.parametrize(
    ("scene", "words", "topic", "people", "expected"),
    [
        ("驾驶室", "只亮着一盏台灯", "渡轮", True, "wheelhouse"),
        ("驾驶室", "卡车在高速上", "", True, "car"),
        ("Wheelhouse", "Rain on the glass", "", True, "wheelhouse"),
        ("Lighthouse, Lamp Room", "Old brass, cold glass", "", True, "lamp_room"),
        ("the sea", "It slides an arm into a dark crevice", "octopuses", False, "underwater"),
        ("the sea", "The keeper waits", "octopuses", True, "sea"),
        ("the sea", "Waves", "solar", False, "sea"),
    ],
)
def test_what_a_film_is_about_decides_what_its_places_leave_open(
    scene: str, words: str, topic: str, people: bool, expected: str
) -> None:
    given = "sea" if scene == "the sea" else "interior"
    assert place_class(given, scene, words, topic=topic, people=people) == expected


def test_every_topic_of_a_film_can_be_drawn() -> None:
    ships = {"船", "渔船", "ship", "ships", "boat", "reef", "海底"}
    assert [word for word in TOPICS if thing_in(word) is None and word not in ships] == []


def test_a_shot_that_shows_nothing_shows_what_the_film_is_about() -> None:
    def drawn(topic: str, place: str = "sea") -> np.ndarray:
        return picture(
            make_shot(description="it waits", place=place, shot_size="wide", topic=topic)
        )

    assert differs(drawn("solar"), drawn("")) > 0.5
    assert differs(drawn("lighthouse", "home"), drawn("", "home")) == 0
    assert differs(drawn("brain"), drawn("")) > 5, "an idea has no landscape behind it"


def test_a_letter_is_seen_from_near() -> None:
    near = picture(make_shot(description="the letter", place="sea", shot_size="medium_close_up"))
    assert (
        differs(picture(make_shot(description="the letter", place="sea", shot_size="wide")), near)
        == 0
    )


def test_a_lighthouse_whose_lamp_is_dark_sends_no_beam() -> None:
    def drawn(words: str) -> np.ndarray:
        return picture(make_shot(description=words, place="sea", shot_size="wide"))

    dark = drawn("Rain lashes a white lighthouse. Its lamp is dark.")
    assert differs(drawn("Rain lashes a white lighthouse."), dark) > 0.3
    assert differs(drawn("一座灯塔，灯已经熄灭了。"), dark) == 0


def test_a_card_of_sources_shows_each_as_large_as_a_point() -> None:
    def drawn(*sources: str) -> np.ndarray:
        card = CardText("Sources", source="\n".join(sources))
        return picture(make_shot(card=card, place="card"))

    listed = picture(make_shot(card=CardText("Sources", ("Journal A", "Report B")), place="card"))
    assert differs(drawn("Journal A", "Report B"), listed) == 0
    many = [f"Report {number}" for number in range(9)]
    as_points = picture(make_shot(card=CardText("Sources", tuple(many)), place="card"))
    assert differs(drawn(*many), as_points) > 0, "many stay small print"
