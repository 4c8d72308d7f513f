"""The scripted model behaves like one: tries, reasons, limits, partial answers."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import BaseModel, JsonValue

from ai_video.domain.language_models import ModelFailed, ModelRequest
from ai_video.llm.scripted import ScriptedLLM
from ai_video.llm.task_line import task_named_in, with_task


class Numbers(BaseModel):
    numbers: list[int]


REQUEST = ModelRequest(task="count", system="Count.", parts=("to two",), schema=Numbers)


async def test_a_function_answers_from_the_request() -> None:
    llm = ScriptedLLM(lambda asked: Numbers(numbers=[len(asked.parts)]))
    assert (await llm.generate(REQUEST)).data == Numbers(numbers=[1])


async def test_a_second_try_sees_the_reasons() -> None:
    llm = ScriptedLLM([{"numbers": ["x"]}, {"numbers": [1, 2]}])
    assert (await llm.generate(REQUEST)).data.numbers == [1, 2]
    assert "numbers[0]: should be a valid integer" in str(llm.requests[1].parts[-1])


async def test_answers_stream_in_pieces() -> None:
    seen: list[JsonValue] = []
    llm = ScriptedLLM([{"numbers": [1, 2, 3, 4, 5, 6]}], pieces=6)
    await llm.generate(REQUEST, on_partial=seen.append)
    assert {"numbers": [1, 2]} in seen
    assert seen[-1] == {"numbers": [1, 2, 3, 4, 5, 6]}


async def test_a_failure_is_raised_with_what_was_used() -> None:
    llm = ScriptedLLM([ModelFailed("llm_refused", provider="scripted", reason="no")])
    with pytest.raises(ModelFailed) as failed:
        await llm.generate(REQUEST)
    assert failed.value.usage.requests == 1


async def test_more_calls_than_answers_are_a_mistake_of_the_test() -> None:
    llm = ScriptedLLM([])
    with pytest.raises(AssertionError, match="used up"):
        await llm.generate(REQUEST)


async def test_a_caller_that_gives_up_is_not_told_of_a_time_limit() -> None:
    async def answer(_: object) -> JsonValue:
        await asyncio.sleep(30)
        return {}

    call = asyncio.create_task(ScriptedLLM(answer).generate(REQUEST))
    await asyncio.sleep(0.01)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


def test_a_system_text_names_its_task() -> None:
    text = with_task("translate", "Rules.")
    assert text.splitlines() == ['<task name="translate"/>', "Rules."]
    assert task_named_in(f"Something before.\n{text}") == "translate"
    assert task_named_in("Rules.") is None
