"""A real studio in this process: SQLite, local blobs, the animatic, a silent voice."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ai_video.bootstrap import open_studio
from ai_video.comfyui.fake_server import FakeComfy, FakeOptions, serving
from ai_video.settings import load_settings
from ai_video.studio.studio import Studio


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    settings = load_settings(home=tmp_path / "data", voice="silent", lang="en", offline=True)
    async with open_studio(settings) as opened:
        yield opened


@pytest.fixture
def fake() -> Iterator[FakeComfy]:
    with serving(FakeOptions(seconds_per_job=0.01)) as server:
        yield server


@pytest.fixture
async def drawing(tmp_path: Path, empty_home: Path, fake: FakeComfy) -> AsyncIterator[Studio]:
    """A studio that knows one server from its settings."""
    home = shutil.copytree(empty_home, tmp_path / "data")
    settings = load_settings(
        home=home, voice="silent", lang="en", offline=True, comfyui_url=fake.url
    )
    async with open_studio(settings) as opened:
        yield opened
