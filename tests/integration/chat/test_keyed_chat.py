"""The studio's tools over the wire of both services: look something up, then propose an edit."""

from __future__ import annotations

import json
from typing import cast
from uuid import UUID

import pytest
from tests.integration.chat.conftest import Talk

from ai_video.domain.entities import Json
from ai_video.llm.access import KeyedProvider, ModelAccess
from ai_video.llm.chat_keyed import KeyedChat
from ai_video.llm.fake_api import serving
from ai_video.storage.costs import spent_on_project
from ai_video.studio.records.records import edit_record

MODELS: dict[KeyedProvider, str] = {"anthropic": "claude-haiku-4-5", "openai": "gpt-4.1-mini"}


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
async def test_a_chat_lists_loras_and_proposes_an_edit(talk: Talk, provider: KeyedProvider) -> None:
    edit: Json = {"id": talk.shots[1], "changes": {"description": "A room in the rain."}}
    script: Json = {
        "rules": [
            {"when": {"turn": 1}, "answer": {"text": "I look.", "tool": "list_loras", "input": {}}},
            {"when": {"turn": 2}, "answer": {"tool": "edit_storyboard", "input": edit}},
            {"when": {"turn": 3}, "answer": {"text": "Shot 2 is proposed."}},
        ]
    }
    with serving(script) as fake:
        url = fake.url if provider == "anthropic" else fake.openai_url
        access = ModelAccess(provider, MODELS[provider], key="sk-made-up", url=url, offline=True)
        talk.studio.models.given_chat = KeyedChat(access)
        answer = await talk.say("Is there a LoRA? Make shot 2 rainy.")
        bodies = fake.asked("chat")
    assert answer["state"] == "done", answer["error"]
    assert answer["text"] == "I look.\n\nShot 2 is proposed."
    calls = cast("list[Json]", answer["tools"])
    assert [(call["name"], call["ok"]) for call in calls] == [
        ("list_loras", True),
        ("edit_storyboard", True),
    ]
    (proposal,) = await talk.proposals()
    assert "Not done." in json.dumps(bodies[2])
    assert (await talk.shot(2))["description"] == "A room."
    await talk.chats.accept(UUID(str(proposal["id"])))
    assert (await talk.shot(2))["description"] == "A room in the rain."
    cost = cast("Json", answer["usage"])["cost"]
    spent = await talk.studio.database.read(lambda unit: spent_on_project(unit, UUID(talk.project)))
    assert spent == {"USD": pytest.approx(cost, abs=1e-6)}


async def test_a_cap_of_the_project_ends_talking(talk: Talk) -> None:
    model = talk.script(["Hello."], ["Never."])
    await talk.say("Hi")
    await edit_record(talk.studio, "projects", UUID(talk.project), {"settings.cost_cap": 0.0005})
    answer = await talk.say("Again")
    assert answer["state"] == "failed"
    assert cast("Json", answer["error"])["code"] == "cost_cap_project"
    assert len(model.turns) == 1
