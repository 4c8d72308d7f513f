"""`ai-video translate` as the contract names it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.integration.cli.conftest import Done

from ai_video.comfyui.graph import write_api
from ai_video.comfyui.library import library
from ai_video.comfyui.object_info import shipped_node_list
from ai_video.comfyui.validate import validate

ASSETS: dict[str, Any] = {
    "storyboard": {"characters": ["c1"], "generation_config": {"output": "video"}},
    "character_assets": [
        {
            "id": "c1", "name": "小明", "appearance": "蓝色校服", "reference_images": ["a1"], "face_image": "a2",
            "lora": {"name": "xm.safetensors", "base_model": "SDXL 1.0", "trigger_words": ["xmboy"], "recommended_weight": 0.8},
        }
    ],
}  # fmt: skip
FIELDS = {
    "id", "ok", "error", "translated_by", "workflow_id", "category", "purpose", "family", "level",
    "level_asked", "level_reasons", "slots", "prompt", "parameters", "bindings", "uploads",
    "required_models", "validation", "workflow_json", "unmet", "warnings", "elapsed_ms",
}  # fmt: skip


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    path = tmp_path / "assets.json"
    path.write_text(json.dumps(ASSETS, ensure_ascii=False), encoding="utf-8")
    return path


def test_a_sentence_becomes_a_valid_graph_with_its_assets(
    ai: Callable[..., Done], assets: Path
) -> None:
    sentence = "小明站在雨中，忧郁地看着远方，电影感"
    done = ai("translate", sentence, "--assets", str(assets), "--output", "image", "--json")
    assert done.code == 0, done.err
    answer = done.json
    assert set(answer) >= FIELDS
    assert (answer["category"], answer["family"], answer["level"]) == ("image", "sdxl", "high")
    assert [row["name"] for row in answer["bindings"]["lora"]] == ["xm.safetensors"]
    assert "xmboy" in answer["prompt"]["positive"]
    assert answer["parameters"]["width"] / answer["parameters"]["height"] > 2.3
    assert answer["validation"] == {"valid": True, "against": "0.33.0", "errors": []}
    assert validate(answer["workflow_json"], shipped_node_list()).errors == ()
    loras = {row["name"]: row["present"] for row in answer["required_models"]}
    assert loras["xm.safetensors"] is True
    assert loras["sd_xl_base_1.0.safetensors"] is None
    clip = ai("translate", sentence, "--assets", str(assets), "--json").json
    assert clip["category"] == "video"
    assert clip["bindings"]["carried_by"] == "keyframe"
    assert clip["level"] == "high"
    in_words = ai("translate", sentence, "--assets", str(assets)).out
    assert "wan22_image_to_video" in in_words


def test_the_same_call_gives_the_same_bytes(ai: Callable[..., Done], assets: Path) -> None:
    first, second = (
        ai("translate", "雨夜", "--assets", str(assets), "--seed", "5", "--json").json[
            "workflow_json"
        ]
        for _ in range(2)
    )
    assert json.dumps(first) == json.dumps(second)
    assert '"noise_seed": 5' in json.dumps(first)


def test_a_batch_answers_every_line_in_order(ai: Callable[..., Done], tmp_path: Path) -> None:
    everything = ["*"]
    lines = [
        json.dumps({"id": 7, "storyboard": {"description": "A lantern."}, "available_workflows": everything}),
        "{broken",
        "[]",
        "",
        json.dumps({"id": "b", "storyboard": {"description": ""}, "available_workflows": everything}),
        json.dumps({"id": "c", "available_workflows": everything}),
        json.dumps({"id": "d", "storyboard": {"description": "Fog."}, "available_workflows": [{"category": "video", "family": "none"}]}),
        json.dumps({"id": "e", "storyboard": {"description": "雪原，航拍"}, "available_workflows": everything, "more": 1}),
    ]  # fmt: skip
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    done = ai("translate", "--batch", str(path), "--output", "image", "--llm", "rules", "--json")
    assert done.code == 0
    answers = [json.loads(line) for line in done.out.splitlines()]
    assert [(row["id"], row["ok"]) for row in answers] == [
        ("7", True), (None, False), (None, False), ("b", False), ("c", False), ("d", False), ("e", True),
    ]  # fmt: skip
    assert all(set(row) >= FIELDS for row in answers)
    assert [row["error"]["code"] for row in answers if not row["ok"]] == [
        "translate_input_invalid", "translate_input_invalid", "translate_shot_empty",
        "translate_shot_empty", "translate_no_match",
    ]  # fmt: skip
    assert answers[0]["category"] == answers[-1]["category"] == "image"
    assert "unknown_key" in {row["code"] for row in answers[-1]["warnings"]}
    words = ai("translate", "--batch", str(path)).out.splitlines()
    assert len(words) == len(answers)


def test_own_workflows_come_from_files_and_folders(ai: Callable[..., Done], tmp_path: Path) -> None:
    graph = write_api(library()["flux_text_to_image"].workflow, shipped_node_list())
    (tmp_path / "mine.json").write_text(json.dumps(graph), encoding="utf-8")
    for path in (tmp_path, tmp_path / "mine.json"):
        done = ai("translate", "A pier.", "--workflows", str(path), "--json")
        assert (done.json["workflow_id"], done.json["family"]) == ("mine", "flux")
    empty = tmp_path / "empty"
    empty.mkdir()
    refused = ai("translate", "A pier.", "--workflows", str(empty), "--json")
    assert (refused.code, refused.json["error"]["code"]) == (3, "file_unreadable")


def test_a_saved_node_list_says_which_files_are_there(
    ai: Callable[..., Done], tmp_path: Path
) -> None:
    """A server without SDXL: what it has is taken, and of what is asked for that is said."""
    raw: dict[str, Any] = shipped_node_list().as_object_info()
    needed = {node.class_type for node in library()["sd15_text_to_image"].workflow.nodes.values()}
    raw = {name: node for name, node in raw.items() if name in needed}
    there = "v1-5-pruned-emaonly-fp16.safetensors"
    raw["CheckpointLoaderSimple"]["input"]["required"]["ckpt_name"] = [[there], {}]
    file = tmp_path / "object_info.json"
    file.write_text(json.dumps(raw), encoding="utf-8")
    answer = ai("translate", "A pier.", "--nodes", str(file), "--json").json
    assert (answer["workflow_id"], answer["validation"]["valid"]) == ("sd15_text_to_image", True)
    assert {row["present"] for row in answer["required_models"]} == {True}
    line = {"storyboard": {"description": "A pier."}, "available_workflows": [{"family": "sdxl"}]}
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps(line), encoding="utf-8")
    lacking = ai("translate", "--batch", str(path), "--nodes", str(file), "--json").json
    assert (lacking["ok"], lacking["validation"]["valid"]) == (True, False)
    assert lacking["validation"]["errors"][0]["type"] == "value_not_in_list"
    assert [row["present"] for row in lacking["required_models"]] == [False]
    options = ("--batch", str(path), "--nodes", str(file), "--assume-models", "--json")
    assumed = ai("translate", *options).json
    assert assumed["validation"]["valid"] is True
    assert {row["present"] for row in assumed["required_models"]} == {True}


@pytest.mark.parametrize(
    ("args", "code", "error"),
    [
        ((), 2, "usage"),
        (("x", "--batch", "y"), 2, "usage"),
        (("x", "--nodes", "a", "--server", "b"), 2, "usage"),
        (("x", "--llm", "anthropic"), 3, "not_available"),
        (("--batch", "/nowhere/in.jsonl"), 3, "file_unreadable"),
        (("x", "--assets", "/nowhere/a.json"), 3, "file_unreadable"),
        ((" ",), 3, "translate_shot_empty"),
    ],
)
def test_what_cannot_be_done_is_one_clear_error(
    ai: Callable[..., Done], args: tuple[str, ...], code: int, error: str
) -> None:
    done = ai("translate", *args, "--json")
    assert (done.code, done.json["error"]["code"]) == (code, error)
    assert done.json["error"]["hint"]


def test_consistency_shows_the_three_tables(ai: Callable[..., Done]) -> None:
    tables = ai("consistency", "--json").json
    assert [row["level"] for row in tables["levels"]] == ["low", "medium", "high"]
    assert len(tables["methods"]) == 4
    assert len(tables["limits"]) == 5
    assert "IP-Adapter" in ai("consistency", "--lang", "zh").out
