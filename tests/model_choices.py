"""What a scripted model is asked about shots, and answers that it could give."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from ai_video.comfyui.library import library
from ai_video.comfyui.object_info import shipped_node_list
from ai_video.domain.language_models import ModelFailed, ModelRequest, StructuredLLM
from ai_video.llm.scripted import ScriptedLLM
from ai_video.translator.answer import Answer
from ai_video.translator.choice import open_to_choice
from ai_video.translator.model_shots import ModelShot, model_shot
from ai_video.translator.model_translator import ModelTranslator, ShotRead
from ai_video.translator.reading import read_shot
from ai_video.translator.request import parse_request
from ai_video.translator.translate import translate

Said = Mapping[str, JsonValue]
NODES = shipped_node_list()


def sentence(output: str = "image") -> dict[str, JsonValue]:
    """The plan's own sentence, with a LoRA and a reference image."""
    return {
        "id": "s-1",
        "storyboard": {
            "description": "小明站在雨中，忧郁地看着远方，电影感",
            "dialogue": "小明：我再也不会回到这座城市了。",
            "generation_config": {"output": output},
        },
        "character_assets": [
            {
                "id": "c1", "name": "小明", "appearance": "短发的年轻男人，灰色风衣",
                "reference_images": ["ref-1"],
                "lora": {
                    "name": "xiaoming.safetensors", "base_model": "SDXL 1.0",
                    "trigger_words": ["xiaoming_man"], "recommended_weight": 0.8,
                },
            }
        ],
        "available_workflows": ["*"],
    }  # fmt: skip


SENTENCE: Said = {
    "mood": ["melancholy"],
    "weather": ["rain"],
    "style": ["cinematic"],
    "characters": ["c1"],
    "picture": "{c1} stands in the rain, gazing into the distance",
    "place": "",
    "why": "",
}


def asked(request: ModelRequest[Any]) -> dict[str, Any]:
    """The data of a question."""
    return json.loads(str(request.parts[0]).split("\n", 1)[1])


def answers(said: Callable[[dict[str, Any]], Said]) -> Callable[[ModelRequest[Any]], JsonValue]:
    """A model that answers each shot of a question by itself."""

    def script(request: ModelRequest[Any]) -> JsonValue:
        return {
            "choices": [
                {"picture": "a quiet street", "why": "", **said(shot), "shot_id": shot["shot_id"]}
                for shot in asked(request)["shots"]
            ]
        }

    return script


def model(*said: Said | ModelFailed) -> ScriptedLLM:
    """A model that answers a lone shot with these, the last again and again."""
    left = list(said)

    def script(request: ModelRequest[Any]) -> Any:
        now = left.pop(0) if len(left) > 1 else left[0]
        return now if isinstance(now, ModelFailed) else answers(lambda _: now)(request)

    return ScriptedLLM(script)


def shot_of(raw: Mapping[str, JsonValue]) -> ModelShot:
    request = parse_request(dict(raw)).request
    templates = open_to_choice(
        read_shot(request), request, nodes=NODES, library=library(), assume_models=True
    )
    return model_shot(request, templates)


async def read_all(
    llm: StructuredLLM, raws: Sequence[Mapping[str, JsonValue]], **more: Any
) -> list[ShotRead]:
    return await ModelTranslator(llm, **more).read([shot_of(raw) for raw in raws])


async def translated(llm: StructuredLLM, raw: Mapping[str, JsonValue]) -> Answer:
    """One shot, read by this model and bound."""
    (read,) = await read_all(llm, [raw])
    return translate(
        parse_request(dict(raw)),
        nodes=NODES,
        assume_models=True,
        reader=lambda _: read.reading,
        translated_by=read.translated_by,
    )


def codes(rows: Iterable[Any]) -> list[str]:
    return [row.code for row in rows]
