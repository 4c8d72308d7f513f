"""A server's queue is kept short: what cannot run or be next waits here, where it costs nothing."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

# One runs; the next stands ready, so that the server never idles between two.
PLACES: Final = 2


class ServerGate:
    """Places on a server, given in the order they were asked for."""

    def __init__(self, places: int = PLACES) -> None:
        self._places = places
        self._taken = 0
        self._line: deque[asyncio.Future[None]] = deque()

    @property
    def taken(self) -> int:
        """Prompts of ours on the server."""
        return self._taken

    @property
    def waiting(self) -> int:
        """Prompts of ours that have no place yet."""
        return len(self._line)

    @asynccontextmanager
    async def place(self, *, adopted: bool = False) -> AsyncGenerator[None]:
        """A place for the length of the block; one that is `adopted` stands there already."""
        if adopted or (self._taken < self._places and not self._line):
            self._taken += 1
        else:
            await self._turn()
        try:
            yield
        finally:
            self._taken -= 1
            self._let_in()

    async def _turn(self) -> None:
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if not mine.cancelled():
                # The place was given in the very moment of the cancelling.
                self._taken -= 1
            elif mine in self._line:
                self._line.remove(mine)
            self._let_in()
            raise

    def _let_in(self) -> None:
        while self._line and self._taken < self._places:
            first = self._line.popleft()
            if not first.done():
                self._taken += 1
                first.set_result(None)
