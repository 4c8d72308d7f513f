"""/mcp in the web application: the same tools, behind the guard that everything else has."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from jsonschema import Draft202012Validator
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from tests.integration.agent.conftest import error_of
from tests.lora_files import unet_lora

from ai_video.agent.http import BODY_LIMIT
from ai_video.agent.tool import Desk
from ai_video.asgi import StudioApp, create_app
from ai_video.studio.records.loras import add_lora
from ai_video.studio.records.records import create_record
from ai_video.studio.studio import Studio

BASE = "http://127.0.0.1:8420"
STORY = "第一场 外景 街道 夜\n\n林小雨站在雨里。\n\n林小雨：你终于回来了。\n"


@asynccontextmanager
async def served(
    studio: Studio, *, token: str | None = None, shown: str | None = None
) -> AsyncIterator[httpx2.AsyncClient]:
    app: StudioApp = create_app(studio, token=token)
    headers = {"authorization": f"Bearer {shown}"} if shown else {}
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url=BASE, headers=headers) as http:
        yield http
    await app.live.stop()


@asynccontextmanager
async def tools(studio: Studio, *, mode: str = "auto", **said: Any) -> AsyncIterator[Client]:
    async with (
        served(studio, **said) as http,
        Client(streamable_http_client(f"{BASE}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


async def call(client: Client, name: str, /, **arguments: Any) -> Any:
    result = await client.call_tool(name, arguments)
    assert not result.is_error, result.content
    return result.structured_content


async def one(text: bytes) -> AsyncIterator[bytes]:
    yield text


async def test_a_shot_is_planned_edited_and_undone_by_tools(desk: Desk) -> None:
    async with tools(desk.studio) as client:
        made = await call(
            client, "make_film", text=STORY, name="雨夜", until="storyboards", voice="silent"
        )
        (episode,) = made["episode_ids"]
        assert made["filming"] is False
        shots = (await call(client, "list_storyboards", episode_id=episode))["items"]
        shot = shots[0]["id"]
        edit = await call(
            client, "edit_storyboard", id=shot, changes={"generation_config": {"seed": 7}}
        )
        assert edit["item"]["generation_config"]["seed"] == 7
        await call(client, "edit_storyboard", id=shot, changes={"notes": "slow"})
        assert (await call(client, "undo_edit", episode_id=episode))["ok"] is True
        shown = await call(client, "get_storyboard", id=shot)
        assert (shown["notes"], shown["generation_config"]["seed"]) == ("", 7)
        lines = await call(client, "list_lines", storyboard_id=shots[-1]["id"])
        assert [row["text"] for row in lines["items"]] == ["你终于回来了。"]
        edit = await call(
            client, "edit_line", id=lines["items"][0]["id"], changes={"text": "来了。"}
        )
        assert edit["item"]["text"] == "来了。"
        new = {"episode_id": episode, "position": 1, "values": {"description": "海"}}
        assert (await call(client, "insert_storyboard", **new))["item"]["shot_number"] == 1
        for name in ("list_episodes", "list_characters", "list_scenes"):
            assert (await call(client, name, project_id=made["project_id"]))["items"], name
        project = await call(client, "get_project", id=made["project_id"])
        assert project["progress"]["episodes"][0]["episode_id"] == episode
        assert (await call(client, "list_stale", episode_id=episode))["items"] == []
        state = await call(client, "get_film", episode_id=episode)
        assert (state["filming"], state["videos"]) == (False, [])
        assert state["tasks"]["total"] > 0
        refused = await client.call_tool(
            "edit_project", {"id": made["project_id"], "changes": {"source_path": "/etc/passwd"}}
        )
        assert error_of(refused)["fields"]["field"] == "changes.source_path"


async def test_a_characters_lora_is_found_told_and_assigned(desk: Desk) -> None:
    studio = desk.studio
    project = await create_record(studio, "projects", {"name": "Rain"})
    person = await create_record(
        studio, "characters", {"project_id": project["id"], "name": "小明"}
    )
    said = {"name": "小明 红衣", "trigger_words": ["xmboy"], "recommended_weight": 0.7}
    kept = await add_lora(studio, one(unet_lora(2048)), file_name="a.safetensors", values=said)
    async with tools(studio, mode="legacy") as client:
        listed = await call(client, "list_loras", type="character", base_model="SDXL")
        assert [row["id"] for row in listed["items"]] == [kept["id"]]
        info = await call(client, "get_lora_info", lora_id=kept["id"])
        assert (info["trigger_words"], info["recommended_weight"]) == (["xmboy"], 0.7)
        asked = {"character_id": person["id"], "base_model": "sdxl"}
        chosen = await call(client, "select_lora_for_character", **asked)
        assert chosen["selected"]["id"] == kept["id"]
        assert (chosen["selected"]["matched_by"], chosen["assigned"]) == ("name", False)
        other = await call(client, "select_lora_for_character", **{**asked, "base_model": "flux"})
        assert (other["selected"], other["candidates"][0]["compatible"]) == (None, "no")
        nothing = await client.call_tool(
            "select_lora_for_character", {**asked, "base_model": "flux", "assign": True}
        )
        assert error_of(nothing)["code"] == "lora_none_to_assign"
        await call(client, "select_lora_for_character", **asked, assign=True)
        characters = await call(client, "list_characters", project_id=project["id"])
        assert characters["items"][0]["lora_model_id"] == kept["id"]


async def test_a_translated_graph_is_kept_as_a_workflow_and_checked(desk: Desk) -> None:
    async with tools(desk.studio) as client:
        shot = {"storyboard": {"description": "A pier in rain."}, "available_workflows": ["*"]}
        graph = (await call(client, "translate_storyboard", **shot))["workflow_json"]
        kept = await call(client, "import_workflow", name="pier", workflow_json=graph)
        assert (await call(client, "get_workflow", id=kept["id"]))["workflow_json"] == graph
        assert (await call(client, "list_workflows"))["items"][0]["id"] == kept["id"]
        assert (await call(client, "check_workflow", id=kept["id"]))["valid"] is True


async def test_what_reads_answers_as_its_schema_says(desk: Desk) -> None:
    async with tools(desk.studio) as client:
        rows = {row.name: row for row in (await client.list_tools()).tools}
        for name in ("list_projects", "list_workflows", "list_servers", "list_dags", "list_tasks",
                     "list_voices", "list_loras"):  # fmt: skip
            answer = await call(client, name)
            Draft202012Validator(rows[name].output_schema or {}).validate(answer)
            assert rows[name].annotations is not None
            assert rows[name].annotations.read_only_hint is True
        missing = await client.call_tool(
            "get_task", {"task_id": "00000000-0000-7000-8000-000000000000"}
        )
        assert error_of(missing)["code"] == "not_found"
        both = await client.call_tool("check_workflow", {})
        assert error_of(both)["fields"]["field"] == "id"
        empty = await client.call_tool("check_workflow", {"workflow_json": {}})
        assert error_of(empty)["fixable"] is True


PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
ACCEPTS = {"accept": "application/json, text/event-stream"}


async def test_the_guard_stands_before_the_tools(desk: Desk) -> None:
    trusted = {"authorization": "Bearer secret"}
    async with served(desk.studio, token="secret") as http:
        for headers, status in (
            ({}, 401),
            ({"authorization": "Bearer wrong"}, 401),
            (trusted, 200),
            ({**trusted, "host": "evil.example"}, 403),
            ({**trusted, "origin": "http://evil.example"}, 403),
            ({**trusted, "origin": BASE}, 200),
        ):
            answer = await http.post("/mcp", json=PING, headers={**ACCEPTS, **headers})
            assert answer.status_code == status, (headers, answer.text)
            if status != 200:
                assert answer.headers["content-type"] == "application/problem+json"


async def test_only_messages_of_a_fair_size_are_taken(desk: Desk) -> None:
    async with served(desk.studio) as http:
        assert (await http.get("/mcp", headers=ACCEPTS)).json()["code"] == "method_not_allowed"
        assert (await http.post("/mcp", content=b"{", headers=ACCEPTS)).status_code == 400
        deep = b'{"jsonrpc":"2.0","id":1,"method":"ping","params":' + b"[" * 100_000
        json_type = {**ACCEPTS, "content-type": "application/json"}
        assert (await http.post("/mcp", content=deep, headers=json_type)).status_code == 400
        large = b" " * (BODY_LIMIT + 1)
        assert (await http.post("/mcp", content=large, headers=json_type)).status_code == 413
        assert (await http.post("/mcp", json=PING, headers=ACCEPTS)).status_code == 200
