"""Wires the real parts together: the only file that turns settings into a running studio."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING

from ai_video.animatic import AnimaticGenerator
from ai_video.assets import FileCache, LocalBlobs, S3Blobs
from ai_video.audio.registry import build_provider
from ai_video.domain.ports import BlobStore, Generator
from ai_video.errors import InputRefused, Language, NotAvailable
from ai_video.orchestrator.dispatch import WorkerRecord
from ai_video.orchestrator.handlers import TaskHandler
from ai_video.orchestrator.holders import host_name, this_process
from ai_video.orchestrator.probes import probe_handlers
from ai_video.orchestrator.queue_executor import QueueExecutor
from ai_video.orchestrator.queue_worker import QueueWorker, new_worker
from ai_video.orchestrator.scheduler import DAGScheduler
from ai_video.settings import Settings, message_language
from ai_video.storage.database import Database
from ai_video.storage.dispatch_store import SqlDispatchStore
from ai_video.storage.task_store import SqlTaskStore
from ai_video.studio.language.language_models import LanguageModels
from ai_video.studio.language.model_providers import known_providers
from ai_video.studio.language.spending import Spending
from ai_video.studio.production.card_segments import CardSegments
from ai_video.studio.production.film_composite import CompositeHandler
from ai_video.studio.production.film_handlers import SegmentHandler, VoiceHandler
from ai_video.studio.production.film_results import Results
from ai_video.studio.production.graph_jobs import GraphJobs
from ai_video.studio.production.judging import ModelJudge
from ai_video.studio.production.picture_handlers import ClipHandler, KeyframeHandler
from ai_video.studio.production.result_review import Review
from ai_video.studio.production.server_pool import ServerPool
from ai_video.studio.production.speech import SpeechProviders
from ai_video.studio.production.workflow_handler import WorkflowRunHandler
from ai_video.studio.room import NeedsRoom
from ai_video.studio.studio import Studio

if TYPE_CHECKING:
    from ai_video.orchestrator.celery_queue import CeleryConsumer


ALIVE_FOR = timedelta(seconds=30)
QUEUE_EXTRA = f'"{sys.executable}" -m pip install "ai-video[queue]"'


@dataclass(frozen=True, slots=True)
class Parts:
    """What studio and worker have in common."""

    database: Database
    blobs: BlobStore
    generators: dict[str, Generator]
    speech: SpeechProviders
    servers: ServerPool
    models: LanguageModels
    handlers: list[TaskHandler]
    language: Language


@dataclass(frozen=True, slots=True)
class RunningWorker:
    """A worker that takes tasks from the queue."""

    worker: QueueWorker
    consumer: CeleryConsumer


@asynccontextmanager
async def open_studio(settings: Settings) -> AsyncGenerator[Studio]:
    """A studio on these settings: database migrated, scheduler running; all closed afterwards.

    Raises:
        InputRefused: the data folder cannot be written.
        NotAvailable: a setting names a part that is not there.
    """
    queue = _queue_parts(settings)
    async with _open_parts(settings) as parts:
        store = SqlTaskStore(settings.database)
        await store.open()
        dispatch = transport = executor = None
        capacities = {"slots": settings.slots, "cpu": os.cpu_count() or 1}
        try:
            if queue is not None:
                dispatch = SqlDispatchStore(parts.database)
                name = queue.queue_of(await dispatch.installation())
                transport = queue.CeleryTransport(settings.broker_url, name)
                executor = partial(
                    QueueExecutor,
                    store=dispatch,
                    transport=transport,
                    here=this_process(),
                    language=parts.language,
                )
                del capacities["cpu"]  # cores are the workers', whose own slots bound them
            scheduler = DAGScheduler(
                store,
                parts.handlers,
                capacities,
                language=parts.language,
                executor=executor,
                devices=lambda: parts.servers.count,
            )
            scheduler.start()
            watching = None if queue is None else asyncio.create_task(parts.servers.watch())
            try:
                yield Studio(
                    settings=settings,
                    database=parts.database,
                    blobs=parts.blobs,
                    scheduler=scheduler,
                    store=store,
                    speech=parts.speech,
                    generators=parts.generators,
                    servers=parts.servers,
                    models=parts.models,
                    language=parts.language,
                    dispatch=dispatch,
                    transport=transport,
                )
            finally:
                if watching is not None:
                    watching.cancel()
                    await asyncio.gather(watching, return_exceptions=True)
                await scheduler.stop()
                if transport is not None:
                    await asyncio.to_thread(transport.close)
        finally:
            await store.close()


@asynccontextmanager
async def open_worker(
    settings: Settings, *, slots: int, grace_s: float
) -> AsyncGenerator[RunningWorker]:
    """A worker on these settings that takes tasks; at the end running ones get `grace_s` seconds.

    Raises:
        InputRefused: `no_broker`. NotAvailable: Celery is not there.
        ServiceFailed: broker or database cannot be reached.
    """
    queue = _queue_parts(settings)
    if queue is None:
        raise InputRefused("no_broker")
    async with _open_parts(settings) as parts:
        store = SqlDispatchStore(parts.database)
        name = queue.queue_of(await store.installation())
        transport = queue.CeleryTransport(settings.broker_url, name)
        await asyncio.to_thread(transport.waiting)  # say now that the broker cannot be reached
        await asyncio.to_thread(transport.close)
        record = new_worker(slots)
        worker = QueueWorker(store, parts.handlers, record, language=parts.language)
        consumer = queue.CeleryConsumer(settings.broker_url, name, worker.work, slots=slots)
        await worker.start()
        try:
            await consumer.start(record.name)
            yield RunningWorker(worker, consumer)
        finally:
            consumer.take_no_more()
            await worker.stop(grace_s=grace_s)
            await consumer.stop()


async def living_workers(settings: Settings) -> list[WorkerRecord]:
    """Workers of this machine that gave a sign of life in the last half minute."""
    database = Database(settings.database)
    await database.open(migrate=False)
    try:
        workers = (await SqlDispatchStore(database).look()).workers
    finally:
        await database.close()
    now = datetime.now(UTC)
    return [
        worker
        for worker in workers
        if worker.host == host_name() and now - worker.seen_at < ALIVE_FOR
    ]


def _queue_parts(settings: Settings) -> ModuleType | None:
    """Celery's side of the queue, where settings name a broker.

    Raises:
        NotAvailable: the extra is not installed. InputRefused: the address is no broker's.
    """
    if not settings.broker_url:
        return None
    try:
        from ai_video.orchestrator import celery_queue
    except ModuleNotFoundError as exc:
        raise NotAvailable("celery", QUEUE_EXTRA) from exc
    celery_queue.checked_broker(settings.broker_url)
    return celery_queue


@asynccontextmanager
async def _open_parts(settings: Settings) -> AsyncGenerator[Parts]:
    await _make_home(settings)
    database = Database(settings.database)
    await database.open()
    try:
        blobs = await _open_blobs(settings)
        generators: dict[str, Generator] = {"animatic": AnimaticGenerator()}
        speech = SpeechProviders(lambda choice: build_provider(choice, offline=settings.offline))
        language = message_language(settings)
        servers = ServerPool(database, settings.comfyui_url, offline=settings.offline)
        spending = Spending(database, settings.cost_cap_per_day)
        providers = known_providers(offline=settings.offline, environment=os.environ)
        models = LanguageModels(database, spending, settings.llm, providers)
        graphs = GraphJobs(servers, blobs, spending, language=language)
        review = Review(Results(database, blobs), ModelJudge(models, database, blobs))
        try:
            yield Parts(
                database=database,
                blobs=blobs,
                generators=generators,
                speech=speech,
                servers=servers,
                models=models,
                handlers=_handlers(settings, review, speech, generators, graphs),
                language=language,
            )
        finally:
            await servers.close()
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
    review: Review,
    speech: SpeechProviders,
    generators: dict[str, Generator],
    graphs: GraphJobs,
) -> list[TaskHandler]:
    results = review.results
    cache = FileCache(settings.home / "film-cache")
    handlers: list[TaskHandler] = [
        VoiceHandler(results, speech),
        KeyframeHandler(results, generators, graphs, review),
        ClipHandler(results, generators, graphs, review),
        SegmentHandler(results),
        CompositeHandler(results, cache, CardSegments(generators, cache)),
        WorkflowRunHandler(results, graphs),
    ]
    handlers = [
        NeedsRoom(handler, settings.home, least_mb=settings.least_free_mb) for handler in handlers
    ]
    if settings.probes:
        handlers += probe_handlers()
    return handlers
