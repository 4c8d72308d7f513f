"""The form in which a language model says what a shot means: closed sets, and words for a picture.

What it may choose among (shots, characters, scenes, templates) stands in the form as enums, so that
a wrong name does not validate. It has no place for graphs, sizes, seeds, files or weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, cast

from pydantic import BaseModel, ConfigDict, create_model

from ai_video.domain.slots import (
    Angle,
    DepthOfField,
    Level3,
    Light,
    Mood,
    Movement,
    Pace,
    ShotSize,
    Style,
    Temperature,
    TimeOfDay,
    Weather,
)


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelChoice(_Form):
    """What a model chose for one shot; characters and scene by the caller's ids.

    In `picture` the model writes characters as `{id}`; kept are their numbers among the shot's.
    Lengths are cut when it is read, not refused.
    """

    shot_size: ShotSize | None = None
    angle: Angle | None = None
    movement: Movement | None = None
    time_of_day: TimeOfDay | None = None
    depth_of_field: DepthOfField | None = None
    pace: Pace | None = None
    temperature: Temperature | None = None
    saturation: Level3 | None = None
    contrast: Level3 | None = None
    weather: tuple[Weather, ...] = ()
    light: tuple[Light, ...] = ()
    mood: tuple[Mood, ...] = ()
    style: tuple[Style, ...] = ()
    characters: tuple[str, ...] = ()
    scene: str | None = None
    template: str | None = None
    picture: str = ""
    place: str = ""
    exclusions: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()
    why: str = ""


ONE_OF: Final = ("shot_size", "angle", "movement", "time_of_day", "depth_of_field", "pace")
SIDES: Final = ("temperature", "saturation", "contrast")
SOME_OF: Final = ("weather", "light", "mood", "style")


class ChoicesForm(_Form):
    """A whole answer; `choices_form` narrows it to one batch."""

    choices: tuple[BaseModel, ...]


def choices_form(
    *,
    shots: Sequence[str],
    characters: Sequence[str],
    scenes: Sequence[str],
    templates: Sequence[str],
) -> type[ChoicesForm]:
    """The form for one batch; what there is nothing to choose of is no field of it."""
    fields: dict[str, Any] = {"shot_id": (one_of(shots), ...)}
    for name, field in ModelChoice.model_fields.items():
        fields[name] = (field.annotation, field.default)
    fields |= {"picture": (str, ...), "why": (str, ...)}
    for name, there in (("characters", characters), ("scene", scenes), ("template", templates)):
        if not there:
            del fields[name]
        elif name == "characters":
            fields[name] = (_several(one_of(there)), ())
        else:
            fields[name] = (one_of(there) | None, None)
    shot = create_model("ShotChoice", __base__=_Form, **fields)
    return create_model("ShotChoices", __base__=ChoicesForm, choices=(_several(shot), ...))


def one_of(names: Sequence[str]) -> Any:
    """The type of these names alone; made at run time, hence Any."""
    return cast("Any", Literal).__getitem__(tuple(names))


def _several(kind: Any) -> Any:
    return cast("Any", tuple)[kind, ...]
