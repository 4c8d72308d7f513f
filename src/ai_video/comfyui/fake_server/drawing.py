"""Draws what a graph asks for: a small world after its prompt, in the colours of its seed, moving."""

from __future__ import annotations

import colorsys
import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path
from typing import Final, cast

import av
import numpy as np
import pylopdf_fonts_zh_cn
from PIL import Image, ImageDraw, ImageFont, ImageOps

from ai_video.comfyui.fake_server.facts import Facts, Overlay

Colour = tuple[int, int, int]

_MOVIES: Final = frozenset({".mp4", ".webm", ".mkv", ".mov", ".gif"})
_NIGHT: Final = ("night", "dark", "moon", "夜", "黑", "月")
_DUSK: Final = ("sunset", "dusk", "dawn", "sunrise", "evening", "黄昏", "日落", "清晨", "傍晚")
_RAIN: Final = ("rain", "storm", "雨")
_SNOW: Final = ("snow", "winter", "雪", "冬")
_CITY: Final = ("city", "street", "town", "building", "neon", "城", "街", "楼", "巷", "镇")
_TREES: Final = ("forest", "tree", "garden", "park", "wood", "林", "树", "花园", "公园", "竹")
_WATER: Final = ("sea", "ocean", "lake", "river", "beach", "water", "海", "湖", "河", "江", "水")
_ROOM: Final = ("room", "indoor", "interior", "kitchen", "office", "house", "室", "屋", "厅", "房")
_PEOPLE: Final = (
    "man", "woman", "girl", "boy", "person", "people", "portrait", "child", "old", "lady", "hero",
    "人", "女", "男", "孩", "少年", "老", "妈", "爸", "他", "她", "小明", "姐", "哥",
)  # fmt: skip
_COLOURS: Final[Mapping[Colour, Sequence[str]]] = {
    (200, 40, 50): ("red ", "红色", "红衣", "红裙"),
    (50, 90, 190): ("blue ", "蓝色", "蓝衣"),
    (60, 150, 80): ("green ", "绿色", "绿衣"),
    (235, 235, 240): ("white ", "白色", "白衣"),
    (235, 200, 60): ("yellow ", "黄色", "黄衣"),
    (40, 40, 48): ("black ", "黑色", "黑衣"),
}
_CLOSE: Final = ("close-up", "close up", "portrait", "特写", "近景")
_LATIN_PLACE: Final = 0.72


class Painter:
    """Frames of one picture or clip; the same facts give the same pixels."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.width, self.height = facts.size
        self.count = facts.count
        digest = hashlib.sha256(f"{facts.seed}|{facts.prompt}".encode()).digest()
        self._random = np.random.default_rng(int.from_bytes(digest[:8], "big"))
        self._hue = ((facts.seed or 0) * 0.6180339887 + digest[0] / 1024) % 1.0
        self._words = facts.prompt.lower()

    def frames(self) -> Iterator[Image.Image]:
        for index in range(self.count):
            yield self.frame(index)

    def frame(self, index: int) -> Image.Image:
        """One frame as RGB."""
        match self._facts.spoiled:
            case "black":
                return Image.new("RGB", (self.width, self.height))
            case "noise":
                shape = (self.height, self.width, 3)
                noise = np.random.default_rng((self._facts.seed or 0, index))
                return Image.fromarray(noise.integers(0, 256, shape, np.uint8))
            case "still":
                index = 0
            case _:
                pass
        at = index / max(1, self.count - 1) if self.count > 1 else 0.5
        picture = self._ground(index, at)
        draw = ImageDraw.Draw(picture, "RGBA")
        if self._facts.seed is not None:
            if self._facts.source is None:
                self._weather(draw, index)
            else:
                self._light(draw, at)
            self._inset(picture)
            picture.paste(self._caption, (0, self.height - self._caption.height), self._caption)
        for overlay in self._facts.overlays:
            self._lay_over(draw, overlay)
        return picture

    # What the picture stands on

    def _ground(self, index: int, at: float) -> Image.Image:
        if self._facts.source is not None:
            return self._from_source(index, at)
        if self._facts.colour is not None and self._facts.seed is None:
            rgb = self._facts.colour
            colour = (rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255)
            return Image.new("RGB", (self.width, self.height), colour)
        picture = self._sky.copy()
        self._paste_moving(picture, self._far, at, 0.35)
        self._paste_moving(picture, self._near, at, 1.0)
        self._people(picture, index, at)
        return picture

    def _from_source(self, index: int, at: float) -> Image.Image:
        size = (self.width, self.height)
        if len(self._source) > 1:
            place = min(len(self._source) - 1, index * len(self._source) // max(1, self.count))
            return self._source[place].copy()
        whole = self._source[0]
        if self.count == 1:
            return whole.resize(size, Image.Resampling.BILINEAR)
        # A slow push in, as image-to-video models like to make.
        part = 1 / (1.0 + 0.25 * at)
        width, height = whole.width * part, whole.height * part
        left, top = (whole.width - width) / 2, (whole.height - height) / 2
        box = (left, top, left + width, top + height)
        return whole.resize(size, Image.Resampling.BILINEAR, box=box)

    @cached_property
    def _source(self) -> Sequence[Image.Image]:
        path = self._facts.source
        assert path is not None
        size = (self.width, self.height)
        if path.suffix.lower() in _MOVIES:
            with av.open(str(path)) as clip:
                found = [
                    ImageOps.fit(cast("Image.Image", frame.to_image()), size)
                    for frame in islice(clip.decode(video=0), self.count)
                ]
            return found or [Image.new("RGB", size)]
        with Image.open(path) as picture:
            return [ImageOps.fit(ImageOps.exif_transpose(picture).convert("RGB"), size)]

    @cached_property
    def _sky(self) -> Image.Image:
        top, bottom = self._sky_colours
        ramp = np.linspace(0.0, 1.0, self.height)[:, None, None]
        rows = np.array(top) * (1 - ramp) + np.array(bottom) * ramp
        picture = Image.fromarray(
            np.broadcast_to(rows, (self.height, self.width, 3)).astype(np.uint8).copy()
        )
        draw = ImageDraw.Draw(picture, "RGBA")
        x, y = self._random.uniform(0.15, 0.85) * self.width, self.height * 0.22
        r = self.height * 0.08
        disc = (245, 245, 220, 255) if self._is(_NIGHT) else (255, 226, 130, 255)
        if not self._is(_ROOM):
            draw.ellipse((x - r, y - r, x + r, y + r), fill=disc)
        return picture

    @cached_property
    def _sky_colours(self) -> tuple[Colour, Colour]:
        if self._is(_NIGHT):
            return _hsv(0.62, 0.7, 0.16), _hsv(self._hue, 0.5, 0.32)
        if self._is(_DUSK):
            return _hsv(0.72, 0.45, 0.5), _hsv(0.06, 0.6, 0.98)
        if self._is(_RAIN):
            return _hsv(0.6, 0.12, 0.42), _hsv(self._hue, 0.2, 0.62)
        return _hsv(self._hue, 0.35, 0.75), _hsv((self._hue + 0.08) % 1, 0.18, 0.97)

    @cached_property
    def _far(self) -> Image.Image:
        """What stands far away: hills, or houses; wider than the frame, since it moves."""
        width = self.width * 3 // 2
        layer = Image.new("RGBA", (width, self.height))
        draw = ImageDraw.Draw(layer)
        shade = _hsv(self._hue, 0.3, 0.28 if self._is(_NIGHT) else 0.55)
        if self._is(_ROOM):
            self._draw_room(draw, width)
        elif self._is(_CITY):
            self._draw_houses(draw, width, shade, 0.30, 0.55)
        else:
            self._draw_hills(draw, width, shade, 0.55, 0.10)
        return layer

    @cached_property
    def _near(self) -> Image.Image:
        width = self.width * 2
        layer = Image.new("RGBA", (width, self.height))
        draw = ImageDraw.Draw(layer)
        dark = 0.18 if self._is(_NIGHT) else 0.4
        if self._is(_ROOM):
            ground = self.height * 0.78
            draw.rectangle((0, ground, width, self.height), fill=_hsv(self._hue, 0.4, dark))
        elif self._is(_WATER):
            self._draw_water(draw, width)
        elif self._is(_CITY):
            self._draw_houses(draw, width, _hsv((self._hue + 0.5) % 1, 0.3, dark), 0.5, 0.75)
            ground = self.height * 0.80
            draw.rectangle((0, ground, width, self.height), fill=_hsv(self._hue, 0.1, dark * 0.8))
        else:
            self._draw_hills(draw, width, _hsv((self._hue + 0.33) % 1, 0.45, dark), 0.76, 0.05)
            if self._is(_TREES):
                self._draw_trees(draw, width)
        return layer

    def _draw_hills(
        self, draw: ImageDraw.ImageDraw, width: int, colour: Colour, level: float, rise: float
    ) -> None:
        phase, long = self._random.uniform(0, 6.28), self._random.uniform(1.5, 3.0)
        points = [
            (
                x,
                self.height
                * (
                    level
                    - rise * (math.sin(phase + x / self.width * long) + 0.4 * math.sin(x / 37))
                ),
            )
            for x in range(0, width + 8, 8)
        ]
        draw.polygon([(0, self.height), *points, (width, self.height)], fill=colour)

    def _draw_houses(
        self, draw: ImageDraw.ImageDraw, width: int, colour: Colour, low: float, high: float
    ) -> None:
        x, unit = 0.0, max(4.0, self.height * 0.022)
        lit = (255, 220, 120) if self._is(_NIGHT) else (225, 235, 245)
        while x < width:
            across = self._random.uniform(0.10, 0.2) * self.height
            top = self._random.uniform(low, high) * self.height
            draw.rectangle((x, top, x + across, self.height), fill=colour)
            for column in np.arange(x + unit, x + across - unit, unit * 2):
                for row in np.arange(top + unit, self.height * 0.78, unit * 2.5):
                    if self._random.random() < 0.5:
                        draw.rectangle((column, row, column + unit, row + unit), fill=lit)
            x += across + self._random.uniform(0, 0.03) * self.height

    def _draw_trees(self, draw: ImageDraw.ImageDraw, width: int) -> None:
        for x in np.arange(0, width, self.height * 0.17):
            x = x + self._random.uniform(-0.03, 0.03) * self.height
            foot, r = self.height * 0.82, self.height * self._random.uniform(0.07, 0.13)
            trunk = self.height * 0.012
            draw.rectangle((x - trunk, foot - 3 * r, x + trunk, foot), fill=(84, 58, 40))
            leaf = _hsv(self._random.uniform(0.25, 0.4), 0.55, self._random.uniform(0.3, 0.55))
            draw.ellipse((x - r, foot - 4 * r, x + r, foot - 1.6 * r), fill=leaf)

    def _draw_water(self, draw: ImageDraw.ImageDraw, width: int) -> None:
        top = self.height * 0.68
        draw.rectangle((0, top, width, self.height), fill=_hsv(0.56, 0.6, 0.5))
        for _ in range(90):
            x, y = self._random.uniform(0, width), self._random.uniform(top, self.height)
            long = (y - top + 6) * 0.5
            draw.line((x, y, x + long, y), fill=_hsv(0.55, 0.3, 0.85), width=2)

    def _draw_room(self, draw: ImageDraw.ImageDraw, width: int) -> None:
        draw.rectangle((0, 0, width, self.height), fill=_hsv(self._hue, 0.22, 0.72))
        for x in np.arange(self.width * 0.2, width, self.width * 0.6):
            box = (x, self.height * 0.16, x + self.width * 0.24, self.height * 0.5)
            outside = (30, 40, 70) if self._is(_NIGHT) else (190, 220, 250)
            draw.rectangle(box, fill=outside, outline=(90, 70, 55), width=max(2, self.height // 80))

    def _paste_moving(
        self, picture: Image.Image, layer: Image.Image, at: float, speed: float
    ) -> None:
        room = layer.width - self.width
        left = int(room * at * speed)
        part = layer.crop((left, 0, left + self.width, self.height))
        picture.paste(part, (0, 0), part)

    # What lives in it

    def _people(self, picture: Image.Image, index: int, at: float) -> None:
        if not self._is(_PEOPLE):
            return
        draw = ImageDraw.Draw(picture)
        close = self._is(_CLOSE)
        tall = self.height * (1.25 if close else 0.5)
        x = self.width * (0.5 + 0.02 * math.sin(index / 5) if close else 0.25 + 0.5 * at)
        foot = self.height * (1.35 if close else 0.84)
        swing = 0.0 if close else math.sin(index * 0.7)
        head, body = tall * 0.13, tall * 0.34
        coat = self._coat
        skin, dark = (236, 196, 165), (44, 36, 40)
        top = foot - tall
        hip, neck = top + head * 2 + body, top + head * 2
        leg = max(2, int(tall * 0.06))
        for side in (-1, 1):
            draw.line((x, hip, x + side * swing * tall * 0.13, foot), fill=dark, width=leg)
        draw.polygon(
            [(x - head, neck), (x + head, neck), (x + head * 1.4, hip), (x - head * 1.4, hip)], coat
        )
        draw.ellipse((x - head, top, x + head, top + head * 2), fill=skin)
        draw.chord((x - head, top, x + head, top + head * 2), 180, 360, fill=dark)
        blink = index % 25 in (12, 13)
        for side in (-0.4, 0.4):
            eye, r = x + side * head, max(1.0, head * 0.1)
            y = top + head * 1.15
            box = (eye - r, y - (0.2 if blink else r), eye + r, y + (0.2 if blink else r))
            draw.ellipse(box, fill=dark)

    @cached_property
    def _coat(self) -> Colour:
        for colour, words in _COLOURS.items():
            if self._is(words):
                return colour
        return _hsv((self._hue + 0.5) % 1, 0.75, 0.8)

    def _weather(self, draw: ImageDraw.ImageDraw, index: int) -> None:
        rain, snow = self._is(_RAIN), self._is(_SNOW)
        for k, (x, y) in enumerate(self._drops if rain or snow else ()):
            fall = (0.09 if rain else 0.012) * (1 + k % 3 * 0.3)
            drift = 0.0 if rain else 0.01 * math.sin(index / 8 + k)
            px = (x + drift) % 1 * self.width
            py = (y + index * fall) % 1 * self.height
            long = self.height * 0.035
            if rain:
                draw.line((px, py, px - long * 0.2, py + long), fill=(200, 215, 235, 150), width=1)
            else:
                r = 1 + k % 3
                draw.ellipse((px - r, py - r, px + r, py + r), fill=(255, 255, 255, 220))

    @cached_property
    def _drops(self) -> Sequence[tuple[float, float]]:
        return [(float(x), float(y)) for x, y in self._random.random((110, 2))]

    def _light(self, draw: ImageDraw.ImageDraw, at: float) -> None:
        """A band of light that wanders over a given picture: it has been worked on."""
        if self.count == 1:
            return
        x, wide, lean = (at * 1.4 - 0.2) * self.width, self.width * 0.08, self.height * 0.3
        corners = [(x, 0), (x + wide, 0), (x + wide - lean, self.height), (x - lean, self.height)]
        draw.polygon(corners, fill=(255, 255, 255, 26))

    # What is written on it

    def _inset(self, picture: Image.Image) -> None:
        side = max(16, self.height // 6)
        for place, small in enumerate(self._guides):
            picture.paste(small, (self.width - side - 4, 4 + place * (side + 4)))

    @cached_property
    def _guides(self) -> Sequence[Image.Image]:
        side = max(16, self.height // 6)
        found: list[Image.Image] = []
        for path in self._facts.guides[:4]:
            if path.suffix.lower() in _MOVIES:
                continue
            with Image.open(path) as picture:
                found.append(
                    ImageOps.expand(
                        ImageOps.fit(picture.convert("RGB"), (side - 4, side - 4)), 2, "white"
                    )
                )
        return found

    @cached_property
    def _caption(self) -> Image.Image:
        """The words on a dark band at the bottom: the prompt, then size, length, seed and steps."""
        facts = self._facts
        size = max(9, min(28, self.height // 22))
        lines = _wrapped(facts.prompt or "(no prompt)", size, self.width - 2 * size, most=2)
        told = [f"{self.width}x{self.height}"]
        if self.count > 1:
            told.append(f"{self.count} frames")
        told.append(f"seed {facts.seed}")
        if facts.steps:
            told.append(f"{facts.steps} steps")
        told += [f"lora {Path(name).stem}" for name in facts.loras[:2]]
        lines += _wrapped(" · ".join(told), int(size * 0.8), self.width - 2 * size, most=1)
        height = int(size * 1.35 * len(lines) + size * 0.5)
        # A given picture may have such a band already; it must not shine through.
        shade = 150 if facts.source is None else 240
        band = Image.new("RGBA", (self.width, min(height, self.height)), (0, 0, 0, shade))
        draw = ImageDraw.Draw(band)
        for row, line in enumerate(lines):
            last = row == len(lines) - 1
            draw.text(
                (size * 0.6, size * 0.2 + row * size * 1.35),
                line,
                font=_font(int(size * (0.8 if last else 1))),
                fill=(255, 220, 120) if last else (255, 255, 255),
            )
        return band

    def _lay_over(self, draw: ImageDraw.ImageDraw, overlay: Overlay) -> None:
        size = max(6, int(self.height * overlay.percent / 100))
        lines = _wrapped(overlay.text, size, self.width - size, most=6)
        y = (
            size * 0.3
            if overlay.position == "top"
            else self.height - size * (0.5 + 1.25 * len(lines))
        )
        for line in lines:
            room = self.width - _font(size).getlength(line)
            x = {"left": size * 0.4, "right": room - size * 0.4}.get(overlay.align, room / 2)
            draw.text(
                (x, y), line, font=_font(size), fill=overlay.color,
                stroke_width=max(1, size // 14), stroke_fill="#000000",
            )  # fmt: skip
            y += size * 1.25

    def _is(self, words: Sequence[str]) -> bool:
        return any(word in self._words for word in words)


def _hsv(hue: float, saturation: float, value: float) -> Colour:
    r, g, b = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return round(r * 255), round(g * 255), round(b * 255)


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(pylopdf_fonts_zh_cn.sans_path()), max(6, size))


def _wrapped(text: str, size: int, width: float, *, most: int) -> list[str]:
    """Lines that fit; the last ends in … where there is more."""
    font = _font(size)
    lines: list[str] = []
    line = ""
    for letter in " ".join(text.split()):
        if font.getlength(line + letter) <= width:
            line += letter
            continue
        cut = line.rfind(" ")
        if letter != " " and cut > len(line) * _LATIN_PLACE:
            lines.append(line[:cut])
            line = line[cut + 1 :] + letter
        else:
            lines.append(line)
            line = letter.strip()
        if len(lines) == most:
            lines[-1] = lines[-1][:-1] + "…"
            return lines
    return [*lines, line] if line or not lines else lines
