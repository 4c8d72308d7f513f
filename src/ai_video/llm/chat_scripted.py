"""A model to talk with for tests: says and calls what it is told, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ai_video.domain.entities import Json
from ai_video.domain.language_models import (
    ChatEvent,
    ChatTurn,
    ModelFailed,
    TextDelta,
    ToolAnswered,
    ToolCalled,
    TurnEnded,
    Usage,
)
from ai_video.llm.chat_answers import called

_ONE: Final = Usage(requests=1, input_tokens=100, output_tokens=20, cost=0.001)


@dataclass(frozen=True, slots=True)
class Call:
    """Calls a tool; `arguments` may be made from the turn and the answers so far."""

    name: str
    arguments: Json | Callable[[list[Json]], Json]


Step = str | Call | ModelFailed | asyncio.Event
"""Text that is said word by word, a call, a failure that is raised, or something waited for."""


class ScriptedChat:
    """One list of steps per turn; turns beyond the last repeat it.

    Attributes:
        turns: every turn that it was given.
        answers: what its calls answered, in order, errors as {"error": …}.
    """

    name = "scripted"
    model = "scripted-1"

    def __init__(
        self, *turns: Sequence[Step], usage: Usage = _ONE, session: str | None = None
    ) -> None:
        self._script = turns
        self._usage = usage
        self._session = session
        self.turns: list[ChatTurn] = []
        self.budgets: list[float | None] = []
        self.answers: list[Json] = []

    async def turn(
        self, turn: ChatTurn, *, budget: float | None = None
    ) -> AsyncGenerator[ChatEvent]:
        """See ChatModel.turn."""
        self.turns.append(turn)
        self.budgets.append(budget)
        tools = {tool.name: tool for tool in turn.tools}
        for step in self._script[min(len(self.turns), len(self._script)) - 1]:
            if isinstance(step, ModelFailed):
                raise step
            if isinstance(step, asyncio.Event):
                await step.wait()
            elif isinstance(step, str):
                for word in step.split(" "):
                    yield TextDelta(word + " ")
            else:
                said = step.arguments
                arguments = said(self.answers) if callable(said) else said
                id = f"call-{len(self.answers) + 1}"
                yield ToolCalled(id, step.name, arguments)
                ok, answer = await called(tools[step.name], arguments)
                self.answers.append(answer)
                yield ToolAnswered(id, step.name, ok, answer)
        yield TurnEnded(self._usage, self.model, self._session)
