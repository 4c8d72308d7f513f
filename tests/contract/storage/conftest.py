from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import URL, make_url, text

from ai_video.domain import entities as e
from ai_video.domain.ids import new_id
from ai_video.storage.database import Database
from ai_video.storage.engines import sync_engine

E = TypeVar("E", bound=e.Entity)

BACKENDS = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgresql", id="postgresql", marks=pytest.mark.postgresql),
]


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """An empty database: a file of its own, or the emptied test database of a server."""
    if request.param == "sqlite":
        return make_url(f"sqlite+aiosqlite:///{tmp_path / 'studio.sqlite3'}")
    address = os.environ.get("AIVIDEO_TEST_POSTGRESQL")
    if not address:
        pytest.skip("AIVIDEO_TEST_POSTGRESQL is not set")
    engine = sync_engine(make_url(address))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return make_url(address)


@pytest.fixture
async def database(url: URL) -> AsyncIterator[Database]:
    database = Database(url.render_as_string(hide_password=False))
    await database.open()
    yield database
    await database.close()


def new(kind: type[E], /, **values: Any) -> E:
    moment = datetime.now(UTC)
    return kind(id=new_id(), created_at=moment, updated_at=moment, **values)


@pytest.fixture(name="new")
def new_fixture() -> Any:
    """Makes an entity: `new(Project, name="雨夜")`."""
    return new


@dataclass(frozen=True)
class Film:
    """A small project: one episode, one shot with one line, a picture selected, a video."""

    project: e.Project
    character: e.Character
    scene: e.Scene
    episode: e.Episode
    storyboard: e.Storyboard
    line: e.Line
    asset: e.Asset
    take: e.Take
    video: e.GeneratedVideo

    def everything(self) -> list[e.Entity]:
        return [getattr(self, field.name) for field in fields(self)]


@pytest.fixture
def film() -> Film:
    project = new(e.Project, name="雨夜")
    character = new(e.Character, project_id=project.id, name="小明")
    scene = new(e.Scene, project_id=project.id, name="街道")
    episode = new(e.Episode, project_id=project.id, title="第一集")
    asset = new(
        e.Asset, project_id=project.id, kind="image", origin="uploaded", sha256="0" * 64, size=1
    )
    shot_id = new_id()
    take = new(e.Take, kind="image", storyboard_id=shot_id, asset_id=asset.id)
    storyboard = new(
        e.Storyboard,
        episode_id=episode.id,
        scene_id=scene.id,
        characters=(character.id,),
        image_take_id=take.id,
    ).model_copy(update={"id": shot_id})
    line = new(e.Line, storyboard_id=shot_id, character_id=character.id, text="走吧。")
    video = new(e.GeneratedVideo, episode_id=episode.id, asset_id=asset.id)
    return Film(project, character, scene, episode, storyboard, line, asset, take, video)
