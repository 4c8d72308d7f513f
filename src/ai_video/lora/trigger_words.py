"""Trigger words and tags that a file's own remarks give, as plain text."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import cast

from pydantic import JsonValue

MOST_WORDS = 20
LONGEST_WORD = 200
_COMMON = frozenset(
    {
        "1girl", "1boy", "girl", "boy", "solo", "woman", "man", "person", "people", "style", "object",
        "img", "image", "images", "train", "training", "data", "dataset", "concept", "character",
        "simple background", "white background", "looking at viewer", "default", "class", "reg",
    }
)  # fmt: skip
"""Words of nearly every training set: they say nothing of this one."""
_ALMOST_ALL = 0.9
"""Share of the pictures whose captions hold a word that was put into all of them."""


def trigger_words(said: Mapping[str, str]) -> tuple[str, ...]:
    """Words that call up what was trained: as stated, else from the training set.

    A folder `10_xmboy boy` trains the word `xmboy`; a word in the captions of (almost) all pictures
    was put there by whoever trained it.
    """
    stated = _listed(said.get("modelspec.trigger_phrase", ""))
    if stated:
        return stated
    folders = _object(said.get("ss_dataset_dirs", ""))
    captions = _object(said.get("ss_tag_frequency", ""))
    words = [_folder_word(name) for name in dict.fromkeys([*folders, *captions])]
    found = [*words, *_in_all_captions(folders, captions)]
    return _plain(word for word in found if word.lower() not in _COMMON)


def tags_of(said: Mapping[str, str]) -> tuple[str, ...]:
    """Tags that the file gives itself."""
    return _listed(said.get("modelspec.tags", ""))


def plain_text(text: str, *, longest: int) -> str:
    """Text out of a file as it may be stored and shown: no control characters, not too long."""
    kept = "".join(char for char in text[: longest * 2] if char.isprintable() or char in "\n\t")
    return kept.strip()[:longest]


def _listed(text: str) -> tuple[str, ...]:
    return _plain(re.split(r"[,;\n]", text[: LONGEST_WORD * MOST_WORDS]))


def _plain(words: Iterable[str]) -> tuple[str, ...]:
    """At most twenty words, each once, as one line each."""
    shown = (" ".join(plain_text(word, longest=LONGEST_WORD).split()) for word in words)
    return tuple(dict.fromkeys(word for word in shown if word))[:MOST_WORDS]


def _folder_word(name: str) -> str:
    """`xmboy` of `10_xmboy boy` or of `xmboy`; empty for a folder that names nothing."""
    last = re.split(r"[/\\]", name[:LONGEST_WORD])[-1]
    repeats = re.fullmatch(r"\d+_(.+)", last)
    words = (repeats[1] if repeats else "").split()
    return words[0] if words else ""


def _in_all_captions(
    folders: Mapping[str, JsonValue], captions: Mapping[str, JsonValue]
) -> list[str]:
    """The words that (almost) all captions of a folder hold, if there are at most three."""
    found: list[str] = []
    for name, counts in captions.items():
        numbers = _counts(counts)
        folder = folders.get(name)
        pictures = folder.get("img_count") if isinstance(folder, dict) else None
        if not numbers or not isinstance(pictures, int) or pictures < 2:
            continue
        common = [
            word
            for word, count in numbers.most_common(30)
            if count >= pictures * _ALMOST_ALL and word.lower() not in _COMMON
        ]
        found += common if len(common) <= 3 else []
    return found


def _counts(value: JsonValue) -> Counter[str]:
    if not isinstance(value, dict):
        return Counter()
    return Counter({word: count for word, count in value.items() if isinstance(count, int)})


def _object(text: str) -> dict[str, JsonValue]:
    """The JSON object in a remark; remarks that are none say nothing."""
    try:
        value = cast("JsonValue", json.loads(text or "{}"))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
