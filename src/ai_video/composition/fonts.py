"""The fonts that may be burnt in: where they are, what they can write, how wide it gets."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pylopdf_fonts_zh_cn
from PIL import ImageFont

_MEASURE = 200


@dataclass(frozen=True, slots=True)
class Font:
    """One static font file; `line_height` is ascender plus descender in em, as libass counts."""

    family: str
    path: Path
    characters: frozenset[int]
    line_height: float

    def can_write(self, char: str) -> bool:
        return ord(char) in self.characters

    def width(self, text: str) -> float:
        """Width of one line in em."""
        return _face(self.path).getlength(text) / _MEASURE


FAMILIES = {
    "Noto Sans SC": pylopdf_fonts_zh_cn.sans_path,
    "Noto Serif SC": pylopdf_fonts_zh_cn.serif_path,
}
DEFAULT_FAMILY = "Noto Sans SC"


def font_for(family: str) -> Font:
    """The bundled font of that family; the default one for a family that is not bundled.

    Only static fonts are bundled: of a variable one libass takes the thinnest instance.
    """
    return _load(family if family in FAMILIES else DEFAULT_FAMILY)


@cache
def _load(family: str) -> Font:
    path = FAMILIES[family]()
    data = path.read_bytes()
    tables = _tables(data)
    units = struct.unpack_from(">H", data, tables["head"] + 18)[0]
    ascender, descender = struct.unpack_from(">HH", data, tables["OS/2"] + 74)
    return Font(
        family=family,
        path=path,
        characters=_characters(data, tables["cmap"]),
        line_height=(ascender + descender) / units,
    )


@cache
def _face(path: Path) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), _MEASURE, layout_engine=ImageFont.Layout.BASIC)


def _tables(data: bytes) -> dict[str, int]:
    """Offsets of the font's tables (OpenType specification, table directory)."""
    count = struct.unpack_from(">H", data, 4)[0]
    return {
        data[12 + 16 * i : 16 + 16 * i].decode("latin-1"): struct.unpack_from(
            ">I", data, 20 + 16 * i
        )[0]
        for i in range(count)
    }


def _characters(data: bytes, cmap: int) -> frozenset[int]:
    """Code points that have a glyph: the cmap's subtable of format 12 (platform 3, encoding 10).

    Raises:
        ValueError: the font has no such subtable (every CJK font has).
    """
    count = struct.unpack_from(">H", data, cmap + 2)[0]
    for i in range(count):
        platform, encoding, offset = struct.unpack_from(">HHI", data, cmap + 4 + 8 * i)
        if (platform, encoding) == (3, 10):
            groups = struct.unpack_from(">I", data, cmap + offset + 12)[0]
            found: set[int] = set()
            for group in range(groups):
                first, last = struct.unpack_from(">II", data, cmap + offset + 16 + 12 * group)
                found.update(range(first, last + 1))
            return frozenset(found)
    raise ValueError("the font has no full Unicode cmap")
