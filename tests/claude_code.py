"""Claude Code in tests: a made-up key, an empty home folder, and never anything but loopback."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from ai_video.llm.claude_code_detection import LIBRARY, library_installed
from ai_video.llm.claude_code_options import Access
from ai_video.llm.claude_code_session import ClaudeCode
from ai_video.llm.fake_api import FakeLLM

KEY = "sk-ant-made-up"
MODEL = "claude-sonnet-5"
needs_library = [
    pytest.mark.claude,
    pytest.mark.skipif(not library_installed(), reason="the extra claude is not installed"),
]


def bundled() -> Path | None:
    """The Claude Code that comes with the library; None where there is none for this system."""
    spec = importlib.util.find_spec(LIBRARY)
    folders: Sequence[str] = (spec.submodule_search_locations or []) if spec else []
    found = (Path(folder) / "_bundled" / "claude" for folder in folders)
    return next((path for path in found if path.is_file()), None)


needs_program = [
    *needs_library,
    pytest.mark.skipif(bundled() is None, reason="the library brings no Claude Code here"),
]


def forget_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without what this process may have inherited from a Claude Code or its user."""
    for name in list(os.environ):
        if name.startswith(("ANTHROPIC_", "CLAUDE")):
            monkeypatch.delenv(name)


def connected(
    fake: FakeLLM, home: Path, *, own_settings: bool = False, folder: Path | None = None
) -> ClaudeCode:
    """The bundled Claude Code, at the fake, with this home folder."""
    home.mkdir(exist_ok=True)
    access = Access(KEY, own_settings=own_settings, environment=surroundings(fake, home))
    return ClaudeCode(access, program=bundled(), folder=folder)


def surroundings(fake: FakeLLM, home: Path) -> dict[str, str]:
    """Variables for the process; what it may want outside this machine is refused."""
    return {
        "ANTHROPIC_BASE_URL": fake.url,
        "HOME": str(home),
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1",
    }
