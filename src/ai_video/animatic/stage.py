"""A shot made ready: layers, air, marks, and the draw of one moment."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ai_video.animatic.ambience import ambience_of
from ai_video.animatic.camera import OVERSCAN_X, OVERSCAN_Y, Camera
from ai_video.animatic.canvas import Box
from ai_video.animatic.colors import Color, rgb
from ai_video.animatic.layers import Composer, Frame, Layer, layer_of, planes_of
from ai_video.animatic.lettering import Lost
from ai_video.animatic.marks import Mark, shot_marks
from ai_video.animatic.pictures import fitted, on_white, open_picture
from ai_video.animatic.scenery import MASTER, Setting, paint_place, place_class
from ai_video.animatic.weather import Air
from ai_video.domain.ports import ShotPicture
from ai_video.domain.slots import Slots

DENSITY = 1.3
"""Painted px per frame px, so that moves towards the picture stay sharp."""

_INDOORS = frozenset({
    "home", "bedroom", "office", "school", "hospital", "laboratory", "restaurant", "shop",
    "corridor", "stage", "car", "factory", "news_studio", "interior", "cave", "underwater", "space",
})  # fmt: skip

_CLOSENESS = {
    "extreme_close_up": 2.5, "close_up": 2.1, "medium_close_up": 1.75, "medium": 1.45,
    "medium_full": 1.2, "full": 1.08, "wide": 1.0, "extreme_wide": 0.94,
}  # fmt: skip
_SOFTNESS = {
    "extreme_close_up": 0.016, "close_up": 0.012, "medium_close_up": 0.009, "medium": 0.005,
    "medium_full": 0.002, "full": 0.0012, "wide": 0.0, "extreme_wide": 0.0,
}  # fmt: skip


@dataclass(slots=True)
class Stage:
    """Everything a frame is drawn from."""

    composer: Composer
    air: Air
    marks: list[Mark]
    lost: Lost
    looks: list[tuple[float, dict[str, str]]] = field(
        default_factory=list[tuple[float, dict[str, str]]]
    )

    def draw(self, frame: Frame, at_s: float) -> None:
        """Draw the moment `at_s` seconds into the clip."""
        look: dict[str, str] = {}
        for begins, names in self.looks:
            if begins <= at_s:
                look = names
        self.composer.compose(frame, at_s, look)
        self.air.draw(frame, at_s)
        for mark in self.marks:
            mark.draw(frame, at_s)


def stage_of(shot: ShotPicture, *, seconds: float) -> Stage:
    """The shot's stage: its place, people, weather and words."""
    if shot.picture is not None:
        return stage_of_picture(
            shot, on_white(open_picture(shot.picture)), seconds=seconds, bare=False
        )
    light = ambience_of(shot.slots)
    place = place_class(shot.place, shot.scene_name, shot.description)
    aspect = shot.width / shot.height
    scale = shot.height * DENSITY
    setting = Setting(
        _view(shot, aspect), scale, light, f"{place}|{shot.scene_name}",
        f"{shot.scene_name} {shot.description}".lower(),
    )  # fmt: skip
    size = shot.slots.shot_size or "medium_full"
    seen = (setting.view.right - setting.view.left) / (1 + 2 * OVERSCAN_X)
    setting.scale = scale * aspect / seen
    setting.blur = _SOFTNESS[size] * seen / aspect
    paint_place(place, setting)
    layers = _settled(setting, aspect, scale, _rng(shot))
    camera = _camera(shot, aspect, seconds)
    lost = Lost()
    marks = _marks(shot, lost, rgb("#f0b64a"))
    air = Air(shot.width, shot.height, light, shot.seed, place in _INDOORS)
    return Stage(Composer(layers, camera, shot.width, shot.height), air, marks, lost)


def _camera(shot: ShotPicture, aspect: float, seconds: float) -> Camera:
    slots = shot.slots
    return Camera(
        slots.movement or "static", aspect, seconds, slots.angle or "eye_level",
        slots.pace or "normal", shot.seed,
    )  # fmt: skip


def _rng(shot: ShotPicture) -> np.random.Generator:
    return np.random.default_rng(shot.seed % 2**63)


def _view(shot: ShotPicture, aspect: float) -> Box:
    """The part of the master frame that the shot sees, with overscan."""
    slots = shot.slots
    close = _CLOSENESS[slots.shot_size or "medium_full"]
    wide = min(MASTER, aspect) / close if aspect < MASTER else MASTER / close
    high = wide / aspect
    shift = _rng(shot).uniform(-0.5, 0.5) * (MASTER - wide) * 0.8
    x = MASTER / 2 + shift
    y = 0.5 + 0.06 * (1 - 1 / close)
    y += {"low": -0.13, "high": 0.15, "overhead": 0.24}.get(slots.angle or "", 0.0) * high
    return Box(
        x - wide * (0.5 + OVERSCAN_X), y - high * (0.5 + OVERSCAN_Y),
        x + wide * (0.5 + OVERSCAN_X), y + high * (0.5 + OVERSCAN_Y),
    )  # fmt: skip


def _settled(
    setting: Setting, aspect: float, scale: float, grain: np.random.Generator
) -> list[Layer]:
    """The painted sheets moved from the master frame into this frame."""
    layers: list[Layer] = []
    box = Box(-OVERSCAN_X * aspect, -OVERSCAN_Y, aspect * (1 + OVERSCAN_X), 1 + OVERSCAN_Y)
    ratio = scale / setting.scale
    for index, sheet in enumerate(setting.sheets):
        canvas = sheet.canvas
        canvas.blurred(sheet.blur)
        ground = (sheet.life.ground - setting.view.top) / ratio + box.top
        life = replace(
            sheet.life, ground=ground, glide=sheet.life.glide / ratio, bob=sheet.life.bob / ratio
        )
        canvas.box, canvas.scale = box, scale
        layer = layer_of(
            canvas, sheet.depth, opaque=index == 0, life=life, grain=grain if index == 0 else None
        )
        if layer is not None:
            layers.append(layer)
    return layers


def _marks(shot: ShotPicture, lost: Lost, accent: Color) -> list[Mark]:
    speaker = shot.speaking[0] if shot.speaking else ""
    caption, kicker = (speaker, shot.scene_name) if speaker else (shot.scene_name, "")
    return shot_marks(
        shot.width, shot.height, label=shot.label, caption=caption, kicker=kicker, lang=shot.lang,
        face="sans", accent=accent, lost=lost,
    )  # fmt: skip


def stage_of_picture(
    shot: ShotPicture, picture: NDArray[np.uint8], *, seconds: float, bare: bool
) -> Stage:
    """A ready picture as a stage: moved by the camera; `bare` adds no words (it has them)."""
    aspect = shot.width / shot.height
    lost = Lost()
    layer = _picture_layer(picture, shot.width, shot.height)
    camera = replace(_camera(shot, aspect, seconds), gain=0.4)
    marks = [] if bare else _marks(shot, lost, rgb("#f0b64a"))
    light = replace(ambience_of(Slots()), vignette=0.06)
    air = Air(shot.width, shot.height, light, shot.seed, indoors=True)
    return Stage(Composer([layer], camera, shot.width, shot.height), air, marks, lost)


def _picture_layer(picture: NDArray[np.uint8], wide: int, high: int) -> Layer:
    """A picture filling the frame, at the density of painted layers."""
    size = (2 * round(wide * DENSITY / 2), 2 * round(high * DENSITY / 2))
    margins = (2 * round(size[0] * OVERSCAN_X / 2), 2 * round(size[1] * OVERSCAN_Y / 2))
    rgb_floats = fitted(picture, *size, *margins)
    scale = size[1]
    planes = planes_of(rgb_floats, None, None)
    return Layer(planes, (-margins[0] / scale, -margins[1] / scale), scale, 1.0, sharp=True)
