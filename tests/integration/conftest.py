"""A studio's data folder, made once and copied for each test."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ai_video.bootstrap import open_studio
from ai_video.settings import Settings, load_settings
from ai_video.storage.database import Database


def settings_at(home: Path) -> Settings:
    return load_settings(home=home, voice="silent", lang="en", offline=True)


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated data folder to copy: migrating takes a second, copying none."""
    home = tmp_path_factory.mktemp("template") / "data"

    async def migrate() -> None:
        async with open_studio(settings_at(home)):
            pass

    asyncio.run(migrate())
    return home


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database alone, to copy: migrating takes a second, copying none."""
    path = tmp_path_factory.mktemp("template") / "studio.sqlite3"

    async def migrate() -> None:
        database = Database(f"sqlite:///{path}")
        await database.open()
        await database.close()

    asyncio.run(migrate())
    return path
