"""An event loop whose time is virtual and whose order is a seed's: nothing in it waits or races."""

from __future__ import annotations

import asyncio
import selectors
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any

TURNS_AT_ONCE = 20_000


class Stuck(BaseException):
    """Nothing is left that could ever happen, or so much happens that no time passes."""


class _Skip(selectors.DefaultSelector):
    """Instead of waiting, lets the time pass."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise Stuck
        if timeout > 0:
            self.loop.now += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """What is ready runs in an order that `random` decides; calls in threads run at once."""

    def __init__(self, random: Random) -> None:
        self.now = 0.0
        self.random = random
        self._turns, self._turns_at = 0, 0.0
        skip = _Skip()
        skip.loop = self
        super().__init__(skip)

    def time(self) -> float:
        return self.now

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as exc:  # noqa: BLE001  the future carries it
            future.set_exception(exc)
        return future

    def call_soon_threadsafe(self, callback: Any, *args: Any, context: Any = None) -> Any:
        return self.call_soon(callback, *args, context=context)

    def _run_once(self) -> None:
        loop: Any = self
        self._turns += 1
        if self.now > self._turns_at + 1:
            self._turns, self._turns_at = 0, self.now
        elif self._turns > TURNS_AT_ONCE:
            self._turns = 0
            raise Stuck(f"{TURNS_AT_ONCE} turns within a second")
        if len(loop._ready) > 1:
            shuffled = list(loop._ready)
            self.random.shuffle(shuffled)
            loop._ready = deque(shuffled)
        loop_class: Any = super()
        loop_class._run_once()
