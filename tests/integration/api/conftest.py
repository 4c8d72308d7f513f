"""The web application in this process, on a real studio with a silent voice."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.integration.conftest import settings_at

from ai_video.asgi import StudioApp, create_app
from ai_video.bootstrap import open_studio
from ai_video.studio.studio import Studio

BASE = "http://127.0.0.1:8420"


@pytest.fixture
async def studio(tmp_path: Path, empty_home: Path) -> AsyncIterator[Studio]:
    shutil.copytree(empty_home, tmp_path / "data")
    async with open_studio(settings_at(tmp_path / "data")) as opened:
        yield opened


@pytest.fixture
async def app(studio: Studio) -> AsyncIterator[StudioApp]:
    app = create_app(studio)
    yield app
    await app.live.stop()


@pytest.fixture
async def client(app: StudioApp) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        yield client


@pytest.fixture
async def project(client: httpx.AsyncClient) -> str:
    return (await client.post("/api/projects", json={"name": "Rain"})).json()["id"]


@pytest.fixture
async def episode(client: httpx.AsyncClient, project: str) -> str:
    body = {"project_id": project, "title": "One"}
    return (await client.post("/api/episodes", json=body)).json()["id"]


@pytest.fixture
async def shot(client: httpx.AsyncClient, episode: str) -> str:
    body = {"episode_id": episode, "position": 1, "values": {"description": "A street."}}
    return (await client.post("/api/storyboards/insert", json=body)).json()["item"]["id"]
