"""A queue inside one event loop, for tests: it loses and repeats messages as it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from uuid import UUID

Handle = Callable[[UUID], Awaitable[None]]


class MemoryQueue:
    """Implements `dispatch.Transport`; `loses` of the next messages vanish, others come `copies` times.

    Made in the event loop in which its messages are handled.
    """

    def __init__(self, *, loses: int = 0, copies: int = 1) -> None:
        self.sent: list[UUID] = []
        self.loses = loses
        self.copies = copies
        self._loop = asyncio.get_running_loop()
        self._messages: asyncio.Queue[UUID] = asyncio.Queue()
        self._consumers: dict[Handle, list[asyncio.Task[None]]] = {}

    def send(self, attempt_ids: Sequence[UUID]) -> None:
        for attempt_id in attempt_ids:
            self._loop.call_soon_threadsafe(self._arrive, attempt_id)

    def waiting(self) -> int:
        return self._messages.qsize()

    def close(self) -> None:
        return None

    def take(self, handle: Handle, *, slots: int) -> None:
        """Let a worker handle messages, so many at once."""
        self._consumers[handle] = [asyncio.create_task(self._consume(handle)) for _ in range(slots)]

    async def take_no_more(self, handle: Handle) -> None:
        """As after the death of that worker's process."""
        for task in self._consumers.pop(handle, []):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _arrive(self, attempt_id: UUID) -> None:
        self.sent.append(attempt_id)
        if self.loses:
            self.loses -= 1
            return
        for _ in range(self.copies):
            self._messages.put_nowait(attempt_id)

    async def _consume(self, handle: Handle) -> None:
        while True:
            await handle(await self._messages.get())
