"""What a tool answered, or why it did not, as every adapter tells it to its model."""

from __future__ import annotations

from ai_video.domain.entities import Json
from ai_video.domain.language_models import ChatTool
from ai_video.errors import AiVideoError


def told(error: AiVideoError) -> Json:
    """An error as an answer that a model can act on."""
    return {"error": {"code": error.code, "message": error.message("en"), "hint": error.hint("en")}}


async def called(tool: ChatTool, arguments: Json) -> tuple[bool, Json]:
    """(True, the tool's answer), or (False, its error as an answer)."""
    try:
        return True, await tool.call(arguments)
    except AiVideoError as error:
        return False, told(error)
