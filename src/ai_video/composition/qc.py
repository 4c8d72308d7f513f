"""Quality control of clips and films, as data: what was measured, and what it means."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, cast

import av
import numpy as np
from numpy.typing import NDArray

from ai_video.assets import MediaFacts, file_arg, probe, run_ffmpeg
from ai_video.composition.pictures import PictureMeasures, measure_pictures
from ai_video.domain.entities import Json
from ai_video.domain.slots import ASPECT_RATIOS
from ai_video.errors import InputRefused, Language

State = Literal["ok", "warn", "fail"]

BLOCK_S = 0.1
SILENCE_DBFS = -60.0
FLOOR_DB = -120.0

MAX_BLACK, MAX_FROZEN, MAX_FLICKER = 0.04, 0.10, 0.02
MIN_SHARPNESS = 25.0
MAX_SILENCE = 0.7
MAX_END_DIFFERENCE_S = 0.25
MAX_ASPECT_ERROR = 0.02
LOUDNESS_LUFS, LOUDNESS_TOLERANCE = -14.0, 1.0
MAX_TRUE_PEAK_DBTP = -1.0
MAX_CLIPPED = 0.0001


@dataclass(frozen=True, slots=True)
class SoundMeasures:
    """`silent_share` counts blocks of 0.1 s below -60 dBFS; loudness by EBU R 128."""

    duration_s: float
    silent_share: float
    longest_silence_s: float
    clipped_share: float
    loudness_lufs: float
    true_peak_dbtp: float


@dataclass(frozen=True, slots=True)
class Finding:
    """One judgement, in the language asked for; `fix` is empty when all is well."""

    name: str
    state: State
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class FilmReport:
    """What a clip or film is like; `sound` is None when it has none."""

    media: MediaFacts
    picture: PictureMeasures
    sound: SoundMeasures | None
    aspect_error: float
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return all(row.state != "fail" for row in self.findings)

    def as_json(self) -> Json:
        """The measures and the names of what is not well, as they stand on a take."""
        measures: dict[str, object] = {
            "picture": asdict(self.picture),
            "sound": asdict(self.sound) if self.sound else None,
            "aspect_error": self.aspect_error,
            "faults": [row.name for row in self.findings if row.state != "ok"],
        }
        return cast("Json", measures)


async def inspect_film(path: Path, *, language: Language = "en") -> FilmReport:
    """Judge a finished film: pictures, sound, loudness, how they end, codecs, ratio.

    Raises:
        InputRefused: the file is no video, or is damaged.
    """
    media, picture = await _measured(path)
    sound = await measure_sound(path) if media.audio_codec else None
    error = aspect_error(media.width or 1, media.height or 1)
    rows = [
        *_picture_rows(picture),
        _row("aspect", error <= MAX_ASPECT_ERROR, error * 100, MAX_ASPECT_ERROR * 100),
        _row("codecs", _plays_everywhere(media), f"{media.codec} {media.pix_fmt}", ""),
        _row("sound", sound is not None, "", ""),
    ]
    if sound is not None:
        difference = abs((media.duration_s or 0.0) - sound.duration_s)
        loud = abs(sound.loudness_lufs - LOUDNESS_LUFS) <= LOUDNESS_TOLERANCE
        rows += [
            _row("ends", difference <= MAX_END_DIFFERENCE_S, difference, MAX_END_DIFFERENCE_S),
            _row("loudness", loud, sound.loudness_lufs, LOUDNESS_LUFS, "warn"),
            _row(
                "true_peak",
                sound.true_peak_dbtp <= MAX_TRUE_PEAK_DBTP,
                sound.true_peak_dbtp,
                MAX_TRUE_PEAK_DBTP,
                "warn",
            ),
            _row("clipping", sound.clipped_share <= MAX_CLIPPED, sound.clipped_share * 100, 0.01),
            _row(
                "silence", sound.silent_share <= MAX_SILENCE, sound.silent_share * 100, 70.0, "warn"
            ),
        ]
    return FilmReport(media, picture, sound, error, tuple(row.said(language) for row in rows))


async def inspect_clip(path: Path, *, language: Language = "en") -> FilmReport:
    """Judge one shot's clip: pictures only, and a cut inside it is a fault.

    Raises:
        InputRefused: the file is no video, or is damaged.
    """
    media, picture = await _measured(path)
    error = aspect_error(media.width or 1, media.height or 1)
    rows = [
        *_picture_rows(picture),
        _row("cut", not picture.cuts_s, len(picture.cuts_s), 0, "warn"),
    ]
    return FilmReport(media, picture, None, error, tuple(row.said(language) for row in rows))


async def _measured(path: Path) -> tuple[MediaFacts, PictureMeasures]:
    media = await probe(path)
    if media.kind != "video":
        raise InputRefused("media_unknown", name=path.name)
    return media, await asyncio.to_thread(measure_pictures, path)


def aspect_error(width: int, height: int) -> float:
    """Relative distance of a size from the nearest of the seven ratios."""
    ratio = width / height
    return min(abs(ratio * down / across - 1) for across, down in ASPECT_RATIOS.values())


def _plays_everywhere(media: MediaFacts) -> bool:
    return (
        media.codec == "h264" and media.pix_fmt == "yuv420p" and media.audio_codec in {None, "aac"}
    )


async def measure_sound(path: Path) -> SoundMeasures:
    """Loudness, peaks and silence of a file's first sound stream."""
    log = await run_ffmpeg(
        ["-i", file_arg(path), "-map", "0:a:0", "-af", "ebur128=peak=true", "-f", "null", "-"],
        verbose=True,
    )
    levels, clipped, duration_s = await asyncio.to_thread(_levels, path)
    silent = levels < SILENCE_DBFS
    longest = max(
        (len(run) for run in "".join("x" if s else " " for s in silent).split()), default=0
    )
    return SoundMeasures(
        duration_s=duration_s,
        silent_share=float(silent.mean()) if len(silent) else 1.0,
        longest_silence_s=longest * BLOCK_S,
        clipped_share=clipped,
        loudness_lufs=_last_number(log, r"I:\s+(-?[\d.]+) LUFS"),
        true_peak_dbtp=_last_number(log, r"Peak:\s+(-?[\d.]+|-inf) dBFS"),
    )


def _last_number(log: str, pattern: str) -> float:
    """The summary stands last in FFmpeg's log; silence is minus infinity."""
    found = re.findall(pattern, log)
    return max(float(found[-1]), FLOOR_DB) if found else FLOOR_DB


def _levels(path: Path) -> tuple[NDArray[np.float64], float, float]:
    """(level of each block in dBFS, share of clipped samples, seconds); blocking."""
    blocks: list[float] = []
    clipped = total = 0
    rest = np.zeros(0)
    rate = 48_000
    for samples, rate in _mono(path):
        clipped += int((np.abs(samples) >= 0.9999).sum())
        total += len(samples)
        joined = np.concatenate([rest, samples])
        step = int(rate * BLOCK_S)
        whole = len(joined) // step * step
        power = (joined[:whole].reshape(-1, step) ** 2).mean(axis=1)
        blocks += (10 * np.log10(np.maximum(power, 1e-12))).tolist()
        rest = joined[whole:]
    return np.array(blocks), clipped / max(1, total), total / rate


def _mono(path: Path) -> Iterator[tuple[NDArray[np.float64], int]]:
    """(the loudest channel's samples, rate) frame by frame."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="fltp")
        for frame in container.decode(audio=0):
            for part in resampler.resample(frame):
                planes = part.to_ndarray().astype(np.float64)
                loudest = np.abs(planes).max(axis=1).argmax()
                yield planes[loudest], part.sample_rate


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    state: State
    value: str
    limit: str

    def said(self, language: Language) -> Finding:
        zh, en, fix_zh, fix_en = TEXTS[self.name]
        message = (zh if language == "zh" else en).format(value=self.value, limit=self.limit)
        fix = fix_zh if language == "zh" else fix_en
        return Finding(self.name, self.state, message, "" if self.state == "ok" else fix)


def _row(
    name: str, well: bool, value: float | str, limit: float | str, otherwise: State = "fail"
) -> _Row:
    def said(number: float | str) -> str:
        return number if isinstance(number, str) else f"{number:.2f}".rstrip("0").rstrip(".")

    return _Row(name, "ok" if well else otherwise, said(value), said(limit))


def _picture_rows(picture: PictureMeasures) -> list[_Row]:
    return [
        _row("black", picture.black_share <= MAX_BLACK, picture.black_share * 100, 4),
        _row("frozen", picture.frozen_share <= MAX_FROZEN, picture.frozen_share * 100, 10),
        _row("blur", picture.sharpness >= MIN_SHARPNESS, picture.sharpness, MIN_SHARPNESS, "warn"),
        _row(
            "flicker", picture.flicker_share <= MAX_FLICKER, picture.flicker_share * 100, 2, "warn"
        ),
    ]


TEXTS: dict[str, tuple[str, str, str, str]] = {
    "black": (
        "黑场占 {value}% (上限 {limit}%)",
        "{value} % of the frames are black (limit {limit} %)",
        "找到黑场的镜头并重新生成。",
        "Find the black shots and make them again.",
    ),
    "frozen": (
        "静止画面占 {value}% (上限 {limit}%)",
        "{value} % of the frames stand still (limit {limit} %)",
        "给静止的镜头加运镜, 或缩短它们。",
        "Give the still shots a camera movement, or shorten them.",
    ),
    "blur": (
        "清晰度 {value} (下限 {limit})",
        "Sharpness is {value} (at least {limit})",
        "用更高的分辨率或更清晰的素材重新生成。",
        "Make the blurred shots again, larger or from sharper material.",
    ),
    "flicker": (
        "闪烁画面占 {value}% (上限 {limit}%)",
        "{value} % of the frames flicker (limit {limit} %)",
        "换一个种子重新生成闪烁的镜头。",
        "Make the flickering shots again with another seed.",
    ),
    "cut": (
        "镜头内有 {value} 处跳切",
        "There are {value} cuts inside the shot",
        "换一个种子重新生成, 或拆成多个镜头。",
        "Make it again with another seed, or split the shot.",
    ),
    "aspect": (
        "画幅误差 {value}% (上限 {limit}%)",
        "The ratio is off by {value} % (limit {limit} %)",
        "用七种画幅之一重新渲染。",
        "Render again in one of the seven aspects.",
    ),
    "codecs": (
        "编码: {value}",
        "Codecs: {value}",
        "重新导出为 H.264 yuv420p + AAC。",
        "Export it again as H.264 yuv420p with AAC.",
    ),
    "sound": ("音轨", "Sound track", "影片没有音轨, 请重新渲染。", "The film has no sound; render it again."),
    "ends": (
        "画面与声音的结尾相差 {value} 秒 (上限 {limit})",
        "Picture and sound end {value} s apart (limit {limit} s)",
        "重新渲染影片。",
        "Render the film again.",
    ),
    "loudness": (
        "响度 {value} LUFS (目标 {limit} ± 1)",
        "Loudness is {value} LUFS (aim {limit} ± 1)",
        "重新混音。",
        "Mix the sound again.",
    ),
    "true_peak": (
        "真峰值 {value} dBTP (上限 {limit})",
        "True peak is {value} dBTP (limit {limit})",
        "降低限幅电平后重新混音。",
        "Mix the sound again with a lower limiter.",
    ),
    "clipping": (
        "削波样本占 {value}% (上限 {limit}%)",
        "{value} % of the samples clip (limit {limit} %)",
        "降低音量后重新混音。",
        "Mix the sound again at a lower level.",
    ),
    "silence": (
        "静音占 {value}% (上限 {limit}%)",
        "{value} % of the film is silent (limit {limit} %)",
        "检查配音和音乐是否齐全。",
        "Check that voices and music are there.",
    ),
}  # fmt: skip
"""Name → message and fix, Chinese and English."""
