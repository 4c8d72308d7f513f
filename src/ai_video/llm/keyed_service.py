"""What every model behind a key or an address shares: who it is, what its requests take and may
take, how long a busy one is waited for, and what its failures mean.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ai_video.domain.language_models import ModelFailed, Usage
from ai_video.llm.access import ModelAccess
from ai_video.llm.failures import refused
from ai_video.llm.keyed_failures import failure_of, wanted_pause_s
from ai_video.llm.prices import estimated_tokens, price_of, priced

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelResponse
    from pydantic_ai.usage import RequestUsage

_PAUSES_S: Final = (0.5, 1.5)
"""Before the second and third request, where the service is busy and names no time."""


class KeyedService:
    """See the module. One object serves any number of calls at a time."""

    def __init__(self, access: ModelAccess) -> None:
        """
        Raises:
            InputRefused, NotAvailable: see ModelAccess.check.
        """
        access.check()
        self._access = access
        self.price: Final = access.price or price_of(access.model, url=access.base)

    @property
    def name(self) -> str:
        return self._access.provider

    @property
    def model(self) -> str:
        return self._access.model

    @property
    def who(self) -> dict[str, str]:
        return {"provider": self.name, "model": self.model}

    def failure_of(self, error: Exception, usage: Usage) -> ModelFailed:
        """What an exception of the library means, without the key that a service may repeat."""
        failure = failure_of(error, provider=self.name, model=self.model)
        failure.usage = usage
        if self._access.key and isinstance(reason := failure.fields.get("reason"), str):
            failure.fields["reason"] = reason.replace(self._access.key, "…")
        return failure

    def usage_of(
        self, counted: RequestUsage, said: str, *, whole: bool, estimated_input: Callable[[], int]
    ) -> Usage:
        """One request with its cost; guessed from the texts where the service did not count them."""
        cached = counted.cache_read_tokens + counted.cache_write_tokens
        sent, answered = counted.input_tokens - cached, counted.output_tokens
        if not counted.input_tokens:
            sent = estimated_input()
        if not whole or not answered:
            answered = max(answered, estimated_tokens(said))
        usage = Usage(
            requests=1,
            input_tokens=max(0, sent),
            output_tokens=answered,
            cache_read_tokens=counted.cache_read_tokens,
            cache_write_tokens=counted.cache_write_tokens,
        )
        return priced(usage, self.price)

    def token_limit(
        self,
        longest: int,
        *,
        budget: float | None,
        usage: Usage,
        estimated_input: Callable[[], int],
    ) -> int:
        """Output tokens that the next request may take, after `usage` of the budget in dollars.

        Raises:
            ModelFailed: what is left of the budget pays for no answer (`llm_over_budget`).
        """
        price, spent = self.price, usage.cost
        if budget is None or spent is None or price is None or not price.output:
            return longest
        left = budget - spent - price.of(Usage(input_tokens=estimated_input()))
        affordable = int(left / price.output * 1_000_000)
        if affordable < 1:
            raise _over_budget(budget, usage)
        return min(longest, affordable)

    def check_whole(
        self,
        response: ModelResponse,
        said: str,
        *,
        limit: int,
        longest: int,
        budget: float | None,
        usage: Usage,
    ) -> None:
        """
        Raises:
            ModelFailed: it was declined, or cut off at the limit of tokens or of money.
        """
        if response.finish_reason == "content_filter":
            details = response.provider_details or {}
            reason = str(details.get("refusal") or said)
            failed = refused(reason, provider=self.name, model=self.model)
            failed.usage = usage
            raise failed
        if response.finish_reason == "length":
            if limit < longest:
                raise _over_budget(budget, usage)
            raise ModelFailed("llm_overlong", usage=usage, **self.who, limit=limit)


class Pauses:
    """Before a request is sent again to a service that is busy: twice at most."""

    def __init__(self, until: float) -> None:
        """`until`: the loop's time at which the whole call must have ended."""
        self._until = until
        self._pauses_s = iter(_PAUSES_S)

    async def waited(self, error: Exception) -> bool:
        """True after the pause; False, at once, where another request would help nothing or be late."""
        pause_s = wanted_pause_s(error, otherwise=next(self._pauses_s, None))
        if pause_s is None or asyncio.get_running_loop().time() + pause_s > self._until:
            return False
        await asyncio.sleep(pause_s)
        return True


def _over_budget(budget: float | None, usage: Usage) -> ModelFailed:
    said, spent = round(budget or 0.0, 6), round(usage.cost or 0.0, 6)
    return ModelFailed("llm_over_budget", usage=usage, budget=said, spent=spent)
