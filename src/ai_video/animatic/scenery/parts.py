"""Things that stand in many places: sky, hills, water, trees, houses, lamps, windows, furniture."""

from __future__ import annotations

import math

import numpy as np

from ai_video.animatic.canvas import (
    Canvas,
    Gradient,
    Points,
    ellipse_points,
    noise,
    vertical,
)
from ai_video.animatic.colors import BLACK, WHITE, Color, darker, lighter, mix, rgb, shifted
from ai_video.animatic.layers import Life
from ai_video.animatic.scenery.setting import MASTER, Setting

LAMP: Color = (1.0, 0.82, 0.5)
Random = np.random.Generator

LEFT, RIGHT, TOP, BOTTOM = -0.6, MASTER + 0.6, -0.4, 1.4
"""How far the master frame is painted beyond its edges."""


def sky(place: Setting, horizon: float = 0.62) -> None:
    """The farthest sheet: air, sun or moon, stars; then drifting clouds on a sheet of their own."""
    light = place.light
    canvas = place.sheet(0.06, blur=0.0, coarse=True)
    top, middle, low = light.sky
    stops = ((0.0, top), (0.6, middle), (1.0, low))
    canvas.rect(
        LEFT, TOP - 0.4, RIGHT, BOTTOM + 0.4, Gradient((0, -0.12), (0, horizon + 0.02), stops)
    )
    if light.night > 0.4 and light.clouds < 0.9:
        _stars(place, canvas, horizon)
    if light.sun_place is not None:
        _sun(place, canvas)
    clouds = place.sheet(
        0.14, life=Life(glide=0.006 * (1 + 2 * (light.windy - 0.28))), blur=0.0, coarse=True
    )
    _clouds(place, clouds, horizon)


def _stars(place: Setting, canvas: Canvas, horizon: float) -> None:
    rng = place.rng("stars")
    for _ in range(150):
        x, y = rng.uniform(LEFT, RIGHT), rng.uniform(-0.2, horizon - 0.05)
        size = 0.0008 + 0.0014 * rng.random() ** 3
        canvas.ellipse(x, y, size, size, WHITE, alpha=rng.uniform(0.35, 1.0) * place.light.night)


def _sun(place: Setting, canvas: Canvas) -> None:
    light = place.light
    share, y = light.sun_place or (0.5, 0.2)
    x = share * MASTER
    canvas.glow(x, y, 0.75, light.sun, 0.42 if light.night < 0.5 else 0.2)
    canvas.glow(x, y, 0.24, light.sun, 0.5)
    size = 0.042 if light.night > 0.5 else 0.046
    # Within its own glow a disc of the sun's colour would look darker than the air.
    disc = light.sun if light.night > 0.5 else mix(light.sun, WHITE, 0.6)
    canvas.ellipse(x, y, size, size, disc, blur=0.0012)
    if light.night > 0.5:
        grey = mix(light.sun, light.sky[1], 0.18)
        for dx, dy, spot in ((-0.012, -0.008, 0.010), (0.014, 0.010, 0.007), (0.002, 0.018, 0.005)):
            canvas.ellipse(x + dx, y + dy, spot, spot * 0.9, grey, alpha=0.7, blur=0.002)


def _clouds(place: Setting, canvas: Canvas, horizon: float) -> None:
    light = place.light
    rng = place.rng("clouds")
    body = mix(mix(light.sky[2], WHITE, 0.75 * (1 - light.night)), light.sky[1], 0.1)
    under = mix(light.sky[1], light.sky[2], 0.35)
    if light.clouds > 0.9:
        x, _ = canvas.grid()
        veil = noise(place.rng("veil"), canvas.high, canvas.wide, 0.5 * canvas.scale, 4)
        _, y = canvas.grid()
        fade = np.clip((horizon - y) / 0.5, 0, 1) * np.ones_like(x)
        canvas.lay(np.clip(veil * 1.7 - 0.6, 0, 1) * fade, darker(under, 0.35), alpha=0.75)
    count = 3 if light.clouds < 0.3 else 8
    for _ in range(count):
        x, y = rng.uniform(LEFT, RIGHT), rng.uniform(0.02, horizon - 0.22)
        cloud(canvas, x, y, rng.uniform(0.16, 0.42), body, under, rng, 0.75)


def cloud(
    canvas: Canvas, x: float, y: float, across: float, body: Color, under: Color, rng: Random,
    alpha: float = 0.9,
) -> None:  # fmt: skip
    """A cloud with a flat foot."""
    high = across * rng.uniform(0.16, 0.24)
    puffs: list[Points] = []
    for step in np.linspace(-0.5, 0.5, 9):
        lift = math.cos(step * math.pi) ** 0.8 * high * rng.uniform(0.55, 1.0)
        wide = across * rng.uniform(0.09, 0.17)
        puffs.append(ellipse_points(x + step * across, y - lift * 0.55, wide, lift * 0.75 + 0.012))
    puffs.append(ellipse_points(x, y - 0.01, across * 0.6, high * 0.3))
    paint = Gradient((0, y - high), (0, y + high * 0.4), ((0.0, body), (0.6, body), (1.0, under)))
    canvas.fills(puffs, paint, alpha=alpha, blur=0.004)


def ridge(
    canvas: Canvas, base: float, high: float, rng: Random, paint: Color | Gradient,
    *, rough: float = 0.5, bottom: float = BOTTOM,
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:  # fmt: skip
    """A line of hills filled down to the bottom; returns its crest."""
    count = 257
    x = np.linspace(LEFT, RIGHT, count)
    y = np.zeros(count)
    waves = 2.0
    height = 1.0
    for _ in range(7):
        y += height * np.interp(
            np.linspace(0, waves * 3, count), np.arange(int(waves * 3) + 2),
            rng.uniform(-1, 1, int(waves * 3) + 2),
        )  # fmt: skip
        waves, height = waves * 2, height * rough
    y = base - high * (y - y.min()) / max(1e-6, float(np.ptp(y)))
    crest = np.stack([x, y], axis=1)
    canvas.fill([*crest.tolist(), (RIGHT, bottom), (LEFT, bottom)], paint)
    return crest


def tree(
    place: Setting, canvas: Canvas, x: float, ground: float, high: float, rng: Random,
    *, green: Color | None = None, bare: bool = False,
) -> None:  # fmt: skip
    """A round tree: trunk, crown of leaf masses lit from above."""
    bark = rgb("#5d4636")
    lean = rng.uniform(-0.05, 0.05) * high
    top = ground - high * 0.62
    canvas.fill(
        [(x - high * 0.035, ground), (x + lean - high * 0.018, top), (x + lean + high * 0.018, top),
         (x + high * 0.035, ground)], bark,
    )  # fmt: skip
    for side in (-1, 1):
        canvas.stroke(
            [(x + lean * 0.6, ground - high * 0.4), (x + lean + side * high * 0.16, top - high * 0.06)],
            high * 0.022, bark,
        )  # fmt: skip
    if bare:
        _twigs(canvas, x + lean, top, high, rng, bark)
        return
    leaf = green or shifted(
        rgb("#4f8b4a"), hue=rng.uniform(-0.035, 0.03), value=rng.uniform(0.85, 1.1)
    )
    if place.light.snowy:
        leaf = mix(leaf, rgb("#e8eff4"), 0.55)
    spots = [
        (x + lean + math.cos(a) * high * 0.2 * r, top - high * 0.1 + math.sin(a) * high * 0.17 * r,
         high * rng.uniform(0.12, 0.17))
        for a, r in zip(rng.uniform(0, 6.28, 11), rng.uniform(0.35, 1.15, 11))
    ]  # fmt: skip
    spots.sort(key=lambda spot: -spot[1])
    canvas.fills([_leafy(*spot, rng) for spot in spots], darker(leaf, 0.28))
    for spot_x, spot_y, size in spots:
        canvas.fill(
            _leafy(spot_x - size * 0.1, spot_y - size * 0.2, size * 0.78, rng), leaf, alpha=0.75
        )
    for spot_x, spot_y, size in spots[4:]:
        canvas.fill(
            _leafy(spot_x - size * 0.22, spot_y - size * 0.42, size * 0.42, rng),
            lighter(leaf, 0.22), alpha=0.7,
        )  # fmt: skip


def _leafy(x: float, y: float, size: float, rng: Random) -> Points:
    angles = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    wave = 1 + 0.09 * np.sin(angles * rng.integers(6, 10) + rng.uniform(0, 6))
    return np.stack(
        [x + np.cos(angles) * size * wave, y + np.sin(angles) * size * wave * 0.9], axis=1
    )


def _twigs(canvas: Canvas, x: float, top: float, high: float, rng: Random, bark: Color) -> None:
    for angle in np.linspace(-1.2, 1.2, 9):
        reach = high * rng.uniform(0.2, 0.36)
        tip = (x + math.sin(angle) * reach, top - math.cos(angle) * reach)
        middle = (
            x + math.sin(angle * 0.6) * reach * 0.55,
            top - math.cos(angle * 0.6) * reach * 0.5,
        )
        canvas.stroke(
            [(x, top + high * 0.03), middle, tip], high * 0.014, bark, soft=True, taper=True
        )
        for turn in (-0.5, 0.4):
            end = (middle[0] + math.sin(angle + turn) * reach * 0.4,
                   middle[1] - math.cos(angle + turn) * reach * 0.4)  # fmt: skip
            canvas.stroke([middle, end], high * 0.008, bark)


def pine(place: Setting, canvas: Canvas, x: float, ground: float, high: float, leaf: Color) -> None:
    """A fir in tiers."""
    canvas.rect(x - high * 0.025, ground - high * 0.14, x + high * 0.025, ground, rgb("#4c3a2e"))
    snow = place.light.snowy
    for tier in range(5):
        wide = high * (0.27 - 0.045 * tier)
        foot = ground - high * (0.1 + 0.17 * tier)
        tip = foot - high * 0.27
        points = [(x, tip), (x + wide * 0.5, foot - high * 0.06), (x + wide, foot),
                  (x + wide * 0.35, foot - high * 0.025), (x - wide * 0.4, foot - high * 0.02),
                  (x - wide, foot), (x - wide * 0.5, foot - high * 0.06)]  # fmt: skip
        canvas.fill(points, mix(darker(leaf, 0.3), leaf, tier / 5 + 0.15))
        lit = [(x, tip), (x - wide * 0.5, foot - high * 0.06), (x - wide, foot),
               (x - wide * 0.3, foot - high * 0.05)]  # fmt: skip
        canvas.fill(lit, WHITE if snow else lighter(leaf, 0.18), alpha=0.8 if snow else 0.5)


def bush(canvas: Canvas, x: float, ground: float, size: float, rng: Random, leaf: Color) -> None:
    """A low shrub."""
    for step in np.linspace(-1, 1, 5):
        grown = size * rng.uniform(0.5, 0.7) * (1.1 - 0.4 * abs(step))
        spot = (x + step * size * 0.8, ground - grown * 0.6)
        canvas.fill(_leafy(*spot, grown, rng), mix(leaf, darker(leaf, 0.3), rng.random()))
        canvas.fill(
            _leafy(spot[0], spot[1] - grown * 0.3, grown * 0.55, rng),
            lighter(leaf, 0.12),
            alpha=0.7,
        )


def grass(
    canvas: Canvas, top: float, bottom: float, rng: Random, leaf: Color, *, count: int = 160,
    size: float = 0.03,
) -> None:  # fmt: skip
    """Blades scattered over a meadow, larger towards the viewer."""
    for depth in np.sort(rng.random(count)):
        x, y = rng.uniform(LEFT, RIGHT), top + (bottom - top) * depth
        high = size * (0.35 + depth) * rng.uniform(0.5, 1.1)
        color = mix(darker(leaf, 0.25), lighter(leaf, 0.2), rng.random())
        canvas.fills(
            [[(x + dx - high * 0.05, y), (x + dx + bend * high, y - high), (x + dx + high * 0.05, y)]
             for dx, bend in ((0.0, 0.25), (high * 0.16, -0.3), (-high * 0.15, -0.15))],
            color, alpha=0.8,
        )  # fmt: skip


def water(
    place: Setting, canvas: Canvas, top: float, bottom: float, rng: Random, *, deep: Color
) -> None:
    """A sheet of water that mirrors the sky and the sun's path."""
    light = place.light
    near = mix(deep, light.sky[0], 0.25)
    far = mix(mix(deep, light.sky[2], 0.55), light.haze, 0.2)
    canvas.rect(LEFT, top, RIGHT, bottom, vertical(top, bottom, far, mix(far, near, 0.6), near))
    sun_x = (light.sun_place[0] if light.sun_place else 0.5) * MASTER
    for _ in range(320):
        depth = rng.random() ** 1.6
        y = top + (bottom - top) * depth
        x = rng.uniform(LEFT, RIGHT)
        wide = (0.008 + 0.06 * depth) * rng.uniform(0.5, 1.6)
        bright = rng.random() < 0.55
        color = mix(light.sky[2], WHITE, 0.25) if bright else darker(near, 0.25)
        canvas.ellipse(x, y, wide, 0.0011 + 0.0035 * depth, color, alpha=0.22)
    if light.sun_place is None:
        return
    for _ in range(150):
        depth = rng.random() ** 1.3
        y = top + (bottom - top) * depth
        x = sun_x + float(rng.standard_normal()) * (0.02 + 0.09 * depth)
        wide = (0.006 + 0.03 * depth) * rng.uniform(0.5, 1.4)
        canvas.ellipse(x, y, wide, 0.001 + 0.003 * depth, light.sun, alpha=0.5)


def house(
    place: Setting, canvas: Canvas, left: float, right: float, top: float, ground: float,
    rng: Random, wall: Color, *, glow: list[tuple[float, float]] | None = None,
) -> None:  # fmt: skip
    """A town building with rows of windows, some of them lit by night."""
    light = place.light
    lit_wall = vertical(top, ground, place.lit(lighter(wall, 0.08)), place.lit(darker(wall, 0.18)))
    canvas.rect(left, top, right, ground, lit_wall)
    side = (right - left) * 0.16
    canvas.rect(right - side, top, right, ground, place.lit(darker(wall, 0.45)), alpha=0.55)
    canvas.rect(left - 0.004, top - 0.012, right + 0.004, top + 0.006, place.lit(darker(wall, 0.3)))
    columns = max(2, round((right - left) / 0.062))
    rows = max(2, round((ground - top) / 0.085))
    gap_x, gap_y = (right - left) / columns, (ground - top) / rows
    dark = place.lit(mix(rgb("#35506b"), light.sky[1], 0.35))
    for row in range(rows):
        for column in range(columns):
            x, y = left + (column + 0.24) * gap_x, top + (row + 0.28) * gap_y
            on = rng.random() < 0.1 + 0.5 * light.lamps
            pane = mix(LAMP, rgb("#ffedc4"), rng.random()) if on and light.lamps > 0.2 else dark
            canvas.rect(x, y, x + gap_x * 0.52, y + gap_y * 0.5, pane)
            if pane is dark:
                canvas.fill([(x, y + gap_y * 0.3), (x + gap_x * 0.3, y), (x + gap_x * 0.42, y),
                             (x, y + gap_y * 0.42)], WHITE, alpha=0.16)  # fmt: skip
            elif glow is not None and rng.random() < 0.3:
                glow.append((x + gap_x * 0.26, y + gap_y * 0.25))


def lamp_post(place: Setting, canvas: Canvas, x: float, ground: float, high: float) -> None:
    """A street lamp with its cone of light."""
    metal = place.lit(rgb("#39424e"))
    canvas.rect(x - high * 0.012, ground - high, x + high * 0.012, ground, metal)
    canvas.rect(x - high * 0.028, ground - high * 0.05, x + high * 0.028, ground, metal)
    canvas.stroke([(x, ground - high * 0.98), (x + high * 0.06, ground - high * 1.04),
                   (x + high * 0.15, ground - high * 1.02)], high * 0.018, metal, soft=True)  # fmt: skip
    head = (x + high * 0.16, ground - high * 1.0)
    canvas.rect(head[0] - high * 0.05, head[1] - high * 0.02, head[0] + high * 0.05, head[1], metal)
    if place.light.lamps > 0.2:
        cone = [(head[0] - high * 0.04, head[1]), (head[0] + high * 0.04, head[1]),
                (head[0] + high * 0.34, ground), (head[0] - high * 0.34, ground)]  # fmt: skip
        fade = Gradient((0, head[1]), (0, ground), ((0.0, LAMP), (1.0, LAMP)), alphas=(0.34, 0.0))
        canvas.fill(cone, fade, blur=high * 0.02, alpha=place.light.lamps)
        canvas.ellipse(*head, high * 0.045, high * 0.018, (1.0, 0.95, 0.8))
        canvas.glow(*head, high * 0.3, LAMP, 0.7 * place.light.lamps)


def window(
    place: Setting, canvas: Canvas, left: float, top: float, right: float, bottom: float,
    rng: Random, *, frame: Color, skyline: bool = True, curtain: Color | None = None, bars: int = 2,
) -> None:  # fmt: skip
    """A window with the weather and the town outside."""
    light = place.light
    edge = 0.012
    canvas.rect(left - edge * 1.6, top - edge * 1.6, right + edge * 1.6, bottom + edge * 1.6,
                darker(frame, 0.35))  # fmt: skip
    canvas.rect(left - edge, top - edge, right + edge, bottom + edge, frame)
    with canvas.clip([(left, top), (right, top), (right, bottom), (left, bottom)]):
        canvas.rect(left, top, right, bottom, vertical(top, bottom, *light.sky))
        if skyline:
            x = left
            while x < right:
                wide = rng.uniform(0.03, 0.09)
                roof = bottom - (bottom - top) * rng.uniform(0.18, 0.62)
                color = mix(mix(rgb("#7d8ea3"), light.haze, 0.5), light.sky[1], light.night * 0.65)
                canvas.rect(x, roof, x + wide, bottom, color)
                for _ in range(int(7 * light.lamps)):
                    spot = (x + rng.uniform(0.1, 0.8) * wide, rng.uniform(roof, bottom))
                    canvas.rect(*spot, spot[0] + 0.006, spot[1] + 0.008, LAMP, alpha=0.85)
                x += wide
        else:
            ridge(
                canvas,
                bottom - 0.02,
                (bottom - top) * 0.4,
                rng,
                mix(rgb("#6d9465"), light.haze, 0.4),
            )
        canvas.fill([(left, bottom), (left + (right - left) * 0.5, top),
                     (left + (right - left) * 0.72, top), (left + (right - left) * 0.2, bottom)],
                    WHITE, alpha=0.1)  # fmt: skip
        if light.wet:
            for _ in range(40):
                x, y = rng.uniform(left, right), rng.uniform(top, bottom)
                canvas.stroke(
                    [(x, y), (x - 0.003, y + rng.uniform(0.01, 0.05))], 0.0016, WHITE, alpha=0.4
                )
    for bar in range(1, bars):
        x = left + (right - left) * bar / bars
        canvas.rect(x - edge * 0.4, top, x + edge * 0.4, bottom, frame)
    canvas.rect(
        left, (top + bottom) / 2 - edge * 0.4, right, (top + bottom) / 2 + edge * 0.4, frame
    )
    canvas.rect(
        left - edge * 2.4,
        bottom + edge,
        right + edge * 2.4,
        bottom + edge * 2.6,
        lighter(frame, 0.1),
    )
    if curtain is not None:
        _curtains(canvas, left, top, right, bottom, curtain)


def _curtains(
    canvas: Canvas, left: float, top: float, right: float, bottom: float, color: Color
) -> None:
    fall, wide = bottom + 0.09, (right - left) * 0.24
    canvas.rect(left - 0.09, top - 0.05, right + 0.09, top - 0.038, rgb("#6b4f3a"), round_by=0.006)
    for start, stop in ((left - 0.07, left + wide * 0.55), (right - wide * 0.55, right + 0.07)):
        canvas.fill([(start, top - 0.04), (stop, top - 0.04), (stop - 0.006, fall), (start + 0.006, fall)],
                    color)  # fmt: skip
        folds = 6
        for fold in range(folds):
            x = start + (stop - start) * (fold + 0.5) / folds
            across = (stop - start) / folds * 0.32
            canvas.rect(x - across, top - 0.04, x + across, fall,
                        darker(color, 0.35) if fold % 2 else lighter(color, 0.2), alpha=0.4,
                        blur=across * 0.5)  # fmt: skip


def room(
    place: Setting, canvas: Canvas, *, wall: Color, floor: Color, line: float = 0.70,
    boards: bool = True, skirting: Color | None = None,
) -> None:  # fmt: skip
    """Back wall and floor in one-point perspective."""
    canvas.rect(
        LEFT, TOP - 0.3, RIGHT, line, vertical(-0.1, line, darker(wall, 0.1), lighter(wall, 0.06))
    )
    canvas.rect(
        LEFT,
        line,
        RIGHT,
        BOTTOM + 0.3,
        vertical(line, 1.1, darker(floor, 0.22), lighter(floor, 0.05)),
    )
    if boards:
        for step in range(-16, 17):
            x = MASTER / 2 + step * 0.13
            canvas.stroke([(MASTER / 2 + step * 0.105, line), (MASTER / 2 + step * 0.29, BOTTOM)],
                          0.0025, darker(floor, 0.4), alpha=0.5)  # fmt: skip
            del x
    trim = skirting or lighter(wall, 0.35)
    canvas.rect(LEFT, line - 0.03, RIGHT, line, trim)
    canvas.rect(LEFT, line - 0.004, RIGHT, line + 0.02, BLACK, alpha=0.22, blur=0.008)


def daylight(
    place: Setting, canvas: Canvas, left: float, right: float, top: float, line: float
) -> None:
    """The slanted patch and shaft of light that a window throws into a room."""
    light = place.light
    if light.night > 0.3 or light.clouds > 0.95:
        return
    color = mix(light.sun, WHITE, 0.2)
    shaft = [(left, top), (right, top), (right + 0.42, BOTTOM), (left + 0.28, BOTTOM)]
    fade = Gradient((0, top), (0, 1.1), ((0.0, color), (1.0, color)), alphas=(0.17, 0.05))
    canvas.fill(shaft, fade, blur=0.012)
    patch = [(left + 0.2, line + 0.05), (right + 0.2, line + 0.05), (right + 0.36, line + 0.22),
             (left + 0.3, line + 0.22)]  # fmt: skip
    canvas.fill(patch, color, alpha=0.28, blur=0.01)


def pendant(place: Setting, canvas: Canvas, x: float, y: float, shade: Color) -> None:
    """A hanging lamp."""
    canvas.rect(x - 0.0018, TOP, x + 0.0018, y - 0.04, rgb("#2b2b30"))
    canvas.fill(
        [(x - 0.018, y - 0.045), (x + 0.018, y - 0.045), (x + 0.062, y), (x - 0.062, y)], shade
    )
    canvas.ellipse(x, y, 0.062, 0.011, lighter(shade, 0.3))
    if place.light.lamps > 0.2:
        canvas.ellipse(x, y + 0.002, 0.03, 0.009, (1.0, 0.96, 0.84))
        canvas.glow(x, y, 0.55, LAMP, 0.36 * place.light.lamps)
        canvas.glow(x, y, 0.14, LAMP, 0.5 * place.light.lamps)


def floor_lamp(place: Setting, canvas: Canvas, x: float, ground: float, high: float) -> None:
    """A standing lamp."""
    canvas.rect(x - 0.004, ground - high, x + 0.004, ground, rgb("#4a4038"))
    canvas.ellipse(x, ground, 0.05, 0.011, rgb("#4a4038"))
    top = ground - high
    on = place.light.lamps
    shade = mix(rgb("#d8c3a0"), (1.0, 0.88, 0.62), on)
    canvas.fill(
        [(x - 0.034, top - 0.1), (x + 0.034, top - 0.1), (x + 0.06, top), (x - 0.06, top)], shade
    )
    if on > 0.2:
        canvas.glow(x, top - 0.03, 0.5, LAMP, 0.42 * on)


def books(
    canvas: Canvas, left: float, right: float, shelf: float, high: float, rng: Random
) -> None:
    """A row of books standing on a shelf."""
    spines = [rgb(code) for code in ("#a5483f", "#345b7c", "#c79a4b", "#4f6d54", "#7a5a7c", "#d7cbb4",
                                     "#2e3a4a", "#b8744f")]  # fmt: skip
    x = left
    while x < right - 0.012:
        wide = rng.uniform(0.010, 0.022)
        if rng.random() < 0.1:
            x += 0.02
            continue
        tall = high * rng.uniform(0.62, 0.92)
        color = spines[int(rng.integers(len(spines)))]
        canvas.rect(x, shelf - tall, min(x + wide, right), shelf, color)
        canvas.rect(x, shelf - tall, x + 0.002, shelf, WHITE, alpha=0.2)
        canvas.rect(x + 0.002, shelf - tall * 0.8, min(x + wide, right) - 0.002, shelf - tall * 0.72,
                    lighter(color, 0.45), alpha=0.8)  # fmt: skip
        x += wide + 0.001


def bookcase(
    canvas: Canvas, left: float, right: float, top: float, ground: float, rng: Random, wood: Color,
    rows: int = 4,
) -> None:  # fmt: skip
    """A case of shelves."""
    canvas.rect(left - 0.012, top - 0.012, right + 0.012, ground, wood)
    canvas.rect(left, top, right, ground - 0.02, darker(wood, 0.5))
    high = (ground - 0.02 - top) / rows
    for row in range(rows):
        shelf = top + high * (row + 1)
        books(canvas, left + 0.006, right - 0.006, shelf - 0.006, high * 0.92, rng)
        canvas.rect(left, shelf - 0.008, right, shelf, lighter(wood, 0.08))


def plant(canvas: Canvas, x: float, ground: float, high: float, rng: Random) -> None:
    """A potted plant."""
    pot = rgb("#c17a55")
    canvas.fill([(x - high * 0.16, ground - high * 0.3), (x + high * 0.16, ground - high * 0.3),
                 (x + high * 0.11, ground), (x - high * 0.11, ground)], pot)  # fmt: skip
    canvas.rect(
        x - high * 0.18,
        ground - high * 0.34,
        x + high * 0.18,
        ground - high * 0.27,
        lighter(pot, 0.12),
    )
    for angle in np.linspace(-1.1, 1.1, 9):
        reach = high * rng.uniform(0.5, 0.72)
        tip = (x + math.sin(angle) * reach, ground - high * 0.3 - math.cos(angle) * reach)
        middle = (
            x + math.sin(angle) * reach * 0.4,
            ground - high * 0.32 - math.cos(angle) * reach * 0.62,
        )
        leaf = mix(rgb("#2f6b45"), rgb("#6fa85c"), rng.random())
        canvas.stroke(
            [(x, ground - high * 0.3), middle, tip], high * 0.11, leaf, soft=True, taper=True
        )


def table(
    canvas: Canvas, left: float, right: float, top: float, ground: float, wood: Color
) -> None:
    """A table seen from the front."""
    canvas.fill([(left + 0.03, top - 0.03), (right - 0.03, top - 0.03), (right, top), (left, top)],
                lighter(wood, 0.14))  # fmt: skip
    canvas.rect(left, top, right, top + 0.026, wood)
    canvas.rect(left + 0.03, top + 0.026, right - 0.03, top + 0.06, darker(wood, 0.35))
    for x in (left + 0.03, right - 0.055):
        canvas.rect(x, top + 0.026, x + 0.025, ground, darker(wood, 0.2))


def chair(
    canvas: Canvas, x: float, ground: float, high: float, color: Color, turn: int = 1
) -> None:
    """A simple chair in profile."""
    seat = ground - high * 0.48
    wide = high * 0.4
    dark = darker(color, 0.3)
    for leg in (-0.46, 0.42):
        canvas.stroke([(x + leg * wide, seat), (x + leg * wide * 1.12, ground)], high * 0.035, dark)
    canvas.rect(
        x - wide / 2, seat - high * 0.03, x + wide / 2, seat + high * 0.03, color, round_by=0.006
    )
    back = x - turn * wide * 0.46
    canvas.stroke([(back, seat), (back - turn * high * 0.06, ground - high)], high * 0.05, color)


def picture_frame(
    place: Setting, canvas: Canvas, x: float, y: float, wide: float, high: float, rng: Random
) -> None:
    """A framed landscape on the wall."""
    canvas.rect(x - wide / 2 - 0.01, y - high / 2 - 0.008, x + wide / 2 + 0.01, y + high / 2 + 0.014,
                BLACK, alpha=0.18, blur=0.006)  # fmt: skip
    canvas.rect(x - wide / 2 - 0.008, y - high / 2 - 0.008, x + wide / 2 + 0.008, y + high / 2 + 0.008,
                rgb("#4a3a2f"))  # fmt: skip
    corners = [(x - wide / 2, y - high / 2), (x + wide / 2, y - high / 2),
               (x + wide / 2, y + high / 2), (x - wide / 2, y + high / 2)]  # fmt: skip
    with canvas.clip(corners):
        sky_color = shifted(rgb("#e9cfa6"), hue=rng.uniform(-0.08, 0.5))
        canvas.fill(corners, sky_color)
        ridge(
            canvas,
            y + high * 0.3,
            high * 0.5,
            rng,
            shifted(rgb("#5d7f92"), hue=rng.uniform(-0.2, 0.2)),
        )
        canvas.ellipse(x + wide * 0.2, y - high * 0.18, high * 0.1, high * 0.1, rgb("#f7efdc"))
    del place


def shadow(canvas: Canvas, x: float, y: float, wide: float, *, alpha: float = 0.3) -> None:
    """The soft shadow under a thing."""
    canvas.ellipse(x, y, wide, wide * 0.12, BLACK, alpha=alpha, blur=wide * 0.08)
