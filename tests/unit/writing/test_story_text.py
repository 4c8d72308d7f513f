"""A written story is set as a text that the reader of scripts reads back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_video.domain.entities import DraftPart, Lang
from ai_video.writing import read_script
from ai_video.writing.model_answers import plain
from ai_video.writing.story_answers import Block
from ai_video.writing.story_text import article, is_speaker_name, reads_back, screenplay

PART = DraftPart(scene="茶馆", interior=True, time="night", happens="x", seconds=10)
PART_EN = DraftPart(scene="Tea house", interior=False, time="dusk", happens="x", seconds=10)
TRAPS = [
    "林小雨：这不是台词。",
    "第2场 外景 街道 日",
    "INT. HOUSE - DAY",
    "旁白：没有人说话",
    "# 标题",
    "Mara: waves",
]


def blocks(*rows: tuple[str, str]) -> list[Block]:
    return [
        Block(kind="action", text=text)
        if speaker == ""
        else Block(kind="speech", speaker=speaker, text=text)
        for speaker, text in rows
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("trap", TRAPS)
def test_action_that_looks_like_something_else_stays_action(lang: Lang, trap: str) -> None:
    name = "陈默" if lang == "zh" else "Mara"
    rows = blocks((name, "Good evening."), ("", trap), (name, "And then?"))
    text = screenplay("T", [(PART if lang == "zh" else PART_EN, rows)], lang)
    elements = read_script(text, mode="drama", lang=lang).elements
    assert [item.kind for item in elements if item.kind != "title"] == [
        "scene", "dialogue", "action", "dialogue",
    ]  # fmt: skip
    assert reads_back(text, rows, "drama", lang)


def test_a_line_that_only_a_transition_can_be_does_not_read_back() -> None:
    rows = blocks(("陈默", "好。"), ("", "CUT TO:"))
    assert not reads_back(screenplay("题", [(PART, rows)], "zh"), rows, "drama", "zh")


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["", "陈默", "林小雨"]), st.text(min_size=1, max_size=60)),
        min_size=1,
        max_size=6,
    )
)
def test_what_reads_back_keeps_every_speaker_and_word(rows: list[tuple[str, str]]) -> None:
    given_blocks = blocks(*rows)
    text = screenplay("题", [(PART, given_blocks)], "zh")
    if not reads_back(text, given_blocks, "drama", "zh"):
        return
    elements = read_script(text, mode="drama", lang="zh").elements
    said = [item.speaker for item in elements if item.kind == "dialogue"]
    assert said == [name for name, _ in rows if name]
    for name, words in rows:
        if name:
            assert plain(words).strip('“”"「」『』 ') in text


def test_an_english_screenplay_has_headings_and_speakers() -> None:
    rows = blocks(("", "Rain runs down the glass."), ("Mara", "You came back."))
    text = screenplay("The Letter", [(PART_EN, rows)], "en")
    script = read_script(text, mode="drama", lang="en")
    scene = next(item for item in script.elements if item.kind == "scene")
    assert (scene.interior, scene.time) == (False, "dusk")
    assert script.title == "The Letter"


def test_an_article_has_sections_paragraphs_and_sources() -> None:
    part = DraftPart(headline="开头", happens="x", seconds=10)
    rows = [Block(text="# 今天下雨。"), Block(text="- 明天也下。")]
    text = article("雨", [(part, rows)], "zh", ["气象台"])
    kinds = [item.kind for item in read_script(text, mode="news", lang="zh").elements]
    assert kinds == ["title", "headline", "narration", "narration", "source"]
    assert reads_back(text, rows, "news", "zh")


@pytest.mark.parametrize(
    ("name", "good"), [("陈默", True), ("Dr. Li", True), ("陈默：", False), ("他说，", False)]
)
def test_names_that_cannot_stand_before_a_colon_are_known(name: str, good: bool) -> None:
    assert is_speaker_name(name, "en" if name.isascii() else "zh") is good
