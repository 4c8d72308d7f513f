"""The translator alone, for programs that bring their own shots and assets."""

from __future__ import annotations

from typing import Any

from mcp.server.lowlevel import Server

from ai_video.agent.server import build_server
from ai_video.agent.tools.translating import translate_storyboard, translating_alone
from ai_video.settings import Settings, message_language


def translator_server(settings: Settings) -> Server[dict[str, Any]]:
    """A server of `translate_storyboard` alone: it opens no data folder and writes nothing."""
    calls = {translate_storyboard.name: translating_alone(settings)}
    return build_server((translate_storyboard,), calls, language=message_language(settings))
