"""Colours and letters of a card, by style and palette."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ai_video.animatic.colors import BLACK, WHITE, Color, darker, lighter, luma, mix, rgb
from ai_video.animatic.lettering import Face
from ai_video.domain.slots import Style

_PAPER: frozenset[Style] = frozenset(
    {"ink_wash", "watercolor", "sketch", "paper_cut", "flat_illustration", "guofeng"}
)
_SERIF: frozenset[Style] = frozenset(
    {"ink_wash", "guofeng", "film_noir", "vintage_film", "steampunk"}
)


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours and face of a card."""

    ground: tuple[Color, Color]
    ink: Color
    soft: Color
    accent: Color
    panel: Color
    panel_alpha: float
    face: Face


def theme_of(style: Style, accent: Color, palette: Sequence[Color]) -> Theme:
    """A light page for drawn styles, a dark one for the others; the accent stays readable on it."""
    face: Face = "serif" if style in _SERIF else "sans"
    if style in _PAPER:
        tint = mix(rgb("#f5efe2"), accent, 0.08)
        strong = darker(accent, 0.3) if luma(accent) > 0.55 else accent
        return Theme(
            (lighter(tint, 0.3), darker(tint, 0.1)),
            rgb("#1f2328"),
            rgb("#5a5f66"),
            strong,
            WHITE,
            0.55,
            face,
        )
    deep = (
        min(palette, key=luma)
        if palette
        else {
            "cyberpunk": rgb("#1a0b3a"),
            "film_noir": rgb("#17181b"),
            "vintage_film": rgb("#2b2018"),
            "steampunk": rgb("#2b1c10"),
        }.get(style, rgb("#12305a"))
    )
    bright = accent if luma(accent) > 0.42 else lighter(accent, 0.45)
    return Theme(
        (mix(deep, BLACK, 0.25), mix(deep, BLACK, 0.62)),
        (0.98, 0.98, 0.98),
        (0.80, 0.84, 0.90),
        bright,
        WHITE,
        0.08,
        face,
    )
