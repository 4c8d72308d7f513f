"""The user's Claude Code as a model to talk with.

Each turn is a process of its own that resumes the session. A process kept between turns would save
half a second, and cost 220 MB per open page, an idle timer, and a talk that ends with the studio.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Final

from pydantic import JsonValue

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
from ai_video.llm.chat_answers import called
from ai_video.llm.claude_code import NAME
from ai_video.llm.claude_code_failures import PROVIDER, broken, failure, timed_out
from ai_video.llm.claude_code_messages import MessageReader, TextPiece, ToolDone, ToolUsed
from ai_video.llm.claude_code_options import LONGEST_INLINE, SERVER, Start, harmless
from ai_video.llm.claude_code_session import ClaudeCode, RunBroken, RunTimedOut
from ai_video.llm.task_line import with_task

TASK: Final = "chat"
_PREFIX: Final = f"mcp__{SERVER}__"
_FORGOTTEN: Final = "No conversation found"


class ClaudeCodeChat:
    """A `ChatModel` on the user's Claude Code and login.

    Args:
        model: as Claude Code names it; None: the user's default.
    """

    def __init__(self, claude: ClaudeCode, model: str | None = None) -> None:
        self._claude = claude
        self._model = model

    @property
    def name(self) -> str:
        return NAME

    @property
    def model(self) -> str:
        return self._model or "default"

    async def turn(
        self, turn: ChatTurn, *, budget: float | None = None
    ) -> AsyncGenerator[ChatEvent]:
        """See ChatModel.turn. A session that Claude Code has forgotten is told again from `history`.

        Raises:
            NotAvailable: the extra `claude` is not installed.
            InputRefused: `claude_code_missing`, `claude_code_too_old`, `claude_code_unusable`.
        """
        session = Session.read(turn.session)
        system = with_task(TASK, turn.system)
        kept = len(system.encode()) <= LONGEST_INLINE
        start = Start(
            system=system,
            # The last call may be one too many; then words are still to come.
            most_turns=turn.most_calls + 2,
            model=self._model,
            tools=tuple(tool.name for tool in turn.tools),
            budget=budget,
            resumed=session.id if session and kept else None,
            kept=kept,
        )
        reader = MessageReader(cost_before=session.cost if session and start.resumed else 0.0)
        try:
            try:
                async with aclosing(self._events(turn, start, reader)) as events:
                    async for event in events:
                        yield event
            except RunBroken as exc:
                if start.resumed is None or _FORGOTTEN not in str(exc):
                    raise
                reader = MessageReader()
                again = replace(start, resumed=None)
                async with aclosing(self._events(turn, again, reader)) as events:
                    async for event in events:
                        yield event
        except RunTimedOut as exc:
            raise timed_out(turn.timeout_s, model=self._named(reader), usage=reader.usage) from exc
        except RunBroken as exc:
            raise broken(str(exc), model=self._named(reader), usage=reader.usage) from exc
        yield self._end(start, turn, reader)

    async def _events(
        self, turn: ChatTurn, start: Start, reader: MessageReader
    ) -> AsyncGenerator[ChatEvent]:
        history = turn.history if start.resumed is None else ()
        tools = _Tools(turn.tools, turn.most_calls)
        names: dict[str, str] = {}
        run = self._claude.run(
            start, _content(history, turn.text), reader, timeout_s=turn.timeout_s, parts=tools.serve
        )
        async with aclosing(run) as events:
            async for event in events:
                match event:
                    case TextPiece():
                        yield TextDelta(event.text)
                    case ToolUsed():
                        names[event.id] = event.name.removeprefix(_PREFIX)
                        yield ToolCalled(event.id, names[event.id], event.arguments)
                    case ToolDone():
                        name = names.get(event.id, "")
                        yield ToolAnswered(event.id, name, event.ok, _read(event.text))
                    case _:
                        pass

    def _end(self, start: Start, turn: ChatTurn, reader: MessageReader) -> TurnEnded:
        model, usage, ended = self._named(reader), reader.usage, reader.ended
        if ended is None:
            raise broken("", model=model, usage=usage)
        if ended.subtype == "error_max_turns":
            raise ModelFailed(
                "llm_failed", usage=usage, provider=PROVIDER, model=model,
                reason=f"more than {turn.most_calls} calls of tools in one turn",
            )  # fmt: skip
        if ended.is_error:
            raise failure(
                ended, model=model, usage=usage,
                words=reader.words, longest=None, budget=start.budget,
            )  # fmt: skip
        session = Session(ended.session, ended.total_cost or 0.0) if ended.session else None
        return TurnEnded(usage, model, str(session) if session and start.kept else None)

    def _named(self, reader: MessageReader) -> str:
        return reader.model or self.model


@dataclass(frozen=True, slots=True)
class Session:
    """Claude Code's session and what it had cost by the end of the last turn, in US dollars.

    Its totals run through all turns of a session, so what a turn cost is a difference.
    """

    id: str
    cost: float

    def __str__(self) -> str:
        return f"{self.id}@{self.cost!r}"

    @classmethod
    def read(cls, text: str | None) -> Session | None:
        """The session that `str` wrote; None where there is none, or somebody else's."""
        id_, at, cost = (text or "").rpartition("@")
        try:
            return cls(id_, float(cost)) if at and id_ else None
        except ValueError:
            return None


class _Tools:
    """The studio's tools inside this process, and how often they may be called in a turn."""

    def __init__(self, tools: Sequence[ChatTool], most_calls: int) -> None:
        self._tools = tools
        self._left = most_calls

    def serve(self, library: Any) -> Mapping[str, object]:
        made = [
            library.SdkMcpTool(
                tool.name,
                tool.description,
                # Without `properties` the library takes it for something else than a schema.
                {"type": "object", "properties": {}, **tool.schema},
                self._handler(tool),
            )
            for tool in self._tools
        ]
        return {"mcp_servers": {SERVER: library.create_sdk_mcp_server(SERVER, tools=made)}}

    def _handler(self, tool: ChatTool) -> Callable[[Json], Awaitable[Json]]:
        async def handle(arguments: Json) -> Json:
            if self._left <= 0:
                return _result("No more calls in this turn; answer with what you know.", ok=False)
            self._left -= 1
            ok, answer = await called(tool, arguments)
            return _result(json.dumps(answer, ensure_ascii=False), ok=ok)

        return handle


def _result(text: str, *, ok: bool) -> Json:
    return {"content": [{"type": "text", "text": text}], "is_error": not ok}


def _content(history: Sequence[ChatMessage], text: str) -> list[Json]:
    blocks: list[Json] = []
    if history:
        said = [{"role": message.role, "text": message.text} for message in history]
        told = f"The conversation so far, as JSON:\n{json.dumps(said, ensure_ascii=False)}"
        blocks.append({"type": "text", "text": harmless(told)})
    blocks.append({"type": "text", "text": harmless(text)})
    return blocks


def _read(text: str) -> JsonValue:
    try:
        return json.loads(text)
    except ValueError:
        return text
