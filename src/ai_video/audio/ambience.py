"""Beds of rain, sea, crowd and wind, made of shaped noise; seamless loops, same seed, same sound."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ai_video.audio.loudness import loudness

RATE: Final = 48_000
AMBIENCE_LUFS: Final = -38.0
AmbienceKind = Literal["rain", "sea", "crowd", "wind"]
Samples = NDArray[np.float32]
_LOOP_S: Final = 20.0
_LENGTH: Final = round(_LOOP_S * RATE)
_Shape = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def _noise(rng: np.random.Generator, shape: _Shape) -> NDArray[np.float64]:
    """Circular noise (so it loops without a seam) with `shape(frequency)` as its spectrum."""
    frequency = np.fft.rfftfreq(_LENGTH, 1 / RATE)
    phases = rng.uniform(0, 2 * np.pi, len(frequency))
    spectrum = shape(np.maximum(frequency, 1.0)) * np.exp(1j * phases)
    spectrum[0] = 0
    noise = np.fft.irfft(spectrum, _LENGTH)
    return noise / noise.std()


def _band(low: float, high: float, slope: float) -> _Shape:
    """A band between `low` and `high` Hz, falling with frequency to the power of -slope."""

    def shape(frequency: NDArray[np.float64]) -> NDArray[np.float64]:
        return frequency**-slope / (1 + (low / frequency) ** 4) / (1 + (frequency / high) ** 4)

    return shape


def _slow(rng: np.random.Generator, fastest_hz: float) -> NDArray[np.float64]:
    """A slow circular curve between 0 and 1."""
    count = max(2, int(fastest_hz * _LOOP_S))
    spectrum = np.zeros(_LENGTH // 2 + 1, np.complex128)
    turns = np.arange(1, count + 1)
    spectrum[1 : count + 1] = np.exp(2j * np.pi * rng.random(count)) / turns**0.5
    curve = np.fft.irfft(spectrum, _LENGTH)
    curve -= curve.min()
    return curve / curve.max()


def _rain(rng: np.random.Generator) -> NDArray[np.float64]:
    hiss = _noise(rng, _band(900, 9000, 0.35))
    body = _noise(rng, _band(120, 900, 0.6)) * 0.3
    drops = np.zeros(_LENGTH)
    for start in rng.integers(0, _LENGTH, 500):
        length = int(rng.integers(300, 900))
        time = np.arange(length)
        drop = np.sin(2 * np.pi * rng.uniform(1500, 5000) * time / RATE) * np.exp(
            -time / (length / 6)
        )
        drop *= np.clip(time / 48, 0, 1)
        at = (start + time) % _LENGTH
        drops[at] += drop * rng.uniform(0.1, 0.5)
    return hiss * (0.85 + 0.15 * _slow(rng, 0.4)) + body + drops


def _sea(rng: np.random.Generator) -> NDArray[np.float64]:
    waves = np.zeros(_LENGTH)
    time = np.arange(_LENGTH) / _LENGTH
    for turns, level in ((3, 1.0), (2, 0.5), (5, 0.35)):
        crest = 0.5 + 0.5 * np.sin(2 * np.pi * (turns * time + rng.random()))
        waves += level * crest**3
    waves /= waves.max()
    wash = _noise(rng, _band(250, 5000, 0.75)) * (0.12 + 0.88 * waves)
    return wash + _noise(rng, _band(50, 250, 0.9)) * (0.3 + 0.3 * waves)


def _crowd(rng: np.random.Generator) -> NDArray[np.float64]:
    talk = np.zeros(_LENGTH)
    for _ in range(9):
        low = float(rng.uniform(180, 420))
        voice = _noise(rng, _band(low, low * 4.5, 0.8))
        talk += voice * _slow(rng, 4.0) ** 2 * rng.uniform(0.6, 1.0)
    return talk + _noise(rng, _band(90, 700, 0.9)) * 0.8


def _wind(rng: np.random.Generator) -> NDArray[np.float64]:
    gusts = _slow(rng, 0.35)
    low = _noise(rng, _band(70, 380, 0.9)) * (0.35 + 0.65 * gusts)
    whistle = _noise(rng, _band(500, 1100, 0.5)) * 0.35 * gusts**2
    return low + whistle


_MAKERS: Final[dict[AmbienceKind, Callable[[np.random.Generator], NDArray[np.float64]]]] = {
    "rain": _rain, "sea": _sea, "crowd": _crowd, "wind": _wind,
}  # fmt: skip


@lru_cache(maxsize=4)
def ambience_loop(kind: AmbienceKind, seed: int) -> Samples:
    """One seamless turn of 20 s, (n, 2) at 48 kHz, about -38 LUFS."""
    number = sorted(_MAKERS).index(kind)
    sides = [_MAKERS[kind](np.random.default_rng([seed, number, side])) for side in range(2)]
    middle = (sides[0] + sides[1]) / 2
    stereo = np.stack([0.6 * middle + 0.4 * sides[0], 0.6 * middle + 0.4 * sides[1]], axis=1)
    gain = 10 ** ((AMBIENCE_LUFS - loudness(stereo.astype(np.float32), RATE)) / 20)
    return (stereo * gain).astype(np.float32)


def ambience_block(kind: AmbienceKind, seed: int, start: int, count: int) -> Samples:
    """Samples start..start+count of the endlessly repeated bed."""
    loop = ambience_loop(kind, seed)
    return loop[(start + np.arange(count)) % len(loop)]
