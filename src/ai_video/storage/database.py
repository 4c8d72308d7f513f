"""One transaction per call: `Database.write` and `Database.read` run a piece of work on a `Unit`.

The work runs in a task of its own behind `asyncio.shield`: a caller that is cancelled (a client
that went away, a time-out) leaves at once, the transaction still ends properly and no lock stays.
Keep slow work (files, network) out of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import (
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Generator,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Delete,
    Table,
    Update,
    and_,
    delete,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError, InterfaceError, InternalError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from ai_video.domain.entities import Entity, Json
from ai_video.errors import Conflict, NotFound, ServiceFailed
from ai_video.storage.engines import (
    WRITER_LOCK,
    advisory_lock_sql,
    async_engine,
    database_url,
    read_only_options,
)
from ai_video.storage.mapping import columns_of, entity_of, mapped, parents_first, with_changes
from ai_video.storage.migrations.migrate import migrate as bring_up_to_date
from ai_video.storage.tables import EventRow

T = TypeVar("T")
E = TypeVar("E", bound=Entity)

Cursor = UUID | Sequence[object]
"""Where a list goes on: the last row's id, or its values in the order's columns and its id."""


_writing: ContextVar[Database | None] = ContextVar("writing", default=None)


def now() -> datetime:
    return datetime.now(UTC)


class Unit:
    """What one transaction may do; entities go in and come out."""

    def __init__(self, session: AsyncSession, *, writable: bool) -> None:
        self.session = session
        self._writable = writable
        self._events: list[dict[str, Any]] = []

    async def get(self, kind: type[E], id: UUID, /) -> E:
        """One entity.

        Raises:
            NotFound: no such row.
        """
        table = mapped(kind).table
        row = (await self.session.execute(select(table).where(table.c.id == id))).mappings().first()
        if row is None:
            raise NotFound(table.name, str(id))
        return entity_of(kind, row)

    async def find(
        self,
        kind: type[E],
        where: Mapping[str, object] | None = None,
        /,
        *,
        order_by: Sequence[str] = (),
        limit: int | None = None,
        after: Cursor | None = None,
        **equal: object,
    ) -> list[E]:
        """The entities whose fields equal the given values, oldest first unless told.

        Args:
            order_by: field names, "-name" for descending; the id always comes last.
            limit: at most so many.
            after: only what comes after this row in that order.
            equal: field = value (or the same in `where`, when names are not known beforehand);
                None is NULL, a list or tuple means one of these.
        """
        filters = {**(where or {}), **equal}
        if any(isinstance(value, (list, tuple, set)) and not value for value in filters.values()):
            return []
        order = (*order_by, "id") if "id" not in order_by else tuple(order_by)
        table = mapped(kind).table
        query = select(table).where(*(_equals(table.c[name], v) for name, v in filters.items()))
        if after is not None:
            query = query.where(_beyond(table, order, after))
        query = query.order_by(*(_direction(table, name) for name in order))
        rows = (await self.session.execute(query.limit(limit))).mappings()
        return [entity_of(kind, row) for row in rows]

    async def add(self, entity: E) -> E:
        await self.add_all([entity])
        return entity

    async def add_all(self, entities: Iterable[Entity]) -> None:
        """Insert many at once, in whatever order they come."""
        self._must_write()
        by_kind: dict[type[Entity], list[dict[str, Any]]] = {}
        for entity in entities:
            by_kind.setdefault(type(entity), []).append(columns_of(entity))
        for kind in sorted(by_kind, key=parents_first):
            await self.session.execute(insert(mapped(kind).table), by_kind[kind])

    async def change(self, entity: E, /, **changes: object) -> E:
        """The entity with new values, stored if nobody changed the row meanwhile.

        Values that equal the present ones are no change; without a change nothing is written.

        Raises:
            Conflict: `changed_meanwhile`.
            NotFound: the row is gone.
            ValidationError: a value does not fit its field.
        """
        self._must_write()
        wanted = with_changes(entity, changes)
        differing = [name for name in changes if getattr(wanted, name) != getattr(entity, name)]
        if not differing:
            return entity
        new = with_changes(wanted, {"revision": entity.revision + 1, "updated_at": now()})
        table = mapped(type(entity)).table
        changed = await self._row_count(
            update(table)
            .where(table.c.id == entity.id, table.c.revision == entity.revision)
            .values(columns_of(new, [*differing, "revision", "updated_at"]))
        )
        if changed == 0:
            await self.get(type(entity), entity.id)
            raise Conflict("changed_meanwhile", what=table.name)
        return new

    async def remove(self, kind: type[Entity], id: UUID, /) -> None:
        """Delete a row and what belongs to it.

        Raises:
            NotFound: no such row.
        """
        self._must_write()
        table = mapped(kind).table
        if await self._row_count(delete(table).where(table.c.id == id)) == 0:
            raise NotFound(table.name, str(id))

    async def event(self, type: str, subject: object, /, **data: JsonValue) -> None:
        """Tell everybody who listens; written at the end of the transaction."""
        self._must_write()
        told: Json = data
        self._events.append({"at": now(), "type": type, "subject": str(subject), "data": told})

    async def finish(self) -> None:
        """Write what was kept back; called once, before the commit."""
        if self._events:
            await self.session.execute(insert(EventRow), self._events)

    async def _row_count(self, statement: Update | Delete) -> int:
        result = await self.session.execute(statement)
        assert isinstance(result, CursorResult)
        return result.rowcount

    def _must_write(self) -> None:
        if not self._writable:
            raise RuntimeError("Database.read was given work that writes; use Database.write")


class Database:
    """The studio's database: SQLite or PostgreSQL, by URL."""

    def __init__(self, url: str) -> None:
        self.url = database_url(url)
        self._engine: AsyncEngine | None = None
        self._sessions: dict[bool, async_sessionmaker[AsyncSession]] = {}
        """Makers of sessions that write (True) and that only read (False)."""
        self._running: set[asyncio.Task[Any]] = set()
        self._one_writer = asyncio.Lock()

    async def open(self, migrate: bool = True) -> None:
        """Connect, and bring the schema up to date unless told not to.

        Raises:
            InputRefused: `database_newer`: a newer version of the program made it.
            ServiceFailed: `database_failed`: it cannot be reached or opened.
        """
        if migrate:
            with _said_in_our_words():
                await asyncio.to_thread(bring_up_to_date, self.url)
        self._engine = async_engine(self.url)
        reading = self._engine.execution_options(**read_only_options(self.url))
        for writable, engine in ((True, self._engine), (False, reading)):
            self._sessions[writable] = async_sessionmaker(engine, expire_on_commit=False)

    async def close(self) -> None:
        """Wait for running transactions, then disconnect."""
        while self._running:
            await asyncio.wait(self._running)
        if self._engine is not None:
            await self._engine.dispose()
            self._engine = None
            self._sessions.clear()

    async def write(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """Run the work in one transaction; all of it is stored, or none if it raises.

        Writers take turns, so what the work has read stays true until it ends.

        Raises:
            Conflict: `conflicts_with_stored`: a row it needs is missing, or one it removes is used.
            ServiceFailed: `database_failed`.
        """
        if _writing.get() is self:
            raise RuntimeError("this work runs in a transaction already: pass its unit on")
        return await self._to_the_end(self._write(work))

    async def read(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """Run reading work on one state of the database; it waits for no writer.

        Raises:
            ServiceFailed: `database_failed`.
        """
        return await self._to_the_end(self._read(work))

    async def _write(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        _writing.set(self)  # of this task and of what it starts; the caller's stays as it is
        with _said_in_our_words():
            async with self._one_writer, self._session(writable=True) as session, session.begin():
                if lock := advisory_lock_sql(self.url, WRITER_LOCK):
                    await session.execute(text(lock))
                unit = Unit(session, writable=True)
                answer = await work(unit)
                await unit.finish()
            return answer

    async def _read(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        with _said_in_our_words():
            async with self._session(writable=False) as session, session.begin():
                return await work(Unit(session, writable=False))

    def _session(self, *, writable: bool) -> AsyncSession:
        if self._engine is None:
            raise RuntimeError("the database is not open")
        return self._sessions[writable]()

    async def _to_the_end(self, work: Coroutine[Any, Any, T]) -> T:
        # A task cancelled inside a transaction can leave SQLite's write lock behind: the pool's
        # rollback is cancelled with it. So only the waiting is cancelled.
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # a caller that left will not ask for it


def _equals(column: ColumnElement[Any], value: object) -> ColumnElement[bool]:
    if isinstance(value, (list, tuple, set)):
        return column.in_(cast("Collection[object]", value))
    return column.is_(None) if value is None else column == value


def _direction(table: Table, name: str) -> ColumnElement[Any]:
    return table.c[name[1:]].desc() if name.startswith("-") else table.c[name].asc()


def _beyond(table: Table, order: Sequence[str], after: Cursor) -> ColumnElement[bool]:
    """What sorts after the given values: a greater first column, or an equal one and so on."""
    values: Sequence[object] = [after] if isinstance(after, UUID) else after
    if len(values) != len(order):
        raise ValueError(f"the cursor has {len(values)} values, the order {len(order)} columns")
    steps: list[ColumnElement[bool]] = []
    same: list[ColumnElement[bool]] = []
    for name, value in zip(order, values, strict=True):
        column = table.c[name.removeprefix("-")]
        steps.append(and_(*same, column < value if name.startswith("-") else column > value))
        same.append(column == value)
    return or_(*steps)


@contextmanager
def _said_in_our_words() -> Generator[None]:
    """Translate what a driver raises."""
    try:
        yield
    except IntegrityError as exc:
        raise Conflict("conflicts_with_stored", reason=_first_line(exc.orig)) from exc
    except (OperationalError, InterfaceError, InternalError) as exc:
        raise ServiceFailed("database_failed", reason=_first_line(exc.orig)) from exc


def _first_line(error: object) -> str:
    return (str(error).splitlines() or ["unknown"])[0]
