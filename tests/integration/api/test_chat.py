"""Conversations over HTTP: said, heard as a stream, proposed, accepted once."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.integration.api.test_events import heard

from ai_video.asgi import StudioApp
from ai_video.llm.chat_scripted import Call, ScriptedChat
from ai_video.studio.studio import Studio


@pytest.fixture
async def conversation(client: httpx.AsyncClient, project: str) -> str:
    answer = await client.post("/api/chat", json={"project_id": project})
    assert answer.status_code == 201
    return answer.json()["id"]


def script(studio: Studio, *turns: Any) -> None:
    studio.models.given_chat = ScriptedChat(*turns)


async def said(
    client: httpx.AsyncClient, conversation: str, text: str, **more: str
) -> dict[str, Any]:
    answer = await client.post(f"/api/chat/{conversation}/messages", json={"text": text, **more})
    assert answer.status_code == 202, answer.text
    return answer.json()


async def test_say_listen_accept(
    app: StudioApp, studio: Studio, client: httpx.AsyncClient, conversation: str, shot: str
) -> None:
    changes = {"description": "A street in the rain."}
    script(studio, ["Well, ", Call("edit_storyboard", {"id": shot, "changes": changes}), "look."])
    started = await said(client, conversation, "Make it rain")
    stream = await client.get(f"/api/chat/{conversation}/stream?after={started['seq']}")
    assert stream.headers["content-type"].startswith("text/event-stream")
    events = [
        httpx.Response(200, content=line.removeprefix("data: ")).json()
        for line in stream.text.splitlines()
        if line.startswith("data: ")
    ]
    kinds = [event["type"] for event in events]
    assert kinds[0] == "chat.started"
    assert kinds[-1] == "chat.ended"
    assert {"chat.text", "chat.tool", "chat.proposal"} <= set(kinds)
    assert {event["subject"] for event in events} == {conversation}
    everything = await heard(app, f"/api/events?after={started['seq']}", len(events))
    told = {row["seq"] for row in everything if row["subject"] == conversation}
    assert told <= {row["seq"] for row in events}
    assert {row["type"] for row in everything} >= {"chat.started", "chat.proposal"}

    whole = (await client.get(f"/api/chat/{conversation}")).json()
    assert whole["running"] is False
    assert whole["answers_with"] == {"provider": "scripted", "model": "scripted-1", "error": None}
    assert [message["role"] for message in whole["messages"]] == ["user", "assistant"]
    (proposal,) = whole["proposals"]
    path = f"/api/chat/proposals/{proposal['id']}"
    assert (await client.get(path)).json()["state"] == "open"
    assert (await client.get(f"/api/storyboards/{shot}")).json()["description"] == "A street."
    accepted = await client.post(f"{path}/accept")
    assert accepted.status_code == 200
    assert accepted.json()["state"] == "accepted"
    again = await client.post(f"{path}/accept")
    assert (again.status_code, again.json()["code"]) == (409, "proposal_decided")
    rejected = await client.post(f"{path}/reject")
    assert (rejected.status_code, rejected.json()["code"]) == (409, "proposal_decided")
    after = (await client.get(f"/api/storyboards/{shot}")).json()
    assert after["description"] == "A street in the rain."


async def test_without_a_model_rules_answer_about_the_episode_looked_at(
    client: httpx.AsyncClient, conversation: str, episode: str, shot: str
) -> None:
    await said(client, conversation, "列出分镜", episode_id=episode)
    await client.get(f"/api/chat/{conversation}/stream")
    whole = (await client.get(f"/api/chat/{conversation}")).json()
    while whole["running"]:
        whole = (await client.get(f"/api/chat/{conversation}")).json()
    assert whole["answers_with"]["provider"] == "rules"
    assert whole["messages"][-1]["text"].startswith("1. A street.")


async def test_conversations_are_listed_by_project_and_deleted(
    client: httpx.AsyncClient, project: str, conversation: str
) -> None:
    second = (await client.post("/api/chat", json={"project_id": project, "title": "Two"})).json()
    page = (await client.get(f"/api/chat?project_id={project}&limit=1")).json()
    assert [row["id"] for row in page["items"]] == [second["id"]]
    rest = (await client.get(f"/api/chat?project_id={project}&cursor={page['next']}")).json()
    assert [row["id"] for row in rest["items"]] == [conversation]
    assert rest["next"] is None
    other = (await client.post("/api/projects", json={"name": "Other"})).json()["id"]
    assert (await client.get(f"/api/chat?project_id={other}")).json()["items"] == []
    assert (await client.delete(f"/api/chat/{conversation}")).status_code == 200
    gone = await client.get(f"/api/chat/{conversation}")
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    stream = await client.get(f"/api/chat/{conversation}/stream")
    assert stream.status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"text": ""}, 422, "invalid_value"),
        ({"text": "  "}, 422, "invalid_value"),
        ({"text": "x", "llm": "anthropic"}, 422, "not_available"),
        ({"text": "x", "model": "y"}, 422, "invalid_value"),
    ],
)
async def test_what_cannot_be_said(
    client: httpx.AsyncClient, conversation: str, body: dict[str, str], status: int, code: str
) -> None:
    answer = await client.post(f"/api/chat/{conversation}/messages", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_stopping_over_http(client: httpx.AsyncClient, conversation: str) -> None:
    answer = await client.post(f"/api/chat/{conversation}/interrupt")
    assert answer.json() == {"ok": True, "conversation_id": conversation, "was_running": False}
