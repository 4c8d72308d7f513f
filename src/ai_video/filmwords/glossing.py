"""Chinese descriptions said in English, word by word: enough for a prompt, no translation of prose.

The words are data (`everyday.toml`); order follows the Chinese, with prepositions moved before
their noun and 把 phrases turned round. Words that the list does not have are kept and reported.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, cast

from ai_video.filmwords.chinese import fold
from ai_video.filmwords.lexicon import WordIndex, name_of, read_table
from ai_video.filmwords.nouns import NOUNS, is_plural, plural
from ai_video.filmwords.phrases import phrase_of

_UNCOUNTED: Final = frozenset(["mass", "body"])
_CAMERA: Final = frozenset(
    ["shot_size", "angle", "movement", "aspect", "depth_of_field", "pace", "style", "ignore"]
)
_INSIDE: Final = NOUNS | {"colour", "adjective", "count", "name", "age", "unknown", "word", "film"}
_ADVERBS: Final = {
    "melancholy": "wistfully", "sad": "sadly", "joyful": "happily", "tense": "anxiously",
    "eerie": "eerily", "romantic": "lovingly", "lonely": "alone", "peaceful": "peacefully",
    "angry": "angrily", "hopeful": "hopefully", "mysterious": "mysteriously", "epic": "grandly",
    "cozy": "warmly", "oppressive": "heavily", "nostalgic": "nostalgically",
    "humorous": "playfully", "solemn": "solemnly", "energetic": "energetically",
}  # fmt: skip
_CHUNK: Final = re.compile(r"\ufffa\d+\ufffb|[A-Za-z0-9][A-Za-z0-9'’._-]*|[\u3400-\u9fff]")
_CLAUSES: Final = re.compile(r"[，。！？；：、,.!?;:\n—…]+")
_SYLLABIC: Final = re.compile(r"^(?:[aeiou](?!ne\b|niform|ser))", re.IGNORECASE)

Kind = str


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a Chinese text: its kind in `everyday.toml`, its English, and where it stands."""

    kind: Kind
    english: str
    chinese: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Gloss:
    """A text in English; `untranslated`: words kept as they were."""

    english: str
    untranslated: tuple[str, ...]


@cache
def _everyday() -> dict[str, dict[str, str]]:
    return cast("dict[str, dict[str, str]]", read_table("everyday.toml"))


@cache
def _index() -> WordIndex:
    index = WordIndex()
    for kind, words in _everyday().items():
        for english, chinese in words.items():
            index.add((kind, english), zh=chinese)
    for slot, values in read_table("words.toml").items():
        if slot in ("noun", "ignore", "implied") or not isinstance(values, dict):
            continue
        for value, entry in cast("dict[str, dict[str, object]]", values).items():
            if isinstance(entry.get("zh"), str):
                index.add((f"film.{slot}", value), zh=cast("str", entry["zh"]))
    return index


def words_of(text: str) -> list[Word]:
    """The words of a Chinese text in its order; runs that nobody knows are one word `unknown`."""
    folded = fold(text)
    known = {hit.start: hit for hit in _index().chinese(folded)}
    found: list[Word] = []
    at = 0
    while at < len(text):
        hit = known.get(at)
        if hit is not None:
            found.append(Word(hit.slot, hit.value, text[hit.start : hit.end], at, hit.end))
            at = hit.end
            continue
        match = _CHUNK.match(text, at)
        if match is None:
            at += 1
            continue
        at = match.end()
        if match[0][0] == "\ufffa":
            found.append(Word("name", match[0], match[0], match.start(), at))
        elif match[0].isascii():
            found.append(Word("word", match[0], match[0], match.start(), at))
        elif found and found[-1].kind == "unknown" and found[-1].end == match.start():
            last = found.pop()
            run = last.chinese + match[0]
            found.append(Word("unknown", run, run, last.start, at))
        else:
            found.append(Word("unknown", match[0], match[0], match.start(), at))
    return found


def gloss(text: str) -> Gloss:
    """A Chinese text in English, clause by clause."""
    clauses: list[str] = []
    missing: list[str] = []
    for clause in _CLAUSES.split(text):
        words = words_of(clause)
        missing += [word.chinese for word in words if word.kind == "unknown"]
        said = _sentence(words)
        if said:
            clauses.append(said)
    return Gloss(", ".join(clauses), tuple(dict.fromkeys(missing)))


def _sentence(words: Sequence[Word]) -> str:
    phrases = _arranged(_grouped(_turned(_described(words))))
    text = " ".join(phrase for phrase in phrases if phrase)
    return re.sub(r"\s+", " ", text).strip()


def _described(words: Sequence[Word]) -> list[Word]:
    """穿 N 的 M said as M 穿 N; 在 before a verb falls away."""
    found = [
        word
        for word, following in zip(words, (*words[1:], *words[-1:]), strict=True)
        if not (word.chinese in ("在", "正在") and following.kind == "verb")
    ]
    for index, word in enumerate(found):
        if word.chinese != "的" or index + 1 >= len(found):
            continue
        verbs = [at for at in range(index) if found[at].kind == "verb"]
        end = index + 1
        while end < len(found) and (found[end].kind in _INSIDE):
            end += 1
        if verbs and end > index + 1 and found[end - 1].kind in NOUNS | {"name"}:
            start = verbs[0]
            return [
                *found[:start],
                *found[index + 1 : end],
                *found[start:index],
                *_described(found[end:]),
            ]
    return found


def _turned(words: Sequence[Word]) -> list[Word]:
    """把 N V said as V N."""
    found: list[Word] = []
    held: list[Word] | None = None
    for word in words:
        if word.kind == "drop" and word.chinese in ("把", "将"):
            held = []
        elif held is not None and word.kind == "verb":
            found += [word, *held]
            held = None
        elif held is not None:
            held.append(word)
        else:
            found.append(word)
    return found + (held or [])


@dataclass(slots=True)
class _Phrase:
    """A noun with what stands before it, or one other word."""

    kind: Literal["noun", "verb", "adverb", "relation", "position", "other"]
    words: list[Word]


def _grouped(words: Sequence[Word]) -> list[_Phrase]:
    phrases: list[_Phrase] = []
    group: list[Word] = []

    def close() -> None:
        if group:
            phrases.append(_Phrase("noun", list(group)))
            group.clear()

    for index, word in enumerate(words):
        following = words[index + 1].chinese if index + 1 < len(words) else ""
        if word.kind == "drop":
            if word.chinese not in ("的", "得") and word.chinese not in ("是", "着"):
                close()
            continue
        if word.kind.startswith("film."):
            slot = word.kind.removeprefix("film.")
            if slot in _CAMERA or slot.startswith("palette"):
                close()
                continue
            if slot == "mood":
                close()
                adverb = following == "地"
                said = _ADVERBS[word.english] if adverb else phrase_of(slot, word.english, "en")
                phrases.append(_Phrase("adverb", [_as(word, "adverb", said)]))
                continue
            group.append(_as(word, "film", name_of(slot, word.english, "en")))
        elif word.kind in _INSIDE:
            if (
                word.kind in ("count", "name")
                and group
                and group[-1].kind
                not in (
                    "count",
                    "adjective",
                    "colour",
                )
            ):
                close()
            group.append(word)
        else:
            close()
            kind = word.kind if word.kind in ("verb", "adverb", "relation", "position") else "other"
            phrases.append(_Phrase(cast("Literal['other']", kind), [word]))
    close()
    return phrases


def _as(word: Word, kind: str, english: str) -> Word:
    return Word(kind, english, word.chinese, word.start, word.end)


def _arranged(phrases: Sequence[_Phrase]) -> list[str]:
    """English in order: a position goes before its noun and swallows 在."""
    said: list[str] = []
    for index, phrase in enumerate(phrases):
        following = phrases[index + 1] if index + 1 < len(phrases) else None
        if phrase.kind == "position":
            continue
        if phrase.kind == "noun":
            placed = following is not None and following.kind == "position"
            before = phrases[index - 1] if index else None
            if placed and following is not None:
                if before is not None and before.kind == "relation" and said:
                    said.pop()
                said.append(following.words[0].english)
            led = placed or (before is not None and before.kind == "relation")
            said.append(_noun(phrase.words, definite=led))
        elif phrase.kind == "relation":
            said.append(phrase.words[0].english if following is not None else "")
        else:
            said.append(phrase.words[0].english)
    while said and said[-1] in _DANGLING:
        said.pop()
    return said


_MANY: Final = frozenset(
    ["two", "three", "four", "five", "ten", "many", "several", "all", "a group of", "a pair of",
     "a pile of", "a whole row of"]
)  # fmt: skip
_ONLY_ONE: Final = frozenset(
    ["distance", "sky", "sun", "moon", "sea", "horizon", "ground", "universe", "Milky Way"]
)
_DANGLING: Final = frozenset(
    ["", "in", "on", "from", "toward", "with", "along", "through", "for", "like", "to"]
)


def _noun(words: Sequence[Word], *, definite: bool) -> str:
    """Adjectives and noun in order, with an article where English wants one."""
    text = " ".join(word.english for word in words)
    last, first = words[-1], words[0]
    if first.kind == "count":
        if first.english == "a" and len(words) > 1:
            rest = " ".join(word.english for word in words[1:])
            return f"{_article(rest)} {rest}" if last.kind not in _UNCOUNTED else rest
        if last.kind in NOUNS and first.english in _MANY:
            return f"{text.removesuffix(last.english)}{plural(last.english, last.kind)}"
        return text
    if last.english in _ONLY_ONE:
        return f"the {text}"
    if last.kind not in NOUNS or last.kind in _UNCOUNTED or first.kind == "name":
        return text
    if definite:
        return f"the {text}"
    if is_plural(last.english):
        return text
    return f"{_article(text)} {text}"


def _article(text: str) -> str:
    return "an" if _SYLLABIC.match(text) else "a"
