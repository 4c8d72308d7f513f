"""Pronunciations for voices that read text only."""

from __future__ import annotations

import pytest
from pypinyin import Style, pinyin

from ai_video.audio.respelling import respelled
from ai_video.errors import ConfigurationFailure

GIVEN = [("重庆", "chong2 qing4"), ("Kaggle", "凯格"), ("绿", "lv4"), ("AI", "人工智能")]


def test_pinyin_becomes_characters_that_are_read_so_and_no_other_way():
    said = respelled("重庆绿了", GIVEN, provider="edge")
    assert said != "重庆绿了"
    readings = [row[0] for row in pinyin(said[:3], style=Style.TONE3, v_to_u=True)]
    assert readings == ["chong2", "qing4", "lü4"]
    assert all(len(row) == 1 for row in pinyin(said[:3], style=Style.TONE3, heteronym=True))
    assert said.endswith("了")


def test_other_words_stand_in_for_the_written_ones_and_the_rest_stays():
    assert respelled("kaggle 上的 AI, 不是 AIR", GIVEN, provider="edge") == (
        "凯格 上的 人工智能, 不是 AIR"
    )
    assert respelled("没有要换的。", GIVEN, provider="edge") == "没有要换的。"
    assert respelled("重庆", [], provider="edge") == "重庆"


@pytest.mark.parametrize("reading", ["/ʧʊŋ/", "fiao4"])
def test_what_no_text_can_say_is_refused_by_name(reading):
    with pytest.raises(ConfigurationFailure) as caught:
        respelled("他说重庆", [("重庆", reading)], provider="espeak")
    assert caught.value.code == "pronunciation_unsupported"
    assert caught.value.fields == {"provider": "espeak", "written": "重庆", "reading": reading}
