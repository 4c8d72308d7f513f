"""Media time: whole frames at a rational rate; never a bare float for an edit point."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class FrameRate:
    """Frames per second as a rational, 25/1 or 30000/1001."""

    numerator: int
    denominator: int = 1

    @property
    def fraction(self) -> Fraction:
        return Fraction(self.numerator, self.denominator)

    def frames_for(self, seconds: float | Fraction) -> int:
        """Frames nearest to a duration in seconds; ties go up."""
        return math.floor(Fraction(seconds) * self.fraction + Fraction(1, 2))

    def frames_covering(self, seconds: float | Fraction) -> int:
        """The fewest frames that last at least `seconds`."""
        return math.ceil(Fraction(seconds) * self.fraction - Fraction(1, 1_000_000))

    def seconds(self, frames: int) -> float:
        return float(frames / self.fraction)


@dataclass(frozen=True, slots=True, order=True)
class MediaTime:
    """A point or length on a film's frame grid."""

    frame: int
    rate: FrameRate

    @property
    def seconds(self) -> float:
        return self.rate.seconds(self.frame)

    def __add__(self, other: MediaTime) -> MediaTime:
        if other.rate != self.rate:
            raise ValueError("times of two frame rates do not add up")
        return MediaTime(self.frame + other.frame, self.rate)
