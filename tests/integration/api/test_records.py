"""Records over HTTP: create, list, edit in part, delete; pages; what belongs to one kind."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

KINDS = (
    "projects", "world-settings", "characters", "scenes", "episodes", "scripts", "storyboards",
    "lines", "assets",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_can_be_listed(client: httpx.AsyncClient, kind: str) -> None:
    answer = await client.get(f"/api/{kind}")
    assert answer.status_code == 200
    assert answer.json() == {"items": [], "next": None}


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
async def test_a_partial_body_keeps_what_it_does_not_mention(
    client: httpx.AsyncClient, project: str, method: str
) -> None:
    body = {"settings": {"fps": 30, "subtitle_style": {"size": 40}}}
    answer = await client.request(method, f"/api/projects/{project}", json=body)
    assert answer.status_code == 200
    settings = answer.json()["item"]["settings"]
    assert (settings["fps"], settings["size"]) == (30, "720p")
    assert settings["subtitle_style"]["size"] == 40
    assert settings["subtitle_style"]["colour"] == "#FFFFFF"
    assert answer.json()["stale"] == []


async def test_pages_follow_each_other(client: httpx.AsyncClient) -> None:
    for number in range(5):
        await client.post("/api/projects", json={"name": f"P{number}"})
    names: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/api/projects", params=query)).json()
        assert len(page["items"]) <= 2
        names += [item["name"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(names) == [f"P{number}" for number in range(5)]


async def test_a_project_is_copied_archived_and_restored(
    client: httpx.AsyncClient, project: str
) -> None:
    copied = await client.post(f"/api/projects/{project}/copy", json={"name": "Again"})
    assert copied.status_code == 201
    await client.post(f"/api/projects/{project}/archive")
    shown = [item["id"] for item in (await client.get("/api/projects")).json()["items"]]
    assert project not in shown
    refused = await client.patch(f"/api/projects/{project}", json={"name": "New"})
    assert (refused.status_code, refused.json()["code"]) == (409, "project_archived")
    await client.post(f"/api/projects/{project}/restore")
    assert (await client.patch(f"/api/projects/{project}", json={"name": "New"})).status_code == 200
    assert (await client.get(f"/api/projects/{project}/progress")).status_code == 200


async def test_shots_are_inserted_moved_and_the_move_undone(
    client: httpx.AsyncClient, episode: str, shot: str
) -> None:
    body = {"episode_id": episode, "position": 2, "values": {"description": "A door."}}
    second = (await client.post("/api/storyboards/insert", json=body)).json()["item"]["id"]

    async def order() -> list[str]:
        page = (await client.get(f"/api/episodes/{episode}/storyboards")).json()
        return [item["id"] for item in page["items"]]

    await client.post(f"/api/storyboards/{second}/move", json={"position": 1})
    assert await order() == [second, shot]
    await client.post(f"/api/episodes/{episode}/undo")
    assert await order() == [shot, second]
    await client.post(f"/api/episodes/{episode}/redo")
    assert await order() == [second, shot]


async def test_a_script_has_versions(client: httpx.AsyncClient, episode: str) -> None:
    path = f"/api/episodes/{episode}/scripts"
    first = await client.post(path, json={"content": "第一场 内景 客厅 夜\n小雨: 你好。"})
    assert first.status_code == 201
    await client.post(path, json={"content": "第一场 内景 客厅 夜\n小雨: 再见。"})
    versions = [item["version"] for item in (await client.get(path)).json()["items"]]
    assert sorted(versions) == [1, 2]
    restored = await client.post(f"/api/scripts/{first.json()['id']}/restore")
    assert restored.json()["version"] == 3


async def test_a_shot_without_takes_has_nothing_to_lock(
    client: httpx.AsyncClient, shot: str
) -> None:
    answer = await client.post(f"/api/storyboards/{shot}/lock", json={"kind": "image"})
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_lock")


async def test_a_deleted_record_is_gone(client: httpx.AsyncClient, shot: str) -> None:
    assert (await client.delete(f"/api/storyboards/{shot}")).status_code == 200
    assert (await client.get(f"/api/storyboards/{shot}")).status_code == 404


async def test_an_unknown_id_is_not_found(client: httpx.AsyncClient) -> None:
    for path in (f"projects/{uuid4()}", f"tasks/{uuid4()}", f"dags/{uuid4()}", f"takes/{uuid4()}"):
        answer = await client.get(f"/api/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
