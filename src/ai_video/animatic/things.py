"""Things a text speaks of, drawn large: what a shot without people shows instead of an empty place."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ai_video.animatic.canvas import Canvas, ellipse_points, vertical
from ai_video.animatic.colors import BLACK, WHITE, Color, darker, lighter, mix, rgb
from ai_video.filmwords.mentions import Mentions

Draw = Callable[[Canvas, float, float, float], None]


@dataclass(frozen=True, slots=True)
class Thing:
    """One drawable thing: its words, its painter (canvas, x, y, size) and whether it floats.

    What is `outdoors` never stands in a room; an `idea` stands in no landscape; what is `held` is
    seen from near. `unlit` paints it when the words say that its light is out.
    """

    name: str
    words: tuple[str, ...]
    draw: Draw
    floats: bool = False
    kind: Literal["", "outdoors", "idea", "held"] = ""
    unlit: Draw | None = None

    def painter(self, words: str) -> Draw:
        """What paints the thing in a shot of these words."""
        if self.unlit is not None and Mentions(words).says(*_UNLIT):
            return self.unlit
        return self.draw


_UNLIT = (
    "dark lamp", "lamp is dark", "light is dark", "light is out", "lamp is out", "dead lamp", "unlit",
    "goes dark", "went dark", "goes out", "went out", "dark lighthouse", "darkened lighthouse",
    "熄灭", "灭了", "没有亮", "没亮", "不亮", "漆黑的灯塔", "灯暗",
)  # fmt: skip


def thing_in(words: str) -> Thing | None:
    """The first thing that a text names, by its place in the text."""
    mentions = Mentions(words)
    best: tuple[int, Thing] | None = None
    for thing in THINGS:
        for word in thing.words:
            at = mentions.at_plural(word)
            if at >= 0 and (best is None or at < best[0]):
                best = (at, thing)
    return None if best is None else best[1]


def _turned(
    points: list[tuple[float, float]], x: float, y: float, size: float, degrees: float
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return np.array(points) * size @ turn + (x, y)


def _sheet(
    canvas: Canvas,
    x: float,
    y: float,
    size: float,
    paper: Color,
    degrees: float,
    wide: float = 0.5,
    high: float = 0.66,
) -> None:
    corners = [(-wide, -high), (wide, -high), (wide, high), (-wide, high)]
    canvas.fill(
        _turned(corners, x + size * 0.05, y + size * 0.07, size, degrees),
        BLACK,
        alpha=0.35,
        blur=size * 0.04,
    )
    canvas.fill(
        _turned(corners, x, y, size, degrees),
        vertical(y - size, y + size, lighter(paper, 0.15), darker(paper, 0.12)),
    )


def _photo(canvas: Canvas, x: float, y: float, size: float) -> None:
    _sheet(canvas, x, y, size, rgb("#f2e7cf"), -6)
    inner = [(-0.43, -0.58), (0.43, -0.58), (0.43, 0.4), (-0.43, 0.4)]
    area = _turned(inner, x, y, size, -6)
    canvas.fill(area, vertical(y - size * 0.6, y + size * 0.4, rgb("#d9c08f"), rgb("#a3845a")))
    with canvas.clip(area):
        for dx, tone in ((-0.17, "#6b4f35"), (0.16, "#7a5c3f")):
            px, py = _turned([(dx, 0.0)], x, y, size, -6)[0].tolist()
            canvas.ellipse(px, py - size * 0.1, size * 0.11, size * 0.13, rgb("#e6cba0"))
            canvas.ellipse(px, py - size * 0.19, size * 0.12, size * 0.08, rgb("#4a3626"))
            canvas.ellipse(px, py + size * 0.28, size * 0.22, size * 0.28, rgb(tone))
    canvas.fill(
        _turned([(-0.16, -0.72), (0.16, -0.74), (0.17, -0.6), (-0.15, -0.58)], x, y, size, -6),
        rgb("#efe6c4"),
        alpha=0.75,
    )


def _ticket(canvas: Canvas, x: float, y: float, size: float) -> None:
    _sheet(canvas, x, y, size, rgb("#e3cf9a"), 7, 0.85, 0.42)
    edge = [(-0.78, -0.35), (0.78, -0.35), (0.78, 0.35), (-0.78, 0.35)]
    line = _turned([*edge, edge[0]], x, y, size, 7)
    canvas.stroke(line, size * 0.012, rgb("#8a5a3a"))
    for row, wide in enumerate((0.5, 0.75, 0.62)):
        top = -0.22 + row * 0.16
        canvas.fill(
            _turned(
                [
                    (-0.66, top),
                    (-0.66 + wide, top),
                    (-0.66 + wide, top + 0.06),
                    (-0.66, top + 0.06),
                ],
                x,
                y,
                size,
                7,
            ),
            rgb("#7a5236"),
            alpha=0.75,
        )
    for step in range(9):
        px, py = _turned([(0.34, -0.34 + step * 0.085)], x, y, size, 7)[0].tolist()
        canvas.ellipse(px, py, size * 0.014, size * 0.014, rgb("#8a5a3a"))
    px, py = _turned([(0.56, 0.02)], x, y, size, 7)[0].tolist()
    canvas.stroke(
        ellipse_points(px, py, size * 0.14, size * 0.14), size * 0.02, rgb("#b5382f"), alpha=0.8
    )


def _letter(canvas: Canvas, x: float, y: float, size: float) -> None:
    _sheet(canvas, x, y, size, rgb("#f6f1e2"), 5)
    for row in range(9):
        wide = 0.72 if row % 4 != 3 else 0.4
        top = -0.5 + row * 0.115
        canvas.fill(
            _turned(
                [
                    (-0.36, top),
                    (-0.36 + wide, top),
                    (-0.36 + wide, top + 0.03),
                    (-0.36, top + 0.03),
                ],
                x,
                y,
                size,
                5,
            ),
            rgb("#4a5568"),
            alpha=0.7,
        )


def _phone(canvas: Canvas, x: float, y: float, size: float) -> None:
    canvas.rect(
        x - size * 0.36,
        y - size * 0.7,
        x + size * 0.36,
        y + size * 0.72,
        BLACK,
        alpha=0.3,
        blur=size * 0.05,
        round_by=size * 0.1,
    )
    canvas.rect(
        x - size * 0.36,
        y - size * 0.74,
        x + size * 0.36,
        y + size * 0.7,
        rgb("#1d2128"),
        round_by=size * 0.1,
    )
    canvas.rect(
        x - size * 0.32,
        y - size * 0.68,
        x + size * 0.32,
        y + size * 0.64,
        vertical(y - size * 0.7, y + size * 0.6, rgb("#3b7fc4"), rgb("#7fc8c0")),
        round_by=size * 0.06,
    )
    for row, (left, wide, tone) in enumerate(
        ((-0.27, 0.4, WHITE), (-0.1, 0.37, rgb("#d8f5c9")), (-0.27, 0.3, WHITE))
    ):
        top = y + size * (-0.4 + row * 0.24)
        canvas.rect(
            x + size * left,
            top,
            x + size * (left + wide),
            top + size * 0.16,
            tone,
            round_by=size * 0.05,
            alpha=0.95,
        )
        canvas.rect(
            x + size * (left + 0.05),
            top + size * 0.06,
            x + size * (left + wide - 0.08),
            top + size * 0.085,
            rgb("#6b7785"),
        )
    canvas.glow(x, y, size * 0.9, rgb("#9fd4ff"), 0.18)


def _camera(canvas: Canvas, x: float, y: float, size: float) -> None:
    canvas.rect(
        x - size * 0.66,
        y - size * 0.36,
        x + size * 0.66,
        y + size * 0.42,
        rgb("#2a2e35"),
        round_by=size * 0.08,
    )
    canvas.rect(
        x - size * 0.66,
        y - size * 0.36,
        x + size * 0.66,
        y - size * 0.14,
        rgb("#b9bfc6"),
        round_by=size * 0.06,
    )
    canvas.rect(
        x - size * 0.26,
        y - size * 0.5,
        x + size * 0.26,
        y - size * 0.3,
        rgb("#9aa1a9"),
        round_by=size * 0.05,
    )
    for radius, tone in (
        (0.33, "#15181d"),
        (0.27, "#3a414a"),
        (0.21, "#0f1b2e"),
        (0.13, "#274b7a"),
    ):
        canvas.ellipse(x, y + size * 0.05, size * radius, size * radius, rgb(tone))
    canvas.ellipse(x - size * 0.07, y - size * 0.03, size * 0.05, size * 0.05, WHITE, alpha=0.8)
    canvas.ellipse(x + size * 0.5, y - size * 0.25, size * 0.05, size * 0.05, rgb("#d9483b"))


def _book(canvas: Canvas, x: float, y: float, size: float) -> None:
    canvas.ellipse(x, y + size * 0.4, size * 0.9, size * 0.1, BLACK, alpha=0.3, blur=size * 0.05)
    for side in (-1, 1):
        page = [
            (0, -0.3),
            (side * 0.3, -0.42),
            (side * 0.84, -0.36),
            (side * 0.84, 0.3),
            (side * 0.3, 0.24),
            (0, 0.36),
        ]
        canvas.fill(
            _turned([(px * 1.05, py * 1.05 + 0.03) for px, py in page], x, y, size, 0),
            rgb("#7a3b30"),
        )
        canvas.fill(_turned(page, x, y, size, 0), rgb("#f6f0df") if side > 0 else rgb("#ebe3cd"))
        for row in range(6):
            top = -0.24 + row * 0.085
            canvas.stroke(
                _turned(
                    [(side * 0.12, top), (side * 0.4, top - 0.06), (side * 0.74, top - 0.03)],
                    x,
                    y,
                    size,
                    0,
                ),
                size * 0.012,
                rgb("#6b6b74"),
                alpha=0.7,
                soft=True,
            )


def _cup(canvas: Canvas, x: float, y: float, size: float) -> None:
    canvas.ellipse(x, y + size * 0.5, size * 0.7, size * 0.1, rgb("#e8e2d4"))
    canvas.stroke(
        ellipse_points(x + size * 0.44, y + size * 0.1, size * 0.18, size * 0.2),
        size * 0.07,
        rgb("#d5dde2"),
    )
    canvas.smooth(
        [
            (x - size * 0.45, y - size * 0.25),
            (x + size * 0.45, y - size * 0.25),
            (x + size * 0.38, y + size * 0.3),
            (x + size * 0.2, y + size * 0.48),
            (x - size * 0.2, y + size * 0.48),
            (x - size * 0.38, y + size * 0.3),
        ],
        vertical(y - size * 0.3, y + size * 0.5, WHITE, rgb("#c3ccd2")),
    )
    canvas.ellipse(x, y - size * 0.25, size * 0.46, size * 0.11, rgb("#eef1f2"))
    canvas.ellipse(x, y - size * 0.24, size * 0.4, size * 0.085, rgb("#6b4226"))
    for dx in (-0.14, 0.06, 0.2):
        canvas.stroke(
            [
                (x + size * dx, y - size * 0.36),
                (x + size * (dx + 0.06), y - size * 0.55),
                (x + size * (dx - 0.03), y - size * 0.75),
            ],
            size * 0.04,
            WHITE,
            soft=True,
            alpha=0.3,
            blur=size * 0.03,
        )


def _clock(canvas: Canvas, x: float, y: float, size: float) -> None:
    canvas.ellipse(
        x + size * 0.04, y + size * 0.06, size * 0.7, size * 0.7, BLACK, alpha=0.3, blur=size * 0.05
    )
    canvas.ellipse(x, y, size * 0.7, size * 0.7, rgb("#8a6a3c"))
    canvas.ellipse(x, y, size * 0.62, size * 0.62, rgb("#f7f2e4"))
    for step in range(12):
        angle = step * math.pi / 6
        canvas.ellipse(
            x + math.sin(angle) * size * 0.53,
            y - math.cos(angle) * size * 0.53,
            size * 0.025,
            size * 0.025,
            rgb("#3a3a3a"),
        )
    for angle, length, wide in ((0.9, 0.34, 0.05), (4.9, 0.48, 0.032)):
        canvas.stroke(
            [(x, y), (x + math.sin(angle) * size * length, y - math.cos(angle) * size * length)],
            size * wide,
            rgb("#22262c"),
        )
    canvas.ellipse(x, y, size * 0.05, size * 0.05, rgb("#b5382f"))


def _solar(canvas: Canvas, x: float, y: float, size: float) -> None:
    for row in range(3):
        scale = 0.62 + 0.24 * row
        top = y - size * 0.25 + row * size * 0.34
        for column in range(-3, 4):
            left = x + column * size * 0.62 * scale
            wide, high = size * 0.29 * scale, size * 0.26 * scale
            canvas.stroke(
                [(left, top + high * 0.5), (left, top + high * 1.5)],
                size * 0.03 * scale,
                rgb("#8e979e"),
            )
            panel = [
                (left - wide + high * 0.3, top - high * 0.5),
                (left + wide + high * 0.3, top - high * 0.5),
                (left + wide - high * 0.3, top + high * 0.5),
                (left - wide - high * 0.3, top + high * 0.5),
            ]
            canvas.fill(panel, vertical(top - high, top + high, rgb("#3f78c0"), rgb("#122b57")))
            for step in (0.25, 0.5, 0.75):
                a, b = np.array(panel[0]), np.array(panel[3])
                c, d = np.array(panel[1]), np.array(panel[2])
                canvas.stroke(
                    [tuple((a + (c - a) * step).tolist()), tuple((b + (d - b) * step).tolist())],
                    size * 0.007,
                    rgb("#9fc4ea"),
                    alpha=0.8,
                )
            middle = [
                tuple(((np.array(panel[0]) + np.array(panel[3])) / 2).tolist()),
                tuple(((np.array(panel[1]) + np.array(panel[2])) / 2).tolist()),
            ]
            canvas.stroke(middle, size * 0.007, rgb("#9fc4ea"), alpha=0.8)


def _turbine(canvas: Canvas, x: float, y: float, size: float) -> None:
    for dx, scale, turn in ((-0.9, 0.7, 0.4), (0.85, 0.8, 1.3), (0.0, 1.1, 0.0)):
        left, unit = x + dx * size, size * scale
        foot, hub = y + size * 0.75, y + size * 0.75 - unit * 1.25
        canvas.fill(
            [
                (left - unit * 0.045, foot),
                (left - unit * 0.02, hub),
                (left + unit * 0.02, hub),
                (left + unit * 0.045, foot),
            ],
            vertical(hub, foot, WHITE, rgb("#b9c3ca")),
        )
        for step in range(3):
            angle = turn + step * 2 * math.pi / 3
            tip = (left + math.sin(angle) * unit * 0.62, hub - math.cos(angle) * unit * 0.62)
            canvas.stroke(
                [
                    (left, hub),
                    (
                        (left + tip[0]) / 2 + math.cos(angle) * unit * 0.03,
                        (hub + tip[1]) / 2 + math.sin(angle) * unit * 0.03,
                    ),
                    tip,
                ],
                unit * 0.075,
                rgb("#f2f5f6"),
                soft=True,
                taper=True,
            )
        canvas.ellipse(left, hub, unit * 0.05, unit * 0.05, rgb("#d5dde2"))


def _lighthouse(canvas: Canvas, x: float, y: float, size: float) -> None:
    """A lighthouse whose beam sweeps both ways."""
    _unlit_lighthouse(canvas, x, y, size)
    lamp, beam = y - size * 0.63, (1.0, 0.95, 0.7)
    canvas.rect(
        x - size * 0.11, lamp - size * 0.09, x + size * 0.11, lamp + size * 0.1, rgb("#ffe9a8")
    )
    for side in (-1, 1):
        canvas.fill(
            [
                (x, lamp - size * 0.02),
                (x + side * size * 2.4, lamp - size * 0.37),
                (x + side * size * 2.4, lamp + size * 0.28),
            ],
            beam,
            alpha=0.2,
            blur=size * 0.05,
        )
    canvas.ellipse(x, lamp, size * 0.07, size * 0.08, WHITE)
    canvas.glow(x, lamp, size * 0.7, beam, 0.7)


def _unlit_lighthouse(canvas: Canvas, x: float, y: float, size: float) -> None:
    foot = y + size * 0.9
    canvas.smooth(
        [
            (x - size * 0.8, foot + size * 0.2),
            (x - size * 0.5, foot - size * 0.12),
            (x, foot - size * 0.2),
            (x + size * 0.55, foot - size * 0.1),
            (x + size * 0.85, foot + size * 0.2),
        ],
        rgb("#5a5f66"),
    )
    for row in range(5):
        top, low = (
            foot - size * 0.2 - (row + 1) * size * 0.24,
            foot - size * 0.2 - row * size * 0.24,
        )
        a, b = 0.26 - row * 0.026, 0.26 - (row + 1) * 0.026
        canvas.fill(
            [(x - size * a, low), (x - size * b, top), (x + size * b, top), (x + size * a, low)],
            rgb("#f3f0e8") if row % 2 else rgb("#c2473c"),
        )
    top = foot - size * 1.4
    canvas.fill(
        [
            (x + size * 0.03, foot - size * 0.2),
            (x + size * 0.03, top),
            (x + size * 0.13, top),
            (x + size * 0.26, foot - size * 0.2),
        ],
        BLACK,
        alpha=0.16,
    )
    canvas.rect(x - size * 0.19, top - size * 0.03, x + size * 0.19, top, rgb("#2c3138"))
    canvas.rect(
        x - size * 0.11, top - size * 0.22, x + size * 0.11, top - size * 0.03, rgb("#46525a")
    )
    canvas.rect(
        x - size * 0.012, top - size * 0.22, x + size * 0.012, top - size * 0.03, rgb("#2c3138")
    )
    canvas.fill(
        [
            (x - size * 0.15, top - size * 0.22),
            (x, top - size * 0.38),
            (x + size * 0.15, top - size * 0.22),
        ],
        rgb("#8f2f2a"),
    )


def _ferry(canvas: Canvas, x: float, y: float, size: float) -> None:
    low = y + size * 0.3
    canvas.ellipse(
        x, low + size * 0.02, size * 1.15, size * 0.07, BLACK, alpha=0.25, blur=size * 0.03
    )
    canvas.fill(
        [
            (x - size * 1.0, y + size * 0.02),
            (x + size * 1.15, y - size * 0.04),
            (x + size * 0.92, low),
            (x - size * 0.85, low),
        ],
        vertical(y, low, rgb("#f2f2ee"), rgb("#c3cbd0")),
    )
    canvas.fill(
        [
            (x - size * 0.9, low - size * 0.1),
            (x + size * 0.99, low - size * 0.1),
            (x + size * 0.92, low),
            (x - size * 0.85, low),
        ],
        rgb("#b03a33"),
    )
    canvas.rect(
        x - size * 0.72,
        y - size * 0.24,
        x + size * 0.72,
        y + size * 0.02,
        rgb("#eef0ee"),
        round_by=size * 0.03,
    )
    canvas.rect(
        x - size * 0.5,
        y - size * 0.46,
        x + size * 0.4,
        y - size * 0.24,
        rgb("#e3e7e8"),
        round_by=size * 0.03,
    )
    canvas.rect(x - size * 0.3, y - size * 0.72, x - size * 0.1, y - size * 0.46, rgb("#c2473c"))
    canvas.rect(x - size * 0.3, y - size * 0.7, x - size * 0.1, y - size * 0.63, rgb("#22262c"))
    for step in range(9):
        canvas.rect(
            x - size * 0.62 + step * size * 0.15,
            y - size * 0.17,
            x - size * 0.52 + step * size * 0.15,
            y - size * 0.07,
            rgb("#ffd98a"),
            round_by=size * 0.02,
        )
    for step in range(5):
        canvas.rect(
            x - size * 0.42 + step * size * 0.16,
            y - size * 0.4,
            x - size * 0.31 + step * size * 0.16,
            y - size * 0.3,
            rgb("#ffe3a3"),
            round_by=size * 0.02,
        )
    canvas.stroke(
        [(x + size * 0.55, y - size * 0.24), (x + size * 0.55, y - size * 0.75)],
        size * 0.018,
        rgb("#4a525a"),
    )
    canvas.fill(
        [
            (x + size * 0.55, y - size * 0.75),
            (x + size * 0.75, y - size * 0.69),
            (x + size * 0.55, y - size * 0.62),
        ],
        rgb("#d8483f"),
    )


def _octopus(canvas: Canvas, x: float, y: float, size: float) -> None:
    skin = rgb("#c8603f")
    for step in range(8):
        side = -1 if step < 4 else 1
        reach = (0.35 + 0.28 * (step % 4)) * side
        wave = 0.12 * (-1) ** step
        points = [
            (x + size * reach * 0.25, y + size * 0.1),
            (x + size * reach * 0.7, y + size * (0.35 + wave)),
            (x + size * reach, y + size * (0.62 - wave)),
            (x + size * (reach + 0.16 * side), y + size * (0.52 - 0.1 * (step % 4))),
        ]
        canvas.stroke(points, size * 0.2, darker(skin, 0.12 * (step % 2)), soft=True, taper=True)
        for share in (0.45, 0.6, 0.75):
            px = x + size * reach * share * 1.05
            canvas.ellipse(
                px,
                y + size * (0.2 + 0.42 * share + wave * 0.4),
                size * 0.022,
                size * 0.022,
                rgb("#f3c9a8"),
                alpha=0.9,
            )
    canvas.smooth(
        [
            (x - size * 0.36, y + size * 0.12),
            (x - size * 0.46, y - size * 0.35),
            (x - size * 0.22, y - size * 0.78),
            (x + size * 0.2, y - size * 0.8),
            (x + size * 0.46, y - size * 0.38),
            (x + size * 0.36, y + size * 0.12),
            (x, y + size * 0.24),
        ],
        vertical(y - size * 0.8, y + size * 0.2, lighter(skin, 0.22), darker(skin, 0.15)),
    )
    for dx, dy, spot in (
        (-0.2, -0.5, 0.06),
        (0.1, -0.62, 0.05),
        (0.24, -0.4, 0.07),
        (-0.05, -0.36, 0.04),
    ):
        canvas.ellipse(
            x + dx * size, y + dy * size, spot * size, spot * size, darker(skin, 0.25), alpha=0.6
        )
    for side in (-1, 1):
        canvas.ellipse(
            x + side * size * 0.19, y - size * 0.04, size * 0.1, size * 0.11, rgb("#f6efd9")
        )
        canvas.ellipse(
            x + side * size * 0.19, y - size * 0.03, size * 0.075, size * 0.03, rgb("#1d1614")
        )


def _fish(canvas: Canvas, x: float, y: float, size: float) -> None:
    for dx, dy, scale, tone in (
        (-0.9, -0.3, 0.5, "#f3b04a"),
        (0.9, 0.35, 0.6, "#5fb0d9"),
        (0, 0, 1.0, "#ef7f4a"),
    ):
        px, py, unit = x + dx * size, y + dy * size, size * scale * 0.6
        body = rgb(tone)
        canvas.fill(
            [
                (px - unit * 0.8, py),
                (px - unit * 1.35, py - unit * 0.42),
                (px - unit * 1.2, py),
                (px - unit * 1.35, py + unit * 0.42),
            ],
            darker(body, 0.15),
        )
        canvas.smooth(
            [
                (px + unit, py),
                (px + unit * 0.3, py - unit * 0.46),
                (px - unit * 0.6, py - unit * 0.26),
                (px - unit * 0.9, py),
                (px - unit * 0.6, py + unit * 0.26),
                (px + unit * 0.3, py + unit * 0.44),
            ],
            vertical(py - unit * 0.5, py + unit * 0.5, lighter(body, 0.2), darker(body, 0.1)),
        )
        for step in (-0.15, 0.2):
            canvas.stroke(
                [
                    (px + unit * step, py - unit * 0.36),
                    (px + unit * (step - 0.06), py),
                    (px + unit * step, py + unit * 0.36),
                ],
                unit * 0.1,
                WHITE,
                soft=True,
                alpha=0.8,
            )
        canvas.ellipse(px + unit * 0.64, py - unit * 0.1, unit * 0.09, unit * 0.09, WHITE)
        canvas.ellipse(px + unit * 0.66, py - unit * 0.1, unit * 0.05, unit * 0.05, rgb("#15202b"))


def _molecule(canvas: Canvas, x: float, y: float, size: float) -> None:
    atoms = (
        (0, 0, 0.24, "#4f8fd0"),
        (-0.55, -0.35, 0.17, "#e05a4f"),
        (0.55, -0.4, 0.18, "#f0c04a"),
        (0.4, 0.5, 0.2, "#5fbf8a"),
        (-0.5, 0.42, 0.15, "#e9edf2"),
        (1.0, -0.05, 0.14, "#e9edf2"),
        (-1.0, -0.05, 0.15, "#5fbf8a"),
    )
    for a, b in ((0, 1), (0, 2), (0, 3), (0, 4), (2, 5), (1, 6)):
        canvas.stroke(
            [
                (x + atoms[a][0] * size, y + atoms[a][1] * size),
                (x + atoms[b][0] * size, y + atoms[b][1] * size),
            ],
            size * 0.065,
            rgb("#8d98a5"),
        )
    for dx, dy, radius, tone in atoms:
        px, py, unit = x + dx * size, y + dy * size, radius * size
        canvas.ellipse(
            px,
            py,
            unit,
            unit,
            vertical(py - unit, py + unit, lighter(rgb(tone), 0.25), darker(rgb(tone), 0.3)),
        )
        canvas.ellipse(
            px - unit * 0.32,
            py - unit * 0.36,
            unit * 0.24,
            unit * 0.18,
            WHITE,
            alpha=0.65,
            blur=unit * 0.06,
        )


def _helix(canvas: Canvas, x: float, y: float, size: float) -> None:
    steps = np.linspace(-1.1, 1.1, 30)
    for index, step in enumerate(steps):
        swing = math.sin(step * 4.2) * size * 0.4
        py = y + step * size * 0.8
        if index % 2 == 0:
            tone = ("#e05a4f", "#f0c04a", "#4f8fd0", "#5fbf8a")[index // 2 % 4]
            canvas.stroke([(x - swing, py), (x + swing, py)], size * 0.04, rgb(tone))
    for sign, tone in ((-1, "#d7e3ee"), (1, "#9fb8d0")):
        line = [
            (x + sign * math.sin(s * 4.2) * size * 0.4, y + s * size * 0.8) for s in steps.tolist()
        ]
        canvas.stroke(line, size * 0.085, rgb(tone), soft=True)


def _brain(canvas: Canvas, x: float, y: float, size: float) -> None:
    pink = rgb("#e79a9a")
    canvas.smooth(
        [
            (x - size * 0.75, y + size * 0.1),
            (x - size * 0.7, y - size * 0.3),
            (x - size * 0.3, y - size * 0.6),
            (x + size * 0.2, y - size * 0.62),
            (x + size * 0.65, y - size * 0.35),
            (x + size * 0.78, y + size * 0.05),
            (x + size * 0.5, y + size * 0.34),
            (x - size * 0.3, y + size * 0.36),
        ],
        vertical(y - size * 0.6, y + size * 0.4, lighter(pink, 0.2), darker(pink, 0.12)),
    )
    canvas.smooth(
        [
            (x + size * 0.1, y + size * 0.3),
            (x + size * 0.5, y + size * 0.28),
            (x + size * 0.6, y + size * 0.5),
            (x + size * 0.25, y + size * 0.58),
        ],
        darker(pink, 0.1),
    )
    rng = np.random.default_rng(4)
    for _ in range(11):
        px, py = x + rng.uniform(-0.5, 0.5) * size, y + rng.uniform(-0.42, 0.16) * size
        bend = [
            (px + dx * size, py + dy * size)
            for dx, dy in ((-0.14, 0.0), (-0.05, -0.08), (0.04, 0.05), (0.14, -0.03))
        ]
        canvas.stroke(bend, size * 0.028, darker(pink, 0.35), soft=True, alpha=0.7)


def _globe(canvas: Canvas, x: float, y: float, size: float) -> None:
    radius = size * 0.75
    disc = ellipse_points(x, y, radius, radius, count=90)
    canvas.ellipse(
        x, y, radius * 1.06, radius * 1.06, rgb("#9fd0ff"), alpha=0.3, blur=radius * 0.05
    )
    canvas.fill(disc, vertical(y - radius, y + radius, rgb("#4f9fd8"), rgb("#1d5590")))
    with canvas.clip(disc):
        land = rgb("#5fa35c")
        for points in (
            ((-0.7, -0.5), (-0.2, -0.62), (-0.05, -0.3), (-0.3, -0.05), (-0.55, -0.15)),
            ((-0.35, 0.05), (-0.1, 0.15), (-0.15, 0.6), (-0.32, 0.4)),
            ((0.1, -0.55), (0.6, -0.6), (0.85, -0.2), (0.5, 0.0), (0.2, -0.2)),
            ((0.15, 0.0), (0.42, 0.05), (0.35, 0.5), (0.2, 0.35)),
            ((0.6, 0.3), (0.8, 0.3), (0.75, 0.5)),
        ):
            canvas.smooth([(x + px * size, y + py * size) for px, py in points], land)
        canvas.ellipse(
            x + radius * 0.5, y + radius * 0.4, radius, radius, BLACK, alpha=0.3, blur=radius * 0.3
        )
    canvas.ellipse(
        x - radius * 0.4,
        y - radius * 0.45,
        radius * 0.25,
        radius * 0.2,
        WHITE,
        alpha=0.3,
        blur=radius * 0.1,
    )


def _rocket(canvas: Canvas, x: float, y: float, size: float) -> None:
    canvas.glow(x, y + size * 0.95, size * 0.7, rgb("#ffb054"), 0.8)
    canvas.smooth(
        [
            (x - size * 0.12, y + size * 0.6),
            (x, y + size * 1.25),
            (x + size * 0.12, y + size * 0.6),
        ],
        vertical(y + size * 0.6, y + size * 1.2, rgb("#ffe9a0"), rgb("#ff6a2a")),
    )
    for side in (-1, 1):
        canvas.fill(
            [
                (x + side * size * 0.2, y + size * 0.2),
                (x + side * size * 0.46, y + size * 0.62),
                (x + side * size * 0.2, y + size * 0.58),
            ],
            rgb("#c8443a"),
        )
    canvas.smooth(
        [
            (x, y - size * 0.95),
            (x + size * 0.2, y - size * 0.5),
            (x + size * 0.22, y + size * 0.3),
            (x + size * 0.16, y + size * 0.62),
            (x - size * 0.16, y + size * 0.62),
            (x - size * 0.22, y + size * 0.3),
            (x - size * 0.2, y - size * 0.5),
        ],
        rgb("#eef1f4"),
    )
    canvas.fill(
        [
            (x + size * 0.04, y - size * 0.8),
            (x + size * 0.2, y - size * 0.4),
            (x + size * 0.2, y + size * 0.5),
            (x + size * 0.08, y + size * 0.6),
        ],
        BLACK,
        alpha=0.14,
    )
    canvas.ellipse(x, y - size * 0.3, size * 0.1, size * 0.1, rgb("#2f6fae"))
    canvas.stroke(
        ellipse_points(x, y - size * 0.3, size * 0.1, size * 0.1), size * 0.03, rgb("#9aa5b0")
    )


def _flower(canvas: Canvas, x: float, y: float, size: float) -> None:
    canvas.stroke(
        [(x, y), (x + size * 0.06, y + size * 0.5), (x - size * 0.03, y + size * 1.0)],
        size * 0.05,
        rgb("#4f8a4a"),
        soft=True,
    )
    canvas.stroke(
        [
            (x + size * 0.03, y + size * 0.7),
            (x + size * 0.25, y + size * 0.5),
            (x + size * 0.42, y + size * 0.52),
        ],
        size * 0.13,
        rgb("#5fa35c"),
        soft=True,
        taper=True,
    )
    for step in range(9):
        angle = step * 2 * math.pi / 9
        canvas.ellipse(
            x + math.cos(angle) * size * 0.28,
            y + math.sin(angle) * size * 0.28,
            size * 0.21,
            size * 0.12,
            mix(rgb("#e8637f"), rgb("#f6a0b0"), step % 2),
            turn=math.degrees(angle),
        )
    canvas.ellipse(x, y, size * 0.17, size * 0.17, rgb("#f0c04a"))


def _chart(canvas: Canvas, x: float, y: float, size: float) -> None:
    canvas.rect(
        x - size * 0.9,
        y - size * 0.6,
        x + size * 0.9,
        y + size * 0.6,
        rgb("#f6f8fa"),
        round_by=size * 0.06,
    )
    for step, tall in enumerate((0.25, 0.4, 0.34, 0.58, 0.76)):
        left = x - size * 0.7 + step * size * 0.3
        canvas.rect(
            left,
            y + size * 0.45 - tall * size,
            left + size * 0.18,
            y + size * 0.45,
            mix(rgb("#3f7fc0"), rgb("#5fbf8a"), step / 4),
            round_by=size * 0.02,
        )
    canvas.stroke(
        [
            (x - size * 0.62, y + size * 0.1),
            (x - size * 0.3, y - size * 0.05),
            (x, y + size * 0.02),
            (x + size * 0.3, y - size * 0.2),
            (x + size * 0.66, y - size * 0.42),
        ],
        size * 0.03,
        rgb("#e0664a"),
    )


THINGS: tuple[Thing, ...] = (
    Thing("photo", ("照片", "相片", "合影", "photograph", "photo", "snapshot"), _photo, kind="held"),
    Thing("ticket", ("船票", "车票", "机票", "票根", "门票", "ticket"), _ticket, kind="held"),
    Thing("letter", ("信件", "一封信", "书信", "来信", "纸条", "文件", "合同", "报告", "日记", "遗书", "letter", "document", "contract", "diary", "newspaper", "报纸"), _letter, kind="held"),
    Thing("phone", ("手机", "电话", "短信", "phone", "text message"), _phone, kind="held"),
    Thing("camera", ("相机", "old camera", "her camera", "his camera", "a camera"), _camera, kind="held"),
    Thing("book", ("书本", "一本书", "书页", "课本", "book", "notebook"), _book, kind="held"),
    Thing("cup", ("咖啡杯", "茶杯", "杯子", "一杯", "cup", "mug", "coffee", "tea"), _cup, kind="held"),
    Thing("clock", ("时钟", "挂钟", "钟表", "手表", "怀表", "clock", "wristwatch"), _clock, kind="held"),
    Thing("solar", ("光伏", "太阳能", "solar"), _solar, kind="outdoors"),
    Thing("turbine", ("风电", "风机", "风力发电", "wind turbine", "wind farm"), _turbine, kind="outdoors"),
    Thing("lighthouse", ("灯塔", "lighthouse"), _lighthouse, kind="outdoors", unlit=_unlit_lighthouse),
    Thing("ferry", ("渡轮", "轮船", "货轮", "游轮", "客轮", "军舰", "ferry", "steamer", "vessel", "cargo ship"), _ferry, floats=True, kind="outdoors"),
    Thing("octopus", ("章鱼", "octopus", "octopuses"), _octopus, floats=True, kind="outdoors"),
    Thing("fish", ("鱼群", "珊瑚", "鱼", "fish", "squid", "coral", "prey"), _fish, floats=True, kind="outdoors"),
    Thing("molecule", ("分子", "原子", "受体", "化学", "蛋白", "molecule", "atom", "receptor", "chemical", "protein"), _molecule, floats=True, kind="idea"),
    Thing("helix", ("基因", "dna", "gene", "genome"), _helix, floats=True, kind="idea"),
    Thing("brain", ("大脑", "神经", "brain", "neuron", "nerve"), _brain, floats=True, kind="idea"),
    Thing("globe", ("地球", "全球", "气候", "earth", "globe", "climate", "planet"), _globe, floats=True, kind="idea"),
    Thing("rocket", ("火箭", "发射", "rocket", "launch"), _rocket, floats=True),
    Thing("flower", ("鲜花", "花朵", "一朵", "花束", "玫瑰", "flower", "bouquet"), _flower, kind="held"),
    Thing("chart", ("增长", "数据", "经济", "市场", "data", "economy", "percent", "market"), _chart, kind="idea"),
)  # fmt: skip
