"""Shots of a few px for the animatic's tests."""

from __future__ import annotations

from typing import Any

from ai_video.domain.ports import ShotPicture
from ai_video.domain.slots import Slots


def make_shot(**values: Any) -> ShotPicture:
    """A small street shot; slot values and ShotPicture fields by name."""
    fields = ShotPicture.__dataclass_fields__
    slots = {name: value for name, value in values.items() if name not in fields}
    given = {name: value for name, value in values.items() if name in fields}
    defaults: dict[str, Any] = {
        "width": 160, "height": 90, "seed": 7, "description": "", "place": "street",
        "scene_name": "老街", "figures": (),
    }  # fmt: skip
    return ShotPicture(**{**defaults, **given, "slots": Slots(**slots)})
