"""Colours as RGB triples of floats in 0..1, and the few ways to mix them."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Sequence

Color = tuple[float, float, float]

_HEX = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})")

WHITE: Color = (1.0, 1.0, 1.0)
BLACK: Color = (0.0, 0.0, 0.0)


def rgb(code: str) -> Color:
    """The colour of `#rrggbb` or `#rgb`."""
    digits = code.lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return red, green, blue


def parse_palette(codes: Sequence[str]) -> tuple[Color, ...]:
    """The colours among a user's words; what is no hex colour is left out."""
    return tuple(rgb(code) for code in codes if _HEX.fullmatch(code.strip()))


def mix(first: Color, second: Color, share: float) -> Color:
    """`first` with `share` of `second` in it."""
    red, green, blue = (a + (b - a) * share for a, b in zip(first, second))
    return red, green, blue


def darker(color: Color, share: float) -> Color:
    """The colour with its light lowered, a little cooler as shadows are."""
    return mix(color, (color[0] * 0.12, color[1] * 0.12, color[2] * 0.2), share)


def lighter(color: Color, share: float) -> Color:
    return mix(color, WHITE, share)


def times(first: Color, second: Color) -> Color:
    red, green, blue = (min(1.0, a * b) for a, b in zip(first, second))
    return red, green, blue


def luma(color: Color) -> float:
    return 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]


def from_hsv(hue: float, saturation: float, value: float) -> Color:
    """A colour from hue (turns), saturation and value in 0..1."""
    return colorsys.hsv_to_rgb(hue % 1.0, min(1.0, saturation), min(1.0, value))


def shifted(
    color: Color, *, hue: float = 0.0, saturation: float = 1.0, value: float = 1.0
) -> Color:
    """The colour with its hue turned and saturation and value scaled."""
    turn, strength, height = colorsys.rgb_to_hsv(*color)
    return from_hsv(turn + hue, strength * saturation, height * value)
