"""A shot's length against its speech."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_video.composition.fit import Gaps, frames_needed, place_lines, stretch, trimmed
from ai_video.domain.media_time import FrameRate

NO_GAPS = Gaps(lead_s=0, gap_s=0, tail_s=0)
RATES = st.sampled_from([FrameRate(24), FrameRate(25), FrameRate(30), FrameRate(30000, 1001)])
VOICES = st.lists(st.floats(0.05, 20, allow_nan=False), max_size=6)


@pytest.mark.parametrize(
    ("planned", "voice_s", "frames", "clip_frames", "kind"),
    [
        (100, [], 100, 100, "fits"),
        (100, [4.0], 100, 100, "fits"),
        (100, [4.01], 101, 100, "stretched"),
        (100, [4.8], 120, 100, "stretched"),
        (100, [4.84], 121, 100, "held"),
        (100, [5.0], 125, 100, "held"),
        (100, [5.04], 126, 126, "clip_too_short"),
        (25, [2.0], 50, 25, "held"),
        (25, [2.04], 51, 51, "clip_too_short"),
        (500, [24.0], 600, 500, "stretched"),
        (500, [24.04], 601, 601, "clip_too_short"),
    ],
)
def test_a_shot_stretches_by_a_fifth_or_a_second_before_its_clip_grows(
    planned, voice_s, frames, clip_frames, kind
):
    result = frames_needed(planned, voice_s, rate=FrameRate(25), gaps=NO_GAPS)
    assert (result.frames, result.clip_frames, result.kind) == (frames, clip_frames, kind)


@given(st.integers(1, 2000), VOICES, RATES)
def test_speech_always_has_room_and_the_plan_is_never_cut(planned, voice_s, rate):
    result = frames_needed(planned, voice_s, rate=rate)
    placed, total_s = place_lines(voice_s)
    assert result.frames >= planned
    assert result.frames >= result.clip_frames >= planned
    assert rate.seconds(result.frames) >= total_s - 1e-5
    if placed:
        assert placed[-1][1] < rate.seconds(result.frames)


@given(st.integers(1, 2000), VOICES, RATES)
def test_a_segment_is_never_held_for_more_than_a_second(planned, voice_s, rate):
    result = frames_needed(planned, voice_s, rate=rate)
    plan = stretch(result.clip_frames, result.frames)
    assert plan.moving + plan.held == result.frames
    assert plan.held <= rate.frames_for(1.0)
    assert plan.moving <= result.clip_frames * 1.2 + 1e-6
    assert (plan.held > 0) == (result.kind == "held")


@given(VOICES, st.floats(0, 2), st.floats(0, 2), st.floats(0, 2))
def test_lines_follow_each_other_with_the_gaps_asked_for(voice_s, lead, gap, tail):
    placed, total_s = place_lines(voice_s, lead_s=lead, gap_s=gap, tail_s=tail)
    assert len(placed) == len(voice_s)
    for (start, end), length in zip(placed, voice_s, strict=True):
        assert end - start == pytest.approx(length)
    for (_, before), (after, _) in itertools.pairwise(placed):
        assert after - before == pytest.approx(gap)
    expected = lead + sum(voice_s) + gap * (len(voice_s) - 1) + tail if voice_s else 0
    assert total_s == pytest.approx(expected)


@given(st.integers(1, 500), st.integers(0, 600), st.integers(0, 600), st.integers(0, 600))
def test_a_trim_never_cuts_speech_nor_the_whole_shot(frames, spoken, start, end):
    cut_start, cut_end = trimmed(frames, spoken, start=start, end=end)
    assert 0 <= cut_start <= start
    assert 0 <= cut_end <= end
    assert frames - cut_start - cut_end >= min(frames, max(1, spoken))
    if start + end <= frames - min(frames, max(1, spoken)):
        assert (cut_start, cut_end) == (start, end)
    elif cut_start < start:
        assert cut_end == 0
