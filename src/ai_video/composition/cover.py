"""Which picture of a film makes a good cover, and which part of it to keep."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from ai_video.errors import InputRefused

Pixels = NDArray[np.uint8]
RATIOS: dict[str, tuple[int, int]] = {
    "16:9": (1920, 1080), "3:4": (1080, 1440), "9:16": (1080, 1920),
}  # fmt: skip
"""Sizes that the large platforms ask for, in px."""
_SEEN = 320


def picture_appeal(path: Path) -> float:
    """How much a picture draws the eye, about 0 to 3: sharp, colourful, of good contrast and light.

    Colourfulness after Hasler and Süsstrunk (2003). Blocking.

    Raises:
        InputRefused: `not_a_picture`.
    """
    small = _opened(path)
    small.thumbnail((_SEEN, _SEEN))
    pixels = np.asarray(small, np.float32)
    grey = cv2.cvtColor(np.asarray(small), cv2.COLOR_RGB2GRAY)
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    across, along = red - green, (red + green) / 2 - blue
    colour = float(
        np.hypot(across.std(), along.std()) + 0.3 * np.hypot(across.mean(), along.mean())
    )
    sharp = float(np.log1p(cv2.Laplacian(grey, cv2.CV_32F).var())) / 8
    light = float(grey.mean()) / 255
    contrast = float(grey.std()) / 64
    dull = max(0.0, 0.18 - light) * 5 + max(0.0, light - 0.85) * 5
    return min(colour / 60, 1.0) + min(sharp, 1.0) + min(contrast, 1.0) - dull


def cropped(path: Path, size: tuple[int, int], target: Path) -> None:
    """Write the part of a picture that has the ratio of `size` and holds most of what it shows.

    Blocking.

    Raises:
        InputRefused: `not_a_picture`.
    """
    picture = _opened(path)
    wide, high = picture.size
    ratio = size[0] / size[1]
    kept = (min(wide, round(high * ratio)), min(high, round(wide / ratio)))
    left, top = _best_window(np.asarray(picture), kept)
    picture.crop((left, top, left + kept[0], top + kept[1])).save(target)


def _opened(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            return ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as exc:
        raise InputRefused("not_a_picture", path=path.name) from exc


def _best_window(pixels: Pixels, kept: tuple[int, int]) -> tuple[int, int]:
    """Upper left corner of the window with most edges and colour; the middle where all is alike."""
    high, wide = pixels.shape[:2]
    scale = min(1.0, _SEEN / max(wide, high))
    small = cv2.resize(pixels, (max(2, round(wide * scale)), max(2, round(high * scale))))
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    edges = np.abs(cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), 1.2), cv2.CV_32F))
    vivid = small.max(axis=2).astype(np.float32) - small.min(axis=2)
    interest = edges / max(1e-6, float(edges.mean())) + vivid / max(1e-6, float(vivid.mean()))
    left = _best_start(interest.sum(axis=0), max(1, round(kept[0] * scale)))
    top = _best_start(interest.sum(axis=1), max(1, round(kept[1] * scale)))
    return (
        min(wide - kept[0], round(left / scale)),
        min(high - kept[1], round(top / scale)),
    )


def _best_start(values: NDArray[np.floating], length: int) -> int:
    room = len(values) - length
    if room <= 0:
        return 0
    sums = np.convolve(values, np.ones(length), mode="valid")
    starts = np.arange(len(sums))
    central = 1 - 0.25 * np.abs(starts - room / 2) / (room / 2)
    return int(np.argmax(sums * central))
