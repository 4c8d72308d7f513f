"""What language models answered, so that no question is paid for twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from pydantic_core import from_json, to_json
from sqlalchemy import CursorResult, delete, select

from ai_video.domain.entities import Json
from ai_video.storage.database import Unit, now
from ai_video.storage.tables import ModelAnswerRow

_AT_ONCE: Final = 500  # values in one IN: SQLite takes 999 at least


class Recalled(NamedTuple):
    """An answer, and the model that gave it."""

    answer: Json
    model: str


async def recall(unit: Unit, digest: str) -> Recalled | None:
    """The answer to what has this digest, if it was ever given."""
    columns = select(ModelAnswerRow.answer, ModelAnswerRow.model)
    found = await unit.session.execute(columns.where(ModelAnswerRow.digest == digest))
    row = found.one_or_none()
    return None if row is None else Recalled(from_json(row[0]), row[1])


async def recall_all(unit: Unit, digests: Sequence[str]) -> dict[str, Json]:
    """The answers that were ever given to these, by digest."""
    found: dict[str, Json] = {}
    for at in range(0, len(digests), _AT_ONCE):
        columns = select(ModelAnswerRow.digest, ModelAnswerRow.answer)
        some = digests[at : at + _AT_ONCE]
        rows = await unit.session.execute(columns.where(ModelAnswerRow.digest.in_(some)))
        found.update((row[0], from_json(row[1])) for row in rows)
    return found


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
            answer=to_json(answer).decode(),
            project_id=project_id,
        )
    )
    await unit.session.flush()


async def forget(unit: Unit, project_id: UUID | None, *, but: str) -> int:
    """Forget the answers of a project, or all there are, except of a task; how many they were."""
    statement = delete(ModelAnswerRow).where(ModelAnswerRow.task != but)
    if project_id is not None:
        statement = statement.where(ModelAnswerRow.project_id == project_id)
    forgotten = await unit.session.execute(statement)
    assert isinstance(forgotten, CursorResult)
    return forgotten.rowcount
