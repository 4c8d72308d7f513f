"""The in-memory twin of the SQL store: the same promises, gone with the process. For tests."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from ai_video.domain.entities import Json
from ai_video.domain.ids import id_of
from ai_video.domain.task import DAGStatus, TaskOutput, TaskStatus
from ai_video.errors import NotFound
from ai_video.orchestrator.events import EventRecord, MoveEvent, rows_of
from ai_video.orchestrator.records import (
    AttemptRecord,
    Changes,
    Claim,
    DagRecord,
    DagRows,
    Holder,
    Lease,
    Move,
    TaskRecord,
)
from ai_video.orchestrator.store import (
    OPEN,
    ChangesRefused,
    LeaseLost,
    Loaded,
    Moment,
    OnMoment,
    Slot,
    Wake,
)


@dataclass(slots=True)
class Tables:
    """Rows are replaced, never changed in place, so a shallow copy undoes a transaction."""

    dags: dict[UUID, DagRecord] = field(default_factory=dict[UUID, DagRecord])
    tasks: dict[UUID, TaskRecord] = field(default_factory=dict[UUID, TaskRecord])
    attempts: dict[UUID, AttemptRecord] = field(default_factory=dict[UUID, AttemptRecord])
    outputs: dict[str, TaskOutput] = field(default_factory=dict[str, TaskOutput])
    events: list[EventRecord] = field(default_factory=list[EventRecord])
    wake: int = 0

    def copy(self) -> Tables:
        return Tables(
            dict(self.dags),
            dict(self.tasks),
            dict(self.attempts),
            dict(self.outputs),
            list(self.events),
            self.wake,
        )


class MemoryTaskStore:
    """Implements `store.TaskStore`; `events` is what the event table would hold."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        on_moment: OnMoment | None = None,
    ) -> None:
        self._clock = clock
        self._on_moment = on_moment
        self._t = Tables()
        self._holder: Holder | None = None
        self._until = 0.0
        self._token = 0

    @property
    def tables(self) -> Tables:
        """What is stored now; for the twin of the dispatch store and for tests."""
        return self._t

    @property
    def holder(self) -> tuple[str, int] | None:
        """Owner and token of the last lease."""
        return None if self._holder is None else (self._holder.owner, self._token)

    @property
    def events(self) -> Sequence[EventRecord]:
        return self._t.events

    async def close(self) -> None:
        return None

    async def add_dag(
        self,
        dag: DagRecord,
        tasks: Sequence[TaskRecord],
        events: Sequence[EventRecord | MoveEvent],
    ) -> None:
        self._t.dags[dag.id] = replace(dag)
        self._t.tasks.update((task.id, replace(task)) for task in tasks)
        self._t.events.extend(row.record for row in rows_of(events))
        self._t.wake += 1

    async def acquire(
        self, holder: Holder, *, ttl: float, gone: Callable[[Holder], bool]
    ) -> Lease | None:
        now, held = self._clock(), self._holder
        foreign = held is not None and held.owner != holder.owner
        if held is not None and foreign and self._until > now and not gone(held):
            return None
        after_death = foreign and self._until > 0
        self._holder, self._until = holder, now + ttl
        self._token += 1
        return Lease(holder.owner, self._token, after_death)

    async def renew(self, lease: Lease, *, ttl: float) -> None:
        self._check_lease(lease)
        self._until = self._clock() + ttl

    async def release(self, lease: Lease) -> None:
        if self._holds(lease):
            self._until = 0.0

    async def wake(self) -> Wake:
        return Wake(self._t.wake, any(dag.status in OPEN for dag in self._t.dags.values()))

    async def load(self, known: Mapping[UUID, int], *, fresh: DagRows | None = None) -> Loaded:
        open_dags = [dag for dag in self._t.dags.values() if dag.status in OPEN]
        changed = [self._rows(dag.id) for dag in open_dags if known.get(dag.id) != dag.version]
        return Loaded(changed, frozenset(dag.id for dag in open_dags))

    async def apply(self, changes: Changes) -> Mapping[str, TaskOutput]:
        if changes.lease is not None:
            self._check_lease(changes.lease)
        before = self._t.copy()
        try:
            self._reached("begun")
            answer = self._write(changes)
            self._reached("written")
        except BaseException:
            self._t = before
            raise
        self._reached("committed")
        return answer

    async def begin(self, attempt_id: UUID, *, worker: str) -> None:
        attempt = self._t.attempts.get(attempt_id)
        if attempt is None or attempt.begun_at is not None or attempt.ended_at is not None:
            raise ChangesRefused
        self._t.attempts[attempt_id] = replace(attempt, begun_at=attempt.started_at, worker=worker)

    async def change(
        self, dag_id: UUID, decide: Callable[[DagRows], Changes], *, with_tasks: bool = True
    ) -> None:
        rows = self._rows(dag_id)
        if not with_tasks:
            rows = DagRows(rows.dag, [], {})
        await self.apply(decide(rows))

    async def get_dag(self, dag_id: UUID) -> DagRecord:
        if dag_id not in self._t.dags:
            raise NotFound("dag", str(dag_id))
        return replace(self._t.dags[dag_id])

    async def list_dags(
        self, *, limit: int, before: UUID | None = None, episode_id: UUID | None = None
    ) -> list[DagRecord]:
        found = [
            replace(dag)
            for dag in sorted(self._t.dags.values(), key=lambda dag: dag.id, reverse=True)
            if (before is None or dag.id < before)
            and (episode_id is None or dag.episode_id == episode_id)
        ]
        return found[:limit]

    async def unfinished_dags(self, episode_id: UUID) -> list[DagRecord]:
        dags = await self.list_dags(limit=len(self._t.dags), episode_id=episode_id)
        over = (DAGStatus.COMPLETED, DAGStatus.CANCELLED)
        return [dag for dag in dags if dag.status not in over]

    async def get_task(self, task_id: UUID) -> TaskRecord:
        if task_id not in self._t.tasks:
            raise NotFound("task", str(task_id))
        return replace(self._t.tasks[task_id])

    async def list_tasks(
        self,
        *,
        dag_id: UUID | None = None,
        episode_id: UUID | None = None,
        workflow_id: UUID | None = None,
        status: TaskStatus | None = None,
        limit: int | None = None,
        after: UUID | None = None,
    ) -> list[TaskRecord]:
        start = None
        if after is not None:
            last = self._t.tasks.get(after)
            if last is None:
                return []
            start = (last.dag_id, last.position)
        found = [
            replace(task)
            for task in sorted(self._t.tasks.values(), key=lambda row: (row.dag_id, row.position))
            if (dag_id is None or task.dag_id == dag_id)
            and (episode_id is None or self._t.dags[task.dag_id].episode_id == episode_id)
            and (workflow_id is None or task.workflow_id == workflow_id)
            and (status is None or task.status is status)
            and (start is None or (task.dag_id, task.position) > start)
        ]
        return found[:limit]

    async def list_attempts(self, task_ids: Collection[UUID]) -> Mapping[UUID, list[AttemptRecord]]:
        wanted = set(task_ids)
        found: dict[UUID, list[AttemptRecord]] = {}
        for attempt in sorted(self._t.attempts.values(), key=lambda row: row.number):
            if attempt.task_id in wanted:
                found.setdefault(attempt.task_id, []).append(attempt)
        return found

    async def find_outputs(self, fingerprints: Collection[str]) -> Mapping[str, TaskOutput]:
        return {key: self._t.outputs[key] for key in fingerprints if key in self._t.outputs}

    async def last_params(self, episode_id: UUID) -> Mapping[Slot, Json]:
        tasks = await self.list_tasks(episode_id=episode_id, status=TaskStatus.COMPLETED)
        return {(task.kind, task.storyboard_id, task.line_id): task.params for task in tasks}

    def _rows(self, dag_id: UUID) -> DagRows:
        if dag_id not in self._t.dags:
            raise NotFound("dag", str(dag_id))
        tasks = [replace(task) for task in self._t.tasks.values() if task.dag_id == dag_id]
        ids = {task.id for task in tasks}
        running = {
            attempt.task_id: attempt
            for attempt in self._t.attempts.values()
            if attempt.ended_at is None and attempt.task_id in ids
        }
        tasks.sort(key=lambda task: task.position)
        return DagRows(replace(self._t.dags[dag_id]), tasks, running)

    def _reached(self, moment: Moment) -> None:
        if self._on_moment is not None:
            self._on_moment(moment)

    def _holds(self, lease: Lease) -> bool:
        held = self._holder
        return held is not None and held.owner == lease.owner and self._token == lease.token

    def _check_lease(self, lease: Lease) -> None:
        if not self._holds(lease):
            raise LeaseLost

    def _write(self, changes: Changes) -> Mapping[str, TaskOutput]:
        self._end_attempts(changes)
        for move in changes.moves:
            self._move(move)
        unlocked = [
            *[(id_of(number), many) for number, many in changes.unlocked.items()],
            *[(claim.attempt.task_id, claim.unlocked) for claim in changes.claims],
        ]
        for task_id, many in unlocked:
            task = self._t.tasks[task_id]
            self._t.tasks[task_id] = replace(task, pending_parents=task.pending_parents - many)
        wanted = [claim.move.task.fingerprint for claim in changes.claims if not claim.remake]
        found = {
            key: self._t.outputs[key]
            for key in (*changes.lookups, *wanted)
            if key is not None and key in self._t.outputs
        }
        events = list(changes.events)
        for claim in changes.claims:
            if claim.remake or claim.move.task.fingerprint not in found:
                self._claim(claim, changes)
                events.append(claim.event)
        self._write_dags(changes)
        self._t.events.extend(row.record for row in rows_of(events))
        for row in changes.progress:
            attempt = self._t.attempts[row.attempt_id]
            self._t.attempts[row.attempt_id] = replace(
                attempt,
                progress=row.fraction,
                progress_message=row.message,
                log_tail=row.log_tail,
                server=row.server or attempt.server,
            )
        return found

    def _end_attempts(self, changes: Changes) -> None:
        for attempt_id, after_death in changes.adopted:
            attempt = self._t.attempts[attempt_id]
            if attempt.ended_at is not None or changes.lease is None:
                raise ChangesRefused
            self._t.attempts[attempt_id] = replace(
                attempt,
                lease_owner=changes.lease.owner,
                adoptions=attempt.adoptions + after_death,
            )
        for end in changes.ends:
            attempt = self._t.attempts[end.id]
            owner = changes.lease.owner if changes.lease else attempt.lease_owner
            foreign = attempt.lease_owner != owner and end.outcome != "lost"
            if attempt.ended_at is not None or foreign:
                raise ChangesRefused
            self._t.attempts[end.id] = replace(
                attempt,
                ended_at=changes.at,
                outcome=end.outcome,
                error_class=end.error_class,
                error_code=end.error_code,
                message=end.message,
                progress=end.progress,
                progress_message=end.progress_message,
                log_tail=attempt.log_tail if end.log_tail is None else end.log_tail,
                server=end.server or attempt.server,
            )

    def _move(self, move: Move) -> None:
        old = self._t.tasks[move.task.id]
        if old.status is not move.source or old.attempts != move.token:
            raise ChangesRefused
        task = replace(move.task, pending_parents=old.pending_parents)
        self._t.tasks[task.id] = task
        accepted = task.status is TaskStatus.COMPLETED and move.source is TaskStatus.RUNNING
        if accepted and task.fingerprint is not None and task.output is not None:
            self._t.outputs[task.fingerprint] = task.output

    def _claim(self, claim: Claim, changes: Changes) -> None:
        task, start = claim.move.task, claim.attempt
        old = self._t.tasks[task.id]
        if old.status is not claim.move.source or old.attempts != claim.move.token:
            raise ChangesRefused
        if old.pending_parents or old.cancelling:
            raise ChangesRefused
        self._t.tasks[task.id] = replace(task)
        self._t.attempts[start.id] = AttemptRecord(
            id=start.id,
            task_id=task.id,
            number=start.number,
            started_at=changes.at,
            begun_at=changes.at if start.begun else None,
            ended_at=None,
            outcome=None,
            error_class=None,
            error_code=None,
            message=None,
            worker=start.worker,
            server=None,
            remote_id=start.remote_id,
            lease_owner=start.lease_owner,
            progress=None,
            progress_message=None,
            log_tail="",
        )

    def _write_dags(self, changes: Changes) -> None:
        for dag in changes.dags.values():
            if self._t.dags[dag.id].version != dag.version:
                raise ChangesRefused
            raised = dag.version + (dag.id in changes.commands)
            self._t.dags[dag.id] = replace(dag, version=raised, updated_at=changes.at)
        self._t.wake += bool(changes.commands)
