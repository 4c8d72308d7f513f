"""The words that shot descriptions are made of, in the story's language."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import cast

from ai_video.domain.entities import Lang

Table = dict[str, dict[str, dict[str, str | list[str]]]]


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases of one language by table and key."""

    lang: Lang
    table: Table

    def of(self, table: str, key: str) -> str:
        """A phrase, empty where the table has none for the key."""
        return cast("str", self.table[table][self.lang].get(key, ""))

    def word(self, key: str, **values: str) -> str:
        return cast("str", self.table["words"][self.lang][key]).format(**values)

    def turn(self, table: str, key: str, number: int) -> str:
        """One of several phrases, in turn."""
        choices = cast("list[str]", self.table[table][self.lang][key])
        return choices[number % len(choices)]


@cache
def _table() -> Table:
    text = resources.files(__package__ or "").joinpath("phrases.toml").read_text("utf-8")
    return cast("Table", tomllib.loads(text))


def phrases(lang: Lang) -> Phrases:
    return Phrases(lang, _table())
