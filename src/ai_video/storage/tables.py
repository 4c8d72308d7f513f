"""One table per entity of `domain.entities`, plus `event`, `cost` and `model_answer`.

A column has its entity field's name; nested values and lists are JSON. Children that make no sense
alone go with their parent; a pointer to something removed becomes empty. Assets that a take or a
video shows cannot be removed; that is checked at commit, so that a whole project can go at once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DDL, BigInteger, ForeignKey, Index, Integer, UniqueConstraint, event
from sqlalchemy.orm import Mapped, MappedColumn, mapped_column

from ai_video.domain import entities as e
from ai_video.storage.base import Base, JsonColumn, choices_of
from ai_video.storage.engines import EVENT_LOCK


class EntityRow(Base):
    """The columns that every entity has."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-10)
    revision: Mapped[int] = mapped_column(sort_order=90)
    created_at: Mapped[datetime] = mapped_column(sort_order=91)
    updated_at: Mapped[datetime] = mapped_column(sort_order=92)


def _owned_by(table: str) -> MappedColumn[Any]:
    """A parent without which the row goes."""
    return mapped_column(ForeignKey(f"{table}.id", ondelete="CASCADE"), index=True)


def _points_to(table: str) -> MappedColumn[Any]:
    """Something that may go; then the pointer is empty."""
    return mapped_column(ForeignKey(f"{table}.id", ondelete="SET NULL"), index=True)


def _shows(table: str) -> MappedColumn[Any]:
    """Something that stays while this row is there."""
    return mapped_column(
        ForeignKey(f"{table}.id", deferrable=True, initially="DEFERRED"), index=True
    )


def _selected_take() -> MappedColumn[Any]:
    """Checked at commit: a shot and its takes point to each other and may arrive in any order."""
    return mapped_column(
        ForeignKey(
            "take.id", ondelete="SET NULL", deferrable=True, initially="DEFERRED", use_alter=True
        ),
        index=True,
    )


class ProjectRow(EntityRow):
    __tablename__ = "project"

    name: Mapped[str] = mapped_column(index=True)
    description: Mapped[str]
    status: Mapped[str] = mapped_column(choices_of(e.Project, "status"))
    settings: Mapped[e.Json] = mapped_column(JsonColumn)
    source_path: Mapped[str | None]


class WorldSettingRow(EntityRow):
    __tablename__ = "world_setting"

    project_id: Mapped[UUID] = _owned_by("project")
    content: Mapped[str]
    keywords: Mapped[list[str]] = mapped_column(JsonColumn)


class CharacterRow(EntityRow):
    __tablename__ = "character"

    project_id: Mapped[UUID] = _owned_by("project")
    name: Mapped[str]
    aliases: Mapped[list[str]] = mapped_column(JsonColumn)
    description: Mapped[str]
    appearance: Mapped[str]
    personality: Mapped[str]
    gender: Mapped[str | None] = mapped_column(choices_of(e.Character, "gender"))
    age: Mapped[str | None] = mapped_column(choices_of(e.Character, "age"))
    voice: Mapped[str | None]
    reference_assets: Mapped[list[str]] = mapped_column(JsonColumn)
    face_asset_id: Mapped[UUID | None] = _points_to("asset")
    lora_model_id: Mapped[UUID | None] = _points_to("lora_asset")
    consistency_level: Mapped[str | None] = mapped_column(
        choices_of(e.Character, "consistency_level")
    )
    consistency_config: Mapped[e.Json] = mapped_column(JsonColumn)


class SceneRow(EntityRow):
    __tablename__ = "scene"

    project_id: Mapped[UUID] = _owned_by("project")
    name: Mapped[str]
    description: Mapped[str]
    reference_assets: Mapped[list[str]] = mapped_column(JsonColumn)
    control_assets: Mapped[e.Json] = mapped_column(JsonColumn)
    style_config: Mapped[e.Json] = mapped_column(JsonColumn)


class EpisodeRow(EntityRow):
    __tablename__ = "episode"

    project_id: Mapped[UUID] = _owned_by("project")
    title: Mapped[str]
    synopsis: Mapped[str]
    order: Mapped[int]
    status: Mapped[str] = mapped_column(choices_of(e.Episode, "status"))
    mode: Mapped[str | None] = mapped_column(choices_of(e.Episode, "mode"))
    length: Mapped[float | None]


class DraftRow(EntityRow):
    __tablename__ = "draft"

    project_id: Mapped[UUID] = _owned_by("project")
    idea: Mapped[str]
    mode: Mapped[str] = mapped_column(choices_of(e.Draft, "mode"))
    lang: Mapped[str] = mapped_column(choices_of(e.Draft, "lang"))
    length: Mapped[float | None]
    title: Mapped[str]
    logline: Mapped[str]
    world: Mapped[str]
    keywords: Mapped[list[str]] = mapped_column(JsonColumn)
    characters: Mapped[list[e.Json]] = mapped_column(JsonColumn)
    scenes: Mapped[list[e.Json]] = mapped_column(JsonColumn)
    outline: Mapped[list[e.Json]] = mapped_column(JsonColumn)
    script: Mapped[str]
    left_out: Mapped[list[str]] = mapped_column(JsonColumn)
    written_by: Mapped[str]
    state: Mapped[str] = mapped_column(choices_of(e.Draft, "state"))
    episode_id: Mapped[UUID | None] = _points_to("episode")


class ScriptRow(EntityRow):
    __tablename__ = "script"
    __table_args__ = (UniqueConstraint("episode_id", "version"),)

    episode_id: Mapped[UUID] = _owned_by("episode")
    content: Mapped[str]
    structured_content: Mapped[e.Json] = mapped_column(JsonColumn)
    version: Mapped[int]
    degraded: Mapped[list[e.Json]] = mapped_column(JsonColumn)
    planned: Mapped[bool]
    planned_by: Mapped[str]
    planned_shots: Mapped[list[str]] = mapped_column(JsonColumn)


class StoryboardRow(EntityRow):
    __tablename__ = "storyboard"
    __table_args__ = (Index(None, "episode_id", "shot_number"),)

    episode_id: Mapped[UUID] = mapped_column(ForeignKey("episode.id", ondelete="CASCADE"))
    scene_number: Mapped[int]
    shot_number: Mapped[int]
    description: Mapped[str]
    duration: Mapped[float]
    camera_movement: Mapped[str | None]
    characters: Mapped[list[str]] = mapped_column(JsonColumn)
    scene_id: Mapped[UUID | None] = _points_to("scene")
    dialogue: Mapped[str]
    notes: Mapped[str]
    thumbnail_asset_id: Mapped[UUID | None] = _points_to("asset")
    generation_config: Mapped[e.Json] = mapped_column(JsonColumn)
    slots: Mapped[e.Json] = mapped_column(JsonColumn)
    card: Mapped[e.Json | None] = mapped_column(JsonColumn)
    source_paragraphs: Mapped[list[int]] = mapped_column(JsonColumn)
    source_digest: Mapped[str]
    transition: Mapped[str] = mapped_column(choices_of(e.Storyboard, "transition"))
    picture_asset_id: Mapped[UUID | None] = _points_to("asset")
    image_take_id: Mapped[UUID | None] = _selected_take()
    video_take_id: Mapped[UUID | None] = _selected_take()
    image_locked: Mapped[bool]
    video_locked: Mapped[bool]


class LineRow(EntityRow):
    __tablename__ = "line"
    __table_args__ = (Index(None, "storyboard_id", "order"),)

    storyboard_id: Mapped[UUID] = mapped_column(ForeignKey("storyboard.id", ondelete="CASCADE"))
    order: Mapped[int]
    character_id: Mapped[UUID | None] = _points_to("character")
    speaker: Mapped[str]
    text: Mapped[str]
    delivery: Mapped[str]
    translation: Mapped[str]
    pronunciation: Mapped[e.Json] = mapped_column(JsonColumn)
    voice: Mapped[str | None]
    speed: Mapped[float]
    audio_take_id: Mapped[UUID | None] = _selected_take()
    audio_locked: Mapped[bool]


class TakeRow(EntityRow):
    __tablename__ = "take"

    kind: Mapped[str] = mapped_column(choices_of(e.Take, "kind"))
    storyboard_id: Mapped[UUID | None] = _owned_by("storyboard")
    line_id: Mapped[UUID | None] = _owned_by("line")
    part: Mapped[int | None]
    asset_id: Mapped[UUID] = _shows("asset")
    fingerprint: Mapped[str | None] = mapped_column(index=True)
    seed: Mapped[int | None] = mapped_column(BigInteger)
    workflow_json: Mapped[e.Json | None] = mapped_column(JsonColumn)
    facts: Mapped[e.Json] = mapped_column(JsonColumn)
    scores: Mapped[e.Json] = mapped_column(JsonColumn)
    defects: Mapped[list[str]] = mapped_column(JsonColumn)
    verdict: Mapped[str] = mapped_column(choices_of(e.Take, "verdict"))
    decision: Mapped[e.Json] = mapped_column(JsonColumn)
    purpose: Mapped[str] = mapped_column(choices_of(e.Take, "purpose"))
    origin: Mapped[str] = mapped_column(choices_of(e.Take, "origin"))
    selected_by: Mapped[str | None] = mapped_column(choices_of(e.Take, "selected_by"))
    task_id: Mapped[UUID | None] = mapped_column(index=True)
    attempt_id: Mapped[UUID | None]
    """No foreign keys: a take outlives the record of the run that made it."""


class AssetRow(EntityRow):
    __tablename__ = "asset"

    project_id: Mapped[UUID | None] = _owned_by("project")
    kind: Mapped[str] = mapped_column(choices_of(e.Asset, "kind"))
    origin: Mapped[str] = mapped_column(choices_of(e.Asset, "origin"))
    name: Mapped[str]
    sha256: Mapped[str] = mapped_column(index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str]
    width: Mapped[int | None]
    height: Mapped[int | None]
    duration: Mapped[float | None]
    licence: Mapped[str]
    provenance: Mapped[e.Json] = mapped_column(JsonColumn)
    embedding_state: Mapped[str] = mapped_column(choices_of(e.Asset, "embedding_state"))


class GeneratedVideoRow(EntityRow):
    __tablename__ = "generated_video"
    __table_args__ = (UniqueConstraint("episode_id", "version"),)

    episode_id: Mapped[UUID] = _owned_by("episode")
    asset_id: Mapped[UUID] = _shows("asset")
    version: Mapped[int]
    composition_config: Mapped[e.Json] = mapped_column(JsonColumn)
    fingerprint: Mapped[str]


class TimelineRow(EntityRow):
    __tablename__ = "timeline"
    __table_args__ = (UniqueConstraint("episode_id", "version"),)

    episode_id: Mapped[UUID] = _owned_by("episode")
    origin: Mapped[str] = mapped_column(choices_of(e.Timeline, "origin"))
    version: Mapped[int]
    document: Mapped[e.Json] = mapped_column(JsonColumn)


class ComfyWorkflowRow(EntityRow):
    __tablename__ = "comfy_workflow"

    name: Mapped[str] = mapped_column(index=True)
    description: Mapped[str]
    category: Mapped[str] = mapped_column(choices_of(e.ComfyWorkflow, "category"))
    purpose: Mapped[str]
    family: Mapped[str | None]
    source_format: Mapped[str] = mapped_column(choices_of(e.ComfyWorkflow, "source_format"))
    workflow_json: Mapped[e.Json] = mapped_column(JsonColumn)
    input_schema: Mapped[list[e.Json]] = mapped_column(JsonColumn)
    outputs: Mapped[list[e.Json]] = mapped_column(JsonColumn)
    required_nodes: Mapped[list[e.Json]] = mapped_column(JsonColumn)
    required_models: Mapped[list[e.Json]] = mapped_column(JsonColumn)
    unresolved: Mapped[list[e.Json]] = mapped_column(JsonColumn)
    presets: Mapped[e.Json] = mapped_column(JsonColumn)
    tags: Mapped[list[str]] = mapped_column(JsonColumn)


class ComfyServerRow(EntityRow):
    __tablename__ = "comfy_server"

    url: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(choices_of(e.ComfyServer, "kind"))
    headers: Mapped[e.Json] = mapped_column(JsonColumn)
    verify_tls: Mapped[bool]
    restart_command: Mapped[list[str]] = mapped_column(JsonColumn)
    capabilities: Mapped[e.Json] = mapped_column(JsonColumn)
    health: Mapped[e.Json] = mapped_column(JsonColumn)
    cost_per_hour: Mapped[float | None]
    currency: Mapped[str]


class EnabledModelRow(EntityRow):
    __tablename__ = "enabled_model"

    name: Mapped[str] = mapped_column(choices_of(e.EnabledModel, "name"), unique=True)
    url: Mapped[str]
    model: Mapped[str]
    key_env: Mapped[str]
    input_price: Mapped[float | None]
    output_price: Mapped[float | None]
    own_settings: Mapped[bool]
    accepted_at: Mapped[datetime]
    accepted_by: Mapped[str]


class LoraAssetRow(EntityRow):
    __tablename__ = "lora_asset"
    __table_args__ = (
        Index(None, "project_id", "type"),
        Index(None, "tags", postgresql_using="gin"),
    )

    name: Mapped[str]
    description: Mapped[str]
    type: Mapped[str] = mapped_column(choices_of(e.LoraAsset, "type"))
    status: Mapped[str] = mapped_column(choices_of(e.LoraAsset, "status"))
    base_model: Mapped[str] = mapped_column(index=True)
    base_model_hash: Mapped[str]
    trigger_words: Mapped[list[str]] = mapped_column(JsonColumn)
    recommended_weight: Mapped[float]
    weight_range: Mapped[e.Json] = mapped_column(JsonColumn)
    file_path: Mapped[str]
    file_size: Mapped[int] = mapped_column(BigInteger)
    file_hash: Mapped[str]
    preview_images: Mapped[list[str]] = mapped_column(JsonColumn)
    training_task_id: Mapped[UUID | None]
    """No foreign key: the training task already points to its LoRA."""
    metadata_: Mapped[e.Json] = mapped_column("metadata", JsonColumn)
    tags: Mapped[list[str]] = mapped_column(JsonColumn)
    usage_count: Mapped[int]
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("project.id", ondelete="SET NULL"))
    created_by: Mapped[str]


class LoraTrainingTaskRow(EntityRow):
    __tablename__ = "lora_training_task"

    name: Mapped[str]
    lora_asset_id: Mapped[UUID | None] = _points_to("lora_asset")
    status: Mapped[str] = mapped_column(choices_of(e.LoraTrainingTask, "status"))
    type: Mapped[str] = mapped_column(choices_of(e.LoraTrainingTask, "type"))
    base_model: Mapped[str]
    training_images: Mapped[list[str]] = mapped_column(JsonColumn)
    training_config: Mapped[e.Json] = mapped_column(JsonColumn)
    regularization_images: Mapped[list[str]] = mapped_column(JsonColumn)
    trigger_word: Mapped[str]
    progress: Mapped[e.Json] = mapped_column(JsonColumn)
    resource_usage: Mapped[e.Json] = mapped_column(JsonColumn)
    error_message: Mapped[str]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    created_by: Mapped[str]


class EpisodeEditRow(EntityRow):
    __tablename__ = "episode_edit"
    __table_args__ = (UniqueConstraint("episode_id", "number"),)

    episode_id: Mapped[UUID] = _owned_by("episode")
    number: Mapped[int]
    undone: Mapped[bool]
    label: Mapped[str]
    before: Mapped[e.Json] = mapped_column(JsonColumn)
    after: Mapped[e.Json] = mapped_column(JsonColumn)


class ConversationRow(EntityRow):
    __tablename__ = "conversation"

    project_id: Mapped[UUID] = _owned_by("project")
    title: Mapped[str]
    provider: Mapped[str]
    model: Mapped[str]
    session: Mapped[str | None]


class ConversationMessageRow(EntityRow):
    __tablename__ = "conversation_message"
    __table_args__ = (UniqueConstraint("conversation_id", "number"),)

    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    number: Mapped[int]
    role: Mapped[str] = mapped_column(choices_of(e.ConversationMessage, "role"))
    text: Mapped[str]
    tools: Mapped[list[e.Json]] = mapped_column(JsonColumn)
    state: Mapped[str] = mapped_column(choices_of(e.ConversationMessage, "state"), index=True)
    error: Mapped[e.Json | None] = mapped_column(JsonColumn)
    provider: Mapped[str]
    model: Mapped[str]
    usage: Mapped[e.Json] = mapped_column(JsonColumn)
    holder: Mapped[e.Json] = mapped_column(JsonColumn)


class ProposalRow(EntityRow):
    __tablename__ = "proposal"

    conversation_id: Mapped[UUID] = _owned_by("conversation")
    message_id: Mapped[UUID] = _owned_by("conversation_message")
    tool: Mapped[str]
    arguments: Mapped[e.Json] = mapped_column(JsonColumn)
    changes: Mapped[list[e.Json]] = mapped_column(JsonColumn)
    preview: Mapped[e.Json] = mapped_column(JsonColumn)
    state: Mapped[str] = mapped_column(choices_of(e.Proposal, "state"), index=True)
    result: Mapped[e.Json | None] = mapped_column(JsonColumn)
    holder: Mapped[e.Json] = mapped_column(JsonColumn)
    decided_at: Mapped[datetime | None]


class EventRow(Base):
    """What happened, in the order it became visible; `seq` is never used twice."""

    __tablename__ = "event"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012  read once by SQLAlchemy

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True
    )
    at: Mapped[datetime]
    type: Mapped[str]
    subject: Mapped[str]
    data: Mapped[e.Json] = mapped_column(JsonColumn)


EVENTS_IN_ORDER = (
    f"""CREATE FUNCTION events_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock({EVENT_LOCK}); RETURN NULL; END $$""",
    """CREATE TRIGGER events_in_order BEFORE INSERT ON event
FOR EACH STATEMENT EXECUTE FUNCTION events_in_order()""",
)
"""PostgreSQL hands out numbers before the commit: without the lock a reader that goes on after the
highest one it saw would miss a lower one that becomes visible later. SQLite has one writer."""

for _statement in EVENTS_IN_ORDER:
    event.listen(
        EventRow.__table__, "after_create", DDL(_statement).execute_if(dialect="postgresql")
    )


class CostRow(Base):
    """What something cost; a cost outlives the attempt, the project and the shot it was for."""

    __tablename__ = "cost"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    amount: Mapped[float | None]
    """NULL: the price is not known."""
    currency: Mapped[str]
    unit: Mapped[str]
    provider: Mapped[str]
    attempt_id: Mapped[UUID | None] = mapped_column(index=True)
    project_id: Mapped[UUID | None] = _points_to("project")
    storyboard_id: Mapped[UUID | None] = _points_to("storyboard")
    model: Mapped[str | None]
    task: Mapped[str | None]
    """Of a call to a language model: what it was for."""
    input_tokens: Mapped[int | None]
    output_tokens: Mapped[int | None]


class ModelAnswerRow(Base):
    """What a language model answered, by the digest of what it was asked: never paid for twice."""

    __tablename__ = "model_answer"

    digest: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    provider: Mapped[str]
    model: Mapped[str]
    task: Mapped[str]
    answer: Mapped[str]
    """JSON as text: PostgreSQL's own JSON refuses a character that models may say (NUL)."""
    project_id: Mapped[UUID | None] = _owned_by("project")


ROW_OF: dict[type[e.Entity], type[EntityRow]] = {
    e.Project: ProjectRow,
    e.WorldSetting: WorldSettingRow,
    e.Character: CharacterRow,
    e.Scene: SceneRow,
    e.Episode: EpisodeRow,
    e.Draft: DraftRow,
    e.Script: ScriptRow,
    e.Storyboard: StoryboardRow,
    e.Line: LineRow,
    e.Take: TakeRow,
    e.Asset: AssetRow,
    e.GeneratedVideo: GeneratedVideoRow,
    e.Timeline: TimelineRow,
    e.ComfyWorkflow: ComfyWorkflowRow,
    e.ComfyServer: ComfyServerRow,
    e.EnabledModel: EnabledModelRow,
    e.LoraAsset: LoraAssetRow,
    e.LoraTrainingTask: LoraTrainingTaskRow,
    e.EpisodeEdit: EpisodeEditRow,
    e.Conversation: ConversationRow,
    e.ConversationMessage: ConversationMessageRow,
    e.Proposal: ProposalRow,
}
"""Where each entity is stored."""
