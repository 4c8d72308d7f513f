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
            # Checked after each request: a second one is made only where another like the first fits.
            budget=None if budget is None else budget / 2,
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
        return self._reply(ended, request, reader, checks, budget)

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
                    case ToolUsed() if checks.is_unreadable_again(event):
                        raise self._invalid(checks.reasons, reader)
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
        checks: _Checks[T],
        budget: float | None,
    ) -> Reply[T]:
        if checks.answer is None and ended.structured is not None and not ended.is_error:
            checks.judge(json.dumps(ended.structured))
        if checks.answer is not None:
            # Also where it passed the budget: it is paid for.
            return Reply(checks.answer, reader.usage, NAME, self._named(reader))
        if checks.reasons and not ended.is_error:
            raise self._invalid(checks.reasons, reader)
        raise failure(
            ended, model=self._named(reader), usage=reader.usage,
            words=reader.words, longest=request.longest, budget=budget,
        )  # fmt: skip

    def _invalid(self, reasons: str, reader: MessageReader) -> ModelFailed:
        return ModelFailed(
            "llm_invalid_answer", usage=reader.usage, provider=PROVIDER,
            model=self._named(reader), reason=reasons[:_REASON],
        )  # fmt: skip

    def _named(self, reader: MessageReader) -> str:
        return reader.model or self.model


class _Checks(Generic[T]):
    """Our own judgement of each answer, before Claude Code's: its reasons name the right field.

    Attributes:
        answer: the valid one.
        reasons: what is wrong with the last one.
    """

    def __init__(self, schema: type[T]) -> None:
        self.answer: T | None = None
        self.reasons = ""
        self._schema = schema
        self._wrong = 0

    def as_hooks(self, library: Any) -> Mapping[str, object]:
        return {"hooks": {"PreToolUse": [library.HookMatcher(hooks=[self._before_tool])]}}

    def judge(self, text: str) -> Wrong | None:
        """What is wrong with an answer; None and it is kept."""
        try:
            self.answer = read_answer(text, self._schema)
        except AnswerInvalid as exc:
            self._wrong += 1
            self.reasons = str(exc)
            return Wrong(text, self.reasons)
        return None

    def is_unreadable_again(self, used: ToolUsed) -> bool:
        """Whether this is the second wrong answer; one that is no JSON comes to no hook."""
        if used.name != ANSWER_TOOL or _UNREADABLE not in used.arguments:
            return False
        self._wrong += 1
        self.reasons = "the answer: is not valid JSON"
        return self._wrong > 1

    async def _before_tool(self, given: Mapping[str, Any], _id: object, _context: object) -> Json:
        """A hook of the library: refuses other tools, and an answer that is not valid."""
        if given.get("tool_name") != ANSWER_TOOL:
            return _denied("There is no such tool here.")
        wrong = self.judge(json.dumps(given["tool_input"]))
        if wrong is None:
            return {}
        refusal = _denied(wrong.as_words)
        # Asked again once, then it is over.
        return refusal if self._wrong == 1 else {**refusal, "continue_": False}


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
