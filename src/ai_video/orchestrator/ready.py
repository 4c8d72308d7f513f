"""Ready tasks, in the order in which they should start."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime

from ai_video.orchestrator.graph import Node, Order, Requirements
from ai_video.orchestrator.policy import Device, DevicePolicy, ModelAffinity, Waiting, begin
from ai_video.orchestrator.resources import ResourceManager

Entry = tuple[Order, int, Node]
"""The number keeps two nodes of one task apart: a graph that was read again leaves old ones."""

TASKS_PER_DEVICE = 2
"""One that runs, and one that waits on the server with its files, so that the card never waits."""


class ReadyIndex:
    """One heap per kind of requirement, so that a task that does not fit hides no other.

    Tasks with a model set have heaps of their own: where there are devices, the policy says which of
    them goes next. A device here is a number of tasks that share a model set, not a server's
    address; which server gets a task is decided when it is sent.

    Args:
        devices: how many there are now; None = tasks with a model set are as any other.
    """

    def __init__(
        self, devices: Callable[[], int] | None = None, policy: DevicePolicy | None = None
    ) -> None:
        self._heaps: dict[Requirements, list[Entry]] = {}
        self._sets: dict[tuple[str, Requirements], list[Entry]] = {}
        self._work_s: dict[tuple[str, Requirements], float] = {}
        self._number = 0
        self._count = devices
        self._policy = policy or ModelAffinity()
        self._devices: list[Device] = []
        self._on: dict[Node, Device] = {}
        self._now = 0.0

    def add(self, node: Node) -> None:
        self._number += 1
        entry = (node.order, self._number, node)
        wanted = node.record.resource_requirements
        if wanted.model_set is None or self._count is None:
            heapq.heappush(self._heaps.setdefault(node.requirements, []), entry)
            return
        key = (wanted.model_set, node.requirements)
        heapq.heappush(self._sets.setdefault(key, []), entry)
        self._work_s[key] = self._work_s.get(key, 0.0) + wanted.estimated_duration

    def pop_fitting(self, resources: ResourceManager, now: datetime) -> Node | None:
        """The first task in order for which there is room; it leaves the index."""
        best: list[Entry] | None = None
        for wanted, heap in self._heaps.items():
            if heap and resources.fits(wanted) and (best is None or heap[0][0] < best[0][0]):
                best = heap
        if self._sets:
            self._now = now.timestamp()
            key = self._next_set(resources)
            # Cards are what is scarce: of equal priority, what runs on one goes first.
            if key is not None and (best is None or self._sets[key][0][0][0] <= best[0][0][0]):
                return self._pop_set(key)
        return heapq.heappop(best)[2] if best else None

    def started(self, node: Node) -> None:
        """A task has begun to run, or was found running."""
        model = node.record.resource_requirements.model_set
        if self._count is None or model is None or node in self._on:
            return
        device = min(
            self._current(), key=lambda each: (each.running, each.model != model), default=None
        )
        if device is not None:
            begin(device, model, self._now)
            self._on[node] = device

    def ended(self, node: Node) -> None:
        device = self._on.pop(node, None)
        if device is not None:
            device.running -= 1

    def clear(self) -> None:
        """Forget tasks; what devices have loaded is still true."""
        self._heaps.clear()
        self._sets.clear()
        self._work_s.clear()
        self._on.clear()
        for device in self._devices:
            device.running = 0

    def _current(self) -> list[Device]:
        """As many devices as there are now; one at least, so that a task can say what is missing."""
        count = max(1, self._count() if self._count is not None else 1)
        while len(self._devices) < count:
            self._devices.append(Device())
        return self._devices[:count]

    def _next_set(self, resources: ResourceManager) -> tuple[str, Requirements] | None:
        device = min(self._current(), key=lambda each: each.running)
        if device.running >= TASKS_PER_DEVICE:
            return None
        keys = [key for key, heap in self._sets.items() if heap and resources.fits(key[1])]
        waiting = [self._waiting(key) for key in keys]
        others = [each for each in self._current() if each is not device]
        choice = self._policy.choose(device, others, waiting, self._now) if waiting else None
        return None if choice is None else keys[choice]

    def _waiting(self, key: tuple[str, Requirements]) -> Waiting:
        order, _, node = self._sets[key][0]
        wanted = node.record.resource_requirements
        return Waiting(
            key[0], order, wanted.priority_boost, self._work_s[key], wanted.gpu_memory_mb
        )

    def _pop_set(self, key: tuple[str, Requirements]) -> Node:
        heap = self._sets[key]
        node = heapq.heappop(heap)[2]
        if heap:
            self._work_s[key] -= node.record.resource_requirements.estimated_duration
        else:
            del self._sets[key], self._work_s[key]
        return node
