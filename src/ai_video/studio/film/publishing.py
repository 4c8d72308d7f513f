"""Everything a film needs where it is published: covers in three ratios and a description."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePath
from typing import cast
from uuid import UUID

from PIL import Image

from ai_video.composition.cover import RATIOS, cropped, picture_appeal
from ai_video.composition.description import Description, chapters_of, description_text
from ai_video.domain.entities import Asset, Lang, Storyboard
from ai_video.domain.ports import CardText, ShotPicture
from ai_video.errors import InputRefused
from ai_video.storage.database import Unit
from ai_video.studio.film.export import copy_out, export_film, latest_video, safe_name
from ai_video.studio.film.parts import film_parts
from ai_video.studio.film.sheet import film_as_it_stands
from ai_video.studio.production.film_cards import AI_STATEMENT, CardMakers, credit_rows, series_line
from ai_video.studio.production.film_handlers import label_result
from ai_video.studio.production.film_params import KeyframeParams
from ai_video.studio.production.film_plan import AI_LABEL, plan_film
from ai_video.studio.production.film_snapshot import EpisodeSnapshot, load_snapshot
from ai_video.studio.production.film_titles import FilmTitles, film_titles, script_elements
from ai_video.studio.production.shot_pictures import shot_picture
from ai_video.studio.requests import (
    ChapterDocument,
    CoverDocument,
    FilmDocument,
    PublishDocument,
    ShotDocument,
)
from ai_video.studio.studio import Studio

LONGEST_SUMMARY: dict[Lang, int] = {"zh": 140, "en": 320}
_SENTENCE_ENDS = "。！？!?…."
_CLOSENESS = {
    "extreme_close_up": 0.1, "close_up": 0.4, "medium_close_up": 0.45, "medium": 0.4,
    "medium_full": 0.3, "full": 0.2, "wide": 0.1,
}  # fmt: skip
"""What a shot size adds to a picture's appeal as a cover, where people are seen."""


async def publish_episode(
    studio: Studio, episode_id: UUID, folder: Path | None = None
) -> PublishDocument:
    """Covers and description of an episode's newest film; with `folder` all its files there.

    Raises:
        NotFound: no such episode.
        InputRefused: `no_film`: it has none yet; or the folder cannot be written.
        NotAvailable: the asked generator is not there.
    """
    snapshot = await studio.database.read(lambda unit: load_snapshot(unit, episode_id))
    if not snapshot.shots or await latest_video(studio, snapshot) is None:
        raise InputRefused("no_film", episode=snapshot.episode.title, id=str(episode_id))
    state = await film_as_it_stands(studio, snapshot)
    titles = film_titles(snapshot)
    description = await _description(studio, snapshot, titles, state)
    covers = await _covers(studio, snapshot, titles)
    document = PublishDocument(
        ok=True,
        episode_id=episode_id,
        title=titles.title,
        summary=description.summary,
        chapters=[
            ChapterDocument(start_s=round(row.start_s, 3), title=row.title)
            for row in description.chapters
        ],
        sources=list(description.sources),
        ai_statement=description.statement,
        description=description_text(description),
        current=not state.executed,
        covers=[_cover_document(ratio, asset) for ratio, asset in covers.items()],
    )
    if folder is None:
        return document
    return await _written(studio, snapshot, document, covers, folder)


def _cover_document(ratio: str, asset: Asset) -> CoverDocument:
    width, height = RATIOS[ratio]
    return CoverDocument(
        ratio=ratio,
        width=width,
        height=height,
        asset_id=asset.id,
        url=f"/api/assets/{asset.id}/file",
    )


async def _written(
    studio: Studio, snapshot: EpisodeSnapshot, document: PublishDocument,
    covers: dict[str, Asset], folder: Path,
) -> PublishDocument:  # fmt: skip
    """The film, its subtitles, the covers and the description as files in one folder."""
    stem = safe_name(document.title) or "film"
    exported = await export_film(studio, snapshot, str(folder / f"{stem}.mp4"))
    assert exported is not None, "a film was found before"
    rows: list[CoverDocument] = []
    for row in document.covers:
        target = folder / f"{stem} {row.ratio.replace(':', 'x')}.jpg"
        await copy_out(await studio.blobs.local_path(covers[row.ratio].sha256), target)
        rows.append(row.model_copy(update={"path": str(target)}))
    text = folder / f"{stem}.txt"
    with tempfile.TemporaryDirectory() as scratch:
        draft = Path(scratch) / "description.txt"
        await asyncio.to_thread(
            draft.write_text, document.description, encoding="utf-8", newline="\n"
        )
        await copy_out(draft, text)
    return document.model_copy(
        update={
            "folder": str(folder),
            "film": exported.film,
            "sidecars": exported.sidecars,
            "covers": rows,
            "description_path": str(text),
        }
    )


async def _description(
    studio: Studio, snapshot: EpisodeSnapshot, titles: FilmTitles, state: FilmDocument
) -> Description:
    lang: Lang = snapshot.project.settings.lang or "zh"
    end_s = max((shot.start_s or 0.0) + shot.duration_s for shot in state.storyboards)
    series = series_line(titles, lang)
    makers = CardMakers(
        drawn_by="", provider=state.used.voice, music=await _music(studio, snapshot)
    )
    return Description(
        title=f"{titles.title} | {series}" if series else titles.title,
        summary=_summary(snapshot, lang),
        chapters=chapters_of(list(_parts(snapshot, titles, state)), film_s=end_s),
        sources=titles.sources,
        credits=tuple(
            row for row in credit_rows(titles, lang, snapshot.episode.mode, makers) if row[1]
        ),
        statement=f"{AI_STATEMENT[lang]}{'。' if lang == 'zh' else '.'}",
        lang=lang,
    )


async def _music(studio: Studio, snapshot: EpisodeSnapshot) -> str:
    """The name of the user's own music, where the film plays any."""
    settings = snapshot.project.settings
    if settings.music_asset_id is None or settings.music_style == "none":
        return ""
    asset = snapshot.assets.get(settings.music_asset_id)
    return PurePath(asset.name).stem if asset else ""


def _parts(
    snapshot: EpisodeSnapshot, titles: FilmTitles, state: FilmDocument
) -> Iterator[tuple[float, str]]:
    """Where each scene, or each headed part of an article, begins."""
    if snapshot.episode.mode in ("drama", None) or not titles.headlines:
        scene = None
        for shot in state.storyboards:
            name = shot.scene.name if shot.scene else ""
            if shot.scene_number != scene:
                scene = shot.scene_number
                yield shot.start_s or 0.0, name or titles.title
        return
    yield 0.0, titles.title
    waiting = list(titles.headlines)
    for shot in state.storyboards:
        while waiting and _reaches(shot, waiting[0][0]):
            yield shot.start_s or 0.0, waiting.pop(0)[1]


def _reaches(shot: ShotDocument, paragraph: int) -> bool:
    return any(number >= paragraph for number in shot.source_paragraphs)


def _summary(snapshot: EpisodeSnapshot, lang: Lang) -> str:
    """The user's own words, else the first sentences of the text."""
    said = snapshot.episode.synopsis.strip() or snapshot.project.description.strip()
    if said:
        return said
    told = [
        " ".join(str(element.get("text") or "").split())
        for element in script_elements(snapshot)
        if element.get("kind") in ("action", "narration")
    ]
    text = ("" if lang == "zh" else " ").join(told)
    return _shortened(text, LONGEST_SUMMARY[lang])


def _shortened(text: str, longest: int) -> str:
    """The text's first whole sentences; one that is longer is cut with an ellipsis."""
    if len(text) <= longest:
        return text
    cut = max(text.rfind(end, 0, longest) for end in _SENTENCE_ENDS)
    return text[: cut + 1] if cut > longest // 4 else text[: longest - 1].rstrip() + "…"


async def _covers(
    studio: Studio, snapshot: EpisodeSnapshot, titles: FilmTitles
) -> dict[str, Asset]:
    """A cover for each ratio, as assets of the project; the same cover is stored once."""
    shot, picture = await _best_shot(studio, snapshot)
    made: dict[str, Asset] = {}
    with tempfile.TemporaryDirectory(prefix="ai-video-", ignore_cleanup_errors=True) as folder:
        for ratio, size in RATIOS.items():
            plain = Path(folder) / "cover.png"
            asked = await _cover_picture(
                studio, snapshot, titles, shot, picture, size, Path(folder)
            )
            await studio.generators["animatic"].keyframe(asked, plain)
            target = Path(folder) / "cover.jpg"
            await asyncio.to_thread(_as_jpeg, plain, target)
            await label_result(target)
            made[ratio] = await _kept(studio, snapshot, titles, ratio, target)
    return made


def _as_jpeg(source: Path, target: Path) -> None:
    with Image.open(source) as image:
        image.convert("RGB").save(target, quality=92, optimize=True)


async def _best_shot(studio: Studio, snapshot: EpisodeSnapshot) -> tuple[Storyboard, Path | None]:
    """The shot whose picture draws the eye most, and the picture; the first one where none has any."""
    pictures = {
        shot.id: shot.picture_asset_id or shot.thumbnail_asset_id for shot in snapshot.shots
    }

    async def work(unit: Unit) -> list[Asset]:
        return await unit.find(Asset, id=[id for id in pictures.values() if id is not None])

    assets = {asset.id: asset for asset in await studio.database.read(work)}
    best: tuple[float, Storyboard, Path | None] = (float("-inf"), snapshot.shots[0], None)
    for shot in snapshot.shots:
        asset = assets.get(cast("UUID", pictures[shot.id]))
        if asset is None:
            continue
        path = await studio.blobs.local_path(asset.sha256)
        appeal = await asyncio.to_thread(picture_appeal, path) + _cast_appeal(shot)
        if appeal > best[0]:
            best = (appeal, shot, path)
    return best[1], best[2]


def _cast_appeal(shot: Storyboard) -> float:
    """People at talking distance make a cover; a card, being all words, does not."""
    if shot.card is not None:
        return -2.0
    if not shot.characters:
        return 0.0
    return 0.25 * min(2, len(shot.characters)) + _CLOSENESS.get(shot.slots.shot_size or "", 0.0)


async def _cover_picture(
    studio: Studio, snapshot: EpisodeSnapshot, titles: FilmTitles, shot: Storyboard,
    picture: Path | None, size: tuple[int, int], scratch: Path,
) -> ShotPicture:  # fmt: skip
    """What the cover shows: an animatic's shot drawn anew in the cover's shape, else the best part
    of the shot's picture."""
    settings = snapshot.project.settings
    lang: Lang = settings.lang or "zh"
    parts, _ = await film_parts(studio, snapshot)
    spec = next(
        spec for spec in plan_film(snapshot, parts).specs if spec.key == f"keyframe:{shot.id}"
    )
    params = KeyframeParams.model_validate(spec.params)
    shown = await shot_picture(params, studio.blobs.local_path)
    drawn = replace(
        shown,
        # From over a shoulder a narrow cover would show the back of a head.
        slots=shown.slots.model_copy(update={"angle": None, "movement": None}),
        width=size[0],
        height=size[1],
        speaking=(),
        label=AI_LABEL[lang] if settings.label else "",
        card=CardText(
            kind="cover", headline=titles.title, kicker=series_line(titles, lang) or None
        ),
    )
    anew = parts.generator == "animatic" and not shot.image_locked and shot.picture_asset_id is None
    if anew or picture is None:
        return drawn
    part = scratch / "part.png"
    await asyncio.to_thread(cropped, picture, size, part)
    return replace(drawn, picture=part)


async def _kept(
    studio: Studio, snapshot: EpisodeSnapshot, titles: FilmTitles, ratio: str, path: Path
) -> Asset:
    width, height = RATIOS[ratio]
    sha256, size = await studio.blobs.put_file(path)
    asset = Asset.fresh(
        project_id=snapshot.project.id,
        kind="image",
        origin="generated",
        name=f"{titles.title[:150]} {ratio.replace(':', 'x')}.jpg",
        sha256=sha256,
        size=size,
        media_type="image/jpeg",
        width=width,
        height=height,
        provenance={"kind": "cover", "episode_id": str(snapshot.episode.id)},
    )

    async def work(unit: Unit) -> Asset:
        same = await unit.find(
            Asset, project_id=asset.project_id, sha256=sha256, name=asset.name, limit=1
        )
        return same[0] if same else await unit.add(asset)

    return await studio.database.write(work)
