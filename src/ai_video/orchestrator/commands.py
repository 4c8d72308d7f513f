"""What people may do to runs and tasks, as pure decisions on the stored rows.

Each function takes a DAG's rows and returns what changes; the store applies it in the same
transaction that read them.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ai_video.domain.task import END_STATES, DAGStatus, TaskOutput, TaskStatus
from ai_video.errors import Conflict, NotFound
from ai_video.orchestrator.graph import DagGraph, Node, dag_event
from ai_video.orchestrator.records import Changes, DagRecord, DagRows

S = TaskStatus
BY_A_PERSON = "by a person"
"""How the reason of a task begins that no attempt completed."""
OVER = frozenset({DAGStatus.COMPLETED, DAGStatus.CANCELLED})


def pause(rows: DagRows, now: datetime) -> Changes:
    """Finish what runs, start nothing."""
    dag = _unfinished(rows.dag)
    changes = _command(dag, now)
    if dag.paused_at is None:
        dag.paused_at = now
        changes.events.append(dag_event(dag, "paused"))
    return changes


def resume(rows: DagRows, now: datetime) -> Changes:
    """Go on; harmless on a run that is not paused."""
    dag = rows.dag
    changes = _command(dag, now)
    if dag.paused_at is not None:
        dag.paused_at = None
        changes.events.append(dag_event(dag, "resumed"))
    return changes


def cancel(rows: DagRows, now: datetime) -> Changes:
    """Cancel all that has not ended; what runs is told to stop. Harmless on a run that is over."""
    graph = DagGraph(rows)
    changes = _command(graph.record, now)
    if graph.record.status in OVER:
        return changes
    graph.record.cancelling = True
    for node in graph.nodes.values():
        if node.record.status is S.RUNNING:
            _stop(graph, node, changes)
        elif node.record.status not in END_STATES:
            graph.move(node, S.CANCELLED, changes)
    graph.settle(changes)
    return changes


def retry_task(rows: DagRows, now: datetime, task_id: UUID) -> Changes:
    """Try again a task that waits for a person, or at once one that waits for its delay."""
    graph, node, changes = _task(rows, now, task_id)
    status = node.record.status
    if status not in (S.MANUAL_REVIEW, S.RETRY_PENDING):
        raise _illegal(node)
    _retry(graph, node, changes)
    graph.settle(changes)
    return changes


def retry_all(rows: DagRows, now: datetime) -> Changes:
    """Resume a run and try again every task that waits for a person."""
    changes = resume(rows, now)
    graph = DagGraph(rows)
    for node in graph.nodes.values():
        if node.record.status is S.MANUAL_REVIEW:
            _retry(graph, node, changes)
    graph.settle(changes)
    return changes


def skip_task(rows: DagRows, now: datetime, task_id: UUID) -> Changes:
    """Go on without a task; its children read empty facts of it."""
    graph, node, changes = _task(rows, now, task_id)
    if node.record.status not in (S.PENDING, S.RETRY_PENDING, S.MANUAL_REVIEW):
        raise _illegal(node)
    node.record.not_before = None
    graph.move(node, S.SKIPPED, changes)
    graph.settle(changes)
    return changes


def complete_task(
    rows: DagRows, now: datetime, task_id: UUID, output: TaskOutput, *, how: str
) -> Changes:
    """Give a task that waits for a person a result; `how` says where it is from.

    It is no result of this task's work, so no other task with its fingerprint takes it over.
    """
    graph, node, changes = _task(rows, now, task_id)
    record = node.record
    if record.status is not S.MANUAL_REVIEW:
        raise _illegal(node)
    record.output = output
    record.error_class = record.error_code = record.error_message = None
    record.reason = f"{BY_A_PERSON}: {how}"
    graph.move(node, S.COMPLETED, changes)
    graph.settle(changes)
    return changes


def cancel_task(rows: DagRows, now: datetime, task_id: UUID) -> Changes:
    """Cancel a task and all that waits for it; a running one is told to stop."""
    graph, node, changes = _task(rows, now, task_id)
    if node.record.status in END_STATES:
        raise _illegal(node)
    if node.record.status is S.RUNNING:
        _stop(graph, node, changes)
    else:
        graph.cancel(node, changes)
    graph.settle(changes)
    return changes


def _retry(graph: DagGraph, node: Node, changes: Changes) -> None:
    record = node.record
    record.not_before = None
    record.reason = None
    record.free_retries = 0
    graph.move(node, S.PENDING, changes)


def _stop(graph: DagGraph, node: Node, changes: Changes) -> None:
    node.record.cancelling = True
    graph.mark(node, changes)


def _command(dag: DagRecord, now: datetime) -> Changes:
    return Changes(at=now, dags={dag.id: dag}, commands={dag.id})


def _task(rows: DagRows, now: datetime, task_id: UUID) -> tuple[DagGraph, Node, Changes]:
    graph = DagGraph(rows)
    node = graph.nodes.get(task_id)
    if node is None:
        raise NotFound("task", str(task_id))
    return graph, node, _command(graph.record, now)


def _unfinished(dag: DagRecord) -> DagRecord:
    if dag.status in OVER:
        raise Conflict("dag_over", name=dag.name, status=dag.status.value)
    return dag


def _illegal(node: Node) -> Conflict:
    return Conflict("illegal_move", key=node.record.key, status=node.record.status.value)
