"""Traditional and simplified characters, one for one, so that positions in a text stay valid."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import cast


@cache
def _tables() -> tuple[dict[int, int], dict[int, int], tuple[tuple[str, str], ...]]:
    """(traditional to simplified, simplified to traditional, whole words back)."""
    text = resources.files(__package__ or "").joinpath("characters.toml").read_text("utf-8")
    data = tomllib.loads(text)
    both = _pairs(data["both"])
    folds = [*both, *_pairs(data["fold"])]
    words = cast("dict[str, list[str]]", data["words"])
    back = tuple(zip(words["simplified"], words["traditional"], strict=True))
    return (
        {ord(old): ord(new) for old, new in folds if old != new},
        {ord(new): ord(old) for old, new in reversed(both) if old != new},
        back,
    )


def _pairs(table: dict[str, str]) -> list[tuple[str, str]]:
    traditional = "".join(table["traditional"].split())
    simplified = "".join(table["simplified"].split())
    return list(zip(traditional, simplified, strict=True))


def fold(text: str) -> str:
    """The text in simplified characters; as long as before."""
    return text.translate(_tables()[0])


def is_traditional(text: str) -> bool:
    """Whether a Chinese text is written in traditional characters (more than 1 in 25 of them)."""
    sample = text[:4000]
    chinese = sum(1 for char in sample if "\u4e00" <= char <= "\u9fff")
    folded = sum(1 for old, new in zip(sample, fold(sample)) if old != new)
    return folded > 0 and folded * 25 > chinese


def to_traditional(text: str) -> str:
    """Our own simplified phrases in traditional characters; good for the words that we use."""
    _, back, words = _tables()
    for simplified, traditional in words:
        text = text.replace(simplified, traditional)
    return text.translate(back)
