"""What is read from appearance words, and that a change of them shows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_video.animatic.ambience import ambience_of
from ai_video.animatic.canvas import Box, Canvas
from ai_video.animatic.colors import luma
from ai_video.animatic.people import Face, Look, Standing, look_of, paint_figure
from ai_video.domain.ports import Figure
from ai_video.domain.slots import Slots


def look(appearance: str, name: str = "林晚", **known: object) -> Look:
    return look_of(Figure(name, appearance, known.get("gender"), known.get("age")))  # type: ignore[arg-type]


def drawn(figure: Figure) -> np.ndarray:
    canvas = Canvas(Box(0, 0, 0.7, 1.0), 120)
    place = Standing(0.35, 0.3, 0.12, 1, Face("front", 0.4))
    paint_figure(canvas, look_of(figure), place, ambience_of(Slots()), lit=1.0, shadow=False)
    return canvas.rgb + (1 - canvas.alpha[..., None]) * 0.5


@pytest.mark.parametrize(
    ("words", "hair", "top"),
    [
        ("长发，白色连衣裙", "long", "dress"),
        ("short black hair, navy suit", "short", "suit"),
        ("马尾，红色卫衣", "ponytail", "hoodie"),
        ("光头，皮衣", "bald", "jacket"),
        ("双马尾，校服", "twin", "school"),
        ("a bald man in a lab coat", "bald", "labcoat"),
        ("发髻，白色长袍", "bun", "robe"),
        ("卷发，绿色风衣", "curly", "coat"),
    ],
)
def test_hair_and_clothes_are_read_from_the_words(words: str, hair: str, top: str) -> None:
    seen = look(words, gender="male" if hair != "long" else "female", age="adult")
    assert (seen.hair, seen.top) == (hair, top)


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        ("戴眼镜", "glasses"), ("sunglasses", "sunglasses"), ("草帽", "strawhat"), ("胡子", "beard"),
        ("red scarf", "scarf"), ("口罩", "mask"), ("背着书包", "backpack"), ("机器人", "robot"),
    ],
)  # fmt: skip
def test_things_worn_are_read_from_the_words(words: str, extra: str) -> None:
    assert look(words).has(extra)


def test_colours_belong_to_the_garment_they_stand_before() -> None:
    red = look("红色外套，白发")
    assert red.top_color[0] > 2 * red.top_color[2]
    assert luma(red.hair_color) > 0.7
    blue = look("blonde hair, blue jacket and brown trousers", gender="female", age="adult")
    assert blue.top_color[2] > blue.top_color[0]
    assert blue.hair_color[0] > blue.hair_color[2]
    assert blue.bottom_color[0] > blue.bottom_color[2]


@pytest.mark.parametrize(
    ("words", "gender", "age"),
    [
        ("七十岁的老奶奶", "female", "old"), ("一个8岁的小男孩", "male", "child"),
        ("a young woman", "female", "young"), ("35岁男", "male", "adult"),
    ],
)  # fmt: skip
def test_gender_and_age_come_from_the_words_when_nobody_said_them(
    words: str, gender: str, age: str
) -> None:
    seen = look(words)
    assert (seen.gender, seen.age) == (gender, age)


def test_a_said_gender_wins_over_the_words() -> None:
    assert look("女", gender="male").gender == "male"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("红色外套", "蓝色外套"), ("黑色短发", "黑色长发"), ("红色外套，眼镜", "红色外套"),
        ("平静的中年人", "平静的中年人。"), ("tall", "tall and calm"), ("", "沉默寡言"),
    ],
)  # fmt: skip
def test_any_change_of_the_appearance_changes_the_picture(before: str, after: str) -> None:
    first = drawn(Figure("陈默", before, "male", "adult"))
    second = drawn(Figure("陈默", after, "male", "adult"))
    assert np.abs(first - second).max(axis=2).mean() > 0.002


def test_two_names_with_the_same_words_are_two_people() -> None:
    names = ("林晚", "陈默", "Anna", "Bob", "老张", "小明")
    pictures = [drawn(Figure(name, "", "female", "adult")) for name in names]
    for index, first in enumerate(pictures):
        for second in pictures[index + 1 :]:
            assert np.abs(first - second).max(axis=2).mean() > 0.01


def test_one_character_looks_the_same_every_time() -> None:
    figure = Figure("林晚", "长发", "female", "young")
    assert look_of(figure) == look_of(figure)
    assert np.array_equal(drawn(figure), drawn(figure))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.text(max_size=200))
def test_any_words_give_a_look(name: str, appearance: str) -> None:
    seen = look_of(Figure(name, appearance, None, None))
    assert all(0 <= band <= 1 for band in seen.top_color)
