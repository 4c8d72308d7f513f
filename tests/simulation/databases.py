"""The rows of a simulation's store, read past all links, from memory or from SQLite."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from tests.scheduling import sqlite_url
from tests.simulation.oracle import Rows, demand

from ai_video.orchestrator.events import EventRecord
from ai_video.orchestrator.memory_store import MemoryTaskStore
from ai_video.storage.invariants import check_invariants
from ai_video.storage.task_store import SqlTaskStore

T = TypeVar("T")


@contextmanager
def sqlite_database() -> Iterator[str]:
    """The address of an empty database, which is gone afterwards."""
    with TemporaryDirectory() as folder:
        yield sqlite_url(Path(folder))


BY_CLOCKS = "nothing starts while its run is paused"
"""Compares times of two clocks, which says nothing where these jump."""


class MemoryRows:
    def __init__(self, store: MemoryTaskStore) -> None:
        self.store = store

    def rows(self) -> Rows:
        t = self.store.tables
        return Rows(t.dags, t.tasks, t.attempts, t.outputs, t.events)

    def holder(self) -> tuple[str, int] | None:
        return self.store.holder

    def judge(self, *, clocks_jump: bool) -> None:
        """The oracle has judged everything."""

    def close(self) -> None:
        return None


class SqlRows:
    """`store` is inline, so nothing that it does ever waits."""

    def __init__(self, store: SqlTaskStore) -> None:
        self.store = store
        self._read_at = -1
        self._rows = Rows({}, {}, {}, {}, [])

    def rows(self) -> Rows:
        if self._read_at != self.store.commits:
            self._read_at = self.store.commits
            self._rows = self._read()
        return self._rows

    def holder(self) -> tuple[str, int] | None:
        found = _now(self.store.query("SELECT owner, token FROM scheduler_lease"))
        return (found[0][0], found[0][1]) if found else None

    def judge(self, *, clocks_jump: bool) -> None:
        """The list of checks that the doctor runs."""
        for row in _now(check_invariants(self.store)):
            if not (clocks_jump and row.name == BY_CLOCKS):
                demand(not row.violations, f"{row.name}:", row.examples)

    def close(self) -> None:
        self.store._close()

    def _read(self) -> Rows:
        tasks = {task.id: task for task in _now(self.store.list_tasks())}
        attempts = _now(self.store.list_attempts(tasks))
        marks = [task.fingerprint for task in tasks.values() if task.fingerprint is not None]
        events = _now(self.store.query("SELECT type, subject, data FROM event ORDER BY seq"))
        return Rows(
            {dag.id: dag for dag in _now(self.store.list_dags(limit=1000))},
            tasks,
            {attempt.id: attempt for some in attempts.values() for attempt in some},
            _now(self.store.find_outputs(marks)),
            [EventRecord(*row) for row in events],
        )


def _now(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never waits."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("it waited")
