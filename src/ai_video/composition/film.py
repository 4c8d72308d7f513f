"""The finished film: segments joined without encoding again, with their sound."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av

from ai_video.assets import (
    AigcLabel,
    MediaFacts,
    ffmpeg_label_args,
    file_arg,
    read_media,
    replacing,
    run_ffmpeg,
)
from ai_video.domain.media_time import FrameRate
from ai_video.errors import InputRefused, SystemFailure

AUDIO_BITRATE = "192k"
MAX_END_DIFFERENCE_S = 0.25


@dataclass(frozen=True, slots=True)
class FilmJob:
    """Segments in order (as `encode_segment` wrote them, one size and rate) and the mixed sound."""

    segments: tuple[Path, ...]
    audio: Path
    width: int
    height: int
    fps: int
    target: Path
    title: str = ""
    label: AigcLabel | None = None


@dataclass(frozen=True, slots=True)
class FilmFacts:
    """`stream_sha256` covers the encoded packets, not the container's metadata."""

    duration_s: float
    width: int
    height: int
    fps: int
    frames: int
    audio_duration_s: float
    stream_sha256: str


async def join_film(job: FilmJob) -> FilmFacts:
    """Write the film; the target appears only when it is whole and checked.

    Raises:
        InputRefused: `film_empty`.
        SystemFailure: `film_wrong`, or `ffmpeg_failed`.
    """
    if not job.segments:
        raise InputRefused("film_empty")
    wanted = await asyncio.to_thread(_frames_of_all, job.segments)
    seconds = FrameRate(job.fps).seconds(wanted)
    with tempfile.TemporaryDirectory() as scratch, replacing(job.target) as draft:
        listing = Path(scratch) / "segments.txt"
        listing.write_text(concat_listing(job.segments), encoding="utf-8")
        await run_ffmpeg(
            [
                *("-f", "concat", "-safe", "0", "-i", file_arg(listing)),
                *("-i", file_arg(job.audio), "-map", "0:v:0", "-map", "1:a:0", "-c:v", "copy"),
                *("-af", f"apad=whole_dur={seconds:.6f},atrim=end={seconds:.6f}"),
                *("-c:a", "aac", "-b:a", AUDIO_BITRATE, "-ac", "2", "-ar", "48000"),
                *("-threads", "1", "-flags:a", "+bitexact", "-fflags", "+bitexact"),
                *("-video_track_timescale", str(job.fps * 512)),
                *ffmpeg_label_args(job.label, title=job.title),
                *("-movflags", "+faststart+use_metadata_tags", "-f", "mp4", file_arg(draft)),
            ]
        )
        return await asyncio.to_thread(_checked, job, draft, wanted)


def concat_listing(segments: Sequence[Path]) -> str:
    """The concat demuxer's script; only `'` needs escaping inside its quotes."""
    quoted = (str(path.absolute()).replace("'", "'\\''") for path in segments)
    return "ffconcat version 1.0\n" + "".join(f"file 'file:{path}'\n" for path in quoted)


def _frames_of_all(segments: Sequence[Path]) -> int:
    total = 0
    for path in segments:
        with av.open(str(path), format="mov") as container:
            total += container.streams.video[0].frames
    return total


def _checked(job: FilmJob, draft: Path, wanted: int) -> FilmFacts:
    facts = read_media(draft)
    fault = _fault(job, facts, wanted)
    if fault:
        raise SystemFailure("film_wrong", name=job.target.name, reason=fault)
    return FilmFacts(
        duration_s=facts.duration_s or 0.0,
        width=job.width,
        height=job.height,
        fps=job.fps,
        frames=wanted,
        audio_duration_s=facts.audio_duration_s or 0.0,
        stream_sha256=stream_sha256(draft),
    )


def _fault(job: FilmJob, facts: MediaFacts, wanted: int) -> str:
    if facts.frames != wanted:
        return f"{facts.frames} frames instead of {wanted}"
    if (facts.width, facts.height) != (job.width, job.height):
        return f"{facts.width} x {facts.height} px instead of {job.width} x {job.height}"
    difference = abs((facts.duration_s or 0.0) - (facts.audio_duration_s or 0.0))
    if difference > MAX_END_DIFFERENCE_S:
        return f"sound and picture end {difference:.2f} s apart"
    return ""


def stream_sha256(path: Path) -> str:
    """sha256 over the encoded packets of all streams, in stream order; blocking."""
    digest = hashlib.sha256()
    with av.open(str(path)) as container:
        for index in range(len(container.streams)):
            container.seek(0)
            for packet in container.demux(container.streams[index]):
                digest.update(bytes(packet))
    return digest.hexdigest()
