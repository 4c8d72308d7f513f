"""The film's sound: voices, music under them, ambience; mastered to -14 LUFS."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ai_video.audio.ambience import AmbienceKind, ambience_block
from ai_video.audio.levelling import SPEECH_LUFS
from ai_video.audio.loudness import SILENCE_LUFS, loudness
from ai_video.audio.mastering import (
    CEILING_DB,
    FILM_LUFS,
    LIMITER_REACH,
    RATE,
    MixReport,
    master,
    while_awaited,
)
from ai_video.audio.music import (
    MusicChoice,
    MusicStyle,
    fade_shape,
    music_block,
    style_for,
)
from ai_video.audio.own_music import OwnMusic
from ai_video.audio.wav import as_mono, read_sound, resample

_MOST_GAIN_DB: Final = 16.0
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

    def stretch(self, start: int, count: int) -> Samples:
        """Samples start..start+count, (count, 2); outside of the film is silence."""
        if self.cancelled.is_set():
            raise asyncio.CancelledError
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
            if voice.start + voice.length < start - 2 * LIMITER_REACH:
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

    def work(cancelled: threading.Event) -> MixReport:
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
        return master(
            premix, target, aim_lufs=FILM_LUFS, ceiling_db=CEILING_DB, most_gain_db=_MOST_GAIN_DB
        )

    return await while_awaited(work)
