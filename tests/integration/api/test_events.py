"""The event stream: resumed where a client left it, ended when the studio stops."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx

from ai_video.asgi import StudioApp
from ai_video.domain.ids import new_id
from ai_video.orchestrator.handlers import TaskView
from ai_video.studio.records.events import last_event, record_event
from ai_video.studio.studio import Studio


async def heard(app: StudioApp, path: str, count: int, **headers: str) -> list[dict[str, Any]]:
    """The first `count` events of a stream, read as a client that then goes away."""
    found: list[dict[str, Any]] = []
    enough = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await enough.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        for block in message.get("body", b"").decode().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            if "data" in fields:
                found.append({"id": fields.get("id"), **json.loads(fields["data"])})
        if len(found) >= count:
            enough.set()

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    path, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "root_path": "", "headers": [(b"host", b"127.0.0.1"), *raw],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    await asyncio.wait_for(app(scope, receive, send), 10)  # pyright: ignore[reportArgumentType]
    return found[:count]


def drawn() -> TaskView:
    """A keyframe that is at work."""
    return TaskView(
        id=new_id(), dag_id=new_id(), episode_id=None, key="keyframe:x", kind="keyframe",
        part=None, params={}, parents=(), storyboard_id=new_id(), line_id=None,
        workflow_id=None, fingerprint=None, timeout=1.0,
    )  # fmt: skip


async def test_a_client_gets_what_came_after_its_number(app: StudioApp, studio: Studio) -> None:
    start = await last_event(studio)
    for number in range(3):
        await record_event(studio, "test.said", f"s{number}", number=number)
    rows = await heard(app, f"/api/events?after={start}", 3)
    assert [row["subject"] for row in rows] == ["s0", "s1", "s2"]
    assert [row["id"] for row in rows] == [str(row["seq"]) for row in rows]
    assert rows[0].keys() == {"id", "seq", "at", "type", "subject", "data"}
    assert rows[1]["data"] == {"number": 1}


async def test_last_event_id_wins_over_after(app: StudioApp, studio: Studio) -> None:
    for number in range(3):
        await record_event(studio, "test.said", f"s{number}")
    seq = await last_event(studio)
    rows = await heard(app, "/api/events?after=0", 1, last_event_id=str(seq - 1))
    assert [row["subject"] for row in rows] == ["s2"]


async def test_a_stream_tells_what_happens_while_it_is_open(app: StudioApp, studio: Studio) -> None:
    listening = asyncio.create_task(heard(app, "/api/events", 1))
    await asyncio.sleep(0.3)
    await record_event(studio, "test.said", "live")
    assert [row["subject"] for row in await listening] == ["live"]


async def test_a_nonsense_last_event_id_is_ignored(app: StudioApp, studio: Studio) -> None:
    start = await last_event(studio)
    await record_event(studio, "test.said", "one")
    rows = await heard(app, f"/api/events?after={start}", 1, last_event_id="x\u00b2")
    assert [row["subject"] for row in rows] == ["one"]


async def test_streams_end_when_the_studio_stops(app: StudioApp) -> None:
    listening = asyncio.create_task(heard(app, "/api/events", 1))
    await asyncio.sleep(0.3)
    app.stop()
    assert await asyncio.wait_for(listening, 2) == []


async def test_the_work_so_far_is_told_and_served(
    app: StudioApp, studio: Studio, client: httpx.AsyncClient
) -> None:
    task = drawn()
    studio.servers.previews.put(task, b"a picture", "image/jpeg")
    (row,) = await heard(app, "/api/events?previews=true", 1)
    assert (row["type"], row["subject"], row["id"]) == ("task.preview", str(task.id), None)
    assert row["data"]["storyboard_id"] == str(task.storyboard_id)
    picture = await client.get(row["data"]["url"])
    assert (picture.content, picture.headers["content-type"]) == (b"a picture", "image/jpeg")
    assert picture.headers["cache-control"] == "no-store"
    studio.servers.previews.drop(task.id)
    assert (await client.get(row["data"]["url"])).status_code == 404
    assert not studio.servers.previews.wanted


async def test_a_stream_that_asks_for_no_previews_has_stored_events_alone(
    app: StudioApp, studio: Studio
) -> None:
    start = await last_event(studio)
    studio.servers.previews.put(drawn(), b"a picture", "image/jpeg")
    listening = asyncio.create_task(heard(app, f"/api/events?after={start}", 2))
    await record_event(studio, "test.said", "one")
    await asyncio.sleep(0.3)
    assert not studio.servers.previews.wanted
    await record_event(studio, "test.said", "two")
    rows = await listening
    assert [row["subject"] for row in rows] == ["one", "two"]
    assert all(row.keys() == {"id", "seq", "at", "type", "subject", "data"} for row in rows)
