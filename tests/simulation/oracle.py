"""What must hold after every commit, judged from the rows before and after it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ai_video.domain.task import (
    CRASH_LOOP_CAP,
    END_STATES,
    UNLOCKS_CHILDREN,
    DAGStatus,
    TaskOutput,
    TaskStatus,
    may_move,
)
from ai_video.orchestrator.events import EventRecord, events_of
from ai_video.orchestrator.records import AttemptRecord, DagRecord, TaskRecord

S = TaskStatus
COUNTED = {
    "completed_tasks": S.COMPLETED,
    "failed_tasks": S.MANUAL_REVIEW,
    "skipped_tasks": S.SKIPPED,
    "cancelled_tasks": S.CANCELLED,
}


class Violation(AssertionError):
    """Something that must always hold did not."""


def demand(condition: object, what: str, *about: object) -> None:
    if not condition:
        raise Violation(" ".join([what, *map(str, about)]))


@dataclass
class Rows:
    """All rows at one moment."""

    dags: Mapping[UUID, DagRecord]
    tasks: Mapping[UUID, TaskRecord]
    attempts: Mapping[UUID, AttemptRecord]
    outputs: Mapping[str, TaskOutput]
    events: Sequence[EventRecord]


@dataclass
class Oracle:
    """Follows the commits of one simulation; `capacities` as the schedulers have them."""

    capacities: Mapping[str, int]
    clocks_jump: bool = False
    commits: int = 0
    moves: int = 0
    _dags: dict[UUID, DagRecord] = field(default_factory=dict)
    _tasks: dict[UUID, TaskRecord] = field(default_factory=dict)
    _attempts: dict[UUID, AttemptRecord] = field(default_factory=dict)
    _outputs: dict[str, TaskOutput] = field(default_factory=dict)
    _of_task: dict[UUID, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    _seen_events: int = 0
    _told: dict[str, str] = field(default_factory=lambda: defaultdict(lambda: "pending"))

    def look(self, rows: Rows) -> None:
        """Judge what changed since the last look. Raises: Violation."""
        tasks = _changed(self._tasks, rows.tasks)
        attempts = _changed(self._attempts, rows.attempts)
        dags = _changed(self._dags, rows.dags)
        if not (tasks or attempts or dags or len(rows.events) != self._seen_events):
            return
        self.commits += 1
        for attempt in attempts:
            old = self._attempts.get(attempt.id)
            if old is None:
                self._started(attempt, rows)
            else:
                _went_on(old, attempt)
            self._attempts[attempt.id] = attempt
        for task in tasks:
            before = self._tasks.get(task.id)
            if before is not None:
                self._moved(before, task, rows)
        self._check_outputs(rows)
        self._tasks.update((task.id, task) for task in tasks)
        self._dags.update((dag.id, dag) for dag in dags)
        self._read_events(rows)
        self._check_tasks(rows)
        for dag in rows.dags.values():
            _check_dag(dag, [task for task in rows.tasks.values() if task.dag_id == dag.id])
        self._check_room(rows)

    def last_attempt(self, task_id: UUID) -> AttemptRecord | None:
        ids = self._of_task.get(task_id)
        return self._attempts[ids[-1]] if ids else None

    def attempts_of(self, task_id: UUID) -> list[AttemptRecord]:
        return [self._attempts[key] for key in self._of_task.get(task_id, ())]

    def _started(self, attempt: AttemptRecord, rows: Rows) -> None:
        task = rows.tasks[attempt.task_id]
        dag = rows.dags[task.dag_id]
        earlier = [self._attempts[key] for key in self._of_task[task.id]]
        last = max([one.number for one in earlier], default=0)
        demand(attempt.number == last + 1, "attempts are not numbered 1, 2, 3:", attempt)
        for one in earlier:
            demand(one.outcome != "completed", "a completed task started again:", task.key)
            demand(one.ended_at is not None, "two attempts at once:", task.key)
        before = self._tasks.get(task.id)
        demand(
            before is None or before.status not in END_STATES, "an ended task started:", task.key
        )
        old_dag = self._dags.get(dag.id)
        demand(dag.paused_at is None, "a start while the run is paused:", task.key)
        demand(old_dag is None or old_dag.paused_at is None, "a start before the resume:", task.key)
        first = old_dag is None or old_dag.started_at is None
        if dag.start_at is not None and first and not self.clocks_jump:
            demand(attempt.started_at >= dag.start_at, "a start too early:", task.key)
        for parent in task.parents:
            status = rows.tasks[parent].status
            demand(status in UNLOCKS_CHILDREN, "a start before its parents are done:", task.key)
        self._of_task[task.id].append(attempt.id)

    def _moved(self, before: TaskRecord, task: TaskRecord, rows: Rows) -> None:
        if before.status in END_STATES:
            demand(task.status is before.status, "an end state was left:", task.key, task.status)
            demand(task.output == before.output, "an accepted output changed:", task.key)
        demand(task.attempts >= before.attempts, "attempts went down:", task.key)
        demand(task.attempts - before.attempts <= 1, "two attempts in one step:", task.key)
        if task.status is S.COMPLETED and before.status is not S.COMPLETED:
            self._completed(before, task, rows)
        if before.status is S.RUNNING and (
            task.status is not S.RUNNING or task.attempts != before.attempts
        ):
            self._counted(before, task)

    def _completed(self, before: TaskRecord, task: TaskRecord, rows: Rows) -> None:
        last = self.last_attempt(task.id)
        facts = task.output.facts if task.output else None
        if before.status is S.RUNNING:
            demand(last is not None and last.outcome == "completed", "no attempt completed:", task)
            made_by = {"key": task.key, "attempt": before.attempts}
            demand(facts == made_by, "another attempt than the running one decided:", task)
        else:
            demand(task.fingerprint in self._outputs, "satisfied by nothing:", task.key)
            accepted = self._outputs[task.fingerprint or ""]
            demand(task.output == accepted, "satisfied by another output:", task.key)

    def _counted(self, before: TaskRecord, task: TaskRecord) -> None:
        """The retry counter rises by one exactly where the end of the attempt costs a retry."""
        attempt = next(one for one in self.attempts_of(task.id) if one.number == before.attempts)
        demand(attempt.ended_at is not None, "the task went on and its attempt did not:", task.key)
        costs = (
            attempt.outcome == "failed" and attempt.error_class in ("transient", "system")
        ) or (attempt.outcome == "lost" and attempt.error_class is not None and attempt.begun_at)
        ended = task.status in (S.MANUAL_REVIEW, S.CANCELLED, S.COMPLETED)
        rise = task.retry_count - before.retry_count
        demand(rise == (1 if costs and not ended else 0), "retries counted wrong:", rise, task)
        if task.status is S.MANUAL_REVIEW:
            demand(
                attempt.error_class == "configuration"
                or task.retry_count >= task.max_retries
                or task.free_retries >= CRASH_LOOP_CAP,
                "a person is asked too early:",
                task,
            )

    def _check_outputs(self, rows: Rows) -> None:
        for fingerprint, output in rows.outputs.items():
            old = self._outputs.setdefault(fingerprint, output)
            demand(old == output, "one fingerprint was made twice:", fingerprint)

    def _read_events(self, rows: Rows) -> None:
        for row in rows.events[self._seen_events :]:
            data: Any = json.loads(row.data) if isinstance(row.data, str) else row.data
            for event in events_of(row.type, row.subject, data):
                if not event.type.startswith("task.") or event.type == "task.progress":
                    continue
                self.moves += 1
                source, target = str(event.data["from"]), str(event.data["to"])
                demand(self._told[event.subject] == source, "events do not follow:", event)
                demand(may_move(S(source), S(target)), "an illegal move:", event)
                self._told[event.subject] = target
        self._seen_events = len(rows.events)

    def _check_tasks(self, rows: Rows) -> None:
        tasks = rows.tasks
        for task in tasks.values():
            key, status = task.key, task.status
            demand(self._told[str(task.id)] == status.value, "no event told of a move:", key)
            waits_for = sum(tasks[one].status not in UNLOCKS_CHILDREN for one in task.parents)
            demand(task.pending_parents == waits_for, "pending_parents is wrong:", key, waits_for)
            demand(status is not S.FAILED, "a task rests in failed:", key)
            demand(task.retry_count <= task.max_retries, "too many retries:", key)
            demand((task.completed_at is not None) == (status in END_STATES), "end time:", key)
            last = self.last_attempt(task.id)
            demand(task.attempts == (last.number if last else 0), "attempts are wrong:", task, last)
            is_open = last is not None and last.ended_at is None
            demand(is_open == (status is S.RUNNING), "running and open attempt differ:", task, last)
            if waits_for:
                demand(status in (S.PENDING, S.CANCELLED, S.SKIPPED), "it did not wait:", key)

    def _check_room(self, rows: Rows) -> None:
        held: Counter[str] = Counter()
        for task in rows.tasks.values():
            if task.status is not S.RUNNING:
                continue
            wanted = task.resource_requirements
            held.update({"slots": 1, "gpu_memory_mb": wanted.gpu_memory_mb, "cpu": wanted.cpu})
        for name, most in self.capacities.items():
            demand(held[name] <= most, "more runs than there is room for:", name, held[name])


def _changed(old: Mapping[UUID, Any], new: Mapping[UUID, Any]) -> list[Any]:
    return [row for key, row in new.items() if (known := old.get(key)) is not row and known != row]


def _went_on(old: AttemptRecord, new: AttemptRecord) -> None:
    if old.ended_at is not None:
        demand(old.outcome == new.outcome, "an attempt ended twice:", new)
        demand(old.ended_at == new.ended_at, "an attempt ended twice:", new)
    demand(old.number == new.number and old.remote_id == new.remote_id, "it changed:", new)
    demand(old.begun_at is None or new.begun_at == old.begun_at, "an attempt began twice:", new)


def _check_dag(dag: DagRecord, tasks: list[TaskRecord]) -> None:
    counts = Counter([task.status for task in tasks])
    demand(dag.total_tasks == len(tasks), "total_tasks:", dag.name)
    for name, status in COUNTED.items():
        demand(getattr(dag, name) == counts[status], "counters are wrong:", dag, counts)
    ended = sum(counts[status] for status in END_STATES)
    if dag.status in (DAGStatus.COMPLETED, DAGStatus.CANCELLED):
        demand(ended == len(tasks), "a run is over before its tasks:", dag.name, counts)
    if dag.status is DAGStatus.COMPLETED:
        demand(not counts[S.CANCELLED], "completed without its cancelled tasks:", dag.name)
    if dag.status is DAGStatus.FAILED:
        can_go_on = [
            task.key
            for task in tasks
            if task.status in (S.RUNNING, S.RETRY_PENDING)
            or (task.status is S.PENDING and not task.pending_parents)
        ]
        demand(counts[S.MANUAL_REVIEW] and not can_go_on, "failed too early:", dag, can_go_on)
