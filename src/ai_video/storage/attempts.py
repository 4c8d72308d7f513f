"""What became of a task's attempts, for the handler of the next one."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from ai_video.storage.database import Unit
from ai_video.storage.task_tables import AttemptRow


async def failure_codes(unit: Unit, task_id: UUID) -> dict[UUID, str]:
    """Attempts of a task that failed, with the code of each, oldest first."""
    rows = await unit.session.execute(
        select(AttemptRow.id, AttemptRow.error_code)
        .where(AttemptRow.task_id == task_id, AttemptRow.error_code.is_not(None))
        .order_by(AttemptRow.number)
    )
    return {id: code for id, code in rows if code is not None}
