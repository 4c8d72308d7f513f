"""What became of a task's attempts, for the handler of the next one."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import and_, or_, select

from ai_video.storage.database import Unit
from ai_video.storage.task_tables import AttemptRow, TaskRow


async def failure_codes(unit: Unit, task_id: UUID) -> dict[UUID, str]:
    """Attempts of a task that failed, with the code of each, oldest first."""
    rows = await unit.session.execute(
        select(AttemptRow.id, AttemptRow.error_code)
        .where(AttemptRow.task_id == task_id, AttemptRow.error_code.is_not(None))
        .order_by(AttemptRow.number)
    )
    return {id: code for id, code in rows if code is not None}


async def codes_since_a_person(unit: Unit, task_id: UUID) -> dict[UUID, str]:
    """The codes of a task's attempts that used no retry since a person last tried it again, oldest
    first; "" of those that were lost. The run forgets how many there were when a person does."""
    count = await unit.session.scalar(select(TaskRow.free_retries).where(TaskRow.id == task_id))
    rows = await unit.session.execute(
        select(AttemptRow.id, AttemptRow.error_code)
        .where(AttemptRow.task_id == task_id)
        .where(
            or_(
                AttemptRow.error_class == "resource",
                and_(
                    AttemptRow.outcome == "lost",
                    or_(AttemptRow.error_class.is_(None), AttemptRow.begun_at.is_(None)),
                ),
            )
        )
        .order_by(AttemptRow.number.desc())
        .limit(count or 0)
    )
    return {id: code or "" for id, code in reversed(rows.all())}
