"""The plan's entities as values: one definition for table, schema, route and flag.

`revision` guards updates (`WHERE id = ? AND revision = ?`); where the plan gives an entity a
`version` of its own (Script, GeneratedVideo) that one counts what the user sees.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from ai_video.domain.ids import new_id
from ai_video.domain.slots import Aspect, Slots, TimeOfDay
from ai_video.settings import LlmChoice

Json = dict[str, JsonValue]
ConsistencyLevel = Literal["low", "medium", "high"]
Mode = Literal["drama", "news", "science", "narration"]
Lang = Literal["zh", "en"]
TakeKind = Literal["image", "video", "audio"]


class Value(BaseModel):
    """A frozen value whose unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Entity(Value):
    """A stored thing."""

    id: UUID
    revision: int = 0
    created_at: datetime
    updated_at: datetime

    @classmethod
    def fresh(cls, **values: object) -> Self:
        """A new row: its id and times are set here.

        Raises:
            ValidationError: a value does not fit its field.
        """
        now = datetime.now(UTC)
        stamps = {"id": new_id(), "created_at": now, "updated_at": now}
        return cls.model_validate({**stamps, **values})


class SubtitleStyle(Value):
    """How subtitles look; `size` in px at a short side of 1080."""

    font: str = "Noto Sans SC"
    size: int = Field(default=56, ge=16, le=200)
    colour: str = Field(default="#FFFFFF", pattern=r"^#[0-9A-Fa-f]{6}$")
    outline: float = Field(default=3.0, ge=0, le=20)
    box: bool = False
    position: Literal["bottom", "top", "middle"] = "bottom"
    enabled: bool = True
    karaoke: bool = Field(default=False, description="words light up as they are heard")
    karaoke_colour: str = Field(
        default="#FFD24A", pattern=r"^#[0-9A-Fa-f]{6}$", description="of words that were heard"
    )


CardChoice = Literal["auto", "on", "off"]


class ProjectSettings(Value):
    """`Project.settings`: the plan's four, and what a film needs."""

    style_preset: str | None = None
    color_palette: tuple[str, ...] = ()
    subtitle_style: SubtitleStyle = SubtitleStyle()
    music_style: Literal["auto", "none", "calm", "tense", "bright", "solemn"] = "auto"
    music_asset_id: UUID | None = Field(
        default=None, description="an own music file, played instead of a bed"
    )
    ambience: bool = True
    title_card: CardChoice = Field(
        default="auto", description="auto: dramas of half a minute and more in a wide picture"
    )
    end_card: CardChoice = Field(default="auto", description="as title_card")
    aspect: Aspect = "16:9"
    size: Literal["360p", "480p", "720p", "1080p"] = "720p"
    fps: Literal[24, 25, 30] = 25
    lang: Lang | None = None
    consistency_level: ConsistencyLevel | None = None
    label: bool = True
    voice: str | None = None
    narrator_voice: str | None = None
    cost_cap: float | None = Field(
        default=None,
        ge=0,
        description="most that paid servers and models may cost, each in its currency",
    )
    generator: Literal["auto", "animatic", "comfyui"] = "auto"
    llm: LlmChoice | None = Field(
        default=None, description="language model; null: what the settings say"
    )
    seed: int = Field(default=0, ge=0, lt=2**63)
    most_reseeds: int = Field(
        default=2, ge=0, le=5, description="how often a failed picture is drawn again, per task"
    )
    judge: Literal["off", "on"] = Field(
        default="off", description="on: a language model looks at every result; it costs money"
    )
    generation_parameters: Json = Field(
        default={}, description="numbers of every graph by role, such as steps; a shot's win"
    )
    pronunciation: dict[str, str] = {}

    @property
    def short_side(self) -> int:
        return int(self.size.removesuffix("p"))


class Project(Entity):
    name: str = Field(min_length=1, max_length=200)
    description: str = ""
    status: Literal["draft", "in_progress", "completed", "archived"] = "draft"
    settings: ProjectSettings = ProjectSettings()
    source_path: str | None = None


class WorldSetting(Entity):
    project_id: UUID
    content: str = ""
    keywords: tuple[str, ...] = ()


class ConsistencyConfig(Value):
    """The one method a user forces, with its parameters."""

    method: Literal["ip_adapter", "lora", "controlnet"] | None = None
    parameters: Json = {}


class Character(Entity):
    project_id: UUID
    name: str = Field(min_length=1, max_length=200)
    aliases: tuple[str, ...] = ()
    description: str = ""
    appearance: str = ""
    personality: str = ""
    gender: Literal["male", "female"] | None = None
    age: Literal["child", "young", "adult", "old"] | None = None
    voice: str | None = None
    reference_assets: tuple[UUID, ...] = ()
    face_asset_id: UUID | None = None
    lora_model_id: UUID | None = None
    consistency_level: ConsistencyLevel | None = None
    consistency_config: ConsistencyConfig = ConsistencyConfig()


class StyleConfig(Value):
    """How a scene looks wherever it appears."""

    place: str | None = None
    slots: Slots = Slots()


class ControlAssets(Value):
    pose: UUID | None = None
    depth: UUID | None = None
    canny: UUID | None = None


class Scene(Entity):
    project_id: UUID
    name: str = Field(min_length=1, max_length=200)
    description: str = ""
    reference_assets: tuple[UUID, ...] = ()
    control_assets: ControlAssets = ControlAssets()
    style_config: StyleConfig = StyleConfig()


EpisodeStatus = Literal["draft", "scripted", "storyboarded", "generating", "completed", "archived"]


class Episode(Entity):
    project_id: UUID
    title: str = Field(min_length=1, max_length=200)
    synopsis: str = ""
    order: int = 1
    status: EpisodeStatus = "draft"
    mode: Mode | None = None
    length: float | None = Field(default=None, gt=0, le=4 * 3600, description="target, seconds")


class Script(Entity):
    episode_id: UUID
    content: str
    structured_content: Json
    version: int = 1
    degraded: list[Json] = Field(
        default=[], description="what planning could not do as asked: {code, message fields, shot}"
    )
    planned: bool = Field(
        default=False, description="the episode's shots were planned from this version"
    )
    planned_by: str = Field(default="", description="rules, or whose model planned them")
    planned_shots: tuple[str, ...] = Field(
        default=(), description="the paragraphs of each shot that was planned, as digests"
    )


class DraftCharacter(Value):
    """A character that a draft proposes."""

    name: str = Field(min_length=1, max_length=200)
    description: str = ""
    gender: Literal["male", "female"] | None = None
    age: Literal["child", "young", "adult", "old"] | None = None
    appearance: str = ""
    personality: str = ""


class DraftScene(Value):
    """A scene that a draft proposes."""

    name: str = Field(min_length=1, max_length=200)
    description: str = ""
    place: str = "abstract"


class DraftPart(Value):
    """A step of an outline: a scene of a drama, or a section. `seconds`: about how long."""

    headline: str = ""
    scene: str = ""
    interior: bool = True
    time: TimeOfDay = "day"
    happens: str = ""
    seconds: float = Field(default=10.0, gt=0, le=600)


class Draft(Entity):
    """A story that a language model wrote from an idea; it changes nothing until it is accepted."""

    project_id: UUID
    idea: str
    mode: Mode
    lang: Lang
    length: float | None = Field(default=None, gt=0, le=4 * 3600, description="target, seconds")
    title: str = Field(min_length=1, max_length=200)
    logline: str = ""
    world: str = ""
    keywords: tuple[str, ...] = ()
    characters: tuple[DraftCharacter, ...] = ()
    scenes: tuple[DraftScene, ...] = ()
    outline: tuple[DraftPart, ...] = ()
    script: str = Field(default="", description="empty: only the outline is written")
    left_out: tuple[str, ...] = Field(
        default=(), description="sentences of news that the given material does not support"
    )
    written_by: str = ""
    state: Literal["open", "accepted"] = "open"
    episode_id: UUID | None = Field(default=None, description="where it was accepted to")


class GenerationConfig(Value):
    """`Storyboard.generation_config`: what was asked of this shot's pictures."""

    output: Literal["image", "video"] | None = None
    generator: Literal["animatic"] | None = Field(
        default=None, description="animatic: drawn here, though ComfyUI draws the film"
    )
    consistency_level: ConsistencyLevel | None = None
    workflow: str | None = None
    preset: str | None = Field(default=None, description="named values of the imported workflow")
    seed: int | None = Field(default=None, ge=0, lt=2**63)
    parameters: Json = {}


class CardContent(Value):
    """What stands on a card (news, science, title): all optional."""

    headline: str | None = None
    body: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    quote: str | None = None
    quote_by: str | None = None
    source: str | None = None


Transition = Literal["cut", "crossfade", "fade_in", "fade_out", "dip", "wipe"]


class Storyboard(Entity):
    """One shot (分镜)."""

    episode_id: UUID
    scene_number: int = 1
    shot_number: int = 1
    description: str = ""
    duration: float = Field(default=4.0, gt=0, le=600, description="planned, seconds")
    camera_movement: str | None = None
    characters: tuple[UUID, ...] = ()
    scene_id: UUID | None = None
    dialogue: str = ""
    notes: str = ""
    thumbnail_asset_id: UUID | None = None
    generation_config: GenerationConfig = GenerationConfig()
    slots: Slots = Slots()
    card: CardContent | None = None
    source_paragraphs: tuple[int, ...] = ()
    source_digest: str = ""
    transition: Transition = "cut"
    picture_asset_id: UUID | None = None
    image_take_id: UUID | None = None
    video_take_id: UUID | None = None
    image_locked: bool = False
    video_locked: bool = False


class Line(Entity):
    """One spoken line of a shot."""

    storyboard_id: UUID
    order: int = 1
    character_id: UUID | None = None
    speaker: str = ""
    text: str = ""
    delivery: str = ""
    translation: str = ""
    pronunciation: dict[str, str] = {}
    voice: str | None = None
    speed: float = Field(default=1.0, ge=0.5, le=2.0)
    audio_take_id: UUID | None = None
    audio_locked: bool = False


class Take(Entity):
    """One candidate result for a shot's picture or clip, or for a line's voice.

    `purpose`: made for the film, or one of several to choose from. `verdict`: a discarded one was
    drawn again; a degraded one is used though it falls short. `defects` and `scores` say what
    was measured, `decision` who decided what, and why.
    """

    kind: TakeKind
    storyboard_id: UUID | None = None
    line_id: UUID | None = None
    part: int | None = None
    asset_id: UUID
    fingerprint: str | None = None
    seed: int | None = None
    workflow_json: Json | None = None
    facts: Json = {}
    scores: Json = {}
    defects: tuple[str, ...] = ()
    verdict: Literal["accepted", "degraded", "discarded"] = "accepted"
    decision: Json = {}
    purpose: Literal["film", "candidate"] = "film"
    origin: Literal["generated", "uploaded"] = "generated"
    selected_by: Literal["user", "auto"] | None = None
    task_id: UUID | None = None
    attempt_id: UUID | None = None


class Asset(Entity):
    """A blob with a meaning; `sha256` names the bytes."""

    project_id: UUID | None = None
    kind: Literal["image", "video", "audio", "subtitle", "document", "lora", "other"]
    origin: Literal["uploaded", "generated", "imported"]
    name: str = ""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0, description="bytes")
    media_type: str = "application/octet-stream"
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    licence: str = ""
    provenance: Json = {}
    embedding_state: Literal["none", "pending", "done"] = "none"


class GeneratedVideo(Entity):
    episode_id: UUID
    asset_id: UUID
    version: int = 1
    composition_config: Json = {}
    fingerprint: str = ""


class Timeline(Entity):
    """The stored arrangement that the editor and every exporter read."""

    episode_id: UUID
    origin: Literal["auto", "edited"] = "auto"
    version: int = 1
    document: Json = {}


class ComfyWorkflow(Entity):
    """An imported graph in API form, and what was found in it; `presets` are named values by input."""

    name: str
    description: str = ""
    category: Literal["image", "video", "animation"]
    purpose: str = ""
    family: str | None = None
    source_format: Literal["api", "ui"] = "api"
    workflow_json: Json
    input_schema: list[Json] = []
    outputs: list[Json] = []
    required_nodes: list[Json] = []
    required_models: list[Json] = []
    unresolved: list[Json] = []
    presets: Json = {}
    tags: tuple[str, ...] = ()


class ComfyServer(Entity):
    """A ComfyUI server; `headers` go with every request (a proxy's key), `restart_command` is run
    once when two health checks in a row failed."""

    url: str
    kind: Literal["local", "lan", "rented"] = "local"
    headers: dict[str, str] = {}
    verify_tls: bool = True
    restart_command: tuple[str, ...] = ()
    capabilities: Json = {}
    health: Json = {}
    cost_per_hour: float | None = None
    currency: str = "CNY"


LanguageModelName = Literal["claude-code", "anthropic", "openai"]


class EnabledModel(Entity):
    """A language model that the user enabled, having seen notice and price.

    `key_env` names the environment variable that holds the key; the key itself is stored nowhere.
    Prices are US dollars per million tokens, where the user gave them. `own_settings`: Claude Code
    reads the user's own settings file, for a gateway that stands there.
    """

    name: LanguageModelName
    url: str = ""
    model: str = ""
    key_env: str = ""
    input_price: float | None = Field(default=None, ge=0)
    output_price: float | None = Field(default=None, ge=0)
    own_settings: bool = False
    accepted_at: datetime
    accepted_by: str = "user"


class WeightRange(Value):
    min: float = 0.3
    max: float = 1.0


class LoraMetadata(Value):
    """What a LoRA's file says of itself: the plan's four, and how its base model is known."""

    rank: int | None = None
    alpha: float | None = None
    network_type: str = ""
    training_steps: int | None = None
    naming: str = ""
    architecture: str = ""
    alternatives: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    certainty: Literal["sure", "likely", "unknown"] = "unknown"
    evidence: tuple[str, ...] = ()
    resolution: str = ""
    trained_on: str = ""
    trained_on_hash: str = ""
    precision: str = ""
    layers: int = 0
    parameters: int = 0
    text_encoders: tuple[str, ...] = ()
    file_name: str = ""
    sha256: str = ""


class LoraAsset(Entity):
    name: str = Field(min_length=1, max_length=200)
    description: str = ""
    type: Literal["character", "style", "concept", "object"]
    status: Literal["pending", "training", "ready", "failed", "archived"] = "pending"
    base_model: str = ""
    base_model_hash: str = ""
    trigger_words: tuple[str, ...] = ()
    recommended_weight: float = 0.8
    weight_range: WeightRange = WeightRange()
    file_path: str = ""
    file_size: int = 0
    file_hash: str = ""
    preview_images: tuple[UUID, ...] = ()
    training_task_id: UUID | None = None
    metadata: LoraMetadata = LoraMetadata()
    tags: tuple[str, ...] = ()
    usage_count: int = 0
    project_id: UUID | None = None
    created_by: str = "user"


class LoraTrainingTask(Entity):
    name: str
    lora_asset_id: UUID | None = None
    status: Literal["preparing", "queued", "training", "completed", "failed", "cancelled"] = (
        "preparing"
    )
    type: Literal["character", "style", "concept", "object"]
    base_model: str = ""
    training_images: tuple[UUID, ...] = ()
    training_config: Json = {}
    regularization_images: tuple[UUID, ...] = ()
    trigger_word: str = ""
    progress: Json = {}
    resource_usage: Json = {}
    error_message: str = ""
    started_at: datetime | None = None
    completed_at: datetime | None = None
    created_by: str = "user"


class EpisodeEdit(Entity):
    """One undoable step: rows of an episode before and after."""

    episode_id: UUID
    number: int
    undone: bool = False
    label: str = ""
    before: Json = {}
    after: Json = {}


class Conversation(Entity):
    """A talk about a project; `session` is the provider's own name for it, to go on there."""

    project_id: UUID
    title: str = Field(default="", max_length=200)
    provider: str = ""
    model: str = ""
    session: str | None = None


class ConversationMessage(Entity):
    """What somebody said in a conversation.

    `tools` are the calls of an answer: {id, name, title, arguments, ok, answer}. `usage` is what the
    answer took, its `cost` in US dollars. `holder` is the process that answers while it is running.
    """

    conversation_id: UUID
    number: int
    role: Literal["user", "assistant"]
    text: str = ""
    tools: list[Json] = []
    state: Literal["running", "done", "interrupted", "failed"] = "done"
    error: Json | None = None
    provider: str = ""
    model: str = ""
    usage: Json = {}
    holder: Json = {}


class Proposal(Entity):
    """What a model wants to change, for the user to accept or reject.

    `changes` is what it would change, row by row and field by field; `preview` what else it means
    (what is made anew, what it may cost). `result` is what accepting it answered.
    """

    conversation_id: UUID
    message_id: UUID
    tool: str
    arguments: Json = {}
    changes: list[Json] = []
    preview: Json = {}
    state: Literal["open", "accepting", "accepted", "rejected", "outdated"] = "open"
    result: Json | None = None
    holder: Json = {}
    decided_at: datetime | None = None
