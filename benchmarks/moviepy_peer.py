"""The benchmark's film by MoviePy: run by an interpreter that has it, told what on standard input.

Stands alone (standard library and MoviePy only). MoviePy has no ducking and no loudness; it is given
less to do than we are: the music is only made softer.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def film(told: dict[str, Any]) -> None:
    """`told`: clips, voices, lines of (text, start_s, end_s), music, label, font, sizes, target."""
    from moviepy import (
        AudioFileClip,
        CompositeAudioClip,
        CompositeVideoClip,
        TextClip,
        VideoFileClip,
        afx,
        concatenate_videoclips,
    )

    def text(words: str, start: float, end: float, place: tuple[str, float], size: int) -> Any:
        made = TextClip(
            font=told["font"],
            text=words,
            font_size=size,
            color="white",
            stroke_color="black",
            stroke_width=2,
            margin=(4, 8),
        )
        return made.with_start(start).with_duration(end - start).with_position(place)

    picture = concatenate_videoclips([VideoFileClip(path) for path in told["clips"]])
    height = told["height"]
    words = [
        text(said, start, end, ("center", height * 0.86), round(height * 56 / 1080))
        for said, start, end in told["lines"]
    ]
    label = text(told["label"], 0, picture.duration, ("left", 8), round(height * 26 / 1080))
    voices = [AudioFileClip(path).with_start(start) for path, start in told["voices"]]
    music = AudioFileClip(told["music"]).with_effects([afx.MultiplyVolume(0.3)])
    film = CompositeVideoClip([picture, *words, label]).with_audio(
        CompositeAudioClip([music, *voices]).with_duration(picture.duration)
    )
    film.write_videofile(
        told["target"],
        fps=told["fps"],
        codec="libx264",
        preset="veryfast",
        ffmpeg_params=["-crf", "20", "-pix_fmt", "yuv420p"],
        audio_codec="aac",
        audio_bitrate="192k",
        threads=2,
        logger=None,
    )


if __name__ == "__main__":
    film(json.load(sys.stdin))
