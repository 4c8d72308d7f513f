"""`ai-video chat`: say something, see what is proposed, decide."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from tests.integration.cli.conftest import Done
from tests.integration.cli.test_process import COMMAND, environment

from ai_video.errors import Conflict
from ai_video.llm.fake_api import serving

AI = Callable[..., Done]


@pytest.fixture
def shot(ai: AI) -> str:
    """The only shot of the only project's only episode."""
    project = ai("projects", "create", "--set", "name=Rain", "--json").json["id"]
    episode = ai(
        "episodes", "create", "--set", f"project_id={project}", "--set", "title=One", "--json"
    ).json["id"]
    inserted = ai(
        "storyboards",
        "insert",
        "--episode",
        episode,
        "--position",
        "1",
        "--set",
        "description=A street.",
        "--json",
    )
    return inserted.json["item"]["id"]


def description(ai: AI, shot: str) -> str:
    return ai("storyboards", "show", shot, "--json").json["description"]


def test_a_change_is_proposed_and_accepted(ai: AI, shot: str) -> None:
    said = ai("chat", "Change the description of shot 1 to A wet street", "--json")
    assert said.code == 0, said.err
    answer = said.json
    assert (answer["ok"], answer["state"], answer["provider"]) == (True, "done", "rules")
    (proposal,) = answer["proposals"]
    assert description(ai, shot) == "A street."
    accepted = ai("chat", "accept", proposal["id"], "--json")
    assert accepted.json["state"] == "accepted"
    assert description(ai, shot) == "A wet street"
    again = ai("chat", "accept", proposal["id"], "--json")
    assert (again.code, again.json["error"]["code"]) == (3, "proposal_decided")
    shown = ai("chat", "show", answer["conversation_id"], "--json").json
    assert [message["role"] for message in shown["messages"]] == ["user", "assistant"]
    listed = ai("chat", "list", "--json").json
    assert [row["id"] for row in listed["items"]] == [answer["conversation_id"]]


def test_words_show_before_after_and_who_answers(ai: AI, shot: str) -> None:
    said = ai("chat", "把第1镜的描述改成下雨的街道")
    assert said.code == 0
    assert "shot 1 description: A street. → 下雨的街道" in said.out
    assert "ai-video chat accept" in said.out
    assert "answered by rules" in said.out
    assert "ai-video llm enable" in said.out
    conversation = said.out.split("--conversation ")[1].split()[0]
    zh = ai("chat", "show", conversation, "--lang", "zh")
    assert "镜头 1 描述: A street. → 下雨的街道" in zh.out
    assert ai("chat", "delete", conversation).code == 0
    assert ai("chat", "show", conversation).code == 3


def test_words_may_stand_apart_and_come_from_standard_input(
    ai: AI, shot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "1. A street." in ai("--json", "chat", "list shots").out
    assert "1. A street." in ai("chat", "--json", "say", "list", "shots").json["text"]
    monkeypatch.setattr("sys.stdin", StringIO("list shots\n"))
    assert "1. A street." in ai("chat", "-", "--json").json["text"]


class Terminal:
    """Standard input where somebody types."""

    def __init__(self, *lines: str) -> None:
        self.buffer = BytesIO("".join(f"{line}\n" for line in lines).encode())

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_it_goes_on_line_after_line(
    ai: AI, shot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = "Change the description of shot 1 to"
    lines = (
        "x" * 20_001,
        f"{change} A wet street",
        "y",
        f"{change} A dry street",
        "n",
        "list shots",
    )
    monkeypatch.setattr("sys.stdin", Terminal(*lines))
    said = ai("chat")
    assert said.code == 0, said.err
    assert "at most 20000 characters" in said.err
    assert "Say it in several messages" in said.err
    assert "(accepted)" in said.out
    assert "(rejected)" in said.out
    assert "1. A wet street" in said.out


def test_on_a_terminal_an_outdated_proposal_is_told(
    ai: AI, shot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def outdated(*_: object, **__: object) -> None:
        raise Conflict("proposal_outdated")

    monkeypatch.setattr("ai_video.studio.chat.turns.accept_proposal", outdated)
    monkeypatch.setattr("sys.stdin", Terminal("Undo", "y", "list shots"))
    said = ai("chat")
    assert said.code == 0, said.err
    assert "Ask for the change again." in said.err
    assert "1. A street." in said.out


def test_what_is_rejected_is_not_done(ai: AI, shot: str) -> None:
    (proposal,) = ai("chat", "undo", "--json").json["proposals"]
    assert ai("chat", "reject", proposal["id"], "--json").json["state"] == "rejected"
    assert ai("chat", "accept", proposal["id"]).code == 3


def test_which_project_must_be_clear(ai: AI, shot: str) -> None:
    other = ai("projects", "create", "--set", "name=Other", "--json").json["id"]
    refused = ai("chat", "help", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (3, "chat_project_needed")
    assert ai("chat", "help", "--project", other, "--json").code == 0
    wrong = ai("chat", "help", "--project", "nothing", "--json")
    assert (wrong.code, wrong.json["error"]["code"]) == (3, "not_found")


def test_a_model_that_is_not_enabled_is_refused(ai: AI, shot: str) -> None:
    refused = ai("chat", "help", "--llm", "anthropic", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (3, "not_available")
    assert "llm enable anthropic" in refused.json["error"]["hint"]


def test_help_names_the_commands(ai: AI) -> None:
    shown = ai("chat", "--help")
    assert shown.code == 0
    for name in ("say", "list", "show", "accept", "reject"):
        assert f"\n  {name}" in shown.out


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_interrupts_the_answer(
    ai: AI, shot: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MADE_UP_API_KEY", "sk-made-up")
    with serving({"otherwise": {"hang_s": 60}}) as fake:
        enabling = ["llm", "enable", "anthropic", "--url", fake.url, "--key-env", "MADE_UP_API_KEY"]
        assert ai(*enabling, "--yes").code == 0
        process = subprocess.Popen(
            [*COMMAND, "chat", "How many shots?", "--llm", "anthropic"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(home, AIVIDEO_LANG="en"),
        )
        deadline = time.monotonic() + 60
        while not fake.asked() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        try:
            _, err = process.communicate(timeout=10)
        finally:
            process.kill()
    assert process.returncode == 130, err
    assert b"Traceback" not in err
    (row,) = ai("chat", "list", "--json").json["items"]
    shown = ai("chat", "show", row["id"], "--json").json
    assert [message["state"] for message in shown["messages"]] == ["done", "interrupted"]


def test_escapes_of_a_model_do_not_reach_the_terminal(
    ai: AI, shot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MADE_UP_API_KEY", "sk-made-up")
    escape = "\x1b]0;title\x07"
    edit = {"id": shot, "changes": {"description": f"{escape}A wet street."}}
    script = {
        "rules": [
            {"when": {"turn": 1}, "answer": {"tool": "edit_storyboard", "input": edit}},
            {"when": {"turn": 2}, "answer": {"text": f"Proposed{escape}."}},
        ]
    }
    with serving(script) as fake:
        enabling = ["llm", "enable", "anthropic", "--url", fake.url, "--key-env", "MADE_UP_API_KEY"]
        assert ai(*enabling, "--yes").code == 0
        said = ai("chat", "Wet it", "--llm", "anthropic")
    assert said.code == 0, said.err
    assert "Proposed\ufffd]0;title\ufffd." in said.out
    assert "A street. → \ufffd]0;title\ufffdA wet street." in said.out
    conversation = said.out.split("--conversation ")[1].split()[0]
    for shown in (said, ai("chat", "show", conversation), ai("chat", "list")):
        assert "\x1b" not in shown.out
        assert "\x07" not in shown.out
