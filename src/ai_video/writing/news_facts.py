"""What the given material of a news item supports: a written sentence may say nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ai_video.writing.model_answers import plain
from ai_video.writing.speech import sentences_of
from ai_video.writing.story_answers import Block

_NUMBER: Final = re.compile(r"\d[\d,，]*(?:\.\d+)?|百分之[零一二三四五六七八九十百点]+")
_QUOTED: Final = re.compile(r"[“\"「]([^“”\"「」]{6,})[”\"」]")


class NewsFacts:
    """What the given material of a news item supports: its figures and its quotations."""

    def __init__(self, material: str) -> None:
        self.material = "".join(material.split())
        self.numbers = {_digits(match[0]) for match in _NUMBER.finditer(material)}

    def unsupported(self, text: str) -> list[str]:
        """Sentences with a figure or a quotation that the material does not have."""
        return [sentence for sentence in sentences_of(plain(text)) if not self._holds(sentence)]

    def supported(self, blocks: Sequence[Block], left_out: list[str]) -> tuple[Block, ...]:
        """The blocks without such sentences, which go to `left_out`."""
        kept: list[Block] = []
        for block in blocks:
            bad = self.unsupported(block.text)
            left_out += bad
            good = [one for one in sentences_of(plain(block.text)) if one not in bad]
            if good:
                kept.append(block.model_copy(update={"text": "".join(good)}) if bad else block)
        return tuple(kept)

    def _holds(self, sentence: str) -> bool:
        numbers = all(_digits(match[0]) in self.numbers for match in _NUMBER.finditer(sentence))
        quotes = ("".join(match[1].split()) for match in _QUOTED.finditer(sentence))
        return numbers and all(quote.rstrip("，。,.") in self.material for quote in quotes)


def _digits(number: str) -> str:
    return re.sub("[,，]", "", number)
