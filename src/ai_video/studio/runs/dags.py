"""Runs: submit a task graph, watch it, pause, continue and cancel it."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from pydantic import JsonValue

from ai_video.domain.entities import Json
from ai_video.domain.task import DAGSpec, DAGStatus
from ai_video.orchestrator.records import TaskRecord
from ai_video.storage.costs import spent_on_run
from ai_video.studio.records.eta import run_eta, time_of
from ai_video.studio.requests import Page
from ai_video.studio.runs.task_documents import dag_document
from ai_video.studio.runs.tasks import check_limit, read_cursor
from ai_video.studio.studio import Studio

NOT_OK = frozenset({DAGStatus.FAILED, DAGStatus.CANCELLED})


async def submit_dag(studio: Studio, spec: DAGSpec, *, wait: bool = False) -> Json:
    """Store a run, and wait for its end when told to.

    What it does not say of `trigger_type` and `created_by`, its door says.

    Returns:
        `{"ok", "dag_id", "status", "tasks": {key: {"id", "status", "attempts"}}}`; `ok` is false
        when a person is needed or it was cancelled.

    Raises:
        InputRefused: `unknown_task_kind`, `dag_invalid`.
    """
    dag_id = await studio.scheduler.submit(studio.door.signed(spec))
    if wait:
        await studio.scheduler.run_until(dag_id)
    return await _answer(studio, dag_id)


async def run_dag(studio: Studio, dag_id: UUID, *, wait: bool = False) -> Json:
    """Continue whatever of a run is unfinished: resume it, try again what waits for a person.

    Raises:
        NotFound: no such run.
    """
    await studio.scheduler.retry_all(dag_id)
    if wait:
        await studio.scheduler.run_until(dag_id)
    return await _answer(studio, dag_id)


async def list_dags(studio: Studio, *, limit: int = 100, cursor: str | None = None) -> Page:
    """A page of runs, newest first. Raises: InputRefused."""
    check_limit(limit)
    dags = await studio.store.list_dags(limit=limit + 1, before=read_cursor(cursor))
    shown = dags[:limit]
    return Page(
        items=[dag_document(dag) for dag in shown],
        next=str(shown[-1].id) if len(dags) > limit else None,
    )


async def show_dag(studio: Studio, dag_id: UUID) -> Json:
    """A run: what it cost so far, when it will be done, and the state of its tasks, by key.

    `eta`: of the run, of each task and, in `shots`, of each shot; null where a person is waited for.

    Raises:
        NotFound: no such run.
    """
    dag = await studio.store.get_dag(dag_id)
    cost = await studio.database.read(lambda unit: spent_on_run(unit, dag_id))
    rows = await studio.store.list_tasks(dag_id=dag_id)
    eta = await run_eta(studio, dag, rows)
    return {
        **dag_document(dag),
        "cost": cast("JsonValue", cost),
        "eta": time_of(eta.run),
        "shots": cast(
            "JsonValue",
            [
                {"storyboard_id": str(shot), "eta": time_of(eta.shots.get(shot))}
                for shot in dict.fromkeys(task.storyboard_id for task in rows)
                if shot is not None
            ],
        ),
        "tasks": cast(
            "JsonValue",
            {task.key: {**_state(task), "eta": time_of(eta.tasks.get(task.id))} for task in rows},
        ),
    }


async def pause_dag(studio: Studio, dag_id: UUID) -> Json:
    """Finish what runs, start nothing new. Raises: NotFound. Conflict: `dag_over`."""
    await studio.scheduler.pause(dag_id)
    return await _shown(studio, dag_id)


async def resume_dag(studio: Studio, dag_id: UUID) -> Json:
    """Start again; harmless where nothing was paused. Raises: NotFound."""
    await studio.scheduler.resume(dag_id)
    return await _shown(studio, dag_id)


async def cancel_dag(studio: Studio, dag_id: UUID) -> Json:
    """End it: what waits at once, what runs as soon as it stops. Raises: NotFound."""
    await studio.scheduler.cancel(dag_id)
    return await _shown(studio, dag_id)


async def _shown(studio: Studio, dag_id: UUID) -> Json:
    return {"ok": True, **dag_document(await studio.store.get_dag(dag_id))}


async def _answer(studio: Studio, dag_id: UUID) -> Json:
    dag = await studio.store.get_dag(dag_id)
    return {
        "ok": dag.status not in NOT_OK,
        "dag_id": str(dag_id),
        "status": dag.status.value,
        "tasks": await _tasks(studio, dag_id),
    }


async def _tasks(studio: Studio, dag_id: UUID) -> JsonValue:
    rows = await studio.store.list_tasks(dag_id=dag_id)
    return cast("JsonValue", {task.key: _state(task) for task in rows})


def _state(task: TaskRecord) -> dict[str, JsonValue]:
    return {"id": str(task.id), "status": task.status.value, "attempts": task.attempts}
