"""Language models as the studio sees them: one call, one typed answer; and talk with tools.

Adapters in `llm` implement the protocols; writers, translators and judges are given one and never
know whose it is. What a call cost is told on its reply and on its failure alike.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel, JsonValue

from ai_video.domain.entities import Json
from ai_video.errors import FieldValue, ServiceFailed

T = TypeVar("T", bound=BaseModel)
Effort = Literal["low", "medium", "high"]
OnPartial = Callable[[JsonValue], None]
"""Given the answer as far as it has come; never valid yet, only growing."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a model is shown."""

    media_type: Literal["image/png", "image/jpeg", "image/webp"]
    data: bytes


@dataclass(frozen=True, slots=True)
class Usage:
    """What calls took. `cost` in US dollars; None where the price is not known."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost: float | None = 0.0

    def __add__(self, other: Usage) -> Usage:
        known = self.cost is not None and other.cost is not None
        return Usage(
            requests=self.requests + other.requests,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            cost=(self.cost or 0.0) + (other.cost or 0.0) if known else None,
        )


@dataclass(frozen=True, slots=True)
class ModelRequest(Generic[T]):
    """One thing asked of a model.

    Attributes:
        task: what it is for (`translate`, `storyboards`, `judge` …); names it in logs and costs.
        system: the rules; the same bytes for every call of a task, so that providers can cache it.
        parts: the matter, texts and pictures; texts of others stand in it as JSON.
        schema: what the answer must be.
        timeout_s: for the whole call, tries at a valid answer included.
        longest: output tokens at most.
    """

    task: str
    system: str
    parts: tuple[str | Picture, ...]
    schema: type[T]
    effort: Effort = "low"
    timeout_s: float = 180.0
    longest: int = 16_000


@dataclass(frozen=True, slots=True)
class Reply(Generic[T]):
    """A valid answer. `remembered`: it was paid for by an earlier call; its usage is zero."""

    data: T
    usage: Usage
    provider: str
    model: str
    remembered: bool = False


class ModelFailed(ServiceFailed):
    """A model gave no usable answer; `usage` is what the tries took.

    Codes: `llm_unauthorized`, `llm_rate_limited`, `llm_unreachable`, `llm_timeout`, `llm_refused`,
    `llm_invalid_answer`, `llm_overlong`, `llm_over_budget`, `llm_failed`.
    """

    def __init__(self, code: str, /, *, usage: Usage | None = None, **fields: FieldValue) -> None:
        super().__init__(code, **fields)
        self.usage = usage or Usage()


class StructuredLLM(Protocol):
    """A model that answers in a given form."""

    @property
    def name(self) -> str:
        """Whose it is: claude-code, anthropic, openai, scripted."""
        ...

    @property
    def model(self) -> str: ...

    async def generate(
        self,
        request: ModelRequest[T],
        *,
        budget: float | None = None,
        on_partial: OnPartial | None = None,
    ) -> Reply[T]:
        """The answer, valid for `request.schema`; an invalid one is asked again once, with reasons.

        Args:
            budget: US dollars this call may cost.

        Raises:
            ModelFailed: see there.
        """
        ...


@dataclass(frozen=True, slots=True)
class ChatTool:
    """Something a model may call while it talks; `call` raises AiVideoError, told to the model."""

    name: str
    description: str
    schema: Json
    call: Callable[[Json], Awaitable[Json]]


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """What was said before."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class ToolCalled:
    id: str
    name: str
    arguments: Json


@dataclass(frozen=True, slots=True)
class ToolAnswered:
    id: str
    name: str
    ok: bool
    answer: JsonValue


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The last event of every turn that did not fail. `session`: handed in again at the next turn."""

    usage: Usage
    model: str
    session: str | None = None


ChatEvent = TextDelta | ToolCalled | ToolAnswered | TurnEnded


@dataclass(frozen=True, slots=True)
class ChatTurn:
    """One turn of a talk: what was said, what is said now, what may be called."""

    system: str
    history: Sequence[ChatMessage]
    text: str
    tools: Sequence[ChatTool]
    session: str | None = None
    timeout_s: float = 300.0
    most_calls: int = 20


class ChatModel(Protocol):
    """A model to talk with; closing the iterator interrupts the turn."""

    @property
    def name(self) -> str: ...

    @property
    def model(self) -> str: ...

    def turn(self, turn: ChatTurn, *, budget: float | None = None) -> AsyncIterator[ChatEvent]:
        """Events as they come, TurnEnded last.

        Raises:
            ModelFailed: while iterating.
        """
        ...
