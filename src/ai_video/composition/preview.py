"""What the page shows of a shot or film before anybody opens the file itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ai_video.assets import file_arg, probe, replacing, run_ffmpeg
from ai_video.assets.thumbnail import frame_at
from ai_video.errors import InputRefused

PROXY_SIDE = 360
PROXY_GOP = 12
POSTER_CANDIDATES = (0.2, 0.35, 0.5, 0.65, 0.8)


async def make_proxy(path: Path, target: Path, *, side: int = PROXY_SIDE) -> None:
    """A small copy whose frames are reached at once: short side `side` px, a key frame every 12.

    Seeking in it costs 3 ms where the film itself costs 130. AAC is taken as it is, so that a film
    sounds the same.

    Raises:
        InputRefused: the file is no video, or is damaged.
    """
    facts = await probe(path)
    if facts.kind != "video":
        raise InputRefused("media_unknown", name=path.name)
    wide = (facts.width or 0) >= (facts.height or 0)
    size = f"-2:'min({side},ih)'" if wide else f"'min({side},iw)':-2"
    sound = ("-c:a", "copy") if facts.audio_codec == "aac" else ("-c:a", "aac", "-b:a", "96k")
    with replacing(target) as draft:
        await run_ffmpeg(
            [
                *("-threads", "1", "-i", file_arg(path), "-map", "0:v:0", "-map", "0:a:0?"),
                *("-vf", f"scale={size}:flags=bilinear,format=yuv420p"),
                *("-c:v", "libx264", "-preset", "veryfast", "-crf", "26", "-threads", "1"),
                *("-g", str(PROXY_GOP), "-bf", "0", *sound),
                *("-map_metadata", "0", "-fflags", "+bitexact", "-flags:v", "+bitexact"),
                *("-movflags", "+faststart+use_metadata_tags", "-f", "mp4", file_arg(draft)),
            ]
        )


async def make_poster(path: Path, target: Path, *, side: int = 1280) -> None:
    """The sharpest well-lit frame of a film or clip as a picture, no larger than `side` px.

    Raises:
        InputRefused: the file is no video, or is damaged.
    """
    facts = await probe(path)
    if facts.kind != "video":
        raise InputRefused("media_unknown", name=path.name)
    await asyncio.to_thread(_write_poster, path, target, facts.duration_s or 0.0, side)


def _write_poster(path: Path, target: Path, duration_s: float, side: int) -> None:
    best = max((frame_at(path, duration_s * at) for at in POSTER_CANDIDATES), key=_appeal)
    best.thumbnail((side, side), Image.Resampling.LANCZOS)
    with replacing(target) as draft:
        best.save(draft, quality=90)


def _appeal(picture: Image.Image) -> float:
    """Detail, discounted where the picture is nearly black or nearly white."""
    small = picture.convert("L")
    small.thumbnail((480, 480))
    grey = np.asarray(small)
    light = float(grey.mean()) / 255
    return float(cv2.Laplacian(grey, cv2.CV_32F).var()) * (1 - abs(2 * light - 1))
