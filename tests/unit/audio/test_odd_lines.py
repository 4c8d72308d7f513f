"""Lines that nobody expects neither crash the reading nor lose a character."""

import time

import pytest
from tests.odd_lines import ODD_LINES

from ai_video.audio.english import EnglishWords
from ai_video.audio.estimated import estimated_duration_s, estimated_marks, is_speakable
from ai_video.audio.kokoro import pieces_of
from ai_video.audio.phonemes import phonemize
from ai_video.audio.vocabulary import MOST_TOKENS, TOKEN_IDS, token_ids

WORDS = EnglishWords({})


def test_there_are_200_of_them() -> None:
    assert len(set(ODD_LINES)) >= 200


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_odd_line_becomes_units_that_the_model_can_speak(lang: str) -> None:
    for line in ODD_LINES:
        units = phonemize(line, lang=lang, words=WORDS)  # pyright: ignore[reportArgumentType]
        assert "".join(unit.text for unit in units) == line
        assert all(symbol in TOKEN_IDS for unit in units for symbol in unit.phonemes), line
        for piece in pieces_of(units):
            assert sum(len(token_ids(unit.phonemes)) for unit in piece.units) <= MOST_TOKENS
        assert [u for piece in pieces_of(units) for u in piece.units] == units


def test_lines_with_letters_or_digits_are_spoken_and_signs_are_not() -> None:
    silent = [
        line
        for line in ("。", "……", "😀😀😀", "——", "()（）【】", "\u200b\u200d\ufeff", "---")
        if any(unit.is_spoken for unit in phonemize(line, lang="zh", words=WORDS))
    ]
    mute = [
        line
        for line in ("你", "一", "I", "5", "100%", "龘靐齉爩", "naïve café", "C++")
        if not any(unit.is_spoken for unit in phonemize(line, lang="zh", words=WORDS))
    ]
    assert (silent, mute) == ([], [])


def test_estimates_cover_every_odd_line() -> None:
    for line in ODD_LINES:
        marks = estimated_marks(line, 0.5, 2.5)
        assert estimated_duration_s(line) > 0
        assert bool(marks) == is_speakable(line), line
        if marks:
            assert "".join(mark.text for mark in marks) == line
            assert marks[0].start_s >= 0.5
            assert marks[-1].end_s == pytest.approx(2.5)
            borders = [at for mark in marks for at in (mark.start_s, mark.end_s)]
            assert borders == sorted(borders)


def test_ten_thousand_characters_are_read_in_seconds() -> None:
    line = "2024年，价格从5%涨到￥1,299.99元，3-5天内（约12:30）送达iPhone 15。" * 250
    started = time.process_time()
    phonemize(line, lang="zh", words=WORDS)
    assert time.process_time() - started < 10
