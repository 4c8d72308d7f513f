"""Places under a roof."""

from __future__ import annotations

import math

import numpy as np

from ai_video.animatic.canvas import Canvas, Gradient, vertical
from ai_video.animatic.colors import BLACK, WHITE, Color, darker, lighter, mix, rgb, shifted, times
from ai_video.animatic.layers import Life
from ai_video.animatic.scenery import parts
from ai_video.animatic.scenery.parts import BOTTOM, LAMP, LEFT, RIGHT
from ai_video.animatic.scenery.setting import MASTER, Setting

_WALLS = ("#d9c9b4", "#b9c7c0", "#c9b8b5", "#aebfd0", "#d8cfbd", "#bcae9e")
_CLOTH = ("#b8614f", "#4f7387", "#7a8f5c", "#8a6a8f", "#c59a4a")


def _dim(place: Setting, canvas: Canvas, share: float = 0.8) -> None:
    """The room's own darkness at night, warmed by its lamps."""
    light = place.light
    warm = times(mix(light.tint, (1.0, 1.0, 1.0), 0.35), (1.0, 1.0, 1.0))
    lamp = mix(warm, (0.98, 0.82, 0.62), 0.7 * light.lamps * light.night)
    canvas.rgb *= np.array(mix((1.0, 1.0, 1.0), lamp, share), np.float32)


def home(place: Setting) -> None:
    """A living room: window, sofa, shelf, lamp, rug."""
    rng = place.rng("home")
    wall = rgb(_WALLS[int(rng.integers(len(_WALLS)))])
    cloth = rgb(_CLOTH[int(rng.integers(len(_CLOTH)))])
    back = place.sheet(0.42)
    parts.room(place, back, wall=wall, floor=rgb("#a9825c"))
    left = 0.62 + rng.uniform(-0.05, 0.05)
    parts.picture_frame(place, back, 0.3, 0.3, 0.2, 0.15, rng)
    parts.picture_frame(place, back, 0.12, 0.36, 0.08, 0.11, rng)
    parts.bookcase(back, 1.5, 1.86, 0.22, 0.70, rng, rgb("#7b5a3e"))
    parts.bookcase(back, -0.5, -0.2, 0.3, 0.70, rng, rgb("#7b5a3e"), rows=3)
    _dim(place, back)
    parts.window(
        place,
        back,
        left,
        0.13,
        left + 0.56,
        0.52,
        rng,
        frame=place.lit(rgb("#f0ebe0"), 0.6),
        curtain=place.lit(lighter(cloth, 0.3), 0.7),
        bars=3,
    )
    parts.daylight(place, back, left, left + 0.56, 0.13, 0.70)
    parts.pendant(place, back, 0.36, 0.12, rgb("#d8b36a"))
    near = place.sheet(0.74)
    near.ellipse(0.95, 0.86, 0.72, 0.075, mix(cloth, rgb("#efe6d6"), 0.55))
    near.ellipse(0.95, 0.86, 0.62, 0.06, mix(cloth, rgb("#efe6d6"), 0.3))
    parts.shadow(near, 0.36, 0.80, 0.4)
    _sofa(near, 0.02, 0.72, 0.8, cloth)
    parts.shadow(near, 1.5, 0.805, 0.1)
    parts.plant(near, 1.44, 0.8, 0.3, rng)
    _dim(place, near)
    parts.floor_lamp(place, near, -0.06, 0.8, 0.52)


def _sofa(canvas: Canvas, left: float, right: float, ground: float, cloth: Color) -> None:
    dark = darker(cloth, 0.25)
    canvas.rect(
        left + 0.02,
        ground - 0.29,
        right - 0.02,
        ground - 0.06,
        vertical(ground - 0.29, ground - 0.06, lighter(cloth, 0.08), dark),
        round_by=0.045,
    )
    canvas.rect(left + 0.03, ground - 0.15, right - 0.03, ground - 0.04, cloth, round_by=0.025)
    middle = (left + right) / 2
    canvas.rect(
        middle - 0.0015,
        ground - 0.27,
        middle + 0.0015,
        ground - 0.05,
        darker(cloth, 0.5),
        alpha=0.7,
    )
    canvas.rect(
        left + 0.03,
        ground - 0.155,
        right - 0.03,
        ground - 0.14,
        lighter(cloth, 0.18),
        round_by=0.01,
        alpha=0.7,
    )
    for x in (left, right - 0.075):
        canvas.rect(
            x,
            ground - 0.205,
            x + 0.075,
            ground - 0.02,
            vertical(ground - 0.2, ground, lighter(cloth, 0.12), dark),
            round_by=0.03,
        )
    for x in (left + 0.03, right - 0.05):
        canvas.rect(x, ground - 0.025, x + 0.02, ground, rgb("#3a2a20"))
    canvas.fill(
        [
            (left + 0.1, ground - 0.23),
            (left + 0.2, ground - 0.25),
            (left + 0.22, ground - 0.145),
            (left + 0.12, ground - 0.135),
        ],
        shifted(cloth, hue=0.42, value=1.15),
    )


def bedroom(place: Setting) -> None:
    """A bed under a window, a lamp beside it."""
    rng = place.rng("bedroom")
    wall = rgb(_WALLS[int(rng.integers(len(_WALLS)))])
    cloth = rgb(_CLOTH[int(rng.integers(len(_CLOTH)))])
    back = place.sheet(0.42)
    parts.room(place, back, wall=wall, floor=rgb("#9c7a58"))
    parts.picture_frame(place, back, 0.35, 0.28, 0.22, 0.16, rng)
    back.rect(-0.5, 0.2, -0.12, 0.7, rgb("#8a6a4c"))
    back.rect(-0.315, 0.22, -0.31, 0.69, darker(rgb("#8a6a4c"), 0.4))
    _dim(place, back)
    parts.window(
        place,
        back,
        0.95,
        0.12,
        1.42,
        0.5,
        rng,
        frame=rgb("#efe9dd"),
        curtain=place.lit(lighter(cloth, 0.35), 0.7),
    )
    parts.daylight(place, back, 0.95, 1.42, 0.12, 0.7)
    near = place.sheet(0.74)
    parts.shadow(near, 0.4, 0.84, 0.5)
    near.rect(-0.06, 0.44, 0.0, 0.83, rgb("#6d4d36"), round_by=0.012)
    near.rect(
        -0.02,
        0.62,
        0.86,
        0.80,
        vertical(0.62, 0.8, lighter(cloth, 0.15), darker(cloth, 0.2)),
        round_by=0.03,
    )
    near.rect(-0.01, 0.605, 0.22, 0.665, rgb("#f4efe6"), round_by=0.03)
    near.rect(0.2, 0.61, 0.87, 0.64, rgb("#f3ece0"), round_by=0.015)
    for x in (0.3, 0.5, 0.7):
        near.stroke(
            [(x, 0.65), (x + 0.03, 0.72), (x, 0.79)],
            0.006,
            darker(cloth, 0.25),
            soft=True,
            alpha=0.5,
        )
    near.rect(0.9, 0.66, 1.04, 0.82, rgb("#7a573c"), round_by=0.006)
    near.rect(0.915, 0.7, 1.025, 0.705, darker(rgb("#7a573c"), 0.4))
    _dim(place, near)
    parts.floor_lamp(place, near, 0.97, 0.66, 0.09)


def office(place: Setting) -> None:
    """Desks, screens, a wall of glass with the town outside."""
    rng = place.rng("office")
    back = place.sheet(0.4)
    wall = rgb("#c3ccd3")
    parts.room(place, back, wall=wall, floor=rgb("#7f858c"), boards=False)
    _dim(place, back, 0.6)
    parts.window(
        place, back, 0.12, 0.08, 1.28, 0.56, rng, frame=place.lit(rgb("#5a6672"), 0.5), bars=5
    )
    parts.daylight(place, back, 0.4, 0.9, 0.08, 0.7)
    back.rect(1.42, 0.16, 1.95, 0.48, rgb("#f3f5f5"))
    back.rect(1.41, 0.15, 1.96, 0.165, rgb("#6a737c"))
    for row, wide in enumerate((0.2, 0.3, 0.16, 0.26)):
        back.rect(
            1.46,
            0.21 + row * 0.05,
            1.46 + wide,
            0.218 + row * 0.05,
            rgb(("#3b6ea5", "#5f6c78", "#c0564a", "#5f6c78")[row]),
        )
    bars = place.rng("bars").uniform(0.04, 0.13, 5)
    for index, tall in enumerate(bars):
        back.rect(1.79 + index * 0.028, 0.44 - tall, 1.81 + index * 0.028, 0.44, rgb("#4f8a8b"))
    for x in (0.2, 0.9, 1.6):
        back.rect(
            x, -0.05, x + 0.3, -0.03, mix(rgb("#e9edf0"), (1.0, 0.98, 0.9), place.light.lamps)
        )
        back.glow(x + 0.15, -0.02, 0.5, (1.0, 0.97, 0.9), 0.14 + 0.2 * place.light.lamps)
    near = place.sheet(0.74)
    for left in (-0.34, 0.42, 1.18):
        parts.shadow(near, left + 0.28, 0.835, 0.32)
        _desk(place, near, left, left + 0.58, 0.835, rng)
    parts.plant(near, 2.02, 0.84, 0.36, rng)
    parts.plant(near, 0.33, 0.81, 0.24, rng)
    _dim(place, near, 0.5)
    for left in (-0.34, 0.42, 1.18):
        near.glow(left + 0.3, 0.6, 0.16, rgb("#9fd0ff"), 0.22 * (0.4 + place.light.night))


def _desk(
    place: Setting,
    canvas: Canvas,
    left: float,
    right: float,
    ground: float,
    rng: np.random.Generator,
) -> None:
    wood = rgb("#c9ab82")
    top = ground - 0.16
    canvas.rect(left, top, right, top + 0.018, lighter(wood, 0.1))
    canvas.rect(left + 0.015, top + 0.018, left + 0.03, ground, rgb("#59626b"))
    canvas.rect(right - 0.13, top + 0.018, right - 0.015, ground, darker(wood, 0.25))
    for row in range(3):
        canvas.rect(
            right - 0.122,
            top + 0.028 + row * 0.045,
            right - 0.023,
            top + 0.064 + row * 0.045,
            darker(wood, 0.12),
        )
    x = left + 0.2
    canvas.rect(x + 0.07, top - 0.05, x + 0.09, top, rgb("#3a424b"))
    canvas.rect(x + 0.04, top - 0.008, x + 0.12, top, rgb("#3a424b"))
    canvas.rect(x, top - 0.15, x + 0.16, top - 0.045, rgb("#252b33"), round_by=0.006)
    canvas.rect(
        x + 0.006,
        top - 0.144,
        x + 0.154,
        top - 0.053,
        vertical(top - 0.144, top - 0.053, rgb("#2d6aa3"), rgb("#79b4d9")),
    )
    for row in range(5):
        canvas.rect(
            x + 0.014,
            top - 0.136 + row * 0.015,
            x + 0.014 + rng.uniform(0.04, 0.12),
            top - 0.131 + row * 0.015,
            WHITE,
            alpha=0.75,
        )
    canvas.rect(left + 0.06, top - 0.05, left + 0.085, top, rgb("#d9d4c8"), round_by=0.004)
    for row in range(4):
        canvas.rect(
            right - 0.13,
            top - 0.012 * (row + 1),
            right - 0.03,
            top - 0.012 * row - 0.002,
            rgb(("#e9e5da", "#c9d3da", "#e0c9a9", "#f1efe8")[row]),
        )
    chair_x = left + 0.29
    canvas.rect(
        chair_x - 0.06, top - 0.02, chair_x + 0.06, top + 0.1, rgb("#3b4652"), round_by=0.02
    )
    canvas.rect(chair_x - 0.005, top + 0.1, chair_x + 0.005, ground - 0.01, rgb("#2b323a"))
    canvas.stroke(
        [(chair_x - 0.05, ground), (chair_x, ground - 0.02), (chair_x + 0.05, ground)],
        0.008,
        rgb("#2b323a"),
    )
    del place


def school(place: Setting) -> None:
    """A classroom: board, windows, rows of desks."""
    rng = place.rng("school")
    back = place.sheet(0.42)
    parts.room(place, back, wall=rgb("#e3dcc8"), floor=rgb("#b08d62"))
    back.rect(LEFT, 0.5, RIGHT, 0.67, rgb("#9fb8a5"))
    back.rect(0.38, 0.14, 1.36, 0.5, rgb("#8b6a48"))
    back.rect(0.395, 0.155, 1.345, 0.485, vertical(0.155, 0.485, rgb("#2f5a4c"), rgb("#27493f")))
    chalk = rgb("#e7efe6")
    for row in range(4):
        x = 0.46
        while x < 0.46 + rng.uniform(0.25, 0.42):
            wide = rng.uniform(0.014, 0.03)
            back.rect(
                x, 0.2 + row * 0.06, x + wide, 0.212 + row * 0.06, chalk, alpha=0.55, blur=0.001
            )
            x += wide + 0.01
    back.stroke(parts.ellipse_points(1.1, 0.31, 0.1, 0.1), 0.004, chalk, alpha=0.7)
    back.stroke([(1.0, 0.31), (1.2, 0.31)], 0.003, chalk, alpha=0.6)
    back.stroke([(1.1, 0.31), (1.17, 0.24)], 0.003, chalk, alpha=0.6)
    back.rect(0.38, 0.495, 1.36, 0.507, rgb("#a98a62"))
    _dim(place, back, 0.7)
    parts.window(place, back, 1.52, 0.12, 1.98, 0.48, rng, frame=rgb("#eef0ee"), skyline=False)
    parts.window(place, back, -0.42, 0.12, 0.14, 0.48, rng, frame=rgb("#eef0ee"), skyline=False)
    parts.daylight(place, back, -0.3, 0.1, 0.12, 0.7)
    for depth, line, size, count in ((0.62, 0.765, 0.75, 7), (0.8, 0.86, 1.05, 6)):
        row_sheet = place.sheet(depth)
        for index in range(count):
            x = LEFT + 0.2 + index * (RIGHT - LEFT) / count
            _school_desk(row_sheet, x, line, size)
        _dim(place, row_sheet, 0.7)


def _school_desk(canvas: Canvas, x: float, ground: float, size: float) -> None:
    wood, metal = rgb("#cf9d62"), rgb("#5b6672")
    wide, high = 0.2 * size, 0.12 * size
    parts.shadow(canvas, x, ground, wide * 0.6)
    for side in (-0.44, 0.44):
        canvas.rect(x + side * wide - 0.004, ground - high, x + side * wide + 0.004, ground, metal)
    canvas.fill(
        [
            (x - wide * 0.5, ground - high),
            (x + wide * 0.5, ground - high),
            (x + wide * 0.46, ground - high - 0.03 * size),
            (x - wide * 0.46, ground - high - 0.03 * size),
        ],
        lighter(wood, 0.16),
    )
    canvas.rect(x - wide * 0.5, ground - high, x + wide * 0.5, ground - high + 0.022 * size, wood)
    canvas.rect(
        x - wide * 0.3,
        ground - high - 0.028 * size,
        x - wide * 0.08,
        ground - high - 0.012 * size,
        rgb("#f2efe4"),
    )
    canvas.rect(
        x + 0.02,
        ground - high - 0.034 * size,
        x + wide * 0.3,
        ground - high - 0.014 * size,
        rgb("#5b86a8"),
    )


def hospital(place: Setting) -> None:
    """A ward: bed, drip, monitor, curtain."""
    rng = place.rng("hospital")
    back = place.sheet(0.42)
    parts.room(
        place,
        back,
        wall=rgb("#d8e6e6"),
        floor=rgb("#b5c5c8"),
        boards=False,
        skirting=rgb("#8fb3b5"),
    )
    back.rect(LEFT, 0.5, RIGHT, 0.515, rgb("#8fc0bd"))
    _dim(place, back, 0.6)
    parts.window(
        place, back, 0.9, 0.12, 1.4, 0.47, rng, frame=rgb("#f3f6f6"), curtain=rgb("#bfdcd8")
    )
    back.rect(0.06, 0.18, 0.6, 0.24, rgb("#f2f6f6"), round_by=0.008)
    for x in (0.12, 0.24, 0.36):
        back.ellipse(x, 0.21, 0.012, 0.012, rgb("#5c9aa0"))
    back.rect(0.68, 0.2, 0.76, 0.28, WHITE, round_by=0.008)
    back.rect(0.71, 0.21, 0.73, 0.27, rgb("#d5473e"))
    back.rect(0.69, 0.23, 0.75, 0.25, rgb("#d5473e"))
    for step in range(10):
        x = 1.52 + step * 0.055
        back.rect(
            x, -0.4, x + 0.055, 0.68, rgb("#a9d1cd") if step % 2 else rgb("#98c3bf"), blur=0.006
        )
    back.glow(0.9, -0.05, 1.0, (0.95, 1.0, 1.0), 0.16)
    near = place.sheet(0.74)
    parts.shadow(near, 0.36, 0.86, 0.5)
    metal = rgb("#c9d2d6")
    near.rect(-0.1, 0.48, -0.07, 0.84, metal)
    near.rect(-0.1, 0.5, -0.02, 0.66, rgb("#e6ecee"), round_by=0.015)
    near.rect(-0.08, 0.63, 0.78, 0.70, rgb("#f5f8f8"), round_by=0.02)
    near.rect(
        0.1, 0.615, 0.78, 0.69, vertical(0.61, 0.69, rgb("#a5cdd6"), rgb("#7fb0bd")), round_by=0.02
    )
    near.rect(-0.05, 0.59, 0.12, 0.645, WHITE, round_by=0.02)
    near.rect(-0.08, 0.70, 0.78, 0.725, metal)
    for x in (-0.06, 0.74):
        near.rect(x, 0.72, x + 0.016, 0.84, metal)
        near.ellipse(x + 0.008, 0.845, 0.016, 0.016, rgb("#4a5358"))
    near.rect(0.76, 0.55, 0.785, 0.72, metal, round_by=0.006)
    near.rect(0.89, 0.28, 0.897, 0.85, metal)
    near.rect(0.855, 0.275, 0.93, 0.283, metal)
    near.rect(0.86, 0.29, 0.895, 0.37, rgb("#dff0f2"), alpha=0.9, round_by=0.01)
    near.stroke([(0.877, 0.37), (0.86, 0.5), (0.7, 0.6)], 0.002, rgb("#cfe3e6"), soft=True)
    _dim(place, near, 0.5)
    near.rect(-0.34, 0.38, -0.16, 0.52, rgb("#2a343a"), round_by=0.01)
    near.rect(-0.33, 0.39, -0.17, 0.51, rgb("#0d2a2a"))
    beat = [
        (-0.32, 0.45),
        (-0.29, 0.45),
        (-0.28, 0.42),
        (-0.265, 0.48),
        (-0.25, 0.45),
        (-0.22, 0.45),
        (-0.21, 0.42),
        (-0.195, 0.48),
        (-0.18, 0.45),
    ]
    near.stroke(beat, 0.003, rgb("#58f0a0"))
    near.glow(-0.25, 0.45, 0.12, rgb("#58f0a0"), 0.2)
    near.rect(-0.258, 0.52, -0.242, 0.85, metal)


def laboratory(place: Setting) -> None:
    """Benches with glassware, screens with curves, cool light."""
    rng = place.rng("lab")
    back = place.sheet(0.42)
    parts.room(place, back, wall=rgb("#a9bfcb"), floor=rgb("#8896a0"), boards=False)
    back.rect(0.0, 0.12, 0.78, 0.3, rgb("#e6edf1"), round_by=0.008)
    for shelf in (0.2, 0.29):
        back.rect(0.01, shelf, 0.77, shelf + 0.007, rgb("#b9c8d1"))
        for x in np.arange(0.04, 0.74, 0.052):
            _bottle(
                back, float(x) + rng.uniform(-0.008, 0.008), shelf, rng.uniform(0.035, 0.06), rng
            )
    _dim(place, back, 0.45)
    back.rect(0.92, 0.1, 1.62, 0.46, rgb("#1b2833"), round_by=0.012)
    back.rect(0.935, 0.115, 1.605, 0.445, vertical(0.11, 0.45, rgb("#0d2b40"), rgb("#123a4e")))
    for row in range(5):
        back.rect(0.95, 0.16 + row * 0.06, 1.59, 0.1615 + row * 0.06, rgb("#2e6a80"), alpha=0.7)
    x = np.linspace(0.955, 1.585, 70)
    for color, phase in (("#5cf2c8", 0.0), ("#ffb454", 1.7)):
        y = 0.3 - 0.06 * np.sin(x * 9 + phase) - 0.05 * np.cos(x * 23 + phase)
        back.stroke(np.stack([x, y], axis=1), 0.0035, rgb(color))
    back.glow(1.27, 0.28, 0.5, rgb("#4fb7d8"), 0.22)
    for left in (0.1, 1.0):
        back.rect(left, -0.06, left + 0.6, -0.045, rgb("#eafcff"))
        back.glow(left + 0.3, -0.03, 0.6, rgb("#cfeeff"), 0.22)
    near = place.sheet(0.76)
    near.rect(LEFT, 0.67, RIGHT, 0.69, rgb("#e9eff2"))
    near.rect(LEFT, 0.69, RIGHT, 0.87, vertical(0.69, 0.87, rgb("#7f93a0"), rgb("#5d707c")))
    for x in np.arange(LEFT, RIGHT, 0.24):
        near.rect(float(x) + 0.008, 0.705, float(x) + 0.232, 0.862, rgb("#93a6b2"), round_by=0.006)
        near.rect(float(x) + 0.09, 0.722, float(x) + 0.15, 0.728, rgb("#e0e8ec"))
    for x, kind in (
        (-0.3, 0),
        (0.05, 1),
        (0.18, 0),
        (0.42, 2),
        (1.3, 0),
        (1.46, 1),
        (1.72, 2),
        (2.0, 1),
    ):
        (_flask, _tubes, _microscope)[kind](near, x, 0.67, rng)
    _dim(place, near, 0.4)


def _bottle(canvas: Canvas, x: float, ground: float, high: float, rng: np.random.Generator) -> None:
    liquid = shifted(rgb("#4fa3c7"), hue=rng.random())
    canvas.rect(
        x - 0.012, ground - high, x + 0.012, ground, rgb("#dbe8ee"), round_by=0.004, alpha=0.9
    )
    canvas.rect(
        x - 0.011,
        ground - high * rng.uniform(0.4, 0.8),
        x + 0.011,
        ground - 0.001,
        liquid,
        round_by=0.003,
    )
    canvas.rect(x - 0.007, ground - high - 0.01, x + 0.007, ground - high, rgb("#46525a"))


def _flask(canvas: Canvas, x: float, ground: float, rng: np.random.Generator) -> None:
    liquid = shifted(rgb("#37b5a0"), hue=rng.random(), saturation=1.1)
    body = [
        (x - 0.012, ground - 0.13),
        (x + 0.012, ground - 0.13),
        (x + 0.014, ground - 0.085),
        (x + 0.055, ground - 0.008),
        (x + 0.05, ground),
        (x - 0.05, ground),
        (x - 0.055, ground - 0.008),
        (x - 0.014, ground - 0.085),
    ]
    canvas.fill(body, rgb("#e5f3f7"), alpha=0.55)
    canvas.fill(
        [
            (x - 0.032, ground - 0.05),
            (x + 0.032, ground - 0.05),
            (x + 0.055, ground - 0.008),
            (x + 0.05, ground),
            (x - 0.05, ground),
            (x - 0.055, ground - 0.008),
        ],
        liquid,
        alpha=0.9,
    )
    canvas.stroke([(x - 0.02, ground - 0.075), (x - 0.042, ground - 0.02)], 0.004, WHITE, alpha=0.7)
    canvas.rect(x - 0.016, ground - 0.136, x + 0.016, ground - 0.128, rgb("#cfe2e9"))
    canvas.glow(x, ground - 0.03, 0.08, liquid, 0.25)


def _tubes(canvas: Canvas, x: float, ground: float, rng: np.random.Generator) -> None:
    for step in range(4):
        left = x - 0.04 + step * 0.024
        liquid = shifted(rgb("#d86a5a"), hue=rng.random())
        canvas.rect(
            left,
            ground - 0.1,
            left + 0.014,
            ground - 0.008,
            rgb("#e8f4f8"),
            round_by=0.007,
            alpha=0.6,
        )
        canvas.rect(
            left + 0.001,
            ground - rng.uniform(0.035, 0.07),
            left + 0.013,
            ground - 0.009,
            liquid,
            round_by=0.006,
        )
    canvas.rect(x - 0.052, ground - 0.05, x + 0.058, ground - 0.042, rgb("#b08457"))
    canvas.rect(x - 0.052, ground - 0.008, x + 0.058, ground, rgb("#b08457"))


def _microscope(canvas: Canvas, x: float, ground: float, rng: np.random.Generator) -> None:
    body, dark = rgb("#eef1f3"), rgb("#39444d")
    canvas.rect(x - 0.055, ground - 0.016, x + 0.05, ground, dark, round_by=0.005)
    canvas.stroke(
        [(x + 0.035, ground - 0.015), (x + 0.05, ground - 0.08), (x + 0.015, ground - 0.14)],
        0.018,
        body,
        soft=True,
    )
    canvas.stroke([(x - 0.02, ground - 0.07), (x + 0.012, ground - 0.165)], 0.026, body)
    canvas.stroke([(x + 0.012, ground - 0.165), (x + 0.022, ground - 0.195)], 0.018, dark)
    canvas.stroke([(x - 0.024, ground - 0.06), (x - 0.03, ground - 0.045)], 0.014, dark)
    canvas.rect(x - 0.06, ground - 0.042, x + 0.03, ground - 0.032, dark)
    del rng


def restaurant(place: Setting) -> None:
    """Tables, pendant lamps, a bar with bottles."""
    rng = place.rng("restaurant")
    back = place.sheet(0.42)
    parts.room(place, back, wall=rgb("#8a5f4c"), floor=rgb("#6e4f3a"))
    back.rect(LEFT, 0.46, RIGHT, 0.67, rgb("#5d4032"))
    for x in np.arange(LEFT, RIGHT, 0.12):
        back.rect(float(x), 0.46, float(x) + 0.004, 0.67, rgb("#3f2a20"))
    back.rect(0.98, 0.14, 1.74, 0.42, rgb("#3c2a22"))
    for shelf in (0.225, 0.315, 0.405):
        back.rect(0.98, shelf, 1.74, shelf + 0.008, rgb("#8a6444"))
        for x in np.arange(1.01, 1.72, 0.036):
            _wine(back, float(x), shelf, rng)
    _dim(place, back, 0.6)
    back.glow(1.36, 0.26, 0.5, LAMP, 0.24)
    parts.window(place, back, 0.1, 0.13, 0.72, 0.44, rng, frame=rgb("#4a3226"), bars=3)
    for x in (0.2, 0.78, 1.36, 1.94):
        back.rect(x - 0.0018, -0.4, x + 0.0018, 0.02, BLACK)
        parts.pendant(place, back, x, 0.06, rgb("#b5533c"))
        back.glow(x, 0.07, 0.4, LAMP, 0.25)
    mid = place.sheet(0.64)
    for x in (-0.24, 0.42, 1.22, 1.98):
        parts.shadow(mid, x, 0.80, 0.2)
        parts.chair(mid, x - 0.19, 0.80, 0.24, rgb("#7b4a35"), 1)
        parts.chair(mid, x + 0.19, 0.80, 0.24, rgb("#7b4a35"), -1)
        _round_table(place, mid, x, 0.80, 0.15)
    _dim(place, mid, 0.5)


def _wine(canvas: Canvas, x: float, shelf: float, rng: np.random.Generator) -> None:
    color = shifted(rgb("#3f7a4d"), hue=rng.uniform(-0.35, 0.1))
    high = rng.uniform(0.045, 0.065)
    canvas.rect(x - 0.008, shelf - high, x + 0.008, shelf, color, round_by=0.004)
    canvas.rect(x - 0.003, shelf - high - 0.018, x + 0.003, shelf - high + 0.004, color)
    canvas.rect(
        x - 0.007, shelf - high * 0.6, x + 0.007, shelf - high * 0.25, rgb("#e8dcc0"), alpha=0.85
    )


def _round_table(place: Setting, canvas: Canvas, x: float, ground: float, wide: float) -> None:
    cloth = rgb("#efe3d0")
    top = ground - 0.15
    canvas.rect(x - 0.01, top, x + 0.01, ground, rgb("#3d2b22"))
    canvas.ellipse(x, ground, 0.06, 0.012, rgb("#3d2b22"))
    canvas.fill(
        [
            (x - wide, top),
            (x + wide, top),
            (x + wide * 0.94, top + 0.06),
            (x - wide * 0.94, top + 0.06),
        ],
        darker(cloth, 0.2),
    )
    canvas.ellipse(x, top, wide, 0.022, cloth)
    for dx in (-0.07, 0.06):
        canvas.ellipse(x + dx, top - 0.002, 0.034, 0.007, WHITE)
        canvas.ellipse(x + dx, top - 0.004, 0.022, 0.004, rgb("#c97b4a"))
    canvas.rect(x - 0.004, top - 0.05, x + 0.004, top - 0.004, rgb("#f6efe2"))
    canvas.ellipse(x, top - 0.058, 0.0035, 0.009, (1.0, 0.85, 0.4))
    canvas.glow(x, top - 0.055, 0.13, LAMP, 0.35 + 0.25 * place.light.lamps)


def shop(place: Setting) -> None:
    """Shelves of goods and a counter (shops, markets, libraries when books are named)."""
    rng = place.rng("shop")
    back = place.sheet(0.42)
    library = place.has("图书", "书店", "library", "bookshop", "bookstore", "书房")
    parts.room(
        place,
        back,
        wall=rgb("#cbb89a") if library else rgb("#d9dcd6"),
        floor=rgb("#8d6b4a") if library else rgb("#a9aca8"),
        boards=library,
    )
    for left in np.arange(-0.5, 2.2, 0.46):
        if library:
            parts.bookcase(
                back, float(left), float(left) + 0.4, 0.02, 0.7, rng, rgb("#6f4f36"), rows=5
            )
        else:
            _goods(back, float(left), float(left) + 0.4, rng)
    _dim(place, back, 0.6)
    for x in (0.3, 1.0, 1.7):
        parts.pendant(place, back, x, -0.02, rgb("#d7c69a"))
    near = place.sheet(0.76)
    wood = rgb("#8d6342")
    parts.table(near, 0.05, 0.78, 0.71, 0.87, wood)
    if library:
        near.rect(0.2, 0.69, 0.36, 0.71, rgb("#a5483f"))
        near.rect(0.22, 0.672, 0.35, 0.69, rgb("#345b7c"))
        parts.floor_lamp(place, near, 0.6, 0.70, 0.08)
    else:
        near.rect(0.5, 0.61, 0.66, 0.69, rgb("#39434c"), round_by=0.008)
        near.rect(0.515, 0.62, 0.645, 0.665, rgb("#9ed0c0"))
    _dim(place, near, 0.6)


def _goods(canvas: Canvas, left: float, right: float, rng: np.random.Generator) -> None:
    canvas.rect(left, 0.1, right, 0.7, rgb("#f0f1ee"))
    for row in range(5):
        shelf = 0.2 + row * 0.11
        canvas.rect(left, shelf, right, shelf + 0.009, rgb("#b7bdbb"))
        x = left + 0.01
        hue = rng.random()
        while x < right - 0.03:
            wide, tall = rng.uniform(0.02, 0.042), rng.uniform(0.045, 0.082)
            box = shifted(
                rgb("#d9694a"), hue=hue + rng.uniform(-0.06, 0.06), value=rng.uniform(0.8, 1.1)
            )
            canvas.rect(x, shelf - tall, x + wide, shelf, box, round_by=0.003)
            canvas.rect(
                x + 0.003,
                shelf - tall * 0.7,
                x + wide - 0.003,
                shelf - tall * 0.35,
                WHITE,
                alpha=0.7,
            )
            x += wide + 0.004


def corridor(place: Setting) -> None:
    """A long passage to a bright door (corridors, stations, prisons, tunnels)."""
    back = place.sheet(0.4)
    wall, floor = rgb("#8f9aa3"), rgb("#666d74")
    x0, y0 = MASTER / 2, 0.42
    far = (x0 - 0.16, y0 - 0.13, x0 + 0.16, y0 + 0.16)
    back.rect(LEFT, -0.5, RIGHT, BOTTOM, darker(wall, 0.3))
    back.fill(
        [(LEFT, -0.6), (far[0], far[1]), (far[0], far[3]), (LEFT, BOTTOM)],
        Gradient((0, 0), (far[0], 0), ((0, wall), (1, darker(wall, 0.35)))),
    )
    back.fill(
        [(RIGHT, -0.6), (far[2], far[1]), (far[2], far[3]), (RIGHT, BOTTOM)],
        Gradient((far[2], 0), (RIGHT, 0), ((0, darker(wall, 0.45)), (1, darker(wall, 0.05)))),
    )
    back.fill(
        [(LEFT, BOTTOM + 0.1), (far[0], far[3]), (far[2], far[3]), (RIGHT, BOTTOM + 0.1)],
        vertical(far[3], 1.1, darker(floor, 0.35), lighter(floor, 0.1)),
    )
    back.fill(
        [(LEFT, -0.7), (far[0], far[1]), (far[2], far[1]), (RIGHT, -0.7)],
        vertical(-0.3, far[1], lighter(wall, 0.1), darker(wall, 0.35)),
    )
    for step in range(1, 6):
        share = 1 / (1 + step * 0.75)
        for side in (-1, 1):
            x = x0 + side * (0.16 + (share * 1.15))
            tall = 0.13 + share * 0.62
            back.fill(
                [
                    (x, y0 - tall * 0.62),
                    (x - side * share * 0.22, y0 - tall * 0.5),
                    (x - side * share * 0.22, y0 + tall * 0.56),
                    (x, y0 + tall * 0.68),
                ],
                darker(rgb("#5d6f7d"), 0.15 + 0.06 * step),
            )
    _dim(place, back, 0.6)
    glow = mix(place.light.sky[2], (1.0, 0.95, 0.82), 0.5)
    back.rect(*far, glow, blur=0.004)
    for step in range(5):
        share = 1 / (1 + step * 0.8)
        y = y0 - 0.13 - share * 0.42
        wide = 0.05 + share * 0.24
        back.fill(
            [
                (x0 - wide, y),
                (x0 + wide, y),
                (x0 + wide * 0.85, y + share * 0.045),
                (x0 - wide * 0.85, y + share * 0.045),
            ],
            (0.98, 0.98, 0.92),
        )
        back.glow(x0, y, 0.24 * share + 0.05, (0.95, 0.97, 1.0), 0.3)
    back.fill(
        [(far[0], far[3]), (far[2], far[3]), (x0 + 0.5, 1.2), (x0 - 0.5, 1.2)],
        glow,
        alpha=0.22,
        blur=0.02,
    )
    back.glow(x0, y0, 0.5, glow, 0.45)


def stage(place: Setting) -> None:
    """A theatre stage: curtains, spot lights, boards."""
    back = place.sheet(0.42)
    back.rect(LEFT, -0.5, RIGHT, BOTTOM, vertical(-0.1, 0.7, rgb("#2a1630"), rgb("#4a2342")))
    back.rect(LEFT, 0.7, RIGHT, BOTTOM, vertical(0.7, 1.1, rgb("#5b3a28"), rgb("#8a5c3c")))
    for step in range(-16, 17):
        back.stroke(
            [(MASTER / 2 + step * 0.105, 0.7), (MASTER / 2 + step * 0.29, BOTTOM)],
            0.0025,
            rgb("#3a2418"),
            alpha=0.6,
        )
    for x, color in ((0.4, "#ffd9a0"), (0.9, "#ffffff"), (1.4, "#9fc8ff")):
        tone = rgb(color)
        fade = Gradient((0, -0.1), (0, 0.85), ((0, tone), (1, tone)), alphas=(0.42, 0.06))
        back.fill(
            [(x - 0.02, -0.3), (x + 0.02, -0.3), (x + 0.3, 0.86), (x - 0.3, 0.86)], fade, blur=0.012
        )
        back.ellipse(x, 0.85, 0.3, 0.045, tone, alpha=0.3, blur=0.012)
    front = place.sheet(0.8, life=Life(sway=0.0012, ground=-0.2))
    red = rgb("#9c2733")
    for left, right in ((LEFT, 0.12), (1.66, RIGHT)):
        count = 9
        for fold in range(count):
            a = left + (right - left) * fold / count
            b = left + (right - left) * (fold + 1) / count
            front.rect(
                a,
                -0.4,
                b,
                0.82,
                Gradient(
                    (a, 0),
                    (b, 0),
                    ((0, darker(red, 0.45)), (0.5, lighter(red, 0.12)), (1, darker(red, 0.45))),
                ),
            )
    for fold in range(16):
        x = LEFT + (RIGHT - LEFT) * (fold + 0.5) / 16
        front.ellipse(x, -0.02, 0.11, 0.1, vertical(-0.1, 0.09, darker(red, 0.3), red))


def car(place: Setting) -> None:
    """Inside a car: the road runs towards the windscreen."""
    parts.sky(place, 0.5)
    rng = place.rng("car")
    outside = place.sheet(0.3, life=Life(bob=0.0025, hz=0.7))
    for x in np.sort(rng.uniform(LEFT, RIGHT, 18)):
        wide = rng.uniform(0.08, 0.17)
        parts.house(
            place,
            outside,
            float(x),
            float(x) + wide,
            rng.uniform(0.22, 0.42),
            0.56,
            rng,
            rgb("#7f8a99"),
        )
    outside.rect(LEFT, 0.55, RIGHT, 0.9, place.lit(rgb("#6d7076")))
    outside.fill([(0.8, 0.5), (0.98, 0.5), (1.5, 0.9), (0.28, 0.9)], place.lit(rgb("#565a61")))
    for y in (0.53, 0.58, 0.66):
        outside.rect(
            0.885 - (y - 0.5) * 0.05,
            y,
            0.893 + (y - 0.5) * 0.05,
            y + 0.03,
            place.lit(rgb("#e9e5d8")),
        )
    place.shade(outside, 0.0, 0.22)
    if place.light.lamps > 0.3:
        for _ in range(14):
            spot = (rng.uniform(0, MASTER), rng.uniform(0.42, 0.56))
            outside.glow(
                *spot, 0.07, rgb(("#ffd27a", "#ff6a5a", "#9ad0ff")[int(rng.integers(3))]), 0.6
            )
    cabin = place.sheet(0.7)
    dark = mix(rgb("#2c3036"), place.light.tint, 0.08)
    cabin.rect(LEFT, -0.4, RIGHT, 0.08, dark)
    for side in (-1, 1):
        x = MASTER / 2 + side * 0.78
        cabin.fill(
            [(x, -0.1), (x + side * 0.08, -0.1), (x + side * 0.36, 0.72), (x + side * 0.24, 0.72)],
            lighter(dark, 0.05),
        )
    cabin.smooth(
        [
            (LEFT, 0.66),
            (0.3, 0.64),
            (0.9, 0.62),
            (1.5, 0.64),
            (RIGHT, 0.66),
            (RIGHT, BOTTOM),
            (LEFT, BOTTOM),
        ],
        vertical(0.62, 0.95, lighter(dark, 0.12), darker(dark, 0.4)),
    )
    cabin.rect(0.72, 0.7, 1.06, 0.83, darker(dark, 0.4), round_by=0.014)
    cabin.rect(
        0.735,
        0.715,
        1.045,
        0.815,
        vertical(0.71, 0.82, rgb("#1d3f58"), rgb("#0f2535")),
        round_by=0.006,
    )
    cabin.stroke([(0.76, 0.79), (0.85, 0.755), (0.9, 0.77), (1.02, 0.735)], 0.006, rgb("#5ad0ff"))
    cabin.stroke(parts.ellipse_points(0.36, 0.84, 0.2, 0.19), 0.032, darker(dark, 0.3))
    cabin.stroke(
        parts.ellipse_points(0.36, 0.84, 0.2, 0.19, start=200, stop=320),
        0.012,
        lighter(dark, 0.3),
        alpha=0.5,
    )
    cabin.rect(0.2, 0.83, 0.52, 0.87, darker(dark, 0.25), round_by=0.02)
    cabin.rect(0.8, 0.05, 0.99, 0.115, darker(dark, 0.2), round_by=0.02)
    cabin.rect(0.81, 0.058, 0.98, 0.107, place.light.sky[1], round_by=0.016)
    cabin.glow(0.89, 0.765, 0.3, rgb("#5ad0ff"), 0.12 + 0.12 * place.light.night)


def factory(place: Setting) -> None:
    """A hall with pipes, girders, machines (factories, warehouses, garages)."""
    rng = place.rng("factory")
    back = place.sheet(0.42)
    parts.room(place, back, wall=rgb("#7d8a8f"), floor=rgb("#6b6f70"), boards=False)
    for x in np.arange(LEFT, RIGHT, 0.36):
        back.rect(float(x), -0.4, float(x) + 0.03, 0.7, rgb("#55626a"))
    _dim(place, back, 0.5)
    for x in (0.06, 0.42, 0.78, 1.14, 1.5):
        parts.window(place, back, x, 0.02, x + 0.24, 0.2, rng, frame=rgb("#4a565d"), bars=3)
    for y, color in ((0.27, "#c58a3a"), (0.31, "#8f9aa0"), (0.36, "#a3533f")):
        back.rect(
            LEFT,
            y,
            RIGHT,
            y + 0.022,
            vertical(y, y + 0.022, lighter(rgb(color), 0.25), darker(rgb(color), 0.35)),
        )
    for x in (0.3, 1.0, 1.7):
        parts.pendant(place, back, x, 0.0, rgb("#5b656b"))
    near = place.sheet(0.72)
    for x in (-0.2, 1.45):
        parts.shadow(near, x + 0.2, 0.84, 0.3)
        near.rect(
            x,
            0.52,
            x + 0.42,
            0.83,
            vertical(0.52, 0.83, rgb("#d2a13c"), rgb("#9a6f24")),
            round_by=0.012,
        )
        near.rect(x + 0.03, 0.56, x + 0.2, 0.66, rgb("#26323a"), round_by=0.006)
        near.rect(x + 0.04, 0.57, x + 0.19, 0.65, rgb("#4fc3b0"))
        for step in range(3):
            near.ellipse(
                x + 0.26 + step * 0.045,
                0.6,
                0.014,
                0.014,
                rgb(("#d8463c", "#e8c84a", "#5bbf6a")[step]),
            )
        near.rect(x + 0.24, 0.66, x + 0.39, 0.79, rgb("#5a656c"), round_by=0.006)
        for step in range(5):
            near.rect(
                x + 0.25, 0.675 + step * 0.022, x + 0.38, 0.684 + step * 0.022, rgb("#333c42")
            )
    near.rect(0.5, 0.74, 0.62, 0.84, rgb("#b98a52"))
    near.rect(0.53, 0.65, 0.65, 0.74, rgb("#c99a60"))
    near.stroke([(0.56, 0.74), (0.56, 0.84)], 0.004, rgb("#7d5a30"))
    _dim(place, near, 0.5)


def studio_room(place: Setting) -> None:
    """A news studio: screen wall and desk light."""
    back = place.sheet(0.35)
    back.rect(LEFT, -0.4, RIGHT, BOTTOM, vertical(0.0, 0.9, rgb("#0f2547"), rgb("#1d4d86")))
    for step in range(7):
        x = -0.2 + step * 0.36
        back.rect(
            x,
            0.05,
            x + 0.33,
            0.6,
            vertical(0.05, 0.6, rgb("#1c5aa0"), rgb("#123a6e")),
            round_by=0.01,
            alpha=0.8,
        )
    for row in range(10):
        back.rect(LEFT, 0.08 + row * 0.055, RIGHT, 0.081 + row * 0.055, rgb("#59a7ff"), alpha=0.25)
    back.stroke(
        parts.ellipse_points(MASTER / 2, 0.34, 0.26, 0.26), 0.004, rgb("#9fd4ff"), alpha=0.7
    )
    for turn in (0.3, 0.65, 1.0):
        back.stroke(
            parts.ellipse_points(MASTER / 2, 0.34, 0.26 * math.cos(turn), 0.26),
            0.0025,
            rgb("#9fd4ff"),
            alpha=0.5,
        )
    back.glow(MASTER / 2, 0.34, 0.6, rgb("#4fa0ff"), 0.3)
    back.rect(LEFT, 0.72, RIGHT, BOTTOM, vertical(0.72, 1.1, rgb("#0c1c36"), rgb("#1f3f6d")))
    back.rect(LEFT, 0.715, RIGHT, 0.725, rgb("#66c2ff"))


def interior(place: Setting) -> None:
    """A plain room when no more is known: window, door, picture, side table."""
    rng = place.rng("interior")
    wall = rgb(_WALLS[int(rng.integers(len(_WALLS)))])
    back = place.sheet(0.42)
    parts.room(place, back, wall=wall, floor=rgb("#9b7a58"))
    back.rect(-0.22, 0.2, 0.1, 0.7, rgb("#e6dccb"))
    back.rect(-0.2, 0.22, 0.08, 0.7, rgb("#8a6242"))
    for top in (0.25, 0.48):
        back.rect(-0.17, top, 0.05, top + 0.18, darker(rgb("#8a6242"), 0.2), round_by=0.006)
    back.ellipse(0.055, 0.47, 0.01, 0.01, rgb("#d9b45a"))
    parts.picture_frame(place, back, 0.36, 0.31, 0.2, 0.15, rng)
    _dim(place, back)
    parts.window(
        place,
        back,
        0.74,
        0.13,
        1.22,
        0.5,
        rng,
        frame=rgb("#f1ece2"),
        curtain=place.lit(shifted(rgb("#b98a6a"), hue=rng.random()), 0.7),
    )
    parts.daylight(place, back, 0.74, 1.22, 0.13, 0.7)
    parts.bookcase(back, 1.48, 1.8, 0.28, 0.7, rng, rgb("#76553b"), rows=3)
    near = place.sheet(0.74)
    parts.shadow(near, 0.36, 0.82, 0.24)
    parts.table(near, 0.14, 0.58, 0.66, 0.82, rgb("#8b6242"))
    parts.plant(near, 1.62, 0.81, 0.28, rng)
    _dim(place, near)
    parts.floor_lamp(place, near, 0.28, 0.64, 0.12)
