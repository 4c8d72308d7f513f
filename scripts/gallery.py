"""Draws the pictures of docs/concepts/gallery.md: what the embedded generator makes of our own texts.

    .venv/bin/python scripts/gallery.py

The texts of tests/data/stories are planned as any text is; their shots are then drawn, in every
style, weather and movement. The same program gives the same pictures.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import pylopdf_fonts_zh_cn
from PIL import Image, ImageDraw, ImageFont

from ai_video.animatic import AnimaticGenerator
from ai_video.assets.thumbnail import frame_at
from ai_video.bootstrap import open_studio
from ai_video.domain.ports import ShotPicture
from ai_video.domain.slots import Movement, Slots, Style, Weather
from ai_video.filmwords import name_of
from ai_video.settings import load_settings
from ai_video.studio.film.parts import film_parts
from ai_video.studio.planning.make import make_film
from ai_video.studio.planning.stories import read_story
from ai_video.studio.production.film_params import KeyframeParams
from ai_video.studio.production.film_plan import plan_film
from ai_video.studio.production.film_snapshot import load_snapshot
from ai_video.studio.production.shot_pictures import shot_picture
from ai_video.studio.requests import FilmDocument, MakeRequest

ROOT = Path(__file__).resolve().parent.parent
STORIES = ROOT / "tests" / "data" / "stories"
TARGET = ROOT / "docs" / "concepts" / "gallery"
SIZE = (640, 360)
CELL = (320, 180)
WORDS = 26
"""Height of the line under a picture, px."""
INK, PAPER = "#1a1d23", "#ffffff"
STYLES: tuple[Style, ...] = (
    "cinematic", "anime", "ink_wash", "watercolor", "oil_painting", "comic", "paper_cut",
    "cyberpunk", "guofeng", "film_noir", "vintage_film", "pixel_art",
)  # fmt: skip
FPS, FRAMES = 12, 36


@dataclass(frozen=True, slots=True)
class Cell:
    picture: Image.Image
    words: str


async def shots_of(story: str) -> list[ShotPicture]:
    """The shots that a text is planned as, with what the generator is told of each."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(home=Path(folder), voice="silent", lang="en", offline=True)
        async with open_studio(settings) as studio:
            request = MakeRequest.model_validate(
                {**read_story(STORIES / story), "until": "storyboards", "size": "360p"}
            )
            planned = await make_film(studio, request)
            assert isinstance(planned, FilmDocument)
            snapshot = await studio.database.read(
                lambda unit: load_snapshot(unit, planned.episode_id)
            )
            parts, _ = await film_parts(studio, snapshot)
            specs = [spec for spec in plan_film(snapshot, parts).specs if spec.kind == "keyframe"]
            shots = [
                await shot_picture(
                    KeyframeParams.model_validate(spec.params), studio.blobs.local_path
                )
                for spec in specs
            ]
    return [replace(shot, width=SIZE[0], height=SIZE[1]) for shot in shots]


async def drawn(shot: ShotPicture) -> Image.Image:
    """A shot's keyframe, small."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "keyframe.png"
        await AnimaticGenerator().keyframe(shot, path)
        with Image.open(path) as picture:
            return picture.convert("RGB").resize(CELL, Image.Resampling.LANCZOS)


async def moved(shot: ShotPicture) -> Image.Image:
    """First, middle and last frame of a shot's clip, side by side."""
    small = replace(shot, width=CELL[0], height=CELL[1])
    wide, high = 150, 84
    strip = Image.new("RGB", (3 * wide + 4, high), PAPER)
    with tempfile.TemporaryDirectory() as folder:
        keyframe, clip = Path(folder) / "keyframe.png", Path(folder) / "clip.mp4"
        await AnimaticGenerator().keyframe(small, keyframe)
        await AnimaticGenerator().clip(
            small, keyframe=keyframe, frames=FRAMES, fps=FPS, target=clip
        )
        for place, frame in enumerate((0, FRAMES // 2, FRAMES - 1)):
            picture = await asyncio.to_thread(frame_at, clip, frame / FPS)
            small_picture = picture.resize((wide, high), Image.Resampling.LANCZOS)
            strip.paste(small_picture, (place * (wide + 2), 0))
    return strip


def sheet(cells: Sequence[Cell], name: str, *, columns: int, quality: int = 60) -> None:
    """Pictures in rows with words below each, as one WebP."""
    wide, high = cells[0].picture.size
    gap = 8
    rows = -(-len(cells) // columns)
    page = Image.new(
        "RGB", (columns * (wide + gap) - gap, rows * (high + WORDS + gap) - gap), PAPER
    )
    font = ImageFont.truetype(str(pylopdf_fonts_zh_cn.sans_path()), 15)
    pen = ImageDraw.Draw(page)
    for index, cell in enumerate(cells):
        left, top = index % columns * (wide + gap), index // columns * (high + WORDS + gap)
        page.paste(cell.picture, (left, top))
        pen.text((left + 2, top + high + 3), cell.words, font=font, fill=INK)
    page.save(TARGET / f"{name}.webp", quality=quality, method=6)
    print(f"{name}.webp {page.size} {(TARGET / f'{name}.webp').stat().st_size // 1024} kB")


def both(slot: str, value: str) -> str:
    return f"{name_of(slot, value, 'zh')} · {name_of(slot, value, 'en')}"


def without_words(shot: ShotPicture, **slots: object) -> ShotPicture:
    """The shot with other slot values, and nobody named on the picture."""
    values = {**shot.slots.model_dump(), **slots}
    return replace(shot, slots=Slots.model_validate(values), speaking=())


async def main() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    drama = await shots_of("drama.zh.txt")
    people = next(shot for shot in drama if len(shot.figures) == 2 and shot.card is None)
    two = without_words(people, weather=(), shot_size="medium_full", angle=None)
    sheet(
        [
            Cell(await drawn(replace(two, style_preset=style)), both("style", style))
            for style in STYLES
        ],
        "styles",
        columns=3,
    )
    street = replace(
        without_words(two, shot_size="wide", time_of_day="day"), place="street", scene_name=""
    )
    sheet(
        [
            Cell(await drawn(without_words(street, weather=(weather,))), both("weather", weather))
            for weather in get_args(Weather)
        ],
        "weather",
        columns=3,
    )
    sheet(
        [
            Cell(await moved(without_words(two, movement=movement)), both("movement", movement))
            for movement in get_args(Movement)
        ],
        "movements",
        columns=2,
    )
    scenes = [shot for shot in drama if shot.card is None]
    step = max(1, len(scenes) // 12)
    sheet(
        [Cell(await drawn(shot), _short(shot.description)) for shot in scenes[::step][:12]],
        "drama",
        columns=3,
    )
    cards = [
        shot
        for story in ("news.zh.md", "science.en.md")
        for shot in await shots_of(story)
        if shot.card is not None
    ]
    sheet(
        [Cell(await drawn(shot), _short(shot.description)) for shot in different(cards)[:9]],
        "cards",
        columns=3,
        quality=75,
    )


def different(cards: Sequence[ShotPicture]) -> list[ShotPicture]:
    """The cards, first those that no earlier one resembles."""
    seen: set[tuple[object, ...]] = set()
    first: list[ShotPicture] = []
    rest: list[ShotPicture] = []
    for shot in cards:
        card = shot.card
        assert card is not None
        kind = (
            shot.lang, bool(card.headline), min(len(card.figures), 3), bool(card.body),
            bool(card.quote), bool(card.source), shot.picture is not None,
        )  # fmt: skip
        (rest if kind in seen else first).append(shot)
        seen.add(kind)
    return [*first, *rest]


def _short(text: str) -> str:
    limit = 20 if any(ord(char) > 0x2E80 for char in text) else 40
    return text if len(text) <= limit else text[: limit - 1] + "…"


if __name__ == "__main__":
    asyncio.run(main())
