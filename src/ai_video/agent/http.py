"""Streamable HTTP: the tools inside the web application, behind its guard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.types import Receive, Scope, Send

from ai_video.agent.tool import Desk

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

BODY_LIMIT = 24 * 1024 * 1024
"""Bytes of one message: a call's arguments and what is around them."""


class ToolsDoor:
    """The tools at one address. Stateless: every message stands alone, nothing is kept between two.

    Its SDK takes a second to import, so the first message opens it. Who may ask is the guard's
    business; the SDK's own Host and Origin rules stay off.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.running: asyncio.Task[None] | None = None
        self.manager: asyncio.Future[StreamableHTTPSessionManager] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.manager is None:
            self.manager = asyncio.get_running_loop().create_future()
            self.running = asyncio.create_task(self._run(self.manager), name="tools")
        manager = await asyncio.shield(self.manager)
        await manager.handle_request(scope, receive, send)

    async def _run(self, ready: asyncio.Future[StreamableHTTPSessionManager]) -> None:
        try:
            async with _open(self.desk) as manager:
                ready.set_result(manager)
                await asyncio.Event().wait()
        except Exception as exc:
            if not ready.done():
                ready.set_exception(exc)
            raise

    async def stop(self) -> None:
        """End what runs; the next message would open it again."""
        running, self.running, self.manager = self.running, None, None
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def _open(desk: Desk) -> AsyncGenerator[StreamableHTTPSessionManager]:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from ai_video.agent.registry import studio_server

    manager = StreamableHTTPSessionManager(
        studio_server(desk), stateless=True, max_request_body_size=BODY_LIMIT
    )
    async with manager.run():
        yield manager
