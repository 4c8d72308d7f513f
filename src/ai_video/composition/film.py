"""The finished film: segments joined without encoding again, with their sound."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from av.error import FFmpegError, InvalidDataError

from ai_video.assets import (
    AigcLabel,
    MediaFacts,
    label_tags,
    read_media,
    replacing,
)
from ai_video.composition.encoding import open_packets
from ai_video.composition.joining import join_parts
from ai_video.composition.transitions import Assembled, assemble
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
    if not await asyncio.to_thread(_is_aac, job.audio):
        raise InputRefused("media_unknown", name=job.audio.name)
    with tempfile.TemporaryDirectory() as scratch, replacing(job.target) as draft:
        made = await assemble(
            job.segments,
            job.transitions or ("cut",) * len(job.segments),
            rate=FrameRate(job.fps),
            cache=job.cache or Path(scratch),
        )
        await asyncio.to_thread(_write, job, made, draft)
        return await asyncio.to_thread(_checked, job, draft, made)


def _is_aac(path: Path) -> bool:
    try:
        with open_packets(path) as container:
            return container.streams.audio[0].codec_context.name == "aac"
    except (InvalidDataError, IndexError):
        return False


def _write(job: FilmJob, made: Assembled, draft: Path) -> None:
    try:
        join_parts(
            made.parts,
            draft,
            rate=FrameRate(job.fps),
            audio=job.audio,
            tags=label_tags(job.label, title=job.title),
        )
    except OSError:
        raise
    except (FFmpegError, ValueError) as error:
        raise SystemFailure("film_wrong", name=job.target.name, reason=str(error)) from error


def _checked(job: FilmJob, draft: Path, made: Assembled) -> FilmFacts:
    facts = read_media(draft)
    fault = _fault(job, facts, made.frames)
    if fault:
        raise SystemFailure("film_wrong", name=job.target.name, reason=fault)
    return FilmFacts(
        duration_s=facts.duration_s or 0.0,
        width=job.width,
        height=job.height,
        fps=job.fps,
        frames=made.frames,
        audio_duration_s=facts.audio_duration_s or 0.0,
        stream_sha256=stream_sha256(draft),
        transitions=made.transitions,
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
                digest.update(packet)
    return digest.hexdigest()
