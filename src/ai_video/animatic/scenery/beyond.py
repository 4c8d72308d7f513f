"""Places that are no ordinary place: space, under water, a cave, an abstract stage for any text."""

from __future__ import annotations

import math

import numpy as np

from ai_video.animatic.canvas import Gradient, ellipse_points, noise, radial, vertical
from ai_video.animatic.colors import WHITE, darker, lighter, mix, rgb, shifted
from ai_video.animatic.layers import Life
from ai_video.animatic.scenery.parts import BOTTOM, LEFT, RIGHT
from ai_video.animatic.scenery.setting import MASTER, Setting


def space(place: Setting) -> None:
    """Stars, a nebula, a planet with its ring and a moon."""
    rng = place.rng("space")
    back = place.sheet(0.06, blur=0.0)
    back.rect(
        LEFT,
        -0.5,
        RIGHT,
        BOTTOM,
        vertical(-0.1, 1.1, rgb("#050818"), rgb("#0d1436"), rgb("#1a1038")),
    )
    hue = rng.uniform(-0.12, 0.25)
    for color, salt in (
        (shifted(rgb("#5a3fb0"), hue=hue), "a"),
        (shifted(rgb("#c0476f"), hue=hue), "b"),
        (shifted(rgb("#2f86b8"), hue=hue), "c"),
    ):
        cloud = noise(place.rng(salt), back.high, back.wide, 0.55 * back.scale, 5)
        back.lay(np.clip((cloud - 0.5) * 2.6, 0, 1) ** 1.5, color, alpha=0.6)
    stars = place.sheet(0.1, life=Life(glide=0.0012), blur=0.0)
    for _ in range(420):
        x, y, size = (
            rng.uniform(LEFT, RIGHT),
            rng.uniform(-0.4, 1.4),
            0.0006 + 0.0018 * rng.random() ** 4,
        )
        stars.ellipse(
            x, y, size, size, mix(WHITE, rgb("#9fc4ff"), rng.random()), alpha=rng.uniform(0.4, 1.0)
        )
    for _ in range(8):
        stars.glow(rng.uniform(0, MASTER), rng.uniform(0, 1), 0.02, WHITE, 0.8)
    planet = place.sheet(0.3, life=Life(glide=0.0022), blur=0.0)
    body = shifted(
        rgb("#c98a4f"), hue=rng.random() if not place.has("地球", "earth", "Earth") else 0.5
    )
    x, y, size = 1.26, 0.34, 0.25
    disc = ellipse_points(x, y, size, size, count=160)
    planet.ellipse(x, y, size * 1.05, size * 1.05, lighter(body, 0.4), alpha=0.25, blur=0.012)
    planet.fill(disc, body)
    with planet.clip(disc):
        bands = noise(place.rng("bands"), planet.high, 4, 0.05 * planet.scale, 3)[:, :1]
        stripes = np.clip(bands * np.ones((1, planet.wide), np.float32) * 1.6 - 0.4, 0, 1)
        planet.lay(stripes, darker(body, 0.45), alpha=0.7)
        swirl = noise(place.rng("swirl"), planet.high, planet.wide, 0.12 * planet.scale, 4)
        planet.lay(np.clip(swirl * 2 - 0.9, 0, 1), lighter(body, 0.45), alpha=0.5)
        planet.fill(
            disc,
            Gradient(
                (x - size * 0.5, y - size * 0.5),
                (0, 0),
                ((0, WHITE), (1, (0.0, 0.0, 0.05))),
                radius=size * 1.75,
                alphas=(0.16, 0.93),
            ),
        )
    ring = ellipse_points(x, y, size * 1.75, size * 0.34, turn=-16, count=140)
    front = ring[(ring[:, 1] - y) > (ring[:, 0] - x) * math.tan(math.radians(-16))]
    order = np.argsort(front[:, 0])
    planet.stroke(front[order], 0.012, lighter(body, 0.5), alpha=0.75)
    moon = place.sheet(0.5, life=Life(glide=0.003), blur=0.0)
    moon.ellipse(0.42, 0.62, 0.07, 0.07, radial(0.40, 0.6, 0.13, rgb("#e6e2da"), rgb("#4a4a55")))
    for dx, dy, spot in ((-0.02, 0.01, 0.014), (0.02, -0.02, 0.01), (0.01, 0.03, 0.008)):
        moon.ellipse(0.42 + dx, 0.62 + dy, spot, spot, rgb("#9a978f"), alpha=0.7)
    if place.has(
        "飞船",
        "舰",
        "太空站",
        "空间站",
        "卫星",
        "火箭",
        "ship",
        "starship",
        "spaceship",
        "spacecraft",
        "station",
        "satellite",
        "rocket",
        "probe",
    ):
        _ship(place)


def _ship(place: Setting) -> None:
    canvas = place.sheet(0.75, life=Life(bob=0.006, glide=0.004, hz=0.15))
    x, y = 0.66, 0.42
    hull = rgb("#d4dbe3")
    for side in (-1, 1):
        canvas.rect(
            x + side * 0.14 - 0.09,
            y - 0.05,
            x + side * 0.14 + 0.09,
            y + 0.05,
            vertical(y - 0.05, y + 0.05, rgb("#2b4f8f"), rgb("#16305f")),
        )
        for step in range(-3, 4):
            canvas.rect(
                x + side * 0.14 + step * 0.026 - 0.001,
                y - 0.05,
                x + side * 0.14 + step * 0.026 + 0.001,
                y + 0.05,
                rgb("#9fb8e0"),
                alpha=0.6,
            )
    canvas.rect(x - 0.05, y - 0.006, x + 0.05, y + 0.006, hull)
    canvas.rect(
        x - 0.032,
        y - 0.085,
        x + 0.032,
        y + 0.085,
        vertical(y - 0.08, y + 0.08, lighter(hull, 0.3), darker(hull, 0.35)),
        round_by=0.02,
    )
    canvas.ellipse(x, y - 0.03, 0.015, 0.015, rgb("#54c6ff"))
    canvas.stroke([(x, y - 0.085), (x, y - 0.13)], 0.004, hull)
    canvas.ellipse(x, y - 0.135, 0.022, 0.009, hull)
    canvas.glow(x, y - 0.03, 0.08, rgb("#54c6ff"), 0.5)


def underwater(place: Setting) -> None:
    """Under the sea: light from above, plants, bubbles."""
    rng = place.rng("deep")
    back = place.sheet(0.1, blur=0.0)
    dark = 1 - 0.5 * place.light.night
    back.rect(LEFT, -0.5, RIGHT, BOTTOM, vertical(-0.2, 1.2, *(
        (c[0] * dark, c[1] * dark, c[2] * dark) for c in (rgb("#5fd0e0"), rgb("#1f7fb0"), rgb("#0a2f5c")))))  # fmt: skip
    for x in np.linspace(-0.3, 2.1, 9):
        fade = Gradient((0, -0.2), (0, 0.9), ((0, WHITE), (1, WHITE)), alphas=(0.24, 0.0))
        back.fill([(x, -0.4), (x + 0.09, -0.4), (x + 0.2, 1.0), (x - 0.1, 1.0)], fade, blur=0.02)
    for row, depth in enumerate((0.35, 0.6, 0.88)):
        sheet = place.sheet(depth, life=Life(sway=0.01 + 0.006 * row, ground=0.9, hz=0.16))
        tone = mix(rgb("#1d5f86"), rgb("#123a52"), row / 2)
        x = np.linspace(LEFT, RIGHT, 60)
        crest = 0.74 + row * 0.06 + 0.02 * np.sin(x * 3 + row * 2)
        sheet.fill([*zip(x, crest), (RIGHT, BOTTOM), (LEFT, BOTTOM)], tone)
        for spot in rng.uniform(LEFT, RIGHT, 16 - 3 * row):
            tall = rng.uniform(0.12, 0.3)
            weed = mix(
                rgb(("#2f8a6a", "#c0576a", "#d79a4a")[int(rng.integers(3))]), tone, 0.5 - 0.2 * row
            )
            sheet.stroke(
                [
                    (spot, 0.8 + row * 0.06),
                    (spot + 0.02, 0.8 - tall / 2),
                    (spot - 0.015, 0.8 - tall),
                ],
                0.022,
                weed,
                soft=True,
                taper=True,
            )
    fish = place.sheet(0.7, life=Life(glide=0.02, bob=0.006, hz=0.3), blur=0.0)
    for _ in range(10):
        x, y, size = rng.uniform(-0.4, 1.6), rng.uniform(0.2, 0.65), rng.uniform(0.014, 0.03)
        tone = rgb(("#ffb14a", "#f0f4ff", "#ff7a6a")[int(rng.integers(3))])
        fish.ellipse(x, y, size, size * 0.45, tone)
        fish.fill(
            [
                (x - size * 0.8, y),
                (x - size * 1.5, y - size * 0.45),
                (x - size * 1.5, y + size * 0.45),
            ],
            tone,
        )
        fish.ellipse(x + size * 0.6, y - size * 0.1, size * 0.1, size * 0.1, rgb("#12222e"))


def cave(place: Setting) -> None:
    """Rock all round, light at its mouth."""
    rng = place.rng("cave")
    back = place.sheet(0.12, blur=0.0)
    glow = mix(place.light.sky[2], WHITE, 0.2)
    back.rect(
        LEFT,
        -0.5,
        RIGHT,
        BOTTOM,
        radial(MASTER / 2, 0.42, 1.0, glow, mix(glow, rgb("#3d4a5c"), 0.6), rgb("#1b222d")),
    )
    for row, (depth, inner) in enumerate(((0.3, 0.46), (0.5, 0.64), (0.8, 0.84))):
        sheet = place.sheet(depth)
        tone = mix(rgb("#4d5563"), rgb("#1c222c"), row / 2)
        angles = np.linspace(0, 2 * math.pi, 90, endpoint=False)
        rough = 1 + 0.1 * np.sin(angles * 7 + row) + rng.uniform(-0.06, 0.06, 90)
        hole = np.stack(
            [
                MASTER / 2 + np.cos(angles) * inner * 1.15 * rough,
                0.44 + np.sin(angles) * inner * 0.72 * rough,
            ],
            axis=1,
        )
        outer = np.array(
            [
                (RIGHT, 0.44),
                (RIGHT, BOTTOM),
                (LEFT, BOTTOM),
                (LEFT, -0.5),
                (RIGHT, -0.5),
                (RIGHT, 0.44),
            ]
        )
        sheet.fill(
            np.concatenate([hole, hole[:1], outer]),
            radial(MASTER / 2, 0.44, 1.5, lighter(tone, 0.16), darker(tone, 0.5)),
        )
    floor = place.sheet(0.9)
    floor.rect(
        LEFT, 0.84, RIGHT, BOTTOM, vertical(0.84, 1.1, rgb("#333b47"), rgb("#171c24")), blur=0.008
    )


def abstract(place: Setting) -> None:
    """A calm composition of discs and waves in the scene's own colours, for any text."""
    rng = place.rng("abstract")
    hue = rng.random()
    light = place.light
    top = mix(shifted(rgb("#3f6f9f"), hue=hue * 0.6 - 0.2), light.sky[0], 0.35)
    low = mix(shifted(rgb("#f2c9a0"), hue=hue * 0.2 - 0.1), light.sky[2], 0.3)
    back = place.sheet(0.08, blur=0.0)
    back.rect(
        LEFT,
        -0.5,
        RIGHT,
        BOTTOM,
        Gradient((0.2, -0.2), (1.3, 1.1), ((0, top), (0.55, mix(top, low, 0.55)), (1, low))),
    )
    x, y = 1.2 + rng.uniform(-0.15, 0.15), 0.34
    back.glow(x, y, 0.8, lighter(low, 0.3), 0.5)
    sun = place.sheet(0.2, life=Life(bob=0.004, hz=0.1), blur=0.0)
    sun.ellipse(x, y, 0.15, 0.15, lighter(low, 0.55))
    sun.stroke(ellipse_points(x, y, 0.21, 0.21, count=90), 0.003, WHITE, alpha=0.5)
    for row in range(5):
        sheet = place.sheet(
            0.3 + row * 0.15,
            life=Life(glide=0.006 * (-1) ** row, bob=0.003, phase=row, hz=0.12),
            blur=0.0,
        )
        base = 0.56 + row * 0.085
        line = np.linspace(LEFT - 0.3, RIGHT + 0.3, 140)
        crest = (
            base
            + 0.05 * np.sin(line * (2.4 + 0.3 * row) + rng.uniform(0, 6))
            + 0.02 * np.sin(line * 5.1 + row)
        )
        tone = mix(mix(top, low, 0.75 - row * 0.16), darker(top, 0.4), row * 0.14)
        sheet.fill(
            [*zip(line, crest), (RIGHT + 0.3, BOTTOM), (LEFT - 0.3, BOTTOM)],
            vertical(base - 0.05, base + 0.3, lighter(tone, 0.16), darker(tone, 0.12)),
        )
        sheet.stroke(np.stack([line, crest], axis=1), 0.003, WHITE, alpha=0.3)
    place.shade(back, 0.6)
