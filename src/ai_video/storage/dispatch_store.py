"""The store between scheduler and workers on SQL; every decision is one guarded update."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import (
    CursorResult,
    Delete,
    Insert,
    Table,
    Update,
    and_,
    bindparam,
    case,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from ai_video.domain.ids import new_id
from ai_video.domain.task import ADOPTION_CAP, TaskOutput
from ai_video.errors import ErrorClass
from ai_video.orchestrator.dispatch import Begun, Dispatched, Look, Report, Told, WorkerRecord
from ai_video.orchestrator.executor import How
from ai_video.orchestrator.handlers import TaskView
from ai_video.orchestrator.retry import Failure
from ai_video.orchestrator.store import ChangesRefused
from ai_video.storage.database import Database, Unit
from ai_video.storage.dispatch_tables import DispatchRow, InstallationRow, WorkerRow
from ai_video.storage.task_tables import AttemptRow, DAGRow, EdgeRow, TaskRow

ONLY = "this"


def _table(row: type[Any]) -> Table:
    return cast("Table", row.__table__)


D, W, A, T = (_table(row) for row in (DispatchRow, WorkerRow, AttemptRow, TaskRow))
INSTALLATION, EDGE, DAG = (_table(row) for row in (InstallationRow, EdgeRow, DAGRow))
ATTEMPT_IS_OPEN = exists().where(A.c.id == D.c.attempt_id, A.c.ended_at.is_(None))
TELL = (
    update(D)
    .where(D.c.run_id == bindparam("run"), D.c.how.is_(None))
    .values(
        told=D.c.told + 1,
        progress=bindparam("fraction"),
        progress_message=bindparam("message"),
        log_tail=bindparam("log"),
        server=bindparam("server"),
    )
)


class SqlDispatchStore:
    """Implements `orchestrator.dispatch.DispatchStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def installation(self) -> UUID:
        async def work(unit: Unit) -> UUID:
            found = (await unit.session.execute(select(INSTALLATION.c.id))).scalar()
            if found is None:
                found = new_id()
                await unit.session.execute(insert(INSTALLATION).values(name=ONLY, id=found))
            return found

        return await self._database.write(work)

    # The scheduler's side

    async def offer(self, attempt_ids: Collection[UUID]) -> None:
        offered = select(
            A.c.id,
            A.c.remote_id.is_not(None),
            and_(A.c.remote_id.is_not(None), A.c.begun_at.is_not(None)),
            false(),
            literal(0),
            literal(""),
            literal(""),
            case((and_(A.c.begun_at.is_not(None), A.c.remote_id.is_(None)), "died")),
        ).where(
            A.c.id.in_(attempt_ids),
            A.c.ended_at.is_(None),
            ~exists().where(D.c.attempt_id == A.c.id),
        )
        names = (
            *("attempt_id", "remote", "adopt", "cancelling"),
            *("told", "progress_message", "log_tail", "how"),
        )
        await self._write(insert(D).from_select(names, offered))

    async def look(self) -> Look:
        async def work(unit: Unit) -> Look:
            rows = await unit.session.execute(
                select(D.c.attempt_id, D.c.worker_id, D.c.told, D.c.how.is_not(None))
            )
            workers = (await unit.session.execute(select(W).order_by(W.c.id))).mappings()
            return Look(
                [Dispatched(*row[:3], bool(row[3])) for row in rows],
                [WorkerRecord(**row) for row in workers],
            )

        return await self._database.read(work)

    async def heard(
        self, attempt_ids: Collection[UUID]
    ) -> Mapping[UUID, tuple[Told, Report | None]]:
        async def work(unit: Unit) -> Mapping[UUID, tuple[Told, Report | None]]:
            rows = await unit.session.execute(select(D).where(D.c.attempt_id.in_(attempt_ids)))
            return {row["attempt_id"]: _heard(row) for row in rows.mappings()}

        return await self._database.read(work)

    async def cancel(self, attempt_ids: Collection[UUID]) -> None:
        mine = D.c.attempt_id.in_(attempt_ids), D.c.how.is_(None)
        unbegun = and_(D.c.worker_id.is_(None), D.c.adopt.is_(False))
        await self._write(
            update(D).where(*mine, unbegun).values(how="cancelled", told=D.c.told + 1),
            update(D).where(*mine).values(cancelling=True),
        )

    async def bury(self, worker_ids: Collection[UUID]) -> None:
        theirs = D.c.worker_id.in_(worker_ids), D.c.how.is_(None)
        outside = select(D.c.attempt_id).where(*theirs, D.c.remote)
        worn = exists().where(A.c.id == D.c.attempt_id, A.c.adoptions >= ADOPTION_CAP)
        over = or_(D.c.remote.is_(False), worn)
        await self._write(
            update(A)
            .where(A.c.id.in_(outside), A.c.ended_at.is_(None))
            .values(adoptions=A.c.adoptions + 1),
            update(D).where(*theirs, over).values(how="died", told=D.c.told + 1),
            update(D).where(*theirs).values(worker_id=None, run_id=None, adopt=True),
            delete(W).where(W.c.id.in_(worker_ids)),
        )

    async def sweep(self) -> None:
        await self._write(delete(D).where(~ATTEMPT_IS_OPEN))

    # The worker's side

    async def beat(
        self, worker: WorkerRecord, told: Mapping[UUID, Told] | None = None
    ) -> Mapping[UUID, bool]:
        async def work(unit: Unit) -> Mapping[UUID, bool]:
            moment = datetime.now(UTC)
            alive = update(W).where(W.c.id == worker.id)
            if not await _count(unit, alive.values(beats=W.c.beats + 1, seen_at=moment)):
                await unit.session.execute(insert(W).values(**_columns(worker)))
            if told:
                await unit.session.execute(
                    TELL,
                    [
                        {
                            "run": run,
                            "fraction": row.fraction,
                            "message": row.message,
                            "log": row.log_tail,
                            "server": row.server,
                        }
                        for run, row in told.items()
                    ],
                )
            rows = await unit.session.execute(
                select(D.c.run_id, or_(D.c.cancelling, T.c.cancelling))
                .join(A, A.c.id == D.c.attempt_id)
                .join(T, T.c.id == A.c.task_id)
                .where(D.c.worker_id == worker.id, D.c.how.is_(None), A.c.ended_at.is_(None))
            )
            return {run_id: bool(unwanted) for run_id, unwanted in rows}

        return await self._database.write(work)

    async def leave(self, worker_id: UUID) -> None:
        await self.bury([worker_id])

    async def begin(self, attempt_id: UUID, run_id: UUID, worker: WorkerRecord) -> Begun:
        async def work(unit: Unit) -> Begun:
            free = exists().where(
                A.c.id == D.c.attempt_id,
                A.c.ended_at.is_(None),
                or_(A.c.begun_at.is_(None), D.c.adopt, D.c.run_id == run_id),
            )
            taken = (
                update(D)
                .where(D.c.attempt_id == attempt_id, D.c.how.is_(None))
                .where(or_(D.c.worker_id.is_(None), D.c.run_id == run_id))
                .where(free)
                .values(worker_id=worker.id, run_id=run_id)
            )
            if await _count(unit, taken) != 1:
                raise ChangesRefused
            begun_at = func.coalesce(
                A.c.begun_at, bindparam("moment", datetime.now(UTC), A.c.begun_at.type)
            )
            await unit.session.execute(
                update(A).where(A.c.id == attempt_id).values(begun_at=begun_at, worker=worker.name)
            )
            return await _begun(unit, attempt_id)

        return await self._database.write(work)

    async def finish(self, attempt_id: UUID, run_id: UUID, told: Told, report: Report) -> None:
        output, failure = report.output, report.failure
        finished = (
            update(D)
            .where(D.c.attempt_id == attempt_id, D.c.run_id == run_id, D.c.how.is_(None))
            .where(ATTEMPT_IS_OPEN)
            .values(
                told=D.c.told + 1,
                progress=told.fraction,
                progress_message=told.message,
                log_tail=told.log_tail,
                server=told.server,
                how=report.how,
                output_assets=None if output is None else [str(one) for one in output.assets],
                output_facts=None if output is None else output.facts,
                error_class=failure.error_class if failure else None,
                error_code=failure.code if failure else None,
                error_message=failure.message if failure else None,
            )
        )
        await self._database.write(lambda unit: _must_change(unit, finished))

    async def release(self, attempt_id: UUID, run_id: UUID) -> None:
        mine = D.c.attempt_id == attempt_id, D.c.run_id == run_id, D.c.how.is_(None)
        await self._write(update(D).where(*mine).values(worker_id=None, run_id=None, adopt=True))

    async def _write(self, *statements: Insert | Update | Delete) -> None:
        async def work(unit: Unit) -> None:
            for statement in statements:
                await unit.session.execute(statement)

        await self._database.write(work)


async def _count(unit: Unit, statement: Update) -> int:
    result = await unit.session.execute(statement)
    assert isinstance(result, CursorResult)
    return result.rowcount


async def _must_change(unit: Unit, statement: Update) -> None:
    if await _count(unit, statement) != 1:
        raise ChangesRefused


async def _begun(unit: Unit, attempt_id: UUID) -> Begun:
    query = (
        select(T, A.c.number, A.c.remote_id, D.c.adopt, DAG.c.episode_id)
        .join(A, A.c.task_id == T.c.id)
        .join(D, D.c.attempt_id == A.c.id)
        .join(DAG, DAG.c.id == T.c.dag_id)
        .where(A.c.id == attempt_id)
    )
    row = (await unit.session.execute(query)).mappings().one()
    parents = (
        await unit.session.execute(
            select(T.c.key, T.c.output_facts)
            .join(EDGE, EDGE.c.parent_id == T.c.id)
            .where(EDGE.c.child_id == row["id"])
            .order_by(EDGE.c.position)
        )
    ).all()
    view = TaskView(
        id=row["id"],
        dag_id=row["dag_id"],
        episode_id=row["episode_id"],
        key=row["key"],
        kind=row["kind"],
        part=row["part"],
        params=row["input_params"],
        parents=tuple([str(key) for key, _ in parents]),
        storyboard_id=row["storyboard_id"],
        line_id=row["line_id"],
        workflow_id=row["workflow_id"],
        fingerprint=row["fingerprint"],
        timeout=row["timeout"],
    )
    facts = {str(key): cast("dict[str, JsonValue]", told or {}) for key, told in parents}
    return Begun(view, facts, row["number"], row["remote_id"], bool(row["adopt"]))


def _heard(row: Mapping[Any, Any]) -> tuple[Told, Report | None]:
    told = Told(row["progress"], row["progress_message"], row["log_tail"], row["server"])
    how = cast("How | None", row["how"])
    if how is None:
        return told, None
    output = failure = None
    if how == "completed":
        assets = tuple([UUID(one) for one in cast("Sequence[str]", row["output_assets"] or ())])
        output = TaskOutput(assets, cast("dict[str, JsonValue]", row["output_facts"] or {}))
    if row["error_class"] is not None:
        failure = Failure(
            cast("ErrorClass", row["error_class"]), row["error_code"], row["error_message"]
        )
    return told, Report(how, output, failure)


def _columns(worker: WorkerRecord) -> dict[str, object]:
    return {name: getattr(worker, name) for name in WorkerRecord.__slots__}
