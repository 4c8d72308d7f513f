"""Painted layers as Y, U, V planes, and a frame composed of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from ai_video.animatic.camera import Camera, Matrix, Pose, source_matrix
from ai_video.animatic.canvas import Bytes, Canvas, Floats

# BT.709, limited range: rows give Y, U, V of RGB in 0..1; offsets (16, 128, 128).
_TO_YUV = np.array(
    [[46.559, 156.629, 15.812], [-25.664, -86.336, 112.0], [112.0, -101.730, -10.270]], np.float32
)


@dataclass(frozen=True, slots=True)
class Planes:
    """Premultiplied planes; `alpha` is None where everything is covered. Chroma is half size."""

    y: Bytes
    u: Bytes
    v: Bytes
    alpha: Bytes | None
    alpha_half: Bytes | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """The planes packed for warping: four channels take no longer than one, with the same result.

    `luma` is Y, or Y and alpha of the first two channels; `chroma` U, V and alpha of the first three.
    `bare` is Y alone, for where nothing behind shows through.
    """

    bare: Bytes
    luma: Bytes
    chroma: Bytes
    covers: bool
    """There is no alpha: everything is covered."""

    @classmethod
    def of(cls, planes: Planes) -> Sheet:
        covers = planes.alpha is None
        luma = planes.y if covers else _packed(planes.y, planes.alpha)
        return cls(planes.y, luma, _packed(planes.u, planes.v, planes.alpha_half), covers)


def _packed(*planes: Bytes | None) -> Bytes:
    """Up to four planes as channels of one picture."""
    first = planes[0]
    assert first is not None
    packed = np.zeros((*first.shape, 4), np.uint8)
    for channel, plane in enumerate(planes):
        if plane is not None:
            packed[..., channel] = plane
    return packed


@dataclass(frozen=True, slots=True)
class Patch:
    """Another look of a part of a layer (a mouth, closed eyes); px of the layer, even."""

    left: int
    top: int
    planes: Planes


@dataclass(frozen=True, slots=True)
class Life:
    """How a layer moves by itself.

    `breath`: share by which it stretches upwards from `ground` (world y); `sway`: sideways lean at
    height 1 above the ground; `glide`: world units per second sideways; `bob`: up and down.
    """

    breath: float = 0.0
    sway: float = 0.0
    glide: float = 0.0
    bob: float = 0.0
    ground: float = 1.0
    hz: float = 0.27
    phase: float = 0.0

    @property
    def moves(self) -> bool:
        return bool(self.breath or self.sway or self.glide or self.bob)

    def lens(self, at_s: float) -> Matrix | None:
        """The 3x3 world matrix of this moment (from where it is seen to where it was painted)."""
        if not self.moves:
            return None
        turn = 2 * math.pi * self.hz * at_s + self.phase
        stretch = 1.0 + self.breath * math.sin(turn)
        lean = self.sway * (math.sin(turn * 0.73 + 1.0) + 0.35 * math.sin(turn * 2.1))
        shift = self.glide * at_s
        rise = self.bob * math.sin(turn * 1.3)
        return np.array(
            [
                [1.0, -lean, lean * self.ground - shift],
                [0.0, 1 / stretch, self.ground * (1 - 1 / stretch) - rise],
                [0.0, 0.0, 1.0],
            ]
        )


@dataclass(slots=True)
class Layer:
    """One painted sheet of the scene at a depth (1 = where people stand, more = nearer)."""

    planes: Planes
    origin: tuple[float, float]
    scale: float
    depth: float
    life: Life = field(default_factory=Life)
    sharp: bool = False
    patches: dict[str, Patch] = field(default_factory=dict[str, Patch])
    owner: str = ""
    solid: tuple[int, int] | None = None
    """Rows of its picture (first, after the last) that hide all behind them, edge to edge."""


def planes_of(rgb: Floats, alpha: Floats | None, grain: np.random.Generator | None) -> Planes:
    """Planes of premultiplied RGB; a little noise hides the steps of soft gradients."""
    high, wide = rgb.shape[:2]
    size = (wide // 2, high // 2)
    yuv = cv2.transform(np.ascontiguousarray(rgb, np.float32), _TO_YUV)
    luma, *chroma = (np.asarray(plane, np.float32) for plane in cv2.split(yuv))
    small = [np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA)) for plane in chroma]
    whole = half = None
    if alpha is None:
        luma += np.float32(16)
        small = [plane + np.float32(128) for plane in small]
    else:
        cover = np.ascontiguousarray(alpha, np.float32)
        shrunk = np.asarray(cv2.resize(cover, size, interpolation=cv2.INTER_AREA))
        luma += cover * np.float32(16)
        small = [plane + shrunk * np.float32(128) for plane in small]
        whole, half = _bytes(cover * 255), _bytes(shrunk * 255)
    if grain is not None:
        luma += grain.random(luma.shape, np.float32) - np.float32(0.5)
    return Planes(_bytes(luma), _bytes(small[0]), _bytes(small[1]), whole, half)


def layer_of(
    canvas: Canvas, depth: float, *, opaque: bool, life: Life | None = None, sharp: bool = False,
    grain: np.random.Generator | None = None, owner: str = "",
) -> Layer | None:  # fmt: skip
    """The canvas as a layer, cut to what is painted; None when nothing is."""
    part = canvas if opaque else canvas.trimmed(2)
    if part is None:
        return None
    planes = planes_of(part.rgb, None if opaque else part.alpha, grain)
    origin = (part.box.left, part.box.top)
    solid = None if planes.alpha is None else _solid_rows(planes.alpha)
    return Layer(
        planes, origin, canvas.scale, depth, life or Life(), sharp, owner=owner, solid=solid
    )


def _solid_rows(alpha: Bytes) -> tuple[int, int] | None:
    """The longest run of rows without a see-through px."""
    full = np.concatenate([[False], alpha.min(axis=1) >= 254, [False]])
    edges = np.flatnonzero(full[1:] != full[:-1])
    if not len(edges):
        return None
    starts, stops = edges[::2], edges[1::2]
    best = int(np.argmax(stops - starts))
    return int(starts[best]), int(stops[best])


def patch_of(rest: Canvas, other: Canvas, layer: Layer) -> Patch | None:
    """Where another look of a figure differs from its rest, as a patch of its layer.

    `other` covers a part of `rest` on the same px grid; the edge of a mere part is not compared,
    for its light misses the paint outside.
    """
    scale = rest.scale
    dx, dy = (
        round((other.box.left - rest.box.left) * scale),
        round((other.box.top - rest.box.top) * scale),
    )
    seen = rest.rgb[dy : dy + other.high, dx : dx + other.wide]
    differs = np.abs(seen - other.rgb[: seen.shape[0], : seen.shape[1]]).max(axis=2) > 0.002
    if differs.shape != rest.alpha.shape:
        edge = min(24, min(differs.shape) // 8)
        inner = np.zeros_like(differs)
        inner[edge:-edge, edge:-edge] = True
        differs &= inner
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not len(rows):
        return None
    dx -= round((layer.origin[0] - rest.box.left) * scale)
    dy -= round((layer.origin[1] - rest.box.top) * scale)
    high, wide = layer.planes.y.shape
    top, bottom = max(0, (rows[0] + dy - 2) & ~1), min(high, (rows[-1] + dy + 4) & ~1)
    left, right = max(0, (columns[0] + dx - 2) & ~1), min(wide, (columns[-1] + dx + 4) & ~1)
    if bottom <= top or right <= left:
        return None
    here = (slice(top - dy, bottom - dy), slice(left - dx, right - dx))
    return Patch(int(left), int(top), planes_of(other.rgb[here], other.alpha[here], None))


def _bytes(values: Floats | cv2.typing.MatLike) -> Bytes:
    return np.asarray(cv2.convertScaleAbs(np.maximum(values, 0)), np.uint8)


@dataclass(slots=True)
class Frame:
    """Y, U and V of one frame, views into one buffer that is written to the encoder as it is."""

    buffer: Bytes
    y: Bytes
    u: Bytes
    v: Bytes

    @classmethod
    def blank(cls, wide: int, high: int) -> Frame:
        buffer = np.zeros(wide * high * 3 // 2, np.uint8)
        luma, quarter = wide * high, wide * high // 4
        half = (high // 2, wide // 2)
        return cls(
            buffer,
            buffer[:luma].reshape(high, wide),
            buffer[luma : luma + quarter].reshape(half),
            buffer[luma + quarter :].reshape(half),
        )

    def rgb(self) -> Bytes:
        """The frame as RGB, chroma blown up."""
        high, wide = self.y.shape
        full = np.stack(
            [
                self.y.astype(np.float32) - 16,
                *(
                    np.asarray(
                        cv2.resize(plane, (wide, high), interpolation=cv2.INTER_LINEAR), np.float32
                    ) - 128
                    for plane in (self.u, self.v)
                ),
            ],
            axis=-1,
        )  # fmt: skip
        back = np.linalg.inv(_TO_YUV.astype(np.float64)).astype(np.float32)
        return _bytes(full @ back.T * 255)


class Composer:
    """Composes layers into frames; what never moves is composed once."""

    def __init__(self, layers: Sequence[Layer], camera: Camera, wide: int, high: int) -> None:
        self.layers = layers
        self.camera = camera
        self.wide, self.high = wide, high
        still = 0
        while camera.still and still < len(layers) and not _alive(layers[still]):
            still += 1
        self._still = still
        self._backdrop: Bytes | None = None
        self._sheets: dict[tuple[int, str], Sheet] = {}

    def compose(self, frame: Frame, at_s: float, looks: dict[str, str]) -> None:
        """Draw the moment `at_s` into the frame; `looks` names each owner's patch."""
        pose = self.camera.pose(at_s)
        first = 0
        if self._backdrop is not None:
            frame.buffer[:] = self._backdrop
            first = self._still
        views = [self._view(layer, pose, at_s) for layer in self.layers]
        bands = [
            _solid_band(view, layer, self.wide) if pose.focus is None and not pose.smear else None
            for view, layer in zip(views, self.layers)
        ]
        seen = self._seen_rows(bands)
        for index in range(first, len(self.layers)):
            if index == self._still and index and self._backdrop is None:
                self._backdrop = frame.buffer.copy()
            layer = self.layers[index]
            limit = self.high if index < self._still else seen[index]
            sheet = self._sheet(index, looks.get(layer.owner, ""))
            self._draw(frame, layer, sheet, pose, views[index], limit, bands[index])

    def _sheet(self, index: int, look: str) -> Sheet:
        """A layer with the look of this moment; each is packed once."""
        layer = self.layers[index]
        patch = layer.patches.get(look)
        key = index, look if patch is not None else ""
        if key not in self._sheets:
            planes = layer.planes if patch is None else _patched(layer.planes, patch)
            self._sheets[key] = Sheet.of(planes)
        return self._sheets[key]

    def _view(self, layer: Layer, pose: Pose, at_s: float) -> Matrix:
        return source_matrix(
            pose, layer.depth, aspect=self.wide / self.high, high_px=self.high,
            origin=layer.origin, scale=layer.scale, lens=layer.life.lens(at_s),
        )  # fmt: skip

    def _seen_rows(self, bands: Sequence[tuple[int, int] | None]) -> list[int]:
        """For each layer the row from which on everything is hidden by layers in front of it."""
        floor = self.high
        seen: list[int] = []
        for band in reversed(bands):
            seen.append(floor)
            if band is not None and band[1] >= floor:
                floor = min(floor, max(0, band[0]))
        return seen[::-1]

    def _draw(
        self, frame: Frame, layer: Layer, sheet: Sheet, pose: Pose, matrix: Matrix, limit: int,
        band: tuple[int, int] | None,
    ) -> None:  # fmt: skip
        """Draw the rows of a layer above `limit`; within `band` nothing behind shows through."""
        blur = _defocus(pose, layer.depth) * self.high
        smear = pose.smear * self.wide
        half = _halved(matrix)
        for first, last, hidden in _strips(limit, band):
            solid = hidden or sheet.covers
            _warp_planes(
                [frame.y], sheet.bare if solid else sheet.luma, matrix, (first, last),
                solid=solid, blur=blur, smear=smear, sharp=layer.sharp,
            )  # fmt: skip
            _warp_planes(
                [frame.u, frame.v], sheet.chroma, half, (first // 2, (last + 1) // 2),
                solid=solid, blur=blur / 2, smear=smear / 2,
            )  # fmt: skip


def _strips(limit: int, band: tuple[int, int] | None) -> list[tuple[int, int, bool]]:
    """Rows 0..limit cut into (first, last, solid); solid strips begin and end on even rows."""
    if band is None:
        return [(0, limit, False)]
    first, last = max(0, band[0] + 1 & ~1), min(limit, band[1]) & ~1
    if last - first < 16:
        return [(0, limit, False)]
    strips = [(0, first, False), (first, last, True), (last, limit, False)]
    return [strip for strip in strips if strip[1] > strip[0]]


def _halved(matrix: Matrix) -> Matrix:
    """The same view between planes of half size; px centres stay where they are."""
    half = matrix.copy()
    half[:, 2] = (matrix[:, 2] + 0.5 * matrix[:, :2].sum(axis=1) - 0.5) / 2
    return half


def _solid_band(matrix: Matrix, layer: Layer, wide: int) -> tuple[int, int] | None:
    """Rows of the frame that the layer's solid rows surely cover over the frame's whole width."""
    if layer.solid is None:
        return None
    (across, skew, left), (tilt, down, top) = matrix.tolist()
    source_wide = layer.planes.y.shape[1]
    rows: list[tuple[float, float]] = []
    for x in (0.0, float(wide - 1)):
        first = (layer.solid[0] + 1 - tilt * x - top) / down
        last = (layer.solid[1] - 2 - tilt * x - top) / down
        for y in (first, last):
            place = across * x + skew * y + left
            if not 1 <= place <= source_wide - 2:
                return None
        rows.append((first, last))
    return math.ceil(max(a for a, _ in rows)) + 2, math.floor(min(b for _, b in rows)) - 2


def _alive(layer: Layer) -> bool:
    return layer.life.moves or bool(layer.patches)


def _defocus(pose: Pose, depth: float) -> float:
    return 0.0 if pose.focus is None else 0.011 * min(1.0, abs(pose.focus - depth) / 0.6)


def _patched(planes: Planes, patch: Patch) -> Planes:
    def put(whole: Bytes | None, part: Bytes | None, factor: int) -> Bytes | None:
        if whole is None or part is None:
            return whole
        copy = whole.copy()
        top, left = patch.top // factor, patch.left // factor
        copy[top : top + part.shape[0], left : left + part.shape[1]] = part
        return copy

    new = patch.planes
    luma, u, v = put(planes.y, new.y, 1), put(planes.u, new.u, 2), put(planes.v, new.v, 2)
    assert luma is not None
    assert u is not None
    assert v is not None
    return Planes(
        luma, u, v, put(planes.alpha, new.alpha, 1), put(planes.alpha_half, new.alpha_half, 2)
    )


def _warp_planes(
    targets: Sequence[Bytes], source: Bytes, matrix: Matrix, rows: tuple[int, int], *,
    solid: bool, blur: float, smear: float, sharp: bool = False,
) -> None:  # fmt: skip
    """Lay the warped channels of a source over rows of their targets, only where they reach.

    Unless it is `solid`, the channel after the last target's is how much of them it covers.
    """
    spread = 0 if blur < 0.2 else 3 * math.ceil(blur)
    spread += round(smear)
    area = _reach(source.shape, targets[0].shape, matrix, rows, spread)
    if area is None:
        return
    there, columns = area
    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ (columns.start, there.start)
    size = (columns.stop - columns.start, there.stop - there.start)
    border = cv2.BORDER_REPLICATE if solid else cv2.BORDER_CONSTANT
    how = cv2.WARP_INVERSE_MAP | (cv2.INTER_CUBIC if sharp else cv2.INTER_LINEAR)
    drawn = cv2.warpAffine(source, moved, size, flags=how, borderMode=border)
    drawn = _softened(drawn, blur, smear)
    free = None if solid else cv2.bitwise_not(_channel(drawn, len(targets)))
    for index, target in enumerate(targets):
        here, plane = target[there, columns], _channel(drawn, index)
        if free is not None:
            plane = cv2.add(cv2.multiply(here, free, scale=1 / 255), plane)
        here[:] = plane


def _channel(drawn: cv2.typing.MatLike, index: int) -> cv2.typing.MatLike:
    return drawn if drawn.ndim == 2 else cv2.extractChannel(drawn, index)


def _softened(plane: cv2.typing.MatLike, blur: float, smear: float) -> cv2.typing.MatLike:
    if blur >= 0.2:
        reach = 2 * math.ceil(2.5 * max(blur, 1.0)) + 1
        plane = cv2.GaussianBlur(plane, (reach, reach), blur)
    if smear >= 1.0:
        taps = 2 * math.ceil(smear / 2) + 1
        kernel = np.full(taps, 1.0, np.float32)
        kernel[[0, -1]] = (smear - (taps - 2)) / 2
        kernel /= kernel.sum()
        plane = cv2.sepFilter2D(plane, -1, kernel, np.ones(1, np.float32))
    return plane


def _reach(
    source: tuple[int, ...], target: tuple[int, ...], matrix: Matrix, limits: tuple[int, int],
    spread: int,
) -> tuple[slice, slice] | None:  # fmt: skip
    """Rows and columns of the target that the warped source can touch."""
    (a, b, c), (d, e, f) = matrix.tolist()
    size = a * e - b * d
    high, wide = source[:2]
    xs: list[float] = []
    ys: list[float] = []
    for x, y in ((-1, -1), (wide, -1), (wide, high), (-1, high)):
        xs.append((e * (x - c) - b * (y - f)) / size)
        ys.append((a * (y - f) - d * (x - c)) / size)
    left, right = max(0, math.floor(min(xs)) - spread), math.ceil(max(xs)) + spread + 1
    top, bottom = max(0, math.floor(min(ys)) - spread), math.ceil(max(ys)) + spread + 1
    top, right, bottom = max(limits[0], top), min(target[1], right), min(limits[1], bottom)
    return None if right <= left or bottom <= top else (slice(top, bottom), slice(left, right))
