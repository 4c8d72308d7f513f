"""Words: no empty boxes, no overflow, good breaks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_video.animatic.lettering import Lost, block_mask, fit, has_glyph, printable, width_of, wrap
from ai_video.animatic.numbers import comparable, quantity


def test_characters_the_font_lacks_become_spaces_and_are_reported() -> None:
    lost = Lost()
    assert printable("晚上好😀世界", "sans", lost) == "晚上好 世界"
    assert lost.characters == {"😀"}


def test_the_font_has_chinese_and_latin_but_no_emoji() -> None:
    assert all(has_glyph("sans", c) for c in "中龘Aé，。—“”①℃")
    assert not has_glyph("sans", "😀")


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=120))
def test_what_is_printed_has_a_glyph(text: str) -> None:
    assert all(c == " " or has_glyph("sans", c) for c in printable(text, "sans"))


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="中文字，。！（）abc -XYZ…123 ", max_size=160), st.integers(40, 400))
def test_lines_stay_within_their_limit(text: str, limit: int) -> None:
    for line in wrap(text, "sans", 16, limit):
        assert width_of(line, "sans", 16) <= limit + 34 or len(line) <= 2


def test_a_line_never_begins_with_closing_punctuation() -> None:
    for limit in range(60, 300, 7):
        lines = wrap("今天天气很好，我们去公园吧。他说：“好的！”然后就走了。", "sans", 20, limit)
        assert not any(line[0] in "，。！”：" for line in lines)


def test_a_word_longer_than_a_line_is_cut() -> None:
    lines = wrap("Pneumonoultramicroscopicsilicovolcanoconiosis", "sans", 20, 120)
    assert len(lines) > 2
    assert "".join(lines) == "Pneumonoultramicroscopicsilicovolcanoconiosis"


def test_text_that_does_not_fit_ends_with_an_ellipsis_inside_its_box() -> None:
    block = fit("很长的标题" * 60, "sans", wide=200, high=60, largest=30, smallest=12)
    assert block.lines[-1].endswith("…")
    assert block.height <= 60
    assert block.width <= 200


def test_a_single_line_stays_single() -> None:
    block = fit("1286.6 万辆", "sans", wide=50, high=60, largest=40, smallest=7, single=True)
    assert len(block.lines) == 1
    assert block.width <= 50


def test_words_leave_ink_on_the_mask() -> None:
    mask = block_mask(fit("标题", "serif", wide=200, high=60, largest=30, smallest=12))
    assert np.count_nonzero(mask > 128) > 100
    assert mask[0].max() == mask[:, 0].max() == 0


@pytest.mark.parametrize(
    ("text", "label", "number", "unit"),
    [
        ("同比增长 35.5%", "同比增长", "35.5", "%"),
        ("销量 1286.6 万辆", "销量", "1286.6", "万辆"),
        ("2024年 134.9万亿元", "2024年", "134.9", "万亿元"),
        ("Tokyo 37 million", "Tokyo", "37", "million"),
        ("Blue light: 450 nm", "Blue light", "450", "nm"),
        ("$1,200", "", "$1,200", ""),
        ("三成", "三成", "", ""),
        ("-5 ℃", "", "-5", "℃"),
        ("约90万户", "", "约90", "万户"),
        ("年发电量超过500万千瓦", "年发电量", "超过500", "万千瓦"),
        ("4.2 light-years away", "away", "4.2", "light-years"),
        ("200 suckers", "", "200", "suckers"),
        ("10,000 sensory cells", "", "10,000", "sensory cells"),
    ],
)
def test_figures_are_taken_apart(text: str, label: str, number: str, unit: str) -> None:
    seen = quantity(text)
    assert (seen.label, seen.number, seen.unit) == (label, number, unit)


def test_only_like_figures_share_a_chart() -> None:
    alike = [quantity("甲 3 万吨"), quantity("乙 5 万吨")]
    assert comparable(alike)
    assert not comparable([*alike, quantity("丙 7%")])
    assert not comparable(alike[:1])
