"""Named amounts that running tasks hold: slots, cpu, gpu_memory_mb."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ai_video.orchestrator.graph import Requirements


class ResourceManager:
    """What is there and what is held. A name without a capacity is unlimited.

    A task that wants more than all there is gets all: it runs alone.
    """

    def __init__(self, capacities: Mapping[str, int]) -> None:
        self.capacities = dict(capacities)
        self.held: Counter[str] = Counter()

    def fits(self, wanted: Requirements) -> bool:
        return self.lacking(wanted) is None

    def lacking(self, wanted: Requirements) -> str | None:
        """The first name of which too little is free."""
        for name, amount in wanted:
            capacity = self.capacities.get(name)
            if capacity is not None and self.held[name] + min(amount, capacity) > capacity:
                return name
        return None

    def hold(self, wanted: Requirements) -> None:
        for name, amount in wanted:
            self.held[name] += self._share(name, amount)

    def free(self, wanted: Requirements) -> None:
        for name, amount in wanted:
            self.held[name] -= self._share(name, amount)

    def clear(self) -> None:
        self.held.clear()

    def _share(self, name: str, amount: int) -> int:
        capacity = self.capacities.get(name)
        return amount if capacity is None else min(amount, capacity)
