"""How long each shot lasts: speech, pauses, silent action, fitted to a target length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ai_video.domain.entities import Lang
from ai_video.domain.media_time import FrameRate
from ai_video.writing.beats import Beat
from ai_video.writing.speech import speech_s

SHORTEST_S: Final = 2.0
LONGEST_S: Final = 12.0
SLOWEST: Final = 0.9
FASTEST: Final = 1.15
_LEAD_S: Final = 0.3
_GAP_S: Final = 0.3
_TAIL_S: Final = 0.5
_TIGHTEST: Final = 0.35
_LOOSEST: Final = 2.6
# Sentences leave speech before pauses get tighter than this.
_BRISK: Final = 0.5


@dataclass(frozen=True, slots=True)
class Pace:
    """Speech rate and how wide the pauses are; 1 and 1 when no length is asked."""

    speed: float = 1.0
    pauses: float = 1.0


@dataclass(frozen=True, slots=True)
class BeatTime:
    """The parts of one beat's length in seconds at speed 1."""

    speech_s: float
    lines: int
    silent_s: float

    def at(self, pace: Pace) -> float:
        """Seconds at a pace, between the shortest and the longest shot (speech is never cut)."""
        if not self.lines:
            return min(max(self.silent_s * pace.pauses**0.8, SHORTEST_S), LONGEST_S)
        spoken = self.speech_s / pace.speed
        pauses = (_LEAD_S + _TAIL_S + _GAP_S * (self.lines - 1)) * pace.pauses
        pauses += self.silent_s * pace.pauses
        return min(max(spoken + pauses, SHORTEST_S), max(LONGEST_S, spoken + 0.4))


def beat_times(beats: Sequence[Beat], lang: Lang) -> list[BeatTime]:
    return [
        BeatTime(
            sum(speech_s(line.text, lang) for line in beat.lines), len(beat.lines), beat.silent_s
        )
        for beat in beats
    ]


def total_s(times: Sequence[BeatTime], pace: Pace) -> float:
    return sum(time.at(pace) for time in times)


def shortest_s(times: Sequence[BeatTime]) -> float:
    return total_s(times, Pace(FASTEST, _BRISK))


def fit_pace(times: Sequence[BeatTime], length_s: float | None) -> Pace:
    """The pace that comes nearest to a length: speech rate within 0.9-1.15 first, then pauses."""
    if length_s is None or not times:
        return Pace()
    low, high = SLOWEST, FASTEST
    if total_s(times, Pace()) <= length_s * 1.005:
        high = 1.0
    else:
        low = 1.0
    for _ in range(20):
        middle = (low + high) / 2
        if total_s(times, Pace(middle)) > length_s:
            low = middle
        else:
            high = middle
    speed = round((low + high) / 2, 2)
    low, high = _TIGHTEST, _LOOSEST
    for _ in range(30):
        middle = (low + high) / 2
        if total_s(times, Pace(speed, middle)) < length_s:
            low = middle
        else:
            high = middle
    return Pace(speed, (low + high) / 2)


def on_grid(seconds: Sequence[float], fps: int) -> list[float]:
    """Lengths in whole frames whose sum stays within a frame of the sum of `seconds`."""
    rate = FrameRate(fps)
    lengths: list[float] = []
    exact, frames = 0.0, 0
    for length in seconds:
        exact += length
        count = max(1, rate.frames_for(exact) - frames)
        frames += count
        lengths.append(rate.seconds(count))
    return lengths
