"""A long story, a model with a price, SIGKILL in the middle: nothing is paid for twice."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from ai_video.llm.fake_api import FakeLLM, serving
from tests.acceptance.conftest import Answer, command, environment
from tests.model_writing import long_story

ANSWERED = {"python": "tests.model_writing:fake_answer", "delay_s": 0.2}
KEY = {"ANTHROPIC_API_KEY": "made-up-for-tests"}


@pytest.fixture
def fake() -> Generator[FakeLLM]:
    with serving() as running:
        yield running


@pytest.fixture
def enabled(cli: Callable[..., Answer], fake: FakeLLM) -> FakeLLM:
    answer = cli("llm", "enable", "anthropic", "--url", fake.url, "--yes", "--json", **KEY)
    assert answer.code == 0, answer.out + answer.err
    fake.forget()
    return fake


def bodies(fake: FakeLLM) -> Counter[str]:
    asked = [*fake.asked("content"), *fake.asked("storyboards")]
    return Counter(json.dumps(body, sort_keys=True) for body in asked)


def answered(fake: FakeLLM) -> int:
    return sum(entry["task"] == "storyboards" and entry["status"] == 200 for entry in fake.log)


@pytest.mark.slow
def test_a_long_story_killed_in_the_middle_goes_on_and_asks_nothing_twice(
    cli: Callable[..., Answer], home: Path, tmp_path: Path, enabled: FakeLLM
) -> None:
    text = long_story(20_000)
    assert len(text) >= 20_000
    story = tmp_path / "信.txt"
    story.write_text(text, encoding="utf-8")
    make = ("make", str(story), "--llm", "anthropic", "--until", "storyboards", "--json")
    enabled.play({"otherwise": {"error": {"status": 401, "type": "authentication_error"}}})
    refused = cli(*make, **KEY)
    assert (refused.code, refused.json["error"]["code"]) == (5, "llm_unauthorized")
    assert len(enabled.log) <= 2
    enabled.forget()
    enabled.play({"rules": [{"answer": ANSWERED}]})
    process = subprocess.Popen(
        command(*make),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(home, **KEY),
    )
    until = time.monotonic() + 120
    while answered(enabled) < 4 and time.monotonic() < until:
        assert process.poll() is None, "the story was planned before it could be killed"
        time.sleep(0.05)
    process.kill()
    process.wait()
    paid = bodies(enabled)
    assert paid

    answer = cli(*make, **KEY)
    assert answer.code == 0, answer.out + answer.err
    film: dict[str, Any] = answer.json
    assert film["used"]["llm"] == "anthropic"
    assert not [row for row in film["degraded"] if row["code"].endswith("_by_rules")]
    counts = bodies(enabled)
    assert len(counts) > 10
    assert max(counts.values()) <= 2
    assert sum(count - 1 for count in counts.values()) <= 1, (
        "only what was under way is asked again"
    )
    assert len(counts) > len(paid)

    said = [line["text"] for shot in film["storyboards"] for line in shot["lines"]]
    assert "".join(said) == "".join(
        row.split("：", 1)[1] for row in text.split("\n\n") if "：" in row
    )
    covered = {number for shot in film["storyboards"] for number in shot["source_paragraphs"]}
    assert covered == set(range(1, text.count("\n\n") + 2))
    cli(*make, **KEY)
    assert bodies(enabled) == counts, "an unchanged text asks nothing"
