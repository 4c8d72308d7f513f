"""Records on the command line: create, edit, list, show; settings and help."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.cli.conftest import Done

Ai = Callable[..., Done]


def test_a_project_is_created_edited_and_listed(ai: Ai) -> None:
    made = ai("projects", "create", "--set", "name=雨夜", "--set", "settings.fps=30", "--json")
    assert made.code == 0
    id = made.json["id"]
    edited = ai("projects", "edit", id, "--set", "settings.music_style=calm", "--json").json
    assert edited["ok"] is True
    assert edited["stale"] == []
    assert edited["item"]["settings"]["music_style"] == "calm"
    assert edited["item"]["settings"]["fps"] == 30
    assert [item["id"] for item in ai("projects", "list", "--json").json["items"]] == [id]
    assert "雨夜" in ai("projects", "list").out
    assert "settings.music_style" in ai("projects", "show", id).out


def test_characters_and_shots_belong_to_what_is_named(ai: Ai) -> None:
    project = ai("projects", "create", "--set", "name=a", "--json").json["id"]
    ai("characters", "create", "--project", project, "--set", "name=小明")
    other = ai("projects", "create", "--set", "name=b", "--json").json["id"]
    rows = ai("characters", "list", "--project", project, "--json").json["items"]
    assert [row["name"] for row in rows] == ["小明"]
    assert ai("characters", "list", "--project", other, "--json").json["items"] == []
    episode = ai("episodes", "create", "--project", project, "--set", "title=一", "--json").json[
        "id"
    ]
    inserted = ai(
        "storyboards", "insert", "--episode", episode, "--position", "1",
        "--set", "description=街道", "--json",
    )  # fmt: skip
    assert inserted.json["item"]["shot_number"] == 1
    assert ai("episodes", "undo", episode, "--json").code == 0
    assert ai("storyboards", "list", "--episode", episode, "--json").json["items"] == []


def test_lists_come_in_pages(ai: Ai) -> None:
    for name in "abc":
        ai("projects", "create", "--set", f"name={name}")
    first = ai("projects", "list", "--limit", "2", "--json").json
    rest = ai("projects", "list", "--limit", "2", "--cursor", first["next"], "--json").json
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)


def test_a_file_becomes_an_asset_and_comes_out_again(ai: Ai, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    asset = ai("assets", "add", str(tmp_path / "a.txt"), "--json").json
    saved = ai("assets", "save", asset["id"], "-o", str(tmp_path / "b.txt"), "--json")
    assert saved.json["sha256"] == asset["sha256"]
    assert (tmp_path / "b.txt").read_bytes() == b"hello"


def test_a_dag_of_unknown_kinds_is_refused(ai: Ai, tmp_path: Path) -> None:
    spec = {"tasks": [{"key": "a", "kind": "nonsense"}]}
    (tmp_path / "dag.json").write_text(json.dumps(spec))
    done = ai("dags", "submit", str(tmp_path / "dag.json"), "--json")
    assert (done.code, done.json["error"]["code"]) == (3, "unknown_task_kind")


def test_a_dag_of_probes_runs_to_its_end(
    ai: Ai, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIVIDEO_PROBES", "1")
    tasks = [
        {"key": "a", "kind": "probe.sleep", "params": {"sleep_ms": 1, "cpu_ms": 0}},
        {
            "key": "b",
            "kind": "probe.sleep",
            "params": {"sleep_ms": 1, "cpu_ms": 0},
            "parents": ["a"],
        },
    ]
    (tmp_path / "dag.json").write_text(json.dumps({"name": "two", "tasks": tasks}))
    done = ai("dags", "submit", str(tmp_path / "dag.json"), "--wait", "--json")
    assert (done.code, done.json["status"]) == (0, "completed")
    listed = ai("tasks", "list", "--dag", done.json["dag_id"], "--json").json["items"]
    assert {task["status"] for task in listed} == {"completed"}
    assert ai("tasks", "list").code == 0
    assert ai("dags", "list").code == 0


def test_settings_show_what_is_in_force_but_never_the_token(
    ai: Ai, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIVIDEO_TOKEN", "geheim")
    done = ai("settings", "show", "--json")
    assert done.json["settings"]["voice"] == "silent"
    assert "geheim" not in done.out


def test_help_needs_no_data_folder(ai: Ai, home: Path) -> None:
    for args in (["--help"], ["make", "--help"], ["projects", "create", "-h"], ["--version"]):
        done = ai(*args)
        assert done.code == 0
        assert done.out
    assert not home.exists()


def test_a_storyboard_sheet_is_written_as_its_suffix_says(ai: Ai, tmp_path: Path) -> None:
    project = ai("projects", "create", "--set", "name=雨夜", "--json").json["id"]
    made = ai("episodes", "create", "--project", project, "--set", "title=一", "--json")
    episode = made.json["id"]
    ai("storyboards", "insert", "--episode", episode, "--position", "1", "--set", "description=街")
    done = ai("episodes", "sheet", episode, "-o", str(tmp_path / "a.html"), "--json")
    assert (done.code, done.json["format"]) == (0, "html")
    assert "还没有画面" in (tmp_path / "a.html").read_text(encoding="utf-8")
    ai("episodes", "sheet", episode, "-o", str(tmp_path / "a.PDF"), "--language", "en")
    assert (tmp_path / "a.PDF").read_bytes().startswith(b"%PDF-")
    refused = ai("episodes", "sheet", episode, "-o", str(tmp_path / "a.docx"), "--json")
    assert (refused.code, refused.json["error"]["code"]) == (3, "sheet_format")
    assert not (tmp_path / "a.docx").exists()


def test_a_film_is_cut_by_hand_from_a_file(ai: Ai, tmp_path: Path) -> None:
    project = ai("projects", "create", "--set", "name=雨夜", "--json").json["id"]
    made = ai("episodes", "create", "--project", project, "--set", "title=一", "--json")
    episode = made.json["id"]
    shots = [
        ai(
            "storyboards", "insert", "--episode", episode, "--position", "1",
            "--set", f"description={words}", "--json",
        ).json["item"]["id"]
        for words in ("街", "雨")
    ]  # fmt: skip
    cut = tmp_path / "cut.json"
    cut.write_text(json.dumps({"clips": [{"storyboard_id": shots[0], "trim_start": 5}]}))
    done = ai("episodes", "timeline", episode, "--cut", str(cut), "--json")
    assert (done.code, done.json["item"]["origin"]) == (0, "edited")
    shown = ai("episodes", "timeline", episode, "--json").json
    assert shown["document"]["left_out"] == [shots[1]]
    assert "edited" in ai("episodes", "timeline", episode).out
    cut.write_text('{"clips": [], "colour": "red"}')
    refused = ai("episodes", "timeline", episode, "--cut", str(cut), "--json")
    assert (refused.code, refused.json["error"]["code"]) == (3, "invalid_value")
    assert ai("episodes", "timeline", episode, "--cut", "x", "--follow-shots").code == 2
    assert ai("episodes", "timeline", episode, "--follow-shots", "--json").code == 0
