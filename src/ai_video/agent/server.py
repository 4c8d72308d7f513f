"""A server of some tools; errors become answers that a model can act on."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp_types import Tool as ToolRow
from pydantic import JsonValue

from ai_video import __version__
from ai_video.agent.schemas import schema_of
from ai_video.agent.tool import Call, Tool
from ai_video.domain.entities import Json
from ai_video.errors import AiVideoError, InputRefused, Language, NotAvailable, UsageError

logger = logging.getLogger(__name__)

ARGUMENTS_LIMIT = 20 * 1024 * 1024
"""Bytes of one call's arguments."""
RESULT_CHARACTERS = 400_000
INSTRUCTIONS = {
    "en": (
        "ai-video makes films of texts. A project has episodes, an episode has storyboards (one storyboard "
        "is one shot) and a shot has spoken lines. Lists answer {items, next}; pass next as cursor. Ids are "
        "UUIDs: take them from lists. An error says with `fixable` whether other arguments can help; where "
        "they cannot, tell the person the message and the hint."
    ),
    "zh": (
        "ai-video 把文字变成影片。项目 (project) 有分集 (episode), 分集有分镜 (storyboard, 一个分镜就是一个镜头), "
        "镜头有台词 (line)。列表返回 {items, next}, 把 next 作为 cursor 取下一页。id 是 UUID, 从列表里取。"
        "错误里的 fixable 表示改参数能否解决; 不能时, 把 message 和 hint 告诉用户。"
    ),
}


def build_server(
    tools: Sequence[Tool], calls: Mapping[str, Call], *, language: Language
) -> Server[dict[str, Any]]:
    """A server that lists `tools` and answers through `calls`, which has one entry for each."""
    rows = [tool_row(tool, language) for tool in tools]
    by_name = {tool.name: tool for tool in tools}

    async def list_tools(_: object, params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=rows)

    async def call_tool(_: object, params: CallToolRequestParams) -> CallToolResult:
        if params.name not in by_name:
            known = ", ".join(by_name)
            raise MCPError(INVALID_PARAMS, f"no tool {params.name[:100]}; there are: {known}")
        arguments: Json = params.arguments or {}
        return await _answered(by_name[params.name], calls[params.name], arguments, language)

    return Server(
        "ai-video",
        version=__version__,
        title="ai-video",
        instructions=INSTRUCTIONS[language],
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def tool_row(tool: Tool, language: Language) -> ToolRow:
    """A tool as clients are told of it."""
    meta: dict[str, Any] = {}
    if tool.core:
        meta["anthropic/alwaysLoad"] = True
    if tool.large:
        meta["anthropic/maxResultSizeChars"] = RESULT_CHARACTERS
    return ToolRow(
        name=tool.name,
        title=tool.words.title(language),
        description=tool.words.text(language),
        input_schema=schema_of(tool.takes, "validation"),
        output_schema=schema_of(tool.gives, "serialization"),
        annotations=ToolAnnotations(
            read_only_hint=tool.effect == "reads",
            destructive_hint=tool.effect == "changes",
            open_world_hint=False,
        ),
        _meta=meta or None,
    )


async def _answered(tool: Tool, call: Call, arguments: Json, language: Language) -> CallToolResult:
    """One call: the document it answers, or its error as a result that says what to do."""
    try:
        _check_size(arguments)
        answer = await call(arguments)
    except AiVideoError as error:
        if error.exit_code == AiVideoError.exit_code:
            logger.error("%s failed", tool.name, exc_info=error)
        result = refused(error, language)
        if tool.refusal is not None and isinstance(error, InputRefused):
            result.structured_content = tool.refusal(arguments, error, language)
        return result
    except Exception as exc:
        logger.exception("%s failed", tool.name)
        return refused(AiVideoError("internal", kind=type(exc).__name__), language)
    return CallToolResult(content=[_text(answer)], structured_content=answer)


def refused(error: AiVideoError, language: Language) -> CallToolResult:
    """An error as a result, without structured content: that would have to fit the tool's schema."""
    said: dict[str, JsonValue] = {
        "code": error.code,
        "message": error.message(language),
        "hint": error.hint(language),
        "fields": {name: _plain(value) for name, value in error.fields.items()},
        "fixable": is_fixable(error),
    }
    return CallToolResult(content=[_text({"ok": False, "error": said})], is_error=True)


def is_fixable(error: AiVideoError) -> bool:
    """Can a caller get further with other arguments? Else a person has to do something."""
    return isinstance(error, InputRefused | UsageError) and not isinstance(error, NotAvailable)


def _plain(value: object) -> JsonValue:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _text(document: Json) -> TextContent:
    return TextContent(text=json.dumps(document, ensure_ascii=False, separators=(",", ":")))


def _check_size(arguments: Json) -> None:
    if len(json.dumps(arguments)) > ARGUMENTS_LIMIT:
        raise InputRefused("tool_arguments_too_large", limit_mb=ARGUMENTS_LIMIT >> 20)
