"""The timeline document: what stands where in a film. The editor and every exporter read only this.

All times are whole numbers of a rational tick: pictures on the film's frames, sound on its samples.
Shot and line times, the order of segments and the film's length are computed from the document and
stored nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from ai_video.composition.fit import Gaps, place_lines
from ai_video.domain.entities import Transition, Value
from ai_video.domain.media_time import FrameRate

SAMPLE_RATE = 48_000


class Rate(Value):
    """Ticks a second, rational."""

    numerator: int = Field(gt=0)
    denominator: int = Field(default=1, gt=0)

    @property
    def fraction(self) -> Fraction:
        return Fraction(self.numerator, self.denominator)

    @property
    def frame_rate(self) -> FrameRate:
        return FrameRate(self.numerator, self.denominator)


SAMPLES = Rate(numerator=SAMPLE_RATE)


class Span(Value):
    """A stretch of time: `start` and `length` in ticks of `rate`."""

    start: int = Field(ge=0)
    length: int = Field(gt=0)
    rate: Rate

    @property
    def start_s(self) -> Fraction:
        return self.start / self.rate.fraction

    @property
    def end_s(self) -> Fraction:
        return (self.start + self.length) / self.rate.fraction


class ClipItem(Value):
    """A shot's picture: of the shot's `source_frames` those from `source_start` on.

    `trim_start` and `trim_end` are the frames that a person cut away; the clip is longer than they
    say where it has to hold its speech.
    """

    kind: Literal["clip"] = "clip"
    storyboard_id: UUID
    span: Span
    source_start: int = Field(default=0, ge=0)
    source_frames: int = Field(gt=0)
    trim_start: int = Field(default=0, ge=0)
    trim_end: int = Field(default=0, ge=0)
    transition: Transition = "cut"


class CardItem(Value):
    """A title or an end, which belongs to no shot."""

    kind: Literal["card"] = "card"
    card: Literal["title", "end"]
    span: Span


class VoiceItem(Value):
    """A line as it is heard; `gain_db` is on top of the level that all speech is brought to."""

    kind: Literal["voice"] = "voice"
    storyboard_id: UUID
    line_id: UUID
    gain_db: float = 0.0
    span: Span


class SubtitleItem(Value):
    """A line as it is read; the words are the line's own."""

    kind: Literal["subtitle"] = "subtitle"
    storyboard_id: UUID
    line_id: UUID
    span: Span


class MusicItem(Value):
    """A stretch of music: a style of the project's own beds, or the user's file."""

    kind: Literal["music"] = "music"
    style: str = "auto"
    asset_id: UUID | None = None
    gain_db: float = 0.0
    span: Span


Item = Annotated[
    ClipItem | CardItem | VoiceItem | SubtitleItem | MusicItem, Field(discriminator="kind")
]


class TimelineDocument(Value):
    """Version 1. Clips and cards follow each other without gap or overlap from frame 0; a transition
    into a clip plays inside the neighbouring clips' own frames and moves nothing."""

    version: Literal[1] = 1
    rate: Rate
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    items: tuple[Item, ...] = ()
    left_out: tuple[UUID, ...] = ()
    """Shots of the episode that a person left out of the film."""
    music_gain_db: float = 0.0
    """What a person gave the music, kept while the film has none."""

    @model_validator(mode="after")
    def _pictures_are_seamless(self) -> TimelineDocument:
        at = 0
        for item in self.pictures:
            if item.span.rate != self.rate:
                raise ValueError(f"a {item.kind}'s times are not on the film's frames")
            if item.span.start != at:
                raise ValueError(f"the {item.kind} at frame {item.span.start} should start at {at}")
            at += item.span.length
        return self

    @property
    def pictures(self) -> tuple[ClipItem | CardItem, ...]:
        """Everything that is seen, in order."""
        return tuple(item for item in self.items if isinstance(item, (ClipItem, CardItem)))

    @property
    def clips(self) -> tuple[ClipItem, ...]:
        return tuple(item for item in self.items if isinstance(item, ClipItem))

    @property
    def voices(self) -> tuple[VoiceItem, ...]:
        return tuple(item for item in self.items if isinstance(item, VoiceItem))

    @property
    def frames(self) -> int:
        """Frames of the film."""
        return sum(item.span.length for item in self.pictures)

    @property
    def duration_s(self) -> float:
        return float(self.frames / self.rate.fraction)


@dataclass(frozen=True, slots=True)
class TimedLine:
    """A line and how long its voice is."""

    line_id: UUID
    voice_s: float
    gain_db: float = 0.0


@dataclass(frozen=True, slots=True)
class TimedShot:
    """A shot with its final frames (after `frames_needed` and `trimmed`) and its lines in order.

    `source_frames` are those before trimming (the same, where none are given).
    """

    storyboard_id: UUID
    frames: int
    transition: Transition = "cut"
    lines: tuple[TimedLine, ...] = ()
    source_start: int = 0
    source_frames: int | None = None
    trim_start: int = 0
    trim_end: int = 0


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """Seconds from the film's start."""

    start_s: float
    end_s: float


def auto_timeline(
    shots: Sequence[TimedShot],
    *,
    rate: FrameRate,
    width: int,
    height: int,
    music: str | None = None,
    gaps: Gaps | None = None,
    title_frames: int = 0,
    end_frames: int = 0,
    music_gain_db: float = 0.0,
    left_out: Sequence[UUID] = (),
) -> TimelineDocument:
    """The timeline of these shots: one after another, each line in its shot.

    `music` is a style laid under the whole film, which a title card opens and an end card closes
    where their frames are given.
    """
    grid = Rate(numerator=rate.numerator, denominator=rate.denominator)
    gaps = gaps or Gaps()
    items: list[ClipItem | CardItem | VoiceItem | SubtitleItem | MusicItem] = []
    if title_frames:
        span = Span(start=0, length=title_frames, rate=grid)
        items.append(CardItem(card="title", span=span))
    at = title_frames
    for shot in shots:
        items.append(
            ClipItem(
                storyboard_id=shot.storyboard_id,
                span=Span(start=at, length=shot.frames, rate=grid),
                source_start=shot.source_start,
                source_frames=shot.source_frames or shot.frames,
                trim_start=shot.trim_start,
                trim_end=shot.trim_end,
                transition=shot.transition,
            )
        )
        items += _line_items(shot, at / grid.fraction, gaps)
        at += shot.frames
    if end_frames:
        items.append(CardItem(card="end", span=Span(start=at, length=end_frames, rate=grid)))
        at += end_frames
    if music is not None and at:
        span = Span(start=0, length=at, rate=grid)
        items.append(MusicItem(style=music, gain_db=music_gain_db, span=span))
    return TimelineDocument(
        rate=grid,
        width=width,
        height=height,
        items=tuple(items),
        left_out=tuple(left_out),
        music_gain_db=music_gain_db,
    )


def _line_items(
    shot: TimedShot, start_s: Fraction, gaps: Gaps
) -> Iterator[VoiceItem | SubtitleItem]:
    placed, _ = place_lines(
        [line.voice_s for line in shot.lines],
        lead_s=gaps.lead_s,
        gap_s=gaps.gap_s,
        tail_s=gaps.tail_s,
    )
    for line, (begin, end) in zip(shot.lines, placed, strict=True):
        first = round((start_s + Fraction(begin)) * SAMPLE_RATE)
        length = max(1, round(Fraction(end - begin) * SAMPLE_RATE))
        span = Span(start=first, length=length, rate=SAMPLES)
        yield VoiceItem(
            storyboard_id=shot.storyboard_id,
            line_id=line.line_id,
            gain_db=line.gain_db,
            span=span,
        )
        yield SubtitleItem(storyboard_id=shot.storyboard_id, line_id=line.line_id, span=span)


def segment_order(document: TimelineDocument) -> list[UUID]:
    """Storyboards in the order their segments are joined."""
    return [clip.storyboard_id for clip in document.clips]


def shot_times(document: TimelineDocument) -> Mapping[UUID, TimeSpan]:
    """When each shot is seen; a shot used twice counts from its first to its last use."""
    return _times((clip.storyboard_id, clip.span) for clip in document.clips)


def line_times(document: TimelineDocument) -> Mapping[UUID, TimeSpan]:
    """When each line is heard."""
    return _times((voice.line_id, voice.span) for voice in document.voices)


def _times(spans: Iterator[tuple[UUID, Span]]) -> dict[UUID, TimeSpan]:
    found: dict[UUID, TimeSpan] = {}
    for key, span in spans:
        start, end = float(span.start_s), float(span.end_s)
        known = found.get(key, TimeSpan(start, end))
        found[key] = TimeSpan(min(known.start_s, start), max(known.end_s, end))
    return found


def transition_pairs(transitions: Sequence[Transition]) -> list[tuple[Transition, Transition]]:
    """(in, out) of every segment, from how each shot begins.

    A fade-out belongs to the shot that names it, all others to the border with the shot before;
    nothing stands before the first shot, so it can only fade in.
    """
    pairs: list[tuple[Transition, Transition]] = []
    for index, own in enumerate(transitions):
        following = transitions[index + 1] if index + 1 < len(transitions) else "cut"
        into: Transition = own
        if own == "fade_out" or (index == 0 and own in {"crossfade", "wipe"}):
            into = "cut"
        elif index == 0 and own == "dip":
            into = "fade_in"
        out: Transition = following if following in {"dip", "crossfade", "wipe"} else "cut"
        pairs.append((into, "fade_out" if own == "fade_out" else out))
    return pairs
