"""The open sockets, by client id, as a ComfyUI server keeps them."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Mapping
from typing import Final, Literal
from uuid import uuid4

from pydantic import BaseModel, JsonValue, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from ai_video.comfyui.fake_server.options import Races

_PREVIEW: Final = 1
_PREVIEW_WITH_FACTS: Final = 4
_JPEG: Final = 1


class _Socket:
    def __init__(self, websocket: WebSocket) -> None:
        self.websocket = websocket
        self.outbox: asyncio.Queue[str | bytes] = asyncio.Queue()
        self.wants_facts = False


class Hub:
    """Sends events to one client or to all; `queue_remaining` is asked for when a socket opens."""

    def __init__(self, races: Races) -> None:
        self._races = races
        self._sockets: dict[str, _Socket] = {}
        self.queue_remaining = 0

    @property
    def count(self) -> int:
        return len(self._sockets)

    async def serve(self, websocket: WebSocket, features: Mapping[str, JsonValue]) -> None:
        """Hold one socket until it closes."""
        client_id = websocket.query_params.get("clientId") or uuid4().hex
        await websocket.accept()
        socket = _Socket(websocket)
        self._sockets[client_id] = socket
        self._put(socket, "status", {**self._status(), "sid": client_id})
        sender = asyncio.create_task(self._deliver(socket))
        try:
            await self._receive(socket, features)
        except WebSocketDisconnect:
            pass
        finally:
            sender.cancel()
            # A real server takes away whatever stands under the id: also a newer socket.
            if self._sockets.get(client_id) is socket or self._races.is_on("same_client_id"):
                self._sockets.pop(client_id, None)

    async def _receive(self, socket: _Socket, features: Mapping[str, JsonValue]) -> None:
        first = True
        while True:
            message = await socket.websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            if first and text and (hello := _hello(text)):
                socket.wants_facts = hello.data.supports_preview_metadata
                self._put(socket, "feature_flags", features)
            first = False

    async def _deliver(self, socket: _Socket) -> None:
        while True:
            message = await socket.outbox.get()
            if self._races.is_on("half_open_socket"):
                continue
            if isinstance(message, bytes):
                await socket.websocket.send_bytes(message)
            else:
                await socket.websocket.send_text(message)

    def send(self, event: str, data: Mapping[str, JsonValue], client_id: str | None) -> None:
        """To the socket of this client id; to every socket when there is no id."""
        if client_id is None:
            for socket in self._sockets.values():
                self._put(socket, event, data)
        elif client_id in self._sockets:
            self._put(self._sockets[client_id], event, data)

    def send_status(self) -> None:
        self.send("status", self._status(), None)

    def send_preview(
        self, image: bytes, facts: Mapping[str, JsonValue], client_id: str | None
    ) -> None:
        """A JPEG of the work so far, with its facts for clients that asked for them."""
        for key, socket in self._sockets.items():
            if client_id not in (None, key):
                continue
            if socket.wants_facts:
                head = json.dumps({**facts, "image_type": "image/jpeg"}).encode()
                message = struct.pack(">II", _PREVIEW_WITH_FACTS, len(head)) + head + image
            else:
                message = struct.pack(">II", _PREVIEW, _JPEG) + image
            socket.outbox.put_nowait(message)

    def _put(self, socket: _Socket, event: str, data: Mapping[str, JsonValue]) -> None:
        socket.outbox.put_nowait(json.dumps({"type": event, "data": data}))

    def _status(self) -> dict[str, JsonValue]:
        return {"status": {"exec_info": {"queue_remaining": self.queue_remaining}}}


class _Flags(BaseModel):
    supports_preview_metadata: bool = False


class _Hello(BaseModel):
    type: Literal["feature_flags"]
    data: _Flags = _Flags()


def _hello(text: str) -> _Hello | None:
    """What a client says of itself in its first message, if it does."""
    try:
        return _Hello.model_validate_json(text)
    except ValidationError:
        return None
