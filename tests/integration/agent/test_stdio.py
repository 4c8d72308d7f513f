"""`ai-video mcp` as programs use it: a process of its own, driven by the official client."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError
from tests.integration.agent.conftest import error_of
from tests.translation_cases import faults, read_cases

COMMAND = (sys.executable, "-m", "ai_video", "mcp")


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIVIDEO_")}
    return {
        **kept, "AIVIDEO_HOME": str(home), "AIVIDEO_OFFLINE": "1", "AIVIDEO_LANG": "en",
        "AIVIDEO_VOICE": "silent",
    }  # fmt: skip


def client(home: Path, *options: str, mode: str = "auto") -> Client:
    command, *args = COMMAND
    process = StdioServerParameters(command=command, args=[*args, *options], env=environment(home))
    return Client(stdio_client(process), mode=mode)


def case(id: str) -> Any:
    return next(case for case in read_cases() if case["input"]["id"] == id)


async def test_the_translator_alone_translates_and_makes_no_data_folder(tmp_path: Path) -> None:
    home = tmp_path / "data"
    worked = case("work-001")
    async with client(home, "--only", "translator") as connected:
        (row,) = (await connected.list_tools()).tools
        assert row.name == "translate_storyboard"
        first = await connected.call_tool(row.name, {**worked["input"], "seed": 5, "colour": 1})
        again = await connected.call_tool(row.name, {**worked["input"], "seed": 5})
        assert not first.is_error
        answer, other = first.structured_content, again.structured_content
        assert faults(answer, worked["expect"]) == []
        assert answer["validation"]["valid"] is True
        assert answer["parameters"]["seed"] == 5
        assert [row["code"] for row in answer["warnings"]].count("unknown_key") == 1
        assert json.dumps(answer["workflow_json"]) == json.dumps(other["workflow_json"])
        assert json.loads(first.content[0].text) == answer  # type: ignore[union-attr]

        wrong = await connected.call_tool(row.name, {"storyboard": "rain"})
        error = error_of(wrong)
        assert error["code"] == "translate_input_invalid"
        assert error["fixable"] is True
        assert "storyboard" in error["message"]
        assert error["hint"]
        assert wrong.structured_content["ok"] is False
        assert wrong.structured_content["error"]["code"] == error["code"]

        seed = await connected.call_tool(row.name, {**worked["input"], "seed": -1})
        assert (error_of(seed)["code"], error_of(seed)["fields"]["field"]) == (
            "invalid_value", "seed",
        )  # fmt: skip
        with pytest.raises(MCPError, match="no tool list_projects"):
            await connected.call_tool("list_projects", {})
    assert not home.exists()


async def test_an_older_client_gets_every_tool_on_a_data_folder(tmp_path: Path) -> None:
    async with client(tmp_path / "data", mode="legacy") as connected:
        names = {row.name for row in (await connected.list_tools()).tools}
        assert {"translate_storyboard", "list_loras", "make_film", "edit_storyboard"} <= names
        listed = await connected.call_tool("list_projects", {})
        assert listed.structured_content == {"items": [], "next": None}
        unknown = await connected.call_tool("list_loras", {"sort": "name"})
        assert error_of(unknown)["fields"]["field"] == "sort"


def test_a_closed_input_or_a_signal_ends_it_and_only_messages_are_on_stdout(
    tmp_path: Path,
) -> None:
    with started(tmp_path) as closed, started(tmp_path) as interrupted:
        for process in (closed, interrupted):
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("this is no message\n" + PING + "\n")
            process.stdin.flush()
            answered = json.loads(process.stdout.readline())
            while answered.get("id") != 1:
                answered = json.loads(process.stdout.readline())
        interrupted.send_signal(signal.SIGINT)  # its input stays open
        assert interrupted.wait(timeout=20) == 130
        for process, code in ((closed, 0), (interrupted, 130)):
            rest, said = process.communicate(timeout=20)
            assert process.returncode == code, said
            assert rest == ""
            assert "Traceback" not in said


PING = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"})


def started(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "--only", "translator"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(folder / "data"),
        text=True,
    )
