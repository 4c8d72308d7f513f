"""Talk with a model behind an Anthropic key or any OpenAI-compatible endpoint, through pydantic-ai.

One turn is a few requests: the model says something or calls tools, the tools' answers go back, until
it calls none. Every request has what was said before, which such services do not keep.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

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
from ai_video.llm.access import open_model
from ai_video.llm.chat_answers import called
from ai_video.llm.chat_keyed_messages import (
    arguments_of,
    first_messages,
    parameters,
    settings,
)
from ai_video.llm.keyed_failures import unreadable_answers
from ai_video.llm.keyed_service import KeyedService, Pauses
from ai_video.llm.prices import estimated_input

if TYPE_CHECKING:
    from pydantic_ai import messages
    from pydantic_ai.models import Model, StreamedResponse

LONGEST: Final = 8_000
"""Output tokens of one request."""
_NO_MORE: Final = "No more calls in this turn; answer with what you know."
_NO_OBJECT: Final = "The arguments are not a JSON object. Call the tool again with valid ones."

Tell = Callable[[ChatEvent], Awaitable[None]]


class KeyedChat(KeyedService):
    """A `ChatModel` on a key or an address; one object serves any number of turns at a time."""

    async def turn(
        self, turn: ChatTurn, *, budget: float | None = None
    ) -> AsyncGenerator[ChatEvent]:
        """See ChatModel.turn. With a known price no request is sent that the budget cannot pay."""
        told: asyncio.Queue[ChatEvent | None] = asyncio.Queue()
        answering = asyncio.create_task(self._answer(turn, budget, told))
        answering.add_done_callback(lambda _: told.put_nowait(None))
        try:
            while (event := await told.get()) is not None:
                yield event
            await answering
        finally:
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)

    async def _answer(
        self, turn: ChatTurn, budget: float | None, told: asyncio.Queue[ChatEvent | None]
    ) -> None:
        spent = Usage()
        try:
            async with (
                asyncio.timeout(turn.timeout_s),
                open_model(self._access, timeout_s=turn.timeout_s) as model,
            ):
                until = asyncio.get_running_loop().time() + turn.timeout_s
                talk = _Talk(self, model, turn, budget, told.put, until)
                try:
                    await talk.hold()
                finally:
                    spent = talk.usage
        except TimeoutError as exc:
            raise ModelFailed(
                "llm_timeout", usage=spent, limit_s=turn.timeout_s, **self.who
            ) from exc
        await told.put(TurnEnded(spent, self.model))


@dataclass(slots=True)
class _Talk:
    """One turn: what is sent, what came back, what it took."""

    chat: KeyedChat
    model: Model
    turn: ChatTurn
    budget: float | None
    tell: Tell
    until: float
    usage: Usage = field(default_factory=Usage)
    said: list[messages.ModelMessage] = field(default_factory=list["messages.ModelMessage"])
    calls: int = 0
    spoke: bool = False

    async def hold(self) -> None:
        """Requests and calls until the model has nothing more to call.

        Raises:
            ModelFailed: see there.
        """
        self.said = first_messages(self.turn)
        while True:
            response = await self._asked()
            self.said.append(response)
            wanted = response.tool_calls
            if not wanted:
                return
            if self.calls > self.turn.most_calls:
                reason = f"more than {self.turn.most_calls} calls of tools in one turn"
                raise ModelFailed("llm_failed", usage=self.usage, **self.chat.who, reason=reason)
            self.said.append(await self._called(wanted))

    async def _asked(self) -> messages.ModelResponse:
        """One request; a service that is busy is asked up to twice more while there is time."""
        from pydantic_ai.exceptions import AgentRunError, UserError

        limit = self.chat.token_limit(
            LONGEST,
            budget=self.budget,
            usage=self.usage,
            estimated_input=self._estimated_input,
        )
        pauses = Pauses(self.until)
        while True:
            reading = _Reading(self.tell, goes_on=self.spoke)
            try:
                response = await self._once(limit, reading)
            except (AgentRunError, UserError) as error:
                if reading.text or not await pauses.waited(error):
                    raise self.chat.failure_of(error, self.usage) from error
            else:
                self.spoke = self.spoke or bool(reading.text)
                self.chat.check_whole(
                    response,
                    reading.text,
                    limit=limit,
                    longest=LONGEST,
                    budget=self.budget,
                    usage=self.usage,
                )
                return response

    async def _once(self, limit: int, reading: _Reading) -> messages.ModelResponse:
        from pydantic_ai.direct import model_request_stream

        opened = model_request_stream(
            self.model, self.said, model_settings=settings(self.model, limit=limit),
            model_request_parameters=parameters(self.turn), instrument=False,
        )  # fmt: skip
        took = Usage(requests=1)
        try:
            async with AsyncExitStack() as stack:
                with unreadable_answers():
                    response = await stack.enter_async_context(opened)
                try:
                    await reading.read(response)
                finally:
                    whole = response.get().finish_reason is not None
                    took = self.chat.usage_of(
                        response.usage,
                        reading.text,
                        whole=whole,
                        estimated_input=self._estimated_input,
                    )
                return response.get()
        finally:
            self.usage = self.usage + took

    def _estimated_input(self) -> int:
        tools = json.dumps([tool.schema for tool in self.turn.tools], ensure_ascii=False)
        parts = [str(getattr(part, "content", "")) for said in self.said for part in said.parts]
        return estimated_input([tools, *parts])

    async def _called(self, wanted: Sequence[messages.ToolCallPart]) -> messages.ModelRequest:
        """What the tools answered, in the order of the calls."""
        from pydantic_ai.messages import ModelRequest, ToolReturnPart

        parts: list[ToolReturnPart] = []
        for call in wanted:
            ok, answer = await self._one_call(call)
            parts.append(
                ToolReturnPart(
                    call.tool_name,
                    json.dumps(answer, ensure_ascii=False),
                    tool_call_id=call.tool_call_id,
                    outcome="success" if ok else "failed",
                )
            )
        return ModelRequest(parts=parts)

    async def _one_call(self, call: messages.ToolCallPart) -> tuple[bool, Json]:
        tool = next((tool for tool in self.turn.tools if tool.name == call.tool_name), None)
        arguments = arguments_of(call)
        self.calls += 1
        await self.tell(ToolCalled(call.tool_call_id, call.tool_name, arguments or {}))
        answer: tuple[bool, Json]
        if self.calls > self.turn.most_calls:
            answer = False, {"error": _NO_MORE}
        elif tool is None:
            known = ", ".join(each.name for each in self.turn.tools)
            answer = False, {"error": f"There is no tool {call.tool_name}; there are: {known}"}
        elif arguments is None:
            answer = False, {"error": _NO_OBJECT}
        else:
            answer = await called(tool, arguments)
        await self.tell(ToolAnswered(call.tool_call_id, call.tool_name, *answer))
        return answer


class _Reading:
    """Tells the words of a streamed response as they come; calls are read from its end.

    A passage that comes after others is a paragraph of its own.
    """

    def __init__(self, tell: Tell, *, goes_on: bool) -> None:
        self._tell = tell
        self._goes_on = goes_on
        self.text = ""

    async def read(self, response: StreamedResponse) -> None:
        from pydantic_ai.messages import PartDeltaEvent, PartStartEvent, TextPart, TextPartDelta

        events = aiter(response)
        while True:
            with unreadable_answers():
                event = await anext(events, None)
            match event:
                case None:
                    return
                case PartStartEvent(part=TextPart(content=text)) if text:
                    await self._say(f"\n\n{text}" if self._goes_on else text)
                    self._goes_on = True
                case PartDeltaEvent(delta=TextPartDelta(content_delta=text)) if text:
                    await self._say(text)
                case _:
                    pass

    async def _say(self, text: str) -> None:
        self.text += text
        await self._tell(TextDelta(text))
