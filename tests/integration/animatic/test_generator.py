"""The generator with real ffmpeg on clips of a few small frames."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image
from tests.animatic_shots import make_shot

from ai_video.animatic import AnimaticGenerator
from ai_video.domain.ports import CardText, Figure
from ai_video.errors import ConfigurationFailure

ANNA = Figure("林晚", "长发，白色连衣裙", "female", "young")


def frames_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def meters(path: Path) -> str:
    """What ffmpeg's freeze and black detectors say of a film."""
    filters = "freezedetect=n=-60dB:d=0.5,blackdetect=d=0.1"
    program = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(path)]
    ran = subprocess.run(
        [*program, "-vf", filters, "-f", "null", "-"], capture_output=True, text=True, check=True
    )
    return ran.stderr


@pytest.mark.parametrize(("wide", "high"), [(160, 90), (90, 160), (96, 96), (212, 90)])
@pytest.mark.parametrize("fps", [24, 25, 30])
async def test_clip_has_exactly_the_asked_frames_size_and_rate(
    tmp_path: Path, wide: int, high: int, fps: int
) -> None:
    shot = make_shot(width=wide, height=high, figures=(ANNA,), movement="push_in")
    generator = AnimaticGenerator()
    await generator.keyframe(shot, tmp_path / "k.png")
    await generator.clip(
        shot, keyframe=tmp_path / "k.png", frames=11, fps=fps, target=tmp_path / "c.mp4"
    )
    with Image.open(tmp_path / "k.png") as image:
        assert image.size == (wide, high)
    with av.open(str(tmp_path / "c.mp4")) as film:
        stream = film.streams.video[0]
        assert not film.streams.audio
        assert (stream.width, stream.height, stream.average_rate) == (wide, high, fps)
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        times = [frame.pts * stream.time_base * fps for frame in film.decode(stream)]
    assert times == list(range(11))


async def test_the_same_shot_gives_the_same_bytes(tmp_path: Path) -> None:
    shot = make_shot(
        figures=(ANNA,), speaking=("林晚",), weather=("rain", "fog"), movement="handheld"
    )
    made: list[tuple[str, str]] = []
    for name in ("a", "b"):
        key, film = tmp_path / f"{name}.png", tmp_path / f"{name}.mp4"
        await AnimaticGenerator().keyframe(shot, key)
        await AnimaticGenerator().clip(shot, keyframe=key, frames=12, fps=25, target=film)
        made.append((digest(key), digest(film)))
    assert made[0] == made[1]


async def test_clip_starts_with_the_picture_of_its_keyframe(tmp_path: Path) -> None:
    shot = make_shot(figures=(ANNA,), movement="static")
    generator = AnimaticGenerator()
    await generator.keyframe(shot, tmp_path / "k.png")
    await generator.clip(
        shot, keyframe=tmp_path / "k.png", frames=50, fps=25, target=tmp_path / "c.mp4"
    )
    key = np.asarray(Image.open(tmp_path / "k.png")).astype(int)
    frame = frames_of(tmp_path / "c.mp4")[40].astype(int)
    assert np.abs(key - frame).mean() < 6


async def test_changed_shot_keeps_the_keyframe_it_was_given(tmp_path: Path) -> None:
    """A locked older keyframe is moved as it is, whatever the words say now."""
    old = make_shot(place="sea", scene_name="海")
    generator = AnimaticGenerator()
    await generator.keyframe(old, tmp_path / "old.png")
    new = make_shot(place="home", scene_name="客厅", label="1-2")
    await generator.clip(
        new, keyframe=tmp_path / "old.png", frames=3, fps=25, target=tmp_path / "c.mp4"
    )
    key = np.asarray(Image.open(tmp_path / "old.png")).astype(int)
    assert np.abs(key - frames_of(tmp_path / "c.mp4")[1].astype(int)).mean() < 14


async def test_movement_and_speech_do_not_change_the_keyframe_of_a_clip(tmp_path: Path) -> None:
    still = make_shot(figures=(ANNA,))
    generator = AnimaticGenerator()
    first = await generator.keyframe(still, tmp_path / "k.png")
    moving = make_shot(figures=(ANNA,), movement="pan_left", speaking=("林晚",))
    second = await generator.clip(
        moving, keyframe=tmp_path / "k.png", frames=2, fps=25, target=tmp_path / "c.mp4"
    )
    assert first["digest"] == second["digest"]
    assert int(str(second["layers"])) > 2


@pytest.mark.parametrize("size", [(200, 100), (100, 200), (160, 90), (30, 30)])
async def test_a_users_picture_is_shown_whole(tmp_path: Path, size: tuple[int, int]) -> None:
    """Coloured corners of the picture stay inside the frame: less than a tenth is cropped."""
    wide, high = size
    pixels = np.full((high, wide, 3), 128, np.uint8)
    pixels[:, : wide // 5], pixels[:, -wide // 5 :] = (255, 0, 0), (0, 0, 255)
    pixels[: high // 5] = (0, 255, 0)
    Image.fromarray(pixels).save(tmp_path / "user.png")
    shot = make_shot(
        width=320, height=180, picture=tmp_path / "user.png", movement="static", scene_name=""
    )
    await AnimaticGenerator().keyframe(shot, tmp_path / "k.png")
    seen = np.asarray(Image.open(tmp_path / "k.png")).astype(int)
    total = seen.sum(axis=2)
    for band in range(3):
        assert ((seen[..., band] > 150) & (seen[..., band] > 0.8 * total)).mean() > 0.01


async def test_any_keyframe_of_another_maker_is_animated(tmp_path: Path) -> None:
    Image.effect_mandelbrot((300, 200), (-2, -1, 1, 1), 60).convert("RGB").save(tmp_path / "m.png")
    shot = make_shot(movement="push_in")
    await AnimaticGenerator().clip(
        shot, keyframe=tmp_path / "m.png", frames=10, fps=25, target=tmp_path / "c.mp4"
    )
    seen = frames_of(tmp_path / "c.mp4")
    assert np.abs(seen[0].astype(int) - seen[9].astype(int)).mean() > 1


async def test_broken_pictures_are_named(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    with pytest.raises(ConfigurationFailure) as caught:
        await AnimaticGenerator().keyframe(
            make_shot(picture=tmp_path / "bad.png"), tmp_path / "k.png"
        )
    assert caught.value.code == "animatic_picture_unreadable"
    assert caught.value.fields["path"] == "bad.png"
    assert not (tmp_path / "k.png").exists()


async def test_cancelled_clip_ends_its_encoder_and_leaves_no_file(tmp_path: Path) -> None:
    shot = make_shot(width=320, height=180)
    generator = AnimaticGenerator()
    await generator.keyframe(shot, tmp_path / "k.png")
    task = asyncio.create_task(
        generator.clip(
            shot, keyframe=tmp_path / "k.png", frames=100_000, fps=25, target=tmp_path / "c.mp4"
        )
    )
    await asyncio.sleep(1.0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 10)
    assert names_in(tmp_path) == ["k.png"]


@pytest.mark.parametrize("place", ["street", "home", "card", "space"])
async def test_ffmpeg_finds_no_frozen_and_no_black_stretch_in_a_static_shot(
    tmp_path: Path, place: str
) -> None:
    shot = make_shot(
        width=320, height=180, place=place, figures=(ANNA,) if place != "card" else (),
        card=CardText("标题", ("要点一", "要点二")) if place == "card" else None,
        movement="static", time_of_day="night",
    )  # fmt: skip
    generator = AnimaticGenerator()
    await generator.keyframe(shot, tmp_path / "k.png")
    await generator.clip(
        shot, keyframe=tmp_path / "k.png", frames=125, fps=25, target=tmp_path / "c.mp4"
    )
    said = meters(tmp_path / "c.mp4")
    assert "freeze_start" not in said
    assert "black_start" not in said


async def test_digest_follows_the_bytes_of_pictures_not_their_paths(tmp_path: Path) -> None:
    digests: list[object] = []
    for name, shade in (("a", 90), ("b", 90), ("c", 200)):
        path = tmp_path / f"{name}.png"
        Image.new("RGB", (64, 36), (shade, 40, 40)).save(path)
        made = await AnimaticGenerator().keyframe(make_shot(picture=path), tmp_path / "k.png")
        digests.append(made["digest"])
    assert digests[0] == digests[1] != digests[2]
