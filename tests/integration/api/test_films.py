"""A film over HTTP: made in the background, told by events, played in ranges, edited, updated."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from ai_video.asgi import StudioApp
from ai_video.studio.records.events import read_events
from ai_video.studio.studio import Studio

STORY = "第一场 内景 客厅 夜\n\n林小雨坐在窗边。\n\n林小雨：你终于回来了。\n"
SMALL = {"text": STORY, "name": "雨夜", "size": "360p", "voice": "silent", "music": "none"}


async def told(studio: Studio, type: str, within_s: float = 120) -> dict[str, Any]:
    """The first event of a type; fails when it does not come in time."""
    deadline = asyncio.get_running_loop().time() + within_s
    seq = 0
    while asyncio.get_running_loop().time() < deadline:
        for event in await read_events(studio, after=seq, limit=500):
            seq = int(str(event["seq"]))
            assert event["type"] != "film.failed" or type == "film.failed", event
            if event["type"] == type:
                return dict(event)
        await asyncio.sleep(0.2)
    raise AssertionError(f"no {type} event")


@pytest.mark.slow
async def test_a_text_becomes_a_film_that_plays_and_follows_an_edit(
    client: httpx.AsyncClient, studio: Studio
) -> None:
    started = await client.post("/api/make", json=SMALL)
    assert started.status_code == 202
    episode = started.json()["episode_id"]
    planned = (await client.get(f"/api/episodes/{episode}/film")).json()
    assert planned["filming"] is True
    assert planned["storyboards"]
    ended = await told(studio, "film.ended")
    assert ended["subject"] == episode
    assert ended["data"]["ok"] is True
    video = (await client.get(f"/api/episodes/{episode}/videos")).json()["items"][0]
    assert video["version"] == 1
    part = await client.get(video["url"], headers={"range": "bytes=0-11"})
    assert (part.status_code, part.content[4:8]) == (206, b"ftyp")
    subtitles = await client.get(f"/api/videos/{video['id']}/subtitles.srt?download=true")
    assert "你终于回来了" in subtitles.text
    assert subtitles.headers["content-disposition"].startswith("attachment")

    line = (await client.get(f"/api/lines?episode_id={episode}")).json()["items"][0]
    edited = await client.patch(f"/api/lines/{line['id']}", json={"text": "你总算回来了。"})
    stale = {row["kind"] for row in edited.json()["stale"] if not row["maybe"]}
    assert {"voice", "segment", "composite"} <= stale
    would_run = (await client.get(f"/api/episodes/{episode}/film")).json()["executed"]
    assert {row["kind"] for row in would_run} >= {"voice", "segment", "composite"}
    shot = line["storyboard_id"]
    locked = await client.post(f"/api/storyboards/{shot}/lock", json={"kind": "video"})
    assert locked.status_code == 200
    take = (await client.get(f"/api/storyboards/{shot}/takes")).json()["items"][0]
    assert (await client.get(f"/api/takes/{take['id']}/file")).status_code == 200


async def test_shots_are_planned_without_drawing_when_asked(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/make", json={**SMALL, "until": "storyboards"})
    episode = answer.json()["episode_id"]
    film = (await client.get(f"/api/episodes/{episode}/film")).json()
    assert film["filming"] is False
    assert film["storyboards"]
    assert (await client.get("/api/dags")).json()["items"] == []


async def test_a_part_that_is_not_here_is_refused_at_once(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/make", json={**SMALL, "llm": "anthropic"})
    assert (answer.status_code, answer.json()["code"]) == (422, "not_available")


async def test_a_narrator_is_chosen_before_the_first_word_is_spoken(
    client: httpx.AsyncClient,
) -> None:
    voice = (await client.get("/api/voices")).json()["items"][0]["id"]
    body = {**SMALL, "until": "storyboards", "narrator_voice": voice}
    project = (await client.post("/api/make", json=body)).json()["project_id"]
    settings = (await client.get(f"/api/projects/{project}")).json()["settings"]
    assert settings["narrator_voice"] == voice


async def test_a_voice_sample_is_a_wav(client: httpx.AsyncClient) -> None:
    voice = (await client.get("/api/voices")).json()["items"][0]["id"]
    sample = await client.get(f"/api/voices/{voice}/sample")
    assert (sample.status_code, sample.content[:4]) == (200, b"RIFF")


async def test_the_sample_film_is_made_only_into_an_empty_studio(
    app: StudioApp, client: httpx.AsyncClient, project: str
) -> None:
    app.live.make_sample()
    assert app.live.sample is not None
    await app.live.sample
    assert [row["id"] for row in (await client.get("/api/projects")).json()["items"]] == [project]


async def test_several_takes_are_begun_and_each_has_a_seed_of_its_own(
    client: httpx.AsyncClient, studio: Studio, shot: str
) -> None:
    path = f"/api/storyboards/{shot}/takes/make"
    begun = await client.post(path, json={"count": 2})
    assert begun.status_code == 202
    await studio.scheduler.run_until(UUID(begun.json()["dag_id"]))
    items = (await client.get(f"/api/storyboards/{shot}/takes")).json()["items"]
    assert {take["seed"] for take in items} == set(begun.json()["seeds"])
    assert [take["purpose"] for take in items] == ["candidate"] * 2
    assert (await client.post(path, json={"count": 0})).status_code == 422
