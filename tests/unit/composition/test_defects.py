"""What is wrong with a generated picture or clip, on pictures made for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from ai_video.composition.defects import Wanted, inspect_motion, inspect_picture

WIDTH, HEIGHT = 320, 176
ASKED = Wanted(WIDTH, HEIGHT)
Pixels = NDArray[np.uint8]
RANDOM = np.random.default_rng(7)


def scene(at: float = 0.0, width: int = WIDTH, height: int = HEIGHT) -> Pixels:
    """A sky over a ground with a bright disc that wanders."""
    down, across = np.mgrid[0:height, 0:width]
    luma = 60 + 120 * (1 - down / height)
    luma[down > height * 0.7] = 50
    disc = (across - width * (0.2 + 0.6 * at)) ** 2 + (down - height * 0.4) ** 2 < 900
    luma[disc] = 240
    return np.repeat(luma[..., None], 3, axis=2).astype(np.uint8)


def night() -> Pixels:
    picture = np.full((HEIGHT, WIDTH, 3), 6, np.uint8)
    picture[30:40, 200:212] = 210
    return picture


def noise() -> Pixels:
    return RANDOM.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def decoded_noise() -> Pixels:
    """As a decoder shows a latent of noise: blobs of eight pixels."""
    small = Image.fromarray(RANDOM.integers(0, 256, (66, 120, 3), np.uint8))
    return np.asarray(small.resize((960, 528), Image.Resampling.BICUBIC))


def black() -> Pixels:
    return RANDOM.integers(0, 8, (HEIGHT, WIDTH, 3), np.uint8)


def grey() -> Pixels:
    return np.full((HEIGHT, WIDTH, 3), 127, np.uint8)


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        (scene, ()),
        (night, ()),
        (black, ("black",)),
        (grey, ("blank",)),
        (noise, ("noise",)),
        (decoded_noise, ("noise",)),
    ],
)
def test_a_picture(tmp_path: Path, draw: Callable[[], Pixels], expected: tuple[str, ...]) -> None:
    path = tmp_path / "picture.png"
    Image.fromarray(draw()).save(path)
    found = inspect_picture(path, ASKED)
    assert found.defects == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Wanted(), ()),
        (Wanted(WIDTH, HEIGHT), ()),
        (Wanted(WIDTH // 2, HEIGHT // 2), ()),  # upscaled
        (Wanted(WIDTH * 2, HEIGHT * 2), ("size",)),
        (Wanted(HEIGHT, WIDTH), ("size",)),
    ],
)
def test_a_size(tmp_path: Path, asked: Wanted, expected: tuple[str, ...]) -> None:
    path = tmp_path / "picture.png"
    Image.fromarray(scene()).save(path)
    assert inspect_picture(path, asked).defects == expected


def test_a_file_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG nothing more")
    assert inspect_picture(path, ASKED).defects == ("unreadable",)
    assert inspect_motion(path, ASKED).defects == ("unreadable",)


def clip(path: Path, frames: Iterable[Pixels], fps: int = 25) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        container.mux(stream.encode(None))
    return path


def moving(count: int = 25) -> list[Pixels]:
    return [scene(index / count) for index in range(count)]


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        (moving(), ()),
        ([scene()] * 25, ("frozen",)),
        ([black()] * 25, ("black",)),
        ([grey()] * 25, ("blank",)),
        ([noise() for _ in range(25)], ("noise",)),
        ([*moving(22), *[black()] * 3], ()),  # it fades out
    ],
)
def test_a_clip(tmp_path: Path, frames: list[Pixels], expected: tuple[str, ...]) -> None:
    asked = Wanted(WIDTH, HEIGHT, 25, 25.0)
    found = inspect_motion(clip(tmp_path / "clip.mp4", frames), asked)
    assert found.defects == expected
    assert found.scores["frames"] == 25


def test_a_clip_of_another_length_and_rate(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.mp4", moving(20), fps=20)
    assert inspect_motion(path, Wanted(WIDTH, HEIGHT, 25, 25.0)).defects == ("length", "rate")
    assert inspect_motion(path, Wanted(WIDTH, HEIGHT, 21, 20.0)).defects == ()
