"""One shot as a piece of film, on real FFmpeg."""

from __future__ import annotations

import asyncio
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from ai_video.assets import AigcLabel, probe, read_label, run_ffmpeg
from ai_video.composition.segment import SegmentJob, encode_segment
from ai_video.composition.subtitles import SpokenText, ass_document, cues_for
from ai_video.domain.entities import SubtitleStyle
from ai_video.domain.media_time import FrameRate
from ai_video.errors import InputRefused

STYLE = SubtitleStyle()
SIZE = {"width": 320, "height": 180}


def luma(path: Path) -> NDArray[np.int16]:
    """(frames, height, width) luma of a video."""
    with av.open(str(path)) as container:
        return np.stack(
            [
                frame.to_ndarray(format="gray").astype(np.int16)
                for frame in container.decode(video=0)
            ]
        )


def cues(text: str, start_s: float = 0.0, end_s: float = 10.0, style: SubtitleStyle = STYLE):
    return tuple(cues_for([SpokenText(text, start_s, end_s)], style=style, **SIZE))


@pytest.mark.parametrize("fps", [24, 25, 30])
@pytest.mark.parametrize("rate", ["24", "25", "30", "30000/1001", "16", "12.5"])
@pytest.mark.parametrize("frames", [1, 17, 33])
async def test_a_segment_has_exactly_its_frames_at_the_films_rate(
    make_clip, tmp_path, fps, rate, frames
):
    clip = await make_clip(rate=rate, frames=25)
    facts = await encode_segment(
        SegmentJob(clip, frames, **SIZE, fps=fps), tmp_path / "segment.mp4"
    )
    made = await probe(tmp_path / "segment.mp4")
    assert (made.frames, made.width, made.height) == (frames, 320, 180)
    assert made.fps == FrameRate(fps)
    assert made.pix_fmt == "yuv420p"
    assert facts.moving + facts.held == frames
    with av.open(str(tmp_path / "segment.mp4")) as container:
        times = sorted(packet.pts for packet in container.demux(video=0) if packet.size)
    assert set(np.diff(times)) <= {512}


async def test_a_stretched_clip_moves_to_its_end_and_a_longer_one_is_held(make_clip, tmp_path):
    clip = await make_clip(frames=50, source="testsrc2")
    facts = await encode_segment(SegmentJob(clip, 60, **SIZE, fps=25), tmp_path / "stretched.mp4")
    assert (facts.moving, facts.held) == (60, 0)
    steps = np.abs(np.diff(luma(tmp_path / "stretched.mp4"), axis=0)).mean(axis=(1, 2))
    assert (steps[:-1] > 0.05).mean() > 0.97
    facts = await encode_segment(SegmentJob(clip, 75, **SIZE, fps=25), tmp_path / "held.mp4")
    assert (facts.moving, facts.held) == (60, 15)
    steps = np.abs(np.diff(luma(tmp_path / "held.mp4"), axis=0)).mean(axis=(1, 2))
    assert steps[62:].max() < 0.3
    assert steps[:57].mean() > 1


async def test_a_trimmed_shot_shows_the_frames_between(make_clip, tmp_path):
    clip = await make_clip(frames=50)
    whole = SegmentJob(clip, 50, **SIZE, fps=25)
    inner = SegmentJob(clip, 30, **SIZE, fps=25, trim_start=13, trim_end=7)
    await encode_segment(whole, tmp_path / "whole.mp4")
    facts = await encode_segment(inner, tmp_path / "inner.mp4")
    assert (facts.frames, facts.moving, facts.held) == (30, 30, 0)
    frames = luma(tmp_path / "inner.mp4")
    assert len(frames) == 30
    shown = luma(clip)
    assert np.abs(frames - shown[13:43]).mean() < 2
    assert np.abs(frames - shown[12:42]).mean() > np.abs(frames - shown[13:43]).mean()


async def test_a_held_shot_is_trimmed_after_it_was_stretched(make_clip, tmp_path):
    clip = await make_clip(frames=50, source="testsrc2")
    job = SegmentJob(clip, 30, **SIZE, fps=25, trim_start=40, trim_end=5)
    facts = await encode_segment(job, tmp_path / "held.mp4")
    assert (facts.moving, facts.held) == (20, 10)
    steps = np.abs(np.diff(luma(tmp_path / "held.mp4"), axis=0)).mean(axis=(1, 2))
    assert steps[22:].max() < 0.3


async def test_a_longer_clip_is_cut_not_hurried(make_clip, tmp_path):
    clip = await make_clip(frames=50)
    facts = await encode_segment(SegmentJob(clip, 20, **SIZE, fps=25), tmp_path / "cut.mp4")
    assert (facts.moving, facts.held) == (20, 0)
    assert np.abs(luma(tmp_path / "cut.mp4") - luma(clip)[:20]).mean() < 2


@pytest.mark.parametrize(
    ("size", "kind"),
    [
        ("320x180", "as_is"),
        ("640x360", "scale"),
        ("320x200", "crop"),
        ("320x240", "extend"),
        ("180x320", "extend"),
        ("426x180", "extend"),
    ],
)
async def test_another_shape_is_cropped_a_little_or_fitted_on_a_blurred_extension(
    make_clip, tmp_path, size, kind
):
    clip = await make_clip(size=size, frames=3)
    facts = await encode_segment(SegmentJob(clip, 3, **SIZE, fps=25), tmp_path / "fitted.mp4")
    assert facts.conform.kind == kind
    assert facts.conform.cropped <= 0.10
    picture = luma(tmp_path / "fitted.mp4")[1]
    assert picture.shape == (180, 320)
    edges = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    assert edges.mean() > 24, "the extension is a picture, not black bars"


async def test_full_range_and_444_clips_become_ordinary_video(make_clip, tmp_path):
    clip = await make_clip(
        source="color=c=white", pix_fmt="yuvj444p", filters="scale=out_range=pc", frames=3
    )
    await encode_segment(SegmentJob(clip, 3, **SIZE, fps=25), tmp_path / "white.mp4")
    with av.open(str(tmp_path / "white.mp4")) as container:
        frame = next(container.decode(video=0))
        plane = np.frombuffer(bytes(frame.planes[0]), np.uint8)
    assert abs(int(np.median(plane)) - 235) <= 1


async def test_subtitles_change_the_picture_where_and_when_they_stand(make_clip, tmp_path):
    clip = await make_clip(source="color=c=0x204060", frames=50)
    await encode_segment(SegmentJob(clip, 50, **SIZE, fps=25), tmp_path / "plain.mp4")
    await encode_segment(
        SegmentJob(clip, 50, **SIZE, fps=25, cues=cues("你好，世界", 0.48, 1.4)),
        tmp_path / "burnt.mp4",
    )
    difference = np.abs(luma(tmp_path / "burnt.mp4") - luma(tmp_path / "plain.mp4"))
    per_frame = difference.max(axis=(1, 2))
    assert per_frame[:12].max() < 12
    assert per_frame[12:35].min() > 100
    assert per_frame[36:].max() < 12
    during = difference[20]
    assert during[:120].max() < 12
    assert during[-11:].max() < 12
    assert during[:, :16].max() < 12
    assert during[120:170].max() > 100


async def test_style_decides_place_and_size_of_subtitles(make_clip, tmp_path):
    clip = await make_clip(source="color=c=black", frames=2)

    async def rows(style: SubtitleStyle) -> NDArray[np.intp]:
        job = SegmentJob(clip, 2, **SIZE, fps=25, cues=cues("国国国国", style=style), style=style)
        await encode_segment(job, tmp_path / "styled.mp4")
        return np.nonzero(luma(tmp_path / "styled.mp4")[1].max(axis=1) > 120)[0]

    bottom = await rows(SubtitleStyle(size=100))
    top = await rows(SubtitleStyle(size=100, position="top"))
    small = await rows(SubtitleStyle(size=50))
    assert bottom.min() > 120
    assert top.max() < 60
    # The glyph 国 is about 0.9 em high; size is in px at a short side of 1080.
    assert np.ptp(bottom) == pytest.approx(0.9 * 100 * 180 / 1080, abs=3)
    assert np.ptp(small) == pytest.approx(np.ptp(bottom) / 2, abs=3)
    assert len(await rows(SubtitleStyle(enabled=False))) == 0


async def test_the_visible_mark_is_in_its_corner_and_high_enough(make_clip, tmp_path):
    clip = await make_clip(source="color=c=black", frames=2, size="640x360")
    job = SegmentJob(clip, 2, width=640, height=360, fps=25, label="AI 生成")
    await encode_segment(job, tmp_path / "marked.mp4")
    lit = luma(tmp_path / "marked.mp4")[1] > 90
    rows, columns = np.nonzero(lit)
    assert rows.max() < 360 * 0.15
    assert columns.max() < 640 * 0.25
    assert np.ptp(rows) + 1 >= 360 * 0.05 - 1


async def test_the_mark_stays_readable_through_a_fade(make_clip, tmp_path):
    clip = await make_clip(source="color=c=gray", frames=25)
    job = SegmentJob(clip, 25, **SIZE, fps=25, label="AI 生成", transition_in="fade_in")
    await encode_segment(job, tmp_path / "marked.mp4")
    first = luma(tmp_path / "marked.mp4")[0]
    assert first[60:].max() < 30
    assert first[:40, :120].max() > 90


@pytest.mark.parametrize(
    ("into", "out", "dark_first", "dark_last"),
    [
        ("cut", "cut", False, False),
        ("fade_in", "cut", True, False),
        ("cut", "fade_out", False, True),
        ("dip", "dip", True, True),
        ("crossfade", "wipe", False, False),
    ],
)
async def test_fades_and_dips_are_part_of_the_segments_own_frames(
    make_clip, tmp_path, into, out, dark_first, dark_last
):
    clip = await make_clip(source="color=c=white", frames=30)
    job = SegmentJob(clip, 30, **SIZE, fps=25, transition_in=into, transition_out=out)
    await encode_segment(job, tmp_path / "faded.mp4")
    light = luma(tmp_path / "faded.mp4").mean(axis=(1, 2))
    assert len(light) == 30
    assert (light[0] < 40) == dark_first
    assert (light[-1] < 40) == dark_last
    assert light[15] > 220


HOSTILE = {
    "emoji": "😀🎉👨‍👩‍👧‍👦",
    "override": "{\\an8\\fs200\\1c&H0000FF&}大字{\\p1}m 0 0 l 999 0{\\p0}",
    "newline": "a\\Nb\\nc\\hd",
    "rtl": "مرحبا\u202eabc\u202c שלום",
    "long": "很长的句子没有标点" * 45,
    "one word": "x" * 400,
    "controls": "a\x00b\x07c\r\nd\u2028e\ufeff",
    "rare": "龘靐齉爩𠮷①②％—…",
    "punctuation": "。。。！！！？？？",
    "markup": "<b>&amp;</b> --> 00:00:01,000",
    "ass event": "x\nDialogue: 0,0:00:00.00,9:00:00.00,Default,,0,0,0,,injected",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
async def test_hostile_subtitles_are_text_and_nothing_else(make_clip, tmp_path, text):
    clip = await make_clip(source="color=c=black", frames=4)
    burnt = cues(text)
    job = SegmentJob(clip, 4, **SIZE, fps=25, cues=burnt)
    await encode_segment(job, tmp_path / "hostile.mp4")
    picture = luma(tmp_path / "hostile.mp4")[2]
    assert picture[:90].max() < 30, "nothing may leave its place at the bottom"
    document = ass_document(burnt, style=STYLE, **SIZE)
    assert document.count("\nDialogue: ") <= len(burnt)
    for line in document.splitlines():
        if line.startswith("Dialogue: "):
            assert "{" not in line.split(",", 9)[9]


@pytest.mark.parametrize("family", ["Noto Sans SC", "Noto Serif SC", "Comic Sans MS"])
async def test_libass_takes_its_font_from_the_package_only(make_clip, tmp_path, family):
    from ai_video.composition.fonts import font_for

    style = SubtitleStyle(font=family)
    clip = await make_clip(source="color=c=black", frames=2)
    text = "你好 Hello 龘😀"
    (tmp_path / "burn.ass").write_text(
        ass_document(cues(text, style=style), style=style, **SIZE), encoding="utf-8"
    )
    (tmp_path / "fonts").mkdir()
    font = font_for(family)
    (tmp_path / "fonts" / font.path.name).symlink_to(font.path)
    log = await run_ffmpeg(
        [
            *("-i", str(clip), "-vf", "ass=filename=burn.ass:fontsdir=fonts"),
            *("-f", "null", "-"),
        ],
        cwd=tmp_path,
        verbose=True,
    )
    selected = [line for line in log.splitlines() if "fontselect" in line]
    assert selected
    for line in selected:
        wanted, _, got = line.partition("->")
        assert font.family in wanted
        assert font.family.replace(" ", "") in got, line


async def test_the_same_job_gives_the_same_bytes(make_clip, tmp_path):
    clip = await make_clip(rate="16", size="300x200", frames=20)
    job = SegmentJob(
        clip,
        40,
        **SIZE,
        fps=25,
        cues=cues("两次运行, same bytes"),
        label="AI 生成",
        transition_in="fade_in",
        metadata=AigcLabel("ai-video", "fingerprint"),
    )
    first, second = tmp_path / "一 'quoted' [dir]" / "a,b;c.mp4", tmp_path / "b.mp4"
    await encode_segment(job, first)
    await encode_segment(job, second)
    assert first.read_bytes() == second.read_bytes()
    assert await read_label(first) == AigcLabel("ai-video", "fingerprint")


async def test_a_clip_with_an_awkward_name_is_just_a_clip(make_clip, tmp_path):
    clip = (await make_clip()).rename(tmp_path / "-weird: 'a' %d [b].mp4")
    facts = await encode_segment(SegmentJob(clip, 25, **SIZE, fps=25), tmp_path / "out.mp4")
    assert facts.frames == 25


async def test_what_is_no_video_is_refused_and_leaves_nothing(tmp_path, make_sound):
    with pytest.raises(InputRefused):
        await encode_segment(SegmentJob(make_sound(), 25, **SIZE, fps=25), tmp_path / "out.mp4")
    assert [entry.name for entry in tmp_path.iterdir()] == ["sound.wav"]


async def test_a_cancelled_segment_leaves_nothing(make_clip, tmp_path):
    clip = await make_clip(frames=50)
    work = asyncio.create_task(
        encode_segment(SegmentJob(clip, 20_000, **SIZE, fps=25), tmp_path / "out.mp4")
    )
    await asyncio.sleep(0.4)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert [entry.name for entry in tmp_path.iterdir()] == ["clip.mp4"]
