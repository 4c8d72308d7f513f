"""Style presets and colour palettes: how a painted sheet is coloured, textured and outlined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from ai_video.animatic.ambience import Ambience
from ai_video.animatic.canvas import Canvas, Floats, noise
from ai_video.animatic.colors import Color, luma, rgb
from ai_video.domain.slots import Slots, Style

Grade = NDArray[np.float64]

_LUMA = np.array([0.299, 0.587, 0.114])

_NAMES: dict[str, Style] = {
    "电影感": "cinematic", "写实": "photorealistic", "实拍": "photorealistic", "动漫": "anime",
    "二次元": "anime", "动画": "anime", "水墨": "ink_wash", "水彩": "watercolor",
    "油画": "oil_painting", "素描": "sketch", "线稿": "sketch", "漫画": "comic",
    "像素": "pixel_art", "3d": "render_3d", "粘土": "claymation", "黏土": "claymation",
    "剪纸": "paper_cut", "赛博": "cyberpunk", "蒸汽": "steampunk", "国风": "guofeng",
    "古风": "guofeng", "纪录": "documentary", "黑色电影": "film_noir", "noir": "film_noir",
    "胶片": "vintage_film", "复古": "vintage_film", "老电影": "vintage_film",
    "扁平": "flat_illustration", "flat": "flat_illustration", "watercolour": "watercolor",
    "realistic": "photorealistic", "manga": "comic", "pixel": "pixel_art",
}  # fmt: skip


def style_of(preset: str | None, slots: Slots) -> Style:
    """The style in force: the shot's own, else the project's preset, else cinematic."""
    if slots.style:
        return slots.style[0]
    said = (preset or "").strip().lower().replace(" ", "_").replace("-", "_")
    for known in get_args(Style):
        if known == said:
            return known
    for word, style in _NAMES.items():
        if word in said:
            return style
    return "cinematic"


def _matrix(
    *, saturation: float = 1.0, contrast: float = 1.0, exposure: float = 1.0,
    gain: Color = (1.0, 1.0, 1.0), lift: Color = (0.0, 0.0, 0.0), split: Color = (0.0, 0.0, 0.0),
) -> Grade:  # fmt: skip
    """A 3x4 colour matrix: saturation, contrast about middle grey, gains, lifts, split toning.

    `split` is added in proportion to brightness minus a half (highlights get it, shadows lose it).
    """
    grey = np.tile(_LUMA, (3, 1))
    base = grey * (1 - saturation) + np.eye(3) * saturation
    base = np.diag(gain) @ base * exposure
    offset = np.array(lift, np.float64)
    base = base * contrast + np.outer(split, _LUMA)
    offset = offset + 0.46 * (1 - contrast) - 0.5 * np.array(split)
    return np.hstack([base, offset[:, None]])


def _then(first: Grade, second: Grade) -> Grade:
    """The matrix of one grade after another."""
    square = np.vstack([first, [0, 0, 0, 1]])
    return second @ square


_GRADES: dict[Style, Grade] = {
    "cinematic": _matrix(contrast=1.07, saturation=1.02, split=(0.05, 0.0, -0.07)),
    "photorealistic": _matrix(contrast=1.08, saturation=0.82),
    "anime": _matrix(contrast=1.05, saturation=1.3, exposure=1.06),
    "ink_wash": _matrix(saturation=0.3, contrast=1.1),
    "watercolor": _matrix(saturation=1.02, contrast=0.8, exposure=1.05, lift=(0.1, 0.1, 0.09)),
    "oil_painting": _matrix(saturation=1.2, contrast=1.14, split=(0.04, 0.01, -0.04)),
    "sketch": _matrix(saturation=0.06),
    "comic": _matrix(saturation=1.35, contrast=1.22),
    "pixel_art": _matrix(saturation=1.25, contrast=1.12),
    "render_3d": _matrix(saturation=1.12, contrast=1.0, exposure=1.03),
    "claymation": _matrix(saturation=1.1, contrast=0.96, gain=(1.04, 1.0, 0.94)),
    "paper_cut": _matrix(saturation=1.12, contrast=1.06),
    "cyberpunk": _matrix(saturation=1.3, contrast=1.22, exposure=0.84, gain=(0.95, 0.82, 1.2),
                         lift=(0.03, 0.0, 0.06), split=(0.16, -0.1, 0.04)),
    "steampunk": _matrix(saturation=0.55, contrast=1.12, gain=(1.12, 0.96, 0.72)),
    "guofeng": _matrix(saturation=0.72, contrast=0.96, gain=(1.02, 1.0, 0.9)),
    "documentary": _matrix(saturation=0.74, contrast=1.1, gain=(0.98, 1.02, 0.97)),
    "film_noir": _matrix(saturation=0.0, contrast=1.5, exposure=0.88),
    "vintage_film": _matrix(saturation=0.5, contrast=0.86, gain=(1.1, 1.0, 0.78), lift=(0.06, 0.045, 0.05)),
    "flat_illustration": _matrix(saturation=1.1, contrast=0.98, exposure=1.05),
}  # fmt: skip

_LENS: dict[Style, tuple[float, float]] = {
    "film_noir": (0.3, 5.0), "vintage_film": (0.26, 6.0), "documentary": (0.05, 2.5),
    "cinematic": (0.1, 0.0), "steampunk": (0.25, 2.0), "cyberpunk": (0.16, 0.0),
    "ink_wash": (-0.2, 0.0), "watercolor": (-0.2, 0.0), "sketch": (-0.2, 0.0),
    "paper_cut": (-0.1, 0.0), "flat_illustration": (-0.2, 0.0), "comic": (-0.1, 0.0),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Treatment:
    """What is done to every painted sheet of a film: grade, palette, style."""

    style: Style
    grade: Grade
    palette: tuple[Color, ...]

    @classmethod
    def of(cls, shot_style: Style, palette: tuple[Color, ...], light: Ambience) -> Treatment:
        """The treatment of a style under a shot's light."""
        warm = light.warmth
        mood = _matrix(
            saturation=light.saturation, contrast=1 + (light.contrast - 1) * 0.8,
            exposure=light.exposure,
            gain=(1 + 0.11 * warm, 1 + 0.015 * warm, 1 - 0.13 * warm),
        )  # fmt: skip
        return cls(shot_style, _then(mood, _GRADES[shot_style]), palette)

    @property
    def local(self) -> bool:
        """Whether a px depends on its own paint alone, so that a part may be treated by itself."""
        return self.style not in _EFFECTS

    def apply(self, canvas: Canvas, depth: float) -> None:
        """Treat a sheet in place; `depth` as of its layer."""
        canvas.rgb = _graded(canvas.rgb, canvas.alpha, self.grade)
        if self.palette:
            _toward_palette(canvas, self.palette, 0.5)
        effect = _EFFECTS.get(self.style)
        if effect is not None:
            effect(canvas, depth)


def lens_of(style: Style, light: Ambience) -> Ambience:
    """The light with the style's vignette and film grain."""
    vignette, grain = _LENS.get(style, (0.0, 0.0))
    return replace(light, vignette=max(0.0, light.vignette + vignette), grain=grain)


def accent_of(palette: tuple[Color, ...], style: Style) -> Color:
    """A bright colour for marks and cards: the palette's most vivid, else the style's."""
    if palette:
        return max(palette, key=lambda color: (max(color) - min(color)) + 0.3 * luma(color))
    own: dict[Style, str] = {
        "cyberpunk": "#ff3da0", "ink_wash": "#b5382f", "guofeng": "#b5382f", "film_noir": "#d8d8d8",
        "watercolor": "#4f8fb5", "anime": "#ff7a9a", "paper_cut": "#d9482f", "vintage_film": "#d8a04a",
    }  # fmt: skip
    return rgb(own.get(style, "#f0b64a"))


def _graded(values: Floats, alpha: Floats, grade: Grade) -> Floats:
    cover = np.ascontiguousarray(alpha)
    mixed = cv2.transform(np.ascontiguousarray(values), grade[:, :3].astype(np.float32))
    bands = [
        cv2.min(np.maximum(cv2.scaleAdd(cover, offset, plane), 0.0), cover)
        for plane, offset in zip(cv2.split(mixed), grade[:, 3].tolist())
    ]
    return np.asarray(cv2.merge(bands), np.float32)


def _brightness(canvas: Canvas) -> Floats:
    """Brightness 0..1 of the paint itself (not premultiplied)."""
    bright = np.asarray(cv2.transform(canvas.rgb, _LUMA[None].astype(np.float32)), np.float32)
    return np.clip(bright / np.maximum(canvas.alpha, 1e-3), 0, 1)


def _mapped(bright: Floats, colors: list[Color]) -> Floats:
    """Colours along a ramp by brightness."""
    steps = np.linspace(0, 1, len(colors))
    table = np.stack(
        [np.interp(np.linspace(0, 1, 256), steps, [c[band] for c in colors]) for band in range(3)],
        axis=-1,
    ).astype(np.float32)
    return table[np.rint(bright * 255).astype(np.uint8)]


def _mixed(canvas: Canvas, target: Floats, share: float) -> None:
    canvas.rgb *= 1 - share
    canvas.rgb += target * (canvas.alpha * np.float32(share))[..., None]


def _toward_palette(canvas: Canvas, palette: tuple[Color, ...], share: float) -> None:
    """Pull colours towards a ramp of the palette from dark to bright."""
    ramp = sorted(palette, key=luma)
    dark = tuple(band * 0.16 for band in ramp[0])
    light = tuple(1 - (1 - band) * 0.22 for band in ramp[-1])
    colors: list[Color] = [(dark[0], dark[1], dark[2]), *ramp, (light[0], light[1], light[2])]
    _mixed(canvas, _mapped(_brightness(canvas), colors), share)


def _texture(canvas: Canvas, salt: int, cell: float, octaves: int = 3) -> Floats:
    """Noise that belongs to the sheet (the same for every look of one figure)."""
    unit = max(0.5, canvas.scale / 900)
    return noise(np.random.default_rng(salt), canvas.high, canvas.wide, cell * unit, octaves)


def _wobble(canvas: Canvas, reach: float, cell: float) -> None:
    """Bend edges as a hand would."""
    unit = canvas.scale / 900
    x = np.arange(canvas.wide, dtype=np.float32)[None, :]
    y = np.arange(canvas.high, dtype=np.float32)[:, None]
    map_x = x + (_texture(canvas, 3, cell) - 0.5) * np.float32(reach * unit * 2)
    map_y = y + (_texture(canvas, 4, cell) - 0.5) * np.float32(reach * unit * 2)
    canvas.rgb = np.asarray(
        cv2.remap(canvas.rgb, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        np.float32,
    )
    canvas.alpha = np.asarray(
        cv2.remap(canvas.alpha, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        np.float32,
    )


def _edges(canvas: Canvas, width: float) -> Floats:
    """Strength 0..1 of outlines in brightness and along the paint's border."""
    unit = max(0.6, canvas.scale / 900 * width)
    both = np.stack([_brightness(canvas) * canvas.alpha * 0.55, canvas.alpha], axis=-1)
    soft = np.asarray(cv2.GaussianBlur(both, (0, 0), unit * 0.7), np.float32)
    wide = np.asarray(cv2.GaussianBlur(both, (0, 0), unit * 1.5), np.float32)
    difference = np.maximum((wide - soft)[..., 0], np.abs(soft - wide)[..., 1])
    return np.clip(difference * 9 - 0.2, 0, 1)


def _inked(canvas: Canvas, width: float, strength: float, ink: Color = (0.06, 0.05, 0.07)) -> None:
    line = _edges(canvas, width) * np.float32(strength)
    canvas.rgb *= (1 - line)[..., None]
    canvas.rgb += (line * canvas.alpha)[..., None] * np.array(ink, np.float32)


def _papered(canvas: Canvas, strength: float) -> None:
    fine = min(1.0, canvas.scale / 900)
    grain = 1 + (_texture(canvas, 5, 5, 3) - 0.5) * np.float32(strength * fine)
    canvas.rgb *= grain[..., None]
    np.minimum(canvas.rgb, canvas.alpha[..., None], out=canvas.rgb)


def _steps(canvas: Canvas, count: int) -> None:
    """Flatten brightness into steps; hues stay."""
    bright = _brightness(canvas)
    flat = np.rint(bright * count) / count
    factor = (flat + 0.04) / (bright + 0.04)
    canvas.rgb *= factor[..., None]
    np.clip(canvas.rgb, 0, canvas.alpha[..., None], out=canvas.rgb)


def _bloom(canvas: Canvas, above: float, strength: float) -> None:
    glow = np.clip(canvas.rgb - above * canvas.alpha[..., None], 0, 1)
    size = (max(2, canvas.wide // 8), max(2, canvas.high // 8))
    small = cv2.GaussianBlur(cv2.resize(glow, size, interpolation=cv2.INTER_AREA), (0, 0), 3)
    wide = cv2.resize(small, (canvas.wide, canvas.high), interpolation=cv2.INTER_LINEAR)
    canvas.rgb += np.asarray(wide, np.float32) * np.float32(strength)
    np.minimum(canvas.rgb, canvas.alpha[..., None], out=canvas.rgb)


def _relief(canvas: Canvas, size: float, strength: float) -> None:
    """Light from the upper left on the paint as if it had height."""
    unit = max(0.8, canvas.scale / 900 * size)
    height = np.asarray(
        cv2.GaussianBlur(canvas.alpha * (0.4 + 0.6 * _brightness(canvas)), (0, 0), unit), np.float32
    )
    slope = (np.roll(height, 2, axis=0) - height) + (np.roll(height, 2, axis=1) - height)
    canvas.rgb *= np.clip(1 - slope * np.float32(strength), 0.55, 1.5)[..., None]
    np.clip(canvas.rgb, 0, canvas.alpha[..., None], out=canvas.rgb)


def _anime(canvas: Canvas, depth: float) -> None:
    _inked(canvas, 1.1, 0.8 if depth >= 0.9 else 0.35)
    _bloom(canvas, 0.78, 0.35)


def _ink_wash(canvas: Canvas, depth: float) -> None:
    _wobble(canvas, 3.5, 34)
    bright = _brightness(canvas)
    pooled = np.clip(
        bright * 1.15 + (_texture(canvas, 8, 90, 4) - 0.5) * np.float32(0.35) + 0.05, 0, 1
    )
    ink = _mapped(pooled, [rgb("#17191c"), rgb("#5a5f63"), rgb("#b9b7ae"), rgb("#f4f0e4")])
    _mixed(canvas, ink, 0.86)
    far = max(0.0, min(0.55, (0.9 - depth) * 0.6))
    _mixed(canvas, np.ones((1, 1, 3), np.float32) * np.array(rgb("#f1ecdf"), np.float32), far)
    _inked(canvas, 1.6, 0.75 * (1 - far), rgb("#15171a"))
    _papered(canvas, 0.12)


def _watercolor(canvas: Canvas, depth: float) -> None:
    _wobble(canvas, 3.0, 26)
    wash = 0.86 + _texture(canvas, 9, 110, 5) * np.float32(0.3)
    canvas.rgb *= wash[..., None]
    paper = np.array(rgb("#fbf8f0"), np.float32) * np.ones((1, 1, 3), np.float32)
    _mixed(canvas, paper, 0.12 + 0.12 * max(0.0, 1 - depth))
    line = _edges(canvas, 1.5) * np.float32(0.32)
    canvas.rgb *= (1 - line)[..., None]
    _papered(canvas, 0.16)


def _oil(canvas: Canvas, depth: float) -> None:
    _wobble(canvas, 4.0, 9)
    _relief(canvas, 1.2, 3.4)
    strokes = 1 + (_texture(canvas, 11, 12, 2) - 0.5) * np.float32(0.22)
    canvas.rgb *= strokes[..., None]
    np.minimum(canvas.rgb, canvas.alpha[..., None], out=canvas.rgb)


def _sketch(canvas: Canvas, depth: float) -> None:
    _wobble(canvas, 1.6, 18)
    bright = _brightness(canvas)
    x = np.arange(canvas.wide, dtype=np.float32)[None, :]
    y = np.arange(canvas.high, dtype=np.float32)[:, None]
    step = np.float32(7 * max(0.6, canvas.scale / 900))
    hatch = 0.5 + 0.5 * np.sin((x + y) * np.float32(2 * np.pi) / step)
    cross = 0.5 + 0.5 * np.sin((x - y) * np.float32(2 * np.pi) / step)
    tone = np.clip(0.28 + bright * 0.86, 0, 1)
    tone -= np.clip(0.55 - bright, 0, 1) * hatch * np.float32(0.65)
    tone -= np.clip(0.28 - bright, 0, 1) * cross * np.float32(0.9)
    paper = _mapped(np.clip(tone, 0, 1), [rgb("#26272b"), rgb("#8b8a88"), rgb("#f6f3ea")])
    _mixed(canvas, paper, 0.9)
    far = max(0.0, min(0.62, (0.97 - depth) * 0.75))
    _mixed(canvas, np.ones((1, 1, 3), np.float32) * np.array(rgb("#f6f3ea"), np.float32), far)
    _inked(canvas, 1.3, 0.95 * (1 - 0.7 * far), rgb("#1f2024"))
    _papered(canvas, 0.14)


def _comic(canvas: Canvas, depth: float) -> None:
    bright = _brightness(canvas)
    _steps(canvas, 6)
    step = np.float32(8 * max(0.6, canvas.scale / 900))
    x = np.arange(canvas.wide, dtype=np.float32)[None, :]
    y = np.arange(canvas.high, dtype=np.float32)[:, None]
    dots = np.sin((x + y) * np.float32(np.pi) / step) * np.sin((x - y) * np.float32(np.pi) / step)
    shade = np.clip((np.abs(dots) - bright * np.float32(1.5)) * 6, 0, 1) * np.float32(0.4)
    canvas.rgb *= (1 - shade)[..., None]
    _inked(canvas, 1.7, 1.0, (0.03, 0.03, 0.05))


def _pixel(canvas: Canvas, depth: float) -> None:
    cell = max(2, round(canvas.scale / 190))
    size = (max(2, canvas.wide // cell), max(2, canvas.high // cell))
    whole = (canvas.wide, canvas.high)
    small = np.asarray(cv2.resize(canvas.rgb, size, interpolation=cv2.INTER_AREA), np.float32)
    cover = np.asarray(cv2.resize(canvas.alpha, size, interpolation=cv2.INTER_AREA), np.float32)
    paint = np.clip(small / np.maximum(cover, 1e-3)[..., None], 0, 1)
    bright = paint @ _LUMA.astype(np.float32)
    paint *= ((np.rint(bright * 11) / 11 + 0.03) / (bright + 0.03))[..., None]
    np.clip(paint, 0, 1, out=paint)
    solid = (cover > 0.5).astype(np.float32) if cover.min() < 0.5 else cover
    canvas.rgb = np.asarray(
        cv2.resize(
            (paint * solid[..., None]).astype(np.float32), whole, interpolation=cv2.INTER_NEAREST
        ),
        np.float32,
    )
    canvas.alpha = np.asarray(cv2.resize(solid, whole, interpolation=cv2.INTER_NEAREST), np.float32)


def _render(canvas: Canvas, depth: float) -> None:
    _relief(canvas, 5.0, 4.2)
    _bloom(canvas, 0.7, 0.45)


def _clay(canvas: Canvas, depth: float) -> None:
    _wobble(canvas, 2.4, 30)
    _relief(canvas, 3.2, 4.4)
    bumps = 1 + (_texture(canvas, 13, 16, 3) - 0.5) * np.float32(0.24)
    canvas.rgb *= bumps[..., None]
    np.minimum(canvas.rgb, canvas.alpha[..., None], out=canvas.rgb)


def _paper_cut(canvas: Canvas, depth: float) -> None:
    _steps(canvas, 5)
    _papered(canvas, 0.2)
    unit = canvas.scale / 900
    move = np.array([[1, 0, 5 * unit], [0, 1, 7 * unit]])
    moved = cv2.warpAffine(canvas.alpha, move, (canvas.wide, canvas.high))
    fall = np.asarray(cv2.GaussianBlur(moved, (0, 0), 5 * unit + 0.5), np.float32)
    edge = np.clip(
        canvas.alpha
        - np.asarray(
            cv2.warpAffine(
                canvas.alpha,
                np.array([[1, 0, 1.5 * unit], [0, 1, 1.5 * unit]]),
                (canvas.wide, canvas.high),
            ),
            np.float32,
        ),
        0,
        1,
    )
    canvas.rgb += (edge * np.float32(0.3))[..., None]
    np.minimum(canvas.rgb, canvas.alpha[..., None], out=canvas.rgb)
    canvas.alpha = canvas.alpha + (1 - canvas.alpha) * fall * np.float32(0.42)


def _cyber(canvas: Canvas, depth: float) -> None:
    _mixed(
        canvas,
        _mapped(
            _brightness(canvas),
            [rgb("#0a0620"), rgb("#3a1a6e"), rgb("#c0308f"), rgb("#4fe0ff"), rgb("#f0faff")],
        ),
        0.3,
    )
    _bloom(canvas, 0.5, 0.85)


def _steam(canvas: Canvas, depth: float) -> None:
    _mixed(
        canvas,
        _mapped(
            _brightness(canvas), [rgb("#1d120a"), rgb("#6b3f1c"), rgb("#c58a3e"), rgb("#f3dca6")]
        ),
        0.6,
    )
    _inked(canvas, 1.0, 0.3, rgb("#2a1708"))


def _guofeng(canvas: Canvas, depth: float) -> None:
    _wobble(canvas, 1.6, 30)
    _mixed(
        canvas,
        _mapped(
            _brightness(canvas), [rgb("#1c3038"), rgb("#4f7f78"), rgb("#c9b07c"), rgb("#f5ecd6")]
        ),
        0.42,
    )
    _inked(canvas, 1.0, 0.6, rgb("#3a2a22"))
    _papered(canvas, 0.14)


def _noir(canvas: Canvas, depth: float) -> None:
    _bloom(canvas, 0.8, 0.4)


def _flat(canvas: Canvas, depth: float) -> None:
    _steps(canvas, 14)


_EFFECTS: dict[Style, Callable[[Canvas, float], None]] = {
    "anime": _anime, "ink_wash": _ink_wash, "watercolor": _watercolor, "oil_painting": _oil,
    "sketch": _sketch, "comic": _comic, "pixel_art": _pixel, "render_3d": _render,
    "claymation": _clay, "paper_cut": _paper_cut, "cyberpunk": _cyber, "steampunk": _steam,
    "guofeng": _guofeng, "film_noir": _noir, "flat_illustration": _flat,
}  # fmt: skip
