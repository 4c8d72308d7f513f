"""What a terminal is told: words, never commands."""

from __future__ import annotations

import pytest

from ai_video.cli.running import visible


@pytest.mark.parametrize(
    "text",
    [
        "\x1b]0;title\x07",
        "\x1b]52;c;cm0gLXJm\x07",
        "\x1b[2K",
        "\x9b2K",
        "\x08\x08",
        "\u202eabc",
        "\u2028",
    ],
)
def test_what_commands_a_terminal_is_replaced(text: str) -> None:
    shown = visible(f"before {text} after")
    assert shown.startswith("before \ufffd")
    assert not set(shown) & set("\x1b\x07\x9b\x08\u202e\u2028")


def test_words_stay_as_they_are() -> None:
    text = "第 3 镜\u3000雨夜🌧 👩\u200d👩\u200d👧 café\xa0!\n\tA line."
    assert visible(text) == text


def test_a_carriage_return_hides_nothing() -> None:
    assert visible("delete all\rkeep all\r\nnext") == "delete all\nkeep all\nnext"
