"""The storyboard sheet of an episode: what it says, put together from rows and finished takes."""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args
from uuid import UUID

from PIL import Image, ImageOps

from ai_video.composition.sheet import WORDS, Lang, Sheet, SheetLine, SheetShot, sheet_html
from ai_video.composition.sheet_pdf import sheet_pdf
from ai_video.domain.entities import Asset, Json, Storyboard, Transition
from ai_video.domain.slots import Movement, frame_size
from ai_video.errors import InputRefused, NotAvailable
from ai_video.filmwords import name_of
from ai_video.storage.database import Unit
from ai_video.studio.film.document import RunReport, film_document
from ai_video.studio.film.export import copy_out, safe_name
from ai_video.studio.film.parts import film_parts
from ai_video.studio.film.state import film_states
from ai_video.studio.production.film_plan import AI_LABEL, FilmParts, plan_film
from ai_video.studio.production.film_snapshot import EpisodeSnapshot, load_snapshot
from ai_video.studio.requests import FilmDocument, ShotDocument
from ai_video.studio.studio import Studio

SheetFormat = Literal["html", "pdf"]
MEDIA_TYPES: dict[SheetFormat, str] = {"html": "text/html", "pdf": "application/pdf"}
SIDE = 640
"""Longer side of a picture on the sheet, px."""

_TRANSITIONS: dict[Lang, dict[Transition, str]] = {
    "zh": {
        "cut": "", "crossfade": "叠化", "fade_in": "淡入", "fade_out": "淡出", "dip": "黑场", "wipe": "划像",
    },
    "en": {
        "cut": "", "crossfade": "crossfade", "fade_in": "fade in", "fade_out": "fade out",
        "dip": "dip to black", "wipe": "wipe",
    },
}  # fmt: skip
_OLD: dict[Lang, str] = {
    "zh": "画面早于最近的修改",
    "en": "the picture is older than the last edit",
}


@dataclass(frozen=True, slots=True)
class SheetFile:
    """A finished sheet: its bytes, and a file name made of the episode's title."""

    data: bytes
    name: str
    media_type: str


async def sheet_file(
    studio: Studio, episode_id: UUID, *, form: SheetFormat, lang: Lang | None = None
) -> SheetFile:
    """An episode's sheet; without `lang` in the project's own language.

    Raises:
        NotFound: no such episode. InputRefused: `no_shots`.
    """
    sheet = await episode_sheet(studio, episode_id, lang=lang)
    make: Callable[[Sheet], bytes] = (
        sheet_pdf if form == "pdf" else lambda sheet: sheet_html(sheet).encode()
    )
    data = await asyncio.to_thread(make, sheet)
    name = safe_name(f"{sheet.title} {WORDS[sheet.lang]['sheet']}")
    return SheetFile(data, f"{name}.{form}", MEDIA_TYPES[form])


async def save_sheet(
    studio: Studio, episode_id: UUID, target: Path, *, lang: Lang | None = None
) -> Json:
    """Write an episode's sheet where the user wants it; the suffix names the format.

    Raises:
        NotFound: no such episode.
        InputRefused: `no_shots`, `sheet_format`, or the place cannot be written.
    """
    form = _form_of(target)
    made = await sheet_file(studio, episode_id, form=form, lang=lang)
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / f"sheet.{form}"
        await asyncio.to_thread(draft.write_bytes, made.data)
        await copy_out(draft, target)
    return {"ok": True, "path": str(target), "format": form, "bytes": len(made.data)}


def _form_of(target: Path) -> SheetFormat:
    match target.suffix.lower():
        case ".html" | ".htm":
            return "html"
        case ".pdf":
            return "pdf"
        case _:
            raise InputRefused("sheet_format", path=target.name)


async def episode_sheet(studio: Studio, episode_id: UUID, *, lang: Lang | None = None) -> Sheet:
    """Everything that stands on an episode's sheet.

    Raises:
        NotFound: no such episode. InputRefused: `no_shots`.
    """
    snapshot = await studio.database.read(lambda unit: load_snapshot(unit, episode_id))
    if not snapshot.shots:
        raise InputRefused("no_shots", episode=snapshot.episode.title)
    film = await film_as_it_stands(studio, snapshot)
    pictures = await _pictures(studio, snapshot)
    settings = snapshot.project.settings
    written = lang or settings.lang or "zh"
    old = {row.storyboard_id for row in film.executed if row.kind == "keyframe"}
    rows = {row.id: row for row in film.storyboards}
    width, height = frame_size(settings.aspect, settings.short_side)
    return Sheet(
        title=snapshot.episode.title,
        project=snapshot.project.name,
        lang=written,
        duration_s=max((row.start_s or 0.0) + row.duration_s for row in film.storyboards),
        fps=settings.fps,
        aspect=width / height,
        shots=tuple(
            _shot(
                snapshot, shot, rows[shot.id], pictures.get(shot.id), shot.id in old, lang=written
            )
            for shot in snapshot.shots
        ),
        mark=AI_LABEL[written] if settings.label else "",
    )


async def film_as_it_stands(studio: Studio, snapshot: EpisodeSnapshot) -> FilmDocument:
    """Times as finished parts give them; as planned, where the asked parts are not there."""
    try:
        parts, _ = await film_parts(studio, snapshot)
    except NotAvailable:
        lines = [line.id for shot in snapshot.shots for line in snapshot.lines_of(shot)]
        parts = FilmParts("", "", "", "", voices=dict.fromkeys(lines, ""), speeds={})
    plan = plan_film(snapshot, parts)
    states = await film_states(studio, snapshot.episode.id, plan)
    report = RunReport(
        plan=plan,
        before=states,
        dag_id=None,
        dry_run=True,
        film=None,
        degraded=(),
        wall_s=0.0,
        cpu_s=0.0,
    )
    return await film_document(studio, snapshot, parts, report)


async def _pictures(studio: Studio, snapshot: EpisodeSnapshot) -> dict[UUID, bytes]:
    """A small JPEG of each shot that has a picture."""
    wanted = {
        shot.id: shot.thumbnail_asset_id
        for shot in snapshot.shots
        if shot.thumbnail_asset_id is not None
    }

    async def work(unit: Unit) -> list[Asset]:
        return await unit.find(Asset, id=list(wanted.values()))

    assets = {asset.id: asset for asset in await studio.database.read(work)}
    found: dict[UUID, bytes] = {}
    for shot_id, asset_id in wanted.items():
        asset = assets.get(asset_id)
        if asset is None or asset.kind != "image" or not await studio.blobs.has(asset.sha256):
            continue
        path = await studio.blobs.local_path(asset.sha256)
        found[shot_id] = await asyncio.to_thread(_small, path)
    return found


def _small(path: Path) -> bytes:
    with Image.open(path) as source:
        picture = ImageOps.exif_transpose(source).convert("RGB")
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    sink = io.BytesIO()
    picture.save(sink, format="JPEG", quality=82)
    return sink.getvalue()


def _shot(
    snapshot: EpisodeSnapshot,
    shot: Storyboard,
    row: ShotDocument,
    picture: bytes | None,
    old: bool,
    *,
    lang: Lang,
) -> SheetShot:
    lines = {line.id: line for line in snapshot.lines_of(shot)}
    camera, light = _camera(shot, lang)
    return SheetShot(
        number=shot.shot_number,
        label=row.label,
        scene=row.scene.name if row.scene else "",
        start_s=row.start_s,
        duration_s=row.duration_s,
        description=shot.description,
        camera=camera,
        light=light,
        characters=tuple(person.name for person in row.characters),
        lines=tuple(
            SheetLine(
                speaker=said.speaker,
                text=said.text,
                translation=lines[said.id].translation,
                start_s=said.start_s,
                end_s=said.end_s,
            )
            for said in row.lines
        ),
        transition=_TRANSITIONS[lang][shot.transition],
        notes=shot.notes,
        picture=picture,
        note=_OLD[lang] if picture is not None and old else "",
    )


def _camera(shot: Storyboard, lang: Lang) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(size, angle, movement … ; time, weather, light) in words."""
    slots = shot.slots
    movement = shot.camera_movement or slots.movement or ""
    known = movement in get_args(Movement)
    camera = [
        *_names("shot_size", (slots.shot_size,), lang),
        *_names("angle", (slots.angle,), lang),
        *(_names("movement", (movement,), lang) if known else [movement] if movement else []),
        *_names("depth_of_field", (slots.depth_of_field,), lang),
        *_names("pace", (slots.pace,), lang),
    ]
    light = [
        *_names("time_of_day", (slots.time_of_day,), lang),
        *_names("weather", slots.weather, lang),
        *_names("light", slots.light, lang),
    ]
    return tuple(camera), tuple(light)


def _names(slot: str, values: Sequence[str | None], lang: Lang) -> list[str]:
    return [name_of(slot, value, lang) for value in values if value]
