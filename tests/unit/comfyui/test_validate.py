"""Offline validation: what a real server accepts is valid, what it refuses is refused by its name."""

from __future__ import annotations

import copy
import time
from string import Formatter
from typing import Any

import pytest
from tests.comfy_defects import Document, seeded
from tests.comfy_graphs import NAMES, graph, one_class, server_list

from ai_video.comfyui.graph_words import graph_texts
from ai_video.comfyui.known_models import FileHints
from ai_video.comfyui.object_info import (
    SHIPPED_CORE,
    parse_object_info,
    shipped_node_list,
)
from ai_video.comfyui.validate import GraphError, Validation, fits, validate
from ai_video.errors import InputRefused

NODES = shipped_node_list()


@pytest.mark.parametrize("name", NAMES)
def test_what_a_real_server_accepts_is_valid(name: str):
    for nodes in (NODES, server_list()):
        verdict = validate(graph(name), nodes, assume_models=True)
        assert verdict.valid, verdict.errors
        assert not verdict.warnings
        assert verdict.error is None
        assert verdict.outputs


def test_without_files_every_model_and_input_file_is_reported():
    verdict = validate(graph("b_img2img"), server_list())
    assert {(each.type, each.input) for each in verdict.errors} == {
        ("value_not_in_list", "ckpt_name"),
        ("custom_validation_failed", "image"),
    }


def test_files_that_will_be_there_count():
    present = {"models/checkpoints/v1-5-pruned-emaonly-fp16.safetensors", "input/probe.png"}
    assert validate(graph("b_img2img"), server_list(), present=present).valid


@pytest.mark.parametrize("name", NAMES)
def test_every_seeded_defect_is_reported_by_its_name_and_nothing_else(name: str):
    for label, document, (kind, places) in seeded(name, NODES):
        before = copy.deepcopy(document)
        verdict = validate(document, NODES, assume_models=True)
        found = {(each.type, each.node or "-") for each in verdict.errors}
        assert found == {(kind, place) for place in places}, (label, verdict.errors)
        assert not verdict.valid
        assert all(each.message and each.fix for each in verdict.errors)
        assert document == before
        assert answered(verdict) == {kind}, label


def answered(verdict: Validation) -> set[str]:
    """The kinds in the server's answer."""
    if verdict.error and verdict.error["type"] != "prompt_outputs_failed_validation":
        return {str(verdict.error["type"])}
    entries: Any = verdict.node_errors
    return {reason["type"] for entry in entries.values() for reason in entry["errors"]}


def test_there_are_ten_defects_for_every_graph():
    assert sum(len(list(seeded(name, NODES))) for name in NAMES) >= 340


# One node, one rule.


def saved(**given: Any) -> Document:
    """A picture made by one EmptyImage and saved."""
    made = {"width": 64, "height": 64, "batch_size": 1, "color": 0, **given}
    return {
        "1": {"class_type": "EmptyImage", "inputs": made},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "a"}},
    }


def only_error(document: Document, **options: Any) -> GraphError:
    (error,) = validate(document, NODES, **options).errors
    return error


@pytest.mark.parametrize("value", ["16", 16.9, " 16 ", True, 2.0])
def test_numbers_are_read_as_the_server_reads_them(value: Any):
    assert validate(saved(batch_size=value), NODES).valid


@pytest.mark.parametrize("value", ["16.5", "", None, {}, "a"])
def test_what_is_no_number_is_refused(value: Any):
    assert only_error(saved(width=value)).type == "invalid_input_type"


def test_inputs_that_a_class_does_not_have_are_ignored():
    assert validate(saved(anything=["gone", 5]), NODES).valid


def test_nodes_that_no_output_needs_are_not_looked_at():
    document = saved()
    document["9"] = {"class_type": "KSampler", "inputs": {}}
    assert validate(document, NODES).valid


def test_an_unknown_class_is_refused_even_where_nobody_needs_it():
    document = saved()
    document["9"] = {"class_type": "Nobody's", "inputs": {}}
    document["10"] = {"class_type": "Somebody's", "inputs": {}}
    verdict = validate(document, NODES)
    assert [(each.type, each.node) for each in verdict.errors] == [
        ("missing_node_type", "9"),
        ("missing_node_type", "10"),
    ]
    assert verdict.error is not None
    assert verdict.error["details"] == "Node ID '#9'"


def test_a_node_without_class_is_told_from_an_unknown_one():
    document = saved()
    del document["1"]["class_type"]
    document["1"]["_meta"] = {"title": "Ground"}
    verdict = validate(document, NODES)
    assert verdict.error is not None
    assert "'Ground' has no class_type" in str(verdict.error["message"])
    assert "no class_type" in verdict.errors[0].message


def test_a_misspelt_class_gets_a_suggestion():
    document = saved()
    document["1"]["class_type"] = "EmptyImag"
    error = only_error(document)
    assert "EmptyImage" in error.suggestions
    assert "Did you mean" in error.fix


def test_a_class_of_a_pack_names_the_pack_and_its_address():
    (error,) = validate(graph("d_ipadapter_unified"), shipped_node_list(SHIPPED_CORE)).errors[:1]
    assert "ComfyUI_IPAdapter_plus" in error.fix
    assert "https://github.com/cubiq/ComfyUI_IPAdapter_plus" in error.fix


def test_a_missing_model_names_folder_address_and_the_most_similar_file():
    document = graph("a_txt2img_sd15")
    loader = next(k for k, n in document.items() if n["class_type"] == "CheckpointLoaderSimple")
    document[loader]["inputs"]["ckpt_name"] = "v1-5-pruned-emaonly-fp16.ckpt"
    nodes = server_list(("models/checkpoints", "sd15/v1-5-pruned-emaonly.safetensors"))
    hints = FileHints(urls={"v1-5-pruned-emaonly-fp16.ckpt": "https://example.org/it.ckpt"})
    (error,) = validate(document, nodes, hints=hints).errors
    assert error.suggestions == ("sd15/v1-5-pruned-emaonly.safetensors",)
    assert "models/checkpoints" in error.fix
    assert "https://example.org/it.ckpt" in error.fix
    (told,) = validate(document, nodes, hints=hints, language="zh").errors
    assert "不在这台服务器上" in told.message
    assert "是不是" in told.fix


def test_the_same_file_in_another_folder_is_suggested_first():
    nodes = server_list(
        ("models/loras", "style_lora2.safetensors"), ("models/loras", "xl/style_lora.safetensors")
    )
    errors = validate(
        graph("f_lora_chain"),
        nodes,
        present={"models/checkpoints/v1-5-pruned-emaonly-fp16.safetensors"},
    ).errors
    error = next(each for each in errors if each.received == "style_lora.safetensors")
    assert error.suggestions[0] == "xl/style_lora.safetensors"


def test_assumed_models_must_still_be_names_of_model_files():
    document = graph("a_txt2img_sd15")
    loader = next(k for k, n in document.items() if n["class_type"] == "CheckpointLoaderSimple")
    document[loader]["inputs"]["ckpt_name"] = "anything.safetensors"
    assert validate(document, NODES, assume_models=True).valid
    for wrong in ("a picture.png", "", 5, None):
        document[loader]["inputs"]["ckpt_name"] = wrong
        assert only_error(document, assume_models=True).type == "value_not_in_list"


def test_a_link_to_a_slot_of_the_wrong_type_names_the_right_slot():
    document = graph("a_txt2img_sd15")
    decode = next(k for k, n in document.items() if n["class_type"] == "VAEDecode")
    document[decode]["inputs"]["vae"][1] = 0
    error = only_error(document)
    assert error.type == "return_type_mismatch"
    assert "change the slot to 2" in error.fix


@pytest.mark.parametrize(
    ("given", "taken", "fit"),
    [
        ("IMAGE", "IMAGE", True),
        ("IMAGE", "MASK", False),
        ("*", "MODEL", True),
        ("MODEL", "*", True),
        ("INT", "FLOAT,INT", True),
        ("STRING,BOOLEAN", "STRING, INT", True),
        ("INT", "FLOAT", False),
        ("COMFY_MATCHTYPE_V3", "IMAGE", True),
        ("STRING", "COMBO", False),
        ("STRING", ["a", "b"], False),
        ("COMBO", ["a", "b"], False),
        (["a", "b"], ["a", "b"], True),
        (["a"], ["a", "b"], False),
        (["a"], "COMBO", True),
        (["a"], "STRING", False),
        (["a"], "*", True),
    ],
)
def test_which_outputs_fit_which_inputs(given: Any, taken: Any, fit: bool):
    nodes = one_class("Both", {"required": {"x": [taken, {}]}}, output=[given], output_name=["x"])
    both = nodes.nodes["Both"]
    assert fits(both.outputs[0], both.inputs["x"]) is fit


def test_list_values_are_wrapped():
    nodes = one_class(
        "Pick", {"required": {"x": ["COMBO", {"options": ["a", "b"], "multiselect": True}]}}
    )
    picked = {"1": {"class_type": "Pick", "inputs": {"x": {"__value__": ["a", "b"]}}}}
    assert validate(picked, nodes).valid
    picked["1"]["inputs"]["x"] = {"__value__": ["a", "c"]}
    assert validate(picked, nodes).errors[0].type == "value_not_in_list"
    picked["1"]["inputs"]["x"] = ["a", "b", "a"]
    assert validate(picked, nodes).errors[0].type == "bad_linked_input"


def test_a_text_where_a_range_is_makes_the_server_fail():
    nodes = one_class("Rate", {"required": {"x": ["FLOAT,INT", {"min": 1.0}]}})
    verdict = validate({"1": {"class_type": "Rate", "inputs": {"x": "24"}}}, nodes)
    assert verdict.errors[0].type == "exception_during_validation"
    assert "range" in verdict.errors[0].message


def test_optional_inputs_may_be_left_out_and_are_checked_when_given():
    nodes = one_class("Maybe", {"required": {}, "optional": {"x": ["INT", {"max": 3}]}})
    assert validate({"1": {"class_type": "Maybe", "inputs": {}}}, nodes).valid
    found = validate({"1": {"class_type": "Maybe", "inputs": {"x": 4}}}, nodes)
    assert found.errors[0].type == "value_bigger_than_max"


def test_links_into_dynamic_inputs_are_followed():
    document = graph("nomodel_math_text")
    adder = next(k for k, n in document.items() if n["class_type"] == "ComfyMathExpression")
    document[adder]["inputs"]["values.a"] = ["77", 0]
    kinds = {each.type for each in validate(document, NODES).errors}
    assert kinds == {"exception_during_inner_validation"}
    del document[adder]["inputs"]["values.a"]
    (error,) = validate(document, NODES).errors
    assert (error.type, error.input) == ("required_input_missing", "values.a")


def test_an_unknown_choice_of_a_dynamic_combo_passes_with_a_warning():
    document = graph("nomodel_video_dyn")
    save = next(k for k, n in document.items() if n["class_type"] == "SaveVideo")
    document[save]["inputs"]["format"] = "vhs"
    verdict = validate(document, NODES)
    assert verdict.valid
    assert [(each.type, each.input) for each in verdict.warnings] == [("unknown_choice", "format")]


def test_versions_that_do_not_check_newer_combos_get_a_warning():
    older = parse_object_info(dict(NODES.as_object_info()), version="0.3.75")
    document = graph("nomodel_webp_webm")
    save = next(k for k, n in document.items() if n["class_type"] == "SaveWEBM")
    document[save]["inputs"]["codec"] = "h262"
    assert validate(document, NODES).errors[0].type == "value_not_in_list"
    verdict = validate(document, older)
    assert verdict.valid
    assert [each.type for each in verdict.warnings] == ["unknown_choice"]


def test_a_value_in_the_place_of_a_link_passes_with_a_warning():
    document = saved()
    document["2"]["inputs"]["images"] = "picture.png"
    verdict = validate(document, NODES)
    assert verdict.valid
    assert [(each.type, each.input) for each in verdict.warnings] == [("unlinked_input", "images")]


def test_a_node_that_checks_its_file_fails_on_its_own_when_it_is_not_given():
    document = graph("b_img2img")
    load = next(k for k, n in document.items() if n["class_type"] == "LoadImage")
    del document[load]["inputs"]["image"]
    verdict = validate(document, NODES)
    assert answered(verdict) == {"exception_during_inner_validation"}
    assert {each.type for each in verdict.errors} == {
        "required_input_missing",
        "exception_during_inner_validation",
    }


def test_a_file_below_the_input_folder_or_of_another_folder_may_be_there():
    document = graph("b_img2img")
    load = next(k for k, n in document.items() if n["class_type"] == "LoadImage")
    nodes = server_list(("models/checkpoints", "v1-5-pruned-emaonly-fp16.safetensors"))
    for name, valid in (("a/b.png", True), ("c.png [output]", True), ("c.png", False)):
        document[load]["inputs"]["image"] = name
        assert validate(document, nodes).valid is valid


def test_one_good_output_is_enough_for_the_server_and_not_for_us():
    document = saved()
    document["3"] = {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}}
    verdict = validate(document, NODES)
    assert not verdict.valid
    assert verdict.outputs == ("2",)
    assert verdict.error is None
    assert list(verdict.node_errors) == ["3"]


def test_targets_narrow_what_is_checked():
    document = saved()
    document["3"] = {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}}
    assert validate(document, NODES, targets=["2"]).valid
    assert validate(document, NODES, targets=["1"]).errors[0].type == "prompt_no_outputs"


def test_the_answer_of_the_server_carries_what_its_clients_read():
    verdict = validate(saved(width=0), NODES)
    assert verdict.node_errors == {
        "1": {
            "class_type": "EmptyImage",
            "dependent_outputs": ["2"],
            "errors": [
                {
                    "type": "value_smaller_than_min",
                    "message": "Value 0 smaller than min of 1",
                    "details": "width",
                    "extra_info": {
                        "input_name": "width",
                        "input_config": [
                            "INT",
                            {"default": 512, "min": 1, "max": 16384, "step": 1},
                        ],
                        "received_value": 0,
                    },
                }
            ],
        }
    }
    assert verdict.error == {
        "type": "prompt_outputs_failed_validation",
        "message": "Prompt outputs failed validation",
        "details": "",
        "extra_info": {},
    }


def test_long_lists_are_left_out_of_the_answer():
    document = graph("a_txt2img_sd15")
    sampler = next(k for k, n in document.items() if n["class_type"] == "KSampler")
    document[sampler]["inputs"]["sampler_name"] = "eule"
    verdict = validate(document, NODES)
    reason: Any = verdict.node_errors[sampler]
    assert reason["errors"][0]["extra_info"]["input_config"] is None
    assert "(list of length 44)" in reason["errors"][0]["details"]
    assert verdict.errors[0].suggestions[0] == "euler"


@pytest.mark.parametrize("document", [[], {"1": "x"}, {"1": {"class_type": "A", "inputs": []}}])
def test_what_the_server_answers_with_500_is_refused(document: Any):
    with pytest.raises(InputRefused) as refused:
        validate(document, NODES)
    assert refused.value.code == "workflow_invalid"


def test_thousands_of_nodes_in_a_row_and_in_a_circle_are_checked_quickly():
    links = {str(at): [str(at - 1), 0] for at in range(1, 5000)}
    chain = {
        key: {"class_type": "ImageInvert", "inputs": {"image": link}} for key, link in links.items()
    }
    chain["0"] = {"class_type": "EmptyImage", "inputs": saved()["1"]["inputs"]}
    chain["end"] = {"class_type": "PreviewImage", "inputs": {"images": ["4999", 0]}}
    start = time.process_time()
    assert validate(chain, NODES).valid
    chain["0"] = {"class_type": "ImageInvert", "inputs": {"image": ["4999", 0]}}
    errors = validate(chain, NODES).errors
    assert {each.type for each in errors} == {"dependency_cycle"}
    assert len(errors) == 5000
    assert time.process_time() - start < 2


def test_one_graph_takes_less_than_5_ms():
    document = graph("j_template_video_ltx2_5_i2v")
    validate(document, NODES)
    taken: list[float] = []
    for _ in range(5):
        start = time.process_time()
        validate(document, NODES)
        taken.append(time.process_time() - start)
    assert min(taken) < 0.005


def test_both_languages_say_the_same_things():
    for kind, text in graph_texts().items():
        said = [
            {name.removesuffix("_zh").removesuffix("_en") for name in placeholders(words)}
            for words in (text.zh + text.fix_zh, text.en + text.fix_en)
        ]
        assert said[0] == said[1], kind


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
