"""The orchestrator's store on SQL: its own sync connection in one writer thread.

A step is one transaction with statements that are run many rows at a time. Reads use connections of
their own and wait for no writer. On PostgreSQL a lock makes writers take turns, as SQLite does, so
both databases behave alike and events become visible in the order of their numbers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, groupby
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import PoolProxiedConnection

from ai_video.domain.entities import Json
from ai_video.domain.task import TaskOutput, TaskStatus
from ai_video.errors import NotFound, ServiceFailed
from ai_video.orchestrator.collecting import collector_rests
from ai_video.orchestrator.events import EventRecord, MoveEvent, rows_of
from ai_video.orchestrator.records import (
    AttemptRecord,
    Changes,
    Claim,
    DagRecord,
    DagRows,
    Holder,
    Lease,
    Move,
    TaskRecord,
)
from ai_video.orchestrator.store import (
    ChangesRefused,
    LeaseLost,
    Loaded,
    Moment,
    OnMoment,
    Slot,
    Wake,
)
from ai_video.storage import task_sql as sql
from ai_video.storage.engines import WRITER_LOCK, advisory_lock_sql, database_url, sync_engine
from ai_video.storage.lane import Lane

T = TypeVar("T")
ID_BATCH = 500
READERS = 3
ROWS_AT_ONCE = 32


class _Cursor:
    """A driver's cursor; statements are written with `?` for both databases."""

    def __init__(self, connection: PoolProxiedConnection, dialect: sql.Sqlite) -> None:
        self._connection = connection
        self._dialect = dialect
        self._text = dialect.text
        self._raw: Any = connection.cursor()
        self._unchecked: list[tuple[Any, int]] | None = None
        self._pipeline: Any = None

    @contextmanager
    def together(self) -> Generator[None]:
        """Send statements without waiting for each answer, where the database can do so.

        Raises:
            ChangesRefused: one of `run_each` changed too little, at the end if not at once.
        """
        driver: Any = self._connection.dbapi_connection
        if not self._dialect.pipelines:
            yield
            return
        with driver.pipeline() as self._pipeline:
            self._unchecked = []
            try:
                yield
                self.settle()
            finally:
                self._unchecked = None

    def settle(self) -> None:
        """Wait for the answers; what comes next relies on the rows that were to change.

        Raises:
            ChangesRefused: one of `run_each` changed too little.
        """
        if self._unchecked:
            self._pipeline.sync()
            if any(cursor.rowcount != rows for cursor, rows in self._unchecked):
                raise ChangesRefused
            self._unchecked.clear()

    def run(self, statement: str, values: Sequence[object] = ()) -> int:
        raw = self._next()
        raw.execute(self._text(statement), values)
        return raw.rowcount

    def insert(self, into: str, rows: Sequence[Sequence[object]]) -> None:
        """Insert rows into `table (columns)`, many with one statement."""
        if not rows:
            return
        at_once = min(ROWS_AT_ONCE, max(1, self._dialect.values_at_once // len(rows[0])))
        for start in range(0, len(rows), at_once):
            some = rows[start : start + at_once]
            statement = sql.insert_rows(into, len(some), len(some[0]))
            values = list(chain.from_iterable(some))
            self._next().execute(self._text(statement), values)

    def run_many(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        if rows:
            self._next().executemany(self._text(statement), rows)

    def run_each(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """Run for all rows.

        Raises:
            ChangesRefused: one of them changed nothing.
        """
        if not rows:
            return
        raw = self._next()
        at_once = self._dialect.for_all_rows.get(statement)
        if at_once is None:
            raw.executemany(self._text(statement), rows)
        else:
            raw.execute(at_once, [list(column) for column in zip(*rows, strict=True)])
        if self._unchecked is not None:
            self._unchecked.append((raw, len(rows)))
        elif raw.rowcount != len(rows):
            raise ChangesRefused

    def run_ids(
        self,
        statement: str,
        before: Sequence[object],
        ids: Sequence[str],
        after: Sequence[object],
    ) -> None:
        """Run a statement with `id = ?` for all ids; its other values are the same for all.

        Raises:
            ChangesRefused: for one of them it changed nothing.
        """
        if statement in self._dialect.for_all_rows:
            self.run_each(statement, [(*before, one, *after) for one in ids])
            return
        for start in range(0, len(ids), ROWS_AT_ONCE):
            some = ids[start : start + ROWS_AT_ONCE]
            if self.run(sql.for_ids(statement, len(some)), (*before, *some, *after)) != len(some):
                raise ChangesRefused

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[sql.Row]:
        raw = self._next()
        raw.execute(self._text(statement), values)
        return raw.fetchall()

    def _next(self) -> Any:
        """One cursor does for all, except where answers come later."""
        return self._raw if self._unchecked is None else self._connection.cursor()


class SqlTaskStore:
    """Implements `orchestrator.store.TaskStore`; `commits` counts written transactions.

    Args:
        clock: seconds that leases are kept by on SQLite; PostgreSQL's are the server's.
        on_moment: called inside every writing transaction; what it raises ends it there. For tests
            of crashes.
        inline: no threads, the caller's event loop waits. For simulations, which must not depend on
            how threads are scheduled.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Callable[[], float] = time.time,
        on_moment: OnMoment | None = None,
        inline: bool = False,
    ) -> None:
        self._url = database_url(url)
        self._engine = sync_engine(self._url)
        lock = advisory_lock_sql(self._url, WRITER_LOCK)
        self._d = sql.Sqlite() if lock is None else sql.Postgresql(lock)
        self._clock = clock
        self._on_moment = on_moment
        self._inline = inline
        self._writer = Lane("task-writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="task-reader")
        self._connection: PoolProxiedConnection | None = None
        dbapi: Any = self._engine.dialect.dbapi
        self._driver_error: type[Exception] = dbapi.Error
        self.commits = 0

    async def open(self) -> None:
        """See that the tables are there.

        Raises:
            ServiceFailed: `database_failed`.
        """
        await self.wake()

    async def close(self) -> None:
        """Wait for what is being written, then disconnect."""
        await asyncio.to_thread(self._close)

    async def add_dag(
        self,
        dag: DagRecord,
        tasks: Sequence[TaskRecord],
        events: Sequence[EventRecord | MoveEvent],
    ) -> None:
        def work(cursor: _Cursor) -> None:
            d = self._d
            cursor.run(sql.FIRST_LEASE)
            cursor.run(sql.INSERT_DAG, sql.dag_values(d, dag))
            cursor.insert(sql.TASK_ROWS, [sql.task_values(d, task) for task in tasks])
            edges = [
                (task.id.hex, position, parent.hex)
                for task in tasks
                for position, parent in enumerate(task.parents)
            ]
            cursor.insert(sql.EDGE_ROWS, edges)
            self._insert_events(cursor, events, dag.created_at)
            cursor.run(sql.RAISE_WAKE)

        await self._write(work)

    async def acquire(
        self, holder: Holder, *, ttl: float, gone: Callable[[Holder], bool]
    ) -> Lease | None:
        def work(cursor: _Cursor) -> Lease | None:
            cursor.run(sql.FIRST_LEASE)
            owner, host, pid, token, until = cursor.rows(sql.LEASE)[0]
            now = self._epoch(cursor)
            foreign = owner not in ("", holder.owner)
            if foreign and until > now and not gone(Holder(owner, host, pid)):
                return None
            cursor.run(sql.TAKE_LEASE, (holder.owner, holder.host, holder.pid, now + ttl))
            return Lease(holder.owner, token + 1, after_death=foreign and until > 0)

        return await self._write(work)

    async def renew(self, lease: Lease, *, ttl: float) -> None:
        def work(cursor: _Cursor) -> None:
            values = (self._epoch(cursor) + ttl, lease.owner, lease.token)
            if cursor.run(sql.RENEW_LEASE, values) != 1:
                raise LeaseLost

        await self._write(work)

    async def release(self, lease: Lease) -> None:
        await self._write(
            lambda cursor: cursor.run(sql.RENEW_LEASE, (0.0, lease.owner, lease.token))
        )

    async def wake(self) -> Wake:
        number, is_open = await self._read(lambda cursor: cursor.rows(sql.WAKE)[0])
        return Wake(number, bool(is_open))

    async def load(self, known: Mapping[UUID, int], *, fresh: DagRows | None = None) -> Loaded:
        def work(cursor: _Cursor) -> Loaded:
            dags = [sql.dag_of(self._d, row) for row in cursor.rows(sql.OPEN_DAGS)]
            changed = [dag for dag in dags if known.get(dag.id) != dag.version]
            with collector_rests():
                rows = [
                    fresh if fresh and fresh.dag == dag else self._dag_rows(cursor, dag)
                    for dag in changed
                ]
            return Loaded(rows, frozenset(dag.id for dag in dags))

        return await self._read(work)

    async def apply(self, changes: Changes) -> Mapping[str, TaskOutput]:
        if changes.writes:
            return await self._write(lambda cursor: self._apply(cursor, changes))
        return await self._read(lambda cursor: self._found(cursor, set(changes.lookups)))

    async def begin(self, attempt_id: UUID, *, worker: str) -> None:
        def work(cursor: _Cursor) -> None:
            row = (self._d.time(datetime.now(UTC)), worker, attempt_id.hex)
            cursor.run_each(sql.BEGIN_ATTEMPT, [row])

        await self._write(work)

    async def change(
        self, dag_id: UUID, decide: Callable[[DagRows], Changes], *, with_tasks: bool = True
    ) -> None:
        def work(cursor: _Cursor) -> None:
            dag = self._one_dag(cursor, dag_id)
            rows = self._dag_rows(cursor, dag) if with_tasks else DagRows(dag, [], {})
            self._apply(cursor, decide(rows))

        await self._write(work)

    async def get_dag(self, dag_id: UUID) -> DagRecord:
        return await self._read(lambda cursor: self._one_dag(cursor, dag_id))

    async def list_dags(
        self, *, limit: int, before: UUID | None = None, episode_id: UUID | None = None
    ) -> list[DagRecord]:
        where = _Where()
        where.add("id < ?", sql.hex_of(before))
        where.add("episode_id = ?", sql.hex_of(episode_id))
        statement = f"SELECT {sql.DAG_COLUMNS} FROM task_dag {where.text} ORDER BY id DESC LIMIT ?"
        rows = await self._read(lambda cursor: cursor.rows(statement, [*where.values, limit]))
        return [sql.dag_of(self._d, row) for row in rows]

    async def unfinished_dags(self, episode_id: UUID) -> list[DagRecord]:
        statement = (
            f"SELECT {sql.DAG_COLUMNS} FROM task_dag WHERE episode_id = ? "
            "AND status NOT IN ('completed', 'cancelled') ORDER BY id DESC"
        )
        rows = await self._read(lambda cursor: cursor.rows(statement, [episode_id.hex]))
        return [sql.dag_of(self._d, row) for row in rows]

    async def get_task(self, task_id: UUID) -> TaskRecord:
        where = _Where()
        where.add("t.id = ?", task_id.hex)
        found = await self._read(lambda cursor: self._tasks(cursor, where, None))
        if not found:
            raise NotFound("task", str(task_id))
        return found[0]

    async def list_tasks(
        self,
        *,
        dag_id: UUID | None = None,
        episode_id: UUID | None = None,
        workflow_id: UUID | None = None,
        status: TaskStatus | None = None,
        limit: int | None = None,
        after: UUID | None = None,
    ) -> list[TaskRecord]:
        where = _Where()
        where.add("t.dag_id = ?", sql.hex_of(dag_id))
        where.add("d.episode_id = ?", sql.hex_of(episode_id))
        where.add("t.workflow_id = ?", sql.hex_of(workflow_id))
        where.add("t.status = ?", None if status is None else status.value)
        where.add(
            "(t.dag_id, t.position) > "
            "(SELECT x.dag_id, x.position FROM generation_task x WHERE x.id = ?)",
            sql.hex_of(after),
        )
        return await self._read(lambda cursor: self._tasks(cursor, where, limit))

    async def list_attempts(self, task_ids: Collection[UUID]) -> Mapping[UUID, list[AttemptRecord]]:
        def work(cursor: _Cursor) -> list[sql.Row]:
            statement = (
                f"SELECT {sql.ATTEMPT_COLUMNS} FROM task_attempt a "
                "WHERE a.task_id IN ({marks}) ORDER BY a.task_id, a.number"
            )
            return _in_batches(cursor, statement, task_ids)

        attempts = [sql.attempt_of(self._d, row) for row in await self._read(work)]
        grouped = groupby(attempts, key=lambda attempt: attempt.task_id)
        return {task_id: list(group) for task_id, group in grouped}

    async def find_outputs(self, fingerprints: Collection[str]) -> Mapping[str, TaskOutput]:
        return await self._read(lambda cursor: self._found(cursor, set(fingerprints)))

    async def last_params(self, episode_id: UUID) -> Mapping[Slot, Json]:
        rows = await self._read(lambda cursor: cursor.rows(sql.LAST_PARAMS, [episode_id.hex]))
        read = self._d.read_id
        return {
            (
                kind,
                None if shot is None else read(shot),
                None if line is None else read(line),
            ): self._d.read_json(params)
            for kind, shot, line, params in rows
        }

    async def query(self, statement: str) -> list[sql.Row]:
        """Rows of a reading statement without values."""
        return await self._read(lambda cursor: cursor.rows(statement))

    # Connections

    async def _write(self, work: Callable[[_Cursor], T]) -> T:
        if self._inline:
            return self._transaction(work)
        return await self._writer.run(lambda: self._transaction(work))

    async def _read(self, work: Callable[[_Cursor], T]) -> T:
        if self._inline:
            return self._reading(work)
        loop = asyncio.get_running_loop()
        # Shielded: a caller that is cancelled leaves at once.
        return await asyncio.shield(loop.run_in_executor(self._readers, self._reading, work))

    def _transaction(self, work: Callable[[_Cursor], T]) -> T:
        try:
            connection = self._connection or self._connect()
            try:
                cursor = _Cursor(connection, self._d)
                if self._d.begin_write is not None:
                    cursor.run(self._d.begin_write)
                if self._d.lock is not None:
                    cursor.run(self._d.lock)
                self._reached("begun")
                answer = work(cursor)
                self._reached("written")
                connection.commit()
            except BaseException:
                self._roll_back(connection)
                raise
        except self._driver_error as exc:
            raise _failed(exc) from exc
        self.commits += 1
        self._reached("committed")
        return answer

    def _connect(self) -> PoolProxiedConnection:
        connection = self._connection = self._engine.raw_connection()
        if self._d.on_connect is not None:
            connection.cursor().execute(self._d.on_connect)
        return connection

    def _reached(self, moment: Moment) -> None:
        if self._on_moment is not None:
            self._on_moment(moment)

    def _roll_back(self, connection: PoolProxiedConnection) -> None:
        try:
            connection.rollback()
        except self._driver_error:
            self._connection = None
            connection.invalidate()

    def _reading(self, work: Callable[[_Cursor], T]) -> T:
        try:
            connection = self._engine.raw_connection()
            try:
                cursor = _Cursor(connection, self._d)
                cursor.run(self._d.begin_read)
                return work(cursor)
            finally:
                connection.close()  # back to the pool, which rolls back
        except self._driver_error as exc:
            raise _failed(exc) from exc

    def _close(self) -> None:
        self._writer.close()
        self._readers.shutdown()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._engine.dispose()

    def _epoch(self, cursor: _Cursor) -> float:
        """Seconds of the clock that leases are kept by: the server's, or this machine's."""
        if self._d.epoch is None:
            return self._clock()
        return float(cursor.rows(self._d.epoch)[0][0])

    # Reading

    def _one_dag(self, cursor: _Cursor, dag_id: UUID) -> DagRecord:
        rows = cursor.rows(sql.ONE_DAG, [dag_id.hex])
        if not rows:
            raise NotFound("dag", str(dag_id))
        return sql.dag_of(self._d, rows[0])

    def _dag_rows(self, cursor: _Cursor, dag: DagRecord) -> DagRows:
        d, key = self._d, [dag.id.hex]
        rows = cursor.rows(sql.DAG_TASKS, key)
        ids = {row[0]: d.read_id(row[0]) for row in rows}
        parents: dict[object, list[UUID]] = {}
        for child, parent in cursor.rows(sql.DAG_EDGES, key):
            parents.setdefault(child, []).append(ids[parent])
        tasks = [
            sql.task_of(d, row, parents.get(row[0], ()), id=ids[row[0]], dag_id=dag.id)
            for row in rows
        ]
        running = [sql.attempt_of(d, row) for row in cursor.rows(sql.DAG_RUNNING, key)]
        return DagRows(dag, tasks, {attempt.task_id: attempt for attempt in running})

    def _tasks(self, cursor: _Cursor, where: _Where, limit: int | None) -> list[TaskRecord]:
        statement = (
            f"SELECT {sql.TASK_COLUMNS} FROM generation_task t JOIN task_dag d ON d.id = t.dag_id "
            f"{where.text} ORDER BY t.dag_id, t.position"
        )
        values = list(where.values)
        if limit is not None:
            statement += " LIMIT ?"
            values.append(limit)
        tasks = [sql.task_of(self._d, row) for row in cursor.rows(statement, values)]
        edges = (
            "SELECT child_id, parent_id FROM task_edge WHERE child_id IN ({marks}) "
            "ORDER BY child_id, position"
        )
        read = self._d.read_id
        parents: dict[UUID, list[UUID]] = {}
        for child, parent in _in_batches(cursor, edges, [task.id for task in tasks]):
            parents.setdefault(read(child), []).append(read(parent))
        return [replace(task, parents=tuple(parents.get(task.id, ()))) for task in tasks]

    def _found(self, cursor: _Cursor, fingerprints: Collection[str]) -> dict[str, TaskOutput]:
        """Accepted outputs by fingerprint; of several the last that was accepted."""
        found: dict[str, TaskOutput] = {}
        if not fingerprints:
            return found
        marks = sorted({sql.fingerprint_mark(text) for text in fingerprints})
        for row in cursor.rows(self._d.outputs, [self._d.many(marks)]):
            if row[0] in fingerprints:
                found[row[0]] = sql.output_of(self._d, row[1], row[2])
        return found

    # Writing

    def _apply(self, cursor: _Cursor, changes: Changes) -> Mapping[str, TaskOutput]:
        held = None if changes.lease is None else (changes.lease.owner, changes.lease.token)
        try:
            with cursor.together():
                return self._step(cursor, changes, held)
        except ChangesRefused:
            self._check_lease(cursor, held)
            raise

    def _step(
        self, cursor: _Cursor, changes: Changes, held: tuple[str, int] | None
    ) -> Mapping[str, TaskOutput]:
        now = self._d.time(changes.at)
        if not self._write_dags(cursor, changes, held, now):
            self._check_lease(cursor, held)
        self._end_attempts(cursor, changes, now)
        results, others = _sorted_moves(changes.moves)
        self._complete_tasks(cursor, results, now)
        self._move_tasks(cursor, others)
        found, claims = self._free_claims(cursor, changes)
        self._unlock_tasks(cursor, changes, claims)
        self._claim_tasks(cursor, claims, now)
        events = [*changes.events, *[claim.event for claim in claims]]
        self._insert_events(cursor, events, changes.at)
        told = [
            (row.fraction, row.message, row.log_tail, row.server, row.attempt_id.hex)
            for row in changes.progress
        ]
        cursor.run_many(sql.TELL_PROGRESS, told)
        return found

    def _end_attempts(self, cursor: _Cursor, changes: Changes, now: object) -> None:
        owner = changes.lease.owner if changes.lease is not None else ""
        plain: list[str] = []
        own: list[tuple[object, ...]] = []
        lost: list[tuple[object, ...]] = []
        for end in changes.ends:
            key = f"{end.id.int:032x}"
            told = end.progress is not None or end.log_tail or end.server
            if end.outcome == "completed" and not told:
                plain.append(key)
                continue
            values = (
                now,
                end.outcome,
                end.error_class,
                end.error_code,
                end.message,
                end.progress,
                end.progress_message,
                end.log_tail,
                end.server,
                key,
            )
            if end.outcome == "lost":
                lost.append(values)
            else:
                own.append((*values, owner))
        adopted = [(owner, int(row.after_death), row.id.hex) for row in changes.adopted]
        cursor.run_each(sql.ADOPT_ATTEMPT, adopted)
        cursor.run_ids(sql.FINISH_ATTEMPT, [now], plain, [owner])
        cursor.run_each(sql.END_OWN_ATTEMPT, own)
        cursor.run_each(sql.END_ATTEMPT, lost)

    def _complete_tasks(self, cursor: _Cursor, moves: Sequence[Move], now: object) -> None:
        """Tasks whose results were accepted, and the results by fingerprint."""
        completed: list[tuple[object, ...]] = []
        outputs: list[tuple[object, ...]] = []
        for task, _, token in moves:
            key = f"{task.id.int:032x}"
            assets, facts = sql.assets_text(task.output), sql.facts_text(task.output)
            completed.append((assets, facts, now, key, token))
            fingerprint = task.fingerprint
            if fingerprint is not None:
                mark = sql.fingerprint_mark(fingerprint)
                outputs.append((mark, fingerprint, task.kind, assets, facts, key, now))
        cursor.run_each(sql.COMPLETE_TASK, completed)
        cursor.insert(sql.OUTPUT_ROWS, outputs)

    def _move_tasks(self, cursor: _Cursor, moves: Sequence[Move]) -> None:
        d = self._d
        others: list[tuple[object, ...]] = []
        for task, source, token in moves:
            others.append(
                (
                    task.status.value,
                    task.fingerprint,
                    task.satisfied,
                    sql.assets_text(task.output),
                    sql.facts_text(task.output),
                    task.error_class,
                    task.error_code,
                    task.error_message,
                    task.reason,
                    task.retry_count,
                    task.free_retries,
                    d.time(task.not_before),
                    task.cancelling,
                    d.time(task.started_at),
                    d.time(task.completed_at),
                    task.id.hex,
                    source.value,
                    token,
                )
            )
        cursor.run_each(sql.MOVE_TASK, others)

    def _free_claims(
        self, cursor: _Cursor, changes: Changes
    ) -> tuple[dict[str, TaskOutput], list[Claim]]:
        """Accepted outputs, and the claims that none of them stands for."""
        wanted = set(changes.lookups)
        for claim in changes.claims:
            fingerprint = claim.move.task.fingerprint
            if fingerprint is not None and not claim.remake:
                wanted.add(fingerprint)
        found = self._found(cursor, wanted)
        if not found:
            return found, changes.claims
        free = [
            claim
            for claim in changes.claims
            if claim.remake or claim.move.task.fingerprint not in found
        ]
        return found, free

    def _unlock_tasks(self, cursor: _Cursor, changes: Changes, claims: Sequence[Claim]) -> None:
        """Count done parents; a claim that is written counts its own."""
        rows = [(many, f"{number:032x}") for number, many in changes.unlocked.items()]
        if len(claims) != len(changes.claims):
            written = {claim.attempt.id for claim in claims}
            rows += [
                (claim.unlocked, claim.attempt.task_id.hex)
                for claim in changes.claims
                if claim.unlocked and claim.attempt.id not in written
            ]
        cursor.run_each(sql.UNLOCK_TASK, rows)

    def _claim_tasks(self, cursor: _Cursor, claims: Sequence[Claim], now: object) -> None:
        tasks: list[tuple[object, ...]] = []
        attempts: list[tuple[object, ...]] = []
        for move, start, _, _, unlocked in claims:
            key = f"{start.task_id.int:032x}"
            tasks.append((move.task.fingerprint, unlocked, now, key, move.token, unlocked))
            attempts.append(
                (
                    f"{start.id.int:032x}",
                    key,
                    start.number,
                    now,
                    now if start.begun else None,
                    start.worker,
                    start.remote_id,
                    start.lease_owner,
                    "",
                )
            )
        cursor.run_each(sql.CLAIM_TASK, tasks)
        cursor.settle()
        cursor.insert(sql.ATTEMPT_ROWS, attempts)

    def _write_dags(
        self, cursor: _Cursor, changes: Changes, held: tuple[str, int] | None, now: object
    ) -> bool:
        """DAGs and their counters; True where that saw whether the lease holds."""
        d = self._d
        counted: list[tuple[object, ...]] = []
        rows: list[tuple[object, ...]] = []
        for dag in changes.dags.values():
            counters = (
                dag.completed_tasks,
                dag.failed_tasks,
                dag.skipped_tasks,
                dag.cancelled_tasks,
                now,
            )
            where = (dag.id.hex, dag.version)
            if held is not None and dag.id in changes.counted:
                counted.append((*counters, *where, *held))
                continue
            rows.append(
                (
                    *counters,
                    dag.status.value,
                    d.time(dag.paused_at),
                    dag.cancelling,
                    d.time(dag.started_at),
                    d.time(dag.completed_at),
                    int(dag.id in changes.commands),
                    *where,
                )
            )
        cursor.run_each(sql.COUNT_DAG, counted)
        cursor.run_each(sql.UPDATE_DAG, rows)
        if changes.commands:
            cursor.run(sql.RAISE_WAKE)
        return bool(counted)

    def _check_lease(self, cursor: _Cursor, held: tuple[str, int] | None) -> None:
        if held is not None and not cursor.rows(sql.HOLDS_LEASE, held):
            raise LeaseLost

    def _insert_events(
        self, cursor: _Cursor, events: Sequence[EventRecord | MoveEvent], at: datetime
    ) -> None:
        now = self._d.time(at)
        rows = [(row.events, now, *row.record) for row in rows_of(events)]
        cursor.run_many(self._d.insert_event, rows)


def _failed(error: Exception) -> ServiceFailed:
    return ServiceFailed("database_failed", reason=str(error).partition("\n")[0])


def _sorted_moves(moves: Sequence[Move]) -> tuple[list[Move], list[Move]]:
    """Those of tasks that an attempt completed, and the others."""
    completed, running = TaskStatus.COMPLETED, TaskStatus.RUNNING
    results: list[Move] = []
    others: list[Move] = []
    for move in moves:
        is_result = move.task.status is completed and move.source is running
        (results if is_result else others).append(move)
    return results, others


class _Where:
    """Conditions that were asked for; a value of None asks for nothing."""

    def __init__(self) -> None:
        self._conditions: list[str] = []
        self.values: list[object] = []

    def add(self, condition: str, value: object) -> None:
        if value is not None:
            self._conditions.append(condition)
            self.values.append(value)

    @property
    def text(self) -> str:
        return f"WHERE {' AND '.join(self._conditions)}" if self._conditions else ""


def _in_batches(cursor: _Cursor, statement: str, ids: Collection[UUID]) -> list[sql.Row]:
    """Rows for many ids; `{marks}` in the statement stands for their placeholders."""
    wanted = [one.hex for one in ids]
    found: list[sql.Row] = []
    for start in range(0, len(wanted), ID_BATCH):
        batch = wanted[start : start + ID_BATCH]
        found += cursor.rows(statement.format(marks=", ".join("?" * len(batch))), batch)
    return found
