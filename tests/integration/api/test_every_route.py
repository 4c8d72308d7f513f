"""No route answers another site, nor off loopback anybody without the token."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast
from uuid import UUID

import httpx
import pytest

from ai_video.asgi import create_app
from ai_video.studio.studio import Studio

SOME = UUID(int=1)


@pytest.fixture
async def open_client(studio: Studio) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the same studio, served to others."""
    app = create_app(studio, token="secret", host="0.0.0.0")
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.7:8420") as client:
        yield client
    await app.live.stop()


def operations(openapi: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(method, path) of everything in the document, and of what stands beside it."""
    paths = cast("dict[str, dict[str, Any]]", openapi["paths"])
    for path, methods in paths.items():
        for method in methods:
            yield method.upper(), re.sub(r"\{\w+\}", str(SOME), path)
    yield "POST", "/mcp"
    yield "GET", "/api/openapi.json"


async def test_every_route_is_guarded(
    client: httpx.AsyncClient, open_client: httpx.AsyncClient
) -> None:
    document = (await client.get("/api/openapi.json")).json()
    asked = list(operations(document))
    assert {"/api/chat", "/api/llm", "/api/translate"} <= {path for _, path in asked}
    let_in: list[tuple[str, str, int]] = []
    for method, path in asked:
        foreign = await client.request(method, path, headers={"origin": "http://evil.example"})
        unknown = await open_client.request(method, path)
        if (foreign.status_code, unknown.status_code) != (403, 401):
            let_in.append((method, path, foreign.status_code))
    assert let_in == []
