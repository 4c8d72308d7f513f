"""The newest film of an episode as files that a user keeps: MP4 with SRT, VTT and ASS beside it."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

from ai_video.domain.entities import Asset, GeneratedVideo, Json
from ai_video.errors import InputRefused
from ai_video.storage.database import Unit
from ai_video.studio.production.film_snapshot import EpisodeSnapshot
from ai_video.studio.requests import FilmFile, Sidecars
from ai_video.studio.studio import Studio

SIDECARS = ("srt", "vtt", "ass")
_UNSAFE = re.compile(r'[\x00-\x1f<>:"/\\|?*]+')
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ExportedFilm:
    video: GeneratedVideo
    film: FilmFile
    sidecars: Sidecars


async def latest_video(studio: Studio, snapshot: EpisodeSnapshot) -> GeneratedVideo | None:
    """The episode's newest film; None when none was made yet."""

    async def work(unit: Unit) -> list[GeneratedVideo]:
        return await unit.find(
            GeneratedVideo, episode_id=snapshot.episode.id, order_by=("-version",), limit=1
        )

    found = await studio.database.read(work)
    return found[0] if found else None


async def export_film(
    studio: Studio, snapshot: EpisodeSnapshot, output: str | None
) -> ExportedFilm | None:
    """Copy the newest film and its sidecars to where the user wants them.

    Raises:
        InputRefused: the place cannot be written.
    """
    video = await latest_video(studio, snapshot)
    if video is None:
        return None
    config = video.composition_config
    target = _target(studio, snapshot, output)
    sources = {"mp4": await _asset(studio, video.asset_id)}
    for name, asset_id in cast("dict[str, str]", config["sidecars"]).items():
        sources[name] = await _asset(studio, asset_id)
    paths: dict[str, str] = {}
    for name, asset in sources.items():
        path = target if name == "mp4" else target.with_suffix(f".{name}")
        await copy_out(await studio.blobs.local_path(asset.sha256), path)
        paths[name] = str(path)
    film = FilmFile(
        path=paths["mp4"],
        sha256=sources["mp4"].sha256,
        stream_sha256=cast("str", config["stream_sha256"]),
        duration_s=cast("float", config["duration_s"]),
        width=cast("int", config["width"]),
        height=cast("int", config["height"]),
        fps=cast("float", config["fps"]),
        version=video.version,
    )
    return ExportedFilm(video, film, Sidecars(**{name: paths.get(name) for name in SIDECARS}))


def _target(studio: Studio, snapshot: EpisodeSnapshot, output: str | None) -> Path:
    return Path(output).absolute() if output else default_path(studio, snapshot)


async def _asset(studio: Studio, asset_id: object) -> Asset:
    wanted = asset_id if isinstance(asset_id, UUID) else UUID(str(asset_id))
    return await studio.database.read(lambda unit: unit.get(Asset, wanted))


def default_path(studio: Studio, snapshot: EpisodeSnapshot) -> Path:
    """DIR/films/TITLE.mp4; episodes of one project never share a file."""
    title = safe_name(snapshot.episode.title) or "film"
    project = safe_name(snapshot.project.name) or "film"
    folder = studio.settings.home / "films"
    if title == project:
        return folder / f"{project}.mp4"
    return folder / f"{project} - {title}.mp4"


def safe_name(title: str) -> str:
    """A title as a file name on every system: at most 80 characters, no path parts."""
    name = _UNSAFE.sub(" ", title).strip(" .")[:80].strip(" .")
    return f"_{name}" if _RESERVED.match(name) else name


async def copy_out(source: Path, target: Path) -> None:
    """Copy to a temporary name beside `target`, then rename; skips a target that is the same."""
    try:
        await asyncio.to_thread(_copy, source, target)
    except OSError as exc:
        raise InputRefused(
            "file_unwritable", path=str(target), reason=exc.strerror or str(exc)
        ) from exc


async def write_json(value: Json, target: Path) -> None:
    """Write a document beside `target` first, then rename. Raises: InputRefused."""
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "draft.json"
        text = json.dumps(value, ensure_ascii=False, indent=2)
        await asyncio.to_thread(draft.write_text, text + "\n", encoding="utf-8")
        await copy_out(draft, target)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{uuid4().hex}.part")
    try:
        shutil.copyfile(source, temporary)
        temporary.replace(target)
    finally:
        if temporary.exists():
            temporary.unlink()
