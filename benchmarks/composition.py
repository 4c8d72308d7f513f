"""Composition against one raw FFmpeg command doing the same, in the same run.

    python -m benchmarks.composition [--shots 6] [--seconds 2] [--size 360] [--repeat 1]
                                     [--moviepy PYTHON] [--json]

Rows: the raw command; our full render (segments by two workers, mix, join); a render after one shot
changed, after one subtitle changed, and with nothing changed. The figures of a goal want
`--shots 20 --seconds 4 --size 720 --repeat 5`. MoviePy makes the same film once, where an interpreter
that has it is named: it wants an older Pillow than ours, so it has an environment of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import resource
import statistics
import subprocess
import tempfile
import time
import wave
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ai_video.assets import hash_file, run_ffmpeg
from ai_video.audio.encoding import encode_sound
from ai_video.audio.mix import VoicePlacement, mix_film
from ai_video.composition.film import FilmJob, join_film
from ai_video.composition.fit import LEAD_S
from ai_video.composition.segment import SegmentJob, encode_segment
from ai_video.composition.subtitles import SpokenText, ass_document, cues_for
from ai_video.domain.entities import SubtitleStyle

FPS = 25
WORKERS = 2
LABEL = "AI 生成"
MOVIEPY = "moviepy==2.2.1"
PEER = Path(__file__).with_name("moviepy_peer.py")
STYLE = SubtitleStyle()
TEXT = "这一句旁白说的是第{n}个镜头里发生的事情。"


@dataclass(frozen=True, slots=True)
class Bench:
    """One film's material."""

    folder: Path
    shots: int
    seconds: float
    width: int
    height: int

    @property
    def frames(self) -> int:
        return round(self.seconds * FPS)

    @property
    def total_s(self) -> float:
        return self.shots * self.frames / FPS

    def clip(self, index: int) -> Path:
        return self.folder / f"clip{index}.mp4"

    def voice(self, index: int) -> Path:
        return self.folder / f"voice{index}.wav"

    def spoken(self, index: int, text: str | None = None) -> SpokenText:
        said = text or TEXT.format(n=index + 1)
        return SpokenText(said, LEAD_S, self.seconds - 0.3)


@dataclass(frozen=True, slots=True)
class Cost:
    cpu_s: float
    wall_s: float


async def make_material(bench: Bench) -> None:
    """Clips that move over detail, voices that rise and fall, a bed of music."""
    for index in range(bench.shots):
        await run_ffmpeg(
            [
                *("-f", "lavfi", "-i"),
                f"testsrc2=s={bench.width}x{bench.height}:r={FPS},noise=alls=5:allf=t:all_seed={index}",
                *("-frames:v", str(bench.frames), "-pix_fmt", "yuv420p"),
                *("-c:v", "libx264", "-preset", "veryfast", "-crf", "18"),
                str(bench.clip(index)),
            ]
        )
        clock = np.arange(int((bench.seconds - 0.6) * 24_000)) / 24_000
        tone = np.sin(2 * np.pi * (150 + 10 * index) * clock) * (0.5 + 0.5 * np.sin(20 * clock))
        write_wav(bench.voice(index), tone * 0.3, 24_000)
    clock = np.arange(int(bench.total_s * 48_000)) / 48_000
    chord = sum(np.sin(2 * np.pi * hertz * clock) for hertz in (220, 277, 330))
    write_wav(bench.folder / "music.wav", chord * 0.05, 48_000)


def write_wav(path: Path, samples: np.ndarray, rate: int) -> None:
    with wave.open(str(path), "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(rate)
        sink.writeframes((samples * 32_767).astype("<i2").tobytes())


async def raw_ffmpeg(bench: Bench) -> None:
    """The whole film by one command: concat, subtitles, voices, ducked music, loudness."""
    lines = [
        replace(line, start_s=line.start_s + offset, end_s=line.end_s + offset)
        for index in range(bench.shots)
        for line, offset in [(bench.spoken(index), index * bench.frames / FPS)]
    ]
    size = {"width": bench.width, "height": bench.height}
    document = ass_document(
        cues_for(lines, style=STYLE, **size),
        style=STYLE,
        label=LABEL,
        label_until_s=bench.total_s,
        **size,
    )
    (bench.folder / "burn.ass").write_text(document, encoding="utf-8")
    fonts = bench.folder / "fonts"
    fonts.mkdir(exist_ok=True)
    link_font(fonts)
    shots = range(bench.shots)
    music = 2 * bench.shots
    graph = (
        "".join(f"[{i}:v]" for i in shots)
        + f"concat=n={bench.shots},ass=burn.ass:fontsdir=fonts,format=yuv420p[v];"
        + "".join(
            f"[{bench.shots + i}:a]aresample=48000,"
            f"adelay={int((i * bench.frames / FPS + LEAD_S) * 1000)}[a{i}];"
            for i in shots
        )
        + "".join(f"[a{i}]" for i in shots)
        + f"amix=inputs={bench.shots}:normalize=0,apad=whole_dur={bench.total_s},asplit[said][key];"
        f"[{music}:a][key]sidechaincompress=threshold=0.03:ratio=8[ducked];"
        "[said][ducked]amix=inputs=2:normalize=0,loudnorm=I=-14:TP=-2,aresample=48000[a]"
    )
    await run_ffmpeg(
        [
            *[arg for i in shots for arg in ("-i", str(bench.clip(i)))],
            *[arg for i in shots for arg in ("-i", str(bench.voice(i)))],
            *("-i", str(bench.folder / "music.wav")),
            *("-filter_complex", graph, "-map", "[v]", "-map", "[a]"),
            *("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-r", str(FPS)),
            *("-c:a", "aac", "-b:a", "192k", "-t", f"{bench.total_s}"),
            str(bench.folder / "raw.mp4"),
        ],
        cwd=bench.folder,
    )


def link_font(folder: Path) -> None:
    font = subtitle_font()
    place = folder / font.name
    if not place.exists():
        place.symlink_to(font)


def subtitle_font() -> Path:
    from ai_video.composition.fonts import font_for

    return font_for(STYLE.font).path


async def moviepy(bench: Bench, python: str) -> None:
    """The whole film by MoviePy, in the environment of `python`."""
    starts = [index * bench.frames / FPS for index in range(bench.shots)]
    lines = [bench.spoken(index) for index in range(bench.shots)]
    told = {
        "clips": [str(bench.clip(index)) for index in range(bench.shots)],
        "voices": [(str(bench.voice(i)), start + LEAD_S) for i, start in enumerate(starts)],
        "lines": [
            (line.text, start + line.start_s, start + line.end_s)
            for line, start in zip(lines, starts)
        ],
        "music": str(bench.folder / "music.wav"),
        "label": LABEL,
        "font": str(subtitle_font()),
        "height": bench.height,
        "fps": FPS,
        "target": str(bench.folder / "moviepy.mp4"),
    }
    await asyncio.to_thread(
        subprocess.run,
        [python, "-I", str(PEER)],
        input=json.dumps(told).encode(),
        check=True,
        cwd=bench.folder,
    )


class Ours:
    """The film by cached segments; what is made is kept by the digest of what it is made from."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.cache = bench.folder / "cache"
        self.lines = [bench.spoken(index) for index in range(bench.shots)]
        self.gate = asyncio.Semaphore(WORKERS)

    async def render(self) -> None:
        segments = await asyncio.gather(*(self.segment(i) for i in range(self.bench.shots)))
        audio = await self.audio()
        target = self.place("film", *(str(path) for path in segments), str(audio))
        if not target.is_file():
            size = {"width": self.bench.width, "height": self.bench.height}
            await join_film(FilmJob(tuple(segments), audio, **size, fps=FPS, target=target))

    async def segment(self, index: int) -> Path:
        size = {"width": self.bench.width, "height": self.bench.height}
        clip = self.bench.clip(index)
        target = self.place(hash_file(clip)[0], repr(self.lines[index]))
        if not target.is_file():
            async with self.gate:
                cues = tuple(cues_for([self.lines[index]], style=STYLE, **size))
                job = SegmentJob(clip, self.bench.frames, **size, fps=FPS, cues=cues, label=LABEL)
                await encode_segment(job, target)
        return target

    async def audio(self) -> Path:
        bench = self.bench
        voices = [
            VoicePlacement(path=bench.voice(i), start_s=i * bench.frames / FPS + LEAD_S)
            for i in range(bench.shots)
        ]
        target = self.place("mix", *(hash_file(voice.path)[0] for voice in voices), suffix="m4a")
        if not target.is_file():
            mixed = bench.folder / "mix.wav"
            await mix_film(
                voices,
                total_s=bench.total_s,
                music="calm",
                mood=None,
                ambience=[],
                seed=0,
                target=mixed,
            )
            await encode_sound(mixed, target, duration_s=bench.total_s)
        return target

    def place(self, *parts: str, suffix: str = "mp4") -> Path:
        key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        return self.cache / f"{key}.{suffix}"


async def measured(work: Callable[[], Awaitable[None]]) -> Cost:
    """CPU of this process and its finished children, and wall time."""

    def cpu() -> float:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(usage.ru_utime + usage.ru_stime for usage in used)

    cpu_before, wall_before = cpu(), time.monotonic()
    await work()
    return Cost(cpu() - cpu_before, time.monotonic() - wall_before)


async def one_round(bench: Bench, python: str | None) -> dict[str, Cost]:
    """Every row once, on fresh material; MoviePy where its interpreter is given."""
    await make_material(bench)
    costs = {"raw_ffmpeg": await measured(lambda: raw_ffmpeg(bench))}
    ours = Ours(bench)
    costs["full"] = await measured(ours.render)
    changed = bench.clip(bench.shots // 2)
    changed.write_bytes(bench.clip(0).read_bytes())
    costs["one_shot_changed"] = await measured(ours.render)
    ours.lines[0] = bench.spoken(0, "这一句改过了。")
    costs["one_subtitle_changed"] = await measured(ours.render)
    costs["nothing_changed"] = await measured(ours.render)
    if python is not None:
        costs["moviepy"] = await measured(lambda: moviepy(bench, python))
    return costs


async def run(options: argparse.Namespace) -> dict[str, object]:
    height = options.size
    rounds: list[dict[str, Cost]] = []
    for number in range(options.repeat):
        with tempfile.TemporaryDirectory() as folder:
            width = 2 * round(height * 16 / 9 / 2)
            bench = Bench(Path(folder), options.shots, options.seconds, width, height)
            rounds.append(await one_round(bench, options.moviepy if number == 0 else None))
    frames = options.shots * round(options.seconds * FPS)
    rows: list[dict[str, object]] = []
    for name in rounds[0]:
        measured_in = [costs for costs in rounds if name in costs]
        cpu = statistics.median(costs[name].cpu_s for costs in measured_in)
        ratio = statistics.median(
            costs[name].cpu_s / costs["raw_ffmpeg"].cpu_s for costs in measured_in
        )
        to_ours = statistics.median(
            costs[name].cpu_s / costs["full"].cpu_s for costs in measured_in
        )
        rows.append(
            {
                "name": name,
                "cpu_s": round(cpu, 3),
                "wall_s": round(statistics.median(costs[name].wall_s for costs in measured_in), 3),
                "fps": round(frames / max(cpu, 1e-6), 1),
                "ratio_to": {"raw_ffmpeg": round(ratio, 4), "full": round(to_ours, 4)},
            }
        )
    if options.moviepy is None:
        how = f"python -m venv DIR; DIR/bin/pip install {MOVIEPY}; then --moviepy DIR/bin/python"
        rows.append({"name": "moviepy", "skipped": f"needs an environment of its own: {how}"})
    return {"rows": rows, "shots": options.shots, "seconds": options.seconds, "size": height}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shots", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--size", type=int, default=360, help="height, px")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--moviepy", metavar="PYTHON", help="an interpreter that has MoviePy")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    document = asyncio.run(run(options))
    if options.json:
        print(json.dumps(document, ensure_ascii=False))
        return
    for row in document["rows"]:
        print(row)


if __name__ == "__main__":
    main()
