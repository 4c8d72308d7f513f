"""A server on this process's standard input and output."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

import anyio
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

WAITING = 16
"""Messages that are read ahead."""


async def serve(server: Server[dict[str, Any]]) -> None:
    """Answer on standard output until standard input ends; only messages are written there."""
    with claimed_input() as file:
        lines = cast("anyio.AsyncFile[str]", Lines(file))  # it is only iterated
        async with stdio_server(stdin=lines) as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())


@contextmanager
def claimed_input() -> Generator[BinaryIO]:
    """Standard input as a file of our own; child processes find an empty one in its place."""
    own = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    try:
        # Not closed with the file: the reading thread may still be blocked on it.
        yield os.fdopen(own, "rb", closefd=False)
    finally:
        os.dup2(own, 0)


class Lines:
    """Lines of a file as they come, read by a daemon thread.

    The SDK's own reader cannot be interrupted: Ctrl-C would wait for the next line.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.queue: asyncio.Queue[str | None] = asyncio.Queue(WAITING)

    async def __aiter__(self) -> AsyncIterator[str]:
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, args=(loop,), daemon=True, name="stdin").start()
        while (line := await self.queue.get()) is not None:
            yield line

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            for line in self.file:
                self._put(loop, line.decode("utf-8", "replace"))
        except (OSError, ValueError) as exc:
            sys.stderr.write(f"standard input cannot be read: {exc}\n")
        self._put(loop, None)

    def _put(self, loop: asyncio.AbstractEventLoop, line: str | None) -> None:
        putting = self.queue.put(line)
        try:
            asyncio.run_coroutine_threadsafe(putting, loop).result()
        except RuntimeError:  # the loop is closed: nobody reads any more
            putting.close()
