"""The word list, and finding its words in a text: longest match, in linear time."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Literal, cast

from ai_video.filmwords.chinese import fold
from ai_video.filmwords.nouns import NOUNS, plural

_TOKEN: Final = re.compile(r"[a-zé0-9]+(?:[:.][0-9]+)*(?:'[a-z]+)?", re.IGNORECASE)
IGNORED: Final = ("ignore", "")


@dataclass(frozen=True, slots=True)
class Hit:
    """A word of the list in a text: `slot` and `value` it means, and where it stands."""

    slot: str
    value: str
    start: int
    end: int
    word: str


@dataclass(frozen=True, slots=True)
class Token:
    """An English word: lower case, and where it stands."""

    text: str
    start: int
    end: int
    capital: bool


Meaning = tuple[str, str]


class WordIndex:
    """Words by their beginning: Chinese by first character, English by first token."""

    def __init__(self) -> None:
        self._chinese: dict[str, dict[str, list[Meaning]]] = {}
        self._longest: dict[str, int] = {}
        self._english: dict[str, list[tuple[tuple[str, ...], Meaning]]] = {}
        self._stems: dict[str, list[tuple[str, Meaning]]] = {}

    def add(self, meaning: Meaning, *, zh: str = "", en: str = "") -> None:
        """Words separated by blanks (zh) and by semicolons (en).

        Of one slot the first meaning of a word holds; a word may mean values of several slots
        (雨夜 is rain and night).
        """
        for word in zh.split():
            low = word.lower()
            meanings = self._chinese.setdefault(low[0], {}).setdefault(low, [])
            if _is_another(meaning, meanings):
                meanings.append(meaning)
            self._longest[low[0]] = max(self._longest.get(low[0], 0), len(low))
        for phrase in en.split(";"):
            word = phrase.strip()
            if word.endswith("*"):
                self._stems.setdefault(word[:3], []).append((word[:-1], meaning))
            elif word:
                parts = tuple(token.text for token in tokens(word))
                self._english.setdefault(parts[0], []).append((parts, meaning))

    def sort(self) -> None:
        for choices in self._english.values():
            choices.sort(key=lambda choice: -len(choice[0]))

    def chinese(self, text: str) -> Iterator[Hit]:
        """Hits in `text` (folded already), longest first, not overlapping."""
        low = text.lower()
        at = 0
        while at < len(low):
            words = self._chinese.get(low[at])
            found = self._longest_at(low, at, words) if words else 0
            if words and found:
                for slot, value in words[low[at : at + found]]:
                    yield Hit(slot, value, at, at + found, text[at : at + found])
                at += found
            else:
                at += 1

    def _longest_at(self, low: str, at: int, words: Mapping[str, list[Meaning]]) -> int:
        for length in range(min(self._longest[low[at]], len(low) - at), 0, -1):
            if low[at : at + length] in words:
                return length
        return 0

    def english(self, text: str, found: Sequence[Token]) -> Iterator[Hit]:
        """Hits among the tokens of `text`, longest first, not overlapping."""
        at = 0
        while at < len(found):
            length, meanings = self._english_at(found, at)
            for meaning in meanings:
                start, end = found[at].start, found[at + length - 1].end
                yield Hit(*meaning, start, end, text[start:end])
            at += max(length, 1)

    def _english_at(self, found: Sequence[Token], at: int) -> tuple[int, list[Meaning]]:
        first = found[at].text
        length = 0
        meanings: list[Meaning] = []
        for parts, meaning in self._english.get(first, ()):
            if length and len(parts) < length:
                break
            if all(
                at + offset < len(found) and found[at + offset].text == part
                for offset, part in enumerate(parts)
            ):
                length = len(parts)
                if _is_another(meaning, meanings):
                    meanings.append(meaning)
        if meanings:
            return length, meanings
        for stem, meaning in self._stems.get(first[:3], ()):
            if first.startswith(stem):
                return 1, [meaning]
        return 0, []


def _is_another(meaning: Meaning, meanings: Sequence[Meaning]) -> bool:
    """Whether a word means this beside the others: another slot, and no noun beside a film word."""
    slots = [slot for slot, _ in meanings]
    return not slots or (
        meaning[0] not in slots and not {meaning[0], *slots} & {"noun", "ignore", "place"}
    )


def tokens(text: str) -> list[Token]:
    """The English words and numbers of a text; a hyphen separates."""
    return [
        Token(match[0].lower(), match.start(), match.end(), match[0][0].isupper())
        for match in _TOKEN.finditer(text)
    ]


@dataclass(frozen=True, slots=True)
class Lexicon:
    index: WordIndex
    version: str
    implied: Mapping[str, Mapping[str, str]]

    def hits(self, text: str) -> list[Hit]:
        """All words of the list in a text, by position; words that mean nothing are left out."""
        folded = fold(text)
        found = [*self.index.chinese(folded), *self.index.english(text, tokens(text))]
        return sorted((hit for hit in found if hit.slot != "ignore"), key=lambda hit: hit.start)


def read_table(name: str) -> dict[str, object]:
    """A TOML file of this package."""
    return tomllib.loads(resources.files(__package__ or "").joinpath(name).read_text("utf-8"))


@cache
def _names() -> dict[tuple[str, str, str], str]:
    names: dict[tuple[str, str, str], str] = {}
    for slot, values in read_table("words.toml").items():
        for value, entry in (
            cast("dict[str, object]", values).items() if isinstance(values, dict) else ()
        ):
            if isinstance(entry, dict) and isinstance(entry.get("zh"), str):
                names[slot, value, "zh"] = cast("str", entry["zh"]).split()[0]
                names[slot, value, "en"] = cast("str", entry["en"]).split(";")[0].strip()
    return names


def name_of(slot: str, value: str, lang: Literal["zh", "en"]) -> str:
    """How a slot value is called: the first word of its list."""
    return _names()[slot, value, lang]


@cache
def lexicon() -> Lexicon:
    """The words of `words.toml`."""
    data = read_table("words.toml")
    index = WordIndex()
    implied = cast("dict[str, dict[str, str]]", data.pop("implied"))
    version = cast("str", data.pop("version"))
    index.add(IGNORED, **cast("dict[str, str]", data.pop("ignore")))
    for slot, values in cast("dict[str, dict[str, dict[str, object]]]", data).items():
        for value, entry in values.items():
            if slot == "palette":
                for level, words in entry.items():
                    index.add((f"palette.{value}", level), **cast("dict[str, str]", words))
            else:
                index.add((slot, value), **cast("dict[str, str]", entry))
    for kind, words in cast("dict[str, dict[str, str]]", read_table("everyday.toml")).items():
        if kind in NOUNS:
            for english, chinese in words.items():
                index.add(("noun", plural(english, kind)), zh=chinese)
    index.sort()
    return Lexicon(index, version, implied)


VOCABULARY_VERSION: Final = "2026.1"
