"""The storyboard sheet over HTTP: shots with and without pictures, in both formats."""

from __future__ import annotations

import io
from uuid import UUID, uuid4

import httpx
import pylopdf
import pytest
from PIL import Image

from ai_video.studio.records.shots import insert_shot
from ai_video.studio.runs.takes import add_take
from ai_video.studio.studio import Studio


@pytest.fixture
async def episode(client: httpx.AsyncClient, studio: Studio, project: str, tmp_path) -> str:
    """Two shots: the first with a line and a picture of its own, the second with nothing."""
    made = await client.post("/api/episodes", json={"project_id": project, "title": "雨夜"})
    id = made.json()["id"]
    for number, description in enumerate(("窗边，看雨", "街道"), start=1):
        values = {"description": description, "slots": {"shot_size": "close_up"}}
        if number == 1:
            values["dialogue"] = "林小雨：你回来了。"
        shot = await insert_shot(studio, episode_id=UUID(id), position=number, values=values)
        if number == 1:
            Image.new("RGB", (64, 36), "#123456").save(tmp_path / "own.png")
            await add_take(
                studio,
                storyboard_id=UUID(str(shot.item["id"])),
                line_id=None,
                file=tmp_path / "own.png",
            )
    return id


async def test_a_sheet_shows_pictures_and_says_where_none_is(
    client: httpx.AsyncClient, episode: str
) -> None:
    answer = await client.get(f"/api/episodes/{episode}/sheet", params={"lang": "zh"})
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for words in ("雨夜", "窗边，看雨", "特写", "你回来了。", "林小雨"):
        assert words in answer.text
    assert answer.text.count("data:image/jpeg;base64,") == 1
    assert answer.text.count("还没有画面") == 1


async def test_a_sheet_is_a_pdf_with_text_and_pictures(
    client: httpx.AsyncClient, episode: str
) -> None:
    answer = await client.get(f"/api/episodes/{episode}/sheet.pdf", params={"lang": "en"})
    assert answer.headers["content-type"] == "application/pdf"
    assert "attachment" in answer.headers["content-disposition"]
    document = pylopdf.Document(stream=answer.content)
    text = "".join(page.get_text() for page in document)
    assert "close-up" in text
    assert "no picture yet" in text
    (shown,) = [found for page in document for found in page.get_images()]
    assert Image.open(io.BytesIO(shown["image"])).size == (64, 36)


async def test_no_sheet_without_shots_or_without_an_episode(
    client: httpx.AsyncClient, project: str
) -> None:
    made = await client.post("/api/episodes", json={"project_id": project, "title": "空"})
    empty = await client.get(f"/api/episodes/{made.json()['id']}/sheet")
    assert (empty.status_code, empty.json()["code"]) == (422, "no_shots")
    missing = await client.get(f"/api/episodes/{uuid4()}/sheet.pdf")
    assert missing.status_code == 404
