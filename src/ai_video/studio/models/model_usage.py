"""What language models were asked for, and what that took."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from ai_video.domain.entities import Json, Project
from ai_video.storage import costs, model_answers
from ai_video.storage.database import Unit
from ai_video.studio.language.stored_choices import SHOT_TASK
from ai_video.studio.requests import Page
from ai_video.studio.runs.tasks import check_limit, read_cursor
from ai_video.studio.studio import Studio

PLACES: Final = 9
"""Of a cost in US dollars: a token may cost a ten-millionth."""


async def list_calls(
    studio: Studio,
    *,
    project_id: UUID | None = None,
    storyboard_id: UUID | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Page:
    """A page of calls, newest first: when, whom, what for, and what it took.

    Raises:
        InputRefused: limit or cursor cannot be used.
    """
    check_limit(limit)
    before = read_cursor(cursor)
    rows = await studio.database.read(
        lambda unit: costs.calls(
            unit,
            project_id=project_id,
            storyboard_id=storyboard_id,
            limit=limit + 1,
            before=before,
        )
    )
    items: list[Json] = [
        {
            "id": str(row.id),
            "at": row.at.isoformat(),
            "provider": row.provider,
            "model": row.model,
            "task": row.task,
            "input_tokens": row.input_tokens,
            "output_tokens": row.output_tokens,
            "cost": None if row.amount is None else round(row.amount, PLACES),
            "currency": row.currency,
            "project_id": str(row.project_id) if row.project_id else None,
            "storyboard_id": str(row.storyboard_id) if row.storyboard_id else None,
        }
        for row in rows[:limit]
    ]
    return Page(items=items, next=str(rows[limit - 1].id) if len(rows) > limit else None)


async def forget_answers(studio: Studio, *, project_id: UUID | None = None) -> Json:
    """Forget what models answered, for a project or altogether: asked again, they are paid again.

    How shots were read stays: that is part of their films, which would be drawn anew without it.

    Raises:
        NotFound: no such project.
    """

    async def work(unit: Unit) -> int:
        if project_id is not None:
            await unit.get(Project, project_id)
        return await model_answers.forget(unit, project_id, but=SHOT_TASK)

    return {"ok": True, "forgotten": await studio.database.write(work)}
