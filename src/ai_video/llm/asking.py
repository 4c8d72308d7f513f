"""The rules of every call: one repair with reasons, one time limit, one budget, all usage counted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from pydantic import BaseModel

from ai_video.domain.language_models import ModelFailed, ModelRequest, OnPartial, Reply, Usage
from ai_video.llm.schema import AnswerInvalid, partial_answer, read_answer

T = TypeVar("T", bound=BaseModel)
_CHARACTERS_A_TOKEN: Final = 8
_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class Wrong:
    """The answer of the first try and what is wrong with it."""

    text: str
    reasons: str

    @property
    def as_words(self) -> str:
        """What the model is asked at the second try."""
        return (
            "Your answer cannot be used. Give the whole answer again, with these points put "
            f"right and everything else as it was:\n{self.reasons}"
        )


class Tally:
    """What a call took so far, whatever becomes of it."""

    def __init__(self) -> None:
        self.usage = Usage()

    def add(self, usage: Usage) -> None:
        self.usage = self.usage + usage


Send = Callable[[Wrong | None, Tally], Awaitable[str]]
"""One try: gives the answer as JSON text, adds what it took to the tally even when it fails."""


async def answered(
    request: ModelRequest[T],
    send: Send,
    *,
    provider: str,
    model: str,
    budget: float | None,
) -> Reply[T]:
    """The valid answer out of one try, or of a second one with reasons.

    A second try that would probably pass the budget, going by what the first one cost, is not made.

    Raises:
        ModelFailed: as `send` raised it; `llm_timeout`, `llm_invalid_answer`, `llm_over_budget`.
    """
    tally = Tally()
    try:
        async with asyncio.timeout(request.timeout_s):
            text = await send(None, tally)
            try:
                data = read_answer(text, request.schema)
            except AnswerInvalid as error:
                _check_budget(budget, tally.usage)
                text = await send(Wrong(text, str(error)), tally)
                data = read_answer(text, request.schema)
    except TimeoutError as error:
        raise ModelFailed(
            "llm_timeout", usage=tally.usage, provider=provider, model=model,
            limit_s=round(request.timeout_s, 1),
        ) from error  # fmt: skip
    except AnswerInvalid as error:
        raise ModelFailed(
            "llm_invalid_answer", usage=tally.usage, provider=provider, model=model,
            reason=str(error)[:_REASON],
        ) from error  # fmt: skip
    except ModelFailed as failure:
        failure.usage = tally.usage
        raise
    return Reply(data, tally.usage, provider, model)


def _check_budget(budget: float | None, spent: Usage) -> None:
    """Raises ModelFailed where another call like those so far would pass the budget."""
    if budget is None or spent.cost is None:
        return
    again = spent.cost * 2
    if again > budget:
        raise ModelFailed("llm_over_budget", budget=round(budget, 6), spent=round(spent.cost, 6))


class Stream:
    """An answer as it comes: hands on what can be read of it, and stops what grows without end."""

    def __init__(
        self, request: ModelRequest[T], provider: str, model: str, on_partial: OnPartial | None
    ) -> None:
        self._limit = request.longest
        self._provider, self._model = provider, model
        self._on_partial = on_partial
        self._last: object = None
        self._pieces: list[str] = []
        self._length = 0

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def restart(self) -> None:
        """Forget what came: it was words before the answer."""
        self._pieces.clear()

    def add(self, piece: str) -> None:
        """Another piece of the answer's JSON.

        Raises:
            ModelFailed: it is longer than any answer of so many tokens (`llm_overlong`).
        """
        self._pieces.append(piece)
        self._length += len(piece)
        if self._length > self._limit * _CHARACTERS_A_TOKEN:
            raise ModelFailed(
                "llm_overlong", provider=self._provider, model=self._model, limit=self._limit
            )
        if self._on_partial and (found := partial_answer(self.text)) not in (None, self._last):
            self._last = found
            self._on_partial(found)
