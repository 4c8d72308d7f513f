"""The timeline document and what follows from it."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ai_video.composition.fit import frames_needed
from ai_video.composition.timeline import (
    TimedLine,
    TimedShot,
    TimelineDocument,
    auto_timeline,
    line_times,
    segment_order,
    shot_times,
    transition_pairs,
)
from ai_video.domain.media_time import FrameRate

RATES = [FrameRate(24), FrameRate(25), FrameRate(30), FrameRate(30000, 1001)]
SIZE = {"width": 320, "height": 180}


@st.composite
def films(draw: st.DrawFn) -> tuple[list[TimedShot], FrameRate]:
    rate = draw(st.sampled_from(RATES))
    shots = []
    for _ in range(draw(st.integers(0, 5))):
        voices = draw(st.lists(st.floats(0.1, 8), max_size=3))
        needed = frames_needed(draw(st.integers(1, 200)), voices, rate=rate)
        lines = tuple(TimedLine(uuid4(), voice) for voice in voices)
        shots.append(TimedShot(uuid4(), needed.frames, lines=lines))
    return shots, rate


@given(films())
def test_shots_follow_each_other_and_every_line_is_heard_inside_its_shot(film):
    shots, rate = film
    document = auto_timeline(shots, rate=rate, music="calm", **SIZE)
    assert segment_order(document) == [shot.storyboard_id for shot in shots]
    assert document.frames == sum(shot.frames for shot in shots)
    seen, heard = shot_times(document), line_times(document)
    clock = 0.0
    for shot in shots:
        span = seen[shot.storyboard_id]
        assert span.start_s == pytest.approx(clock, abs=1e-6)
        before = span.start_s
        for line in shot.lines:
            said = heard[line.line_id]
            assert before < said.start_s < said.end_s < span.end_s
            assert said.end_s - said.start_s == pytest.approx(line.voice_s, abs=1e-4)
            before = said.end_s
        clock = span.end_s
    assert document.duration_s == pytest.approx(clock, abs=1e-6)


def test_cards_stand_before_and_after_the_shots_and_move_them():
    shots = [TimedShot(UUID(int=1), 50, "cut", (TimedLine(UUID(int=2), 1.5),))]
    bare = auto_timeline(shots, rate=RATES[1], **SIZE)
    document = auto_timeline(shots, rate=RATES[1], title_frames=75, end_frames=100, **SIZE)
    assert [item.kind for item in document.pictures] == ["card", "clip", "card"]
    assert document.frames == 225
    assert shot_times(document)[UUID(int=1)].start_s == 3.0
    moved = line_times(document)[UUID(int=2)].start_s - line_times(bare)[UUID(int=2)].start_s
    assert moved == pytest.approx(3.0)
    broken = document.model_dump(mode="json")
    broken["items"][-1]["span"]["start"] += 1
    with pytest.raises(ValidationError):
        TimelineDocument.model_validate(broken)


@given(films())
def test_a_document_reads_back_as_it_was_written(film):
    shots, rate = film
    document = auto_timeline(shots, rate=rate, **SIZE)
    assert TimelineDocument.model_validate_json(document.model_dump_json()) == document


def test_the_same_shots_give_the_same_document():
    shots = [TimedShot(UUID(int=1), 50, "dip", (TimedLine(UUID(int=2), 1.5),))]
    first = auto_timeline(shots, rate=RATES[1], **SIZE)
    assert first == auto_timeline(shots, rate=RATES[1], **SIZE)
    assert [item.kind for item in first.items] == ["clip", "voice", "subtitle"]
    assert first.clips[0].transition == "dip"


@pytest.mark.parametrize("change", [{"start": 3}, {"rate": {"numerator": 30}}, {"length": 0}])
def test_a_document_with_a_hole_or_a_foreign_grid_is_refused(change):
    shots = [TimedShot(UUID(int=1), 50), TimedShot(UUID(int=2), 25)]
    document = auto_timeline(shots, rate=RATES[1], **SIZE).model_dump(mode="json")
    document["items"][1]["span"].update(change)
    with pytest.raises(ValidationError):
        TimelineDocument.model_validate(document)


def test_a_document_of_another_version_or_with_unknown_keys_is_refused():
    document = auto_timeline([], rate=RATES[1], **SIZE).model_dump(mode="json")
    for change in ({"version": 2}, {"colour": "red"}):
        with pytest.raises(ValidationError):
            TimelineDocument.model_validate({**document, **change})


@pytest.mark.parametrize(
    ("transitions", "pairs"),
    [
        ([], []),
        (["cut", "cut"], [("cut", "cut"), ("cut", "cut")]),
        (["fade_in", "fade_out"], [("fade_in", "cut"), ("cut", "fade_out")]),
        (["cut", "dip"], [("cut", "dip"), ("dip", "cut")]),
        (["dip", "cut"], [("fade_in", "cut"), ("cut", "cut")]),
        (["crossfade", "crossfade"], [("cut", "crossfade"), ("crossfade", "cut")]),
        (["fade_out", "wipe"], [("cut", "fade_out"), ("wipe", "cut")]),
    ],
)
def test_a_border_is_made_by_both_segments(transitions, pairs):
    assert transition_pairs(transitions) == pairs
