"""A subtitle file in another language meets the lines of a film."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_video.composition.second_language import HeardLine, match_cues, read_cues
from ai_video.composition.subtitles import Cue, SpokenText, cues_for, srt_document, vtt_document
from ai_video.domain.entities import SubtitleStyle
from ai_video.errors import InputRefused

LINES = [HeardLine(1, 3), HeardLine(4, 8), HeardLine(10, 12)]


def srt(*cues: tuple[float, float, str]) -> str:
    return srt_document([Cue(start, end, (text,)) for start, end, text in cues])


def test_cues_go_to_the_lines_they_are_shown_with_and_split_ones_are_joined():
    text = srt((1, 3, "Wait!"), (4, 6, "Three minutes."), (6, 8.5, "You are late."), (20, 22, "x"))
    matched = match_cues(read_cues(text, name="a.srt"), LINES, by="auto", name="a.srt")
    assert matched.by == "time"
    assert matched.texts == ("Wait!", "Three minutes. You are late.", "")
    assert [cue.number for cue in matched.left] == [4]


def test_chinese_parts_are_joined_without_a_space():
    text = srt((4, 6, "还有三分钟。"), (6, 8, "你是最后一个。"))
    matched = match_cues(read_cues(text, name="a"), LINES, by="time", name="a")
    assert matched.texts == ("", "还有三分钟。你是最后一个。", "")


def test_a_cue_that_lingers_into_the_next_line_stays_with_its_own():
    matched = match_cues(
        read_cues(srt((1, 4.4, "Wait!"), (4.4, 8, "Late.")), name="a"), LINES, by="auto", name="a"
    )
    assert matched.texts == ("Wait!", "Late.", "")


def test_foreign_times_are_taken_in_order_when_the_numbers_agree():
    text = srt((101, 103, "one"), (104, 108, "two"), (110, 112, "three"))
    matched = match_cues(read_cues(text, name="a"), LINES, by="auto", name="a")
    assert (matched.by, matched.texts) == ("order", ("one", "two", "three"))


@pytest.mark.parametrize("by", ["auto", "order", "time"])
def test_a_file_of_another_film_is_refused(by):
    text = srt(*((100.0 + n, 100.9 + n, f"cue {n}") for n in range(7)))
    with pytest.raises(InputRefused, match="subtitles_do_not_match") as caught:
        match_cues(read_cues(text, name="b.srt"), LINES, by=by, name="b.srt")
    assert caught.value.fields == {"name": "b.srt", "cues": 7, "lines": 3}


@pytest.mark.parametrize(
    "text", ["", "no subtitles at all", "1\n00:00:01,000 --> 00:00:02,000\n\n", "{"]
)
def test_what_holds_no_cue_is_refused(text):
    with pytest.raises(InputRefused, match="subtitles_unreadable"):
        read_cues(text, name="x.srt")


def test_marks_of_ass_and_vtt_are_no_words():
    vtt = vtt_document([Cue(1, 3, ("a < b",))])
    assert [cue.text for cue in read_cues(vtt, name="a.vtt")] == ["a < b"]
    ass = (
        "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
        "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        "Comment: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,note\n"
        "Dialogue: 0,0:00:01.00,0:00:03.00,Default,,0,0,0,,{\\i1}Wait\\Nhere{\\i0}\n"
    )
    assert [cue.text for cue in read_cues(ass, name="a.ass")] == ["Wait here"]


WORDS = st.lists(st.sampled_from(["海", "灯", "boat", "Light", "，"]), min_size=1, max_size=40)


@given(st.lists(WORDS, min_size=1, max_size=6))
def test_the_films_own_subtitles_come_back_to_their_lines(spoken):
    lines = [HeardLine(5.0 * n + 0.5, 5.0 * n + 4.5) for n in range(len(spoken))]
    texts = [
        SpokenText(" ".join(words), line.start_s, line.end_s)
        for words, line in zip(spoken, lines, strict=True)
    ]
    cues = cues_for(texts, style=SubtitleStyle(), width=640, height=360)
    matched = match_cues(read_cues(srt_document(cues), name="own"), lines, by="auto", name="own")
    assert matched.left == ()
    for said, found in zip(texts, matched.texts, strict=True):
        assert "".join(found.split()) == "".join(said.text.split())
