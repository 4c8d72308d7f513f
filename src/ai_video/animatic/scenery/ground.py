"""The quiet ground of a card: a gradient, soft discs, rings and slanted bands that drift."""

from __future__ import annotations

import numpy as np

from ai_video.animatic.canvas import Gradient, ellipse_points
from ai_video.animatic.colors import lighter, mix
from ai_video.animatic.layers import Life
from ai_video.animatic.scenery.setting import Setting
from ai_video.animatic.theme import Theme


def paint_ground(place: Setting, aspect: float, theme: Theme, seed: int) -> None:
    """Paint the ground in frame coordinates (x to `aspect`, y to 1)."""
    rng = np.random.default_rng(seed % 2**63 + 5)
    box = place.view
    first, second = theme.ground
    bright = sum(second) / 3 > 0.5
    canvas = place.sheet(0.2, blur=0.0)
    lit = mix(first, theme.accent, 0.10)
    canvas.rect(
        box.left,
        box.top,
        box.right,
        box.bottom,
        Gradient((0, 0), (aspect * 0.7, 1.1), ((0, lit), (0.5, first), (1, second))),
    )
    canvas.glow(aspect * 0.85, 0.15, 0.8, mix(theme.accent, first, 0.3), 0.10 if bright else 0.22)
    bands = canvas
    for step in range(7):
        x = 0.1 + step * (aspect + 0.5) * 0.16 + rng.uniform(-0.06, 0.06)
        wide = rng.uniform(0.04, 0.16)
        bands.fill(
            [(x, -0.3), (x + wide, -0.3), (x + wide - 0.55, 1.3), (x - 0.55, 1.3)],
            theme.ink if not bright else theme.accent,
            alpha=0.028 if not bright else 0.045,
        )
    paint_rings(place, aspect, theme, seed)


def paint_rings(place: Setting, aspect: float, theme: Theme, seed: int) -> None:
    """The drifting discs, rings and dots of a card."""
    rng = np.random.default_rng(seed % 2**63 + 6)
    discs = place.sheet(0.7, life=Life(bob=0.008, glide=-0.006, hz=0.12), blur=0.0)
    for _ in range(5):
        x, y, size = rng.uniform(0, aspect), rng.uniform(0, 1), rng.uniform(0.05, 0.24)
        discs.ellipse(x, y, size, size, lighter(theme.accent, 0.2), alpha=0.05, blur=size * 0.2)
        discs.stroke(
            ellipse_points(x, y, size * 1.25, size * 1.25, count=90),
            0.002,
            theme.accent,
            alpha=0.22,
        )
    dots = place.sheet(1.0, life=Life(glide=0.005), blur=0.0)
    for row in range(7):
        for column in range(9):
            dots.ellipse(
                aspect - 0.30 + column * 0.034,
                0.82 + row * 0.034,
                0.0028,
                0.0028,
                theme.accent,
                alpha=0.5,
            )
