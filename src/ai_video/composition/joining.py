"""Encoded pictures of several files one after the other, with the sound beside them: copied, packet
by packet.

FFmpeg's concat demuxer does the same but examines every part as a stranger's file, which for twenty
shots costs more than all the copying.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.container import InputContainer

from ai_video.composition.encoding import open_packets
from ai_video.domain.media_time import FrameRate
from ai_video.errors import SystemFailure

FRAME_TICKS = 512
"""Ticks of a frame in the files that `video_args` describes."""


@dataclass(frozen=True, slots=True)
class Part:
    """Frames start..stop (exclusive) of an encoded file, which are whole groups of pictures.

    `header` is what a decoder has to know before the first of them (the track's avcC record).
    """

    path: Path
    start: int
    stop: int
    header: bytes

    @property
    def frames(self) -> int:
        return self.stop - self.start

    def packets(self, container: InputContainer) -> Iterator[av.Packet[av.VideoStream]]:
        """The part's packets, in decoding order."""
        first, after = self.start * FRAME_TICKS, self.stop * FRAME_TICKS
        for packet in container.demux(container.streams.video[0]):
            if packet.size and packet.pts is not None and first <= packet.pts < after:
                yield packet


@dataclass(frozen=True, slots=True)
class Encoded:
    """An encoded file as it was read: how many frames it has, and which begin a group of pictures."""

    path: Path
    frames: int
    key_frames: frozenset[int]
    header: bytes

    def part(self, start: int = 0, stop: int | None = None) -> Part:
        """Frames start..stop (exclusive; to the end when none is given).

        Both have to be key frames or the ends: groups are closed, so the span needs nothing outside it.
        """
        return Part(self.path, start, self.frames if stop is None else stop, self.header)


def read_encoded(path: Path) -> Encoded:
    """Frames and key frames of a file that `video_args` wrote; blocking.

    Raises:
        SystemFailure: `segment_wrong` when the file has lost some.
    """
    keys: set[int] = set()
    frames = 0
    with open_packets(path) as container:
        stream = container.streams.video[0]
        for packet in container.demux(stream):
            if packet.size and packet.pts is not None:
                frames += 1
                if packet.is_keyframe:
                    keys.add(packet.pts // FRAME_TICKS)
        if frames != stream.frames:
            raise SystemFailure("segment_wrong", name=path.name, wanted=stream.frames, got=frames)
        return Encoded(path, frames, frozenset(keys), bytes(stream.codec_context.extradata or b""))


def join_parts(
    parts: Sequence[Part],
    target: Path,
    *,
    rate: FrameRate,
    audio: Path | None = None,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Write an MP4 of the parts' pictures and the first sound of `audio`; blocking.

    Parts that need different headers (encoded by different builds, say) carry them among their
    pictures.

    Raises:
        OSError: a file could not be read or written.
    """
    ticks = rate.numerator * FRAME_TICKS
    options = {
        "fflags": "+bitexact",
        "movflags": "+faststart+use_metadata_tags",
        "video_track_timescale": str(ticks),
    }
    with ExitStack() as open_files:
        sink = open_files.enter_context(av.open(str(target), "w", format="mp4", options=options))
        sink.metadata.update(tags or {})
        with open_packets(parts[0].path) as first:
            pictures = sink.add_stream_from_template(first.streams.video[0])
        pictures.time_base = Fraction(1, ticks)
        streams: list[Iterator[av.Packet[av.VideoStream] | av.Packet[av.AudioStream]]] = [
            _pictures(parts, pictures, rate)
        ]
        if audio is not None:
            heard = open_files.enter_context(open_packets(audio))
            sound = sink.add_stream_from_template(heard.streams.audio[0])
            streams.append(_sounds(heard, sound))
        for packet in heapq.merge(*streams, key=_decoded_at):
            sink.mux(packet)


def _pictures(
    parts: Sequence[Part], stream: av.VideoStream, rate: FrameRate
) -> Iterator[av.Packet[av.VideoStream]]:
    differ = len({part.header for part in parts}) > 1
    base = Fraction(1, rate.numerator * FRAME_TICKS)
    done, last = 0, None
    for part in parts:
        sets = parameter_sets(part.header) if differ else b""
        shift = (done - part.start) * FRAME_TICKS
        with open_packets(part.path) as container:
            for packet in part.packets(container):
                ready = _with_sets(packet, sets) if sets and packet.is_keyframe else packet
                ready.pts = (packet.pts or 0) + shift
                ready.dts = last = _after(last, (packet.dts or 0) + shift)
                ready.time_base = base
                ready.stream = stream
                yield ready
        done += part.frames


def _after(last: int | None, wanted: int) -> int:
    """A decoding time; the next free one where the part before took it (it had fewer pictures than the
    decoder is given ahead)."""
    return wanted if last is None else max(last + 1, wanted)


def _sounds(
    container: InputContainer, stream: av.AudioStream
) -> Iterator[av.Packet[av.AudioStream]]:
    for packet in container.demux(container.streams.audio[0]):
        if packet.size:
            packet.stream = stream
            yield packet


def _decoded_at(packet: av.Packet[av.VideoStream] | av.Packet[av.AudioStream]) -> Fraction:
    return (packet.dts or 0) * packet.time_base


def _with_sets(packet: av.Packet[av.VideoStream], sets: bytes) -> av.Packet[av.VideoStream]:
    """The same picture with its parameter sets before it."""
    told = cast("av.Packet[av.VideoStream]", av.Packet(sets + bytes(packet)))
    told.pts, told.dts, told.duration = packet.pts, packet.dts, packet.duration
    told.is_keyframe = True
    return told


def parameter_sets(header: bytes) -> bytes:
    """The parameter sets of an avcC record as they stand in a sample: each after its length.

    Layout after ISO/IEC 14496-15, 5.2.4.1. Samples with another length of lengths than four bytes are
    never written by FFmpeg.

    Raises:
        ValueError: no such record.
    """
    if len(header) < 7 or header[0] != 1 or header[4] & 3 != 3:
        raise ValueError("no avcC record with lengths of four bytes")
    sets, at = bytearray(), 5
    for mask in (0x1F, 0xFF):
        count, at = header[at] & mask, at + 1
        for _ in range(count):
            size = int.from_bytes(header[at : at + 2], "big")
            sets += size.to_bytes(4, "big") + header[at + 2 : at + 2 + size]
            at += 2 + size
    return bytes(sets)
