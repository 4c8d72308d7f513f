"""Exit codes and documents as a script sees them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.conftest import QUICK, Answer


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("make",), 2),
        (("make", "nowhere.txt"), 3),
        (("make", "-", "--aspect", "5:4"), 2),
        (("render", "no-id"), 3),
        (("render", "0190f5a0-0000-7000-8000-000000000000"), 3),
        (("projects", "show", "0190f5a0-0000-7000-8000-000000000000"), 3),
        (("projects", "create", "--set", "colour=red"), 3),
        (("cloud", "list"), 3),
        (("tasks", "list", "--limit", "0"), 2),
        (("nonsense",), 2),
    ],
)
def test_a_wrong_command_answers_with_one_document_and_a_hint(
    cli: Callable[..., Answer], arguments: tuple[str, ...], code: int
) -> None:
    answer = cli(*arguments, "--json")
    assert answer.code == code, answer.out + answer.err
    error = answer.json["error"]
    assert answer.json["ok"] is False
    assert error["code"]
    assert error["message"]
    assert error["hint"]
    assert isinstance(error["fields"], dict)
    assert "Traceback" not in answer.err


def test_make_until_storyboards_generates_nothing(cli: Callable[..., Answer], story: Path) -> None:
    answer = cli("make", str(story), "--until", "storyboards", *QUICK)
    assert answer.code == 0, answer.err
    assert answer.json["film"] is None
    assert answer.json["tasks"]["total"] == 0
    assert len(answer.json["storyboards"]) >= 4


def test_a_dry_run_lists_what_would_run_and_makes_no_film(
    cli: Callable[..., Answer], story: Path, home: Path
) -> None:
    answer = cli("make", str(story), "--dry-run", *QUICK)
    assert answer.code == 0, answer.err
    assert answer.json["dry_run"] is True
    assert answer.json["film"] is None
    kinds = {row["kind"] for row in answer.json["executed"]}
    assert kinds == {"voice", "keyframe", "clip", "segment", "composite"}
    assert not list(home.glob("films/*"))


def test_a_project_copy_runs_no_task(cli: Callable[..., Answer], story: Path) -> None:
    made = cli("make", str(story), *QUICK).json
    copy = cli("projects", "copy", made["project_id"], "--json")
    assert copy.code == 0, copy.out
    episodes = cli("episodes", "list", "--project", copy.json["id"], "--json").json["items"]
    again = cli("render", episodes[0]["id"], "--json", AIVIDEO_VOICE="silent")
    assert again.code == 0, again.out
    assert again.json["executed"] == []
    assert again.json["film"]["stream_sha256"] == made["film"]["stream_sha256"]
