"""The smallest value that a JSON schema allows."""

from __future__ import annotations

import math
from typing import cast

from pydantic import JsonValue

from ai_video.domain.entities import Json


def example(schema: Json) -> JsonValue:
    """A value for the schema: first choices, required properties, shortest lists and texts.

    Patterns and formats of texts are not followed. A schema that contains itself without a way out
    raises RecursionError.
    """
    return _value(schema, schema)


def _value(schema: Json, root: Json) -> JsonValue:
    if "const" in schema:
        return schema["const"]
    if isinstance(choices := schema.get("enum"), list) and choices:
        return choices[0]
    if isinstance(reference := schema.get("$ref"), str):
        return _value(_resolved(reference, root), root)
    for key in ("anyOf", "oneOf", "allOf"):
        if isinstance(branches := schema.get(key), list) and branches:
            return _value(_branch(branches), root)
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = kind[0]
    match kind:
        case "array":
            return _array(schema, root)
        case "string":
            return "example".ljust(_number(schema, "minLength"), "e")
        case "integer" | "number":
            return _at_least(schema, whole=kind == "integer")
        case "boolean":
            return False
        case "null":
            return None
        case _:
            return _object(schema, root)


def _branch(branches: list[JsonValue]) -> Json:
    """The first that is not null."""
    found = [cast("Json", branch) for branch in branches if isinstance(branch, dict)]
    return next((branch for branch in found if branch.get("type") != "null"), found[0])


def _resolved(reference: str, root: Json) -> Json:
    found: JsonValue = root
    for part in reference.removeprefix("#/").split("/"):
        found = cast("Json", found)[part]
    return cast("Json", found)


def _number(schema: Json, key: str) -> int:
    value = schema.get(key)
    return value if isinstance(value, int) else 0


def _array(schema: Json, root: Json) -> list[JsonValue]:
    first = schema.get("prefixItems")
    made = [_value(cast("Json", item), root) for item in first] if isinstance(first, list) else []
    items = schema.get("items")
    while isinstance(items, dict) and len(made) < _number(schema, "minItems"):
        made.append(_value(items, root))
    return made


def _object(schema: Json, root: Json) -> Json:
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return {}
    required = schema.get("required")
    names = required if isinstance(required, list) else []
    return {
        name: _value(cast("Json", inner), root)
        for name, inner in properties.items()
        if name in names
    }


def _at_least(schema: Json, *, whole: bool) -> int | float:
    low, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    high, below = schema.get("maximum"), schema.get("exclusiveMaximum")
    value = 0.0
    if isinstance(low, (int, float)):
        value = max(value, low) if low > 0 or not isinstance(high, (int, float)) else low
    if isinstance(above, (int, float)) and value <= above:
        value = math.floor(above) + 1 if whole else above + 0.5
    if isinstance(high, (int, float)):
        value = min(value, high)
    if isinstance(below, (int, float)) and value >= below:
        value = math.ceil(below) - 1 if whole else below - 0.5
    return math.ceil(value) if whole else value
