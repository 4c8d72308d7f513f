"""A user's pronunciations for voices that read text only: words replaced by words that sound so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from pypinyin import Style, pinyin

from ai_video.audio.phonemes import PINYIN_TEXT, cut_by_overrides
from ai_video.errors import ConfigurationFailure


def respelled(text: str, pronunciation: Sequence[tuple[str, str]], *, provider: str) -> str:
    """The text to send to a service: pinyin becomes characters that are read so and no other way.

    Raises:
        ConfigurationFailure: `pronunciation_unsupported`: phonemes, or a syllable that no common
            character has for itself.
    """
    said: list[str] = []
    for piece, reading in cut_by_overrides(text, pronunciation):
        said.append(piece if reading is None else _spelled(piece, reading.strip(), provider))
    return "".join(said)


def _spelled(piece: str, reading: str, provider: str) -> str:
    if PINYIN_TEXT.fullmatch(reading.lower()):
        syllables = re.findall(r"[a-zü]+[1-5]", reading.lower())
        characters = [_characters().get(syllable.replace("v", "ü")) for syllable in syllables]
        if all(characters):
            return "".join(char for char in characters if char)
    elif not (len(reading) > 2 and reading[0] == reading[-1] == "/"):
        return reading
    raise ConfigurationFailure(
        "pronunciation_unsupported", provider=provider, written=piece, reading=reading
    )


@cache
def _characters() -> dict[str, str]:
    """Syllable with tone digit → a character of GB 2312's common 3755 that has no other reading."""
    found: dict[str, str] = {}
    for high in range(0xB0, 0xD8):
        for low in range(0xA1, 0xFF):
            try:
                char = bytes((high, low)).decode("gb2312")
            except UnicodeDecodeError:
                continue
            readings = pinyin(
                char, style=Style.TONE3, heteronym=True, neutral_tone_with_five=True, v_to_u=True
            )[0]
            if len(set(readings)) == 1:
                found.setdefault(readings[0], char)
    return found
