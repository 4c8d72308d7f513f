"""Places under the sky."""

from __future__ import annotations

import math

import numpy as np

from ai_video.animatic.canvas import Canvas, Gradient, vertical
from ai_video.animatic.colors import BLACK, WHITE, Color, darker, lighter, mix, rgb, shifted
from ai_video.animatic.layers import Life
from ai_video.animatic.scenery import parts
from ai_video.animatic.scenery.parts import BOTTOM, LAMP, LEFT, RIGHT
from ai_video.animatic.scenery.setting import MASTER, Setting

_TOWN = ("#b98f77", "#8f9aa8", "#c6b394", "#7f8b83", "#a47f86", "#94a3b5", "#cdbfae", "#8a7a74")
_NEON = ("#ff3d81", "#27e0ff", "#ffd23d", "#8c5bff", "#35ffa2")


def street(place: Setting) -> None:
    """A town street seen along its pavement: far towers, shop fronts, road, lamps."""
    parts.sky(place, 0.6)
    _towers(place, 0.25, 0.62, count=22, haze=0.55)
    rng = place.rng("street")
    houses = place.sheet(0.5)
    glow: list[tuple[float, float]] = []
    x = LEFT
    while x < RIGHT:
        wide = rng.uniform(0.2, 0.34)
        color = rgb(_TOWN[int(rng.integers(len(_TOWN)))])
        parts.house(place, houses, x, x + wide, rng.uniform(0.02, 0.3), 0.52, rng, color, glow=glow)
        _shop(place, houses, x, x + wide, rng)
        x += wide
    for spot in glow:
        houses.glow(*spot, 0.06, LAMP, 0.3)
    road = place.sheet(0.78)
    _road(place, road)
    for spot in (-0.1, 0.62, 1.42, 2.06):
        parts.lamp_post(place, road, spot, 0.745, 0.44)
    _wet_mirror(place, road, glow)
    things = place.sheet(0.86, life=Life(sway=0.0022 * place.light.windy, ground=0.74, hz=0.3))
    for spot in (-0.34, 0.2, 1.05, 1.72, 2.2):
        parts.tree(place, things, spot, 0.735, rng.uniform(0.3, 0.36), rng, bare=place.light.snowy)
    place.shade(things)


def _towers(place: Setting, depth: float, ground: float, *, count: int, haze: float) -> None:
    rng = place.rng(f"towers{depth}")
    canvas = place.sheet(depth)
    for x in np.sort(rng.uniform(LEFT, RIGHT, count)):
        wide = rng.uniform(0.07, 0.16)
        top = ground - rng.uniform(0.14, 0.5)
        color = mix(rgb("#6f8299"), rgb("#8b8fa5"), rng.random())
        parts.house(place, canvas, float(x), float(x) + wide, top, ground + 0.05, rng, color)
        if rng.random() < 0.4:
            canvas.rect(
                float(x) + wide * 0.45, top - 0.06, float(x) + wide * 0.49, top, place.lit(color)
            )
    place.shade(canvas, 0.0, haze)


def _shop(
    place: Setting, canvas: Canvas, left: float, right: float, rng: np.random.Generator
) -> None:
    light = place.light
    front = shifted(rgb("#7c4a3c"), hue=rng.uniform(0, 1), saturation=rng.uniform(0.5, 1.0))
    canvas.rect(left, 0.5, right, 0.8, place.lit(darker(front, 0.25)))
    inside = mix(place.lit(rgb("#46596b")), LAMP, 0.85 * light.lamps)
    canvas.rect(
        left + 0.02, 0.575, right - 0.085, 0.72, vertical(0.57, 0.72, inside, darker(inside, 0.3))
    )
    for step in range(4):
        x = left + 0.04 + step * (right - left - 0.14) / 4
        tall = rng.uniform(0.02, 0.07)
        canvas.rect(x, 0.72 - tall, x + 0.025, 0.72, darker(inside, rng.uniform(0.25, 0.6)))
    canvas.rect(right - 0.07, 0.58, right - 0.02, 0.74, place.lit(darker(front, 0.5)))
    canvas.rect(right - 0.064, 0.588, right - 0.026, 0.67, inside, alpha=0.8)
    sign = rgb(_NEON[int(rng.integers(len(_NEON)))])
    board = mix(place.lit(lighter(front, 0.25)), sign, 0.75 * light.lamps)
    canvas.rect(left + 0.015, 0.515, right - 0.015, 0.552, board, round_by=0.006)
    for step in range(int(rng.integers(3, 6))):
        x = left + 0.04 + step * 0.032
        canvas.rect(
            x, 0.524, x + 0.02, 0.543, mix(darker(board, 0.6), WHITE, light.lamps), alpha=0.75
        )
    stripes = 8
    for stripe in range(stripes):
        a = left + 0.01 + (right - left - 0.02) * stripe / stripes
        b = left + 0.01 + (right - left - 0.02) * (stripe + 1) / stripes
        cloth = place.lit(front if stripe % 2 else rgb("#f1e8da"))
        canvas.fill([(a, 0.552), (b, 0.552), (b + 0.004, 0.588), (a - 0.004, 0.588)], cloth)
    if light.lamps > 0.3:
        canvas.glow((left + right) / 2, 0.53, 0.2, sign, 0.3 * light.lamps)
        canvas.glow((left + right) / 2, 0.66, 0.2, LAMP, 0.25 * light.lamps)


def _road(place: Setting, canvas: Canvas) -> None:
    light = place.light
    stone = place.lit(rgb("#e6ebef") if light.snowy else rgb("#a9a59c"))
    canvas.rect(LEFT, 0.735, RIGHT, 0.845, vertical(0.735, 0.845, darker(stone, 0.12), stone))
    for step in range(-14, 30):
        x = step * 0.1
        canvas.stroke(
            [(x, 0.735), (x + (x - MASTER / 2) * 0.12, 0.845)], 0.002, darker(stone, 0.4), alpha=0.4
        )
    canvas.rect(LEFT, 0.838, RIGHT, 0.862, darker(stone, 0.35))
    tar = place.lit(rgb("#5b6068") if not light.snowy else rgb("#aab1b8"))
    canvas.rect(LEFT, 0.858, RIGHT, BOTTOM, vertical(0.858, 1.1, darker(tar, 0.15), tar))
    for step in range(-5, 16):
        x = step * 0.22
        line = [(x, 0.955), (x + 0.11, 0.955), (x + 0.105, 0.968), (x - 0.012, 0.968)]
        canvas.fill(line, place.lit(rgb("#e8e4d6")), alpha=0.75)
    canvas.rect(LEFT, 0.735, RIGHT, 0.77, BLACK, alpha=0.22, blur=0.012)


def _wet_mirror(place: Setting, road: Canvas, glow: list[tuple[float, float]]) -> None:
    """Light smeared down a wet road."""
    if not place.light.wet:
        return
    rng = place.rng("puddles")
    for _ in range(26):
        x, y = rng.uniform(LEFT, RIGHT), rng.uniform(0.76, 1.1)
        wide = rng.uniform(0.05, 0.17)
        road.ellipse(x, y, wide, wide * 0.11, mix(place.light.sky[2], WHITE, 0.1), alpha=0.3)
    if place.light.lamps > 0.2:
        for x, _ in glow[::2]:
            color = mix(LAMP, rgb(_NEON[int(rng.integers(len(_NEON)))]), 0.4)
            fade = Gradient((0, 0.76), (0, 1.1), ((0, color), (1, color)), alphas=(0.4, 0.0))
            road.rect(x - 0.02, 0.76, x + 0.02, 1.1, fade, blur=0.01)


def city(place: Setting) -> None:
    """A skyline over a river or a park, with a railing in front."""
    parts.sky(place, 0.66)
    _towers(place, 0.18, 0.68, count=30, haze=0.62)
    rng = place.rng("city")
    near = place.sheet(0.36)
    glow: list[tuple[float, float]] = []
    for x in np.sort(rng.uniform(LEFT, RIGHT, 17)):
        wide, top = rng.uniform(0.11, 0.2), rng.uniform(0.12, 0.48)
        color = mix(rgb("#53667f"), rgb("#7c6f80"), rng.random())
        parts.house(place, near, float(x), float(x) + wide, top, 0.72, rng, color, glow=glow)
    place.shade(near, 0.0, 0.18)
    for spot in glow:
        near.glow(*spot, 0.045, LAMP, 0.28)
    stream = place.sheet(0.55)
    parts.water(place, stream, 0.70, 0.92, rng, deep=rgb("#28506e"))
    for x, _ in glow:
        stream.ellipse(x, 0.75 + rng.uniform(0, 0.08), 0.01, 0.03, LAMP, alpha=0.3, blur=0.006)
    quay = place.sheet(0.88)
    stone = place.lit(rgb("#9a958c"))
    quay.rect(LEFT, 0.855, RIGHT, BOTTOM, vertical(0.855, 1.1, stone, darker(stone, 0.2)))
    for step in range(-8, 20):
        quay.stroke(
            [(step * 0.14, 0.855), (step * 0.14 + (step - 6) * 0.03, BOTTOM)],
            0.002,
            darker(stone, 0.4),
            alpha=0.5,
        )
    metal = place.lit(rgb("#39444f"))
    for rail in (0.76, 0.80, 0.84):
        quay.rect(LEFT, rail, RIGHT, rail + (0.010 if rail < 0.78 else 0.005), metal)
    for step in range(-10, 40):
        quay.rect(step * 0.075, 0.76, step * 0.075 + 0.006, 0.862, metal)


def village(place: Setting) -> None:
    """Houses with tiled roofs among hills and fields."""
    parts.sky(place, 0.58)
    _hills(place, ((0.16, 0.5, 0.22, 0.6), (0.28, 0.56, 0.15, 0.38)))
    rng = place.rng("village")
    land = place.sheet(0.5)
    green = rgb("#e4ebee") if place.light.snowy else rgb("#8fae62")
    land.rect(
        LEFT, 0.575, RIGHT, BOTTOM, vertical(0.575, 0.9, mix(green, rgb("#c9bb74"), 0.3), green)
    )
    for row in range(7):
        y = 0.6 + row * row * 0.008
        land.rect(LEFT, y, RIGHT, y + 0.004 + row * 0.001, darker(green, 0.15), alpha=0.7)
    for x in (-0.35, 0.16, 0.52, 1.12, 1.5, 2.05):
        size = rng.uniform(0.8, 1.15)
        _cottage(place, land, x, 0.69 + rng.uniform(-0.03, 0.03), size, rng)
    place.shade(land, 1.0, 0.08)
    _cottage_lights(place, land)
    path = place.sheet(0.75, life=Life(sway=0.002 * place.light.windy, ground=0.76))
    for x in (-0.2, 0.38, 0.86, 1.36, 1.85):
        parts.tree(place, path, x, 0.745, rng.uniform(0.2, 0.3), rng, bare=place.light.snowy)
    place.shade(path)
    ground = place.sheet(0.88)
    dirt = rgb("#e9edf0") if place.light.snowy else rgb("#b49a6c")
    ground.smooth([(LEFT, 0.8), (0.4, 0.765), (1.2, 0.78), (RIGHT, 0.76), (RIGHT, BOTTOM), (LEFT, BOTTOM)],
                  vertical(0.76, 1.1, dirt, darker(dirt, 0.2)))  # fmt: skip
    parts.grass(ground, 0.79, 1.2, rng, green, count=220)
    place.shade(ground)


def _cottage(
    place: Setting, canvas: Canvas, x: float, ground: float, size: float, rng: np.random.Generator
) -> None:
    wide, high = 0.2 * size, 0.1 * size
    wall = mix(rgb("#efe6d4"), rgb("#cfa98a"), rng.random() * 0.7)
    roof = (
        rgb("#e8eef2") if place.light.snowy else mix(rgb("#596270"), rgb("#9a5a44"), rng.random())
    )
    canvas.rect(
        x - wide / 2,
        ground - high,
        x + wide / 2,
        ground,
        vertical(ground - high, ground, wall, darker(wall, 0.2)),
    )
    canvas.fill([(x - wide * 0.62, ground - high * 0.96), (x - wide * 0.4, ground - high * 1.75),
                 (x + wide * 0.4, ground - high * 1.75), (x + wide * 0.62, ground - high * 0.96)],
                vertical(ground - high * 1.75, ground - high, lighter(roof, 0.1), darker(roof, 0.2)))  # fmt: skip
    for row in range(4):
        y = ground - high * (1.05 + row * 0.18)
        canvas.rect(
            x - wide * (0.57 - row * 0.05),
            y,
            x + wide * (0.57 - row * 0.05),
            y + 0.002,
            darker(roof, 0.4),
            alpha=0.6,
        )
    canvas.rect(x - wide * 0.06, ground - high * 0.62, x + wide * 0.09, ground, rgb("#6b4a35"))
    pane = mix(rgb("#4a6076"), LAMP, place.light.lamps)
    for side in (-0.32, 0.28):
        canvas.rect(
            x + wide * side - 0.016,
            ground - high * 0.62,
            x + wide * side + 0.016,
            ground - high * 0.32,
            darker(wall, 0.5),
        )
        canvas.rect(
            x + wide * side - 0.013,
            ground - high * 0.59,
            x + wide * side + 0.013,
            ground - high * 0.35,
            pane,
        )


def _cottage_lights(place: Setting, canvas: Canvas) -> None:
    if place.light.lamps > 0.3:
        for x in (-0.35, 0.16, 0.52, 1.12, 1.5, 2.05):
            canvas.glow(x, 0.64, 0.09, LAMP, 0.4 * place.light.lamps)


def _hills(place: Setting, rows: tuple[tuple[float, float, float, float], ...]) -> None:
    """Wooded hills: rows of (depth, base, height, haze)."""
    for index, (depth, base, high, haze) in enumerate(rows):
        rng = place.rng(f"hills{index}")
        canvas = place.sheet(depth)
        green = mix(rgb("#57845e"), rgb("#7d9c5c"), rng.random())
        green = mix(green, rgb("#e3eaf0"), 0.6) if place.light.snowy else green
        parts.ridge(
            canvas,
            base,
            high,
            rng,
            vertical(base - high, base + 0.1, lighter(green, 0.08), darker(green, 0.2)),
            rough=0.36,
        )
        place.shade(canvas, 1.0, haze)


def courtyard(place: Setting) -> None:
    """A walled yard: gate, tiled eaves, lanterns, an old tree."""
    parts.sky(place, 0.5)
    _hills(place, ((0.2, 0.48, 0.16, 0.6),))
    rng = place.rng("yard")
    wall = place.sheet(0.5)
    plaster = mix(rgb("#e8e0d0"), rgb("#b5a897"), rng.random() * 0.6)
    wall.rect(LEFT, 0.34, RIGHT, 0.72, vertical(0.34, 0.72, plaster, darker(plaster, 0.18)))
    tile = rgb("#dfe6ec") if place.light.snowy else rgb("#4c525c")
    for left, right, top in ((LEFT, 0.42, 0.3), (1.36, RIGHT, 0.3), (0.36, 1.42, 0.2)):
        _eaves(wall, left, right, top, tile)
    wood = rgb("#8a3a30") if rng.random() < 0.6 else rgb("#6b4a36")
    wall.rect(0.46, 0.27, 1.32, 0.72, darker(plaster, 0.35))
    for x in (0.46, 0.72, 1.04, 1.29):
        wall.rect(
            x, 0.27, x + 0.035, 0.72, vertical(0.27, 0.72, lighter(wood, 0.1), darker(wood, 0.2))
        )
    for left in (0.505, 1.085):
        _lattice(
            wall, left, 0.34, left + 0.2, 0.62, wood, mix(rgb("#d9cba6"), LAMP, place.light.lamps)
        )
    wall.rect(0.76, 0.32, 1.04, 0.72, darker(wood, 0.45))
    for left in (0.765, 0.905):
        wall.rect(left, 0.33, left + 0.13, 0.72, wood)
        wall.ellipse(left + (0.112 if left < 0.8 else 0.018), 0.53, 0.009, 0.009, rgb("#d9b45a"))
    place.shade(wall)
    lanterns = place.sheet(0.6, life=Life(sway=0.006 * place.light.windy, ground=0.27, hz=0.4))
    for x in (0.62, 1.2):
        lanterns.rect(x - 0.001, 0.25, x + 0.001, 0.3, BLACK)
        lanterns.ellipse(
            x, 0.335, 0.03, 0.036, mix(place.lit(rgb("#c33a2c")), rgb("#ff6a3c"), place.light.lamps)
        )
        lanterns.rect(x - 0.012, 0.296, x + 0.012, 0.304, rgb("#d9b45a"))
        lanterns.rect(x - 0.012, 0.367, x + 0.012, 0.374, rgb("#d9b45a"))
        if place.light.lamps > 0.2:
            lanterns.glow(x, 0.335, 0.2, rgb("#ff9a55"), 0.5 * place.light.lamps)
    ground = place.sheet(0.8)
    stone = rgb("#e8edf1") if place.light.snowy else rgb("#a7a093")
    ground.rect(LEFT, 0.715, RIGHT, BOTTOM, vertical(0.715, 1.1, darker(stone, 0.1), stone))
    for row in range(9):
        y = 0.72 + 0.012 * row + 0.0075 * row * row
        ground.rect(LEFT, y, RIGHT, y + 0.0022, darker(stone, 0.35), alpha=0.6)
        for column in range(-8, 22):
            x = MASTER / 2 + (column - 6 + 0.5 * (row % 2)) * (0.1 + row * 0.028)
            ground.rect(x, y, x + 0.0022, y + 0.012 + 0.015 * row, darker(stone, 0.35), alpha=0.5)
    place.shade(ground)
    growth = place.sheet(0.85, life=Life(sway=0.003 * place.light.windy, ground=0.76))
    parts.tree(place, growth, 0.12, 0.76, 0.62, rng, bare=place.light.snowy,
               green=rgb("#d58aa0") if place.has("樱", "桃", "梅", "blossom") else None)  # fmt: skip
    parts.bush(growth, 1.72, 0.77, 0.08, rng, rgb("#5b8a4e"))
    parts.bush(growth, 1.95, 0.79, 0.1, rng, rgb("#4f7d4c"))
    place.shade(growth)


def _eaves(canvas: Canvas, left: float, right: float, top: float, tile: Color) -> None:
    canvas.fill([(left - 0.05, top + 0.085), (left + 0.04, top), (right - 0.04, top), (right + 0.05, top + 0.085)],
                vertical(top, top + 0.085, lighter(tile, 0.12), darker(tile, 0.25)))  # fmt: skip
    for x in np.arange(left - 0.02, right + 0.02, 0.02):
        canvas.stroke([(x, top + 0.005), (x, top + 0.08)], 0.004, darker(tile, 0.4), alpha=0.55)
        canvas.ellipse(x, top + 0.085, 0.008, 0.007, lighter(tile, 0.1))
    canvas.rect(
        left - 0.03, top - 0.014, right + 0.03, top + 0.006, darker(tile, 0.2), round_by=0.006
    )
    canvas.rect(left, top + 0.09, right, top + 0.12, BLACK, alpha=0.28, blur=0.012)


def _lattice(
    canvas: Canvas, left: float, top: float, right: float, bottom: float, wood: Color, paper: Color
) -> None:
    canvas.rect(left, top, right, bottom, paper)
    for step in range(6):
        x = left + (right - left) * step / 5
        canvas.rect(x - 0.003, top, x + 0.003, bottom, wood)
    for step in range(7):
        y = top + (bottom - top) * step / 6
        canvas.rect(left, y - 0.003, right, y + 0.003, wood)


def mountain(place: Setting) -> None:
    """Peaks behind peaks, a lake of mist, pines in front."""
    parts.sky(place, 0.62)
    rows = (
        (0.12, 0.52, 0.4, 0.68, 0.56),
        (0.22, 0.6, 0.34, 0.48, 0.54),
        (0.36, 0.68, 0.26, 0.27, 0.5),
    )
    for index, (depth, base, high, haze, rough) in enumerate(rows):
        rng = place.rng(f"peak{index}")
        canvas = place.sheet(depth)
        rock = mix(rgb("#5a6c86"), rgb("#4f7264"), index / 2)
        crest = parts.ridge(
            canvas,
            base,
            high,
            rng,
            vertical(base - high, base + 0.12, lighter(rock, 0.1), darker(rock, 0.25)),
            rough=rough,
        )
        _snow_caps(canvas, crest, base - high * (0.45 if not place.light.snowy else 0.05), rng)
        place.shade(canvas, 1.0, haze)
        foot = Gradient(
            (0, base - 0.05),
            (0, base + 0.1),
            ((0, place.light.haze), (1, place.light.haze)),
            alphas=(0, 0.75),
        )
        with canvas.only_on_paint():
            canvas.rect(LEFT, base - 0.05, RIGHT, BOTTOM, foot)
    rng = place.rng("pines")
    wood = place.sheet(0.66, life=Life(sway=0.0015 * place.light.windy, ground=0.8))
    green = rgb("#38604f")
    parts.ridge(wood, 0.78, 0.1, rng, vertical(0.7, 0.95, green, darker(green, 0.3)), rough=0.4)
    for x in np.sort(rng.uniform(LEFT, RIGHT, 44)):
        parts.pine(
            place, wood, float(x), 0.77 + rng.uniform(-0.02, 0.03), rng.uniform(0.1, 0.2), green
        )
    place.shade(wood, 1.0, 0.1)
    near = place.sheet(0.9)
    grass = rgb("#e7edf2") if place.light.snowy else rgb("#6d8a54")
    near.smooth([(LEFT, 0.83), (0.3, 0.80), (0.9, 0.835), (1.5, 0.80), (RIGHT, 0.83), (RIGHT, BOTTOM), (LEFT, BOTTOM)],
                vertical(0.8, 1.1, grass, darker(grass, 0.35)))  # fmt: skip
    parts.grass(near, 0.83, 1.2, rng, grass, count=260)
    for x, size in ((0.25, 0.05), (1.52, 0.07), (1.66, 0.04)):
        _rock(near, x, 0.87, size, rng)
    place.shade(near)


def _snow_caps(
    canvas: Canvas,
    crest: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    line: float,
    rng: np.random.Generator,
) -> None:
    edge = crest[:, 1] + np.maximum(0.0, line - crest[:, 1]) * (
        0.55 + 0.45 * rng.random(len(crest))
    )
    edge = np.minimum(np.maximum(edge, crest[:, 1]), line + 0.03)
    edge = np.where(crest[:, 1] > line, crest[:, 1], edge)
    canvas.fill(
        np.concatenate([crest, np.stack([crest[:, 0], edge], axis=1)[::-1]]),
        rgb("#f2f6fa"),
        alpha=0.9,
    )
    slope = np.gradient(crest[:, 1])
    shaded = np.where(slope > 0, edge, crest[:, 1])
    canvas.fill(
        np.concatenate([crest, np.stack([crest[:, 0], shaded], axis=1)[::-1]]),
        rgb("#9fb4cc"),
        alpha=0.55,
    )


def _rock(canvas: Canvas, x: float, ground: float, size: float, rng: np.random.Generator) -> None:
    points = [(x + math.cos(a) * size * rng.uniform(0.85, 1.15), ground - max(0.0, math.sin(a)) * size * rng.uniform(0.5, 0.75))
              for a in np.linspace(math.pi, 0, 7)]  # fmt: skip
    canvas.fill(points, vertical(ground - size * 0.7, ground, rgb("#98999c"), rgb("#55585f")))
    canvas.fill([points[1], points[2], points[3], (x, ground - size * 0.2)], WHITE, alpha=0.15)


def sea(place: Setting) -> None:
    """Open sea and beach: horizon, swell, foam and sand."""
    parts.sky(place, 0.52)
    rng = place.rng("sea")
    far = place.sheet(0.2)
    parts.ridge(
        far, 0.528, 0.07, rng, mix(rgb("#5e7b8c"), place.light.haze, 0.5), rough=0.45, bottom=0.53
    )
    place.shade(far, 1.0, 0.3)
    deep = place.sheet(0.3, life=Life(bob=0.0012, hz=0.2))
    parts.water(place, deep, 0.52, 1.0, rng, deep=rgb("#1f6f8f"))
    if place.has("船", "帆", "boat", "sailboat", "ship", "sail", "sailing", "渔"):
        _boat(place, deep, 1.18, 0.575)
    for row in range(3):
        sheet = place.sheet(
            0.45 + row * 0.14, life=Life(glide=0.0, bob=0.004, sway=0.0, hz=0.22, phase=row * 1.8)
        )
        y = 0.60 + row * 0.075
        x = np.linspace(LEFT, RIGHT, 160)
        crest = y + 0.009 * np.sin(x * (9 - row) + row * 2) + 0.006 * np.sin(x * 17 + row)
        body = mix(mix(rgb("#2b86a3"), place.light.sky[2], 0.25), rgb("#7fc7c4"), row * 0.22)
        line = np.stack([x, crest], axis=1)
        fade = Gradient((0, y), (0, y + 0.14), ((0, body), (1, body)), alphas=(0.85, 0.0))
        sheet.fill([*line.tolist(), (RIGHT, y + 0.15), (LEFT, y + 0.15)], fade)
        place.shade(sheet)
        sheet.fill(
            [*line.tolist(), *[(a, b + 0.006 + 0.003 * row) for a, b in line[::-1]]],
            mix(WHITE, place.light.tint, 0.4),
            alpha=0.75,
        )
    beach = place.sheet(0.9)
    sand = rgb("#e8d5a8")
    x = np.linspace(LEFT, RIGHT, 120)
    edge = 0.83 + 0.014 * np.sin(x * 4.3 + 1) + 0.006 * np.sin(x * 11)
    line = np.stack([x, edge], axis=1)
    beach.fill(
        [*line.tolist(), (RIGHT, BOTTOM), (LEFT, BOTTOM)],
        vertical(0.82, 1.1, darker(sand, 0.22), sand),
    )
    for _ in range(240):
        spot = (rng.uniform(LEFT, RIGHT), rng.uniform(0.87, 1.2))
        beach.ellipse(*spot, 0.0022, 0.0012, darker(sand, rng.uniform(0.2, 0.5)), alpha=0.6)
    for dx, size in ((0.35, 0.014), (1.4, 0.011), (0.9, 0.008)):
        beach.ellipse(dx, 0.93, size, size * 0.6, lighter(sand, 0.5))
    place.shade(beach)
    beach.fill(
        [*line.tolist(), *[(a, b + 0.014) for a, b in line[::-1]]],
        mix(WHITE, place.light.tint, 0.5),
        alpha=0.85,
        blur=0.002,
    )


def _boat(place: Setting, canvas: Canvas, x: float, y: float) -> None:
    hull = place.lit(rgb("#7b3f32"))
    canvas.fill(
        [
            (x - 0.075, y - 0.018),
            (x + 0.08, y - 0.018),
            (x + 0.055, y + 0.012),
            (x - 0.055, y + 0.012),
        ],
        hull,
    )
    canvas.rect(x - 0.002, y - 0.16, x + 0.002, y - 0.018, place.lit(rgb("#4a382c")))
    sail = place.lit(rgb("#f2ead8"))
    canvas.smooth(
        [
            (x + 0.006, y - 0.155),
            (x + 0.05, y - 0.08),
            (x + 0.066, y - 0.03),
            (x + 0.006, y - 0.032),
        ],
        sail,
    )
    canvas.fill(
        [(x - 0.006, y - 0.14), (x - 0.05, y - 0.034), (x - 0.006, y - 0.034)], darker(sail, 0.15)
    )
    canvas.ellipse(x, y + 0.02, 0.08, 0.006, BLACK, alpha=0.25, blur=0.003)


def river(place: Setting) -> None:
    """A lake or river between hills, reeds on the near bank."""
    parts.sky(place, 0.5)
    _hills(place, ((0.14, 0.47, 0.24, 0.66), (0.24, 0.52, 0.14, 0.42)))
    rng = place.rng("river")
    stream = place.sheet(0.45, life=Life(bob=0.001, hz=0.2))
    parts.water(place, stream, 0.52, 0.92, rng, deep=rgb("#2e6f78"))
    place.shade(stream, 0.3)
    if place.has("桥", "bridge"):
        _bridge(place)
    bank = place.sheet(0.88, life=Life(sway=0.002 * place.light.windy, ground=0.95))
    green = rgb("#e5ebef") if place.light.snowy else rgb("#6f9150")
    bank.smooth([(LEFT, 0.82), (0.2, 0.80), (0.7, 0.86), (1.3, 0.85), (RIGHT, 0.8), (RIGHT, BOTTOM), (LEFT, BOTTOM)],
                vertical(0.8, 1.1, green, darker(green, 0.3)))  # fmt: skip
    parts.grass(bank, 0.83, 1.2, rng, green, count=280, size=0.04)
    for x in (*rng.uniform(-0.5, 0.25, 16), *rng.uniform(1.55, 2.3, 16)):
        tall = rng.uniform(0.1, 0.2)
        bank.stroke([(x, 0.85), (x + 0.012, 0.85 - tall)], 0.003, darker(green, 0.2))
        bank.ellipse(x + 0.012, 0.85 - tall, 0.005, 0.02, rgb("#8a6a42"))
    parts.tree(place, bank, 1.86, 0.84, 0.52, rng, bare=place.light.snowy)
    place.shade(bank)


def _bridge(place: Setting) -> None:
    canvas = place.sheet(0.5)
    stone = rgb("#a8a39a")
    x = np.linspace(0.2, 1.5, 60)
    deck = 0.58 - 0.09 * np.sin((x - 0.2) / 1.3 * math.pi)
    canvas.fill([*zip(x, deck), *zip(x[::-1], deck[::-1] + 0.035)], stone)
    for middle, wide in ((0.52, 0.1), (0.85, 0.13), (1.18, 0.1)):
        for side in (-1, 1):
            canvas.rect(
                middle + side * wide - 0.016,
                0.53,
                middle + side * wide + 0.016,
                0.65,
                darker(stone, 0.2),
            )
    for index in range(0, 60, 4):
        canvas.rect(
            x[index] - 0.003, deck[index] - 0.04, x[index] + 0.003, deck[index], lighter(stone, 0.1)
        )
    canvas.stroke(
        [(float(a), float(b) - 0.04) for a, b in zip(x, deck)], 0.006, lighter(stone, 0.15)
    )
    place.shade(canvas, 1.0, 0.12)


def forest(place: Setting) -> None:
    """Trunks behind trunks, light between the leaves, ferns below."""
    parts.sky(place, 0.7)
    del place.sheets[1:]  # clouds would drift in front of the leaves painted onto the sky
    rng = place.rng("forest")
    green = rgb("#5c8f57") if not place.light.snowy else rgb("#b9c8c6")
    back = place.sheets[0].canvas
    back.rect(
        LEFT,
        -0.4,
        RIGHT,
        BOTTOM,
        Gradient(
            (0, 0.1),
            (0, 0.8),
            ((0, mix(green, place.light.sky[2], 0.55)), (1, mix(green, place.light.haze, 0.35))),
            alphas=(0.7, 1.0),
        ),
    )
    for x in rng.uniform(LEFT, RIGHT, 46):
        _trunk(
            back,
            x,
            0.72,
            rng.uniform(0.012, 0.022),
            mix(rgb("#5a4a40"), place.light.haze, 0.5),
            rng,
        )
    place.shade(back, 1.0, 0.28)
    for depth, count, wide, line, haze in (
        (0.42, 16, 0.036, 0.75, 0.24),
        (0.66, 8, 0.06, 0.79, 0.08),
    ):
        sheet = place.sheet(depth, life=Life(sway=0.001 * place.light.windy, ground=0.8))
        for x in np.linspace(LEFT, RIGHT, count) + rng.uniform(-0.06, 0.06, count):
            if depth > 0.6 and 0.5 < x < 1.3:
                continue
            _trunk(
                sheet,
                float(x),
                line + rng.uniform(-0.01, 0.02),
                wide * rng.uniform(0.7, 1.2),
                rgb("#5c4636"),
                rng,
            )
        for x in np.linspace(LEFT, RIGHT, count * 2) + rng.uniform(-0.05, 0.05, count * 2):
            parts.bush(
                sheet,
                float(x),
                line + 0.015,
                rng.uniform(0.04, 0.07),
                rng,
                shifted(green, value=0.85),
            )
        if not place.light.snowy:
            for x in np.linspace(LEFT, RIGHT, count * 2):
                parts.bush(
                    sheet,
                    float(x) + rng.uniform(-0.1, 0.1),
                    rng.uniform(-0.06, 0.12),
                    rng.uniform(0.09, 0.16),
                    rng,
                    shifted(green, value=0.9),
                )
        place.shade(sheet, 1.0, haze)
    floor = place.sheet(0.86)
    moss = rgb("#e8eef1") if place.light.snowy else rgb("#6c7a45")
    floor.smooth([(LEFT, 0.79), (0.5, 0.805), (1.2, 0.79), (RIGHT, 0.805), (RIGHT, BOTTOM), (LEFT, BOTTOM)],
                 vertical(0.79, 1.1, moss, darker(moss, 0.4)))  # fmt: skip
    parts.grass(floor, 0.81, 1.2, rng, moss, count=300, size=0.034)
    floor.fill(
        [(0.72, 0.795), (1.0, 0.795), (1.3, BOTTOM), (0.3, BOTTOM)],
        mix(rgb("#a98f66"), moss, 0.2),
        alpha=0.6,
        blur=0.02,
    )
    place.shade(floor)
    if place.light.night < 0.5 and place.light.clouds < 0.95:
        for x in (0.3, 0.75, 1.15, 1.6):
            fade = Gradient(
                (0, -0.1),
                (0, 0.85),
                ((0, place.light.sun), (1, place.light.sun)),
                alphas=(0.28, 0.0),
            )
            floor.fill(
                [(x, -0.3), (x + 0.1, -0.3), (x - 0.12, 0.9), (x - 0.34, 0.9)], fade, blur=0.012
            )


def _trunk(
    canvas: Canvas, x: float, ground: float, wide: float, bark: Color, rng: np.random.Generator
) -> None:
    lean = rng.uniform(-0.03, 0.03)
    canvas.fill([(x - wide * 0.8, ground + 0.01), (x - wide * 0.45, ground - 0.12), (x + lean - wide * 0.32, -0.4),
                 (x + lean + wide * 0.32, -0.4), (x + wide * 0.45, ground - 0.12), (x + wide * 0.8, ground + 0.01)],
                Gradient((x - wide / 2, 0), (x + wide / 2, 0), ((0, lighter(bark, 0.16)), (1, darker(bark, 0.4)))))  # fmt: skip


def field_(place: Setting) -> None:
    """Open grassland under a large sky."""
    parts.sky(place, 0.62)
    _hills(place, ((0.16, 0.61, 0.1, 0.6),))
    rng = place.rng("field")
    green = rgb("#eaf0f4") if place.light.snowy else rgb("#86ad57")
    gold = rgb("#d8b75f") if place.has("麦", "稻", "wheat", "golden") else green
    for row, depth in enumerate((0.3, 0.46, 0.66, 0.9)):
        sheet = place.sheet(depth, life=Life(sway=0.0016 * place.light.windy * row, ground=0.9))
        base = (0.625, 0.66, 0.71, 0.79)[row]
        tone = mix(mix(gold, place.light.haze, 0.25), shifted(gold, value=0.85), row / 3)
        x = np.linspace(LEFT, RIGHT, 60)
        crest = base + 0.012 * np.sin(x * (2.2 + row) + row * 1.7)
        sheet.fill(
            [*zip(x, crest), (RIGHT, BOTTOM), (LEFT, BOTTOM)],
            vertical(base, base + 0.25, lighter(tone, 0.1), darker(tone, 0.18)),
        )
        parts.grass(
            sheet,
            base + 0.012,
            base + 0.09 + 0.1 * row,
            rng,
            tone,
            count=150 + 60 * row,
            size=0.014 + 0.011 * row,
        )
        if row == 1:
            for spot in (0.22, 1.5, 1.62):
                parts.tree(
                    place,
                    sheet,
                    spot,
                    base + 0.01,
                    rng.uniform(0.13, 0.19),
                    rng,
                    bare=place.light.snowy,
                )
        if row == 3 and not place.light.snowy:
            for _ in range(60):
                spot = (rng.uniform(LEFT, RIGHT), rng.uniform(0.82, 1.1))
                sheet.ellipse(
                    *spot,
                    0.005,
                    0.004,
                    rgb(("#f4e07a", "#f2f2f2", "#e08aa0")[int(rng.integers(3))]),
                )
        place.shade(sheet, 1.0, 0.12 * (3 - row) / 3)


def desert(place: Setting) -> None:
    """Dunes."""
    parts.sky(place, 0.6)
    rng = place.rng("desert")
    sand = rgb("#e2b878")
    for row, (depth, base) in enumerate(((0.2, 0.58), (0.36, 0.63), (0.58, 0.70), (0.9, 0.81))):
        sheet = place.sheet(depth)
        x = np.linspace(LEFT, RIGHT, 90)
        crest = (
            base + (0.05 - 0.006 * row) * np.sin(x * (1.7 + 0.5 * row) + rng.uniform(0, 6)) * 0.8
        )
        sheet.fill(
            [*zip(x, crest), (RIGHT, BOTTOM), (LEFT, BOTTOM)],
            vertical(base - 0.05, base + 0.2, lighter(sand, 0.18), darker(sand, 0.14)),
        )
        shade = crest + 0.02 + 0.05 * (0.5 + 0.5 * np.sin(x * (1.7 + 0.5 * row)))
        sheet.fill(
            [*zip(x, crest), *zip(x[::-1], shade[::-1])], darker(sand, 0.35), alpha=0.35, blur=0.004
        )
        for ripple in range(5 + row * 3):
            y = base + 0.06 + ripple * 0.02 * (1 + row * 0.3)
            sheet.stroke(
                [(float(a), float(y + 0.006 * math.sin(a * 7 + ripple))) for a in x[::3]],
                0.0016,
                darker(sand, 0.3),
                alpha=0.3,
            )
        place.shade(sheet, 1.0, 0.4 * (3 - row) / 3)


def sky_(place: Setting) -> None:
    """Above the clouds."""
    parts.sky(place, 0.9)
    light = place.light
    rng = place.rng("aloft")
    body, under = (
        mix(light.sky[2], WHITE, 0.7 * (1 - light.night * 0.8)),
        mix(light.sky[1], light.sky[2], 0.3),
    )
    for row, depth in enumerate((0.3, 0.5, 0.75, 1.0)):
        sheet = place.sheet(depth, life=Life(glide=0.004 + 0.005 * row), blur=0.0)
        base = 0.66 + row * 0.1
        for x in np.linspace(LEFT, RIGHT, 11):
            parts.cloud(
                sheet,
                float(x) + rng.uniform(-0.08, 0.08),
                base + rng.uniform(-0.02, 0.03),
                rng.uniform(0.35, 0.55),
                body,
                under,
                rng,
                0.92,
            )
        sheet.rect(
            LEFT,
            base,
            RIGHT,
            BOTTOM,
            vertical(base, base + 0.12, under, mix(body, under, 0.4)),
            blur=0.012,
        )
    if place.has("飞机", "航班", "plane", "airplane", "aeroplane", "aircraft", "jet"):
        _plane(place)


def _plane(place: Setting) -> None:
    canvas = place.sheet(0.85, life=Life(bob=0.006, hz=0.2))
    x, y = 0.9, 0.4
    metal = place.lit(rgb("#eef2f5"))
    canvas.smooth(
        [
            (x - 0.2, y),
            (x - 0.15, y - 0.022),
            (x + 0.12, y - 0.024),
            (x + 0.19, y - 0.004),
            (x + 0.12, y + 0.02),
            (x - 0.14, y + 0.016),
        ],
        metal,
    )
    canvas.fill(
        [
            (x - 0.19, y - 0.01),
            (x - 0.225, y - 0.085),
            (x - 0.19, y - 0.085),
            (x - 0.13, y - 0.018),
        ],
        place.lit(rgb("#c0443c")),
    )
    canvas.fill(
        [(x - 0.02, y), (x - 0.11, y + 0.09), (x - 0.07, y + 0.09), (x + 0.05, y + 0.004)],
        darker(metal, 0.18),
    )
    for step in range(10):
        canvas.ellipse(x - 0.1 + step * 0.02, y - 0.008, 0.003, 0.004, rgb("#39526b"))


def palace(place: Setting) -> None:
    """A hall with red columns and a great roof on a terrace (temples, palaces, old China)."""
    parts.sky(place, 0.6)
    _hills(place, ((0.16, 0.58, 0.22, 0.65),))
    hall = place.sheet(0.45)
    red, gold = rgb("#9c2f28"), rgb("#d6a445")
    tile = (
        rgb("#e2e9ee")
        if place.light.snowy
        else rgb("#c98a2e")
        if place.has("皇", "宫", "palace")
        else rgb("#50606b")
    )
    hall.rect(0.3, 0.42, 1.48, 0.64, darker(red, 0.5))
    for x in np.linspace(0.32, 1.43, 8):
        hall.rect(
            float(x),
            0.4,
            float(x) + 0.036,
            0.65,
            vertical(0.4, 0.65, lighter(red, 0.08), darker(red, 0.3)),
        )
    for x in np.linspace(0.32, 1.43, 8)[:-1]:
        _lattice(
            hall,
            float(x) + 0.05,
            0.45,
            float(x) + 0.145,
            0.62,
            darker(red, 0.25),
            mix(rgb("#d9c08a"), LAMP, place.light.lamps),
        )
    hall.rect(0.28, 0.385, 1.5, 0.415, rgb("#2f6a6a"))
    for step in range(20):
        hall.ellipse(0.31 + step * 0.061, 0.40, 0.008, 0.008, gold)
    for left, right, top, foot in ((0.16, 1.62, 0.27, 0.39), (0.36, 1.42, 0.13, 0.235)):
        middle = [
            (left - 0.03, foot - 0.035),
            (left + 0.06, foot),
            (right - 0.06, foot),
            (right + 0.03, foot - 0.035),
        ]
        hall.smooth(
            [
                *middle,
                (right - 0.16, top + 0.025),
                (right - 0.2, top),
                (left + 0.2, top),
                (left + 0.16, top + 0.025),
            ],
            vertical(top, foot, lighter(tile, 0.1), darker(tile, 0.3)),
        )
        for x in np.arange(left + 0.17, right - 0.17, 0.022):
            hall.stroke(
                [(x, top + 0.008), (MASTER / 2 + (x - MASTER / 2) * 1.16, foot - 0.008)],
                0.0035,
                darker(tile, 0.45),
                alpha=0.45,
            )
        hall.rect(
            left + 0.18, top - 0.014, right - 0.18, top + 0.008, darker(tile, 0.15), round_by=0.005
        )
    hall.rect(0.4, 0.225, 1.38, 0.28, darker(red, 0.3))
    place.shade(hall, 1.0, 0.06)
    yard = place.sheet(0.8)
    stone = rgb("#e6ecf0") if place.light.snowy else rgb("#c9c2b2")
    for step in range(6):
        y = 0.64 + step * 0.022
        yard.rect(
            0.2 - step * 0.05,
            y,
            MASTER - 0.2 + step * 0.05,
            y + 0.024,
            vertical(y, y + 0.024, lighter(stone, 0.1), darker(stone, 0.25)),
        )
    yard.rect(LEFT, 0.77, RIGHT, BOTTOM, vertical(0.77, 1.1, darker(stone, 0.12), stone))
    for step in range(-12, 13):
        yard.stroke(
            [(MASTER / 2 + step * 0.13, 0.77), (MASTER / 2 + step * 0.3, BOTTOM)],
            0.002,
            darker(stone, 0.4),
            alpha=0.5,
        )
    for row in range(6):
        y = 0.78 + 0.014 * row + 0.009 * row * row
        yard.rect(LEFT, y, RIGHT, y + 0.002, darker(stone, 0.4), alpha=0.5)
    for x in (0.08, 1.7):
        yard.rect(x - 0.035, 0.7, x + 0.035, 0.78, darker(stone, 0.2))
        yard.ellipse(x, 0.66, 0.034, 0.045, darker(stone, 0.12))
        yard.ellipse(x - 0.008, 0.645, 0.014, 0.02, lighter(stone, 0.2))
    place.shade(yard)
