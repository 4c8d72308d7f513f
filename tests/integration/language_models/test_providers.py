"""The real providers: what they fill in, what they find missing, and calls through the studio."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.model_doubles import Bench, asking

from ai_video.domain.entities import EnabledModel, LanguageModelName
from ai_video.domain.language_models import ChatTurn, ModelFailed, TurnEnded
from ai_video.errors import InputRefused
from ai_video.llm.fake_api.server import FakeLLM, serving
from ai_video.storage.database import now
from ai_video.studio.language.language_models import LanguageModels
from ai_video.studio.language.model_providers import known_providers
from ai_video.studio.language.model_words import notice_of

KEYS = {"SOME_API_KEY": "sk-made-up", "ANTHROPIC_API_KEY": " "}


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeLLM]:
    with serving() as running:
        yield running


def wished(name: LanguageModelName, **more: Any) -> EnabledModel:
    return EnabledModel.fresh(name=name, accepted_at=now(), **more)


def models(bench: Bench) -> LanguageModels:
    return bench.models(providers=known_providers(offline=True, environment=KEYS))


@pytest.mark.parametrize(
    ("name", "more", "url", "key_env", "model"),
    [
        ("anthropic", {}, "https://api.anthropic.com", "ANTHROPIC_API_KEY", "claude-"),
        ("openai", {}, "https://api.openai.com/v1", "OPENAI_API_KEY", "gpt-"),
        (
            "openai",
            {"url": "https://api.deepseek.com/v1/", "model": "deepseek-chat", "key_env": "D_API_KEY"},
            "https://api.deepseek.com/v1",
            "D_API_KEY",
            "deepseek-chat",
        ),
        ("openai", {"url": "http://localhost:1/v1", "model": "q"}, "http://localhost:1/v1", "", "q"),
        ("claude-code", {}, "", "", ""),
    ],
)  # fmt: skip
def test_what_is_left_open_is_filled_in(
    name: LanguageModelName, more: dict[str, str], url: str, key_env: str, model: str
) -> None:
    provider = known_providers(offline=False, environment={})[name]
    filled = provider.filled(wished(name, **more))
    assert (filled.url, filled.key_env) == (url, key_env)
    assert filled.model.startswith(model)
    if filled.name != "claude-code" and "localhost" not in url:
        assert provider.price(filled) is not None


def test_another_service_needs_a_model_and_an_address_must_be_one() -> None:
    provider = known_providers(offline=False, environment={})["openai"]
    with pytest.raises(InputRefused, match="llm_model_needed"):
        provider.filled(wished("openai", url="https://api.deepseek.com/v1", key_env="D_KEY"))
    with pytest.raises(InputRefused, match="llm_address_invalid"):
        provider.filled(wished("openai", url="deepseek", model="m"))


@pytest.mark.parametrize("name", ["openai", "anthropic", "claude-code"])
def test_no_login_and_no_usual_key_goes_to_another_address(name: LanguageModelName) -> None:
    provider = known_providers(offline=False, environment=KEYS)[name]
    with pytest.raises(InputRefused, match="llm_key_needed"):
        provider.filled(wished(name, url="https://gateway.example/v1", model="m"))
    filled = provider.filled(
        wished(name, url="https://gateway.example/v1", model="m", key_env="GATEWAY_KEY")
    )
    assert filled.key_env == "GATEWAY_KEY"
    assert "https://gateway.example/v1" in notice_of(filled, "en")
    assert "own login" not in notice_of(filled, "en")


async def test_a_blank_variable_holds_no_key() -> None:
    provider = known_providers(offline=False, environment=KEYS)["anthropic"]
    lack = await provider.lack(provider.filled(wished("anthropic")))
    assert lack is not None
    assert (lack.error.code, lack.error.fields["variable"]) == (
        "llm_key_missing",
        "ANTHROPIC_API_KEY",
    )
    assert await provider.lack(wished("anthropic", url="http://x", key_env="SOME_API_KEY")) is None


async def test_without_the_extra_its_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("ai_video.llm.claude_code_detection.library_installed", lambda: False)
    for name, extra in (("openai", "llm"), ("claude-code", "claude")):
        provider = known_providers(offline=False, environment=KEYS)[name]
        lack = await provider.lack(wished("openai", url="http://x", key_env="SOME_API_KEY"))
        assert lack is not None
        assert lack.error.code == "not_available"
        assert lack.command.endswith(f'-m pip install "ai-video[{extra}]"')


@pytest.mark.parametrize("name", ["anthropic", "openai"])
async def test_calls_and_turns_reach_the_service_with_the_key(
    bench: Bench, fake: FakeLLM, name: LanguageModelName
) -> None:
    fake.play({"rules": [{"when": {"task": "greet"}, "answer": {"example": True}}],
               "otherwise": {"text": "你好"}})  # fmt: skip
    fake.forget()
    url = fake.url if name == "anthropic" else fake.openai_url
    await bench.add(wished(name, url=url, model="gpt-4o", key_env="SOME_API_KEY"))
    llm = await models(bench).structured(project_id=bench.project.id)
    assert llm is not None
    reply = await llm.generate(asking())
    assert (reply.provider, reply.model) == (name, "gpt-4o")
    chat = await models(bench).chat(project_id=bench.project.id)
    assert chat is not None
    events = [event async for event in chat.turn(ChatTurn("", (), "hello", ()))]
    assert isinstance(events[-1], TurnEnded)
    assert len(fake.asked()) == 2
    rows = await bench.costs()
    assert [(row.provider, row.task) for row in rows] == [(name, "greet"), (name, "chat")]
    assert all(row.amount and row.input_tokens and row.output_tokens for row in rows)


async def test_a_failure_of_the_service_is_written_down_with_its_code(
    bench: Bench, fake: FakeLLM
) -> None:
    fake.play({"otherwise": {"error": {"status": 401, "message": "no"}}})
    await bench.add(wished("anthropic", url=fake.url, model="m", key_env="SOME_API_KEY"))
    llm = await models(bench).structured()
    assert llm is not None
    with pytest.raises(ModelFailed, match="llm_unauthorized"):
        await llm.generate(asking())
    assert [event["error"] for event in await bench.events()] == ["llm_unauthorized"]


def test_one_claude_code_serves_all_calls_of_one_way_in() -> None:
    provider: Any = known_providers(offline=True, environment=KEYS)["claude-code"]
    mine, keyed = wished("claude-code"), wished("claude-code", key_env="SOME_API_KEY")
    assert provider._claude(mine) is provider._claude(wished("claude-code", model="opus"))
    assert provider._claude(mine) is not provider._claude(keyed)
    assert (provider.structured(mine).model, provider.chat(mine).name) == ("default", "claude-code")
