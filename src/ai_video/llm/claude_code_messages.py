"""The messages of claude-agent-sdk as events of our own, and what they say a run took.

The library is an extra and has no types here; this is the only file that reads its messages.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

from pydantic import JsonValue

from ai_video.domain.entities import Json
from ai_video.domain.language_models import Usage
from ai_video.llm.claude_code_options import ANSWER_TOOL

_OWN_WORDS: Final = "<synthetic>"
"""The model of messages that Claude Code itself wrote: its errors."""


@dataclass(frozen=True, slots=True)
class RequestBegan:
    """The model begins to answer; what came before of this answer is over."""

    model: str


@dataclass(frozen=True, slots=True)
class TextPiece:
    text: str


@dataclass(frozen=True, slots=True)
class AnswerPiece:
    """A piece of the structured answer's JSON."""

    text: str


@dataclass(frozen=True, slots=True)
class CutOff:
    """The answer reached its limit of tokens; Claude Code would ask for the rest."""


@dataclass(frozen=True, slots=True)
class ToolUsed:
    """`name` as Claude Code has it: `mcp__studio__list_loras`."""

    id: str
    name: str
    arguments: Json


@dataclass(frozen=True, slots=True)
class ToolDone:
    id: str
    ok: bool
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended.

    Attributes:
        subtype: `success`, also where the service refused the call; `error_max_turns` …
        reason: `completed`, `api_error`, `budget_exhausted`, `aborted_streaming` …
        stop: why the model stopped: `end_turn`, `refusal` …
        status: of the service's last refusal.
        complaint: Claude Code's word for it: `authentication_failed`, `rate_limit` …
        said: its last words, or its own about what went wrong.
        total_cost: US dollars of the whole session, resumed turns included.
        resets_at: when a used-up limit of the plan ends, seconds since 1970.
    """

    subtype: str
    is_error: bool
    session: str | None = None
    reason: str | None = None
    stop: str | None = None
    status: int | None = None
    complaint: str | None = None
    said: str = ""
    structured: JsonValue = None
    total_cost: float | None = None
    resets_at: int | None = None


ClaudeEvent = RequestBegan | TextPiece | AnswerPiece | CutOff | ToolUsed | ToolDone | Ended


class MessageReader:
    """Reads the messages of one run.

    Args:
        cost_before: US dollars of the session's earlier turns, which its total holds too.

    Attributes:
        model: that answered last.
        words: what it said last, calls of tools apart.
    """

    def __init__(self, *, cost_before: float = 0.0) -> None:
        self.model: str | None = None
        self.words = ""
        self.ended: Ended | None = None
        self._counted = Usage()
        self._cost_before = cost_before
        self._tools: dict[int, str] = {}
        self._complaint: str | None = None
        self._resets_at: int | None = None

    @property
    def usage(self) -> Usage:
        """What this run took so far; the cost is known at its end."""
        total = self.ended.total_cost if self.ended else None
        if total is None:
            cost = None if self._counted.requests else 0.0
        else:
            # A Claude Code that does not remember a session's cost counts from nothing.
            cost = total - self._cost_before if total >= self._cost_before else total
        counted = self._counted
        return Usage(
            requests=counted.requests,
            input_tokens=counted.input_tokens,
            output_tokens=counted.output_tokens,
            cache_read_tokens=counted.cache_read_tokens,
            cache_write_tokens=counted.cache_write_tokens,
            cost=cost,
        )

    def read(self, message: object) -> Iterator[ClaudeEvent]:
        """The events of a message; none for those that say nothing here."""
        given = cast("Any", message)
        match type(message).__name__:
            case "StreamEvent":
                yield from self._stream(given.event)
            case "AssistantMessage":
                yield from self._said(given)
            case "UserMessage":
                yield from _results(given)
            case "RateLimitEvent":
                self._resets_at = _number(given.rate_limit_info.resets_at)
            case "ResultMessage":
                self.ended = self._end(given)
                yield self.ended
            case _:
                pass

    def _stream(self, event: dict[str, Any]) -> Iterator[ClaudeEvent]:
        match event.get("type"):
            case "message_start":
                begun = event["message"]
                self.model = str(begun["model"])
                self.words = ""
                self._tools.clear()
                self._count(begun.get("usage") or {}, began=True)
                yield RequestBegan(self.model)
            case "content_block_start":
                block = event["content_block"]
                if block.get("type") == "tool_use":
                    self._tools[event["index"]] = str(block["name"])
            case "content_block_delta":
                yield from self._piece(event["index"], event["delta"])
            case "message_delta":
                self._count(event.get("usage") or {}, began=False)
                if event["delta"].get("stop_reason") == "max_tokens":
                    yield CutOff()
            case _:
                pass

    def _piece(self, index: int, delta: dict[str, Any]) -> Iterator[ClaudeEvent]:
        match delta.get("type"):
            case "text_delta":
                text = str(delta["text"])
                self.words += text
                yield TextPiece(text)
            case "input_json_delta" if self._tools.get(index) == ANSWER_TOOL:
                yield AnswerPiece(str(delta["partial_json"]))
            case _:
                pass

    def _count(self, usage: dict[str, Any], *, began: bool) -> None:
        """Input is told when an answer begins, output when it ends."""
        if began:
            self._counted += Usage(
                requests=1,
                input_tokens=_number(usage.get("input_tokens")) or 0,
                cache_read_tokens=_number(usage.get("cache_read_input_tokens")) or 0,
                cache_write_tokens=_number(usage.get("cache_creation_input_tokens")) or 0,
            )
        else:
            self._counted += Usage(output_tokens=_number(usage.get("output_tokens")) or 0)

    def _said(self, message: Any) -> Iterator[ClaudeEvent]:
        self._complaint = message.error or self._complaint
        if message.model == _OWN_WORDS:
            return
        for block in message.content:
            if type(block).__name__ == "ToolUseBlock":
                yield ToolUsed(block.id, block.name, block.input)

    def _end(self, result: Any) -> Ended:
        said = "; ".join(result.errors or []) or result.result or ""
        return Ended(
            subtype=result.subtype,
            is_error=bool(result.is_error),
            session=result.session_id or None,
            reason=result.terminal_reason,
            stop=result.stop_reason,
            status=_number(result.api_error_status),
            complaint=self._complaint if result.is_error else None,
            said=said,
            structured=result.structured_output,
            total_cost=result.total_cost_usd,
            resets_at=self._resets_at,
        )


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _results(message: Any) -> Iterator[ClaudeEvent]:
    if not isinstance(message.content, list):
        return
    for block in cast("list[Any]", message.content):
        if type(block).__name__ == "ToolResultBlock":
            yield ToolDone(block.tool_use_id, not block.is_error, _text(block.content))


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = cast("list[object]", content) if isinstance(content, list) else []
    texts = [cast("dict[str, object]", part) for part in parts if isinstance(part, dict)]
    return "\n".join(str(part["text"]) for part in texts if "text" in part)
