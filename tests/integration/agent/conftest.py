"""A studio on a fresh data folder, and clients of the official SDK."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mcp_types import CallToolResult, TextContent
from tests.integration.conftest import settings_at

from ai_video.agent.tool import Desk
from ai_video.bootstrap import open_studio
from ai_video.studio.planning.film_runs import FilmRuns


@pytest.fixture
async def desk(tmp_path: Path, empty_home: Path) -> AsyncIterator[Desk]:
    shutil.copytree(empty_home, tmp_path / "data")
    async with open_studio(settings_at(tmp_path / "data")) as studio:
        films = FilmRuns(studio)
        yield Desk(studio, films)
        await films.stop()


def error_of(result: CallToolResult) -> Any:
    """The error that a result tells, as its text says it."""
    assert result.is_error
    (said,) = result.content
    assert isinstance(said, TextContent)
    document = json.loads(said.text)
    assert document["ok"] is False
    return document["error"]
