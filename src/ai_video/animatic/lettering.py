"""Words as masks: the packaged fonts, glyphs they lack, line breaking and fitting."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import numpy as np
import pylopdf_fonts_zh_cn
from PIL import Image, ImageDraw, ImageFont

from ai_video.animatic.canvas import Bytes

Face = Literal["sans", "serif"]

_NEVER_FIRST = "，。、；：？！）》」』】〉”’…—·％%,.;:?!)]}°℃"
_NEVER_LAST = "（《「『【〈“‘([{$¥€£"


@cache
def font(face: Face, size: int) -> ImageFont.FreeTypeFont:
    """The packaged static font (Noto Sans or Serif SC) at a size in px."""
    sans = face == "sans"
    path = pylopdf_fonts_zh_cn.sans_path() if sans else pylopdf_fonts_zh_cn.serif_path()
    return ImageFont.truetype(str(path), max(6, size), layout_engine=ImageFont.Layout.BASIC)


@cache
def has_glyph(face: Face, character: str) -> bool:
    """Whether the font can draw the character (else it would draw an empty box)."""
    probe = font(face, 24)
    return _picture(probe, character) != _picture(probe, "\U0010fffe")


def _picture(face: ImageFont.FreeTypeFont, character: str) -> bytes:
    image = Image.new("L", (48, 48), 0)
    ImageDraw.Draw(image).text((6, 4), character, fill=255, font=face)
    return image.tobytes()


@dataclass(slots=True)
class Lost:
    """Characters that no packaged font can draw, as met so far."""

    characters: set[str] = field(default_factory=set[str])


def printable(text: str, face: Face, lost: Lost | None = None, limit: int = 2000) -> str:
    """The text with what the font lacks replaced by spaces, and runs of spaces joined."""
    kept: list[str] = []
    for character in unicodedata.normalize("NFC", text[:limit]):
        kind = unicodedata.category(character)
        if kind in {"Zs", "Zl", "Zp", "Cc"}:
            kept.append(" ")
        elif kind in {"Mn", "Me", "Cf", "Cs", "Co", "Cn"} or not has_glyph(face, character):
            kept.append("" if kind in {"Mn", "Me", "Cf"} else " ")
            if lost is not None and kind != "Cf":
                lost.characters.add(character)
        else:
            kept.append(character)
    return " ".join("".join(kept).split())


def width_of(text: str, face: Face, size: int) -> float:
    """Advance width in px."""
    return font(face, size).getlength(text)


def _pieces(text: str) -> list[str]:
    """Smallest parts that may not be broken: one CJK character, or one word with its space."""
    parts: list[str] = []
    for character in text:
        joins = bool(parts) and (
            character in _NEVER_FIRST
            or parts[-1][-1] in _NEVER_LAST
            or (_in_word(character) and _in_word(parts[-1][-1]))
            or character == " "
        )
        if joins:
            parts[-1] += character
        else:
            parts.append(character)
    return parts


def _in_word(character: str) -> bool:
    return character not in {" ", "—", "-"} and unicodedata.east_asian_width(character) not in "WF"


def wrap(text: str, face: Face, size: int, limit_px: float) -> list[str]:
    """Lines no wider than the limit; a word longer than a line is cut."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if width_of((line + piece).rstrip(), face, size) <= limit_px:
            line += piece
            continue
        if line.strip():
            lines.append(line.strip())
        line = piece
        while width_of(line.rstrip(), face, size) > limit_px and len(line) > 1:
            cut = _longest(line, face, size, limit_px)
            lines.append(line[:cut])
            line = line[cut:]
    if line.strip():
        lines.append(line.strip())
    return _without_orphan(lines)


def _without_orphan(lines: list[str]) -> list[str]:
    """A last line of one CJK character takes a second one from the line before."""
    if len(lines) >= 2 and len(lines[-1].strip(_NEVER_FIRST)) == 1 and len(lines[-2]) > 4:
        before, last = lines[-2], lines[-1]
        if not _in_word(before[-1]) and before[-1] not in _NEVER_FIRST:
            return [*lines[:-2], before[:-1], before[-1] + last]
    return lines


def _longest(line: str, face: Face, size: int, limit_px: float) -> int:
    low, high = 1, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        if width_of(line[:middle], face, size) <= limit_px:
            low = middle
        else:
            high = middle - 1
    return low


@dataclass(frozen=True, slots=True)
class Block:
    """Words laid out: lines at one size, all in px."""

    lines: tuple[str, ...]
    face: Face
    size: int
    bold: float
    leading: float = 1.32

    @property
    def width(self) -> int:
        return max((round(width_of(line, self.face, self.size)) for line in self.lines), default=0)

    @property
    def line_height(self) -> int:
        return round(self.size * self.leading)

    @property
    def height(self) -> int:
        return self.line_height * len(self.lines)


def fit(
    text: str, face: Face, *, wide: float, high: float, largest: float, smallest: float,
    bold: float = 0.0, leading: float = 1.32, single: bool = False,
) -> Block:  # fmt: skip
    """The text at the largest size that fits a box (px); the smallest size cuts it with an ellipsis.

    `single` keeps it on one line.
    """
    wide = max(8.0, wide)
    floor = max(7, round(smallest))
    size = max(floor, round(largest))
    while True:
        lines = wrap(text, face, size, wide - bold * size)
        fits = len(lines) * round(size * leading) <= high and not (single and len(lines) > 1)
        if fits or size <= floor:
            break
        size = max(floor, min(size - 1, round(size * 0.93)))
    room = 1 if single else max(1, int(high // round(size * leading)))
    if len(lines) > room:
        lines = [*lines[: room - 1], _ellipsized(lines[room - 1], face, size, wide)]
    return Block(tuple(lines), face, size, bold, leading)


def _ellipsized(line: str, face: Face, size: int, limit_px: float) -> str:
    while line and width_of(line + "…", face, size) > limit_px:
        line = line[:-1]
    return line.rstrip() + "…"


def block_mask(block: Block, align: Literal["left", "middle", "right"] = "left") -> Bytes:
    """The block's words as coverage 0..255, padded by a few px on every side."""
    pad = round(block.size * 0.25) + 2
    image = Image.new("L", (block.width + 2 * pad, block.height + 2 * pad), 0)
    pen = ImageDraw.Draw(image)
    for row, line in enumerate(block.lines):
        free = block.width - width_of(line, block.face, block.size)
        x = pad + {"left": 0.0, "middle": free / 2, "right": free}[align]
        y = pad + row * block.line_height + block.line_height / 2
        pen.text(
            (x, y), line, fill=255, font=font(block.face, block.size), anchor="lm",
            stroke_width=block.bold * block.size / 2,
        )  # fmt: skip
    return np.asarray(image)


def mask_padding(block: Block) -> int:
    """Empty px around the words of `block_mask`."""
    return round(block.size * 0.25) + 2
