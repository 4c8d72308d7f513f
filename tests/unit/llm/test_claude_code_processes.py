"""However a process of Claude Code behaves, a call ends in time, with a reason, and leaves nothing."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent, indent

import pytest
from pydantic import BaseModel, Field
from tests.claude_code import forget_surroundings, needs_library

from ai_video.domain.entities import Json
from ai_video.domain.language_models import ChatTool, ChatTurn, ModelFailed, ModelRequest
from ai_video.errors import InputRefused, NotAvailable
from ai_video.llm import claude_code_detection, claude_code_session
from ai_video.llm.claude_code import ClaudeCodeLLM
from ai_video.llm.claude_code_chat import ClaudeCodeChat
from ai_video.llm.claude_code_options import LONGEST_INLINE
from ai_video.llm.claude_code_session import ClaudeCode

pytestmark = [
    *needs_library,
    pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a #! line"),
]

STAND_IN = """\
import json, os, pathlib, sys, time

if "--version" in sys.argv:
    print("2.1.400 (Claude Code)")
    sys.exit()
marks = pathlib.Path({marks!r})
(marks / str(os.getpid())).touch()


def say(**message):
    print(json.dumps({{"session_id": "s", "uuid": "u", **message}}), flush=True)


def end(**given):
    say(**{{
        "type": "result", "subtype": "success", "is_error": False, "duration_ms": 1,
        "duration_api_ms": 1, "num_turns": 1, "total_cost_usd": 0.25, **given,
    }})


{before}
for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "control_request":
        answer = {{"subtype": "success", "request_id": message["request_id"], "response": {{}}}}
        say(type="control_response", response=answer)
        if message["request"]["subtype"] == "interrupt":
            end(subtype="error_during_execution", is_error=True)
    if message["type"] == "user":
{after}
"""


class Shot(BaseModel):
    name: str = Field(max_length=5)


REQUEST = ModelRequest("translate", "Be brief.", ("Rain.",), Shot, timeout_s=20)
StandIn = Callable[..., ClaudeCode]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_surroundings(monkeypatch)


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    """Gets a file for each process that was started, named by its id."""
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


@pytest.fixture
def stand_in(tmp_path: Path, marks: Path) -> StandIn:
    """Makes a Claude Code that runs `before` when it starts and `after` when it is asked."""

    def make(after: str = "", before: str = "", at_once: int = 2) -> ClaudeCode:
        path = tmp_path / "claude"
        body = STAND_IN.format(
            marks=str(marks), before=dedent(before), after=indent(dedent(after) or "pass", " " * 8)
        )
        path.write_text(f"#!{sys.executable}\n{body}", encoding="utf-8")
        path.chmod(0o755)
        return ClaudeCode(program=path, at_once=at_once)

    return make


def processes(marks: Path) -> list[int]:
    return [int(mark.name) for mark in marks.iterdir() if mark.name.isdigit()]


def wait_for_a_process(marks: Path) -> None:
    for _ in range(1000):
        if processes(marks):
            return
        time.sleep(0.01)
    raise AssertionError("no process was started")


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def most_at_once(marks: Path) -> int:
    """Out of marks that say when a process began and ended."""
    running, most = 0, 0
    for mark in sorted(mark.name for mark in marks.iterdir() if "-" in mark.name):
        running += 1 if mark.endswith("begin") else -1
        most = max(most, running)
    return most


async def failed(claude: ClaudeCode, request: ModelRequest[Shot] = REQUEST) -> ModelFailed:
    with pytest.raises(ModelFailed) as caught:
        await ClaudeCodeLLM(claude).generate(request)
    return caught.value


async def test_an_answer_comes_back_with_what_it_took(stand_in: StandIn) -> None:
    claude = stand_in('end(structured_output={"name": "rain"})')
    reply = await ClaudeCodeLLM(claude, "sonnet").generate(REQUEST)
    assert reply.data == Shot(name="rain")
    assert (reply.provider, reply.model, reply.usage.cost) == ("claude-code", "sonnet", 0.25)


async def test_an_answer_that_only_claude_code_finds_valid_is_none(stand_in: StandIn) -> None:
    failure = await failed(stand_in('end(structured_output={"name": "a long name"})'))
    assert failure.code == "llm_invalid_answer"
    assert "name" in failure.message()
    assert failure.usage.cost == 0.25


async def test_a_success_without_an_answer_is_none(stand_in: StandIn) -> None:
    failure = await failed(stand_in("""end(result='{"name": "rain"}', structured_output=None)"""))
    assert failure.code == "llm_invalid_answer"


async def test_a_used_up_plan_is_told_with_its_end(stand_in: StandIn) -> None:
    claude = stand_in(
        """
        info = {"status": "rejected", "resetsAt": 1795680000, "rateLimitType": "five_hour"}
        say(type="rate_limit_event", rate_limit_info=info)
        end(is_error=True, api_error_status=429, result="Limit reached")
        """
    )
    failure = await failed(claude)
    assert failure.code == "llm_rate_limited"
    assert "Limit reached (until 2026-11-26 08:00 UTC)" in failure.message()


async def test_a_process_that_dies_leaves_its_last_words(stand_in: StandIn) -> None:
    claude = stand_in(before='sys.exit("error: unknown option --restricted")')
    failure = await failed(claude)
    assert failure.code == "llm_failed"
    assert "unknown option --restricted" in failure.message()


async def test_a_process_that_stops_in_the_middle_is_no_answer(stand_in: StandIn) -> None:
    failure = await failed(stand_in("sys.exit(0)"))
    assert failure.code == "llm_failed"
    assert failure.message().endswith("it ended without a word")


async def test_garbage_is_no_crash(stand_in: StandIn) -> None:
    failure = await failed(stand_in('print("{not json", flush=True)'))
    assert failure.code == "llm_failed"


async def test_one_that_never_answers_is_interrupted(stand_in: StandIn, marks: Path) -> None:
    claude = stand_in("pass")
    request = ModelRequest("translate", "", ("Rain.",), Shot, timeout_s=1.5)
    failure = await failed(claude, request)
    assert failure.code == "llm_timeout"
    assert failure.fields["limit_s"] == 1.5
    assert [process for process in processes(marks) if is_running(process)] == []


async def test_one_that_hangs_and_ignores_signals_is_killed(
    stand_in: StandIn, marks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claude_code_session, "INTERRUPTED_WITHIN_S", 0.2)
    claude = stand_in(
        before="""
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(60)
        """
    )
    request = ModelRequest("translate", "", ("Rain.",), Shot, timeout_s=1.5)
    began = time.monotonic()
    assert (await failed(claude, request)).code == "llm_timeout"
    # The library alone would wait for 15 s.
    assert time.monotonic() - began < 8
    assert len(processes(marks)) == 1
    assert not is_running(processes(marks)[0])


async def test_one_that_hangs_after_it_was_asked_is_killed(
    stand_in: StandIn, marks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claude_code_session, "INTERRUPTED_WITHIN_S", 0.2)
    request = ModelRequest("translate", "", ("Rain.",), Shot, timeout_s=1.5)
    assert (await failed(stand_in("time.sleep(60)"), request)).code == "llm_timeout"
    assert not is_running(processes(marks)[0])


async def test_a_cancelled_call_leaves_no_process(stand_in: StandIn, marks: Path) -> None:
    claude = stand_in("pass")
    call = asyncio.create_task(ClaudeCodeLLM(claude).generate(REQUEST))
    await asyncio.to_thread(wait_for_a_process, marks)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert [process for process in processes(marks) if is_running(process)] == []


async def test_no_more_run_at_once_than_may(stand_in: StandIn, marks: Path) -> None:
    claude = stand_in(
        """
        (marks / f"{time.monotonic()}-begin").touch()
        time.sleep(0.2)
        (marks / f"{time.monotonic()}-end").touch()
        end(structured_output={"name": "rain"})
        """
    )
    llm = ClaudeCodeLLM(claude)
    await asyncio.gather(*(llm.generate(REQUEST) for _ in range(5)))
    assert most_at_once(marks) == 2
    assert len(processes(marks)) == 5


async def test_waiting_for_a_place_is_not_counted(stand_in: StandIn) -> None:
    claude = stand_in('time.sleep(1.2); end(structured_output={"name": "rain"})', at_once=1)
    llm = ClaudeCodeLLM(claude)
    request = ModelRequest("translate", "", ("Rain.",), Shot, timeout_s=3.0)
    replies = await asyncio.gather(*(llm.generate(request) for _ in range(3)))
    assert len(replies) == 3


@pytest.mark.parametrize("rules", ["Be brief.", "x" * LONGEST_INLINE], ids=["kept", "too long"])
async def test_calls_have_a_place_while_people_talk(
    stand_in: StandIn, marks: Path, rules: str
) -> None:
    claude = stand_in(
        """
        if message["message"]["content"][0]["text"] == "Rain.":
            end(structured_output={"name": "rain"})
        """,
        at_once=1,
    )

    async def talk() -> None:
        async def call(arguments: Json) -> Json:
            return arguments

        tool = ChatTool("show", "Shows.", {}, call)
        async for _ in ClaudeCodeChat(claude).turn(ChatTurn(rules, (), "Hello", (tool,))):
            pass

    talking = asyncio.create_task(talk())
    await asyncio.to_thread(wait_for_a_process, marks)
    reply = await asyncio.wait_for(ClaudeCodeLLM(claude).generate(REQUEST), 15)
    assert reply.data == Shot(name="rain")
    assert not talking.done()
    talking.cancel()
    await asyncio.wait([talking])


async def test_the_rules_are_handed_over_in_a_file_that_is_gone_afterwards(
    stand_in: StandIn, marks: Path
) -> None:
    claude = stand_in(
        """
        path = pathlib.Path(sys.argv[sys.argv.index("--system-prompt-file") + 1])
        (marks / "rules").write_bytes(path.read_bytes())
        (marks / "link").symlink_to(path)
        end(structured_output={"name": "rain"})
        """
    )
    rules = "规则\n" * 50_000
    await ClaudeCodeLLM(claude).generate(ModelRequest("translate", rules, ("Rain.",), Shot))
    assert (marks / "rules").read_text("utf-8") == f'<task name="translate"/>\n{rules}'
    assert (marks / "link").is_symlink()
    assert not (marks / "link").exists()


async def test_an_answer_without_end_is_cut(stand_in: StandIn) -> None:
    claude = stand_in(
        """
        def stream(**event):
            say(type="stream_event", event=event, parent_tool_use_id=None)
        stream(type="message_start", message={"model": "sonnet", "usage": {"input_tokens": 7}})
        tool = {"type": "tool_use", "id": "t", "name": "StructuredOutput", "input": {}}
        stream(type="content_block_start", index=0, content_block=tool)
        for _ in range(100):
            delta = {"type": "input_json_delta", "partial_json": "x" * 1000}
            stream(type="content_block_delta", index=0, delta=delta)
        """
    )
    request = ModelRequest("translate", "", ("Rain.",), Shot, longest=1000)
    failure = await failed(claude, request)
    assert failure.code == "llm_overlong"
    assert failure.usage.requests == 1
    assert failure.usage.input_tokens == 7


async def test_without_the_library_the_command_that_installs_it_is_told(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claude_code_detection, "LIBRARY", "claude_agent_sdk_that_is_not_there")
    with pytest.raises(NotAvailable, match="claude-agent-sdk"):
        await ClaudeCodeLLM(stand_in()).generate(REQUEST)


async def test_an_old_program_is_never_asked(tmp_path: Path, marks: Path) -> None:
    path = tmp_path / "claude"
    path.write_text(f"#!{sys.executable}\nprint('2.1.0 (Claude Code)')\n", encoding="utf-8")
    path.chmod(0o755)
    with pytest.raises(InputRefused) as refused:
        await ClaudeCodeLLM(ClaudeCode(program=path)).generate(REQUEST)
    assert refused.value.code == "claude_code_too_old"
