"""Answers that need more than the rows of one entity."""

from __future__ import annotations

from sqlalchemy import func, select

from ai_video.domain.entities import Json
from ai_video.storage.database import Unit
from ai_video.storage.tables import EventRow


async def events_after(unit: Unit, seq: int, limit: int) -> list[Json]:
    """Events in order: {seq, at, type, subject, data}."""
    rows = await unit.session.scalars(
        select(EventRow).where(EventRow.seq > seq).order_by(EventRow.seq).limit(limit)
    )
    return [
        {
            "seq": row.seq,
            "at": row.at.isoformat().replace("+00:00", "Z"),
            "type": row.type,
            "subject": row.subject,
            "data": row.data,
        }
        for row in rows
    ]


async def last_event_seq(unit: Unit) -> int:
    """The number of the newest event; 0 when there is none."""
    return (await unit.session.scalar(select(func.max(EventRow.seq)))) or 0
