"""The benchmark's film by MoviePy: run by an interpreter that has it, told what on standard input.

Stands alone (standard library, numpy and MoviePy only). Written as MoviePy's user guide does such
things; `opaque` gives the composition a background colour, which spares MoviePy a second composition, of
the mask. MoviePy cannot set loudness, so it has that much less to do.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

DUCKED = 0.25
ATTACK_S = 0.5


def film(told: dict[str, Any]) -> None:
    """`told`: see `moviepy` in benchmarks.composition."""
    from moviepy import AudioFileClip, CompositeAudioClip, CompositeVideoClip, VideoFileClip

    sources = [VideoFileClip(path) for path in told["clips"]]
    voices = [AudioFileClip(path).with_start(start) for path, start in told["voices"]]
    music = AudioFileClip(told["music"])
    total_s = sum(source.duration for source in sources)
    volume = ducking([(voice.start, voice.end) for voice in voices], total_s)
    made = CompositeVideoClip(
        [*shots(told, sources), *texts(told, total_s)],
        size=tuple(told["size"]),
        bg_color=(0, 0, 0) if told["opaque"] else None,
    ).with_duration(total_s)
    sound = CompositeAudioClip([music.transform(volume), *voices]).with_duration(total_s)
    made.with_audio(sound).write_videofile(
        told["target"],
        fps=told["fps"],
        codec="libx264",
        preset="veryfast",
        ffmpeg_params=["-crf", "20", "-g", str(told["gop"]), "-pix_fmt", "yuv420p"],
        audio_codec="aac",
        audio_bitrate="192k",
        threads=2,
        logger=None,
    )
    for clip in (*sources, *voices, music):
        clip.close()


def shots(told: dict[str, Any], sources: list[Any]) -> list[Any]:
    """Shots one after another; a crossfade lies half in either shot, which stands still meanwhile."""
    from moviepy import vfx

    edge_s, fades = told["edge_s"], [*told["crossfades"], False]
    placed: list[Any] = []
    start = 0.0
    for source, into, out in zip(sources, fades, fades[1:]):
        shot, begin = source, start
        if out:
            shot = shot.with_effects([vfx.Freeze(t="end", freeze_duration=edge_s)])
        if into:
            held = vfx.Freeze(t=0, freeze_duration=edge_s)
            shot = shot.with_effects([held, vfx.CrossFadeIn(2 * edge_s)])
            begin -= edge_s
        placed.append(shot.with_start(begin))
        start += source.duration
    return placed


def texts(told: dict[str, Any], total_s: float) -> list[Any]:
    """Both lines of every subtitle, and the mark."""
    from moviepy import TextClip

    width, height = told["size"]

    def text(words: str, start: float, end: float, place: tuple[Any, float], size: float) -> Any:
        made = TextClip(
            font=told["font"],
            text=words,
            font_size=round(size),
            color="white",
            stroke_color="black",
            stroke_width=2,
            margin=(4, 8),
        )
        return made.with_start(start).with_duration(end - start).with_position(place)

    em = told["em"]
    made = [text(told["label"], 0, total_s, (width * 0.01, height * 0.01), height * 0.055)]
    for first, second, start, end in told["lines"]:
        made += [
            text(first, start, end, ("center", height * 0.82), em),
            text(second, start, end, ("center", height * 0.885), em * told["second_size"]),
        ]
    return made


def ducking(spoken: list[tuple[float, float]], total_s: float) -> Callable[..., Any]:
    """A volume for `transform`: down under every voice, back up after it."""
    points = [(0.0, 1.0)]
    for start, end in spoken:
        if start - ATTACK_S > points[-1][0]:
            points.append((start - ATTACK_S, 1.0))
        else:
            points[-1] = (points[-1][0], DUCKED)
        points += [(start, DUCKED), (end, DUCKED), (end + ATTACK_S, 1.0)]
    points.append((max(total_s, points[-1][0] + 1), 1.0))
    times, levels = np.array(points).T

    def volume(get_frame: Callable[[Any], Any], at: Any) -> Any:
        gain = np.interp(at, times, levels)
        return get_frame(at) * (gain[:, None] if np.ndim(gain) else gain)

    return volume


if __name__ == "__main__":
    film(json.load(sys.stdin))
