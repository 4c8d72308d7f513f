"""What language models were asked for, and what that took."""

from __future__ import annotations

from uuid import UUID

from ai_video.domain.entities import Json
from ai_video.storage import costs
from ai_video.studio.requests import Page
from ai_video.studio.studio import Studio
from ai_video.studio.tasks import check_limit, read_cursor


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
            "cost": row.amount,
            "currency": row.currency,
            "project_id": str(row.project_id) if row.project_id else None,
            "storyboard_id": str(row.storyboard_id) if row.storyboard_id else None,
        }
        for row in rows[:limit]
    ]
    return Page(items=items, next=str(rows[limit - 1].id) if len(rows) > limit else None)
