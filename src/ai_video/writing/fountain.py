"""Fountain's grammar: title page, headings, cues, parentheticals, transitions, notes, sections.

Source: the Fountain syntax page, https://fountain.io/syntax.
"""

from __future__ import annotations

import re
from typing import Final

from ai_video.filmwords import fold
from ai_video.writing.assembling import Part
from ai_video.writing.cues import read_heading, read_transition
from ai_video.writing.paragraphs import lines_of
from ai_video.writing.screenplay import spoken_by

_TITLE_KEY: Final = re.compile(r"^(?P<key>[A-Za-z][A-Za-z ]{0,30}):[ \t]*")
_CHARACTER: Final = re.compile(
    r"^(?P<name>[^a-z()^\n]*[A-Z][^a-z()^\n]*?)[ \t]*(?P<extension>(?:\([^)\n]{0,40}\)[ \t]*)*)\^?$"
)
_FORCED: Final = re.compile(
    r"^@(?P<name>[^()^\n]+?)[ \t]*(?P<extension>(?:\([^)\n]{0,40}\)[ \t]*)*)\^?$"
)
_TRANSITION: Final = re.compile(r"^[^a-z]{2,40}TO:$")
_CENTRED: Final = re.compile(r"^>\s*(?P<text>.*?)\s*<$")
_CONTINUED: Final = re.compile(r"\(?CONT['’]?D\.?\)?", re.IGNORECASE)
_PAREN: Final = re.compile(r"^\([^)\n]{0,300}\)$")
_PAGE: Final = re.compile(r"^={3,}$")


def fountain_parts(text: str) -> list[Part]:
    """The parts of a Fountain screenplay, in order."""
    return _Reader(text).parts()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.spans = lines_of(text)
        self.done: list[Part] = []

    def parts(self) -> list[Part]:
        at = self._title_page()
        while at < len(self.spans):
            at += self._read(at)
        return self.done

    def _line(self, at: int) -> str:
        return self.text[self.spans[at].start : self.spans[at].end]

    def _gap(self, at: int) -> bool:
        """Whether a blank line, or the beginning, stands before line `at`."""
        if at == 0:
            return True
        between = self.text[self.spans[at - 1].end : self.spans[at].start]
        return between.count("\n") > 1

    def _alone(self, at: int) -> bool:
        return self._gap(at) and (at + 1 == len(self.spans) or self._gap(at + 1))

    def _title_page(self) -> int:
        if not self.spans or not _TITLE_KEY.match(self._line(0)):
            return 0
        if read_transition(self._line(0)) is not None:
            return 0
        at, wants_title = 0, False
        while at < len(self.spans) and (at == 0 or not self._gap(at)):
            match = _TITLE_KEY.match(self._line(at))
            titled = match is not None and match["key"].lower() == "title"
            if match and titled and match.end() < len(self._line(at)):
                self._add("title", at, start=match.end())
            elif wants_title and match is None:
                self._add("title", at)
            else:
                self._add("note", at)
            wants_title = titled and match is not None and match.end() == len(self._line(at))
            at += 1
        return at

    def _read(self, at: int) -> int:
        line = self._line(at)
        block = self._enclosed(at)
        if block:
            return block
        if line.startswith("!["):
            return self._picture(at, line)
        if line.startswith("!"):
            return self._add("action", at, start=1)
        if line.startswith(("#", "=")) or _PAGE.match(line):
            return self._add("note", at)
        return self._heading(at, line) or self._cue(at, line) or self._plain(at, line)

    def _enclosed(self, at: int) -> int:
        """A note or a boneyard: from its opening mark to its closing one."""
        line = self._line(at)
        for opening, closing in (("/*", "*/"), ("[[", "]]")):
            if not line.startswith(opening):
                continue
            found = self.text.find(closing, self.spans[at].start)
            limit = found + len(closing) if found >= 0 else self.spans[at].end
            last = at
            while last + 1 < len(self.spans) and self.spans[last + 1].start < limit:
                last += 1
            self._join("note", at, last)
            return last - at + 1
        return 0

    def _picture(self, at: int, line: str) -> int:
        match = re.match(r"^!\[([^\[\]\n]{0,300})\]\(([^)\s]{1,300})(?:\s[^)\n]{0,300})?\)$", line)
        if match is None:
            return self._add("action", at, start=1)
        return self._add("picture", at, path=match[2], caption=match[1])

    def _heading(self, at: int, line: str) -> int:
        forced = line.startswith(".") and not line.startswith("..") and len(line) > 1
        heading = read_heading(fold(line[1:] if forced else line))
        if forced and heading is None:
            return self._add("scene", at, start=1, place=line[1:].strip()[:60])
        if heading is None or not (forced or self._gap(at)):
            return 0
        return self._add(
            "scene",
            at,
            start=1 if forced else 0,
            place=heading.place,
            interior=heading.interior,
            time=heading.time,
        )

    def _cue(self, at: int, line: str) -> int:
        """A character's cue and all that is spoken under it."""
        match = _FORCED.match(line) if line.startswith("@") else _CHARACTER.match(line)
        last_line = at + 1 >= len(self.spans) or self._gap(at + 1)
        if match is None or last_line or not self._gap(at) or read_transition(line) is not None:
            return 0
        name = match["name"].strip()
        extension = _CONTINUED.sub("", match["extension"]).strip(" ()")
        end = at + 1
        while end < len(self.spans) and not self._gap(end):
            end += 1
        self._speech(at, end, name, extension)
        return end - at

    def _speech(self, at: int, end: int, name: str, extension: str) -> None:
        """Lines at..end (exclusive) of one cue; each parenthetical opens a new spoken piece."""
        delivery, opened, words = extension, at, at + 1
        while words < end:
            line = self._line(words)
            if _PAREN.match(line):
                delivery = ", ".join(part for part in (extension, line.strip("()")) if part)
                words += 1
                continue
            last = words
            while last + 1 < end and not _PAREN.match(self._line(last + 1)):
                last += 1
            self._join("dialogue", opened, last, words=words, **spoken_by(_speaker(name), delivery))
            delivery, opened, words = extension, last + 1, last + 1
        if opened < end:
            self._join("action", opened, end - 1)

    def _plain(self, at: int, line: str) -> int:
        centred = _CENTRED.match(line)
        if centred and centred["text"]:
            return self._add("action", at, start=centred.start("text"), end=centred.end("text"))
        transition = read_transition(line[1:].strip() if line.startswith(">") else line)
        if transition is None and (line.startswith(">") or _TRANSITION.match(line)):
            transition = "cut"
        if transition is not None and (line.startswith(">") or self._gap(at)):
            return self._add("transition", at, transition=transition)
        return self._add("action", at)

    def _add(
        self, kind: str, at: int, *, start: int = 0, end: int | None = None, **values: object
    ) -> int:
        span = self.spans[at]
        self.done.append(
            Part(
                kind,
                span.start,
                span.end,
                span.start + start,
                span.end if end is None else span.start + end,
                (span.number,),
                values,
            )
        )
        return 1

    def _join(
        self, kind: str, first: int, last: int, *, words: int | None = None, **values: object
    ) -> None:
        """One part from line `first` to `last`; its text begins with line `words`."""
        start, end = self.spans[first].start, self.spans[last].end
        text_start = start if words is None else self.spans[words].start
        numbers = tuple(span.number for span in self.spans[first : last + 1])
        self.done.append(Part(kind, start, end, text_start, end, numbers, values))


def _speaker(name: str) -> str:
    """`MARA` as `Mara`; a mixed-case or Chinese name stays."""
    return name.title().replace("'S", "'s").replace("’S", "’s") if name.isupper() else name
