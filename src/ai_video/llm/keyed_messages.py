"""Requests and answers of a keyed model in pydantic-ai's types."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from ai_video.domain.entities import Json
from ai_video.domain.language_models import ModelRequest, Picture
from ai_video.llm.asking import Stream, Wrong
from ai_video.llm.keyed_failures import unreadable_answers
from ai_video.llm.task_line import with_task

if TYPE_CHECKING:
    from pydantic_ai import messages
    from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
    from pydantic_ai.settings import ModelSettings

OUTPUT_TOOL: Final = "final_result"
_TOOL_WORDS: Final = (
    "Takes your answer. Call it exactly once, with the whole answer, and say nothing else."
)


def first_message(request: ModelRequest[Any]) -> messages.ModelRequest:
    """The system text with its task, then texts and pictures in their order."""
    from pydantic_ai.messages import BinaryContent, ModelRequest, SystemPromptPart, UserPromptPart

    parts = [
        BinaryContent(part.data, media_type=part.media_type) if isinstance(part, Picture) else part
        for part in request.parts
    ]
    system = with_task(request.task, request.system)
    return ModelRequest(parts=[SystemPromptPart(system), UserPromptPart(parts)])


def repair_message(last: messages.ModelMessage, wrong: Wrong) -> messages.ModelRequest:
    """What follows a wrong answer: the result of its call, or words where it made none."""
    from pydantic_ai.messages import ModelRequest, ToolReturnPart, UserPromptPart

    calls = last.tool_calls if last.kind == "response" else []
    if calls:
        returned = [
            ToolReturnPart(
                call.tool_name, wrong.as_words, tool_call_id=call.tool_call_id, outcome="failed"
            )
            for call in calls
        ]
        return ModelRequest(parts=returned)
    return ModelRequest(parts=[UserPromptPart(wrong.as_words)])


def parameters(schema: Json) -> ModelRequestParameters:
    """The one tool that takes the answer."""
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.tools import ToolDefinition

    tool = ToolDefinition(
        name=OUTPUT_TOOL,
        description=_TOOL_WORDS,
        parameters_json_schema=schema,
        strict=False,
    )
    return ModelRequestParameters(output_mode="tool", output_tools=[tool], allow_text_output=False)


def settings(request: ModelRequest[Any], model: Model, *, limit: int) -> ModelSettings:
    """The limit of tokens, how hard the model thinks, and that its rules are cached.

    Low effort thinks as little as the model can. Anthropic's models know effort apart from thinking;
    of the others only those that think at all take one.
    """
    made: dict[str, object] = {
        "max_tokens": limit,
        "max_retries": 0,
        "framing_announcement": "never",
    }
    if request.effort == "low":
        made["thinking"] = False
    if model.system == "anthropic":
        made["anthropic_cache_instructions"] = True
        if model.profile.get("anthropic_supports_effort"):
            made["anthropic_effort"] = request.effort
    elif request.effort != "low":
        made["thinking"] = request.effort
    return cast("ModelSettings", made)


async def read(response: StreamedResponse, stream: Stream) -> None:
    """Feed the stream with the tool's input, or with the text where there is no call."""
    from pydantic_ai.messages import (
        PartDeltaEvent,
        PartStartEvent,
        TextPart,
        TextPartDelta,
        ToolCallPart,
        ToolCallPartDelta,
    )

    call: int | None = None
    events = aiter(response)
    while True:
        with unreadable_answers():
            event = await anext(events, None)
        match event:
            case None:
                return
            case PartStartEvent(index=index, part=ToolCallPart(args=arguments)) if call is None:
                call = index
                stream.restart()
                stream.add(_as_text(arguments))
            case PartDeltaEvent(index=index, delta=ToolCallPartDelta(args_delta=arguments)):
                if index == call:
                    stream.add(_as_text(arguments))
            case PartStartEvent(part=TextPart(content=text)) if call is None:
                stream.add(text)
            case PartDeltaEvent(delta=TextPartDelta(content_delta=text)) if call is None:
                stream.add(text)
            case _:
                pass


def _as_text(arguments: str | Mapping[str, Any] | None) -> str:
    if isinstance(arguments, Mapping):
        return json.dumps(arguments, ensure_ascii=False)
    return arguments or ""
