"""What files are, on real and on broken files."""

from __future__ import annotations

import asyncio
import struct
import time
import wave
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ai_video.assets import (
    AigcLabel,
    ffmpeg_label_args,
    ffmpeg_path,
    ffmpeg_version,
    label_file,
    probe,
    read_label,
    run_ffmpeg,
    thumbnail,
)
from ai_video.domain.media_time import FrameRate
from ai_video.errors import ConfigurationFailure, InputRefused, SystemFailure

LABEL = AigcLabel(content_producer='ai-video "工作室" <1>', produce_id="a&b'c")


async def make_video(path: Path, *extra: str, size: str = "320x180", rate: str = "25") -> Path:
    await run_ffmpeg(
        [
            *("-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d=1"),
            *("-f", "lavfi", "-i", "sine=frequency=440:duration=1"),
            *("-pix_fmt", "yuv420p", "-c:v", "libx264", "-c:a", "aac", *extra, str(path)),
        ]
    )
    return path


def make_sound(path: Path, seconds: float = 1.0) -> Path:
    tone = (np.sin(np.arange(int(seconds * 24_000)) / 9) * 9_000).astype("<i2")
    with wave.open(str(path), "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(24_000)
        sink.writeframes(tone.tobytes())
    return path


def make_picture(path: Path, size: tuple[int, int] = (64, 48)) -> Path:
    Image.linear_gradient("L").resize(size).convert("RGB").save(path)
    return path


async def test_a_video_is_described_with_its_sound(tmp_path):
    facts = await probe(await make_video(tmp_path / "a.mp4", rate="24"))
    assert (facts.kind, facts.media_type) == ("video", "video/mp4")
    assert (facts.width, facts.height, facts.frames) == (320, 180, 24)
    assert facts.fps == FrameRate(24)
    assert facts.duration_s == pytest.approx(1.0, abs=0.002)
    assert (facts.codec, facts.pix_fmt, facts.audio_codec) == ("h264", "yuv420p", "aac")
    assert facts.audio_duration_s == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("a.mkv", "video/x-matroska"), ("a.mov", "video/quicktime"), ("renamed.txt", "video/mp4")],
)
async def test_the_container_is_told_by_bytes_not_by_name(tmp_path, name, media_type):
    source = tmp_path / name
    if name.endswith(".txt"):
        (await make_video(tmp_path / "a.mp4")).rename(source)
    else:
        await make_video(source)
    facts = await probe(source)
    assert (facts.kind, facts.media_type, facts.frames) == ("video", media_type, 25)


async def test_a_turned_video_has_the_size_it_is_shown_in(tmp_path):
    upright = await make_video(tmp_path / "a.mp4")
    turned = tmp_path / "turned.mp4"
    await run_ffmpeg(["-display_rotation", "90", "-i", str(upright), "-c", "copy", str(turned)])
    facts = await probe(turned)
    assert (facts.width, facts.height) == (180, 320)
    await thumbnail(turned, tmp_path / "t.jpg", side=90)
    with Image.open(tmp_path / "t.jpg") as small:
        assert small.height == 90
        assert small.width in {50, 51}


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.gif"])
async def test_a_picture_is_described(tmp_path, name):
    facts = await probe(make_picture(tmp_path / name))
    assert (facts.kind, facts.width, facts.height, facts.frames) == ("image", 64, 48, 1)
    assert facts.media_type == f"image/{name[2:].replace('jpg', 'jpeg')}"


async def test_a_sound_is_described(tmp_path):
    facts = await probe(make_sound(tmp_path / "a.wav"))
    assert (facts.kind, facts.media_type, facts.audio_rate) == ("audio", "audio/wav", 24_000)
    assert facts.duration_s == pytest.approx(1.0, abs=0.001)


async def test_a_sound_in_an_mp4_is_a_sound(tmp_path):
    await run_ffmpeg(["-i", str(make_sound(tmp_path / "a.wav")), str(tmp_path / "a.m4a")])
    facts = await probe(tmp_path / "a.m4a")
    assert (facts.kind, facts.media_type, facts.codec) == ("audio", "audio/mp4", "aac")


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"#EXTM3U\n/etc/passwd\n", b"ffconcat version 1.0\nfile /etc/passwd\n",
     b"%PDF-1.7", b"\x00" * 5000, b"PK\x03\x04" + b"x" * 99],
)  # fmt: skip
async def test_what_is_no_medium_is_refused_as_unknown(tmp_path, content):
    (tmp_path / "x.mp4").write_bytes(content)
    with pytest.raises(InputRefused) as refused:
        await probe(tmp_path / "x.mp4")
    assert refused.value.code == "media_unknown"


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.mp4", "a.webp"])
@pytest.mark.parametrize("keep", [0.02, 0.3, 0.7])
async def test_a_truncated_file_is_refused(tmp_path, name, keep):
    path = tmp_path / name
    if name.endswith("mp4"):
        await make_video(path, "-an", "-movflags", "+faststart")
    else:
        Image.effect_noise((200, 200), 90).convert("RGB").save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: max(20, int(len(whole) * keep))])
    with pytest.raises(InputRefused) as refused:
        await probe(path)
    assert refused.value.code == "media_corrupt"


async def test_a_decompression_bomb_is_refused_before_it_is_unpacked(tmp_path):
    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + crc

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    (tmp_path / "bomb.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"x") + chunk(b"IEND", b"")
    )
    started = time.process_time()
    with pytest.raises(InputRefused) as refused:
        await probe(tmp_path / "bomb.png")
    assert refused.value.code == "media_too_large"
    assert time.process_time() - started < 3


async def test_a_missing_file_is_unreadable(tmp_path):
    with pytest.raises(InputRefused) as refused:
        await probe(tmp_path / "none.mp4")
    assert refused.value.code == "file_unreadable"


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.wav", "a.mp4"])
async def test_the_ai_label_survives_the_round_trip_and_the_content_stays(tmp_path, name):
    path = tmp_path / name
    if name.endswith("mp4"):
        await make_video(path)
    elif name.endswith("wav"):
        make_sound(path)
    else:
        make_picture(path)
    before = await probe(path)
    assert await read_label(path) is None
    await label_file(path, AigcLabel("someone else", "1"))
    await label_file(path, LABEL)
    assert await read_label(path) == LABEL
    after = await probe(path)
    assert (after.width, after.height, after.frames) == (before.width, before.height, before.frames)
    assert after.audio_duration_s == before.audio_duration_s
    assert path.read_bytes().count(b"someone else") == 0


async def test_labelled_pixels_and_samples_are_untouched(tmp_path):
    picture = make_picture(tmp_path / "a.png")
    sound = make_sound(tmp_path / "a.wav")
    with Image.open(picture) as before:
        pixels = before.tobytes()
    with wave.open(str(sound)) as source:
        samples = source.readframes(99_999)
    await label_file(picture, LABEL)
    await label_file(sound, LABEL)
    with Image.open(picture) as after:
        assert after.tobytes() == pixels
        assert after.info["AIGC"] == LABEL.as_json()
        assert b"http://www.tc260.org.cn/ns/AIGC/1.0/" in after.info["xmp"]
    with wave.open(str(sound)) as source:
        assert source.readframes(99_999) == samples


async def test_labelling_what_cannot_carry_a_label_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("plain")
    with pytest.raises(InputRefused):
        await label_file(tmp_path / "a.txt", LABEL)


async def test_a_label_stands_in_an_mp4_under_its_own_key(tmp_path):
    path = await make_video(
        tmp_path / "a.mp4",
        *ffmpeg_label_args(LABEL),
        *("-movflags", "+use_metadata_tags"),
    )
    assert b"AIGC" in path.read_bytes()
    assert LABEL.as_json().encode() in path.read_bytes()


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
async def test_a_thumbnail_fits_its_side(tmp_path, suffix):
    video = await make_video(tmp_path / "a.mp4")
    await thumbnail(video, tmp_path / "sub" / f"t.{suffix}", side=160)
    with Image.open(tmp_path / "sub" / f"t.{suffix}") as small:
        assert small.size == (160, 90)
        low, high = small.convert("L").getextrema()
        assert high - low > 100


async def test_a_thumbnail_of_a_sound_is_refused(tmp_path):
    with pytest.raises(InputRefused):
        await thumbnail(make_sound(tmp_path / "a.wav"), tmp_path / "t.png", side=64)
    assert not (tmp_path / "t.png").exists()


async def test_a_failing_ffmpeg_says_why(tmp_path):
    with pytest.raises(SystemFailure) as failed:
        await run_ffmpeg(["-i", str(tmp_path / "none.mp4"), str(tmp_path / "out.mp4")])
    assert failed.value.code == "ffmpeg_failed"
    assert "No such file" in failed.value.message("en")


async def test_a_cancelled_ffmpeg_is_killed(tmp_path):
    target = tmp_path / "long.yuv"
    work = asyncio.create_task(
        run_ffmpeg(
            ["-re", "-f", "lavfi", "-i", "testsrc2=s=640x360:d=600", "-f", "rawvideo", str(target)]
        )
    )
    for _ in range(300):
        await asyncio.sleep(0.05)
        if target.exists() and target.stat().st_size:
            break
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    size = target.stat().st_size
    await asyncio.sleep(0.5)
    assert target.stat().st_size == size


def test_ffmpeg_comes_from_the_wheel_unless_named(monkeypatch):
    ffmpeg_path.cache_clear()
    monkeypatch.delenv("AIVIDEO_FFMPEG", raising=False)
    assert "imageio_ffmpeg" in str(ffmpeg_path())
    assert ffmpeg_version()[0] in "n0123456789"
    ffmpeg_path.cache_clear()
    monkeypatch.setenv("AIVIDEO_FFMPEG", "/nowhere/ffmpeg")
    with pytest.raises(ConfigurationFailure) as missing:
        ffmpeg_path()
    assert missing.value.code == "ffmpeg_missing"
    ffmpeg_path.cache_clear()
