"""How fast the embedded generator draws: `python -m benchmarks.animatic --json`.

Rows `{"name", "cpu_s", "wall_s", "fps", "cpu_per_film_s"}`: CPU counts this process and the
encoder; `fps` is frames per wall second of a whole clip (painting the scene included), medians of
`--repeat`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

from ai_video.animatic import AnimaticGenerator
from ai_video.domain.ports import CardText, Figure, ShotPicture
from ai_video.domain.slots import Slots

PEOPLE = (
    Figure("林晚", "长发，白色连衣裙", "female", "young"),
    Figure("陈默", "黑色西装，短发，眼镜", "male", "adult"),
)
SHOTS: dict[str, tuple[str, Slots, int, CardText | None]] = {
    "street_rain_two_people_push_in": (
        "street", Slots(shot_size="medium", movement="push_in", weather=("rain",)), 2, None,
    ),
    "home_two_people_pan": ("home", Slots(shot_size="medium", movement="pan_left"), 2, None),
    "mountain_wide_static": ("mountain", Slots(shot_size="wide"), 1, None),
    "forest_snow_track": (
        "forest", Slots(shot_size="full", movement="track_left", weather=("snow",)), 1, None,
    ),
    "sea_fog_crane": (
        "sea", Slots(shot_size="full", movement="crane_up", weather=("fog",)), 1, None,
    ),
    "card": ("card", Slots(), 0, CardText("标题", ("要点一", "要点二"), ("增长 35%",))),
}  # fmt: skip


async def measure(
    name: str, wide: int, high: int, frames: int, folder: Path
) -> tuple[float, float]:
    """CPU and wall seconds of one clip."""
    place, slots, people, card = SHOTS[name]
    shot = ShotPicture(wide, high, 1, "", slots, place, "老街", PEOPLE[:people], card=card)
    generator = AnimaticGenerator()
    await generator.keyframe(shot, folder / "k.png")
    cpu, wall = sum(os.times()[:4]), time.perf_counter()
    await generator.clip(
        shot, keyframe=folder / "k.png", frames=frames, fps=25, target=folder / "c.mp4"
    )
    return sum(os.times()[:4]) - cpu, time.perf_counter() - wall


async def rows(sizes: list[int], frames: int, repeat: int) -> list[dict[str, object]]:
    """One row per shot and size."""
    found: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        for high in sizes:
            wide = 2 * round(high * 8 / 9)
            for name in SHOTS:
                runs = [
                    await measure(name, wide, high, frames, Path(folder)) for _ in range(repeat)
                ]
                cpu = statistics.median(run[0] for run in runs)
                wall = statistics.median(run[1] for run in runs)
                found.append({
                    "name": f"{name}_{high}p", "cpu_s": round(cpu, 3), "wall_s": round(wall, 3),
                    "fps": round(frames / wall, 1), "cpu_per_film_s": round(cpu / (frames / 25), 3),
                })  # fmt: skip
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--size", type=int, action="append", help="short side; default 720, 1080")
    given = parser.parse_args()
    table = asyncio.run(rows(given.size or [720, 1080], given.frames, given.repeat))
    if given.json:
        print(json.dumps({"rows": table}))
        return
    for row in table:
        print(
            f"{row['name']:<44} {row['fps']:>7} fps {row['cpu_per_film_s']:>7} CPU-s per film second"
        )


if __name__ == "__main__":
    main()
