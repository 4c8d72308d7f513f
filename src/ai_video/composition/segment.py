"""One shot as a finished piece of film: conformed, timed, subtitled, encoded.

Segments are joined without encoding again, so all of one film share size, rate and encoder options;
the same job gives the same bytes.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from ai_video.assets import (
    AigcLabel,
    MediaFacts,
    ffmpeg_label_args,
    file_arg,
    probe,
    replacing,
    run_ffmpeg,
)
from ai_video.composition.conform import Conform, conform, conform_filter
from ai_video.composition.encoding import FINISH, count_frames, video_args
from ai_video.composition.fit import stretch
from ai_video.composition.fonts import Font, font_for
from ai_video.composition.subtitles import Cue, ass_document
from ai_video.composition.transitions import XFADE, edge_frames
from ai_video.domain.entities import SubtitleStyle, Transition
from ai_video.domain.media_time import FrameRate
from ai_video.errors import InputRefused, SystemFailure

FADE_S = 0.5
DIP_S = 0.3


@dataclass(frozen=True, slots=True)
class SegmentJob:
    """Everything a segment depends on.

    `frames` are those of the segment; the shot has `trim_start` and `trim_end` more, which are left
    out. `cues` count from the segment's first frame. `label` is the visible AI-content mark, `metadata`
    the invisible one. Of the transitions, fades and dips are part of the segment's own frames;
    crossfades and wipes belong to the join.
    """

    clip: Path
    frames: int
    width: int
    height: int
    fps: int
    cues: tuple[Cue, ...] = ()
    style: SubtitleStyle = field(default_factory=SubtitleStyle)
    label: str | None = None
    transition_in: Transition = "cut"
    transition_out: Transition = "cut"
    metadata: AigcLabel | None = None
    trim_start: int = 0
    trim_end: int = 0

    @property
    def whole_frames(self) -> int:
        """Frames of the shot before it is trimmed."""
        return self.trim_start + self.frames + self.trim_end

    @property
    def rate(self) -> FrameRate:
        return FrameRate(self.fps)


@dataclass(frozen=True, slots=True)
class SegmentFacts:
    """What was done: frames in motion, frames held still at the end, and how the shape was fitted."""

    frames: int
    moving: int
    held: int
    conform: Conform


async def encode_segment(job: SegmentJob, target: Path) -> SegmentFacts:
    """Write an MP4 of exactly `job.frames` frames, without sound.

    Raises:
        InputRefused: the clip is no video or is damaged.
        SystemFailure: `ffmpeg_failed`, or `segment_wrong` when frames are missing.
    """
    clip = await probe(job.clip)
    if clip.kind != "video":
        raise InputRefused("media_unknown", name=job.clip.name)
    plan = _Plan(job, clip)
    with tempfile.TemporaryDirectory() as scratch, replacing(target) as draft:
        document = _subtitles(job)
        if document:
            await asyncio.to_thread(_lay_out, Path(scratch), document, font_for(job.style.font))
        await run_ffmpeg(
            [
                *("-threads", "1", "-i", file_arg(job.clip)),
                *("-filter_threads", "1", "-filter_complex_threads", "1"),
                *("-filter_complex", plan.graph(burn=bool(document))),
                *("-map", "[out]", "-frames:v", str(job.frames)),
                *video_args(job.rate, key_frames=_key_frames(job)),
                *ffmpeg_label_args(job.metadata),
                file_arg(draft),
            ],
            cwd=Path(scratch),
        )
        got = await asyncio.to_thread(count_frames, draft)
        if got != job.frames:
            raise SystemFailure("segment_wrong", name=target.name, wanted=job.frames, got=got)
    moving = min(max(plan.moving - job.trim_start, 0), job.frames)
    return SegmentFacts(job.frames, moving, job.frames - moving, plan.conform)


def _key_frames(job: SegmentJob) -> list[int]:
    """Where a crossfade or wipe will cut the segment."""
    overlap = edge_frames(job.frames, job.rate)
    keys = [overlap] if job.transition_in in XFADE else []
    return [*keys, job.frames - overlap] if job.transition_out in XFADE else keys


def _subtitles(job: SegmentJob) -> str:
    """The ASS document to burn; empty when there is nothing to show."""
    cues = job.cues if job.style.enabled else ()
    if not cues and not job.label:
        return ""
    return ass_document(
        cues,
        style=job.style,
        width=job.width,
        height=job.height,
        label=job.label,
        label_until_s=job.rate.seconds(job.frames) + 1,
    )


def _lay_out(scratch: Path, document: str, font: Font) -> None:
    """Put the subtitles and their one font into FFmpeg's working folder; blocking.

    Names without a path need no escaping in the filter graph, and libass reads no other font.
    """
    (scratch / "burn.ass").write_text(document, encoding="utf-8")
    place = scratch / "fonts" / font.path.name
    place.parent.mkdir()
    try:
        place.symlink_to(font.path)
    except OSError:
        shutil.copyfile(font.path, place)


class _Plan:
    """The filter graph of one segment."""

    def __init__(self, job: SegmentJob, clip: MediaFacts) -> None:
        self.job = job
        self.clip = clip
        self.rate = job.rate
        self.source_frames = max(1, self._frames_at_our_rate())
        self.moving = stretch(self.source_frames, job.whole_frames).moving
        self.conform = conform((clip.width or 0, clip.height or 0), (job.width, job.height))

    def _frames_at_our_rate(self) -> int:
        if self.clip.fps == self.rate:
            return self.clip.frames or 1
        return self.rate.frames_for(self.clip.duration_s or 0.0)

    def graph(self, *, burn: bool) -> str:
        whole, first = self.job.whole_frames, self.job.trim_start
        parts = [
            *self._retimed(),
            *self._square_pixels(),
            conform_filter(self.conform, self.job.width, self.job.height),
            f"setsar=1,format=yuv420p,tpad=stop_mode=clone:stop={whole}",
            f"trim=start_frame={first}:end_frame={first + self.job.frames},settb={self._tick},setpts=N",
            *self._fades(),
        ]
        if burn:
            parts.append("ass=filename=burn.ass:fontsdir=fonts")
        return f"[0:v]{','.join(parts)},{FINISH}[out]"

    @property
    def _tick(self) -> str:
        return f"{self.rate.denominator}/{self.rate.numerator}"

    def _retimed(self) -> list[str]:
        """Our rate; slowed down where the segment is longer, blending neighbours."""
        rate = f"{self.rate.numerator}/{self.rate.denominator}"
        parts = (
            [f"settb={self._tick}", "setpts=N"]
            if self.clip.fps == self.rate
            else ["setpts=PTS-STARTPTS", f"fps={rate}", f"settb={self._tick}", "setpts=N"]
        )
        if self.moving > self.source_frames > 1:
            factor = (self.moving - 1) / (self.source_frames - 1)
            parts += ["settb=1/90000", f"setpts=PTS*{factor:.9f}", f"framerate=fps={rate}:scene=12"]
        return parts

    def _square_pixels(self) -> list[str]:
        """Pixels made square and full-range colour made ordinary, where the clip needs it."""
        if self.conform.kind == "as_is" and self.clip.pix_fmt == "yuv420p":
            return ["setsar=1"]
        return [f"scale={self.clip.width}:{self.clip.height}:out_range=tv,setsar=1"]

    def _fades(self) -> list[str]:
        into = self._fade_frames(self.job.transition_in, "fade_in")
        out = self._fade_frames(self.job.transition_out, "fade_out")
        fades: list[str] = []
        if into:
            fades.append(f"fade=t=in:start_frame=0:nb_frames={into}")
        if out:
            fades.append(f"fade=t=out:start_frame={self.job.frames - out}:nb_frames={out}")
        return fades

    def _fade_frames(self, transition: Transition, fade: Transition) -> int:
        if transition not in {fade, "dip"}:
            return 0
        seconds = FADE_S if transition == fade else DIP_S
        return min(self.rate.frames_for(seconds), self.job.frames // 3)
