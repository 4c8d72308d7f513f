"""A real studio in this process: SQLite, local blobs, the animatic, a silent voice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ai_video.bootstrap import open_studio
from ai_video.settings import load_settings
from ai_video.studio.studio import Studio


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    settings = load_settings(home=tmp_path / "data", voice="silent", lang="en", offline=True)
    async with open_studio(settings) as opened:
        yield opened
