"""Ids: UUIDv7, so that rows sort by the time they were made."""

from __future__ import annotations

from uuid import UUID, SafeUUID

from uuid_utils import uuid7

_blank = object.__new__
_set = object.__setattr__


def new_id() -> UUID:
    """A fresh, time-ordered id."""
    return id_of(uuid7().int)


def read_id(text: str) -> UUID | None:
    """The id that a text is; None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def id_of(number: int) -> UUID:
    """The id with this number, made without the many questions that UUID's constructor asks."""
    made = _blank(UUID)
    _set(made, "int", number)
    _set(made, "is_safe", SafeUUID.unknown)
    return made
