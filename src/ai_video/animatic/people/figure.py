"""One person drawn whole: body, head and the scene's light on them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from ai_video.animatic.ambience import Ambience
from ai_video.animatic.canvas import Box, Canvas
from ai_video.animatic.colors import BLACK, Color, mix
from ai_video.animatic.people.body import Arms, draw_body, legs_of
from ai_video.animatic.people.head import Face, draw_back_hair, draw_head
from ai_video.animatic.people.looks import Look
from ai_video.animatic.people.pen import Pen


@dataclass(frozen=True, slots=True)
class Standing:
    """Where and how a figure stands: chin at (x, y), `unit` = head height, all in frame heights."""

    x: float
    y: float
    unit: float
    side: int
    face: Face
    arms: Arms = "down"

    def ground(self, look: Look) -> float:
        return self.y + self.unit * legs_of(look)


def figure_box(place: Standing, look: Look, bounds: Box) -> Box:
    """The part of the world that the figure can cover, cut to the painted bounds."""
    tall = 3.9 if place.arms == "umbrella" else 1.75
    wide = 2.4 if place.arms == "umbrella" else 2.1
    return Box(
        max(bounds.left, place.x - wide * place.unit), max(bounds.top, place.y - tall * place.unit),
        min(bounds.right, place.x + wide * place.unit),
        max(min(bounds.bottom, place.ground(look) + 0.3 * place.unit), bounds.top + 0.1),
    )  # fmt: skip


def face_box(place: Standing, canvas: Canvas) -> Box | None:
    """The face's surroundings as a box on the canvas's own px grid; None when out of sight."""
    unit, scale, box = place.unit, canvas.scale, canvas.box
    left = max(0, math.floor((place.x - 0.75 * unit - box.left) * scale) & ~1)
    right = min(canvas.wide, math.ceil((place.x + 0.75 * unit - box.left) * scale) & ~1)
    top = max(0, math.floor((place.y - 0.95 * unit - box.top) * scale) & ~1)
    bottom = min(canvas.high, math.ceil((place.y + 0.45 * unit - box.top) * scale) & ~1)
    if right - left < 8 or bottom - top < 8:
        return None
    return Box(
        box.left + left / scale, box.top + top / scale, box.left + right / scale,
        box.top + bottom / scale,
    )  # fmt: skip


def paint_figure(
    canvas: Canvas, look: Look, place: Standing, light: Ambience, *, lit: float, shadow: bool
) -> None:
    """Draw the figure; `lit` is how far the sky's light reaches it (1 outdoors, less in rooms)."""
    pen = Pen(canvas, place.x, place.y, place.unit, place.side)
    if place.face.view == "back":
        draw_body(pen, look, "back", place.arms, 0.0)
        draw_back_hair(pen, look, place.face)
        draw_head(pen, look, place.face)
    else:
        draw_back_hair(pen, look, place.face)
        draw_body(pen, look, place.face.view, place.arms, place.face.turn)
        draw_head(pen, look, place.face)
    _light(canvas, place, light, lit)
    if shadow:
        _shadow(canvas, look, place, light)


def _light(canvas: Canvas, place: Standing, light: Ambience, lit: float) -> None:
    """The scene's tint, a rim of light on the bright side, and the dark of a silhouette."""
    tint = np.array(mix((1.0, 1.0, 1.0), light.tint, lit * 0.8), np.float32)
    canvas.rgb = np.asarray(cv2.transform(canvas.rgb, np.diag(tint)), np.float32)
    if light.silhouette > 0:
        dark = np.array(mix(light.sky[0], BLACK, 0.8), np.float32)
        canvas.rgb *= 1 - light.silhouette
        canvas.rgb += canvas.alpha[..., None] * dark * light.silhouette
    step = max(1.5, place.unit * canvas.scale * 0.02)
    from_right = light.sun_place is None or light.sun_place[0] > 0.5
    move = np.array([[1, 0, -step if from_right else step], [0, 1, step * 0.8]], np.float64)
    high, wide = canvas.alpha.shape
    moved = cv2.warpAffine(canvas.alpha, move, (wide, high))
    rim = np.clip(canvas.alpha - np.asarray(moved, np.float32), 0, 1)
    rim = (
        np.asarray(cv2.GaussianBlur(rim, (0, 0), max(0.6, step * 0.45)), np.float32) * canvas.alpha
    )
    color = np.array(_rim_color(light), np.float32)
    planes = [
        cv2.min(cv2.scaleAdd(rim.astype(np.float32), band, plane), canvas.alpha)
        for plane, band in zip(cv2.split(canvas.rgb), (color * min(1.0, light.rim)).tolist())
    ]
    canvas.rgb = np.asarray(cv2.merge(planes), np.float32)


def _rim_color(light: Ambience) -> Color:
    if "neon" in light.light:
        return (1.0, 0.35, 0.75)
    if light.light & {"firelight", "candlelight"}:
        return (1.0, 0.65, 0.3)
    return mix(light.sun, (1.0, 1.0, 1.0), 0.3)


def _shadow(canvas: Canvas, look: Look, place: Standing, light: Ambience) -> None:
    """The shadow on the ground, laid under what is painted."""
    ground = place.ground(look)
    if ground - 0.5 * place.unit > canvas.box.bottom:
        return
    under = Canvas(canvas.box, canvas.scale)
    wide = place.unit * 0.95
    under.ellipse(
        place.x + 0.2 * wide, ground - 0.02 * wide, wide, wide * 0.16, BLACK,
        alpha=0.36 * (1 - 0.4 * light.night), blur=wide * 0.09,
    )  # fmt: skip
    free = 1.0 - canvas.alpha
    canvas.rgb += under.rgb * free[..., None]
    canvas.alpha += under.alpha * free
