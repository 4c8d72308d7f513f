"""What attempts and calls of language models cost: one row each, and sums of them by currency."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from ai_video.domain.ids import new_id
from ai_video.storage.database import Unit, now
from ai_video.storage.tables import CostRow, EpisodeRow, StoryboardRow
from ai_video.storage.task_tables import AttemptRow, DAGRow, TaskRow

Amounts = dict[str, float]
"""Currency → amount."""

CALL: Final = "call"
"""The unit of what a language model was asked once."""

_PLACES = 6


async def set_cost(
    unit: Unit, attempt_id: UUID, *, amount: float, currency: str, unit_name: str, provider: str
) -> None:
    """Note what an attempt has cost so far; a second note replaces a lower one."""
    row = await unit.session.get(CostRow, attempt_id)
    if row is None:
        project_id = await project_of_attempt(unit, attempt_id)
        unit.session.add(
            CostRow(
                id=attempt_id,
                at=now(),
                amount=amount,
                currency=currency,
                unit=unit_name,
                provider=provider,
                attempt_id=attempt_id,
                project_id=project_id,
            )
        )
    elif row.amount is None or row.amount < amount:
        row.amount = amount


async def add_call(
    unit: Unit,
    *,
    provider: str,
    model: str,
    task: str,
    amount: float | None,
    input_tokens: int | None,
    output_tokens: int | None,
    project_id: UUID | None,
    storyboard_id: UUID | None,
) -> None:
    """Note what one call of a language model took; `amount` in US dollars, None when not known."""
    unit.session.add(
        CostRow(
            id=new_id(),
            at=now(),
            amount=amount,
            currency="USD",
            unit=CALL,
            provider=provider,
            attempt_id=None,
            project_id=project_id,
            storyboard_id=storyboard_id,
            model=model,
            task=task,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
        )
    )
    await unit.session.flush()


async def calls(
    unit: Unit,
    *,
    project_id: UUID | None,
    storyboard_id: UUID | None,
    limit: int,
    before: UUID | None,
) -> list[CostRow]:
    """Calls of language models, newest first; of a project or a shot, where one is named."""
    query = select(CostRow).where(CostRow.unit == CALL)
    if project_id is not None:
        query = query.where(CostRow.project_id == project_id)
    if storyboard_id is not None:
        query = query.where(CostRow.storyboard_id == storyboard_id)
    if before is not None:
        query = query.where(CostRow.id < before)
    return list(await unit.session.scalars(query.order_by(CostRow.id.desc()).limit(limit)))


async def project_of_attempt(unit: Unit, attempt_id: UUID) -> UUID | None:
    """The project that an attempt works for, by its run's episode or its task's shot."""
    shot = aliased(EpisodeRow)
    return await unit.session.scalar(
        select(func.coalesce(EpisodeRow.project_id, shot.project_id))
        .select_from(AttemptRow)
        .join(TaskRow, TaskRow.id == AttemptRow.task_id)
        .join(DAGRow, DAGRow.id == TaskRow.dag_id)
        .outerjoin(EpisodeRow, EpisodeRow.id == DAGRow.episode_id)
        .outerjoin(StoryboardRow, StoryboardRow.id == TaskRow.storyboard_id)
        .outerjoin(shot, shot.id == StoryboardRow.episode_id)
        .where(AttemptRow.id == attempt_id)
    )


async def spent_on_project(unit: Unit, project_id: UUID) -> Amounts:
    return await _sums(unit, _amounts().where(CostRow.project_id == project_id))


async def count_of_unknown(unit: Unit, project_id: UUID) -> int:
    """How many calls for a project cost nobody knows what."""
    unknown = (CostRow.project_id == project_id, CostRow.amount.is_(None))
    return await unit.session.scalar(select(func.count()).where(*unknown)) or 0


async def spent_since(unit: Unit, moment: datetime) -> Amounts:
    """What all attempts and calls cost from a moment on."""
    return await _sums(unit, _amounts().where(CostRow.at >= moment))


async def spent_on_run(unit: Unit, dag_id: UUID) -> Amounts:
    return await _sums(
        unit,
        _amounts()
        .join(AttemptRow, AttemptRow.id == CostRow.attempt_id)
        .join(TaskRow, TaskRow.id == AttemptRow.task_id)
        .where(TaskRow.dag_id == dag_id),
    )


def _amounts() -> Select[str, float | None]:
    """Sums by currency of the amounts that are known."""
    return (
        select(CostRow.currency, func.sum(CostRow.amount))
        .where(CostRow.amount.is_not(None))
        .group_by(CostRow.currency)
    )


async def _sums(unit: Unit, query: Select[str, float | None]) -> Amounts:
    rows = await unit.session.execute(query)
    return {currency: round(amount or 0.0, _PLACES) for currency, amount in rows}
