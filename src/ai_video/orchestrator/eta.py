"""When a run's tasks will be done: a list schedule of what is left, from measured durations. Pure."""

from __future__ import annotations

import heapq
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from ai_video.domain.task import UNLOCKS_CHILDREN, TaskStatus
from ai_video.orchestrator.records import TaskRecord

ENOUGH = 3
"""So many attempts make a median; fewer, and the task's own estimate counts."""


class Work(NamedTuple):
    """What takes about equally long; `server` None: wherever it is done."""

    kind: str
    model_set: str | None
    server: str | None = None


class Measured(NamedTuple):
    work: Work
    seconds: float


@dataclass(frozen=True, slots=True)
class Lanes:
    """Where tasks run at once: a graphics card per server, and `slots` of them here."""

    servers: Sequence[str]
    slots: int


class Begun(NamedTuple):
    """For how long a running task has been at it, and where, once that is known."""

    seconds: float
    server: str | None = None


def medians(rows: Iterable[Measured]) -> dict[Work, float]:
    """Seconds of those that were measured often enough: on each server, and on all together."""
    found: defaultdict[Work, list[float]] = defaultdict(list)
    for row in rows:
        for work in {row.work, row.work._replace(server=None)}:
            found[work].append(row.seconds)
    return {
        work: statistics.median(seconds)
        for work, seconds in found.items()
        if len(seconds) >= ENOUGH
    }


class _Cards:
    """The servers' cards, one each."""

    def __init__(self, servers: Sequence[str], known: Mapping[Work, float]) -> None:
        self._free = list(servers) or [""]
        self._known = known

    def __bool__(self) -> bool:
        return bool(self._free)

    def take(self, task: TaskRecord, server: str | None) -> str | None:
        """The card that the task is on, else the free one that does such work fastest.

        None where the task is on a server that is gone, or that does two things at once.
        """
        if server is None and self._free:
            server = min(self._free, key=lambda each: needed(task, each, self._known))
        if server not in self._free:
            return None
        self._free.remove(server)
        return server

    def give(self, server: str) -> None:
        self._free.append(server)


def needed(task: TaskRecord, server: str | None, known: Mapping[Work, float]) -> float:
    """Seconds: as measured on that server, else anywhere, else as estimated."""
    work = Work(task.kind, task.resource_requirements.model_set, server)
    anywhere = known.get(work._replace(server=None), task.resource_requirements.estimated_duration)
    return known.get(work, anywhere)


def seconds_until_done(
    tasks: Sequence[TaskRecord],
    known: Mapping[Work, float],
    lanes: Lanes,
    running: Mapping[UUID, Begun],
) -> dict[UUID, float]:
    """Seconds from now until each unfinished task is done, by its id.

    A task that waits for a person, or was cancelled, has none, and so have all that wait for it.

    Args:
        tasks: of one run, in order.
        known: measured seconds; where there are none, the task's estimate counts.
        running: since when each running task has been at it.
    """
    by_id = {task.id: task for task in tasks}
    children: defaultdict[UUID, list[UUID]] = defaultdict(list)
    open_parents: dict[UUID, int] = {}
    for task in tasks:
        if _is_left(task):
            waits_for = [id for id in task.parents if by_id[id].status not in UNLOCKS_CHILDREN]
            open_parents[task.id] = len(waits_for)
            for parent in waits_for:
                children[parent].append(task.id)
    place = {task.id: number for number, task in enumerate(tasks)}
    cards = _Cards(lanes.servers, known)
    slots = max(1, lanes.slots)
    on: dict[UUID, str] = {}
    ready: dict[bool, list[tuple[int, int, UUID]]] = {True: [], False: []}
    ends: list[tuple[float, int, UUID]] = []
    done: dict[UUID, float] = {}

    def wait(task: TaskRecord) -> None:
        heapq.heappush(ready[_on_card(task)], (-task.priority, place[task.id], task.id))

    def start(task: TaskRecord, now: float, begun: Begun) -> None:
        nonlocal slots
        server = begun.server
        if not _on_card(task):
            slots -= 1
        elif (card := cards.take(task, server)) is not None:
            server = on[task.id] = card
        left = max(0.0, needed(task, server, known) - begun.seconds)
        heapq.heappush(ends, (now + left, place[task.id], task.id))

    for task in tasks:
        if task.status is TaskStatus.RUNNING:
            start(task, 0.0, running.get(task.id, Begun(0.0)))
        elif _is_left(task) and not open_parents[task.id]:
            wait(task)
    now = 0.0
    while True:
        for card, heap in ready.items():
            while heap and (cards if card else slots > 0):
                start(by_id[heapq.heappop(heap)[2]], now, Begun(0.0))
        if not ends:
            return done
        now, _, ended = heapq.heappop(ends)
        done[ended] = now
        if ended in on:
            cards.give(on[ended])
        elif not _on_card(by_id[ended]):
            slots += 1
        for child in children[ended]:
            open_parents[child] -= 1
            if not open_parents[child]:
                wait(by_id[child])


def _is_left(task: TaskRecord) -> bool:
    return task.status in (TaskStatus.PENDING, TaskStatus.RETRY_PENDING, TaskStatus.RUNNING)


def _on_card(task: TaskRecord) -> bool:
    return task.resource_requirements.model_set is not None
