"""The store of tasks as a protocol: the only truth about what ran, runs and may run.

`Changes` are written whole or not at all. Whoever holds the lease schedules; commands (pause,
retry …) may come from any process and are seen by the scheduler through `wake`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from ai_video.domain.entities import Json
from ai_video.domain.task import DAGStatus, TaskOutput, TaskStatus
from ai_video.orchestrator.events import EventRecord, MoveEvent
from ai_video.orchestrator.records import (
    AttemptRecord,
    Changes,
    DagRecord,
    DagRows,
    Holder,
    Lease,
    TaskRecord,
)

OPEN: frozenset[DAGStatus] = frozenset({DAGStatus.PENDING, DAGStatus.RUNNING})
"""DAGs that a scheduler looks after; a failed one is opened again by a command."""

Slot = tuple[str, UUID | None, UUID | None]
"""(kind, storyboard_id, line_id)."""


Moment = Literal["begun", "written", "committed"]
OnMoment = Callable[[Moment], None]
"""For tests of crashes, in a writing transaction: before the first change, after the last one, and
after the commit, when nobody knows yet."""


class ChangesRefused(Exception):
    """A fence did not hold: somebody else changed a row. Nothing was written; read again."""


class LeaseLost(Exception):
    """Another process schedules now. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Open DAGs that are new or changed, and the ids of all open ones."""

    changed: list[DagRows]
    open_ids: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Wake:
    """`number` rises with every command and every new DAG; `open`: is there anything to schedule?"""

    number: int
    open: bool


class TaskStore(Protocol):
    """Implemented by `MemoryTaskStore` and by `storage.task_store.SqlTaskStore`.

    Every method may raise ServiceFailed when the database cannot be reached or written.
    """

    async def close(self) -> None: ...

    async def add_dag(
        self,
        dag: DagRecord,
        tasks: Sequence[TaskRecord],
        events: Sequence[EventRecord | MoveEvent],
    ) -> None:
        """Store a new run."""
        ...

    async def acquire(
        self, holder: Holder, *, ttl: float, gone: Callable[[Holder], bool]
    ) -> Lease | None:
        """The lease, if it is free, over, or its holder's process is gone; else None."""
        ...

    async def renew(self, lease: Lease, *, ttl: float) -> None:
        """Raises: LeaseLost."""
        ...

    async def release(self, lease: Lease) -> None:
        """Free the lease if it is still held."""
        ...

    async def wake(self) -> Wake:
        """Did any process command or submit something, and is anything open?"""
        ...

    async def load(self, known: Mapping[UUID, int], *, fresh: DagRows | None = None) -> Loaded:
        """Open DAGs with a version other than the known one.

        Args:
            fresh: a run as it was submitted; if nothing has happened to it, it is not read again.
        """
        ...

    async def apply(self, changes: Changes) -> Mapping[str, TaskOutput]:
        """Write changes in one transaction.

        Returns:
            Accepted outputs by fingerprint, for `lookups` and claims. A claim whose fingerprint is
            among them was not written (unless it remakes).

        Raises:
            LeaseLost, ChangesRefused: nothing was written.
        """
        ...

    async def begin(self, attempt_id: UUID, *, worker: str) -> None:
        """A worker takes up a claimed attempt; from now on its death counts.

        Raises:
            ChangesRefused: it has begun or ended already.
        """
        ...

    async def change(
        self, dag_id: UUID, decide: Callable[[DagRows], Changes], *, with_tasks: bool = True
    ) -> None:
        """Read a DAG, decide, and write, in one transaction.

        Args:
            with_tasks: False gives `decide` the DAG alone.

        Raises:
            NotFound: no such DAG. What `decide` raises: nothing was written.
        """
        ...

    async def get_dag(self, dag_id: UUID) -> DagRecord:
        """Raises: NotFound."""
        ...

    async def list_dags(
        self, *, limit: int, before: UUID | None = None, episode_id: UUID | None = None
    ) -> list[DagRecord]:
        """Newest first, `before` exclusive."""
        ...

    async def unfinished_dags(self, episode_id: UUID) -> list[DagRecord]:
        """The episode's DAGs that are neither completed nor cancelled, newest first."""
        ...

    async def get_task(self, task_id: UUID) -> TaskRecord:
        """Raises: NotFound."""
        ...

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
        """Tasks in the order they were submitted; `after` a task's id, exclusive."""
        ...

    async def list_attempts(self, task_ids: Collection[UUID]) -> Mapping[UUID, list[AttemptRecord]]:
        """Attempts by task, oldest first."""
        ...

    async def find_outputs(self, fingerprints: Collection[str]) -> Mapping[str, TaskOutput]:
        """Accepted outputs by fingerprint."""
        ...

    async def last_params(self, episode_id: UUID) -> Mapping[Slot, Json]:
        """Parameters of each slot's last completed task of an episode."""
        ...
