"""How many frames a video model makes: lengths on its grid, at its own frame rate."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClipGrid:
    """Lengths are `step` x k + `offset` frames, `longest` at most, at `fps` frames a second."""

    step: int
    offset: int
    longest: int
    fps: float

    @property
    def longest_s(self) -> float:
        return self.longest / self.fps


def clip_frames(grid: ClipGrid, seconds: float) -> int:
    """The shortest length on the grid that lasts `seconds`; the longest where none does."""
    # Rounded first: 81 frames at 16 a second are 5.0625 s, which must not ask for 85.
    wanted = round(seconds * grid.fps, 6)
    steps = max(1, math.ceil((wanted - grid.offset) / grid.step))
    return min(steps * grid.step + grid.offset, grid.longest)
