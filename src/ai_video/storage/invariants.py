"""What must hold of the stored tasks at any moment, as numbered SQL checks.

The doctor command shows them; every test layer of the orchestrator runs them after its steps.
"""

from __future__ import annotations

from dataclasses import dataclass

from ai_video.orchestrator.commands import BY_A_PERSON
from ai_video.orchestrator.store import TaskStore
from ai_video.storage.task_store import SqlTaskStore

EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Invariant:
    """A check and the first ids that violate it."""

    number: int
    name: str
    violations: int
    examples: tuple[str, ...]


_DONE = "('completed', 'skipped')"

CHECKS: dict[str, str] = {
    "pending_parents counts the parents that are not done": f"""
        SELECT t.id FROM generation_task t
        LEFT JOIN (
            SELECT e.child_id AS child_id, COUNT(*) AS open FROM task_edge e
            JOIN generation_task p ON p.id = e.parent_id
            WHERE p.status NOT IN {_DONE} GROUP BY e.child_id
        ) o ON o.child_id = t.id
        WHERE t.pending_parents <> COALESCE(o.open, 0)""",
    "what runs or ran has only parents that are done": f"""
        SELECT DISTINCT t.id FROM generation_task t
        JOIN task_edge e ON e.child_id = t.id
        JOIN generation_task p ON p.id = e.parent_id
        WHERE p.status NOT IN {_DONE}
        AND (t.status = 'running' OR (t.status = 'completed' AND t.satisfied = FALSE))""",
    "a run's counters are the counts of its tasks": """
        SELECT d.id FROM task_dag d
        LEFT JOIN (
            SELECT dag_id, COUNT(*) AS total,
                SUM(CASE WHEN status = 'completed' THEN 1 ELSE 0 END) AS completed,
                SUM(CASE WHEN status = 'manual_review' THEN 1 ELSE 0 END) AS failed,
                SUM(CASE WHEN status = 'skipped' THEN 1 ELSE 0 END) AS skipped,
                SUM(CASE WHEN status = 'cancelled' THEN 1 ELSE 0 END) AS cancelled
            FROM generation_task GROUP BY dag_id
        ) c ON c.dag_id = d.id
        WHERE d.total_tasks <> COALESCE(c.total, 0)
        OR d.completed_tasks <> COALESCE(c.completed, 0)
        OR d.failed_tasks <> COALESCE(c.failed, 0)
        OR d.skipped_tasks <> COALESCE(c.skipped, 0)
        OR d.cancelled_tasks <> COALESCE(c.cancelled, 0)""",
    "a task completed once, and no attempt started after that": """
        SELECT a.task_id FROM task_attempt a
        JOIN task_attempt b ON b.task_id = a.task_id AND b.number > a.number
        WHERE a.outcome = 'completed'""",
    "attempts are numbered 1, 2, 3 … and the task holds the last number": """
        SELECT t.id FROM generation_task t
        LEFT JOIN (
            SELECT task_id, COUNT(*) AS many, MAX(number) AS last FROM task_attempt GROUP BY task_id
        ) a ON a.task_id = t.id
        WHERE t.attempts <> COALESCE(a.many, 0) OR t.attempts <> COALESCE(a.last, 0)""",
    "a running task has one open attempt, its last; no other task has an open one": """
        SELECT t.id FROM generation_task t
        LEFT JOIN (
            SELECT task_id, COUNT(*) AS many, MAX(number) AS last FROM task_attempt
            WHERE ended_at IS NULL GROUP BY task_id
        ) o ON o.task_id = t.id
        WHERE (t.status = 'running' AND (COALESCE(o.many, 0) <> 1 OR o.last <> t.attempts))
        OR (t.status <> 'running' AND COALESCE(o.many, 0) <> 0)""",
    "a completed task has no attempts (satisfied), a completed last one, an accepted output, or one "
    "that a person gave": f"""
        SELECT t.id FROM generation_task t
        LEFT JOIN task_attempt a ON a.task_id = t.id AND a.number = t.attempts
        WHERE t.status = 'completed' AND (
            (t.satisfied = TRUE AND t.attempts > 0)
            OR (t.satisfied = FALSE AND COALESCE(a.outcome, '') <> 'completed'
                AND SUBSTR(COALESCE(t.reason, ''), 1, {len(BY_A_PERSON)}) <> '{BY_A_PERSON}'
                AND NOT EXISTS (
                    SELECT 1 FROM task_output o WHERE o.fingerprint = t.fingerprint)))""",
    "one attempt at most completed per kind, part, shot, line and fingerprint": """
        SELECT MIN(CAST(t.id AS TEXT)) FROM generation_task t
        JOIN task_attempt a ON a.task_id = t.id AND a.outcome = 'completed'
        WHERE t.fingerprint IS NOT NULL
        GROUP BY t.kind, COALESCE(t.part, 0), t.storyboard_id, t.line_id, t.fingerprint
        HAVING COUNT(*) > 1""",
    "retry_count never exceeds max_retries": """
        SELECT id FROM generation_task WHERE retry_count > max_retries""",
    "a run is completed or cancelled only when every task has ended": """
        SELECT d.id FROM task_dag d
        JOIN generation_task t ON t.dag_id = d.id
        WHERE d.status IN ('completed', 'cancelled')
        AND t.status NOT IN ('completed', 'skipped', 'cancelled') GROUP BY d.id""",
    "a failed run has a task that waits for a person, and none that can go on": """
        SELECT d.id FROM task_dag d WHERE d.status = 'failed' AND (
            d.failed_tasks = 0 OR EXISTS (
                SELECT 1 FROM generation_task t WHERE t.dag_id = d.id AND (
                    t.status IN ('running', 'retry_pending')
                    OR (t.status = 'pending' AND t.pending_parents = 0))))""",
    "nothing starts while its run is paused": """
        SELECT t.id FROM generation_task t JOIN task_dag d ON d.id = t.dag_id
        JOIN task_attempt a ON a.task_id = t.id
        WHERE d.paused_at IS NOT NULL AND a.started_at > d.paused_at""",
    "no task rests in failed; ended tasks have a time of their end": """
        SELECT id FROM generation_task WHERE status = 'failed'
        OR (status IN ('completed', 'skipped', 'cancelled') AND completed_at IS NULL)""",
    "no remote id belongs to two attempts": """
        SELECT MIN(CAST(id AS TEXT)) FROM task_attempt WHERE remote_id IS NOT NULL
        GROUP BY remote_id HAVING COUNT(*) > 1""",
}
"""Name → statement whose rows are violations; numbered in this order from 1."""


async def check_invariants(store: TaskStore) -> list[Invariant]:
    """Run every check on a SQL store."""
    if not isinstance(store, SqlTaskStore):
        raise TypeError("invariants are checked in SQL")
    found: list[Invariant] = []
    for number, (name, statement) in enumerate(CHECKS.items(), 1):
        rows = await store.query(statement)
        examples = tuple([str(row[0]) for row in rows[:EXAMPLES]])
        found.append(Invariant(number, name, len(rows), examples))
    return found
