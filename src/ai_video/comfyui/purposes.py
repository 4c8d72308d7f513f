"""What a workflow is for, in one word of a closed list."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Literal, get_args

from ai_video.comfyui.flow import Flow
from ai_video.comfyui.pictures import Loaded
from ai_video.comfyui.sampling import Sampling

Purpose = Literal[
    "text_to_image",
    "image_to_image",
    "image_edit",
    "inpaint",
    "controlnet",
    "reference_to_image",
    "upscale",
    "face_swap",
    "text_to_video",
    "image_to_video",
    "first_last_frame",
    "reference_to_video",
    "control_to_video",
    "video_to_video",
    "audio_to_video",
    "audio",
    "three_d",
    "train_lora",
    "text",
    "processing",
]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

_FACE_SWAP = re.compile(r"reactor|face.?swap", re.IGNORECASE)
_THREE_D = re.compile(r"^(MESH|VOXEL|SPLAT|FILE_3D)")
_UPSCALE_TYPES = frozenset({"UPSCALE_MODEL", "LATENT_UPSCALE_MODEL"})


def find_purpose(
    flow: Flow, sampling: Sampling, loaded: Sequence[Loaded], kinds: Collection[str]
) -> Purpose:
    """The purpose, from what a workflow gives and which files it takes."""
    if "lora" in kinds:
        return "train_lora"
    if _gives_3d(flow):
        return "three_d"
    drawn = bool(sampling.samplers) or _paid(flow)
    if "video" in kinds:
        return _of_clip(flow, loaded, drawn=drawn)
    if "image" in kinds:
        return _of_picture(flow, sampling, loaded, drawn=drawn)
    if "audio" in kinds:
        return "audio"
    return "text" if _writes_text(flow) else "processing"


def _gives_3d(flow: Flow) -> bool:
    for node in flow.outputs:
        for name, source in node.links.items():
            kind = node.input_type(name) or flow[source.node].output_type(source.slot)
            if _THREE_D.search(kind):
                return True
    return False


def _paid(flow: Flow) -> bool:
    return any(node.known is not None and node.known.paid for node in flow)


def _writes_text(flow: Flow) -> bool:
    return any(
        "STRING" in node.output_types and "CLIP" in {node.input_type(name) for name in node.links}
        for node in flow
    )


def _seedvr(flow: Flow) -> bool:
    return any("SeedVR" in node.class_type for node in flow)


def _paints_in(flow: Flow, sampling: Sampling) -> bool:
    """Whether a mask bounds what is drawn: it is set on a latent, or given with a picture and a VAE."""
    behind = flow.upstream([node.id for node in sampling.samplers])
    for node in flow:
        if node.id not in behind or not node.names_of("MASK"):
            continue
        gives = set(node.output_types)
        if "LATENT" in gives or ("CONDITIONING" in gives and node.names_of("VAE")):
            return True
    return False


def _upscales(flow: Flow) -> bool:
    return any({node.input_type(name) for name in node.links} & _UPSCALE_TYPES for node in flow)


def _of_clip(flow: Flow, loaded: Sequence[Loaded], *, drawn: bool) -> Purpose:
    roles = {row.role for row in loaded}
    clips = {row.role for row in loaded if row.kind == "VIDEO"}
    means = {row.means for row in loaded}
    if not drawn:
        return "upscale" if _upscales(flow) else "processing"
    if "control_image" in roles:
        return "control_to_video"
    if _seedvr(flow):
        return "upscale"
    if clips - {"mask"} or "video" in means:
        return "video_to_video"
    if {"first_frame", "last_frame"} <= roles:
        return "first_last_frame"
    if "audio" in roles:
        return "audio_to_video"
    if "first_frame" in roles or "last_frame" in roles or "init" in means:
        return "image_to_video"
    return "reference_to_video" if "reference_image" in roles else "text_to_video"


def _of_picture(
    flow: Flow, sampling: Sampling, loaded: Sequence[Loaded], *, drawn: bool
) -> Purpose:
    roles = {row.role for row in loaded}
    means = {row.means for row in loaded}
    if not drawn:
        if any(_FACE_SWAP.search(node.class_type) for node in flow):
            return "face_swap"
        return "upscale" if _upscales(flow) else "processing"
    if _seedvr(flow):
        return "upscale"
    if "mask" in roles or _paints_in(flow, sampling):
        return "inpaint"
    if "control_image" in roles:
        return "controlnet"
    if "edit" in means:
        return "image_edit"
    if "init" in means:
        return "upscale" if _upscales(flow) else "image_to_image"
    if "style" in means or "face_image" in roles:
        return "reference_to_image"
    return "image_edit" if "reference_image" in roles else "text_to_image"
