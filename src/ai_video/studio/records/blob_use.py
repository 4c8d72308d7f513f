"""Whose bytes a blob is: assets name it by sha256, LoRAs by its place in the store."""

from __future__ import annotations

from ai_video.domain.entities import Asset, LoraAsset
from ai_video.storage.database import Unit
from ai_video.studio.studio import Studio


def blob_place(sha256: str) -> str:
    """Where a blob stands in every store: `ab/cd/abcd…`."""
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


async def forget_blob(studio: Studio, sha256: str) -> None:
    """Remove bytes that no asset and no LoRA has (any more)."""
    if not await studio.database.read(lambda unit: _is_used(unit, sha256)):
        await studio.blobs.delete(sha256)


async def _is_used(unit: Unit, sha256: str) -> bool:
    if await unit.find(Asset, sha256=sha256, limit=1):
        return True
    return bool(await unit.find(LoraAsset, file_path=blob_place(sha256), limit=1))
