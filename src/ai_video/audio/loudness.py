"""Loudness and true peak as ITU-R BS.1770-4 and EBU R 128 define them, in numpy."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Samples = NDArray[np.float32]
_Transform = Callable[[NDArray[Any], int], NDArray[Any]]
SILENCE_LUFS: Final = -70.0
_BLOCK_S: Final = 0.4
_ABSOLUTE_GATE: Final = -70.0
_RELATIVE_GATE: Final = -10.0
_OVERSAMPLING: Final = 4


def _biquad_response(
    b: list[float], a: list[float], signal: NDArray[np.float64]
) -> NDArray[np.float64]:
    out = np.zeros_like(signal)
    x1 = x2 = y1 = y2 = 0.0
    for index, x in enumerate(signal.tolist()):
        y = b[0] * x + b[1] * x1 + b[2] * x2 - a[1] * y1 - a[2] * y2
        x2, x1, y2, y1 = x1, x, y1, y
        out[index] = y
    return out


@lru_cache(maxsize=8)
def k_weighting(rate: int) -> NDArray[np.float64]:
    """Impulse response of the K-weighting filter at `rate` Hz, cut where it has died away (0.1 s).

    Source: ITU-R BS.1770-4 annex 1; both stages by bilinear transform from their analogue poles, so
    that any rate works (at 48 kHz the published coefficients come out).
    """
    impulse = np.zeros(int(0.1 * rate))
    impulse[0] = 1.0
    gain_db, quality, corner = 3.999843853973347, 0.7071752369554196, 1681.974450955533
    k = math.tan(math.pi * corner / rate)
    high = 10 ** (gain_db / 20)
    band = high**0.4996667741545416
    a0 = 1 + k / quality + k * k
    shelf_b = [
        (high + band * k / quality + k * k) / a0,
        2 * (k * k - high) / a0,
        (high - band * k / quality + k * k) / a0,
    ]
    shelf_a = [1.0, 2 * (k * k - 1) / a0, (1 - k / quality + k * k) / a0]
    quality, corner = 0.5003270373238773, 38.13547087602444
    k = math.tan(math.pi * corner / rate)
    a0 = 1 + k / quality + k * k
    pass_a = [1.0, 2 * (k * k - 1) / a0, (1 - k / quality + k * k) / a0]
    return _biquad_response([1.0, -2.0, 1.0], pass_a, _biquad_response(shelf_b, shelf_a, impulse))


def convolve(signal: NDArray[np.floating], taps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Causal convolution along axis 0, as long as `signal`, by overlapping FFT blocks.

    `signal` is (n,) or (n, 2): the taps are real, so two channels pass one complex transform as its
    real and imaginary part without touching each other.
    """
    if signal.ndim == 1:
        return _convolved(signal.astype(np.float64), taps, np.fft.rfft, np.fft.irfft)
    pairs = np.ascontiguousarray(signal, np.float64).view(np.complex128)[:, 0]
    return _convolved(pairs, taps, np.fft.fft, np.fft.ifft).view(np.float64).reshape(-1, 2)


def _convolved(
    signal: NDArray[np.inexact], taps: NDArray[np.float64], there: _Transform, back: _Transform
) -> NDArray[Any]:
    length = len(signal)
    size = 1 << max(15, (4 * len(taps)).bit_length())
    step = size - len(taps) + 1
    spectrum = there(taps, size)
    out = np.zeros(length + len(taps) - 1, signal.dtype)
    for start in range(0, length, step):
        block = signal[start : start + step]
        filtered = back(there(block, size) * spectrum, size)
        stop = min(start + len(block) + len(taps) - 1, len(out))
        out[start:stop] += filtered[: stop - start]
    return out[:length]


def block_powers(weighted: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """Mean power of each 100 ms of a K-weighted signal, channels summed; a rest is left out."""
    hop = rate // 10
    count = len(weighted) // hop
    blocks = weighted[: count * hop].reshape(count, -1)
    return np.einsum("ij,ij->i", blocks, blocks) / hop


def gated_loudness(powers: NDArray[np.float64]) -> float:
    """Integrated loudness (LUFS) of 100 ms powers, gated; -70 when nothing is above the gate.

    Source: ITU-R BS.1770-4 annex 1: 400 ms blocks that overlap by 75 %, gates at -70 LUFS and
    10 LU below the mean of what passed the first.
    """
    if len(powers) < 4:
        blocks = np.array([powers.mean()]) if len(powers) else np.zeros(1)
    else:
        blocks = np.convolve(powers, np.full(4, 0.25), mode="valid")
    loud = blocks[blocks > 10 ** ((_ABSOLUTE_GATE + 0.691) / 10)]
    if not len(loud):
        return SILENCE_LUFS
    kept = loud[loud > loud.mean() * 10 ** (_RELATIVE_GATE / 10)]
    return float(-0.691 + 10 * math.log10(kept.mean()))


def loudness(samples: Samples, rate: int) -> float:
    """Integrated loudness (LUFS) of mono or (n, channels) samples; -70 for silence.

    A mono signal is measured as it would sound from one channel. Anything shorter than a block
    is measured over its whole length.
    """
    if len(samples) == 0:
        return SILENCE_LUFS
    weighted = convolve(samples, k_weighting(rate))
    if len(samples) < rate * _BLOCK_S:
        power = float((weighted**2).sum() / len(samples))
        return max(SILENCE_LUFS, -0.691 + 10 * math.log10(power)) if power > 0 else SILENCE_LUFS
    return gated_loudness(block_powers(weighted, rate))


@lru_cache(maxsize=1)
def _interpolators() -> NDArray[np.float64]:
    """Four phases (columns) of a windowed sinc that interpolates 4x; 25 taps each."""
    half = 12 * _OVERSAMPLING
    at = np.arange(-half, half + _OVERSAMPLING)
    taps = np.sinc(at / _OVERSAMPLING) * np.kaiser(len(at), 8.0)
    return taps.reshape(-1, _OVERSAMPLING)


PEAK_REACH: Final = 13
_CELL: Final = 64


def true_peaks(samples: NDArray[np.floating], *, above: float = 0.0) -> NDArray[np.float64]:
    """For each sample frame the highest interpolated magnitude near it (4x), channels merged.

    Returns:
        (frames,): at least the sample peak. A value depends on up to PEAK_REACH frames around. Where
        nothing can pass `above` the sample peak is left as it is, which saves most of the work.
    """
    channels = samples[:, None] if samples.ndim == 1 else samples
    columns = [channels[:, index].astype(np.float64) for index in range(channels.shape[1])]
    peaks = np.maximum.reduce([np.abs(column) for column in columns])
    if above <= 0 or len(peaks) <= _CELL:
        return _interpolated(columns, peaks, np.zeros(1, np.intp), len(peaks))
    return _interpolated(columns, peaks, _cells_that_may_pass(peaks, above), _CELL)


def _cells_that_may_pass(peaks: NDArray[np.float64], above: float) -> NDArray[np.intp]:
    """Numbers of the cells where, with the cells beside them, samples are high enough."""
    count = -(-len(peaks) // _CELL)
    highest = np.pad(peaks, (0, count * _CELL - len(peaks))).reshape(count, _CELL).max(axis=1)
    around = np.pad(highest, 1)
    highest = np.maximum(highest, np.maximum(around[:-2], around[2:]))
    most_gain = np.abs(_interpolators()).sum(axis=0).max()
    return np.flatnonzero(highest * most_gain > above)


def _interpolated(
    columns: Sequence[NDArray[np.float64]],
    peaks: NDArray[np.float64],
    cells: NDArray[np.intp],
    cell: int,
) -> NDArray[np.float64]:
    """`peaks` raised to what lies between samples in the given cells of so many frames each."""
    if not len(peaks) or not len(cells):
        return peaks
    taps = _interpolators()
    count = -(-len(peaks) // cell)
    raised = np.pad(peaks, (0, count * cell - len(peaks))).reshape(count, cell)
    lead = len(taps) - 1
    found = raised[cells]
    for column in columns:
        around = np.pad(column, (PEAK_REACH, count * cell - len(peaks) + PEAK_REACH - 1))
        windows = sliding_window_view(around, cell + lead + 1)[cells * cell]
        row = windows.ravel()
        for phase in range(1, _OVERSAMPLING):
            # The windows lie end to end: what mixes two of them falls into the lead, which is cut.
            between = np.abs(np.convolve(row, taps[:, phase])[: len(row)]).reshape(windows.shape)
            np.maximum(found, between[:, lead:-1], out=found)
            np.maximum(found, between[:, lead + 1 :], out=found)
    raised[cells] = found
    return raised.reshape(-1)[: len(peaks)]


class LoudnessMeter:
    """Integrated loudness of a stereo sound that comes in blocks of whole tenths of a second."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._taps = k_weighting(rate)
        self._before = np.zeros((len(self._taps), 2))
        self._powers: list[NDArray[np.float64]] = []

    def add(self, block: NDArray[np.floating]) -> None:
        heard = np.concatenate([self._before, block])
        weighted = convolve(heard, self._taps)[len(self._taps) :]
        self._powers.append(block_powers(weighted, self._rate))
        self._before = heard[-len(self._taps) :]

    @property
    def lufs(self) -> float:
        return gated_loudness(np.concatenate(self._powers)) if self._powers else SILENCE_LUFS


class PeakMeter:
    """True peak of a stereo sound that comes in blocks; outside of it is silence."""

    def __init__(self) -> None:
        self._before = np.zeros((2 * PEAK_REACH, 2))
        self._highest = 0.0

    def add(self, block: NDArray[np.floating]) -> None:
        heard = np.concatenate([self._before, block])
        known = true_peaks(heard, above=self._highest)[PEAK_REACH:-PEAK_REACH]
        self._highest = max(self._highest, float(known.max(initial=0.0)))
        self._before = heard[-2 * PEAK_REACH :]

    @property
    def decibels(self) -> float:
        """In dBTP; -120 for silence."""
        last = float(true_peaks(self._before)[PEAK_REACH:].max())
        return 20 * math.log10(max(self._highest, last, 1e-6))


def true_peak_db(samples: NDArray[np.floating]) -> float:
    """True peak in dBTP; -120 for silence."""
    if len(samples) == 0:
        return -120.0
    return 20 * math.log10(max(float(true_peaks(samples).max()), 1e-6))
