"""SQLAlchemy engines with the hooks that make SQLite keep its promises.

Without them SQLite loses updates (BEGIN comes only before the first write) and ignores foreign
keys. The async engine serves `Database`; the sync one serves migrations and the task store.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from ai_video.errors import InputRefused

BUSY_TIMEOUT_MS = 30_000
"""How long a SQLite writer waits for another process's; a transaction of ours takes milliseconds."""

STUCK_AFTER_MS = 20_000
"""PostgreSQL ends a transaction in which its client does nothing for so long: a frozen process, or one
behind a cut cable, would otherwise hold the writers' lock and stop everybody."""

MIGRATION_LOCK = 0x6169_0001
WRITER_LOCK = 0x6169_0002
EVENT_LOCK = 0x6169_0003
"""Keys of PostgreSQL's advisory locks."""

_ASYNC_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
_SYNC_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
_write_json = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))


def database_url(text: str) -> URL:
    """The database's address with the driver that we use.

    Raises:
        InputRefused: `invalid_value`: neither SQLite nor PostgreSQL.
    """
    try:
        url = make_url(text)
        backend = url.get_backend_name()
    except ArgumentError as exc:
        raise InputRefused("invalid_value", field="database_url", reason="no URL") from exc
    backend = "postgresql" if backend == "postgres" else backend
    if backend not in _ASYNC_DRIVERS:
        reason = f"{backend} is neither sqlite nor postgresql"
        raise InputRefused("invalid_value", field="database_url", reason=reason)
    return url.set(drivername=_ASYNC_DRIVERS[backend])


def sqlite_file(url: URL) -> Path | None:
    """The file of a SQLite database; None for PostgreSQL and for memory."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def async_engine(url: URL) -> AsyncEngine:
    """An engine of 5 connections and 5 more under load."""
    engine = create_async_engine(
        url.set(drivername=_ASYNC_DRIVERS[url.get_backend_name()]),
        json_serializer=_write_json,
        max_overflow=5,
    )
    _add_hooks(engine.sync_engine)
    return engine


def sync_engine(url: URL) -> Engine:
    """The same database through blocking calls, for one thread."""
    engine = create_engine(
        url.set(drivername=_SYNC_DRIVERS[url.get_backend_name()]), json_serializer=_write_json
    )
    _add_hooks(engine)
    return engine


def read_only_options(url: URL) -> dict[str, object]:
    """Execution options under which a transaction sees one state and waits for no writer."""
    if url.get_backend_name() == "sqlite":
        return {"read_only": True}
    return {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}


def advisory_lock_sql(url: URL, key: int) -> str | None:
    """The statement that waits for a lock until the transaction's end; SQLite needs none."""
    if url.get_backend_name() == "sqlite":
        return None
    return f"SELECT pg_advisory_xact_lock({key})"


def _add_hooks(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
    else:
        event.listen(engine, "connect", _on_postgresql_connect)


def _on_connect(connection: DBAPIConnection, record: object) -> None:
    connection.isolation_level = None  # we say BEGIN, nobody else
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",  # first: going over to WAL needs the lock
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_postgresql_connect(connection: DBAPIConnection, record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET idle_in_transaction_session_timeout = {STUCK_AFTER_MS}")
    cursor.close()
    connection.commit()


def _on_begin(connection: Connection) -> None:
    # A plain BEGIN takes no lock until it writes: two that read first lose one of two updates.
    read_only = connection.get_execution_options().get("read_only")
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
