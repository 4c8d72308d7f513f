"""Tables between a scheduler and the workers of other processes.

A row of `task_dispatch` lives as long as its attempt runs; what stays is in `task_attempt`.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from ai_video.storage.base import Base, JsonColumn, choice


class InstallationRow(Base):
    """One row: the id by which the queues of this database differ from those of others."""

    __tablename__ = "installation"

    name: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID]


class WorkerRow(Base):
    """A worker process that is there; `beats` rises while it lives."""

    __tablename__ = "worker"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    host: Mapped[str]
    pid: Mapped[int]
    slots: Mapped[int]
    beats: Mapped[int]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class DispatchRow(Base):
    """An attempt that runs, or will run, in a worker; `how` says that it is over there."""

    __tablename__ = "task_dispatch"

    attempt_id: Mapped[UUID] = mapped_column(
        ForeignKey("task_attempt.id", ondelete="CASCADE"), primary_key=True
    )
    worker_id: Mapped[UUID | None] = mapped_column(index=True)
    """No foreign key: a worker's row goes when it leaves."""
    run_id: Mapped[UUID | None]
    """Made at each begin; only its owner may report."""
    remote: Mapped[bool]
    """The work goes on outside when its worker dies: another one adopts it."""
    adopt: Mapped[bool]
    cancelling: Mapped[bool]
    told: Mapped[int]
    """Rises with each progress or end that a worker told."""
    progress: Mapped[float | None]
    progress_message: Mapped[str]
    log_tail: Mapped[str]
    server: Mapped[str | None]
    how: Mapped[str | None] = mapped_column(
        choice(("completed", "failed", "lost", "cancelled", "given_back", "died"), "how")
    )
    output_assets: Mapped[list[str] | None] = mapped_column(JsonColumn)
    output_facts: Mapped[dict[str, JsonValue] | None] = mapped_column(JsonColumn)
    error_class: Mapped[str | None] = mapped_column(
        choice(("transient", "resource", "configuration", "system"), "error_class")
    )
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
