"""Trying a verb before it is done: what it would change, and doing exactly that later.

A verb that changes only the database, in one transaction, can be rehearsed: it runs as always, what
it changes is noted row by row, and the transaction is taken back. Done for good, it must change
just what was noted; otherwise something was edited meanwhile and nothing happens.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeVar, cast
from uuid import UUID

from pydantic import JsonValue

from ai_video.domain.entities import Entity, EpisodeEdit, Json
from ai_video.errors import Conflict
from ai_video.storage.database import Database, Unit
from ai_video.storage.tables import ROW_OF
from ai_video.studio.studio import Studio

T = TypeVar("T")
E = TypeVar("E", bound=Entity)
Changes = list[Json]
"""Rows of {kind, id, action: add | change | remove, fields: [{field, before, after}]}."""
Verb = Callable[[Studio], Awaitable[T]]

_STAMPS = frozenset({"id", "revision", "created_at", "updated_at"})
_ASIDE: frozenset[type[Entity]] = frozenset({EpisodeEdit})
"""What an edit keeps for undo is no change that anybody looks at."""


class NotingUnit(Unit):
    """A transaction that remembers what rows were before it first touched them, and after."""

    def __init__(self, unit: Unit) -> None:
        super().__init__(unit.session, writable=True)
        self._outer = unit
        self._rows: dict[tuple[type[Entity], UUID], tuple[Json | None, Json | None]] = {}

    async def add_all(self, entities: Iterable[Entity]) -> None:
        added = list(entities)
        await super().add_all(added)
        for entity in added:
            self._note(type(entity), entity.id, None, _row(entity))

    async def change(self, entity: E, /, **changes: object) -> E:
        changed = await super().change(entity, **changes)
        if changed is not entity:
            self._note(type(entity), entity.id, _row(entity), _row(changed))
        return changed

    async def remove(self, kind: type[Entity], id: UUID, /) -> None:
        before = _row(await self.get(kind, id))
        await super().remove(kind, id)
        self._note(kind, id, before, None)

    async def event(self, type: str, subject: object, /, **data: JsonValue) -> None:
        await self._outer.event(type, subject, **data)

    def _note(self, kind: type[Entity], id: UUID, before: Json | None, after: Json | None) -> None:
        if kind not in _ASIDE:
            first = self._rows.get((kind, id), (before, None))[0]
            self._rows[kind, id] = (first, after)

    @property
    def changes(self) -> Changes:
        """What differs, in the order in which it was touched."""
        rows: Changes = []
        for (kind, id), (before, after) in self._rows.items():
            fields = list(_differences(before or {}, after or {}))
            if fields:
                action = "add" if before is None else "remove" if after is None else "change"
                word = ROW_OF[kind].__tablename__
                rows.append({"kind": word, "id": str(id), "action": action, "fields": fields})
        return rows


def _row(entity: Entity) -> Json:
    return cast("Json", entity.model_dump(mode="json", exclude=set(_STAMPS)))


def _differences(before: Json, after: Json, prefix: str = "") -> Iterator[JsonValue]:
    for name in {**before, **after}:
        was, is_now = before.get(name), after.get(name)
        if was == is_now:
            continue
        inner = [side for side in (was, is_now) if isinstance(side, dict) and side]
        if inner and all(side is None or isinstance(side, dict) for side in (was, is_now)):
            sides = [side if isinstance(side, dict) else {} for side in (was, is_now)]
            yield from _differences(*sides, prefix=f"{prefix}{name}.")
        else:
            yield {"field": prefix + name, "before": was, "after": is_now}


def same_changes(one: Changes, other: Changes) -> bool:
    """Do both change the same? Rows that are added have a new id each time, wherever it stands."""
    return _compared(one) == _compared(other)


def _compared(changes: Changes) -> JsonValue:
    rows = [[row[name] for name in ("kind", "id", "action", "fields")] for row in changes]
    text = json.dumps(rows, sort_keys=True)
    added = [str(row["id"]) for row in changes if row["action"] == "add"]
    for number, id in enumerate(added):
        text = text.replace(id, f"added {number}")
    return json.loads(text)


class _TakenBack(Exception):
    def __init__(self, answer: object) -> None:
        super().__init__()
        self.answer = answer


class _Rehearsal(Database):
    """A database on which one piece of work seems done; nothing of it is ever stored."""

    def __init__(self, database: Database) -> None:
        super().__init__(database.url.render_as_string(hide_password=False))
        self._real = database
        self._work: Callable[[Unit], Awaitable[object]] | None = None
        self.changes: Changes = []

    async def write(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        if self._work is not None:
            raise RuntimeError("a verb that writes twice cannot be rehearsed")
        self._work = work

        async def noted(unit: Unit) -> object:
            noting = NotingUnit(unit)
            answer = await work(noting)
            self.changes = noting.changes
            return answer

        return cast("T", await self._tried(noted))

    async def read(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """Reads what would stand there: the work is done again and taken back again.

        So the lock is held while the database works, not while the verb asks a server.
        """
        done = self._work
        if done is None:
            return await self._real.read(work)

        async def looked(unit: Unit) -> object:
            await done(unit)
            return await work(unit)

        return cast("T", await self._tried(looked))

    async def _tried(self, work: Callable[[Unit], Awaitable[object]]) -> object:
        async def taken_back(unit: Unit) -> None:
            raise _TakenBack(await work(unit))

        try:
            await self._real.write(taken_back)
        except _TakenBack as end:
            return end.answer
        raise AssertionError("unreachable")


class _Promise(Database):
    """A database on which the first transaction also does something else, or does not happen."""

    def __init__(
        self, database: Database, changes: Changes, also: Callable[[Unit], Awaitable[None]]
    ) -> None:
        super().__init__(database.url.render_as_string(hide_password=False))
        self._real = database
        self._changes = changes
        self._also = also
        self.done = False

    async def write(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        if self.done:
            raise RuntimeError("a verb that writes twice cannot be done as it was rehearsed")

        async def kept(unit: Unit) -> T:
            await self._also(unit)
            noting = NotingUnit(unit)
            answer = await work(noting)
            if not same_changes(noting.changes, self._changes):
                raise Conflict("proposal_outdated")
            return answer

        answer = await self._real.write(kept)
        self.done = True
        return answer

    async def read(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        return await self._real.read(work)


async def rehearsed(studio: Studio, verb: Verb[T]) -> tuple[Changes, T]:
    """What a verb would change and answer; nothing is stored and nobody is told.

    Raises:
        AiVideoError: what the verb raises.
    """
    database = _Rehearsal(studio.database)
    answer = await verb(replace(studio, database=database))
    return database.changes, answer


async def done_as_rehearsed(
    studio: Studio, verb: Verb[T], changes: Changes, *, also: Callable[[Unit], Awaitable[None]]
) -> T:
    """Do a verb for good, and `also` in the same transaction, if it changes just `changes`.

    Raises:
        Conflict: `proposal_outdated`: it would change something else by now; nothing was done.
        AiVideoError: what `also` or the verb raises; nothing was done.
    """
    database = _Promise(studio.database, changes, also)
    answer = await verb(replace(studio, database=database))
    if not database.done:
        raise Conflict("proposal_outdated")
    return answer
