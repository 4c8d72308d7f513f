"""When a run, its shots and its tasks will be done, from what such tasks took before."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from ai_video.domain.task import TaskStatus
from ai_video.orchestrator.eta import Begun, Lanes, medians, seconds_until_done
from ai_video.orchestrator.records import DagRecord, TaskRecord
from ai_video.storage.database import now
from ai_video.storage.durations import recent_durations
from ai_video.studio.studio import Studio

UNFINISHED = frozenset(
    {
        TaskStatus.PENDING,
        TaskStatus.RUNNING,
        TaskStatus.RETRY_PENDING,
        TaskStatus.MANUAL_REVIEW,
    }
)


@dataclass(frozen=True, slots=True)
class RunEta:
    """Times of the end. Missing: it waits for a person; a run that is paused or over has none."""

    run: datetime | None = None
    shots: dict[UUID, datetime] = field(default_factory=dict[UUID, datetime])
    tasks: dict[UUID, datetime] = field(default_factory=dict[UUID, datetime])


async def run_eta(studio: Studio, dag: DagRecord, tasks: Sequence[TaskRecord]) -> RunEta:
    """Times for all that is unfinished; a shot is done with the last of its tasks."""
    unfinished = [task for task in tasks if task.status in UNFINISHED]
    if dag.paused_at is not None or dag.cancelling or not unfinished:
        return RunEta()
    rows = await studio.database.read(recent_durations)
    at = now()
    begins = max(at, dag.start_at) if dag.start_at is not None and dag.started_at is None else at
    running = [task.id for task in tasks if task.status is TaskStatus.RUNNING]
    attempts = await studio.store.list_attempts(running)
    since = {
        id: Begun((at - rows[-1].started_at).total_seconds(), rows[-1].server)
        for id, rows in attempts.items()
    }
    servers = [server.url for server in await studio.servers.servers()]
    lanes = Lanes(servers, min(studio.settings.slots, os.cpu_count() or 1))
    left = seconds_until_done(tasks, medians(rows), lanes, since)
    ends = {id: begins + timedelta(seconds=seconds) for id, seconds in left.items()}
    shots: dict[UUID, datetime] = {}
    held: set[UUID] = set()
    for task in unfinished:
        shot, end = task.storyboard_id, ends.get(task.id)
        if shot is None:
            continue
        if end is None:
            held.add(shot)
        else:
            shots[shot] = max(end, shots.get(shot, end))
    whole = len(ends) == len(unfinished)
    return RunEta(
        max(ends.values()) if whole else None,
        {shot: end for shot, end in shots.items() if shot not in held},
        ends,
    )


async def episode_eta(studio: Studio, episode_id: UUID) -> datetime | None:
    """When the film that is being made of an episode will be done; None where none is made."""
    for dag in await studio.store.unfinished_dags(episode_id):
        eta = await run_eta(studio, dag, await studio.store.list_tasks(dag_id=dag.id))
        return eta.run
    return None


def time_of(moment: datetime | None) -> str | None:
    """As all times in documents, to the second."""
    if moment is None:
        return None
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
