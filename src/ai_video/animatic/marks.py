"""Words that lie on the frame itself: shot label, place or speaker, the 'animatic' mark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from ai_video.animatic.canvas import Box, Canvas
from ai_video.animatic.colors import WHITE, Color, rgb
from ai_video.animatic.layers import Frame, Planes, planes_of
from ai_video.animatic.lettering import Block, Face, Lost, block_mask, fit, mask_padding, printable

_MARK = {"zh": "动态分镜", "en": "ANIMATIC"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A small picture at a fixed place that fades in."""

    planes: Planes
    left: int
    top: int
    begins_s: float
    alpha: float = 1.0
    rise: int = 0
    wipe: Literal["", "right", "up"] = ""

    def draw(self, frame: Frame, at_s: float) -> None:
        length = 0.7 if self.wipe else 0.35
        share = min(1.0, max(0.0, (at_s - self.begins_s) / length)) if self.begins_s >= 0 else 1.0
        if share <= 0:
            return
        eased = 1 - (1 - share) ** 3
        top = self.top + 2 * round(self.rise * (1 - eased) / 2)
        fade = self.alpha * (1.0 if self.wipe else share)
        planes = self.planes
        assert planes.alpha is not None
        assert planes.alpha_half is not None
        for target, picture, alpha, factor in (
            (frame.y, planes.y, planes.alpha, 1),
            (frame.u, planes.u, planes.alpha_half, 2),
            (frame.v, planes.v, planes.alpha_half, 2),
        ):
            high, wide = picture.shape
            first = 0
            if self.wipe == "right":
                wide = max(1, 2 * round(wide * factor * eased / 2) // factor)
            elif self.wipe == "up":
                first = high - max(1, 2 * round(high * factor * eased / 2) // factor)
            _lay(
                target, picture[first:, :wide], alpha[first:, :wide], self.left // factor,
                top // factor + first, fade,
            )  # fmt: skip


def _lay(
    target: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
    picture: cv2.typing.MatLike,
    alpha: cv2.typing.MatLike,
    left: int,
    top: int,
    share: float,
) -> None:
    here = target[top : top + picture.shape[0], left : left + picture.shape[1]]
    if not here.size:
        return
    picture, alpha = (
        picture[: here.shape[0], : here.shape[1]],
        alpha[: here.shape[0], : here.shape[1]],
    )
    cover = cv2.convertScaleAbs(alpha, alpha=share)
    kept = cv2.multiply(here, cv2.bitwise_not(cover), scale=1 / 255)
    here[:] = cv2.add(kept, cv2.convertScaleAbs(picture, alpha=share))


def stamp(
    canvas: Canvas, block: Block, x: int, y: int, color: Color, *, alpha: float = 1.0
) -> None:
    """Write a block of words with its top left corner at a px of the canvas."""
    mask = block_mask(block)
    pad = mask_padding(block)
    left, top = x - pad, y - pad
    cut_left, cut_top = max(0, -left), max(0, -top)
    mask = mask[cut_top : canvas.high - top, cut_left : canvas.wide - left]
    whole = np.zeros((canvas.high, canvas.wide), np.float32)
    row, column = max(0, top), max(0, left)
    if not mask.size or row >= canvas.high or column >= canvas.wide:
        return
    whole[row : row + mask.shape[0], column : column + mask.shape[1]] = (
        mask.astype(np.float32) / 255
    )
    canvas.lay(whole, color, alpha=alpha)


def _even(value: float) -> int:
    return int(value) & ~1


def shot_marks(
    wide: int, high: int, *, label: str, caption: str, kicker: str, lang: str, face: Face,
    accent: Color, lost: Lost,
) -> list[Mark]:  # fmt: skip
    """The marks of a frame: label top left, animatic top right, caption as a lower third."""
    unit = min(wide, high) / 360
    margin = _even(12 * unit)
    marks: list[Mark] = []
    sign = _pill(
        _MARK["en" if lang == "en" else "zh"], 9.5 * unit, wide * 0.4, "sans", lost, quiet=True
    )
    if sign is not None:
        marks.append(Mark(sign, _even(wide - margin - sign.y.shape[1]), margin, -1.0, 0.75))
    tag = _pill(label, 11 * unit, wide * 0.3, "sans", lost, quiet=False)
    if tag is not None:
        marks.append(Mark(tag, margin, margin, -1.0))
    plate = _plate(caption, kicker, unit, wide * 0.5, face, accent, lost)
    if plate is not None:
        marks.append(Mark(plate, margin, _even(high * 0.8 - plate.y.shape[0]), 0.25))
    return marks


def _pill(
    text: str, size: float, limit: float, face: Face, lost: Lost, *, quiet: bool
) -> Planes | None:
    words = printable(text, face, lost)
    if not words:
        return None
    block = fit(
        words,
        face,
        wide=limit,
        high=size * 1.4,
        largest=max(9, size),
        smallest=max(8, size * 0.8),
        bold=0.03,
    )
    pad = max(3, round(size * 0.55))
    canvas = _blank(block.width + 2 * pad, block.line_height + round(pad * 0.5))
    canvas.rect(
        0,
        0,
        canvas.wide,
        canvas.high,
        rgb("#0e1420"),
        alpha=0.38 if quiet else 0.62,
        round_by=canvas.high * 0.32,
    )
    stamp(canvas, block, pad, round(pad * 0.25), WHITE, alpha=0.9 if quiet else 1.0)
    return planes_of(canvas.rgb, canvas.alpha, None)


def _plate(
    caption: str, kicker: str, unit: float, limit: float, face: Face, accent: Color, lost: Lost
) -> Planes | None:
    words, small = printable(caption, face, lost), printable(kicker, face, lost)
    if not words:
        return None
    size = 14.5 * unit
    title = fit(
        words, face, wide=limit, high=size * 1.4, largest=size, smallest=size * 0.72, bold=0.03
    )
    under = (
        fit(small, face, wide=limit, high=size, largest=size * 0.66, smallest=size * 0.55)
        if small
        else None
    )
    bar, pad = max(2, round(3 * unit)), round(6 * unit)
    inner = max(title.width, under.width if under else 0)
    canvas = _blank(
        bar + 2 * pad + inner, title.line_height + (under.line_height if under else 0) + pad
    )
    canvas.rect(0, 0, canvas.wide, canvas.high, rgb("#0b101a"), alpha=0.5, round_by=2 * unit)
    canvas.rect(0, 0, bar, canvas.high, accent)
    stamp(canvas, title, bar + pad, pad // 2, WHITE)
    if under is not None:
        stamp(canvas, under, bar + pad, pad // 2 + title.line_height, (0.86, 0.89, 0.94))
    return planes_of(canvas.rgb, canvas.alpha, None)


def _blank(wide: int, high: int) -> Canvas:
    return Canvas(Box(0, 0, (wide + 1) & ~1, (high + 1) & ~1), 1.0)
