"""A DAG in memory: who waits for whom, what is ready, and moves that keep the counters true.

Every change of a task's state goes through `DagGraph.move`, in the scheduler and in commands.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from json.encoder import encode_basestring as quoted
from typing import NamedTuple
from uuid import UUID

from pydantic import JsonValue

from ai_video.domain.task import (
    END_STATES,
    LEGAL_MOVES,
    UNLOCKS_CHILDREN,
    DAGStatus,
    ResourceRequirements,
    TaskStatus,
)
from ai_video.orchestrator.events import EventRecord, MoveEvent
from ai_video.orchestrator.handlers import Facts, TaskView
from ai_video.orchestrator.records import (
    Changes,
    Claim,
    DagRecord,
    DagRows,
    Move,
    TaskRecord,
)

S = TaskStatus
PENDING, RUNNING, RETRY_PENDING = S.PENDING, S.RUNNING, S.RETRY_PENDING
COMPLETED = S.COMPLETED
ACTIVE = frozenset({PENDING, RUNNING, RETRY_PENDING})
"""States of tasks that something will happen to, if all parents are done."""

Order = tuple[int, int, int]
Requirements = tuple[tuple[str, int], ...]

SLOTS = "slots"


class Node:
    """A task in its graph.

    `order`: what starts first among ready tasks, least first. `reusing`: an earlier result is being
    taken over. `remake`: there was one and its artifacts are gone. `problem`: why it cannot even
    start; the attempt fails with it.
    """

    __slots__ = (
        "_event_head",
        "_facts",
        "_move_head",
        "_subject",
        "_view",
        "children",
        "depth",
        "graph",
        "group",
        "order",
        "parents",
        "problem",
        "record",
        "remake",
        "requirements",
        "reusing",
    )

    def __init__(self, graph: DagGraph, record: TaskRecord, parents: tuple[Node, ...]) -> None:
        self.graph = graph
        self.record = record
        self.parents = parents
        self.children: list[Node] = []
        if not parents:
            self.depth: int = 0
        elif len(parents) == 1:
            self.depth = parents[0].depth + 1
        else:
            self.depth = 1 + max([parent.depth for parent in parents])
        self.group: int = _group(graph, record, parents)
        wanted = record.resource_requirements
        self.requirements = requirements_of(wanted)
        # Depth first inside a group, so that finished shots come early.
        self.order: Order = (
            (0 if wanted.priority_boost else 1000) - record.priority,
            graph.number,
            (self.group << 40) - (self.depth << 20) + record.position,
        )
        self._view: TaskView | None = None
        self._facts: Facts | None = None
        self._subject = ""
        self._event_head = ""
        self._move_head = ""
        self.problem: Exception | None = None
        self.remake = False
        self.reusing = False
        for parent in parents:
            parent.children.append(self)

    @property
    def ready(self) -> bool:
        return self.record.status is PENDING and not self.record.pending_parents

    @property
    def event_head(self) -> str:
        """What the data of all its events begins with."""
        if not self._event_head:
            self._event_head = _event_head(self.record)
        return self._event_head

    @property
    def move_head(self) -> str:
        """What the data of its moves begins with."""
        if not self._move_head:
            self._move_head = f'{{"id":"{self.subject}",{self.event_head}'
        return self._move_head

    @property
    def subject(self) -> str:
        """Its id as events name it."""
        if not self._subject:
            self._subject = str(self.record.id)
        return self._subject

    def facts(self) -> Facts:
        """Facts of the parents, by key; asked for when all of them are done."""
        if self._facts is None:
            facts: dict[str, Mapping[str, JsonValue]] = {}
            for parent in self.parents:
                record = parent.record
                facts[record.key] = record.output.facts if record.output else {}
            self._facts = facts
        return self._facts

    def view(self) -> TaskView:
        """What handlers see."""
        view, record = self._view, self.record
        if view is None:
            view = self._view = self._seen()
        elif view.fingerprint != record.fingerprint:
            view = self._view = TaskView(*view[:11], record.fingerprint, view.timeout)
        return view

    def forget(self) -> None:
        """Free what only a task that starts needs."""
        self._view = self._facts = None

    def _seen(self) -> TaskView:
        record = self.record
        return TaskView(
            record.id,
            record.dag_id,
            self.graph.record.episode_id,
            record.key,
            record.kind,
            record.part,
            record.params,
            tuple([parent.record.key for parent in self.parents]),
            record.storyboard_id,
            record.line_id,
            record.workflow_id,
            record.fingerprint,
            record.timeout,
        )


class DagGraph:
    """A run's tasks; `active` counts those that run, wait for a retry, or are ready."""

    def __init__(self, rows: DagRows) -> None:
        self.record: DagRecord = rows.dag
        self.number = rows.dag.id.int
        self.subject = str(rows.dag.id)
        self.nodes: dict[UUID, Node] = {}
        self.groups: dict[UUID, int] = {}
        self.dropped = False
        """No longer the graph that the scheduler looks after."""
        self._touched_in: Changes | None = None
        if not self._placed(rows.tasks):
            self.nodes.clear()
            self.groups.clear()
            self._placed(in_order(rows.tasks))
        self.active: int = sum([is_active(record) for record in rows.tasks])

    def _placed(self, tasks: Iterable[TaskRecord]) -> bool:
        """Make nodes of tasks; False where one comes before its parents."""
        nodes = self.nodes
        try:
            for record in tasks:
                parents = record.parents
                nodes[record.id] = Node(
                    self, record, tuple([nodes[key] for key in parents]) if parents else ()
                )
        except KeyError:
            return False
        return True

    def drop(self) -> None:
        """It is looked after no more; what refers to each other in a circle lets go at once."""
        self.dropped = True
        for node in self.nodes.values():
            node.children.clear()
        self.nodes.clear()

    def ready(self) -> Iterator[Node]:
        return (node for node in self.nodes.values() if node.ready)

    def move(
        self, node: Node, target: TaskStatus, changes: Changes, *, via: tuple[TaskStatus, ...] = ()
    ) -> list[Node]:
        """Move a task (through `via`), with its events, the DAG's counters and its children.

        Returns:
            Children that became ready.
        """
        record = node.record
        changes.moves.append(Move(record, record.status, record.attempts))
        for step in via:
            changes.events.append(self._step(node, step))
        changes.events.append(self._step(node, target))
        if target in END_STATES:
            record.completed_at = changes.at
        record.version += 1
        self.touch(changes)
        return self._unlock(node, changes) if target in UNLOCKS_CHILDREN else []

    def mark(self, node: Node, changes: Changes) -> None:
        """Have a task's row written without a change of its state."""
        changes.moves.append(Move(node.record, node.record.status, node.record.attempts))
        node.record.version += 1
        self.touch(changes)

    def cancel(self, node: Node, changes: Changes) -> None:
        """Cancel a task and all that waits for it."""
        stack = [node]
        while stack:
            current = stack.pop()
            if current.record.status not in END_STATES:
                self.move(current, S.CANCELLED, changes)
                stack.extend(current.children)

    def claim(self, node: Node) -> tuple[Move, MoveEvent]:
        """Move a ready task to running; the caller takes `unclaim` back where it was refused."""
        record = node.record
        move = Move(record, record.status, record.attempts)
        record.attempts += 1
        event = self._step(node, RUNNING)
        record.version += 1
        return move, event

    def unclaim(self, claim: Claim, node: Node) -> None:
        """Take a claim back that the store did not write."""
        record = node.record
        self.active -= is_active(record)
        record.status = claim.move.source
        record.attempts = claim.move.token
        record.version -= 1
        self.active += is_active(record)

    def touch(self, changes: Changes) -> None:
        """Have the DAG's counters written; its version is the fence against commands."""
        if self._touched_in is not changes:
            self._touched_in = changes
            dag_id = self.record.id
            if dag_id not in changes.dags:
                changes.dags[dag_id] = self.record
                changes.counted.add(dag_id)

    def start(self, changes: Changes) -> None:
        """A task of it starts or counts as completed."""
        if self.record.status is not DAGStatus.RUNNING:
            self.set_status(DAGStatus.RUNNING, changes)

    def settle(self, changes: Changes) -> bool:
        """Close the DAG if nothing is left to do, open it if there is again; True when it is over."""
        record = self.record
        status = self._verdict()
        if status is not None and status is not record.status:
            self.set_status(status, changes)
        return status in (DAGStatus.COMPLETED, DAGStatus.FAILED, DAGStatus.CANCELLED)

    def set_status(self, status: DAGStatus, changes: Changes) -> None:
        record = self.record
        changes.events.append(dag_event(record, status))
        record.status = status
        over = status in (DAGStatus.COMPLETED, DAGStatus.CANCELLED, DAGStatus.FAILED)
        record.completed_at = changes.at if over else None
        if status is DAGStatus.RUNNING and record.started_at is None:
            record.started_at = changes.at
        changes.dags[record.id] = record
        changes.counted.discard(record.id)

    def _verdict(self) -> DAGStatus | None:
        """The status that the tasks' states call for; None = as it is."""
        record = self.record
        ended = record.completed_tasks + record.skipped_tasks + record.cancelled_tasks
        if ended == record.total_tasks:
            return DAGStatus.CANCELLED if record.cancelled_tasks else DAGStatus.COMPLETED
        if self.active:
            opened = record.status is DAGStatus.FAILED
            return DAGStatus.RUNNING if opened else None
        return DAGStatus.FAILED if record.failed_tasks else None

    def _step(self, node: Node, target: TaskStatus) -> MoveEvent:
        """One state further, with the counters that it changes; the event that tells of it.

        Raises:
            ValueError: it is no legal move.
        """
        record, dag = node.record, self.record
        source = record.status
        step = _STEPS[source].get(target)
        if step is None:
            raise ValueError(f"{source} -> {target} is no legal move")
        if source is not PENDING or not record.pending_parents:
            self.active += step.gain
        elif target in ACTIVE:
            self.active += 1
        record.status = target
        if target is COMPLETED:
            dag.completed_tasks += 1
        elif step.enters is not None:
            setattr(dag, step.enters, getattr(dag, step.enters) + 1)
        if step.leaves is not None:
            setattr(dag, step.leaves, getattr(dag, step.leaves) - 1)
        return MoveEvent(self.subject, f"{node.move_head}{step.text}{record.attempts}}}")

    def _unlock(self, node: Node, changes: Changes) -> list[Node]:
        freed: list[Node] = []
        unlocked = changes.unlocked
        for child in node.children:
            record = child.record
            number = record.id.int
            unlocked[number] = unlocked.get(number, 0) + 1
            record.pending_parents -= 1
            if not record.pending_parents and record.status is PENDING:
                self.active += 1
                freed.append(child)
        return freed


_ONE_SLOT: Requirements = ((SLOTS, 1),)


def is_active(record: TaskRecord) -> bool:
    status = record.status
    return (
        status is RUNNING
        or status is RETRY_PENDING
        or (status is PENDING and not record.pending_parents)
    )


def requirements_of(wanted: ResourceRequirements) -> Requirements:
    """What a task holds while it runs, as named amounts."""
    if not wanted.cpu and not wanted.gpu_memory_mb:
        return _ONE_SLOT
    amounts = [(SLOTS, 1)]
    if wanted.cpu:
        amounts.append(("cpu", wanted.cpu))
    if wanted.gpu_memory_mb:
        amounts.append(("gpu_memory_mb", wanted.gpu_memory_mb))
    return tuple(amounts)


def in_order(tasks: Iterable[TaskRecord]) -> Iterable[TaskRecord]:
    """Tasks with every parent before its children, otherwise in the order given.

    Raises:
        ValueError: the edges form a circle.
    """
    given = list(tasks)
    placed: dict[UUID, TaskRecord] = {}
    for task in given:
        for parent in task.parents:
            if parent not in placed:
                return _sorted(given)
        placed[task.id] = task
    return given


def _sorted(tasks: list[TaskRecord]) -> Iterable[TaskRecord]:
    by_id = {task.id: task for task in tasks}
    placed: dict[UUID, TaskRecord] = {}
    for first in tasks:
        if first.id in placed:
            continue
        stack = [first]
        on_path: set[UUID] = set()
        while stack:
            task = stack[-1]
            missing = [parent for parent in task.parents if parent not in placed]
            if not missing:
                placed[task.id] = task
                on_path.discard(task.id)
                stack.pop()
            elif task.id in on_path:
                raise ValueError("the tasks wait for each other in a circle")
            else:
                on_path.add(task.id)
                stack.extend(by_id[parent] for parent in missing)
    return placed.values()


def dag_event(record: DagRecord, status: DAGStatus | str) -> EventRecord:
    data = {
        "name": record.name,
        "episode_id": str(record.episode_id) if record.episode_id else None,
        "completed_tasks": record.completed_tasks,
        "total_tasks": record.total_tasks,
        "failed_tasks": record.failed_tasks,
    }
    return EventRecord(f"dag.{status}", str(record.id), json.dumps(data, ensure_ascii=False))


class _Step(NamedTuple):
    """A legal move: its event, and the DAG's counters of those in the state left and entered.

    `gain`: by how much it changes the number of active tasks, if all parents are done.
    """

    text: str
    leaves: str | None
    enters: str | None
    gain: int


_COUNTERS = {
    S.COMPLETED: "completed_tasks",
    S.MANUAL_REVIEW: "failed_tasks",
    S.SKIPPED: "skipped_tasks",
    S.CANCELLED: "cancelled_tasks",
}
_STEPS = {
    source: {
        target: _Step(
            f'"from":"{source.value}","to":"{target.value}","attempt":',
            _COUNTERS.get(source),
            _COUNTERS.get(target),
            (target in ACTIVE) - (source in ACTIVE),
        )
        for target in targets
    }
    for source, targets in LEGAL_MOVES.items()
}


def _group(graph: DagGraph, record: TaskRecord, parents: tuple[Node, ...]) -> int:
    """Tasks of one shot share a group: the place of the shot's first task.

    Without a storyboard a task belongs to its parents' group, if they share one.
    """
    if record.storyboard_id is not None:
        return graph.groups.setdefault(record.storyboard_id, record.position)
    if not parents:
        return record.position
    group = parents[0].group
    for parent in parents:
        if parent.group != group:
            return record.position
    return group


def _event_head(record: TaskRecord) -> str:
    """What every event says of a task: the inside of a JSON object that goes on."""
    head = f'"key":{quoted(record.key)},"kind":{quoted(record.kind)},'
    if record.part is not None:
        head += f'"part":{record.part},'
    if record.storyboard_id is not None:
        head += f'"storyboard_id":"{record.storyboard_id}",'
    if record.line_id is not None:
        head += f'"line_id":"{record.line_id}",'
    return head
