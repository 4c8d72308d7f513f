"""LoRA files: add, find, check, archive and remove them; whether one fits a base model."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path, PurePath
from typing import Literal
from uuid import UUID

from pydantic import JsonValue

from ai_video.domain.entities import Asset, Character, Json, LoraAsset, Project
from ai_video.errors import Conflict, InputRefused, NotFound
from ai_video.lora import Incoming, compatibility, inspect, read_base_model
from ai_video.lora.compatibility import REASONS, made_for_model
from ai_video.lora.families import label_of
from ai_video.lora.inspection import Inspection
from ai_video.storage.database import Unit
from ai_video.studio.record_kinds import kind_of
from ai_video.studio.record_owners import check_writable
from ai_video.studio.record_values import new_entity
from ai_video.studio.records.assets import check_project, describe_blob, keep_asset, plain_name
from ai_video.studio.records.blob_use import blob_place, forget_blob
from ai_video.studio.records.lora_rules import MOST_PREVIEWS, check_lora_values, tidy
from ai_video.studio.records.record_documents import document, documents, edit_answer
from ai_video.studio.records.records import MOST_ITEMS, read_cursor, write_cursor
from ai_video.studio.requests import Document, EditAnswer, Page
from ai_video.studio.studio import Studio

LORA_LIMIT = 4 * 1024**3
"""Bytes of a LoRA: the largest of rank 128 for the largest models stay below."""
PREVIEW_LIMIT = 64 * 1024**2
_BATCH = 500

LoraType = Literal["character", "style", "concept", "object"]
LoraStatus = Literal["pending", "training", "ready", "failed", "archived"]
LoraOrder = Literal["created", "name", "usage"]
_ORDERS: dict[LoraOrder, tuple[str, ...]] = {
    "created": ("id",),
    "name": ("name", "id"),
    "usage": ("-usage_count", "id"),
}


class LoraFilter(Document):
    """Which LoRAs to list; what is None or empty does not narrow.

    Attributes:
        project_id: those that may be used in the project: its own and the global ones.
        base_model: by family or name, so that "SDXL" finds "SDXL 1.0".
        tags: all of them.
        text: in name, description, trigger words, tags or file name.
        archived: archived ones too (a status of "archived" also gives them).
    """

    project_id: UUID | None = None
    type: LoraType | None = None
    status: LoraStatus | None = None
    base_model: str = ""
    tags: tuple[str, ...] = ()
    text: str = ""
    archived: bool = False


async def add_lora(
    studio: Studio,
    chunks: AsyncIterator[bytes],
    *,
    file_name: str,
    project_id: UUID | None = None,
    values: Mapping[str, JsonValue] | None = None,
) -> Json:
    """Store a LoRA file and describe it; what is not said comes from the file itself.

    The same bytes in the same project are the same LoRA: it is shown as it is, with `added` false.

    Args:
        values: fields that a person may set (name, type, trigger_words, recommended_weight …).

    Raises:
        InputRefused: no sound LoRA (codes `lora_…`), too large, or a value that cannot be used.
        NotFound: no such project. Conflict: it is archived.
    """
    shown = plain_name(file_name)
    said = dict(values or {})
    new_entity(LoraAsset, {**_always(shown), **said})
    await studio.database.read(lambda unit: check_project(unit, project_id))
    incoming = Incoming(chunks, name=shown)
    sha256, size = await studio.blobs.put_stream(incoming.chunks(), limit=LORA_LIMIT)
    try:
        path = await studio.blobs.local_path(sha256)
        found = await asyncio.to_thread(inspect, path, name=shown)
        lora = _described(found, said, file_name=shown, sha256=sha256).model_copy(
            update={"project_id": project_id, "file_size": size, "file_hash": incoming.md5}
        )
        check_lora_values(lora)
    except InputRefused:
        await forget_blob(studio, sha256)
        raise
    return await studio.database.write(lambda unit: _keep(unit, lora))


def _always(file_name: str) -> dict[str, JsonValue]:
    return {"name": _stem(file_name), "type": "character"}


def _stem(file_name: str) -> str:
    return PurePath(file_name).stem.strip(". ") or "lora"


def _described(
    found: Inspection, said: Mapping[str, JsonValue], *, file_name: str, sha256: str
) -> LoraAsset:
    by_file: dict[str, JsonValue] = {
        **_always(file_name),
        "base_model": found.base_model,
        "trigger_words": list(found.trigger_words),
        "tags": list(found.tags),
        "description": found.description,
    }
    lora = new_entity(LoraAsset, {**by_file, **said})
    metadata = found.metadata.model_copy(
        update={"file_name": f"{_stem(file_name)}.safetensors", "sha256": sha256}
    )
    return tidy(lora).model_copy(
        update={"status": "ready", "metadata": metadata, "file_path": blob_place(sha256)}
    )


async def _keep(unit: Unit, lora: LoraAsset) -> Json:
    await check_project(unit, lora.project_id)
    same = await unit.find(LoraAsset, project_id=lora.project_id, file_path=lora.file_path, limit=1)
    if same:
        return {**await document(unit, same[0]), "added": False}
    await unit.add(lora)
    await unit.event("lora_asset.created", lora.id, name=lora.name)
    return {**await document(unit, lora), "added": True}


async def list_loras(
    studio: Studio,
    wanted: LoraFilter,
    *,
    order: LoraOrder = "created",
    limit: int = 100,
    cursor: str | None = None,
) -> Page:
    """A page of the LoRAs that pass a filter.

    Raises:
        NotFound: no such project. InputRefused: the limit or the cursor cannot be used.
    """
    if not 1 <= limit <= MOST_ITEMS:
        reason = f"it must be 1 to {MOST_ITEMS}"
        raise InputRefused("invalid_value", field="limit", reason=reason)
    fields = _ORDERS[order]
    start = read_cursor(kind_of("loras"), fields, cursor) if cursor else None
    passes = _passing(wanted)
    where = {
        name: value for name, value in (("type", wanted.type), ("status", wanted.status)) if value
    }

    async def work(unit: Unit) -> Page:
        if wanted.project_id is not None:
            await unit.get(Project, wanted.project_id)
        after, rows = start, list[LoraAsset]()
        while len(rows) <= limit:
            batch = await unit.find(LoraAsset, where, order_by=fields, limit=_BATCH, after=after)
            rows += filter(passes, batch)
            if len(batch) < _BATCH:
                break
            after = [getattr(batch[-1], name.removeprefix("-")) for name in fields]
        more = write_cursor(fields, rows[limit - 1]) if len(rows) > limit else None
        return Page(items=await documents(unit, rows[:limit]), next=more)

    return await studio.database.read(work)


def _passing(wanted: LoraFilter) -> Callable[[LoraAsset], bool]:
    """Whether a LoRA passes what no column can be asked."""
    model, text = wanted.base_model.strip().lower(), wanted.text.strip().lower()
    asked = set(read_base_model(model).ids)
    tags = {tag.strip().lower() for tag in wanted.tags} - {""}

    def passes(lora: LoraAsset) -> bool:
        if wanted.project_id is not None and lora.project_id not in (None, wanted.project_id):
            return False
        if lora.status == "archived" and not (wanted.archived or wanted.status == "archived"):
            return False
        if (
            model
            and model not in lora.base_model.lower()
            and not asked & set(made_for_model(lora)[0].ids)
        ):
            return False
        if not tags <= {tag.lower() for tag in lora.tags}:
            return False
        words = (lora.name, lora.description, *lora.trigger_words, *lora.tags)
        return any(text in word.lower() for word in (*words, lora.metadata.file_name))

    return passes


async def delete_lora(studio: Studio, id: UUID, *, force: bool = False) -> EditAnswer:
    """Remove a LoRA and its bytes; its preview pictures stay assets.

    Args:
        force: also where characters use it; they then have none.

    Raises:
        NotFound: no such LoRA. Conflict: `lora_in_use`, or its project is archived.
    """

    async def work(unit: Unit) -> tuple[LoraAsset, Json]:
        lora = await unit.get(LoraAsset, id)
        await check_writable(unit, lora)
        item = await document(unit, lora)
        users = await unit.find(Character, lora_model_id=id)
        if users and not force:
            names = ", ".join(user.name for user in users[:10])
            raise Conflict("lora_in_use", name=lora.name, characters=names)
        for user in users:
            await unit.change(user, lora_model_id=None)
        await unit.remove(LoraAsset, id)
        await unit.event("lora_asset.deleted", id)
        return lora, item

    lora, item = await studio.database.write(work)
    if lora.metadata.sha256:
        await forget_blob(studio, lora.metadata.sha256)
    return await edit_answer(studio, lora, item)


async def archive_lora(studio: Studio, id: UUID) -> Json:
    """Hide a LoRA from lists and from new use; what uses it already keeps it.

    Raises:
        NotFound: no such LoRA. Conflict: its project is archived.
    """
    return await studio.database.write(lambda unit: _set_status(unit, id, "archived"))


async def restore_lora(studio: Studio, id: UUID) -> Json:
    """Bring an archived LoRA back.

    Raises:
        NotFound: no such LoRA. Conflict: `lora_not_archived`, or its project is archived.
    """

    async def work(unit: Unit) -> Json:
        lora = await unit.get(LoraAsset, id)
        if lora.status != "archived":
            raise Conflict("lora_not_archived", name=lora.name)
        return await _set_status(unit, id, "ready" if lora.file_path else "pending")

    return await studio.database.write(work)


async def _set_status(unit: Unit, id: UUID, status: LoraStatus) -> Json:
    lora = await unit.get(LoraAsset, id)
    await check_writable(unit, lora)
    changed = await unit.change(lora, status=status)
    if changed.revision != lora.revision:
        await unit.event("lora_asset.changed", id, fields=["status"])
    return await document(unit, changed)


async def add_preview(studio: Studio, id: UUID, chunks: AsyncIterator[bytes], *, name: str) -> Json:
    """Store a picture of what a LoRA does and show the LoRA; the same picture counts once.

    Raises:
        NotFound: no such LoRA. Conflict: `lora_previews_full`, or its project is archived.
        InputRefused: `lora_preview_unusable`, too large or damaged.
    """
    lora = await studio.database.read(lambda unit: _with_room(unit, id))
    shown = plain_name(name)
    sha256, size = await studio.blobs.put_stream(chunks, limit=PREVIEW_LIMIT)
    try:
        asset = await describe_blob(studio, sha256, size, name=shown, project_id=lora.project_id)
        if asset.kind != "image":
            raise InputRefused("lora_preview_unusable", name=shown)
    except InputRefused:
        await forget_blob(studio, sha256)
        raise

    async def work(unit: Unit) -> Json:
        kept = await keep_asset(unit, asset)
        return await _with_preview(unit, id, kept)

    return await studio.database.write(work)


async def _with_room(unit: Unit, id: UUID) -> LoraAsset:
    lora = await unit.get(LoraAsset, id)
    await check_writable(unit, lora)
    if len(lora.preview_images) >= MOST_PREVIEWS:
        raise Conflict("lora_previews_full", name=lora.name, limit=MOST_PREVIEWS)
    return lora


async def _with_preview(unit: Unit, id: UUID, asset: Asset) -> Json:
    lora = await _with_room(unit, id)
    pictures = tuple(dict.fromkeys((*lora.preview_images, asset.id)))
    changed = await unit.change(lora, preview_images=pictures)
    await unit.event("lora_asset.changed", id, fields=["preview_images"])
    return await document(unit, changed)


async def open_lora(studio: Studio, id: UUID) -> tuple[Path, str, str]:
    """(file to read, name to offer, sha256) of a LoRA.

    Raises:
        NotFound: no such LoRA, or its file is not there (yet).
    """
    lora = await studio.database.read(lambda unit: unit.get(LoraAsset, id))
    if not lora.metadata.sha256:
        raise NotFound("lora file", str(id))
    path = await studio.blobs.local_path(lora.metadata.sha256)
    return path, lora.metadata.file_name or f"{lora.name}.safetensors", lora.metadata.sha256


async def check_lora(studio: Studio, id: UUID) -> Json:
    """Read a LoRA's bytes again and compare their size, MD5 and sha256 with the record.

    Raises:
        NotFound: no such LoRA.
    """
    lora = await studio.database.read(lambda unit: unit.get(LoraAsset, id))
    expected: Json = {
        "file_size": lora.file_size,
        "file_hash": lora.file_hash,
        "sha256": lora.metadata.sha256,
    }
    found = await _read_again(studio, lora.metadata.sha256) if lora.file_path else None
    return {"ok": found == expected, "id": str(id), "expected": expected, "found": found}


async def _read_again(studio: Studio, sha256: str) -> Json | None:
    """Size and digests of stored bytes; None when they are gone."""
    md5, sha, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
    try:
        async for chunk in studio.blobs.open_range(sha256):
            md5.update(chunk)
            sha.update(chunk)
            size += len(chunk)
    except NotFound:
        return None
    return {"file_size": size, "file_hash": md5.hexdigest(), "sha256": sha.hexdigest()}


async def lora_fits(
    studio: Studio, id: UUID, *, base_model: str, base_model_hash: str = ""
) -> Json:
    """Whether a LoRA fits a base model: yes, no or unknown, with the reason and the evidence.

    Raises:
        NotFound: no such LoRA.
    """
    lora = await studio.database.read(lambda unit: unit.get(LoraAsset, id))
    fit = compatibility(lora, base_model, base_model_hash=base_model_hash)
    made_for, _ = made_for_model(lora)
    return {
        "ok": fit.answer != "no",
        "id": str(id),
        "compatible": fit.answer,
        "reason": {"code": fit.reason, "message": REASONS[fit.reason][studio.language]},
        "made_for": [label_of(name, made_for.families) for name in fit.made_for],
        "asked": [label_of(name, ()) for name in fit.asked],
        "certainty": lora.metadata.certainty,
        "evidence": list(lora.metadata.evidence),
    }
