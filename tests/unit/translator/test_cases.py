"""Sentences of film language and what a translation makes of them; cases are data."""

from __future__ import annotations

import copy
from collections import Counter
from functools import cache
from typing import Any

import pytest
from tests.translation_cases import KEYS, Case, faults, read_cases, says

from ai_video.comfyui.object_info import NodeList, shipped_node_list
from ai_video.translator.translate import translate_document

CASES = read_cases()


@cache
def node_list() -> NodeList:
    return shipped_node_list()


def answer(case: Case) -> dict[str, Any]:
    return translate_document(case["input"], nodes=node_list()).model_dump(mode="json")


@pytest.mark.parametrize("case", CASES, ids=[case["expect"]["id"] for case in CASES])
def test_a_sentence_is_translated_as_its_case_expects(case: Case) -> None:
    given = answer(case)
    assert faults(given, case["expect"]) == []
    assert given["id"] == case["expect"]["id"]


def test_there_are_many_cases_of_every_kind() -> None:
    tags = Counter(tag for case in CASES for tag in case["expect"]["tags"])
    wanted = ["camera", "negation", "trap", "mood", "light", "weather", "style", "level", "multi", "odd", "implied", "conflict", "dialogue"]  # fmt: skip
    assert len(CASES) >= 150
    assert min(tags[tag] for tag in wanted) >= 5
    langs = Counter(case["input"].get("lang") for case in CASES)
    assert min(langs[lang] for lang in ("zh-Hans", "zh-Hant", "en", "mixed")) >= 8
    ids = [case["expect"]["id"] for case in CASES]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("text", "word", "said"),
    [
        ("Puddles in the rain", "puddle", True), ("train", "rain", False), ("rainy", "rain", False),
        ("rainy", "rain*", True), ("在雨中", "雨", True), ("a fox", "foxes", False),
    ],
)  # fmt: skip
def test_words_of_an_expectation_match_whole(text: str, word: str, *, said: bool) -> None:
    assert says(text, word) is said


@pytest.mark.parametrize(
    "wrong",
    [
        {"category": "animation"}, {"family": ["flux"]}, {"level": "high"}, {"slots": {"weather": [["snow"]]}},
        {"slots": {"shot_size": "wide"}}, {"slots": {"palette.contrast": "high"}}, {"absent": {"weather": ["rain"]}},
        {"null": ["weather"]}, {"exclude": [["cars"]]}, {"characters": []}, {"scene": "s"}, {"bindings": {"lora": ["x"]}},
        {"bindings": {"none": ["ip_adapter"]}}, {"prompt_any": [["dragon"]]}, {"negative_any": [["dragon"]]},
        {"prompt_not": ["rain*"]}, {"trigger_words": ["nobody"]}, {"warn_any": ["dragon"]}, {"error": "yes"}, {"typo": 1},
    ],
)  # fmt: skip
def test_every_key_of_an_expectation_can_fail(wrong: dict[str, Any]) -> None:
    case = {
        "storyboard": {
            "description": "Ned in the rain, close-up, no people",
            "generation_config": {"output": "image"},
        },
        "character_assets": [{"id": "c-ned", "name": "Ned", "reference_images": ["img-ned"]}],
        "available_workflows": [{"category": "image", "family": "sdxl"}],
    }
    given = answer({"input": copy.deepcopy(case)})
    right = {"category": "image", "slots": {"weather": [["rain"]], "shot_size": "close_up"}, "characters": ["c-ned"],
             "bindings": {"ip_adapter": ["img-ned"], "none": ["lora"]}, "prompt_any": [["rain"]], "level": ["low", None]}  # fmt: skip
    assert faults(given, right) == []
    assert faults(given, wrong) != []


def test_the_checker_knows_all_keys_that_cases_use() -> None:
    used = {key for case in CASES for key in case["expect"]}
    assert used <= KEYS
