"""Bodies: clothes, arms and legs below the chin, facing right; measures are heads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ai_video.animatic.canvas import Points, curve
from ai_video.animatic.colors import BLACK, WHITE, Color, darker, lighter, luma, mix, rgb
from ai_video.animatic.people.head import View
from ai_video.animatic.people.looks import Look
from ai_video.animatic.people.pen import Pen

Arms = Literal["down", "gesture", "pocket", "crossed", "hold", "umbrella"]

LEGS = 5.25
"""Heads from the chin of an adult to the ground."""


def legs_of(look: Look) -> float:
    """Heads from the chin to the ground by age."""
    return {"child": 3.15, "young": 4.9, "adult": LEGS, "old": 4.85}[look.age]


@dataclass(frozen=True, slots=True)
class Frame:
    """The measures of one body."""

    k: float
    shoulder: float
    waist: float
    hip: float
    ground: float

    @classmethod
    def of(cls, look: Look, view: View) -> Frame:
        ground = legs_of(look)
        k = ground / LEGS
        side = 0.62 if view == "profile" else 1.0
        child = look.age == "child"
        male = look.gender == "male" and not child
        base = (
            (1.0, 0.68, 0.70) if male else (0.80, 0.55, 0.70) if not child else (0.72, 0.56, 0.58)
        )
        wide = (0.55 + 0.45 * look.build) * side
        belly = look.build * side
        return cls(
            k, base[0] * wide, base[1] * belly, base[2] * (0.5 + 0.5 * look.build) * side, ground
        )


def torso(frame: Frame) -> Points:
    """The outline from the shoulders to the hips."""
    f, k = frame, frame.k
    right = [
        (0.17, 0.18), (0.30, 0.28 * (0.5 + 0.5 * k)), (f.shoulder * 0.80, 0.38 * (0.4 + 0.6 * k)), (f.shoulder, 0.66 * k),
        (f.shoulder * 0.93, 1.0 * k), (f.waist, 1.75 * k), (f.hip, 2.5 * k),
    ]  # fmt: skip
    side = curve(right, closed=False)
    return np.concatenate([side, (side * (-1, 1))[::-1]])


def draw_body(pen: Pen, look: Look, view: View, arms: Arms, turn: float) -> None:
    """Everything below the chin, from the far arm to the collar."""
    frame = Frame.of(look, view)
    if look.has("backpack") and view != "back":
        pen.soft(
            [
                (-frame.shoulder * 1.06, 0.6),
                (-frame.shoulder * 0.4, 0.4),
                (frame.shoulder * 0.4, 0.4),
                (frame.shoulder * 1.06, 0.6),
                (frame.shoulder * 1.05, 1.9 * frame.k),
                (-frame.shoulder * 1.05, 1.9 * frame.k),
            ],
            darker(look.accent, 0.2),
        )
    _arm(
        pen, look, frame, 1, "down" if arms in {"pocket", "crossed"} else arms, far=True, view=view
    )
    _legs(pen, look, frame)
    _neck(pen, look, view)
    _torso(pen, look, frame, view, turn)
    _arm(
        pen,
        look,
        frame,
        -1,
        "down" if arms in {"gesture", "hold", "umbrella"} else arms,
        far=False,
        view=view,
    )
    if arms == "crossed":
        _crossed(pen, look, frame)
    _over(pen, look, frame, view)


def _neck(pen: Pen, look: Look, view: View) -> None:
    skin = look.skin if not look.has("robot") else darker(look.skin, 0.35)
    x = -0.06 if view == "profile" else 0.0
    pen.shape(
        [(x - 0.17, -0.25), (x + 0.17, -0.25), (x + 0.2, 0.32), (x, 0.5), (x - 0.2, 0.32)],
        darker(skin, 0.1),
    )
    pen.soft(
        [(x - 0.17, -0.1), (x + 0.17, -0.1), (x + 0.17, 0.08), (x, 0.17), (x - 0.17, 0.08)],
        darker(skin, 0.34),
        alpha=0.75,
    )


def _torso(pen: Pen, look: Look, frame: Frame, view: View, turn: float) -> None:
    outline = torso(frame)
    color = look.top_color
    pen.shape(outline, pen.down(0.2, 2.7 * frame.k, lighter(color, 0.07), darker(color, 0.16)))
    with pen.inside(outline):
        _pattern(pen, look, frame)
        pen.soft(
            [
                (-frame.shoulder * 1.1, 0.3),
                (-frame.shoulder * 0.6, 0.5),
                (-frame.waist * 0.75, 1.75 * frame.k),
                (-frame.hip * 0.8, 2.8 * frame.k),
                (-frame.hip * 1.3, 2.8 * frame.k),
            ],
            BLACK,
            alpha=0.17,
            blur=0.08,
        )
        pen.oval(0.0, 0.16, 0.42, 0.16, BLACK, alpha=0.2, blur=0.07)
    _skirts(pen, look, frame)
    if view == "back":
        pen.line(
            [(0, 0.45), (0.01, 1.4 * frame.k), (0, 2.5 * frame.k)],
            0.02,
            darker(color, 0.4),
            alpha=0.5,
        )
        return
    _front_of_top(pen, look, frame, 0.14 * turn if view == "front" else 0.2)


def _pattern(pen: Pen, look: Look, frame: Frame) -> None:
    if look.top not in {"tshirt", "sweater", "dress", "shirt", "hoodie"} or look.pattern == "plain":
        return
    ink = mix(look.top_color, look.accent, 0.55)
    k = frame.k
    if look.pattern == "stripes":
        for step in range(9):
            y = (0.55 + step * 0.26) * k
            pen.shape(
                [(-1.4, y), (1.4, y), (1.4, y + 0.1 * k), (-1.4, y + 0.1 * k)], ink, alpha=0.75
            )
    elif look.pattern == "band":
        pen.shape(
            [(-1.4, 0.9 * k), (1.4, 0.9 * k), (1.4, 1.25 * k), (-1.4, 1.25 * k)], ink, alpha=0.85
        )
    elif look.pattern == "dots":
        for row in range(9):
            for column in range(-4, 5):
                pen.oval(
                    column * 0.26 + 0.13 * (row % 2),
                    (0.5 + row * 0.26) * k,
                    0.045,
                    0.045,
                    ink,
                    alpha=0.8,
                )
    else:
        for step in range(-4, 5):
            pen.shape(
                [
                    (step * 0.28 - 0.035, 0),
                    (step * 0.28 + 0.035, 0),
                    (step * 0.28 + 0.035, 3),
                    (step * 0.28 - 0.035, 3),
                ],
                ink,
                alpha=0.45,
            )
        for step in range(9):
            y = (0.5 + step * 0.28) * k
            pen.shape([(-1.4, y), (1.4, y), (1.4, y + 0.07), (-1.4, y + 0.07)], ink, alpha=0.45)


def _skirts(pen: Pen, look: Look, frame: Frame) -> None:
    """What hangs below the hips: coats, dresses, robes."""
    f, k, color = frame, frame.k, look.top_color
    hems = {
        "coat": (3.75, 0.98),
        "labcoat": (3.85, 0.98),
        "dress": (3.85, 1.3),
        "qipao": (4.5, 0.78),
        "robe": (5.1, 1.28),
        "padded": (2.95, 0.95),
        "hoodie": (2.75, 0.8),
    }
    if look.top not in hems:
        return
    low, wide = hems[look.top]
    waist = f.waist * (1.02 if look.top in {"dress", "qipao", "robe"} else 1.1)
    side = curve(
        [(waist, 1.55 * k), (f.hip * 1.1, 2.45 * k), (f.hip * wide * 1.15, low * k)], closed=False
    )
    hem = curve(
        [side[-1].tolist(), (0.0, (low + 0.09) * k), (-side[-1][0], side[-1][1])], closed=False
    )
    pen.shape(
        np.concatenate([side, hem, (side * (-1, 1))[::-1]]),
        pen.down(1.6 * k, low * k, color, darker(color, 0.22)),
    )
    folds = darker(color, 0.4)
    for x in (-0.55, -0.2, 0.25, 0.6):
        pen.line(
            [(x * f.hip * 0.7, 2.3 * k), (x * f.hip * wide * 1.15, (low - 0.15) * k)],
            0.03,
            folds,
            alpha=0.4,
            taper=True,
        )
    if look.top in {"coat", "labcoat"}:
        pen.line([(0.02, 1.6 * k), (0.05, low * k)], 0.022, folds, alpha=0.8)
    if look.top in {"robe", "dress"}:
        pen.soft(
            [
                (-waist * 1.03, 1.62 * k),
                (waist * 1.03, 1.62 * k),
                (waist * 1.03, 1.86 * k),
                (-waist * 1.03, 1.86 * k),
            ],
            look.accent if look.top == "robe" else darker(color, 0.3),
        )
    if look.top == "robe":
        pen.line([(0.12, 1.8 * k), (0.16, 2.6 * k), (0.1, 3.3 * k)], 0.09, look.accent)


def _front_of_top(pen: Pen, look: Look, frame: Frame, s: float) -> None:
    """Collar, lapels, buttons, ties: what makes a garment that garment."""
    f, k, color = frame, frame.k, look.top_color
    dark, bright = darker(color, 0.35), lighter(color, 0.25)
    kind = look.top
    if kind in {"suit", "labcoat", "coat", "jacket", "vest", "uniform"}:
        inner = (
            rgb("#f4f3ee")
            if kind in {"suit", "vest", "labcoat"} or luma(color) < 0.3
            else mix(look.accent, WHITE, 0.3)
        )
        deep = {
            "suit": 1.5,
            "labcoat": 1.35,
            "vest": 1.25,
            "coat": 1.0,
            "jacket": 2.6,
            "uniform": 0.75,
        }[kind]
        gap = 0.34 if kind == "jacket" else 0.26
        pen.shape(
            [
                (s - gap, 0.26),
                (s + gap, 0.26),
                (s + 0.04 + (0.16 if kind == "jacket" else 0), deep * k),
                (s - 0.04 - (0.16 if kind == "jacket" else 0), deep * k),
            ],
            inner,
        )
        pen.shape(
            [(s - 0.14, 0.24), (s, 0.5), (s + 0.14, 0.24), (s + 0.1, 0.18), (s - 0.1, 0.18)],
            darker(look.skin, 0.12),
        )
        for side in (-1, 1):
            pen.shape(
                [(s + side * 0.13, 0.2), (s + side * 0.29, 0.3), (s + side * 0.1, 0.58), (s, 0.46)],
                mix(inner, WHITE, 0.4),
            )
        if kind in {"suit", "uniform"} or look.has("tie"):
            tie = look.accent if luma(look.accent) < 0.85 else rgb("#8f2f3a")
            pen.shape(
                [
                    (s - 0.06, 0.46),
                    (s + 0.06, 0.46),
                    (s + 0.045, 0.58),
                    (s + 0.1, min(1.45, deep) * k),
                    (s, (min(1.45, deep) + 0.1) * k),
                    (s - 0.1, min(1.45, deep) * k),
                    (s - 0.045, 0.58),
                ],
                tie,
            )
        if kind != "vest":
            for side in (-1, 1):
                pen.shape(
                    [
                        (s + side * 0.26, 0.26),
                        (s + side * 0.46, 0.56 * k + 0.1),
                        (s + side * 0.36, 0.8 * k),
                        (s + side * 0.43, 0.88 * k),
                        (s + side * 0.03, deep * k),
                        (s + side * 0.16, 0.7 * k),
                    ],
                    bright if luma(color) < 0.5 else darker(color, 0.13),
                )
        for step in range(2 if kind == "suit" else 3):
            pen.oval(
                s + 0.05,
                (deep + 0.18 + step * 0.34) * k,
                0.032,
                0.032,
                dark if luma(color) > 0.5 else rgb("#c9b06a"),
            )
        if kind == "labcoat":
            pen.shape(
                [
                    (s - 0.62 * f.shoulder, 1.1 * k),
                    (s - 0.28 * f.shoulder, 1.1 * k),
                    (s - 0.28 * f.shoulder, 1.5 * k),
                    (s - 0.62 * f.shoulder, 1.5 * k),
                ],
                darker(color, 0.1),
            )
            pen.line(
                [(s - 0.5 * f.shoulder, 1.05 * k), (s - 0.5 * f.shoulder, 1.2 * k)],
                0.035,
                look.accent,
            )
        if kind == "uniform":
            for side in (-1, 1):
                pen.soft(
                    [
                        (side * f.shoulder * 0.55, 0.38),
                        (side * f.shoulder * 0.98, 0.5),
                        (side * f.shoulder, 0.62),
                        (side * f.shoulder * 0.55, 0.52),
                    ],
                    rgb("#d9b04a"),
                )
            pen.oval(s - 0.4 * f.shoulder, 1.0 * k, 0.08, 0.09, rgb("#d9b04a"))
    elif kind in {"shirt", "school", "overalls", "scrubs"}:
        _shirt(pen, look, frame, s)
    elif kind in {"robe", "qipao"}:
        trim = look.accent if luma(look.accent) > 0.35 else rgb("#e3d6b4")
        if kind == "robe":
            pen.shape([(s - 0.15, 0.2), (s + 0.15, 0.2), (s + 0.02, 0.62)], rgb("#f3efe4"))
            pen.line(
                [(s + 0.22, 0.22), (s + 0.06, 0.72 * k + 0.1), (s - 0.34, 1.6 * k)], 0.13, trim
            )
            pen.line(
                [(s - 0.24, 0.22), (s - 0.06, 0.55 * k + 0.1), (s + 0.03, 0.75 * k + 0.1)],
                0.12,
                trim,
            )
        else:
            pen.shape([(s - 0.2, 0.02), (s + 0.2, 0.02), (s + 0.22, 0.3), (s - 0.22, 0.3)], color)
            pen.line([(s - 0.2, 0.03), (s, 0.12), (s + 0.2, 0.03)], 0.04, trim)
            pen.line([(s, 0.26), (s + 0.2, 0.6 * k), (s + f.shoulder * 0.7, 0.85 * k)], 0.045, trim)
            for x, y in ((0.02, 0.32), (0.18, 0.58 * k)):
                pen.oval(s + x, y, 0.045, 0.03, trim)
    elif kind in {"sweater", "padded"}:
        pen.soft(
            [(s - 0.24, 0.04), (s + 0.24, 0.04), (s + 0.27, 0.3), (s, 0.38), (s - 0.27, 0.3)],
            darker(color, 0.1),
        )
        if kind == "padded":
            for step in range(6):
                y = (0.75 + step * 0.36) * k
                pen.line([(-f.shoulder, y), (0, y + 0.07), (f.shoulder, y)], 0.03, dark, alpha=0.6)
            pen.line([(s, 0.36), (s, 2.8 * k)], 0.03, bright)
    elif kind == "hoodie":
        pen.soft(
            [
                (s - 0.46, 0.22),
                (s, 0.1),
                (s + 0.46, 0.22),
                (s + 0.36, 0.46),
                (s, 0.62),
                (s - 0.36, 0.46),
            ],
            darker(color, 0.18),
        )
        pen.soft([(s - 0.16, 0.16), (s + 0.16, 0.16), (s, 0.44)], darker(look.skin, 0.12))
        for side in (-1, 1):
            pen.line([(s + side * 0.1, 0.5), (s + side * 0.12, 1.0 * k + 0.1)], 0.03, bright)
        pen.soft(
            [
                (-0.45 * f.hip, 1.85 * k),
                (0.45 * f.hip, 1.85 * k),
                (0.62 * f.hip, 2.45 * k),
                (-0.62 * f.hip, 2.45 * k),
            ],
            darker(color, 0.12),
        )
    elif kind in {"armor", "spacesuit"}:
        _plates(pen, look, frame, s)
    else:
        pen.soft(
            [(s - 0.2, 0.18), (s + 0.2, 0.18), (s + 0.13, 0.38), (s, 0.46), (s - 0.13, 0.38)],
            darker(look.skin, 0.1),
        )
        pen.line(
            [(s - 0.22, 0.2), (s - 0.13, 0.4), (s, 0.47), (s + 0.13, 0.4), (s + 0.22, 0.2)],
            0.045,
            dark if kind != "tracksuit" else WHITE,
        )
        if kind == "tracksuit":
            pen.line([(s, 0.45), (s, 2.6 * k)], 0.03, WHITE)
        if look.trim == 1 and kind == "tshirt":
            pen.oval(s, 1.0 * k, 0.24, 0.24, look.accent, alpha=0.9)


def _shirt(pen: Pen, look: Look, frame: Frame, s: float) -> None:
    k, color = frame.k, look.top_color
    cloth = rgb("#f2f1ec") if look.top == "overalls" else lighter(color, 0.3)
    pen.shape([(s - 0.13, 0.2), (s + 0.13, 0.2), (s, 0.5)], darker(look.skin, 0.12))
    for side in (-1, 1):
        pen.shape(
            [(s + side * 0.12, 0.17), (s + side * 0.31, 0.28), (s + side * 0.2, 0.62), (s, 0.48)],
            cloth,
        )
    if look.top == "scrubs":
        return
    if look.top == "overalls":
        for side in (-1, 1):
            pen.line(
                [(s + side * 0.42 * frame.shoulder, 0.36), (s + side * 0.36, 1.15 * k)],
                0.14,
                darker(color, 0.15),
            )
            pen.oval(s + side * 0.36, 1.12 * k, 0.05, 0.05, rgb("#e0c060"))
        pen.shape(
            [(s - 0.5, 1.05 * k), (s + 0.5, 1.05 * k), (s + 0.55, 2.6 * k), (s - 0.55, 2.6 * k)],
            darker(color, 0.1),
            alpha=0.7,
        )
        return
    pen.line([(s, 0.5), (s + 0.01, 2.6 * k)], 0.022, darker(color, 0.35), alpha=0.7)
    for step in range(5):
        pen.oval(s + 0.03, (0.75 + step * 0.4) * k, 0.026, 0.026, lighter(color, 0.55))
    if look.has("tie") or look.top == "school":
        pen.shape(
            [
                (s - 0.06, 0.47),
                (s + 0.06, 0.47),
                (s + 0.1, 1.4 * k),
                (s, 1.55 * k),
                (s - 0.1, 1.4 * k),
            ],
            look.accent,
        )


def _plates(pen: Pen, look: Look, frame: Frame, s: float) -> None:
    f, k, color = frame, frame.k, look.top_color
    pen.soft(
        [(s - 0.3, 0.1), (s + 0.3, 0.1), (s + 0.34, 0.34), (s, 0.42), (s - 0.34, 0.34)],
        darker(color, 0.3),
    )
    for side in (-1, 1):
        pen.oval(
            side * f.shoulder * 0.93,
            0.56 * k + 0.06,
            0.27 * k + 0.04,
            0.24 * k + 0.03,
            pen.down(0.3, 0.9, lighter(color, 0.3), darker(color, 0.25)),
        )
    if look.top == "armor":
        pen.soft(
            [
                (s - 0.5, 0.55),
                (s + 0.5, 0.55),
                (s + 0.44, 1.5 * k),
                (s, 1.72 * k),
                (s - 0.44, 1.5 * k),
            ],
            pen.down(0.5, 1.7, lighter(color, 0.25), darker(color, 0.2)),
        )
        pen.line([(s, 0.6), (s, 1.65 * k)], 0.03, darker(color, 0.4))
        for step in range(4):
            y = (1.85 + step * 0.24) * k
            pen.line([(-f.hip, y), (0, y + 0.06), (f.hip, y)], 0.05, darker(color, 0.35))
        pen.oval(s, 1.0 * k, 0.12, 0.12, look.accent)
    else:
        pen.soft(
            [(s - 0.36, 0.9 * k), (s + 0.36, 0.9 * k), (s + 0.36, 1.5 * k), (s - 0.36, 1.5 * k)],
            rgb("#5a6672"),
        )
        for step, tone in enumerate(("#e0524a", "#f0c84a", "#5ac98a")):
            pen.oval(s - 0.2 + step * 0.2, 1.1 * k, 0.05, 0.05, rgb(tone))
        pen.shape(
            [
                (s - 0.26, 1.25 * k),
                (s + 0.26, 1.25 * k),
                (s + 0.26, 1.38 * k),
                (s - 0.26, 1.38 * k),
            ],
            look.accent,
        )


def _sleeve(look: Look) -> tuple[Color, bool]:
    """Sleeve colour and whether the forearm is bare."""
    bare = (
        look.top in {"tshirt", "vest", "scrubs"}
        or (look.top == "dress" and look.trim % 2 == 0)
        or look.top == "qipao"
    )
    color = rgb("#efeee9") if look.top in {"vest", "overalls"} else look.top_color
    return color, bare and look.top != "vest"


def _arm(
    pen: Pen, look: Look, frame: Frame, side: int, arms: Arms, *, far: bool, view: View
) -> None:
    f, k = frame, frame.k
    color, bare = _sleeve(look)
    if far:
        color = darker(color, 0.2)
    x = side * (f.shoulder - 0.16 * k)
    shoulder = (x, 0.62 * k + 0.04)
    elbow, hand = (side * (f.shoulder + 0.10 * k), 1.55 * k), (side * (f.shoulder + 0.02), 2.5 * k)
    if view == "profile":
        shoulder, elbow, hand = (0.0, 0.68 * k), (-0.14, 1.6 * k), (0.06, 2.5 * k)
        if far:
            elbow, hand = (0.12, 1.6 * k), (0.34, 2.42 * k)
    if arms == "gesture":
        elbow, hand = (side * (f.shoulder + 0.22), 1.55 * k), (side * (f.shoulder + 0.62), 0.92 * k)
    elif arms in {"hold", "umbrella"}:
        elbow, hand = (side * (f.shoulder + 0.12), 1.6 * k), (side * (f.shoulder + 0.18), 0.86 * k)
    elif arms == "pocket":
        elbow, hand = (side * (f.shoulder + 0.24), 1.55 * k), (side * f.hip * 0.86, 2.4 * k)
    elif arms == "crossed":
        return
    skin = darker(look.skin, 0.12) if far else look.skin
    loose = (
        1.6
        if look.top == "robe"
        else 1.18
        if look.top in {"padded", "spacesuit", "coat", "hoodie"}
        else 1.0
    )
    if not (arms == "pocket" and not far):
        _hand(pen, skin, elbow, hand, k)
    if bare:
        pen.limb([elbow, hand], (0.25 * k, 0.19 * k), skin)
        middle = ((shoulder[0] + elbow[0]) / 2, shoulder[1] + (elbow[1] - shoulder[1]) * 0.72)
        pen.limb([elbow, middle], (0.25 * k, 0.28 * k), skin)
        pen.limb([shoulder, middle], (0.46 * k, 0.4 * k), color)
    else:
        short = (elbow[0] + (hand[0] - elbow[0]) * 0.9, elbow[1] + (hand[1] - elbow[1]) * 0.9)
        pen.limb(
            [shoulder, elbow, short],
            (0.46 * k, 0.36 * k * loose, 0.29 * k * loose * (1.5 if look.top == "robe" else 1.0)),
            color,
        )
        cuff = (elbow[0] + (hand[0] - elbow[0]) * 0.84, elbow[1] + (hand[1] - elbow[1]) * 0.84)
        pen.limb([cuff, short], (0.3 * k * loose, 0.3 * k * loose), darker(color, 0.18))
    if not far:
        pen.line(
            [
                (shoulder[0] - side * 0.17 * k, shoulder[1] + 0.45 * k),
                (elbow[0] - side * 0.15 * k, elbow[1]),
                (hand[0] - side * 0.13 * k, hand[1] - 0.2 * k),
            ],
            0.03,
            darker(color, 0.45),
            alpha=0.5,
            taper=True,
        )
    if arms == "hold" and far:
        pen.shape(
            [
                (hand[0] - 0.1, hand[1] - 0.3),
                (hand[0] + 0.1, hand[1] - 0.3),
                (hand[0] + 0.1, hand[1] + 0.08),
                (hand[0] - 0.1, hand[1] + 0.08),
            ],
            rgb("#22262e"),
        )
    if arms == "umbrella":
        _umbrella(pen, look, hand)


def _hand(
    pen: Pen, skin: Color, elbow: tuple[float, float], hand: tuple[float, float], k: float
) -> None:
    dx, dy = hand[0] - elbow[0], hand[1] - elbow[1]
    length = max(1e-6, (dx * dx + dy * dy) ** 0.5)
    tip = (hand[0] + dx / length * 0.2 * k, hand[1] + dy / length * 0.2 * k)
    pen.limb([hand, tip], (0.2 * k, 0.15 * k), skin)
    thumb = (hand[0] - dy / length * 0.12 * k, hand[1] + dx / length * 0.12 * k)
    pen.limb([hand, thumb], (0.1 * k, 0.08 * k), skin)


def _crossed(pen: Pen, look: Look, frame: Frame) -> None:
    f, k = frame, frame.k
    color, _ = _sleeve(look)
    pen.limb(
        [(f.shoulder - 0.1, 0.64 * k), (f.shoulder + 0.14, 1.4 * k), (-0.3, 1.38 * k)],
        (0.44 * k, 0.38 * k, 0.3 * k),
        darker(color, 0.15),
    )
    pen.limb(
        [(-f.shoulder + 0.1, 0.64 * k), (-f.shoulder - 0.14, 1.42 * k), (0.34, 1.5 * k)],
        (0.44 * k, 0.38 * k, 0.3 * k),
        color,
    )
    pen.limb([(0.34, 1.48 * k), (0.5, 1.38 * k)], (0.19 * k, 0.15 * k), look.skin)


def _umbrella(pen: Pen, look: Look, hand: tuple[float, float]) -> None:
    x, y = hand[0] - 0.12, hand[1]
    pen.line([(x + 0.06, y + 0.4), (x - 0.12, y - 2.35)], 0.045, rgb("#3a3a40"))
    top = (x - 0.13, y - 2.7)
    canopy = [(top[0] - 1.5, top[1] + 0.72), (top[0] - 1.15, top[1] + 0.2), (top[0], top[1] - 0.12), (top[0] + 1.15, top[1] + 0.2), (top[0] + 1.5, top[1] + 0.72),
              (top[0] + 1.0, top[1] + 0.6), (top[0] + 0.5, top[1] + 0.74), (top[0], top[1] + 0.6), (top[0] - 0.5, top[1] + 0.74), (top[0] - 1.0, top[1] + 0.6)]  # fmt: skip
    pen.soft(
        canopy,
        pen.down(top[1], top[1] + 0.75, lighter(look.accent, 0.15), darker(look.accent, 0.25)),
    )
    for dx in (-0.5, 0.0, 0.5):
        pen.line([top, (top[0] + dx, top[1] + 0.64)], 0.02, darker(look.accent, 0.4), alpha=0.6)


def _legs(pen: Pen, look: Look, frame: Frame) -> None:
    f, k = frame, frame.k
    color = look.bottom_color
    bare = look.top in {"dress", "qipao"} or look.bottom == "shorts"
    shoe = darker(mix(look.accent, rgb("#3a3230"), 0.7), 0.1)
    for side, far in ((1, True), (-1, False)):
        tone = darker(look.skin if bare else color, 0.2 if far else 0.0)
        x = side * f.hip * 0.46
        hip, knee, ankle = (x, 2.55 * k), (x * 1.04, 3.85 * k), (x * 1.02, f.ground - 0.16)
        pen.limb([hip, knee, ankle], (0.60 * k * (f.hip / 0.7), 0.42 * k, 0.28 * k), tone)
        if look.bottom == "shorts":
            pen.limb(
                [hip, (x * 1.04, 3.5 * k)], (0.62 * k, 0.5 * k), darker(color, 0.15 if far else 0.0)
            )
        pen.soft(
            [
                (ankle[0] - 0.15 * k, ankle[1] - 0.08),
                (ankle[0] + 0.12 * k, ankle[1] - 0.08),
                (ankle[0] + 0.34 * k, f.ground - 0.06),
                (ankle[0] + 0.3 * k, f.ground),
                (ankle[0] - 0.17 * k, f.ground),
            ],
            darker(shoe, 0.2 if far else 0.0),
        )
    if not bare and look.top not in {"robe"}:
        pen.shape(
            [
                (-f.hip * 0.98, 2.35 * k),
                (f.hip * 0.98, 2.35 * k),
                (f.hip * 0.86, 3.0 * k),
                (0.06, 2.84 * k),
                (-0.06, 2.84 * k),
                (-f.hip * 0.86, 3.0 * k),
            ],
            color,
        )


def _over(pen: Pen, look: Look, frame: Frame, view: View) -> None:
    """Scarves, straps, aprons: what lies over the clothes."""
    f, k = frame, frame.k
    if look.has("apron"):
        pen.soft(
            [
                (-0.4, 0.6),
                (0.4, 0.6),
                (0.55, 1.6 * k),
                (f.hip, 3.4 * k),
                (-f.hip, 3.4 * k),
                (-0.55, 1.6 * k),
            ],
            mix(look.accent, WHITE, 0.35),
        )
        for side in (-1, 1):
            pen.line(
                [(side * 0.36, 0.64), (side * 0.24, 0.28)], 0.05, mix(look.accent, WHITE, 0.35)
            )
    if look.has("scarf"):
        wool = look.accent
        pen.soft(
            [(-0.36, 0.0), (0, 0.1), (0.36, 0.0), (0.44, 0.26), (0, 0.44), (-0.44, 0.26)], wool
        )
        pen.soft([(0.02, 0.24), (0.3, 0.2), (0.36, 1.3 * k), (0.1, 1.32 * k)], darker(wool, 0.12))
        for step in range(4):
            y = 0.5 + step * 0.2
            pen.line([(0.07, y), (0.33, y - 0.02)], 0.035, lighter(wool, 0.4), alpha=0.7)
    if look.has("necklace") and view == "front":
        pen.line([(-0.2, 0.24), (0, 0.62), (0.2, 0.24)], 0.022, rgb("#e8c860"))
        pen.oval(0, 0.64, 0.055, 0.06, look.accent)
    if look.has("bowtie") and view == "front":
        for side in (-1, 1):
            pen.shape([(0, 0.42), (side * 0.2, 0.32), (side * 0.2, 0.54)], look.accent)
    if look.has("backpack"):
        for side in (-1, 1):
            pen.line(
                [
                    (side * f.shoulder * 0.6, 0.36),
                    (side * f.shoulder * 0.66, 1.2 * k),
                    (side * f.shoulder * 0.8, 1.7 * k),
                ],
                0.12,
                darker(look.accent, 0.1),
            )
        if view == "back":
            pen.soft([(-0.66, 0.5), (0.66, 0.5), (0.7, 2.0 * k), (-0.7, 2.0 * k)], look.accent)
            pen.soft(
                [(-0.46, 1.2 * k), (0.46, 1.2 * k), (0.48, 1.85 * k), (-0.48, 1.85 * k)],
                darker(look.accent, 0.18),
            )
