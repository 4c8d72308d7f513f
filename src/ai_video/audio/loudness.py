"""Loudness and true peak as ITU-R BS.1770-4 and EBU R 128 define them, in numpy."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
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
    """Impulse response of the K-weighting filter at `rate` Hz, cut where it has died away (0.3 s).

    Source: ITU-R BS.1770-4 annex 1; both stages by bilinear transform from their analogue poles, so
    that any rate works (at 48 kHz the published coefficients come out).
    """
    impulse = np.zeros(int(0.3 * rate))
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
    """Causal convolution along axis 0, as long as `signal`, by overlapping FFT blocks."""
    length = signal.shape[0]
    size = 1 << max(15, (4 * len(taps)).bit_length())
    step = size - len(taps) + 1
    spectrum = np.fft.rfft(taps, size)
    if signal.ndim == 2:
        spectrum = spectrum[:, None]
    out = np.zeros((length + len(taps) - 1, *signal.shape[1:]))
    for start in range(0, length, step):
        block = signal[start : start + step]
        filtered = np.fft.irfft(np.fft.rfft(block, size, axis=0) * spectrum, size, axis=0)
        stop = min(start + len(block) + len(taps) - 1, len(out))
        out[start:stop] += filtered[: stop - start]
    return out[:length]


def block_powers(weighted: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """Mean power of each 100 ms of a K-weighted signal, channels summed; a rest is left out."""
    hop = rate // 10
    power = weighted**2 if weighted.ndim == 1 else (weighted**2).sum(axis=1)
    count = len(power) // hop
    return power[: count * hop].reshape(count, hop).mean(axis=1)


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


def true_peaks(samples: NDArray[np.floating]) -> NDArray[np.float64]:
    """For each sample frame the highest interpolated magnitude near it (4x), channels merged.

    Returns:
        (frames,): at least the sample peak. A value depends on up to PEAK_REACH frames around.
    """
    taps = _interpolators()
    channels = samples[:, None] if samples.ndim == 1 else samples
    peaks = np.abs(channels).max(axis=1).astype(np.float64)
    for column in range(channels.shape[1]):
        signal = channels[:, column].astype(np.float64)
        for phase in range(1, _OVERSAMPLING):
            between = np.abs(np.convolve(signal, taps[:, phase])[12 : 12 + len(signal)])
            np.maximum(peaks, between, out=peaks)
            peaks[1:] = np.maximum(peaks[1:], between[:-1])
    return peaks


def true_peak_db(samples: NDArray[np.floating]) -> float:
    """True peak in dBTP; -120 for silence."""
    if len(samples) == 0:
        return -120.0
    return 20 * math.log10(max(float(true_peaks(samples).max()), 1e-6))
