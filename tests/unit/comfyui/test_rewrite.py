"""Patches put LoRA, IP-Adapter, ControlNet and the rest into any graph that has a place for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_video.comfyui.graph import Link, Workflow, read_api, write_api
from ai_video.comfyui.object_info import shipped_node_list
from ai_video.comfyui.rewrite import (
    ControlUse,
    FaceSwapUse,
    IPAdapterUse,
    LoraUse,
    Patched,
    add_control_patches,
    add_controlnets,
    add_face_swaps,
    add_interpolation,
    add_ip_adapters,
    add_loras,
    add_reference_images,
    add_upscaling,
    set_first_frame,
    set_last_frame,
    side_by_side,
    stages,
)
from ai_video.comfyui.validate import validate
from ai_video.errors import InputRefused

GRAPHS = Path(__file__).parents[2] / "data" / "workflows"
NAMES = sorted(path.stem for path in GRAPHS.glob("*.json"))
NODES = shipped_node_list()
PICTURES = frozenset(f"{name}.png" for name in ("hero", "side", "face", "pose", "depth", "first"))


@cache
def graph(name: str) -> Workflow:
    return read_api(json.loads((GRAPHS / f"{name}.json").read_text("utf-8")), NODES)


def adapters(workflow: Workflow) -> Patched:
    return add_ip_adapters(
        workflow,
        NODES,
        [IPAdapterUse(("hero.png", "side.png"), region=region) for region in side_by_side(2)],
        adapter_file="ip-adapter_sd15.safetensors",
        vision_file="CLIP-ViT-H-14-laion2B-s32B-b79K.safetensors",
        width=512,
        height=768,
    )


PATCHES: dict[str, Callable[[Workflow], Patched]] = {
    "lora": lambda w: add_loras(
        w, NODES, [LoraUse("ming.safetensors", 0.8), LoraUse("ink.safetensors", 0.5, on_clip=False)]
    ),
    "ip_adapter": adapters,
    "controlnet": lambda w: add_controlnets(
        w,
        NODES,
        [
            ControlUse("pose", "pose.png", "pose.safetensors"),
            ControlUse("depth", "hero.png", "union.safetensors", prepared=False, union=True),
        ],
    ),
    "control_patch": lambda w: add_control_patches(
        w, NODES, [ControlUse("canny", "hero.png", "union.safetensors", prepared=False)]
    ),
    "reference": lambda w: add_reference_images(w, NODES, ["hero.png"]),
    "face_swap": lambda w: add_face_swaps(
        w, NODES, [FaceSwapUse("face.png", 0), FaceSwapUse("side.png", 1)]
    ),
    "upscaling": lambda w: add_upscaling(
        w, NODES, model_file="4x.safetensors", width=1920, height=1080
    ),
    "interpolation": lambda w: add_interpolation(
        w, NODES, model_file="rife.safetensors", multiplier=2
    ),
    "first_frame": lambda w: set_first_frame(w, NODES, "first.png"),
    "last_frame": lambda w: set_last_frame(w, NODES, "side.png"),
}


def patched_where_it_fits(patch: str, workflow: Workflow) -> Patched | None:
    """None where the graph has no place; any other refusal is a failure."""
    try:
        return PATCHES[patch](workflow)
    except InputRefused as refused:
        if refused.code != "graph_no_place":
            raise
        return None


def faults(workflow: Workflow) -> list[object]:
    files = {
        value
        for node in workflow.nodes.values()
        if node.class_type in ("LoadImage", "LoadVideo", "LoadAudio")
        for value in node.inputs.values()
        if isinstance(value, str)
    }
    document = write_api(workflow, NODES)
    answer = validate(document, NODES, assume_models=True, present=PICTURES | files)
    return [(each.type, each.node, each.input, each.received) for each in answer.errors]


@pytest.mark.parametrize("patch", PATCHES)
def test_a_patched_graph_is_valid_or_has_no_place_for_it(patch: str) -> None:
    fitting = 0
    for name in NAMES:
        patched = patched_where_it_fits(patch, graph(name))
        if patched is None:
            continue
        fitting += 1
        assert faults(patched.workflow) == [], name
        assert all(carriers for carriers in patched.added), name
        for carriers in patched.added:
            assert set(carriers) <= patched.workflow.nodes.keys(), name
    assert fitting >= 4


@pytest.mark.parametrize(("one", "other"), list(combinations(PATCHES, 2)))
def test_two_kinds_of_patches_give_one_graph_in_either_order(one: str, other: str) -> None:
    for name in NAMES:
        first, second = (patched_where_it_fits(each, graph(name)) for each in (one, other))
        if first is None or second is None:
            continue
        forth, back = PATCHES[other](first.workflow), PATCHES[one](second.workflow)
        assert dict(forth.workflow.nodes) == dict(back.workflow.nodes), name


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(NAMES), st.lists(st.sampled_from(sorted(PATCHES)), min_size=1, max_size=6))
def test_any_sequence_of_patches_leaves_a_valid_graph_without_cycles(
    name: str, sequence: list[str]
) -> None:
    workflow = graph(name)
    for patch in sequence:
        patched = patched_where_it_fits(patch, workflow)
        workflow = workflow if patched is None else patched.workflow
    assert faults(workflow) == []
    assert len(workflow.order()) == len(workflow.nodes)


def test_lora_chain_stands_between_the_loader_and_all_that_takes_the_model() -> None:
    before = graph("a_txt2img_sd15")
    patched = add_loras(
        before, NODES, [LoraUse("ming.safetensors", 0.8), LoraUse("ink.safetensors", 0.5)]
    )
    after = patched.workflow
    assert patched.added == (("lora_1",), ("lora_2",))
    (loader,) = after.of_class("CheckpointLoaderSimple")
    assert {use.node for use in after.consumers(loader, "MODEL")} == {"lora_1"}
    assert {use.node for use in after.consumers(loader, "CLIP")} == {"lora_1"}
    assert after.nodes["lora_2"].inputs["model"] == Link("lora_1", "MODEL")
    (stage,) = stages(after, NODES)
    assert after.nodes[stage.node].inputs[stage.model] == Link("lora_2", "MODEL")
    assert after.nodes["lora_1"].inputs["strength_model"] == 0.8


def test_each_of_two_models_gets_its_own_lora_chain() -> None:
    patched = add_loras(
        graph("i_wan22_t2v_14b"),
        NODES,
        [LoraUse("both.safetensors", 1.0), LoraUse("low.safetensors", 1.0, on=1)],
    )
    assert patched.added == (("lora_1", "lora_1_model_2"), ("lora_2_model_2",))


def test_ip_adapters_stand_behind_loras_and_before_animatediff() -> None:
    bare = graph("c_animatediff_txt2vid")
    workflow = PATCHES["lora"](adapters(bare).workflow).workflow
    assert workflow.nodes["ip_adapter_1"].inputs["model"] == Link("lora_2", "MODEL")
    (sampling,) = workflow.of_class("ADE_UseEvolvedSampling")
    assert workflow.nodes[sampling].inputs["model"] == Link("ip_adapter_2", "MODEL")


def test_two_characters_get_masks_from_left_to_right() -> None:
    workflow = adapters(graph("a_txt2img_sd15")).workflow
    left, right = workflow.nodes["ip_adapter_1_mask"], workflow.nodes["ip_adapter_2_mask"]
    assert (left.inputs["x"], right.inputs["x"]) == (0, 256)
    assert workflow.nodes["ip_adapter_2_mask_white"].inputs["width"] == 256


def test_controlnets_stand_last_before_the_sampler_in_the_order_given() -> None:
    workflow = PATCHES["controlnet"](graph("a_txt2img_sd15")).workflow
    (stage,) = stages(workflow, NODES)
    assert workflow.nodes[stage.node].inputs["positive"] == Link("controlnet_2", "positive")
    assert workflow.nodes["controlnet_2"].inputs["positive"] == Link("controlnet_1", "positive")
    assert workflow.nodes["controlnet_2_kind"].inputs["type"] == "depth"


def test_faces_are_swapped_before_the_picture_is_enlarged() -> None:
    workflow = PATCHES["face_swap"](PATCHES["upscaling"](graph("a_txt2img_sd15")).workflow).workflow
    enlarged = workflow.nodes["upscale_1_by_model"].inputs["image"]
    assert enlarged == Link("face_swap_2", "SWAPPED_IMAGE")


def test_a_wan_graph_with_a_last_frame_uses_the_class_that_takes_one() -> None:
    workflow = set_last_frame(graph("i_wan22_i2v_14b"), NODES, "side.png").workflow
    assert workflow.of_class("WanImageToVideo") == ()
    (node,) = workflow.of_class("WanFirstLastFrameToVideo")
    assert workflow.nodes[node].inputs["end_image"] == Link("last_frame", "IMAGE")


def test_a_missing_node_pack_is_named() -> None:
    core = shipped_node_list("0.33.0-core")
    with pytest.raises(InputRefused) as refused:
        add_face_swaps(graph("a_txt2img_sd15"), core, [FaceSwapUse("face.png")])
    assert refused.value.code == "graph_nodes_missing"
    assert refused.value.fields["missing"] == ["ReActorFaceSwap"]


def test_no_reference_is_dropped_when_the_encoders_are_full() -> None:
    edit = graph("j_template_image_qwen_image_edit_2511")
    with pytest.raises(InputRefused) as refused:
        add_reference_images(edit, NODES, ["hero.png"] * 4)
    assert refused.value.code == "graph_no_place"
