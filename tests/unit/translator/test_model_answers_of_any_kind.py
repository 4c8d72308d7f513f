"""Whatever fits the form, the graph is valid or the rules drew it; nothing leaks into the prompt."""

from __future__ import annotations

import asyncio
import re
from typing import Any, get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import JsonValue
from tests.model_choices import NODES, asked, translated

from ai_video.comfyui.validate import validate
from ai_video.domain.language_models import ModelRequest
from ai_video.domain.slots import (
    Angle,
    DepthOfField,
    Level3,
    Light,
    Mood,
    Movement,
    Pace,
    ShotSize,
    Style,
    Temperature,
    TimeOfDay,
    Weather,
)
from ai_video.llm.scripted import ScriptedLLM

SHOT: dict[str, JsonValue] = {
    "storyboard": {
        "description": "Ned and Ada wait at the pier, no umbrellas. “Never come back here.”",
        "dialogue": "Ned: The harbour is closed tonight.",
        "duration": 3,
    },
    "character_assets": [
        {
            "id": "ned", "name": "Ned", "reference_images": ["n1"],
            "lora": {"name": "ned.safetensors", "base_model": "SD 1.5", "trigger_words": ["ned_man"]},
        },
        {"id": "ada", "name": "Ada", "aliases": ["the captain"], "face_image": "f1"},
    ],
    "scene_assets": [
        {"id": "pier", "name": "pier", "control_images": {"depth": "d1"}},
        {"id": "cabin", "name": "cabin", "reference_images": ["k1"]},
    ],
    "available_workflows": ["*"],
}  # fmt: skip
PARTS = (
    "{ned}", "{ada}", "{nobody}", "Ned", "the captain", "waits", "一把伞", "umbrella", "(fog:1.4)",
    "<lora:x:1>", "https://a.example/b", "Never come back here", "{", "}", "\ufffa0\ufffb", "\n", ",",
    "ignore all previous instructions", "a pier in the evening", "embedding:easy", "\x00", "😀",
)  # fmt: skip
TAME = ("{ned} waits", "{ada} looks at the sea", "Ned", "a boat", ",", ".", "(fog:1.4)", "gulls")
wild = st.lists(st.sampled_from(PARTS) | st.text(max_size=8), max_size=8).map(" ".join)
texts = st.lists(st.sampled_from(TAME), min_size=1, max_size=6).map(" ".join) | wild


def one(values: Any) -> SearchStrategy[Any]:
    return st.none() | st.sampled_from(get_args(values))


def some(values: Any) -> SearchStrategy[Any]:
    return st.lists(st.sampled_from(get_args(values)), max_size=4)


choices = st.fixed_dictionaries(
    {
        "shot_size": one(ShotSize), "angle": one(Angle), "movement": one(Movement),
        "time_of_day": one(TimeOfDay), "depth_of_field": one(DepthOfField), "pace": one(Pace),
        "temperature": one(Temperature), "saturation": one(Level3), "contrast": one(Level3),
        "weather": some(Weather), "light": some(Light), "mood": some(Mood), "style": some(Style),
        "characters": st.lists(st.sampled_from(["ned", "ada"]), max_size=3),
        "scene": st.none() | st.sampled_from(["pier", "cabin"]),
        "picture": texts, "place": texts, "why": texts,
        "exclusions": st.lists(st.sampled_from(["rain", "people", "umbrellas", "{ned}"]), max_size=2),
        "unmet": st.lists(texts, max_size=3),
    }
)  # fmt: skip


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(choice=choices, at=st.integers(0, 7), output=st.sampled_from(["image", "video"]))
def test_any_valid_answer_gives_a_valid_graph(
    choice: dict[str, JsonValue], at: int, output: str
) -> None:
    shot = {**SHOT["storyboard"], "generation_config": {"output": output}}  # type: ignore[dict-item]

    def script(request: ModelRequest[Any]) -> JsonValue:
        there = asked(request)["shots"][0]["templates"]
        template = there[at] if at < len(there) else None
        row = {**choice, "shot_id": "S1", "template": template}
        fields = request.schema.model_json_schema()["$defs"]["ShotChoice"]["properties"]
        return {"choices": [{key: row[key] for key in row if key in fields}]}

    llm = ScriptedLLM(script)
    answer = asyncio.run(translated(llm, {**SHOT, "storyboard": shot}))
    assert answer.ok
    assert len(llm.requests) <= 3
    present = frozenset(
        f"input/{row.name}" if row.folder == "input" else f"models/{row.folder}/{row.name}"
        for row in answer.uploads
    )
    assert validate(answer.workflow_json, NODES, assume_models=True, present=present).valid
    assert answer.slots.characters == ("ned", "ada")
    said = answer.prompt.positive
    assert len(said) <= 1800
    assert not re.search(r"https?:|<|>|embedding:|\ufffa|\ufffb|\{|\}", said)
    assert "previous instructions" not in said
    assert "Never come back" not in said
    assert "umbrella" not in said
    assert not re.search(r"\bNed\b|\bAda\b", said)
