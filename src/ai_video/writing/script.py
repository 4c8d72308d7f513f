"""A script as structure (`Script.structured_content`): typed elements that give back every character.

Each element keeps what the text says (`text`) and how it was written around that (`before`, `cue`,
`after`), so `ScriptContent.text()` is the source text again, to the last blank.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ai_video.domain.entities import Json, Lang, Mode, Transition

Voice = Literal["on", "off", "narrator", "crowd"]


class Piece(BaseModel):
    """What all elements have; `paragraphs` count from 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    paragraphs: tuple[int, ...]
    before: str = Field(default="", description="blanks before the first element")
    cue: str = Field(default="", description="what is written before the text: a name, a mark")
    text: str
    after: str = Field(default="", description="marks and blanks up to the next element")

    def source(self) -> str:
        return f"{self.before}{self.cue}{self.text}{self.after}"


class Title(Piece):
    kind: Literal["title"] = "title"


class Note(Piece):
    """Not filmed: title page, author's notes, rules, bylines."""

    kind: Literal["note"] = "note"


class CastEntry(Piece):
    """A line of the cast list: a person and who that is."""

    kind: Literal["cast"] = "cast"
    name: str = ""


class SceneHeading(Piece):
    kind: Literal["scene"] = "scene"
    place: str
    interior: bool | None = None
    time: str = ""


class Action(Piece):
    kind: Literal["action"] = "action"


class Dialogue(Piece):
    """A spoken line; `voice` says whether the speaker is seen, heard only, or no character."""

    kind: Literal["dialogue"] = "dialogue"
    speaker: str
    delivery: str = ""
    voice: Voice = "on"


class Cut(Piece):
    """A transition that the text asks for."""

    kind: Literal["transition"] = "transition"
    transition: Transition


class Narration(Piece):
    """Prose that the narrator speaks; `quoted` for a block quotation."""

    kind: Literal["narration"] = "narration"
    quoted: bool = False


class Headline(Piece):
    """A heading inside an article or a story."""

    kind: Literal["headline"] = "headline"


class Source(Piece):
    kind: Literal["source"] = "source"


class Picture(Piece):
    """`![caption](path)`: a figure beside the text."""

    kind: Literal["picture"] = "picture"
    path: str
    caption: str = ""


Element = Annotated[
    Title | Note | CastEntry | SceneHeading | Action | Dialogue | Cut | Narration | Headline
    | Source | Picture,
    Field(discriminator="kind"),
]  # fmt: skip


class ScriptContent(BaseModel):
    """A whole episode's script."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    title: str
    mode: Mode
    lang: Lang
    traditional: bool = False
    lead: str = Field(default="", description="the whole text where it has no element")
    elements: tuple[Element, ...] = ()

    def text(self) -> str:
        """The text that this structure was read from, character by character."""
        return self.lead + "".join(element.source() for element in self.elements)


def script_schema() -> Json:
    """The JSON schema of `Script.structured_content`."""
    return ScriptContent.model_json_schema()


def paragraph_digest(text: str) -> str:
    """16 hex digits that stay while a paragraph's words stay, however it is spaced."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16]
