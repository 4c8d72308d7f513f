"""Cues, line breaks and subtitle files."""

from __future__ import annotations

import itertools
import re
from xml.etree import ElementTree as ET

import pysubs2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_video.composition.fonts import font_for
from ai_video.composition.line_breaking import wrap
from ai_video.composition.subtitles import (
    MAX_LINES,
    Cue,
    SpokenText,
    ass_document,
    clean_text,
    cues_for,
    srt_document,
    text_area,
    vtt_document,
    write_sidecars,
)
from ai_video.domain.entities import SubtitleStyle
from ai_video.domain.ports import SpeechMark

STYLE = SubtitleStyle()
FONT = font_for("Noto Sans SC")
WIDE, TALL = {"width": 1280, "height": 720}, {"width": 720, "height": 1280}
TEXTS = st.text(
    st.one_of(
        st.sampled_from("的了人工智能今天我们在北京看见一只大熊猫，。！？；：“”（）"),
        st.sampled_from("abc defgh ,.!?-'"),
        st.characters(),
    ),
    max_size=160,
)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("你好。", ["你好。"]),
        (
            "人工智能正在改变我们的生活方式，但是很多人并不清楚。",
            ["人工智能正在改变我们的生活方式，", "但是很多人并不清楚。"],
        ),
        (
            "The spacecraft travelled for nine years before it got there",
            ["The spacecraft travelled for", "nine years before it got there"],
        ),
        ("“我等了你三个小时了，”他终于开口说道。", ["“我等了你三个小时了，”", "他终于开口说道。"]),
        ("版本是 Python 3.11，速度提高了百分之三十五。", ["版本是 Python 3.11，", "速度提高了百分之三十五。"]),
        ("", []),
    ],
)  # fmt: skip
def test_lines_break_by_phrase(text, lines):
    assert wrap(text, width=FONT.width, limit=16.5) == lines


def test_a_chinese_word_is_not_torn_apart():
    for limit in (8, 9, 10, 11, 12):
        for line in wrap("我们都很喜欢人工智能和机器学习带来的变化", width=FONT.width, limit=limit):
            assert not line.endswith(("人", "机", "学", "喜", "变", "带", "我", "工", "智"))


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.floats(4, 21))
def test_lines_hold_every_character_and_keep_the_limit(text, limit):
    text = clean_text(text)
    lines = wrap(text, width=FONT.width, limit=limit)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    for line in lines:
        assert FONT.width(line) <= limit + 1e-6 or len(line) == 1


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(TEXTS, st.floats(0, 2), st.floats(0.02, 12), TEXTS), max_size=4
    ),
    st.sampled_from([WIDE, TALL]),
)  # fmt: skip
def test_cues_are_in_order_never_overlap_and_have_at_most_two_lines(lines, size):
    spoken, clock = [], 0.0
    for text, gap, length, second in lines:
        clock += gap
        spoken.append(SpokenText(text, clock, clock + length, translation=second))
        clock += length
    cues = cues_for(spoken, style=STYLE, until_s=clock + 0.5, **size)
    area = text_area(STYLE, **size)
    for cue in cues:
        assert cue.end_s > cue.start_s >= 0
        assert 1 <= len(cue.lines) <= MAX_LINES
        for line in cue.lines:
            assert FONT.width(line) <= area.line_em + 1e-6 or len(line) == 1
    for before, after in itertools.pairwise(cues):
        assert before.end_s <= after.start_s + 0.011
    said = "".join("".join(cue.lines) for cue in cues).replace(" ", "")
    assert said == "".join(clean_text(line.text) for line in spoken).replace(" ", "")


def test_a_long_line_becomes_cues_that_start_when_their_words_are_heard():
    text = "第一句话说的是过去的很多年。第二句话说的是今天正在发生的事。第三句话说的是将来。" * 2
    marks = tuple(
        SpeechMark(char, 0.3 * i + (2.0 if i >= 40 else 0.0), 0.3 * i + 0.3)
        for i, char in enumerate(text)
    )
    end = marks[-1].start_s + 0.3
    cues = cues_for([SpokenText(text, 10.0, 10 + end, marks=marks)], style=STYLE, **WIDE)
    assert len(cues) > 2
    offset = 0
    for cue in cues:
        assert cue.start_s == pytest.approx(10 + marks[offset].start_s, abs=0.01)
        offset += sum(len(line) for line in cue.lines)
    assert all("".join(cue.lines)[-1] in "。，" for cue in cues)


def test_marks_that_say_numbers_as_words_still_time_the_rest():
    text = "二〇二四年销量是35.5%，增长来自华南地区和海外的新市场，其中海外市场占了一半以上。"
    spoken = [
        "二",
        "零",
        "二",
        "四",
        "年",
        "销",
        "量",
        "百",
        "分",
        "之",
        "三",
        "十",
        "五",
        *text[14:],
    ]
    marks = tuple(SpeechMark(word, 0.25 * i, 0.25 * i + 0.25) for i, word in enumerate(spoken))
    cues = cues_for(
        [SpokenText(text, 0, 0.25 * len(spoken), marks=marks)],
        style=SubtitleStyle(size=100),
        **WIDE,
    )
    assert len(cues) >= 2
    for cue in cues[1:]:
        at = text.index(cue.lines[0])
        assert cue.start_s == pytest.approx(0.25 * (at - 1), abs=0.5)


def test_a_short_cue_lingers_where_there_is_room_and_not_into_the_next():
    spoken = [SpokenText("好", 0.0, 0.2), SpokenText("不行", 0.5, 0.7), SpokenText("走", 5, 5.2)]
    cues = cues_for(spoken, style=STYLE, until_s=5.4, **WIDE)
    assert [cue.end_s for cue in cues] == pytest.approx([0.5, 1.3, 5.4])


def test_the_second_language_is_spread_over_the_cues_of_its_line():
    cues = cues_for(
        [
            SpokenText(
                "人工智能正在改变我们的生活方式，但是很多人并不清楚，它到底是怎么工作的。",
                0, 8,
                translation="Artificial intelligence changes our lives, but few know how it works",
            )
        ],
        style=STYLE,
        **WIDE,
    )  # fmt: skip
    assert len(cues) >= 2
    assert all(len(cue.lines) == 1 and cue.translation for cue in cues)
    joined = " ".join(" ".join(cue.translation) for cue in cues)
    assert joined == "Artificial intelligence changes our lives, but few know how it works"


def test_tall_pictures_keep_clear_of_what_apps_draw_over_them():
    tall, wide = text_area(STYLE, **TALL), text_area(STYLE, **WIDE)
    assert tall.bottom / 1280 >= 0.15
    assert tall.side / 720 >= 0.08
    assert wide.bottom / 720 == pytest.approx(0.06, abs=0.005)
    assert tall.line_em < wide.line_em
    assert tall.em == wide.em


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_no_text_is_a_command_in_ass(text):
    cues = cues_for([SpokenText(text, 0, 3, translation=text)], style=STYLE, **WIDE)
    document = ass_document(cues, style=STYLE, label=text, label_until_s=3, **WIDE)
    read = pysubs2.SSAFile.from_string(document)
    assert len(read.events) <= len(cues) + 1
    for event in read.events:
        bare = event.text.replace("{\\rSecond}", "").replace("\\N", "")
        assert not set("{}\\") & set(bare)
        assert all(FONT.can_write(char) for char in bare)


def test_burnt_text_drops_what_the_font_lacks_and_the_file_beside_keeps_it():
    cues = [Cue(0, 1, ("笑😀了ﷺ",))]
    burnt = ass_document(cues, style=STYLE, **WIDE)
    kept = ass_document(cues, style=STYLE, burnt=False, **WIDE)
    assert "笑了" in burnt
    assert "😀" not in burnt
    assert "笑😀了" in kept


def test_a_cue_of_nothing_but_unwritable_characters_is_not_burnt():
    assert "Dialogue:" not in ass_document([Cue(0, 1, ("😀", "🎉"))], style=STYLE, **WIDE)


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_vtt_text_reads_back_as_it_was(text):
    cues = cues_for([SpokenText(text, 0, 3)], style=STYLE, **WIDE)
    document = vtt_document(cues)
    blocks = document.removeprefix("WEBVTT\n\n").split("\n\n")[:-1]
    assert len(blocks) == len(cues)
    for block, cue in zip(blocks, cues, strict=True):
        timing, _, body = block.partition("\n")
        assert re.fullmatch(r"[\d:.]+ --> [\d:.]+", timing)
        assert "-->" not in body
        assert ET.fromstring(f"<p>{body}</p>").text == "\n".join(cue.lines)


def test_clock_times_carry_over():
    cues = [Cue(59.9996, 3661.0, ("a",)), Cue(3725.25, 3726, ("b",))]
    assert srt_document(cues).splitlines()[1] == "00:01:00,000 --> 01:01:01,000"
    assert vtt_document(cues).splitlines()[5] == "01:02:05.250 --> 01:02:06.000"


def test_sidecars_lie_beside_the_film_under_its_stem(tmp_path):
    cues = [Cue(0, 1, ("一", "二"), ("one",)), Cue(1.5, 2, ("{三}",))]
    made = write_sidecars(cues, style=STYLE, stem=tmp_path / "片.v1 名", **WIDE)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [
        "片.v1 名.ass", "片.v1 名.srt", "片.v1 名.vtt",
    ]  # fmt: skip
    assert made.srt.read_text(encoding="utf-8") == (
        "1\n00:00:00,000 --> 00:00:01,000\n一\n二\none\n\n"
        "2\n00:00:01,500 --> 00:00:02,000\n{三}\n\n"
    )
    assert len(pysubs2.load(str(made.ass)).events) == 2


SUNG = STYLE.model_copy(update={"karaoke": True})


def sweeps(document: str) -> list[tuple[str, float, float]]:
    """(word, start, end) of every sweep of an ASS file, in seconds of the film."""
    found: list[tuple[str, float, float]] = []
    for event in pysubs2.SSAFile.from_string(document).events:
        at = event.start / 1000
        for kind, length, word in re.findall(r"\{\\(kf?)(\d+)\}([^{]*)", event.text):
            if kind == "kf":
                found.append((word.replace("\\N", "").strip(), at, at + int(length) / 100))
            at += int(length) / 100
    return found


def test_words_light_up_when_their_marks_say_they_are_heard():
    marks = tuple(
        SpeechMark(text, 0.3 * n, 0.3 * n + 0.25) for n, text in enumerate("还有三分钟你是最后一个")
    )
    line = SpokenText("还有三分钟。你是最后一个。", 2.0, 6.0, "Three minutes.", marks)
    found = sweeps(ass_document(cues_for([line], style=SUNG, **WIDE), style=SUNG, **WIDE))
    assert "".join(word for word, _, _ in found).startswith("还有三分钟。你是最后一个。")
    heard = {word: start for word, start, _ in found}
    for mark in marks:
        assert heard[mark.text] == pytest.approx(2.0 + mark.start_s, abs=0.02)


def test_english_lights_up_word_by_word_and_the_second_language_does_not():
    line = SpokenText("It's the Well-Known radio, isn't it?", 0, 4, "那台收音机")
    document = ass_document(cues_for([line], style=SUNG, **WIDE), style=SUNG, **WIDE)
    words = [word for word, _, _ in sweeps(document)]
    assert words[:4] == ["It's", "the", "Well-Known", "radio"]
    styles = pysubs2.SSAFile.from_string(document).styles
    assert styles["Second"].primarycolor == styles["Second"].secondarycolor
    assert styles["Default"].primarycolor != styles["Default"].secondarycolor


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.floats(0.5, 12))
def test_any_line_can_light_up_and_keeps_its_words_and_its_end(text, length):
    line = SpokenText(text, 1.0, 1.0 + length)
    cues = cues_for([line], style=SUNG, **WIDE)
    sung = pysubs2.SSAFile.from_string(ass_document(cues, style=SUNG, **WIDE))
    plain = pysubs2.SSAFile.from_string(ass_document(cues, style=STYLE, **WIDE))
    bare = [re.sub(r"\{\\kf?\d+\}", "", event.text) for event in sung.events]
    assert ["".join(one.split()) for one in bare] == [
        "".join(event.text.split()) for event in plain.events
    ]
    assert all(end <= 1.0 + length + 0.05 for _, _, end in sweeps(sung.to_string("ass")))


def test_without_karaoke_nothing_lights_up():
    assert "\\k" not in ass_document(
        cues_for([SpokenText("你好", 0, 1)], style=STYLE, **WIDE), style=STYLE, **WIDE
    )


def test_the_font_knows_its_characters():
    assert FONT.line_height == pytest.approx(1.448)
    assert all(FONT.can_write(char) for char in "你好龘靐齉①—…“”Aé％")
    assert not any(FONT.can_write(char) for char in "😀م\u202e")
    assert FONT.width("国国") == pytest.approx(2)
    assert font_for("Comic Sans MS") is FONT


@pytest.mark.parametrize(
    "name", ["Dr. Maya Lindqvist", "Mr. Boone", "J. Okafor", "Prof. Hale", "No. 12"]
)
def test_a_title_stays_with_the_name_after_it(name: str) -> None:
    text = (
        f"That was licking the floor with every single step it takes, said {name}, who studies it."
    )
    for limit in range(12, 40):
        lines = wrap(text, width=lambda words: 0.5 * len(words), limit=float(limit))
        assert not [line for line in lines if line.endswith(name.split()[0])], lines
