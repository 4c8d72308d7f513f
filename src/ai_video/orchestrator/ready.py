"""Ready tasks, in the order in which they should start."""

from __future__ import annotations

import heapq

from ai_video.orchestrator.graph import Node, Order, Requirements
from ai_video.orchestrator.resources import ResourceManager

Entry = tuple[Order, int, Node]
"""The number keeps two nodes of one task apart: a graph that was read again leaves old ones."""


class ReadyIndex:
    """One heap per kind of requirement, so that a task that does not fit hides no other."""

    def __init__(self) -> None:
        self._heaps: dict[Requirements, list[Entry]] = {}
        self._number = 0

    def add(self, node: Node) -> None:
        self._number += 1
        heap = self._heaps.setdefault(node.requirements, [])
        heapq.heappush(heap, (node.order, self._number, node))

    def pop_fitting(self, resources: ResourceManager) -> Node | None:
        """The first task in order for which there is room; it leaves the index."""
        best: list[Entry] | None = None
        for wanted, heap in self._heaps.items():
            if heap and resources.fits(wanted) and (best is None or heap[0][0] < best[0][0]):
                best = heap
        return heapq.heappop(best)[2] if best else None

    def clear(self) -> None:
        self._heaps.clear()
