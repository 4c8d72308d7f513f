"""Freeze the newest schema, with a few rows in every table, as tests/data/schema_NNNN.sql.

Run once per released step of the schema; later steps must bring the frozen database up to date.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import NoneType
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import Boolean, Column, Enum, Float, Integer, Table, Uuid, insert
from sqlalchemy.types import JSON

from ai_video.domain.entities import Entity
from ai_video.storage.base import UtcDateTime
from ai_video.storage.engines import database_url, sync_engine
from ai_video.storage.mapping import columns_of
from ai_video.storage.migrations.migrate import known_steps, migrate
from ai_video.storage.schema import metadata
from ai_video.storage.tables import ROW_OF

DATA = Path(__file__).parents[1] / "tests" / "data"
MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def id_of(table: str) -> UUID:
    """The id of a table's only row."""
    number = [table.name for table in metadata.sorted_tables].index(table) + 1
    return UUID(int=(7 << 76) | (2 << 62) | number)


def value_of(column: Column[Any]) -> Any:
    """A value that the column accepts; a key points to the row of its table."""
    for key in column.foreign_keys:
        return id_of(key.column.table.name)
    if isinstance(column.type, Uuid):
        return id_of(column.table.name)
    if isinstance(column.type, Enum):
        return column.type.enums[0]
    if isinstance(column.type, JSON):
        return {"名": [1, None, "值"]}
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, Integer | Float):
        return 1
    return MOMENT if isinstance(column.type, UtcDateTime) else "文字"


def entity_row(entity: type[Entity], table: Table) -> dict[str, Any]:
    """A row that reads back as an entity: its required fields, and a pointer to everything."""
    values: dict[str, Any] = {"id": id_of(table.name), "created_at": MOMENT, "updated_at": MOMENT}
    for name, field in entity.model_fields.items():
        column = table.c[name]
        if column.foreign_keys:
            values[name] = id_of(next(iter(column.foreign_keys)).column.table.name)
        elif name == "sha256":
            values[name] = "0" * 64
        elif field.is_required() and name not in values:
            literals = [part for part in get_args(field.annotation) if part is not NoneType]
            wanted = value_of(column)
            values[name] = literals[0] if literals and isinstance(literals[0], str) else wanted
    return columns_of(entity.model_validate(values))


def rows() -> Iterator[tuple[Table, dict[str, Any]]]:
    entities = {row.__tablename__: entity for entity, row in ROW_OF.items()}
    for table in metadata.sorted_tables:
        if table.name in entities:
            yield table, entity_row(entities[table.name], table)
        else:
            yield table, {column.name: value_of(column) for column in table.columns}


def freeze(target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "frozen.sqlite3"
        url = database_url(f"sqlite:///{file}")
        migrate(url)
        engine = sync_engine(url)
        with engine.begin() as connection:
            for table, row in rows():
                connection.execute(insert(table), row)
        engine.dispose()
        frozen = sqlite3.connect(file)
        target.write_text("\n".join(frozen.iterdump()) + "\n", encoding="utf-8")
        frozen.close()


def main() -> int:
    target = DATA / f"schema_{known_steps()[-1]}.sql"
    if target.exists() and "--again" not in sys.argv:
        print(f"{target} is frozen already; --again replaces it (never after a release)")
        return 1
    freeze(target)
    print(f"wrote {target}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
