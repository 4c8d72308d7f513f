"""What may be done with each kind of record, and by what it is listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ai_video.domain.entities import Entity
from ai_video.errors import NotFound
from ai_video.studio.kinds import ENTITIES

Action = Literal["create", "edit", "delete"]
ALL: frozenset[Action] = frozenset({"create", "edit", "delete"})
NONE: frozenset[Action] = frozenset()
NO_FIELDS: frozenset[str] = frozenset()
STAMPS = frozenset({"id", "revision", "created_at", "updated_at"})


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record.

    Attributes:
        parent: the field that names the owner, and the owner's kind.
        order: fields that a list is sorted by.
        given: fields that only verbs of their own set.
        free: when named, the only fields that a person may set.
    """

    name: str
    word: str
    entity: type[Entity]
    parent: tuple[str, str] | None = None
    order: tuple[str, ...] = ()
    actions: frozenset[Action] = ALL
    given: frozenset[str] = frozenset()
    free: frozenset[str] | None = None

    @property
    def writable(self) -> frozenset[str]:
        """Fields that a person may set (the parent at creation only)."""
        fields = frozenset(self.entity.model_fields) if self.free is None else self.free
        return fields - STAMPS - self.given


def _kind(name: str, word: str, **rest: object) -> Kind:
    return Kind(name=name, word=word, entity=ENTITIES[name], **rest)  # pyright: ignore[reportArgumentType]  the table below is literal


_PROJECT = ("project_id", "projects")
_EPISODE = ("episode_id", "episodes")
_SLOTS = frozenset({"image_take_id", "video_take_id", "image_locked", "video_locked"})

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        _kind("projects", "project", given=frozenset({"status"})),
        _kind("world-settings", "world_setting", parent=_PROJECT),
        _kind("characters", "character", parent=_PROJECT),
        _kind("scenes", "scene", parent=_PROJECT),
        _kind("episodes", "episode", parent=_PROJECT, order=("project_id", "order")),
        _kind(
            "drafts",
            "draft",
            parent=_PROJECT,
            actions=frozenset({"edit", "delete"}),
            free=frozenset(
                {
                    "title",
                    "logline",
                    "world",
                    "keywords",
                    "characters",
                    "scenes",
                    "outline",
                    "script",
                    "length",
                }
            ),
        ),
        _kind(
            "scripts",
            "script",
            parent=_EPISODE,
            order=("episode_id", "-version"),
            actions=frozenset({"create"}),
            free=frozenset({"episode_id", "content"}),
        ),
        _kind(
            "storyboards",
            "storyboard",
            parent=_EPISODE,
            order=("episode_id", "shot_number"),
            given=_SLOTS | {"source_digest", "thumbnail_asset_id"},
        ),
        _kind(
            "lines",
            "line",
            parent=("storyboard_id", "storyboards"),
            order=("storyboard_id", "order"),
            given=frozenset({"audio_take_id", "audio_locked"}),
        ),
        _kind(
            "takes",
            "take",
            parent=("storyboard_id", "storyboards"),
            actions=frozenset({"delete"}),
            free=NO_FIELDS,
        ),
        _kind(
            "assets",
            "asset",
            parent=_PROJECT,
            actions=frozenset({"edit", "delete"}),
            free=frozenset({"name", "licence"}),
        ),
        _kind(
            "videos",
            "generated_video",
            parent=_EPISODE,
            order=("episode_id", "-version"),
            actions=NONE,
        ),
        _kind(
            "workflows",
            "comfy_workflow",
            actions=frozenset({"edit", "delete"}),
            free=frozenset({"name", "description", "category", "tags", "presets"}),
        ),
        _kind(
            "loras",
            "lora_asset",
            parent=_PROJECT,
            actions=frozenset({"edit"}),
            free=frozenset(
                {
                    "name",
                    "description",
                    "type",
                    "base_model",
                    "base_model_hash",
                    "trigger_words",
                    "tags",
                    "recommended_weight",
                    "weight_range",
                    "preview_images",
                }
            ),
        ),
        _kind("servers", "comfy_server", actions=frozenset({"delete"}), free=NO_FIELDS),
    )
}


def kind_of(name: str) -> Kind:
    """Raises: NotFound."""
    if name not in KINDS:
        raise NotFound("kind", name)
    return KINDS[name]


def kind_of_entity(entity: type[Entity]) -> Kind:
    return next(kind for kind in KINDS.values() if kind.entity is entity)
