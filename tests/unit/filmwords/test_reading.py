"""Film words read from sentences in both languages and both scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_video.domain.slots import Slots
from ai_video.filmwords import (
    PLACES,
    find_place,
    fold,
    is_traditional,
    name_of,
    place_of,
    read_slots,
    read_words,
    to_traditional,
)
from ai_video.filmwords.lexicon import VOCABULARY_VERSION, lexicon


def found(text: str, **options) -> dict[str, object]:
    """The slots that the text fills."""
    return read_slots(text, **options).model_dump(exclude_defaults=True, exclude_none=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("缓缓推近她的脸，特写", {"movement": "push_in", "shot_size": "close_up"}),
        ("镜头向左摇过书架", {"movement": "pan_left"}),
        ("鏡頭向右搖過空教室", {"movement": "pan_right"}),
        ("无人机航拍，大远景", {"movement": "aerial", "shot_size": "extreme_wide"}),
        ("过肩中景，手持镜头", {"angle": "over_shoulder", "shot_size": "medium", "movement": "handheld"}),
        ("Dolly in on her hands, low angle", {"movement": "push_in", "angle": "low"}),
        ("The camera pans left across the hall", {"movement": "pan_left"}),
        ("Wide shot, crane down, bird's eye", {"shot_size": "wide", "movement": "crane_down", "angle": "overhead"}),
        ("slow motion, shallow depth of field", {"pace": "slow_motion", "depth_of_field": "shallow"}),
        ("竖屏9:16，水墨风格", {"aspect": "9:16", "style": ("ink_wash",)}),
        ("深夜，暴雪", {"time_of_day": "night", "weather": ("blizzard",), "palette": {"temperature": "cold"}}),
        ("黄昏的街道", {"time_of_day": "dusk"}),
        ("in the misty early morning", {"weather": ("fog",), "time_of_day": "morning"}),
    ],
)  # fmt: skip
def test_words_fill_their_slots(text: str, expected: dict[str, object]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "excluded"),
    [
        ("街上没有行人和车辆", ("people", "cars")),
        ("画面里不要出现任何文字或水印", ("text", "watermark")),
        ("a beach without people, cars or buildings", ("people", "cars", "buildings")),
        ("no rain, no fog", ("rain", "fog")),
        ("不要特写", ("close_up",)),
        ("她并不紧张", ("tense",)),
        ("空无一人的车站", ("people",)),
        ("雨停了", ("rain",)),
        ("The storm has passed", ("storm",)),
    ],
)
def test_what_must_not_be_there_is_excluded_and_fills_nothing(
    text: str, excluded: tuple[str, ...]
) -> None:
    slots = read_slots(text)
    assert slots.exclude == excluded
    assert slots.model_copy(update={"exclude": ()}) == Slots()


@pytest.mark.parametrize(
    ("text", "slot", "value"),
    [
        ("不是特写，而是全景", "shot_size", "wide"),
        ("近景，不对，还是用远景", "shot_size", "wide"),
        ("Close-up, no, rather a full shot", "shot_size", "full"),
        ("night, make that dawn", "time_of_day", "dawn"),
    ],
)
def test_a_correction_counts(text: str, slot: str, value: str) -> None:
    assert getattr(read_slots(text), slot) == value


@pytest.mark.parametrize(
    "text",
    ["他打开雨伞", "她把雪糕递给他", "云南的风景", "阳光小区门口", "他低声说话", "She tilts the frying pan", "a rainbow on the windmill",
     "He said \"it is raining and I am sad\"", "《忧郁的雨夜》放在桌上", "他没有说话", "<lora:night:1>", "He clears his throat"],
)  # fmt: skip
def test_words_inside_other_words_and_quotes_mean_nothing(text: str) -> None:
    assert found(text) == {}


def test_given_names_are_never_film_words() -> None:
    assert found("小雪和Storm站在桥上", names=["小雪", "Storm"]) == {}
    assert found("Sunny tilts the frying pan", names=["Sunny"]) == {}
    assert found("Later Rain walks in") == {}


def test_moods_and_styles_bring_their_palette_and_light() -> None:
    assert found("忧郁") == {
        "mood": ("melancholy",),
        "palette": {"temperature": "cold", "saturation": "low"},
    }
    cosy = read_slots("温馨的客厅")
    assert (cosy.palette.temperature, cosy.light) == ("warm", ("soft",))
    film = read_slots("电影感")
    assert (film.aspect, film.depth_of_field, film.light) == ("2.35:1", "shallow", ("soft",))
    assert read_slots("电影感", aspect="16:9").aspect == "16:9"
    assert read_slots("电影感，剪影").light == ("silhouette",)


def test_a_stated_colour_beats_an_implied_one_and_a_tie_is_none() -> None:
    assert read_slots("忧郁，暖色调").palette.temperature == "warm"
    assert read_slots("孤独而温馨").palette.temperature is None
    assert read_slots("烛光里的忧郁").palette.temperature == "warm"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("医院走廊", "hospital"), ("醫院走廊", "hospital"), ("教室里", "school"), ("深夜的街头", "street"), ("海边的灯塔", "sea"),
        ("竹林深处", "forest"), ("空间站外", "space"), ("修表铺", "shop"), ("出租车后座", "car"), ("后院", "courtyard"),
        ("INT. COFFEE SHOP", "restaurant"), ("rooftop of a hospital at night", "rooftop"), ("a research laboratory", "laboratory"),
        ("the train station platform", "station"), ("他的心情", "abstract"), ("", "abstract"),
    ],
)  # fmt: skip
def test_places_are_found(text: str, place: str) -> None:
    assert place_of(text) == place
    assert place in PLACES


def test_the_place_found_names_the_word() -> None:
    place = find_place("他走进了图书馆，坐下来")
    assert place is not None
    assert (place.place, place.word, place.start) == ("school", "图书馆", 4)


def test_every_value_of_every_slot_has_words_in_both_languages() -> None:
    schema = Slots.model_json_schema()
    text = json.dumps(schema)
    hits = {(hit.slot, hit.value) for hit in _all_hits()}
    for slot in (
        "shot_size",
        "angle",
        "movement",
        "time_of_day",
        "weather",
        "light",
        "mood",
        "style",
        "pace",
        "aspect",
    ):
        values = {value for name, value in hits if name == slot}
        assert all(f'"{value}"' in text for value in values)
        assert len(values) == _count(schema, slot), slot


def _all_hits():
    data = (Path(__file__).parents[3] / "src/ai_video/filmwords/words.toml").read_text("utf-8")
    return lexicon().hits(data)


def _count(schema, slot: str) -> int:
    entry = schema["properties"][slot]
    options = entry.get("anyOf", [entry.get("items", {})])
    return max(len(option.get("enum", ())) for option in options)


def test_the_words_carry_their_version() -> None:
    assert lexicon().version == VOCABULARY_VERSION


def test_traditional_and_simplified_are_told_apart() -> None:
    assert fold("鏡頭緩緩搖過書檯") == "镜头缓缓摇过书台"
    assert is_traditional("他站在雨裡，沒有說話。")
    assert not is_traditional("他站在雨里，没有说话。")
    assert to_traditional("镜头推近") == "鏡頭推近"


@given(st.text(max_size=200))
def test_any_text_is_read_without_complaint(text: str) -> None:
    reading = read_words(text)
    assert all(text[hit.start : hit.end] for hit in reading.said)
    assert len(fold(text)) == len(text)
    assert read_slots(text) == read_slots(text)


@given(st.text(alphabet="没有不要雨雪特写，。人noraininfgo ", max_size=60))
def test_a_word_is_said_or_denied_never_both_at_one_place(text: str) -> None:
    reading = read_words(text)
    assert not {hit.start for hit in reading.said} & {hit.start for hit in reading.denied}


@pytest.mark.parametrize("slot", ["shot_size", "angle", "movement", "time_of_day", "pace"])
def test_every_value_has_a_name_in_both_languages(slot: str) -> None:
    kind = Slots.model_fields[slot].annotation
    values = [value for member in get_args(kind) for value in get_args(member)]
    assert len(values) > 4
    for lang in ("zh", "en"):
        names = [name_of(slot, value, lang) for value in values]
        assert len(set(names)) == len(values)
