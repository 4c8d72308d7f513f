"""The files beside a film that is to be published."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from PIL import Image

from ai_video.assets import read_label
from ai_video.errors import InputRefused
from ai_video.studio.film.publishing import publish_episode
from ai_video.studio.planning.make import make_film
from ai_video.studio.requests import FilmDocument, MakeRequest, PublishDocument
from ai_video.studio.studio import Studio

ARTICLE = """# 海上光伏并网

记者 周宁 6月18日

电站今天并网发电。

来源：国家能源局
"""


def sizes(document: PublishDocument) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for row in document.covers:
        assert row.path is not None
        with Image.open(row.path) as image:
            assert image.format == "JPEG"
            found[row.ratio] = image.size
    return found


async def test_an_article_is_published_with_covers_and_a_description(
    studio: Studio, tmp_path: Path
) -> None:
    request = MakeRequest(
        text=ARTICLE, name="news", mode="news", size="360p", music="none", generator="animatic"
    )
    planned = await make_film(studio, request.model_copy(update={"until": "storyboards"}))
    assert isinstance(planned, FilmDocument)
    with pytest.raises(InputRefused, match="no_film"):
        await publish_episode(studio, planned.episode_id)
    film = await make_film(studio, request)
    assert isinstance(film, FilmDocument)

    document = await publish_episode(studio, film.episode_id, tmp_path / "out" / "周一")
    assert document.current
    assert (document.title, document.sources) == ("海上光伏并网", ["国家能源局"])
    assert await asyncio.to_thread(sizes, document) == {
        "16:9": (1920, 1080), "3:4": (1080, 1440), "9:16": (1080, 1920),
    }  # fmt: skip
    assert document.film is not None
    assert film.film is not None
    assert document.film.sha256 == film.film.sha256
    names = sorted(path.name for path in await asyncio.to_thread(_files, tmp_path / "out" / "周一"))
    stem = "海上光伏并网"
    endings = (" 16x9.jpg", " 3x4.jpg", " 9x16.jpg", ".ass", ".mp4", ".srt", ".txt", ".vtt")
    assert names == sorted(f"{stem}{ending}" for ending in endings)
    assert document.covers[0].path is not None
    assert await read_label(Path(document.covers[0].path)) is not None
    assert "记者：周宁" in document.description
    assert document.ai_statement in document.description

    again = await publish_episode(studio, film.episode_id)
    assert [row.asset_id for row in again.covers] == [row.asset_id for row in document.covers]
    assert again.folder is None


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir())
