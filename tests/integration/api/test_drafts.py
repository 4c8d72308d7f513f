"""Writing over HTTP: drafts, their script, accepting them, planning in the background."""

from __future__ import annotations

import httpx
import pytest
from tests.model_writing import STORY, answer, story

from ai_video.asgi import StudioApp
from ai_video.llm.scripted import ScriptedLLM
from ai_video.studio.studio import Studio


@pytest.fixture
def writer(studio: Studio) -> ScriptedLLM:
    def reply(request):
        return story(request) if request.task in ("outline", "script") else answer(request)

    studio.models.given = llm = ScriptedLLM(reply, name="anthropic")
    return llm


async def test_an_idea_becomes_shots_step_by_step(
    client: httpx.AsyncClient, app: StudioApp, project: str, writer: ScriptedLLM
) -> None:
    body = {"idea": "雨夜，一封信", "project_id": project, "lang": "zh"}
    made = await client.post("/api/drafts", json=body)
    assert made.status_code == 201
    draft = made.json()
    assert (draft["script"], draft["project_id"]) == ("", project)
    edited = await client.patch(f"/api/drafts/{draft['id']}", json={"title": "旧信"})
    assert edited.json()["item"]["title"] == "旧信"
    scripted = await client.post(f"/api/drafts/{draft['id']}/script")
    assert scripted.json()["script"].startswith("《旧信》")
    done = (await client.post(f"/api/drafts/{draft['id']}/accept")).json()
    assert done["added"]["characters"] == ["林小雨", "陈默"]
    episode = done["episode_id"]
    assert (await client.get(f"/api/episodes/{episode}/film")).json()["storyboards"] == []
    planned = await client.post(f"/api/episodes/{episode}/plan")
    assert planned.status_code == 202
    await app.live.films.films[next(iter(app.live.films.films))]
    film = (await client.get(f"/api/episodes/{episode}/film")).json()
    assert film["storyboards"]
    assert film["used"]["llm"] == "anthropic"
    again = await client.post(f"/api/drafts/{draft['id']}/accept")
    assert (again.status_code, again.json()["code"]) == (409, "draft_accepted")
    listed = await client.get(f"/api/drafts?project_id={project}")
    assert [row["id"] for row in listed.json()["items"]] == [draft["id"]]
    assert (await client.delete(f"/api/drafts/{draft['id']}")).status_code == 200


async def test_without_a_model_nothing_pretends(client: httpx.AsyncClient, project: str) -> None:
    answered = await client.post("/api/drafts", json={"idea": "雨", "project_id": project})
    assert answered.json()["code"] == "not_available"
    assert "llm enable" in answered.json()["hint"]
    made = await client.post("/api/make", json={"text": STORY, "llm": "openai"})
    assert made.json()["code"] == "not_available"


async def test_lines_are_translated_over_http(client: httpx.AsyncClient, studio: Studio) -> None:
    made = await client.post("/api/make", json={"text": STORY, "until": "storyboards"})
    episode = made.json()["episode_id"]

    def english(request):
        import json

        rows = json.loads(request.parts[0])["lines"]
        return {"lines": [{"line": row["line"], "text": "Yes."} for row in rows]}

    studio.models.given = ScriptedLLM(english, name="anthropic")
    done = await client.post(f"/api/episodes/{episode}/translate-lines", json={"to": "en"})
    assert done.status_code == 200, done.text
    assert {row["translation"] for row in done.json()["lines"]} == {"Yes."}
