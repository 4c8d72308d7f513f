"""Wires the real parts together: the only file that turns settings into a running studio."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from ai_video.animatic import AnimaticGenerator
from ai_video.assets import FileCache, LocalBlobs, S3Blobs
from ai_video.audio.registry import build_provider
from ai_video.domain.ports import BlobStore, Generator
from ai_video.errors import InputRefused, NotAvailable
from ai_video.orchestrator.handlers import TaskHandler
from ai_video.orchestrator.probes import probe_handlers
from ai_video.orchestrator.scheduler import DAGScheduler
from ai_video.settings import Settings, message_language
from ai_video.storage.database import Database
from ai_video.storage.task_store import SqlTaskStore
from ai_video.studio.film_composite import CompositeHandler
from ai_video.studio.film_handlers import (
    ClipHandler,
    KeyframeHandler,
    SegmentHandler,
    VoiceHandler,
)
from ai_video.studio.film_results import Results
from ai_video.studio.speech import SpeechProviders
from ai_video.studio.studio import Studio


@asynccontextmanager
async def open_studio(settings: Settings) -> AsyncGenerator[Studio]:
    """A studio on these settings: database migrated, scheduler running; all closed afterwards.

    Raises:
        InputRefused: the data folder cannot be written.
        NotAvailable: a setting names a part that is not there.
    """
    if settings.broker_url:
        raise NotAvailable("celery", "unset AIVIDEO_BROKER_URL")
    await _make_home(settings)
    database = Database(settings.database)
    await database.open()
    try:
        blobs = await _open_blobs(settings)
        generators: dict[str, Generator] = {"animatic": AnimaticGenerator()}
        speech = SpeechProviders(lambda choice: build_provider(choice, offline=settings.offline))
        store = SqlTaskStore(settings.database)
        await store.open()
        try:
            language = message_language(settings)
            scheduler = DAGScheduler(
                store,
                _handlers(settings, Results(database, blobs), speech, generators),
                {"slots": settings.slots, "cpu": os.cpu_count() or 1},
                language=language,
            )
            scheduler.start()
            try:
                yield Studio(
                    settings=settings,
                    database=database,
                    blobs=blobs,
                    scheduler=scheduler,
                    store=store,
                    speech=speech,
                    generators=generators,
                    language=language,
                )
            finally:
                await scheduler.stop()
        finally:
            await store.close()
    finally:
        await database.close()


async def _make_home(settings: Settings) -> None:
    try:
        await asyncio.to_thread(settings.home.mkdir, parents=True, exist_ok=True)
    except OSError as exc:
        raise InputRefused(
            "file_unwritable", path=str(settings.home), reason=exc.strerror or str(exc)
        ) from exc


async def _open_blobs(settings: Settings) -> BlobStore:
    if settings.blobs.startswith("s3://"):
        store = S3Blobs(settings.blobs, cache=settings.home / "blob-cache")
    else:
        store = LocalBlobs(settings.home / "blobs")
    await store.sweep()
    return store


def _handlers(
    settings: Settings,
    results: Results,
    speech: SpeechProviders,
    generators: dict[str, Generator],
) -> list[TaskHandler]:
    handlers: list[TaskHandler] = [
        VoiceHandler(results, speech),
        KeyframeHandler(results, generators),
        ClipHandler(results, generators),
        SegmentHandler(results),
        CompositeHandler(results, FileCache(settings.home / "film-cache")),
    ]
    if settings.probes:
        handlers += probe_handlers()
    return handlers
