"""Files of the user's own: kept by content, described by what they are."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path, PurePath
from typing import Literal
from uuid import UUID

from ai_video.assets import MediaFacts, probe
from ai_video.domain.entities import Asset, Json, Project
from ai_video.errors import InputRefused
from ai_video.storage.database import Unit
from ai_video.studio.record_owners import check_writable
from ai_video.studio.records.blob_use import forget_blob
from ai_video.studio.records.record_documents import document
from ai_video.studio.studio import Studio

UPLOAD_LIMIT = 4 * 1024**3
"""Bytes of one file."""
LONGEST_NAME = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")
_DOCUMENTS = {
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".fountain": "text/plain",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_SUBTITLES = {".srt": "application/x-subrip", ".vtt": "text/vtt", ".ass": "text/x-ssa"}


async def add_asset(
    studio: Studio, chunks: AsyncIterator[bytes], *, name: str, project_id: UUID | None = None
) -> Json:
    """Store an uploaded file and describe it; the same file again is the same asset.

    Raises:
        InputRefused: `upload_too_large`, or a picture, video or sound that is damaged or too big.
        NotFound: no such project. Conflict: it is archived.
    """
    await studio.database.read(lambda unit: check_project(unit, project_id))
    sha256, size = await studio.blobs.put_stream(chunks, limit=UPLOAD_LIMIT)
    try:
        asset = await describe_blob(studio, sha256, size, name=name, project_id=project_id)
    except InputRefused:
        await forget_blob(studio, sha256)
        raise

    async def work(unit: Unit) -> Json:
        return await document(unit, await keep_asset(unit, asset))

    return await studio.database.write(work)


async def check_project(unit: Unit, project_id: UUID | None) -> None:
    if project_id is not None:
        await check_writable(unit, await unit.get(Project, project_id))


async def describe_blob(
    studio: Studio, sha256: str, size: int, *, name: str, project_id: UUID | None
) -> Asset:
    """An asset, not stored yet, for bytes that are in the blob store.

    Raises:
        InputRefused: damaged, or beyond the limits.
    """
    path = await studio.blobs.local_path(sha256)
    shown = plain_name(name)
    facts = await _facts(path, shown)
    kind, media_type = _kind_of(facts, shown)
    return Asset.fresh(
        project_id=project_id,
        kind=kind,
        origin="uploaded",
        name=shown,
        sha256=sha256,
        size=size,
        media_type=media_type,
        width=facts.width if facts else None,
        height=facts.height if facts else None,
        duration=facts.duration_s if facts else None,
    )


async def _facts(path: Path, name: str) -> MediaFacts | None:
    """What a picture, video or sound is; None for any other file."""
    try:
        return await probe(path)
    except InputRefused as exc:
        if exc.code == "media_unknown":
            return None
        exc.fields["name"] = name
        raise


Kind = Literal["image", "video", "audio", "subtitle", "document", "lora", "other"]


def _kind_of(facts: MediaFacts | None, name: str) -> tuple[Kind, str]:
    if facts is not None:
        return facts.kind, facts.media_type
    suffix = PurePath(name).suffix.lower()
    if suffix in _DOCUMENTS:
        return "document", _DOCUMENTS[suffix]
    if suffix in _SUBTITLES:
        return "subtitle", _SUBTITLES[suffix]
    return "lora" if suffix == ".safetensors" else "other", "application/octet-stream"


def plain_name(name: str) -> str:
    """A file's own name: no folders, no control characters, at most 200 characters."""
    last = _CONTROL.sub(" ", name.replace("\\", "/").rpartition("/")[2]).strip()
    stem, dot, suffix = last.rpartition(".")
    if len(last) > LONGEST_NAME and dot and len(suffix) < 20:
        return f"{stem[: LONGEST_NAME - len(suffix) - 1]}.{suffix}"
    return last[:LONGEST_NAME] or "file"


async def keep_asset(unit: Unit, asset: Asset) -> Asset:
    """The asset stored, or the same one that was there already."""
    same = await unit.find(
        Asset,
        project_id=asset.project_id,
        sha256=asset.sha256,
        name=asset.name,
        origin="uploaded",
        limit=1,
    )
    if same:
        return same[0]
    await unit.add(asset)
    await unit.event("asset.created", asset.id, kind=asset.kind)
    return asset


async def music_asset(studio: Studio, path: Path, *, project_id: UUID) -> Asset:
    """An asset, not stored yet, of a sound file that is to be a film's music.

    Raises:
        InputRefused: `file_unreadable`, `not_music`, or the file is damaged.
    """
    try:
        sha256, size = await studio.blobs.put_file(path)
    except OSError as exc:
        reason = exc.strerror or type(exc).__name__
        raise InputRefused("file_unreadable", path=str(path), reason=reason) from exc
    asset = await describe_blob(studio, sha256, size, name=path.name, project_id=project_id)
    if asset.kind != "audio":
        await forget_blob(studio, sha256)
        raise InputRefused("not_music", name=asset.name)
    return asset


async def open_asset(studio: Studio, id: UUID) -> tuple[Path, str, str, str]:
    """(file to read, media type, name to offer, sha256) of an asset.

    Raises:
        NotFound: no such asset, or its bytes are gone.
    """
    asset = await studio.database.read(lambda unit: unit.get(Asset, id))
    path = await studio.blobs.local_path(asset.sha256)
    return path, asset.media_type, asset.name or asset.sha256[:12], asset.sha256
