"""Music beds that this program composes and plays itself: calm, tense, bright, solemn.

A bed is a loop of chords whose notes ring over its end into its start, so it repeats without a
seam. The same style and seed give the same samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ai_video.audio.loudness import convolve, loudness

RATE: Final = 48_000
# Nothing in a bed is above 9 kHz, so it is played at half the rate and interpolated.
_PLAY_RATE: Final = 24_000
BED_LUFS: Final = -27.0
FADE_IN_S, FADE_OUT_S = 1.5, 3.0
MusicStyle = Literal["calm", "tense", "bright", "solemn"]
MusicChoice = Literal["auto", "none", "calm", "tense", "bright", "solemn"]
Samples = NDArray[np.float32]
Sound = NDArray[np.float64]

_MOODS: Final[dict[str, MusicStyle]] = {
    "melancholy": "solemn", "sad": "solemn", "lonely": "solemn", "nostalgic": "solemn",
    "solemn": "solemn", "tense": "tense", "eerie": "tense", "angry": "tense",
    "mysterious": "tense", "oppressive": "tense", "epic": "tense", "joyful": "bright",
    "hopeful": "bright", "humorous": "bright", "energetic": "bright", "romantic": "calm",
    "peaceful": "calm", "cozy": "calm",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Score:
    """What a style plays: `chords` as MIDI notes above `root`, one every `bar_s` seconds."""

    root: int
    progressions: tuple[tuple[tuple[int, ...], ...], ...]
    bar_s: float
    steps: int
    pluck_level: float
    pluck_decay_s: float
    density: float
    brightness: float
    bass_level: float
    pulse: float = 0.0


_SCORES: Final[dict[MusicStyle, _Score]] = {
    "calm": _Score(
        root=60,
        progressions=(
            ((0, 4, 7, 14), (-3, 4, 7, 12), (-7, 5, 9, 12), (-5, 2, 7, 11)),
            ((0, 4, 7, 11), (-7, 5, 9, 16), (-3, 0, 4, 7), (-5, 2, 5, 11)),
        ),
        bar_s=4.8, steps=8, pluck_level=0.5, pluck_decay_s=1.6, density=0.55, brightness=0.5,
        bass_level=0.5,
    ),
    "tense": _Score(
        root=50,
        progressions=(
            ((0, 7, 12, 15), (0, 8, 12, 15), (-2, 5, 10, 14), (-4, 3, 8, 12)),
            ((0, 7, 12, 15), (-4, 3, 8, 14), (-5, 2, 7, 12), (0, 7, 12, 14)),
        ),
        bar_s=4.0, steps=8, pluck_level=0.3, pluck_decay_s=0.5, density=0.5, brightness=0.3,
        bass_level=0.7, pulse=0.32,
    ),
    "bright": _Score(
        root=62,
        progressions=(
            ((0, 4, 7, 12), (-5, 2, 7, 11), (-3, 0, 4, 9), (-7, 5, 9, 12)),
            ((0, 4, 7, 12), (-7, 5, 9, 12), (-5, 2, 7, 14), (0, 4, 7, 16)),
        ),
        bar_s=3.2, steps=8, pluck_level=0.75, pluck_decay_s=0.8, density=0.8, brightness=0.8,
        bass_level=0.45,
    ),
    "solemn": _Score(
        root=57,
        progressions=(
            ((0, 3, 7, 12), (-4, 3, 8, 12), (-9, 3, 7, 10), (-2, 2, 5, 10)),
            ((0, 3, 7, 14), (-7, 5, 8, 12), (-4, 3, 8, 12), (-5, 2, 5, 10)),
        ),
        bar_s=5.6, steps=4, pluck_level=0.35, pluck_decay_s=2.4, density=0.4, brightness=0.35,
        bass_level=0.65,
    ),
}  # fmt: skip


def style_for(music: MusicChoice, mood: str | None) -> MusicStyle | None:
    """The bed to play: the chosen one, or for `auto` the one that suits the mood (else calm)."""
    if music == "none":
        return None
    if music == "auto":
        return _MOODS.get(mood or "", "calm")
    return music


def _frequency(note: float) -> float:
    return 440.0 * 2 ** ((note - 69) / 12)


def _ring(loop: Sound, at_s: float, sound: Sound, pan: float) -> None:
    """Add a mono sound to the loop at a time; what passes the end goes on at the start."""
    start = round(at_s * _PLAY_RATE) % len(loop)
    left, right = np.cos((pan + 1) * np.pi / 4), np.sin((pan + 1) * np.pi / 4)
    at = 0
    while at < len(sound):
        count = min(len(sound) - at, len(loop) - start)
        loop[start : start + count, 0] += left * sound[at : at + count]
        loop[start : start + count, 1] += right * sound[at : at + count]
        at, start = at + count, 0


def _pad(note: float, length_s: float, brightness: float, phase: float) -> Sound:
    """A slow, soft tone: few partials, two slightly detuned voices, long rise and fall."""
    time = np.arange(round(length_s * _PLAY_RATE)) / _PLAY_RATE
    frequency = _frequency(note)
    tone = np.zeros_like(time)
    for partial, level in ((1, 1.0), (2, 0.28 * brightness), (3, 0.12 * brightness)):
        for cents in (-4.0, 4.0):
            bent = frequency * partial * 2 ** (cents / 1200)
            tone += 0.5 * level * np.sin(2 * np.pi * bent * time + phase * partial)
    rise, fall = 0.32 * length_s, 0.45 * length_s
    shape = np.clip(time / rise, 0, 1) * np.clip((length_s - time) / fall, 0, 1)
    swell = 0.5 - 0.5 * np.cos(np.pi * shape)
    return tone * swell * (1 + 0.04 * np.sin(2 * np.pi * 0.21 * time + phase))


def _pluck(note: float, decay_s: float, brightness: float) -> Sound:
    """A gentle bell-like tone: partials that die away faster the higher they are."""
    time = np.arange(round(4.5 * decay_s * _PLAY_RATE)) / _PLAY_RATE
    frequency = _frequency(note)
    tone = np.zeros_like(time)
    for partial, level in ((1.0, 1.0), (2.0, 0.35), (3.01, 0.16), (4.98, 0.06)):
        if frequency * partial > 9000:
            continue
        fade = np.exp(-time * (0.6 + 0.6 * partial) / decay_s)
        tone += (
            level
            * brightness ** (partial - 1)
            * np.sin(2 * np.pi * frequency * partial * time)
            * fade
        )
    attack = 0.5 - 0.5 * np.cos(np.pi * np.clip(time / 0.012, 0, 1))
    closing = np.clip((time[-1] - time) / 0.05, 0, 1)
    return tone * attack * closing


def _pulse_tone(note: float, length_s: float) -> Sound:
    """A low, round beat of the tense bed."""
    time = np.arange(round(length_s * _PLAY_RATE)) / _PLAY_RATE
    shape = (1 - np.exp(-time / 0.02)) * np.exp(-time / 0.22)
    return (
        np.sin(2 * np.pi * _frequency(note) * time)
        * shape
        * np.clip((length_s - time) / 0.05, 0, 1)
    )


def _room(loop: Sound, rng: np.random.Generator) -> Sound:
    """The loop with a soft, dark hall around it; still seamless."""
    length = round(1.8 * _PLAY_RATE)
    time = np.arange(length) / _PLAY_RATE
    tail = np.zeros((length, 2))
    dark = np.exp(-np.arange(400) / 40.0)
    for channel in range(2):
        noise = np.convolve(rng.standard_normal(length), dark / dark.sum(), mode="same")
        tail[:, channel] = noise * np.exp(-time / 0.45) * np.clip(time / 0.02, 0, 1)
    tail /= np.sqrt((tail**2).sum(axis=0))
    wet = np.empty_like(loop)
    twice = np.concatenate([loop[-length:], loop])
    for channel in range(2):
        wet[:, channel] = convolve(twice[:, channel], tail[:, channel])[length:]
    return loop + 0.35 * wet


def _melody(score: _Score, chord: Sequence[int], rng: np.random.Generator) -> list[tuple[int, int]]:
    """(step, note) pairs: chord tones one octave up, moving by small steps."""
    tones = sorted({score.root + tone + octave for tone in chord for octave in (0, 12)})
    tones = [tone for tone in tones if score.root <= tone <= score.root + 19]
    place = int(rng.integers(1, len(tones) - 1))
    played: list[tuple[int, int]] = []
    for step in range(score.steps):
        place = int(np.clip(place + rng.integers(-1, 2), 0, len(tones) - 1))
        if rng.random() < (0.95 if step == 0 else score.density):
            played.append((step, tones[place]))
    return played


def _twice_the_rate(loop: Sound) -> Samples:
    """A loop with twice as many samples, interpolated over its seam."""
    spectrum = np.fft.rfft(loop, axis=0)
    return (2 * np.fft.irfft(spectrum, 2 * len(loop), axis=0)).astype(np.float32)


@lru_cache(maxsize=4)
def music_loop(style: MusicStyle, seed: int) -> Samples:
    """One seamless turn of a bed, (n, 2) at 48 kHz, about -27 LUFS."""
    score = _SCORES[style]
    rng = np.random.default_rng([seed, sorted(_SCORES).index(style)])
    order: list[int] = rng.permutation(len(score.progressions)).tolist()
    chords = [chord for turn in order for chord in score.progressions[turn]]
    loop = np.zeros((round(len(chords) * score.bar_s * _PLAY_RATE), 2))
    for bar, chord in enumerate(chords):
        start = bar * score.bar_s
        for voice, tone in enumerate(chord):
            pad = _pad(
                score.root + tone, score.bar_s * 1.75, score.brightness, float(rng.uniform(0, 6))
            )
            _ring(loop, start - 0.3 * score.bar_s, pad * 0.3, (voice - 1.5) * 0.4)
        bass = _pad(score.root + chord[0] - 12, score.bar_s * 1.5, 0.2, 0.0)
        _ring(loop, start - 0.2 * score.bar_s, bass * score.bass_level * 0.4, 0.0)
        step_s = score.bar_s / score.steps
        for step, note in _melody(score, chord, rng):
            level = score.pluck_level * (0.24 if step else 0.3) * float(rng.uniform(0.75, 1.0))
            late = float(rng.uniform(0.0, 0.012))
            pluck = _pluck(note, score.pluck_decay_s, score.brightness)
            _ring(loop, start + step * step_s + late, pluck * level, float(rng.uniform(-0.5, 0.5)))
        for beat in range(4 if score.pulse else 0):
            beat_tone = _pulse_tone(score.root - 12, 0.9)
            level = score.pulse * (1.0 if beat == 0 else 0.6)
            _ring(loop, start + beat * score.bar_s / 4, beat_tone * level, 0.0)
    mixed = _room(loop, rng)
    mixed -= mixed.mean(axis=0)
    loop48 = _twice_the_rate(mixed)
    gain = 10 ** ((BED_LUFS - loudness(loop48, RATE)) / 20)
    return (loop48 * gain).astype(np.float32)


def music_block(style: MusicStyle, seed: int, start: int, count: int) -> Samples:
    """Samples start..start+count of the endlessly repeated bed."""
    loop = music_loop(style, seed)
    return loop[(start + np.arange(count)) % len(loop)]


def fade_shape(total: int, start: int, count: int) -> Samples:
    """Gain of a bed that fades in at a film's start and out at its end; lengths in samples."""
    time = np.arange(start, start + count) / RATE
    total_s = total / RATE
    rise = min(FADE_IN_S, total_s / 4) or 1.0
    fall = min(FADE_OUT_S, total_s / 3) or 1.0
    shape = np.clip(time / rise, 0, 1) * np.clip((total_s - time) / fall, 0, 1)
    gain = np.ones(count, np.float32)
    fading = shape < 1
    gain[fading] = np.sin(0.5 * np.pi * shape[fading]) ** 2
    return gain


def music_samples(style: MusicStyle, total_s: float, seed: int) -> Samples:
    """A whole bed with fades: (round(total_s * 48000), 2)."""
    total = round(total_s * RATE)
    return music_block(style, seed, 0, total) * fade_shape(total, 0, total)[:, None]
