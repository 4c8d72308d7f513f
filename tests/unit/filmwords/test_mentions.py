"""Words found in a text."""

import pytest

from ai_video.filmwords.mentions import Mentions


@pytest.mark.parametrize(
    ("text", "word", "says", "plural"),
    [
        ("Their friendship lasts", "ship", False, False),
        ("Two SHIPS, at night", "ship", False, True),
        ("a ship.", "ship", True, True),
        ("the text message", "text message", True, True),
        ("他上了渡轮。", "渡轮", True, True),
        ("", "ship", False, False),
        ("她 returns", "turns", False, False),
    ],
)
def test_english_words_count_whole_and_chinese_ones_anywhere(
    text: str, word: str, says: bool, plural: bool
) -> None:
    words = Mentions(text)
    assert words.says(word) is says
    assert words.says_plural(word) is plural


def test_places_of_words_compare() -> None:
    words = Mentions("A brain, then 大脑, then brains")
    assert 0 <= words.at("brain") < words.at("大脑") < words.at("brains")
    assert words.at("squid") == -1
