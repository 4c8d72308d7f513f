"""A painter on float planes: filled shapes with soft edges, gradients, blur, clipping.

World coordinates: the frame spans x in 0..aspect and y in 0..1 (y down), so a length of 1 is the
frame's height at any size. A canvas covers a box of the world at `scale` px per unit.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ai_video.animatic.colors import Color

Floats = NDArray[np.floating[Any]]
Bytes = NDArray[np.uint8]
Points = Sequence[tuple[float, float]] | NDArray[np.float64]

_SHIFT = 4


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the world."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Gradient:
    """Colours along a line (or, with `radius`, outwards from `start`); stops are (place, colour)."""

    start: tuple[float, float]
    end: tuple[float, float]
    stops: tuple[tuple[float, Color], ...]
    radius: float = 0.0
    alphas: tuple[float, ...] = ()


Paint = Color | Gradient


def vertical(top: float, bottom: float, *colors: Color) -> Gradient:
    """A gradient downwards from `top` to `bottom` in even steps."""
    return Gradient((0.0, top), (0.0, bottom), _even(colors))


def horizontal(left: float, right: float, *colors: Color) -> Gradient:
    return Gradient((left, 0.0), (right, 0.0), _even(colors))


def radial(x: float, y: float, radius: float, *colors: Color) -> Gradient:
    return Gradient((x, y), (x, y), _even(colors), radius)


def _even(colors: Sequence[Color]) -> tuple[tuple[float, Color], ...]:
    last = max(1, len(colors) - 1)
    return tuple((index / last, color) for index, color in enumerate(colors))


class Canvas:
    """Premultiplied RGBA floats over a box of the world; later shapes cover earlier ones."""

    def __init__(self, box: Box, scale: float) -> None:
        self.box = box
        self.scale = scale
        self.wide = 2 * math.ceil(box.width * scale / 2)
        self.high = 2 * math.ceil(box.height * scale / 2)
        self.rgb: Floats = np.zeros((self.high, self.wide, 3), np.float32)
        self.alpha: Floats = np.zeros((self.high, self.wide), np.float32)
        self._clips: list[Floats] = []

    def px(self, points: Points) -> NDArray[np.float64]:
        """World points as px of this canvas."""
        return (np.asarray(points, np.float64) - (self.box.left, self.box.top)) * self.scale

    def fill(self, points: Points, paint: Paint, *, alpha: float = 1.0, blur: float = 0.0) -> None:
        """Paint the inside of a polygon; `blur` (world units) softens its edge."""
        self._fill_px([self.px(points)], paint, alpha, blur)

    def fills(
        self, polygons: Sequence[Points], paint: Paint, *, alpha: float = 1.0, blur: float = 0.0
    ) -> None:
        """Paint many polygons at once as one shape."""
        if polygons:
            self._fill_px([self.px(points) for points in polygons], paint, alpha, blur)

    def rect(
        self, left: float, top: float, right: float, bottom: float, paint: Paint,
        *, alpha: float = 1.0, blur: float = 0.0, round_by: float = 0.0,
    ) -> None:  # fmt: skip
        """Paint a rectangle, its corners rounded by a radius."""
        self.fill(box_points(left, top, right, bottom, round_by), paint, alpha=alpha, blur=blur)

    def ellipse(
        self, x: float, y: float, across: float, down: float, paint: Paint,
        *, alpha: float = 1.0, blur: float = 0.0, turn: float = 0.0,
    ) -> None:  # fmt: skip
        """Paint an ellipse of the given radii, turned by degrees."""
        self.fill(ellipse_points(x, y, across, down, turn=turn), paint, alpha=alpha, blur=blur)

    def smooth(
        self, points: Points, paint: Paint, *, alpha: float = 1.0, blur: float = 0.0
    ) -> None:
        """Paint the closed soft curve through the points."""
        self.fill(curve(points, closed=True), paint, alpha=alpha, blur=blur)

    def stroke(
        self, points: Points, width: float, paint: Paint,
        *, alpha: float = 1.0, blur: float = 0.0, soft: bool = False, taper: bool = False,
    ) -> None:  # fmt: skip
        """Paint a line of a world width with round ends; `soft` bends it, `taper` thins the ends."""
        line = curve(points, closed=False) if soft else np.asarray(points, np.float64)
        self._fill_px([self.px(ribbon(line, width, taper=taper))], paint, alpha, blur)
        if not taper:
            half = width / 2
            for x, y in (line[0].tolist(), line[-1].tolist()):
                self._fill_px(
                    [self.px(ellipse_points(x, y, half, half, count=14))], paint, alpha, blur
                )

    def glow(self, x: float, y: float, radius: float, color: Color, strength: float = 1.0) -> None:
        """Add light around a point (it does not cover)."""
        area = self._area(self.px([(x - radius, y - radius), (x + radius, y + radius)]), margin=0)
        if area is None:
            return
        rows, columns = area
        far = _distance(rows, columns, *self.px([(x, y)])[0]) / (radius * self.scale)
        light = np.clip(1.0 - far, 0.0, 1.0) ** 2 * strength
        if self._clips:
            light = light * self._clips[-1][rows, columns]
        self.rgb[rows, columns] += light[..., None] * np.array(color, np.float32)
        np.minimum(self.rgb[rows, columns], 1.0, out=self.rgb[rows, columns])

    @contextmanager
    def clip(self, points: Points) -> Generator[None, None, None]:
        """Within this block only the inside of the polygon is painted."""
        mask = np.zeros((self.high, self.wide), np.uint8)
        _draw_polygons(mask, [self.px(points)])
        inside = mask.astype(np.float32) / 255
        self._clips.append(inside * self._clips[-1] if self._clips else inside)
        try:
            yield
        finally:
            self._clips.pop()

    @contextmanager
    def only_on_paint(self) -> Generator[None, None, None]:
        """Within this block only what was painted before is painted over."""
        inside = self.alpha.copy()
        self._clips.append(inside * self._clips[-1] if self._clips else inside)
        try:
            yield
        finally:
            self._clips.pop()

    def lay(self, mask: Floats, paint: Paint, *, alpha: float = 1.0) -> None:
        """Paint through a mask of the canvas's whole size (values 0..1)."""
        everything = (slice(0, self.high), slice(0, self.wide))
        self._over(everything, mask * alpha, paint)

    def grid(self) -> tuple[Floats, Floats]:
        """World x (1 row) and y (1 column) of the px centres."""
        x = (np.arange(self.wide, dtype=np.float32) + 0.5) / self.scale + self.box.left
        y = (np.arange(self.high, dtype=np.float32) + 0.5) / self.scale + self.box.top
        return x[None, :], y[:, None]

    def paste(self, other: Canvas) -> None:
        """Lay another canvas of the same scale over this one at its own world place."""
        dx = round((other.box.left - self.box.left) * self.scale)
        dy = round((other.box.top - self.box.top) * self.scale)
        left, top = max(0, dx), max(0, dy)
        right, bottom = min(self.wide, dx + other.wide), min(self.high, dy + other.high)
        if right <= left or bottom <= top:
            return
        here = (slice(top, bottom), slice(left, right))
        there = (slice(top - dy, bottom - dy), slice(left - dx, right - dx))
        keep = 1.0 - other.alpha[there]
        self.rgb[here] = self.rgb[here] * keep[..., None] + other.rgb[there]
        self.alpha[here] = self.alpha[here] * keep + other.alpha[there]

    def resized(self, wide: int, high: int) -> None:
        """Give the same picture another number of px."""
        self.rgb = np.asarray(cv2.resize(self.rgb, (wide, high)), np.float32)
        self.alpha = np.asarray(cv2.resize(self.alpha, (wide, high)), np.float32)
        self.scale *= wide / self.wide
        self.wide, self.high = wide, high

    def trimmed(self, margin: int) -> Canvas | None:
        """The part that holds paint, with a margin in px; None when all is empty."""
        rows = np.flatnonzero(self.alpha.max(axis=1) > 0.004)
        columns = np.flatnonzero(self.alpha.max(axis=0) > 0.004)
        if not len(rows) or not len(columns):
            return None
        margin += margin & 1
        top, left = max(0, (int(rows[0]) & ~1) - margin), max(0, (int(columns[0]) & ~1) - margin)
        bottom = min(self.high, (int(rows[-1]) + 2 & ~1) + margin)
        right = min(self.wide, (int(columns[-1]) + 2 & ~1) + margin)
        part = Canvas(Box(0, 0, 0, 0), self.scale)
        part.wide, part.high = right - left, bottom - top
        part.box = Box(
            self.box.left + left / self.scale, self.box.top + top / self.scale,
            self.box.left + right / self.scale, self.box.top + bottom / self.scale,
        )  # fmt: skip
        part.rgb = np.ascontiguousarray(self.rgb[top:bottom, left:right])
        part.alpha = np.ascontiguousarray(self.alpha[top:bottom, left:right])
        return part

    def blurred(self, radius: float) -> None:
        """Soften everything by a world radius (a lens out of focus)."""
        sigma = radius * self.scale
        if sigma < 0.3:
            return
        self.rgb = _blur(self.rgb, sigma)
        self.alpha = _blur(self.alpha, sigma)

    def _area(self, points: NDArray[np.float64], *, margin: int) -> tuple[slice, slice] | None:
        left = max(0, math.floor(points[:, 0].min()) - margin)
        right = min(self.wide, math.ceil(points[:, 0].max()) + margin + 1)
        top = max(0, math.floor(points[:, 1].min()) - margin)
        bottom = min(self.high, math.ceil(points[:, 1].max()) + margin + 1)
        if right <= left or bottom <= top:
            return None
        return slice(top, bottom), slice(left, right)

    def _fill_px(
        self, polygons: list[NDArray[np.float64]], paint: Paint, alpha: float, blur: float
    ) -> None:
        sigma = blur * self.scale
        spread = 2 + math.ceil(3 * sigma)
        area = self._area(np.concatenate(polygons), margin=spread)
        if area is None or alpha <= 0:
            return
        rows, columns = area
        mask = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
        _draw_polygons(mask, [points - (columns.start, rows.start) for points in polygons])
        if sigma <= 0.3 and alpha >= 1 and not self._clips and mask.size > 4096:
            first, last = _full_rows(mask)
            if last > first and self._cover(
                slice(rows.start + first, rows.start + last), columns, paint
            ):
                for part in (slice(0, first), slice(last, len(mask))):
                    if part.stop > part.start:
                        self._blend(rows.start + part.start, columns, mask[part], paint, alpha, 0.0)
                return
        self._blend(rows.start, columns, mask, paint, alpha, sigma)

    def _blend(
        self, top: int, columns: slice, mask: Bytes, paint: Paint, alpha: float, sigma: float
    ) -> None:
        cover = mask.astype(np.float32) * np.float32(alpha / 255)
        if sigma > 0.3:
            cover = _blur(cover, sigma)
        self._over((slice(top, top + len(mask)), columns), cover, paint)

    def _cover(self, rows: slice, columns: slice, paint: Paint) -> bool:
        """Paint whole rows that hide everything below; False for a paint that is see-through."""
        if isinstance(paint, Gradient):
            if paint.alphas:
                return False
            self.rgb[rows, columns] = self._gradient((rows, columns), paint)[0]
        else:
            self.rgb[rows, columns] = np.array(paint, np.float32)
        self.alpha[rows, columns] = 1.0
        return True

    def _over(self, area: tuple[slice, slice], cover: Floats, paint: Paint) -> None:
        rows, columns = area
        if self._clips:
            cover = cover * self._clips[-1][rows, columns]
        if isinstance(paint, Gradient):
            color, own = self._gradient(area, paint)
            if own is not None:
                cover = cover * own
        else:
            color = np.array(paint, np.float32)
        keep = 1.0 - cover
        for band in range(3):  # by bands: NumPy is slow where the innermost length is three
            here = self.rgb[rows, columns, band]
            here *= keep
            here += color[..., band] * cover
        there = self.alpha[rows, columns]
        there *= keep
        there += cover

    def _gradient(self, area: tuple[slice, slice], paint: Gradient) -> tuple[Floats, Floats | None]:
        rows, columns = area
        start, end = self.px([paint.start, paint.end])
        if paint.radius > 0:
            place = _distance(rows, columns, *start) / np.float32(paint.radius * self.scale)
        else:
            along = end - start
            length = float(along @ along) or 1.0
            x = (np.arange(columns.start, columns.stop, dtype=np.float32) + 0.5 - start[0])[None, :]
            y = (np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5 - start[1])[:, None]
            place = (x * np.float32(along[0]) + y * np.float32(along[1])) / np.float32(length)
            if abs(along[0]) < 1e-9:
                place = place[:, :1]
            elif abs(along[1]) < 1e-9:
                place = place[:1, :]
        stops = [stop for stop, _ in paint.stops]
        bands = [
            np.interp(place, stops, [color[band] for _, color in paint.stops]) for band in range(3)
        ]
        colors = np.stack(bands, axis=-1).astype(np.float32)
        if not paint.alphas:
            return colors, None
        return colors, np.interp(place, stops, paint.alphas).astype(np.float32)


def _blur(values: Floats, sigma: float) -> Floats:
    """Gaussian blur; wide ones run on a smaller picture, which looks the same."""
    high, wide = values.shape[:2]
    factor = int(sigma // 3)
    if factor >= 2 and min(high, wide) > 4 * factor:
        size = (max(2, wide // factor), max(2, high // factor))
        small = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), sigma / factor)
        return np.asarray(
            cv2.resize(small, (wide, high), interpolation=cv2.INTER_LINEAR), np.float32
        )
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32)


def _full_rows(mask: Bytes) -> tuple[int, int]:
    """The first run of rows that are covered from edge to edge; (0, 0) when there is none."""
    full = mask.min(axis=1) == 255
    if not full.any():
        return 0, 0
    first = int(full.argmax())
    rest = ~full[first:]
    return first, first + int(rest.argmax()) if rest.any() else len(full)


def _distance(rows: slice, columns: slice, x: float, y: float) -> Floats:
    across = np.arange(columns.start, columns.stop, dtype=np.float32) + np.float32(0.5 - x)
    down = np.arange(rows.start, rows.stop, dtype=np.float32) + np.float32(0.5 - y)
    return np.hypot(across[None, :], down[:, None])


def _draw_polygons(mask: Bytes, polygons: list[NDArray[np.float64]]) -> None:
    """Fill polygons with anti-aliased edges; coordinates are clipped to what OpenCV can hold."""
    whole = [
        np.round(np.clip(points - 0.5, -8000, 16000) * (1 << _SHIFT)).astype(np.int32)
        for points in polygons
    ]
    for points in whole:
        cv2.fillPoly(mask, [points.reshape(-1, 1, 2)], 255, cv2.LINE_AA, _SHIFT)


def ellipse_points(
    x: float, y: float, across: float, down: float,
    *, turn: float = 0.0, count: int = 48, start: float = 0.0, stop: float = 360.0,
) -> NDArray[np.float64]:  # fmt: skip
    """Points of an ellipse or its arc from `start` to `stop` degrees (0 = right, 90 = down)."""
    angle = np.radians(np.linspace(start, stop, count))
    flat = np.stack([np.cos(angle) * across, np.sin(angle) * down], axis=1)
    sine, cosine = math.sin(math.radians(turn)), math.cos(math.radians(turn))
    return flat @ np.array([[cosine, sine], [-sine, cosine]]) + (x, y)


def box_points(
    left: float, top: float, right: float, bottom: float, round_by: float = 0.0
) -> NDArray[np.float64]:
    """Points of a rectangle with rounded corners."""
    radius = min(round_by, abs(right - left) / 2, abs(bottom - top) / 2)
    if radius <= 0:
        return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)
    corners = (
        (right - radius, bottom - radius, 0), (left + radius, bottom - radius, 90),
        (left + radius, top + radius, 180), (right - radius, top + radius, 270),
    )  # fmt: skip
    return np.concatenate(
        [
            ellipse_points(x, y, radius, radius, start=angle, stop=angle + 90, count=9)
            for x, y, angle in corners
        ]
    )


def curve(points: Points, *, closed: bool, steps: int = 10) -> NDArray[np.float64]:
    """The Catmull-Rom curve through the points."""
    spots = np.asarray(points, np.float64)
    if len(spots) < 3:
        return spots
    if closed:
        padded = np.concatenate([spots[-1:], spots, spots[:2]])
    else:
        padded = np.concatenate([2 * spots[:1] - spots[1:2], spots, 2 * spots[-1:] - spots[-2:-1]])
    t = np.linspace(0.0, 1.0, steps, endpoint=False)[:, None]
    a, b, c, d = (padded[i : len(padded) - 3 + i, None, :] for i in range(4))
    bent = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    line = bent.reshape(-1, 2)
    return line if closed else np.concatenate([line, spots[-1:]])


def ribbon(line: NDArray[np.float64], width: float, *, taper: bool = False) -> NDArray[np.float64]:
    """The outline of a line of a given width."""
    along = np.gradient(line, axis=0)
    length = np.hypot(along[:, 0], along[:, 1])[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.maximum(length, 1e-9)
    half = np.full((len(line), 1), width / 2)
    if taper:
        half = half * np.sin(np.linspace(0.12, math.pi - 0.12, len(line)))[:, None]
    return np.concatenate([line + across * half, (line - across * half)[::-1]])


def noise(rng: np.random.Generator, high: int, wide: int, cell: float, octaves: int = 3) -> Floats:
    """Soft noise in 0..1: random grids of shrinking cells (px), blown up and added."""
    total = np.zeros((high, wide), np.float32)
    weight = 0.0
    for octave in range(octaves):
        size = max(1.0, cell / 2**octave)
        grid = rng.random((max(2, round(high / size)) + 1, max(2, round(wide / size)) + 1))
        share = 0.5**octave
        total += share * np.asarray(
            cv2.resize(grid.astype(np.float32), (wide, high), interpolation=cv2.INTER_CUBIC)
        )
        weight += share
    return np.clip(total / weight, 0.0, 1.0)
