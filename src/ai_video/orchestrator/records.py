"""Rows of the orchestrator as values, and the changes that one transaction makes to them.

A scheduler changes its own copies of `DagRecord` and `TaskRecord` and hands the changes to the
store in one `Changes`; the store writes all of them or, where a fence does not hold, none. What is
made once per task and step is a NamedTuple: a frozen dataclass takes several times as long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from ai_video.domain.entities import Json
from ai_video.domain.task import (
    DAGStatus,
    ResourceRequirements,
    TaskOutput,
    TaskStatus,
)
from ai_video.errors import ErrorClass
from ai_video.orchestrator.events import EventRecord, MoveEvent

Outcome = Literal["completed", "failed", "lost", "cancelled"]
Trigger = Literal["manual", "scheduled", "api"]


@dataclass(slots=True)
class DagRecord:
    """A run; the counters equal the counts of its tasks' states (`failed` = manual_review)."""

    id: UUID
    name: str
    episode_id: UUID | None
    status: DAGStatus
    trigger_type: Trigger
    created_by: str
    total_tasks: int
    completed_tasks: int
    failed_tasks: int
    skipped_tasks: int
    cancelled_tasks: int
    start_at: datetime | None
    paused_at: datetime | None
    cancelling: bool
    version: int
    started_at: datetime | None
    completed_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class TaskRecord:
    """A task; `attempts` is the number of its last attempt, which is that attempt's token."""

    id: UUID
    dag_id: UUID
    position: int
    key: str
    kind: str
    part: int | None
    task_type: str
    status: TaskStatus
    priority: int
    params: Json
    storyboard_id: UUID | None
    line_id: UUID | None
    workflow_id: UUID | None
    pending_parents: int
    fingerprint: str | None
    satisfied: bool
    output: TaskOutput | None
    error_class: ErrorClass | None
    error_code: str | None
    error_message: str | None
    reason: str | None
    attempts: int
    retry_count: int
    free_retries: int
    max_retries: int
    retry_delay: float
    timeout: float
    not_before: datetime | None
    cancelling: bool
    resource_requirements: ResourceRequirements
    version: int
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    parents: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One attempt; `remote_id` is stored before the job is sent."""

    id: UUID
    task_id: UUID
    number: int
    started_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None
    outcome: Outcome | None
    error_class: ErrorClass | None
    error_code: str | None
    message: str | None
    worker: str
    server: str | None
    remote_id: str | None
    lease_owner: str
    progress: float | None
    progress_message: str | None
    log_tail: str
    adoptions: int = 0
    """How often it was taken over from a worker that died."""


@dataclass(frozen=True, slots=True)
class DagRows:
    """A DAG with its tasks in order and its running attempts by task."""

    dag: DagRecord
    tasks: list[TaskRecord]
    running: Mapping[UUID, AttemptRecord]


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that schedules or would like to; `host` tells apart machines and restarts of one."""

    owner: str
    host: str
    pid: int


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to schedule; `token` rises with every new owner.

    `after_death`: whoever had it before did not give it back.
    """

    owner: str
    token: int
    after_death: bool = False


class Move(NamedTuple):
    """A task's new values, if it still is in `source` and its last attempt is `token`.

    From running to completed, its output is accepted: others with its fingerprint may use it.
    """

    task: TaskRecord
    source: TaskStatus
    token: int


class AttemptStart(NamedTuple):
    """A new attempt. `begun`: the claimer is the worker, so claim and begin are one."""

    id: UUID
    task_id: UUID
    number: int
    worker: str
    lease_owner: str
    remote_id: str | None = None
    begun: bool = True


class AttemptEnd(NamedTuple):
    """An attempt's end, if it has none yet."""

    id: UUID
    outcome: Outcome
    error_class: ErrorClass | None = None
    error_code: str | None = None
    message: str | None = None
    progress: float | None = None
    progress_message: str | None = None
    log_tail: str | None = None
    server: str | None = None


class Adoption(NamedTuple):
    """Take over an attempt that goes on outside. `after_death`: the worker that had it died."""

    id: UUID
    after_death: bool


class Claim(NamedTuple):
    """Start an attempt, unless an output with its fingerprint was accepted meanwhile.

    `remake`: the accepted output is known and its artifacts are gone. `unlocked`: how many of its
    parents are done since the last step; that is written even where the claim is not.
    """

    move: Move
    attempt: AttemptStart
    event: MoveEvent
    remake: bool = False
    unlocked: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """What a running attempt told so far."""

    attempt_id: UUID
    fraction: float | None
    message: str
    log_tail: str
    server: str | None


@dataclass(slots=True)
class Changes:
    """All that one transaction changes; written in the order of the fields.

    `lease`: refused unless it still holds. `unlocked`: how many more parents of a task are
    done, by the number that its id is: an int is hashed in a fraction of the time of a UUID.
    `dags`: refused where a DAG's version is another one; `counted` names those of which only the
    counters differ, `commands` those whose version rises. `lookups`: fingerprints whose accepted
    outputs are asked for. (Its factories are plain `list`, not `list[…]`: calling an alias raises and
    swallows an error, ten times per step.)
    """

    at: datetime
    lease: Lease | None = None
    ends: list[AttemptEnd] = field(default_factory=list)
    adopted: list[Adoption] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    unlocked: dict[int, int] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    dags: dict[UUID, DagRecord] = field(default_factory=dict)
    counted: set[UUID] = field(default_factory=set)
    commands: set[UUID] = field(default_factory=set)
    events: list[EventRecord | MoveEvent] = field(default_factory=list)
    progress: list[Progress] = field(default_factory=list)
    lookups: list[str] = field(default_factory=list)

    @property
    def writes(self) -> bool:
        return bool(
            self.ends
            or self.adopted
            or self.moves
            or self.claims
            or self.dags
            or self.events
            or self.progress
        )
