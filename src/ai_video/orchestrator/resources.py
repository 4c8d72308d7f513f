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
        self._shares: dict[Requirements, Requirements] = {}

    def fits(self, wanted: Requirements) -> bool:
        held, capacities = self.held, self.capacities
        for name, amount in self._shares.get(wanted) or self._share(wanted):
            if name in capacities and held[name] + amount > capacities[name]:
                return False
        return True

    def lacking(self, wanted: Requirements) -> str | None:
        """The first name of which too little is free."""
        for name, amount in self._share(wanted):
            capacity = self.capacities.get(name)
            if capacity is not None and self.held[name] + amount > capacity:
                return name
        return None

    def hold(self, wanted: Requirements) -> None:
        held = self.held
        for name, amount in self._shares.get(wanted) or self._share(wanted):
            held[name] += amount

    def free(self, wanted: Requirements) -> None:
        held = self.held
        for name, amount in self._shares.get(wanted) or self._share(wanted):
            held[name] -= amount

    def clear(self) -> None:
        self.held.clear()

    def _share(self, wanted: Requirements) -> Requirements:
        """What a task gets of what it wants."""
        share = tuple(
            [(name, min(amount, self.capacities.get(name, amount))) for name, amount in wanted]
        )
        self._shares[wanted] = share
        return share
