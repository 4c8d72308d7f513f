"""A model behind an Anthropic key or any OpenAI-compatible endpoint, through pydantic-ai.

The answer is asked for as the call of one tool whose input is the schema: every endpoint knows tools,
few know more. Text in its place is read too. Nothing is sent but the requests themselves: no
instrumentation, no telemetry, no look-up of prices.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel

from ai_video.domain.entities import Json
from ai_video.domain.language_models import (
    ModelFailed,
    ModelRequest,
    OnPartial,
    Reply,
    Usage,
)
from ai_video.llm.access import ModelAccess, open_model
from ai_video.llm.asking import Stream, Tally, Wrong, answered
from ai_video.llm.failures import refused
from ai_video.llm.keyed_failures import failure_of, unreadable_answers, wanted_pause_s
from ai_video.llm.keyed_messages import first_message, parameters, read, repair_message, settings
from ai_video.llm.prices import estimated_input, estimated_tokens, price_of, priced
from ai_video.llm.schema import answer_schema

if TYPE_CHECKING:
    from pydantic_ai import messages
    from pydantic_ai.models import Model
    from pydantic_ai.usage import RequestUsage

T = TypeVar("T", bound=BaseModel)
_PAUSES_S: Final = (0.5, 1.5)
"""Before the second and third request, where the service is busy and names no time."""


class KeyedLLM:
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

    async def generate(
        self,
        request: ModelRequest[T],
        *,
        budget: float | None = None,
        on_partial: OnPartial | None = None,
    ) -> Reply[T]:
        """See StructuredLLM.generate.

        A known price turns the budget into a limit of output tokens, so that no request passes it
        by much; one whose input alone would is not sent.

        Raises:
            InputRefused: the schema is too large (`llm_schema_too_large`).
            ModelFailed: see there.
        """
        schema = answer_schema(request.schema)
        async with open_model(self._access, timeout_s=request.timeout_s) as model:
            until = asyncio.get_running_loop().time() + request.timeout_s
            call = _Call(self, model, request, schema, budget, on_partial, until)
            return await answered(
                request, call.send, provider=self.name, model=self.model, budget=budget
            )

    def failure_of(self, error: Exception) -> ModelFailed:
        """What an exception of the library means, without the key that a service may repeat."""
        failure = failure_of(error, provider=self.name, model=self.model)
        if self._access.key and isinstance(reason := failure.fields.get("reason"), str):
            failure.fields["reason"] = reason.replace(self._access.key, "…")
        return failure


@dataclass(slots=True)
class _Call:
    """One call of `generate`: a try, perhaps a second one, each with its retries."""

    llm: KeyedLLM
    model: Model
    request: ModelRequest[Any]
    schema: Json
    budget: float | None
    on_partial: OnPartial | None
    until: float
    history: tuple[messages.ModelMessage, ...] = ()

    async def send(self, wrong: Wrong | None, tally: Tally) -> str:
        """One try; a service that is busy is asked up to twice more while there is time.

        Raises:
            ModelFailed: no answer came.
        """
        from pydantic_ai.exceptions import AgentRunError, UserError

        if wrong:
            self.history = (*self.history, repair_message(self.history[-1], wrong))
        else:
            self.history = (first_message(self.request),)
        limit = self._token_limit(tally)
        pauses_s = iter(_PAUSES_S)
        while True:
            stream = Stream(self.request, self.llm.name, self.llm.model, self.on_partial)
            try:
                response = await self._once(limit, stream, tally)
            except (AgentRunError, UserError) as error:
                pause_s = wanted_pause_s(error, otherwise=next(pauses_s, None))
                late = pause_s is None or asyncio.get_running_loop().time() + pause_s > self.until
                if pause_s is None or late or stream.text:
                    raise self.llm.failure_of(error) from error
                await asyncio.sleep(pause_s)
            else:
                self.history = (*self.history, response)
                return self._checked(response, stream, limit)

    async def _once(self, limit: int, stream: Stream, tally: Tally) -> messages.ModelResponse:
        """One request, read to its end into the stream; what it took is in the tally however it ends."""
        from pydantic_ai.direct import model_request_stream

        opened = model_request_stream(
            self.model, self.history, model_settings=settings(self.request, self.model, limit=limit),
            model_request_parameters=parameters(self.schema), instrument=False,
        )  # fmt: skip
        usage = Usage(requests=1)
        try:
            async with AsyncExitStack() as stack:
                with unreadable_answers():
                    response = await stack.enter_async_context(opened)
                try:
                    await read(response, stream)
                finally:
                    whole = response.get().finish_reason is not None
                    usage = self._usage(response.usage, stream, whole=whole)
                return response.get()
        finally:
            tally.add(usage)

    def _usage(self, counted: RequestUsage, stream: Stream, *, whole: bool) -> Usage:
        """One request with its cost; guessed from the texts where the service did not count them."""
        cached = counted.cache_read_tokens + counted.cache_write_tokens
        sent, said = counted.input_tokens - cached, counted.output_tokens
        if not counted.input_tokens:
            sent = self._estimated_input()
        if not whole or not said:
            said = max(said, estimated_tokens(stream.text))
        usage = Usage(
            requests=1,
            input_tokens=max(0, sent),
            output_tokens=said,
            cache_read_tokens=counted.cache_read_tokens,
            cache_write_tokens=counted.cache_write_tokens,
        )
        return priced(usage, self.llm.price)

    def _estimated_input(self) -> int:
        parts = self.request.parts
        texts = [part for part in parts if isinstance(part, str)]
        schema = json.dumps(self.schema, ensure_ascii=False)
        pictures = len(parts) - len(texts)
        return estimated_input([self.request.system, schema, *texts], pictures=pictures)

    def _token_limit(self, tally: Tally) -> int:
        """Output tokens that a try may take.

        Raises:
            ModelFailed: what is left of the budget pays for no answer (`llm_over_budget`).
        """
        price, spent = self.llm.price, tally.usage.cost
        if self.budget is None or spent is None or price is None or not price.output:
            return self.request.longest
        left = self.budget - spent - price.of(Usage(input_tokens=self._estimated_input()))
        affordable = int(left / price.output * 1_000_000)
        if affordable < 1:
            raise self._over_budget(spent)
        return min(self.request.longest, affordable)

    def _over_budget(self, spent: float | None) -> ModelFailed:
        budget = round(self.budget or 0.0, 6)
        return ModelFailed("llm_over_budget", budget=budget, spent=round(spent or 0.0, 6))

    def _checked(self, response: messages.ModelResponse, stream: Stream, limit: int) -> str:
        """The answer's JSON.

        Raises:
            ModelFailed: it was declined, or cut off at the limit of tokens.
        """
        provider, model = self.llm.name, self.llm.model
        if response.finish_reason == "content_filter":
            details = response.provider_details or {}
            said = str(details.get("refusal") or stream.text)
            raise refused(said, provider=provider, model=model)
        if response.finish_reason == "length":
            if limit < self.request.longest:
                raise self._over_budget(self.budget)
            raise ModelFailed("llm_overlong", provider=provider, model=model, limit=limit)
        return stream.text
