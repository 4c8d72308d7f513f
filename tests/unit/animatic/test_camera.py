"""Movements: their direction, their smoothness, and that rendered frames follow the path."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from ai_video.animatic.camera import OVERSCAN_X, OVERSCAN_Y, Camera, Pose, layer_view, source_matrix
from ai_video.animatic.layers import Composer, Frame, Layer, Life, planes_of
from ai_video.domain.slots import Movement

ASPECT = 16 / 9
FRAMES, FPS = 100, 25


def poses(movement: Movement) -> list[Pose]:
    camera = Camera(movement, ASPECT, FRAMES / FPS)
    return [camera.pose(number / FPS) for number in range(FRAMES)]


def test_static_camera_stands_still() -> None:
    assert len(set(poses("static"))) == 1


@pytest.mark.parametrize(
    ("movement", "axis", "sign"),
    [
        ("pan_left", "x", -1), ("pan_right", "x", 1), ("track_left", "x", -1),
        ("track_right", "x", 1), ("tilt_up", "y", -1), ("tilt_down", "y", 1), ("crane_up", "y", -1),
        ("crane_down", "y", 1), ("push_in", "zoom", 1), ("pull_out", "zoom", -1),
        ("zoom_in", "zoom", 1), ("zoom_out", "zoom", -1), ("whip_pan", "x", 1),
        ("aerial", "zoom", -1), ("rack_focus", "focus", -1),
    ],
)  # fmt: skip
def test_each_movement_goes_its_own_way(movement: Movement, axis: str, sign: int) -> None:
    path = [getattr(pose, axis) for pose in poses(movement)]
    steps = np.diff(path) * sign
    assert steps.min() >= -1e-9
    assert (path[-1] - path[0]) * sign > 0.02


@pytest.mark.parametrize("movement", get_args(Movement))
def test_no_movement_looks_beyond_what_is_painted(movement: Movement) -> None:
    for angle in ("eye_level", "dutch"):
        camera = Camera(movement, ASPECT, 4.0, angle=angle)
        for number in range(FRAMES):
            pose = camera.pose(number / FPS)
            for depth in (0.06, 0.5, 1.0):
                x, y, zoom = layer_view(pose, depth)
                turn = abs(np.sin(pose.roll))
                reach_x = (ASPECT / 2 * np.cos(pose.roll) + 0.5 * turn) / zoom + abs(x)
                reach_y = (0.5 * np.cos(pose.roll) + ASPECT / 2 * turn) / zoom + abs(y)
                assert reach_x <= ASPECT * (0.5 + OVERSCAN_X)
                assert reach_y <= 0.5 + OVERSCAN_Y


@pytest.mark.parametrize("movement", [m for m in get_args(Movement) if m not in {"whip_pan"}])
def test_paths_are_smooth(movement: Movement) -> None:
    """The change of speed from frame to frame stays far below one px at 720p."""
    path = np.array([[p.x * 720, p.y * 720, p.zoom * 640, p.roll * 640] for p in poses(movement)])
    assert np.abs(np.diff(path, n=3, axis=0)).max() < 0.2


WAVES = [(0.21, 0.05, 0.3), (0.04, 0.23, 1.9), (0.15, -0.13, 4.0), (-0.11, 0.17, 2.2)]


def texture(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Brightness 0..1 at any place of a sheet (px), known exactly."""
    return 0.5 + 0.11 * sum(np.sin(a * x + b * y + c) for a, b, c in WAVES)


def painted(wide: int, high: int) -> Layer:
    """A textured sheet with overscan at density 1.3."""
    scale = high * 1.3
    across = round(ASPECT * (1 + 2 * OVERSCAN_X) * scale) & ~1
    down = round((1 + 2 * OVERSCAN_Y) * scale) & ~1
    bright = texture(np.arange(across)[None, :], np.arange(down)[:, None]).astype(np.float32)
    planes = planes_of(np.repeat(bright[..., None], 3, axis=2), None, None)
    return Layer(planes, (-OVERSCAN_X * ASPECT, -OVERSCAN_Y), scale, 1.0)


@pytest.mark.parametrize(
    "movement", [m for m in get_args(Movement) if m not in {"rack_focus", "whip_pan"}]
)
def test_rendered_motion_keeps_to_its_path_within_a_hundredth_px(movement: Movement) -> None:
    wide, high = 320, 180
    layer = painted(wide, high)
    camera = Camera(movement, wide / high, 4.0)
    composer = Composer([layer], camera, wide, high)
    frame = Frame.blank(wide, high)
    errors: list[np.ndarray] = []
    for number in range(0, FRAMES, 4):
        at_s = number / FPS
        composer.compose(frame, at_s, {})
        view = source_matrix(
            camera.pose(at_s), 1.0, aspect=wide / high, high_px=high, origin=layer.origin,
            scale=layer.scale,
        )  # fmt: skip
        errors.append(offset(frame.y, view))
    assert np.sqrt(np.mean(np.square(errors))) <= 0.01


def offset(drawn: np.ndarray, view: np.ndarray) -> np.ndarray:
    """How far (px) a drawn frame stands from the exact picture of its view, by least squares."""
    high, wide = drawn.shape
    x, y = np.meshgrid(np.arange(wide), np.arange(high))
    places = np.einsum("ij,jhw->ihw", view, np.stack([x, y, np.ones_like(x)]).astype(np.float64))
    exact = 16 + 219 * texture(places[0], places[1])
    dy, dx = np.gradient(exact)
    inner = (slice(8, -8), slice(8, -8))
    slopes = np.stack([dx[inner].ravel(), dy[inner].ravel(), np.ones(dx[inner].size)], axis=1)
    rest = (drawn - exact)[inner].ravel()
    return np.linalg.lstsq(slopes, -rest, rcond=None)[0][:2]


def test_breath_keeps_the_feet_on_the_ground() -> None:
    lens = Life(breath=0.01, ground=0.8).lens(1.0)
    assert lens is not None
    assert np.allclose(lens @ [0.3, 0.8, 1.0], [0.3, 0.8, 1.0])


def test_hidden_rows_are_skipped_without_changing_the_picture() -> None:
    wide, high = 160, 90
    back = painted(wide, high)
    front = painted(wide, high)
    alpha = np.zeros_like(front.planes.y)
    alpha[front.planes.y.shape[0] // 2 :] = 255
    half = alpha[::2, ::2].copy()
    planes = type(front.planes)(
        front.planes.y & alpha, front.planes.u & half, front.planes.v & half, alpha, half
    )
    solid = (front.planes.y.shape[0] // 2, front.planes.y.shape[0])
    camera = Camera("aerial", wide / high, 4.0)
    pictures = []
    for known in (None, solid):
        layer = Layer(planes, front.origin, front.scale, 1.2, solid=known)
        frame = Frame.blank(wide, high)
        Composer([back, layer], camera, wide, high).compose(frame, 1.0, {})
        pictures.append(frame.buffer.copy())
    assert np.array_equal(*pictures)
