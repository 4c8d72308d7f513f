"""Ready tasks, in the order in which they should start."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator

from ai_video.orchestrator.graph import Node, Order, Requirements
from ai_video.orchestrator.resources import ResourceManager

Entry = tuple[Order, Node]


class ReadyIndex:
    """One heap per kind of requirement, so that a task that does not fit hides no other."""

    def __init__(self) -> None:
        self._heaps: dict[Requirements, list[Entry]] = {}

    def add(self, node: Node) -> None:
        heapq.heappush(self._heaps.setdefault(node.requirements, []), (node.order, node))

    def add_all(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            self.add(node)

    def pop_fitting(self, resources: ResourceManager) -> Node | None:
        """The first task in order for which there is room; it leaves the index."""
        best: list[Entry] | None = None
        for wanted, heap in self._heaps.items():
            if heap and resources.fits(wanted) and (best is None or heap[0][0] < best[0][0]):
                best = heap
        return heapq.heappop(best)[1] if best else None

    def waiting(self) -> Iterator[Node]:
        """All of them, in no order."""
        return (entry[1] for heap in self._heaps.values() for entry in heap)

    def clear(self) -> None:
        self._heaps.clear()
