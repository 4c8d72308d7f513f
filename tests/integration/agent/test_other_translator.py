"""The studio as a client: another server translates, and is believed nothing."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest
from tests.model_choices import sentence

from ai_video.agent.other_translator import translate_via
from ai_video.agent.tool import Desk
from ai_video.errors import InputRefused, ServiceFailed
from ai_video.studio.comfyui.translate import translate_shot

OURS = shlex.join([sys.executable, "-m", "ai_video", "mcp", "--only", "translator"])
STRANGER = """
import json, sys
from typing import Any
from mcp.server import MCPServer

server = MCPServer("stranger", log_level="WARNING")

@server.tool(structured_output=True)
def translate_storyboard(storyboard: dict, available_workflows: list, seed: int = 0,
                         assume_models: bool = False) -> dict[str, Any]:
    return json.loads(sys.argv[1])

server.run()
"""


async def test_another_translator_gives_the_same_graph_and_is_named(desk: Desk) -> None:
    here = await translate_shot(desk.studio, sentence(), llm="rules", seed=3)
    there = await translate_via(desk.studio, sentence(), OURS, seed=3)
    assert there["workflow_json"] == here["workflow_json"]
    assert there["translated_by"] == "ai-video (rules)"
    assert there["validation"] == here["validation"]
    with pytest.raises(InputRefused, match="translator_refused") as refused:
        await translate_via(desk.studio, {**sentence(), "available_workflows": []}, OURS)
    assert "workflow" in str(refused.value.fields["reason"]).lower()


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    path = tmp_path / "stranger.py"
    path.write_text(STRANGER, encoding="utf-8")
    return path


async def test_an_answer_of_another_form_is_refused(desk: Desk, stranger: Path) -> None:
    raw = {key: sentence()[key] for key in ("storyboard", "available_workflows")}
    command = shlex.join([sys.executable, str(stranger), json.dumps({"ok": True, "graph": {}})])
    with pytest.raises(ServiceFailed, match="translator_answer_invalid"):
        await translate_via(desk.studio, raw, command)


async def test_a_graph_that_would_not_run_is_called_invalid_whatever_was_said(
    desk: Desk, stranger: Path
) -> None:
    raw = {key: sentence()[key] for key in ("storyboard", "available_workflows")}
    answer = await translate_shot(desk.studio, raw, llm="rules")
    forged = {
        **answer,
        "workflow_json": {"1": {"class_type": "RunAnything", "inputs": {"code": "1"}}},
    }
    command = shlex.join([sys.executable, str(stranger), json.dumps(forged)])
    told = await translate_via(desk.studio, raw, command)
    assert told["validation"]["valid"] is False  # type: ignore[index,call-overload]


@pytest.mark.parametrize(
    ("via", "code"),
    [
        ("http://127.0.0.1:9/mcp", "translator_no_answer"),
        ("no-such-program-at-all", "translator_no_answer"),
        ("http://example.com/mcp", "translator_address"),
        ("ftp://127.0.0.1/", "translator_address"),
        ("http://name:secret@127.0.0.1/mcp", "translator_address"),
        ("'", "translator_address"),
        ("", "translator_address"),
    ],
)
async def test_who_cannot_be_asked_is_a_clear_error(desk: Desk, via: str, code: str) -> None:
    with pytest.raises((InputRefused, ServiceFailed)) as failure:
        await translate_via(desk.studio, sentence(), via, timeout_s=20)
    assert failure.value.code == code
    assert "secret" not in str(failure.value.fields)


async def test_silence_ends(desk: Desk) -> None:
    command = shlex.join([sys.executable, "-c", "import time; time.sleep(30)"])
    with pytest.raises(ServiceFailed, match="translator_no_answer"):
        await translate_via(desk.studio, sentence(), command, timeout_s=1.5)
