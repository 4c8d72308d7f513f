"""Parts for tests of the orchestrator: handlers that do as told, stores, and what must hold."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import make_url, text

from ai_video.domain.task import DAGSpec, DAGStatus, TaskOutput, TaskSpec, TaskStatus, may_move
from ai_video.orchestrator.events import Event, events_of
from ai_video.orchestrator.handlers import Facts, InProcessHandler, TaskContext, TaskView
from ai_video.orchestrator.memory_store import MemoryTaskStore
from ai_video.orchestrator.probes import probe_handlers
from ai_video.orchestrator.records import TaskRecord
from ai_video.orchestrator.scheduler import DAGScheduler
from ai_video.orchestrator.store import TaskStore
from ai_video.storage.engines import sync_engine
from ai_video.storage.invariants import check_invariants
from ai_video.storage.migrations.migrate import migrate
from ai_video.storage.task_store import SqlTaskStore

Act = Callable[[TaskContext], Awaitable[TaskOutput | None]]


class Worker(InProcessHandler):
    """Does what `acts` says for a key, else ends at once; `made_of` in params = fingerprint."""

    kind = "work"

    def __init__(self) -> None:
        self.acts: dict[str, Act] = {}
        self.started: list[tuple[str, int]] = []
        self.facts: dict[str, Facts] = {}
        self.reused: list[str] = []
        self.gone = False
        self.running = 0
        self.most_running = 0

    def keys(self) -> list[str]:
        return [key for key, _ in self.started]

    def fingerprint(self, task: TaskView, facts: Facts) -> str | None:
        made_of = task.params.get("made_of")
        return None if made_of is None else f"{made_of}:{json.dumps(facts, sort_keys=True)}"

    async def present(self, output: TaskOutput) -> bool:
        return not self.gone

    async def reuse(self, task: TaskView, output: TaskOutput) -> None:
        self.reused.append(task.key)

    async def run(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        self.started.append((task.key, context.number))
        self.facts[task.key] = facts
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            act = self.acts.get(task.key)
            output = await act(context) if act else None
        finally:
            self.running -= 1
        return output or TaskOutput(facts={"made_by": task.key.rstrip("0123456789")})


class Gate:
    """An act that waits until it is opened."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()
        self.cancelled = False

    async def __call__(self, context: TaskContext) -> None:
        self.reached.set()
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise


def failing(error: Exception, times: int) -> Act:
    """Fails the first attempts."""

    async def act(context: TaskContext) -> None:
        if context.number <= times:
            raise error

    return act


def task(key: str, *parents: str, **values: Any) -> TaskSpec:
    made_of = values.pop("made_of", None)
    params = {} if made_of is None else {"made_of": made_of}
    return TaskSpec(
        key=key,
        kind=values.pop("kind", "work"),
        parents=parents,
        params=params,
        retry_delay=values.pop("retry_delay", 0.01),
        **values,
    )


def dag(*tasks: TaskSpec, **values: Any) -> DAGSpec:
    return DAGSpec(tasks=tasks, **values)


async def by_key(store: TaskStore, dag_id: UUID) -> dict[str, TaskRecord]:
    return {row.key: row for row in await store.list_tasks(dag_id=dag_id)}


async def statuses(store: TaskStore, dag_id: UUID) -> dict[str, str]:
    return {key: row.status.value for key, row in (await by_key(store, dag_id)).items()}


async def until(condition: Callable[[], Awaitable[bool] | bool], seconds: float = 10.0) -> None:
    limit = time.monotonic() + seconds
    while True:
        now = condition()
        if now if isinstance(now, bool) else await now:
            return
        assert time.monotonic() < limit, "it did not happen in time"
        await asyncio.sleep(0.01)


@asynccontextmanager
async def scheduling(
    store: TaskStore, worker: InProcessHandler, *, slots: int = 4, cpu: int = 2, **more: Any
) -> AsyncIterator[DAGScheduler]:
    """A started scheduler that is stopped in the end."""
    scheduler = DAGScheduler(store, [worker], {"slots": slots, "cpu": cpu}, **more)
    scheduler.start(patience_s=0)
    try:
        yield scheduler
    finally:
        await scheduler.stop()


def make_tables(url: str) -> None:
    """All tables, empty, as migrations make them; what a PostgreSQL database held is gone."""
    made = make_url(url)
    if made.get_backend_name() == "postgresql":
        engine = sync_engine(made)
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()
    migrate(made)


def sqlite_url(folder: Path) -> str:
    file = folder / "tasks.sqlite3"
    file.write_bytes(_migrated())
    return f"sqlite:///{file}"


@cache
def _migrated() -> bytes:
    """An empty database; migrating takes half a second, copying none."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "empty.sqlite3"
        make_tables(f"sqlite:///{file}")
        return file.read_bytes()


async def check(store: TaskStore) -> None:
    """Everything that must hold of a store's rows and events."""
    if isinstance(store, MemoryTaskStore):
        _check_events(
            [(row.subject, row.type, row.data) for row in _events(store.events)],
            {str(row.id): row.status for row in await store.list_tasks()},
        )
        return
    assert isinstance(store, SqlTaskStore)
    violated = [row for row in await check_invariants(store) if row.violations]
    assert violated == []
    rows = await store.query("SELECT seq, type, subject, data FROM event ORDER BY seq")
    last = 0
    for seq, kind, subject, data in rows:
        many = len(list(_events([(kind, subject, data)])))
        assert seq - many >= last, "two events share a number"
        last = seq
    _check_events(
        [(row.subject, row.type, row.data) for row in _events([row[1:] for row in rows])],
        {str(row.id): row.status for row in await store.list_tasks()},
    )


def _events(rows: Sequence[Any]) -> Iterator[Event]:
    for kind, subject, data in rows:
        yield from events_of(kind, subject, json.loads(data) if isinstance(data, str) else data)


def _check_events(
    events: list[tuple[str, str, dict[str, Any]]], states: dict[str, TaskStatus]
) -> None:
    """The chain of a task's events is legal and ends in its state; nothing starts once completed."""
    last: dict[str, str] = defaultdict(lambda: "pending")
    for subject, kind, data in events:
        if not kind.startswith("task.") or kind == "task.progress":
            continue
        assert data["from"] == last[subject], (subject, data)
        assert may_move(TaskStatus(data["from"]), TaskStatus(data["to"])), data
        last[subject] = data["to"]
    assert {subject: last[subject] for subject in states} == {
        subject: status.value for subject, status in states.items()
    }


def run_to_end(url: str, dag_id: UUID) -> None:
    """What a process does that runs one DAG with the probe kinds; exit code 4 = not completed."""

    async def run() -> DAGStatus:
        store = SqlTaskStore(url)
        scheduler = DAGScheduler(store, probe_handlers(), {"slots": 8, "cpu": 2})
        status = await scheduler.run_until(dag_id)
        await scheduler.stop()
        await store.close()
        return status

    sys.exit(0 if asyncio.run(run()) is DAGStatus.COMPLETED else 4)
