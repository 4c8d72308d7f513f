"""Seeded bugs: small changes of the real code's source, each of which the simulation must notice.

A change names its function and the text that it replaces, which must be there exactly once: code
that moved on makes the mutant fail to apply, and with it the suite.
"""

from __future__ import annotations
import __future__

import importlib
import inspect
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from types import FunctionType
from typing import Any
from unittest.mock import patch

from tests.simulation.databases import sqlite_database
from tests.simulation.loop import Stuck
from tests.simulation.oracle import Violation
from tests.simulation.world import simulate

BOARD = "ai_video.orchestrator.board:Board"
GRAPH = "ai_video.orchestrator.graph:DagGraph"
NODE = "ai_video.orchestrator.graph:Node"
STORE = "ai_video.orchestrator.memory_store:MemoryTaskStore"
DISPATCH = "ai_video.orchestrator.memory_dispatch:MemoryDispatchStore"
SCHEDULER = "ai_video.orchestrator.scheduler:DAGScheduler"
EXECUTOR = "ai_video.orchestrator.queue_executor:QueueExecutor"
WORKER = "ai_video.orchestrator.queue_worker:QueueWorker"
IN_PROCESS = "ai_video.orchestrator.in_process:InProcessExecutor"
RESOURCES = "ai_video.orchestrator.resources:ResourceManager"


SQL = "ai_video.storage.task_sql"
FREE = "AND ? IS NOT NULL "


class NotApplied(Exception):
    """The code is no longer what the mutant changes: bring the mutant up to date."""


@dataclass(frozen=True)
class Change:
    """In a function (`module:Class.name`) or a text (`module:NAME`): this becomes that."""

    where: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """`queue`: seeds with workers (True), without
    (False), or both; `first`: the seed to begin with, for defects that few seeds find; `sql`: a bug
    of the SQL store, so SQLite is simulated."""

    name: str
    changes: tuple[Change, ...]
    queue: bool | None = None
    first: int = 0
    sql: bool = False
    frozen: bool = False


NO_LEASE = Change(f"{STORE}.apply", "self._check_lease(changes.lease)", "pass")
NO_VERSION = Change(f"{STORE}._write_dags", "self._t.dags[dag.id].version != dag.version", "False")
ENDS_TWICE = Change(
    f"{STORE}._end_attempts", "if attempt.ended_at is not None or foreign:", "if False:"
)
OTHERS_END = Change(
    f"{STORE}._end_attempts",
    "if attempt.ended_at is not None or foreign:",
    "if attempt.ended_at is not None:",
)
MOVES_ANY = Change(
    f"{STORE}._move", "if old.status is not move.source or old.attempts != move.token:", "if False:"
)
MOVES_ANY_ATTEMPT = Change(
    f"{STORE}._move",
    "old.status is not move.source or old.attempts != move.token",
    "old.status is not move.source",
)

MUTANTS = (
    Mutant(
        "attempt not counted at the claim",
        (Change(f"{GRAPH}.claim", "record.attempts += 1", "pass"),),
    ),
    Mutant(
        "begin without a fence",
        (
            Change(
                f"{DISPATCH}.begin",
                "if not again and (row.worker_id is not None or (attempt.begun_at and not row.adopt)):",
                "if False:",
            ),
        ),
        queue=True,
    ),
    Mutant(
        "heartbeat without the lease",
        (Change(f"{STORE}.renew", "self._check_lease(lease)", "pass"),),
    ),
    Mutant("finish without a fence", (NO_LEASE, NO_VERSION, ENDS_TWICE, MOVES_ANY), queue=False),
    Mutant(
        "finish ignores attempt and owner",
        (NO_LEASE, NO_VERSION, ENDS_TWICE, MOVES_ANY_ATTEMPT),
        queue=False,
    ),
    Mutant(
        "children counted down in a second transaction",
        (
            Change(
                f"{STORE}._write",
                "for task_id, many in unlocked:",
                "late, self._late = getattr(self, '_late', []), unlocked\n"
                "        for task_id, many in late:",
            ),
        ),
    ),
    Mutant(
        "a dead scheduler's lease never ends",
        (Change(f"{STORE}.acquire", "self._until > now and not gone(held)", "True"),),
    ),
    Mutant(
        "a dead worker is never buried",
        (Change(f"{EXECUTOR}._bury_the_dead", "if now - since >= self._silence_s", "if False"),),
        queue=True,
    ),
    Mutant(
        "reading again resets all that runs",
        (Change(f"{BOARD}._attach_running", "if attempt is None or not known:", "if True:"),),
    ),
    Mutant(
        "claims ignore a pause",
        (Change(f"{BOARD}._wait_or_enqueue", "dag.paused_at is None", "True"),),
    ),
    Mutant(
        "ready one parent early",
        (
            Change(
                f"{NODE}.ready",
                "not self.record.pending_parents",
                "self.record.pending_parents < 2",
            ),
            Change(f"{STORE}._claim", "if old.pending_parents or old.cancelling:", "if False:"),
        ),
    ),
    Mutant(
        "graphics memory is not counted",
        (Change(f"{RESOURCES}.fits", "if name in capacities and", "if name == 'slots' and"),),
    ),
    Mutant(
        "a retry without its event",
        (
            Change(
                f"{GRAPH}.move",
                "changes.events.append(self._step(node, target))",
                "event = self._step(node, target)\n"
                "        if target is not S.PENDING:\n"
                "            changes.events.append(event)",
            ),
        ),
    ),
    Mutant(
        "the timer of a retry is only in memory",
        (
            Change(
                f"{BOARD}._attach",
                "elif status is S.RETRY_PENDING or node.ready:",
                "elif node.ready:",
            ),
        ),
    ),
    Mutant(
        "work starts before its claim is written",
        (
            Change(
                f"{BOARD}._claim",
                "graph.touch(changes)",
                "graph.touch(changes)\n"
                "        self._executor.start(self._work(node, attempt_id, attempt.remote_id))",
            ),
            Change(
                f"{BOARD}._claimed",
                "self._executor.start(self._work(node, attempt.id, attempt.remote_id))",
                "pass",
            ),
        ),
        queue=False,
    ),
    Mutant(
        "a scheduler that lost its lease goes on, and finish has no fence",
        (
            Change(f"{SCHEDULER}._serve", 'self._executor.cancel_all("shutdown")', "pass"),
            NO_LEASE,
            NO_VERSION,
            ENDS_TWICE,
            MOVES_ANY,
        ),
        queue=False,
    ),
    Mutant(
        "SQL: a step is written without the lease",
        (Change(f"{SQL}:COUNT_DAG", "AND owner = ? AND token = ?", FREE + FREE),),
        sql=True,
    ),
    Mutant(
        "SQL: the lease is renewed without being held",
        (Change(f"{SQL}:RENEW_LEASE", "AND owner = ? AND token = ?", FREE + FREE),),
        first=126,
        sql=True,
    ),
    Mutant(
        "SQL: finish without a fence",
        (
            Change(f"{SQL}:COUNT_DAG", "AND owner = ? AND token = ?", FREE + FREE),
            Change(f"{SQL}:COUNT_DAG", "AND version = ?", FREE),
            Change(f"{SQL}:UPDATE_DAG", "AND version = ?", FREE),
            Change(f"{SQL}:FINISH_ATTEMPT", "AND ended_at IS NULL AND lease_owner = ?", FREE),
            Change(f"{SQL}:END_OWN_ATTEMPT", "AND ended_at IS NULL AND lease_owner = ?", FREE),
            Change(f"{SQL}:COMPLETE_TASK", "AND status = 'running' AND attempts = ?", FREE),
        ),
        sql=True,
    ),
    Mutant(
        "SQL: children are not counted down",
        (Change(f"{SQL}:UNLOCK_TASK", "pending_parents - ?", "pending_parents - 0 * ?"),),
        sql=True,
    ),
    Mutant(
        "SQL: a claim counts no attempt",
        (Change(f"{SQL}:CLAIM_TASK", "attempts = attempts + 1, ", ""),),
        sql=True,
    ),
    Mutant(
        "defect: a result stays refused after another process adopted the attempt",
        (
            Change(
                f"{BOARD}._attach_running", "if attempt.lease_owner != self._owner:", "if False:"
            ),
        ),
        first=263,
    ),
    Mutant(
        "defect: a cancel before the first step is lost",
        (Change(f"{IN_PROCESS}.cancel", "if run.begun:", "if True:"),),
        first=285,
    ),
    Mutant(
        "defect: a worker thought dead adopts what it still runs",
        (
            Change(f"{WORKER}._work", "self._leave_earlier(attempt_id)", "pass"),
            Change(
                f"{IN_PROCESS}._run",
                "if self._runs.get(work.context.attempt_id) is run:",
                "if True:",
            ),
        ),
        queue=True,
        first=60,
    ),
    Mutant(
        "defect: what is being let go of is thought to run still",
        (
            Change(
                f"{IN_PROCESS}.cancel",
                'if reason == "shutdown" and run.work.is_remote:',
                "if False:",
            ),
        ),
        first=10_560,
    ),
    Mutant(
        "defect: a late answer starts what was finished since",
        (Change(f"{SCHEDULER}._commit", "await self._check_late_answer(changes, asked)", "pass"),),
        queue=False,
        first=227,
        frozen=True,
    ),
    Mutant(
        "defect: what ran in a run that is over is recovered",
        (
            Change(
                f"{BOARD}.plan",
                "self._orphans:\n        if not node.graph.dropped:",
                "self._orphans:\n            if True:",
            ),
        ),
        queue=True,
        first=32,
        frozen=True,
    ),
    Mutant(
        "defect: a clock set back hides what becomes ready",
        (Change(f"{BOARD}._wait_or_enqueue", "or dag.started_at is not None", ""),),
        first=79,
    ),
)


@contextmanager
def applied(mutant: Mutant) -> Iterator[None]:
    """The code with the mutant's changes. Raises: NotApplied."""
    with ExitStack() as stack:
        for change in mutant.changes:
            stack.enter_context(_changed(mutant, change))
        yield


def _changed(mutant: Mutant, change: Change) -> Any:
    module_name, _, path = change.where.partition(":")
    class_name, _, name = path.partition(".")
    module = importlib.import_module(module_name)
    if not name:
        text = getattr(module, class_name)
        if text.count(change.old) != 1:
            raise NotApplied(f"{mutant.name}: {change.where} has no single {change.old!r}")
        return patch.object(module, class_name, text.replace(change.old, change.new))
    owner = getattr(module, class_name)
    found: Any = vars(owner).get(name)
    function = found.fget if isinstance(found, property) else found
    if not isinstance(function, FunctionType):
        raise NotApplied(f"{mutant.name}: there is no {change.where}")
    source = textwrap.dedent(inspect.getsource(function))
    if source.startswith("@property"):
        source = source.partition("\n")[2]
    if source.count(change.old) != 1:
        raise NotApplied(f"{mutant.name}: {change.where} has no single {change.old!r}")
    new = change.new.replace("\n    ", "\n")  # as the source, which lost its indentation
    made: dict[str, Any] = {}
    code = compile(
        source.replace(change.old, new),
        f"<{mutant.name}>",
        "exec",
        flags=__future__.annotations.compiler_flag,
    )
    exec(code, function.__globals__, made)
    changed = made[function.__name__]
    return patch.object(owner, name, property(changed) if found is not function else changed)


MOST = 30
"""Seeds that a mutant may need."""


@dataclass(frozen=True)
class Death:
    """How a mutant was noticed: after so many seeds, by which of the things that must hold."""

    seeds: int
    seed: int
    by: str


def death_of(mutant: Mutant) -> Death | None:
    """None: it lived through `MOST` seeds."""
    with applied(mutant):
        for seed in range(mutant.first, mutant.first + MOST):
            with sqlite_database() if mutant.sql else nullcontext() as url:
                story = simulate(seed, queue=mutant.queue, sql_url=url, frozen=mutant.frozen)
            if story.failure is not None:
                return Death(seed - mutant.first + 1, seed, _by(story.failure))
    return None


def _by(failure: BaseException) -> str:
    if isinstance(failure, Violation):
        return str(failure).partition(":")[0]
    if isinstance(failure, Stuck):
        return "so much happens that no time passes"
    return f"{type(failure).__name__} in the code"


BEGIN = "<!-- mutants: made by scripts/mutants_reference.py -->\n"
END = "<!-- end of mutants -->\n"


def table() -> str:
    """Every mutant, what noticed it, and how many seeds that took."""
    rows = ["| seeded bug | noticed by | seeds | seed |", "|---|---|---|---|"]
    for mutant in MUTANTS:
        death = death_of(mutant)
        if death is None:
            raise SystemExit(f"{mutant.name}: lived through {MOST} seeds")
        rows.append(f"| {mutant.name} | {death.by} | {death.seeds} | {death.seed} |")
    return "\n".join(rows) + "\n"
