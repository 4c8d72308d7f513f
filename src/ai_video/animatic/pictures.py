"""Ready pictures (a user's, a model's) fitted into a frame with room for the camera."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from ai_video.animatic.canvas import Bytes, Floats
from ai_video.errors import ConfigurationFailure

Pixels = NDArray[np.uint8]

MAX_CROPPED = 0.10
_LONGEST = 4096


def open_picture(path: Path) -> Pixels:
    """RGBA pixels of a picture file, turned upright, at most 4096 px long.

    Raises:
        ConfigurationFailure: `animatic_picture_unreadable`.
    """
    try:
        with Image.open(path) as image:
            image.draft("RGB", (_LONGEST, _LONGEST))
            upright = ImageOps.exif_transpose(image).convert("RGBA")
            upright.thumbnail((_LONGEST, _LONGEST))
            return np.asarray(upright)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError) as exc:
        raise ConfigurationFailure(
            "animatic_picture_unreadable", path=path.name, reason=type(exc).__name__
        ) from exc


def on_white(pixels: Pixels) -> Pixels:
    """RGB pixels of an RGBA picture over white."""
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:].astype(np.float32) / 255
    return (pixels[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)


def fitted(pixels: Pixels, wide: int, high: int, margin_x: int, margin_y: int) -> Floats:
    """The picture in a frame (px) plus margins, RGB 0..1: at most a tenth is cropped away.

    What stays free is filled by a blurred, darkened copy; the margins mirror the frame.
    """
    source_high, source_wide = pixels.shape[:2]
    cover = max(wide / source_wide, high / source_high)
    contain = min(wide / source_wide, high / source_high)
    scale = min(cover, contain / (1 - MAX_CROPPED))
    size = (max(2, round(source_wide * scale)), max(2, round(source_high * scale)))
    placed = _resized(pixels, size)
    placed = _middle(placed, min(size[0], wide), min(size[1], high))
    frame = _backdrop(pixels, wide, high, cover)
    top, left = (high - placed.shape[0]) // 2, (wide - placed.shape[1]) // 2
    frame[top : top + placed.shape[0], left : left + placed.shape[1]] = placed
    bordered = cv2.copyMakeBorder(
        frame, margin_y, margin_y, margin_x, margin_x, cv2.BORDER_REFLECT_101
    )
    return np.asarray(bordered, np.float32) / 255


def _backdrop(pixels: Pixels, wide: int, high: int, cover: float) -> Bytes:
    source_high, source_wide = pixels.shape[:2]
    size = (max(wide, round(source_wide * cover)), max(high, round(source_high * cover)))
    filled = _middle(_resized(pixels, size), wide, high)
    soft = cv2.GaussianBlur(filled, (0, 0), max(2.0, high / 24))
    return np.asarray(cv2.convertScaleAbs(soft, alpha=0.62), np.uint8)


def _resized(pixels: Pixels, size: tuple[int, int]) -> Bytes:
    smaller = size[0] < pixels.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, size, interpolation=how), np.uint8)


def _middle(pixels: Bytes, wide: int, high: int) -> Bytes:
    top, left = (pixels.shape[0] - high) // 2, (pixels.shape[1] - wide) // 2
    return pixels[top : top + high, left : left + wide]
