"""What holds of every model that answers in a given form, whoever's it is."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from pydantic import JsonValue

from ai_video.domain.language_models import ModelFailed, Picture

from .conftest import GOOD, REQUEST, Board, Subject, within

WRONG_ENUM = {"shots": [{"title": "雨", "mood": "sad"}]}
EMPTY: dict[str, Any] = {"shots": []}


async def failure(
    subject: Subject, answers: list[dict[str, Any]], seconds: float = 20.0
) -> ModelFailed:
    subject.plays(answers)
    with pytest.raises(ModelFailed) as failed:
        await subject.llm.generate(within(seconds))
    return failed.value


async def test_a_valid_answer_comes_as_its_type(subject: Subject) -> None:
    subject.plays([{"json": GOOD}])
    reply = await subject.llm.generate(REQUEST)
    assert reply.data == Board.model_validate(GOOD)
    assert (reply.provider, reply.model) == (subject.llm.name, subject.llm.model)
    assert reply.remembered is False


async def test_the_request_holds_rules_matter_and_the_name_of_the_task(subject: Subject) -> None:
    subject.plays([{"json": GOOD}])
    await subject.llm.generate(REQUEST)
    [text] = subject.texts()
    for said in ("translate", "You plan shots.", "小明站在雨中", "One board, please."):
        assert said in text


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ({"json": WRONG_ENUM}, "shots[0].mood: must be one of 'calm' or 'tense'"),
        ({"json": EMPTY}, "shots: "),
        ({"json": {"shot": []}}, "shots: is missing"),
        ({"raw": "not json"}, "valid JSON"),
    ],
)
async def test_an_invalid_answer_is_asked_again_with_reasons(
    subject: Subject, first: dict[str, Any], reason: str
) -> None:
    subject.plays([first, {"json": GOOD}])
    reply = await subject.llm.generate(REQUEST)
    assert reply.data == Board.model_validate(GOOD)
    assert reply.usage.requests == 2
    before, again = subject.texts()
    assert reason not in before
    assert reason in again
    assert "小明站在雨中" in again


async def test_an_answer_that_is_invalid_twice_is_a_failure(subject: Subject) -> None:
    failed = await failure(subject, [{"json": WRONG_ENUM}, {"json": WRONG_ENUM}])
    assert failed.code == "llm_invalid_answer"
    assert "mood" in failed.message()
    assert failed.usage.requests == 2
    assert failed.usage.output_tokens > 0


async def test_what_a_call_took_is_counted(subject: Subject) -> None:
    usage = {"input_tokens": 1000, "output_tokens": 500}
    subject.plays([{"json": WRONG_ENUM, "usage": usage}, {"json": GOOD, "usage": usage}])
    reply = await subject.llm.generate(REQUEST)
    assert reply.usage.requests == 2
    assert reply.usage.input_tokens > 0
    assert reply.usage.output_tokens > 0
    assert reply.usage.cost is not None
    assert reply.usage.cost > 0


async def test_a_second_try_is_not_made_past_the_budget(subject: Subject) -> None:
    usage = {"input_tokens": 1_000_000, "output_tokens": 10}
    subject.plays([{"json": GOOD, "usage": usage}])
    cost = (await subject.llm.generate(REQUEST)).usage.cost
    assert cost is not None
    subject.plays([{"json": WRONG_ENUM, "usage": usage}, {"json": GOOD, "usage": usage}])
    with pytest.raises(ModelFailed) as failed:
        await subject.llm.generate(REQUEST, budget=cost * 1.5)
    assert failed.value.code == "llm_over_budget"
    assert failed.value.usage.cost == pytest.approx(cost)


async def test_silence_ends_at_the_time_limit(subject: Subject) -> None:
    began = time.monotonic()
    failed = await failure(subject, [{"hang_s": 30}], seconds=0.3)
    assert failed.code == "llm_timeout"
    assert time.monotonic() - began < 5
    assert failed.usage.requests == 1


async def test_the_time_limit_holds_over_both_tries(subject: Subject) -> None:
    failed = await failure(subject, [{"json": WRONG_ENUM}, {"hang_s": 30}], seconds=0.6)
    assert failed.code == "llm_timeout"
    assert failed.usage.requests == 2


async def test_a_refusal_says_what_the_model_said(subject: Subject) -> None:
    failed = await failure(subject, [{"refusal": "I would rather not."}])
    assert failed.code == "llm_refused"
    assert "rather not" in failed.message()


async def test_wrong_credentials_are_not_tried_again(subject: Subject) -> None:
    error = {"status": 401, "type": "authentication_error", "message": "invalid x-api-key"}
    failed = await failure(subject, [{"error": error}])
    assert failed.code == "llm_unauthorized"
    assert len(subject.texts()) == 1


async def test_a_broken_connection_is_a_clear_failure(subject: Subject) -> None:
    failed = await failure(subject, [{"disconnect": "middle"}])
    assert failed.code == "llm_unreachable"
    assert failed.usage.requests == 1


async def test_an_answer_without_end_is_stopped(subject: Subject) -> None:
    subject.plays([{"huge_characters": 2_000_000}])
    with pytest.raises(ModelFailed) as failed:
        await subject.llm.generate(replace(REQUEST, longest=500))
    assert failed.value.code == "llm_overlong"
    assert failed.value.usage.requests == 1


async def test_what_has_come_of_an_answer_grows(subject: Subject) -> None:
    subject.plays([{"json": GOOD, "chunks": 12}])
    seen: list[JsonValue] = []
    reply = await subject.llm.generate(REQUEST, on_partial=seen.append)
    sizes = [len(str(partial)) for partial in seen]
    assert sizes == sorted(sizes)
    assert len(sizes) > 2
    assert seen[-1] == reply.data.model_dump()


async def test_pictures_arrive(subject: Subject) -> None:
    picture = Picture("image/png", b"\x89PNG made up")
    subject.plays([{"json": GOOD}])
    await subject.llm.generate(replace(REQUEST, parts=(picture, "What is wrong here?")))
    assert subject.pictures() == [picture.data]
