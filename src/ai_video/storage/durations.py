"""How long attempts took that completed."""

from __future__ import annotations

from sqlalchemy import select

from ai_video.orchestrator.eta import Measured, Work
from ai_video.storage.database import Unit
from ai_video.storage.task_tables import AttemptRow, TaskRow

LAST = 1000


async def recent_durations(unit: Unit) -> list[Measured]:
    """Of the last thousand, by kind, model set and server, newest first."""
    rows = await unit.session.execute(
        select(
            TaskRow.kind,
            TaskRow.resource_requirements,
            AttemptRow.begun_at,
            AttemptRow.started_at,
            AttemptRow.ended_at,
            AttemptRow.server,
        )
        .join(TaskRow, TaskRow.id == AttemptRow.task_id)
        .where(AttemptRow.outcome == "completed", AttemptRow.ended_at.is_not(None))
        .order_by(AttemptRow.id.desc())
        .limit(LAST)
    )
    found: list[Measured] = []
    for kind, needs, begun, started, ended, server in rows:
        model_set = needs.get("model_set")
        if ended is not None:
            seconds = (ended - (begun or started)).total_seconds()
            work = Work(kind, model_set if isinstance(model_set, str) else None, server)
            found.append(Measured(work, max(0.0, seconds)))
    return found
