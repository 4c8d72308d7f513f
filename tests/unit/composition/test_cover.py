"""Which picture makes a cover, and which part of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ai_video.composition.cover import RATIOS, cropped, picture_appeal
from ai_video.errors import InputRefused


def picture(path: Path, *, busy: slice | None, wide: int = 640, high: int = 360) -> Path:
    """A grey picture with a stretch of coloured blocks."""
    pixels = np.full((high, wide, 3), 110, np.uint8)
    if busy is not None:
        rng = np.random.default_rng(1)
        part = pixels[:, busy]
        blocks = rng.integers(0, 255, (high // 12, part.shape[1] // 12 + 1, 3), np.uint8)
        part[:] = np.kron(blocks, np.ones((12, 12, 1), np.uint8))[:high, : part.shape[1]]
    Image.fromarray(pixels).save(path)
    return path


def test_a_rich_picture_appeals_more_than_a_flat_or_a_black_one(tmp_path):
    rich = picture_appeal(picture(tmp_path / "rich.png", busy=slice(0, 640)))
    flat = picture_appeal(picture(tmp_path / "flat.png", busy=None))
    Image.new("RGB", (64, 36)).save(tmp_path / "black.png")
    assert rich > flat > picture_appeal(tmp_path / "black.png")


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize(("busy", "side"), [(slice(0, 180), "left"), (slice(460, 640), "right")])
def test_the_crop_keeps_the_ratio_and_what_is_to_be_seen(tmp_path, ratio, busy, side):
    source = picture(tmp_path / "wide.png", busy=busy)
    cropped(source, RATIOS[ratio], tmp_path / "part.png")
    with Image.open(tmp_path / "part.png") as part:
        across, down = RATIOS[ratio]
        assert part.width / part.height == pytest.approx(across / down, abs=0.01)
        if ratio == "16:9":
            return
        spread = np.asarray(part, np.float32).std(axis=(0, 2))
        assert (spread > 20).mean() > 0.6


def test_a_file_that_is_no_picture_is_refused(tmp_path):
    (tmp_path / "x.png").write_bytes(b"nothing")
    with pytest.raises(InputRefused, match="not_a_picture"):
        picture_appeal(tmp_path / "x.png")
