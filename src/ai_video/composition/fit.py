"""How a shot's picture and its speech come to fit each other (DESIGN 8.12). Pure.

The planned length is stored. Speech that needs more stretches the segment, not the clip, as long as
the extra is at most a fifth of the plan or one second, whichever is more: the picture slows down by
up to a fifth, and what is still missing is a held last frame of at most one second. Only beyond
that does the clip itself need more frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ai_video.domain.media_time import FrameRate

LEAD_S = 0.25
GAP_S = 0.3
TAIL_S = 0.35
STRETCH = 0.2
HOLD_S = 1.0

FitKind = Literal["fits", "stretched", "held", "clip_too_short"]


@dataclass(frozen=True, slots=True)
class Gaps:
    """Silence in a shot, seconds: before the first line, between lines, after the last."""

    lead_s: float = LEAD_S
    gap_s: float = GAP_S
    tail_s: float = TAIL_S


@dataclass(frozen=True, slots=True)
class FitResult:
    """Frames of the segment, and of the clip that it is made from.

    `fits`: both as planned. `stretched`: the clip as planned, slowed down. `held`: slowed down,
    then its last frame stands. `clip_too_short`: the clip needs as many frames as the segment.
    """

    frames: int
    clip_frames: int
    kind: FitKind


@dataclass(frozen=True, slots=True)
class StretchPlan:
    """How `clip` frames fill `frames` frames: played as `moving` frames, then `held` still ones."""

    moving: int
    held: int


def place_lines(
    voice_lengths_s: Sequence[float],
    *,
    lead_s: float = LEAD_S,
    gap_s: float = GAP_S,
    tail_s: float = TAIL_S,
) -> tuple[list[tuple[float, float]], float]:
    """((start, end) of every line, seconds the shot needs), lines one after another.

    Without lines nothing is needed.
    """
    if not voice_lengths_s:
        return [], 0.0
    placed: list[tuple[float, float]] = []
    clock = lead_s
    for length in voice_lengths_s:
        placed.append((clock, clock + length))
        clock += length + gap_s
    return placed, clock - gap_s + tail_s


def frames_needed(
    planned_frames: int,
    voice_s: Sequence[float],
    *,
    rate: FrameRate,
    gaps: Gaps = Gaps(),
) -> FitResult:
    """The shot's frames after the rule; never fewer than planned."""
    _, total_s = place_lines(voice_s, lead_s=gaps.lead_s, gap_s=gaps.gap_s, tail_s=gaps.tail_s)
    needed = rate.frames_covering(total_s)
    extra = needed - planned_frames
    if extra <= 0:
        return FitResult(planned_frames, planned_frames, "fits")
    if extra > max(_stretch_frames(planned_frames), _hold_frames(rate)):
        return FitResult(needed, needed, "clip_too_short")
    kind = "stretched" if extra <= _stretch_frames(planned_frames) else "held"
    return FitResult(needed, planned_frames, kind)


def stretch(clip_frames: int, frames: int) -> StretchPlan:
    """How a clip fills a segment: cut when longer, slowed by up to a fifth, then held."""
    moving = min(frames, clip_frames + _stretch_frames(clip_frames))
    return StretchPlan(moving=moving, held=frames - moving)


def trimmed(frames: int, spoken: int, *, start: int, end: int) -> tuple[int, int]:
    """Frames really cut from a shot's start and end, of those that were asked.

    What is left holds the `spoken` frames up to the last line's end, and one frame at least; where
    it would not, the end gives way first.
    """
    spare = frames - min(frames, max(1, spoken))
    kept = min(start, spare)
    return kept, min(end, spare - kept)


def _stretch_frames(planned_frames: int) -> int:
    return int(planned_frames * STRETCH + 1e-9)


def _hold_frames(rate: FrameRate) -> int:
    return rate.frames_for(HOLD_S)
