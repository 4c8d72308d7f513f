"""Which model set a graphics card works on next: pure decisions, shared by scheduler and benchmark.

Loading another model set costs tens of seconds, so a card stays with the one it has; but only for a
quantum of time, so that shots are finished early and none waits for all of another model's work. To
bound how long a task may wait instead does not work: with a long backlog every task has waited too
long, and the order becomes first come, first served.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

Order = tuple[int, ...]

QUANTUM_S = 400.0
"""If a switch takes 20 s, at most 5 % of the time goes into switches."""
LEAVE_S = QUANTUM_S / 2
"""So much work or less of a set that another device holds is left to it."""


@dataclass(slots=True)
class Device:
    """A graphics card. `model`: the set it holds, since `since`; `running`: tasks it has now."""

    memory_mb: int | None = None
    model: str | None = None
    since: float = 0.0
    running: int = 0

    def fits(self, memory_mb: int) -> bool:
        return self.memory_mb is None or memory_mb <= self.memory_mb


class Waiting(NamedTuple):
    """Ready tasks of one model set: `order` of the first, least first, and how much work all are."""

    model: str
    order: Order
    urgent: bool
    work_s: float
    memory_mb: int = 0


class DevicePolicy(Protocol):
    """Says which of the waiting sets a device that has room takes its next task from."""

    def choose(
        self, device: Device, others: Sequence[Device], waiting: Sequence[Waiting], now: float
    ) -> int | None:
        """The place of the choice in `waiting`; None: nothing of it fits the device."""
        ...


@dataclass(frozen=True, slots=True)
class ModelAffinity:
    """Stay with the loaded model set for a quantum, then go where the first task in order is.

    Urgent tasks cut in at once. A set that another device holds and will soon be through with is
    left to it.
    """

    quantum_s: float = QUANTUM_S
    leave_s: float = LEAVE_S

    def choose(
        self, device: Device, others: Sequence[Device], waiting: Sequence[Waiting], now: float
    ) -> int | None:
        fitting = [place for place, each in enumerate(waiting) if device.fits(each.memory_mb)]
        urgent = [place for place in fitting if waiting[place].urgent]
        own = [place for place in urgent or fitting if waiting[place].model == device.model]
        if urgent:
            return _first(waiting, own or urgent)
        if own and now - device.since < self.quantum_s:
            return _first(waiting, own)
        left_to_others = {
            each.model
            for each in others
            if each.model != device.model
            and sum([row.work_s for row in waiting if row.model == each.model]) <= self.leave_s
        }
        free = [place for place in fitting if waiting[place].model not in left_to_others]
        return _first(waiting, free or fitting)


def begin(device: Device, model: str, now: float, *, quantum_s: float = QUANTUM_S) -> bool:
    """A device starts a task of a model set; True when it has to load it first."""
    switched = device.model != model
    if switched or now - device.since >= quantum_s:
        device.since = now
    device.model = model
    device.running += 1
    return switched


def _first(waiting: Sequence[Waiting], places: Sequence[int]) -> int | None:
    return min(places, key=lambda place: waiting[place].order, default=None)
