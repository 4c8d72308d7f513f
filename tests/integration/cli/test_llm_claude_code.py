"""`llm` with the Claude Code that the library brings, at the fake, with an empty home folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.claude_code import KEY, bundled, forget_surroundings, needs_program, surroundings

from ai_video.llm.fake_api.server import serving

pytestmark = needs_program
VARIABLE = "MADE_UP_API_KEY"


def test_claude_code_is_enabled_by_its_own_login_or_a_key_and_answers(
    ai: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_surroundings(monkeypatch)
    program = bundled()
    assert program is not None
    with serving() as fake:
        for name, value in surroundings(fake, home.parent).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PATH", str(program.parent))
        enable = ["llm", "enable", "claude-code", "--url", fake.url, "--yes", "--json"]
        refused = ai(*enable)
        assert (refused.code, refused.json["error"]["code"]) == (3, "claude_code_not_logged_in")

        monkeypatch.setenv(VARIABLE, KEY)
        item = ai(*enable, "--key-env", VARIABLE).json["item"]
        assert (item["ready"], item["price"]) == (True, None)
        assert ai("llm", "list", "--json").json["active"]["name"] == "claude-code"
        assert fake.log == []

        tried = ai("llm", "test", "--json")
        assert tried.code == 0, tried
        assert tried.json["answer"] == "ready"
        assert tried.json["cost"] > 0
        [call] = ai("llm", "calls", "--json").json["items"]
        assert (call["provider"], call["cost"]) == ("claude-code", tried.json["cost"])
    files = [file for file in home.rglob("*") if file.is_file()]
    assert not any(KEY.encode() in file.read_bytes() for file in files)
