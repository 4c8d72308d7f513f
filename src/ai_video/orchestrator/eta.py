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
    """What takes about equally long."""

    kind: str
    model_set: str | None


class Measured(NamedTuple):
    work: Work
    seconds: float


@dataclass(frozen=True, slots=True)
class Lanes:
    """How many tasks run at once: on graphics cards, and here."""

    devices: int
    slots: int


def medians(rows: Iterable[Measured]) -> dict[Work, float]:
    """Seconds per kind and model set, of those that were measured often enough."""
    found: defaultdict[Work, list[float]] = defaultdict(list)
    for row in rows:
        found[row.work].append(row.seconds)
    return {
        work: statistics.median(seconds)
        for work, seconds in found.items()
        if len(seconds) >= ENOUGH
    }


def work_of(task: TaskRecord) -> Work:
    return Work(task.kind, task.resource_requirements.model_set)


def seconds_until_done(
    tasks: Sequence[TaskRecord],
    known: Mapping[Work, float],
    lanes: Lanes,
    running_s: Mapping[UUID, float],
) -> dict[UUID, float]:
    """Seconds from now until each unfinished task is done, by its id.

    A task that waits for a person, or was cancelled, has none, and so have all that wait for it.

    Args:
        tasks: of one run, in order.
        known: measured seconds; where there are none, the task's estimate counts.
        running_s: for how long each running task has been at it.
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
    free = {True: max(1, lanes.devices), False: max(1, lanes.slots)}
    ready: dict[bool, list[tuple[int, int, UUID]]] = {True: [], False: []}
    ends: list[tuple[float, int, UUID]] = []
    done: dict[UUID, float] = {}

    def wait(task: TaskRecord) -> None:
        heapq.heappush(ready[_on_card(task)], (-task.priority, place[task.id], task.id))

    def start(task: TaskRecord, now: float, *, already: float = 0.0) -> None:
        free[_on_card(task)] -= 1
        needed = known.get(work_of(task), task.resource_requirements.estimated_duration)
        heapq.heappush(ends, (now + max(0.0, needed - already), place[task.id], task.id))

    for task in tasks:
        if task.status is TaskStatus.RUNNING:
            start(task, 0.0, already=running_s.get(task.id, 0.0))
        elif _is_left(task) and not open_parents[task.id]:
            wait(task)
    now = 0.0
    while True:
        for card, heap in ready.items():
            while heap and free[card] > 0:
                start(by_id[heapq.heappop(heap)[2]], now)
        if not ends:
            return done
        now, _, ended = heapq.heappop(ends)
        done[ended] = now
        free[_on_card(by_id[ended])] += 1
        for child in children[ended]:
            open_parents[child] -= 1
            if not open_parents[child]:
                wait(by_id[child])


def _is_left(task: TaskRecord) -> bool:
    return task.status in (TaskStatus.PENDING, TaskStatus.RETRY_PENDING, TaskStatus.RUNNING)


def _on_card(task: TaskRecord) -> bool:
    return task.resource_requirements.model_set is not None
