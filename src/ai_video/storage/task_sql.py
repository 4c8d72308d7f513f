"""SQL of the task store: statements for both databases, and rows to records.

Written by hand and run on the driver's own cursor: a step touches many rows, and compiling and
binding through the ORM would cost several times what the statements do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast
from uuid import UUID
from zlib import crc32

from pydantic import JsonValue
from pydantic_core import to_json

from ai_video.domain.entities import Json
from ai_video.domain.ids import id_of
from ai_video.domain.task import DAGStatus, ResourceRequirements, TaskOutput, TaskStatus
from ai_video.orchestrator.records import AttemptRecord, DagRecord, TaskRecord

Row = Sequence[Any]

DAG_COLUMNS = (
    "id, name, episode_id, status, trigger_type, created_by, total_tasks, completed_tasks, "
    "failed_tasks, skipped_tasks, cancelled_tasks, start_at, paused_at, cancelling, version, "
    "started_at, completed_at, created_at, updated_at"
)
TASK_COLUMNS = (
    "t.id, t.dag_id, t.position, t.key, t.kind, t.part, t.task_type, t.status, t.priority, "
    "t.input_params, t.storyboard_id, t.line_id, t.workflow_id, t.pending_parents, t.fingerprint, "
    "t.satisfied, t.output_assets, t.output_facts, t.error_class, t.error_code, t.error_message, "
    "t.reason, t.attempts, t.retry_count, t.free_retries, t.max_retries, t.retry_delay, "
    "t.timeout, t.not_before, t.cancelling, t.resource_requirements, t.version, t.created_at, "
    "t.started_at, t.completed_at"
)
ATTEMPT_COLUMNS = (
    "a.id, a.task_id, a.number, a.started_at, a.begun_at, a.ended_at, a.outcome, a.error_class, "
    "a.error_code, a.message, a.worker, a.server, a.remote_id, a.lease_owner, a.progress, "
    "a.progress_message, a.log_tail, a.adoptions"
)


@lru_cache(maxsize=512)
def insert_rows(into: str, rows: int, columns: int) -> str:
    """A statement that inserts so many rows at once."""
    row = f"({', '.join('?' * columns)})"
    return f"INSERT INTO {into} VALUES {', '.join([row] * rows)}"


@lru_cache(maxsize=512)
def for_ids(statement: str, ids: int) -> str:
    """A statement for one row, `id = ?`, as one for so many rows."""
    return statement.replace("WHERE id = ?", f"WHERE id IN ({', '.join('?' * ids)})")


INSERT_DAG = insert_rows(f"task_dag ({DAG_COLUMNS})", 1, DAG_COLUMNS.count(",") + 1)
TASK_ROWS = f"generation_task ({TASK_COLUMNS.replace('t.', '')})"
EDGE_ROWS = "task_edge (child_id, position, parent_id)"
ATTEMPT_ROWS = (
    "task_attempt "
    "(id, task_id, number, started_at, begun_at, worker, remote_id, lease_owner, log_tail)"
)
OUTPUT_ROWS = "task_output (mark, fingerprint, kind, assets, facts, task_id, made_at)"
FINISH_ATTEMPT = (
    "UPDATE task_attempt SET ended_at = ?, outcome = 'completed' "
    "WHERE id = ? AND ended_at IS NULL AND lease_owner = ?"
)
END_ATTEMPT = (
    "UPDATE task_attempt SET ended_at = ?, outcome = ?, error_class = ?, error_code = ?, "
    "message = ?, progress = ?, progress_message = ?, log_tail = COALESCE(?, log_tail), "
    "server = COALESCE(?, server) "
    "WHERE id = ? AND ended_at IS NULL"
)
END_OWN_ATTEMPT = f"{END_ATTEMPT} AND lease_owner = ?"
ADOPT_ATTEMPT = (
    "UPDATE task_attempt SET lease_owner = ?, adoptions = adoptions + ? "
    "WHERE id = ? AND ended_at IS NULL"
)
BEGIN_ATTEMPT = (
    "UPDATE task_attempt SET begun_at = ?, worker = ? "
    "WHERE id = ? AND begun_at IS NULL AND ended_at IS NULL"
)
TELL_PROGRESS = (
    "UPDATE task_attempt SET progress = ?, progress_message = ?, log_tail = ?, "
    "server = COALESCE(?, server) "
    "WHERE id = ? AND ended_at IS NULL"
)
MOVE_TASK = (
    "UPDATE generation_task SET status = ?, fingerprint = ?, satisfied = ?, output_assets = ?, "
    "output_facts = ?, error_class = ?, error_code = ?, error_message = ?, reason = ?, "
    "retry_count = ?, free_retries = ?, not_before = ?, cancelling = ?, started_at = ?, "
    "completed_at = ?, version = version + 1 WHERE id = ? AND status = ? AND attempts = ?"
)
COMPLETE_TASK = (
    "UPDATE generation_task SET status = 'completed', output_assets = ?, output_facts = ?, "
    "error_class = NULL, error_code = NULL, error_message = NULL, reason = NULL, "
    "completed_at = ?, version = version + 1 "
    "WHERE id = ? AND status = 'running' AND attempts = ?"
)
CLAIM_TASK = (
    "UPDATE generation_task SET status = 'running', attempts = attempts + 1, fingerprint = ?, "
    "reason = NULL, not_before = NULL, pending_parents = pending_parents - ?, "
    "started_at = COALESCE(started_at, ?), version = version + 1 WHERE id = ? "
    "AND status = 'pending' AND attempts = ? AND pending_parents = ? AND cancelling = FALSE"
)
UNLOCK_TASK = "UPDATE generation_task SET pending_parents = pending_parents - ? WHERE id = ?"
_COUNTERS = (
    "UPDATE task_dag SET completed_tasks = ?, failed_tasks = ?, skipped_tasks = ?, "
    "cancelled_tasks = ?, updated_at = ?"
)
COUNT_DAG = (
    f"{_COUNTERS} WHERE id = ? AND version = ? AND EXISTS (SELECT 1 FROM scheduler_lease "
    "WHERE name = 'scheduler' AND owner = ? AND token = ?)"
)
"""Leaves the status alone, which has an index."""
UPDATE_DAG = (
    f"{_COUNTERS}, status = ?, paused_at = ?, cancelling = ?, started_at = ?, completed_at = ?, "
    "version = version + ? WHERE id = ? AND version = ?"
)
LEASE = "SELECT owner, host, pid, token, until FROM scheduler_lease WHERE name = 'scheduler'"
HOLDS_LEASE = "SELECT 1 FROM scheduler_lease WHERE name = 'scheduler' AND owner = ? AND token = ?"
FIRST_LEASE = (
    "INSERT INTO scheduler_lease (name, owner, host, pid, token, until, wake) "
    "VALUES ('scheduler', '', '', 0, 0, 0, 0) ON CONFLICT (name) DO NOTHING"
)
TAKE_LEASE = (
    "UPDATE scheduler_lease SET owner = ?, host = ?, pid = ?, token = token + 1, until = ? "
    "WHERE name = 'scheduler'"
)
RENEW_LEASE = (
    "UPDATE scheduler_lease SET until = ? WHERE name = 'scheduler' AND owner = ? AND token = ?"
)
RAISE_WAKE = "UPDATE scheduler_lease SET wake = wake + 1 WHERE name = 'scheduler'"
WAKE = (
    "SELECT COALESCE((SELECT wake FROM scheduler_lease WHERE name = 'scheduler'), 0), "
    "EXISTS (SELECT 1 FROM task_dag WHERE status IN ('pending', 'running'))"
)
OPEN_DAGS = f"SELECT {DAG_COLUMNS} FROM task_dag WHERE status IN ('pending', 'running') ORDER BY id"
ONE_DAG = f"SELECT {DAG_COLUMNS} FROM task_dag WHERE id = ?"
DAG_TASKS = f"SELECT {TASK_COLUMNS} FROM generation_task t WHERE t.dag_id = ? ORDER BY t.position"
DAG_EDGES = (
    "SELECT e.child_id, e.parent_id FROM generation_task t JOIN task_edge e ON e.child_id = t.id "
    "WHERE t.dag_id = ? ORDER BY e.child_id, e.position"
)
DAG_RUNNING = (
    f"SELECT {ATTEMPT_COLUMNS} FROM generation_task t JOIN task_attempt a ON a.task_id = t.id "
    "WHERE t.dag_id = ? AND t.status = 'running' AND a.ended_at IS NULL"
)
LAST_PARAMS = (
    "SELECT t.kind, t.storyboard_id, t.line_id, t.input_params FROM generation_task t "
    "JOIN task_dag d ON d.id = t.dag_id WHERE d.episode_id = ? AND t.status = 'completed' "
    "ORDER BY t.dag_id, t.position"
)


write_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Sqlite:
    """Ids are 32 hex digits, times text in UTC, JSON text."""

    on_connect: str | None = "PRAGMA ignore_check_constraints = ON"
    """Checking a list of words takes as long as writing the row; here they come from enums."""
    begin_write: str | None = "BEGIN IMMEDIATE"
    begin_read = "BEGIN"
    lock: str | None = None
    outputs = (
        "SELECT fingerprint, assets, facts FROM task_output "
        "WHERE mark IN (SELECT value FROM json_each(?)) ORDER BY id"
    )
    insert_event = (
        "INSERT INTO event (seq, at, type, subject, data) VALUES "
        "(COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0) + ?, ?, ?, ?, ?)"
    )
    """The row's number is its last event's: it takes as many numbers as it has events."""
    epoch: str | None = None
    values_at_once = 10_000
    pipelines = False
    """Can it be sent the next statement before it has answered the last?"""
    for_all_rows: Mapping[str, str] = {}
    """Statements that have a form for many rows at once, which takes their columns as lists."""

    def text(self, sql: str) -> str:
        return sql

    def time(self, value: datetime | None) -> object:
        if value is None:
            return None
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")

    def many(self, values: Sequence[int]) -> object:
        return json.dumps(values)

    def read_id(self, value: Any) -> UUID:
        return id_of(int(value, 16))

    def read_time(self, value: Any) -> datetime | None:
        return None if value is None else _read_time(value)

    def read_json(self, value: Any) -> Any:
        return None if value is None else json.loads(value)

    def read_params(self, value: Any) -> Json:
        return {} if value == "{}" else self.read_json(value)

    def read_requirements(self, value: Any) -> ResourceRequirements:
        return _read_requirements(value)


_FOR_ALL_ROWS = {
    FINISH_ATTEMPT: "UPDATE task_attempt SET ended_at = row.at, outcome = 'completed' FROM "
    "unnest(%s::timestamptz[], %s::uuid[], %s::text[]) AS row (at, id, owner) "
    "WHERE task_attempt.id = row.id AND ended_at IS NULL AND lease_owner = row.owner",
    COMPLETE_TASK: "UPDATE generation_task SET status = 'completed', "
    "output_assets = row.assets::jsonb, output_facts = row.facts::jsonb, error_class = NULL, "
    "error_code = NULL, error_message = NULL, reason = NULL, completed_at = row.at, "
    "version = version + 1 FROM unnest(%s::text[], %s::text[], %s::timestamptz[], %s::uuid[], "
    "%s::int[]) AS row (assets, facts, at, id, token) WHERE generation_task.id = row.id "
    "AND status = 'running' AND attempts = row.token",
    UNLOCK_TASK: "UPDATE generation_task SET pending_parents = pending_parents - row.many "
    "FROM unnest(%s::int[], %s::uuid[]) AS row (many, id) WHERE generation_task.id = row.id",
    CLAIM_TASK: "UPDATE generation_task SET status = 'running', attempts = attempts + 1, "
    "fingerprint = row.fingerprint, reason = NULL, not_before = NULL, "
    "pending_parents = pending_parents - row.unlocked, "
    "started_at = COALESCE(started_at, row.at), version = version + 1 FROM unnest(%s::text[], "
    "%s::int[], %s::timestamptz[], %s::uuid[], %s::int[], %s::int[]) "
    "AS row (fingerprint, unlocked, at, id, token, open) WHERE generation_task.id = row.id "
    "AND status = 'pending' AND attempts = row.token AND pending_parents = row.open "
    "AND cancelling = FALSE",
}


class Postgresql(Sqlite):
    """Drivers convert ids, times and JSON; a lock makes writers take turns, as SQLite does."""

    on_connect = None
    begin_write = None
    begin_read = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
    outputs = "SELECT fingerprint, assets, facts FROM task_output WHERE mark = ANY(?) ORDER BY id"
    insert_event = (
        "WITH number AS (SELECT MAX(taken) AS last FROM (SELECT nextval(pg_get_serial_sequence("
        "'event', 'seq')) AS taken FROM generate_series(1, ?)) AS each) "
        "INSERT INTO event (seq, at, type, subject, data) SELECT last, CAST(? AS timestamptz), "
        "CAST(? AS text), CAST(? AS text), CAST(? AS jsonb) FROM number"
    )
    epoch = "SELECT EXTRACT(EPOCH FROM clock_timestamp())"

    values_at_once = 500
    """The driver remembers how it read a statement only if that is short."""
    pipelines = True
    for_all_rows = _FOR_ALL_ROWS

    def __init__(self, lock: str | None) -> None:
        self.lock = lock

    def text(self, sql: str) -> str:
        return _with_percent_marks(sql)

    def time(self, value: datetime | None) -> object:
        return value

    def many(self, values: Sequence[int]) -> object:
        return list(values)

    def read_id(self, value: Any) -> UUID:
        return value

    def read_time(self, value: Any) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def read_json(self, value: Any) -> Any:
        return value

    def read_requirements(self, value: Any) -> ResourceRequirements:
        return _read_requirements(write_json(value))


@lru_cache(maxsize=1024)
def _with_percent_marks(sql: str) -> str:
    return sql.replace("?", "%s")


@lru_cache(maxsize=4096)
def _read_time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@lru_cache(maxsize=1024)
def _read_requirements(text: str) -> ResourceRequirements:
    """Tasks share few different requirements, so each is read once."""
    return ResourceRequirements.model_validate_json(text)


def hex_of(value: UUID | None) -> str | None:
    return None if value is None else value.hex


def assets_text(output: TaskOutput | None) -> str | None:
    if output is None:
        return None
    return write_json([str(asset) for asset in output.assets]) if output.assets else "[]"


def facts_text(output: TaskOutput | None) -> str | None:
    return None if output is None else to_json(output.facts).decode()


def fingerprint_mark(fingerprint: str) -> int:
    """A short number that outputs are found by; different fingerprints may share one.

    Fingerprints arrive in random order: a table sorted by them made each step write twice as many
    pages as an index of numbers does.
    """
    return crc32(fingerprint.encode())


def output_of(d: Sqlite, assets: Any, facts: Any) -> TaskOutput:
    ids = cast("list[str]", d.read_json(assets) or [])
    values = cast("dict[str, JsonValue]", d.read_json(facts) or {})
    return TaskOutput(assets=tuple([UUID(text) for text in ids]), facts=values)


def dag_values(d: Sqlite, dag: DagRecord) -> tuple[object, ...]:
    """In the order of DAG_COLUMNS."""
    return (
        dag.id.hex,
        dag.name,
        hex_of(dag.episode_id),
        dag.status.value,
        dag.trigger_type,
        dag.created_by,
        dag.total_tasks,
        dag.completed_tasks,
        dag.failed_tasks,
        dag.skipped_tasks,
        dag.cancelled_tasks,
        d.time(dag.start_at),
        d.time(dag.paused_at),
        dag.cancelling,
        dag.version,
        d.time(dag.started_at),
        d.time(dag.completed_at),
        d.time(dag.created_at),
        d.time(dag.updated_at),
    )


def dag_of(d: Sqlite, row: Row) -> DagRecord:
    return DagRecord(
        id=d.read_id(row[0]),
        name=row[1],
        episode_id=None if row[2] is None else d.read_id(row[2]),
        status=DAGStatus(row[3]),
        trigger_type=row[4],
        created_by=row[5],
        total_tasks=row[6],
        completed_tasks=row[7],
        failed_tasks=row[8],
        skipped_tasks=row[9],
        cancelled_tasks=row[10],
        start_at=d.read_time(row[11]),
        paused_at=d.read_time(row[12]),
        cancelling=bool(row[13]),
        version=row[14],
        started_at=d.read_time(row[15]),
        completed_at=d.read_time(row[16]),
        created_at=_moment(d, row[17]),
        updated_at=_moment(d, row[18]),
    )


def task_values(d: Sqlite, task: TaskRecord) -> tuple[object, ...]:
    """In the order of TASK_COLUMNS."""
    return (
        task.id.hex,
        task.dag_id.hex,
        task.position,
        task.key,
        task.kind,
        task.part,
        task.task_type,
        task.status.value,
        task.priority,
        write_json(task.params),
        hex_of(task.storyboard_id),
        hex_of(task.line_id),
        hex_of(task.workflow_id),
        task.pending_parents,
        task.fingerprint,
        task.satisfied,
        assets_text(task.output),
        facts_text(task.output),
        task.error_class,
        task.error_code,
        task.error_message,
        task.reason,
        task.attempts,
        task.retry_count,
        task.free_retries,
        task.max_retries,
        task.retry_delay,
        task.timeout,
        d.time(task.not_before),
        task.cancelling,
        _requirements_text(task.resource_requirements),
        task.version,
        d.time(task.created_at),
        d.time(task.started_at),
        d.time(task.completed_at),
    )


_STATUSES = {status.value: status for status in TaskStatus}


def task_of(
    d: Sqlite,
    row: Row,
    parents: Sequence[UUID] = (),
    *,
    id: UUID | None = None,
    dag_id: UUID | None = None,
) -> TaskRecord:
    """A row of TASK_COLUMNS; ids that are known already need not be read again."""
    read_time = d.read_time
    return TaskRecord(
        id or d.read_id(row[0]),
        dag_id or d.read_id(row[1]),
        row[2],
        row[3],
        row[4],
        row[5],
        row[6],
        _STATUSES[row[7]],
        row[8],
        d.read_params(row[9]),
        None if row[10] is None else d.read_id(row[10]),
        None if row[11] is None else d.read_id(row[11]),
        None if row[12] is None else d.read_id(row[12]),
        row[13],
        row[14],
        bool(row[15]),
        None if row[17] is None else output_of(d, row[16], row[17]),
        row[18],
        row[19],
        row[20],
        row[21],
        row[22],
        row[23],
        row[24],
        row[25],
        row[26],
        row[27],
        read_time(row[28]),
        bool(row[29]),
        d.read_requirements(row[30]),
        row[31],
        _moment(d, row[32]),
        read_time(row[33]),
        read_time(row[34]),
        tuple(parents),
    )


def attempt_of(d: Sqlite, row: Row) -> AttemptRecord:
    return AttemptRecord(
        d.read_id(row[0]),
        d.read_id(row[1]),
        row[2],
        _moment(d, row[3]),
        d.read_time(row[4]),
        d.read_time(row[5]),
        *row[6:],
    )


def _moment(d: Sqlite, value: Any) -> datetime:
    moment = d.read_time(value)
    assert moment is not None
    return moment


_PLAIN = ResourceRequirements()


def _requirements_text(value: ResourceRequirements) -> str:
    """Only what differs from the defaults: every byte of a task's row is written several times."""
    return "{}" if value == _PLAIN else value.model_dump_json(exclude_defaults=True)
