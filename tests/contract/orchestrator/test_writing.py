"""Who writes to SQLite when: a small step in its caller's thread, but never waiting there."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contract.orchestrator.test_store import NOW, claim_of, lease_of, read, submitted
from tests.scheduling import check, sqlite_url

from ai_video.domain.task import TaskStatus
from ai_video.orchestrator.records import Changes
from ai_video.orchestrator.store import ChangesRefused, Moment
from ai_video.storage.task_store import SqlTaskStore


class Seen:
    """The threads in which moments of transactions were reached."""

    def __init__(self) -> None:
        self.threads: list[tuple[Moment, str]] = []
        self.fails_at: Moment | None = None

    def __call__(self, moment: Moment) -> None:
        self.threads.append((moment, threading.current_thread().name))
        if moment == self.fails_at:
            self.fails_at = None
            raise RuntimeError(moment)


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
async def store(tmp_path: Path, seen: Seen) -> AsyncIterator[SqlTaskStore]:
    store = SqlTaskStore(sqlite_url(tmp_path), on_moment=seen)
    yield store
    await check(store)
    await store.close()


async def step(store: SqlTaskStore) -> Changes:
    """Changes that claim the first task."""
    lease = await lease_of(store)
    graph, node = await read(store)
    changes = Changes(at=NOW, lease=lease)
    claim_of(graph, node, changes)
    return changes


async def test_only_the_commit_of_a_small_step_is_in_a_thread(
    store: SqlTaskStore, seen: Seen
) -> None:
    await submitted(store, "a")
    changes = await step(store)
    seen.threads.clear()
    await store.apply(changes)
    here = threading.current_thread().name
    assert seen.threads == [("begun", here), ("written", here), ("committed", "task-committer")]


async def test_a_step_waits_for_another_writer_without_holding_up_the_loop(
    store: SqlTaskStore, tmp_path: Path
) -> None:
    dag_id = await submitted(store, "a")
    changes = await step(store)
    file = sqlite_url(tmp_path).partition("///")[2]
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    applying = asyncio.create_task(store.apply(changes))
    for _ in range(10):  # the loop goes on
        await asyncio.sleep(0.01)
    assert not applying.done()
    other.execute("ROLLBACK")
    other.close()
    await asyncio.wait_for(applying, 10)
    (task,) = await store.list_tasks(dag_id=dag_id)
    assert task.status is TaskStatus.RUNNING


async def test_steps_and_other_writes_take_turns(store: SqlTaskStore) -> None:
    await submitted(store, "a")
    changes = await step(store)
    others = [asyncio.create_task(submitted(store, f"b{number}")) for number in range(20)]
    await asyncio.sleep(0)
    applying = asyncio.create_task(store.apply(changes))
    more = [asyncio.create_task(submitted(store, f"c{number}")) for number in range(20)]
    await asyncio.wait([*others, applying, *more], timeout=20)
    assert applying.done()
    await applying
    assert len(await store.list_tasks()) == 41


async def test_a_step_whose_caller_leaves_is_written_nevertheless(store: SqlTaskStore) -> None:
    dag_id = await submitted(store, "a")
    changes = await step(store)
    applying = asyncio.create_task(store.apply(changes))
    await asyncio.sleep(0)
    applying.cancel()
    await asyncio.gather(applying, return_exceptions=True)
    await submitted(store, "b")  # waits for its turn
    (task,) = await store.list_tasks(dag_id=dag_id)
    assert task.status is TaskStatus.RUNNING


@pytest.mark.parametrize("moment", ["begun", "written", "committed"])
async def test_the_turn_is_given_back_whatever_fails(
    store: SqlTaskStore, seen: Seen, moment: Moment
) -> None:
    dag_id = await submitted(store, "a")
    changes = await step(store)
    seen.fails_at = moment
    with pytest.raises(RuntimeError):
        await store.apply(changes)
    (task,) = await store.list_tasks(dag_id=dag_id)
    written = moment == "committed"
    assert task.status is (TaskStatus.RUNNING if written else TaskStatus.PENDING)
    if written:
        with pytest.raises(ChangesRefused):
            await store.apply(changes)
    else:
        await store.apply(changes)
