"""A shot is translated for the nodes and files of a real server's answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest
from tests.model_choices import answers, asked

from ai_video.comfyui.fake_server import FakeComfy, FakeOptions, serving
from ai_video.domain.entities import Json
from ai_video.domain.language_models import ModelFailed
from ai_video.errors import NotAvailable, NotFound, ServiceFailed
from ai_video.llm.scripted import ScriptedLLM
from ai_video.studio.comfyui.translate import translate_lines, translate_shot
from ai_video.studio.comfyui.workflows import NodeSource, bind_role, import_workflow
from ai_video.studio.studio import Studio

GRAPHS = Path(__file__).parents[2] / "data" / "workflows"
CLOSED = "http://127.0.0.1:9"
SHOT: Json = {
    "storyboard": {
        "description": "Ned grips the wheel in a storm.",
        "characters": ["ned"],
        "generation_config": {"output": "image"},
    },
    "character_assets": [
        {"id": "ned", "name": "Ned", "lora": {"name": "ned.safetensors", "base_model": "SD 1.5"}}
    ],
    "available_workflows": ["*"],
}


@pytest.fixture
def fake() -> Iterator[FakeComfy]:
    with serving(FakeOptions(seconds_per_job=0.05)) as server:
        yield server


async def test_the_graph_is_judged_by_the_servers_nodes_and_files(
    studio: Studio, fake: FakeComfy
) -> None:
    answer = await translate_shot(studio, SHOT, against=NodeSource(server=fake.url))
    assert (answer["ok"], answer["family"], answer["level"]) == (True, "sd15", "high")
    rows = cast("list[Json]", answer["required_models"])
    models = {str(row["name"]): row["present"] for row in rows}
    assert models["ned.safetensors"] is True  # it will be uploaded
    assert isinstance(models["v1-5-pruned-emaonly-fp16.safetensors"], bool)
    assert not [row for row in fake.log if row["method"] == "POST"]


async def test_a_silent_server_and_an_absent_model_are_clear_errors(studio: Studio) -> None:
    with pytest.raises(ServiceFailed):
        await translate_shot(studio, SHOT, against=NodeSource(server=CLOSED))
    with pytest.raises(NotAvailable):
        await translate_shot(studio, SHOT, llm="anthropic")
    with pytest.raises(NotAvailable):
        async for _ in translate_lines(studio, [b"{}"], llm="openai"):
            pass


def _roles(answer: Json) -> list[Json]:
    return cast("list[Json]", cast("Json", answer["bindings"])["roles"])


async def test_an_imported_workflow_is_named_by_its_id_and_keeps_its_owners_word(
    studio: Studio,
) -> None:
    stored = await import_workflow(studio, GRAPHS / "a_txt2img_sd15.json")
    by_id: Json = {**SHOT, "available_workflows": [{"id": stored["id"]}]}
    answer = await translate_shot(studio, by_id)
    assert (answer["workflow_id"], answer["level"]) == (stored["id"], "high")
    rows = _roles(answer)
    texts = {
        row["role"]: (row["node"], row["input"]) for row in rows if "prompt" in str(row["role"])
    }
    positive, negative = texts["positive_prompt"], texts["negative_prompt"]
    await bind_role(studio, UUID(str(stored["id"])), "positive_prompt", ".".join(negative))
    turned = await translate_shot(studio, by_id)
    rows = _roles(turned)
    said = [(row["node"], row["input"]) for row in rows if row["role"] == "positive_prompt"]
    assert said == [negative] != [positive]
    lost: Json = {**SHOT, "available_workflows": [{"id": str(UUID(int=7))}]}
    with pytest.raises(NotFound):
        await translate_shot(studio, lost)
    lines = [json.dumps(by_id).encode(), json.dumps(lost).encode()]
    answers = [each async for each in translate_lines(studio, lines)]
    assert [each["ok"] for each in answers] == [True, False]


async def test_a_model_reads_the_shot_once_and_an_unchanged_one_never_again(studio: Studio) -> None:
    llm = studio.models.given = ScriptedLLM(
        answers(lambda shot: {"picture": "{ned} grips the wheel", "weather": ["storm"]})
    )
    by_model = await translate_shot(studio, SHOT)
    assert (by_model["translated_by"], by_model["ok"]) == ("scripted", True)
    assert "grips the wheel" in str(cast("Json", by_model["prompt"])["positive"])
    again = await translate_shot(studio, SHOT, seed=7)
    assert len(llm.requests) == 1
    assert again["prompt"] == by_model["prompt"]
    by_rules = await translate_shot(studio, SHOT, llm="rules")
    assert by_rules["translated_by"] == "rules"
    assert by_rules["workflow_id"] == by_model["workflow_id"]


async def test_lines_of_one_place_are_read_together_in_their_order(studio: Studio) -> None:
    llm = studio.models.given = ScriptedLLM(answers(lambda shot: {"picture": shot["text"]}))
    lines = [
        json.dumps({"id": str(number), "storyboard": {"description": f"Boat number {number}."}})
        for number in range(10)
    ]
    lines[3:3] = ["", "no json", json.dumps({"storyboard": {"description": ""}})]
    found = [each async for each in translate_lines(studio, [line.encode() for line in lines])]
    assert [each["id"] for each in found if each["ok"]] == [str(number) for number in range(10)]
    assert [each["ok"] for each in found].count(False) == 2
    assert [len(asked(each)["shots"]) for each in llm.requests] == [8, 2]
    one = {"id": "4", "storyboard": {"description": "Another boat."}}
    lines[lines.index(next(line for line in lines if '"4"' in line))] = json.dumps(one)
    async for _ in translate_lines(studio, [line.encode() for line in lines]):
        pass
    assert [shot["text"] for shot in asked(llm.requests[-1])["shots"]] == ["Another boat."]


async def test_a_cap_leaves_the_shot_to_the_rules_and_says_so(studio: Studio) -> None:
    failing = ModelFailed("llm_over_budget", budget="0", spent="0")
    studio.models.given = ScriptedLLM(lambda _: failing)
    answer = await translate_shot(studio, SHOT)
    assert (answer["ok"], answer["translated_by"]) == (True, "rules")
    told = {str(row["code"]): row for row in cast("list[Json]", answer["warnings"])}
    assert "budget" in str(told["model_failed"]["message"]) or "dollars" in str(
        told["model_failed"]
    )


async def test_a_model_that_lets_nobody_in_is_not_asked_for_every_line(studio: Studio) -> None:
    failure = ModelFailed("llm_unauthorized", provider="scripted", reason="401")
    scripted = ScriptedLLM([failure, failure, failure])
    studio.models.given = scripted
    places = [
        json.dumps({**SHOT, "storyboard": {"description": f"Hill {at}."}}) for at in range(60)
    ]
    found = [each async for each in translate_lines(studio, [line.encode() for line in places])]
    assert [each["translated_by"] for each in found] == ["rules"] * 60
    assert len(scripted.requests) <= 2  # so many are asked at once
