"""What options say, as values: requests of verbs, and `--set key=value` with text where the field is text."""

from __future__ import annotations

import json
import types
from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, JsonValue, ValidationError

from ai_video.domain.entities import Entity, Json
from ai_video.errors import UsageError

Request = TypeVar("Request", bound=BaseModel)


def request_of(model: type[Request], /, **values: object) -> Request:
    """What the options say, as a verb wants it.

    Raises:
        UsageError: a value is not one; the message names it.
    """
    try:
        return model.model_validate(values)
    except ValidationError as exc:
        first = exc.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UsageError("usage", reason=f"{name}: {first['msg']}") from exc


def said_values(entity: type[Entity], said: Iterable[str]) -> Json:
    """The values of repeated `--set key=value`; the last one of a key counts.

    Raises:
        UsageError: a piece without `=` or without a key.
    """
    values: Json = {}
    for piece in said:
        key, equals, text = piece.partition("=")
        if not equals or not key.strip():
            raise UsageError("usage", reason=f"--set {piece}: write key=value")
        values[key.strip()] = value_of(entity, key.strip(), text)
    return values


def value_of(entity: type[BaseModel], key: str, text: str) -> JsonValue:
    """What `text` means for the field `key` (dotted); unknown keys read as text.

    `null` empties a field that may be empty. Text that is no JSON stays text: the field's own
    check then says what is wrong with it.
    """
    kinds = _field_types(entity, key)
    if text == "null" and type(None) in kinds:
        return None
    if any(kind in (str, UUID) or get_origin(kind) is Literal for kind in kinds):
        literals = [
            value for kind in kinds if get_origin(kind) is Literal for value in get_args(kind)
        ]
        if not literals or any(isinstance(value, str) for value in literals):
            return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _field_types(model: type[BaseModel], key: str) -> list[Any]:
    """The types a dotted key may hold; [str] when there is no such field."""
    name, _, rest = key.partition(".")
    field = model.model_fields.get(name)
    if field is None:
        return [str]
    kinds = _alternatives(field.annotation)
    if not rest:
        return kinds
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return _field_types(kind, rest)
        if get_origin(kind) is dict:
            return _alternatives(get_args(kind)[1])
    return [str]


def _alternatives(annotation: Any) -> list[Any]:
    if get_origin(annotation) in (Union, types.UnionType):
        return [kind for part in get_args(annotation) for kind in _alternatives(part)]
    if get_origin(annotation) is Annotated:
        return _alternatives(get_args(annotation)[0])
    return [annotation]
