"""What is wrong with one generated picture or clip, as numbers and names of defects.

Models fail in a few plain ways that need no taste to see: a black or empty picture where numbers
overflow, mere noise where sampling broke off, a clip that stands still, another size or length than
the graph asked for. Sampled at 480 px, in process.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, Literal

import av
import cv2
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from ai_video.composition.pictures import ANALYSED_SIDE, small_pictures

Luma = NDArray[np.uint8]
DefectName = Literal["unreadable", "black", "blank", "noise", "frozen", "size", "length", "rate"]

UNUSABLE: Final[frozenset[DefectName]] = frozenset({"unreadable", "black", "blank"})
"""With one of these there is nothing to see, unless the shot is meant to be dark or veiled; with the
others it is better than nothing."""
STRUCTURAL: Final[frozenset[DefectName]] = frozenset({"size", "length", "rate"})
"""They come from the graph: another seed rarely mends them."""

BLACK_LUMA: Final = 20
BLACK_PERCENTILE: Final = 99.9
BLANK_CONTRAST: Final = 2.0
COARSE_SIDES: Final = (64, 32)
NOISE_CORRELATION: Final = 0.35
MOST_FRAMES: Final = 0.8
STILL_STEP: Final = 0.25
STILL_SHARE: Final = 0.95
STILL_DRIFT: Final = 1.0
SIZE_ERROR: Final = 0.02
LENGTH_ERROR: Final = 0.1
RATE_ERROR: Final = 0.02


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the graph asked for; None where it does not say. Sizes in px, `fps` frames a second."""

    width: int | None = None
    height: int | None = None
    frames: int | None = None
    fps: float | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was measured, and the defects that follow, worst first.

    `scores`: `brightest` (luma that 99.9 % of the pixels stay below, 0-255), `contrast` (standard
    deviation of luma), `smoothness` (how far neighbouring areas agree, 0 for noise to 1), `sharpness`
    (variance of the Laplacian); clips also `frames`, `fps`, `still_share` (0-1), `drift` (mean change
    of luma from the first frame, at most).
    """

    scores: dict[str, float]
    defects: tuple[DefectName, ...]


UNREADABLE: Final = Inspection({}, ("unreadable",))


@dataclass(frozen=True, slots=True)
class _Look:
    brightest: float
    contrast: float
    smoothness: float
    sharpness: float

    @property
    def black(self) -> bool:
        return self.brightest < BLACK_LUMA

    @property
    def blank(self) -> bool:
        return self.contrast < BLANK_CONTRAST

    @property
    def noise(self) -> bool:
        return not self.blank and self.smoothness < NOISE_CORRELATION


def inspect_picture(path: Path, wanted: Wanted) -> Inspection:
    """Measure a picture; blocking. A file that is none has the defect `unreadable`."""
    try:
        with Image.open(path) as picture:
            width, height = picture.size
            luma = np.asarray(picture.convert("L"), np.uint8)
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError):
        return UNREADABLE
    look = _look(_small(luma))
    defects: list[DefectName] = _seen([look])
    if _wrong_size(width, height, wanted):
        defects.append("size")
    return Inspection(_scores([look]), tuple(defects))


def inspect_motion(path: Path, wanted: Wanted) -> Inspection:
    """Measure every frame of a clip that was to move; blocking. A file that is none has the defect
    `unreadable`."""
    looks: list[_Look] = []
    steps: list[float] = []
    first: Luma | None = None
    previous: Luma | None = None
    drift = 0.0
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            width, height = stream.width, stream.height
            rate = float(stream.average_rate or Fraction(0))
            for luma in small_pictures(container.decode(stream)):
                looks.append(_look(luma))
                if previous is None or first is None:
                    first = luma
                else:
                    steps.append(float(cv2.absdiff(luma, previous).mean()))
                    drift = max(drift, float(cv2.absdiff(luma, first).mean()))
                previous = luma
    except (FFmpegError, OSError, IndexError, ValueError):
        return UNREADABLE
    if not looks:
        return UNREADABLE
    still = float((np.array(steps) < STILL_STEP).mean()) if steps else 1.0
    defects = _seen(looks)
    if not defects and still >= STILL_SHARE and drift < STILL_DRIFT:
        defects.append("frozen")
    if _wrong_size(width, height, wanted):
        defects.append("size")
    if wanted.frames is not None and len(looks) < wanted.frames * (1 - LENGTH_ERROR):
        defects.append("length")
    if wanted.fps and rate and abs(rate / wanted.fps - 1) > RATE_ERROR:
        defects.append("rate")
    scores = {
        **_scores(looks),
        "frames": float(len(looks)),
        "fps": round(rate, 3),
        "still_share": round(still, 3),
        "drift": round(drift, 2),
    }
    return Inspection(scores, tuple(defects))


def _small(luma: Luma) -> Luma:
    scale = min(1.0, ANALYSED_SIDE / max(luma.shape))
    if scale == 1.0:
        return luma
    size = (max(2, round(luma.shape[1] * scale)), max(2, round(luma.shape[0] * scale)))
    return cv2.resize(luma, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _look(luma: Luma) -> _Look:
    return _Look(
        brightest=float(np.percentile(luma, BLACK_PERCENTILE)),
        contrast=float(luma.std()),
        smoothness=max(_agreement(luma, side) for side in COARSE_SIDES),
        sharpness=float(cv2.Laplacian(luma, cv2.CV_32F).var()),
    )


def _agreement(luma: Luma, side: int) -> float:
    """How far an area's light agrees with that of its neighbours, when the picture is `side` areas
    long: pictures of things are smooth at every scale, noise is at none."""
    scale = side / max(luma.shape)
    if scale >= 1.0:
        areas = luma.astype(np.float32)
    else:
        size = (max(4, round(luma.shape[1] * scale)), max(4, round(luma.shape[0] * scale)))
        areas = cv2.resize(luma, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return max(_correlation(areas[:, :-1], areas[:, 1:]), _correlation(areas[:-1], areas[1:]))


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    left, right = one - one.mean(), other - other.mean()
    spread = float(np.sqrt((left**2).mean() * (right**2).mean()))
    return float((left * right).mean()) / spread if spread > 1e-6 else 1.0


def _seen(looks: list[_Look]) -> list[DefectName]:
    """What is wrong with most of the frames."""
    kinds: tuple[tuple[DefectName, list[bool]], ...] = (
        ("black", [look.black for look in looks]),
        ("blank", [look.blank for look in looks]),
        ("noise", [look.noise for look in looks]),
    )
    for name, flags in kinds:
        if sum(flags) >= MOST_FRAMES * len(flags):
            return [name]
    return []


def _wrong_size(width: int, height: int, wanted: Wanted) -> bool:
    """Another shape than asked, or smaller; larger of the same shape is what upscaling gives."""
    if not wanted.width or not wanted.height or not width or not height:
        return False
    shape = abs((width / height) / (wanted.width / wanted.height) - 1)
    return shape > SIZE_ERROR or width < wanted.width * (1 - SIZE_ERROR)


def _scores(looks: list[_Look]) -> dict[str, float]:
    return {
        name: round(float(np.median([getattr(look, name) for look in looks])), 3)
        for name in ("brightest", "contrast", "smoothness", "sharpness")
    }
