"""Tasks, attempts and runs as the contract's documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from pydantic_core import to_jsonable_python

from ai_video.domain.entities import Json
from ai_video.orchestrator.records import AttemptRecord, DagRecord, TaskRecord


def task_document(task: TaskRecord, attempts: Sequence[AttemptRecord]) -> Json:
    output = task.output
    return _json(
        {
            "id": task.id,
            "key": task.key,
            "dag_id": task.dag_id,
            "kind": task.kind,
            "part": task.part,
            "task_type": task.task_type,
            "status": task.status,
            "storyboard_id": task.storyboard_id,
            "line_id": task.line_id,
            "workflow_id": task.workflow_id,
            "fingerprint": task.fingerprint,
            "satisfied": task.satisfied,
            "priority": task.priority,
            "retry_count": task.retry_count,
            "max_retries": task.max_retries,
            "retry_delay": task.retry_delay,
            "timeout": task.timeout,
            "resource_requirements": task.resource_requirements.model_dump(),
            "input_params": task.params,
            "parent_task_ids": task.parents,
            "output_assets": output.assets if output else [],
            "error_class": task.error_class,
            "error_code": task.error_code,
            "error_message": task.error_message,
            "reason": task.reason,
            "not_before": task.not_before,
            "cancelling": task.cancelling,
            "created_at": task.created_at,
            "started_at": task.started_at,
            "completed_at": task.completed_at,
            "attempts": [_attempt(attempt) for attempt in attempts],
        }
    )


def dag_document(dag: DagRecord) -> Json:
    return _json(
        {
            "id": dag.id,
            "name": dag.name,
            "episode_id": dag.episode_id,
            "status": dag.status,
            "trigger_type": dag.trigger_type,
            "created_by": dag.created_by,
            "total_tasks": dag.total_tasks,
            "completed_tasks": dag.completed_tasks,
            "failed_tasks": dag.failed_tasks,
            "skipped_tasks": dag.skipped_tasks,
            "cancelled_tasks": dag.cancelled_tasks,
            "start_at": dag.start_at,
            "paused_at": dag.paused_at,
            "cancelling": dag.cancelling,
            "started_at": dag.started_at,
            "completed_at": dag.completed_at,
            "created_at": dag.created_at,
            "updated_at": dag.updated_at,
        }
    )


def log_rows(attempt: AttemptRecord) -> list[Json]:
    """One row per kept line, oldest first."""
    rows: list[Json] = []
    for text in attempt.log_tail.splitlines():
        at, _, line = text.partition(" ")
        rows.append(
            {"attempt_id": str(attempt.id), "number": attempt.number, "at": at, "line": line}
        )
    return rows


def _attempt(attempt: AttemptRecord) -> dict[str, object]:
    return {
        "id": attempt.id,
        "number": attempt.number,
        "started_at": attempt.started_at,
        "ended_at": attempt.ended_at,
        "outcome": attempt.outcome,
        "error_class": attempt.error_class,
        "error_code": attempt.error_code,
        "message": attempt.message,
        "worker": attempt.worker,
        "server": attempt.server,
        "remote_id": attempt.remote_id,
        "progress": attempt.progress,
        "progress_message": attempt.progress_message,
    }


def _json(values: dict[str, object]) -> Json:
    return cast("Json", to_jsonable_python(values))
