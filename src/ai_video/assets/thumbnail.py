"""Small pictures of pictures and videos."""

from __future__ import annotations

import asyncio
from pathlib import Path

import av
from PIL import Image, ImageOps

from ai_video.assets.media import read_media
from ai_video.assets.writing import replacing
from ai_video.errors import InputRefused


async def thumbnail(path: Path, target: Path, *, side: int, at: float = 1 / 3) -> None:
    """Write a picture no larger than `side` px on its longer side; the suffix names the format.

    Of a video it shows the frame at the fraction `at` of its length.

    Raises:
        InputRefused: the file is no picture or video, or is damaged.
    """
    await asyncio.to_thread(_write, path, target, side, at)


def _write(path: Path, target: Path, side: int, at: float) -> None:
    facts = read_media(path)
    if facts.kind == "audio":
        raise InputRefused("media_unknown", name=path.name)
    if facts.kind == "image":
        with Image.open(path) as source:
            picture = ImageOps.exif_transpose(source).convert("RGB")
    else:
        picture = frame_at(path, (facts.duration_s or 0.0) * at)
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    with replacing(target) as draft:
        picture.save(draft, quality=85)


def frame_at(path: Path, seconds: float) -> Image.Image:
    """The video frame shown at a time (the last one past the end), upright; blocking."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        start = stream.start_time or 0
        if stream.time_base is not None:
            container.seek(int(seconds / stream.time_base) + start, stream=stream)
        shown: av.VideoFrame | None = None
        for frame in container.decode(stream):
            if shown is not None and frame.time > seconds + 1e-6:
                break
            shown = frame
        if shown is None:
            raise InputRefused("media_corrupt", name=path.name, reason="no picture decodes")
        picture = Image.fromarray(shown.to_ndarray(format="rgb24"))
        return picture.rotate(shown.rotation, expand=True)
