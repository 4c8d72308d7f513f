"""The one stream of what happens."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import delete

from ai_video.domain.entities import Json
from ai_video.storage.database import Unit
from ai_video.storage.queries import events_after, last_event_seq
from ai_video.storage.tables import EventRow
from ai_video.studio.studio import Studio


async def read_events(studio: Studio, *, after: int, limit: int) -> list[Json]:
    """Events with a number above `after`, oldest first: {seq, at, type, subject, data}."""
    return await studio.database.read(lambda unit: events_after(unit, after, limit))


async def last_event(studio: Studio) -> int:
    """The number of the newest event; 0 when there is none."""
    return await studio.database.read(last_event_seq)


async def record_event(studio: Studio, type: str, subject: object, /, **data: JsonValue) -> None:
    """Tell everybody who listens."""

    async def work(unit: Unit) -> None:
        await unit.event(type, subject, **data)

    await studio.database.write(work)


async def forget_talk(unit: Unit, conversations: Collection[UUID]) -> None:
    """Take what was said in conversations out of the stream, for ever."""
    subjects = [str(id) for id in conversations]
    said = EventRow.type.startswith("chat.", autoescape=True)
    await unit.session.execute(delete(EventRow).where(EventRow.subject.in_(subjects), said))
