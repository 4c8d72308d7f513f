"""SIGKILL while pictures are drawn again: no prompt is sent twice, no finished try is repeated."""

from __future__ import annotations

import random
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from ai_video.comfyui.fake_server import FakeOptions, serving
from tests.acceptance.conftest import Answer, command, environment

STORY = "第一场 外景 山谷 清晨\n\n小明沿着山路走进山谷。\n"
KILLS = 4


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_tries_survive_kills(cli: Callable[..., Answer], home: Path, tmp_path: Path) -> None:
    story = tmp_path / "valley.txt"
    story.write_text(STORY, encoding="utf-8")
    rng = random.Random(7)
    with serving(FakeOptions(seconds_per_job=0.5)) as fake:
        arguments = (
            "make", str(story), "--generator", "comfyui", "--comfyui", fake.url, "--size", "360p",
            "--voice", "silent", "--until", "keyframes", "--llm", "rules", "--json",
        )  # fmt: skip
        plan = [*arguments]
        plan[plan.index("keyframes")] = "storyboards"
        planned = cli(*plan).json
        shots = len(planned["storyboards"])
        fake.races.switch("black_result", 2)
        kills = 0
        while kills < KILLS:
            process = subprocess.Popen(
                command(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env=environment(home),
            )  # fmt: skip
            try:
                process.wait(timeout=1.5 + rng.random() * 3)
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                kills += 1
        film = cli(*arguments)
        assert film.code == 0, film.err
        posts = Counter(fake.posted())
        sent = [cast("Any", row["body"])["prompt"] for row in fake.log if row["path"] == "/prompt"]
    assert max(posts.values()) == 1
    # Two pictures were black: so many tries more than shots, and no graph was sent again.
    assert len(posts) == shots + 2
    assert len({repr(without_names(graph)) for graph in sent}) == shots + 2
    takes = [
        take
        for shot in planned["storyboards"]
        for take in cli("takes", "list", "--storyboard", shot["id"], "--json").json["items"]
    ]
    assert Counter(take["verdict"] for take in takes) == {"accepted": shots, "discarded": 2}


def without_names(graph: dict[str, Any]) -> list[Any]:
    return [
        [key, {name: value for name, value in node["inputs"].items() if name != "filename_prefix"}]
        for key, node in graph.items()
    ]
