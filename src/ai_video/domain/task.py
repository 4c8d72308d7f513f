"""Tasks: states and their legal moves as ONE table, retry policy, and the typed task values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import Field, JsonValue

from ai_video.domain.entities import Json, Value
from ai_video.errors import ErrorClass


class TaskStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    RETRY_PENDING = "retry_pending"
    MANUAL_REVIEW = "manual_review"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class DAGStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


S = TaskStatus

LEGAL_MOVES: dict[TaskStatus, dict[TaskStatus, str]] = {
    S.PENDING: {
        S.RUNNING: "claimed: parents completed and resources free",
        S.COMPLETED: "satisfied: an accepted output has its fingerprint",
        S.CANCELLED: "cancelled before it started",
        S.SKIPPED: "skipped by a person",
    },
    S.RUNNING: {
        S.COMPLETED: "its result was accepted",
        S.FAILED: "error, time-out or death after begin",
        S.PENDING: "given back: waits for room, or its worker died before begin",
        S.CANCELLED: "cancelled while it ran",
    },
    S.FAILED: {
        S.RETRY_PENDING: "retries left and the class may be retried",
        S.MANUAL_REVIEW: "no retries left, or a person must fix something",
    },
    S.RETRY_PENDING: {
        S.PENDING: "the delay is over",
        S.CANCELLED: "cancelled while it waited",
        S.SKIPPED: "skipped by a person",
    },
    S.MANUAL_REVIEW: {
        S.PENDING: "try again",
        S.COMPLETED: "done by hand, or a previous take is used",
        S.SKIPPED: "skipped by a person",
        S.CANCELLED: "cancelled by a person",
    },
    S.COMPLETED: {},
    S.CANCELLED: {},
    S.SKIPPED: {},
}
"""From → to → why. `failed` is passed through and recorded in the same transaction."""

END_STATES = frozenset({S.COMPLETED, S.CANCELLED, S.SKIPPED})
UNLOCKS_CHILDREN = frozenset({S.COMPLETED, S.SKIPPED})
"""A skipped task counts as done for its children, which read empty facts of it."""


def may_move(source: TaskStatus, target: TaskStatus) -> bool:
    return target in LEGAL_MOVES[source]


RETRYABLE: frozenset[ErrorClass] = frozenset({"transient", "system"})
CRASH_LOOP_CAP = 10
"""Attempts that ended without raising retry_count (server loss, death before begin)."""

ADOPTION_CAP = 10
"""So often a job that goes on outside is adopted from a worker that died; then a person is asked."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential back-off; max_retries 3 = at most 4 attempts."""

    max_retries: int = 3
    base_delay: float = 5
    max_delay: int = 300
    exponential_base: float = 2.0

    def get_delay(self, retry_count: int) -> float:
        """Seconds to wait before retry number `retry_count` + 1: 5, 10, 20 … at most 300."""
        return min(self.base_delay * self.exponential_base**retry_count, self.max_delay)


TaskType = Literal["image", "video", "audio", "composite", "training"]
TASK_TYPE_OF_KIND: dict[str, TaskType] = {
    "keyframe": "image",
    "clip": "video",
    "voice": "audio",
    "segment": "composite",
    "composite": "composite",
    "lora_train": "training",
    "workflow": "image",
}


class ResourceRequirements(Value):
    """Named quantities a task holds while it runs."""

    gpu_memory_mb: int = Field(default=0, ge=0)
    estimated_duration: float = Field(default=1, ge=0, description="seconds")
    priority_boost: bool = False
    cpu: int = Field(default=0, ge=0, description="cores")
    model_set: str | None = None


class TaskSpec(Value):
    """A task as it is submitted."""

    key: str = Field(min_length=1, max_length=200)
    kind: str = Field(min_length=1, max_length=60)
    params: Json = Field(default={})
    parents: tuple[str, ...] = ()
    priority: int = Field(default=50, ge=0, le=100)
    max_retries: int = Field(default=3, ge=0, le=100)
    retry_delay: float = Field(default=5, ge=0, le=86_400, description="seconds")
    timeout: float = Field(default=3600, gt=0, le=7 * 86_400, description="seconds")
    resource_requirements: ResourceRequirements = ResourceRequirements()
    part: int | None = None
    storyboard_id: UUID | None = None
    line_id: UUID | None = None
    workflow_id: UUID | None = None


class DAGSpec(Value):
    """A DAG as it is submitted."""

    name: str = Field(default="", max_length=200)
    trigger_type: Literal["manual", "scheduled", "api"] = "api"
    start_at: datetime | None = None
    episode_id: UUID | None = None
    created_by: str = "user"
    tasks: tuple[TaskSpec, ...] = Field(min_length=1, max_length=200_000)


@dataclass(frozen=True, slots=True)
class TaskOutput:
    """What a finished task leaves: assets by id, and facts that children's fingerprints hold."""

    assets: tuple[UUID, ...] = ()
    facts: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
