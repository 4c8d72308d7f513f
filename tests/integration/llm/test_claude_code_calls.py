"""The real Claude Code against the fake service: one call, one typed answer."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from pydantic import BaseModel, Field, JsonValue
from tests.claude_code import (
    MODEL,
    bundled,
    connected,
    forget_surroundings,
    needs_program,
    surroundings,
)

from ai_video.domain.language_models import ModelFailed, ModelRequest, Picture, Usage
from ai_video.llm.claude_code import ClaudeCodeLLM
from ai_video.llm.claude_code_options import Access
from ai_video.llm.claude_code_session import ClaudeCode
from ai_video.llm.fake_api import serving

pytestmark = needs_program

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Shot(BaseModel):
    name: str
    seconds: int = Field(le=10)


class Shots(BaseModel):
    shots: list[Shot]


GOOD = {"shots": [{"name": "雨", "seconds": 3}, {"name": "rain", "seconds": 4}]}
REQUEST = ModelRequest("storyboards", "Plan shots.", ("雨",), Shots, timeout_s=30, longest=900)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_surroundings(monkeypatch)


async def test_an_answer_is_streamed_and_paid_for(tmp_path: Path) -> None:
    partial: list[JsonValue] = []
    with serving({"otherwise": {"json": GOOD, "chunks": 8}}) as fake:
        llm = ClaudeCodeLLM(connected(fake, tmp_path / "home"), MODEL)
        request = ModelRequest(
            "judge", "Look.", ("雨", Picture("image/png", PIXEL)), Shots, timeout_s=30, longest=900
        )
        reply = await llm.generate(request, budget=0.5, on_partial=partial.append)
    assert reply.data == Shots.model_validate(GOOD)
    assert (reply.provider, reply.model) == ("claude-code", MODEL)
    assert reply.usage.requests == 1
    assert reply.usage.input_tokens > 0
    assert reply.usage.output_tokens > 0
    assert reply.usage.cost is not None
    assert 0 < reply.usage.cost < 0.5
    assert partial[-1] == GOOD
    assert {"shots": [GOOD["shots"][0]]} in [_whole(seen) for seen in partial]
    asked = fake.asked("judge")[0]
    assert asked["max_tokens"] == 900
    assert asked["output_config"] == {"effort": "low"}
    assert base64.b64encode(PIXEL).decode() in json.dumps(asked)


def _whole(seen: JsonValue) -> JsonValue:
    """Without the shot that is still coming."""
    shots = seen.get("shots") if isinstance(seen, dict) else None
    return {"shots": shots[:1]} if isinstance(shots, list) else seen


@pytest.mark.parametrize(
    ("answer", "code", "most"),
    [
        # It may have gone on before it heard.
        ({"raw": '{"shots": '}, "llm_invalid_answer", 3),
        ({"text": json.dumps(GOOD)}, "llm_invalid_answer", 2),
        ({"huge_characters": 1_000_000}, "llm_overlong", 2),
    ],
    ids=["no JSON", "only words", "endless"],
)
async def test_misbehaviour_ends_soon_with_its_code(
    answer: dict[str, JsonValue], code: str, most: int, tmp_path: Path
) -> None:
    with serving({"otherwise": answer}) as fake:
        llm = ClaudeCodeLLM(connected(fake, tmp_path / "home"), MODEL)
        with pytest.raises(ModelFailed) as failed:
            await llm.generate(REQUEST, budget=0.5)
    assert failed.value.code == code
    assert len(fake.asked()) <= most
    assert failed.value.usage.requests >= 1
    assert failed.value.usage.cost is not None


async def test_an_answer_that_passed_the_budget_is_not_thrown_away(tmp_path: Path) -> None:
    with serving({"otherwise": {"json": GOOD}}) as fake:
        llm = ClaudeCodeLLM(connected(fake, tmp_path / "home"), MODEL)
        reply = await llm.generate(REQUEST, budget=0.0001)
    assert reply.data == Shots.model_validate(GOOD)
    assert reply.usage.cost is not None
    assert reply.usage.cost > 0.0001


async def test_a_refused_key_is_tried_again_for_seconds_only(tmp_path: Path) -> None:
    with serving({"otherwise": {"error": {"status": 401}}}) as fake:
        llm = ClaudeCodeLLM(connected(fake, tmp_path / "home"), MODEL)
        with pytest.raises(ModelFailed) as failed:
            await llm.generate(REQUEST)
    assert failed.value.code == "llm_unauthorized"
    assert failed.value.usage == Usage()
    assert len(fake.asked()) == 3


async def test_silence_is_interrupted_when_the_time_is_over(tmp_path: Path) -> None:
    with serving({"otherwise": {"hang_s": 60}}) as fake:
        llm = ClaudeCodeLLM(connected(fake, tmp_path / "home"), MODEL)
        request = ModelRequest("storyboards", "Plan shots.", ("雨",), Shots, timeout_s=4)
        with pytest.raises(ModelFailed) as failed:
            await llm.generate(request)
        assert failed.value.code == "llm_timeout"
        assert [entry["left"] for entry in fake.log] == [True]


async def test_without_a_login_nothing_is_sent(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with serving() as fake:
        access = Access(environment=surroundings(fake, tmp_path / "home"))
        claude = ClaudeCode(access, program=bundled())
        found = await claude.find()
        with pytest.raises(ModelFailed) as failed:
            await ClaudeCodeLLM(claude).generate(REQUEST)
    assert found.problem is not None
    assert found.problem.code == "claude_code_not_logged_in"
    assert failed.value.code == "llm_unauthorized"
    assert fake.asked() == []


async def test_a_key_that_is_handed_over_is_a_login(tmp_path: Path) -> None:
    with serving() as fake:
        found = await connected(fake, tmp_path / "home").find()
    assert found.usable
    assert (found.path, found.method) == (bundled(), "api_key")


async def test_the_users_login_is_used_though_a_key_stands_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-of-another-program")
    (tmp_path / "home").mkdir()
    with serving({"otherwise": {"json": GOOD}}) as fake:
        login = {"CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-made-up"}
        access = Access(environment={**surroundings(fake, tmp_path / "home"), **login})
        claude = ClaudeCode(access, program=bundled())
        found = await claude.find()
        await ClaudeCodeLLM(claude, MODEL).generate(REQUEST)
    assert (found.usable, found.method) == (True, "oauth_token")
    messages = [entry for entry in fake.log if str(entry["path"]).endswith("/messages")]
    assert [entry["credentials"] for entry in messages] == ["authorization"]
