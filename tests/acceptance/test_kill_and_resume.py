"""SIGKILL at random moments: the same command again finishes, and nothing was done twice."""

from __future__ import annotations

import random
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import QUICK, Answer, command, environment

KILLS = 20


def holds_always(tasks: list[dict[str, Any]]) -> None:
    """Per slot and fingerprint: at most one completed attempt, and none started after it."""
    attempts: defaultdict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    remote_ids: list[str] = []
    for task in tasks:
        slot = tuple(
            task[name] for name in ("kind", "part", "storyboard_id", "line_id", "fingerprint")
        )
        if task["satisfied"]:
            assert task["attempts"] == []
        if task["fingerprint"] is not None:
            attempts[slot] += task["attempts"]
        remote_ids += [row["remote_id"] for row in task["attempts"] if row["remote_id"]]
    assert len(remote_ids) == len(set(remote_ids))
    for rows in attempts.values():
        assert all(row["started_at"] for row in rows)
        completed = [row for row in rows if row["outcome"] == "completed"]
        assert len(completed) <= 1
        for done in completed:
            assert all(row["started_at"] <= done["ended_at"] for row in rows)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_film_killed_at_random_moments_completes_and_repeats_nothing(
    cli: Callable[..., Answer], home: Path, story: Path, tmp_path: Path
) -> None:
    rng = random.Random(20)
    arguments = ("make", str(story), "-o", str(tmp_path / "film.mp4"), *QUICK)
    kills = 0
    for _ in range(KILLS):
        process = subprocess.Popen(
            command(*arguments),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(home),
        )
        try:
            process.wait(timeout=1.2 + rng.random() * 2.5)
        except subprocess.TimeoutExpired:
            process.kill()
            kills += 1
        process.wait()
    assert kills >= 3, "the film was finished before it could be killed"
    started = time.monotonic()
    answer = cli(*arguments)
    assert answer.code == 0, answer.out + answer.err
    assert time.monotonic() - started < 120
    assert answer.json["ok"]
    assert (tmp_path / "film.mp4").stat().st_size > 10_000
    tasks = cli(
        "tasks", "list", "--episode", answer.json["episode_id"], "--limit", "10000", "--json"
    )
    holds_always(tasks.json["items"])
    report = cli("doctor", "--json", AIVIDEO_VOICE="silent")
    assert report.json["invariants"]
    assert all(row["violations"] == 0 for row in report.json["invariants"])
    again = cli(*arguments)
    assert again.json["executed"] == []


def test_two_processes_on_one_data_folder_both_answer(
    home: Path, story: Path, tmp_path: Path
) -> None:
    other = tmp_path / "second.txt"
    other.write_text(story.read_text(encoding="utf-8").replace("陈默", "周远"), encoding="utf-8")
    processes = [
        subprocess.Popen(
            command("make", str(path), "-o", str(tmp_path / f"{index}.mp4"), *QUICK),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(home),
        )
        for index, path in enumerate([story, other])
    ]
    answers = [process.communicate(timeout=240) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], answers
    assert all((tmp_path / f"{index}.mp4").exists() for index in range(2))
