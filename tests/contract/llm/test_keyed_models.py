"""What goes over the wire of a keyed model: retries, limits, keys, addresses, what is asked for."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from dataclasses import replace
from typing import Any

import pytest

from ai_video.domain.language_models import ModelFailed
from ai_video.errors import InputRefused, NotAvailable
from ai_video.llm import access as access_module
from ai_video.llm.access import ModelAccess
from ai_video.llm.fake_api import FakeLLM
from ai_video.llm.keyed import KeyedLLM
from ai_video.llm.prices import Price

from .conftest import GOOD, KEY, REQUEST, Board, Keyed

BUSY = {"status": 429, "type": "rate_limit_error", "message": "slow down", "retry_after_s": 0.02}


async def code_of(keyed: Keyed, answers: list[dict[str, Any]], **more: Any) -> ModelFailed:
    keyed.plays(answers)
    with pytest.raises(ModelFailed) as failed:
        await keyed.llm.generate(REQUEST, **more)
    return failed.value


@pytest.mark.parametrize("status", [429, 529])
async def test_a_busy_service_is_asked_again(keyed: Keyed, status: int) -> None:
    busy = {"error": {**BUSY, "status": status, "type": "overloaded_error"}}
    keyed.plays([busy, busy, {"json": GOOD}])
    reply = await keyed.llm.generate(REQUEST)
    assert reply.data == Board.model_validate(GOOD)
    assert reply.usage.requests == 3


async def test_a_service_that_stays_busy_is_asked_three_times(keyed: Keyed) -> None:
    failed = await code_of(keyed, [{"error": BUSY}] * 9)
    assert failed.code == "llm_rate_limited"
    assert "slow down" in failed.message()
    assert failed.usage.requests == 3


async def test_a_pause_past_the_time_limit_is_not_waited_for(keyed: Keyed) -> None:
    failed = await code_of(keyed, [{"error": {**BUSY, "retry_after_s": 3600}}] * 2)
    assert failed.code == "llm_rate_limited"
    assert failed.usage.requests == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "llm_failed"), (402, "llm_failed"), (403, "llm_unauthorized"), (404, "llm_failed"),
     (500, "llm_failed"), (503, "llm_unreachable")],
)  # fmt: skip
async def test_other_errors_are_told_at_once(keyed: Keyed, status: int, code: str) -> None:
    error = {"status": status, "message": "model: no such thing"}
    failed = await code_of(keyed, [{"error": error}])
    assert failed.code == code
    assert "no such thing" in failed.message()
    assert failed.usage.requests == 1


async def test_a_key_stays_out_of_errors_and_logs(
    keyed: Keyed, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        error = {"status": 401, "message": f"Incorrect API key provided: {KEY}"}
        failed = await code_of(keyed, [{"error": error}])
    assert "Incorrect API key" in failed.message()
    assert KEY not in failed.message()
    assert KEY not in str(failed.fields)
    assert KEY not in caplog.text
    assert KEY not in repr(ModelAccess("openai", "m", key=KEY))


async def test_an_answer_in_words_is_read_too(keyed: Keyed) -> None:
    text = json.dumps(GOOD, ensure_ascii=False)
    keyed.plays([{"text": f"```json\n{text}\n```"}])
    assert (await keyed.llm.generate(REQUEST)).data == Board.model_validate(GOOD)


async def test_words_without_an_answer_are_asked_again(keyed: Keyed) -> None:
    keyed.plays([{"text": "Here you are."}, {"json": GOOD}])
    assert (await keyed.llm.generate(REQUEST)).data == Board.model_validate(GOOD)


async def test_words_before_the_call_are_no_part_of_the_answer(keyed: Keyed) -> None:
    keyed.plays([{"text": "Here you are.", "tool": "final_result", "input": GOOD}])
    assert (await keyed.llm.generate(REQUEST)).data == Board.model_validate(GOOD)


async def test_a_budget_limits_the_tokens_that_are_asked_for(
    keyed: Keyed, fake_llm: FakeLLM
) -> None:
    assert keyed.llm.price
    budget = keyed.llm.price.output * 1000 / 1_000_000
    keyed.plays([{"huge_characters": 100_000}])
    with pytest.raises(ModelFailed) as failed:
        await keyed.llm.generate(REQUEST, budget=budget)
    assert failed.value.code == "llm_over_budget"
    body = fake_llm.asked()[0]
    limit = body.get("max_tokens") or body.get("max_completion_tokens")  # type: ignore[union-attr]
    assert isinstance(limit, int)
    assert 0 < limit < 1000
    assert failed.value.usage.cost is not None
    assert failed.value.usage.cost <= budget * 1.1


async def test_a_request_that_its_input_makes_too_dear_is_not_sent(keyed: Keyed) -> None:
    failed = await code_of(keyed, [{"json": GOOD}], budget=1e-9)
    assert failed.code == "llm_over_budget"
    assert keyed.texts() == []
    assert failed.usage.requests == 0


async def test_a_connection_that_is_cut_is_paid_for_by_guess(keyed: Keyed) -> None:
    keyed.plays([{"disconnect": "middle"}])
    with pytest.raises(ModelFailed) as failed:
        await keyed.llm.generate(REQUEST)
    assert failed.value.usage.input_tokens > 0
    assert failed.value.usage.cost


async def test_anthropic_caches_the_rules(fake_llm: FakeLLM) -> None:
    keyed = Keyed("anthropic", fake_llm)
    keyed.plays([{"json": GOOD}, {"json": GOOD}])
    request = replace(REQUEST, system="Rules. " * 1000)
    first = await keyed.llm.generate(request)
    second = await keyed.llm.generate(replace(request, parts=("Another matter.",)))
    assert first.usage.cache_write_tokens == second.usage.cache_read_tokens > 1000
    assert second.usage.input_tokens < 200
    assert (second.usage.cost or 0) < (first.usage.cost or 0) / 5


@pytest.mark.parametrize(
    ("provider", "model", "effort", "said"),
    [
        ("anthropic", "claude-sonnet-5", "low", {"thinking": {"type": "disabled"}}),
        ("anthropic", "claude-sonnet-5-5", "low", {"output_config": {"effort": "low"}}),
        ("anthropic", "claude-opus-5-5", "high", {"output_config": {"effort": "high"}}),
        ("anthropic", "claude-haiku-4-5", "high", {}),
        ("openai", "gpt-5.2", "low", {"reasoning_effort": "none"}),
        ("openai", "gpt-5.2", "high", {"reasoning_effort": "high"}),
        ("openai", "qwen3:8b", "high", {}),
    ],
)
async def test_effort_is_told_to_models_that_know_it(
    fake_llm: FakeLLM, provider: Any, model: str, effort: Any, said: dict[str, Any]
) -> None:
    fake_llm.play({"otherwise": {"json": GOOD}})
    fake_llm.forget()
    url = fake_llm.url if provider == "anthropic" else fake_llm.openai_url
    llm = KeyedLLM(ModelAccess(provider, model, key=KEY, url=url))
    await llm.generate(replace(REQUEST, effort=effort))
    [body] = fake_llm.asked()
    assert body | said == body
    if not said:
        assert not {"thinking", "reasoning_effort", "output_config"} & set(body)


async def test_a_local_endpoint_needs_no_key_and_costs_nothing(fake_llm: FakeLLM) -> None:
    fake_llm.play({"otherwise": {"json": GOOD}})
    fake_llm.forget()
    llm = KeyedLLM(ModelAccess("openai", "qwen3:8b", url=fake_llm.openai_url, offline=True))
    reply = await llm.generate(REQUEST, budget=0.000001)
    assert reply.usage.cost == 0.0
    [body] = fake_llm.asked()
    assert body["max_tokens"] == REQUEST.longest
    assert body["tool_choice"] == "required"


async def test_a_price_that_the_user_names_counts(fake_llm: FakeLLM) -> None:
    usage = {"input_tokens": 1_000_000, "output_tokens": 1_000_000}
    fake_llm.play({"otherwise": {"json": GOOD, "usage": usage}})
    access = ModelAccess("openai", "mine", url=fake_llm.openai_url, price=Price(3, 4, 0, 0))
    assert (await KeyedLLM(access).generate(REQUEST)).usage.cost == pytest.approx(7)


async def test_nobody_listening_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    llm = KeyedLLM(ModelAccess("openai", "m", url=f"http://127.0.0.1:{port}/v1"))
    with pytest.raises(ModelFailed) as failed:
        await llm.generate(REQUEST)
    assert failed.value.code == "llm_unreachable"


STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>", "llm_failed"),
        (b"HTTP/1.1 302 Found\r\nlocation: http://example.com/\r\ncontent-length: 0\r\n\r\n", "llm_failed"),
        (STREAM, "llm_failed"),
        (STREAM + b"event: message_start\ndata: {no\n\n", "llm_failed"),
        (STREAM + b'event: message_start\ndata: []\n\ndata: {"choices": [{}]}\n\n', "llm_failed"),
        (b"SSH-2.0-OpenSSH\r\n", "llm_unreachable"),
    ],
)  # fmt: skip
async def test_an_address_of_something_else_is_a_clear_failure(
    provider: Any, sent: bytes, code: str
) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10_000)
        writer.write(sent)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        access = ModelAccess(provider, "claude-haiku-4-5", key=KEY, url=f"http://127.0.0.1:{port}")
        with pytest.raises(ModelFailed) as failed:
            await KeyedLLM(access).generate(REQUEST)
    assert failed.value.code == code
    assert failed.value.usage.requests == 1


async def test_what_the_caller_does_with_a_partial_answer_is_its_own_failure(keyed: Keyed) -> None:
    def break_down(_: object) -> None:
        raise LookupError("of the caller")

    keyed.plays([{"json": GOOD}])
    with pytest.raises(LookupError, match="of the caller"):
        await keyed.llm.generate(REQUEST, on_partial=break_down)


@pytest.mark.parametrize(
    ("access", "code"),
    [
        (ModelAccess("anthropic", "claude", key=KEY, offline=True), "llm_address_outside"),
        (ModelAccess("openai", "m", url="nowhere"), "llm_address_invalid"),
        (ModelAccess("anthropic", "claude"), "invalid_value"),
        (ModelAccess("openai", "gpt-5.2"), "invalid_value"),
        (ModelAccess("openai", " ", url="http://127.0.0.1:1/v1"), "invalid_value"),
    ],
)
def test_what_cannot_work_is_refused_before_any_request(access: ModelAccess, code: str) -> None:
    with pytest.raises(InputRefused) as refused:
        KeyedLLM(access)
    assert refused.value.code == code


def test_a_missing_extra_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_module, "find_spec", lambda name: None)
    with pytest.raises(NotAvailable) as missing:
        KeyedLLM(ModelAccess("openai", "m", url="http://127.0.0.1:1/v1"))
    assert "ai-video[llm]" in missing.value.hint() + missing.value.message()
