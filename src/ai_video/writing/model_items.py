"""What a model is given of an episode: small pieces in order, in chunks that stay after an edit.

A piece is a beat with at most one spoken line (in news and science: as the cards were made), so a
model may cut between any two lines and never inside one. Chunks are cut where the text itself says
so, not every so many characters: an edited paragraph changes its own chunk and leaves the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pydantic import JsonValue

from ai_video.domain.entities import Json
from ai_video.writing.beats import Beat
from ai_video.writing.script import Dialogue, Element, paragraph_digest
from ai_video.writing.speech import speech_s

SMALLEST: Final = 1000
LARGE: Final = 2000
LARGEST: Final = 3000
"""Characters of a chunk's text."""
MOST_PIECES: Final = 90
_SCENE_CUTS: Final = 2
_PARAGRAPH_CUTS: Final = 8


@dataclass(frozen=True, slots=True)
class Chunk:
    """Beats that are planned in one call, and the pieces that a model puts into shots."""

    beats: tuple[Beat, ...]
    pieces: tuple[Beat, ...]
    continues: bool = False
    """It begins in the middle of a scene."""

    @property
    def text(self) -> str:
        return "\n".join(text_of(piece) for piece in self.pieces)

    @property
    def source(self) -> str:
        """The text that it was read from, with all that is not filmed."""
        unique = {id(item): item for beat in self.beats for item in beat.elements}
        return "".join(item.source() for item in unique.values()).strip()

    @property
    def paragraphs(self) -> tuple[int, int]:
        """The first and the last paragraph that it covers."""
        numbers = [number for beat in self.beats for number in beat.paragraphs]
        return min(numbers, default=0), max(numbers, default=0)


def chunks_of(beats: Sequence[Beat], forms: Mapping[str, str]) -> list[Chunk]:
    """The beats of an episode in chunks; `forms` are the names of people as a text says them."""
    groups: list[list[Beat]] = []
    size = 0
    for beat in beats:
        length = len(text_of(beat))
        if not groups or _cuts(groups[-1], beat, size, length):
            groups.append([])
            size = 0
        groups[-1].append(beat)
        size += length
    return [
        Chunk(
            tuple(group),
            tuple(piece for beat in group for piece in pieces_of(beat, forms)),
            continues=at > 0 and groups[at - 1][-1].setting.number == group[0].setting.number,
        )
        for at, group in enumerate(groups)
    ]


def _cuts(group: Sequence[Beat], beat: Beat, size: int, length: int) -> bool:
    last = group[-1]
    if beat.elements and last.elements and beat.elements[-1] is last.elements[-1]:
        return size + length > 2 * LARGEST  # sentences of one paragraph stay together
    if size + length > LARGEST or len(group) * 2 >= MOST_PIECES:
        return True
    if size < SMALLEST:
        return False
    mark = int(paragraph_digest(text_of(beat))[:8], 16)
    if beat.setting.number != last.setting.number:
        return size >= LARGE or mark % _SCENE_CUTS == 0
    return size >= LARGE and mark % _PARAGRAPH_CUTS == 0


def pieces_of(beat: Beat, forms: Mapping[str, str]) -> list[Beat]:
    """A beat in pieces of one line each; one with a card, or that says nothing, stays whole."""
    if len(beat.lines) < 2 or beat.card is not None:
        return [beat]
    owners = _owners(beat)
    pieces: list[Beat] = []
    for at, line in enumerate(beat.lines):
        said = line.text if beat.kind == "prose" else beat.seen if at == 0 else line.delivery
        names = [line.speaker] if line.speaker in beat.names else []
        if beat.kind == "prose":
            names = [name for name in beat.names if _is_named(name, line.text, forms)]
        pieces.append(
            replace(
                beat, elements=owners[at], seen=said, lines=[line], names=names, listener="",
                picture=beat.picture if at == 0 else None,
                transition=beat.transition if at == 0 else "cut",
                silent_s=beat.silent_s if at == len(beat.lines) - 1 else 0.0,
            )
        )  # fmt: skip
    return pieces


def _owners(beat: Beat) -> list[list[Element]]:
    """The elements of each line: replies of two people have their own, prose shares its one."""
    speeches = [at for at, item in enumerate(beat.elements) if isinstance(item, Dialogue)]
    if beat.kind == "dialogue" and len(speeches) == len(beat.lines):
        ends = [*speeches[1:], len(beat.elements)]
        starts = [0, *speeches[1:]]
        return [beat.elements[start:end] for start, end in zip(starts, ends, strict=True)]
    return [list(beat.elements), *([beat.elements[-1]] for _ in beat.lines[1:])]


def _is_named(name: str, text: str, forms: Mapping[str, str]) -> bool:
    return any(form in text for form, owner in forms.items() if owner == name)


def text_of(piece: Beat) -> str:
    """The words of a piece, as the text has them."""
    if piece.lines:
        return "\n".join(line.text for line in piece.lines)
    if piece.seen:
        return piece.seen
    return " ".join(item.text.strip() for item in piece.elements)


def names_in(chunk: Chunk, forms: Mapping[str, str], present: Sequence[str]) -> list[str]:
    """Who may be seen in a chunk: named in it, speaking in it, or there when it begins."""
    text = chunk.text
    found = [(place, name) for form, name in forms.items() if (place := text.find(form)) >= 0]
    named = [name for _, name in sorted(found)]
    known = set(forms.values())
    spoken = [line.speaker for piece in chunk.pieces for line in piece.lines]
    seen = [name for piece in chunk.pieces for name in piece.names]
    everyone = (*named, *spoken, *seen, *present)
    return [name for name in dict.fromkeys(everyone) if name in known]


def item_document(number: int, piece: Beat, lang: str) -> Json:
    """A piece as a model reads it; `number` counts from 1 in its chunk."""
    item: dict[str, JsonValue] = {"item": number, "kind": _kind(piece)}
    if piece.kind == "establish":
        item |= {"place": piece.setting.name or "", "time": piece.setting.time}
    if piece.lines:
        line = piece.lines[0]
        item |= {"speaker": line.speaker or "(narrator)", "text": text_of(piece)}
        if line.delivery:
            item["delivery"] = line.delivery
        if piece.off_screen and line.speaker:
            item["heard_only"] = True
    else:
        item["text"] = text_of(piece)
    item["seconds"] = round(seconds_of(piece, lang), 1)
    return item


def _kind(piece: Beat) -> str:
    if is_card(piece):
        return "card"
    if piece.lines:
        return "speech" if piece.lines[0].speaker else "narration"
    return "scene" if piece.kind == "establish" else "action"


def is_card(piece: Beat) -> bool:
    """Whether code has put it on a card, which is a shot of its own."""
    return piece.card is not None or piece.kind in ("title", "sources")


def seconds_of(piece: Beat, lang: str) -> float:
    """About how long it is on the screen."""
    spoken = sum(speech_s(line.text, "en" if lang == "en" else "zh") for line in piece.lines)
    return spoken + 0.8 if piece.lines else max(piece.silent_s, 2.0)
