"""Node lists: the shipped one, saved ones, and inputs that change with what is filled in."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

import pytest
from tests.comfy_graphs import one_class, server_list

from ai_video.comfyui.object_info import (
    SHIPPED_CORE,
    parse_object_info,
    read_node_list,
    shipped_node_list,
    slim_object_info,
)
from ai_video.errors import InputRefused, NotFound


def test_shipped_list_has_the_core_nodes_and_the_six_packs():
    nodes = shipped_node_list().nodes
    packs = {node.pack for node in nodes.values()}
    assert len(nodes) > 1200
    assert packs >= {
        "core",
        "ComfyUI-AnimateDiff-Evolved",
        "ComfyUI_IPAdapter_plus",
        "ComfyUI-VideoHelperSuite",
        "comfyui_controlnet_aux",
        "ComfyUI-ReActor",
        "ComfyUI-Advanced-ControlNet",
    }


def test_shipped_list_is_read_in_150_ms():
    taken: list[float] = []
    for _ in range(3):
        start = time.process_time()
        shipped_node_list.__wrapped__()
        taken.append(time.process_time() - start)
    assert min(taken) < 0.4


def test_shipped_list_names_no_file_of_the_server_it_came_from():
    for node in shipped_node_list().nodes.values():
        for spec in node.inputs.values():
            if spec.folder is not None:
                assert spec.open_choices
                assert not [each for each in spec.choices or () if "." in str(each)], spec


def test_shipped_list_carries_no_descriptions():
    text = json.dumps(shipped_node_list().as_object_info())
    assert '"tooltip"' not in text
    assert '"description"' not in text


@pytest.mark.parametrize(
    ("class_type", "name", "folder"),
    [
        ("CheckpointLoaderSimple", "ckpt_name", "checkpoints"),
        ("UNETLoader", "unet_name", "diffusion_models"),
        ("DualCLIPLoader", "clip_name2", "text_encoders"),
        ("CLIPVisionLoader", "clip_name", "clip_vision"),
        ("IPAdapterModelLoader", "ipadapter_file", "ipadapter"),
        ("ADE_LoadAnimateDiffModel", "model_name", "animatediff_models"),
        ("ReActorFaceSwap", "swap_model", "insightface"),
        ("LatentUpscaleModelLoader", "model_name", "latent_upscale_models"),
    ],
)
def test_model_inputs_know_the_folder_of_their_files(class_type: str, name: str, folder: str):
    assert shipped_node_list().nodes[class_type].inputs[name].model_folder == folder


def test_a_model_that_the_node_downloads_itself_is_an_ordinary_choice():
    spec = shipped_node_list().nodes["DepthAnythingV2Preprocessor"].inputs["ckpt_name"]
    assert spec.folder is None
    assert "depth_anything_v2_vits.pth" in (spec.choices or ())


def test_an_unknown_loader_is_judged_by_input_name_and_file_endings():
    nodes = one_class(
        "MyLoader",
        {
            "required": {
                "lora_name": [["a.safetensors", "b.safetensors"]],
                "vae_name": [["fast", "slow"]],
                "mode": [["x.pt"]],
            }
        },
    ).nodes["MyLoader"]
    folders = {name: spec.model_folder for name, spec in nodes.inputs.items()}
    assert folders == {"lora_name": "loras", "vae_name": None, "mode": None}


def test_core_list_leaves_the_packs_out():
    core = shipped_node_list(SHIPPED_CORE).nodes
    assert "KSampler" in core
    assert "ADE_UseEvolvedSampling" not in core


def test_number_inputs_keep_default_and_range():
    steps = shipped_node_list().nodes["KSampler"].inputs["steps"]
    assert (steps.type, steps.default, steps.minimum, steps.maximum) == ("INT", 20, 1, 10000)
    assert shipped_node_list().nodes["KSampler"].inputs["seed"].control_after_generate


def test_outputs_of_the_same_name_get_different_names():
    outputs = one_class("Pair", {}, output=["MASK", "MASK"], output_name=["MASK", "MASK"])
    assert [each.name for each in outputs.nodes["Pair"].outputs] == ["MASK", "MASK#2"]


def test_a_dynamic_combo_brings_the_inputs_of_its_choice():
    save = shipped_node_list().nodes["SaveVideo"]
    given = {"format": "mp4", "format.codec": "h264", "format.codec.encoding": "re-encode"}
    assert "format.codec.encoding.crf" in save.live_inputs(given)
    assert "format.codec.encoding.crf" not in save.live_inputs({"format": "mp4"})
    assert "format" not in save.live_inputs({"format": "no such container"})


def test_an_autogrow_input_stands_under_its_names_and_asks_for_its_minimum():
    live = shipped_node_list().nodes["ComfyMathExpression"].live_inputs({})
    assert live["values.a"].required
    assert not live["values.b"].required
    assert "values" not in live


def test_a_saved_list_is_read_packed_or_not(tmp_path: Path):
    entry = {"Thing": {"input": {"required": {"n": ["INT", {"max": 3}]}}, "output": []}}
    plain, packed = tmp_path / "box.json", tmp_path / "box.json.gz"
    plain.write_text(json.dumps(entry), encoding="utf-8")
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    for file in (plain, packed):
        nodes = read_node_list(file)
        assert nodes.version == "box"
        assert nodes.nodes["Thing"].inputs["n"].maximum == 3


@pytest.mark.parametrize(
    "raw", [[], {}, {"KSampler": 3}, {"KSampler": {"output": []}}, "text", None]
)
def test_what_is_no_node_list_is_refused(raw: object):
    with pytest.raises(InputRefused) as refused:
        parse_object_info(raw, version="x")
    assert refused.value.code == "node_list_invalid"


def test_odd_classes_of_custom_packs_are_read_without_complaint():
    raw = {
        "Odd": {
            "input": {
                "required": {"a": "INT", "b": [], "c": [["x"]], "d": [["y"], None], "e": ["Z", 3]}
            },
            "output": "IMAGE",
            "output_name": None,
        },
        "Bare": {"input": {"required": None, "optional": []}},
    }
    nodes = parse_object_info(raw, version="x").nodes
    assert [spec.type for spec in nodes["Odd"].inputs.values()] == [
        "INT",
        "*",
        "COMBO",
        "COMBO",
        "Z",
    ]
    assert nodes["Odd"].outputs == ()
    assert nodes["Bare"].inputs == {}


def test_an_unknown_shipped_list_is_not_found():
    with pytest.raises(NotFound):
        shipped_node_list("0.0.1")


def test_a_list_of_a_server_knows_its_files():
    nodes = server_list(("models/loras", "a.safetensors"))
    assert nodes.files("models/loras") >= {"a.safetensors"}
    assert not nodes.files("models/checkpoints")
    assert not shipped_node_list().files("models/loras")


def test_slimming_keeps_what_validation_needs():
    raw = {
        "Load": {
            "input": {
                "required": {
                    "ckpt_name": [["mine.safetensors"], {"tooltip": "t"}],
                    "n": ["INT", {"default": 1, "min": 0, "max": 9, "tooltip": "t"}],
                }
            },
            "output": ["MODEL"],
            "description": "long",
        }
    }
    slim = slim_object_info(raw)
    assert slim == {
        "Load": {
            "input": {
                "required": {"ckpt_name": [[]], "n": ["INT", {"default": 1, "min": 0, "max": 9}]}
            },
            "output_node": False,
            "output": ["MODEL"],
        }
    }
