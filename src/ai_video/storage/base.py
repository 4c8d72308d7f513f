"""What every table shares: names of constraints, UTC times, JSON values, closed choices."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from types import NoneType
from typing import Any, ClassVar, get_args
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import JSON, DateTime, Dialect, Enum, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator, TypeEngine

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""A batch migration can only drop what has a name."""

JsonColumn = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""A JSON value; None is NULL. Never change a stored value in place: assign a new one."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: stored in UTC, returned in UTC; a time without a zone is refused.

    SQLite alone would drop the zone and keep the local digits.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Root of all tables."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar[dict[type, TypeEngine[Any]]] = {
        str: Text(),
        UUID: Uuid(),
        datetime: UtcDateTime(),
    }


def choice(values: Iterable[str], name: str) -> Enum:
    """A text column whose CHECK allows exactly `values` (a StrEnum, or a Literal's arguments)."""
    return Enum(
        *(str(value) for value in values),
        name=name,
        native_enum=False,
        create_constraint=True,
        length=24,
        validate_strings=True,
    )


def choices_of(entity: type[BaseModel], field: str) -> Enum:
    """The column of a `Literal[...]` or `Literal[...] | None` field of an entity."""
    annotation = entity.model_fields[field].annotation
    parts = [part for part in get_args(annotation) if part is not NoneType]
    values = parts if all(isinstance(part, str) for part in parts) else get_args(parts[0])
    return choice(values, field)
