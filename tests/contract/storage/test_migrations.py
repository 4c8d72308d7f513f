"""A migrated database is the one that the tables describe, and old data survives."""

from __future__ import annotations

import re
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, Engine, inspect, make_url, text

from ai_video.domain import entities as e
from ai_video.errors import InputRefused, ServiceFailed
from ai_video.storage.database import Database
from ai_video.storage.engines import database_url, sync_engine
from ai_video.storage.migrations.migrate import known_steps, migrate
from ai_video.storage.schema import metadata
from ai_video.storage.tables import ROW_OF

DATA = Path(__file__).parents[2] / "data"


def schema_of(engine: Engine) -> dict[str, Any]:
    """Everything a schema says, in an order of its own."""
    look = inspect(engine)
    return {
        table: {
            "columns": {
                c["name"]: (str(c["type"]), c["nullable"]) for c in look.get_columns(table)
            },
            "primary": look.get_pk_constraint(table),
            "foreign": sorted(map(str, look.get_foreign_keys(table))),
            "unique": sorted(map(str, look.get_unique_constraints(table))),
            "indexes": sorted(map(str, look.get_indexes(table))),
            "checks": sorted(map(str, look.get_check_constraints(table))),
        }
        for table in sorted(look.get_table_names())
        if table != "alembic_version"
    } | _programs_of(engine)


def _programs_of(engine: Engine) -> dict[str, Any]:
    if engine.dialect.name == "sqlite":
        return {}
    with engine.connect() as connection:
        functions = connection.execute(
            text("SELECT prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
        ).scalars()
        triggers = connection.execute(
            text("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal")
        ).scalars()
        return {"functions": sorted(functions), "triggers": sorted(triggers)}


def empty(url: URL) -> None:
    if url.get_backend_name() == "sqlite":
        Path(str(url.database)).unlink()
        return
    engine = sync_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()


def test_a_migrated_schema_is_the_one_of_the_tables_checks_included(url: URL) -> None:
    engine = sync_engine(url)
    migrate(url)
    migrated = schema_of(engine)
    engine.dispose()
    empty(url)
    metadata.create_all(engine)
    created = schema_of(engine)
    engine.dispose()
    assert migrated.keys() == created.keys()
    for name in created:
        assert migrated[name] == created[name], name


def test_autogenerate_finds_nothing_to_do(url: URL) -> None:
    migrate(url)
    engine = sync_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_every_entity_has_a_column_per_field() -> None:
    for entity, row in ROW_OF.items():
        assert set(row.__table__.c.keys()) == set(entity.model_fields), entity
    assert set(ROW_OF) == {
        kind for kind in vars(e).values()
        if isinstance(kind, type) and issubclass(kind, e.Entity) and kind is not e.Entity
    }  # fmt: skip


def test_every_foreign_key_column_has_an_index() -> None:
    for table in metadata.sorted_tables:
        leading = {next(iter(index.columns)).name for index in table.indexes}
        leading |= {
            next(iter(c.columns)).name for c in table.constraints if len(tuple(c.columns)) > 1
        }
        leading |= {next(iter(table.primary_key.columns)).name}
        for key in table.foreign_keys:
            assert key.parent.name in leading, f"{table.name}.{key.parent.name}"


def test_many_that_start_at_once_migrate_once(url: URL) -> None:
    failures: list[BaseException] = []

    def start() -> None:
        try:
            migrate(url)
        except BaseException as exc:  # noqa: BLE001  shown below
            failures.append(exc)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    engine = sync_engine(url)
    assert "storyboard" in inspect(engine).get_table_names()
    engine.dispose()


async def test_a_database_of_a_newer_program_is_left_alone(url: URL) -> None:
    migrate(url)
    engine = sync_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(InputRefused) as caught:
        await Database(url.render_as_string(hide_password=False)).open()
    assert caught.value.code == "database_newer"


async def test_a_database_that_cannot_be_opened_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "folder.sqlite3").mkdir()
    with pytest.raises(ServiceFailed) as caught:
        await Database(f"sqlite:///{tmp_path / 'folder.sqlite3'}").open()
    assert caught.value.code == "database_failed"


@pytest.mark.parametrize("address", ["mysql://x/y", "nonsense", ""])
def test_another_database_is_refused(address: str) -> None:
    with pytest.raises(InputRefused) as caught:
        Database(address)
    assert caught.value.fields["field"] == "database_url"


def test_steps_are_numbered_without_a_gap() -> None:
    assert known_steps() == [f"{number:04}" for number in range(1, len(known_steps()) + 1)]


def rows_per_table(file: Path) -> dict[str, int]:
    connection = sqlite3.connect(file)
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    counts = {
        name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
        for (name,) in names
        if not re.match("sqlite_|alembic_", name)
    }
    connection.close()
    return counts


async def test_the_first_schema_and_its_rows_survive_every_upgrade(tmp_path: Path) -> None:
    file = tmp_path / "old.sqlite3"
    connection = sqlite3.connect(file)
    connection.executescript((DATA / "schema_0001.sql").read_text(encoding="utf-8"))
    connection.close()
    before = rows_per_table(file)
    assert min(before[row.__tablename__] for row in ROW_OF.values()) > 0

    database = Database(f"sqlite:///{file}")
    await database.open()
    for entity in ROW_OF:
        assert await database.read(lambda unit, kind=entity: unit.find(kind))
    await database.close()

    after = rows_per_table(file)
    assert {name: after[name] for name in before} == before
    engine, fresh = sync_engine(make_url(f"sqlite:///{file}")), tmp_path / "new.sqlite3"
    upgraded = schema_of(engine)
    engine.dispose()
    migrate(database_url(f"sqlite:///{fresh}"))
    engine = sync_engine(make_url(f"sqlite:///{fresh}"))
    assert upgraded == schema_of(engine)
    engine.dispose()
