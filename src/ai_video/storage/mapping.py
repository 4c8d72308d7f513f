"""Entities to column values and back: one rule for all of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import JSON, RowMapping, Table

from ai_video.domain.entities import Entity
from ai_video.storage.tables import ROW_OF

E = TypeVar("E", bound=Entity)


@dataclass(frozen=True, slots=True)
class Mapped:
    """How one entity stands in its table."""

    table: Table
    json_columns: frozenset[str]


@cache
def mapped(entity: type[Entity]) -> Mapped:
    table = cast("Table", ROW_OF[entity].__table__)
    return Mapped(table, frozenset(c.name for c in table.columns if isinstance(c.type, JSON)))


@cache
def parents_first(entity: type[Entity]) -> int:
    """A sort key: an entity's table comes after the tables that its keys point to."""
    table = mapped(entity).table
    return table.metadata.sorted_tables.index(table)


def columns_of(entity: Entity, names: Collection[str] | None = None) -> dict[str, Any]:
    """Column values of an entity, or of its named fields only."""
    json_columns = mapped(type(entity)).json_columns
    wanted = set(type(entity).model_fields if names is None else names)
    nested = entity.model_dump(mode="json", include=wanted & json_columns)
    return {name: getattr(entity, name) for name in wanted - json_columns} | nested


def entity_of(kind: type[E], row: RowMapping) -> E:
    return kind.model_validate(dict(row))


def with_changes(entity: E, changes: Mapping[str, object]) -> E:
    """The entity with some fields replaced, validated anew.

    Raises:
        ValidationError: an unknown field or a value that does not fit.
    """
    fields = {name: getattr(entity, name) for name in type(entity).model_fields}
    return type(entity).model_validate({**fields, **changes})
