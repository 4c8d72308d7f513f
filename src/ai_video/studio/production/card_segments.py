"""Title and end cards as segments of the film: drawn, encoded, and kept by what they show."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ai_video import __version__
from ai_video.assets import FileCache, ffmpeg_version
from ai_video.composition.segment import SegmentJob, encode_segment
from ai_video.domain.ports import CardText, Generator, ShotPicture
from ai_video.errors import ConfigurationFailure
from ai_video.studio.production.film_fingerprints import HANDLER_VERSIONS
from ai_video.studio.production.film_params import CompositeParams, FilmCard, digest_of


class CardSegments:
    """Makes a film's cards; `drawn_by` of a card must be this generator's name and version."""

    def __init__(self, generators: Mapping[str, Generator], cache: FileCache) -> None:
        self.generators = generators
        self.cache = cache

    async def around(self, params: CompositeParams) -> tuple[list[Path], list[Path]]:
        """The segments before the first shot and after the last one."""
        before = [await self._segment(params, params.title_card)] if params.title_card else []
        after = [await self._segment(params, params.end_card)] if params.end_card else []
        return before, after

    async def _segment(self, film: CompositeParams, card: FilmCard) -> Path:
        key = digest_of(
            {
                "card": card.as_json(),
                "film": [film.width, film.height, film.fps, film.seed],
                "made_by": [__version__, ffmpeg_version(), HANDLER_VERSIONS["composite"]],
            }
        )
        target, there = self.cache.fetch(f"card-{key}", ".mp4")
        if there:
            return target
        generator = self._generator(card)
        with tempfile.TemporaryDirectory(prefix="ai-video-", ignore_cleanup_errors=True) as folder:
            picture = Path(folder) / "card.png"
            clip = Path(folder) / "card.mp4"
            shot = _picture(film, card)
            await generator.keyframe(shot, picture)
            await generator.clip(
                shot, keyframe=picture, frames=card.frames, fps=film.fps, target=clip
            )
            await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
            await encode_segment(
                SegmentJob(
                    clip=clip,
                    frames=card.frames,
                    width=film.width,
                    height=film.height,
                    fps=film.fps,
                    style=film.settings.subtitle_style,
                    label=card.label,
                    transition_in="fade_in" if card.kind == "end" else "cut",
                    transition_out="fade_out",
                ),
                target,
            )
        return target

    def _generator(self, card: FilmCard) -> Generator:
        for generator in self.generators.values():
            if f"{generator.name} {generator.version}" == card.drawn_by:
                return generator
        found = ", ".join(f"{one.name} {one.version}" for one in self.generators.values())
        raise ConfigurationFailure("generator_changed", wanted=card.drawn_by, found=found or "-")


def _picture(film: CompositeParams, card: FilmCard) -> ShotPicture:
    return ShotPicture(
        width=film.width,
        height=film.height,
        seed=film.seed,
        description="",
        slots=card.slots,
        place=card.place,
        scene_name=card.scene,
        figures=(),
        card=CardText(
            kind=card.kind,
            kicker=card.kicker or None,
            byline=card.byline or None,
            rows=card.row,
            headline=card.headline,
        ),
        style_preset=card.settings.style_preset,
        color_palette=card.settings.color_palette,
        lang=card.settings.lang,
    )
