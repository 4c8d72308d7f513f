"""A line of text as phonemes, each tied to the characters it is said for.

Mandarin and English may stand in one line; the line's language decides how numbers are read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal

from ai_video.audio.chinese import HAN, phonemes_of
from ai_video.audio.chinese_numbers import read_chinese
from ai_video.audio.english import EnglishWords
from ai_video.audio.english_numbers import read_english
from ai_video.audio.pinyin_ipa import syllable_phonemes
from ai_video.audio.readings import Reading
from ai_video.audio.traditional import SIMPLIFIED
from ai_video.audio.vocabulary import PAUSES, PUNCTUATION, TOKEN_IDS

Lang = Literal["zh", "en"]
_LETTER: Final = "A-Za-zÀ-ÖØ-öø-ɏ"
_ATOM: Final = re.compile(
    rf"(?P<han>[{HAN}]+)|(?P<latin>[{_LETTER}]+(?:['’][{_LETTER}]+)*)|(?P<space>\s+)|(?P<other>.)",
    re.DOTALL,
)
_LONGEST_UNIT: Final = 200
PINYIN_TEXT: Final = re.compile(r"(?:[a-zü]+[1-5]\s*)+")
_KEEP: Final = frozenset("²³¹⁰⁴⁵⁶⁷⁸⁹")
_CLOSING: Final = frozenset("”)")
_SILENT: Final = frozenset("*_`~^|\\<>{}'‘’\"•◆■●★☆→←↑↓")


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of the line (a character, a word, a number, a sign) and its phonemes ("" = silent).

    A unit without text goes on with the one before it.
    """

    text: str
    phonemes: str

    @property
    def is_spoken(self) -> bool:
        """Whether a sound, not only a pause, belongs to it."""
        return any(symbol.isalpha() for symbol in self.phonemes)


@dataclass(frozen=True, slots=True)
class _Atom:
    text: str
    said: str
    kind: Literal["han", "latin", "space", "sign", "ready"]
    spelled: bool = False


def phonemize(
    text: str,
    *,
    lang: Lang,
    words: EnglishWords,
    pronunciation: Sequence[tuple[str, str]] = (),
) -> list[Unit]:
    """Units of a line in order; their texts put together are `text` again.

    Args:
        pronunciation: (written, reading) pairs that win over everything; a reading is pinyin with
            tone digits (`chong2 qing4`), phonemes between slashes (`/kˈæt/`), or other words.
    """
    plain = plain_characters(text)
    language = spoken_language(plain, lang)
    if _is_shouted(plain):
        plain = plain.lower()
    units: list[Unit] = []
    for piece, reading in cut_by_overrides(plain, pronunciation):
        if reading is None:
            units += _say(_atoms(piece, language), words)
        else:
            units.append(Unit(piece, f" {_override(reading, language, words)} "))
    return _in_parts(_punctuate(_with_original_text(units, text)))


def plain_characters(text: str) -> str:
    """The text with full-width, styled and traditional characters in plain form; as long."""
    return "".join(map(_plain_character, text))


@lru_cache(maxsize=8192)
def _plain_character(char: str) -> str:
    if char in SIMPLIFIED:
        return SIMPLIFIED[char]
    if char.isascii() or char in _KEEP or char in PUNCTUATION or 0x2150 <= ord(char) <= 0x24FF:
        return char
    if char in "\u3000\u00a0\u2002\u2003\u2009":
        return " "
    plain = unicodedata.normalize("NFKC", char)
    return plain if len(plain) == 1 else char


def spoken_language(text: str, lang: Lang) -> Lang:
    """The language of a line: `lang`, unless the line holds none of it and some of the other."""
    has_han = re.search(f"[{HAN}]", text) is not None
    has_latin = re.search(f"[{_LETTER}]", text) is not None
    if lang == "zh" and has_latin and not has_han:
        return "en"
    return "zh" if lang == "en" and has_han and not has_latin else lang


def _is_shouted(text: str) -> bool:
    words = re.findall(r"[A-Za-z]{2,}", text)
    return len(words) >= 3 and sum(word.isupper() for word in words) > 0.7 * len(words)


def cut_by_overrides(
    text: str, pronunciation: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, str | None]]:
    """Pieces of a text, each with the reading that the user gave for it."""
    readings = {written.casefold(): reading for written, reading in pronunciation if written}
    if not readings:
        yield text, None
        return
    ordered = sorted(readings, key=len, reverse=True)
    parts = [
        rf"(?<![A-Za-z]){re.escape(w)}(?![A-Za-z])" if w.isascii() else re.escape(w)
        for w in ordered
    ]
    at = 0
    for match in re.finditer("|".join(parts), text, re.IGNORECASE):
        if match.start() > at:
            yield text[at : match.start()], None
        yield match[0], readings.get(match[0].casefold(), match[0])
        at = match.end()
    if at < len(text):
        yield text[at:], None


def _override(reading: str, lang: Lang, words: EnglishWords) -> str:
    reading = reading.strip()
    if len(reading) > 2 and reading[0] == reading[-1] == "/":
        return "".join(symbol for symbol in reading[1:-1] if symbol in TOKEN_IDS)
    lowered = reading.lower()
    if PINYIN_TEXT.fullmatch(lowered):
        return "".join(map(syllable_phonemes, re.findall(r"[a-zü]+[1-5]", lowered)))
    return _said(reading, lang, words)


def _said(text: str, lang: Lang, words: EnglishWords) -> str:
    """Phonemes of replacement text as one string."""
    units = _say(_atoms(text, spoken_language(text, lang), whole=True), words)
    return "".join(unit.phonemes for unit in _punctuate(units)).strip()


def _atoms(text: str, lang: Lang, *, whole: bool = False) -> list[_Atom]:
    """Atoms of a piece of text; `whole` = it is already words, numbers are not looked for."""
    read = read_chinese if lang == "zh" else read_english
    atoms: list[_Atom] = []
    for reading in [Reading(text, text)] if whole else read(text):
        if reading.text != reading.said or reading.spelled:
            only_han = re.fullmatch(f"[{HAN}]+", reading.said) is not None
            kind = "han" if only_han else "ready"
            atoms.append(_Atom(reading.text, reading.said, kind, reading.spelled))
            continue
        for match in _ATOM.finditer(reading.text):
            kind = match.lastgroup
            if kind == "han":
                atoms += [_Atom(char, char, "han") for char in match[0]]
            elif kind == "latin":
                atoms.append(_Atom(match[0], _unaccented(match[0]), "latin"))
            else:
                atoms.append(_Atom(match[0], match[0], "space" if kind == "space" else "sign"))
    return atoms


def _unaccented(word: str) -> str:
    if word.isascii():
        return word
    bare = word.translate(_SPECIAL_LETTERS).replace("’", "'")
    return "".join(c for c in unicodedata.normalize("NFD", bare) if c.isascii())


_SPECIAL_LETTERS: Final = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "ø": "o", "Ø": "O", "đ": "d", "ł": "l", "Ł": "L"}
)


def _say(atoms: Sequence[_Atom], words: EnglishWords) -> list[Unit]:
    units: list[Unit] = []
    at = 0
    while at < len(atoms):
        atom = atoms[at]
        if atom.kind == "han":
            end = at
            while end < len(atoms) and atoms[end].kind == "han":
                end += 1
            units += _say_chinese(atoms[at:end])
            at = end
            if at < len(atoms) and atoms[at].kind in ("latin", "ready"):
                units[-1] = replace(units[-1], phonemes=units[-1].phonemes + " ")
            continue
        units.append(Unit(atom.text, _say_atom(atoms, at, words)))
        at += 1
    return units


def _say_chinese(atoms: Sequence[_Atom]) -> list[Unit]:
    text = "".join(atom.said for atom in atoms)
    spelled = [atom.spelled for atom in atoms for _ in atom.said]
    spoken = phonemes_of(text, spelled=spelled)
    units: list[Unit] = []
    at = 0
    for atom in atoms:
        units.append(Unit(atom.text, "".join(spoken[at : at + len(atom.said)])))
        at += len(atom.said)
    return units


def _say_atom(atoms: Sequence[_Atom], at: int, words: EnglishWords) -> str:
    atom = atoms[at]
    following = atoms[at + 1].kind if at + 1 < len(atoms) else ""
    tail = " " if following in ("han", "latin", "ready") else ""
    if atom.kind == "latin":
        before, after = _neighbour(atoms, at, -1), _neighbour(atoms, at, 1)
        return words.phonemes(atom.said, before=before, after=after) + tail
    if atom.kind == "ready":
        return _said(atom.said, "en" if atom.said.isascii() else "zh", words) + tail
    if atom.kind == "space":
        return "\n" if "\n" in atom.text else " "
    return _sign(atoms, at)


def _neighbour(atoms: Sequence[_Atom], at: int, step: int) -> str:
    """The English word beside an atom, past a space; "" at a pause or edge."""
    at += step
    if 0 <= at < len(atoms) and atoms[at].kind == "space":
        at += step
    if 0 <= at < len(atoms) and atoms[at].kind in ("latin", "ready", "han"):
        said = atoms[at].said
        return said if atoms[at].kind != "han" else "x"
    return ""


def _sign(atoms: Sequence[_Atom], at: int) -> str:
    sign = atoms[at].text
    if sign in _SILENT:
        return ""
    before = atoms[at - 1] if at else None
    after = atoms[at + 1] if at + 1 < len(atoms) else None
    if sign in "-−~～":
        apart = before and after and before.kind == after.kind == "space"
        doubled = sign == "-" and "-" in (before and before.text, after and after.text)
        joined = before and after and before.kind == after.kind == "latin"
        return "—" if apart or doubled else "" if joined else " "
    if sign == "/":
        return ","
    if sign in "·・‧":
        return " "
    return PUNCTUATION.get(sign, "")


def _with_original_text(units: Sequence[Unit], text: str) -> list[Unit]:
    """The same units over the text as it was given (letters in plain form are as long)."""
    found: list[Unit] = []
    at = 0
    for unit in units:
        found.append(replace(unit, text=text[at : at + len(unit.text)]))
        at += len(unit.text)
    return found


def _punctuate(units: Sequence[Unit]) -> list[Unit]:
    """Pauses as the model expects: none at the start, one at a time, spaces only after them."""
    found: list[Unit] = []
    last, started = "", False
    for unit in units:
        said = unit.phonemes
        if said == "\n":
            said = "." if started and last not in PAUSES else " "
        if said in PAUSES and (not started or last in PAUSES):
            said = ""
        tight = said in PAUSES or said in _CLOSING
        if said and tight:
            _strip_end(found)
            said += " "
        elif not started or _last_symbol(found) == " ":
            said = said.lstrip(" ")
        started = started or any(symbol.isalpha() for symbol in said)
        last = said.strip()[-1:] or last
        found.append(replace(unit, phonemes=said))
    _strip_end(found)
    return found


def _strip_end(units: list[Unit]) -> None:
    """Take the space off the last unit that has phonemes."""
    for at in range(len(units) - 1, -1, -1):
        if units[at].phonemes:
            units[at] = replace(units[at], phonemes=units[at].phonemes.rstrip(" "))
            if units[at].phonemes:
                return


def _in_parts(units: Sequence[Unit]) -> list[Unit]:
    """The same units; what takes very long to say (300 digits) goes on in units without text."""
    found: list[Unit] = []
    for unit in units:
        text, rest = unit.text, unit.phonemes
        while len(rest) > _LONGEST_UNIT:
            cut = rest.rfind(" ", 1, _LONGEST_UNIT) + 1 or _LONGEST_UNIT
            found.append(Unit(text, rest[:cut]))
            text, rest = "", rest[cut:]
        found.append(Unit(text, rest))
    return found


def _last_symbol(units: Sequence[Unit]) -> str:
    return next((unit.phonemes[-1] for unit in reversed(units) if unit.phonemes), "")
