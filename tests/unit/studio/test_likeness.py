"""Faces are given to characters: the nearest first, nobody's face twice, and unknown says why."""

from __future__ import annotations

from uuid import UUID

import numpy as np

from ai_video.assets.faces import Face
from ai_video.studio.runs.likeness import Judged, judge

MING, LI, WANG = (UUID(int=number) for number in (1, 2, 3))


def face(*places: float) -> Face:
    descriptor = np.zeros(128)
    descriptor[: len(places)] = places
    return Face(0, 0, 10, 10, descriptor)


def test_each_character_gets_the_nearest_face_that_is_nobody_elses() -> None:
    frame = [face(0.1), face(1.0)]
    found = judge([frame], {MING: [face(0.0)], LI: [face(0.9)]})
    assert found == {MING: Judged("same", 0.1), LI: Judged("same", 0.1)}


def test_a_face_that_is_far_from_every_reference_is_another_person() -> None:
    found = judge([[face(0.0, 2.0)]], {MING: [face(0.0), face(0.0, 0.9)]})
    assert found == {MING: Judged("different", 1.1)}


def test_the_best_frame_of_a_clip_counts() -> None:
    found = judge([[], [face(0.8)], [face(0.3)]], {MING: [face(0.0)]})
    assert found == {MING: Judged("same", 0.3)}


def test_one_face_is_not_two_people() -> None:
    found = judge([[face(0.0)]], {MING: [face(0.1)], LI: [face(0.2)]})
    assert found[MING] == Judged("same", 0.1)
    assert found[LI] == Judged("unknown", reason="likeness_fewer_faces")


def test_what_cannot_be_judged_is_unknown_with_its_reason() -> None:
    known = {MING: None, LI: [], WANG: [face(0.0)]}
    assert judge([[]], known) == {
        MING: Judged("unknown", reason="likeness_no_reference"),
        LI: Judged("unknown", reason="likeness_no_face_in_reference"),
        WANG: Judged("unknown", reason="likeness_no_face_in_take"),
    }
