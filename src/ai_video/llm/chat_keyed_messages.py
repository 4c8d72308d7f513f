"""A turn of a talk in pydantic-ai's types."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, cast

from ai_video.domain.entities import Json
from ai_video.domain.language_models import ChatTurn
from ai_video.llm.task_line import with_task

if TYPE_CHECKING:
    from pydantic_ai import messages
    from pydantic_ai.models import Model, ModelRequestParameters
    from pydantic_ai.settings import ModelSettings

TASK: Final = "chat"


def arguments_of(call: messages.ToolCallPart) -> Json | None:
    """A call's arguments; None where they are no JSON object."""
    said: object = call.args or {}
    if isinstance(said, str):
        try:
            said = json.loads(said)
        except ValueError:
            return None
    return cast("Json", said) if isinstance(said, dict) else None


def first_messages(turn: ChatTurn) -> list[messages.ModelMessage]:
    """The rules, what was said before, and what is said now."""
    from pydantic_ai.messages import (
        ModelRequest,
        ModelResponse,
        SystemPromptPart,
        TextPart,
        UserPromptPart,
    )

    made: list[messages.ModelMessage] = [
        ModelRequest(parts=[SystemPromptPart(with_task(TASK, turn.system))])
    ]
    for message in turn.history:
        if message.role == "user":
            made.append(ModelRequest(parts=[UserPromptPart(message.text)]))
        else:
            made.append(ModelResponse(parts=[TextPart(message.text)]))
    made.append(ModelRequest(parts=[UserPromptPart(turn.text)]))
    return made


def parameters(turn: ChatTurn) -> ModelRequestParameters:
    """The turn's tools; an answer in words is always allowed."""
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.tools import ToolDefinition

    tools = [
        ToolDefinition(
            name=tool.name,
            description=tool.description,
            parameters_json_schema={"type": "object", "properties": {}, **tool.schema},
            strict=False,
        )
        for tool in turn.tools
    ]
    return ModelRequestParameters(function_tools=tools, output_mode="text", allow_text_output=True)


def settings(model: Model, *, limit: int) -> ModelSettings:
    """The limit of tokens; rules, tools and what was said are cached where the service can."""
    made: dict[str, object] = {
        "max_tokens": limit,
        "max_retries": 0,
        "framing_announcement": "never",
        "thinking": False,
    }
    if model.system == "anthropic":
        made |= {
            "anthropic_cache_instructions": True,
            "anthropic_cache_tool_definitions": True,
            "anthropic_cache_messages": True,
        }
    return cast("ModelSettings", made)
