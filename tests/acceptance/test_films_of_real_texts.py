"""The four real texts become films; measured with FFmpeg's meters and PyAV, as a viewer has them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg
import numpy as np
import pytest

from tests.acceptance.conftest import Answer

STORIES = Path(__file__).parent.parent / "data" / "stories"
TEXTS = [
    ("drama.zh.txt", ("--size", "360p")),
    ("news.zh.md", ("--size", "360p", "--aspect", "9:16", "--length", "60")),
    ("science.en.md", ("--size", "720p", "--length", "60")),
    ("screenplay.fountain", ("--size", "360p", "--aspect", "2.35:1", "--fps", "24")),
]


def meter(path: str, *filters: str) -> str:
    done = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostats", "-i", path, *filters,
         "-f", "null", "-"],
        capture_output=True,
        check=True,
    )  # fmt: skip
    return done.stderr.decode("utf-8", "replace")


def total(pattern: str, report: str) -> float:
    return sum(float(value) for value in re.findall(pattern, report))


def speech_energy(path: str) -> tuple[np.ndarray[Any, np.dtype[np.float64]], int]:
    """Level of the film's sound in dB, one value per 10 ms."""
    with av.open(path) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="flt", layout="mono", rate=16_000)
        parts = [
            out.to_ndarray().ravel()
            for frame in container.decode(stream)
            for out in resampler.resample(frame)
        ]
    samples = np.concatenate(parts)
    blocks = samples[: len(samples) // 160 * 160].reshape(-1, 160)
    return 20 * np.log10(np.sqrt((blocks**2).mean(axis=1)) + 1e-6), 100


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("name", "options"), TEXTS, ids=[name for name, _ in TEXTS])
def test_a_real_text_becomes_a_film_one_can_show(
    cli: Callable[..., Answer], tmp_path: Path, name: str, options: tuple[str, ...]
) -> None:
    film = tmp_path / "film.mp4"
    answer = cli(
        "make", str(STORIES / name), "-o", str(film), "--generator", "animatic",
        "--no-music", *options, "--json", timeout=800,
    )  # fmt: skip
    assert answer.code == 0, answer.out[-2000:] + answer.err[-4000:]
    document = answer.json
    assert document["used"]["voice"] == "kokoro"
    made = document["film"]
    check_streams(film, made, options)
    loud = meter(str(film), "-af", "ebur128=peak=true")
    summary = loud[loud.rindex("Summary:") :]
    integrated = float(re.findall(r"I:\s+(-?[\d.]+) LUFS", summary)[0])
    peak = float(re.findall(r"Peak:\s+(-?[\d.]+) dBFS", summary)[0])
    assert -15 <= integrated <= -13
    assert peak <= -1.0
    seen = meter(
        str(film), "-vf", "blackdetect=d=0.1:pix_th=0.06,freezedetect=n=-60dB:d=0.5", "-an"
    )
    assert total(r"black_duration:([\d.]+)", seen) < 0.04 * made["duration_s"]
    assert total(r"freeze_duration: ([\d.]+)", seen) < 0.10 * made["duration_s"]
    check_lines(document, str(film))
    if "--length" in options:
        asked = float(options[options.index("--length") + 1])
        said = {row["code"] for row in document["degraded"]}
        assert abs(made["duration_s"] - asked) <= 0.1 * asked or "length_not_reached" in said
    for kind in ("srt", "vtt", "ass"):
        assert Path(document["sidecars"][kind]).parent == film.parent


def check_streams(film: Path, made: dict[str, Any], options: tuple[str, ...]) -> None:
    with av.open(str(film)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert video.codec_context.name == "h264"
        assert video.codec_context.pix_fmt == "yuv420p"
        assert audio.codec_context.name == "aac"
        ends = [
            float((stream.duration or 0) * (stream.time_base or 0)) for stream in (video, audio)
        ]
        assert abs(ends[0] - ends[1]) <= 0.25
        assert abs(ends[0] - made["duration_s"]) <= 0.1
        assert (video.width, video.height) == (made["width"], made["height"])
    aspect = options[options.index("--aspect") + 1] if "--aspect" in options else "16:9"
    across, down = (float(side) for side in aspect.split(":"))
    assert abs(made["width"] / made["height"] / (across / down) - 1) <= 0.02


def check_lines(document: dict[str, Any], film: str) -> None:
    """Where the JSON says a line begins and ends, speech begins and ends within 80 ms."""
    level, per_second = speech_energy(film)
    lines = [line for shot in document["storyboards"] for line in shot["lines"]]
    assert lines
    late: list[tuple[str, float, float]] = []
    for line in lines:
        first, last = (round(line[key] * per_second) for key in ("start_s", "end_s"))
        around = level[max(0, first - 20) : last + 20]
        loud = np.flatnonzero(around > around.max() - 30)
        begin = (max(0, first - 20) + loud[0]) / per_second
        end = (max(0, first - 20) + loud[-1] + 1) / per_second
        if abs(begin - line["start_s"]) > 0.08 or abs(end - line["end_s"]) > 0.12:
            late.append((line["text"], begin - line["start_s"], end - line["end_s"]))
    assert not late
