"""The studio's tools through the real Claude Code: look something up, then propose an edit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest
from tests.claude_code import MODEL, connected, forget_surroundings, needs_program
from tests.integration.chat.conftest import Talk

from ai_video.domain.entities import Json
from ai_video.llm.claude_code_chat import ClaudeCodeChat
from ai_video.llm.fake_api import serving

pytestmark = needs_program


async def test_a_chat_lists_loras_proposes_an_edit_and_goes_on(
    talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_surroundings(monkeypatch)
    edit: Json = {"id": talk.shots[1], "changes": {"description": "A room in the rain."}}
    tool = "mcp__studio__"
    script: Json = {
        "rules": [
            {"when": {"turn": 1}, "answer": {"text": "I look.", "tool": f"{tool}list_loras"}},
            {"when": {"turn": 2}, "answer": {"tool": f"{tool}edit_storyboard", "input": edit}},
            {"when": {"turn": 3}, "answer": {"text": "Shot 2 is proposed."}},
            {"when": {"turn": 4}, "answer": {"text": "You are welcome."}},
        ]
    }
    with serving(script) as fake:
        talk.studio.models.given_chat = ClaudeCodeChat(connected(fake, tmp_path / "home"), MODEL)
        answer = await talk.say("Is there a LoRA? Make shot 2 rainy.")
        assert answer["state"] == "done", answer["error"]
        second = await talk.say("Thanks.")
        bodies = fake.asked("chat")
    assert str(answer["text"]).replace("\n", "") == "I look.Shot 2 is proposed."
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
    # Resumed, so that the model knows what was said.
    assert second["text"] == "You are welcome."
    assert "Make shot 2 rainy." in json.dumps(bodies[3])
