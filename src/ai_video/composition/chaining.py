"""A long shot made of several clips: each begins where the one before it ended."""

from __future__ import annotations

from pathlib import Path

from ai_video.assets import file_arg, probe, replacing, run_ffmpeg

_NEARLY_LOSSLESS = "12"


async def last_frame(clip: Path, target: Path) -> None:
    """Write the last picture of a clip as a PNG.

    Raises:
        SystemFailure: `ffmpeg_failed`.
    """
    with replacing(target) as draft:
        await run_ffmpeg(
            [
                *("-i", file_arg(clip), "-an", "-update", "1"),
                *("-flags", "+bitexact", "-f", "image2", "-c:v", "png", file_arg(draft)),
            ]
        )


async def join_clips(first: Path, second: Path, target: Path) -> None:
    """Write both clips one after the other, at the first one's size and rate.

    The second begins with the first one's last picture, so that one is shown once.

    Raises:
        InputRefused: one is no clip. SystemFailure: `ffmpeg_failed`.
    """
    facts = await probe(first)
    size = f"{facts.width}:{facts.height}"
    rate = f"{facts.fps.numerator}/{facts.fps.denominator}" if facts.fps else "25"
    graph = (
        f"[0:v]fps={rate},scale={size},setsar=1[a];"
        f"[1:v]trim=start_frame=1,setpts=PTS-STARTPTS,fps={rate},scale={size},setsar=1[b];"
        "[a][b]concat=n=2:v=1:a=0,format=yuv420p[out]"
    )
    with replacing(target) as draft:
        await run_ffmpeg(
            [
                *("-threads", "1", "-i", file_arg(first), "-threads", "1", "-i", file_arg(second)),
                *("-filter_complex_threads", "1", "-filter_complex", graph, "-map", "[out]"),
                *("-c:v", "libx264", "-preset", "veryfast", "-crf", _NEARLY_LOSSLESS),
                *("-threads", "1", "-an", "-flags:v", "+bitexact", "-fflags", "+bitexact"),
                *("-movflags", "+faststart", "-f", "mp4", file_arg(draft)),
            ]
        )
