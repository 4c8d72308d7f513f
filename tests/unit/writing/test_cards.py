"""Figures that a card shows."""

from __future__ import annotations

import pytest

from ai_video.writing.cards import figures_of


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        (
            "Each of the eight arms carries about 200 suckers, and each sucker holds roughly 10,000 sensory cells.",
            ("200 suckers", "10,000 sensory cells"),
        ),
        ("An octopus has about 500 million neurons.", ("500 million",)),
        ("About 1,200 people came.", ("1,200 people",)),
        ("In 2022 students came, in 1999 others.", ()),
        ("Room 404 is always dark, and 300 was too few.", ()),
        ("Version 1.200 scripts and a code 12345x stay out.", ()),
    ],
)
def test_large_numbers_of_anything_counted_are_figures(text: str, figures: tuple[str, ...]) -> None:
    assert figures_of(text, "en") == figures
