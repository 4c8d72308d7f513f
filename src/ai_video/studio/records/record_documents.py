"""Records as the doors show them: their fields, and what is worked out from other rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import cast
from uuid import UUID

from ai_video.domain.entities import (
    Asset,
    Character,
    Entity,
    Episode,
    GeneratedVideo,
    Json,
    Line,
    LoraAsset,
    Project,
    Storyboard,
    Take,
)
from ai_video.lora.compatibility import made_for_model
from ai_video.storage.database import Unit
from ai_video.studio.film.stale import stale_rows
from ai_video.studio.record_owners import owners_of
from ai_video.studio.records.dialogue import dialogue_of
from ai_video.studio.requests import EditAnswer
from ai_video.studio.studio import Studio


async def documents(unit: Unit, entities: Sequence[Entity]) -> list[Json]:
    """The documents of records of one kind."""
    plain = [cast("Json", entity.model_dump(mode="json")) for entity in entities]
    shots = [entity for entity in entities if isinstance(entity, Storyboard)]
    takes = [entity for entity in entities if isinstance(entity, Take)]
    videos = [entity for entity in entities if isinstance(entity, GeneratedVideo)]
    if shots:
        return [{**row, **more} for row, more in zip(plain, await _shots(unit, shots), strict=True)]
    if takes:
        return [{**row, **more} for row, more in zip(plain, await _takes(unit, takes), strict=True)]
    if videos:
        return [{**row, **_video(video)} for row, video in zip(plain, videos, strict=True)]
    loras = [entity for entity in entities if isinstance(entity, LoraAsset)]
    if loras:
        return [{**row, **more} for row, more in zip(plain, await _loras(unit, loras), strict=True)]
    return plain


async def document(unit: Unit, entity: Entity) -> Json:
    return (await documents(unit, [entity]))[0]


async def _shots(unit: Unit, shots: Sequence[Storyboard]) -> list[Json]:
    lines = await unit.find(
        Line, storyboard_id=[shot.id for shot in shots], order_by=("order", "id")
    )
    by_shot: defaultdict[UUID, list[Line]] = defaultdict(list)
    for line in lines:
        by_shot[line.storyboard_id].append(line)
    return [{"dialogue": dialogue_of(by_shot[shot.id])} for shot in shots]


async def _takes(unit: Unit, takes: Sequence[Take]) -> list[Json]:
    """Whether a take is the selected one and locked, and its file."""
    assets = {
        asset.id: asset for asset in await unit.find(Asset, id=[take.asset_id for take in takes])
    }
    shots = await unit.find(
        Storyboard, id=[take.storyboard_id for take in takes if take.storyboard_id]
    )
    lines = await unit.find(Line, id=[take.line_id for take in takes if take.line_id])
    locked: dict[UUID | None, bool] = {}
    for shot in shots:
        locked |= {shot.image_take_id: shot.image_locked, shot.video_take_id: shot.video_locked}
    locked |= {line.audio_take_id: line.audio_locked for line in lines}
    rows: list[Json] = []
    for take in takes:
        asset = assets[take.asset_id]
        rows.append(
            {
                "selected": take.id in locked,
                "locked": locked.get(take.id, False),
                "url": f"/api/assets/{asset.id}/file",
                "media_type": asset.media_type,
                "duration_s": asset.duration,
            }
        )
    return rows


def _video(video: GeneratedVideo) -> Json:
    return {
        "duration_s": video.composition_config.get("duration_s"),
        "url": f"/api/videos/{video.id}/file",
    }


async def _loras(unit: Unit, loras: Sequence[LoraAsset]) -> list[Json]:
    """The graphs a LoRA may go into, where its file and previews are, and whose it is."""
    users = await unit.find(Character, lora_model_id=[lora.id for lora in loras])
    return [
        {
            "families": list(made_for_model(lora)[0].families),
            "url": f"/api/loras/{lora.id}/download",
            "preview_urls": [f"/api/assets/{id}/file" for id in lora.preview_images],
            "characters": [
                {"id": str(user.id), "name": user.name, "project_id": str(user.project_id)}
                for user in users
                if user.lora_model_id == lora.id
            ],
        }
        for lora in loras
    ]


async def edit_answer(studio: Studio, entity: Entity, item: Json) -> EditAnswer:
    """The answer to an edit: the thing, and all that is not current after it."""
    episodes = await studio.database.read(lambda unit: _episodes_touched(unit, entity))
    rows = [row for episode_id in episodes for row in await stale_rows(studio, episode_id)]
    return EditAnswer(ok=True, item=item, stale=rows)


async def _episodes_touched(unit: Unit, entity: Entity) -> list[UUID]:
    """The episodes whose film an edit of this record may touch; none when its owner is gone."""
    if isinstance(entity, Asset):
        return []
    if isinstance(entity, Project):
        owner, episode = entity, None
    else:
        owners = await owners_of(unit, entity)
        owner, episode = owners.project, owners.episode
    if episode is not None:
        return [episode.id]
    if owner is None:
        return []
    found = await unit.find(Episode, project_id=owner.id, order_by=("order", "id"))
    return [row.id for row in found]
