"""First schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON_VALUE = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)
MOMENT = sa.DateTime(timezone=True)
REAL: sa.Double[float] = sa.Double()


def one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def upgrade() -> None:
    op.create_table(
        "comfy_server",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kind", one_of("kind", "local", "lan", "rented"), nullable=False),
        sa.Column("headers", JSON_VALUE, nullable=False),
        sa.Column("verify_tls", sa.Boolean(), nullable=False),
        sa.Column("restart_command", JSON_VALUE, nullable=False),
        sa.Column("capabilities", JSON_VALUE, nullable=False),
        sa.Column("health", JSON_VALUE, nullable=False),
        sa.Column("cost_per_hour", REAL, nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comfy_server")),
        sa.UniqueConstraint("url", name=op.f("uq_comfy_server_url")),
    )
    op.create_table(
        "comfy_workflow",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("category", one_of("category", "image", "video", "animation"), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=True),
        sa.Column("source_format", one_of("source_format", "api", "ui"), nullable=False),
        sa.Column("workflow_json", JSON_VALUE, nullable=False),
        sa.Column("input_schema", JSON_VALUE, nullable=False),
        sa.Column("outputs", JSON_VALUE, nullable=False),
        sa.Column("required_nodes", JSON_VALUE, nullable=False),
        sa.Column("required_models", JSON_VALUE, nullable=False),
        sa.Column("unresolved", JSON_VALUE, nullable=False),
        sa.Column("presets", JSON_VALUE, nullable=False),
        sa.Column("tags", JSON_VALUE, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comfy_workflow")),
    )
    op.create_index(op.f("ix_comfy_workflow_name"), "comfy_workflow", ["name"])

    op.create_table(
        "enabled_model",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", one_of("name", "claude-code", "anthropic", "openai"), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("key_env", sa.Text(), nullable=False),
        sa.Column("input_price", REAL, nullable=True),
        sa.Column("output_price", REAL, nullable=True),
        sa.Column("own_settings", sa.Boolean(), nullable=False),
        sa.Column("accepted_at", MOMENT, nullable=False),
        sa.Column("accepted_by", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enabled_model")),
        sa.UniqueConstraint("name", name=op.f("uq_enabled_model_name")),
    )

    op.create_table(
        "event",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("data", JSON_VALUE, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "project",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column(
            "status",
            one_of("status", "draft", "in_progress", "completed", "archived"),
            nullable=False,
        ),
        sa.Column("settings", JSON_VALUE, nullable=False),
        sa.Column("source_path", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
    )
    op.create_index(op.f("ix_project_name"), "project", ["name"])

    op.create_table(
        "scheduler_lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("until", REAL, nullable=False),
        sa.Column("wake", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_scheduler_lease")),
    )
    op.create_table(
        "task_output",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("assets", JSON_VALUE, nullable=False),
        sa.Column("facts", JSON_VALUE, nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_output")),
    )
    op.create_index(op.f("ix_task_output_mark"), "task_output", ["mark"], unique=False)
    op.create_table(
        "asset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            one_of("kind", "image", "video", "audio", "subtitle", "document", "lora", "other"),
            nullable=False,
        ),
        sa.Column("origin", one_of("origin", "uploaded", "generated", "imported"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("duration", REAL, nullable=True),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("provenance", JSON_VALUE, nullable=False),
        sa.Column(
            "embedding_state", one_of("embedding_state", "none", "pending", "done"), nullable=False
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name=op.f("fk_asset_project_id_project"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset")),
    )
    op.create_index(op.f("ix_asset_project_id"), "asset", ["project_id"])
    op.create_index(op.f("ix_asset_sha256"), "asset", ["sha256"])

    op.create_table(
        "conversation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name=op.f("fk_conversation_project_id_project"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
    )
    op.create_index(op.f("ix_conversation_project_id"), "conversation", ["project_id"])
    op.create_table(
        "conversation_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("role", one_of("role", "user", "assistant"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("tools", JSON_VALUE, nullable=False),
        sa.Column(
            "state", one_of("state", "running", "done", "interrupted", "failed"), nullable=False
        ),
        sa.Column("error", JSON_VALUE, nullable=True),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("usage", JSON_VALUE, nullable=False),
        sa.Column("holder", JSON_VALUE, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_conversation_message_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_message")),
        sa.UniqueConstraint(
            "conversation_id", "number", name=op.f("uq_conversation_message_conversation_id_number")
        ),
    )
    op.create_index(op.f("ix_conversation_message_state"), "conversation_message", ["state"])
    op.create_table(
        "proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("tool", sa.Text(), nullable=False),
        sa.Column("arguments", JSON_VALUE, nullable=False),
        sa.Column("changes", JSON_VALUE, nullable=False),
        sa.Column("preview", JSON_VALUE, nullable=False),
        sa.Column(
            "state",
            one_of("state", "open", "accepting", "accepted", "rejected", "outdated"),
            nullable=False,
        ),
        sa.Column("result", JSON_VALUE, nullable=True),
        sa.Column("holder", JSON_VALUE, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_proposal_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["conversation_message.id"],
            name=op.f("fk_proposal_message_id_conversation_message"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_index(op.f("ix_proposal_conversation_id"), "proposal", ["conversation_id"])
    op.create_index(op.f("ix_proposal_message_id"), "proposal", ["message_id"])
    op.create_index(op.f("ix_proposal_state"), "proposal", ["state"])

    op.create_table(
        "episode",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("synopsis", sa.Text(), nullable=False),
        sa.Column("order", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            one_of(
                "status", "draft", "scripted", "storyboarded", "generating", "completed", "archived"
            ),
            nullable=False,
        ),
        sa.Column("mode", one_of("mode", "drama", "news", "science", "narration"), nullable=True),
        sa.Column("length", REAL, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name=op.f("fk_episode_project_id_project"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_episode")),
    )
    op.create_index(op.f("ix_episode_project_id"), "episode", ["project_id"])

    op.create_table(
        "draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("idea", sa.Text(), nullable=False),
        sa.Column("mode", one_of("mode", "drama", "news", "science", "narration"), nullable=False),
        sa.Column("lang", one_of("lang", "zh", "en"), nullable=False),
        sa.Column("length", REAL, nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("logline", sa.Text(), nullable=False),
        sa.Column("world", sa.Text(), nullable=False),
        sa.Column("keywords", JSON_VALUE, nullable=False),
        sa.Column("characters", JSON_VALUE, nullable=False),
        sa.Column("scenes", JSON_VALUE, nullable=False),
        sa.Column("outline", JSON_VALUE, nullable=False),
        sa.Column("script", sa.Text(), nullable=False),
        sa.Column("left_out", JSON_VALUE, nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("state", one_of("state", "open", "accepted"), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["episode.id"],
            name=op.f("fk_draft_episode_id_episode"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name=op.f("fk_draft_project_id_project"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
    )
    op.create_index(op.f("ix_draft_episode_id"), "draft", ["episode_id"])
    op.create_index(op.f("ix_draft_project_id"), "draft", ["project_id"])

    op.create_table(
        "lora_asset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column(
            "type", one_of("type", "character", "style", "concept", "object"), nullable=False
        ),
        sa.Column(
            "status",
            one_of("status", "pending", "training", "ready", "failed", "archived"),
            nullable=False,
        ),
        sa.Column("base_model", sa.Text(), nullable=False),
        sa.Column("base_model_hash", sa.Text(), nullable=False),
        sa.Column("trigger_words", JSON_VALUE, nullable=False),
        sa.Column("recommended_weight", REAL, nullable=False),
        sa.Column("weight_range", JSON_VALUE, nullable=False),
        sa.Column("file_path", sa.Text(), nullable=False),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("file_hash", sa.Text(), nullable=False),
        sa.Column("preview_images", JSON_VALUE, nullable=False),
        sa.Column("training_task_id", sa.Uuid(), nullable=True),
        sa.Column("metadata", JSON_VALUE, nullable=False),
        sa.Column("tags", JSON_VALUE, nullable=False),
        sa.Column("usage_count", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name=op.f("fk_lora_asset_project_id_project"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lora_asset")),
    )
    op.create_index(op.f("ix_lora_asset_base_model"), "lora_asset", ["base_model"])
    op.create_index(op.f("ix_lora_asset_project_id_type"), "lora_asset", ["project_id", "type"])
    op.create_index(op.f("ix_lora_asset_tags"), "lora_asset", ["tags"], postgresql_using="gin")

    op.create_table(
        "scene",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("reference_assets", JSON_VALUE, nullable=False),
        sa.Column("control_assets", JSON_VALUE, nullable=False),
        sa.Column("style_config", JSON_VALUE, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name=op.f("fk_scene_project_id_project"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scene")),
    )
    op.create_index(op.f("ix_scene_project_id"), "scene", ["project_id"])

    op.create_table(
        "world_setting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("keywords", JSON_VALUE, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name=op.f("fk_world_setting_project_id_project"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_world_setting")),
    )
    op.create_index(op.f("ix_world_setting_project_id"), "world_setting", ["project_id"])

    op.create_table(
        "character",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("aliases", JSON_VALUE, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("appearance", sa.Text(), nullable=False),
        sa.Column("personality", sa.Text(), nullable=False),
        sa.Column("gender", one_of("gender", "male", "female"), nullable=True),
        sa.Column("age", one_of("age", "child", "young", "adult", "old"), nullable=True),
        sa.Column("voice", sa.Text(), nullable=True),
        sa.Column("reference_assets", JSON_VALUE, nullable=False),
        sa.Column("face_asset_id", sa.Uuid(), nullable=True),
        sa.Column("lora_model_id", sa.Uuid(), nullable=True),
        sa.Column(
            "consistency_level", one_of("consistency_level", "low", "medium", "high"), nullable=True
        ),
        sa.Column("consistency_config", JSON_VALUE, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["face_asset_id"],
            ["asset.id"],
            name=op.f("fk_character_face_asset_id_asset"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["lora_model_id"],
            ["lora_asset.id"],
            name=op.f("fk_character_lora_model_id_lora_asset"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name=op.f("fk_character_project_id_project"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_character")),
    )
    op.create_index(op.f("ix_character_face_asset_id"), "character", ["face_asset_id"])
    op.create_index(op.f("ix_character_lora_model_id"), "character", ["lora_model_id"])
    op.create_index(op.f("ix_character_project_id"), "character", ["project_id"])

    op.create_table(
        "episode_edit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("before", JSON_VALUE, nullable=False),
        sa.Column("after", JSON_VALUE, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["episode.id"],
            name=op.f("fk_episode_edit_episode_id_episode"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_episode_edit")),
        sa.UniqueConstraint("episode_id", "number", name=op.f("uq_episode_edit_episode_id_number")),
    )
    op.create_index(op.f("ix_episode_edit_episode_id"), "episode_edit", ["episode_id"])

    op.create_table(
        "generated_video",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("composition_config", JSON_VALUE, nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"],
            ["asset.id"],
            name=op.f("fk_generated_video_asset_id_asset"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["episode.id"],
            name=op.f("fk_generated_video_episode_id_episode"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_generated_video")),
        sa.UniqueConstraint(
            "episode_id", "version", name=op.f("uq_generated_video_episode_id_version")
        ),
    )
    op.create_index(op.f("ix_generated_video_asset_id"), "generated_video", ["asset_id"])
    op.create_index(op.f("ix_generated_video_episode_id"), "generated_video", ["episode_id"])

    op.create_table(
        "lora_training_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lora_asset_id", sa.Uuid(), nullable=True),
        sa.Column(
            "status",
            one_of("status", "preparing", "queued", "training", "completed", "failed", "cancelled"),
            nullable=False,
        ),
        sa.Column(
            "type", one_of("type", "character", "style", "concept", "object"), nullable=False
        ),
        sa.Column("base_model", sa.Text(), nullable=False),
        sa.Column("training_images", JSON_VALUE, nullable=False),
        sa.Column("training_config", JSON_VALUE, nullable=False),
        sa.Column("regularization_images", JSON_VALUE, nullable=False),
        sa.Column("trigger_word", sa.Text(), nullable=False),
        sa.Column("progress", JSON_VALUE, nullable=False),
        sa.Column("resource_usage", JSON_VALUE, nullable=False),
        sa.Column("error_message", sa.Text(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("completed_at", MOMENT, nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["lora_asset_id"],
            ["lora_asset.id"],
            name=op.f("fk_lora_training_task_lora_asset_id_lora_asset"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lora_training_task")),
    )
    op.create_index(
        op.f("ix_lora_training_task_lora_asset_id"), "lora_training_task", ["lora_asset_id"]
    )

    op.create_table(
        "script",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("structured_content", JSON_VALUE, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("degraded", JSON_VALUE, nullable=False),
        sa.Column("planned", sa.Boolean(), nullable=False),
        sa.Column("planned_by", sa.Text(), nullable=False),
        sa.Column("planned_shots", JSON_VALUE, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["episode.id"],
            name=op.f("fk_script_episode_id_episode"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_script")),
        sa.UniqueConstraint("episode_id", "version", name=op.f("uq_script_episode_id_version")),
    )
    op.create_index(op.f("ix_script_episode_id"), "script", ["episode_id"])

    op.create_table(
        "storyboard",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("scene_number", sa.Integer(), nullable=False),
        sa.Column("shot_number", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("duration", REAL, nullable=False),
        sa.Column("camera_movement", sa.Text(), nullable=True),
        sa.Column("characters", JSON_VALUE, nullable=False),
        sa.Column("scene_id", sa.Uuid(), nullable=True),
        sa.Column("dialogue", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("thumbnail_asset_id", sa.Uuid(), nullable=True),
        sa.Column("generation_config", JSON_VALUE, nullable=False),
        sa.Column("slots", JSON_VALUE, nullable=False),
        sa.Column("card", JSON_VALUE, nullable=True),
        sa.Column("source_paragraphs", JSON_VALUE, nullable=False),
        sa.Column("source_digest", sa.Text(), nullable=False),
        sa.Column(
            "transition",
            one_of("transition", "cut", "crossfade", "fade_in", "fade_out", "dip", "wipe"),
            nullable=False,
        ),
        sa.Column("picture_asset_id", sa.Uuid(), nullable=True),
        sa.Column("image_take_id", sa.Uuid(), nullable=True),
        sa.Column("video_take_id", sa.Uuid(), nullable=True),
        sa.Column("image_locked", sa.Boolean(), nullable=False),
        sa.Column("video_locked", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["episode.id"],
            name=op.f("fk_storyboard_episode_id_episode"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["image_take_id"],
            ["take.id"],
            name=op.f("fk_storyboard_image_take_id_take"),
            ondelete="SET NULL",
            initially="DEFERRED",
            deferrable=True,
            use_alter=True,
        ),
        sa.ForeignKeyConstraint(
            ["picture_asset_id"],
            ["asset.id"],
            name=op.f("fk_storyboard_picture_asset_id_asset"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["scene_id"],
            ["scene.id"],
            name=op.f("fk_storyboard_scene_id_scene"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["thumbnail_asset_id"],
            ["asset.id"],
            name=op.f("fk_storyboard_thumbnail_asset_id_asset"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["video_take_id"],
            ["take.id"],
            name=op.f("fk_storyboard_video_take_id_take"),
            ondelete="SET NULL",
            initially="DEFERRED",
            deferrable=True,
            use_alter=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storyboard")),
    )
    op.create_index(
        op.f("ix_storyboard_episode_id_shot_number"), "storyboard", ["episode_id", "shot_number"]
    )
    op.create_index(op.f("ix_storyboard_image_take_id"), "storyboard", ["image_take_id"])
    op.create_index(op.f("ix_storyboard_picture_asset_id"), "storyboard", ["picture_asset_id"])
    op.create_index(op.f("ix_storyboard_scene_id"), "storyboard", ["scene_id"])
    op.create_index(op.f("ix_storyboard_thumbnail_asset_id"), "storyboard", ["thumbnail_asset_id"])
    op.create_index(op.f("ix_storyboard_video_take_id"), "storyboard", ["video_take_id"])

    op.create_table(
        "cost",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("amount", REAL, nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("storyboard_id", sa.Uuid(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("task", sa.Text(), nullable=True),
        sa.Column("input_tokens", sa.Integer(), nullable=True),
        sa.Column("output_tokens", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name=op.f("fk_cost_project_id_project"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["storyboard_id"],
            ["storyboard.id"],
            name=op.f("fk_cost_storyboard_id_storyboard"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost")),
    )
    op.create_index(op.f("ix_cost_attempt_id"), "cost", ["attempt_id"])
    op.create_index(op.f("ix_cost_project_id"), "cost", ["project_id"])
    op.create_index(op.f("ix_cost_storyboard_id"), "cost", ["storyboard_id"])

    op.create_table(
        "model_answer",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name=op.f("fk_model_answer_project_id_project"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_model_answer")),
    )
    op.create_index(op.f("ix_model_answer_project_id"), "model_answer", ["project_id"])

    op.create_table(
        "task_dag",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=True),
        sa.Column(
            "status",
            one_of("status", "pending", "running", "completed", "failed", "cancelled"),
            nullable=False,
        ),
        sa.Column("trigger_type", one_of("trigger", "manual", "scheduled", "api"), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("total_tasks", sa.Integer(), nullable=False),
        sa.Column("completed_tasks", sa.Integer(), nullable=False),
        sa.Column("failed_tasks", sa.Integer(), nullable=False),
        sa.Column("skipped_tasks", sa.Integer(), nullable=False),
        sa.Column("cancelled_tasks", sa.Integer(), nullable=False),
        sa.Column("start_at", MOMENT, nullable=True),
        sa.Column("paused_at", MOMENT, nullable=True),
        sa.Column("cancelling", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("completed_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["episode.id"],
            name=op.f("fk_task_dag_episode_id_episode"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_dag")),
    )
    op.create_index(op.f("ix_task_dag_episode_id"), "task_dag", ["episode_id"])
    op.create_index(op.f("ix_task_dag_status"), "task_dag", ["status"])

    op.create_table(
        "timeline",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("origin", one_of("origin", "auto", "edited"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", JSON_VALUE, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["episode.id"],
            name=op.f("fk_timeline_episode_id_episode"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timeline")),
        sa.UniqueConstraint("episode_id", "version", name=op.f("uq_timeline_episode_id_version")),
    )
    op.create_index(op.f("ix_timeline_episode_id"), "timeline", ["episode_id"])

    op.create_table(
        "generation_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dag_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=True),
        sa.Column("task_type", sa.Text(), nullable=False),
        sa.Column(
            "status",
            one_of(
                "status",
                "pending",
                "running",
                "completed",
                "failed",
                "retry_pending",
                "manual_review",
                "cancelled",
                "skipped",
            ),
            nullable=False,
        ),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("input_params", JSON_VALUE, nullable=False),
        sa.Column("storyboard_id", sa.Uuid(), nullable=True),
        sa.Column("line_id", sa.Uuid(), nullable=True),
        sa.Column("workflow_id", sa.Uuid(), nullable=True),
        sa.Column("pending_parents", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("satisfied", sa.Boolean(), nullable=False),
        sa.Column("output_assets", JSON_VALUE, nullable=True),
        sa.Column("output_facts", JSON_VALUE, nullable=True),
        sa.Column("error_class", sa.Text(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_count", sa.Integer(), nullable=False),
        sa.Column("free_retries", sa.Integer(), nullable=False),
        sa.Column("max_retries", sa.Integer(), nullable=False),
        sa.Column("retry_delay", REAL, nullable=False),
        sa.Column("timeout", REAL, nullable=False),
        sa.Column("not_before", MOMENT, nullable=True),
        sa.Column("cancelling", sa.Boolean(), nullable=False),
        sa.Column("resource_requirements", JSON_VALUE, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("completed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["dag_id"],
            ["task_dag.id"],
            name=op.f("fk_generation_task_dag_id_task_dag"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_generation_task")),
    )
    op.create_index(
        op.f("ix_generation_task_dag_id_position"),
        "generation_task",
        ["dag_id", "position"],
        unique=True,
    )

    op.create_table(
        "line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("storyboard_id", sa.Uuid(), nullable=False),
        sa.Column("order", sa.Integer(), nullable=False),
        sa.Column("character_id", sa.Uuid(), nullable=True),
        sa.Column("speaker", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("translation", sa.Text(), nullable=False),
        sa.Column("pronunciation", JSON_VALUE, nullable=False),
        sa.Column("voice", sa.Text(), nullable=True),
        sa.Column("speed", REAL, nullable=False),
        sa.Column("audio_take_id", sa.Uuid(), nullable=True),
        sa.Column("audio_locked", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["audio_take_id"],
            ["take.id"],
            name=op.f("fk_line_audio_take_id_take"),
            ondelete="SET NULL",
            initially="DEFERRED",
            deferrable=True,
            use_alter=True,
        ),
        sa.ForeignKeyConstraint(
            ["character_id"],
            ["character.id"],
            name=op.f("fk_line_character_id_character"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["storyboard_id"],
            ["storyboard.id"],
            name=op.f("fk_line_storyboard_id_storyboard"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line")),
    )
    op.create_index(op.f("ix_line_audio_take_id"), "line", ["audio_take_id"])
    op.create_index(op.f("ix_line_character_id"), "line", ["character_id"])
    op.create_index(op.f("ix_line_storyboard_id_order"), "line", ["storyboard_id", "order"])

    op.create_table(
        "take",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", one_of("kind", "image", "video", "audio"), nullable=False),
        sa.Column("storyboard_id", sa.Uuid(), nullable=True),
        sa.Column("line_id", sa.Uuid(), nullable=True),
        sa.Column("part", sa.Integer(), nullable=True),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("workflow_json", JSON_VALUE, nullable=True),
        sa.Column("facts", JSON_VALUE, nullable=False),
        sa.Column("scores", JSON_VALUE, nullable=False),
        sa.Column("defects", JSON_VALUE, nullable=False),
        sa.Column(
            "verdict", one_of("verdict", "accepted", "degraded", "discarded"), nullable=False
        ),
        sa.Column("decision", JSON_VALUE, nullable=False),
        sa.Column("purpose", one_of("purpose", "film", "candidate"), nullable=False),
        sa.Column("origin", one_of("origin", "generated", "uploaded"), nullable=False),
        sa.Column("selected_by", one_of("selected_by", "user", "auto"), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"],
            ["asset.id"],
            name=op.f("fk_take_asset_id_asset"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["line.id"], name=op.f("fk_take_line_id_line"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["storyboard_id"],
            ["storyboard.id"],
            name=op.f("fk_take_storyboard_id_storyboard"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_take")),
    )
    op.create_index(op.f("ix_take_asset_id"), "take", ["asset_id"])
    op.create_index(op.f("ix_take_fingerprint"), "take", ["fingerprint"])
    op.create_index(op.f("ix_take_line_id"), "take", ["line_id"])
    op.create_index(op.f("ix_take_storyboard_id"), "take", ["storyboard_id"])
    op.create_index(op.f("ix_take_task_id"), "take", ["task_id"])

    op.create_table(
        "task_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("begun_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column(
            "outcome", one_of("outcome", "completed", "failed", "lost", "cancelled"), nullable=True
        ),
        sa.Column(
            "error_class",
            one_of("error_class", "transient", "resource", "configuration", "system"),
            nullable=True,
        ),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("server", sa.Text(), nullable=True),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=False),
        sa.Column("progress", REAL, nullable=True),
        sa.Column("progress_message", sa.Text(), nullable=True),
        sa.Column("log_tail", sa.Text(), nullable=False),
        sa.Column("adoptions", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["generation_task.id"],
            name=op.f("fk_task_attempt_task_id_generation_task"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_attempt")),
    )
    op.create_index(
        op.f("ix_task_attempt_task_id_number"), "task_attempt", ["task_id", "number"], unique=True
    )

    op.create_table(
        "task_edge",
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["child_id"],
            ["generation_task.id"],
            name=op.f("fk_task_edge_child_id_generation_task"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["generation_task.id"],
            name=op.f("fk_task_edge_parent_id_generation_task"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("child_id", "position", name=op.f("pk_task_edge")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_task_edge_parent_id"), "task_edge", ["parent_id"])
    _tables_for_workers()
    if op.get_context().dialect.name == "postgresql":
        _close_the_circle()
        _keep_events_in_order()


def _tables_for_workers() -> None:
    op.create_table(
        "installation",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_installation")),
    )
    op.create_table(
        "worker",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("beats", sa.Integer(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
    )
    op.create_table(
        "task_dispatch",
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("remote", sa.Boolean(), nullable=False),
        sa.Column("adopt", sa.Boolean(), nullable=False),
        sa.Column("cancelling", sa.Boolean(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("progress", REAL, nullable=True),
        sa.Column("progress_message", sa.Text(), nullable=False),
        sa.Column("log_tail", sa.Text(), nullable=False),
        sa.Column("server", sa.Text(), nullable=True),
        sa.Column(
            "how",
            one_of("how", "completed", "failed", "lost", "cancelled", "given_back", "died"),
            nullable=True,
        ),
        sa.Column("output_assets", JSON_VALUE, nullable=True),
        sa.Column("output_facts", JSON_VALUE, nullable=True),
        sa.Column(
            "error_class",
            one_of("error_class", "transient", "resource", "configuration", "system"),
            nullable=True,
        ),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["task_attempt.id"],
            name=op.f("fk_task_dispatch_attempt_id_task_attempt"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_task_dispatch")),
    )
    op.create_index(op.f("ix_task_dispatch_worker_id"), "task_dispatch", ["worker_id"])


def _close_the_circle() -> None:
    """Shots and takes point to each other; SQLite takes such keys with the table, PostgreSQL later."""
    for name, table, column in (
        ("fk_storyboard_image_take_id_take", "storyboard", "image_take_id"),
        ("fk_storyboard_video_take_id_take", "storyboard", "video_take_id"),
        ("fk_line_audio_take_id_take", "line", "audio_take_id"),
    ):
        op.create_foreign_key(
            name,
            table,
            "take",
            [column],
            ["id"],
            ondelete="SET NULL",
            deferrable=True,
            initially="DEFERRED",
        )


def _keep_events_in_order() -> None:
    """Numbers of events become visible in their order: writers wait for each other."""
    op.execute(
        """CREATE FUNCTION events_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock(1634271235); RETURN NULL; END $$"""
    )
    op.execute(
        """CREATE TRIGGER events_in_order BEFORE INSERT ON event
FOR EACH STATEMENT EXECUTE FUNCTION events_in_order()"""
    )
