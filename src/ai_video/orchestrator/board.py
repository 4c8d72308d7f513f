"""The scheduler's memory of the store: what is ready, what runs, and the next step.

`plan` turns all that happened into one `Changes` and changes the memory as if they were written;
`committed` acts on them (starts attempts). Where they were refused the board is cleared and read
anew: only `ended`, the executor and the reuser outlive that.
"""

from __future__ import annotations

import heapq
import json
import logging
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from ai_video.domain.ids import new_id
from ai_video.domain.task import ADOPTION_CAP, TaskOutput, TaskStatus
from ai_video.errors import ConfigurationFailure, Language, SystemFailure
from ai_video.orchestrator.collecting import Kept, collector_rests
from ai_video.orchestrator.events import PROGRESS, EventRecord
from ai_video.orchestrator.executor import Ended, TaskExecutor, Work, failure_of
from ai_video.orchestrator.graph import DagGraph, Node
from ai_video.orchestrator.handlers import TaskContext, TaskHandler
from ai_video.orchestrator.ready import ReadyIndex
from ai_video.orchestrator.records import (
    Adoption,
    AttemptEnd,
    AttemptRecord,
    AttemptStart,
    Changes,
    Claim,
    DagRows,
    Lease,
    Outcome,
    Progress,
)
from ai_video.orchestrator.resources import ResourceManager
from ai_video.orchestrator.retry import Decision, Failure, RetryHandler
from ai_video.orchestrator.reuse import Reused, Reuser
from ai_video.orchestrator.store import Loaded

log = logging.getLogger(__name__)

S = TaskStatus
LOOKUPS = 500
CLAIMS = 256
MANY = 500
"""From so many tasks on a run is hidden from the garbage collector while it lasts."""
OUTCOMES: dict[str, Outcome] = {
    "completed": "completed",
    "failed": "failed",
    "lost": "lost",
    "cancelled": "cancelled",
    "given_back": "cancelled",
    "died": "lost",
}


class Board:
    """See the module; `owner` marks the attempts that this scheduler started."""

    def __init__(
        self,
        handlers: Mapping[str, TaskHandler],
        resources: ResourceManager,
        executor: TaskExecutor,
        reuser: Reuser,
        *,
        owner: str,
        worker: str,
        language: Language,
        devices: Callable[[], int] | None = None,
    ) -> None:
        self.ended: list[Ended] = []
        self._handlers = handlers
        self._resources = resources
        self._executor = executor
        self._reuser = reuser
        self._owner = owner
        self._worker = worker
        self._retry = RetryHandler()
        self._death = failure_of(SystemFailure("worker_died"), language)
        vain = ConfigurationFailure("adopted_too_often", times=ADOPTION_CAP)
        self._vain = failure_of(vain, language)
        self._graphs: dict[UUID, DagGraph] = {}
        self._kept = Kept()
        self._ready = ReadyIndex(devices)
        self._running: dict[UUID, Node] = {}
        self._in_flight: dict[str, Node] = {}
        self._parked: dict[str, list[Node]] = {}
        self._unasked: deque[Node] = deque()
        self._timers: list[tuple[datetime, int, Node | DagGraph]] = []
        self._timer_number = 0
        self._orphans: list[tuple[Node, AttemptRecord | None]] = []
        self._regained: list[tuple[Node, UUID]] = []
        self._asked: list[Node] = []
        self._claiming: list[Node] = []
        self._later: list[Node] = []
        self._adopted: list[Work] = []
        self._over: list[DagGraph] = []
        self._planned_ended = 0
        self._planned_reused = 0

    @property
    def idle(self) -> bool:
        """Nothing is open and nothing runs."""
        return not (self._graphs or len(self._executor) or len(self._reuser))

    def versions(self) -> dict[UUID, int]:
        return {dag_id: graph.record.version for dag_id, graph in self._graphs.items()}

    def next_due(self, now: datetime) -> float:
        """Seconds until a timer is due."""
        return (self._timers[0][0] - now).total_seconds() if self._timers else float("inf")

    def clear(self) -> None:
        """Forget everything that can be read again."""
        for graph in self._graphs.values():
            graph.drop()
        self._graphs.clear()
        self._kept.release()
        self._ready.clear()
        self._running.clear()
        self._in_flight.clear()
        self._parked.clear()
        self._unasked.clear()
        self._timers.clear()
        self._orphans.clear()
        self._regained.clear()
        self._asked.clear()
        self._claiming.clear()
        self._later.clear()
        self._adopted.clear()
        self._over.clear()
        self._resources.clear()
        self._planned_ended = self._planned_reused = 0

    def take(self, loaded: Loaded, now: datetime) -> None:
        """Learn what the store holds."""
        changed = {rows.dag.id for rows in loaded.changed}
        for dag_id in [key for key in self._graphs if key in changed or key not in loaded.open_ids]:
            self._drop(self._graphs[dag_id])
        with collector_rests():
            for rows in loaded.changed:
                self._attach(rows, now)
        if any(len(rows.tasks) >= MANY for rows in loaded.changed):
            self._kept.hold()

    def plan(self, now: datetime, lease: Lease, *, claiming: bool) -> Changes:
        """One step: everything that happened since the last, and what may start now."""
        changes = Changes(at=now, lease=lease)
        for node, attempt in self._orphans:
            if not node.graph.dropped:
                self._recover(node, attempt, changes)
        self._orphans.clear()
        for node, attempt_id in self._regained:
            if not node.graph.dropped:
                changes.adopted.append(Adoption(attempt_id, after_death=False))
                node.graph.touch(changes)
        self._regained.clear()
        known: list[Ended] = []
        for ended in self.ended:
            node = self._running.pop(ended.work.context.attempt_id, None)
            if node is not None:
                known.append(ended)
                self._end(node, ended, changes)
        self.ended = known
        self._planned_ended = len(known)
        reused = self._reuser.done
        for result in reused:
            self._reused(result, changes)
        self._planned_reused = len(reused)
        self._ring(now, changes)
        if claiming:
            self._claim_all(changes)
            self._ask(changes)
        for dag_id in list(changes.dags):
            graph = self._graphs[dag_id]
            if graph.settle(changes):
                self._over.append(graph)
        return changes

    def committed(self, changes: Changes, found: Mapping[str, TaskOutput]) -> bool:
        """Act on a step that was written; True when a run ended with it."""
        del self.ended[: self._planned_ended]
        del self._reuser.done[: self._planned_reused]
        self._planned_ended = self._planned_reused = 0
        for work in self._adopted:
            attempt_id = work.context.attempt_id
            self._executor.start(work)
            if self._running[attempt_id].record.cancelling:
                self._executor.cancel(attempt_id)
        self._adopted.clear()
        for claim, node in zip(changes.claims, self._claiming, strict=True):
            self._claimed(claim, node, found)
        self._claiming.clear()
        for node in self._asked:
            output = found.get(node.record.fingerprint or "")
            if output is not None and node.ready and not node.reusing:
                self._reuse(node, output)
        self._asked.clear()
        later, self._later = self._later, []
        for node in later:
            self._wait_or_enqueue(node, changes.at)
        ended = bool(self._over)
        for graph in self._over:
            self._drop(graph)
        self._over.clear()
        return ended

    def progress(self, now: datetime, lease: Lease) -> Changes:
        """What running attempts told since the last time."""
        changes = Changes(at=now, lease=lease)
        for work in self._executor.works():
            context = work.context
            node = self._running.get(context.attempt_id)
            if node is None or not context.changed:
                continue
            context.changed = False
            changes.progress.append(
                Progress(
                    context.attempt_id,
                    context.fraction,
                    context.message,
                    context.log_tail(),
                    context.server,
                )
            )
            told = json.dumps(
                {"fraction": context.fraction, "message": context.message}, ensure_ascii=False
            )
            data = f'{{"dag_id":"{node.graph.subject}",{node.event_head}{told[1:]}'
            changes.events.append(EventRecord(PROGRESS, node.subject, data))
        return changes

    # What is read from the store

    def _attach(self, rows: DagRows, now: datetime) -> None:
        graph = DagGraph(rows)
        self._graphs[graph.record.id] = graph
        if graph.record.start_at is not None and graph.record.start_at > now:
            self._at(graph.record.start_at, graph)
        for node in graph.nodes.values():
            status = node.record.status
            if status is S.RUNNING:
                self._attach_running(node, rows.running.get(node.record.id))
            elif status is S.RETRY_PENDING or node.ready:
                self._wait_or_enqueue(node, now)

    def _attach_running(self, node: Node, attempt: AttemptRecord | None) -> None:
        known = attempt is not None and (
            attempt.id in self._executor
            or any(ended.work.context.attempt_id == attempt.id for ended in self.ended)
        )
        if attempt is None or not known:
            self._orphans.append((node, attempt))
            return
        self._hold(node, attempt.id)
        if attempt.lease_owner != self._owner:  # it was adopted while another process had the lease
            self._regained.append((node, attempt.id))
        if node.record.cancelling:
            self._executor.cancel(attempt.id)

    def _drop(self, graph: DagGraph) -> None:
        del self._graphs[graph.record.id]
        for attempt_id, node in list(self._running.items()):
            if node.graph is graph:
                del self._running[attempt_id]
                self._let_go(node)
        graph.drop()
        if not self._graphs:
            self._kept.release()

    # What waits

    def _wait_or_enqueue(self, node: Node, now: datetime) -> None:
        record, dag = node.record, node.graph.record
        if record.not_before is not None and record.not_before > now:
            self._at(record.not_before, node)
        elif record.status is S.RETRY_PENDING:
            self._at(now, node)
        elif (
            dag.paused_at is None
            and not dag.cancelling
            and (dag.start_at is None or dag.start_at <= now or dag.started_at is not None)
        ):  # once it has started, a clock that is set back does not stop it
            self._enqueue(node)

    def _enqueue(self, node: Node) -> None:
        node.problem = None
        self._set_fingerprint(node)
        self._ready.add(node)
        if node.record.fingerprint is not None:
            self._unasked.append(node)

    def _set_fingerprint(self, node: Node) -> None:
        handler = self._handlers.get(node.record.kind)
        if handler is None:
            node.problem = ConfigurationFailure("unknown_task_kind", kind=node.record.kind)
            return
        try:
            node.record.fingerprint = handler.fingerprint(node.view(), node.facts())
        except Exception as exc:
            log.exception("no fingerprint for task %s", node.record.key)
            node.record.fingerprint = None
            node.problem = exc

    def _at(self, when: datetime, what: Node | DagGraph) -> None:
        self._timer_number += 1
        heapq.heappush(self._timers, (when, self._timer_number, what))

    def _ring(self, now: datetime, changes: Changes) -> None:
        """Delays that are over."""
        while self._timers and self._timers[0][0] <= now:
            what = heapq.heappop(self._timers)[2]
            if isinstance(what, DagGraph):
                if not what.dropped:
                    for node in what.ready():
                        self._wait_or_enqueue(node, now)
            elif not what.graph.dropped:
                what.record.not_before = None
                if what.record.status is S.RETRY_PENDING:
                    what.graph.move(what, S.PENDING, changes)
                    self._later.append(what)
                elif what.ready:
                    self._wait_or_enqueue(what, now)

    # What starts

    def _claim_all(self, changes: Changes) -> None:
        while len(changes.claims) < CLAIMS:
            node = self._ready.pop_fitting(self._resources, changes.at)
            if node is None:
                return
            if node.reusing or not node.ready or node.graph.dropped:
                continue
            fingerprint = node.record.fingerprint
            if fingerprint is not None and fingerprint in self._in_flight:
                self._parked.setdefault(fingerprint, []).append(node)
            else:
                self._claim(node, changes)

    def _claim(self, node: Node, changes: Changes) -> None:
        record, graph = node.record, node.graph
        move, event = graph.claim(node)
        attempt_id = new_id()
        handler = self._handlers.get(record.kind)
        attempt = AttemptStart(
            attempt_id,
            record.id,
            record.attempts,
            self._worker,
            self._owner,
            str(attempt_id) if handler is not None and handler.is_remote(record.params) else None,
            not self._executor.outside,
        )
        unlocked = changes.unlocked.pop(record.id.int, 0)
        changes.claims.append(Claim(move, attempt, event, node.remake, unlocked))
        self._claiming.append(node)
        if record.started_at is None:
            record.started_at = changes.at
        record.not_before = record.reason = None
        graph.start(changes)
        graph.touch(changes)
        self._hold(node, attempt_id)

    def _claimed(self, claim: Claim, node: Node, found: Mapping[str, TaskOutput]) -> None:
        attempt = claim.attempt
        if found and not claim.remake:
            output = found.get(node.record.fingerprint or "")
            if output is not None:
                node.graph.unclaim(claim, node)
                if not node.record.attempts:
                    node.record.started_at = None
                del self._running[attempt.id]
                self._let_go(node)
                self._reuse(node, output)
                return
        self._executor.start(self._work(node, attempt.id, attempt.remote_id))

    def _work(
        self, node: Node, attempt_id: UUID, remote_id: str | None, *, adopt: bool = False
    ) -> Work:
        return Work(
            node.view(),
            node.facts(),
            TaskContext(attempt_id, node.record.attempts, remote_id),
            self._handlers.get(node.record.kind),
            adopt,
            node.problem,
        )

    def _hold(self, node: Node, attempt_id: UUID) -> None:
        self._running[attempt_id] = node
        self._resources.hold(node.requirements)
        self._ready.started(node)
        if node.record.fingerprint is not None:
            self._in_flight[node.record.fingerprint] = node

    def _let_go(self, node: Node) -> None:
        self._resources.free(node.requirements)
        self._ready.ended(node)
        fingerprint = node.record.fingerprint
        if fingerprint is not None and self._in_flight.pop(fingerprint, None) is not None:
            for waiting in self._parked.pop(fingerprint, ()):
                self._ready.add(waiting)
                self._unasked.append(waiting)

    # Earlier results

    def _ask(self, changes: Changes) -> None:
        """Look up whether ready tasks have an accepted output already."""
        while self._unasked and len(changes.lookups) < LOOKUPS:
            node = self._unasked.popleft()
            fingerprint = node.record.fingerprint
            if fingerprint is None or node.remake or not node.ready or node.graph.dropped:
                continue
            changes.lookups.append(fingerprint)
            self._asked.append(node)

    def _reuse(self, node: Node, output: TaskOutput) -> None:
        node.reusing = True
        handler = self._handlers[node.record.kind]
        self._reuser.take(handler, node.view(), output)

    def _reused(self, result: Reused, changes: Changes) -> None:
        graph = self._graphs.get(result.task.dag_id)
        node = graph.nodes.get(result.task.id) if graph else None
        if graph is None or node is None or not node.ready:
            return
        if node.record.fingerprint != result.task.fingerprint or not node.reusing:
            return
        node.reusing = False
        if result.taken:
            node.record.output = result.output
            node.record.satisfied = not node.record.attempts
            graph.start(changes)
            self._free(graph.move(node, S.COMPLETED, changes), changes)
            return
        node.remake = True
        node.problem = result.error
        self._ready.add(node)

    # What ended

    def _end(self, node: Node, ended: Ended, changes: Changes) -> None:
        context = ended.work.context
        self._let_go(node)
        failure = self._death_of(ended.work) if ended.how == "died" else ended.failure
        changes.ends.append(
            AttemptEnd(
                context.attempt_id,
                OUTCOMES[ended.how],
                failure.error_class if failure else None,
                failure.code if failure else None,
                failure.message if failure else None,
                context.fraction,
                context.message,
                context.log_tail(),
                context.server,
            )
        )
        record, graph = node.record, node.graph
        if ended.how == "completed" and ended.output is not None:
            self._complete(node, ended.output, changes)
        elif ended.how == "cancelled" or record.cancelling:
            graph.cancel(node, changes)
        elif ended.how == "given_back":
            graph.move(node, S.PENDING, changes)
            self._later.append(node)
        elif failure is self._death:
            self._follow(node, self._retry.died(record, begun=True), failure, changes)
        elif failure is not None:
            self._follow(node, self._retry.failed(record, failure), failure, changes)
        else:
            self._follow(node, self._retry.lost(record), None, changes)

    def _death_of(self, work: Work) -> Failure:
        """What a worker's death means; one of a job outside ends it only after many adoptions."""
        return self._vain if work.is_remote else self._death

    def _complete(self, node: Node, output: TaskOutput, changes: Changes) -> None:
        record = node.record
        record.output = output
        record.satisfied = False
        record.error_class = record.error_code = record.error_message = None
        node.forget()
        self._free(node.graph.move(node, S.COMPLETED, changes), changes)

    def _free(self, nodes: list[Node], changes: Changes) -> None:
        for node in nodes:
            self._wait_or_enqueue(node, changes.at)

    def _follow(
        self, node: Node, decision: Decision, failure: Failure | None, changes: Changes
    ) -> None:
        record = node.record
        record.retry_count = decision.retry_count
        record.free_retries = decision.free_retries
        record.reason = decision.reason
        record.not_before = (
            changes.at + timedelta(seconds=decision.delay_s) if decision.delay_s else None
        )
        if failure is not None:
            record.error_class = failure.error_class
            record.error_code = failure.code
            record.error_message = failure.message
        node.graph.move(node, decision.target, changes, via=decision.via)
        if decision.target is not S.MANUAL_REVIEW:
            self._later.append(node)

    def _recover(self, node: Node, attempt: AttemptRecord | None, changes: Changes) -> None:
        """A task is running in the store and not here: adopt it, or say what became of it."""
        handler = self._handlers.get(node.record.kind)
        remote = handler is not None and handler.is_remote(node.record.params)
        remote = remote and attempt is not None and attempt.remote_id is not None
        if attempt is None:
            self._follow(node, self._retry.died(node.record, begun=True), self._death, changes)
        elif self._executor.outside or (remote and attempt.adoptions < ADOPTION_CAP):
            changes.adopted.append(Adoption(attempt.id, self._by_death(attempt, changes)))
            node.graph.touch(changes)
            self._hold(node, attempt.id)
            self._adopted.append(self._work(node, attempt.id, attempt.remote_id, adopt=True))
        elif attempt.lease_owner == self._owner:
            changes.ends.append(AttemptEnd(attempt.id, "cancelled"))
            self._recovered(node, self._retry.died(node.record, begun=False), None, changes)
        else:
            failure = self._vain if remote else self._death
            changes.ends.append(
                AttemptEnd(attempt.id, "lost", failure.error_class, failure.code, failure.message)
            )
            begun = attempt.begun_at is not None
            decision = (
                self._retry.failed(node.record, failure)
                if remote
                else self._retry.died(node.record, begun=begun)
            )
            self._recovered(node, decision, failure, changes)

    def _by_death(self, attempt: AttemptRecord, changes: Changes) -> bool:
        """Did the process that had the attempt die? Where workers have it, their deaths count."""
        had = changes.lease is not None and changes.lease.after_death
        return had and not self._executor.outside and attempt.lease_owner != self._owner

    def _recovered(
        self, node: Node, decision: Decision, failure: Failure | None, changes: Changes
    ) -> None:
        if node.record.cancelling:
            node.graph.cancel(node, changes)
        else:
            self._follow(node, decision, failure, changes)
