"""What a storyboard writer is given and what it gives back: drafts without ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ai_video.domain.entities import CardContent, Lang, Mode, Transition
from ai_video.domain.slots import Movement, Slots
from ai_video.errors import FieldValue

Gender = Literal["male", "female"]
Age = Literal["child", "young", "adult", "old"]


@dataclass(frozen=True, slots=True)
class CharacterDraft:
    """A person of the story; gender and age are None where the text gives no cue."""

    name: str
    aliases: tuple[str, ...] = ()
    gender: Gender | None = None
    age: Age | None = None
    appearance: str = ""
    personality: str = ""


@dataclass(frozen=True, slots=True)
class SceneDraft:
    """A place of the story; `place` is a class of `filmwords.PLACES`."""

    name: str
    description: str = ""
    place: str = "abstract"
    slots: Slots = field(default_factory=Slots)


@dataclass(frozen=True, slots=True)
class Cast:
    """The characters and scenes that a project has already; their names stay."""

    characters: tuple[CharacterDraft, ...] = ()
    scenes: tuple[SceneDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class LineDraft:
    """One spoken line; the narrator's `speaker` is empty. `speed` is a factor."""

    speaker: str
    text: str
    delivery: str = ""
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class ShotDraft:
    """One planned shot.

    `duration_s` lies on the film's frame grid. `source_paragraphs` count from 1.
    `source_digest` has 16 hex digits for each of them, joined by commas. `picture` is the figure
    named beside the text.
    """

    scene_number: int
    scene_name: str | None
    description: str
    duration_s: float
    camera_movement: Movement
    character_names: tuple[str, ...] = ()
    lines: tuple[LineDraft, ...] = ()
    slots: Slots = field(default_factory=Slots)
    card: CardContent | None = None
    source_paragraphs: tuple[int, ...] = ()
    source_digest: str = ""
    transition: Transition = "cut"
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class Degradation:
    """Something that could not be done as asked: a code of the catalogue and its message's fields.

    `shot` is an index into the plan's shots, or None for the whole episode.
    """

    code: str
    fields: Mapping[str, FieldValue] = field(default_factory=dict[str, FieldValue])
    shot: int | None = None


@dataclass(frozen=True, slots=True)
class EpisodePlan:
    """An episode as planned: people, places, shots, and what was not possible.

    `by`: whose model planned at least some of it, else `rules`.
    """

    title: str
    mode: Mode
    lang: Lang
    characters: tuple[CharacterDraft, ...]
    scenes: tuple[SceneDraft, ...]
    shots: tuple[ShotDraft, ...]
    degraded: tuple[Degradation, ...] = ()
    by: str = "rules"

    @property
    def duration_s(self) -> float:
        return sum(shot.duration_s for shot in self.shots)


@dataclass(frozen=True, slots=True)
class WriterOptions:
    """What the user asked for; `mode` and `lang` None = found in the text."""

    mode: Mode | None = None
    lang: Lang | None = None
    length_s: float | None = None
    fps: int = 25
