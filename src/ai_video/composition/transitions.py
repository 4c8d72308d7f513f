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

from ai_video.assets import ffmpeg_version, file_arg, replacing, run_ffmpeg
from ai_video.composition.encoding import FINISH, count_frames, open_packets, video_args
from ai_video.composition.joining import Encoded, Part, join_parts, read_encoded
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
    """What to join in order, and for each segment how it really begins."""

    parts: tuple[Part, ...]
    transitions: tuple[Transition, ...]

    @property
    def frames(self) -> int:
        return sum(part.frames for part in self.parts)


async def assemble(
    segments: Sequence[Path],
    transitions: Sequence[Transition],
    *,
    rate: FrameRate,
    cache: Path,
) -> Assembled:
    """Segments with their overlaps replaced by transition units.

    `transitions[i]` is how segment i begins; the first has nothing before it. A segment without the
    key frame that a transition needs gets a cut instead. Units are kept in `cache` by what they are
    made of.
    """
    shots = await asyncio.to_thread(lambda: [_Shot(read_encoded(path), rate) for path in segments])
    done: list[Transition] = []
    for index, kind in enumerate(transitions):
        fits = index > 0 and shots[index - 1].can_end and shots[index].can_begin
        done.append(kind if kind not in XFADE or fits else "cut")
    parts: list[Part] = []
    for index, (shot, into) in enumerate(zip(shots, done, strict=True)):
        if into in XFADE:
            unit = _Unit(shots[index - 1].tail, shot.head, into, rate)
            parts.append(await unit.part(cache))
        parts.append(shot.body(into, done[index + 1] if index + 1 < len(done) else "cut"))
    return Assembled(tuple(parts), tuple(done))


@dataclass(frozen=True, slots=True)
class _Shot:
    """A segment with its edges."""

    encoded: Encoded
    rate: FrameRate

    @property
    def overlap(self) -> int:
        return edge_frames(self.encoded.frames, self.rate)

    @property
    def last_edge(self) -> int:
        """The first frame of the edge at the end."""
        return self.encoded.frames - self.overlap

    @property
    def can_begin(self) -> bool:
        return self.overlap > 0 and self.overlap in self.encoded.key_frames

    @property
    def can_end(self) -> bool:
        return self.last_edge in self.encoded.key_frames

    @property
    def head(self) -> Part:
        return self.encoded.part(0, self.overlap)

    @property
    def tail(self) -> Part:
        return self.encoded.part(self.last_edge)

    def body(self, into: Transition, out: Transition) -> Part:
        """What remains between the transitions on either side."""
        start = self.overlap if into in XFADE else 0
        return self.encoded.part(start, self.last_edge if out in XFADE else None)


@dataclass(frozen=True, slots=True)
class _Unit:
    """One transition: the tail of a segment over the head of the next."""

    tail: Part
    head: Part
    kind: Transition
    rate: FrameRate

    @property
    def frames(self) -> int:
        return self.tail.frames + self.head.frames

    async def part(self, cache: Path) -> Part:
        kept = cache / f"{await asyncio.to_thread(self._key)}.mp4"
        if not kept.is_file():
            await self._encode(kept)
        return (await asyncio.to_thread(read_encoded, kept)).part()

    @property
    def _graph(self) -> str:
        rate = f"{self.rate.numerator}/{self.rate.denominator}"
        tick = f"settb={self.rate.denominator}/{self.rate.numerator},setpts=N"
        # xfade drops the last frame of its inputs: both are two frames longer than the overlap.
        tail, head = self.tail.frames, self.head.frames
        return (
            f"[0:v]{tick},tpad=stop_mode=clone:stop={head + 2},fps={rate}[a];"
            f"[1:v]{tick},"
            f"tpad=start_mode=clone:start={tail}:stop_mode=clone:stop=2,fps={rate}[b];"
            f"[a][b]xfade=transition={XFADE[self.kind]}:offset=0:"
            f"duration={self.frames / float(self.rate.fraction):.6f},"
            f"trim=end_frame={self.frames},{tick},{FINISH}[out]"
        )

    def _key(self) -> str:
        made_by = [ffmpeg_version(), self._graph, *video_args(self.rate)]
        digest = hashlib.sha256(repr(made_by).encode())
        for edge in (self.tail, self.head):
            digest.update(b"\0")
            with open_packets(edge.path) as container:
                for packet in edge.packets(container):
                    digest.update(packet)
        return digest.hexdigest()

    async def _encode(self, target: Path) -> None:
        with tempfile.TemporaryDirectory(prefix="ai-video-") as folder, replacing(target) as draft:
            edges = Path(folder) / "tail.mp4", Path(folder) / "head.mp4"
            await asyncio.to_thread(self._cut_out, *edges)
            await run_ffmpeg(
                [
                    *("-threads", "1", "-i", file_arg(edges[0])),
                    *("-threads", "1", "-i", file_arg(edges[1])),
                    *("-filter_threads", "1", "-filter_complex_threads", "1"),
                    *("-filter_complex", self._graph, "-map", "[out]"),
                    *("-frames:v", str(self.frames), *video_args(self.rate), file_arg(draft)),
                ]
            )
            got = await asyncio.to_thread(count_frames, draft)
            if got != self.frames:
                raise SystemFailure("segment_wrong", name="transition", wanted=self.frames, got=got)

    def _cut_out(self, tail: Path, head: Path) -> None:
        """The two edges as files of their own, so that nothing else of the segments is decoded."""
        join_parts([self.tail], tail, rate=self.rate)
        join_parts([self.head], head, rate=self.rate)
