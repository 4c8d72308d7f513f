"""What language models answered, so that no question is paid for twice."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, select

from ai_video.domain.entities import Json
from ai_video.storage.database import Unit, now
from ai_video.storage.tables import ModelAnswerRow


class Recalled(NamedTuple):
    """An answer, and the model that gave it."""

    answer: Json
    model: str


async def recall(unit: Unit, digest: str) -> Recalled | None:
    """The answer to what has this digest, if it was ever given."""
    columns = select(ModelAnswerRow.answer, ModelAnswerRow.model)
    found = await unit.session.execute(columns.where(ModelAnswerRow.digest == digest))
    row = found.one_or_none()
    return None if row is None else Recalled(row[0], row[1])


async def remember(
    unit: Unit,
    digest: str,
    answer: Json,
    *,
    provider: str,
    model: str,
    task: str,
    project_id: UUID | None,
) -> None:
    """Keep an answer; a later one to the same question takes its place."""
    await unit.session.execute(delete(ModelAnswerRow).where(ModelAnswerRow.digest == digest))
    unit.session.add(
        ModelAnswerRow(
            digest=digest,
            at=now(),
            provider=provider,
            model=model,
            task=task,
            answer=answer,
            project_id=project_id,
        )
    )
    await unit.session.flush()
