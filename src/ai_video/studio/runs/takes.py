"""Candidate results of shots and lines: list, select, lock, and add one's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from ai_video.assets import probe
from ai_video.domain.entities import Asset, Json, Line, Storyboard, Take, TakeKind
from ai_video.errors import Conflict, InputRefused, NotFound
from ai_video.storage.database import Unit
from ai_video.studio.record_owners import check_writable, owners_of
from ai_video.studio.records.assets import describe_blob
from ai_video.studio.records.record_documents import document, documents, edit_answer
from ai_video.studio.requests import EditAnswer, Page
from ai_video.studio.studio import Studio

Work = Callable[[Unit], Awaitable[tuple[Take, Json]]]


async def list_takes(
    studio: Studio, *, storyboard_id: UUID | None = None, line_id: UUID | None = None
) -> Page:
    """Takes of a line, or of a shot with its lines, oldest first.

    Raises:
        NotFound: no such shot or line. InputRefused: neither was named.
    """

    async def work(unit: Unit) -> Page:
        if line_id is not None:
            await unit.get(Line, line_id)
            found = await unit.find(Take, line_id=line_id)
        elif storyboard_id is not None:
            await unit.get(Storyboard, storyboard_id)
            lines = await unit.find(Line, storyboard_id=storyboard_id)
            found = await unit.find(Take, storyboard_id=storyboard_id)
            found += await unit.find(Take, line_id=[line.id for line in lines])
        else:
            raise InputRefused(
                "invalid_value", field="storyboard_id", reason="name a shot or a line"
            )
        by_id = {take.id: take for take in found}
        return Page(items=await documents(unit, [by_id[id] for id in sorted(by_id)]), next=None)

    return await studio.database.read(work)


async def take_graph(studio: Studio, id: UUID) -> Json:
    """The graph that a take was made with, as it was sent; ComfyUI's editor opens it.

    Raises:
        NotFound: no such take, or no ComfyUI server made it.
    """
    take = await studio.database.read(lambda unit: unit.get(Take, id))
    if take.workflow_json is None:
        raise NotFound("graph of take", str(id))
    return take.workflow_json


async def select_take(studio: Studio, id: UUID) -> EditAnswer:
    """Use a take in the film; choosing an older one, or one of several that were made to choose from,
    also locks it, or the next render would replace it at once.

    Raises:
        NotFound: no such take. Conflict: the project is archived.
    """

    async def work(unit: Unit) -> tuple[Take, Json]:
        take = await unit.get(Take, id)
        await check_writable(unit, take)
        slot = await _slot_of(unit, take)
        newest = max(other.id for other in await unit.find(Take, slot.where))
        older = take.id != newest or take.purpose == "candidate" or take.verdict == "discarded"
        await _put(unit, slot, take, locked=slot.locked or older)
        return await _told(unit, take, "selected")

    return await _answered(studio, work)


async def lock_take(studio: Studio, id: UUID) -> EditAnswer:
    """Use a take and keep it whatever changes.

    Raises:
        NotFound: no such take. Conflict: the project is archived.
    """

    async def work(unit: Unit) -> tuple[Take, Json]:
        take = await unit.get(Take, id)
        await check_writable(unit, take)
        await _put(unit, await _slot_of(unit, take), take, locked=True)
        return await _told(unit, take, "locked")

    return await _answered(studio, work)


async def unlock_take(studio: Studio, id: UUID) -> EditAnswer:
    """Let a locked take be replaced again; it stays selected until then.

    Raises:
        NotFound: no such take. Conflict: it is not the locked one, or the project is archived.
    """

    async def work(unit: Unit) -> tuple[Take, Json]:
        take = await unit.get(Take, id)
        await check_writable(unit, take)
        slot = await _slot_of(unit, take)
        if not slot.locked or slot.selected != take.id:
            raise Conflict("take_not_locked")
        await unit.change(slot.owner, **{slot.lock_field: False})
        return await _told(unit, take, "unlocked")

    return await _answered(studio, work)


async def add_take(
    studio: Studio,
    *,
    storyboard_id: UUID | None = None,
    line_id: UUID | None = None,
    file: Path,
) -> EditAnswer:
    """Make a file of one's own a take: a picture or clip of a shot, a recorded voice of a line.

    It is selected and locked.

    Raises:
        NotFound: no such shot or line. Conflict: the project is archived.
        InputRefused: the file cannot be used there.
    """
    owner = await studio.database.read(lambda unit: _owner(unit, storyboard_id, line_id))
    facts = await probe(file)
    if (facts.kind == "audio") != isinstance(owner, Line):
        wanted = "audio" if isinstance(owner, Line) else "image, video"
        raise InputRefused("take_kind_wrong", name=file.name, found=facts.kind, wanted=wanted)
    sha256, size = await studio.blobs.put_file(file)
    asset = await describe_blob(studio, sha256, size, name=file.name, project_id=None)

    async def work(unit: Unit) -> tuple[Take, Json]:
        fresh = await _owner(unit, storyboard_id, line_id)
        owners = await owners_of(unit, fresh)
        project_id = owners.project.id if owners.project else None
        await unit.add(asset.model_copy(update={"project_id": project_id}))
        take = await unit.add(_own_take(fresh, facts.kind, asset))
        await _put(unit, await _slot_of(unit, take), take, locked=True)
        return await _told(unit, take, "added")

    return await _answered(studio, work)


async def _owner(unit: Unit, storyboard_id: UUID | None, line_id: UUID | None) -> Storyboard | Line:
    owner: Storyboard | Line
    if line_id is not None:
        owner = await unit.get(Line, line_id)
    elif storyboard_id is not None:
        owner = await unit.get(Storyboard, storyboard_id)
    else:
        raise InputRefused("invalid_value", field="storyboard_id", reason="name a shot or a line")
    await check_writable(unit, owner)
    return owner


def _own_take(owner: Storyboard | Line, kind: TakeKind, asset: Asset) -> Take:
    return Take.fresh(
        kind=kind,
        storyboard_id=owner.id if isinstance(owner, Storyboard) else None,
        line_id=owner.id if isinstance(owner, Line) else None,
        asset_id=asset.id,
        facts={"digest": asset.sha256},
        origin="uploaded",
    )


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where a take belongs: the fields of its shot or line that select and lock it."""

    owner: Storyboard | Line
    kind: TakeKind

    @property
    def lock_field(self) -> str:
        return f"{self.kind}_locked"

    @property
    def locked(self) -> bool:
        return bool(getattr(self.owner, self.lock_field))

    @property
    def selected(self) -> UUID | None:
        return getattr(self.owner, f"{self.kind}_take_id")

    @property
    def where(self) -> dict[str, UUID | str]:
        owner = "line_id" if isinstance(self.owner, Line) else "storyboard_id"
        return {owner: self.owner.id, "kind": self.kind}


async def _slot_of(unit: Unit, take: Take) -> _Slot:
    if take.line_id is not None:
        return _Slot(await unit.get(Line, take.line_id), take.kind)
    assert take.storyboard_id is not None, "a take belongs to a shot or a line"
    return _Slot(await unit.get(Storyboard, take.storyboard_id), take.kind)


async def _put(unit: Unit, slot: _Slot, take: Take, *, locked: bool) -> None:
    changes: dict[str, object] = {f"{slot.kind}_take_id": take.id, slot.lock_field: locked}
    if slot.kind == "image":
        changes["thumbnail_asset_id"] = take.asset_id
    await unit.change(slot.owner, **changes)
    await unit.change(take, selected_by="user")


async def _told(unit: Unit, take: Take, what: str) -> tuple[Take, Json]:
    owner = take.line_id or take.storyboard_id
    await unit.event(f"take.{what}", owner, take_id=str(take.id), kind=take.kind)
    fresh = await unit.get(Take, take.id)
    return fresh, await document(unit, fresh)


async def _answered(studio: Studio, work: Work) -> EditAnswer:
    take, item = await studio.database.write(work)
    return await edit_answer(studio, take, item)
