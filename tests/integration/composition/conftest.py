"""Clips and sounds of about a second."""

from __future__ import annotations

import wave
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest

from ai_video.assets import run_ffmpeg

MakeClip = Callable[..., Awaitable[Path]]


@pytest.fixture
def make_clip(tmp_path: Path) -> MakeClip:
    async def make(
        name: str = "clip.mp4",
        *,
        frames: int = 25,
        rate: str = "25",
        size: str = "320x180",
        source: str = "testsrc2",
        filters: str = "null",
        pix_fmt: str = "yuv420p",
    ) -> Path:
        target = tmp_path / name
        sep = ":" if "=" in source else "="
        await run_ffmpeg(
            [
                *("-f", "lavfi", "-i", f"{source}{sep}s={size}:r={rate}"),
                *("-vf", filters, "-frames:v", str(frames), "-pix_fmt", pix_fmt),
                *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", str(target)),
            ]
        )
        return target

    return make


@pytest.fixture
def make_sound(tmp_path: Path) -> Callable[..., Path]:
    def make(
        name: str = "sound.wav", *, seconds: float = 1.0, level: float = 0.3, silence_s: float = 0.0
    ) -> Path:
        clock = np.arange(int(seconds * 48_000)) / 48_000
        tone = np.clip(np.sin(2 * np.pi * 330 * clock) * level, -1, 1)
        tone[: int(silence_s * 48_000)] = 0
        stereo = np.repeat((tone * 32_767).astype("<i2"), 2)
        with wave.open(str(tmp_path / name), "wb") as sink:
            sink.setnchannels(2)
            sink.setsampwidth(2)
            sink.setframerate(48_000)
            sink.writeframes(stereo.tobytes())
        return tmp_path / name

    return make


@pytest.fixture
def make_aac(make_sound: Callable[..., Path]) -> Callable[..., Awaitable[Path]]:
    """`make_sound` as a film takes it, just as FFmpeg encodes it."""

    async def make(name: str = "sound.wav", **shape: float) -> Path:
        sound = make_sound(name, **shape)
        target = sound.with_suffix(".m4a")
        await run_ffmpeg(["-i", str(sound), "-c:a", "aac", "-b:a", "192k", str(target)])
        return target

    return make
