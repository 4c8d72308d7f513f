"""Kinds of everyday nouns, and English plurals."""

from __future__ import annotations

from typing import Final

NOUNS: Final = frozenset(
    ["person", "animal", "body", "clothes", "thing", "vehicle", "food", "mass", "nature", "place"]
)
_SAME: Final = frozenset(["fish", "sheep", "deer", "graffiti", "people", "children"])
_IRREGULAR: Final = {
    "person": "people", "child": "children", "mouse": "mice", "wolf": "wolves", "goose": "geese",
    "knife": "knives", "shelf": "shelves", "foot": "feet", "thief": "thieves",
    "bookshelf": "bookshelves",
}  # fmt: skip


def is_plural(english: str) -> bool:
    """Whether a noun of the list is in the plural already."""
    return english in ("people", "children") or (
        english.endswith("s") and not english.endswith(("ss", "us"))
    )


def plural(english: str, kind: str) -> str:
    """An English noun as what must not be there: in the plural where it has one."""
    if kind == "mass" or is_plural(english) or english in _SAME:
        return english
    if english.endswith("man") and english != "human":
        return english[:-3] + "men"
    if english.endswith(("s", "x", "ch", "sh")):
        return english + "es"
    if english.endswith("y") and english[-2:-1] not in "aeiou":
        return english[:-1] + "ies"
    return _IRREGULAR.get(english, english + "s")
