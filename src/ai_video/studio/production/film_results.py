"""What finished film tasks leave in the database: blobs, assets and takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

from pydantic import JsonValue

from ai_video import __version__
from ai_video.domain.entities import Asset, Json, Line, Storyboard, Take, TakeKind
from ai_video.domain.ports import BlobStore
from ai_video.domain.task import TaskOutput
from ai_video.storage.database import Database, Unit

CANDIDATE: Final = "candidate"
"""The part of a task's key that says: one of several takes to choose from."""
AssetKind = Literal["image", "video", "audio", "subtitle", "document", "lora", "other"]


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a take belongs: a shot's picture or clip, or a line's voice."""

    kind: TakeKind
    storyboard_id: UUID | None
    line_id: UUID | None


@dataclass(frozen=True, slots=True)
class Results:
    """Stores what handlers made; every call is idempotent for the same bytes and fingerprint."""

    database: Database
    blobs: BlobStore

    async def store_asset(
        self,
        path: Path,
        *,
        kind: AssetKind,
        media_type: str,
        name: str,
        provenance: Mapping[str, JsonValue],
        project_id: UUID | None = None,
        width: int | None = None,
        height: int | None = None,
        duration: float | None = None,
    ) -> Asset:
        """Put a file into the blob store and describe it."""
        sha256, size = await self.blobs.put_file(path)
        asset = Asset.fresh(
            project_id=project_id,
            kind=kind,
            origin="generated",
            name=name,
            sha256=sha256,
            size=size,
            media_type=media_type,
            width=width,
            height=height,
            duration=duration,
            provenance={"tool": f"ai-video {__version__}", **provenance},
        )

        async def work(unit: Unit) -> Asset:
            return await unit.add(asset)

        return await self.database.write(work)

    async def keep_take(
        self,
        slot: Slot,
        output: TaskOutput,
        *,
        fingerprint: str | None,
        seed: int | None,
        task_id: UUID | None,
        graph: Json | None = None,
        more: Mapping[str, object] | None = None,
        select: bool = True,
    ) -> None:
        """Make sure the slot has a take with this result, selected unless the slot is locked.

        Args:
            graph: as it was sent, where a server made it.
            more: further fields of the take; one that was discarded is never selected.
            select: False for one of several to choose from: it is only taken where there is none.
        """
        given = more or {}

        async def work(unit: Unit) -> None:
            owner = await _owner(unit, slot)
            if owner is None or not output.assets:
                return
            take = await _take_of(unit, slot, output, fingerprint, given.get("attempt_id"))
            if take is None:
                take = await unit.add(
                    Take.fresh(
                        kind=slot.kind,
                        storyboard_id=slot.storyboard_id if slot.line_id is None else None,
                        line_id=slot.line_id,
                        asset_id=output.assets[0],
                        fingerprint=fingerprint,
                        seed=seed,
                        facts=dict(output.facts),
                        selected_by="auto",
                        task_id=task_id,
                        workflow_json=graph,
                        **given,
                    )
                )
            if take.verdict != "discarded" and (select or _is_empty(owner, slot)):
                await _select(unit, owner, slot, take)
            await _tell(unit, slot, take)

        await self.database.write(work)

    async def promote(
        self,
        slot: Slot,
        take_id: UUID,
        output: TaskOutput,
        *,
        fingerprint: str | None,
        decision: Json,
        select: bool,
    ) -> None:
        """Use a take that was discarded at first: the best of those there are."""

        async def work(unit: Unit) -> None:
            owner = await _owner(unit, slot)
            if owner is None:
                return
            take = await unit.change(
                await unit.get(Take, take_id),
                verdict="degraded",
                decision=decision,
                fingerprint=fingerprint,
                facts=dict(output.facts),
                part=None,
            )
            if select or _is_empty(owner, slot):
                await _select(unit, owner, slot, take)
            await _tell(unit, slot, take)

        await self.database.write(work)

    async def present(self, output: TaskOutput) -> bool:
        """Are all its assets and their bytes still there?"""

        async def work(unit: Unit) -> list[Asset]:
            return await unit.find(Asset, id=list(output.assets))

        assets = await self.database.read(work)
        if len({asset.id for asset in assets}) != len(set(output.assets)):
            return False
        for asset in assets:
            if not await self.blobs.has(asset.sha256):
                return False
        return True


def is_candidate(key: str) -> bool:
    """Does the task of this key make one of several takes to choose from?"""
    return CANDIDATE in key.split(":")


async def _owner(unit: Unit, slot: Slot) -> Storyboard | Line | None:
    """The row the slot belongs to; None when it was deleted while the task ran."""
    if slot.line_id is not None:
        found: list[Line] = await unit.find(Line, id=slot.line_id)
        return found[0] if found else None
    shots: list[Storyboard] = await unit.find(Storyboard, id=slot.storyboard_id)
    return shots[0] if shots else None


async def _tell(unit: Unit, slot: Slot, take: Take) -> None:
    await unit.event(
        "take.discarded" if take.verdict == "discarded" else "take.ready",
        str(slot.line_id or slot.storyboard_id),
        take_id=str(take.id),
        kind=slot.kind,
        asset_id=str(take.asset_id),
        storyboard_id=str(slot.storyboard_id) if slot.storyboard_id else None,
    )


def _is_empty(owner: Storyboard | Line, slot: Slot) -> bool:
    """Does the slot show nothing yet?"""
    return getattr(owner, f"{slot.kind}_take_id") is None


async def _take_of(
    unit: Unit, slot: Slot, output: TaskOutput, fingerprint: str | None, attempt_id: object
) -> Take | None:
    if attempt_id is not None:
        found = await unit.find(Take, attempt_id=attempt_id, kind=slot.kind, limit=1)
        if found or fingerprint is None:
            return found[0] if found else None
    if fingerprint is None:
        found = await unit.find(
            Take,
            kind=slot.kind,
            asset_id=output.assets[0],
            storyboard_id=slot.storyboard_id if slot.line_id is None else None,
            line_id=slot.line_id,
            limit=1,
        )
    else:
        found = await unit.find(
            Take,
            kind=slot.kind,
            fingerprint=fingerprint,
            storyboard_id=slot.storyboard_id if slot.line_id is None else None,
            line_id=slot.line_id,
            limit=1,
        )
    return found[0] if found else None


async def _select(unit: Unit, owner: Storyboard | Line, slot: Slot, take: Take) -> None:
    if isinstance(owner, Line):
        if not owner.audio_locked and owner.audio_take_id != take.id:
            await unit.change(owner, audio_take_id=take.id)
        return
    if slot.kind == "image" and not owner.image_locked and owner.image_take_id != take.id:
        await unit.change(owner, image_take_id=take.id, thumbnail_asset_id=take.asset_id)
    if slot.kind == "video" and not owner.video_locked and owner.video_take_id != take.id:
        await unit.change(owner, video_take_id=take.id)
