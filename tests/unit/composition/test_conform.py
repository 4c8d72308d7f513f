"""Shapes of clips against the shape of the film."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_video.composition.conform import MAX_CROP, conform, conform_filter


@pytest.mark.parametrize(
    ("source", "target", "kind"),
    [
        ((1280, 720), (1280, 720), "as_is"),
        ((1920, 1080), (1280, 720), "scale"),
        ((832, 480), (1280, 720), "crop"),
        ((1024, 1024), (1280, 720), "extend"),
        ((720, 1280), (1280, 720), "extend"),
        ((1280, 544), (1280, 720), "extend"),
    ],
)
def test_shape_decides_how_a_clip_is_fitted(source, target, kind):
    how = conform(source, target)
    assert how.kind == kind
    assert (how.cropped > 0) == (kind == "crop")


SIDES = st.integers(16, 4096)


@given(st.tuples(SIDES, SIDES), st.tuples(SIDES, SIDES))
def test_never_more_than_a_tenth_is_cropped_away(source, target):
    how = conform(source, target)
    assert 0 <= how.cropped <= MAX_CROP
    assert conform_filter(how, *target)
