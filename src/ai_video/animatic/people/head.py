"""Heads: face, expression, hair and what is worn on the head, facing right in three views.

`turn` is 0 for a face to the camera and about 0.6 for three quarters; all measures are heads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ai_video.animatic.canvas import Points, ellipse_points
from ai_video.animatic.colors import BLACK, WHITE, Color, darker, lighter, luma, mix, rgb
from ai_video.animatic.people.looks import Look
from ai_video.animatic.people.pen import Pen

View = Literal["front", "profile", "back"]
Mouth = Literal["rest", "open", "wide"]
Feeling = Literal["calm", "happy", "sad", "angry", "tense"]


@dataclass(frozen=True, slots=True)
class Face:
    """How a head is held and what it shows."""

    view: View
    turn: float
    mouth: Mouth = "rest"
    blink: bool = False
    feeling: Feeling = "calm"


def face_outline(look: Look) -> Points:
    """The outline of a head seen from the front."""
    wide = look.face_width * (1.06 if look.age == "child" else 1.0) * (1 + (look.build - 1) * 0.4)
    jaw = {"male": 0.34, "female": 0.27}[look.gender] + (0.05 if look.age == "child" else 0.0)
    half = [
        (0.0, -1.0), (0.27, -0.95), (0.43, -0.72), (0.445, -0.46), (0.41, -0.25), (jaw, -0.085),
        (0.15, 0.0),
    ]  # fmt: skip
    right = [(x * wide, y) for x, y in half]
    return [*right, (0.0, 0.018), *[(-x, y) for x, y in reversed(right[1:])]]


_PROFILE = [
    (-0.02, -1.0), (0.24, -0.95), (0.40, -0.78), (0.425, -0.6), (0.40, -0.50), (0.47, -0.38),
    (0.52, -0.31), (0.44, -0.255), (0.455, -0.205), (0.435, -0.165), (0.45, -0.125), (0.42, -0.075),
    (0.40, -0.005), (0.28, 0.03), (0.05, -0.06), (-0.12, -0.2), (-0.3, -0.24), (-0.46, -0.45),
    (-0.45, -0.7), (-0.28, -0.94),
]  # fmt: skip


def draw_back_hair(pen: Pen, look: Look, face: Face) -> None:
    """The hair that hangs behind neck and shoulders; drawn before the body."""
    if look.has("robot"):
        return
    color = darker(look.hair_color, 0.22)
    lean = -0.1 if face.view == "profile" else -0.04 * face.turn
    if look.hair in {"long", "parted_long", "wavy"}:
        drop = 1.05 if look.age != "child" else 0.62
        wave = 0.07 if look.hair == "wavy" else 0.015
        right = [
            (0.5 + wave * math.sin(6 * s + 1), -0.7 + s * (drop + 0.7))
            for s in np.linspace(0, 1, 7)
        ]
        left = [
            (-0.52 - wave * math.sin(6 * s), -0.7 + s * (drop + 0.7)) for s in np.linspace(0, 1, 7)
        ]
        if face.view == "profile":
            right = [(x - 0.42, y) for x, y in right]
        points = [(0.0, -1.05), *right, *reversed(left)]
        pen.soft([(x + lean, y) for x, y in points], color)
    elif look.hair == "bob":
        right = 0.3 if face.view == "profile" else 0.52
        pen.soft([(0, -1.05), (right, -0.8), (right + 0.02, -0.3), (right - 0.08, 0.02), (0, -0.05),
                  (-0.44, 0.04), (-0.54, -0.3), (-0.5, -0.8)], color)  # fmt: skip
    elif look.hair == "ponytail":
        pen.soft([(-0.28, -0.86), (-0.56, -0.8), (-0.74, -0.4), (-0.70, 0.15), (-0.60, 0.36),
                  (-0.56, 0.02), (-0.46, -0.4)], color)  # fmt: skip
        pen.oval(-0.40, -0.78, 0.075, 0.095, look.accent, turn=-30)
    elif look.hair == "twin":
        for side in (-1, 1):
            pen.soft([(side * 0.38, -0.8), (side * 0.66, -0.72), (side * 0.74, -0.2), (side * 0.64, 0.22),
                      (side * 0.54, -0.1), (side * 0.44, -0.5)], color)  # fmt: skip
            pen.oval(side * 0.44, -0.74, 0.07, 0.07, look.accent)
    elif look.hair == "braid":
        for step in range(7):
            pen.oval(
                -0.5 + 0.02 * math.sin(step * 2),
                -0.28 + step * 0.17,
                0.115 - step * 0.006,
                0.11,
                mix(color, look.hair_color, 0.5 * (step % 2)),
                turn=20 * (-1) ** step,
            )
        pen.oval(-0.5, 0.94, 0.06, 0.05, look.accent)
    elif look.hair == "afro":
        pen.oval(0, -0.66, 0.72, 0.66, color)


def draw_head(pen: Pen, look: Look, face: Face) -> None:
    """Neck excluded: skull, face, front hair, glasses, hat."""
    if look.has("robot"):
        _robot(pen, look, face)
        return
    if face.view == "back":
        _back_of_head(pen, look)
    else:
        _skull(pen, look, face)
        if face.view == "profile":
            _profile_face(pen, look, face)
        else:
            _front_face(pen, look, face)
        _facial_hair(pen, look, face)
        _front_hair(pen, look, face)
        _eyewear(pen, look, face)
    _headwear(pen, look, face)


def _skull(pen: Pen, look: Look, face: Face) -> None:
    skin = look.skin
    ear = -0.43 * look.face_width
    if face.view == "profile":
        pen.soft(_PROFILE, skin)
        with pen.inside(_PROFILE):
            pen.oval(-0.3, -0.3, 0.4, 0.5, darker(skin, 0.3), alpha=0.28, blur=0.12)
        pen.oval(-0.1, -0.42, 0.075, 0.115, darker(skin, 0.06))
        pen.oval(-0.09, -0.42, 0.04, 0.07, darker(skin, 0.26))
        return
    outline = face_outline(look)
    for side in (-1, 1):
        if side * face.turn > 0.3:
            continue
        x = side * abs(ear) - 0.03 * face.turn
        pen.oval(x, -0.42, 0.07, 0.12, darker(skin, 0.08))
        pen.oval(x + side * 0.005, -0.42, 0.035, 0.07, darker(skin, 0.28))
    pen.soft(outline, skin)
    with pen.inside(outline):
        pen.oval(-0.5 + 0.1 * face.turn, -0.35, 0.24, 0.6, darker(skin, 0.3), alpha=0.30, blur=0.1)
        pen.oval(0.05 + 0.1 * face.turn, 0.06, 0.36, 0.12, darker(skin, 0.3), alpha=0.3, blur=0.06)
        pen.oval(0.16 + 0.1 * face.turn, -0.62, 0.22, 0.2, lighter(skin, 0.4), alpha=0.28, blur=0.1)


def _front_face(pen: Pen, look: Look, face: Face) -> None:
    shift = 0.16 * face.turn
    soft = look.age == "child" or look.gender == "female"
    blush = mix(look.skin, rgb("#e8604f"), 0.6)
    for side in (-1, 1):
        x = shift + side * 0.235 * (1 - 0.3 * max(0.0, side * face.turn))
        pen.oval(x, -0.255, 0.095, 0.06, blush, alpha=0.34 if soft else 0.2, blur=0.03)
    gap = 0.185 if look.age != "child" else 0.2
    for side in (-1, 1):
        near = 1 - 0.26 * max(0.0, side * face.turn)
        _eye(pen, look, face, shift + side * gap * near, -0.44, near, side)
    _nose(pen, look, shift + 0.05 * face.turn, face.turn)
    _mouth(pen, look, face, shift * 1.02, -0.165, 1.0)
    _lines(pen, look, shift)


def _eye(pen: Pen, look: Look, face: Face, x: float, y: float, near: float, side: int) -> None:
    young = {"child": 1.28, "young": 1.1, "adult": 1.0, "old": 0.86}[look.age]
    female = 1.12 if look.gender == "female" else 1.0
    wide = 0.088 * near * look.eye_size * (1.05 if female > 1 else 1.0)
    high = 0.058 * young * female * look.eye_size
    dark = mix(darker(look.hair_color, 0.4), (0.1, 0.07, 0.06), 0.6)
    if face.feeling == "tense":
        high *= 1.12
    if face.blink:
        pen.line(
            [(x - wide, y + 0.005), (x, y + 0.03), (x + wide, y + 0.005)], 0.022, dark, taper=False
        )
    else:
        socket = ellipse_points(x, y, wide, high, count=40)
        pen.shape(socket, (0.98, 0.98, 0.97))
        look_x = x + 0.024 * face.turn * 1.4
        with pen.inside(socket):
            pen.oval(look_x, y + 0.004, high * 0.92, high * 0.98, look.eye_color)
            pen.oval(look_x, y + 0.004, high * 0.5, high * 0.55, (0.05, 0.04, 0.05))
            pen.oval(look_x, y - high * 0.9, wide, high * 0.55, BLACK, alpha=0.25, blur=0.012)
        pen.oval(look_x + high * 0.3, y - high * 0.35, high * 0.24, high * 0.24, WHITE)
        lid = [
            (x - wide * 1.06, y + 0.008),
            (x - wide * 0.45, y - high * 0.86),
            (x + wide * 0.4, y - high * 0.9),
            (x + wide * 1.08, y + 0.0),
        ]
        pen.line(lid, 0.03 if look.gender == "female" else 0.024, dark)
        if look.gender == "female" and look.age != "old":
            pen.line(
                [
                    (x + side * wide * 0.9, y - high * 0.3),
                    (x + side * wide * 1.38, y - high * 0.95),
                ],
                0.02,
                dark,
            )
        if look.has("tired") or look.age == "old":
            pen.line(
                [
                    (x - wide * 0.8, y + high * 1.25),
                    (x, y + high * 1.6),
                    (x + wide * 0.8, y + high * 1.25),
                ],
                0.012,
                darker(look.skin, 0.4),
                alpha=0.7,
            )
    _brow(pen, look, face, x, y - 0.145 - (0.02 if young > 1.2 else 0.0), wide, side)


def _brow(pen: Pen, look: Look, face: Face, x: float, y: float, wide: float, side: int) -> None:
    color = darker(
        mix(look.hair_color, rgb("#2a211c"), 0.45 if luma(look.hair_color) < 0.6 else 0.15), 0.1
    )
    inner = {"calm": 0.0, "happy": -0.012, "sad": -0.045, "angry": 0.05, "tense": -0.03}[
        face.feeling
    ]
    outer = {"calm": 0.0, "happy": -0.005, "sad": 0.03, "angry": -0.02, "tense": 0.0}[face.feeling]
    arch = 0.018 + 0.012 * look.brow
    left, right = (outer, inner) if side < 0 else (inner, outer)
    thick = 0.042 if look.gender == "male" else 0.027
    pen.line(
        [
            (x - wide * 1.15, y + left + 0.012),
            (x, y - arch + (left + right) / 2),
            (x + wide * 1.15, y + right + 0.012),
        ],
        thick,
        color,
    )


def _nose(pen: Pen, look: Look, x: float, turn: float) -> None:
    shade = darker(look.skin, 0.36)
    size = 0.75 if look.age == "child" else 0.9 if look.gender == "female" else 1.05
    tip = x + 0.035 + 0.055 * turn
    pen.line(
        [
            (x + 0.018, -0.38),
            (tip + 0.012, -0.30),
            (tip - 0.012, -0.268),
            (tip - 0.055 * size, -0.268),
        ],
        0.019 * size,
        shade,
        alpha=0.75,
    )
    pen.oval(tip - 0.018, -0.30, 0.028, 0.028, lighter(look.skin, 0.5), alpha=0.4, blur=0.012)


def _mouth(pen: Pen, look: Look, face: Face, x: float, y: float, near: float) -> None:
    wide = 0.105 * near * (0.85 if look.age == "child" else 1.0)
    lip = mix(look.skin, rgb("#a8323c"), 0.68 if look.gender == "female" else 0.42)
    if look.has("mask"):
        return
    if face.mouth != "rest":
        high = 0.032 if face.mouth == "open" else 0.056
        hole = ellipse_points(
            x, y + 0.012, wide * (0.7 if face.mouth == "open" else 0.85), high, count=30
        )
        pen.shape(hole, rgb("#5a1a20"))
        with pen.inside(hole):
            pen.shape(
                [
                    (x - wide, y - high - 0.02),
                    (x + wide, y - high - 0.02),
                    (x + wide, y - high * 0.25),
                    (x - wide, y - high * 0.25),
                ],
                (0.97, 0.96, 0.94),
            )
            pen.oval(x, y + high + 0.02, wide * 0.5, high * 0.6, rgb("#c9606a"))
        pen.line([*hole[::5], hole[0]], 0.016, lip)
        return
    bend = {"calm": 0.018, "happy": 0.055, "sad": -0.04, "angry": -0.03, "tense": -0.005}[
        face.feeling
    ]
    if face.feeling == "happy":
        pen.soft(
            [
                (x - wide, y - 0.012),
                (x, y + 0.004),
                (x + wide, y - 0.012),
                (x + wide * 0.55, y + 0.05),
                (x, y + 0.068),
                (x - wide * 0.55, y + 0.05),
            ],
            rgb("#7a2128"),
        )
        pen.soft(
            [
                (x - wide * 0.82, y - 0.004),
                (x, y + 0.01),
                (x + wide * 0.82, y - 0.004),
                (x, y + 0.03),
            ],
            (0.98, 0.97, 0.95),
        )
        return
    if look.gender == "female":
        pen.soft(
            [
                (x - wide * 0.8, y),
                (x - 0.02, y - 0.022),
                (x + 0.02, y - 0.022),
                (x + wide * 0.8, y),
                (x, y + 0.04 + bend * 0.5),
            ],
            lip,
            alpha=0.85,
        )
    pen.line(
        [(x - wide, y - bend * 0.5), (x, y + bend * 0.5), (x + wide, y - bend * 0.5)],
        0.018,
        darker(lip, 0.35),
    )


def _lines(pen: Pen, look: Look, shift: float) -> None:
    """Marks of age and life on a face."""
    shade = darker(look.skin, 0.34)
    if look.age == "old" or look.has("wrinkles"):
        for side in (-1, 1):
            x = shift + side * 0.16
            pen.line(
                [(x, -0.27), (x + side * 0.035, -0.2), (x + side * 0.02, -0.13)],
                0.013,
                shade,
                alpha=0.8,
            )
            pen.line(
                [(shift + side * 0.31, -0.47), (shift + side * 0.36, -0.49)],
                0.011,
                shade,
                alpha=0.7,
            )
            pen.line(
                [(shift + side * 0.31, -0.42), (shift + side * 0.36, -0.40)],
                0.011,
                shade,
                alpha=0.7,
            )
        pen.line(
            [(shift - 0.14, -0.73), (shift, -0.745), (shift + 0.14, -0.73)], 0.011, shade, alpha=0.6
        )
    if look.has("scar"):
        pen.line(
            [(shift + 0.2, -0.58), (shift + 0.26, -0.3)], 0.02, mix(look.skin, rgb("#b04848"), 0.6)
        )
    if look.has("freckles") or (look.trim == 3 and look.age == "child"):
        for dx, dy in (
            (-0.24, -0.3),
            (-0.19, -0.27),
            (-0.28, -0.26),
            (0.22, -0.3),
            (0.27, -0.27),
            (0.18, -0.26),
        ):
            pen.oval(shift + dx, dy, 0.011, 0.011, darker(look.skin, 0.42), alpha=0.7)


def _profile_face(pen: Pen, look: Look, face: Face) -> None:
    dark = mix(darker(look.hair_color, 0.4), (0.1, 0.07, 0.06), 0.6)
    x, y = 0.29, -0.44
    high = (
        0.055 * look.eye_size * {"child": 1.25, "young": 1.08, "adult": 1.0, "old": 0.88}[look.age]
    )
    if face.blink:
        pen.line([(x - 0.06, y), (x, y + 0.025), (x + 0.05, y + 0.01)], 0.02, dark)
    else:
        socket = [
            (x - 0.065, y + 0.01),
            (x - 0.01, y - high),
            (x + 0.05, y - high * 0.8),
            (x + 0.058, y + high * 0.6),
            (x, y + high * 0.8),
        ]
        pen.soft(socket, (0.98, 0.98, 0.97))
        pen.oval(x + 0.025, y + 0.002, high * 0.62, high * 0.92, look.eye_color)
        pen.oval(x + 0.03, y + 0.002, high * 0.36, high * 0.52, (0.05, 0.04, 0.05))
        pen.oval(x + 0.035, y - high * 0.35, high * 0.18, high * 0.2, WHITE)
        pen.line(
            [(x - 0.075, y + 0.01), (x - 0.01, y - high * 0.95), (x + 0.07, y - high * 0.75)],
            0.026,
            dark,
        )
    thick = 0.04 if look.gender == "male" else 0.026
    pen.line(
        [(x - 0.09, y - 0.135), (x, y - 0.17), (x + 0.085, y - 0.15)],
        thick,
        darker(look.hair_color, 0.15),
    )
    pen.oval(0.2, -0.25, 0.09, 0.055, mix(look.skin, rgb("#e8604f"), 0.6), alpha=0.25, blur=0.03)
    lip = mix(look.skin, rgb("#a8323c"), 0.65 if look.gender == "female" else 0.4)
    if face.mouth == "rest":
        bend = {"happy": -0.03, "sad": 0.03, "angry": 0.02}.get(face.feeling, 0.0)
        pen.line([(0.31, -0.155 + bend), (0.38, -0.16), (0.44, -0.168)], 0.017, darker(lip, 0.3))
    else:
        pen.soft(
            [
                (0.33, -0.16),
                (0.45, -0.19),
                (0.46, -0.17),
                (0.445, -0.12 + (0.02 if face.mouth == "wide" else 0)),
                (0.36, -0.125),
            ],
            rgb("#5a1a20"),
        )


def _facial_hair(pen: Pen, look: Look, face: Face) -> None:
    color = mix(look.hair_color, rgb("#3a2f2a"), 0.1)
    shift = 0.24 if face.view == "profile" else 0.16 * face.turn
    if look.has("stubble"):
        pen.soft(
            [
                (shift - 0.32, -0.2),
                (shift, -0.26),
                (shift + 0.28, -0.2),
                (shift + 0.16, -0.01),
                (shift, 0.015),
                (shift - 0.2, -0.02),
            ],
            color,
            alpha=0.22,
            blur=0.03,
        )
    if look.has("beard") and face.view == "front":
        drop = 0.34 if look.age == "old" else 0.1
        left, right = -0.43 * look.face_width, 0.43 * look.face_width
        pen.soft([(left, -0.4), (left + 0.07, -0.28), (shift - 0.13, -0.23), (shift, -0.25), (shift + 0.13, -0.23), (right - 0.07, -0.28), (right, -0.4),
                  (right - 0.06, -0.1), (0.16, drop * 0.8), (0.02, drop), (-0.14, drop * 0.8), (left + 0.06, -0.1)], color)  # fmt: skip
        _mouth(pen, look, face, shift, -0.155, 0.9)
    elif look.has("beard"):
        drop = 0.32 if look.age == "old" else 0.1
        pen.soft(
            [
                (0.02, -0.38),
                (0.12, -0.24),
                (0.32, -0.21),
                (0.44, -0.1),
                (0.42, drop),
                (0.26, drop * 0.9),
                (0.05, -0.06),
            ],
            color,
        )
    if look.has("moustache") or look.has("beard"):
        pen.soft(
            [
                (shift - 0.14, -0.19),
                (shift - 0.03, -0.235),
                (shift + 0.03, -0.235),
                (shift + 0.14, -0.19),
                (shift, -0.2),
            ],
            color,
        )


def _fringe(look: Look, turn: float) -> Points:
    """The lower edge of the front hair, from left temple to right temple."""
    s = 0.1 * turn
    edges: dict[str, list[tuple[float, float]]] = {
        "short": [(-0.43, -0.5), (-0.4, -0.64), (-0.22, -0.7), (-0.02 + s, -0.64), (0.16 + s, -0.73), (0.36, -0.66), (0.42, -0.5)],
        "parted": [(-0.43, -0.48), (-0.4, -0.62), (-0.26, -0.76), (-0.16 + s, -0.84), (0.1 + s, -0.72), (0.34, -0.66), (0.43, -0.48)],
        "crew": [(-0.42, -0.56), (-0.39, -0.74), (-0.2, -0.81), (0.05, -0.82), (0.25, -0.8), (0.38, -0.73), (0.42, -0.56)],
        "slick": [(-0.43, -0.5), (-0.41, -0.68), (-0.26, -0.82), (0.0, -0.86), (0.25, -0.83), (0.39, -0.7), (0.42, -0.5)],
        "bangs": [(-0.44, -0.42), (-0.41, -0.6), (-0.28, -0.585), (-0.1 + s, -0.615), (0.08 + s, -0.58), (0.26, -0.61), (0.4, -0.58), (0.44, -0.42)],
        "side": [(-0.44, -0.36), (-0.42, -0.56), (-0.3, -0.7), (-0.2 + s, -0.83), (0.02 + s, -0.66), (0.26, -0.58), (0.41, -0.5), (0.45, -0.36)],
        "middle": [(-0.45, -0.3), (-0.42, -0.52), (-0.3, -0.7), (0.0 + s, -0.88), (0.3, -0.7), (0.42, -0.52), (0.45, -0.3)],
    }  # fmt: skip
    style = look.hair
    if style in {"long", "wavy", "ponytail", "twin", "bob", "braid", "parted_long"}:
        style = ("bangs", "side", "middle", "bangs")[look.bangs]
        if look.hair == "parted_long":
            style = "middle"
    elif style in {"bun", "afro", "balding"}:
        style = "slick"
    elif style in {"spiky", "curly"}:
        style = "short"
    elif style == "pixie":
        style = "side"
    return edges.get(style, edges["short"])


def _front_hair(pen: Pen, look: Look, face: Face) -> None:
    if look.hair == "bald":
        pen.oval(0.1, -0.86, 0.16, 0.06, WHITE, alpha=0.3, blur=0.03)
        return
    color = look.hair_color
    top = 1.1 if look.hair not in {"crew", "slick", "balding"} else 1.045
    if face.view == "profile":
        _profile_hair(pen, look, top)
        return
    fringe = list(_fringe(look, face.turn))
    if look.hair == "balding":
        for side in (-1, 1):
            pen.soft(
                [
                    (side * 0.46, -0.4),
                    (side * 0.47, -0.66),
                    (side * 0.38, -0.82),
                    (side * 0.37, -0.6),
                    (side * 0.41, -0.42),
                ],
                color,
            )
        return
    wide = 0.5 if look.hair not in {"crew", "slick"} else 0.46
    crown = [
        (wide, -0.62),
        (wide - 0.05, -0.88),
        (wide - 0.22, -top + 0.05),
        (0.02, -top),
        (-wide + 0.22, -top + 0.05),
        (-wide + 0.05, -0.88),
        (-wide, -0.62),
    ]
    if look.hair == "spiky":
        crown = [
            (0.48, -0.6),
            (0.58, -0.82),
            (0.42, -0.88),
            (0.46, -1.12),
            (0.24, -1.04),
            (0.16, -1.24),
            (0.0, -1.06),
            (-0.18, -1.22),
            (-0.24, -1.03),
            (-0.46, -1.08),
            (-0.42, -0.88),
            (-0.58, -0.76),
            (-0.48, -0.56),
        ]
        pen.shape([*fringe, *crown], color)
    else:
        pen.soft([*fringe, *crown], color)
    pen.line(
        [(x, y + 0.02) for x, y in fringe[1:-1]],
        0.03,
        darker(look.skin, 0.35),
        alpha=0.35,
        blur=0.014,
    )
    pen.soft([*fringe, *crown], color) if look.hair != "spiky" else pen.shape(
        [*fringe, *crown], color
    )
    if look.hair in {"curly", "afro"}:
        _curls(pen, look)
    if look.hair in {"long", "wavy", "parted_long", "bob"}:
        for side in (-1, 1):
            drop = 0.0 if look.hair == "bob" else 0.3
            x = side * (0.46 + 0.02 * look.trim)
            pen.soft(
                [
                    (x - side * 0.06, -0.62),
                    (x + side * 0.045, -0.6),
                    (x + side * 0.06, -0.2),
                    (x + side * 0.01, drop),
                    (x - side * 0.045, -0.12),
                    (x - side * 0.05, -0.4),
                ],
                color,
            )
    if look.hair == "bun":
        pen.oval(-0.06, -1.16, 0.2, 0.17, color)
        pen.oval(-0.03, -1.2, 0.1, 0.06, lighter(color, 0.25), alpha=0.5, blur=0.02)
        pen.line([(-0.22, -1.05), (0.1, -1.05)], 0.035, look.accent)
    _shine(pen, color)
    if look.has("flower"):
        for angle in range(5):
            pen.oval(
                0.34 + 0.06 * math.cos(angle * 1.256),
                -0.82 + 0.06 * math.sin(angle * 1.256),
                0.045,
                0.045,
                mix(look.accent, rgb("#f08aa8"), 0.5),
            )
        pen.oval(0.34, -0.82, 0.03, 0.03, rgb("#f4d35a"))


def _shine(pen: Pen, color: Color) -> None:
    bright = lighter(color, 0.3)
    pen.line([(-0.3, -0.86), (-0.12, -0.98), (0.1, -1.0)], 0.045, bright, alpha=0.5, taper=True)
    pen.line([(0.14, -0.96), (0.28, -0.88), (0.36, -0.76)], 0.03, bright, alpha=0.35, taper=True)


def _curls(pen: Pen, look: Look) -> None:
    big = 0.16 if look.hair == "afro" else 0.115
    reach = 0.62 if look.hair == "afro" else 0.5
    for step, angle in enumerate(np.linspace(math.radians(172), math.radians(368), 13)):
        x, y = reach * math.cos(angle), -0.68 + reach * 0.86 * math.sin(angle)
        pen.oval(x, y, big, big, mix(look.hair_color, lighter(look.hair_color, 0.14), step % 2))
    for x, y in ((-0.3, -0.72), (-0.1, -0.74), (0.12, -0.76), (0.3, -0.7)):
        pen.oval(x, y, 0.1, 0.09, look.hair_color)


def _profile_hair(pen: Pen, look: Look, top: float) -> None:
    color = look.hair_color
    nape = {"bob": 0.0, "long": 0.5, "wavy": 0.5, "parted_long": 0.5, "braid": -0.1}.get(
        look.hair, -0.2
    )
    if look.hair == "balding":
        pen.soft(
            [
                (-0.02, -0.5),
                (-0.06, -0.66),
                (-0.4, -0.72),
                (-0.5, -0.5),
                (-0.36, -0.2),
                (-0.16, -0.3),
            ],
            color,
        )
        return
    fringe = 0.42 if look.hair not in {"slick", "crew", "bun"} else 0.34
    drop = -0.6 if look.bangs in {0, 3} and look.gender == "female" else -0.72
    points = [(fringe, drop), (fringe + 0.03, -0.86), (0.24, -top + 0.04), (-0.05, -top - 0.01), (-0.36, -top + 0.12), (-0.54, -0.72),
              (-0.52, -0.4), (-0.42, nape), (-0.2, nape + 0.02), (-0.16, -0.3), (-0.2, -0.46), (-0.06, -0.58), (0.04, -0.5), (0.08, -0.66), (0.24, -0.76)]  # fmt: skip
    if look.hair in {"spiky"}:
        pen.shape(points, color)
    else:
        pen.soft(points, color)
    if look.hair in {"curly", "afro"}:
        for angle in np.linspace(math.radians(150), math.radians(330), 9):
            pen.oval(
                -0.06 + 0.44 * math.cos(angle), -0.66 + 0.4 * math.sin(angle), 0.13, 0.13, color
            )
    if look.hair == "bun":
        pen.oval(-0.42, -0.98, 0.19, 0.17, color)
        pen.line([(-0.34, -0.84), (-0.27, -0.98)], 0.035, look.accent)
    _shine(pen, color)


def _back_of_head(pen: Pen, look: Look) -> None:
    color = look.hair_color
    if look.hair in {"bald", "balding"}:
        pen.soft(face_outline(look), darker(look.skin, 0.1))
        if look.hair == "balding":
            pen.soft(
                [
                    (-0.45, -0.5),
                    (-0.4, -0.66),
                    (0, -0.6),
                    (0.4, -0.66),
                    (0.45, -0.5),
                    (0.36, -0.12),
                    (0, -0.06),
                    (-0.36, -0.12),
                ],
                color,
            )
        return
    for side in (-1, 1):
        pen.oval(side * 0.44, -0.42, 0.06, 0.11, darker(look.skin, 0.15))
    pen.soft(face_outline(look), darker(look.skin, 0.15))
    low = {"long": 1.0, "wavy": 1.0, "parted_long": 1.0, "bob": 0.06}.get(look.hair, -0.12)
    wide = 0.54 if low > -0.1 else 0.49
    points = [
        (0, -1.1),
        (wide - 0.12, -1.0),
        (wide, -0.7),
        (wide, -0.3 if low < 0 else low * 0.5),
        (wide - 0.12, low),
        (0, low + 0.05),
        (-wide + 0.12, low),
        (-wide, -0.3 if low < 0 else low * 0.5),
        (-wide, -0.7),
        (-wide + 0.12, -1.0),
    ]
    pen.soft(points, color)
    for x in (-0.25, -0.05, 0.15, 0.3):
        pen.line(
            [(x * 0.6, -0.98), (x, -0.6), (x * 1.1, low - 0.08)],
            0.025,
            darker(color, 0.35),
            alpha=0.5,
            taper=True,
        )
    if look.hair in {"curly", "afro"}:
        _curls(pen, look)
    if look.hair == "bun":
        pen.oval(0, -0.86, 0.22, 0.2, lighter(color, 0.08))
        pen.line([(-0.16, -0.72), (0.16, -0.72)], 0.035, look.accent)
    if look.hair == "ponytail":
        pen.soft(
            [(-0.1, -0.84), (0.1, -0.84), (0.16, -0.2), (0.02, 0.42), (-0.14, -0.2)],
            lighter(color, 0.06),
        )
        pen.oval(0, -0.8, 0.1, 0.06, look.accent)
    _shine(pen, color)


def _eyewear(pen: Pen, look: Look, face: Face) -> None:
    if look.has("mask"):
        cloth = mix(look.accent, WHITE, 0.75)
        shift = 0.2 if face.view == "profile" else 0.12 * face.turn
        pen.soft(
            [
                (shift - 0.36, -0.36),
                (shift, -0.39),
                (shift + 0.32, -0.36),
                (shift + 0.26, -0.06),
                (shift, 0.03),
                (shift - 0.3, -0.06),
            ],
            cloth,
        )
        for y in (-0.26, -0.17, -0.09):
            pen.line(
                [(shift - 0.26, y), (shift, y + 0.02), (shift + 0.22, y)], 0.01, darker(cloth, 0.2)
            )
    dark = look.has("sunglasses")
    if not dark and not look.has("glasses"):
        return
    rim = rgb("#20242b") if dark or look.trim < 2 else rgb("#8a6a3a")
    glass = rgb("#1b2028") if dark else rgb("#dfeaf2")
    if face.view == "profile":
        pen.line([(0.2, -0.47), (-0.08, -0.46)], 0.026, rim)
        _lens(pen, 0.31, 0.075, glass, rim, dark, look.trim)
        return
    shift = 0.16 * face.turn
    for side in (-1, 1):
        near = 1 - 0.24 * max(0.0, side * face.turn)
        _lens(pen, shift + side * 0.19 * near, 0.135 * near, glass, rim, dark, look.trim)
    pen.line([(shift - 0.06, -0.455), (shift + 0.06, -0.455)], 0.024, rim)
    pen.line([(shift - 0.32, -0.46), (-0.44, -0.46)], 0.022, rim)
    if face.turn < 0.3:
        pen.line([(shift + 0.32, -0.46), (0.44, -0.46)], 0.022, rim)


def _lens(pen: Pen, x: float, wide: float, glass: Color, rim: Color, dark: bool, trim: int) -> None:
    high = 0.1 if trim % 2 else 0.115
    power = 2.0 if trim % 2 == 0 else 3.4
    angles = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    across, down = np.cos(angles), np.sin(angles)
    outline = np.stack(
        [
            x + wide * np.sign(across) * np.abs(across) ** (2 / power),
            -0.435 + high * np.sign(down) * np.abs(down) ** (2 / power),
        ],
        axis=1,
    )
    pen.shape(outline, glass, alpha=0.93 if dark else 0.09)
    if dark:
        pen.line([(x - wide * 0.4, -0.47), (x + wide * 0.1, -0.5)], 0.025, WHITE, alpha=0.3)
    pen.canvas.stroke(pen.at(np.concatenate([outline, outline[:1]])), 0.024 * pen.unit, rim)


def _headwear(pen: Pen, look: Look, face: Face) -> None:
    s = 0.05 * face.turn
    peak = 1 if face.view != "back" else 0
    if look.has("crown"):
        gold = rgb("#e7bd4a")
        pen.shape(
            [
                (-0.36, -0.9),
                (-0.4, -1.2),
                (-0.2, -1.03),
                (0, -1.27),
                (0.2, -1.03),
                (0.4, -1.2),
                (0.36, -0.9),
            ],
            gold,
        )
        for x in (-0.2, 0, 0.2):
            pen.oval(x, -0.97, 0.035, 0.04, look.accent)
    elif look.has("helmet"):
        color = mix(look.accent, rgb("#f0c040"), 0.5)
        pen.soft(
            [
                (-0.52, -0.66),
                (-0.5, -0.98),
                (-0.25, -1.2),
                (0.05, -1.22),
                (0.36, -1.12),
                (0.52, -0.9),
                (0.52, -0.66),
                (0, -0.75),
            ],
            pen.down(-1.2, -0.65, lighter(color, 0.2), color),
        )
        pen.line([(-0.55, -0.66), (0, -0.72), (0.62, -0.66)], 0.07, darker(color, 0.2))
    elif look.has("chefhat"):
        pen.soft(
            [
                (-0.4, -0.86),
                (-0.55, -1.25),
                (-0.3, -1.5),
                (0, -1.45),
                (0.3, -1.52),
                (0.55, -1.25),
                (0.4, -0.86),
            ],
            (0.97, 0.97, 0.95),
        )
        pen.shape([(-0.42, -0.8), (0.42, -0.8), (0.42, -1.0), (-0.42, -1.0)], (0.9, 0.9, 0.9))
    elif look.has("strawhat"):
        straw = rgb("#d9b878")
        pen.soft([(-0.38, -0.84), (-0.32, -1.15), (0, -1.24), (0.32, -1.15), (0.38, -0.84)], straw)
        pen.oval(s, -0.84, 0.86, 0.13, straw)
        pen.line([(-0.38, -0.9), (0, -0.86), (0.38, -0.9)], 0.07, look.accent)
    elif look.has("cap"):
        color = look.top_color if look.top == "uniform" or luma(look.accent) > 0.85 else look.accent
        pen.soft(
            [
                (-0.49, -0.68),
                (-0.46, -0.98),
                (-0.2, -1.16),
                (0.1, -1.16),
                (0.4, -1.0),
                (0.49, -0.68),
                (0, -0.76),
            ],
            pen.down(-1.15, -0.7, lighter(color, 0.12), color),
        )
        if peak:
            pen.soft(
                [
                    (0.05, -0.76),
                    (0.5, -0.74),
                    (0.78 if face.turn > 0.2 or face.view == "profile" else 0.46, -0.64),
                    (0.1, -0.66),
                ],
                darker(color, 0.25),
            )
        pen.oval(0.03, -1.155, 0.035, 0.02, darker(color, 0.3))
        pen.oval(0.14, -0.93, 0.07, 0.07, lighter(color, 0.55))
    elif look.has("beanie"):
        color = look.accent
        pen.soft(
            [
                (-0.48, -0.66),
                (-0.47, -0.98),
                (-0.2, -1.2),
                (0.2, -1.2),
                (0.47, -0.98),
                (0.48, -0.66),
            ],
            color,
        )
        pen.soft(
            [(-0.5, -0.62), (-0.5, -0.8), (0, -0.86), (0.5, -0.8), (0.5, -0.62), (0, -0.7)],
            darker(color, 0.18),
        )
        pen.oval(0, -1.24, 0.1, 0.1, lighter(color, 0.4))
    elif look.has("hat"):
        color = darker(look.accent, 0.4) if luma(look.accent) > 0.3 else look.accent
        pen.soft(
            [
                (-0.4, -0.82),
                (-0.37, -1.12),
                (-0.2, -1.26),
                (0.02, -1.2),
                (0.24, -1.26),
                (0.38, -1.1),
                (0.41, -0.82),
            ],
            pen.down(-1.25, -0.8, lighter(color, 0.18), color),
        )
        pen.oval(s, -0.81, 0.68, 0.1, darker(color, 0.12))
        pen.line([(-0.4, -0.88), (0, -0.85), (0.4, -0.88)], 0.075, mix(look.top_color, WHITE, 0.2))
    if look.has("headphones"):
        pen.line(
            [(-0.5, -0.5), (-0.46, -0.95), (0, -1.16), (0.46, -0.95), (0.5, -0.5)],
            0.06,
            rgb("#2b2f38"),
        )
        for side in (-1, 1):
            pen.oval(side * 0.49, -0.44, 0.09, 0.15, look.accent)
    if look.has("earrings"):
        for side in (-1, 1):
            pen.oval(side * 0.44, -0.24, 0.03, 0.045, rgb("#f0cf6a"))


def _robot(pen: Pen, look: Look, face: Face) -> None:
    metal = look.skin
    glow = lighter(look.accent, 0.3)
    pen.line([(0, -0.98), (0, -1.22)], 0.04, darker(metal, 0.3))
    pen.oval(0, -1.25, 0.06, 0.06, glow)
    for side in (-1, 1):
        pen.oval(side * 0.47, -0.5, 0.08, 0.14, darker(metal, 0.3))
    pen.soft(
        [
            (-0.44, -0.9),
            (0, -1.02),
            (0.44, -0.9),
            (0.47, -0.5),
            (0.4, -0.08),
            (0, 0.02),
            (-0.4, -0.08),
            (-0.47, -0.5),
        ],
        pen.down(-1.0, 0.0, lighter(metal, 0.3), darker(metal, 0.15)),
    )
    if face.view == "back":
        pen.line([(-0.3, -0.6), (0, -0.55), (0.3, -0.6)], 0.03, darker(metal, 0.3))
        return
    s = 0.1 * face.turn if face.view == "front" else 0.18
    pen.soft(
        [
            (s - 0.34, -0.66),
            (s, -0.71),
            (s + 0.32, -0.66),
            (s + 0.32, -0.32),
            (s, -0.27),
            (s - 0.34, -0.32),
        ],
        rgb("#151b26"),
    )
    for side in (-1, 1):
        pen.oval(s + side * 0.15, -0.48, 0.07, 0.012 if face.blink else 0.075, glow)
        x, y = pen.at([(s + side * 0.15, -0.48)])[0]
        pen.canvas.glow(float(x), float(y), 0.16 * pen.unit, glow, 0.45)
    wide = {"rest": 0.1, "open": 0.14, "wide": 0.18}[face.mouth]
    pen.line([(s - wide, -0.16), (s + wide, -0.16)], 0.03 if face.mouth == "rest" else 0.06, glow)
