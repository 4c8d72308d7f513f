"""What goes wrong, becomes one document or two lines, and an exit code; never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from tests.integration.cli.conftest import Done

from ai_video.errors import catalogue

Ai = Callable[..., Done]
ID = str(uuid4())

CASES: dict[str, tuple[list[str], int, str]] = {
    "no command": ([], 2, "usage"),
    "unknown command": (["nonsense"], 2, "usage"),
    "unknown subcommand": (["projects", "paint"], 2, "usage"),
    "group without command": (["projects"], 2, "usage"),
    "unknown option": (["projects", "list", "--colour"], 2, "usage"),
    "missing argument": (["projects", "show"], 2, "usage"),
    "missing value": (["projects", "list", "--limit"], 2, "usage"),
    "limit": (["projects", "list", "--limit", "0"], 2, "usage"),
    "choice": (["make", "x", "--mode", "opera"], 2, "usage"),
    "length": (["make", "x", "--length", "-3"], 2, "usage"),
    "shots": (["render", ID, "--shots", "7-3"], 2, "usage"),
    "set": (["projects", "create", "--set", "name"], 2, "usage"),
    "unknown id": (["projects", "show", ID], 3, "not_found"),
    "no id at all": (["projects", "show", "x"], 3, "not_found"),
    "unknown episode": (["render", ID], 3, "not_found"),
    "unknown task": (["tasks", "show", ID], 3, "not_found"),
    "unknown run": (["dags", "run", ID], 3, "not_found"),
    "unknown field": (["projects", "create", "--set", "name=a", "--set", "x=1"], 3, "unknown_field"),
    "bad value": (["projects", "create", "--set", "name=a", "--set", "settings.fps=7"], 3, "invalid_value"),
    "unreadable story": (["make", "/nowhere/story.txt"], 3, "file_unreadable"),
    "a folder as story": (["make", "/tmp"], 3, "file_unreadable"),
    "a name with a NUL": (["make", "a\0b"], 3, "file_unreadable"),
    "unreadable dag": (["dags", "submit", "/nowhere.json"], 3, "file_unreadable"),
    "translate": (["translate", "一个人", "--assets", "/nowhere/x.json"], 3, "file_unreadable"),
    "workflows": (["workflows", "import", "/nowhere/f.json"], 3, "file_unreadable"),
    "a part of a later version": (["cloud"], 3, "not_available"),
    "worker": (["worker"], 3, "no_broker"),
    "llm": (["llm", "test", "claude-code"], 3, "not_available"),
    "llm key": (["llm", "enable", "openai", "--key-env", "sk-1"], 3, "llm_key_name"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_failure_is_one_json_document(ai: Ai, case: str) -> None:
    args, code, error = CASES[case]
    done = ai(*args, "--json")
    assert done.code == code, done
    document = done.json
    assert document["ok"] is False
    assert document["error"]["code"] == error
    assert document["error"]["message"]
    assert document["error"]["hint"]
    assert isinstance(document["error"]["fields"], dict)
    assert error in catalogue()
    assert "Traceback" not in done.err


@pytest.mark.parametrize("case", CASES)
def test_a_failure_reads_as_words_on_stderr(ai: Ai, case: str) -> None:
    args, code, _ = CASES[case]
    done = ai(*args)
    assert (done.code, done.out) == (code, "")
    assert done.err.strip()
    assert "Traceback" not in done.err


def test_json_and_data_may_stand_before_or_after_the_command(ai: Ai, tmp_path: Path) -> None:
    for number, args in enumerate(
        (
            ["--json", "--data", "{}", "projects", "list"],
            ["projects", "--json", "--data", "{}", "list"],
            ["projects", "list", "--data", "{}", "--json"],
        )
    ):
        folder = tmp_path / str(number)
        done = ai(*[arg.format(folder) for arg in args])
        assert (done.code, done.json) == (0, {"items": [], "next": None})
        assert folder.is_dir()


def test_messages_speak_the_asked_language(ai: Ai) -> None:
    assert "找不到" in ai("projects", "show", "x", "--lang", "zh").err
    assert "no projects" in ai("--lang", "en", "projects", "show", "x").err


def test_a_broken_config_file_is_refused_by_name(ai: Ai, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text("slots = 'many'\n")
    done = ai("projects", "list", "--json")
    assert (done.code, done.json["error"]["code"]) == (3, "invalid_value")
    assert done.json["error"]["fields"]["field"] == "slots"


def test_a_data_folder_that_cannot_be_made_is_refused(ai: Ai, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = ai("projects", "list", "--json", "--data", str(tmp_path / "file" / "x"))
    assert (done.code, done.json["error"]["code"]) == (3, "file_unwritable")


def test_only_debug_shows_a_traceback(ai: Ai) -> None:
    assert "Traceback" in ai("projects", "show", "x", "--debug").err
