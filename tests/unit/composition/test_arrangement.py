"""A person's cut survives new takes, new shots and shots that go."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ai_video.composition.arrangement import (
    Arrangement,
    ClipCut,
    LineGain,
    arrangement_of,
    brought_up_to_date,
)
from ai_video.composition.timeline import TimedLine, TimedShot, auto_timeline
from ai_video.domain.media_time import FrameRate

IDS = [UUID(int=n) for n in range(1, 9)]


def cuts(*numbers: int) -> Arrangement:
    return Arrangement(clips=tuple(ClipCut(storyboard_id=IDS[n]) for n in numbers))


def order(arrangement: Arrangement | None) -> list[int]:
    assert arrangement is not None
    return [IDS.index(clip.storyboard_id) for clip in arrangement.clips]


def test_a_new_shot_stands_behind_the_shot_that_precedes_it():
    edited = cuts(2, 0, 1)
    assert order(brought_up_to_date(edited, IDS[:3])) == [2, 0, 1]
    assert order(brought_up_to_date(edited, [IDS[0], IDS[5], IDS[1], IDS[2]])) == [2, 0, 5, 1]
    assert order(brought_up_to_date(edited, [IDS[6], *IDS[:3]])) == [6, 2, 0, 1]
    assert order(brought_up_to_date(edited, [*IDS[:3], IDS[3], IDS[4]])) == [2, 3, 4, 0, 1]


def test_shots_left_out_stay_out_and_shots_that_are_gone_leave():
    edited = cuts(2, 0).model_copy(update={"left_out": (IDS[1],)})
    kept = brought_up_to_date(edited, [IDS[0], IDS[1]])
    assert order(kept) == [0]
    assert kept is not None
    assert kept.left_out == (IDS[1],)
    assert brought_up_to_date(edited, [IDS[1]]) is None


@given(st.permutations(range(6)), st.sets(st.sampled_from(range(8))))
def test_every_shot_is_in_the_film_once_or_left_out(numbers, present):
    edited = cuts(*numbers[:4]).model_copy(update={"left_out": (IDS[numbers[4]],)})
    shots = [IDS[n] for n in sorted(present)]
    kept = brought_up_to_date(edited, shots)
    if kept is None:
        assert not present & set(numbers[:4])
        return
    assert len(order(kept)) == len(set(order(kept)))
    out = {IDS.index(id) for id in kept.left_out}
    assert set(order(kept)) | out == present
    assert not set(order(kept)) & out
    assert [n for n in order(kept) if n in numbers[:4]] == [n for n in numbers[:4] if n in present]


def test_a_document_tells_the_arrangement_it_was_made_from():
    line = TimedLine(UUID(int=90), 1.0, gain_db=-3.0)
    shots = [
        TimedShot(
            IDS[1], 40, lines=(line,), source_start=5, source_frames=50, trim_start=5, trim_end=9
        ),
        TimedShot(IDS[0], 25),
    ]
    document = auto_timeline(
        shots, rate=FrameRate(25), width=64, height=36, music_gain_db=-6, left_out=[IDS[2]]
    )
    assert arrangement_of(document) == Arrangement(
        clips=(
            ClipCut(storyboard_id=IDS[1], trim_start=5, trim_end=9),
            ClipCut(storyboard_id=IDS[0]),
        ),
        left_out=(IDS[2],),
        gains=(LineGain(line_id=UUID(int=90), gain_db=-3.0),),
        music_gain_db=-6,
    )
    assert arrangement_of(auto_timeline([], rate=FrameRate(25), width=64, height=36)) is None


@pytest.mark.parametrize(
    "said",
    [
        {"clips": []},
        {"clips": [{"storyboard_id": str(IDS[0]), "trim_start": -1}]},
        {"clips": [{"storyboard_id": str(IDS[0]), "speed": 2}]},
        {"clips": [{"storyboard_id": str(IDS[0])}], "music_gain_db": float("nan")},
        {"clips": [{"storyboard_id": str(IDS[0])}], "music_gain_db": 40},
    ],
)
def test_what_cannot_be_rendered_cannot_be_said(said):
    with pytest.raises(ValidationError):
        Arrangement.model_validate(said)
