"""What a record belongs to, whether that may be written, and whether what it names is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from ai_video.domain.entities import (
    Asset,
    Character,
    Entity,
    Episode,
    Line,
    LoraAsset,
    Project,
    Scene,
    Storyboard,
    Take,
)
from ai_video.errors import Conflict, InputRefused, NotFound
from ai_video.storage.database import Unit


@dataclass(frozen=True, slots=True)
class Owners:
    """The project and the episode that a record belongs to, where it has them."""

    project: Project | None = None
    episode: Episode | None = None


async def owners_of(unit: Unit, entity: Entity) -> Owners:
    if isinstance(entity, Project):
        return Owners(project=entity)
    if isinstance(entity, Episode):
        return Owners(project=await unit.get(Project, entity.project_id), episode=entity)
    if isinstance(entity, Line):
        return await owners_of(unit, await unit.get(Storyboard, entity.storyboard_id))
    if isinstance(entity, Take):
        if entity.line_id is not None:
            return await owners_of(unit, await unit.get(Line, entity.line_id))
        if entity.storyboard_id is not None:
            return await owners_of(unit, await unit.get(Storyboard, entity.storyboard_id))
        return Owners()
    episode_id = getattr(entity, "episode_id", None)
    if isinstance(episode_id, UUID):
        return await owners_of(unit, await unit.get(Episode, episode_id))
    project_id = getattr(entity, "project_id", None)
    if isinstance(project_id, UUID):
        return Owners(project=await unit.get(Project, project_id))
    return Owners()


async def check_writable(unit: Unit, entity: Entity) -> Owners:
    """The record's owners.

    Raises:
        Conflict: `project_archived` or `episode_archived`.
        NotFound: an owner that it names is not there.
    """
    owners = await owners_of(unit, entity)
    if owners.project is not None and owners.project.status == "archived":
        raise Conflict("project_archived")
    if owners.episode is not None and owners.episode is not entity:
        _check_not_archived(owners.episode)
    return owners


async def check_shots_writable(unit: Unit, episode: Episode) -> None:
    """Like `check_writable` for the shots of an episode."""
    await check_writable(unit, episode)
    _check_not_archived(episode)


def _check_not_archived(episode: Episode) -> None:
    if episode.status == "archived":
        raise Conflict("episode_archived", episode=episode.title)


async def check_pointers(unit: Unit, entity: Entity, names: Iterable[str]) -> None:
    """Whether everything that these fields name is there, and may be used in the project.

    Raises:
        NotFound: a scene, character, asset or LoRA that the project does not have.
        InputRefused: `lora_of_other_project`. Conflict: `lora_not_usable`.
    """
    owners = await owners_of(unit, entity)
    project_id = owners.project.id if owners.project else None
    for name in names:
        for kind, id in _pointed(entity, name):
            found = await unit.find(kind, id=id)
            foreign = kind in (Scene, Character) and any(
                getattr(row, "project_id", None) != project_id for row in found
            )
            if not found or foreign:
                raise NotFound("lora" if kind is LoraAsset else kind.__name__.lower(), str(id))
            for row in found:
                if isinstance(row, LoraAsset):
                    _check_usable(row, project_id)
                elif name == "settings" and isinstance(row, Asset) and row.kind != "audio":
                    raise InputRefused("not_music", name=row.name or str(id))


async def check_not_music(unit: Unit, asset: Asset) -> None:
    """Raises: Conflict: a project plays the file as its music."""
    for project in await unit.find(Project):
        if project.settings.music_asset_id == asset.id:
            raise Conflict("music_in_use", name=asset.name or str(asset.id), project=project.name)


def _check_usable(lora: LoraAsset, project_id: UUID | None) -> None:
    if lora.project_id not in (None, project_id):
        raise InputRefused("lora_of_other_project", name=lora.name)
    if lora.status in ("archived", "failed"):
        raise Conflict("lora_not_usable", name=lora.name, status=lora.status)


_POINTERS: dict[str, type[Entity]] = {
    "scene_id": Scene,
    "character_id": Character,
    "characters": Character,
    "reference_assets": Asset,
    "preview_images": Asset,
    "face_asset_id": Asset,
    "picture_asset_id": Asset,
    "lora_model_id": LoraAsset,
}


def _pointed(entity: Entity, name: str) -> Iterator[tuple[type[Entity], UUID]]:
    value: object = getattr(entity, name)
    if name == "control_assets" and isinstance(entity, Scene):
        control = entity.control_assets
        for id in (control.pose, control.depth, control.canny):
            if id is not None:
                yield Asset, id
    elif name == "settings" and isinstance(entity, Project):
        if entity.settings.music_asset_id is not None:
            yield Asset, entity.settings.music_asset_id
    elif name in _POINTERS and value is not None:
        ids = cast("tuple[object, ...]", value if isinstance(value, tuple) else (value,))
        for id in ids:
            if isinstance(id, UUID):  # a draft's characters are no records yet
                yield _POINTERS[name], id
