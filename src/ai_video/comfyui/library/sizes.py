"""The size that a family draws a picture in, for each of the film's aspects (`sizes.toml`).

A family has a grid (sides are multiples of it) and a number of pixels it was trained at. The size
for an aspect is the one on the grid whose ratio comes closest among those with about that many
pixels; sizes that a model was published with are said in the table instead.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, cast

from ai_video.domain.slots import Aspect

RATIOS: Final[Mapping[Aspect, float]] = {
    "16:9": 16 / 9,
    "9:16": 9 / 16,
    "1:1": 1.0,
    "4:3": 4 / 3,
    "3:4": 3 / 4,
    "2.35:1": 2.35,
    "21:9": 21 / 9,
}
# Of the pixels that the family was trained at: below, it draws worse; above, it repeats itself.
_LEAST, _MOST = 0.80, 1.04


@dataclass(frozen=True, slots=True)
class _Family:
    grid: int
    pixels: int
    said: Mapping[str, tuple[int, int]]


@cache
def _families() -> Mapping[str, _Family]:
    text = (resources.files("ai_video.comfyui.library") / "sizes.toml").read_text("utf-8")
    found: dict[str, _Family] = {}
    for name, raw in cast("dict[str, dict[str, object]]", tomllib.loads(text)).items():
        said = cast("dict[str, list[int]]", raw.get("sizes", {}))
        found[name] = _Family(
            grid=cast("int", raw["grid"]),
            pixels=cast("int", raw["pixels"]),
            said={aspect: (size[0], size[1]) for aspect, size in said.items()},
        )
    return found


SIZED_FAMILIES: Final = tuple(_families())


def grid_of(family: str) -> int:
    """The number that both sides are multiples of. Raises: KeyError, no such family."""
    return _families()[family].grid


@cache
def generation_size(family: str, aspect: Aspect, *, scale: float = 1.0) -> tuple[int, int]:
    """(width, height) in px for a family and an aspect.

    Args:
        scale: of the family's number of pixels: below 1 for cards with less memory.

    Raises:
        KeyError: no such family.
    """
    known = _families()[family]
    if scale == 1.0 and aspect in known.said:
        return known.said[aspect]
    budget = known.pixels * scale
    ratio = RATIOS[aspect]
    best: tuple[float, float, tuple[int, int]] | None = None
    for height in range(known.grid, math.isqrt(int(budget * 4)) + known.grid, known.grid):
        width = max(known.grid, round(height * ratio / known.grid) * known.grid)
        share = width * height / budget
        if not _LEAST <= share <= _MOST:
            continue
        off = abs(math.log(width / height / ratio))
        # A ratio within half a percent is as good as exact: then the fuller size wins.
        rated = (max(off, 0.005), abs(1 - share), (width, height))
        if best is None or rated < best:
            best = rated
    if best is None:
        side = max(known.grid, round(math.sqrt(budget * ratio) / known.grid) * known.grid)
        return side, max(known.grid, round(side / ratio / known.grid) * known.grid)
    return best[2]
