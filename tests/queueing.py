"""Real processes around a real queue: a scheduler, and workers that tests may kill."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from contextlib import suppress
from functools import partial
from uuid import UUID

from ai_video.domain.task import DAGStatus
from ai_video.errors import ServiceFailed
from ai_video.orchestrator.celery_queue import CeleryConsumer, CeleryTransport, queue_of
from ai_video.orchestrator.holders import this_process
from ai_video.orchestrator.probes import probe_handlers
from ai_video.orchestrator.queue_executor import QueueExecutor
from ai_video.orchestrator.queue_worker import QueueWorker, new_worker
from ai_video.orchestrator.scheduler import DAGScheduler
from ai_video.storage import engines
from ai_video.storage.database import Database
from ai_video.storage.dispatch_store import SqlDispatchStore
from ai_video.storage.task_store import SqlTaskStore

SLOTS = 4


async def opened(url: str) -> tuple[Database, SqlDispatchStore, str]:
    engines.STUCK_AFTER_MS = 3_000
    database = Database(url)
    await database.open(migrate=False)
    store = SqlDispatchStore(database)
    return database, store, queue_of(await store.installation())


def work(url: str, broker: str) -> None:
    """What a worker process does, until it is killed."""
    logging.disable()

    async def run() -> None:
        while True:
            with suppress(ServiceFailed):
                _, store, queue = await opened(url)
                break
        worker = QueueWorker(store, probe_handlers(), new_worker(SLOTS), beat_s=0.5)
        consumer = CeleryConsumer(broker, queue, worker.work, slots=SLOTS)
        while True:
            with suppress(ServiceFailed):
                await worker.start()
                break
        await consumer.start(f"test:{os.getpid()}")
        await asyncio.Event().wait()

    asyncio.run(run())


def schedule(url: str, broker: str, dag_id: UUID, slots: int) -> None:
    """Run one DAG in workers; exit code 4 = not completed."""
    logging.disable()

    async def run() -> DAGStatus:
        database, dispatch, queue = await opened(url)
        store = SqlTaskStore(url)
        transport = CeleryTransport(broker, queue)
        executor = partial(
            QueueExecutor, store=dispatch, transport=transport, here=this_process(), silence_s=5
        )
        scheduler = DAGScheduler(store, probe_handlers(), {"slots": slots}, executor=executor)
        while True:
            try:
                status = await scheduler.run_until(dag_id)
                break
            except ServiceFailed:  # whoever waits is told; this one waits on
                await asyncio.sleep(0.1)
        await scheduler.stop()
        await store.close()
        await database.close()
        await asyncio.to_thread(transport.close)
        return status

    sys.exit(0 if asyncio.run(run()) is DAGStatus.COMPLETED else 4)
