"""A film's sound brought to its loudness with its peaks held down, written as WAV.

Everything is worked in blocks of ten seconds, so the length of a film costs no memory.
"""

from __future__ import annotations

import asyncio
import threading
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ai_video.assets.writing import replacing
from ai_video.audio.loudness import (
    PEAK_REACH,
    SILENCE_LUFS,
    LoudnessMeter,
    PeakMeter,
    true_peaks,
)
from ai_video.audio.wav import to_pcm16

RATE: Final = 48_000
FILM_LUFS: Final = -14.0
CEILING_DB: Final = -2.0
BLOCK: Final = 10 * RATE
_MARGIN_DB: Final = 0.15
_CLOSE_ENOUGH_LU: Final = 0.2
_PASSES: Final = 5
_LOOK: Final = RATE // 100
LIMITER_REACH: Final = 2 * _LOOK + 2 * PEAK_REACH
"""Frames on either side that the limiter looks at."""
_LOUDER_AGAIN_DB: Final = 3.0
Samples = NDArray[np.float32]
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class MixReport:
    """What the finished file measures; -70 LUFS and -120 dBTP mean that nothing is heard."""

    lufs: float
    true_peak_db: float


class Sound(Protocol):
    """48 kHz stereo of `total` frames, any stretch at a time.

    `stretch` raises CancelledError when nobody waits any more.
    """

    total: int

    def stretch(self, start: int, count: int) -> Samples:
        """Samples start..start+count, (count, 2); outside of the sound is silence."""
        ...


@dataclass(slots=True)
class WavSound:
    """A 16-bit stereo WAV file as it stands."""

    path: Path
    cancelled: threading.Event
    total: int = 0

    def __post_init__(self) -> None:
        with wave.open(str(self.path), "rb") as sound:
            self.total = sound.getnframes()

    def stretch(self, start: int, count: int) -> Samples:
        if self.cancelled.is_set():
            raise asyncio.CancelledError
        first, last = max(0, start), min(self.total, start + count)
        out = np.zeros((count, 2), np.float32)
        if last > first:
            with wave.open(str(self.path), "rb") as sound:
                sound.setpos(first)
                raw = np.frombuffer(sound.readframes(last - first), "<i2").reshape(-1, 2)
            out[first - start : last - start] = raw / np.float32(32768)
        return out


def _sliding_minimum(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Minimum over `reach` values on either side, by doubling."""
    padded = np.pad(values, reach, constant_values=1.0)
    width, window = 1, 2 * reach + 1
    while 2 * width <= window:
        padded = np.minimum(padded[: len(padded) - width], padded[width:])
        width *= 2
    rest = window - width
    return np.minimum(padded[: len(padded) - rest], padded[rest:]) if rest else padded


def _box(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Mean over `reach` values on either side; beyond the ends stands 1."""
    padded = np.pad(values, (reach + 1, reach), constant_values=1.0)
    sums = np.cumsum(padded)
    return (sums[2 * reach + 1 :] - sums[: -2 * reach - 1]) / (2 * reach + 1)


def limited(samples: NDArray[np.float64], ceiling: float) -> NDArray[np.float64]:
    """(n, 2) samples whose true peaks stay below `ceiling`: gain dips of 10 ms around peaks.

    The dip is the sliding minimum of the gain each peak needs, smoothed over the same width, so
    that it is deep enough where the peak stands.
    """
    peaks = true_peaks(samples, above=ceiling)
    if peaks.max(initial=0.0) <= ceiling:
        return samples
    needed = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    held = _sliding_minimum(needed, _LOOK)
    return samples * _box(_box(held, _LOOK // 2), _LOOK // 2)[:, None]


def _blocks(sound: Sound) -> Iterator[tuple[int, int]]:
    """(start, count) of each block."""
    for start in range(0, sound.total, BLOCK):
        yield start, min(BLOCK, sound.total - start)


def loudness_of(sound: Sound) -> float:
    """Integrated loudness, LUFS."""
    meter = LoudnessMeter(RATE)
    for start, count in _blocks(sound):
        meter.add(sound.stretch(start, count))
    return meter.lufs


def true_peak_of(sound: Sound) -> float:
    """True peak, dBTP."""
    meter = PeakMeter()
    for start, count in _blocks(sound):
        meter.add(sound.stretch(start, count))
    return meter.decibels


def _write(sound: Sound, gain_db: float, ceiling_db: float, path: Path) -> MixReport:
    """Write the mastered sound to `path`; what comes back is measured on what was written."""
    gain = 10 ** (gain_db / 20)
    ceiling = 10 ** ((ceiling_db - _MARGIN_DB) / 20)
    loudness, peak = LoudnessMeter(RATE), PeakMeter()
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE)
        for start, count in _blocks(sound):
            around = sound.stretch(start - LIMITER_REACH, count + 2 * LIMITER_REACH)
            block = limited(around.astype(np.float64) * gain, ceiling)
            block = block[LIMITER_REACH : LIMITER_REACH + count]
            out.writeframes(to_pcm16(block))
            loudness.add(block)
            peak.add(block)
    return MixReport(round(loudness.lufs, 2), round(peak.decibels, 2))


def master(
    sound: Sound, target: Path, *, aim_lufs: float | None, ceiling_db: float, most_gain_db: float
) -> MixReport:
    """Write the sound with the gain that brings it to `aim_lufs` after limiting; blocking.

    Without an aim it is to be as loud as it was. The limiter takes away what the gain gives at peaks, and the gate may let music in, so the
    gain is sought by secant steps; what stays is the closest of a few passes.
    """
    level = loudness_of(sound)
    aim_lufs = level if aim_lufs is None else aim_lufs
    gain_db = 0.0 if level <= SILENCE_LUFS else min(aim_lufs - level, most_gain_db)
    tried: list[tuple[float, float]] = []
    before = (0.0, level)
    with replacing(target) as draft:
        report = _write(sound, gain_db, ceiling_db, draft)
        while report.lufs > SILENCE_LUFS and len(tried) < _PASSES:
            off = aim_lufs - report.lufs
            tried.append((abs(off), gain_db))
            if abs(off) <= _CLOSE_ENOUGH_LU or (gain_db >= most_gain_db and off > 0):
                return report
            moved = gain_db - before[0]
            slope = (report.lufs - before[1]) / moved if abs(moved) > 0.1 else 1.0
            before = (gain_db, report.lufs)
            step = off / min(max(slope, 0.2), 1.0)
            gain_db = min(gain_db + min(max(step, -6.0), 6.0), most_gain_db)
            report = _write(sound, gain_db, ceiling_db, draft)
        if tried and min(tried)[0] < abs(aim_lufs - report.lufs):
            report = _write(sound, min(tried)[1], ceiling_db, draft)
    return report


def limit_again(sound: Sound, target: Path, *, ceiling_db: float) -> MixReport:
    """Write a mastered sound with its peaks below a lower ceiling, as loud as it was; blocking."""
    return master(
        sound, target, aim_lufs=None, ceiling_db=ceiling_db, most_gain_db=_LOUDER_AGAIN_DB
    )


async def while_awaited(work: Callable[[threading.Event], Made]) -> Made:
    """What `work` makes in a thread; its event is set when nobody waits any more."""
    cancelled = threading.Event()
    try:
        return await asyncio.to_thread(work, cancelled)
    except asyncio.CancelledError:
        cancelled.set()
        raise
