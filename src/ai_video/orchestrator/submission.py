"""A submitted DAG as rows: checked, numbered, with what is there already inserted completed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from ai_video.domain.ids import new_id
from ai_video.domain.task import (
    TASK_TYPE_OF_KIND,
    DAGSpec,
    DAGStatus,
    TaskOutput,
    TaskSpec,
    TaskStatus,
)
from ai_video.errors import InputRefused
from ai_video.orchestrator.events import EventRecord, MoveEvent
from ai_video.orchestrator.graph import DagGraph, dag_event, in_order
from ai_video.orchestrator.records import (
    Changes,
    DagRecord,
    DagRows,
    TaskRecord,
)


@dataclass(frozen=True, slots=True)
class NewRun:
    """Rows of a run that is not stored yet."""

    dag: DagRecord
    tasks: list[TaskRecord]
    events: list[EventRecord | MoveEvent]


def new_run(
    spec: DAGSpec, presets: Mapping[str, TaskOutput], *, kinds: Collection[str], now: datetime
) -> NewRun:
    """Rows for a spec.

    Raises:
        InputRefused: `unknown_task_kind`; `dag_invalid`: a key twice, an unknown parent, a circle.
    """
    dag = _dag_record(spec, now)
    ids = {task.key: new_id() for task in spec.tasks}
    if len(ids) < len(spec.tasks):
        raise InputRefused("dag_invalid", reason=f"key {_repeated(spec)!r} is there twice")
    tasks: list[TaskRecord] = []
    for position, task in enumerate(spec.tasks):
        if task.kind not in kinds:
            raise InputRefused("unknown_task_kind", kind=task.kind, known=sorted(kinds))
        tasks.append(_task_record(task, dag, ids, position, now))
    _check_circles(tasks)
    changes = Changes(at=now)
    changes.events.append(dag_event(dag, dag.status))
    _insert_presets(DagRows(dag, tasks, {}), presets, changes)
    return NewRun(dag, tasks, changes.events)


def _dag_record(spec: DAGSpec, now: datetime) -> DagRecord:
    start_at = spec.start_at
    if start_at is not None and start_at.tzinfo is None:
        start_at = start_at.replace(tzinfo=UTC)
    return DagRecord(
        id=new_id(),
        name=spec.name,
        episode_id=spec.episode_id,
        status=DAGStatus.PENDING,
        trigger_type=spec.trigger_type,
        created_by=spec.created_by,
        total_tasks=len(spec.tasks),
        completed_tasks=0,
        failed_tasks=0,
        skipped_tasks=0,
        cancelled_tasks=0,
        start_at=start_at,
        paused_at=None,
        cancelling=False,
        version=1,
        started_at=None,
        completed_at=None,
        created_at=now,
        updated_at=now,
    )


def _task_record(
    task: TaskSpec, dag: DagRecord, ids: Mapping[str, UUID], position: int, now: datetime
) -> TaskRecord:
    parents = tuple(dict.fromkeys(task.parents))
    unknown = [key for key in parents if key not in ids]
    if unknown:
        reason = f"task {task.key!r} names the parent {unknown[0]!r}, which is not in the graph"
        raise InputRefused("dag_invalid", reason=reason)
    return TaskRecord(
        id=ids[task.key],
        dag_id=dag.id,
        position=position,
        key=task.key,
        kind=task.kind,
        part=task.part,
        task_type=TASK_TYPE_OF_KIND.get(task.kind, "composite"),
        status=TaskStatus.PENDING,
        priority=task.priority,
        params=task.params,
        storyboard_id=task.storyboard_id,
        line_id=task.line_id,
        workflow_id=task.workflow_id,
        pending_parents=len(parents),
        fingerprint=None,
        satisfied=False,
        output=None,
        error_class=None,
        error_code=None,
        error_message=None,
        reason=None,
        attempts=0,
        retry_count=0,
        free_retries=0,
        max_retries=task.max_retries,
        retry_delay=task.retry_delay,
        timeout=task.timeout,
        not_before=None,
        cancelling=False,
        resource_requirements=task.resource_requirements,
        version=1,
        created_at=now,
        started_at=None,
        completed_at=None,
        parents=tuple([ids[key] for key in parents]),
    )


def _check_circles(tasks: list[TaskRecord]) -> None:
    try:
        in_order(tasks)
    except ValueError as exc:
        raise InputRefused("dag_invalid", reason=str(exc)) from exc


def _insert_presets(rows: DagRows, presets: Mapping[str, TaskOutput], changes: Changes) -> None:
    if not presets:
        return
    graph = DagGraph(rows)
    for node in graph.nodes.values():
        output = presets.get(node.record.key)
        if output is not None:
            node.record.output = output
            node.record.satisfied = True
            graph.move(node, TaskStatus.COMPLETED, changes)
    graph.settle(changes)


def _repeated(spec: DAGSpec) -> str:
    return Counter(task.key for task in spec.tasks).most_common(1)[0][0]
