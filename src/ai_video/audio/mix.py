"""The film's sound: voices, music under them, ambience; -14 LUFS, peaks below -2 dBTP.

Everything is worked in blocks of ten seconds, so the length of a film costs no memory.
"""

from __future__ import annotations

import asyncio
import math
import threading
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ai_video.assets.writing import replacing
from ai_video.audio.ambience import AmbienceKind, ambience_block
from ai_video.audio.levelling import SPEECH_LUFS
from ai_video.audio.loudness import (
    PEAK_REACH,
    SILENCE_LUFS,
    block_powers,
    convolve,
    gated_loudness,
    k_weighting,
    loudness,
    true_peaks,
)
from ai_video.audio.music import (
    MusicChoice,
    MusicStyle,
    fade_shape,
    music_block,
    style_for,
)
from ai_video.audio.own_music import OwnMusic
from ai_video.audio.wav import as_mono, read_sound, resample, to_pcm16

RATE: Final = 48_000
FILM_LUFS: Final = -14.0
CEILING_DB: Final = -2.0
_MARGIN_DB: Final = 0.15
_MOST_GAIN_DB: Final = 16.0
_CLOSE_ENOUGH_LU: Final = 0.2
_PASSES: Final = 5
_BLOCK: Final = 10 * RATE
_LOOK: Final = RATE // 100
_REACH: Final = 2 * _LOOK + 2 * PEAK_REACH
_DUCK_DB: Final = -12.0
_CONTROL_HZ: Final = 100
_BRIDGE_S, _ATTACK_S = 1.2, 0.5
_AMBIENCE_FADE_S: Final = 0.6
Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class VoicePlacement:
    """A sound file that is heard from `start_s` on; `gain_db` on top of the matched level."""

    path: Path
    start_s: float
    gain_db: float = 0.0


@dataclass(frozen=True, slots=True)
class AmbienceSpan:
    """A bed of ambience from `start_s` to `end_s`."""

    kind: AmbienceKind
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class MixReport:
    """What the finished file measures; -70 LUFS and -120 dBTP mean that nothing is heard."""

    lufs: float
    true_peak_db: float


@dataclass(slots=True)
class _Voice:
    placement: VoicePlacement
    start: int
    length: int
    samples: Samples | None = None


@dataclass(slots=True)
class _Premix:
    """Everything before the master gain, any stretch at a time."""

    voices: list[_Voice]
    total: int
    style: MusicStyle | None
    seed: int
    ambience: Sequence[AmbienceSpan]
    own_music: OwnMusic | None
    cancelled: threading.Event
    music_gain: float = 1.0
    ducking: Samples = field(init=False)

    def __post_init__(self) -> None:
        self.ducking = _ducking(self.voices, self.total)

    def blocks(self) -> Iterator[tuple[int, int]]:
        """(start, count) of each block; stops with CancelledError when nobody waits any more."""
        for start in range(0, self.total, _BLOCK):
            if self.cancelled.is_set():
                raise asyncio.CancelledError
            yield start, min(_BLOCK, self.total - start)

    def stretch(self, start: int, count: int) -> Samples:
        """Samples start..start+count, (count, 2); outside of the film is silence."""
        first, last = max(0, start), min(self.total, start + count)
        out = np.zeros((count, 2), np.float32)
        if last <= first:
            return out
        inside = out[first - start : last - start]
        self._add_beds(inside, first)
        for voice in self.voices:
            self._add_voice(inside, first, voice)
        return out

    def _add_beds(self, out: Samples, start: int) -> None:
        count = len(out)
        if self.style is None and self.own_music is None and not self.ambience:
            return
        places = (start + np.arange(count)) / RATE * _CONTROL_HZ
        duck = np.interp(places, np.arange(len(self.ducking)), self.ducking).astype(np.float32)
        if self.own_music is not None:
            bed = self.own_music.stretch(start, count)
            out += bed * self._music_shape(duck, start)[:, None]
        elif self.style is not None:
            bed = music_block(self.style, self.seed, start, count)
            out += bed * self._music_shape(duck, start)[:, None]
        time = (start + np.arange(count)) / RATE
        for span in self.ambience:
            if span.end_s * RATE <= start or span.start_s * RATE >= start + count:
                continue
            rise = np.clip((time - span.start_s) / _AMBIENCE_FADE_S, 0, 1)
            fall = np.clip((span.end_s - time) / _AMBIENCE_FADE_S, 0, 1)
            shape = (rise * fall * np.sqrt(duck)).astype(np.float32)
            out += ambience_block(span.kind, self.seed, start, count) * shape[:, None]

    def _music_shape(self, duck: Samples, start: int) -> Samples:
        faded = duck * fade_shape(self.total, start, len(duck))
        return (faded * self.music_gain).astype(np.float32)

    def _add_voice(self, out: Samples, start: int, voice: _Voice) -> None:
        first = max(start, voice.start)
        last = min(start + len(out), voice.start + voice.length)
        if last <= first:
            if voice.start + voice.length < start - 2 * _REACH:
                voice.samples = None
            return
        if voice.samples is None:
            voice.samples = _load_voice(voice.placement)
        part = voice.samples[first - voice.start : last - voice.start]
        out[first - start : first - start + len(part)] += part[:, None]


def _load_voice(placement: VoicePlacement) -> Samples:
    """A voice file as mono 48 kHz at the speech level (two equal channels will sound)."""
    samples, rate = read_sound(placement.path)
    mono = as_mono(samples)
    level = loudness(mono, rate)
    gain_db = placement.gain_db
    if level > SILENCE_LUFS:
        gain_db += SPEECH_LUFS - level
    return resample(mono, rate, RATE) * np.float32(10 ** (gain_db / 20))


def _ducking(voices: Sequence[_Voice], total: int) -> Samples:
    """Gain of the beds at 100 Hz: down under speech, up in pauses longer than 1.2 s."""
    count = total * _CONTROL_HZ // RATE + 2
    spoken = np.zeros(count)
    last_end = -math.inf
    for voice in voices:
        begin = voice.start / RATE
        bridged = last_end if begin - last_end < _BRIDGE_S else begin
        end = begin + voice.length / RATE
        spoken[max(0, int(bridged * _CONTROL_HZ)) : max(0, math.ceil(end * _CONTROL_HZ))] = 1
        last_end = max(last_end, end)
    width = int(_ATTACK_S * _CONTROL_HZ)
    kernel = np.hanning(2 * width + 1)
    padded = np.concatenate([np.repeat(spoken[:1], width), spoken, np.repeat(spoken[-1:], width)])
    smooth = np.convolve(padded, kernel / kernel.sum(), mode="valid")
    return (10 ** (_DUCK_DB * smooth / 20)).astype(np.float32)


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
    peaks = true_peaks(samples)
    if peaks.max(initial=0.0) <= ceiling:
        return samples
    needed = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    held = _sliding_minimum(needed, _LOOK)
    return samples * _box(_box(held, _LOOK // 2), _LOOK // 2)[:, None]


def _measure(premix: _Premix) -> float:
    """Integrated loudness of the premix."""
    powers: list[NDArray[np.float64]] = []
    taps = k_weighting(RATE)
    for start, count in premix.blocks():
        heard = premix.stretch(start - len(taps), count + len(taps))
        powers.append(block_powers(convolve(heard, taps)[len(taps) :], RATE))
    return gated_loudness(np.concatenate(powers)) if powers else SILENCE_LUFS


def _write(premix: _Premix, gain_db: float, path: Path) -> MixReport:
    """Write the mastered film to `path`; what comes back is measured on what was written."""
    taps = k_weighting(RATE)
    gain = 10 ** (gain_db / 20)
    ceiling = 10 ** ((CEILING_DB - _MARGIN_DB) / 20)
    powers: list[NDArray[np.float64]] = []
    highest = 0.0
    tail = np.zeros((len(taps), 2))
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE)
        for start, count in premix.blocks():
            around = premix.stretch(start - _REACH, count + 2 * _REACH).astype(np.float64) * gain
            block = limited(around, ceiling)[_REACH : _REACH + count]
            out.writeframes(to_pcm16(block))
            joined = np.concatenate([tail, block])
            powers.append(block_powers(convolve(joined, taps)[len(taps) :], RATE))
            highest = max(highest, float(true_peaks(joined[-count - PEAK_REACH :]).max(initial=0)))
            tail = joined[-len(taps) :]
    lufs = gated_loudness(np.concatenate(powers)) if powers else SILENCE_LUFS
    return MixReport(round(lufs, 2), round(20 * math.log10(max(highest, 1e-6)), 2))


def _master(premix: _Premix, target: Path) -> MixReport:
    """Write the film with the gain that brings it to -14 LUFS after limiting.

    The limiter takes away what the gain gives at peaks, and the gate may let music in, so the
    gain is sought by secant steps; what stays is the closest of a few passes.
    """
    level = _measure(premix)
    gain_db = 0.0 if level <= SILENCE_LUFS else min(FILM_LUFS - level, _MOST_GAIN_DB)
    tried: list[tuple[float, float]] = []
    before = (0.0, level)
    with replacing(target) as draft:
        report = _write(premix, gain_db, draft)
        while report.lufs > SILENCE_LUFS and len(tried) < _PASSES:
            off = FILM_LUFS - report.lufs
            tried.append((abs(off), gain_db))
            if abs(off) <= _CLOSE_ENOUGH_LU or (gain_db >= _MOST_GAIN_DB and off > 0):
                return report
            moved = gain_db - before[0]
            slope = (report.lufs - before[1]) / moved if abs(moved) > 0.1 else 1.0
            before = (gain_db, report.lufs)
            step = off / min(max(slope, 0.2), 1.0)
            gain_db = min(gain_db + min(max(step, -6.0), 6.0), _MOST_GAIN_DB)
            report = _write(premix, gain_db, draft)
        if tried and min(tried)[0] < abs(FILM_LUFS - report.lufs):
            report = _write(premix, min(tried)[1], draft)
    return report


def _placed(placement: VoicePlacement) -> _Voice:
    samples, rate = read_sound(placement.path)
    return _Voice(placement, round(placement.start_s * RATE), round(len(samples) * RATE / rate))


async def mix_film(
    placements: Sequence[VoicePlacement],
    *,
    total_s: float,
    music: MusicChoice,
    mood: str | None = None,
    ambience: Sequence[AmbienceSpan] = (),
    seed: int,
    target: Path,
    music_file: Path | None = None,
    music_gain_db: float = 0.0,
) -> MixReport:
    """Write a film's sound: 48 kHz stereo 16-bit WAV of round(total_s * 48000) frames, atomically.

    -14 LUFS integrated, true peak below -2 dBTP. Digital silence stays digital silence; beds
    alone are raised by 16 dB at most. `music_file` is played instead of a bed, unless music is
    `none`; `music_gain_db` is on top of a bed's level.

    Raises:
        ConfigurationFailure: `sound_unreadable`.
    """
    cancelled = threading.Event()

    def work() -> MixReport:
        voices = sorted(map(_placed, placements), key=lambda voice: voice.start)
        premix = _Premix(
            voices=voices,
            total=round(total_s * RATE),
            style=style_for(music, mood),
            seed=seed,
            ambience=ambience,
            own_music=OwnMusic.read(music_file, most_s=total_s)
            if music_file and music != "none"
            else None,
            cancelled=cancelled,
            music_gain=10 ** (music_gain_db / 20),
        )
        return _master(premix, target)

    try:
        return await asyncio.to_thread(work)
    except asyncio.CancelledError:
        cancelled.set()
        raise
