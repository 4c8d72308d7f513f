"""The one way a film's pictures are encoded, so that they can be joined as they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av
from av.container import InputContainer

from ai_video.domain.media_time import FrameRate

GOP_S = 2
FINISH = "format=yuv420p,setparams=color_primaries=bt709:color_trc=bt709"
"""The last filters before the encoder, which takes these two marks from the pictures alone."""


def video_args(rate: FrameRate, *, key_frames: Sequence[int] = ()) -> list[str]:
    """Encoder options that every picture of a film shares; `key_frames` begin a new group."""
    gop = rate.frames_for(GOP_S)
    forced = "+".join(f"eq(n,{frame})" for frame in key_frames)
    return [
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-threads", "1"),
        *("-pix_fmt", "yuv420p", "-profile:v", "high", "-g", str(gop)),
        *("-x264-params", "open-gop=0:stitchable=1"),
        *(("-force_key_frames", f"expr:{forced}", "-forced-idr", "1") if forced else ()),
        *("-r", f"{rate.numerator}/{rate.denominator}", "-fps_mode", "cfr"),
        *("-video_track_timescale", str(rate.numerator * 512)),
        *("-colorspace", "bt709", "-color_range", "tv", "-an", "-sn", "-dn"),
        *("-flags:v", "+bitexact", "-fflags", "+bitexact"),
        *("-movflags", "+faststart+use_metadata_tags", "-f", "mp4"),
    ]


def open_packets(path: Path) -> InputContainer:
    """One of our MP4 files, whose packets are counted or copied and never decoded; blocking.

    Opening it otherwise decodes the first pictures to learn what is known: 40 ms where this takes 4.
    """
    return av.open(str(path), format="mov", options={"skip_frame": "all"})


def count_frames(path: Path) -> int:
    """Encoded pictures in a segment; blocking."""
    with open_packets(path) as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)
