"""A user's own Claude Code is given the studio by `claude mcp add` and calls a tool of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from ai_video.llm.fake_api import FakeLLM, serving
from tests.claude_code import KEY, bundled, forget_surroundings, needs_program, surroundings

pytestmark = needs_program

TOOL = "mcp__ai-video__list_projects"


def claude(fake: FakeLLM, folder: Path, *args: str) -> str:
    """Run Claude Code in an empty folder of a user with nothing in its home; returns its output."""
    home, here = folder / "home", folder / "work"
    here.mkdir(exist_ok=True)
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        [str(bundled()), *args],
        env={
            "PATH": "/usr/bin:/bin",
            "ANTHROPIC_API_KEY": KEY,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            **surroundings(fake, home),
        },
        cwd=here,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_claude_code_calls_a_tool_of_the_running_studio(
    studio_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_surroundings(monkeypatch)
    script = {
        "rules": [
            {"when": {"turn": 1, "has_tool": TOOL}, "answer": {"tool": TOOL, "input": {}}},
            {"when": {"turn": 2}, "answer": {"text": "There is no project yet."}},
        ],
        "otherwise": {"error": {"status": 400, "message": "not expected"}},
    }
    with serving(script) as fake:
        address = f"{studio_url.rstrip('/')}/mcp"
        claude(
            fake,
            tmp_path,
            *["mcp", "add", "--transport", "http", "--scope", "user", "ai-video"],
            address,
        )
        assert "Connected" in claude(fake, tmp_path, "mcp", "list")
        told = claude(
            fake, tmp_path, "-p", "Which projects are there?", "--allowedTools", TOOL,
            "--output-format", "json",
        )  # fmt: skip
        asked = fake.asked()
    assert json.loads(told)["result"] == "There is no project yet."
    assert len(asked) == 2
    assert '\\"items\\":[]' in json.dumps(asked[1]["messages"][-1])
