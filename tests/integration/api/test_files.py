"""Files over HTTP: streamed in, atomic; out with ranges, 304 and HEAD."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from ai_video.asgi import create_app
from ai_video.studio.studio import Studio

DATA = bytes(range(256)) * 40


@pytest.fixture
async def asset(client: httpx.AsyncClient) -> dict[str, str]:
    return (await client.post("/api/assets?name=notes.txt", content=DATA)).json()


async def test_an_upload_is_kept_by_its_content(asset: dict[str, str]) -> None:
    assert asset["sha256"] == hashlib.sha256(DATA).hexdigest()
    assert asset["origin"] == "uploaded"
    assert asset["name"] == "notes.txt"


async def test_put_uploads_too(client: httpx.AsyncClient) -> None:
    answer = await client.put("/api/assets?name=a.txt", content=b"hello")
    assert answer.status_code == 201


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_broken_upload_leaves_nothing(client: httpx.AsyncClient, studio: Studio) -> None:
    async def torn() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await client.post("/api/assets?name=a.txt", content=torn())
    assert (await client.get("/api/assets")).json()["items"] == []
    assert files_below(studio.settings.home / "blobs") == []


@pytest.mark.parametrize(
    ("asked", "first", "end"),
    [("bytes=0-9", 0, 10), ("bytes=100-", 100, len(DATA)), ("bytes=-7", len(DATA) - 7, len(DATA))],
)
async def test_a_range_gives_that_part(
    client: httpx.AsyncClient, asset: dict[str, str], asked: str, first: int, end: int
) -> None:
    answer = await client.get(f"/api/assets/{asset['id']}/file", headers={"range": asked})
    assert answer.status_code == 206
    assert answer.content == DATA[first:end]
    assert answer.headers["content-range"] == f"bytes {first}-{end - 1}/{len(DATA)}"


@pytest.mark.parametrize("asked", ["bytes=99999-", "bytes=9-3", "nonsense"])
async def test_a_range_that_is_not_there_is_a_problem(
    client: httpx.AsyncClient, asset: dict[str, str], asked: str
) -> None:
    answer = await client.get(f"/api/assets/{asset['id']}/file", headers={"range": asked})
    assert (answer.status_code, answer.json()["code"]) == (416, "range_refused")


async def test_a_range_of_other_content_gives_the_whole(
    client: httpx.AsyncClient, asset: dict[str, str]
) -> None:
    headers = {"range": "bytes=0-9", "if-range": '"something else"'}
    answer = await client.get(f"/api/assets/{asset['id']}/file", headers=headers)
    assert (answer.status_code, answer.content) == (200, DATA)


async def test_what_the_caller_has_is_not_sent_again(
    client: httpx.AsyncClient, asset: dict[str, str]
) -> None:
    path = f"/api/assets/{asset['id']}/file"
    head = await client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(DATA))
    again = await client.get(path, headers={"if-none-match": head.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_file_cannot_act_as_a_page(client: httpx.AsyncClient) -> None:
    script = b"<script>alert(1)</script>"
    stored = (await client.post("/api/assets?name=x.html", content=script)).json()
    answer = await client.get(f"/api/assets/{stored['id']}/file")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_story_file_is_read_as_make_reads_it(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/stories?name=雨夜.txt", content="你好。".encode("gb18030"))
    assert answer.json()["name"] == "雨夜"
    assert "你好" in answer.json()["text"]


async def test_a_link_opens_a_file_where_a_token_is_needed(
    studio: Studio, asset: dict[str, str]
) -> None:
    app = create_app(studio, token="secret", host="0.0.0.0")
    path = f"/api/assets/{asset['id']}/file"
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.7") as player:
        assert (await player.get(path)).status_code == 401
        bearer = {"authorization": "Bearer secret"}
        link = await player.post("/api/links", json={"path": path}, headers=bearer)
        assert (await player.get(link.json()["url"])).content == DATA
        other = await player.post("/api/links", json={"path": "/api/projects"}, headers=bearer)
        assert other.status_code == 422
    await app.live.stop()
