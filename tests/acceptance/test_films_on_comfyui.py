"""A film whose pictures and clips come from a ComfyUI server, by commands and processes alone."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Answer, command, environment
from tests.acceptance.test_kill_and_resume import holds_always

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
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("scenes", "kills", "servers"),
    [
        pytest.param(5, 8, 3, id="8 kills, 2 of the server"),
        pytest.param(12, 20, 6, id="20 kills, 5 of the server", marks=pytest.mark.soak),
    ],
)
def test_a_film_on_a_server_survives_kills_on_both_sides(
    cli: Callable[..., Answer], home: Path, tmp_path: Path, scenes: int, kills: int, servers: int
) -> None:
    """`servers`: how many are started one after the other; all but the last are killed while a
    command of ours waits for them. The log of what they were sent is kept, their queues are not."""
    rng, log = random.Random(7), tmp_path / "server" / "requests.jsonl"
    words = ("make", str(a_story(tmp_path, scenes)), "-o", str(tmp_path / "film.mp4"), *DRAWN)
    port = killed = 0
    begun: list[int] = []
    ours: Killed | None = None
    for life in range(servers):
        with fake_server(tmp_path / "server", "--seconds-per-job", "0.3", port=port) as url:
            port = int(url.rsplit(":", 1)[1])
            begun.append(len(prompts(url)))
            arguments = (*words, "--comfyui", url)
            while killed < kills * (life + 1) // servers:
                ours = ours or Killed(arguments, home, log)
                ours.wait_for_a_prompt(1.0 + rng.random() * 4)
                time.sleep(rng.random() * 0.4)
                assert ours.kill(), "the film was made before it could be killed"
                ours, killed = None, killed + 1
            if life < servers - 1:
                ours = Killed(arguments, home, log)
                ours.wait_for_a_prompt(20)
            else:
                answer = cli(*arguments)
                assert answer.code == 0, answer.out + answer.err
                sent = prompts(url)
    lives = [sent[first:last] for first, last in pairwise([*begun, len(sent)])]
    document = answer.json
    tasks = cli("tasks", "list", "--episode", document["episode_id"], "--limit", "10000", "--json")
    holds_always(tasks.json["items"])
    each_once(sent)
    asked = [[told(row["body"]["prompt"]) for row in rows] for rows in lives]
    # A server that lives is asked for a graph once, whoever was killed; one that died may have
    # taken its running and its waiting prompt along.
    assert all(len(graphs) == len(set(graphs)) for graphs in asked)
    drawn = {graph for graphs in asked for graph in graphs}
    assert len(drawn) == 2 * len(document["storyboards"])
    assert sum(map(len, asked)) <= len(drawn) + 2 * (servers - 1)
    done = [
        attempt["remote_id"]
        for task in tasks.json["items"]
        if task["kind"] in ("keyframe", "clip")
        for attempt in task["attempts"]
        if attempt["outcome"] == "completed"
    ]
    assert len(done) == len(drawn)
    assert set(done) <= {row["prompt_id"] for row in sent}


def a_story(folder: Path, scenes: int) -> Path:
    """Two shots a scene, each with a picture of its own."""
    path = folder / "长夜.txt"
    path.write_text(
        "\n\n".join(
            f"第{number}场 外景 街道 夜\n\n少年走过第{number}盏路灯，停下来。\n\n"
            f"雨落在第{number}块石板上，水光闪动。"
            for number in range(1, scenes + 1)
        ),
        encoding="utf-8",
    )
    return path


def told(graph: object) -> str:
    """A graph without the name that each attempt gives to its files."""
    return re.sub(r"ai-video/[0-9a-f-]{36}", "ai-video/", json.dumps(graph, sort_keys=True))


class Killed:
    """A command that is killed, and what the server's log says meanwhile."""

    def __init__(self, arguments: tuple[str, ...], home: Path, log: Path) -> None:
        self._log = log
        self._size = log.stat().st_size if log.exists() else 0
        self._process = subprocess.Popen(
            command(*arguments),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(home),
        )

    def wait_for_a_prompt(self, patience_s: float) -> None:
        """Until a prompt was sent since the start; no longer than this, in which it reads, plans,
        or takes over what runs."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline and not self._has_sent():
            time.sleep(0.05)

    def _has_sent(self) -> bool:
        if not self._log.exists():
            return False
        with self._log.open("rb") as file:
            file.seek(self._size)
            return b'"path": "/prompt"' in file.read()

    def kill(self) -> bool:
        """False: it had ended before."""
        ended = self._process.poll() is not None
        self._process.kill()
        self._process.wait()
        return not ended
