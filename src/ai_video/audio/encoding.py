"""The film's sound as it stands in the film: AAC, whose peaks stay low when it is decoded again."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from ai_video.assets import file_arg, replacing, run_ffmpeg
from ai_video.audio.loudness import PeakMeter
from ai_video.audio.mastering import (
    BLOCK,
    WavSound,
    limit_again,
    true_peak_of,
    while_awaited,
)

BITRATE: Final = "192k"
HIGHEST_DB: Final = -1.1
"""Most of a decoded film's true peak: 0.1 dB below what a check by another meter allows."""
_MARGIN_DB: Final = 0.1
_ROUNDS: Final = 6


@dataclass(frozen=True, slots=True)
class EncodedSound:
    """The true peak (dBTP) of what is heard, and how often it was encoded until that was low."""

    true_peak_db: float
    rounds: int


async def encode_sound(audio: Path, target: Path, *, duration_s: float) -> EncodedSound:
    """Write a mix (48 kHz stereo WAV) of exactly that length as it stands in a film (`.m4a`).

    The encoder changes the wave and so raises peaks, most where it is steep. What comes out is
    therefore decoded and measured; where it is too high, the mix is limited at a lower ceiling, as
    loud as before, and encoded again.

    Raises:
        SystemFailure: `ffmpeg_failed`.
    """
    with tempfile.TemporaryDirectory(prefix="ai-video-") as folder, replacing(target) as draft:
        await _encode(audio, draft, duration_s)
        peak_db = await while_awaited(lambda cancelled: _decoded_peak(draft, cancelled))
        ceiling_db = 0.0
        for number in range(1, _ROUNDS):
            if peak_db <= HIGHEST_DB:
                return EncodedSound(round(peak_db, 2), number)
            if number == 1:
                ceiling_db = await while_awaited(lambda stop: true_peak_of(WavSound(audio, stop)))
            # Ever further: a wave full of steps gives part of what was taken back.
            ceiling_db -= peak_db - HIGHEST_DB + _MARGIN_DB * number
            lower = Path(folder) / "lower.wav"
            await _limit(audio, lower, ceiling_db)
            await _encode(lower, draft, duration_s)
            peak_db = await while_awaited(lambda cancelled: _decoded_peak(draft, cancelled))
    return EncodedSound(round(peak_db, 2), _ROUNDS)


async def _encode(audio: Path, target: Path, duration_s: float) -> None:
    await run_ffmpeg(
        [
            *("-i", file_arg(audio), "-map", "0:a:0"),
            *("-af", f"apad=whole_dur={duration_s:.6f},atrim=end={duration_s:.6f}"),
            *("-c:a", "aac", "-b:a", BITRATE, "-ac", "2", "-ar", "48000"),
            *("-threads", "1", "-flags:a", "+bitexact"),
            *("-map_metadata", "-1", "-fflags", "+bitexact", "-f", "mp4", file_arg(target)),
        ]
    )


async def _limit(audio: Path, target: Path, ceiling_db: float) -> None:
    await while_awaited(
        lambda stop: limit_again(WavSound(audio, stop), target, ceiling_db=ceiling_db)
    )


def _decoded_peak(path: Path, cancelled: threading.Event) -> float:
    """True peak in dBTP of an encoded sound, the encoder's padding included; blocking."""
    meter = PeakMeter()
    for block in _decoded(path):
        if cancelled.is_set():
            break
        meter.add(block)
    return meter.decibels


def _decoded(path: Path) -> Iterator[NDArray[np.float32]]:
    """Stereo samples, ten seconds at a time."""
    kept: list[NDArray[np.float32]] = []
    count = 0
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            kept.append(frame.to_ndarray().T.astype(np.float32))
            count += frame.samples
            if count >= BLOCK:
                yield np.concatenate(kept)
                kept, count = [], 0
    if kept:
        yield np.concatenate(kept)
