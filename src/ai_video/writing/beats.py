"""A shot on its way: what it shows and says, before it is framed and timed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ai_video.domain.entities import CardContent, Lang, Transition
from ai_video.domain.slots import Slots
from ai_video.writing.plan import Cast, CharacterDraft, Degradation, LineDraft, SceneDraft
from ai_video.writing.script import Element, ScriptContent, paragraph_digest

BeatKind = Literal["establish", "action", "dialogue", "prose", "title", "sources"]


@dataclass(frozen=True, slots=True)
class Setting:
    """A stretch of the story in one place: `number` counts from 1; `slots` hold there throughout."""

    number: int
    name: str | None
    place: str
    slots: Slots
    outdoors: bool
    time: str = ""


@dataclass(slots=True)
class Beat:
    """What one shot shows (`seen`, in the story's words) and what is said in it.

    `shown` and `asked`: what a writer who is no rule says is to be seen, and how.
    """

    kind: BeatKind
    setting: Setting
    elements: list[Element] = field(default_factory=list[Element])
    seen: str = ""
    lines: list[LineDraft] = field(default_factory=list[LineDraft])
    off_screen: bool = False
    names: list[str] = field(default_factory=list[str])
    listener: str = ""
    card: CardContent | None = None
    picture: str | None = None
    transition: Transition = "cut"
    silent_s: float = 0.0
    last_of_scene: bool = False
    shown: str = ""
    asked: Slots = field(default_factory=Slots)

    @property
    def paragraphs(self) -> tuple[int, ...]:
        return tuple(sorted({number for item in self.elements for number in item.paragraphs}))

    @property
    def digest(self) -> str:
        unique = {id(item): item for item in self.elements}
        return ",".join(paragraph_digest(item.cue + item.text.strip()) for item in unique.values())


@dataclass(frozen=True, slots=True)
class Story:
    """What the beat makers read: the script and who is in it."""

    script: ScriptContent
    lang: Lang
    people: tuple[CharacterDraft, ...]
    known: Cast


@dataclass(frozen=True, slots=True)
class Beats:
    """The beats of an episode, its scenes, and what did not work out."""

    beats: list[Beat]
    scenes: tuple[SceneDraft, ...]
    degraded: tuple[Degradation, ...] = ()
