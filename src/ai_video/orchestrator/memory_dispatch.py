"""The in-memory twin of the store between scheduler and workers; gone with the process. For tests."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from ai_video.domain.ids import new_id
from ai_video.domain.task import ADOPTION_CAP
from ai_video.orchestrator.dispatch import Begun, Dispatched, Look, Report, Told, WorkerRecord
from ai_video.orchestrator.handlers import Facts, TaskView
from ai_video.orchestrator.memory_store import MemoryTaskStore
from ai_video.orchestrator.records import AttemptRecord
from ai_video.orchestrator.store import ChangesRefused

NOTHING_TOLD: Final = Told(None, "", "", None)


@dataclass(slots=True)
class _Row:
    remote: bool
    adopt: bool
    cancelling: bool = False
    told: int = 0
    last: Told = NOTHING_TOLD
    worker_id: UUID | None = None
    run_id: UUID | None = None
    report: Report | None = None

    def end(self, report: Report) -> None:
        self.report = report
        self.told += 1

    def hand_on(self) -> None:
        """Nobody runs it, and it goes on outside."""
        self.worker_id = self.run_id = None
        self.adopt = True


class MemoryDispatchStore:
    """Implements `dispatch.DispatchStore` beside a `MemoryTaskStore`."""

    def __init__(self, store: MemoryTaskStore) -> None:
        self._store = store
        self._rows: dict[UUID, _Row] = {}
        self._workers: dict[UUID, WorkerRecord] = {}
        self._installation = new_id()

    async def installation(self) -> UUID:
        return self._installation

    # The scheduler's side

    async def offer(self, attempt_ids: Collection[UUID]) -> None:
        for attempt_id in attempt_ids:
            attempt = self._open(attempt_id)
            if attempt is None or attempt_id in self._rows:
                continue
            remote, begun = attempt.remote_id is not None, attempt.begun_at is not None
            row = self._rows[attempt_id] = _Row(remote, adopt=remote and begun)
            if begun and not remote:
                row.report = Report("died")

    async def look(self) -> Look:
        return Look(
            [
                Dispatched(key, row.worker_id, row.told, row.report is not None)
                for key, row in self._rows.items()
            ],
            list(self._workers.values()),
        )

    async def heard(
        self, attempt_ids: Collection[UUID]
    ) -> Mapping[UUID, tuple[Told, Report | None]]:
        rows = {key: self._rows[key] for key in attempt_ids if key in self._rows}
        return {key: (row.last, row.report) for key, row in rows.items()}

    async def cancel(self, attempt_ids: Collection[UUID]) -> None:
        for row in [self._rows[key] for key in attempt_ids if key in self._rows]:
            if row.report is not None:
                continue
            if row.worker_id is None and not row.adopt:
                row.end(Report("cancelled"))
            else:
                row.cancelling = True

    async def bury(self, worker_ids: Collection[UUID]) -> None:
        for attempt_id, row in self._rows.items():
            if row.report is not None or row.worker_id not in worker_ids:
                continue
            if row.remote and self._count_death(attempt_id) < ADOPTION_CAP:
                row.hand_on()
            else:
                row.end(Report("died"))
        for worker_id in worker_ids:
            self._workers.pop(worker_id, None)

    def _count_death(self, attempt_id: UUID) -> int:
        attempt = self._open(attempt_id)
        if attempt is None:
            return 0
        self._store.tables.attempts[attempt_id] = replace(attempt, adoptions=attempt.adoptions + 1)
        return attempt.adoptions + 1

    async def sweep(self) -> None:
        for attempt_id in [key for key in self._rows if self._open(key) is None]:
            del self._rows[attempt_id]

    # The worker's side

    async def beat(
        self, worker: WorkerRecord, told: Mapping[UUID, Told] | None = None
    ) -> Mapping[UUID, bool]:
        known = self._workers.get(worker.id)
        self._workers[worker.id] = (
            worker if known is None else replace(known, beats=known.beats + 1)
        )
        mine: dict[UUID, bool] = {}
        for attempt_id, row in self._rows.items():
            if row.run_id is None or row.report is not None:
                continue
            if told and row.run_id in told:
                row.last = told[row.run_id]
                row.told += 1
            attempt = self._open(attempt_id)
            if row.worker_id == worker.id and attempt is not None:
                task = self._store.tables.tasks[attempt.task_id]
                mine[row.run_id] = row.cancelling or task.cancelling
        return mine

    async def leave(self, worker_id: UUID) -> None:
        await self.bury([worker_id])

    async def begin(self, attempt_id: UUID, run_id: UUID, worker: WorkerRecord) -> Begun:
        row, attempt = self._rows.get(attempt_id), self._open(attempt_id)
        if row is None or attempt is None or row.report is not None:
            raise ChangesRefused
        again = row.run_id == run_id
        if not again and (row.worker_id is not None or (attempt.begun_at and not row.adopt)):
            raise ChangesRefused
        row.worker_id, row.run_id = worker.id, run_id
        begun_at = attempt.begun_at or attempt.started_at
        self._store.tables.attempts[attempt_id] = replace(
            attempt, begun_at=begun_at, worker=worker.name
        )
        return self._begun(attempt, adopt=row.adopt)

    async def finish(self, attempt_id: UUID, run_id: UUID, told: Told, report: Report) -> None:
        row = self._rows.get(attempt_id)
        if row is None or row.run_id != run_id or row.report is not None:
            raise ChangesRefused
        if self._open(attempt_id) is None:
            raise ChangesRefused
        row.last = told
        row.end(report)

    async def release(self, attempt_id: UUID, run_id: UUID) -> None:
        row = self._rows.get(attempt_id)
        if row is not None and row.run_id == run_id and row.report is None:
            row.hand_on()

    def _open(self, attempt_id: UUID) -> AttemptRecord | None:
        attempt = self._store.tables.attempts.get(attempt_id)
        return attempt if attempt is not None and attempt.ended_at is None else None

    def _begun(self, attempt: AttemptRecord, *, adopt: bool) -> Begun:
        tables = self._store.tables
        task = tables.tasks[attempt.task_id]
        parents = [tables.tasks[key] for key in task.parents]
        facts: Facts = {one.key: one.output.facts if one.output else {} for one in parents}
        view = TaskView(
            id=task.id,
            dag_id=task.dag_id,
            episode_id=tables.dags[task.dag_id].episode_id,
            key=task.key,
            kind=task.kind,
            part=task.part,
            params=task.params,
            parents=tuple([one.key for one in parents]),
            storyboard_id=task.storyboard_id,
            line_id=task.line_id,
            workflow_id=task.workflow_id,
            fingerprint=task.fingerprint,
            timeout=task.timeout,
        )
        return Begun(view, facts, attempt.number, attempt.remote_id, adopt)
