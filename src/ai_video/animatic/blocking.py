"""Who stands where in a frame: sizes by shot size, places apart, facing each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ai_video.animatic.people import Face, Feeling, Look, Standing, look_of
from ai_video.animatic.people.body import LEGS, Arms, legs_of
from ai_video.domain.ports import Figure, ShotPicture
from ai_video.domain.slots import ShotSize, Slots

MOST = 6
"""Figures drawn in one frame; a crowd beyond that would hide itself."""

# Head height and the chin's place, in frame heights, of an adult alone in a 16:9 frame.
_SIZES: dict[ShotSize, tuple[float, float]] = {
    "extreme_close_up": (0.96, 0.86),
    "close_up": (0.50, 0.655),
    "medium_close_up": (0.36, 0.53),
    "medium": (0.255, 0.425),
    "medium_full": (0.18, 0.335),
    "full": (0.112, 0.262),
    "wide": (0.074, 0.455),
    "extreme_wide": (0.034, 0.645),
}


@dataclass(frozen=True, slots=True)
class Cast:
    """One figure on the stage; `blur` in frame heights."""

    name: str
    look: Look
    place: Standing
    depth: float
    speaks: bool
    blur: float = 0.0
    number: int = 0
    reference: Path | None = None


def block(shot: ShotPicture, aspect: float) -> list[Cast]:
    """The shot's figures with their places, the farthest first."""
    slots = shot.slots
    people = [(figure, look_of(figure)) for figure in shot.figures[:MOST]]
    if not people:
        return []
    rng = np.random.default_rng(shot.seed % 2**63)
    size: ShotSize = slots.shot_size or _usual(len(people))
    over = slots.angle == "over_shoulder"
    if not over:
        return sorted(_row(shot, people, size, aspect, rng), key=lambda cast: cast.depth)
    hidden, look = people.pop(_listener([figure.name for figure, _ in people], shot.speaking))
    casts = [_aside(cast, aspect, len(people)) for cast in _row(shot, people, size, aspect, rng)]
    casts.append(_shoulder(hidden.name, look, aspect, MOST))
    return sorted(casts, key=lambda cast: cast.depth)


def _usual(count: int) -> ShotSize:
    return "medium" if count <= 2 else "medium_full" if count <= 4 else "full"


def _listener(names: Sequence[str], speaking: Sequence[str]) -> int:
    """The one seen from behind: the first who does not speak."""
    for index, name in enumerate(names):
        if name not in speaking and len(names) > 1:
            return index
    return 0


def _row(
    shot: ShotPicture, people: Sequence[tuple[Figure, Look]], size: ShotSize, aspect: float,
    rng: np.random.Generator,
) -> list[Cast]:  # fmt: skip
    count = len(people)
    if not count:
        return []
    unit, chin = _scaled(size, aspect, count)
    standing = size in {"full", "wide", "extreme_wide"}
    tilt = {"low": 0.05 if standing else -0.03, "high": 0.06, "overhead": 0.1}
    chin += tilt.get(shot.slots.angle or "", 0.0)
    floor = chin + unit * LEGS
    places = _places(count, aspect, unit, rng)
    casts: list[Cast] = []
    for index, (figure, look) in enumerate(people):
        name = figure.name
        x, back = places[index]
        speaks = name in shot.speaking
        side = _facing(x, aspect, count, rng)
        own = unit * (0.9 if back else 1.0) * (0.93 if look.age == "child" else 1.0)
        far = 0.055 * unit * LEGS if back else 0.0
        y = floor - far - own * legs_of(look)
        if not standing:
            share = 0.3 if count > 1 else 0.0
            y = chin + (y - chin) * share - (0.02 if back else 0.0)
        face = _face(shot.slots, count, rng, speaks)
        arms = _arms(shot, look, size, speaks, rng)
        casts.append(
            Cast(
                name,
                look,
                Standing(x, y, own, side, face, arms),
                0.93 if back else 1.0,
                speaks,
                number=index,
                reference=figure.reference,
            )
        )
    return casts


def _scaled(size: ShotSize, aspect: float, count: int) -> tuple[float, float]:
    """Head height and chin for a frame and a number of people: all of them fit side by side."""
    unit, chin = _SIZES[size]
    room = aspect / (count * (1.75 if size in {"extreme_close_up", "close_up"} else 2.15))
    if size == "extreme_close_up":
        room = aspect / (count * 1.02)
    rows = 1.45 if count > 3 else 1
    fitted = min(unit, room * rows)
    if fitted < unit:
        # The eyes keep their height; what shrinks leaves room below for the body.
        chin = chin - 0.45 * (unit - fitted)
        if size in {"full", "wide", "extreme_wide"}:
            chin = min(0.86, _SIZES[size][1] + unit * LEGS) - fitted * LEGS
    return fitted, chin


def _places(
    count: int, aspect: float, unit: float, rng: np.random.Generator
) -> list[tuple[float, bool]]:
    """(x, in the second row) of each figure."""
    if count == 1:
        return [(aspect * 0.5 + (0.07 if rng.random() < 0.5 else -0.07) * aspect, False)]
    if count <= 3:
        step = min(aspect / (count + 0.15), max(unit * 3.4, aspect / (count + 1.6)))
        start = aspect / 2 - step * (count - 1) / 2
        return [(start + step * index, False) for index in range(count)]
    step = aspect / (count + 0.2)
    start = aspect / 2 - step * (count - 1) / 2
    return [(start + step * index, index % 2 == 1) for index in range(count)]


def _facing(x: float, aspect: float, count: int, rng: np.random.Generator) -> int:
    """Everyone looks towards the middle; alone, towards the free side."""
    if abs(x - aspect / 2) < 0.02 and count > 1:
        return 1 if rng.random() < 0.5 else -1
    return 1 if x < aspect / 2 else -1


def _face(slots: Slots, count: int, rng: np.random.Generator, speaks: bool) -> Face:
    feeling = _feeling(slots)
    if slots.angle == "back":
        return Face("back", 0.0, feeling=feeling)
    if slots.angle == "profile":
        return Face("profile", 1.0, feeling=feeling)
    if slots.angle == "pov":
        return Face("front", 0.05, feeling=feeling)
    turn = float(rng.uniform(0.45, 0.65)) if count > 1 else float(rng.uniform(0.2, 0.5))
    return Face("front", turn, feeling=feeling if not (speaks and feeling == "happy") else "happy")


_FEELINGS: dict[str, Feeling] = {
    "melancholy": "sad", "sad": "sad", "lonely": "sad", "nostalgic": "calm", "joyful": "happy",
    "romantic": "happy", "hopeful": "happy", "humorous": "happy", "cozy": "happy",
    "energetic": "happy", "angry": "angry", "tense": "tense", "eerie": "tense",
    "oppressive": "tense", "mysterious": "calm", "epic": "calm", "peaceful": "calm",
    "solemn": "calm",
}  # fmt: skip


def _feeling(slots: Slots) -> Feeling:
    for mood in slots.mood:
        return _FEELINGS[mood]
    return "calm"


def _arms(
    shot: ShotPicture, look: Look, size: ShotSize, speaks: bool, rng: np.random.Generator
) -> Arms:
    words = shot.description.lower()
    wet = {"rain", "storm"} & set(shot.slots.weather)
    if look.has("umbrella") or (wet and any(w in words for w in ("伞", "umbrella"))):
        return "umbrella"
    if any(w in words for w in ("手机", "电话", "短信", "phone", "calls", "texting")):
        return "hold"
    if speaks:
        return "gesture"
    if look.age == "child" or size == "extreme_wide":
        return "down"
    return ("down", "down", "pocket", "crossed")[int(rng.integers(4))]


def _aside(cast: Cast, aspect: float, count: int) -> Cast:
    """Make room for the shoulder in front: the others stand to its right."""
    x = aspect * (0.64 if count == 1 else 0.45 + 0.4 * (cast.place.x / aspect - 0.2))
    face = (
        replace(cast.place.face, turn=0.4) if cast.place.face.view == "front" else cast.place.face
    )
    return replace(cast, place=replace(cast.place, x=x, side=-1, face=face))


def _shoulder(name: str, look: Look, aspect: float, number: int) -> Cast:
    """The figure in front, from behind, cut by the left and lower edges."""
    unit = min(0.6, 0.55 * aspect)
    place = Standing(min(0.2 * aspect, 0.36), 0.64, unit, 1, Face("back", 0.0), "down")
    return Cast(name, look, place, 1.4, False, blur=0.006, number=number)
