from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.scheduling import Worker, check, make_tables, sqlite_url

from ai_video.orchestrator.memory_store import MemoryTaskStore
from ai_video.orchestrator.store import TaskStore
from ai_video.storage.task_store import SqlTaskStore

STORES = ["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[TaskStore]:
    """An empty store; what must hold is checked after the test."""
    match request.param:
        case "memory":
            store: TaskStore = MemoryTaskStore()
        case "sqlite":
            store = SqlTaskStore(sqlite_url(tmp_path))
        case _:
            url = os.environ.get("AIVIDEO_TEST_POSTGRESQL")
            if not url:
                pytest.skip("AIVIDEO_TEST_POSTGRESQL is not set")
            url = url.replace("postgresql://", "postgresql+psycopg://")
            make_tables(url)
            store = SqlTaskStore(url)
    yield store
    await check(store)
    await store.close()


@pytest.fixture
def worker() -> Worker:
    return Worker()
