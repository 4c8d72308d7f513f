"""Models behind a key as models to talk with, over the wire of both services."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from ai_video.domain.entities import Json
from ai_video.domain.language_models import (
    ChatEvent,
    ChatMessage,
    ChatTool,
    ChatTurn,
    ModelFailed,
    TextDelta,
    ToolAnswered,
    ToolCalled,
    TurnEnded,
)
from ai_video.errors import InputRefused
from ai_video.llm.access import KeyedProvider, ModelAccess
from ai_video.llm.chat_keyed import KeyedChat
from ai_video.llm.chat_keyed_messages import arguments_of
from ai_video.llm.fake_api import FakeLLM
from ai_video.llm.prices import Price

from .conftest import KEY, MODELS

SCHEMA: Json = {"type": "object", "properties": {"city": {"type": "string"}}}


@dataclass
class Weather:
    """A tool that knows one city."""

    asked: list[Json] = field(default_factory=list)

    async def __call__(self, arguments: Json) -> Json:
        self.asked.append(arguments)
        if arguments.get("city") != "成都":
            raise InputRefused("invalid_value", field="city", reason="unknown city")
        return {"weather": "rain"}


@dataclass
class Talk:
    chat: KeyedChat
    fake: FakeLLM
    weather: Weather = field(default_factory=Weather)

    def plays(self, *answers: Json) -> None:
        self.fake.play({"rules": [{"times": 1, "answer": answer} for answer in answers]})
        self.fake.forget()

    def turn(self, text: str = "Rain?", **more: Any) -> ChatTurn:
        tool = ChatTool("weather", "The weather of a city.", SCHEMA, self.weather)
        return ChatTurn(
            system="Be brief.", history=(), text=text, tools=(tool,), **{"timeout_s": 20, **more}
        )

    async def hears(self, turn: ChatTurn | None = None, **more: Any) -> list[ChatEvent]:
        return [event async for event in self.chat.turn(turn or self.turn(), **more)]

    async def fails(self, turn: ChatTurn | None = None, **more: Any) -> ModelFailed:
        with pytest.raises(ModelFailed) as failed:
            await self.hears(turn, **more)
        return failed.value


@pytest.fixture(params=["anthropic", "openai"])
def talk(request: pytest.FixtureRequest, fake_llm: FakeLLM) -> Talk:
    provider: KeyedProvider = request.param
    url = fake_llm.url if provider == "anthropic" else fake_llm.openai_url
    access = ModelAccess(provider, MODELS[provider], key=KEY, url=url, offline=True)
    return Talk(KeyedChat(access), fake_llm)


def words(events: list[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


CALL: Json = {"text": "I look.", "tool": "weather", "input": {"city": "成都"}}


async def test_words_and_calls_come_as_they_are_said(talk: Talk) -> None:
    talk.plays(CALL, {"text": "It rains in 成都.", "chunks": 5})
    events = await talk.hears()
    assert words(events) == "I look.\n\nIt rains in 成都."
    assert len([event for event in events if isinstance(event, TextDelta)]) > 4
    (called,) = [event for event in events if isinstance(event, ToolCalled)]
    (answered,) = [event for event in events if isinstance(event, ToolAnswered)]
    assert (called.name, called.arguments) == ("weather", {"city": "成都"})
    assert (answered.id, answered.ok, answered.answer) == (called.id, True, {"weather": "rain"})
    ended = events[-1]
    assert isinstance(ended, TurnEnded)
    assert ended.usage.requests == 2
    assert ended.usage.output_tokens > 0
    assert ended.usage.cost is not None
    assert ended.usage.cost > 0
    first, second = talk.fake.asked("chat")
    assert "rain" in json.dumps(second)
    assert first["stream"] is True


async def test_what_was_said_before_is_sent_again(talk: Talk) -> None:
    talk.plays({"text": "Yes."})
    history = (ChatMessage("user", "Is it 三月?"), ChatMessage("assistant", "It is 三月."))
    turn = ChatTurn(system="Be brief.", history=history, text="Sure?", tools=(), timeout_s=20)
    assert words(await talk.hears(turn)) == "Yes."
    (body,) = talk.fake.asked("chat")
    messages: Any = body["messages"]
    roles = [message["role"] for message in messages if message["role"] != "system"]
    assert roles == ["user", "assistant", "user"]
    sent = json.dumps(body, ensure_ascii=False)
    assert "Is it 三月?" in sent
    assert "Be brief." in sent


async def test_a_tool_that_refuses_is_told_with_its_hint(talk: Talk) -> None:
    wrong: Json = {"tool": "weather", "input": {"city": "Nowhere"}}
    talk.plays(wrong, {"text": "Sorry."})
    events = await talk.hears()
    (answered,) = [event for event in events if isinstance(event, ToolAnswered)]
    assert answered.ok is False
    assert "unknown city" in json.dumps(talk.fake.asked("chat")[1])
    assert words(events) == "Sorry."


async def test_a_tool_that_is_not_there_is_told_and_nothing_runs(talk: Talk) -> None:
    talk.plays({"tool": "bash", "input": {"command": "id"}}, {"text": "Sorry."})
    events = await talk.hears()
    assert words(events) == "Sorry."
    assert talk.weather.asked == []
    assert "There is no tool bash" in json.dumps(talk.fake.asked("chat")[1])


async def test_calls_are_bounded(talk: Talk) -> None:
    talk.plays(CALL, CALL, CALL, CALL, CALL)
    failed = await talk.fails(talk.turn(most_calls=2))
    assert failed.code == "llm_failed"
    assert len(talk.weather.asked) == 2
    assert failed.usage.requests == 4
    talk.plays(CALL, CALL, {"text": "Enough."})
    assert words(await talk.hears(talk.turn(most_calls=1))).endswith("Enough.")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"error": {"status": 401, "message": f"bad key {KEY}"}}, "llm_unauthorized"),
        ({"error": {"status": 500}}, "llm_failed"),
        ({"error": {"status": 503}}, "llm_unreachable"),
        ({"disconnect": "before"}, "llm_unreachable"),
        ({"disconnect": "middle"}, "llm_unreachable"),
        ({"refusal": "I will not."}, "llm_refused"),
        ({"huge_characters": 200_000}, "llm_overlong"),
    ],
)
async def test_failures_keep_their_code_and_what_was_spent(
    talk: Talk, answer: Json, code: str
) -> None:
    talk.plays(CALL, answer)
    failed = await talk.fails()
    assert failed.code == code
    assert KEY not in str(failed.fields)
    assert failed.usage.requests == 2
    assert failed.usage.output_tokens > 0


async def test_a_busy_service_is_asked_again(talk: Talk) -> None:
    busy: Json = {"error": {"status": 429, "retry_after_s": 0.02}}
    talk.plays(busy, busy, {"text": "Here."})
    assert words(await talk.hears()) == "Here."
    talk.plays(busy, busy, busy, busy)
    assert (await talk.fails()).code == "llm_rate_limited"


async def test_a_service_that_is_busy_for_longer_than_the_turn_is_not_waited_for(
    talk: Talk,
) -> None:
    talk.plays({"error": {"status": 429, "retry_after_s": 3600}})
    failed = await asyncio.wait_for(talk.fails(), 10)
    assert failed.code == "llm_rate_limited"
    assert len(talk.fake.asked()) == 1


async def test_silence_ends_at_the_time_limit(talk: Talk) -> None:
    talk.plays(CALL, {"hang_s": 30})
    failed = await asyncio.wait_for(talk.fails(talk.turn(timeout_s=1.5)), 10)
    assert failed.code == "llm_timeout"
    assert failed.usage.requests == 2


async def test_leaving_ends_the_request(talk: Talk) -> None:
    talk.plays({"text": "word " * 400, "chunks": 400, "pause_s": 0.05})
    events = talk.chat.turn(talk.turn())
    async for event in events:
        assert isinstance(event, TextDelta)
        break
    await events.aclose()
    for _ in range(100):
        if not talk.fake.server.server_state.connections:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the connection is still open")


async def test_no_request_is_sent_that_the_budget_cannot_pay(talk: Talk) -> None:
    talk.plays(CALL, CALL, {"text": "Dear."})
    failed = await talk.fails(budget=1e-9)
    assert failed.code == "llm_over_budget"
    assert talk.fake.asked() == []


async def test_a_budget_stops_a_turn_between_its_requests(talk: Talk) -> None:
    dear = ModelAccess(
        talk.chat.name,  # type: ignore[arg-type]
        talk.chat.model,
        key=KEY,
        url=talk.fake.url if talk.chat.name == "anthropic" else talk.fake.openai_url,
        offline=True,
        price=Price(0, 1_000_000, 0, 0),
    )
    usage: Json = {"output_tokens": 600}
    talk.plays({**CALL, "usage": usage}, {"text": "More."})
    failed = await Talk(KeyedChat(dear), talk.fake, talk.weather).fails(budget=600.5)
    assert failed.code == "llm_over_budget"
    assert len(talk.fake.asked()) == 1
    assert failed.usage.cost == 600


def test_arguments_that_are_no_object_are_none() -> None:
    from pydantic_ai.messages import ToolCallPart

    said = ['{"city": "成都"}', {"city": "成都"}, None, "", "[1]", '"x"', '{"city": ']
    read = [arguments_of(ToolCallPart("weather", args)) for args in said]  # type: ignore[arg-type]
    assert read == [{"city": "成都"}, {"city": "成都"}, {}, {}, None, None, None]
