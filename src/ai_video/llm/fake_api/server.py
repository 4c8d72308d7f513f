"""The fake as one process or one thread: `FakeLLM` holds its parts, `serving` runs it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Generator
from typing import Any, Final

import uvicorn
from pydantic import JsonValue
from starlette.applications import Starlette
from starlette.types import Scope

from ai_video.llm.fake_api.app import Routes
from ai_video.llm.fake_api.request_log import RequestLog
from ai_video.llm.fake_api.saying import Player
from ai_video.llm.fake_api.script import Script, parse_script


class FakeLLM:
    """One fake: bound to its port when it is made, answering when it is run."""

    def __init__(self, script: Script, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._log = RequestLog()
        self._routes = Routes(
            Player(script), self._log, is_closing=lambda: self.server.should_exit, cut=self._cut
        )
        config = uvicorn.Config(
            Starlette(routes=self._routes.all()),
            log_level=logging.ERROR,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
            timeout_keep_alive=60,
        )
        self.server: Final = uvicorn.Server(config)
        self._socket = socket.create_server((host, port), backlog=128)

    @property
    def url(self) -> str:
        """The base URL as Anthropic's clients want it; OpenAI's want `openai_url`."""
        host, port = self._socket.getsockname()[:2]
        return f"http://{host}:{port}"

    @property
    def openai_url(self) -> str:
        return f"{self.url}/v1"

    @property
    def log(self) -> list[dict[str, JsonValue]]:
        """Every request so far, as GET /_fake/log shows them."""
        return list(self._log.items)

    def asked(self, task: str | None = None) -> list[dict[str, JsonValue]]:
        """The bodies of requests to a model, of one task or of all, in their order."""
        return [
            entry["body"]
            for entry in self._log.items
            if str(entry["path"]).endswith(("/messages", "/completions"))
            and task in (None, entry["task"])
            and isinstance(entry["body"], dict)
        ]

    def play(self, script: Script | dict[str, Any]) -> None:
        """Another script from now on; the log stays.

        Raises:
            ScriptInvalid: it is none.
        """
        self._routes.player = Player(parse_script(script))

    def forget(self) -> None:
        """Begin the log anew."""
        self._log.items.clear()

    def run(self) -> None:
        """Serve until `server.should_exit`; blocks."""
        self.server.run(sockets=[self._socket])

    def _cut(self, scope: Scope) -> None:
        for connection in list(self.server.server_state.connections):
            transport = getattr(connection, "transport", None)
            same = getattr(connection, "client", None) == scope["client"]
            if same and isinstance(transport, asyncio.Transport):
                transport.abort()


@contextlib.contextmanager
def serving(script: Script | dict[str, Any] | None = None) -> Generator[FakeLLM]:
    """A fake in a thread, up for the length of the block; without a script it gives examples.

    Raises:
        ScriptInvalid: the script is none.
    """
    fake = FakeLLM(parse_script({"otherwise": {"example": True}} if script is None else script))
    thread = threading.Thread(target=fake.run, name="fake-llm", daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        fake.server.should_exit = True
        thread.join(timeout=10)
