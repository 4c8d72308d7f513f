"""What a media file is: kind, size, length, codecs. Strict, because files come from outside.

The container is chosen by the file's first bytes and named to the demuxer: left to guess, it would
also open playlists, which may read other files and the network.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import av.error
from av.container import InputContainer
from PIL import Image, ImageOps

from ai_video.domain.media_time import FrameRate
from ai_video.errors import InputRefused

MAX_PIXELS = 64 * 1024 * 1024
MAX_SIDE = 16_384
MAX_SECONDS = 6 * 3600
MAX_STREAMS = 32
_HEAD = 64


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """Sizes in px as shown (rotation and pixel aspect applied); `frames` 1 for a still picture."""

    kind: Literal["image", "video", "audio"]
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    fps: FrameRate | None = None
    frames: int | None = None
    codec: str | None = None
    pix_fmt: str | None = None
    audio_codec: str | None = None
    audio_rate: int | None = None
    audio_channels: int | None = None
    audio_duration_s: float | None = None


async def probe(path: Path) -> MediaFacts:
    """The facts of a picture, video or sound file.

    Raises:
        InputRefused: `media_unknown`, `media_corrupt` or `media_too_large`.
    """
    return await asyncio.to_thread(read_media, path)


def read_media(path: Path) -> MediaFacts:
    """`probe` for callers that are in a thread already."""
    try:
        with path.open("rb") as handle:
            head = handle.read(_HEAD)
    except OSError as exc:
        raise InputRefused(
            "file_unreadable", path=str(path), reason=exc.strerror or "unreadable"
        ) from exc
    picture = _picture_type(head)
    if picture is not None:
        return _read_picture(path, *picture)
    container = _container_type(head)
    if container is None:
        raise InputRefused("media_unknown", name=path.name)
    return _read_container(path, *container)


def _picture_type(head: bytes) -> tuple[str, str] | None:
    """(Pillow's format name, media type) by magic number."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG", "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG", "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF", "image/gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP", "image/webp"
    return None


def _container_type(head: bytes) -> tuple[str, str] | None:
    """(demuxer, media type of a file with pictures in it) by magic number."""
    if head[4:8] == b"ftyp":
        kind = "video/quicktime" if head[8:12] == b"qt  " else "video/mp4"
        return "mov", kind
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska", "video/webm" if b"webm" in head else "video/x-matroska"
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return "wav", "audio/wav"
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return "avi", "video/x-msvideo"
    if head.startswith(b"fLaC"):
        return "flac", "audio/flac"
    if head.startswith(b"OggS"):
        return "ogg", "video/ogg"
    if head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "mp3", "audio/mpeg"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "aac", "audio/aac"
    return None


def _read_picture(path: Path, form: str, media_type: str) -> MediaFacts:
    try:
        with Image.open(path, formats=[form]) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
                raise InputRefused(
                    "media_too_large", name=path.name, reason=f"{width} x {height} px"
                )
            picture.load()
            shown = ImageOps.exif_transpose(picture)
            return MediaFacts(
                kind="image",
                media_type=media_type,
                size=path.stat().st_size,
                width=shown.width,
                height=shown.height,
                frames=1,
                codec=form.lower(),
                pix_fmt=picture.mode,
            )
    except Image.DecompressionBombError as exc:
        raise InputRefused("media_too_large", name=path.name, reason=str(exc)) from exc
    except (OSError, SyntaxError, ValueError, EOFError) as exc:
        raise InputRefused("media_corrupt", name=path.name, reason=str(exc)) from exc


def _read_container(path: Path, form: str, media_type: str) -> MediaFacts:
    try:
        # Opening would decode pictures to learn what the container says; the first one is decoded below.
        with av.open(
            str(path), format=form, metadata_errors="ignore", options={"skip_frame": "all"}
        ) as container:
            return _container_facts(container, path, media_type)
    except (av.error.FFmpegError, ValueError, EOFError, IndexError) as exc:
        raise InputRefused("media_corrupt", name=path.name, reason=_reason(exc)) from exc


def _reason(exc: Exception) -> str:
    if isinstance(exc, av.error.FFmpegError):
        return exc.strerror or type(exc).__name__
    return str(exc) or type(exc).__name__


def _container_facts(container: InputContainer, path: Path, media_type: str) -> MediaFacts:
    seconds = container.duration / av.time_base if container.duration else 0.0
    if len(container.streams) > MAX_STREAMS:
        raise InputRefused(
            "media_too_large", name=path.name, reason=f"{len(container.streams)} streams"
        )
    if seconds > MAX_SECONDS:
        raise InputRefused("media_too_large", name=path.name, reason=f"{seconds:.0f} s")
    if not container.streams.video and not container.streams.audio:
        raise InputRefused("media_unknown", name=path.name)
    sound = _sound_facts(container)
    # A cover picture inside a sound file is no video.
    video = next(
        (s for s in container.streams.video if s.codec_context.codec.name != "mjpeg"), None
    )
    if video is None and sound.audio_codec is None and container.streams.video:
        video = container.streams.video[0]
    packets, ends = _walk(container)
    sound_s = ends.get(container.streams.audio[0].index) if container.streams.audio else None
    if video is None:
        return MediaFacts(
            kind="audio",
            media_type=_sound_type(media_type),
            size=path.stat().st_size,
            duration_s=sound_s or seconds,
            codec=sound.audio_codec,
            audio_codec=sound.audio_codec,
            audio_rate=sound.audio_rate,
            audio_channels=sound.audio_channels,
            audio_duration_s=sound_s,
        )
    frames = packets.get(video.index, 0)
    if frames == 0 or frames < video.frames:
        raise InputRefused(
            "media_corrupt", name=path.name, reason=f"{frames} of {video.frames} frames"
        )
    width, height, pix_fmt = _first_picture(path, container, video)
    rate = video.average_rate or Fraction(25)
    return MediaFacts(
        kind="video",
        media_type=media_type,
        size=path.stat().st_size,
        width=width,
        height=height,
        duration_s=ends.get(video.index) or seconds,
        fps=FrameRate(rate.numerator, rate.denominator),
        frames=frames,
        codec=video.codec_context.codec.name,
        pix_fmt=pix_fmt,
        audio_codec=sound.audio_codec,
        audio_rate=sound.audio_rate,
        audio_channels=sound.audio_channels,
        audio_duration_s=sound_s,
    )


@dataclass(frozen=True, slots=True)
class _Sound:
    audio_codec: str | None = None
    audio_rate: int | None = None
    audio_channels: int | None = None


def _sound_facts(container: InputContainer) -> _Sound:
    if not container.streams.audio:
        return _Sound()
    stream = container.streams.audio[0]
    return _Sound(stream.codec_context.codec.name, stream.sample_rate, stream.channels)


def _sound_type(media_type: str) -> str:
    return media_type.replace("video/", "audio/").replace("quicktime", "mp4")


def _walk(container: InputContainer) -> tuple[dict[int, int], dict[int, float]]:
    """Packets and end time in seconds (from the stream's own start) by stream index."""
    packets: dict[int, int] = {}
    ends: dict[int, float] = {}
    starts: dict[int, float] = {}
    for packet in container.demux():
        if packet.size == 0 or packet.pts is None:
            continue
        index = packet.stream.index
        packets[index] = packets.get(index, 0) + 1
        if packet.is_discard:
            packets[index] -= 1
            continue
        start = float(packet.pts * packet.time_base)
        starts[index] = min(start, starts.get(index, start))
        end = start + float((packet.duration or 0) * packet.time_base)
        ends[index] = max(end, ends.get(index, 0.0))
    return packets, {index: end - max(starts[index], 0.0) for index, end in ends.items()}


def _decode_first(container: InputContainer, stream: av.VideoStream) -> av.VideoFrame | None:
    """A whole picture from the start; what waits behind it is decoded only where there is no key frame."""
    context = stream.codec_context
    context.thread_count = 1
    for skipped in ("NONKEY", "DEFAULT"):
        context.skip_frame = skipped
        container.seek(0)
        frame = next(container.decode(stream), None)
        if frame is not None:
            return frame
    return None


def _first_picture(
    path: Path, container: InputContainer, stream: av.VideoStream
) -> tuple[int, int, str]:
    """(width, height, pixel format) of the first frame, as shown."""
    declared = stream.codec_context
    if declared.width * declared.height > MAX_PIXELS:
        raise InputRefused(
            "media_too_large", name=path.name, reason=f"{declared.width} x {declared.height} px"
        )
    frame = _decode_first(container, stream)
    if frame is None:
        raise InputRefused("media_corrupt", name=path.name, reason="no picture decodes")
    aspect = stream.sample_aspect_ratio
    width = round(frame.width * aspect) if aspect else frame.width
    height = frame.height
    if frame.rotation % 180:
        width, height = height, width
    return width, height, frame.format.name
