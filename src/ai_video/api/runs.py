"""Tasks and DAGs: what runs, what waits for a person, and any DAG of your own."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from ai_video.api.answers import OpenDocument, answered, documented, page_of
from ai_video.api.live import StudioHere
from ai_video.api.paging import DEFAULT_LIMIT, Cursor, Limit
from ai_video.domain.task import DAGSpec, TaskStatus
from ai_video.studio.runs import dags, tasks


class TaskDocument(OpenDocument):
    id: UUID
    key: str
    dag_id: UUID
    kind: str
    status: str


class DagDocument(OpenDocument):
    pass


class UseBody(BaseModel):
    """The take that is a task's result; a file of one's own is uploaded as a take first."""

    model_config = ConfigDict(extra="forbid")

    take_id: UUID


CHANGED = documented(OpenDocument, 409)
Wait = Annotated[bool, Query(description="Answer when it has ended.")]


def task_routes() -> APIRouter:
    router = APIRouter(prefix="/tasks", tags=["tasks"])

    @router.get("", responses=documented(page_of(TaskDocument)))
    async def list_(
        studio: StudioHere,
        dag_id: UUID | None = None,
        episode_id: UUID | None = None,
        status: TaskStatus | None = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response:
        return answered(
            await tasks.list_tasks(
                studio,
                dag_id=dag_id,
                episode_id=episode_id,
                status=status.value if status else None,
                limit=limit,
                cursor=cursor,
            )
        )

    @router.get("/{id}", responses=documented(TaskDocument))
    async def show(studio: StudioHere, id: UUID) -> Response:
        return answered(await tasks.show_task(studio, id))

    @router.get("/{id}/logs", responses=documented(OpenDocument))
    async def logs(studio: StudioHere, id: UUID) -> Response:
        return answered(await tasks.task_logs(studio, id))

    @router.post("/{id}/retry", responses=CHANGED)
    async def retry(studio: StudioHere, id: UUID) -> Response:
        return answered(await tasks.retry_task(studio, id))

    @router.post("/{id}/skip", responses=CHANGED)
    async def skip(studio: StudioHere, id: UUID) -> Response:
        return answered(await tasks.skip_task(studio, id))

    @router.post("/{id}/use", responses=CHANGED)
    async def use(studio: StudioHere, id: UUID, body: UseBody) -> Response:
        return answered(await tasks.use_take(studio, id, body.take_id))

    @router.post("/{id}/cancel", responses=CHANGED)
    async def cancel(studio: StudioHere, id: UUID) -> Response:
        return answered(await tasks.cancel_task(studio, id))

    return router


def dag_routes() -> APIRouter:
    router = APIRouter(prefix="/dags", tags=["dags"])

    @router.get("", responses=documented(page_of(DagDocument)))
    async def list_(
        studio: StudioHere, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Response:
        return answered(await dags.list_dags(studio, limit=limit, cursor=cursor))

    @router.post(
        "", status_code=201, responses=documented(DagDocument, 409, status=201, description="Taken")
    )
    async def submit(studio: StudioHere, spec: DAGSpec, wait: Wait = False) -> Response:
        return answered(await dags.submit_dag(studio, spec, wait=wait), 201)

    @router.get("/{id}", responses=documented(DagDocument))
    async def show(studio: StudioHere, id: UUID) -> Response:
        return answered(await dags.show_dag(studio, id))

    @router.post("/{id}/run", responses=CHANGED)
    async def run(studio: StudioHere, id: UUID, wait: Wait = False) -> Response:
        return answered(await dags.run_dag(studio, id, wait=wait))

    @router.post("/{id}/pause", responses=CHANGED)
    async def pause(studio: StudioHere, id: UUID) -> Response:
        return answered(await dags.pause_dag(studio, id))

    @router.post("/{id}/resume", responses=CHANGED)
    async def resume(studio: StudioHere, id: UUID) -> Response:
        return answered(await dags.resume_dag(studio, id))

    @router.post("/{id}/cancel", responses=CHANGED)
    async def cancel(studio: StudioHere, id: UUID) -> Response:
        return answered(await dags.cancel_dag(studio, id))

    return router
