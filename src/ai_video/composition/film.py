"""The finished film: segments joined without encoding again, with their sound."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ai_video.assets import (
    AigcLabel,
    MediaFacts,
    ffmpeg_label_args,
    file_arg,
    probe,
    read_media,
    replacing,
    run_ffmpeg,
)
from ai_video.composition.encoding import open_packets
from ai_video.composition.transitions import assemble
from ai_video.domain.entities import Transition
from ai_video.domain.media_time import FrameRate
from ai_video.errors import InputRefused, SystemFailure

MAX_END_DIFFERENCE_S = 0.25


@dataclass(frozen=True, slots=True)
class FilmJob:
    """Segments in order (as `encode_segment` wrote them, one size and rate) and the encoded sound.

    `audio` is AAC of the film's length, which is taken as it is.
    `transitions[i]` is how segment i begins (none given: cuts); of these only crossfades and wipes
    are made here, from segments that were encoded for them. `cache` keeps transition units.
    """

    segments: tuple[Path, ...]
    audio: Path
    width: int
    height: int
    fps: int
    target: Path
    title: str = ""
    label: AigcLabel | None = None
    transitions: tuple[Transition, ...] = ()
    cache: Path | None = None


@dataclass(frozen=True, slots=True)
class FilmFacts:
    """`stream_sha256` covers the encoded packets, not the container's metadata.

    `transitions` says how each segment really begins: a transition that could not be made is a cut.
    """

    duration_s: float
    width: int
    height: int
    fps: int
    frames: int
    audio_duration_s: float
    stream_sha256: str
    transitions: tuple[Transition, ...] = ()


async def join_film(job: FilmJob) -> FilmFacts:
    """Write the film; the target appears only when it is whole and checked.

    Raises:
        InputRefused: `film_empty`, or `media_unknown` when the sound is no AAC.
        SystemFailure: `film_wrong`, or `ffmpeg_failed`.
    """
    if not job.segments:
        raise InputRefused("film_empty")
    wanted = sum(await asyncio.to_thread(_frames_of, job.segments))
    if (await probe(job.audio)).audio_codec != "aac":
        raise InputRefused("media_unknown", name=job.audio.name)
    with tempfile.TemporaryDirectory() as scratch, replacing(job.target) as draft:
        made = await assemble(
            job.segments,
            job.transitions or ("cut",) * len(job.segments),
            rate=FrameRate(job.fps),
            scratch=Path(scratch),
            cache=job.cache,
        )
        listing = Path(scratch) / "segments.txt"
        frames = await asyncio.to_thread(_frames_of, made.parts)
        script = concat_listing(made.parts, frames, FrameRate(job.fps))
        listing.write_text(script, encoding="utf-8")
        await run_ffmpeg(
            [
                *("-f", "concat", "-safe", "0", "-i", file_arg(listing)),
                *("-i", file_arg(job.audio), "-map", "0:v:0", "-map", "1:a:0", "-c:v", "copy"),
                *("-c:a", "copy", "-fflags", "+bitexact"),
                *("-video_track_timescale", str(job.fps * 512)),
                *ffmpeg_label_args(job.label, title=job.title),
                *("-movflags", "+faststart+use_metadata_tags", "-f", "mp4", file_arg(draft)),
            ]
        )
        return await asyncio.to_thread(_checked, job, draft, wanted, made.transitions)


def concat_listing(parts: Sequence[Path], frames: Sequence[int], rate: FrameRate) -> str:
    """The concat demuxer's script; only `'` needs escaping inside its quotes.

    Durations are given, since those in the files are rounded: each is the step between two exact
    times rounded to microseconds, so that errors do not add up.
    """
    ends = [0, *(round(end / rate.fraction * 1_000_000) for end in itertools.accumulate(frames))]
    lines = ["ffconcat version 1.0"]
    for path, (start, end) in zip(parts, itertools.pairwise(ends), strict=True):
        quoted = str(path.absolute()).replace("'", "'\\''")
        lines += [f"file 'file:{quoted}'", f"duration {(end - start) / 1_000_000:.6f}"]
    return "\n".join(lines) + "\n"


def _frames_of(paths: Sequence[Path]) -> list[int]:
    frames: list[int] = []
    for path in paths:
        with open_packets(path) as container:
            frames.append(container.streams.video[0].frames)
    return frames


def _checked(
    job: FilmJob, draft: Path, wanted: int, transitions: tuple[Transition, ...]
) -> FilmFacts:
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
        transitions=transitions,
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
    with open_packets(path) as container:
        for index in range(len(container.streams)):
            container.seek(0)
            for packet in container.demux(container.streams[index]):
                digest.update(bytes(packet))
    return digest.hexdigest()
