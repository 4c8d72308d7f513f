"""Ready pictures (a user's, a model's) fitted into a frame with room for the camera."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from ai_video.animatic.canvas import Box, Bytes, Canvas, Floats
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


def is_cutout(pixels: Pixels) -> bool:
    """Whether a picture is a figure cut out on a see-through ground."""
    return pixels.shape[2] == 4 and float((pixels[..., 3] < 16).mean()) > 0.03


def place_cutout(canvas: Canvas, pixels: Pixels, x: float, top: float, high: float) -> None:
    """Lay a cut-out picture on a canvas: its middle at x, its top and height in world units."""
    seen = np.flatnonzero((pixels[..., 3] > 16).any(axis=1))
    across = np.flatnonzero((pixels[..., 3] > 16).any(axis=0))
    if not len(seen):
        return
    pixels = pixels[seen[0] : seen[-1] + 1, across[0] : across[-1] + 1]
    tall = max(2, round(high * canvas.scale))
    size = (max(2, round(tall * pixels.shape[1] / pixels.shape[0])), tall)
    floats = pixels.astype(np.float32) / 255
    floats[..., :3] *= floats[..., 3:]
    how = cv2.INTER_AREA if tall < pixels.shape[0] else cv2.INTER_LINEAR
    drawn = np.asarray(cv2.resize(floats, size, interpolation=how), np.float32)
    part = Canvas(Box(0, 0, 0, 0), canvas.scale)
    part.wide, part.high = size
    left = x - size[0] / canvas.scale / 2
    part.box = Box(left, top, left + size[0] / canvas.scale, top + high)
    part.rgb, part.alpha = drawn[..., :3], drawn[..., 3]
    canvas.paste(part)


def place_portrait(canvas: Canvas, pixels: Pixels, box: Box) -> None:
    """Lay a picture on a canvas as a mounted portrait: shadow, white mount, rounded picture."""
    mount = box.height * 0.022
    canvas.rect(
        box.left - mount, box.top - mount * 0.4, box.right + mount, box.bottom + mount * 1.8,
        (0.0, 0.0, 0.0), alpha=0.4, blur=mount * 0.9, round_by=mount * 2,
    )  # fmt: skip
    canvas.rect(
        box.left - mount, box.top - mount, box.right + mount, box.bottom + mount,
        (0.98, 0.98, 0.97), round_by=mount * 1.6,
    )  # fmt: skip
    wide, high = max(2, round(box.width * canvas.scale)), max(2, round(box.height * canvas.scale))
    part = Canvas(box, canvas.scale)
    part.wide, part.high = wide, high
    part.rgb = np.ascontiguousarray(fitted(on_white(pixels), wide, high, 0, 0))
    mask = Canvas(Box(0, 0, wide, high), 1.0)
    mask.rect(0, 0, wide, high, (1.0, 1.0, 1.0), round_by=mount * canvas.scale)
    part.alpha = mask.alpha[:high, :wide]
    part.rgb *= part.alpha[..., None]
    canvas.paste(part)


def portrait_box(pixels: Pixels, x: float, middle: float, high: float) -> Box:
    """A mount of a height at a place, shaped like the picture between 3:4 and 4:3."""
    shape = min(4 / 3, max(3 / 4, pixels.shape[1] / pixels.shape[0]))
    wide = high * shape
    return Box(x - wide / 2, middle - high / 2, x + wide / 2, middle + high / 2)
