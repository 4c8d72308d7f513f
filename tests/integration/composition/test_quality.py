"""Seeded faults are found, and good pictures are left in peace."""

from __future__ import annotations

import av
import numpy as np
import pytest
from PIL import Image

from ai_video.assets import probe, run_ffmpeg
from ai_video.composition.film import FilmJob, join_film
from ai_video.composition.preview import make_poster, make_proxy
from ai_video.composition.qc import inspect_clip, inspect_film
from ai_video.composition.segment import SegmentJob, encode_segment
from ai_video.errors import InputRefused

SIZE = {"width": 320, "height": 180}
PAN = "scale=640:360:flags=bicubic,crop=320:180:x='40+n':y='20+n/2'"


def faults(report) -> set[str]:
    return {row.name for row in report.findings if row.state != "ok"}


async def test_a_good_clip_has_no_findings(make_clip):
    report = await inspect_clip(await make_clip(frames=75, filters=PAN))
    assert faults(report) == set()
    assert report.ok
    assert report.picture.frames == 75
    assert report.as_json()["faults"] == []


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (f"{PAN},drawbox=c=black:t=fill:enable='between(n,20,40)'", {"black", "frozen", "cut"}),
        (f"{PAN},loop=loop=30:size=1:start=20", {"frozen"}),
        (f"{PAN},gblur=sigma=12", {"blur"}),
        (f"{PAN},eq=brightness='0.25*mod(n,2)':eval=frame", {"flicker"}),
        (f"{PAN},negate=enable='gte(n,37)'", {"cut"}),
    ],
    ids=["black", "freeze", "blur", "flicker", "cut"],
)
async def test_a_seeded_fault_is_found(make_clip, filters, found):
    report = await inspect_clip(await make_clip(frames=75, filters=filters))
    assert found <= faults(report)
    assert faults(report) <= found | {"frozen", "black"}


async def test_shares_are_the_shares_seeded(make_clip):
    black = await inspect_clip(
        await make_clip(
            frames=100, filters=f"{PAN},drawbox=c=black:t=fill:enable='between(n,40,59)'"
        )
    )
    assert black.picture.black_share == pytest.approx(0.20, abs=0.01)
    frozen = await inspect_clip(
        await make_clip(frames=100, filters=f"{PAN},loop=loop=25:size=1:start=40")
    )
    assert frozen.picture.frozen_share == pytest.approx(0.25, abs=0.02)
    assert frozen.picture.longest_frozen_s == pytest.approx(1.0, abs=0.05)
    cut = await inspect_clip(await make_clip(frames=75, filters=f"{PAN},negate=enable='gte(n,50)'"))
    assert cut.picture.cuts_s == (2.0,)


@pytest.fixture
def make_film(make_clip, tmp_path):
    async def make(sound, *, frames=75, size=SIZE):
        clip = await make_clip(frames=frames, filters=PAN)
        await encode_segment(SegmentJob(clip, frames, **size, fps=25), tmp_path / "segment.mp4")
        target = tmp_path / "film.mp4"
        await join_film(FilmJob((tmp_path / "segment.mp4",), sound, **size, fps=25, target=target))
        return target

    return make


async def test_a_film_with_sound_is_measured(make_film, make_aac):
    report = await inspect_film(
        await make_film(await make_aac(seconds=3, level=0.25, silence_s=1.0))
    )
    sound = report.sound
    assert sound is not None
    assert sound.silent_share == pytest.approx(1 / 3, abs=0.05)
    assert sound.longest_silence_s == pytest.approx(1.0, abs=0.15)
    assert sound.true_peak_dbtp == pytest.approx(-12, abs=0.6)
    assert sound.loudness_lufs == pytest.approx(-12.7, abs=1.5)
    assert sound.duration_s == pytest.approx(3.0, abs=0.05)
    assert report.aspect_error < 0.001
    assert report.ok


async def test_silence_clipping_and_level_are_found(make_film, make_aac):
    quiet = await inspect_film(await make_film(await make_aac(seconds=3, level=0.0)))
    assert {"silence", "loudness"} <= faults(quiet)
    loud = await inspect_film(await make_film(await make_aac(seconds=3, level=2.0)))
    assert {"loudness", "true_peak", "clipping"} <= faults(loud)


async def test_a_film_without_sound_or_with_sound_that_stops_early_fails(
    make_clip, make_sound, tmp_path
):
    silent = await make_clip(frames=75, filters=PAN)
    report = await inspect_film(silent)
    assert not report.ok
    assert "sound" in faults(report)
    short = tmp_path / "short.mp4"
    sound = make_sound(seconds=2)
    await run_ffmpeg(["-i", str(silent), "-i", str(sound), "-c:v", "copy", str(short)])
    assert "ends" in faults(await inspect_film(short))


async def test_findings_speak_both_languages(make_clip):
    clip = await make_clip(frames=50, source="color=c=black")
    zh = await inspect_film(clip, language="zh")
    en = await inspect_film(clip, language="en")
    assert [row.name for row in zh.findings] == [row.name for row in en.findings]
    black = {"zh": zh.findings[0], "en": en.findings[0]}
    assert black["zh"].message == "黑场占 100% (上限 4%)"
    assert black["en"].message == "100 % of the frames are black (limit 4 %)"
    for row in (*zh.findings, *en.findings):
        assert row.message
        assert bool(row.fix) == (row.state != "ok")


async def test_another_ratio_is_a_fault(make_clip):
    assert "aspect" in faults(await inspect_film(await make_clip(size="300x180", frames=10)))


async def test_what_is_no_video_cannot_be_inspected(make_sound):
    with pytest.raises(InputRefused):
        await inspect_film(make_sound())


def sound_of(path):
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0)]


async def test_a_proxy_is_small_and_quick_to_seek(make_clip, make_aac, make_film, tmp_path):
    film = await make_film(await make_aac(seconds=3))
    await make_proxy(film, tmp_path / "proxy.mp4", side=90)
    facts = await probe(tmp_path / "proxy.mp4")
    assert (facts.width, facts.height, facts.frames) == (160, 90, 75)
    assert facts.audio_codec == "aac"
    with av.open(str(tmp_path / "proxy.mp4")) as container:
        assert not container.streams.video[0].codec_context.has_b_frames
        keys = [p.pts for p in container.demux(video=0) if p.is_keyframe]
    assert len(keys) >= 6
    assert sound_of(tmp_path / "proxy.mp4") == sound_of(film), "no second encoding"
    tall = await make_clip("tall.mp4", size="180x320", frames=5)
    await make_proxy(tall, tmp_path / "tall-proxy.mp4", side=90)
    assert (await probe(tmp_path / "tall-proxy.mp4")).width == 90


async def test_a_proxy_of_another_sound_has_aac(make_clip, make_sound, tmp_path):
    clip, sound = await make_clip(frames=25), make_sound()
    await run_ffmpeg(["-i", str(clip), "-i", str(sound), "-c:v", "copy", str(tmp_path / "c.mkv")])
    assert (await probe(tmp_path / "c.mkv")).audio_codec != "aac"
    await make_proxy(tmp_path / "c.mkv", tmp_path / "proxy.mp4", side=90)
    assert (await probe(tmp_path / "proxy.mp4")).audio_codec == "aac"


async def test_the_poster_is_a_lit_frame(make_clip, tmp_path):
    clip = await make_clip(frames=50, filters="drawbox=c=black:t=fill:enable='lt(n,30)'")
    await make_poster(clip, tmp_path / "poster.jpg", side=200)
    with Image.open(tmp_path / "poster.jpg") as poster:
        assert max(poster.size) == 200
        assert np.asarray(poster.convert("L")).mean() > 60
