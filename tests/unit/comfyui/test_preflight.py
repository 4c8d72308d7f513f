"""What a workflow needs and a server lacks."""

from __future__ import annotations

import pytest
from tests.comfy_graphs import NAMES, graph, server_list

from ai_video.comfyui.known_models import known_models, read_hints
from ai_video.comfyui.object_info import SHIPPED_CORE, shipped_node_list
from ai_video.comfyui.packs import pack_of
from ai_video.comfyui.preflight import preflight, required_models, required_nodes

EVERYTHING = "x_animatediff_ipadapter_controlnet_lora_reactor"


def test_missing_packs_come_with_their_repositories():
    found = preflight(graph(EVERYTHING), shipped_node_list(SHIPPED_CORE)).missing_nodes
    assert {each.url for each in found} == {
        "https://github.com/Kosinkadink/ComfyUI-AnimateDiff-Evolved",
        "https://github.com/Kosinkadink/ComfyUI-VideoHelperSuite",
        "https://github.com/cubiq/ComfyUI_IPAdapter_plus",
        "https://github.com/Fannovel16/comfyui_controlnet_aux",
        "https://github.com/Gourieff/ComfyUI-ReActor",
    }
    assert len({each.class_type for each in found}) == len(found)
    assert not preflight(graph(EVERYTHING), shipped_node_list()).missing_nodes


def test_missing_models_come_with_folder_and_address():
    found = preflight(graph(EVERYTHING), server_list()).missing_models
    named = {(each.folder, each.name) for each in found}
    assert named == {
        ("checkpoints", "v1-5-pruned-emaonly-fp16.safetensors"),
        ("loras", "character_lora.safetensors"),
        ("loras", "style_lora.safetensors"),
        ("ipadapter", "ip-adapter_sd15.safetensors"),
        ("clip_vision", "CLIP-ViT-H-14-laion2B-s32B-b79K.safetensors"),
        ("controlnet", "control_v11p_sd15_openpose_fp16.safetensors"),
        ("animatediff_models", "v3_sd15_mm.ckpt"),
        ("insightface", "inswapper_128.onnx"),
        ("facerestore_models", "codeformer-v0.1.0.pth"),
    }
    addresses = {each.name: each.url for each in found}
    assert str(addresses["v3_sd15_mm.ckpt"]).startswith("https://")
    assert addresses["style_lora.safetensors"] is None


def test_models_that_are_there_are_not_missing():
    nodes = server_list(("models/loras", "style_lora.safetensors"))
    names = {each.name for each in preflight(graph("f_lora_chain"), nodes).missing_models}
    assert "style_lora.safetensors" not in names
    assert "character_lora.safetensors" in names


def test_a_similar_file_on_the_server_is_suggested():
    nodes = server_list(("models/loras", "Character_LoRA_v2.safetensors"))
    found = preflight(graph("f_lora_chain"), nodes).missing_models
    (lora,) = [each for each in found if each.name == "character_lora.safetensors"]
    assert lora.suggestions == ("Character_LoRA_v2.safetensors",)


@pytest.mark.parametrize("name", NAMES)
def test_assumed_models_are_never_missing(name: str):
    assert not preflight(graph(name), server_list(), assume_models=True).missing_models


def test_presence_is_unknown_without_a_server():
    document = graph("a_txt2img_sdxl")
    (model,) = required_models(document, shipped_node_list())
    assert (model.folder, model.name, model.present) == (
        "checkpoints",
        "sd_xl_base_1.0.safetensors",
        None,
    )
    assert required_models(document, server_list())[0].present is False
    coming = {"models/checkpoints/sd_xl_base_1.0.safetensors"}
    assert required_models(document, server_list(), present=coming)[0].present is True


def test_models_of_unknown_loaders_are_told_by_name_and_ending():
    document = {
        "1": {
            "class_type": "Nobody's Loader",
            "inputs": {"unet_name": "big.gguf", "vae_name": "fast", "prompt": "a.safetensors"},
        }
    }
    (model,) = required_models(document, shipped_node_list())
    assert (model.folder, model.name) == ("diffusion_models", "big.gguf")


def test_words_among_file_choices_are_no_models():
    document = {
        "1": {"class_type": "VAELoader", "inputs": {"vae_name": "pixel_space"}},
        "2": {"class_type": "ReActorRestoreFace", "inputs": {"model": "none"}},
    }
    assert not required_models(document, shipped_node_list())
    assert not preflight(document, server_list()).missing_models


def test_the_file_itself_tells_addresses_and_packs():
    ui = {
        "nodes": [{"type": "Odd Loader", "properties": {"cnr_id": "odd-pack"}}],
        "definitions": {
            "subgraphs": [
                {
                    "nodes": [
                        {
                            "type": "LoraLoader",
                            "properties": {
                                "cnr_id": "comfy-core",
                                "models": [
                                    {
                                        "name": "style_lora.safetensors",
                                        "url": "https://e.org/s",
                                        "directory": "loras",
                                    },
                                    {"name": "x", "url": "file:///etc/passwd"},
                                    "odd",
                                ],
                            },
                        }
                    ]
                }
            ]
        },
    }
    hints = read_hints(ui)
    found = preflight(graph("f_lora_chain"), server_list(), hints=hints).missing_models
    assert "https://e.org/s" in {each.url for each in found}
    assert "x" not in hints.urls
    (node,) = preflight(
        {"1": {"class_type": "Odd Loader"}}, server_list(), hints=hints
    ).missing_nodes
    assert (node.pack, node.url) == ("odd-pack", "https://registry.comfy.org/nodes/odd-pack")


@pytest.mark.parametrize(
    ("class_type", "pack"),
    [
        ("KSampler", "core"),
        ("VHS_VideoCombine", "ComfyUI-VideoHelperSuite"),
        ("Power Lora Loader (rgthree)", "rgthree-comfy"),
        ("UnetLoaderGGUF", "ComfyUI-GGUF"),
        ("WanVideoSampler", "ComfyUI-WanVideoWrapper"),
        ("easy positive", "ComfyUI-Easy-Use"),
        ("RIFE VFI", "ComfyUI-Frame-Interpolation"),
    ],
)
def test_packs_are_told_by_class(class_type: str, pack: str):
    found = pack_of(class_type)
    assert found is not None
    assert found.name == pack
    assert found.url is not None
    assert pack_of("Nobody has heard of this") is None


def test_required_nodes_name_their_packs_once():
    nodes = dict(required_nodes(graph("c_animatediff_txt2vid"), shipped_node_list()))
    assert nodes["KSampler"] == "core"
    assert nodes["VHS_VideoCombine"] == "ComfyUI-VideoHelperSuite"


def test_known_addresses_are_of_model_files_over_https():
    for key, url in known_models().items():
        assert url.startswith("https://"), key
        assert "/" in key
