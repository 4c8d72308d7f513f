"""The socket of a ComfyUI server: progress and previews, for those who listen.

It may fall silent, lose messages or close; nothing may depend on it. Each connection has a client
id of its own: with one id, the end of an old socket takes the new one's messages away.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import Callable, Generator
from typing import Final
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidURI, WebSocketException

from ai_video.comfyui.address import ServerAddress
from ai_video.comfyui.events import Event, Preview, parse_event

log = logging.getLogger(__name__)
Hearer = Callable[[Event], None]

_HELLO: Final = json.dumps(
    {"type": "feature_flags", "data": {"supports_preview_metadata": True}}, separators=(",", ":")
)
_MOST_EXPECTED: Final = 8
_MOST_EARLY: Final = 200
_PAUSES_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)


class Listener:
    """One socket, opened again whenever it closes; events go to the hearers of their prompt."""

    def __init__(self, address: ServerAddress) -> None:
        self._address = address
        self._hearers: dict[str, list[Hearer]] = {}
        self._early: dict[str, deque[Event]] = {}
        self._open = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._client_id = uuid4().hex

    @property
    def client_id(self) -> str:
        """The id to submit with, so that the prompt's events come here and to nobody else."""
        return self._client_id

    @property
    def is_open(self) -> bool:
        return self._open.is_set()

    async def ready(self, *, patience_s: float) -> bool:
        """Open the socket if it is not; False when it is still closed after `patience_s`."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="comfyui-socket")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._open.wait(), patience_s)
        return self.is_open

    def expect(self, prompt_id: str) -> None:
        """Keep this prompt's events until somebody hears them: it may be quick."""
        while len(self._early) >= _MOST_EXPECTED:
            del self._early[next(iter(self._early))]
        self._early[prompt_id] = deque(maxlen=_MOST_EARLY)

    @contextlib.contextmanager
    def heard(self, prompt_id: str, hearer: Hearer) -> Generator[None]:
        """Events of this prompt go to `hearer` inside the block, first those that were kept."""
        for event in self._early.pop(prompt_id, ()):
            hearer(event)
        self._hearers.setdefault(prompt_id, []).append(hearer)
        try:
            yield
        finally:
            others = self._hearers[prompt_id]
            others.remove(hearer)
            if not others:
                del self._hearers[prompt_id]

    async def close(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self) -> None:
        failures = 0
        while True:
            self._client_id = uuid4().hex
            try:
                async with connect(
                    f"{self._address.socket_url}?clientId={self._client_id}",
                    additional_headers=dict(self._address.headers),
                    ssl=self._address.tls(),
                    proxy=self._address.proxy,
                    max_size=None,
                    open_timeout=10,
                    close_timeout=1,
                ) as socket:
                    await socket.send(_HELLO)
                    self._open.set()
                    failures = 0
                    await self._listen(socket)
            except (
                OSError,
                TimeoutError,
                WebSocketException,
                InvalidHandshake,
                InvalidURI,
            ) as error:
                log.debug("socket of %s: %s", self._address.base, error)
            finally:
                self._open.clear()
            await asyncio.sleep(_PAUSES_S[min(failures, len(_PAUSES_S) - 1)])
            failures += 1

    async def _listen(self, socket: ClientConnection) -> None:
        async for message in socket:
            event = parse_event(message)
            if event is None:
                continue
            prompt_id = event.prompt_id
            if prompt_id is None and isinstance(event, Preview) and len(self._hearers) == 1:
                # Older servers do not say whose preview it is; with one prompt there is no doubt.
                prompt_id = next(iter(self._hearers))
            if prompt_id is None:
                continue
            if prompt_id in self._early:
                self._early[prompt_id].append(event)
            for hearer in tuple(self._hearers.get(prompt_id, ())):
                hearer(event)
