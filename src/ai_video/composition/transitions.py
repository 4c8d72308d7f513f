"""Crossfades and wipes between segments, without encoding the segments again.

A segment whose edge takes part in one has a key frame where the overlap begins, so the overlap can
be cut off and replaced by a short unit of its own. While one shot fades into the other, the one
that has ended stands on its last frame and the one to come waits on its first: the film keeps its
length, and voices keep their times.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av

from ai_video.assets import ffmpeg_version, file_arg, replacing, run_ffmpeg
from ai_video.composition.encoding import count_frames, open_packets, video_args
from ai_video.domain.entities import Transition
from ai_video.domain.media_time import FrameRate
from ai_video.errors import SystemFailure

EDGE_S = 0.25
XFADE = {"crossfade": "fade", "wipe": "wipeleft"}
"""Transition → name in FFmpeg's xfade filter."""


def edge_frames(frames: int, rate: FrameRate) -> int:
    """Frames of a segment's edge that take part in a crossfade or wipe."""
    return min(rate.frames_for(EDGE_S), frames // 3)


@dataclass(frozen=True, slots=True)
class Assembled:
    """Files to join in order, and for each segment how it really begins."""

    parts: tuple[Path, ...]
    transitions: tuple[Transition, ...]


async def assemble(
    segments: Sequence[Path],
    transitions: Sequence[Transition],
    *,
    rate: FrameRate,
    scratch: Path,
    cache: Path | None = None,
) -> Assembled:
    """Segments with their overlaps replaced by transition units.

    `transitions[i]` is how segment i begins; the first has nothing before it. A segment without the
    key frame that a transition needs gets a cut instead. Units are kept in `cache` by what they are
    made of.
    """
    if not XFADE.keys() & set(transitions):
        return Assembled(tuple(segments), tuple(transitions))
    edges = [await asyncio.to_thread(_edges, path, rate) for path in segments]
    done: list[Transition] = []
    for index, kind in enumerate(transitions):
        fits = index > 0 and edges[index - 1].tail and edges[index].head
        done.append(kind if kind not in XFADE or fits else "cut")
    parts: list[Path] = []
    for index, path in enumerate(segments):
        into, out = done[index] in XFADE, index + 1 < len(done) and done[index + 1] in XFADE
        edge = edges[index]
        if into:
            before = segments[index - 1]
            unit = _Unit(before, path, edges[index - 1], edge, done[index], rate)
            parts.append(await unit.file(scratch / f"unit{index}.mp4", cache))
        if into or out:
            body = scratch / f"body{index}.mp4"
            start = edge.overlap if into else 0
            stop = edge.frames - edge.overlap if out else edge.frames
            await asyncio.to_thread(copy_frames, path, body, start, stop)
            parts.append(body)
        else:
            parts.append(path)
    return Assembled(tuple(parts), tuple(done))


@dataclass(frozen=True, slots=True)
class _Edges:
    frames: int
    overlap: int
    head: bool
    tail: bool


def _edges(path: Path, rate: FrameRate) -> _Edges:
    keys: set[int] = set()
    frames = 0
    with open_packets(path) as container:
        for packet in container.demux(video=0):
            if packet.size and packet.pts is not None:
                frames += 1
                if packet.is_keyframe:
                    keys.add(round(packet.pts * packet.time_base * rate.fraction))
    overlap = edge_frames(frames, rate)
    return _Edges(frames, overlap, overlap in keys, frames - overlap in keys)


@dataclass(frozen=True, slots=True)
class _Unit:
    """One transition: the tail of a segment over the head of the next."""

    before: Path
    after: Path
    tail: _Edges
    head: _Edges
    kind: Transition
    rate: FrameRate

    @property
    def frames(self) -> int:
        return self.tail.overlap + self.head.overlap

    async def file(self, scratch: Path, cache: Path | None) -> Path:
        if cache is None:
            await self._encode(scratch)
            return scratch
        kept = cache / f"{await asyncio.to_thread(self._key)}.mp4"
        if not kept.is_file():
            await self._encode(kept)
        return kept

    def _key(self) -> str:
        digest = hashlib.sha256(f"{self.kind} {self.rate} {ffmpeg_version()}".encode())
        first = self.tail.frames - self.tail.overlap
        for path, start, stop in (
            (self.before, first, self.tail.frames),
            (self.after, 0, self.head.overlap),
        ):
            digest.update(b"\0")
            with open_packets(path) as container:
                for packet in container.demux(video=0):
                    if _shown_between(packet, start, stop):
                        digest.update(bytes(packet))
        return digest.hexdigest()

    async def _encode(self, target: Path) -> None:
        rate = f"{self.rate.numerator}/{self.rate.denominator}"
        tick = f"settb={self.rate.denominator}/{self.rate.numerator},setpts=N"
        # xfade drops the last frame of its inputs: both are two frames longer than the overlap.
        tail, head = self.tail.overlap, self.head.overlap
        graph = (
            f"[0:v]{tick},tpad=stop_mode=clone:stop={head + 2},fps={rate}[a];"
            f"[1:v]{tick},"
            f"tpad=start_mode=clone:start={tail}:stop_mode=clone:stop=2,fps={rate}[b];"
            f"[a][b]xfade=transition={XFADE[self.kind]}:offset=0:"
            f"duration={self.frames / float(self.rate.fraction):.6f},"
            f"trim=end_frame={self.frames},{tick},format=yuv420p[out]"
        )
        with tempfile.TemporaryDirectory(prefix="ai-video-") as folder, replacing(target) as draft:
            edges = Path(folder) / "tail.mp4", Path(folder) / "head.mp4"
            await asyncio.to_thread(self._cut_out, *edges)
            await run_ffmpeg(
                [
                    *("-threads", "1", "-i", file_arg(edges[0])),
                    *("-threads", "1", "-i", file_arg(edges[1])),
                    *("-filter_threads", "1", "-filter_complex_threads", "1"),
                    *("-filter_complex", graph, "-map", "[out]"),
                    *("-frames:v", str(self.frames), *video_args(self.rate), file_arg(draft)),
                ]
            )
            got = await asyncio.to_thread(count_frames, draft)
            if got != self.frames:
                raise SystemFailure("segment_wrong", name="transition", wanted=self.frames, got=got)

    def _cut_out(self, tail: Path, head: Path) -> None:
        """The two edges as files of their own, so that nothing else of the segments is decoded."""
        copy_frames(self.before, tail, self.tail.frames - self.tail.overlap, self.tail.frames)
        copy_frames(self.after, head, 0, self.head.overlap)


def _shown_between(packet: av.Packet[av.VideoStream], start: int, stop: int) -> bool:
    """Whether a packet's frame is one of start..stop (exclusive); 512 ticks are a frame."""
    return bool(packet.size) and packet.pts is not None and start * 512 <= packet.pts < stop * 512


def copy_frames(path: Path, target: Path, start: int, stop: int) -> None:
    """Copy frames start..stop (exclusive) of a segment as they are; blocking.

    Both must be where a key frame stands (or the end): groups of pictures are closed, so the
    packets of the span need nothing outside it.
    """
    with (
        open_packets(path) as source,
        av.open(str(target), "w", format="mp4", options={"fflags": "+bitexact"}) as sink,
    ):
        stream = source.streams.video[0]
        copy = sink.add_stream_from_template(stream)
        if stream.time_base is not None:
            copy.time_base = stream.time_base
        for packet in source.demux(stream):
            if not _shown_between(packet, start, stop):
                continue
            packet.pts = (packet.pts or 0) - start * 512
            packet.dts = (packet.dts or 0) - start * 512
            packet.stream = copy
            sink.mux(packet)
