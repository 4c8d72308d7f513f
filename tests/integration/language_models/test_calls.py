"""Calls of language models: remembered, held to the caps, and written down with what they took."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.model_doubles import Bench, Double, Word, asking

from ai_video.domain.entities import Episode, Project, Storyboard
from ai_video.domain.language_models import (
    ChatEvent,
    ChatTurn,
    ModelFailed,
    ModelRequest,
    Picture,
    Reply,
    StructuredLLM,
    TextDelta,
    TurnEnded,
    Usage,
)
from ai_video.errors import InputRefused
from ai_video.llm.scripted import ScriptedLLM
from ai_video.storage import costs, model_answers
from ai_video.storage.database import Unit
from ai_video.studio.language.model_calls import BookedLLM

ROOT = Path(__file__).parents[3]
PRICE = 0.001
"""What a try of the scripted model costs."""


async def booked(bench: Bench, llm: StructuredLLM, **more: Any) -> StructuredLLM:
    found = await bench.models(given=llm).structured(project_id=bench.project.id, **more)
    assert found is not None
    return found


async def test_the_same_question_is_paid_for_once(bench: Bench, saying: Any) -> None:
    scripted = saying("yes")
    first = await (await booked(bench, scripted)).generate(asking())
    partial: list[Any] = []
    again = await (await booked(bench, scripted)).generate(asking(), on_partial=partial.append)
    assert (first.data, first.remembered) == (again.data, False)
    assert (again.remembered, again.usage, again.model) == (True, Usage(), "scripted")
    assert partial == [{"word": "yes"}]
    assert len(scripted.requests) == 1
    assert len(await bench.costs()) == 1


async def test_asking_anew_asks_and_the_new_answer_is_the_remembered_one(
    bench: Bench, saying: Any
) -> None:
    scripted = saying("yes", "no")
    await (await booked(bench, scripted)).generate(asking())
    anew = await (await booked(bench, scripted, anew=True)).generate(asking())
    later = await (await booked(bench, scripted)).generate(asking())
    assert [anew.data.word, anew.remembered, later.data.word] == ["no", False, "no"]


async def test_an_answer_with_any_character_is_remembered(bench: Bench, saying: Any) -> None:
    odd = "ab \U0001f600 “x” \u2028"
    llm = await booked(bench, saying(f"{odd}\x00"))
    # A NUL falls away: PostgreSQL keeps none.
    assert [(await llm.generate(asking())).data.word for _ in range(2)] == [odd, odd]


async def test_answers_are_forgotten_by_project_or_altogether(bench: Bench, saying: Any) -> None:
    other = Bench(bench.database)
    await other.add(other.project)
    scripted = saying("1", "2", "3", "4")
    words = [
        (await (await booked(where, scripted)).generate(asking(part))).data.word
        for where, part in ((bench, "a"), (other, "b"))
    ]

    async def forget(project_id: UUID | None) -> int:
        return await bench.database.write(
            lambda unit: model_answers.forget(unit, project_id, but="translate shot")
        )

    assert await forget(bench.project.id) == 1
    llm = await booked(other, scripted)
    words += [(await llm.generate(asking(part))).data.word for part in "ab"]
    assert words == ["1", "2", "3", "2"]
    assert [await forget(None), await forget(None)] == [2, 0]


async def test_a_deleted_project_takes_its_answers_along(bench: Bench, saying: Any) -> None:
    scripted = saying("1", "2")
    await (await booked(bench, scripted)).generate(asking())
    await bench.database.write(lambda unit: unit.remove(Project, bench.project.id))
    llm = await bench.models(given=scripted).structured()
    assert llm is not None
    assert (await llm.generate(asking())).data.word == "2"
    assert [row.project_id for row in await bench.costs()] == [None, None]  # what was spent stays


class Other(Word):
    second: str = ""


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(asking("Say no."), id="words"),
        pytest.param(asking(effort="high"), id="effort"),
        pytest.param(
            ModelRequest(task="greet", system="Be long.", parts=("Say yes.",), schema=Word),
            id="rules",
        ),
        pytest.param(
            ModelRequest(task="judge", system="Be brief.", parts=("Say yes.",), schema=Word),
            id="task",
        ),
        pytest.param(
            ModelRequest(task="greet", system="Be brief.", parts=("Say yes.",), schema=Other),
            id="form",
        ),
        pytest.param(
            ModelRequest(
                task="greet",
                system="Be brief.",
                parts=("Say yes.", Picture("image/png", b"1")),
                schema=Word,
            ),
            id="picture",
        ),
    ],
)
async def test_another_question_is_asked(
    bench: Bench, saying: Any, other: ModelRequest[Word]
) -> None:
    scripted = saying("yes", "no")
    llm = await booked(bench, scripted)
    await llm.generate(asking())
    assert (await llm.generate(other)).data.word == "no"
    assert len(scripted.requests) == 2


async def test_other_pictures_other_models_are_other_questions(bench: Bench, saying: Any) -> None:
    def shown(data: bytes) -> ModelRequest[Word]:
        return ModelRequest(
            task="judge", system="Look.", parts=(Picture("image/png", data),), schema=Word
        )

    scripted = saying("one", "two", "three")
    llm = await booked(bench, scripted)
    words = [(await llm.generate(shown(data))).data.word for data in (b"1", b"2", b"1")]
    assert words == ["one", "two", "one"]
    other = await booked(bench, saying("else", model="larger"))
    assert (await other.generate(shown(b"1"))).data.word == "else"


async def test_two_who_ask_the_same_at_once_pay_once(bench: Bench) -> None:
    asked = asyncio.Event()

    async def slow(request: ModelRequest[Any]) -> Word:
        asked.set()
        await asyncio.sleep(0.05)
        return Word(word="yes")

    scripted = ScriptedLLM(slow)
    models = bench.models(given=scripted)
    llms = [await models.structured(project_id=bench.project.id) for _ in range(3)]
    replies = await asyncio.gather(*(llm.generate(asking()) for llm in llms if llm is not None))
    assert [reply.data.word for reply in replies] == ["yes"] * 3
    assert sorted(reply.remembered for reply in replies) == [False, True, True]
    assert len(scripted.requests) == 1


KILLED = """
import asyncio, os, signal, sys
from tests.model_doubles import Bench, Word, asking
from ai_video.domain.entities import Project
from ai_video.llm.scripted import ScriptedLLM
from ai_video.storage.database import Database

async def main():
    database = Database(sys.argv[1])
    await database.open(migrate=False)
    llm = await Bench(database).models(given=ScriptedLLM([Word(word="yes")])).structured()
    await llm.generate(asking())
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_a_process_killed_after_the_reply_does_not_pay_again(
    bench: Bench, saying: Any
) -> None:
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, str(bench.database.url), cwd=ROOT
    )
    assert await killed.wait() == -signal.SIGKILL
    silent = saying()
    again = await booked(bench, silent)
    reply = await again.generate(asking())
    assert (reply.data.word, reply.remembered) == ("yes", True)
    assert (silent.requests, len(await bench.costs())) == ([], 1)


async def test_each_call_has_its_row_of_cost_and_its_event(bench: Bench, saying: Any) -> None:
    episode = Episode.fresh(project_id=bench.project.id, title="1")
    shot = Storyboard.fresh(episode_id=episode.id)
    await bench.add(episode, shot)
    usage = Usage(1, 100, 20, cache_read_tokens=30, cache_write_tokens=5, cost=PRICE)
    llm = await booked(bench, saying("yes", usage=usage), storyboard_id=shot.id)
    await llm.generate(asking())
    [row] = await bench.costs()
    assert (row.amount, row.currency, row.unit, row.provider) == (PRICE, "USD", "call", "scripted")
    assert (row.project_id, row.storyboard_id, row.attempt_id) == (bench.project.id, shot.id, None)
    assert (row.task, row.input_tokens, row.output_tokens) == ("greet", 135, 20)
    [event] = await bench.events()
    assert event["wall_s"] >= 0
    assert {**event, "wall_s": 0} == {
        "provider": "scripted", "model": "scripted", "task": "greet", "storyboard_id": str(shot.id),
        "requests": 1, "input_tokens": 135, "output_tokens": 20, "cost": PRICE, "wall_s": 0,
        "error": None,
    }  # fmt: skip


async def test_a_failed_call_is_written_down_too_and_not_remembered(
    bench: Bench, saying: Any
) -> None:
    broken = ModelFailed("llm_unreachable", provider="scripted", reason="gone")
    scripted = saying(broken, "yes")
    llm = await booked(bench, scripted)
    with pytest.raises(ModelFailed, match="llm_unreachable"):
        await llm.generate(asking())
    assert [event["error"] for event in await bench.events()] == ["llm_unreachable"]
    assert (await llm.generate(asking())).data.word == "yes"
    assert [row.amount for row in await bench.costs()] == [PRICE, PRICE]


async def test_two_invalid_answers_cost_what_both_tries_took(bench: Bench, saying: Any) -> None:
    llm = await booked(bench, saying({"wrong": 1}, {"wrong": 2}))
    with pytest.raises(ModelFailed, match="llm_invalid_answer"):
        await llm.generate(asking())
    [row] = await bench.costs()
    assert (row.amount, row.input_tokens) == (2 * PRICE, 200)


async def test_an_unknown_price_is_no_price_of_nothing(bench: Bench, saying: Any) -> None:
    usage = Usage(1, 100, 20, cost=None)
    await (await booked(bench, saying("yes", usage=usage))).generate(asking())
    [row] = await bench.costs()
    assert (row.amount, row.input_tokens, row.output_tokens) == (None, 100, 20)

    async def sums(unit: Unit) -> tuple[dict[str, float], int]:
        id = bench.project.id
        return await costs.spent_on_project(unit, id), await costs.count_of_unknown(unit, id)

    assert await bench.database.read(sums) == ({}, 1)


async def test_the_users_own_price_fills_in_an_unknown_one(bench: Bench, saying: Any) -> None:
    await bench.enable("openai", input_price=2.0, output_price=10.0)
    usage = Usage(1, 1_000_000, 100_000, cost=None)
    models = bench.models(providers={"openai": Double(saying("yes", usage=usage))})
    llm = await models.structured()
    assert llm is not None
    assert (await llm.generate(asking())).usage.cost == pytest.approx(3.0)
    assert [row.amount for row in await bench.costs()] == [pytest.approx(3.0)]


async def test_an_interrupted_call_is_written_down_as_one_of_unknown_cost(bench: Bench) -> None:
    started = asyncio.Event()

    async def hang(request: ModelRequest[Any]) -> Word:
        started.set()
        await asyncio.sleep(60)
        return Word(word="late")

    llm = await booked(bench, ScriptedLLM(hang))
    call = asyncio.create_task(llm.generate(asking()))
    await started.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    [row] = await bench.costs()
    [event] = await bench.events()
    assert (row.amount, row.input_tokens, event["error"]) == (None, None, "interrupted")


class Unsent:
    """A model whose program is gone: it is refused before anything is sent."""

    name = model = "unsent"

    async def generate(self, request: ModelRequest[Any], **_: Any) -> Reply[Any]:
        raise InputRefused("claude_code_missing", command="-")


async def test_what_was_never_sent_is_not_written_down(bench: Bench) -> None:
    with pytest.raises(InputRefused):
        await (await booked(bench, Unsent())).generate(asking())
    assert (await bench.costs(), await bench.events()) == ([], [])


async def test_a_project_at_its_cap_sends_nothing(bench: Bench, saying: Any) -> None:
    scripted = saying("one", "two")
    await bench.cap(PRICE)
    llm = await booked(bench, scripted)
    await llm.generate(asking("1"))
    with pytest.raises(InputRefused) as caught:
        await llm.generate(asking("2"))
    assert caught.value.code == "cost_cap_project"
    assert caught.value.fields["spent"] == "0.00 USD"
    assert len(scripted.requests) == 1
    assert (await llm.generate(asking("1"))).remembered  # what was paid for is still given
    await bench.cap(1.0)
    assert (await llm.generate(asking("2"))).data.word == "two"


async def test_a_day_at_its_cap_sends_nothing_for_any_project(bench: Bench, saying: Any) -> None:
    scripted = saying("one")
    models = bench.models(cap_per_day=PRICE, given=scripted)
    mine = await models.structured(project_id=bench.project.id)
    nobodys = await models.structured()
    assert mine is not None
    assert nobodys is not None
    await nobodys.generate(asking("1"))
    with pytest.raises(InputRefused) as caught:
        await mine.generate(asking("2"))
    assert caught.value.code == "cost_cap_day"
    assert len(scripted.requests) == 1


@pytest.mark.parametrize(
    ("project", "day", "asked", "given"),
    [
        (None, None, None, None),
        (0.5, None, None, 0.5),
        (0.5, 0.2, None, 0.2),
        (0.5, 0.2, 0.1, 0.1),
        (0.5, None, 9.0, 0.5),
        (None, None, 0.3, 0.3),
    ],
)
async def test_a_call_may_cost_what_is_left(
    bench: Bench, project: float | None, day: float | None, asked: float | None, given: float | None
) -> None:
    budgets: list[float | None] = []

    class Asked(Unsent):
        async def generate(self, request: Any, *, budget: float | None = None, **_: Any) -> Any:
            budgets.append(budget)
            return Reply(Word(word="yes"), Usage(1, cost=0.0), "asked", "m")

    await bench.cap(project)
    models = bench.models(cap_per_day=day, given=Asked())
    llm = await models.structured(project_id=bench.project.id)
    assert llm is not None
    await llm.generate(asking(), budget=asked)
    assert budgets == [given]


class Talk:
    """Says one word and ends, or fails after it."""

    name = model = "talk"

    def __init__(self, failure: ModelFailed | None = None) -> None:
        self.failure = failure
        self.closed = False
        self.turns = 0

    async def turn(
        self, turn: ChatTurn, *, budget: float | None = None
    ) -> AsyncIterator[ChatEvent]:
        self.turns += 1
        try:
            yield TextDelta("好")
            if self.failure:
                raise self.failure
            yield TurnEnded(Usage(2, 50, 10, cost=0.25), "talk-1")
        finally:
            self.closed = True


TURN = ChatTurn(system="", history=(), text="hello", tools=())


async def test_turns_of_a_talk_are_written_down_and_held_to_the_cap(bench: Bench) -> None:
    talk = Talk()
    await bench.cap(0.25)
    chat = await bench.models(given_chat=talk).chat(project_id=bench.project.id)
    assert chat is not None
    events = [event async for event in chat.turn(TURN)]
    assert [type(event) for event in events] == [TextDelta, TurnEnded]
    [row] = await bench.costs()
    assert (row.amount, row.model, row.task) == (0.25, "talk-1", "chat")
    with pytest.raises(InputRefused, match="cost_cap_project"):
        _ = [event async for event in chat.turn(TURN)]
    assert talk.turns == 1


async def test_a_failed_turn_is_written_down(bench: Bench) -> None:
    failure = ModelFailed("llm_rate_limited", usage=Usage(1, 5, 1, cost=0.1), provider="talk")
    chat = await bench.models(given_chat=Talk(failure)).chat(project_id=bench.project.id)
    assert chat is not None
    with pytest.raises(ModelFailed):
        _ = [event async for event in chat.turn(TURN)]
    assert [row.amount for row in await bench.costs()] == [0.1]


async def test_a_turn_that_is_left_ends_inside_and_is_written_down(bench: Bench) -> None:
    talk = Talk()
    chat = await bench.models(given_chat=talk).chat(project_id=bench.project.id)
    assert chat is not None
    events: Any = chat.turn(TURN)
    assert isinstance(await anext(events), TextDelta)
    await events.aclose()
    assert talk.closed
    assert [event["error"] for event in await bench.events()] == ["interrupted"]


async def test_an_answer_of_another_address_is_not_this_ones(bench: Bench, saying: Any) -> None:
    scripted = saying("here", "there")
    first = await booked(bench, scripted)
    assert (await first.generate(asking())).data.word == "here"
    assert isinstance(first, BookedLLM)
    elsewhere = replace(first, address="https://gateway.example")
    assert (await elsewhere.generate(asking())).data.word == "there"
