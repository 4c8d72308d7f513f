"""Doctor's checks of a queue and its workers; none where tasks run in this process."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from ai_video.domain.entities import Json
from ai_video.errors import AiVideoError, ServiceFailed
from ai_video.orchestrator.dispatch import DispatchStore, Transport, WorkerRecord
from ai_video.orchestrator.holders import host_name
from ai_video.studio.studio import Studio

QUIET = timedelta(seconds=30)


def executor_name(studio: Studio) -> str:
    return "in-process" if studio.dispatch is None else "celery"


async def queue_checks(studio: Studio) -> list[Json]:
    """Can the queue be reached, are there workers, and can they see what the studio sees?"""
    if studio.dispatch is None or studio.transport is None:
        return []
    return [await _broker(studio.transport), *await _workers(studio, studio.dispatch)]


async def _broker(transport: Transport) -> Json:
    try:
        waiting = await asyncio.to_thread(transport.waiting)
    except ServiceFailed as exc:
        return _row("broker", "fail", exc.message(), exc.hint())
    return _row("broker", "ok", f"reachable, {waiting} messages wait for a worker")


async def _workers(studio: Studio, dispatch: DispatchStore) -> list[Json]:
    try:
        workers = (await dispatch.look()).workers
    except AiVideoError as exc:
        return [_row("workers", "fail", exc.message(), exc.hint())]
    quiet = [worker.name for worker in workers if datetime.now(UTC) - worker.seen_at > QUIET]
    alive = [worker for worker in workers if worker.name not in quiet]
    if not alive:
        nobody = ServiceFailed("no_worker")
        return [_row("workers", "warn", nobody.message(), nobody.hint())]
    machines = len({worker.host for worker in alive})
    slots = sum(worker.slots for worker in alive)
    found = f"{len(alive)} workers on {machines} machines, {slots} slots"
    rows = [_row("workers", "ok", found)]
    if quiet:
        fix = "Look whether they still run; what they had runs again elsewhere."
        rows.append(_row("workers.quiet", "warn", f"no sign of life: {', '.join(quiet)}", fix))
    return [*rows, *_shared(studio, alive)]


def _shared(studio: Studio, workers: list[WorkerRecord]) -> list[Json]:
    """Workers of other machines cannot see this machine's files."""
    if all(worker.host == host_name() for worker in workers):
        return []
    settings = studio.settings
    local = [
        *(["AIVIDEO_DATABASE_URL"] if settings.database.startswith("sqlite") else []),
        *(["AIVIDEO_BLOBS"] if not settings.blobs.startswith("s3://") else []),
    ]
    if not local:
        return []
    return [
        _row(
            "workers.shared",
            "fail",
            "workers run on other machines, and this studio keeps its files on this one",
            f"Set {' and '.join(local)} to services that every machine reaches.",
        )
    ]


def _row(identity: str, state: str, message: str, fix: str = "") -> Json:
    return {"id": identity, "state": state, "message": message, "fix": fix}
