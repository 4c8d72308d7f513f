"""The user's Claude Code as a model that answers in a given form."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel

from ai_video.domain.entities import Json
from ai_video.domain.language_models import (
    ModelFailed,
    ModelRequest,
    OnPartial,
    Picture,
    Reply,
)
from ai_video.llm.asking import Stream, Wrong
from ai_video.llm.claude_code_failures import PROVIDER, broken, failure, timed_out
from ai_video.llm.claude_code_messages import (
    AnswerPiece,
    CutOff,
    Ended,
    MessageReader,
    RequestBegan,
    ToolUsed,
)
from ai_video.llm.claude_code_options import ANSWER_TOOL, Start, harmless
from ai_video.llm.claude_code_session import ClaudeCode, RunBroken, RunTimedOut
from ai_video.llm.schema import AnswerInvalid, answer_schema, read_answer
from ai_video.llm.task_line import with_task

T = TypeVar("T", bound=BaseModel)
NAME: Final = "claude-code"
_MOST_REQUESTS: Final = 4
"""An answer and a second one; Claude Code itself may ask for a form that was forgotten."""
_REASON: Final = 500
_UNREADABLE: Final = "__unparsedToolInput"
"""Where Claude Code puts an input that is no JSON."""


class ClaudeCodeLLM:
    """A `StructuredLLM` on the user's Claude Code and login; each call is a process of its own.

    Args:
        model: as Claude Code names it, `opus`, `claude-sonnet-5` …; None: the user's default.
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

    async def generate(
        self,
        request: ModelRequest[T],
        *,
        budget: float | None = None,
        on_partial: OnPartial | None = None,
    ) -> Reply[T]:
        """See StructuredLLM.generate; the budget is checked by Claude Code after each request.

        Raises:
            NotAvailable: the extra `claude` is not installed.
            InputRefused: `claude_code_missing`, `claude_code_too_old`, `claude_code_unusable`,
                `llm_schema_too_large`.
        """
        start = Start(
            system=with_task(request.task, request.system),
            most_turns=_MOST_REQUESTS,
            model=self._model,
            effort=request.effort,
            schema=answer_schema(request.schema),
            budget=budget,
            longest=request.longest,
        )
        reader = MessageReader()
        checks = _Checks(request.schema)
        try:
            ended = await self._ask(start, request, reader, checks, on_partial)
        except RunTimedOut as exc:
            raise timed_out(
                request.timeout_s, model=self._named(reader), usage=reader.usage
            ) from exc
        except RunBroken as exc:
            raise broken(str(exc), model=self._named(reader), usage=reader.usage) from exc
        except ModelFailed as exc:
            exc.usage = reader.usage
            raise
        return self._reply(ended, request, reader, budget)

    async def _ask(
        self,
        start: Start,
        request: ModelRequest[T],
        reader: MessageReader,
        checks: _Checks[T],
        on_partial: OnPartial | None,
    ) -> Ended:
        content = [_block(part) for part in request.parts]
        events = self._claude.run(
            start, content, reader, timeout_s=request.timeout_s, parts=checks.as_hooks
        )
        stream = Stream(request, PROVIDER, self.model, on_partial)
        async with aclosing(events):
            async for event in events:
                match event:
                    case RequestBegan():
                        stream = Stream(request, PROVIDER, event.model, on_partial)
                    case AnswerPiece():
                        stream.add(event.text)
                    case CutOff():
                        raise ModelFailed("llm_overlong", provider=PROVIDER, limit=request.longest)
                    case ToolUsed(name=name) if name == ANSWER_TOOL:
                        if reasons := checks.count(event.arguments):
                            raise self._invalid(reasons, reader)
                    case Ended():
                        return event
                    case _:
                        pass
        raise RunBroken("")

    def _reply(
        self,
        ended: Ended,
        request: ModelRequest[T],
        reader: MessageReader,
        budget: float | None,
    ) -> Reply[T]:
        if ended.is_error or ended.structured is None:
            raise failure(
                ended, model=self._named(reader), usage=reader.usage,
                longest=request.longest, budget=budget,
            )  # fmt: skip
        try:
            data = read_answer(json.dumps(ended.structured), request.schema)
        except AnswerInvalid as exc:
            raise self._invalid(str(exc), reader) from exc
        return Reply(data, reader.usage, NAME, self._named(reader))

    def _invalid(self, reasons: str, reader: MessageReader) -> ModelFailed:
        return ModelFailed(
            "llm_invalid_answer", usage=reader.usage, provider=PROVIDER,
            model=self._named(reader), reason=reasons[:_REASON],
        )  # fmt: skip

    def _named(self, reader: MessageReader) -> str:
        return reader.model or self.model


class _Checks(Generic[T]):
    """Our own judgement of each answer, before Claude Code's: its reasons name the right field."""

    def __init__(self, schema: type[T]) -> None:
        self._schema = schema
        self._wrong = 0

    def as_hooks(self, library: Any) -> Mapping[str, object]:
        return {"hooks": {"PreToolUse": [library.HookMatcher(hooks=[self._before_tool])]}}

    def count(self, answer: Json) -> str | None:
        """What is wrong with the answer, where it is the second wrong one."""
        wrong = self._judge(answer)
        self._wrong += wrong is not None
        return wrong.reasons if wrong and self._wrong > 1 else None

    def _judge(self, answer: Json) -> Wrong | None:
        text = json.dumps(answer)
        if _UNREADABLE in answer:
            return Wrong(text, "the answer: is not valid JSON")
        try:
            read_answer(text, self._schema)
        except AnswerInvalid as exc:
            return Wrong(text, str(exc))
        return None

    async def _before_tool(self, given: Mapping[str, Any], _id: object, _context: object) -> Json:
        """A hook of the library: refuses other tools, and an answer that is not valid."""
        if given.get("tool_name") != ANSWER_TOOL:
            return _denied("There is no such tool here.")
        wrong = self._judge(given["tool_input"])
        return _denied(wrong.as_words) if wrong else {}


def _denied(reason: str) -> Json:
    return {
        "hookSpecificOutput": {
            "hookEventName": "PreToolUse",
            "permissionDecision": "deny",
            "permissionDecisionReason": reason,
        }
    }


def _block(part: str | Picture) -> Json:
    if isinstance(part, str):
        return {"type": "text", "text": harmless(part)}
    data = base64.b64encode(part.data).decode()
    source: Json = {"type": "base64", "media_type": part.media_type, "data": data}
    return {"type": "image", "source": source}
