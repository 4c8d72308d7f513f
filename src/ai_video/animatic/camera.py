"""Where the camera looks at any moment: all movements of the vocabulary as smooth paths.

A pose moves the view's centre by (x, y) in frame heights, magnifies by `zoom` and turns by `roll`.
Layers follow it by their depth: 1 is where the people stand, less is farther away, more is nearer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from ai_video.domain.slots import Angle, Movement, Pace

Matrix = NDArray[np.float64]

OVERSCAN_X = 0.15
"""Scenery painted beyond the frame on each side, as a share of its width."""
OVERSCAN_Y = 0.16
REST_ZOOM = 1.02


@dataclass(frozen=True, slots=True)
class Pose:
    """The view at one moment; `focus` is the depth in focus, None = all; `smear` is a blur in widths."""

    x: float = 0.0
    y: float = 0.0
    zoom: float = REST_ZOOM
    roll: float = 0.0
    spread: float = 1.0
    pivot: float = 0.0
    focus: float | None = None
    smear: float = 0.0


@dataclass(frozen=True, slots=True)
class Camera:
    """A movement over a clip's length on a frame `aspect` wide and 1 high."""

    movement: Movement
    aspect: float
    seconds: float
    angle: Angle = "eye_level"
    pace: Pace = "normal"
    seed: int = 0
    gain: float = 1.0

    @property
    def still(self) -> bool:
        return self.movement == "static"

    def pose(self, at_s: float) -> Pose:
        """The view `at_s` seconds into the clip."""
        share = min(1.0, max(0.0, at_s / self.seconds)) if self.seconds > 0 else 0.0
        base = self._move(share, at_s)
        if self.angle != "dutch":
            return base
        return Pose(
            base.x * 0.6, base.y * 0.6, base.zoom * 1.14, base.roll + math.radians(5.5),
            base.spread, base.pivot, base.focus, base.smear,
        )  # fmt: skip

    def _move(self, share: float, at_s: float) -> Pose:
        reach = {"slow": 0.7, "slow_motion": 0.6, "fast": 1.25, "time_lapse": 1.2, "normal": 1.0}
        force = reach[self.pace] * min(1.0, 0.4 + self.seconds / 5)
        go = _eased(share)
        both = 2 * go - 1
        side = 0.055 * self.aspect * force * self.gain
        lift = 0.055 * force * self.gain
        near = 1.0 + 0.13 * force
        match self.movement:
            case "static":
                return Pose()
            case "push_in":
                return Pose(zoom=REST_ZOOM * near**go, y=-0.012 * go)
            case "pull_out":
                return Pose(zoom=REST_ZOOM * near ** (1 - go), y=-0.012 * (1 - go))
            case "zoom_in":
                return Pose(zoom=REST_ZOOM * (near + 0.05) ** go, spread=0.0)
            case "zoom_out":
                return Pose(zoom=REST_ZOOM * (near + 0.05) ** (1 - go), spread=0.0)
            case "pan_left":
                return Pose(x=-side * both, spread=0.35)
            case "pan_right":
                return Pose(x=side * both, spread=0.35)
            case "tilt_up":
                return Pose(y=-lift * both, spread=0.35)
            case "tilt_down":
                return Pose(y=lift * both, spread=0.35)
            case "track_left":
                return Pose(x=-side * 0.8 * both, spread=1.3)
            case "track_right":
                return Pose(x=side * 0.8 * both, spread=1.3)
            case "crane_up":
                return Pose(y=-lift * both, zoom=REST_ZOOM * (1.05 - 0.05 * go), spread=1.2)
            case "crane_down":
                return Pose(y=lift * both, zoom=REST_ZOOM * (1.0 + 0.05 * go), spread=1.2)
            case "follow":
                step = 0.0035 * math.sin(2 * math.pi * 1.7 * at_s)
                return Pose(x=-side * both, y=step, zoom=1.04, spread=1.6, pivot=1.0)
            case "orbit":
                return Pose(
                    x=side * 1.1 * math.sin(math.pi / 2 * both), zoom=1.03 + 0.03 * go,
                    spread=1.8, pivot=1.0,
                )  # fmt: skip
            case "handheld":
                return self._handheld(at_s)
            case "rack_focus":
                return Pose(
                    zoom=1.03, focus=1.35 - 0.95 * _eased(min(1, max(0, share * 1.5 - 0.25)))
                )
            case "aerial":
                return Pose(
                    x=side * 0.4 * both, y=-0.6 * lift * both, zoom=1.16 - 0.1 * go,
                    roll=math.radians(1.2) * both, spread=1.1,
                )  # fmt: skip
            case "whip_pan":
                return self._whip(share)
            case _:
                assert_never(self.movement)

    def _handheld(self, at_s: float) -> Pose:
        first = (self.seed % 97) / 97 * 6.0

        def sway(*parts: tuple[float, float]) -> float:
            return sum(math.sin(2 * math.pi * hz * at_s + first * (1 + hz)) * a for hz, a in parts)

        return Pose(
            x=0.0055 * sway((0.43, 1.0), (0.97, 0.5), (1.63, 0.22)),
            y=0.0045 * sway((0.37, 1.0), (0.83, 0.55), (1.91, 0.2)),
            zoom=1.045,
            roll=math.radians(0.3) * sway((0.31, 1.0), (0.71, 0.4)),
        )

    def _whip(self, share: float) -> Pose:
        """Rest, a fast turn in the middle third of a second or so, and rest."""
        length = min(0.5, 0.45 / max(self.seconds, 0.2))
        begin = 0.5 - length / 2
        inner = min(1.0, max(0.0, (share - begin) / length))
        place = inner * inner * inner * (inner * (inner * 6 - 15) + 10)
        speed = 30 * inner * inner * (inner - 1) ** 2 / 1.875
        reach = 0.085 * self.aspect * self.gain
        return Pose(x=reach * (2 * place - 1), zoom=1.06, spread=0.2, smear=0.07 * speed)


def _eased(share: float) -> float:
    """Half steady, half smoothstep: a move that starts and ends softly without a long rest."""
    smooth = share * share * (3 - 2 * share)
    return 0.45 * share + 0.55 * smooth


def layer_view(pose: Pose, depth: float) -> tuple[float, float, float]:
    """How far (x, y) and how much (zoom) a layer of a depth follows the camera."""
    follow = 1.0 + (depth - 1.0) * pose.spread - pose.pivot
    rest = 1.0 + (depth - 1.0) * min(1.0, pose.spread) * 0.6
    zoom = REST_ZOOM * (pose.zoom / REST_ZOOM) ** max(0.0, rest) if pose.zoom > 0 else 1.0
    return pose.x * follow, pose.y * (follow + pose.pivot), zoom


def source_matrix(
    pose: Pose, depth: float, *, aspect: float, high_px: int,
    origin: tuple[float, float], scale: float, half: bool = False, lens: Matrix | None = None,
) -> Matrix:  # fmt: skip
    """The 2x3 matrix from a px of the frame to a px of a layer's picture (cv2 WARP_INVERSE_MAP).

    `origin` is the world place of the layer's top left corner, `scale` its px per frame height,
    `lens` a 3x3 that bends the layer's own world.
    """
    x, y, zoom = layer_view(pose, depth)
    step = 1.0 / high_px
    to_frame = np.array([[step, 0, 0.5 * step], [0, step, 0.5 * step], [0, 0, 1]])
    middle = np.array([[1, 0, -aspect / 2], [0, 1, -0.5], [0, 0, 1]])
    cosine, sine = math.cos(pose.roll) / zoom, math.sin(pose.roll) / zoom
    turn = np.array([[cosine, -sine, aspect / 2 + x], [sine, cosine, 0.5 + y], [0, 0, 1]])
    to_layer = np.array(
        [[scale, 0, -origin[0] * scale - 0.5], [0, scale, -origin[1] * scale - 0.5], [0, 0, 1]]
    )
    world = turn @ middle @ to_frame
    if lens is not None:
        world = lens @ world
    return np.ascontiguousarray((to_layer @ world)[:2])
