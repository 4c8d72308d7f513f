"""Nouns that an English text forbids beside those of the word list: no umbrellas, without red cars."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ai_video.filmwords import NOUNS, plural, words_of
from ai_video.translator.shot import Exclusion

_TRIGGER: Final = re.compile(
    r"\b(?:there\s+(?:is|are|must be|should be)\s+no|no|without|free\s+of|devoid\s+of|empty\s+of|lacking|minus|avoid|avoiding|"
    r"exclude|excluding|omit|remove|do\s+not\s+(?:show|include|draw|add)|don['’]t\s+(?:show|include|draw|add)|"
    r"not\s+(?:a\s+single|one|any)|never\s+any|neither|nor|instead\s+of|rather\s+than|zero|absence\s+of)\b",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z'’-]*")
_JOIN: Final = re.compile(
    r"^\s*(?:,\s*(?:and|or|nor)?|and|or|nor|/)\s+(?:no\s+|any\s+)?", re.IGNORECASE
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SIGNS: Final = _words("trace traces sign signs hint")
_SKIPPED: Final = _words("""
    any a an the other visible more single his her its their our your extra obvious of some
    such additional another unwanted s 
""")
_STOPS: Final = _words("""
    in on at to for from with by near behind under over above around through into onto along
    is are was were be been being has have had do does did will would can could should must
    may and or nor but as than then so that which who where when while if because only just
    except please anywhere visible present this these those there here it they he she we you i
    appear appears allowed needed wanted shown about after before during between
""")
_ABSTRACT: Final = _words("""
    one longer matter idea need doubt way sense time more less wonder warning hesitation word
    sound fear end success delay effort reason hurry choice chance hope purpose pause answer
    reply help question emotion expression permission knowledge notice rush mercy regret
    movement motion cut cuts problem haste avail thought care trouble exception looking saying
    speaking a sooner doing other
""")
_GERUND_NOUNS: Final = _words("""
    lightning writing lighting lettering building buildings clothing painting paintings
    railing ceiling wedding king ring string wing morning evening
""")


def find_nouns(
    text: str, covered: Sequence[tuple[int, int]]
) -> Iterator[tuple[Exclusion, tuple[int, int]]]:
    """Forbidden English nouns with where they and what forbids them stand.

    Args:
        text: the text, names blanked.
        covered: places that the word list has read already.
    """
    read = bytearray(len(text) + 1)
    for start, end in covered:
        read[start:end] = b"\1" * (end - start)
    done = 0
    for match in _TRIGGER.finditer(text):
        start, at = match.start(), match.end()
        while at > done:
            phrase, end = _phrase(text, at)
            if not phrase:
                break
            if not any(read[at:end]) and not _abstract(phrase):
                noun = " ".join(phrase).lower()
                yield Exclusion(noun, None, noun), (start, end)
            done = end
            joined = _JOIN.match(text[end : end + 12])
            if joined is None:
                break
            start, at = end, end + joined.end()


def things_of(word: str) -> tuple[str, ...]:
    """The things that a denied word names: candles beside candlelight, customers beside people."""
    if word.isascii():
        low = word.lower().strip()
        return (low,) if low not in _ABSTRACT and not low.startswith("any") else ()
    found = [entry for entry in words_of(word) if entry.kind in NOUNS]
    return tuple(
        plural(entry.english, entry.kind) for entry in found if entry.end - entry.start == len(word)
    )


def _phrase(text: str, at: int) -> tuple[list[str], int]:
    """The words of a noun phrase from `at` (determiners left out), and where it ends."""
    phrase: list[str] = []
    end = at
    while len(phrase) < 4:
        gap = re.match(r"\s+|-", text[end:]) if end > at or text[end : end + 1].isspace() else None
        start = end + (gap.end() if gap else 0)
        if end > at and gap is None:
            break
        word = _WORD.match(text, start)
        if word is None or word[0].lower() in _STOPS:
            break
        end = word.end()
        of = text[end : end + 4].lower() == " of "
        if word[0].lower() not in _SKIPPED and not (of and word[0].lower() in _SIGNS):
            phrase.append(word[0])
        if gap is None and phrase and end == at:
            break
    return phrase, end


def _abstract(phrase: Sequence[str]) -> bool:
    first, last = phrase[0].lower(), phrase[-1].lower()
    if first in _ABSTRACT or last in _ABSTRACT:
        return True
    return first.endswith("ing") and first not in _GERUND_NOUNS
