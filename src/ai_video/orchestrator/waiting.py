"""Wakes one waiter, at once or after some seconds."""

from __future__ import annotations

import asyncio


class Signal:
    """Like an event that clears itself, with a time limit that costs no task of its own."""

    def __init__(self) -> None:
        self._is_set = False
        self._waiter: asyncio.Future[None] | None = None

    def set(self) -> None:
        """Wake the waiter, or let the next wait return at once."""
        self._is_set = True
        self._wake()

    async def wait(self, seconds: float) -> None:
        """Wait for `set`, at most so long."""
        if not self._is_set:
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            limit = loop.call_later(seconds, self._wake)
            try:
                await self._waiter
            finally:
                limit.cancel()
                self._waiter = None
        self._is_set = False

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
