"""Shots as they are read, and requests around them, for tests of choice and binder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from ai_video.domain.entities import ConsistencyLevel
from ai_video.domain.slots import Aspect, Slots
from ai_video.translator.answer import Prompt
from ai_video.translator.request import Output, TranslateRequest, parse_request
from ai_video.translator.shot import (
    AspectRead,
    CharacterFound,
    LevelAsked,
    SceneFound,
    ShotReading,
)

PROMPT = Prompt(positive="ned stands on a pier", negative="blurry, people", language="en")
BASE_MODELS = {
    "sd15": "SD 1.5", "sdxl": "SDXL 1.0", "flux": "FLUX.1 dev", "qwen_image": "Qwen-Image",
    "z_image": "Z-Image", "wan22": "Wan 2.2 14B", "hunyuan": "HunyuanVideo 1.5", "ltx2": "LTX-2",
}  # fmt: skip


def lora(id: str, base_model: str, **more: JsonValue) -> dict[str, JsonValue]:
    return {
        "name": f"{id}.safetensors", "base_model": base_model, "trigger_words": [f"{id}_word"],
        "recommended_weight": 0.8, "weight_range": {"min": 0.3, "max": 1.0}, **more,
    }  # fmt: skip


def character(id: str, **more: JsonValue) -> dict[str, JsonValue]:
    return {"id": id, "name": id.title(), "appearance": "an old sailor", **more}


def asked(
    characters: Sequence[Mapping[str, JsonValue]] = (),
    *,
    workflows: Sequence[JsonValue] = ("*",),
    scene: Mapping[str, JsonValue] | None = None,
    duration: float | None = None,
    **more: JsonValue,
) -> TranslateRequest:
    """A request about a shot with these characters, all in the picture."""
    raw: dict[str, JsonValue] = {
        "id": "shot-1",
        "storyboard": {
            "description": "Ned stands on a pier.",
            "characters": [each["id"] for each in characters],
            "scene_id": scene["id"] if scene else None,
            "duration": duration,
        },
        "character_assets": [dict(each) for each in characters],
        "scene_assets": [dict(scene)] if scene else [],
        "available_workflows": [*workflows],
        **more,
    }
    return parse_request(raw).request


def read(
    request: TranslateRequest,
    *,
    output: Output | None = "image",
    level: ConsistencyLevel | None = None,
    aspect: Aspect | None = None,
    exclude: Sequence[str] = (),
    animation: bool = False,
) -> ShotReading:
    """The reading of such a request: everybody found by id, nothing else said."""
    ids = request.storyboard.characters
    scene = request.storyboard.scene_id
    return ShotReading(
        slots=Slots(characters=ids, scene=scene, aspect=aspect, exclude=tuple(exclude)),
        exclude=(),
        aspect=AspectRead(aspect, "sentence") if aspect else None,
        characters=tuple(CharacterFound(id, "id") for id in ids),
        scene=SceneFound(scene, "id") if scene else None,
        level_asked=LevelAsked(level, "shot") if level else None,
        output=output,
        asks_animation=animation,
        pieces=(),
        colours=(),
        from_project=(),
        warnings=(),
        language="en",
    )
