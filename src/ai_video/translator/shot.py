"""What was read of a shot: values only; `reading` fills them, choice, binder and prompts use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ai_video.domain.entities import ConsistencyLevel
from ai_video.domain.slots import Aspect, Slots
from ai_video.translator.answer import PromptLanguage
from ai_video.translator.notices import Notice, NoticeLanguage
from ai_video.translator.request import Output

FoundBy = Literal["id", "name", "alias"]
AspectSource = Literal["sentence", "project", "style"]
AskedBy = Literal["shot", "character", "project"]


@dataclass(frozen=True, slots=True)
class CharacterFound:
    """Somebody in the picture.

    Attributes:
        id: as the caller gave it; always among `character_assets`.
        by: what it was found by; a listed id whose name is in the text counts as found by name.
        word: the name as the text writes it; empty where only the id was given.
        start: where the name stands in the description; None where only the id was given.
    """

    id: str
    by: FoundBy
    word: str = ""
    start: int | None = None


@dataclass(frozen=True, slots=True)
class SceneFound:
    """Where the picture is set; always among `scene_assets`. `by` model: it named no scene."""

    id: str
    by: Literal["id", "name", "model"]


@dataclass(frozen=True, slots=True)
class AspectRead:
    value: Aspect
    source: AspectSource


@dataclass(frozen=True, slots=True)
class LevelAsked:
    level: ConsistencyLevel
    by: AskedBy


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What must not be in the picture.

    Attributes:
        noun: an English noun or a canonical slot value.
        slot: the slot of a canonical value; None for a noun.
        word: the word of the text.
    """

    noun: str
    slot: str | None
    word: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the description that is drawn: sanitised, without denied and spoken words.

    Characters stand in it as `\\ufffa` + their number in `ShotReading.characters` + `\\ufffb`.
    """

    text: str
    language: PromptLanguage


@dataclass(frozen=True, slots=True)
class Advice:
    """What a language model says beside what it read.

    Attributes:
        template: the one it prefers; taken where the rules of choice leave it open.
        why: its reason, for the reader of the answer.
        unmet: what the text asks for and no template that it was shown can do, in its words.
    """

    template: str | None = None
    why: str = ""
    unmet: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShotReading:
    """A shot read by rules, or by a language model within the rules.

    Attributes:
        slots: canonical values; `characters` in the order of the text, then listed ids.
        exclude: what must not be there; `slots.exclude` holds the nouns.
        aspect: None where nothing states or implies one.
        level_asked: what shot or project ask for; a character's own wish lies between them, see
            `levels.asked_of`.
        output: what the shot asks for, None where it is silent (a clip, where one is offered).
        asks_animation: the text asks for AnimateDiff.
        pieces: what of the text is drawn, in its order.
        from_project: slots that the project filled where the text is silent.
        language: for messages to the reader of the text.
        place: where it is, as the prompt should say it; empty: by the scene's name.
        advice: of the model that read it; None where rules did.
    """

    slots: Slots
    exclude: tuple[Exclusion, ...]
    aspect: AspectRead | None
    characters: tuple[CharacterFound, ...]
    scene: SceneFound | None
    level_asked: LevelAsked | None
    output: Output | None
    asks_animation: bool
    pieces: tuple[Piece, ...]
    colours: tuple[str, ...]
    from_project: tuple[str, ...]
    warnings: tuple[Notice, ...]
    language: NoticeLanguage
    place: str = ""
    advice: Advice | None = None
