"""The lines of a screenplay in plain text, Chinese or English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ai_video.filmwords import fold
from ai_video.writing.assembling import Part
from ai_video.writing.cues import (
    CAST_LABELS,
    CROWD,
    LABEL,
    NARRATORS,
    OFF_SCREEN,
    TITLE_LABELS,
    SpeakerCue,
    read_heading,
    read_transition,
    speaker_cue,
)
from ai_video.writing.episodes import is_episode_heading
from ai_video.writing.paragraphs import Span, lines_of, paragraphs_of

_CAST_NAME: Final = re.compile(r"^[-*•·\s]*(?P<name>[^\s：:，,（(—–\-]{1,12}|[A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*){0,2})\s*(?:[：:，,（(—–]|-{1,2}|\s|$)")  # fmt: skip
_BRACKETS: Final = re.compile(r"^[△▲■●◆※]+\s*|^[（(【\[]|[）)】\]]$")
_PICTURE: Final = re.compile(
    r"^!\[(?P<caption>[^\[\]\n]{0,300})\]\((?P<path>[^)\s]{1,300})(?:\s[^)\n]{0,300})?\)$"
)
_RULE: Final = re.compile(r"^[-*_=~—\s]{3,}$")
_TITLE: Final = re.compile(r"^(?:#{1,2}\s+(?P<mark>.+)|《(?P<book>[^》]+)》.{0,20})$")
_SHORT_TITLE: Final = re.compile(r"^[^：:。！？!?，,；;（(【\[]{1,30}$")
_CAPITAL_CUE: Final = re.compile(r"^[A-Z][A-Z0-9 .'’#-]{0,38}(?:\s*\([^)\n]{0,30}\))*\s*\^?$")


def has_capital_cues(text: str) -> bool:
    """Whether speakers stand alone in capitals, as in Fountain, rather than before a colon."""
    capitals = colons = 0
    last = ""
    for line in text.split("\n")[:2000]:
        core = line.strip()
        if core and not last and _CAPITAL_CUE.match(core) and read_transition(core) is None:
            capitals += read_heading(core) is None
        colons += bool(core) and speaker_cue(fold(core)) is not None
        last = core
    return capitals >= 2 and capitals > colons


def screenplay_parts(text: str) -> list[Part]:
    """The parts of a screenplay, in order."""
    return _Reader(text).parts()


class _Reader:
    """Reads line by line; knows whether it stands in the cast list or after a heading."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = fold(text)
        self.spans: Sequence[Span] = paragraphs_of(text) if "：" not in text else lines_of(text)
        self.done: list[Part] = []
        self.in_cast = False
        self.started = False
        self.titled = False

    def parts(self) -> list[Part]:
        at = 0
        while at < len(self.spans):
            at += self._read(at)
        return self.done

    def _read(self, at: int) -> int:
        """Read one part; returns how many spans it took."""
        span = self.spans[at]
        line = self.folded[span.start : span.end]
        simple = self._simple(span, line)
        if simple is not None:
            self.done.append(simple)
            return 1
        cue = speaker_cue(line)
        if cue is not None:
            return self._speech(at, cue)
        self.done.append(self._action(span, line))
        return 1

    def _simple(self, span: Span, line: str) -> Part | None:
        """A part that its line alone decides."""
        heading = read_heading(line)
        if heading is not None:
            self.in_cast, self.started = False, True
            place = self._original(span, heading.place)
            return self._part(
                "scene", span, place=place, interior=heading.interior, time=heading.time
            )
        transition = read_transition(line)
        if transition is not None:
            return self._part("transition", span, transition=transition)
        picture = _PICTURE.match(line)
        if picture:
            original = _PICTURE.match(self.text[span.start : span.end]) or picture
            return self._part("picture", span, path=original["path"], caption=original["caption"])
        if _RULE.match(line) or is_episode_heading(line):
            return self._part("note", span)
        title = self._title(span, line)
        return title or self._label(span, line)

    def _original(self, span: Span, folded: str) -> str:
        """The place as the text writes it (headings are read folded)."""
        line = self.folded[span.start : span.end]
        at = line.find(folded) if folded else -1
        return self.text[span.start + at : span.start + at + len(folded)] if at >= 0 else folded

    def _title(self, span: Span, line: str) -> Part | None:
        if self.started or self.titled:
            return None
        match = _TITLE.match(line)
        if match:
            name = "mark" if match["mark"] else "book"
            self.titled = True
            return self._part("title", span, match.start(name), match.end(name))
        first = not self.done and len(self.spans) > 1
        if first and _SHORT_TITLE.match(line) and not LABEL.match(line):
            self.titled = True
            return self._part("title", span)
        return None

    def _label(self, span: Span, line: str) -> Part | None:
        match = LABEL.match(line)
        if match:
            label = match["label"].lower()
            self.in_cast = label in CAST_LABELS and not self.started
            if label in TITLE_LABELS and match.end() < len(line):
                self.titled = True
                return self._part("title", span, match.end())
            if label in CAST_LABELS and match.end() < len(line) and not self.started:
                return self._part("cast", span, match.end(), name="")
            return self._part("note", span)
        if self.in_cast:
            name = _CAST_NAME.match(line)
            if name:
                start = span.start + name.start("name")
                return self._part("cast", span, name=self.text[start : start + len(name["name"])])
            self.in_cast = False
        return None

    def _speech(self, at: int, cue: SpeakerCue) -> int:
        """A speaker and the spoken words, which may stand on the next line."""
        self.started = True
        span = self.spans[at]
        start, taken = span.start + cue.length, 1
        if start >= span.end:
            following = self.spans[at + 1] if at + 1 < len(self.spans) else None
            if following is None or self._opens(following):
                self.done.append(self._part("action", span))
                return 1
            start, span, taken = following.start, following, 2
        first = self.spans[at]
        name_at = self.folded.index(cue.name, first.start)
        speaker = self.text[name_at : name_at + len(cue.name)]
        self.done.append(
            Part(
                "dialogue",
                first.start,
                span.end,
                start,
                span.end,
                tuple(item.number for item in self.spans[at : at + taken]),
                spoken_by(speaker, self._as_written(first, cue.delivery)),
            )
        )
        return taken

    def _as_written(self, span: Span, delivery: str) -> str:
        """A cue's delivery in the text's own characters (cues are read folded)."""
        at = self.folded.find(delivery, span.start, span.end)
        if at >= 0:
            return self.text[at : at + len(delivery)]
        parts = delivery.split("，")
        if len(parts) == 1:
            return delivery
        return "，".join(self._as_written(span, part) for part in parts)

    def _opens(self, span: Span) -> bool:
        """Whether a line begins something of its own."""
        line = self.folded[span.start : span.end]
        return (
            read_heading(line) is not None
            or read_transition(line) is not None
            or speaker_cue(line) is not None
            or bool(LABEL.match(line))
        )

    def _action(self, span: Span, line: str) -> Part:
        opening = _BRACKETS.match(line)
        start = opening.end() if opening else 0
        end = (
            len(line) - 1 if opening and line[0] in "（(【[" and line[-1] in "）)】]" else len(line)
        )
        if end <= start:
            start, end = 0, len(line)
        return self._part("action", span, start, end)

    def _part(
        self, kind: str, span: Span, start: int = 0, end: int | None = None, **values: object
    ) -> Part:
        return Part(
            kind,
            span.start,
            span.end,
            span.start + start,
            span.end if end is None else span.start + end,
            (span.number,),
            values,
        )


def spoken_by(speaker: str, delivery: str) -> dict[str, object]:
    """The fields of a dialogue: who, how, and whether the speaker is seen."""
    folded = fold(speaker).strip()
    if folded.lower() in NARRATORS:
        return {"speaker": "", "delivery": delivery, "voice": "narrator"}
    if CROWD.match(folded):
        return {"speaker": speaker, "delivery": delivery, "voice": "crowd"}
    off = OFF_SCREEN.search(fold(delivery)) is not None
    return {"speaker": speaker, "delivery": delivery, "voice": "off" if off else "on"}
