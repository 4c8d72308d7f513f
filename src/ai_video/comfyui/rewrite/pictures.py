"""Patches of the pictures: face swap, upscaling, interpolation, first and last frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ai_video.comfyui.graph import Link, Node, Workflow
from ai_video.comfyui.object_info import NodeList
from ai_video.comfyui.rewrite.patching import (
    Patched,
    needs,
    new_node,
    numbered,
    picture_node,
    redirected,
    with_nodes,
)
from ai_video.comfyui.rewrite.ports import (
    decoded_pictures,
    link_at,
    no_place,
    picture_ends,
)

_FIRST_FRAME_INPUTS = ("start_image", "first_image", "first_frame")
_LAST_FRAME_INPUTS = ("end_image", "last_image", "last_frame")
# Classes that take no last frame, and those that take it as well as all else that they take.
_WITH_LAST_FRAME = {"WanImageToVideo": "WanFirstLastFrameToVideo"}
_RENAMED = {"clip_vision_output": "clip_vision_start_image"}


@dataclass(frozen=True, slots=True)
class FaceSwapUse:
    """A face (a file in the server's input folder) for one person of the picture.

    `index`: which face of the picture, from left to right.
    """

    image: str
    index: int = 0


def add_face_swaps(
    workflow: Workflow,
    nodes: NodeList,
    uses: Sequence[FaceSwapUse],
    *,
    swap_model: str = "inswapper_128.onnx",
    restore_model: str = "none",
) -> Patched:
    """The graph with faces swapped in each picture as soon as it is decoded.

    Raises:
        InputRefused: `graph_no_place`, `graph_nodes_missing` (the pack ComfyUI-ReActor).
    """
    if not uses:
        return Patched(workflow, ())
    needs(("ReActorFaceSwap",), nodes, patch="face swap")
    sources = decoded_pictures(workflow, nodes)
    if not sources:
        raise no_place("face swap", "a decoded picture that is saved")
    start = numbered(workflow, "face_swap")
    added: dict[str, Node] = {}
    carriers: list[list[str]] = [[] for _ in uses]
    for at, use in enumerate(uses):
        added[f"face_swap_{start + at}_face"] = picture_node(
            use.image, nodes, title=f"Face {start + at}"
        )
    for which, source in enumerate(sources):
        old = picture = _behind_swaps(workflow, source)
        for at, use in enumerate(uses):
            stem = f"face_swap_{start + at}"
            key = stem + (f"_picture_{which + 1}" if which else "")
            added[key] = new_node(
                "ReActorFaceSwap",
                nodes,
                title=f"Face swap {start + at}",
                enabled=True,
                input_image=picture,
                swap_model=swap_model,
                face_restore_model=restore_model,
                input_faces_index=str(use.index),
                source_faces_index="0",
                source_image=Link(f"{stem}_face", "IMAGE"),
            )
            picture = Link(key, "SWAPPED_IMAGE")
            carriers[at].append(key)
        workflow = redirected(workflow, old, picture)
    return Patched(with_nodes(workflow, added), tuple(tuple(keys) for keys in carriers))


def _behind_swaps(workflow: Workflow, source: Link) -> Link:
    while True:
        following = [
            use.node
            for use in workflow.consumers(source.node, source.output)
            if workflow.nodes[use.node].class_type == "ReActorFaceSwap"
        ]
        if len(following) != 1:
            return source
        source = Link(following[0], "SWAPPED_IMAGE")


def add_upscaling(
    workflow: Workflow, nodes: NodeList, *, model_file: str, width: int, height: int
) -> Patched:
    """The graph with its finished pictures enlarged by a model, then brought to exactly this size."""
    ends = picture_ends(workflow, nodes)
    if not ends:
        raise no_place("upscaling", "a picture that is saved")
    stem = f"upscale_{numbered(workflow, 'upscale')}"
    added = {
        f"{stem}_model": new_node(
            "UpscaleModelLoader", nodes, title="Upscaling model", model_name=model_file
        )
    }
    carriers: list[str] = []
    for which, end in enumerate(ends):
        # Interpolation stays last: pictures are enlarged before frames are put between them.
        at = _before_interpolation(workflow, end.node, end.input)
        key = stem + (f"_end_{which + 1}" if which else "")
        added[f"{key}_by_model"] = new_node(
            "ImageUpscaleWithModel",
            nodes,
            title="Upscale",
            upscale_model=Link(f"{stem}_model", "UPSCALE_MODEL"),
            image=link_at(workflow, *at),
        )
        added[key] = new_node(
            "ImageScale", nodes, title=f"To {width} x {height}",
            image=Link(f"{key}_by_model", "IMAGE"), upscale_method="lanczos",
            width=width, height=height, crop="center",
        )  # fmt: skip
        workflow = workflow.with_input(*at, Link(key, "IMAGE"))
        carriers += [f"{key}_by_model", key]
    return Patched(with_nodes(workflow, added), (tuple(carriers),))


def _before_interpolation(workflow: Workflow, node: str, name: str) -> tuple[str, str]:
    source = workflow.nodes[link_at(workflow, node, name).node]
    if source.class_type == "FrameInterpolate":
        return link_at(workflow, node, name).node, "images"
    return node, name


def add_interpolation(
    workflow: Workflow, nodes: NodeList, *, model_file: str, multiplier: int
) -> Patched:
    """The graph with frames put between those of its videos; its frame rate is left alone.

    Raises:
        InputRefused: `graph_no_place`: no video is saved.
    """
    ends = [
        end for end in picture_ends(workflow, nodes) if _is_video_end(workflow, nodes, end.node)
    ]
    if not ends:
        raise no_place("interpolation", "frames that become a video")
    stem = f"interpolate_{numbered(workflow, 'interpolate')}"
    added = {
        f"{stem}_model": new_node(
            "FrameInterpolationModelLoader",
            nodes,
            title="Interpolation model",
            model_name=model_file,
        )
    }
    carriers: list[str] = []
    for which, end in enumerate(ends):
        key = stem + (f"_end_{which + 1}" if which else "")
        added[key] = new_node(
            "FrameInterpolate",
            nodes,
            title=f"{multiplier} times the frames",
            interp_model=Link(f"{stem}_model", "INTERP_MODEL"),
            images=link_at(workflow, end.node, end.input),
            multiplier=multiplier,
        )
        workflow = workflow.with_input(end.node, end.input, Link(key, "IMAGE"))
        carriers.append(key)
    return Patched(with_nodes(workflow, added), (tuple(carriers),))


def _is_video_end(workflow: Workflow, nodes: NodeList, key: str) -> bool:
    known = nodes.nodes.get(workflow.nodes[key].class_type)
    rates = {"fps", "frame_rate"}
    return known is not None and bool(rates & known.inputs.keys())


def set_first_frame(workflow: Workflow, nodes: NodeList, image: str) -> Patched:
    """The graph whose video starts with this picture.

    Raises:
        InputRefused: `graph_no_place`: no node takes a first frame.
    """
    return _set_frame(workflow, nodes, image, _FIRST_FRAME_INPUTS, "first_frame")


def set_last_frame(workflow: Workflow, nodes: NodeList, image: str) -> Patched:
    """The graph whose video ends with this picture; a node that takes none is exchanged for its
    sibling that does.

    Raises:
        InputRefused: `graph_no_place`: no node takes a last frame.
    """
    for key, node in workflow.nodes.items():
        sibling = _WITH_LAST_FRAME.get(node.class_type)
        if sibling is not None and sibling in nodes.nodes:
            inputs = {_RENAMED.get(name, name): value for name, value in node.inputs.items()}
            workflow = workflow.with_node(key, replace(node, class_type=sibling, inputs=inputs))
    return _set_frame(workflow, nodes, image, _LAST_FRAME_INPUTS, "last_frame")


def _set_frame(
    workflow: Workflow, nodes: NodeList, image: str, names: tuple[str, ...], stem: str
) -> Patched:
    takers = [
        (key, name)
        for key, node in workflow.nodes.items()
        if (known := nodes.nodes.get(node.class_type)) is not None
        for name in names
        if name in known.inputs and known.inputs[name].type == "IMAGE"
    ]
    if not takers:
        raise no_place(stem.replace("_", " "), f"a node with an input {' or '.join(names)}")
    for key, name in takers:
        workflow = workflow.with_input(key, name, Link(stem, "IMAGE"))
    picture = picture_node(image, nodes, title=stem.replace("_", " ").capitalize())
    return Patched(
        workflow.with_node(stem, picture), ((stem, *dict.fromkeys(key for key, _ in takers)),)
    )
