"""The stand that a place is painted on: sheets at depths, one light, one random source per scene.

Places are painted in a master frame 16/9 wide and 1 high, with more beyond its edges; `view` is
the part of it that a shot sees, so a close-up looks at a magnified part of the same place.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import cv2
import numpy as np

from ai_video.animatic.ambience import Ambience
from ai_video.animatic.canvas import Box, Canvas
from ai_video.animatic.colors import Color, lighter, mix, times
from ai_video.animatic.layers import Life
from ai_video.filmwords.mentions import Mentions

MASTER = 16 / 9


@dataclass(slots=True)
class Sheet:
    """A painted canvas with its depth and its own life."""

    canvas: Canvas
    depth: float
    life: Life
    blur: float


@dataclass(slots=True)
class Setting:
    """Where a place is painted.

    `view` is the seen box of the master frame with its overscan, `scale` px per master unit,
    `blur` how much out of focus the place is (master units) at depth 0.
    """

    view: Box
    scale: float
    light: Ambience
    name: str
    words: str
    blur: float = 0.0
    sheets: list[Sheet] = field(default_factory=list[Sheet])

    def rng(self, salt: str = "") -> np.random.Generator:
        """A random source that depends on the scene's name only, so its shots agree."""
        digest = hashlib.sha256(f"{self.name}|{salt}".encode()).digest()
        return np.random.default_rng(int.from_bytes(digest[:8], "big"))

    def sheet(
        self, depth: float, *, life: Life | None = None, blur: float | None = None,
        coarse: bool = False,
    ) -> Canvas:  # fmt: skip
        """A new empty canvas in front of the earlier ones; `coarse` for air without fine detail."""
        own = self.blur * min(1.5, abs(1.05 - depth) * 1.3) if blur is None else blur
        soft = own * self.scale
        # What is out of focus needs fewer px.
        share = 0.5 if soft >= 2.4 else 0.7 if soft >= 1.2 or coarse else 1.0
        canvas = Canvas(self.view, self.scale * share)
        self.sheets.append(Sheet(canvas, depth, life or Life(), own))
        return canvas

    def lit(self, color: Color, share: float = 1.0) -> Color:
        """A surface's colour under the sky's light."""
        return mix(color, times(color, self.light.tint), share)

    def shade(self, canvas: Canvas, share: float = 1.0, haze: float = 0.0) -> None:
        """Put what was painted so far under the sky's light, veiled by distance."""
        rows = np.flatnonzero(canvas.alpha.any(axis=1))
        if not len(rows):
            return
        part = slice(int(rows[0]), int(rows[-1]) + 1)
        tint = np.diag(mix((1.0, 1.0, 1.0), self.light.tint, share)) * (1 - haze)
        lit = cv2.transform(canvas.rgb[part], tint.astype(np.float32))
        if haze > 0:
            cover = np.ascontiguousarray(canvas.alpha[part])
            veiled = [
                cv2.scaleAdd(cover, haze * band, plane)
                for plane, band in zip(cv2.split(lit), self.light.haze)
            ]
            lit = cv2.merge(veiled)
        canvas.rgb[part] = lit

    def has(self, *words: str) -> bool:
        """Whether the shot's words speak of one of these."""
        return Mentions(self.words).says_plural(*words)

    @property
    def glass(self) -> Color:
        """What a window shows from far: the sky's light or a lamp."""
        return mix(lighter(self.light.sky[1], 0.2), (1.0, 0.84, 0.5), 0.85 * self.light.lamps)
