"""Whatever is handed in: a plan that can be filmed, or one clear error, and soon."""

from __future__ import annotations

import contextlib
import time

import pytest
from tests.unit.writing.hostile import HostileInput, hostile_inputs

from ai_video.errors import AiVideoError, InputRefused
from ai_video.writing import (
    Cast,
    EpisodePlan,
    RuleWriter,
    WriterOptions,
    read_script,
    read_source,
    split_episodes,
)

INPUTS = list(hostile_inputs(300))
KINDS = sorted({item.kind for item in INPUTS})


async def plans(item: HostileInput) -> list[EpisodePlan]:
    source = read_source(item.data, name=item.name)
    found: list[EpisodePlan] = []
    for episode in split_episodes(source.text):
        script = read_script(episode.text, title=source.title, source_format=source.format)
        assert script.text() == episode.text
        found.append(
            await RuleWriter().storyboards(
                script, known=Cast(), options=WriterOptions(length_s=item.number % 3 * 30.0 or None)
            )
        )
    return found


def assert_can_be_filmed(plan: EpisodePlan) -> None:
    assert plan.shots
    assert plan.title
    for shot in plan.shots:
        assert 0 < shot.duration_s < 20
        assert shot.description.strip()
        assert shot.source_paragraphs
        assert len(shot.lines) <= 2
        for line in shot.lines:
            assert any(char.isalnum() for char in line.text)
            assert len(line.text) <= 400
        assert "\x00" not in shot.description


def is_clear(error: AiVideoError) -> bool:
    words = [error.message("zh"), error.message("en"), error.hint("zh"), error.hint("en")]
    return error.exit_code == 3 and all(words)


async def outcome(item: HostileInput) -> list[EpisodePlan] | AiVideoError:
    try:
        return await plans(item)
    except AiVideoError as error:
        return error


@pytest.mark.parametrize("kind", KINDS)
async def test_hostile_input_gives_a_plan_or_one_clear_error(kind: str) -> None:
    for item in (item for item in INPUTS if item.kind == kind):
        started = time.process_time()
        result = await outcome(item)
        if isinstance(result, AiVideoError):
            assert is_clear(result), item.number
        else:
            for plan in result:
                assert_can_be_filmed(plan)
        assert time.process_time() - started < 4, f"{item.kind} {item.number} took too long"


def test_the_same_seed_gives_the_same_inputs() -> None:
    assert [item.data for item in hostile_inputs(22)] == [item.data for item in INPUTS[:22]]


@pytest.mark.parametrize(
    "piece",
    [
        "[[",
        "（",
        "![a](",
        "“",
        "a：",
        "INT. A - DAY\n\nBOB\nhi\n\n",
        "第一场 街 日\n",
        ". He said",
        "1,",
    ],
)
async def test_twice_the_text_takes_about_twice_the_time(piece: str) -> None:
    async def once(length: int) -> float:
        text = (piece * length)[:length]
        started = time.process_time()
        with contextlib.suppress(InputRefused):
            await RuleWriter().storyboards(read_script(text), known=Cast(), options=WriterOptions())
        return time.process_time() - started

    async def seconds(length: int) -> float:
        """The least of three, free of garbage collection and neighbours."""
        return min([await once(length) for _ in range(3)])

    await once(500)
    short, long = await seconds(5_000), await seconds(20_000)
    assert long < 8 * short + 0.3
