"""Rooms that look out on the sea: a ship's wheelhouse, the lamp room of a lighthouse."""

from __future__ import annotations

import math

import numpy as np

from ai_video.animatic.canvas import Canvas, ellipse_points, horizontal, vertical
from ai_video.animatic.colors import WHITE, Color, darker, lighter, mix, rgb
from ai_video.animatic.layers import Life
from ai_video.animatic.scenery import parts
from ai_video.animatic.scenery.parts import BOTTOM, LEFT, RIGHT
from ai_video.animatic.scenery.setting import MASTER, Setting

_GREEN_LIGHT = rgb("#7df0c0")
_BRASS = rgb("#c69a4c")


def wheelhouse(place: Setting) -> None:
    """Where a ship is steered from: windows on the sea, instruments, the wheel."""
    _sea_outside(place, 0.5)
    room = place.sheet(0.7)
    dark = mix(rgb("#33414a"), place.light.tint, 0.1)
    room.rect(LEFT, -0.4, RIGHT, 0.1, vertical(-0.2, 0.1, darker(dark, 0.35), dark))
    for number in range(-3, 9):
        x = 0.08 + number * 0.36
        room.fill([(x, 0.06), (x + 0.03, 0.06), (x + 0.05, 0.62), (x + 0.015, 0.62)], dark)
        room.fill(
            [(x, 0.06), (x + 0.008, 0.06), (x + 0.024, 0.62), (x + 0.015, 0.62)], lighter(dark, 0.2)
        )
    room.rect(LEFT, 0.6, RIGHT, 0.66, lighter(dark, 0.12))
    room.fill(
        [(LEFT, 0.655), (RIGHT, 0.655), (RIGHT, BOTTOM), (LEFT, BOTTOM)],
        vertical(0.65, 1.0, rgb("#6a4a30"), rgb("#3a281a")),
    )
    place.shade(room, 0.7)
    for x in (0.86, 1.04, 1.5):
        _dial(room, x, 0.735, 0.052)
    room.rect(1.16, 0.68, 1.4, 0.8, rgb("#10222a"), round_by=0.012)
    room.stroke(ellipse_points(1.28, 0.74, 0.05, 0.05), 0.003, _GREEN_LIGHT, alpha=0.7)
    room.stroke([(1.28, 0.74), (1.315, 0.705)], 0.004, _GREEN_LIGHT)
    room.glow(1.28, 0.74, 0.16, _GREEN_LIGHT, 0.14 + 0.12 * place.light.night)
    if place.light.lamps > 0.2 or place.has("台灯", "lamp"):
        _desk_lamp(room, 0.3, 0.66)
    wheel = place.sheet(0.8, life=Life(sway=0.002, ground=0.82, hz=0.12))
    _ships_wheel(wheel, 0.5, 0.8, 0.19)


def lamp_room(place: Setting) -> None:
    """The top of a lighthouse: a glass wall in iron lattice, the great lens on its foot."""
    _sea_outside(place, 0.56)
    iron = mix(rgb("#3d4a50"), place.light.tint, 0.15)
    wall = place.sheet(0.5)
    high = 0.72
    for number in range(-3, 10):
        x = -0.02 + number * 0.3
        wall.rect(x - 0.008, -0.4, x + 0.008, high, iron)
        for top in (-0.24, 0.24):
            wall.stroke([(x, top), (x + 0.3, top + 0.48)], 0.009, iron)
            wall.stroke([(x + 0.3, top), (x, top + 0.48)], 0.009, iron)
    wall.rect(LEFT, high, RIGHT, 0.9, vertical(high, 0.9, rgb("#8c979a"), rgb("#596468")))
    wall.rect(LEFT, high - 0.012, RIGHT, high + 0.014, mix(_BRASS, iron, 0.35))
    for x in np.arange(-0.4, RIGHT, 0.12):
        wall.ellipse(float(x), high + 0.05, 0.006, 0.006, darker(iron, 0.2))
    wall.rect(LEFT, 0.9, RIGHT, BOTTOM, vertical(0.9, 1.1, rgb("#5a4636"), rgb("#32261c")))
    for x in np.arange(LEFT, RIGHT, 0.19):
        wall.stroke([(float(x), 0.9), (float(x) - 0.1, 1.2)], 0.003, rgb("#2a2018"), alpha=0.6)
    place.shade(wall, 0.8)
    _lens(place, 0.71 * MASTER, 0.42)


def _sea_outside(place: Setting, horizon: float) -> None:
    parts.sky(place, horizon)
    sea = place.sheet(0.3, life=Life(bob=0.004, hz=0.16))
    parts.water(place, sea, horizon, 1.0, place.rng("outside"), deep=rgb("#1f6f8f"))
    place.shade(sea, 1.0, 0.15)


def _dial(room: Canvas, x: float, y: float, size: float) -> None:
    room.ellipse(x, y, size, size, _BRASS)
    room.ellipse(x, y, size * 0.86, size * 0.86, rgb("#efe9d8"))
    for step in range(8):
        angle = math.pi * (0.75 + step * 1.5 / 7)
        ends = [
            (x + math.cos(angle) * size * r, y + math.sin(angle) * size * r) for r in (0.62, 0.78)
        ]
        room.stroke(ends, size * 0.07, rgb("#4a4a4a"))
    room.stroke([(x, y), (x + size * 0.42, y - size * 0.42)], size * 0.08, rgb("#b8402f"))


def _desk_lamp(room: Canvas, x: float, y: float) -> None:
    room.stroke([(x, y), (x + 0.015, y - 0.11), (x + 0.07, y - 0.16)], 0.008, _BRASS, soft=True)
    room.ellipse(x, y, 0.045, 0.012, darker(_BRASS, 0.2))
    room.fill(
        [(x + 0.05, y - 0.18), (x + 0.1, y - 0.15), (x + 0.1, y - 0.11), (x + 0.04, y - 0.14)],
        rgb("#2f6b4f"),
    )
    room.glow(x + 0.08, y - 0.09, 0.3, parts.LAMP, 0.5)


def _ships_wheel(wheel: Canvas, x: float, y: float, size: float) -> None:
    wood, light = rgb("#7a4a26"), rgb("#b07a48")
    wheel.rect(
        x - 0.05,
        y,
        x + 0.05,
        BOTTOM,
        horizontal(x - 0.05, x + 0.05, rgb("#5a3a22"), rgb("#2e1d11")),
    )
    for step in range(8):
        angle = math.pi * step / 4 + 0.2
        tip = (x + math.cos(angle) * size * 1.36, y + math.sin(angle) * size * 1.36)
        wheel.stroke([(x, y), tip], size * 0.11, wood, soft=True)
        wheel.ellipse(*tip, size * 0.085, size * 0.085, light)
    for radius, wide, color in ((1.0, 0.17, wood), (1.0, 0.06, light), (0.3, 0.2, wood)):
        wheel.stroke(ellipse_points(x, y, size * radius, size * radius), size * wide, color)
    wheel.ellipse(x, y, size * 0.14, size * 0.14, _BRASS)


def _lens(place: Setting, x: float, y: float) -> None:
    """A great lens of prisms, dark until the words say that it shines."""
    sheet = place.sheet(0.62)
    lit = place.has(
        "beam",
        "lit lamp",
        "the lamp shines",
        "the light shines",
        "lamp glows",
        "lamp turns",
        "light turns",
        "lens turns",
        "lens glows",
        "lights up",
        "lit up",
        "亮起",
        "点亮",
        "亮着",
        "旋转",
    )
    glass: Color = rgb("#cfe6e2") if lit else rgb("#9fb4b4")
    sheet.fill([(x - 0.09, 0.66), (x + 0.09, 0.66), (x + 0.13, 0.96), (x - 0.13, 0.96)],
               horizontal(x - 0.13, x + 0.13, darker(_BRASS, 0.45), _BRASS, darker(_BRASS, 0.5)))  # fmt: skip
    sheet.rect(x - 0.15, 0.635, x + 0.15, 0.67, _BRASS, round_by=0.01)
    for row in range(11):
        at = row / 10 * 2 - 1
        wide = 0.135 * math.sqrt(max(0.12, 1 - 0.8 * at * at))
        top = y + at * 0.2
        sheet.rect(x - wide, top - 0.016, x + wide, top + 0.016,
                   horizontal(x - wide, x + wide, darker(glass, 0.35), lighter(glass, 0.4), darker(glass, 0.3)),
                   alpha=0.88, round_by=0.01)  # fmt: skip
    sheet.ellipse(x, y, 0.05, 0.062, mix(glass, WHITE, 0.5), alpha=0.85)
    sheet.stroke(ellipse_points(x, y, 0.05, 0.062), 0.006, _BRASS)
    sheet.rect(x - 0.1, y - 0.25, x + 0.1, y - 0.22, _BRASS, round_by=0.008)
    place.shade(sheet, 0.6)
    if lit:
        sheet.glow(x, y, 0.5, parts.LAMP, 0.35 + 0.35 * place.light.night)
