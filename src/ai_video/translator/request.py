"""What a caller asks to be translated: the contract's input, tolerant of what is not known.

Only `storyboard` and `available_workflows` are required. Unknown keys and values outside a closed
set are remarks, never refusals; a value of the wrong shape is one clear error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal, cast, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError

from ai_video.domain.entities import ConsistencyLevel
from ai_video.domain.slots import Aspect
from ai_video.errors import InputRefused
from ai_video.translator.notices import Notice, notice

Output = Literal["image", "video"]
Category = Literal["image", "video", "animation"]
ControlType = Literal["pose", "depth", "canny"]
LEVELS: Final[tuple[ConsistencyLevel, ...]] = get_args(ConsistencyLevel)
OUTPUTS: Final[tuple[Output, ...]] = get_args(Output)
ASPECTS: Final[tuple[Aspect, ...]] = get_args(Aspect)
CONTROL_TYPES: Final[tuple[ControlType, ...]] = get_args(ControlType)
_LONGEST_TEXT: Final = 6_000


def _listed(value: object) -> object:
    """A single text stands for a list of one; empty entries fall away."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    if isinstance(value, list | tuple):
        entries = cast("Sequence[object]", value)
        return [entry for entry in entries if entry is not None and entry != ""]
    return value


Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class _Part(BaseModel):
    """A part of the input: null means not given, numbers serve as ids, unknown keys fall away."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class GenerationConfig(_Part):
    output: Output | None = None
    consistency_level: ConsistencyLevel | None = None


class StoryboardInput(_Part):
    """The shot; `duration` in seconds."""

    description: str = ""
    dialogue: str = ""
    notes: str = ""
    duration: float | None = None
    camera_movement: str | None = None
    characters: Texts = ()
    scene_id: str | None = None
    generation_config: GenerationConfig = GenerationConfig()


class WeightRange(_Part):
    min: float = 0.0
    max: float = 1.5


class LoraInput(_Part):
    """A character's LoRA; `name` is the file."""

    name: str
    base_model: str = ""
    trigger_words: Texts = ()
    recommended_weight: float = 0.8
    weight_range: WeightRange = WeightRange()


class CharacterInput(_Part):
    """A character and what holds its looks; images are asset ids."""

    id: str
    name: str = ""
    aliases: Texts = ()
    appearance: str = ""
    consistency_level: ConsistencyLevel | None = None
    reference_images: Texts = ()
    face_image: str | None = None
    lora: LoraInput | None = None


class SceneInput(_Part):
    """A scene; images are asset ids."""

    id: str
    name: str = ""
    reference_images: Texts = ()
    control_images: Mapping[ControlType, str] = Field(default_factory=dict[ControlType, str])


class WorkflowFilter(_Part):
    """Shipped templates of one category and one family; what is null matches all."""

    category: str | None = None
    family: str | None = None


class InlineWorkflow(_Part):
    """A workflow given with the call (the plan's form).

    `places`: roles that its owner said, each with inputs as NODE.INPUT; all others are found.
    """

    id: str
    name: str = ""
    description: str = ""
    workflow_json: Mapping[str, JsonValue]
    places: Mapping[str, Texts] = Field(default_factory=dict[str, Texts])


WorkflowRef = Literal["*"] | InlineWorkflow | WorkflowFilter


class ProjectInput(_Part):
    aspect: Aspect | None = None
    style_preset: str | None = None
    color_palette: Texts = ()
    consistency_level: ConsistencyLevel | None = None


class TranslateRequest(_Part):
    """One shot to translate, with the assets and workflows it may use."""

    id: str | None = None
    lang: str | None = None
    storyboard: StoryboardInput
    character_assets: tuple[CharacterInput, ...] = ()
    scene_assets: tuple[SceneInput, ...] = ()
    available_workflows: tuple[WorkflowRef, ...]
    project: ProjectInput = ProjectInput()

    def character(self, id: str) -> CharacterInput | None:
        """The asset of a character id; the first one where an id is given twice."""
        return next((entry for entry in self.character_assets if entry.id == id), None)

    def scene(self, id: str) -> SceneInput | None:
        """The asset of a scene id."""
        return next((entry for entry in self.scene_assets if entry.id == id), None)


@dataclass(frozen=True, slots=True)
class ParsedRequest:
    """A request and the remarks on what of the input was not used."""

    request: TranslateRequest
    warnings: tuple[Notice, ...]


def parse_request(raw: JsonValue) -> ParsedRequest:
    """The request in a caller's JSON.

    Raises:
        InputRefused: `translate_input_invalid`, naming the field and what is wrong with it.
    """
    if not isinstance(raw, dict):
        raise InputRefused(
            "translate_input_invalid", field="(input)", reason="an object is expected"
        )
    warnings: list[Notice] = []
    cleaned = _cleaned(raw, TranslateRequest, "", warnings)
    try:
        request = TranslateRequest.model_validate(cleaned)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InputRefused("translate_input_invalid", field=field, reason=first["msg"]) from error
    warnings += _doubles(request)
    shortened = _shortened(request)
    if shortened is not request:
        warnings.append(notice("description_shortened", limit=_LONGEST_TEXT))
    return ParsedRequest(shortened, tuple(warnings))


_CLOSED: Final[Mapping[tuple[type[_Part], str], tuple[str, ...]]] = {
    (GenerationConfig, "output"): OUTPUTS,
    (GenerationConfig, "consistency_level"): LEVELS,
    (CharacterInput, "consistency_level"): LEVELS,
    (ProjectInput, "consistency_level"): LEVELS,
    (ProjectInput, "aspect"): ASPECTS,
}
_PARTS: Final[Mapping[tuple[type[_Part], str], type[_Part]]] = {
    (TranslateRequest, "storyboard"): StoryboardInput,
    (TranslateRequest, "project"): ProjectInput,
    (TranslateRequest, "character_assets"): CharacterInput,
    (TranslateRequest, "scene_assets"): SceneInput,
    (StoryboardInput, "generation_config"): GenerationConfig,
    (CharacterInput, "lora"): LoraInput,
    (LoraInput, "weight_range"): WeightRange,
}


def _cleaned(
    raw: Mapping[str, JsonValue], part: type[_Part], path: str, warnings: list[Notice]
) -> dict[str, JsonValue]:
    """`raw` without nulls, unknown keys and values outside closed sets, each said in `warnings`."""
    cleaned: dict[str, JsonValue] = {}
    for key, value in raw.items():
        where = f"{path}{key}"
        if key not in part.model_fields:
            warnings.append(notice("unknown_key", key=where[:120]))
            continue
        if value is None:
            continue
        allowed = _CLOSED.get((part, key))
        if allowed is not None:
            value = _closed(value, allowed)
            if value is None:
                given = str(raw[key])[:60]
                warnings.append(
                    notice("value_ignored", key=where, given=given, allowed=", ".join(allowed))
                )
                continue
        cleaned[key] = _inside(value, _PARTS.get((part, key)), where, warnings)
        if part is SceneInput and key == "control_images":
            cleaned[key] = _controls(value, where, warnings)
    return cleaned


def _closed(value: JsonValue, allowed: Sequence[str]) -> JsonValue:
    text = value.strip().lower() if isinstance(value, str) else value
    return text if text in allowed else None


def _inside(
    value: JsonValue, part: type[_Part] | None, path: str, warnings: list[Notice]
) -> JsonValue:
    if part is None:
        return value
    if isinstance(value, dict):
        return _cleaned(value, part, f"{path}.", warnings)
    if isinstance(value, list):
        return [
            _cleaned(entry, part, f"{path}.{index}.", warnings)
            if isinstance(entry, dict)
            else entry
            for index, entry in enumerate(value)
            if entry is not None
        ]
    return value


def _controls(value: JsonValue, path: str, warnings: list[Notice]) -> JsonValue:
    """Control images of the three known types; a null or empty one is none."""
    if not isinstance(value, dict):
        return value
    for given in value:
        if given not in CONTROL_TYPES:
            warnings.append(notice("control_type_unknown", given=f"{path}.{given}"[:120]))
    return {key: value[key] for key in CONTROL_TYPES if value.get(key) not in (None, "")}


def _doubles(request: TranslateRequest) -> list[Notice]:
    found: list[Notice] = []
    for ids in (
        [entry.id for entry in request.character_assets],
        [entry.id for entry in request.scene_assets],
    ):
        found += [notice("duplicate_id", id=id) for id in dict.fromkeys(ids) if ids.count(id) > 1]
    return found


def _shortened(request: TranslateRequest) -> TranslateRequest:
    shot = request.storyboard
    if (
        max(len(shot.description), len(shot.notes), len(shot.camera_movement or ""))
        <= _LONGEST_TEXT
    ):
        return request
    texts = {
        "description": shot.description[:_LONGEST_TEXT],
        "notes": shot.notes[:_LONGEST_TEXT],
        "camera_movement": shot.camera_movement and shot.camera_movement[:_LONGEST_TEXT],
    }
    return request.model_copy(update={"storyboard": shot.model_copy(update=texts)})
