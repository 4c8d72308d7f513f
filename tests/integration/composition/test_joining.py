"""Encoded pictures joined packet by packet, on real FFmpeg."""

from __future__ import annotations

import errno
from pathlib import Path

import av
import numpy as np
import pytest

from ai_video.assets import run_ffmpeg
from ai_video.composition.film import FilmJob, join_film
from ai_video.composition.joining import join_parts, parameter_sets, read_encoded
from ai_video.composition.segment import SegmentJob, encode_segment
from ai_video.domain.media_time import FrameRate
from ai_video.errors import ResourceFailure, SystemFailure

SIZE = {"width": 320, "height": 180}
RATE = FrameRate(25)


@pytest.fixture
def make_segment(make_clip, tmp_path):
    async def make(name: str, frames: int, source: str = "testsrc2") -> Path:
        clip = await make_clip(f"clip of {name}", source=source, frames=frames)
        target = tmp_path / name
        await encode_segment(SegmentJob(clip, frames, **SIZE, fps=25), target)
        return target

    return make


def pictures(*paths: Path) -> list[bytes]:
    shown: list[bytes] = []
    for path in paths:
        with av.open(str(path)) as container:
            shown += [frame.to_ndarray().tobytes() for frame in container.decode(video=0)]
    return shown


async def encoded_otherwise(source: Path, target: Path) -> Path:
    """The same pictures from an encoder that wants another header."""
    args = [
        "-i",
        str(source),
        "-c:v",
        "libx264",
        "-profile:v",
        "main",
        "-x264-params",
        "ref=2:cabac=0",
    ]
    await run_ffmpeg([*args, "-video_track_timescale", "12800", str(target)])
    return target


async def test_parts_that_need_different_headers_are_all_shown_as_they_are(make_segment, tmp_path):
    first = await make_segment("first.mp4", 30)
    middle = await encoded_otherwise(await make_segment("m.mp4", 20), tmp_path / "middle.mp4")
    last = await make_segment("last.mp4", 30, "mandelbrot")
    paths = [first, middle, last]
    parts = [read_encoded(path).part() for path in paths]
    assert len({part.header for part in parts}) == 2
    join_parts(parts, tmp_path / "joined.mp4", rate=RATE)
    assert pictures(tmp_path / "joined.mp4") == pictures(*paths)


async def test_parts_of_one_picture_keep_every_picture_at_its_time(make_segment, tmp_path):
    paths = [
        await make_segment(f"{n}.mp4", frames) for n, frames in enumerate([1, 1, 12, 2, 1, 30])
    ]
    join_parts([read_encoded(path).part() for path in paths], tmp_path / "all.mp4", rate=RATE)
    with av.open(str(tmp_path / "all.mp4")) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert sorted(packet.pts for packet in packets) == [n * 512 for n in range(47)]
    assert (np.diff([packet.dts for packet in packets]) > 0).all()
    assert all(packet.dts <= packet.pts for packet in packets)
    assert pictures(tmp_path / "all.mp4") == pictures(*paths)


async def test_the_finished_film_says_which_colours_it_has(make_segment, make_aac, tmp_path):
    segment = await make_segment("a.mp4", 25)
    job = FilmJob((segment,), await make_aac(seconds=1), **SIZE, fps=25, target=tmp_path / "f.mp4")
    await join_film(job)
    with av.open(str(job.target)) as container:
        context = container.streams.video[0].codec_context
        told = (context.color_primaries, context.color_trc, context.colorspace, context.color_range)
    assert told == (1, 1, 1, 1), "BT.709 and television range"


async def test_a_damaged_segment_is_named_and_the_old_film_stays(make_segment, make_aac, tmp_path):
    segments = tuple([await make_segment(f"{n}.mp4", 25) for n in range(2)])
    whole = segments[1].read_bytes()
    segments[1].write_bytes(whole[: len(whole) - len(whole) // 3])
    target = tmp_path / "film.mp4"
    target.write_bytes(b"the film of yesterday")
    with pytest.raises(SystemFailure) as failed:
        await join_film(FilmJob(segments, await make_aac(seconds=2), **SIZE, fps=25, target=target))
    assert failed.value.code == "segment_wrong"
    assert failed.value.fields["name"] == "1.mp4"
    assert target.read_bytes() == b"the film of yesterday"


async def test_a_full_disk_is_said(make_segment, make_aac, tmp_path, monkeypatch):
    def full(*_args, **_kwargs):
        raise av.error.OSError(errno.ENOSPC, "No space left on device")

    job = FilmJob(
        (await make_segment("a.mp4", 25),),
        await make_aac(seconds=1),
        **SIZE,
        fps=25,
        target=tmp_path / "film.mp4",
    )
    monkeypatch.setattr("ai_video.composition.film.join_parts", full)
    with pytest.raises(ResourceFailure) as failed:
        await join_film(job)
    assert failed.value.code == "disk_full"


@pytest.mark.parametrize("header", [b"", b"\0\0\0\1\x67abcdef", b"\1\x64\0\x1f\xfc\xe1\0\0"])
def test_what_is_no_header_is_refused(header):
    with pytest.raises(ValueError, match="avcC"):
        parameter_sets(header)
