"""Tables of the orchestrator: DAGs, tasks, edges, attempts, outputs and the scheduler's lease.

The plan's fields of GenerationTask and TaskDAG, plus what DESIGN 8 adds. Storyboards, lines and
workflows are named without foreign keys: the record of a run outlives what it was for.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import BigInteger, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from ai_video.domain.entities import Json
from ai_video.domain.task import DAGStatus, TaskStatus
from ai_video.storage.base import Base, JsonColumn, choice


class DAGRow(Base):
    """One run (plan: TaskDAG). The counters always equal the counts of its tasks' states."""

    __tablename__ = "task_dag"
    __table_args__ = (Index(None, "status"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    episode_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("episode.id", ondelete="SET NULL"), index=True
    )
    status: Mapped[str] = mapped_column(choice(DAGStatus, "status"))
    trigger_type: Mapped[str] = mapped_column(choice(("manual", "scheduled", "api"), "trigger"))
    created_by: Mapped[str]
    total_tasks: Mapped[int]
    completed_tasks: Mapped[int]
    failed_tasks: Mapped[int]
    """Tasks in manual_review."""
    skipped_tasks: Mapped[int]
    cancelled_tasks: Mapped[int]
    start_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    cancelling: Mapped[bool]
    version: Mapped[int]
    """Raised by every command, so that a scheduler knows what to read again."""
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class TaskRow(Base):
    """One task (plan: GenerationTask); `attempts` is the number of the last attempt = its token."""

    __tablename__ = "generation_task"
    __table_args__ = (Index(None, "dag_id", "position", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    dag_id: Mapped[UUID] = mapped_column(ForeignKey("task_dag.id", ondelete="CASCADE"))
    position: Mapped[int]
    key: Mapped[str]
    kind: Mapped[str]
    part: Mapped[int | None]
    task_type: Mapped[str]
    status: Mapped[str] = mapped_column(choice(TaskStatus, "status"))
    priority: Mapped[int]
    input_params: Mapped[Json] = mapped_column(JsonColumn)
    storyboard_id: Mapped[UUID | None]
    line_id: Mapped[UUID | None]
    workflow_id: Mapped[UUID | None]
    pending_parents: Mapped[int]
    fingerprint: Mapped[str | None]
    satisfied: Mapped[bool]
    output_assets: Mapped[list[str] | None] = mapped_column(JsonColumn)
    output_facts: Mapped[Json | None] = mapped_column(JsonColumn)
    error_class: Mapped[str | None]
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    reason: Mapped[str | None]
    """Why it waits: room, a person, another task with the same result."""
    attempts: Mapped[int]
    retry_count: Mapped[int]
    free_retries: Mapped[int]
    """Attempts that ended without raising retry_count; capped against crash loops."""
    max_retries: Mapped[int]
    retry_delay: Mapped[float]
    timeout: Mapped[float]
    not_before: Mapped[datetime | None]
    cancelling: Mapped[bool]
    resource_requirements: Mapped[Json] = mapped_column(JsonColumn)
    version: Mapped[int]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]


class EdgeRow(Base):
    """A parent of a task; `position` keeps the order in which parents were named."""

    __tablename__ = "task_edge"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012  read once by SQLAlchemy

    child_id: Mapped[UUID] = mapped_column(
        ForeignKey("generation_task.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[UUID] = mapped_column(
        ForeignKey("generation_task.id", ondelete="CASCADE"), index=True
    )


class AttemptRow(Base):
    """One attempt of a task; `number` is its token, `remote_id` is stored before the job is sent."""

    __tablename__ = "task_attempt"
    __table_args__ = (Index(None, "task_id", "number", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    task_id: Mapped[UUID] = mapped_column(ForeignKey("generation_task.id", ondelete="CASCADE"))
    number: Mapped[int]
    started_at: Mapped[datetime]
    begun_at: Mapped[datetime | None]
    """When the worker took it up; until then its death costs no retry."""
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(
        choice(("completed", "failed", "lost", "cancelled"), "outcome")
    )
    error_class: Mapped[str | None] = mapped_column(
        choice(("transient", "resource", "configuration", "system"), "error_class")
    )
    error_code: Mapped[str | None]
    message: Mapped[str | None]
    worker: Mapped[str]
    server: Mapped[str | None]
    remote_id: Mapped[str | None]
    lease_owner: Mapped[str]
    progress: Mapped[float | None]
    progress_message: Mapped[str | None]
    log_tail: Mapped[str]
    adoptions: Mapped[int] = mapped_column(server_default=text("0"))
    """How often it was taken over from a worker that died."""


class OutputRow(Base):
    """An accepted result and the fingerprint of what it was made from; the last one counts.

    `mark` is `task_sql.fingerprint_mark` of the fingerprint, which has no index of its own.
    """

    __tablename__ = "task_output"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True
    )
    mark: Mapped[int] = mapped_column(BigInteger(), index=True)
    fingerprint: Mapped[str]
    kind: Mapped[str]
    assets: Mapped[list[str]] = mapped_column(JsonColumn)
    facts: Mapped[dict[str, JsonValue]] = mapped_column(JsonColumn)
    task_id: Mapped[UUID | None]
    """No foreign key: an output outlives the record of the run that made it."""
    made_at: Mapped[datetime]


class LeaseRow(Base):
    """Who schedules; `until` in seconds of the database's clock, `wake` counts commands."""

    __tablename__ = "scheduler_lease"

    name: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    host: Mapped[str]
    pid: Mapped[int]
    token: Mapped[int]
    until: Mapped[float]
    wake: Mapped[int]
