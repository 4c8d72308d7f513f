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
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from ai_video.domain.entities import Json
from ai_video.domain.language_models import (
    ModelRequest,
    OnPartial,
    Reply,
    Usage,
)
from ai_video.llm.access import open_model
from ai_video.llm.asking import Stream, Tally, Wrong, answered
from ai_video.llm.keyed_failures import unreadable_answers
from ai_video.llm.keyed_messages import first_message, parameters, read, repair_message, settings
from ai_video.llm.keyed_service import KeyedService, Pauses
from ai_video.llm.prices import estimated_input
from ai_video.llm.schema import answer_schema

if TYPE_CHECKING:
    from pydantic_ai import messages
    from pydantic_ai.models import Model

T = TypeVar("T", bound=BaseModel)


class KeyedLLM(KeyedService):
    """See the module. One object serves any number of calls at a time."""

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
        limit = self.llm.token_limit(
            self.request.longest,
            budget=self.budget,
            usage=tally.usage,
            estimated_input=self._estimated_input,
        )
        pauses = Pauses(self.until)
        while True:
            stream = Stream(self.request, self.llm.name, self.llm.model, self.on_partial)
            try:
                response = await self._once(limit, stream, tally)
            except (AgentRunError, UserError) as error:
                if stream.text or not await pauses.waited(error):
                    raise self.llm.failure_of(error, tally.usage) from error
            else:
                self.history = (*self.history, response)
                self.llm.check_whole(
                    response,
                    stream.text,
                    limit=limit,
                    longest=self.request.longest,
                    budget=self.budget,
                    usage=tally.usage,
                )
                return stream.text

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
                    usage = self.llm.usage_of(
                        response.usage,
                        stream.text,
                        whole=whole,
                        estimated_input=self._estimated_input,
                    )
                return response.get()
        finally:
            tally.add(usage)

    def _estimated_input(self) -> int:
        parts = self.request.parts
        texts = [part for part in parts if isinstance(part, str)]
        schema = json.dumps(self.schema, ensure_ascii=False)
        pictures = len(parts) - len(texts)
        return estimated_input([self.request.system, schema, *texts], pictures=pictures)
