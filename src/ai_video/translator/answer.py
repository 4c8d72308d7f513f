"""What a translation answers: the contract's document, every field always present."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from ai_video.domain.entities import ConsistencyLevel
from ai_video.domain.slots import Slots
from ai_video.translator.notices import Notice, NoticeLanguage
from ai_video.translator.request import Category, ControlType

Method = Literal["ip_adapter", "reference_latent", "first_frame"]
PromptLanguage = Literal["en", "zh"]
Role = Literal[
    "positive_prompt", "negative_prompt", "seed", "width", "height", "length", "fps", "steps",
    "cfg", "sampler", "scheduler", "denoise", "checkpoint", "diffusion_model", "vae", "clip",
    "lora", "reference_image", "scene_reference", "control_image", "face_image", "first_frame",
    "last_frame", "mask", "audio", "output_image", "output_video", "output_audio",
]  # fmt: skip


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Remark(_Row):
    """A warning or a reason of a level."""

    code: str
    message: str


class Unmet(_Row):
    """Something asked for that is not in the graph; `asked` in the caller's words."""

    code: str
    asked: str
    message: str


class AnswerError(_Row):
    code: str
    message: str


class Prompt(_Row):
    """The prompts of a graph; `untranslated`: words kept in Chinese in an English prompt."""

    positive: str
    negative: str
    language: PromptLanguage
    untranslated: tuple[str, ...] = ()


class Parameters(_Row):
    """Numbers in the graph; `length` in frames."""

    width: int | None = None
    height: int | None = None
    length: int | None = None
    fps: float | None = None
    seed: int | None = None
    steps: int | None = None
    cfg: float | None = None


class LoraBinding(_Row):
    name: str
    weight: float
    character_id: str | None
    nodes: tuple[str, ...] = ()


class ReferenceBinding(_Row):
    """A reference image of a character, by whatever method the family has."""

    asset_id: str
    character_id: str | None
    weight: float | None
    method: Method
    nodes: tuple[str, ...] = ()


class ControlBinding(_Row):
    type: ControlType
    asset_id: str | None
    strength: float
    nodes: tuple[str, ...] = ()


class FaceSwapBinding(_Row):
    asset_id: str
    character_id: str
    nodes: tuple[str, ...] = ()


Source = Literal["slot", "asset", "project", "request", "template", "default"]


class RoleBinding(_Row):
    """One input of the graph. `source`: where its value comes from."""

    role: Role
    node: str
    class_type: str
    input: str
    value: JsonValue
    source: Source = "template"


class Bindings(_Row):
    """What is bound in this graph, and nothing else."""

    lora: tuple[LoraBinding, ...] = ()
    ip_adapter: tuple[ReferenceBinding, ...] = ()
    controlnet: tuple[ControlBinding, ...] = ()
    face_swap: tuple[FaceSwapBinding, ...] = ()
    roles: tuple[RoleBinding, ...] = ()
    carried_by: Literal["keyframe"] | None = None


class Upload(_Row):
    asset_id: str
    folder: str
    name: str


class RequiredModel(_Row):
    """A model file of the graph; `present` is null where no server is known."""

    folder: str
    name: str
    present: bool | None = None


class ValidationResult(_Row):
    valid: bool
    against: str | None
    errors: tuple[JsonValue, ...] = ()


class Answer(_Row):
    """The whole answer; where `ok` is false, `error` says why and the graph is empty."""

    id: str | None
    ok: bool
    error: AnswerError | None = None
    translated_by: str = "rules"
    workflow_id: str | None = None
    category: Category | None = None
    purpose: str | None = None
    family: str | None = None
    level: ConsistencyLevel | None = None
    level_asked: ConsistencyLevel | None = None
    level_reasons: tuple[Remark, ...] = ()
    choice_reasons: tuple[Remark, ...] = ()
    slots: Slots = Slots()
    prompt: Prompt = Prompt(positive="", negative="", language="en")
    parameters: Parameters = Parameters()
    bindings: Bindings = Bindings()
    uploads: tuple[Upload, ...] = ()
    required_models: tuple[RequiredModel, ...] = ()
    validation: ValidationResult = ValidationResult(valid=False, against=None)
    workflow_json: dict[str, JsonValue] = Field(default_factory=dict)
    unmet: tuple[Unmet, ...] = ()
    warnings: tuple[Remark, ...] = ()
    elapsed_ms: float = 0.0


def remark(said: Notice, language: NoticeLanguage) -> Remark:
    """A notice in one language."""
    return Remark(code=said.code, message=said.message(language))


def unmet(said: Notice, asked: str, language: NoticeLanguage) -> Unmet:
    """A notice in one language, as something asked for and not done."""
    return Unmet(code=said.code, asked=asked, message=said.message(language))
