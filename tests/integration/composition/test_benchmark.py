"""The benchmark's film is the same film, however it is made."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from benchmarks._composition_film import Bench, make_material, raw_ffmpeg
from benchmarks.composition import MOVIEPY, Ours

ROOT = Path(__file__).parents[3]


def greys(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="gray") for frame in container.decode(video=0)])


async def test_the_raw_command_and_we_make_the_same_film(tmp_path):
    bench = Bench(tmp_path, shots=3, seconds=1.0, width=320, height=180)
    make_material(bench)
    await raw_ffmpeg(bench, tmp_path / "raw.mp4")
    raw, ours = greys(tmp_path / "raw.mp4"), greys(await Ours(bench, tmp_path / "cache").render())
    assert raw.shape == ours.shape == (75, 180, 320)
    assert bench.overlap == 6
    away = np.abs(raw.astype(int) - ours).mean(axis=(1, 2))
    assert away.max() < 6, f"frame {away.argmax()} differs"
    faded = np.abs(ours[44].astype(int) - ours[56]).mean()
    assert faded > 20, "the third shot looks different"
    middle = np.abs(ours[50].astype(int) - (ours[43].astype(int) + ours[57]) / 2).mean()
    assert middle < 0.6 * faded, "in the middle of the crossfade both are seen"


async def test_only_what_changed_is_made_again(tmp_path):
    bench = Bench(tmp_path, shots=3, seconds=1.0, width=160, height=90)
    make_material(bench)
    ours = Ours(bench, tmp_path / "cache")

    async def made() -> list[str]:
        before = {path.name for path in (tmp_path / "cache").glob("*")}
        await ours.render()
        return sorted(
            path.suffix for path in (tmp_path / "cache").glob("*") if path.name not in before
        )

    assert await made() == [".m4a", *[".mp4"] * 5], "sound, three segments, a crossfade, the film"
    ours.lines[0] = bench.spoken(0, "改过了。")
    assert await made() == [".mp4"] * 2
    ours.swapped[1] = 0
    assert await made() == [".mp4"] * 3, "its crossfade as well"
    assert await made() == []


def test_the_command_prints_a_row_for_each_way_and_says_what_was_skipped(monkeypatch):
    monkeypatch.delenv("AIVIDEO_MOVIEPY", raising=False)
    words = [*("--shots", "2"), *("--seconds", "0.8"), *("--size", "90"), *("--repeat", "1")]
    answer = subprocess.run(
        [sys.executable, "-m", "benchmarks.composition", *words, "--json"],
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    rows = {row["name"]: row for row in json.loads(answer.stdout)["rows"]}
    assert list(rows) == [
        *("raw_ffmpeg", "full", "one_shot_changed", "one_subtitle_changed", "nothing_changed"),
        "moviepy",
    ]
    assert rows["raw_ffmpeg"]["ratio_to"]["raw_ffmpeg"] == pytest.approx(1)
    assert rows["nothing_changed"]["cpu_s"] < rows["full"]["cpu_s"]
    assert MOVIEPY in rows["moviepy"]["skipped"]
