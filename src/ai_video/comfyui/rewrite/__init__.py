"""Patches of a graph: LoRA, IP-Adapter, ControlNet, face swap, references, frames, upscaling.

Each patch is a pure function `Workflow -> Patched`. It finds its place by the types of the node
list (`ports`), so it fits any graph that has such a place, and refuses with `graph_no_place` where
there is none. New nodes get readable ids ("lora_1", "ip_adapter_2"), the same in whatever order the
patches come. These commute, for each works at a place that no other moves:

    loader ─▶ LoRA … ─▶ IP-Adapter … ─▶ control patch … ─▶ (what the graph had) ─▶ sampler.model
    text   ─▶ (what the graph had) ─▶ reference … ─▶ ControlNet … ─▶ sampler.positive / negative
    decode ─▶ face swap … ─▶ (what the graph had) ─▶ upscaling ─▶ interpolation ─▶ output

Two patches of one kind are added in the order they are given.
"""

from ai_video.comfyui.rewrite.conditioning import (
    ControlUse,
    add_control_patches,
    add_controlnets,
    add_reference_images,
)
from ai_video.comfyui.rewrite.model import (
    IPAdapterUse,
    LoraUse,
    Region,
    add_ip_adapters,
    add_loras,
    side_by_side,
)
from ai_video.comfyui.rewrite.patching import Patched
from ai_video.comfyui.rewrite.pictures import (
    FaceSwapUse,
    add_face_swaps,
    add_interpolation,
    add_upscaling,
    set_first_frame,
    set_last_frame,
)
from ai_video.comfyui.rewrite.ports import Stage, model_roots, stages

__all__ = [
    "ControlUse",
    "FaceSwapUse",
    "IPAdapterUse",
    "LoraUse",
    "Patched",
    "Region",
    "Stage",
    "add_control_patches",
    "add_controlnets",
    "add_face_swaps",
    "add_interpolation",
    "add_ip_adapters",
    "add_loras",
    "add_reference_images",
    "add_upscaling",
    "model_roots",
    "set_first_frame",
    "set_last_frame",
    "side_by_side",
    "stages",
]
