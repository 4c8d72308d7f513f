"""Brings a database to the newest schema, however many processes start at once."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, Connection, event, inspect, text
from sqlalchemy.engine.interfaces import DBAPIConnection

from ai_video.errors import InputRefused, ServiceFailed
from ai_video.storage.engines import MIGRATION_LOCK, advisory_lock_sql, sqlite_file, sync_engine

HERE = Path(__file__).parent


def known_steps() -> list[str]:
    """The numbers of all steps, oldest first."""
    return sorted(file.stem[:4] for file in HERE.glob("versions/[0-9]*.py"))


def migrate(url: URL, *, to: str = "head") -> None:
    """Apply the missing steps in one transaction; a process that comes second waits for it.

    Raises:
        InputRefused: `database_newer`: the database knows a step that this program does not.
        ServiceFailed: `database_failed`: a step left rows that point to nothing.
    """
    file = sqlite_file(url)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    engine = sync_engine(url)
    # A batch step makes a table anew: with keys on, dropping the old one takes all children along.
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _foreign_keys_off)
    try:
        with engine.connect().execution_options(read_only=True) as connection:
            if _step_of(connection) == _target(to):
                return
        with engine.begin() as connection:
            if lock := advisory_lock_sql(url, MIGRATION_LOCK):
                connection.execute(text(lock))
            if _step_of(connection) != _target(to):
                _upgrade(connection, to)
    finally:
        engine.dispose()


def _target(to: str) -> str:
    return known_steps()[-1] if to == "head" else to


def _step_of(connection: Connection) -> str | None:
    """The last step that was applied; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    step = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if step is not None and step not in known_steps():
        raise InputRefused("database_newer", step=str(step), known=known_steps()[-1])
    return step


def _upgrade(connection: Connection, to: str) -> None:
    from alembic import command  # 0.3 s that a start with a current schema does not spend
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, to)
    if connection.dialect.name == "sqlite":
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if orphans:
            raise ServiceFailed("database_failed", reason=f"{len(orphans)} rows lost their parent")


def _foreign_keys_off(connection: DBAPIConnection, record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=OFF")
    cursor.close()
