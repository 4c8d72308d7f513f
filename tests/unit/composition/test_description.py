"""The words beside a published film."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_video.composition.description import (
    LEAST_CHAPTER_S,
    Chapter,
    Description,
    chapters_of,
    clock,
    description_text,
)


@pytest.mark.parametrize(
    ("parts", "film_s", "chapters"),
    [
        ([], 30, []),
        ([(3, "码头")], 30, [(0, "码头")]),
        ([(3, "码头"), (25, "驾驶室")], 60, [(0, "码头"), (25, "驾驶室")]),
        ([(0, "a"), (15, "a"), (30, "b")], 60, [(0, "a"), (30, "b")]),
        ([(0, "a"), (20, "b"), (25, "c")], 60, [(0, "a"), (25, "c")]),
        ([(0, "a"), (5, "b")], 60, [(0, "b")]),
        ([(0, "a"), (20, "b"), (25, "a")], 60, [(0, "a")]),
    ],
)
def test_chapters_follow_the_parts_and_short_ones_join_their_neighbours(parts, film_s, chapters):
    assert [(row.start_s, row.title) for row in chapters_of(parts, film_s=film_s)] == chapters


@given(st.lists(st.tuples(st.floats(0, 300), st.sampled_from("abcd")), max_size=12))
def test_chapters_can_be_read_by_every_player(parts):
    chapters = chapters_of(sorted(parts), film_s=310)
    starts = [row.start_s for row in chapters]
    assert starts[:1] == ([0.0] if parts else [])
    steps = [later - earlier for earlier, later in itertools.pairwise(starts)]
    assert all(step >= LEAST_CHAPTER_S for step in steps)
    assert all(one.title != two.title for one, two in itertools.pairwise(chapters))


def test_the_text_says_title_chapters_sources_people_and_what_is_generated():
    text = description_text(
        Description(
            title="并网发电",
            summary="电站并网。",
            chapters=(Chapter(0, "把电站建在海上"), Chapter(61.9, "渔民的新工作")),
            sources=("新华社", "能源局"),
            credits=(("记者", "周宁"), ("配音", "Kokoro")),
            statement="本片由人工智能生成。",
            lang="zh",
        )
    )
    assert text == (
        "并网发电\n\n电站并网。\n\n章节：\n00:00 把电站建在海上\n01:01 渔民的新工作\n\n"
        "资料来源：\n- 新华社\n- 能源局\n\n记者：周宁\n配音：Kokoro\n\n本片由人工智能生成。\n"
    )


@pytest.mark.parametrize(
    ("seconds", "hours", "shown"),
    [(0, False, "00:00"), (59.99, False, "00:59"), (3725, True, "1:02:05")],
)
def test_times_are_rounded_down(seconds, hours, shown):
    assert clock(seconds, hours=hours) == shown
