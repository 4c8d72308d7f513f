"""What a person said about a record, checked and merged into it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TypeVar, cast

from pydantic import JsonValue, ValidationError
from sqlalchemy import BigInteger, Integer

from ai_video.domain.entities import Entity, Json
from ai_video.domain.ids import new_id
from ai_video.errors import Conflict, InputRefused
from ai_video.storage.database import now
from ai_video.storage.tables import ROW_OF
from ai_video.studio.record_kinds import Kind, kind_of_entity

E = TypeVar("E", bound=Entity)
LARGEST_INT = 2**31 - 1


def new_entity(entity: type[E], values: Mapping[str, JsonValue]) -> E:
    """A new thing with these values (dotted keys for nested ones); the rest is as by default.

    Raises:
        InputRefused: `unknown_field`, `invalid_value` or `field_is_given`.
    """
    kind = kind_of_entity(entity)
    check_storable(values)
    document: Json = {}
    for key, value in values.items():
        _check_writable(kind, key)
        _put(kind, document, key, value)
    moment = now()
    stamps = {"id": new_id(), "created_at": moment, "updated_at": moment}
    return _validated(kind, entity, {**document, **stamps})


def changes_of(entity: Entity, said: Mapping[str, JsonValue]) -> dict[str, object]:
    """The fields that get another value; `revision` among them guards the edit.

    Fields that only verbs of their own set may be repeated, not changed.

    Raises:
        InputRefused: `unknown_field`, `invalid_value` or `field_is_given`.
        Conflict: `changed_meanwhile`: the given revision is an old one.
    """
    kind = kind_of_entity(type(entity))
    check_storable(said)
    present = cast("Json", entity.model_dump(mode="json"))
    document = cast("Json", entity.model_dump(mode="json"))
    for key, value in said.items():
        if key == "revision" and value != present["revision"]:
            raise Conflict("changed_meanwhile", what=kind.word)
        if key in present and present[key] == value:
            continue
        _check_writable(kind, key, edited=True)
        _put(kind, document, key, value)
    wanted = _validated(kind, type(entity), document)
    names = {key.partition(".")[0] for key in said}
    return {
        name: getattr(wanted, name)
        for name in type(entity).model_fields
        if name in names and getattr(wanted, name) != getattr(entity, name)
    }


def _check_writable(kind: Kind, key: str, *, edited: bool = False) -> None:
    name = key.partition(".")[0]
    if name not in kind.entity.model_fields:
        raise _unknown(kind, key)
    fixed = edited and kind.parent is not None and name == kind.parent[0]
    if name not in kind.writable or fixed:
        raise InputRefused("field_is_given", what=kind.word, field=key)


def _unknown(kind: Kind, key: str) -> InputRefused:
    known = ", ".join(sorted(kind.writable))
    return InputRefused("unknown_field", what=kind.word, field=key, known=known)


def _put(kind: Kind, document: Json, key: str, value: JsonValue) -> None:
    *path, last = key.split(".")
    place = document
    for name in path:
        inner = place.get(name)
        if inner is None:
            inner = place[name] = {}
        if not isinstance(inner, dict):
            raise _unknown(kind, key)
        place = inner
    place[last] = value


def _validated(kind: Kind, entity: type[E], document: Mapping[str, object]) -> E:
    try:
        wanted = entity.model_validate(document)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise _unknown(kind, field) from exc
        raise InputRefused("invalid_value", field=field, reason=first["msg"]) from exc
    for column in ROW_OF[entity].__table__.columns:
        value = getattr(wanted, column.name)
        small = isinstance(column.type, Integer) and not isinstance(column.type, BigInteger)
        if small and value is not None and not -LARGEST_INT <= value <= LARGEST_INT:
            reason = f"it must lie within ±{LARGEST_INT}"
            raise InputRefused("invalid_value", field=column.name, reason=reason)
    return wanted


def check_storable(values: Mapping[str, JsonValue]) -> None:
    """Text that no database stores and numbers that JSON lacks are refused here, with their field."""
    for key, value in values.items():
        for leaf in (key, *_leaves(value)):
            if isinstance(leaf, float) and not math.isfinite(leaf):
                raise InputRefused("invalid_value", field=key, reason="not a finite number")
            if isinstance(leaf, str) and not _storable(leaf):
                reason = "it holds a character that cannot be stored"
                raise InputRefused("invalid_value", field=_shown(key), reason=reason)


def _storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def _shown(key: str) -> str:
    return key.encode("ascii", "backslashreplace").decode() if not _storable(key) else key


def _leaves(value: JsonValue) -> Iterator[JsonValue]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value
