"""The forms of a story that a model writes: an outline, then the blocks of its parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field, create_model

from ai_video.domain.entities import Mode
from ai_video.domain.slots import TimeOfDay
from ai_video.filmwords.places import Place
from ai_video.writing.model_answers import Answer
from ai_video.writing.plan import Age, Gender

MOST_PARTS = 60


class OutlineCharacter(Answer):
    name: str = Field(min_length=1, max_length=12, description="short, no title, no punctuation")
    description: str = Field(default="", max_length=300, description="who it is in the story")
    gender: Gender | None = None
    age: Age | None = None
    appearance: str = Field(default="", max_length=300, description="what a camera sees")
    personality: str = Field(default="", max_length=300)


class OutlineScene(Answer):
    name: str = Field(min_length=1, max_length=30, description="short name of the place")
    description: str = Field(default="", max_length=300, description="how it looks")
    place: Place = "abstract"


class OutlinePartAnswer(Answer):
    """A scene of a drama, or a section of an article or tale."""

    headline: str = Field(default="", max_length=40, description="of a section; empty for a scene")
    scene: str = Field(default="", max_length=30, description="one of `scenes`, for a drama")
    interior: bool = True
    time: TimeOfDay = "day"
    happens: str = Field(min_length=1, max_length=500)
    seconds: float = Field(gt=0, le=600)


class OutlineAnswer(Answer):
    title: str = Field(min_length=1, max_length=60)
    logline: str = Field(default="", max_length=300)
    world: str = Field(
        default="", max_length=2000, description="time, place and rules of the world"
    )
    keywords: tuple[str, ...] = Field(default=(), max_length=12)
    characters: tuple[OutlineCharacter, ...] = Field(default=(), max_length=12)
    scenes: tuple[OutlineScene, ...] = Field(default=(), max_length=24)
    parts: tuple[OutlinePartAnswer, ...] = Field(min_length=1, max_length=MOST_PARTS)


class Block(Answer):
    """A paragraph: what is seen, what is said, or what the narrator tells."""

    kind: Literal["action", "speech", "narration"] = "narration"
    speaker: str | None = None
    delivery: str = Field(default="", max_length=20, description="how it is said")
    text: str = Field(min_length=1, max_length=1200)


class PartAnswer(Answer):
    part: int
    blocks: tuple[Block, ...] = Field(min_length=1, max_length=60)


class PartsAnswer(Answer):
    parts: tuple[PartAnswer, ...]


def parts_schema(numbers: Sequence[int], names: Sequence[str], mode: Mode) -> type[PartsAnswer]:
    """The answer for these parts of an outline; only a drama has action and speech."""
    if mode == "drama":
        name: Any = Literal[(*names, None)] if names else None  # pyright: ignore[reportInvalidTypeForm]
        kinds: Any = Block.model_fields["kind"].annotation
        fields: dict[str, Any] = {"speaker": (name, None), "kind": (kinds, ...)}
    else:
        fields = {"speaker": (None, None), "kind": (Literal["narration"], "narration")}
    block: Any = create_model("Block", __base__=Block, **fields)
    number: Any = Literal[tuple(numbers)]  # pyright: ignore[reportInvalidTypeForm]
    rows: dict[str, Any] = {
        "part": (number, ...),
        "blocks": (tuple[block, ...], Field(min_length=1, max_length=60)),
    }
    part: Any = create_model("Part", __base__=PartAnswer, **rows)
    size = Field(min_length=len(numbers), max_length=len(numbers))
    parts: dict[str, Any] = {"parts": (tuple[part, ...], size)}
    return create_model("Parts", __base__=PartsAnswer, **parts)
