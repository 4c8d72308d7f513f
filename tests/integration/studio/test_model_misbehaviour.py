"""A service that misbehaves, over the wire: a clear state, few calls, the text's own words."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import pytest
from tests.model_writing import STORY

from ai_video.llm.access import ModelAccess
from ai_video.llm.fake_api import FakeLLM, serving
from ai_video.llm.keyed import KeyedLLM
from ai_video.studio.planning.make import make_film
from ai_video.studio.requests import FilmDocument, MakeRequest
from ai_video.studio.studio import Studio
from ai_video.writing import Cast, ModelWriter, WriterOptions, read_script

SHOT = {"first": 1, "last": 1, "picture": "x", "characters": []}
LINES = ["你终于回来了，我等了你整整一个晚上。", "对不起，让你久等了。", "我们走吧。"]
CONTENT = {"when": {"task": "content"}, "answer": {"python": "tests.model_writing:fake_answer"}}


@pytest.fixture
def fake() -> Generator[FakeLLM]:
    with serving() as running:
        yield running


def keyed(fake: FakeLLM) -> KeyedLLM:
    return KeyedLLM(
        ModelAccess("anthropic", "claude-sonnet-5-5", key="made-up", url=fake.url, offline=True)
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"raw": "{not json"}, "no valid answer"),
        ({"json": {"shots": [{**SHOT, "characters": ["谁"]}]}}, "no valid answer"),
        ({"json": {"shots": [{**SHOT, "shot_size": "huge"}]}}, "no valid answer"),
        ({"json": {"shots": [SHOT]}}, "exactly once"),
        ({"json": {"shots": [SHOT, SHOT]}}, "exactly once"),
        ({"json": {"shots": [SHOT], "skipped": [{"item": 2, "why": "remark"}]}}, "exactly once"),
        ({"refusal": "I would rather not."}, "declined"),
        ({"huge_characters": 400_000}, "anthropic"),
        ({"error": {"status": 429, "type": "rate_limit_error"}}, "no more requests"),
        ({"error": {"status": 401, "type": "authentication_error"}}, "credentials"),
        ({"disconnect": "middle"}, "anthropic"),
    ],
    ids=[
        "invalid JSON", "unknown name", "wrong enum", "missing shots", "duplicates", "skipped line",
        "refusal", "huge answer", "rate limit", "401 later", "cut off",
    ],
)  # fmt: skip
async def test_the_chunk_falls_to_the_rules_and_the_film_says_why(
    studio: Studio, fake: FakeLLM, wrong: dict[str, Any], said: str
) -> None:
    fake.play({"rules": [CONTENT], "otherwise": wrong})
    studio.models.given = keyed(fake)
    film = await make_film(studio, MakeRequest(text=STORY, name="雨夜", until="storyboards"))
    assert isinstance(film, FilmDocument)
    fell = [row for row in film.degraded if row.code == "planned_by_rules"]
    assert len(fell) == 1
    assert said in fell[0].message
    assert film.used.llm == "rules"
    assert 1 <= len(fake.asked("storyboards")) <= 6
    assert [line.text for shot in film.storyboards for line in shot.lines] == LINES


async def test_a_service_that_hangs_costs_its_time_limit_and_no_more(fake: FakeLLM) -> None:
    fake.play({"rules": [CONTENT], "otherwise": {"hang_s": 30}})
    writer = ModelWriter(keyed(fake), timeout_s=0.5)
    began = time.monotonic()
    plan = await writer.storyboards(read_script(STORY), known=Cast(), options=WriterOptions())
    assert time.monotonic() - began < 10
    assert plan.by == "rules"
    assert [row.fields["because"] for row in plan.degraded] == ["llm_timeout"]
