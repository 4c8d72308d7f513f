"""Crossfades and wipes between segments, on real FFmpeg."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from ai_video.composition.film import FilmJob, join_film
from ai_video.composition.joining import join_parts, read_encoded
from ai_video.composition.segment import SegmentJob, encode_segment

SIZE = {"width": 320, "height": 180}


def luma(path: Path) -> NDArray[np.int16]:
    with av.open(str(path)) as container:
        return np.stack([f.to_ndarray(format="gray") for f in container.decode(video=0)]).astype(
            np.int16
        )


@pytest.fixture
def make_film(make_clip, make_aac, tmp_path):
    async def make(kinds, *, encoded=None, lengths=(40, 50, 40), fps=25, cache=None):
        encoded = kinds if encoded is None else encoded
        segments = []
        for index, frames in enumerate(lengths):
            shade = ("0x303030", "0xD0D0D0", "0x707070")[index % 3]
            clip = await make_clip(
                f"clip{index}.mp4", source=f"color=c={shade}", frames=frames, rate=str(fps)
            )
            out = encoded[index + 1] if index + 1 < len(encoded) else "cut"
            job = SegmentJob(
                clip, frames, **SIZE, fps=fps, transition_in=encoded[index], transition_out=out
            )
            segments.append(tmp_path / f"segment{index}.mp4")
            await encode_segment(job, segments[-1])
        film = FilmJob(
            tuple(segments),
            await make_aac(seconds=sum(lengths) / fps),
            **SIZE,
            fps=fps,
            target=tmp_path / "film.mp4",
            transitions=tuple(kinds),
            cache=cache,
        )
        return await join_film(film), film.target

    return make


@pytest.mark.parametrize("fps", [24, 25, 30])
async def test_a_crossfade_keeps_the_films_length_and_blends_over_the_cut(make_film, fps):
    facts, film = await make_film(("cut", "crossfade", "cut"), fps=fps)
    assert facts.frames == 130
    assert facts.transitions == ("cut", "crossfade", "cut")
    light = luma(film).mean(axis=(1, 2))
    assert len(light) == 130
    edge = round(fps / 4)
    assert light[: 40 - edge].std() < 1
    assert light[40 + edge : 90].std() < 1
    ramp = light[40 - edge : 40 + edge]
    assert (np.diff(ramp) > 0).all()
    assert abs(ramp[edge] - (light[0] + light[60]) / 2) < 15
    with av.open(str(film)) as container:
        times = sorted(packet.pts for packet in container.demux(video=0) if packet.size)
    assert set(np.diff(times)) == {512}


async def test_a_wipe_shows_both_shots_beside_each_other(make_film):
    facts, film = await make_film(("cut", "wipe", "cut"))
    assert facts.transitions[1] == "wipe"
    middle = luma(film)[40]
    assert middle[:, 5].mean() < 80
    assert middle[:, -5].mean() > 180


async def test_a_shot_may_have_a_transition_on_both_sides(make_film):
    facts, film = await make_film(("cut", "crossfade", "crossfade"), lengths=(40, 25, 40))
    assert facts.transitions == ("cut", "crossfade", "crossfade")
    light = luma(film).mean(axis=(1, 2))
    assert len(light) == 105
    assert np.abs(np.diff(light)).max() < 40


async def test_segments_not_encoded_for_it_get_a_cut_and_the_answer_says_so(make_film):
    facts, film = await make_film(("crossfade", "crossfade", "cut"), encoded=("cut",) * 3)
    assert facts.transitions == ("cut", "cut", "cut")
    assert np.abs(np.diff(luma(film).mean(axis=(1, 2)))).max() > 100


async def test_transition_units_are_kept_and_the_film_is_the_same_with_them(make_film, tmp_path):
    kinds = ("cut", "crossfade", "wipe")
    plain, _ = await make_film(kinds)
    first, _ = await make_film(kinds, cache=tmp_path / "units")
    units = {entry: entry.stat().st_mtime_ns for entry in (tmp_path / "units").iterdir()}
    second, _ = await make_film(kinds, cache=tmp_path / "units")
    assert len(units) == 2
    assert {entry: entry.stat().st_mtime_ns for entry in (tmp_path / "units").iterdir()} == units
    assert plain == first == second


async def test_a_copied_span_is_exactly_its_frames(make_clip, tmp_path):
    clip = await make_clip(frames=60)
    job = SegmentJob(clip, 60, **SIZE, fps=25, transition_in="wipe", transition_out="crossfade")
    await encode_segment(job, tmp_path / "segment.mp4")
    span = read_encoded(tmp_path / "segment.mp4").part(6, 54)
    join_parts([span], tmp_path / "body.mp4", rate=job.rate)
    whole, body = luma(tmp_path / "segment.mp4"), luma(tmp_path / "body.mp4")
    assert (body == whole[6:54]).all()
