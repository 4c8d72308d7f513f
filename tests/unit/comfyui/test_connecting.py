"""Addresses, headers, TLS, what answers badly, and places on a server."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from ai_video.comfyui.address import ServerAddress, address_of
from ai_video.comfyui.client import ComfyClient, Timing
from ai_video.comfyui.gate import ServerGate
from ai_video.domain.entities import ComfyServer
from ai_video.errors import (
    ConfigurationFailure,
    InputRefused,
    SystemFailure,
    TaskFailed,
    TransientFailure,
)


@pytest.mark.parametrize(
    ("url", "base", "socket"),
    [
        ("http://127.0.0.1:8188", "http://127.0.0.1:8188", "ws://127.0.0.1:8188/ws"),
        ("https://x.example/comfy/?a=1#b", "https://x.example/comfy", "wss://x.example/comfy/ws"),
        ("http://[::1]:8188/", "http://[::1]:8188", "ws://[::1]:8188/ws"),
    ],
)
def test_addresses_may_have_a_path(url: str, base: str, socket: str) -> None:
    address = ServerAddress(url)
    assert (address.base, address.socket_url) == (base, socket)


@pytest.mark.parametrize("url", ["", "127.0.0.1:8188", "ftp://x", "http://", "http://x:port"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InputRefused, match="invalid_value"):
        ServerAddress(url)


def test_trust_is_what_the_address_says(tmp_path: Path) -> None:
    assert ServerAddress("http://x").tls() is None
    trusting = ServerAddress("https://x", verify_tls=False).tls()
    assert trusting is not None
    assert not trusting.check_hostname
    with pytest.raises(ConfigurationFailure, match="comfyui_tls"):
        ServerAddress("https://x", ca_file=tmp_path / "none.pem").tls()


def test_stored_server_gives_its_address() -> None:
    now = datetime.now(UTC)
    server = ComfyServer(
        id=uuid4(), created_at=now, updated_at=now, url="https://x/y", headers={"A": "b"},
        verify_tls=False, restart_command=("systemctl", "restart", "comfyui"),
    )  # fmt: skip
    address = address_of(server)
    assert (address.base, address.headers, address.verify_tls) == ("https://x/y", {"A": "b"}, False)
    assert address.restart_command == ("systemctl", "restart", "comfyui")


def answering(status: int, text: str = "", **headers: str) -> ComfyClient:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, text=text, headers=headers)

    return ComfyClient(ServerAddress("http://x/comfy"), transport=httpx.MockTransport(answer))


@pytest.mark.parametrize(
    ("status", "text", "failure", "code"),
    [
        (401, "", ConfigurationFailure, "comfyui_denied"),
        (403, "", ConfigurationFailure, "comfyui_denied"),
        (302, "", SystemFailure, "comfyui_strange_answer"),
        (404, "", SystemFailure, "comfyui_strange_answer"),
        (200, "<html>login</html>", SystemFailure, "comfyui_strange_answer"),
        (200, '{"hello": 1}', SystemFailure, "comfyui_strange_answer"),
        (502, "Bad Gateway", TransientFailure, "comfyui_server_error"),
    ],
)
async def test_answers_of_something_else_are_said_so(
    status: int, text: str, failure: type[TaskFailed], code: str
) -> None:
    async with answering(status, text) as client:
        with pytest.raises(failure, match=code):
            await client.system_stats()


async def test_headers_and_path_go_with_every_request() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=["a.safetensors"])

    address = ServerAddress("https://x.example/comfy/", headers={"Authorization": "Bearer k"})
    async with ComfyClient(address, transport=httpx.MockTransport(answer)) as client:
        assert await client.files.models("loras") == ("a.safetensors",)
    assert str(seen[0].url) == "https://x.example/comfy/models/loras"
    assert seen[0].headers["Authorization"] == "Bearer k"


async def test_server_that_cannot_be_reached_gives_its_reason() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("timed out", request=request)

    client = ComfyClient(
        ServerAddress("http://x"), transport=httpx.MockTransport(answer), timing=Timing()
    )
    async with client:
        with pytest.raises(TransientFailure, match="timed out"):
            await client.free()


async def test_places_are_given_in_order_and_kept_to_two() -> None:
    gate, entered, leave = ServerGate(), list[int](), asyncio.Event()

    async def work(number: int) -> None:
        async with gate.place():
            entered.append(number)
            await leave.wait()

    tasks = [asyncio.create_task(work(number)) for number in range(5)]
    await asyncio.sleep(0)
    assert (entered, gate.taken, gate.waiting) == ([0, 1], 2, 3)
    tasks[2].cancel()
    leave.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (entered, gate.taken, gate.waiting) == ([0, 1, 3, 4], 0, 0)


async def hold(gate: ServerGate, leave: asyncio.Event) -> None:
    async with gate.place():
        await leave.wait()


async def test_adopted_prompt_stands_on_the_server_already() -> None:
    gate, leave = ServerGate(places=1), asyncio.Event()
    async with gate.place(), gate.place(adopted=True):
        assert gate.taken == 2
        waiting = asyncio.create_task(hold(gate, leave))
        await asyncio.sleep(0)
        assert (gate.taken, gate.waiting) == (2, 1)
    await asyncio.sleep(0)
    assert (gate.taken, gate.waiting) == (1, 0)
    leave.set()
    await waiting
    assert gate.taken == 0


async def test_place_given_to_one_who_leaves_goes_to_the_next() -> None:
    gate, leave = ServerGate(places=1), asyncio.Event()
    async with gate.place():
        tasks = [asyncio.create_task(hold(gate, leave)) for _ in range(2)]
        await asyncio.sleep(0)
        assert gate.waiting == 2
    tasks[0].cancel()
    await asyncio.sleep(0.01)
    assert tasks[0].cancelled()
    assert (gate.taken, gate.waiting) == (1, 0)
    leave.set()
    await tasks[1]
    assert gate.taken == 0
