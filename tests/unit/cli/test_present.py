"""Documents in words: columns line up, long cells are cut, both languages are spoken."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_video.cli.present import WIDEST, edit_words, list_words, record_words, table
from ai_video.errors import Language


def shown_width(text: str) -> int:
    return sum(
        2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
        if not unicodedata.combining(char)
    )


def test_columns_line_up_with_chinese_text() -> None:
    rows = table(
        ("name", "status"), [{"name": "小明", "status": "x"}, {"name": "Al", "status": "y"}], "en"
    )
    places = [shown_width(line[: line.rindex(line[-1])]) for line in rows.splitlines()[1:]]
    assert places[0] == places[1]


@given(st.text(max_size=300))
def test_any_text_fits_into_one_cell_of_one_line(text: str) -> None:
    rows = table(("name",), [{"name": text}], "en").split("\n")
    assert len(rows) == 2
    assert shown_width(rows[1]) <= WIDEST


@pytest.mark.parametrize(("language", "heading"), [("zh", "名称"), ("en", "name")])
def test_headings_are_in_the_readers_language(language: Language, heading: str) -> None:
    page: Any = {"items": [{"id": "1", "name": "a"}], "next": "c2"}
    words = list_words("projects")(page, language)
    assert heading in words
    assert "--cursor c2" in words


def test_an_empty_list_says_so() -> None:
    assert list_words("projects")({"items": [], "next": None}, "zh") == "没有。"


def test_a_record_shows_nested_values_with_dots_and_empty_ones_as_a_dash() -> None:
    words = record_words({"name": "a", "settings": {"fps": 25, "style": None}}, "en")
    assert "settings.fps" in words
    assert words.splitlines()[-1].split() == ["settings.style", "-"]


def test_an_edit_shows_what_the_next_render_makes_again() -> None:
    row = {
        "kind": "voice",
        "storyboard_id": "s",
        "line_id": "l",
        "changed": ["line.text"],
        "maybe": False,
    }
    answer: Any = {"ok": True, "item": {"id": "7"}, "stale": [row]}
    assert "Saved: 7" in edit_words(answer, "en")
    assert "line.text" in edit_words(answer, "en")
    nothing: Any = {"ok": True, "item": {}, "stale": []}
    assert edit_words(nothing, "en") == "Nothing is stale."
