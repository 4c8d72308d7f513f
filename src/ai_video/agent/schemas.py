"""JSON schemas of tools: from pydantic, without what costs a reader and says nothing."""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydantic import BaseModel, JsonValue

from ai_video.domain.entities import Json

_NAMED = frozenset({"properties", "$defs"})
"""Keys whose values are schemas by name, so that a name such as `title` is kept there."""


@cache
def schema_of(model: type[BaseModel], mode: Literal["validation", "serialization"]) -> Json:
    """The schema of what a tool takes (validation) or gives (serialization)."""
    schema = _tidied(model.model_json_schema(mode=mode))
    assert isinstance(schema, dict)
    return schema


def _tidied(schema: JsonValue) -> JsonValue:
    """Without titles made of names, and without `discriminator`, which strict readers refuse."""
    if isinstance(schema, list):
        return [_tidied(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    tidy: Json = {}
    for key, value in schema.items():
        if key in _NAMED and isinstance(value, dict):
            tidy[key] = {name: _tidied(entry) for name, entry in value.items()}
        elif key not in ("title", "discriminator"):
            tidy["anyOf" if key == "oneOf" else key] = _tidied(value)
    return tidy
