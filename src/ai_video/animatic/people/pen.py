"""A pen that draws in a figure's own measure: 1 is the head's height, the chin stands at (0, 0)."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ai_video.animatic.canvas import (
    Canvas,
    Gradient,
    Paint,
    Points,
    curve,
    ellipse_points,
    ribbon,
    vertical,
)
from ai_video.animatic.colors import Color


@dataclass(frozen=True, slots=True)
class Pen:
    """Draws on a canvas with the chin at (x, y) of the world, `unit` per head, mirrored by `side`."""

    canvas: Canvas
    x: float
    y: float
    unit: float
    side: int

    def at(self, points: Points) -> NDArray[np.float64]:
        """Figure points as world points."""
        return np.asarray(points, np.float64) * (self.unit * self.side, self.unit) + (
            self.x,
            self.y,
        )

    def shape(self, points: Points, paint: Paint, *, alpha: float = 1.0, blur: float = 0.0) -> None:
        self.canvas.fill(self.at(points), paint, alpha=alpha, blur=blur * self.unit)

    def soft(self, points: Points, paint: Paint, *, alpha: float = 1.0, blur: float = 0.0) -> None:
        """A closed soft curve."""
        self.canvas.fill(
            self.at(curve(points, closed=True)), paint, alpha=alpha, blur=blur * self.unit
        )

    def oval(
        self, x: float, y: float, across: float, down: float, paint: Paint,
        *, alpha: float = 1.0, blur: float = 0.0, turn: float = 0.0,
    ) -> None:  # fmt: skip
        points = ellipse_points(x, y, across, down, turn=turn, count=40)
        self.canvas.fill(self.at(points), paint, alpha=alpha, blur=blur * self.unit)

    def line(
        self, points: Points, width: float, paint: Paint,
        *, alpha: float = 1.0, taper: bool = False, blur: float = 0.0,
    ) -> None:  # fmt: skip
        """A soft line."""
        bent = curve(points, closed=False)
        if taper:
            self.canvas.fill(
                self.at(ribbon(bent, width, taper=True)), paint, alpha=alpha, blur=blur * self.unit
            )
            return
        self.canvas.stroke(
            self.at(bent), width * self.unit, paint, alpha=alpha, blur=blur * self.unit
        )

    def limb(
        self, points: Sequence[tuple[float, float]], widths: Sequence[float], paint: Paint
    ) -> None:
        """An arm or leg: a soft line whose width changes from joint to joint."""
        self.canvas.fill(self.at(limb_points(points, widths)), paint)

    def down(self, top: float, bottom: float, *colors: Color) -> Gradient:
        """A gradient downwards between two heights of the figure."""
        return vertical(self.y + top * self.unit, self.y + bottom * self.unit, *colors)

    @contextmanager
    def inside(self, points: Points) -> Generator[None, None, None]:
        with self.canvas.clip(self.at(points)):
            yield


def limb_points(
    points: Sequence[tuple[float, float]], widths: Sequence[float]
) -> NDArray[np.float64]:
    """The outline of a limb with round ends."""
    line = curve(points, closed=False, steps=8)
    width = np.interp(np.linspace(0, 1, len(line)), np.linspace(0, 1, len(widths)), widths)[:, None]
    along = np.gradient(line, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    across /= np.maximum(np.hypot(along[:, 0], along[:, 1])[:, None], 1e-9)
    left, right = line + across * width / 2, (line - across * width / 2)[::-1]
    ends: list[NDArray[np.float64]] = []
    for index, sign in ((-1, 1.0), (0, -1.0)):
        (x, y), (dx, dy) = line[index].tolist(), (across[index] * sign).tolist()
        half = float(width[index, 0]) / 2
        start = math.degrees(math.atan2(dy, dx))
        ends.append(ellipse_points(x, y, half, half, start=start, stop=start - 180, count=12))
    return np.concatenate([left, ends[0], right, ends[1]])
