"""Streamable HTTP: the tools inside the web application, behind its guard."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.types import Receive, Scope, Send

from ai_video.agent.tool import Desk

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

BODY_LIMIT = 24 * 1024 * 1024
"""Bytes of one message: a call's arguments and what is around them."""


class ToolsDoor:
    """The tools at one address. Stateless: every message stands alone, nothing is kept between two.

    Its SDK takes a second to import, so the first message opens it, beside what else is served. Who may ask is the guard's
    business; the SDK's own Host and Origin rules stay off.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.opening = asyncio.Lock()
        self.manager: StreamableHTTPSessionManager | None = None
        self.running: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self.opening:
            manager = self.manager or await self._open()
        await manager.handle_request(scope, receive, send)

    async def _open(self) -> StreamableHTTPSessionManager:
        manager = await asyncio.to_thread(_manager, self.desk)
        ready = asyncio.Event()
        self.running = asyncio.create_task(_hold(manager, ready), name="tools")
        await ready.wait()
        self.manager = manager
        return manager

    async def stop(self) -> None:
        """End what runs; the next message would open it again."""
        running, self.running, self.manager = self.running, None, None
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def _hold(manager: StreamableHTTPSessionManager, ready: asyncio.Event) -> None:
    """Keep it open in one task, as its SDK wants it, until that is cancelled."""
    async with manager.run():
        ready.set()
        await asyncio.Event().wait()


def _manager(desk: Desk) -> StreamableHTTPSessionManager:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from ai_video.agent.registry import studio_server

    return StreamableHTTPSessionManager(
        studio_server(desk), stateless=True, max_request_body_size=BODY_LIMIT
    )
