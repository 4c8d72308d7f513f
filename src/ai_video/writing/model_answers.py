"""The forms that a model's answers take: closed words, names of this text only, no free ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from ai_video.domain.entities import Transition
from ai_video.domain.slots import (
    Angle,
    DepthOfField,
    Light,
    Mood,
    Movement,
    Pace,
    ShotSize,
    Style,
    TimeOfDay,
    Weather,
)
from ai_video.filmwords.places import Place
from ai_video.writing.plan import Age, Gender

PICTURE_LIMIT: Final = 600


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ShotAnswer(Answer):
    """What every planned shot says; `first`, `last`, `characters` and `scene` are narrowed per chunk."""

    first: int
    last: int
    picture: str = Field(
        min_length=1,
        max_length=PICTURE_LIMIT,
        description="what is seen, one or two sentences, no camera words, no spoken words",
    )
    characters: tuple[str, ...]
    shot_size: ShotSize | None = None
    angle: Angle | None = None
    movement: Movement | None = None
    time_of_day: TimeOfDay | None = None
    weather: tuple[Weather, ...] = ()
    light: tuple[Light, ...] = ()
    mood: tuple[Mood, ...] = ()
    depth_of_field: DepthOfField | None = None
    pace: Pace | None = None
    transition: Transition = "cut"


class PlacedShotAnswer(ShotAnswer):
    """A shot of a text without scene headings, which says where it is."""

    scene: str | None = None


class SkippedAnswer(Answer):
    """An item that no shot shows; only action may be skipped."""

    item: int
    why: Literal["not_visible", "said_elsewhere", "remark"]


class ChunkAnswer(Answer):
    """The shots of a chunk, in film order."""

    shots: tuple[ShotAnswer, ...]
    skipped: tuple[SkippedAnswer, ...] = ()


class FoundCharacter(Answer):
    name: str = Field(max_length=60, description="as the text most often calls them, verbatim")
    aliases: tuple[Annotated[str, Field(max_length=60)], ...] = Field(
        default=(), max_length=8, description="other names of the same person, verbatim"
    )
    gender: Gender | None = None
    age: Age | None = None
    appearance: str = Field(default="", max_length=400, description="only what can be seen")
    personality: str = Field(default="", max_length=400)


class FoundScene(Answer):
    name: str = Field(max_length=60, description="short name of the place")
    words: str = Field(max_length=60, description="how the text names it, verbatim")
    description: str = Field(default="", max_length=400, description="how it looks")
    place: Place = Field(default="abstract", description="the nearest of the known classes")


class ContentAnswer(Answer):
    """Who and where a stretch of text is about."""

    characters: tuple[FoundCharacter, ...] = Field(default=(), max_length=60)
    scenes: tuple[FoundScene, ...] = Field(default=(), max_length=60)
    style: tuple[Style, ...] = Field(
        default=(), max_length=2, description="only where the text itself asks for one"
    )


def chunk_schema(
    count: int, names: Sequence[str], scenes: Sequence[str], *, placed: bool
) -> type[ChunkAnswer]:
    """The answer for a chunk of `count` items in which these people and places may be seen.

    `placed`: headings say where every item is, so no shot says it.
    """
    item = _literal(range(1, count + 1))
    fields: dict[str, Any] = {
        "first": (item, Field(description="number of the first item of this shot")),
        "last": (item, Field(description="its last item; the same for one item")),
        "characters": (
            tuple[_literal(names), ...] if names else tuple[str, ...],
            Field(max_length=8 if names else 0, description="who is seen"),
        ),
    }
    base = ShotAnswer if placed else PlacedShotAnswer
    if not placed:
        where = (_literal(scenes) | None) if scenes else None
        fields["scene"] = (where, Field(default=None, description="where; null: as before"))
    shot: Any = create_model("Shot", __base__=base, **fields)
    skipped: Any = create_model("Skipped", __base__=SkippedAnswer, item=(item, ...))
    rows: dict[str, Any] = {
        "shots": (tuple[shot, ...], Field(min_length=1, max_length=count)),
        "skipped": (tuple[skipped, ...], Field(default=(), max_length=count)),
    }
    return create_model("Storyboards", __base__=ChunkAnswer, **rows)


def _literal(values: Sequence[Any] | range) -> Any:
    return Literal[tuple(values)]  # pyright: ignore[reportInvalidTypeForm]


def plain(text: str) -> str:
    """A model's words on one line, without what no table and no screen takes."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
