"""How slot values are said in a prompt."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal, cast

from ai_video.filmwords.lexicon import read_table

PhraseForm = Literal["tags", "en", "zh"]


@cache
def _phrases() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    return cast("Mapping[str, Mapping[str, Mapping[str, str]]]", read_table("phrases.toml"))


def phrase_of(slot: str, value: str, form: PhraseForm) -> str:
    """A slot value as tags, or as part of an English or Chinese sentence."""
    return _phrases()[slot][value][form]


def still_phrase_of(movement: str, form: PhraseForm) -> str:
    """What a movement of the camera means for a still picture; empty where it means nothing."""
    said = _phrases()["still"].get(movement)
    return said[form] if said else ""
