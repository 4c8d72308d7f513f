"""The four real texts become films; measured with FFmpeg's meters and PyAV, as a viewer has them."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import imageio_ffmpeg
import numpy as np
import pytest
from numpy.typing import NDArray

from ai_video.bootstrap import open_studio
from ai_video.domain.entities import Asset, Line, Take
from ai_video.settings import load_settings
from ai_video.storage.database import Unit
from tests.acceptance.conftest import Answer

Samples = NDArray[np.float64]
STORIES = Path(__file__).parent.parent / "data" / "stories"
TEXTS = [
    ("drama.zh.txt", ("--size", "360p")),
    ("news.zh.md", ("--size", "360p", "--aspect", "9:16", "--length", "60")),
    ("science.en.md", ("--size", "720p", "--length", "60")),
    ("screenplay.fountain", ("--size", "360p", "--aspect", "2.35:1", "--fps", "24")),
]

CASES = [pytest.param(name, options, id=name) for name, options in TEXTS]
FULL_SIZE = [
    pytest.param(name, ("--size", "1080p"), id=f"{name}-1080p", marks=pytest.mark.soak)
    for name, _ in TEXTS
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


RATE = 16_000
SLACK_S = 0.3


def sound_of(path: str) -> Samples:
    """A file's sound, mono at 16 kHz."""
    with av.open(path) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        parts = [
            out.to_ndarray().ravel()
            for frame in container.decode(stream)
            for out in resampler.resample(frame)
        ]
    return np.concatenate(parts).astype(np.float64)


async def voices_of(home: Path, lines: list[dict[str, Any]]) -> list[Path]:
    """The voice file of each line, as the studio keeps it."""

    async def takes(unit: Unit) -> list[Asset]:
        rows = [await unit.get(Line, UUID(line["id"])) for line in lines]
        kept = [await unit.get(Take, row.audio_take_id) for row in rows if row.audio_take_id]
        return [await unit.get(Asset, take.asset_id) for take in kept]

    async with open_studio(load_settings(home=home, voice="silent", offline=True)) as studio:
        assets = await studio.database.read(takes)
        return [await studio.blobs.local_path(asset.sha256) for asset in assets]


def heard_at(film: Samples, voice: Samples, start_s: float) -> float:
    """Where a voice begins in the film's sound: the best match near `start_s`, whatever else plays."""
    first = max(0, round((start_s - SLACK_S) * RATE))
    window = film[first : first + len(voice) + round(2 * SLACK_S * RATE)]
    size = 1 << (len(window) + len(voice)).bit_length()
    match = np.fft.irfft(np.fft.rfft(window, size) * np.conj(np.fft.rfft(voice, size)), size)
    return (first + int(np.argmax(match[: max(1, len(window) - len(voice) + 1)]))) / RATE


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("name", "options"), [*CASES, *FULL_SIZE])
def test_a_real_text_becomes_a_film_one_can_show(
    cli: Callable[..., Answer],
    home: Path,
    tmp_path: Path,
    name: str,
    options: tuple[str, ...],
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
    check_lines(document, str(film), home)
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


def check_lines(document: dict[str, Any], film: str, home: Path) -> None:
    """Where the JSON says a line begins and ends, its voice does so within 80 ms."""
    lines = [line for shot in document["storyboards"] for line in shot["lines"]]
    assert lines
    sound = sound_of(film)
    late: list[tuple[str, float, float]] = []
    for line, path in zip(lines, asyncio.run(voices_of(home, lines)), strict=True):
        voice = sound_of(str(path))
        begin = heard_at(sound, voice, line["start_s"])
        off = (begin - line["start_s"], begin + len(voice) / RATE - line["end_s"])
        if max(abs(value) for value in off) > 0.08:
            late.append((line["text"], *off))
    assert not late
