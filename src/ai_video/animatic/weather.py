"""What moves in the air of a finished frame: rain, snow, fog, dust, lightning, light, particles."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

from ai_video.animatic.ambience import Ambience
from ai_video.animatic.canvas import Bytes, Floats, noise
from ai_video.animatic.colors import Color, luma, mix, rgb
from ai_video.animatic.layers import Frame
from ai_video.domain.slots import Weather


@dataclass(frozen=True, slots=True)
class Motes:
    """Small lights or flakes that float by themselves; places and sizes in px of the frame."""

    x: Floats
    y: Floats
    size: Floats
    drift: tuple[float, float]
    swing: float
    level: int
    alpha: float
    twinkle: float


@dataclass(slots=True)
class Air:
    """The weather in front of a scene on a frame; draws one moment after another.

    Random places come from the seed; every moment is a function of its time alone.
    """

    wide: int
    high: int
    light: Ambience
    seed: int
    indoors: bool
    breath: float = 0.011
    vignette: Bytes = field(init=False)
    _rain: list[tuple[Bytes, float, float]] = field(init=False)
    _motes: list[Motes] = field(init=False)
    _fog: tuple[Bytes, Color, float] | None = field(init=False)
    _beams: Bytes | None = field(init=False)
    _grain: Bytes | None = field(init=False)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        weather: frozenset[Weather] = frozenset() if self.indoors else self.light.weather
        self.vignette = _vignette(self.wide, self.high, self.light.vignette)
        self._rain = self._streaks(rng, weather)
        self._motes = self._floating(rng, weather)
        self._fog = self._mist(rng, weather)
        self._grain = None
        if self.light.grain > 0:
            level = int(2 * self.light.grain)
            self._grain = rng.integers(0, level + 1, (self.high + 64, self.wide + 64), np.uint8)
        self._beams = self._shafts(rng) if "volumetric" in self.light.light else None

    def draw(self, frame: Frame, at_s: float) -> None:
        """Add the air of the moment `at_s` to the frame."""
        if self._beams is not None:
            shine = 0.75 + 0.25 * math.sin(0.9 * at_s)
            cv2.add(frame.y, cv2.convertScaleAbs(self._beams, alpha=shine), dst=frame.y)
        if self._fog is not None:
            self._veil(frame, at_s, *self._fog)
        for tile, along, down in self._rain:
            self._fall(frame, tile, along * at_s, down * at_s)
        self._float(frame, at_s)
        self._glow(frame, at_s)
        if self._grain is not None:
            tick = round(at_s * 24)
            left, top = tick * 37 % 64, tick * 23 % 64
            cv2.add(
                frame.y, self._grain[top : top + self.high, left : left + self.wide], dst=frame.y
            )
            np.subtract(np.maximum(frame.y, lost := np.uint8(self.light.grain)), lost, out=frame.y)

    def _glow(self, frame: Frame, at_s: float) -> None:
        """Breathing light, flicker and flashes as one gain on the brightness; then the vignette."""
        gain = 1.0 + self.breath * math.sin(2 * math.pi * 0.31 * at_s + self.seed % 7)
        gain += 0.55 * self.breath * math.sin(2 * math.pi * 0.83 * at_s)
        if self.light.light & {"candlelight", "firelight"}:
            gain += 0.035 * math.sin(9.1 * at_s) * math.sin(5.3 * at_s + 1) + 0.02 * math.sin(
                17.0 * at_s
            )
        if "neon" in self.light.light:
            gain += 0.02 * math.sin(6.3 * at_s) + (-0.05 if (at_s * 1.7) % 2.9 < 0.09 else 0.0)
        if "storm" in self.light.weather:
            gain += _flash(at_s, self.seed) * (0.35 if self.indoors else 0.9)
        cv2.multiply(frame.y, self.vignette, dst=frame.y, scale=gain / 255)

    def _streaks(
        self, rng: np.random.Generator, weather: frozenset[Weather]
    ) -> list[tuple[Bytes, float, float]]:
        storm = "storm" in weather
        if not weather & {"rain", "storm", "sandstorm"}:
            return []
        sand = "sandstorm" in weather
        slant = 2.6 if sand else 0.36 if storm or "wind" in weather else 0.16
        rows: list[tuple[Bytes, float, float]] = []
        for near, count, speed in ((0.5, 190, 1.1), (0.8, 120, 1.6), (1.25, 48, 2.3)):
            count = int(count * (1.5 if storm else 1.0) * max(0.4, self.wide / self.high / 1.78))
            tile = np.zeros((self.high, self.wide), np.uint8)
            length = self.high * 0.055 * near * (0.7 if sand else 1.0)
            width = max(1, round(self.high / 720 * 1.6 * near))
            level = int(44 + 37 * near) if not sand else 28
            for x, y in zip(rng.uniform(0, self.wide, count), rng.uniform(0, self.high, count)):
                run = length * rng.uniform(0.6, 1.3)
                dx, dy = (-run, run * 0.18) if sand else (-run * slant, run)
                for ox in (0, self.wide):
                    for oy in (0, -self.high):
                        cv2.line(
                            tile,
                            _px(x + ox, y + oy),
                            _px(x + ox + dx, y + oy + dy),
                            level,
                            width,
                            cv2.LINE_AA,
                            4,
                        )
            doubled = np.tile(tile, (2, 2))
            fall = speed * self.high * (0.25 if sand else 1.0)
            rows.append((doubled, -fall * slant, fall * (0.35 if sand else 1.0)))
        return rows

    def _fall(self, frame: Frame, tile: Bytes, along: float, down: float) -> None:
        left, top = round(-along) % self.wide, round(-down) % self.high
        window = tile[top : top + self.high, left : left + self.wide]
        cv2.add(frame.y, window, dst=frame.y)

    def _floating(self, rng: np.random.Generator, weather: frozenset[Weather]) -> list[Motes]:
        unit = self.high / 720
        share = max(0.45, self.wide / self.high / 1.78)
        if weather & {"snow", "blizzard"}:
            wild = 3.2 if "blizzard" in weather or "wind" in weather else 1.0
            many = 1.6 if "blizzard" in weather else 1.0
            return [
                self._motes_of(
                    rng,
                    int(n * many * share),
                    low * unit,
                    top * unit,
                    (-0.05 * wild * near, 0.13 * near * (1 + wild) / 2),
                    0.012,
                    226,
                    alpha,
                )
                for n, low, top, near, alpha in (
                    (240, 0.8, 1.6, 0.7, 0.65),
                    (110, 1.6, 3.0, 1.1, 0.8),
                    (34, 3.2, 5.6, 1.8, 0.75),
                )
            ]
        if self.light.light & {"firelight", "candlelight"}:
            return [
                self._motes_of(
                    rng, int(46 * share), 0.8 * unit, 2.2 * unit, (0.02, -0.13), 0.02, 225, 0.8, 1.0
                )
            ]
        if "wind" in weather:
            return [
                self._motes_of(
                    rng, int(40 * share), 1.2 * unit, 3.4 * unit, (0.5, 0.06), 0.04, 60, 0.5
                )
            ]
        level = 232 if self.light.night < 0.5 else 200
        return [
            self._motes_of(
                rng,
                int(44 * share),
                0.9 * unit,
                2.6 * unit,
                (0.012, -0.014),
                0.014,
                level,
                0.3,
                0.8,
            )
        ]

    def _motes_of(
        self, rng: np.random.Generator, count: int, low: float, top: float,
        drift: tuple[float, float], swing: float, level: int, alpha: float, twinkle: float = 0.0,
    ) -> Motes:  # fmt: skip
        return Motes(
            rng.uniform(0, self.wide, count).astype(np.float32),
            rng.uniform(0, self.high, count).astype(np.float32),
            rng.uniform(low, top, count).astype(np.float32),
            drift, swing, level, alpha, twinkle,
        )  # fmt: skip

    def _float(self, frame: Frame, at_s: float) -> None:
        """All motes of this air; they share one level."""
        mask = np.zeros_like(frame.y)
        for motes in self._motes:
            self._scatter(mask, motes, at_s)
        level = self._motes[0].level
        _blend(frame.y, mask, level)
        if level > 190:
            small = cv2.resize(mask, (self.wide // 2, self.high // 2), interpolation=cv2.INTER_AREA)
            for plane in (frame.u, frame.v):
                _blend(plane, small, 128)

    def _scatter(self, mask: Bytes, motes: Motes, at_s: float) -> None:
        edge = 12.0
        phase = np.arange(len(motes.x), dtype=np.float32) * np.float32(2.39996)
        sway = np.sin(phase + at_s * 1.7) * motes.swing * self.high
        x = (motes.x + motes.drift[0] * self.high * at_s + sway) % (self.wide + 2 * edge) - edge
        y = (motes.y + motes.drift[1] * self.high * at_s) % (self.high + 2 * edge) - edge
        shine = motes.alpha * (1 - motes.twinkle * (0.5 + 0.5 * np.sin(phase * 1.7 + at_s * 2.2)))
        columns = np.rint(np.stack([x, y, motes.size], axis=1) * 16).astype(int).tolist()
        levels = (shine * 255).astype(int) * np.ones(len(x), int)
        for (spot_x, spot_y, size), level in zip(columns, levels.tolist()):
            cv2.circle(mask, (spot_x, spot_y), size, level, -1, cv2.LINE_AA, 4)

    def _mist(
        self, rng: np.random.Generator, weather: frozenset[Weather]
    ) -> tuple[Bytes, Color, float] | None:
        thick = {
            "fog": 0.72,
            "sandstorm": 0.6,
            "blizzard": 0.5,
            "storm": 0.22,
            "rain": 0.14,
            "snow": 0.12,
        }
        share = max((thick[name] for name in weather if name in thick), default=0.0)
        if share == 0.0:
            return None
        small = noise(rng, 96, 192, 42, 4)
        tile = np.concatenate([small, small[:, ::-1]], axis=1)
        color = (
            self.light.haze
            if "sandstorm" in weather
            else mix(self.light.haze, rgb("#e8edf2"), 0.5 * (1 - self.light.night))
        )
        cover = np.clip(np.tile(tile, (1, 2)) * 255 * share * 1.25 - 255 * share * 0.12, 0, 255)
        return cover.astype(np.uint8), color, 0.5 if "sandstorm" in weather else 0.05

    def _veil(self, frame: Frame, at_s: float, tile: Bytes, color: Color, speed: float) -> None:
        period = tile.shape[1] / 2
        size = (max(2, self.wide // 8), max(2, self.high // 8))
        step = 150 / size[0]
        shift = (at_s * speed * self.high / self.wide * 120) % period
        view = np.array([[step, 0, shift], [0, 88 / size[1], 2.0]])
        small = cv2.warpAffine(tile, view, size, flags=cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR)
        blue, red = _chroma(color)
        bright = 16 + 219 * luma(color)
        for planes in (((frame.y, bright),), ((frame.u, blue), (frame.v, red))):
            high, wide = planes[0][0].shape
            mask = cv2.resize(small, (wide, high), interpolation=cv2.INTER_LINEAR)
            for plane, level in planes:
                _blend(plane, mask, round(level))

    def _shafts(self, rng: np.random.Generator) -> Bytes:
        mask = np.zeros((self.high, self.wide), np.uint8)
        for x in np.linspace(0.05, 0.85, 5) + rng.uniform(-0.06, 0.06, 5):
            across = rng.uniform(0.04, 0.1) * self.wide
            left = x * self.wide
            reach = self.high * 0.45
            points = [
                (left, -9),
                (left + across, -9),
                (left + across * 2 + reach, self.high),
                (left - across * 0.4 + reach, self.high),
            ]
            piece = np.zeros_like(mask)
            cv2.fillConvexPoly(piece, np.array(points, np.int32), 46, cv2.LINE_AA)
            mask = cv2.add(mask, piece)
        fade = np.linspace(1.0, 0.25, self.high, dtype=np.float32)[:, None]
        soft = cv2.GaussianBlur(mask.astype(np.float32) * fade, (0, 0), self.wide / 90)
        return soft.astype(np.uint8)


def _px(x: float, y: float) -> tuple[int, int]:
    return round(float(x) * 16), round(float(y) * 16)


def _blend(plane: Bytes, mask: cv2.typing.MatLike, level: int) -> None:
    """Move the plane towards a level by the mask's share."""
    kept = cv2.multiply(plane, cv2.bitwise_not(mask), scale=1 / 255)
    cv2.add(kept, cv2.convertScaleAbs(mask, alpha=level / 255), dst=plane)


def _chroma(color: Color) -> tuple[float, float]:
    bright = 0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2]
    return 128 + 224 * (color[2] - bright) / 1.8556, 128 + 224 * (color[0] - bright) / 1.5748


def _vignette(wide: int, high: int, strength: float) -> Bytes:
    x = np.linspace(-1, 1, wide, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, high, dtype=np.float32)[:, None]
    far = np.clip(np.sqrt(x * x + y * y) - 0.55, 0, 1) / 0.87
    noise_seed = np.random.default_rng(7).random((high, wide), np.float32)
    level = 250 * (1 - min(0.75, strength) * far * far) + noise_seed - 0.5
    return np.clip(np.rint(level), 0, 255).astype(np.uint8)


def _flash(at_s: float, seed: int) -> float:
    """Lightning: two strokes every few seconds, dying away within a third of a second."""
    period = 2.7
    since = (at_s + 1.9 + (seed % 13) / 13) % period
    strokes = (since, since - 0.17)
    return sum(math.exp(-s * 13) * share for s, share in zip(strokes, (0.8, 1.0)) if 0 <= s < 0.6)
