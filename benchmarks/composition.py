"""Composition against one raw FFmpeg command doing the same, and MoviePy, in the same run.

    python -m benchmarks.composition [--shots 20] [--seconds 4] [--size 720] [--repeat 3]
                                     [--moviepy PYTHON] [--json]

The film: shots with a voice each, subtitles in two languages, a crossfade of half a second before every
third shot, music that steps back under the voices, -14 LUFS, x264 veryfast at crf 20 with a key frame
every two seconds. Rows: the raw command; our full render (segments by two workers, mix, join); a render
after one shot changed, after one subtitle changed, and with nothing changed. MoviePy makes the same film
once, where an interpreter that has it is named (--moviepy or AIVIDEO_MOVIEPY): it wants an older Pillow
than ours, so it has an environment of its own. It cannot set loudness. `moviepy` is written as its user
guide writes such things, `moviepy_opaque` gives the composition the background colour that spares it
composing a mask.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks._composition_film import FPS, GOP, LABEL, STYLE, Bench, make_material, raw_ffmpeg

from ai_video.assets import hash_file
from ai_video.audio.encoding import encode_sound
from ai_video.audio.mix import VoicePlacement, mix_film
from ai_video.composition.film import FilmJob, join_film
from ai_video.composition.fit import LEAD_S
from ai_video.composition.fonts import font_for
from ai_video.composition.segment import SegmentJob, encode_segment
from ai_video.composition.subtitles import SECOND_SIZE, cues_for

WORKERS = 2
MOVIEPY = "moviepy==2.2.1"
PEER = Path(__file__).with_name("moviepy_peer.py")


@dataclass(frozen=True, slots=True)
class Cost:
    cpu_s: float
    wall_s: float


async def moviepy(bench: Bench, python: str, target: Path, *, opaque: bool = False) -> None:
    """The whole film by MoviePy, in the environment of `python`."""
    shots = range(bench.shots)
    lines = [bench.spoken(index) for index in shots]
    told = {
        "clips": [str(bench.clip(index)) for index in shots],
        "crossfades": [kind == "crossfade" for kind in bench.transitions],
        "edge_s": bench.overlap / FPS,
        "voices": [(str(bench.voice(i)), bench.start_s(i) + LEAD_S) for i in shots],
        "lines": [
            (
                line.text,
                line.translation,
                bench.start_s(i) + line.start_s,
                bench.start_s(i) + line.end_s,
            )
            for i, line in enumerate(lines)
        ],
        "music": str(bench.music),
        "label": LABEL,
        "font": str(font_for(STYLE.font).path),
        "size": (bench.width, bench.height),
        "em": STYLE.size * bench.height / 1080,
        "second_size": SECOND_SIZE,
        "fps": FPS,
        "gop": GOP,
        "opaque": opaque,
        "target": str(target),
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

    def __init__(self, bench: Bench, cache: Path) -> None:
        self.bench = bench
        self.cache = cache
        self.swapped: dict[int, int] = {}
        """Shot → the shot whose clip it shows instead of its own."""
        self.lines = [bench.spoken(index) for index in range(bench.shots)]
        self.gate = asyncio.Semaphore(WORKERS)

    async def render(self) -> Path:
        segments = await asyncio.gather(*(self.segment(i) for i in range(self.bench.shots)))
        audio = await self.audio()
        target = self.place("film", *(str(path) for path in segments), str(audio))
        if not target.is_file():
            await join_film(
                FilmJob(
                    tuple(segments),
                    audio,
                    **self.bench.size,
                    fps=FPS,
                    target=target,
                    transitions=self.bench.transitions,
                    cache=self.cache,
                )
            )
        return target

    async def segment(self, index: int) -> Path:
        clip, size = self.bench.clip(self.swapped.get(index, index)), self.bench.size
        into, out = self.bench.edges[index]
        target = self.place(hash_file(clip)[0], repr(self.lines[index]), into, out)
        if not target.is_file():
            async with self.gate:
                line = [self.lines[index]]
                job = SegmentJob(
                    clip,
                    self.bench.frames,
                    **size,
                    fps=FPS,
                    cues=tuple(cues_for(line, style=STYLE, **size, until_s=self.bench.seconds)),
                    style=STYLE,
                    label=LABEL,
                    transition_in=into,
                    transition_out=out,
                )
                await encode_segment(job, target)
        return target

    async def audio(self) -> Path:
        bench = self.bench
        voices = [
            VoicePlacement(path=bench.voice(i), start_s=bench.start_s(i) + LEAD_S)
            for i in range(bench.shots)
        ]
        heard = [bench.music, *(voice.path for voice in voices)]
        target = self.place("mix", *(hash_file(path)[0] for path in heard), suffix="m4a")
        if not target.is_file():
            mixed = bench.folder / "mix.wav"
            await mix_film(
                voices,
                total_s=bench.total_s,
                music="auto",
                music_file=bench.music,
                seed=0,
                target=mixed,
            )
            await encode_sound(mixed, target, duration_s=bench.total_s)
        return target

    def place(self, *parts: str, suffix: str = "mp4") -> Path:
        key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        return self.cache / f"{key}.{suffix}"


async def measured(work: Callable[[], Awaitable[object]]) -> Cost:
    """CPU of this process and its finished children, and wall time."""

    def cpu() -> float:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(usage.ru_utime + usage.ru_stime for usage in used)

    cpu_before, wall_before = cpu(), time.monotonic()
    await work()
    return Cost(cpu() - cpu_before, time.monotonic() - wall_before)


async def one_round(bench: Bench, python: str | None) -> dict[str, Cost]:
    """Every row once, with an empty cache; MoviePy where its interpreter is given."""
    costs = {"raw_ffmpeg": await measured(lambda: raw_ffmpeg(bench, bench.folder / "raw.mp4"))}
    with tempfile.TemporaryDirectory() as cache:
        ours = Ours(bench, Path(cache))
        costs["full"] = await measured(ours.render)
        ours.swapped[bench.shots // 2] = 0
        costs["one_shot_changed"] = await measured(ours.render)
        ours.lines[0] = bench.spoken(0, "这一句改过了。")
        costs["one_subtitle_changed"] = await measured(ours.render)
        costs["nothing_changed"] = await measured(ours.render)
    if python is not None:
        for name, opaque in (("moviepy", False), ("moviepy_opaque", True)):
            target = bench.folder / f"{name}.mp4"
            costs[name] = await measured(partial(moviepy, bench, python, target, opaque=opaque))
    return costs


async def run(options: argparse.Namespace) -> dict[str, object]:
    height = options.size
    width = 2 * round(height * 16 / 9 / 2)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), options.shots, options.seconds, width, height)
        make_material(bench)
        rounds = [
            await one_round(bench, options.moviepy if number == 0 else None)
            for number in range(options.repeat)
        ]
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
    parser.add_argument("--shots", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--size", type=int, default=720, help="height, px")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument(
        "--moviepy",
        metavar="PYTHON",
        default=os.environ.get("AIVIDEO_MOVIEPY"),
        help="an interpreter that has MoviePy (default: AIVIDEO_MOVIEPY)",
    )
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
