"""The real Claude Code against the fake service: a talk with the studio's tools."""

from __future__ import annotations

import json
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from tests.claude_code import MODEL, connected, forget_surroundings, needs_program

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
from ai_video.errors import NotFound
from ai_video.llm.claude_code_chat import ClaudeCodeChat
from ai_video.llm.fake_api import FakeLLM, serving

pytestmark = needs_program

LOOK = {"tool": "mcp__studio__list_loras", "text": "I look.", "input": {"family": "sd15"}}
FORGOTTEN = "00000000-0000-4000-8000-000000000000@0.5"


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_surroundings(monkeypatch)


class Loras:
    """A tool that remembers its calls; it knows one family."""

    def __init__(self) -> None:
        self.calls: list[Json] = []
        schema: Json = {
            "type": "object",
            "properties": {"family": {"type": "string"}},
            "required": ["family"],
        }
        self.tool = ChatTool("list_loras", "Lists LoRAs.", schema, self._call)

    async def _call(self, arguments: Json) -> Json:
        self.calls.append(arguments)
        if arguments["family"] != "sd15":
            raise NotFound("family", str(arguments["family"]))
        return {"loras": ["rain"]}


async def events(chat: ClaudeCodeChat, turn: ChatTurn) -> list[ChatEvent]:
    return [event async for event in chat.turn(turn)]


async def collect(chat: ClaudeCodeChat, turn: ChatTurn, seen: list[ChatEvent]) -> None:
    async for event in chat.turn(turn):
        seen.append(event)


def said(seen: list[ChatEvent]) -> str:
    return "".join(event.text for event in seen if isinstance(event, TextDelta))


def ended(seen: list[ChatEvent]) -> TurnEnded:
    assert isinstance(seen[-1], TurnEnded)
    return seen[-1]


def told(fake: FakeLLM) -> str:
    """The last request, without what Claude Code says of itself."""
    messages: Any = fake.asked()[-1]["messages"]
    given = [message["content"] for message in messages if message["role"] != "system"]
    return json.dumps(given, ensure_ascii=False)


async def test_a_tool_is_called_its_answer_told_and_the_talk_resumed(tmp_path: Path) -> None:
    loras = Loras()
    rules = [{"when": {"turn": 1}, "answer": LOOK}]
    with serving({"rules": rules, "otherwise": {"text": "There is rain."}}) as fake:
        chat = ClaudeCodeChat(connected(fake, tmp_path / "home"), MODEL)
        first = await events(chat, ChatTurn("Rules one.", (), "哪些 LoRA?", (loras.tool,)))
        paid = ended(first).usage
        again = ChatTurn("Rules two.", (), "谢谢", (loras.tool,), session=ended(first).session)
        second = await events(chat, again)
    kinds = [type(event) for event in first if not isinstance(event, TextDelta)]
    assert kinds == [ToolCalled, ToolAnswered, TurnEnded]
    called = next(event for event in first if isinstance(event, ToolCalled))
    answered = next(event for event in first if isinstance(event, ToolAnswered))
    assert (called.name, called.arguments) == ("list_loras", {"family": "sd15"})
    assert (answered.id, answered.name) == (called.id, "list_loras")
    assert (answered.ok, answered.answer) == (True, {"loras": ["rain"]})
    assert said(first) == "I look.There is rain."
    assert loras.calls == [{"family": "sd15"}]
    assert said(second) == "There is rain."
    assert "哪些 LoRA?" in told(fake)
    assert "Rules two." in json.dumps(fake.asked()[-1]["system"])
    assert "Rules one." not in json.dumps(fake.asked()[-1])
    # Claude Code's totals run through the session; a turn's cost is its own.
    assert paid.requests == 2
    assert ended(second).usage.requests == 1
    assert paid.cost is not None
    later = ended(second).usage.cost
    assert later is not None
    assert 0 < later < paid.cost


async def test_a_turn_that_is_closed_is_interrupted_and_the_talk_goes_on(tmp_path: Path) -> None:
    slow = {"text": "word " * 400, "chunks": 200, "pause_s": 0.1}
    rules = [{"when": {"contains": "more"}, "answer": {"text": "Yes."}}]
    with serving({"rules": rules, "otherwise": {"text": "Hello."}}) as fake:
        chat = ClaudeCodeChat(connected(fake, tmp_path / "home"), MODEL)
        session = ended(await events(chat, ChatTurn("Rules.", (), "Hello", ()))).session
        fake.play({"rules": rules, "otherwise": slow})
        async with aclosing(
            chat.turn(ChatTurn("Rules.", (), "Tell a story", (), session=session))
        ) as turn:
            async for event in turn:
                assert isinstance(event, TextDelta)
                break
        last = await events(chat, ChatTurn("Rules.", (), "more", (), session=session))
    assert said(last) == "Yes."
    assert "Tell a story" in told(fake)
    assert "Request interrupted" in told(fake)
    assert 0 < told(fake).count("word") < 400


async def test_a_forgotten_session_is_told_again_from_its_history(tmp_path: Path) -> None:
    history = (ChatMessage("user", "我叫小明"), ChatMessage("assistant", "你好"))
    with serving({"otherwise": {"text": "小明。"}}) as fake:
        chat = ClaudeCodeChat(connected(fake, tmp_path / "home"), MODEL)
        turn = ChatTurn("Rules.", history, "我叫什么?", (), session=FORGOTTEN)
        seen = await events(chat, turn)
    assert said(seen) == "小明。"
    assert ended(seen).session not in (None, FORGOTTEN)
    assert "我叫小明" in told(fake)
    assert len(fake.asked()) == 1


async def test_long_rules_go_without_a_session(tmp_path: Path) -> None:
    history = (ChatMessage("user", "我叫小明"),)
    with serving({"otherwise": {"text": "小明。"}}) as fake:
        chat = ClaudeCodeChat(connected(fake, tmp_path / "home"), MODEL)
        turn = ChatTurn("规则" * 50_000, history, "?", (), session=FORGOTTEN)
        seen = await events(chat, turn)
    assert ended(seen).session is None
    assert "我叫小明" in told(fake)
    assert "规则" * 50_000 in json.dumps(fake.asked()[-1]["system"], ensure_ascii=False)


async def test_errors_of_tools_are_told_and_their_number_is_limited(tmp_path: Path) -> None:
    loras = Loras()
    wrong = {"tool": "mcp__studio__list_loras", "input": {"family": "no-such"}}
    with serving({"otherwise": wrong}) as fake:
        chat = ClaudeCodeChat(connected(fake, tmp_path / "home"), MODEL)
        seen: list[ChatEvent] = []
        turn = ChatTurn("Rules.", (), "?", (loras.tool,), most_calls=2)
        with pytest.raises(ModelFailed) as failed:
            await collect(chat, turn, seen)
    answers = [event for event in seen if isinstance(event, ToolAnswered)]
    assert not any(answer.ok for answer in answers)
    assert "not_found" in json.dumps(answers[0].answer)
    assert len(loras.calls) == 2
    assert failed.value.code == "llm_failed"
    assert "more than 2 calls" in failed.value.message()
    assert failed.value.usage.requests == len(fake.asked()) == 4


async def test_what_does_not_fit_a_tools_form_never_reaches_it(tmp_path: Path) -> None:
    loras = Loras()
    wrong = {"tool": "mcp__studio__list_loras", "input": {"family": 7}}
    rules = [{"when": {"turn": 1}, "answer": wrong}]
    with serving({"rules": rules, "otherwise": {"text": "Sorry."}}) as fake:
        chat = ClaudeCodeChat(connected(fake, tmp_path / "home"), MODEL)
        seen = await events(chat, ChatTurn("Rules.", (), "?", (loras.tool,)))
    assert loras.calls == []
    assert [event.ok for event in seen if isinstance(event, ToolAnswered)] == [False]


async def test_a_refusal_is_told(tmp_path: Path) -> None:
    with serving({"otherwise": {"refusal": "I would rather not."}}) as fake:
        chat = ClaudeCodeChat(connected(fake, tmp_path / "home"), MODEL)
        with pytest.raises(ModelFailed) as failed:
            await events(chat, ChatTurn("Rules.", (), "?", ()))
    assert failed.value.code == "llm_refused"
    assert "rather not" in failed.value.message()
