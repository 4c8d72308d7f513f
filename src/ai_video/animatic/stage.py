"""A shot made ready: layers, air, marks, and the draw of one moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ai_video.animatic.ambience import Ambience, ambience_of
from ai_video.animatic.blocking import Cast, block
from ai_video.animatic.camera import OVERSCAN_X, OVERSCAN_Y, Camera
from ai_video.animatic.canvas import Box, Canvas
from ai_video.animatic.cards import card_marks
from ai_video.animatic.colors import Color, mix, parse_palette, rgb
from ai_video.animatic.extras import unnamed_people
from ai_video.animatic.layers import Composer, Frame, Layer, Life, layer_of, patch_of, planes_of
from ai_video.animatic.lettering import Lost
from ai_video.animatic.marks import Mark, shot_marks
from ai_video.animatic.people import Face, face_box, figure_box, paint_figure
from ai_video.animatic.people.body import legs_of
from ai_video.animatic.pictures import (
    fitted,
    is_cutout,
    on_white,
    open_picture,
    place_cutout,
    place_portrait,
    portrait_box,
)  # fmt: skip
from ai_video.animatic.scenery import (
    MASTER,
    Setting,
    Sheet,
    paint_ground,
    paint_place,
    paint_rings,
    place_class,
)
from ai_video.animatic.styles import Treatment, accent_of, lens_of, style_of
from ai_video.animatic.theme import Theme, theme_of
from ai_video.animatic.things import Thing, thing_in
from ai_video.animatic.titles import cover_marks, title_marks
from ai_video.animatic.weather import Air
from ai_video.domain.ports import CardText, ShotPicture
from ai_video.domain.slots import ShotSize, Slots

T = TypeVar("T")

DENSITY = 1.3
"""Painted px per frame px, so that moves towards the picture stay sharp."""

_FARTHEST_GLIDE = 0.13
"""How far (frame heights) a drifting sheet may go within one clip before its edge would show."""

_AT_A_TIME = 2
"""Layers painted beside each other; more would hold more large pictures at once."""

_SPREAD = 24
"""Px around the paint that a style may spill into (shadows of paper, bent edges)."""

_TOO_WIDE_FOR_A_CAR = frozenset({"medium", "medium_full", "full", "wide", "extreme_wide"})

_TOO_WIDE_TO_HOLD = frozenset({None, "medium", "medium_full", "full", "wide", "extreme_wide"})
"""Sizes at which a letter or a cup would be a speck in the air."""

_INDOORS = frozenset({
    "home", "bedroom", "office", "school", "hospital", "laboratory", "restaurant", "shop",
    "corridor", "stage", "car", "factory", "news_studio", "interior", "cave", "underwater", "space",
    "wheelhouse", "lamp_room",
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

    def draw(self, frame: Frame, at_s: float, *, settled: bool = False) -> None:
        """Draw the moment `at_s` seconds into the clip; `settled` shows all words at once."""
        look: dict[str, str] = {}
        for begins, names in self.looks:
            if begins <= at_s:
                look = names
        self.composer.compose(frame, at_s, look)
        self.air.draw(frame, at_s)
        for mark in self.marks:
            mark.draw(frame, 1e6 if settled else at_s)


def stage_of(shot: ShotPicture, *, seconds: float) -> Stage:
    """The shot's stage: its place, people, weather and words."""
    if shot.picture is not None:
        return stage_of_picture(
            shot, on_white(open_picture(shot.picture)), seconds=seconds, bare=False
        )
    if shot.card is None and shot.place.strip().lower() == "card":
        return _card_stage(shot, seconds=seconds)
    if shot.card is not None and shot.card.kind != "cover":
        return _card_stage(shot, seconds=seconds)
    if not shot.figures:
        shot = replace(shot, figures=unnamed_people(shot))
    style = style_of(shot.style_preset, shot.slots)
    palette = parse_palette(shot.color_palette)
    light = lens_of(style, ambience_of(shot.slots))
    treatment = Treatment.of(style, palette, light)
    place = place_class(
        shot.place, shot.scene_name, shot.description, topic=shot.topic, people=bool(shot.figures)
    )
    thing = None if shot.figures else _thing_of(shot, place)
    idea = thing is not None and thing.kind == "idea" and place not in _INDOORS - {"underwater"}
    if thing is not None and thing.kind == "held" and shot.slots.shot_size in _TOO_WIDE_TO_HOLD:
        shot = replace(shot, slots=shot.slots.model_copy(update={"shot_size": "medium_close_up"}))
    if place == "car" and shot.figures and shot.slots.shot_size in _TOO_WIDE_FOR_A_CAR:
        shot = replace(shot, slots=shot.slots.model_copy(update={"shot_size": "medium_close_up"}))
    aspect = shot.width / shot.height
    scale = shot.height * DENSITY
    setting = Setting(
        _bounds(aspect) if idea else _view(shot, aspect), scale, light, f"{place}|{shot.scene_name}",
        f"{shot.scene_name} {shot.description}".lower(),
    )  # fmt: skip
    size: ShotSize = shot.slots.shot_size or ("medium" if shot.figures else "wide")
    seen = (setting.view.right - setting.view.left) / (1 + 2 * OVERSCAN_X)
    setting.scale = scale * aspect / seen
    setting.blur = _SOFTNESS[size] * seen / aspect
    if idea:
        ground = theme_of(style, accent_of(palette, style), palette)
        paint_ground(setting, aspect, ground, shot.seed)
    else:
        paint_place(place, setting)
    layers = _settled(setting, treatment, aspect, scale, seconds, _rng(shot))
    casts = block(shot, aspect)
    bounds = _bounds(aspect)
    inside = place in _INDOORS
    lit = 0.5 if inside else 1.0
    lamp = mix(light.tint, (1.0, 0.86, 0.68), 0.85 * light.lamps)
    on_people = replace(light, tint=lamp) if inside else light

    def figure(cast: Cast) -> Layer | None:
        return _figure_layer(cast, on_people, treatment, bounds, scale, lit, size)

    layers += _made_side_by_side(figure, casts)
    if thing is not None:
        layers += _thing_layer(thing, shot.description, on_people, treatment, bounds, scale, size)
    camera = _camera(shot, aspect, seconds)
    lost = Lost()
    marks = _marks(shot, lost, theme_of(style, accent_of(palette, style), palette))
    air = Air(shot.width, shot.height, light, shot.seed, place in _INDOORS)
    looks = _face_track(casts, seconds, shot.seed)
    return Stage(Composer(layers, camera, shot.width, shot.height), air, marks, lost, looks)


def _thing_of(shot: ShotPicture, place: str) -> Thing | None:
    """What a shot without people shows: what its words name, else what the film is about."""
    own = thing_in(_without_name(shot))
    if own is not None:
        return own
    topic = thing_in(shot.topic)
    out_of_place = place in _INDOORS - {"underwater"}
    return None if topic is None or (topic.kind == "outdoors" and out_of_place) else topic


def _without_name(shot: ShotPicture) -> str:
    """The description without the scene's name, which says where, not what."""
    return shot.description.replace(shot.scene_name, " ") if shot.scene_name else shot.description


_THING_PLACES: dict[ShotSize, tuple[float, float, float]] = {
    "extreme_close_up": (0.5, 0.44, 0.46), "close_up": (0.5, 0.44, 0.38),
    "medium_close_up": (0.52, 0.45, 0.31), "medium": (0.56, 0.47, 0.25),
    "medium_full": (0.6, 0.5, 0.2), "full": (0.62, 0.53, 0.165), "wide": (0.64, 0.55, 0.14),
    "extreme_wide": (0.66, 0.56, 0.1),
}  # fmt: skip
"""Where a thing stands by shot size: x in frame widths, y and size in frame heights."""


def _thing_layer(
    thing: Thing, words: str, light: Ambience, treatment: Treatment, bounds: Box, scale: float,
    size: ShotSize,
) -> list[Layer]:  # fmt: skip
    """A thing that the text names, as a layer of its own."""
    aspect = (bounds.right - bounds.left) / (1 + 2 * OVERSCAN_X)
    share, y, unit = _THING_PLACES[size]
    unit = min(unit, 0.42 * aspect)
    canvas = Canvas(bounds, scale)
    thing.painter(words)(canvas, share * aspect, y, unit)
    canvas.rgb = canvas.rgb * np.array(mix((1.0, 1.0, 1.0), light.tint, 0.55), np.float32)
    part = canvas.trimmed(_SPREAD)
    if part is None:
        return []
    treatment.apply(part, 0.95)
    life = Life(
        bob=0.006 if thing.floats else 0.0012,
        sway=0.003 if thing.floats else 0.0,
        ground=y + unit,
        hz=0.22,
    )
    layer = layer_of(part, 0.95, opaque=False, life=life)
    return [] if layer is None else [layer]


def _card_stage(shot: ShotPicture, *, seconds: float) -> Stage:
    """A card: words over a quiet moving ground, or over the shot's place, dimmed."""
    style = style_of(shot.style_preset, shot.slots)
    palette = parse_palette(shot.color_palette)
    theme = theme_of(style, accent_of(palette, style), palette)
    light = replace(lens_of(style, ambience_of(shot.slots)), weather=frozenset(), vignette=0.12)
    aspect, scale = shot.width / shot.height, shot.height * DENSITY
    setting = Setting(_bounds(aspect), scale, light, f"card|{shot.scene_name}", "")
    place = place_class(shot.place if shot.place != "card" else "", shot.scene_name, "")
    if place == "abstract":
        paint_ground(setting, aspect, theme, shot.seed)
    else:
        setting = _dimmed_place(shot, place, light, theme.ground[1])
        if shot.card is None or shot.card.kind == "page":
            paint_rings(setting, aspect, theme, shot.seed)
    layers = [
        layer
        for index, sheet in enumerate(setting.sheets)
        for layer in [layer_of(sheet.canvas, sheet.depth, opaque=index == 0, life=sheet.life, grain=_rng(shot) if index == 0 else None)]
        if layer is not None
    ]  # fmt: skip
    movement = (
        shot.slots.movement
        if shot.slots.movement not in {None, "static", "whip_pan", "handheld", "rack_focus"}
        else "push_in"
    )
    camera = replace(
        _camera(shot, aspect, seconds), movement=movement or "push_in", angle="eye_level"
    )
    lost = Lost()
    card = _card_words(shot)
    if card.kind == "page":
        marks = shot_marks(
            shot.width, shot.height, label=shot.label, caption="", kicker="", lang=shot.lang,
            face=theme.face, accent=theme.accent, lost=lost,
        )  # fmt: skip
        marks += card_marks(
            card, wide=shot.width, high=shot.height, theme=theme, lost=lost, seconds=seconds,
            kicker=shot.scene_name if shot.scene_name != card.headline else "",
        )  # fmt: skip
    else:
        marks = title_marks(card, wide=shot.width, high=shot.height, theme=theme, lost=lost)
    air = Air(shot.width, shot.height, light, shot.seed, indoors=True, breath=0.03)
    return Stage(Composer(layers, camera, shot.width, shot.height), air, marks, lost)


def _dimmed_place(shot: ShotPicture, place: str, light: Ambience, ground: Color) -> Setting:
    """The shot's place out of focus and sunk into the card's ground, as one picture of the frame."""
    aspect, scale = shot.width / shot.height, 0.5 * shot.height * DENSITY
    plain = replace(shot, slots=Slots(shot_size="wide"))
    view = _view(plain, aspect)
    seen = (view.right - view.left) / (1 + 2 * OVERSCAN_X)
    setting = Setting(view, scale * aspect / seen, light, f"{place}|{shot.scene_name}", "")
    paint_place(place, setting)
    whole = setting.sheets[0].canvas
    for sheet in setting.sheets[1:]:
        share = whole.scale / sheet.canvas.scale
        if abs(share - 1) > 1e-6:
            sheet.canvas.resized(whole.wide, whole.high)
        whole.paste(sheet.canvas)
    whole.box, whole.scale = _bounds(aspect), whole.scale * seen / aspect
    whole.blurred(0.008)
    x, y = whole.grid()
    veil = 0.70 + 0.12 * np.abs(y - 0.5) + 0.0 * x
    whole.lay(veil.astype(np.float32), ground)
    setting.sheets = setting.sheets[:1]
    setting.view, setting.scale, setting.blur = _bounds(aspect), shot.height * DENSITY, 0.0
    return setting


def _card_words(shot: ShotPicture) -> CardText:
    """The card's words; a card without any shows the shot's description."""
    card = shot.card or CardText()
    if card.kind != "page" or card.headline or card.body or card.figures or card.quote:
        return card
    words = shot.description.strip() or shot.scene_name.strip() or shot.label or "…"
    return replace(card, headline=words)


def _figure_layer(
    cast: Cast,
    light: Ambience,
    treatment: Treatment,
    bounds: Box,
    scale: float,
    lit: float,
    size: ShotSize,
) -> Layer | None:
    """A figure as a layer that breathes, with its other faces (talking, blinking) as patches."""
    if cast.reference is not None:
        return _reference_layer(cast, cast.reference, bounds, scale)
    box = figure_box(cast.place, cast.look, bounds)
    if box.width <= 0.01 or box.height <= 0.01:
        return None
    ground = cast.place.ground(cast.look)
    shadow = size in {"full", "wide", "extreme_wide", "medium_full"}
    tall = max(1.0, ground - cast.place.y)
    life = Life(
        breath=0.0045 / tall, sway=0.0035 / tall, ground=ground, hz=0.24 + 0.03 * (cast.number % 3),
        phase=1.7 * cast.number,
    )  # fmt: skip

    def painted(face: Face, part: Box) -> Canvas:
        canvas = Canvas(part, scale)
        place = replace(cast.place, face=face)
        paint_figure(canvas, cast.look, place, light, lit=lit, shadow=shadow)
        canvas.blurred(cast.blur)
        treatment.apply(canvas, cast.depth)
        return canvas

    face = cast.place.face
    rest = painted(face, box)
    owner = f"figure{cast.number}"
    layer = layer_of(rest, cast.depth, opaque=False, life=life, owner=owner)
    if layer is None or face.view == "back" or cast.place.unit < 0.05:
        return layer
    head = face_box(cast.place, rest) if treatment.local else box
    if head is None:
        return layer
    others: dict[str, Face] = {"blink": replace(face, blink=True)}
    if cast.speaks:
        others |= {"open": replace(face, mouth="open"), "wide": replace(face, mouth="wide")}
    for name, other in others.items():
        patch = patch_of(rest, painted(other, head), layer)
        if patch is not None:
            layer.patches[name] = patch
    return layer


def _reference_layer(cast: Cast, path: Path, bounds: Box, scale: float) -> Layer | None:
    """A character's own picture: a cut-out stands in the scene, any other hangs there mounted."""
    pixels = open_picture(path)
    canvas = Canvas(bounds, scale)
    place = cast.place
    life = Life(bob=0.0022, hz=0.2, phase=1.7 * cast.number)
    if is_cutout(pixels):
        shape = pixels.shape[0] / pixels.shape[1]
        top = place.y - 1.1 * place.unit
        whole = (legs_of(cast.look) + 1.1) * place.unit
        # A bust stands on the frame's lower edge, else it would float.
        high = whole if shape > 1.8 else max(2.9 * place.unit, bounds.bottom - top)
        place_cutout(canvas, pixels, place.x, top, high)
        life = replace(life, bob=0.0, breath=0.003, ground=place.y + 2 * place.unit)
    else:
        high = min(0.64, max(0.30, 1.9 * place.unit))
        room = (bounds.right - bounds.left) / (1 + 2 * OVERSCAN_X) * 0.8
        box = portrait_box(pixels, place.x, min(0.5, max(0.40, place.y)), min(high, room))
        place_portrait(canvas, pixels, box)
    return layer_of(canvas, cast.depth, opaque=False, life=life, owner=f"figure{cast.number}")


def _face_track(casts: list[Cast], seconds: float, seed: int) -> list[tuple[float, dict[str, str]]]:
    """Which face each figure shows from which second on: blinks now and then, lips while speaking."""
    rng = np.random.default_rng(seed % 2**63 + 11)
    step = 0.12
    track: list[tuple[float, dict[str, str]]] = []
    blinks = {cast.number: float(rng.uniform(0.8, 3.2)) for cast in casts}
    for tick in range(int(max(seconds, step) / step) + 1):
        now = tick * step
        looks: dict[str, str] = {}
        for cast in casts:
            if cast.speaks and now > 0.2:
                looks[f"figure{cast.number}"] = ("", "open", "wide", "open")[int(rng.integers(4))]
            if blinks[cast.number] <= now:
                looks[f"figure{cast.number}"] = "blink"
                blinks[cast.number] = now + float(rng.uniform(2.2, 4.0))
        track.append((now, looks))
    return track


def _bounds(aspect: float) -> Box:
    """All that may be painted around a frame."""
    return Box(-OVERSCAN_X * aspect, -OVERSCAN_Y, aspect * (1 + OVERSCAN_X), 1 + OVERSCAN_Y)


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
    close = _CLOSENESS[slots.shot_size or ("medium" if shot.figures else "wide")]
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
    setting: Setting,
    treatment: Treatment,
    aspect: float,
    scale: float,
    seconds: float,
    grain: np.random.Generator,
) -> list[Layer]:
    """The painted sheets moved from the master frame into this frame; two are worked on at a time."""
    box = _bounds(aspect)
    ratio = scale / setting.scale

    def settled(numbered: tuple[int, Sheet]) -> Layer | None:
        index, sheet = numbered
        canvas = sheet.canvas
        canvas.scale *= ratio
        canvas.box = box
        if index > 0:
            trimmed = canvas.trimmed(4 + round(3 * sheet.blur / ratio * canvas.scale) + _SPREAD)
            if trimmed is None:
                return None
            canvas = trimmed
        canvas.blurred(sheet.blur / ratio)
        ground = (sheet.life.ground - setting.view.top) / ratio + box.top
        glide = sheet.life.glide / ratio
        if abs(glide) * seconds > _FARTHEST_GLIDE:
            glide *= _FARTHEST_GLIDE / (abs(glide) * seconds)
        life = replace(sheet.life, ground=ground, glide=glide, bob=sheet.life.bob / ratio)
        treatment.apply(canvas, sheet.depth)
        return layer_of(
            canvas, sheet.depth, opaque=index == 0, life=life, grain=grain if index == 0 else None
        )

    return _made_side_by_side(settled, enumerate(setting.sheets))


def _made_side_by_side(make: Callable[[T], Layer | None], things: Iterable[T]) -> list[Layer]:
    """The layers of things that need nothing of each other, in the order of the things."""
    with ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="stage") as pool:
        layers = list(pool.map(make, things))
    return [layer for layer in layers if layer is not None]


def _marks(shot: ShotPicture, lost: Lost, theme: Theme) -> list[Mark]:
    if shot.card is not None and shot.card.kind == "cover":
        return cover_marks(
            shot.card, wide=shot.width, high=shot.height, theme=theme, label=shot.label, lost=lost
        )
    speaker = shot.speaking[0] if shot.speaking else ""
    seen = speaker in {figure.name for figure in shot.figures}
    caption, kicker = shot.scene_name, ""
    if seen:
        caption, kicker = speaker, shot.scene_name
    elif speaker:
        # A voice from outside must not name the person in the picture.
        kicker = f"画外 · {speaker}" if shot.lang == "zh" else f"off screen · {speaker}"
    return shot_marks(
        shot.width, shot.height, label=shot.label, caption=caption, kicker=kicker, lang=shot.lang,
        face="sans", accent=theme.accent, lost=lost,
    )  # fmt: skip


def stage_of_picture(
    shot: ShotPicture, picture: NDArray[np.uint8], *, seconds: float, bare: bool
) -> Stage:
    """A ready picture as a stage: moved by the camera; `bare` adds no words (it has them)."""
    aspect = shot.width / shot.height
    lost = Lost()
    layer = _picture_layer(picture, shot.width, shot.height)
    camera = replace(_camera(shot, aspect, seconds), gain=0.4)
    style = style_of(shot.style_preset, shot.slots)
    accent = accent_of(parse_palette(shot.color_palette), style)
    cover = shot.card is not None and shot.card.kind == "cover"
    theme = theme_of(style, accent if cover else rgb("#f0b64a"), ())
    marks = [] if bare else _marks(shot, lost, theme)
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
