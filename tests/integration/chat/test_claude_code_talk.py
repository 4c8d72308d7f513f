"""The studio's own tools through the real Claude Code: look something up, then propose an edit."""

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
from ai_video.studio.chat.proposals import reject_proposal

pytestmark = needs_program


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_surroundings(monkeypatch)


async def test_a_chat_lists_loras_proposes_an_edit_and_goes_on(talk: Talk, tmp_path: Path) -> None:
    edit: Json = {"id": talk.shots[1], "changes": {"description": "A room in the rain."}}
    script: Json = {
        "rules": [
            {"when": {"turn": 1}, "answer": {"tool": "mcp__studio__list_loras", "input": {}}},
            {"when": {"turn": 2}, "answer": {"tool": "mcp__studio__edit_storyboard", "input": edit}},
            {"when": {"turn": 3}, "answer": {"text": "Shot 2 is proposed."}},
        ],
        "otherwise": {"text": "You rejected it."},
    }  # fmt: skip
    with serving(script) as fake:
        talk.studio.models.given_chat = ClaudeCodeChat(connected(fake, tmp_path / "home"), MODEL)
        answer = await talk.say("Is there a LoRA? Make shot 2 rainy.")
        assert answer["state"] == "done", answer["error"]
        assert answer["text"] == "Shot 2 is proposed."
        calls = cast("list[Json]", answer["tools"])
        assert [(call["name"], call["ok"]) for call in calls] == [
            ("list_loras", True),
            ("edit_storyboard", True),
        ]
        (proposal,) = await talk.proposals()
        assert (await talk.shot(2))["description"] == "A room."
        await reject_proposal(talk.studio, UUID(str(proposal["id"])))
        again = await talk.say("And now?")
        assert again["text"] == "You rejected it."
        last = json.dumps(fake.asked()[-1])
    assert "Shot 2 is proposed." in last  # the session went on
    assert "rejected" in last
