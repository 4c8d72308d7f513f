"""Tasks: see them with their attempts, and decide about those that wait for a person."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from ai_video.assets import probe
from ai_video.domain.entities import Asset, Episode, Json, Take
from ai_video.domain.task import TaskStatus
from ai_video.errors import Conflict, InputRefused
from ai_video.orchestrator.records import TaskRecord
from ai_video.storage.database import Unit
from ai_video.studio.production.film_handlers import TAKE_KINDS
from ai_video.studio.production.film_plan import take_output
from ai_video.studio.requests import Page
from ai_video.studio.runs.takes import add_take, lock_take
from ai_video.studio.runs.task_documents import log_rows, task_document
from ai_video.studio.studio import Studio

MOST_ITEMS = 10_000


async def list_tasks(
    studio: Studio,
    *,
    dag_id: UUID | None = None,
    episode_id: UUID | None = None,
    status: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Page:
    """A page of tasks in the order they were submitted, each with its attempts.

    Raises:
        NotFound: no such run or episode. InputRefused: status, limit or cursor cannot be used.
    """
    check_limit(limit)
    if dag_id is not None:
        await studio.store.get_dag(dag_id)
    if episode_id is not None:
        wanted = episode_id
        await studio.database.read(lambda unit: unit.get(Episode, wanted))
    tasks = await studio.store.list_tasks(
        dag_id=dag_id,
        episode_id=episode_id,
        status=_status(status),
        limit=limit + 1,
        after=read_cursor(cursor),
    )
    shown = tasks[:limit]
    attempts = await studio.store.list_attempts([task.id for task in shown])
    return Page(
        items=[task_document(task, attempts.get(task.id, ())) for task in shown],
        next=str(shown[-1].id) if len(tasks) > limit else None,
    )


async def show_task(studio: Studio, task_id: UUID) -> Json:
    """One task with its attempts. Raises: NotFound."""
    task = await studio.store.get_task(task_id)
    attempts = await studio.store.list_attempts([task_id])
    return task_document(task, attempts.get(task_id, ()))


async def task_logs(studio: Studio, task_id: UUID) -> Page:
    """The kept log lines of all attempts, oldest first. Raises: NotFound."""
    await studio.store.get_task(task_id)
    attempts = await studio.store.list_attempts([task_id])
    rows = [row for attempt in attempts.get(task_id, ()) for row in log_rows(attempt)]
    return Page(items=rows, next=None)


async def retry_task(studio: Studio, task_id: UUID) -> Json:
    """Try again what waits for a person or for its delay.

    Raises:
        NotFound: no such task. Conflict: `illegal_move`.
    """
    await studio.scheduler.retry_task(task_id)
    return await show_task(studio, task_id)


async def skip_task(studio: Studio, task_id: UUID) -> Json:
    """Go on without it; raises as `retry_task`."""
    await studio.scheduler.skip_task(task_id)
    return await show_task(studio, task_id)


async def use_take(studio: Studio, task_id: UUID, take_id: UUID) -> Json:
    """Let a take of its shot or line be the result of a task that waits for a person.

    The take is selected and locked, so that the next render does not make it anew.

    Raises:
        NotFound: no such task or take. Conflict: `illegal_move`, or the project is archived.
        InputRefused: `take_not_of_task`.
    """
    task = await _waiting_for_a_person(studio, task_id)

    async def read(unit: Unit) -> tuple[Take, Asset]:
        take = await unit.get(Take, take_id)
        return take, await unit.get(Asset, take.asset_id)

    take, asset = await studio.database.read(read)
    of_task = take.kind == TAKE_KINDS.get(task.kind) and (
        take.line_id == task.line_id
        if task.line_id is not None
        else take.storyboard_id is not None and take.storyboard_id == task.storyboard_id
    )
    if not of_task or task.key.count(":") > 1:  # a part of a longer clip is no take
        raise InputRefused("take_not_of_task", take=str(take_id), key=task.key)
    await lock_take(studio, take_id)
    await studio.scheduler.complete_task(task_id, take_output(take, asset), how=f"take {take_id}")
    return await show_task(studio, task_id)


async def use_file(studio: Studio, task_id: UUID, file: Path) -> Json:
    """Let a picture, clip or recording of one's own be the result; it becomes a locked take.

    Raises:
        As `use_take`. InputRefused: the file cannot be used there.
    """
    task = await _waiting_for_a_person(studio, task_id)
    wanted = TAKE_KINDS.get(task.kind)
    if wanted is None or task.key.count(":") > 1:
        raise InputRefused("take_not_of_task", take=file.name, key=task.key)
    found = (await probe(file)).kind
    if found != wanted:
        raise InputRefused("take_kind_wrong", name=file.name, found=found, wanted=wanted)
    shot = None if task.line_id is not None else task.storyboard_id
    added = await add_take(studio, storyboard_id=shot, line_id=task.line_id, file=file)
    return await use_take(studio, task_id, UUID(str(added.item["id"])))


async def _waiting_for_a_person(studio: Studio, task_id: UUID) -> TaskRecord:
    task = await studio.store.get_task(task_id)
    if task.status is not TaskStatus.MANUAL_REVIEW:
        raise Conflict("illegal_move", key=task.key, status=task.status.value)
    return task


async def cancel_task(studio: Studio, task_id: UUID) -> Json:
    """Cancel it and all that waits for it; raises as `retry_task`."""
    await studio.scheduler.cancel_task(task_id)
    return await show_task(studio, task_id)


def check_limit(limit: int) -> None:
    """Raises: InputRefused."""
    if not 1 <= limit <= MOST_ITEMS:
        reason = f"it must be 1 to {MOST_ITEMS}"
        raise InputRefused("invalid_value", field="limit", reason=reason)


def read_cursor(cursor: str | None) -> UUID | None:
    """The id a page ended with.

    Raises:
        InputRefused: `invalid_value`: no cursor of ours.
    """
    if cursor is None:
        return None
    try:
        return UUID(cursor)
    except ValueError as exc:
        raise InputRefused("invalid_value", field="cursor", reason="not one of ours") from exc


def _status(text: str | None) -> TaskStatus | None:
    if text is None:
        return None
    try:
        return TaskStatus(text)
    except ValueError as exc:
        known = ", ".join(status.value for status in TaskStatus)
        raise InputRefused("invalid_value", field="status", reason=f"not one of {known}") from exc
