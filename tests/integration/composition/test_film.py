"""Segments into a film, on real FFmpeg."""

from __future__ import annotations

from dataclasses import replace

import av
import numpy as np
import pytest

from ai_video.assets import AigcLabel, label_file, probe, read_label
from ai_video.composition.film import FilmJob, join_film, stream_sha256
from ai_video.composition.segment import SegmentJob, encode_segment
from ai_video.errors import InputRefused, SystemFailure

SIZE = {"width": 320, "height": 180}


@pytest.fixture
def make_segments(make_clip, tmp_path):
    async def make(*lengths: int, fps: int = 25):
        clip = await make_clip(frames=max(lengths), rate=str(fps))
        made = []
        for number, frames in enumerate(lengths):
            target = tmp_path / f"segment {number}'s.mp4"
            await encode_segment(SegmentJob(clip, frames, **SIZE, fps=fps), target)
            made.append(target)
        return tuple(made)

    return make


@pytest.mark.parametrize("fps", [24, 25, 30])
async def test_a_film_has_every_frame_at_even_times_and_sound_to_the_end(
    make_segments, make_aac, tmp_path, fps
):
    segments = await make_segments(25, 1, 37, 11, fps=fps)
    job = FilmJob(
        segments,
        await make_aac(seconds=74 / fps),
        **SIZE,
        fps=fps,
        target=tmp_path / "out" / "film.mp4",
        title="片名 'quoted'",
        label=AigcLabel("ai-video", "1"),
    )
    facts = await join_film(job)
    assert (facts.frames, facts.width, facts.height, facts.fps) == (74, 320, 180, fps)
    assert facts.duration_s == pytest.approx(74 / fps, abs=0.001)
    assert facts.audio_duration_s == pytest.approx(facts.duration_s, abs=0.05)
    with av.open(str(job.target)) as container:
        times = sorted(packet.pts for packet in container.demux(video=0) if packet.size)
        assert container.metadata["title"] == "片名 'quoted'"
    assert times[0] == 0
    assert set(np.diff(times)) == {512}
    assert await read_label(job.target) == AigcLabel("ai-video", "1")
    head = job.target.read_bytes()
    assert head.index(b"moov") < head.index(b"mdat"), "faststart"


async def test_the_joined_pictures_are_the_segments_pictures(make_segments, make_aac, tmp_path):
    segments = await make_segments(10, 20)
    job = FilmJob(segments, await make_aac(), **SIZE, fps=25, target=tmp_path / "film.mp4")
    await join_film(job)

    def pictures(*paths):
        for path in paths:
            with av.open(str(path)) as container:
                yield from (frame.to_ndarray().tobytes() for frame in container.decode(video=0))

    assert list(pictures(job.target)) == list(pictures(*segments))


async def test_the_same_film_twice_is_the_same_file(make_segments, make_aac, tmp_path):
    segments, sound = await make_segments(25, 12), await make_aac(seconds=37 / 25)
    jobs = [
        FilmJob(segments, sound, **SIZE, fps=25, target=tmp_path / f"{name}.mp4") for name in "ab"
    ]
    facts = [await join_film(job) for job in jobs]
    assert facts[0] == facts[1]
    assert jobs[0].target.read_bytes() == jobs[1].target.read_bytes()


async def test_the_stream_digest_sees_content_and_not_metadata(make_segments, make_aac, tmp_path):
    segments, sound = await make_segments(25, 12), await make_aac(seconds=37 / 25)
    job = FilmJob(segments, sound, **SIZE, fps=25, target=tmp_path / "film.mp4", title="a")
    facts = await join_film(job)
    await label_file(job.target, AigcLabel("somebody", "else"))
    assert stream_sha256(job.target) == facts.stream_sha256
    other = FilmJob(segments[::-1], sound, **SIZE, fps=25, target=tmp_path / "other.mp4")
    assert (await join_film(other)).stream_sha256 != facts.stream_sha256


async def test_a_film_without_shots_is_refused(make_aac, tmp_path):
    with pytest.raises(InputRefused) as refused:
        await join_film(FilmJob((), await make_aac(), **SIZE, fps=25, target=tmp_path / "film.mp4"))
    assert refused.value.code == "film_empty"


async def test_a_film_that_is_not_as_ordered_does_not_replace_the_old_one(
    make_segments, make_aac, tmp_path
):
    target = tmp_path / "film.mp4"
    target.write_bytes(b"the film of yesterday")
    segments = await make_segments(25)
    with pytest.raises(SystemFailure) as failed:
        await join_film(
            FilmJob(segments, await make_aac(), width=640, height=360, fps=25, target=target)
        )
    assert failed.value.code == "film_wrong"
    assert target.read_bytes() == b"the film of yesterday"
    assert not [entry for entry in tmp_path.iterdir() if ".part" in entry.name]


async def test_a_film_plays_from_any_second(make_segments, make_aac, tmp_path):
    job = FilmJob(
        await make_segments(40, 60, 50),
        await make_aac(seconds=6),
        **SIZE,
        fps=25,
        target=tmp_path / "film.mp4",
    )
    await join_film(job)
    assert (await probe(job.target)).frames == 150
    with av.open(str(job.target)) as container:
        keys = [packet.pts // 512 for packet in container.demux(video=0) if packet.is_keyframe]
    assert {0, 40, 100} <= set(keys)
    assert max(np.diff([*keys, 150])) <= 50


async def test_sound_is_taken_as_it_is_and_only_as_aac(
    make_segments, make_sound, make_aac, tmp_path
):
    segments, sound = await make_segments(25, 12), await make_aac(seconds=37 / 25)

    def packets(path):
        with av.open(str(path)) as container:
            return [bytes(packet) for packet in container.demux(audio=0)]

    job = FilmJob(segments, sound, **SIZE, fps=25, target=tmp_path / "film.mp4")
    await join_film(job)
    assert packets(job.target) == packets(sound)
    with pytest.raises(InputRefused) as refused:
        await join_film(replace(job, audio=make_sound(), target=tmp_path / "other.mp4"))
    assert refused.value.code == "media_unknown"
    assert not (tmp_path / "other.mp4").exists()


async def test_sound_of_another_length_is_found(make_segments, make_aac, tmp_path):
    job = FilmJob(
        await make_segments(25),
        await make_aac(seconds=3),
        **SIZE,
        fps=25,
        target=tmp_path / "f.mp4",
    )
    with pytest.raises(SystemFailure) as failed:
        await join_film(job)
    assert failed.value.code == "film_wrong"
