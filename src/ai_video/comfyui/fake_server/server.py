"""The fake server as one process or one thread: `FakeComfy` holds its parts, `serving` runs it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import tempfile
import threading
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import uvicorn
from pydantic import JsonValue
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.types import Scope

from ai_video.comfyui.fake_server.app import Doorway, Routes, answer_trouble
from ai_video.comfyui.fake_server.folders import Folders, NodeCatalogue
from ai_video.comfyui.fake_server.hub import Hub
from ai_video.comfyui.fake_server.options import FakeOptions, Races
from ai_video.comfyui.fake_server.prompt_queue import PromptQueue
from ai_video.comfyui.fake_server.request_log import RequestLog
from ai_video.comfyui.fake_server.running import Worker

_DOWN_S: Final = 1.0


class FakeComfy:
    """One fake server: bound to its port when it is made, answering when it is run."""

    def __init__(self, options: FakeOptions, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.races: Final = Races(options.races)
        self.folders: Final = Folders(root, models=options.models, missing=options.missing)
        self.folders.windows = self.races.is_on("other_names")
        self._prefix = options.prefix
        self._log = RequestLog(root / "requests.jsonl")
        self._hub = Hub(self.races)
        self._queue = PromptQueue(self._queue_changed)
        catalogue = NodeCatalogue(self.folders, nodes=options.nodes, version=options.version)
        self._worker = Worker(
            self._queue, self._hub, self.folders, catalogue, self.races,
            seconds_per_job=options.seconds_per_job, die=self._die,
        )  # fmt: skip
        routes = Routes(
            options, queue=self._queue, hub=self._hub, folders=self.folders, catalogue=catalogue,
            races=self.races, log=self._log, restart=self._die,
        )  # fmt: skip
        app = Starlette(
            routes=routes.all(),
            lifespan=self._lifespan,
            exception_handlers={HTTPException: answer_trouble, Exception: answer_trouble},
        )
        doorway = Doorway(
            app, options=options, log=self._log, races=self.races, is_down=self._is_down,
            cut=self._cut,
        )  # fmt: skip
        config = uvicorn.Config(
            doorway,
            log_level=logging.ERROR,
            access_log=False,
            ws="websockets-sansio",
            timeout_graceful_shutdown=1,
            timeout_keep_alive=60,
        )
        self.server: Final = uvicorn.Server(config)
        self._down_until = 0.0
        self._socket = socket.create_server((options.host, options.port), backlog=128)

    @property
    def url(self) -> str:
        host, port = self._socket.getsockname()[:2]
        return f"http://{host}:{port}{self._prefix}"

    @property
    def log(self) -> list[dict[str, JsonValue]]:
        """Every request so far, as GET /_fake/log shows them."""
        return list(self._log.items)

    def posted(self) -> list[str]:
        """The ids of prompts that were posted, in their order."""
        return [
            str(entry["prompt_id"])
            for entry in self._log.items
            if entry["method"] == "POST" and str(entry["path"]).removeprefix("/api") == "/prompt"
        ]

    def run(self) -> None:
        """Serve until `server.should_exit`; blocks."""
        self.server.run(sockets=[self._socket])

    def _queue_changed(self, remaining: int) -> None:
        self._hub.queue_remaining = remaining
        self._hub.send_status()

    def _die(self) -> None:
        """Lose queue and history, cut every connection and be away for a second."""
        self._queue.forget_everything()
        self._hub.queue_remaining = 0
        self._down_until = time.monotonic() + _DOWN_S
        for connection in list(self.server.server_state.connections):
            _abort(connection)

    def _is_down(self) -> bool:
        return time.monotonic() < self._down_until

    def _cut(self, scope: Scope) -> None:
        for connection in list(self.server.server_state.connections):
            if getattr(connection, "client", None) == scope["client"]:
                _abort(connection)

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncGenerator[None]:
        worker = asyncio.create_task(self._worker.work(), name="worker")
        worker.add_done_callback(self._worker_ended)
        yield
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker

    def _worker_ended(self, worker: asyncio.Task[None]) -> None:
        """A fault of the fake itself must not look like a slow server."""
        if not worker.cancelled() and worker.exception():
            logging.getLogger(__name__).error("worker", exc_info=worker.exception())
            self.server.should_exit = True


def _abort(connection: object) -> None:
    transport = getattr(connection, "transport", None)
    if isinstance(transport, asyncio.Transport):
        transport.abort()


@contextlib.contextmanager
def serving(options: FakeOptions) -> Generator[FakeComfy]:
    """A fake server in a thread, up for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="fake-comfyui-") as scratch:
        fake = FakeComfy(options, options.state or Path(scratch))
        thread = threading.Thread(target=fake.run, name="fake-comfyui", daemon=True)
        thread.start()
        try:
            yield fake
        finally:
            fake.server.should_exit = True
            thread.join(timeout=10)
