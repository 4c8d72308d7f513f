"""What every provider's sound goes through: silence trimmed, level matched, times kept in step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ai_video.audio.loudness import SILENCE_LUFS, loudness
from ai_video.audio.wav import resample
from ai_video.domain.ports import Speech, SpeechMark

RATE: Final = 24_000
SPEECH_LUFS: Final = -20.0
SHORT_SILENCE_S: Final = 0.4
LEAD_S: Final = 0.03
TAIL_S: Final = 0.08
_HIGHEST_PEAK: Final = 0.95
_MOST_GAIN: Final = 30.0
_WINDOW_S: Final = 0.01
Samples = NDArray[np.float32]


def sounding_span(samples: Samples, rate: int) -> tuple[int, int] | None:
    """First and last sample (end exclusive) of what is heard; None in silence.

    Heard = 10 ms windows above 1.5 % of the loudest window's RMS (and above -66 dBFS).
    """
    window = max(1, int(rate * _WINDOW_S))
    count = -(-len(samples) // window)
    padded = np.zeros(count * window, np.float32)
    padded[: len(samples)] = samples
    levels = np.sqrt((padded.reshape(count, window) ** 2).mean(axis=1)) if count else np.zeros(0)
    if not count or levels.max() < 5e-4:
        return None
    loud = np.flatnonzero(levels > max(5e-4, 0.015 * float(levels.max())))
    return int(loud[0]) * window, min(len(samples), (int(loud[-1]) + 1) * window)


def finish_speech(
    samples: Samples,
    rate: int,
    marks: Sequence[SpeechMark],
    kind: Literal["exact", "service", "estimated"],
) -> Speech:
    """Speech at 24 kHz mono: silence trimmed to 30 ms before and 80 ms after, about -20 LUFS.

    Marks move with the sound and stay inside it, in order. Silence gives a short silence
    without marks.
    """
    span = sounding_span(samples, rate)
    if span is None:
        return short_silence(kind)
    first = max(0, span[0] - int(LEAD_S * rate))
    last = min(len(samples), span[1] + int(TAIL_S * rate))
    cut = resample(samples[first:last], rate, RATE)
    duration = len(cut) / RATE
    onset_s = (span[0] - first) / rate
    shifted = [_moved(mark, first / rate, duration) for mark in marks]
    shifted = _from_onset(shifted, onset_s)
    return Speech(matched_level(_faded(cut)), RATE, tuple(shifted), kind)


def _moved(mark: SpeechMark, by_s: float, duration: float) -> SpeechMark:
    start, end = mark.start_s - by_s, mark.end_s - by_s
    return replace(mark, start_s=min(max(start, 0.0), duration), end_s=min(max(end, 0.0), duration))


def _from_onset(marks: list[SpeechMark], onset_s: float) -> list[SpeechMark]:
    """The first spoken mark starts where sound starts: the model counts a soft onset as pause."""
    for at, mark in enumerate(marks):
        if any(char.isalnum() for char in mark.text):
            start = min(onset_s, mark.end_s)
            before = [
                replace(m, start_s=min(m.start_s, start), end_s=min(m.end_s, start))
                for m in marks[:at]
            ]
            return [*before, replace(mark, start_s=start), *marks[at + 1 :]]
    return marks


def _faded(samples: Samples) -> Samples:
    """The same with 5 ms ramps at both ends, so that cuts do not click."""
    ramp = min(len(samples) // 2, RATE // 200)
    shape = np.ones(len(samples), np.float32)
    shape[:ramp] = np.linspace(0, 1, ramp, endpoint=False, dtype=np.float32)
    shape[len(samples) - ramp :] = shape[:ramp][::-1]
    return samples * shape


def matched_level(samples: Samples) -> Samples:
    """The same at -20 LUFS, less where its peaks would pass -0.4 dBFS."""
    level = loudness(samples, RATE)
    if level <= SILENCE_LUFS:
        return samples
    gain = 10 ** (min(SPEECH_LUFS - level, _MOST_GAIN) / 20)
    peak = float(np.abs(samples).max())
    return (samples * min(gain, _HIGHEST_PEAK / peak)).astype(np.float32)


def short_silence(kind: Literal["exact", "service", "estimated"]) -> Speech:
    """What is heard of a line in which nothing can be spoken: a moment of silence, no marks."""
    return Speech(np.zeros(int(SHORT_SILENCE_S * RATE), np.float32), RATE, (), kind)
