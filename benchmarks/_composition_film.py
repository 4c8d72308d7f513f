"""The film that benchmarks.composition makes in three ways: its material, and the raw FFmpeg command."""

from __future__ import annotations

import subprocess
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ai_video.assets import ffmpeg_path, run_ffmpeg
from ai_video.composition.encoding import GOP_S
from ai_video.composition.fit import LEAD_S
from ai_video.composition.fonts import font_for
from ai_video.composition.subtitles import SpokenText, ass_document, cues_for
from ai_video.composition.timeline import transition_pairs
from ai_video.composition.transitions import edge_frames
from ai_video.domain.entities import SubtitleStyle, Transition
from ai_video.domain.media_time import FrameRate

FPS = 25
GOP = GOP_S * FPS
LABEL = "AI 生成"
GRAIN = 1.5
"""Standard deviation of the clips' grain, of 255."""
STYLE = SubtitleStyle()
TEXT = "这一句旁白说的是第{n}个镜头里发生的事情。"
TRANSLATION = "This line of narration tells what happens in shot {n}."


@dataclass(frozen=True, slots=True)
class Bench:
    """One film: every third shot begins with a crossfade, every shot has a line in two languages."""

    folder: Path
    shots: int
    seconds: float
    width: int
    height: int

    @property
    def frames(self) -> int:
        """Frames of a shot."""
        return round(self.seconds * FPS)

    @property
    def overlap(self) -> int:
        """Frames of a shot's edge that lie in a crossfade, which is twice as long."""
        return edge_frames(self.frames, FrameRate(FPS))

    @property
    def total_s(self) -> float:
        return self.shots * self.frames / FPS

    @property
    def size(self) -> dict[str, int]:
        return {"width": self.width, "height": self.height}

    @property
    def transitions(self) -> tuple[Transition, ...]:
        """How each shot begins."""
        return tuple("crossfade" if i % 3 == 2 else "cut" for i in range(self.shots))

    @property
    def edges(self) -> list[tuple[Transition, Transition]]:
        """How each shot begins and ends."""
        return transition_pairs(self.transitions)

    @property
    def music(self) -> Path:
        return self.folder / "music.wav"

    def start_s(self, index: int) -> float:
        return index * self.frames / FPS

    def clip(self, index: int) -> Path:
        return self.folder / f"clip{index}.mp4"

    def voice(self, index: int) -> Path:
        return self.folder / f"voice{index}.wav"

    def spoken(self, index: int, text: str | None = None) -> SpokenText:
        """The line of a shot, from the shot's start."""
        said = text or TEXT.format(n=index + 1)
        return SpokenText(
            said, LEAD_S, self.seconds - 0.3, translation=TRANSLATION.format(n=index + 1)
        )


def make_material(bench: Bench) -> None:
    """Clips that move over detail, voices that rise and fall, a piece of music."""
    for index in range(bench.shots):
        write_clip(bench, index)
        clock = np.arange(int((bench.seconds - LEAD_S - 0.3) * 24_000)) / 24_000
        tone = np.sin(2 * np.pi * (150 + 10 * index) * clock) * (0.5 + 0.5 * np.sin(20 * clock))
        write_wav(bench.voice(index), tone * 0.3, 24_000)
    clock = np.arange(int(bench.total_s * 48_000)) / 48_000
    chord = sum(np.sin(2 * np.pi * hertz * clock) for hertz in (220, 277, 330))
    write_wav(bench.music, chord * 0.05, 48_000)


def write_clip(bench: Bench, index: int) -> None:
    """A camera that drifts over a picture and moves in, with a little grain."""
    rng = np.random.default_rng(index)
    picture = natural_picture(rng, bench.width, bench.height)
    grain = rng.normal(0, GRAIN, (8, bench.height, bench.width, 1)).astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    command = [
        *(str(ffmpeg_path()), "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"),
        *("-s", f"{bench.width}x{bench.height}", "-r", str(FPS), "-i", "-"),
        *("-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "18"),
        *("-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709"),
        *("-color_range", "tv", str(bench.clip(index))),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as encoder:
        assert encoder.stdin is not None
        for number in range(bench.frames):
            along = number / bench.frames - 0.5
            drift = 0.06 * bench.width * along
            move = cv2.getRotationMatrix2D(
                (picture.shape[1] / 2, picture.shape[0] / 2), 0, 1 + 0.08 * along
            )
            move[:, 2] += (
                drift * np.cos(angle) - (picture.shape[1] - bench.width) / 2,
                drift * np.sin(angle) - (picture.shape[0] - bench.height) / 2,
            )
            seen = cv2.warpAffine(picture, move, (bench.width, bench.height))
            frame = np.clip(seen + grain[number % len(grain)], 0, 255)
            encoder.stdin.write(frame.astype(np.uint8).tobytes())
    if encoder.returncode:
        raise RuntimeError(f"FFmpeg could not make {bench.clip(index).name}")


def natural_picture(rng: np.random.Generator, width: int, height: int) -> NDArray[np.float32]:
    """(1.25 height, 1.25 width, 3): a picture whose detail falls off with its size as in photographs.

    Amplitudes go as 1 / frequency (Field 1987, Relations between the statistics of natural images).
    """
    shape = (round(height * 1.25), round(width * 1.25))
    frequency = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None])
    frequency[0, 0] = np.inf

    def cloud() -> NDArray[np.float64]:
        spectrum = np.fft.rfft2(rng.standard_normal(shape)) / frequency
        seen = np.fft.irfft2(spectrum, shape)
        return seen / seen.std()

    light = cloud()
    picture = 118 + 38 * light[..., None] + 14 * np.stack([cloud() for _ in range(3)], axis=-1)
    return np.clip(picture, 16, 235).astype(np.float32)


def write_wav(path: Path, samples: np.ndarray, rate: int) -> None:
    with wave.open(str(path), "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(rate)
        sink.writeframes((samples * 32_767).astype("<i2").tobytes())


async def raw_ffmpeg(bench: Bench, target: Path) -> None:
    """The whole film by one command: crossfades, subtitles, voices, ducked music, loudness."""
    lines = [bench.spoken(index) for index in range(bench.shots)]
    cues = [
        cue.shifted(bench.start_s(index))
        for index, line in enumerate(lines)
        for cue in cues_for([line], style=STYLE, **bench.size, until_s=bench.seconds)
    ]
    document = ass_document(
        cues, style=STYLE, label=LABEL, label_until_s=bench.total_s, **bench.size
    )
    (bench.folder / "burn.ass").write_text(document, encoding="utf-8")
    fonts = bench.folder / "fonts"
    fonts.mkdir(exist_ok=True)
    font = font_for(STYLE.font).path
    if not (fonts / font.name).exists():
        (fonts / font.name).symlink_to(font)
    graph = ";".join([*picture_graph(bench), *sound_graph(bench)])
    await run_ffmpeg(
        [
            *[arg for i in range(bench.shots) for arg in ("-i", str(bench.clip(i)))],
            *[arg for i in range(bench.shots) for arg in ("-i", str(bench.voice(i)))],
            *("-i", str(bench.music)),
            *("-filter_complex", graph, "-map", "[v]", "-map", "[a]"),
            *(
                "-c:v",
                "libx264",
                "-preset",
                "veryfast",
                "-crf",
                "20",
                "-g",
                str(GOP),
                "-r",
                str(FPS),
            ),
            *("-c:a", "aac", "-b:a", "192k", "-t", f"{bench.total_s}"),
            str(target),
        ],
        cwd=bench.folder,
    )


def picture_graph(bench: Bench) -> Iterator[str]:
    """Runs of shots joined by cuts, faded into each other.

    As in a film of ours a shot that has ended stands on its last frame and one to come waits on its
    first, so the film keeps its length.
    """
    begins = [i for i, kind in enumerate(bench.transitions) if i == 0 or kind == "crossfade"]
    ends = [*begins[1:], bench.shots]
    edge, grid = bench.overlap, f"fps={FPS},settb=1/{FPS}"
    for number, (begin, end) in enumerate(zip(begins, ends)):
        # xfade drops the last frame of what it fades to, so the very last run is one longer.
        before, after = edge if begin else 0, edge if end < bench.shots else 1
        yield (
            "".join(f"[{i}:v]" for i in range(begin, end))
            + f"concat=n={end - begin},{grid},"
            + f"tpad=start_mode=clone:start={before}:stop_mode=clone:stop={after}[run{number}]"
        )
    faded = "run0"
    for number, begin in enumerate(begins[1:], 1):
        offset_s = (begin * bench.frames - edge) / FPS
        yield (
            f"[{faded}][run{number}]xfade=transition=fade:duration={2 * edge / FPS}:"
            f"offset={offset_s}[faded{number}]"
        )
        faded = f"faded{number}"
    frames = bench.shots * bench.frames
    yield f"[{faded}]trim=end_frame={frames},ass=burn.ass:fontsdir=fonts,format=yuv420p[v]"


def sound_graph(bench: Bench) -> Iterator[str]:
    """Voices at their places, music that steps back under them, -14 LUFS."""
    shots = range(bench.shots)
    for i in shots:
        start_ms = round((bench.start_s(i) + LEAD_S) * 1000)
        yield f"[{bench.shots + i}:a]aresample=48000,adelay={start_ms}[a{i}]"
    yield (
        "".join(f"[a{i}]" for i in shots)
        + f"amix=inputs={bench.shots}:normalize=0,apad=whole_dur={bench.total_s},asplit[said][key]"
    )
    yield f"[{2 * bench.shots}:a][key]sidechaincompress=threshold=0.03:ratio=8[ducked]"
    yield "[said][ducked]amix=inputs=2:normalize=0,loudnorm=I=-14:TP=-2,aresample=48000[a]"
