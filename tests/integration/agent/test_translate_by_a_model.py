"""The plan's sentence through every door, read by an enabled model: one question, one graph."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.agent.test_http import tools
from tests.integration.agent.test_stdio import client, environment
from tests.model_choices import SENTENCE, sentence

from ai_video.agent.tool import Desk
from ai_video.domain.entities import Json
from ai_video.llm.fake_api import FakeLLM, serving
from ai_video.studio.comfyui.translate import translate_shot
from ai_video.studio.models.enabled_models import ModelWish, enable_model
from ai_video.studio.studio import Studio

ANSWER: Json = {"choices": [{**SENTENCE, "shot_id": "S1"}]}


@pytest.fixture
def fake() -> Iterator[FakeLLM]:
    with serving({"otherwise": {"json": ANSWER}}) as running:
        yield running


@pytest.fixture
async def enabled(desk: Desk, fake: FakeLLM) -> Studio:
    wish = ModelWish(url=f"{fake.url}/v1", model="any")
    await enable_model(desk.studio, "openai", wish, accepted=True)
    return desk.studio


@pytest.mark.parametrize("output", ["image", "video"])
async def test_every_door_gives_the_same_graph_for_one_question(
    enabled: Studio, fake: FakeLLM, output: str
) -> None:
    raw, home = sentence(output), enabled.settings.home
    answers: dict[str, Json] = {"studio": await translate_shot(enabled, raw)}
    async with tools(enabled) as http:
        answers["http"] = await called(http, raw)
    if output == "image":
        async with client(home) as stdio:
            answers["stdio"] = await called(stdio, raw)
        answers["command"] = await command(home, raw)
    for door, answer in answers.items():
        assert (answer["ok"], answer["translated_by"]) == (True, "openai"), door
        assert answer["workflow_json"] == answers["studio"]["workflow_json"], door
    assert len(fake.asked("translate")) == 1
    by_rules = await translate_shot(enabled, raw, llm="rules")
    assert by_rules["workflow_id"] == answers["studio"]["workflow_id"]
    assert by_rules["level"] == answers["studio"]["level"]
    assert len(fake.asked("translate")) == 1


async def called(connected: Any, raw: dict[str, Any]) -> Json:
    result = await connected.call_tool("translate_storyboard", {**raw, "llm": "openai"})
    assert not result.is_error, result.content
    return result.structured_content


async def command(home: Path, raw: dict[str, Any]) -> Json:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ai_video", "translate", "--batch", "-", "--llm", "openai", "--json",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=environment(home),
    )  # fmt: skip
    out, _ = await process.communicate(json.dumps(raw).encode())
    assert process.returncode == 0
    return json.loads(out)


async def test_a_model_that_is_not_enabled_is_not_available(desk: Desk) -> None:
    async with tools(desk.studio) as http:
        result = await http.call_tool("translate_storyboard", {**sentence(), "llm": "claude-code"})
    assert result.is_error
    assert "not_available" in str(result.content)
