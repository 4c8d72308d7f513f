"""A film whose pictures and clips come from a ComfyUI server, by commands and processes alone."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Answer, command, environment
from tests.acceptance.test_kill_and_resume import holds_always

KILLS = 8
DRAWN = ("--voice", "silent", "--size", "360p", "--no-music", "--generator", "comfyui", "--json")


@contextmanager
def fake_server(state: Path, *more: str, port: int = 0) -> Iterator[str]:
    """The shipped stand-in as a process of its own; its address."""
    arguments = ("--port", str(port), "--state", str(state), "--seconds-per-job", "0.1", *more)
    with subprocess.Popen(
        [sys.executable, "-m", "ai_video.comfyui.fake_server", *arguments],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.kill()


def prompts(url: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{url}/_fake/log", timeout=10) as answer:
        rows = json.load(answer)["items"]
    return [row for row in rows if row["method"] == "POST" and row["path"].endswith("/prompt")]


def each_once(rows: list[dict[str, Any]]) -> None:
    ids = [row["prompt_id"] for row in rows]
    assert len(ids) == len(set(ids))
    assert all(row["valid"] for row in rows)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_picture_and_clip_of_a_film_comes_from_the_server(
    cli: Callable[..., Answer], story: Path, tmp_path: Path
) -> None:
    film = tmp_path / "film.mp4"
    with fake_server(tmp_path / "server") as url:
        arguments = ("make", str(story), "-o", str(film), *DRAWN, "--comfyui", url)
        answer = cli(*arguments)
        assert answer.code == 0, answer.out + answer.err
        document = answer.json
        assert document["used"]["generator"] == "comfyui"
        shots = len(document["storyboards"])
        rows = prompts(url)
        each_once(rows)
        kinds = [row["kind"] for row in document["executed"]]
        assert (kinds.count("keyframe"), kinds.count("clip")) == (shots, shots)
        assert len(rows) == 2 * shots
        # Unchanged again: nothing runs and nothing is sent.
        again = cli(*arguments).json
        assert again["executed"] == []
        assert len(prompts(url)) == 2 * shots
        take = document["storyboards"][0]["takes"]["video"]
        shown = cli("takes", "show", take, "--json").json
        item = shown.get("item", shown)
        sent = {row["prompt_id"]: row["body"]["prompt"] for row in rows}
        assert item["workflow_json"] in sent.values()
        exported = tmp_path / "graph.json"
        assert cli("takes", "graph", take, "-o", str(exported)).code == 0
        assert json.loads(exported.read_text("utf-8")) == item["workflow_json"]
        checked = cli("workflows", "check", str(exported), "--server", url, "--json")
        assert checked.json["valid"], checked.out
        # An edit of one shot's words draws that shot again and no other.
        shot = document["storyboards"][0]["id"]
        edited = cli(
            "storyboards", "edit", shot, "--set", "description=雪中的山谷，远景", "--json",
            AIVIDEO_COMFYUI_URL=url,
        )  # fmt: skip
        assert {row["kind"] for row in edited.json["stale"]} >= {"keyframe"}
        # The server that make was given is known to render too.
        rendered = cli("render", document["episode_id"], "-o", str(film), "--json")
        assert rendered.code == 0, rendered.out + rendered.err
        drawn = [row for row in rendered.json["executed"] if row["kind"] in ("keyframe", "clip")]
        assert {row["storyboard_id"] for row in drawn} == {shot}
        assert len(prompts(url)) == 2 * shots + 2


def test_a_server_that_does_not_answer_is_said_and_never_swapped(
    cli: Callable[..., Answer], story: Path, tmp_path: Path
) -> None:
    answer = cli(
        "make", str(story), "-o", str(tmp_path / "film.mp4"), *DRAWN, "--comfyui",
        "http://127.0.0.1:9",
    )  # fmt: skip
    assert answer.code == 5
    assert answer.json["error"]["code"] == "server_no_answer"
    assert answer.json["error"]["hint"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_film_on_a_server_survives_kills_on_both_sides(
    cli: Callable[..., Answer], home: Path, story: Path, tmp_path: Path
) -> None:
    rng = random.Random(7)
    film = tmp_path / "film.mp4"
    sent: list[dict[str, Any]] = []
    port = 0
    for round_ in range(3):
        # The server is killed and started again twice; its log is kept, its queue is not.
        with fake_server(tmp_path / "server", port=port) as url:
            port = int(url.rsplit(":", 1)[1])
            arguments = ("make", str(story), "-o", str(film), *DRAWN, "--comfyui", url)
            for _ in range(KILLS // 2 if round_ < 2 else 1):
                process = subprocess.Popen(
                    command(*arguments),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=environment(home),
                )
                try:
                    process.wait(timeout=3.0 + rng.random() * 3)
                except subprocess.TimeoutExpired:
                    process.kill()
                process.wait()
            if round_ == 2:
                answer = cli(*arguments)
                assert answer.code == 0, answer.out + answer.err
                tasks = cli(
                    "tasks", "list", "--episode", answer.json["episode_id"], "--limit", "10000",
                    "--json",
                )  # fmt: skip
                sent = prompts(url)
    each_once(sent)
    holds_always(tasks.json["items"])
    assert film.stat().st_size > 10_000
