"""Patches of the conditioning: ControlNets, and reference pictures of editing models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

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
    Stage,
    after_loras,
    behind_adapters,
    link_at,
    needed_stages,
    no_place,
    vae_of,
)

ControlKind = Literal["pose", "depth", "canny"]
_PREPROCESSORS: dict[ControlKind, str] = {
    "pose": "OpenposePreprocessor",
    "depth": "DepthAnythingV2Preprocessor",
    "canny": "Canny",
}
_UNION_TYPES: dict[ControlKind, str] = {
    "pose": "openpose",
    "depth": "depth",
    "canny": "canny/lineart/anime_lineart/mlsd",
}
_REFERENCE_SLOTS = ("image1", "image2", "image3")


@dataclass(frozen=True, slots=True)
class ControlUse:
    """One control picture (a file in the server's input folder) and the model that reads it.

    `prepared`: the picture is a pose, depth map or edge drawing already; else it is made from it.
    `union`: the model serves several kinds and is told which.
    """

    kind: ControlKind
    image: str
    model_file: str
    strength: float = 0.8
    start_percent: float = 0.0
    end_percent: float = 1.0
    prepared: bool = True
    union: bool = False


def add_controlnets(workflow: Workflow, nodes: NodeList, uses: Sequence[ControlUse]) -> Patched:
    """The graph with ControlNets between each pair of conditionings and its sampler.

    Raises:
        InputRefused: `graph_no_place`, `graph_nodes_missing` (a preprocessor's pack).
    """
    if not uses:
        return Patched(workflow, ())
    places = _conditionings(workflow, needed_stages(workflow, nodes, patch="ControlNet"))
    vae = vae_of(workflow, nodes)
    start = numbered(workflow, "controlnet")
    added: dict[str, Node] = {}
    carriers: list[list[str]] = [[] for _ in uses]
    for at, use in enumerate(uses):
        added |= _control_source(f"controlnet_{start + at}", use, nodes)
    for which, ((positive, negative), users) in enumerate(places.items()):
        ends = (positive, negative or positive)
        for at, use in enumerate(uses):
            stem = f"controlnet_{start + at}"
            key = stem + (f"_stage_{which + 1}" if which else "")
            added[key] = new_node(
                "ControlNetApplyAdvanced",
                nodes,
                title=f"ControlNet {use.kind}",
                positive=ends[0],
                negative=ends[1],
                control_net=_control_model(stem, use),
                image=_control_picture(stem, use),
                strength=use.strength,
                start_percent=use.start_percent,
                end_percent=use.end_percent,
                **({"vae": vae} if vae is not None else {}),
            )
            ends = (Link(key, "positive"), Link(key, "negative"))
            carriers[at].append(key)
        for stage in users:
            workflow = workflow.with_input(stage.node, stage.positive, ends[0])
            if stage.negative is not None:
                workflow = workflow.with_input(stage.node, stage.negative, ends[1])
    return Patched(with_nodes(workflow, added), tuple(tuple(keys) for keys in carriers))


def add_control_patches(workflow: Workflow, nodes: NodeList, uses: Sequence[ControlUse]) -> Patched:
    """The graph with control as a patch of the model (Z-Image, Qwen-Image), behind LoRAs and IP-Adapters.

    Raises:
        InputRefused: `graph_no_place`, `graph_nodes_missing`.
    """
    if not uses:
        return Patched(workflow, ())
    needed_stages(workflow, nodes, patch="control patch")
    vae, points = vae_of(workflow, nodes), after_loras(workflow, nodes)
    if vae is None or len(points) != 1:
        raise no_place("control patch", "one model with its VAE")
    start = numbered(workflow, "control")
    old = model = behind_adapters(workflow, points[0])
    added: dict[str, Node] = {}
    carriers: list[tuple[str, ...]] = []
    for at, use in enumerate(uses):
        key = f"control_{start + at}"
        added |= _control_source(key, use, nodes, loader="ModelPatchLoader")
        added[key] = new_node(
            "QwenImageDiffsynthControlnet",
            nodes,
            title=f"Control {use.kind}",
            model=model,
            model_patch=Link(f"{key}_model", "MODEL_PATCH"),
            vae=vae,
            image=_control_picture(key, use),
            strength=use.strength,
        )
        model = Link(key, "MODEL")
        carriers.append((key,))
    return Patched(with_nodes(redirected(workflow, old, model), added), tuple(carriers))


def add_reference_images(workflow: Workflow, nodes: NodeList, images: Sequence[str]) -> Patched:
    """The graph of an editing model with more pictures to look at.

    A text encoder that takes pictures (Qwen-Image-Edit) gets them in its free inputs; elsewhere
    (Flux Kontext, Flux 2) each is encoded and hung on the conditioning.

    Raises:
        InputRefused: `graph_no_place`: no free input is left, or there is no VAE.
    """
    if not images:
        return Patched(workflow, ())
    encoders = [
        key
        for key in workflow.order()
        if "image1" in _inputs(workflow.nodes[key], nodes)
        and "prompt" in _inputs(workflow.nodes[key], nodes)
    ]
    if encoders:
        return _into_encoders(workflow, nodes, images, encoders)
    return _as_latents(workflow, nodes, images)


def _inputs(node: Node, nodes: NodeList) -> frozenset[str]:
    known = nodes.nodes.get(node.class_type)
    return frozenset(known.inputs) if known is not None else frozenset()


def _into_encoders(
    workflow: Workflow, nodes: NodeList, images: Sequence[str], encoders: list[str]
) -> Patched:
    free = [
        slot
        for slot in _REFERENCE_SLOTS
        if not any(slot in workflow.nodes[key].inputs for key in encoders)
    ]
    if len(free) < len(images):
        raise no_place("reference", f"{len(images)} free picture inputs; there are {len(free)}")
    start = numbered(workflow, "reference")
    carriers: list[tuple[str, ...]] = []
    for at, (image, slot) in enumerate(zip(images, free, strict=False)):
        key = f"reference_{start + at}"
        workflow = workflow.with_node(
            key, picture_node(image, nodes, title=f"Reference {start + at}")
        )
        for encoder in encoders:
            workflow = workflow.with_input(encoder, slot, Link(key, "IMAGE"))
        carriers.append((key, *encoders))
    return Patched(workflow, tuple(carriers))


def _as_latents(workflow: Workflow, nodes: NodeList, images: Sequence[str]) -> Patched:
    vae = vae_of(workflow, nodes)
    if vae is None:
        raise no_place("reference", "a VAE")
    needs(("ReferenceLatent",), nodes, patch="reference")
    places = _text_ends(workflow, needed_stages(workflow, nodes, patch="reference"))
    start = numbered(workflow, "reference")
    added: dict[str, Node] = {}
    carriers: list[list[str]] = [[] for _ in images]
    for at, image in enumerate(images):
        added |= _reference_latent(f"reference_{start + at}", image, vae, nodes)
    for which, (end, takers) in enumerate(places.items()):
        for at in range(len(images)):
            stem = f"reference_{start + at}"
            key = stem + (f"_text_{which + 1}" if which else "")
            added[key] = new_node(
                "ReferenceLatent",
                nodes,
                title=f"Reference {start + at}",
                conditioning=end,
                latent=Link(f"{stem}_latent", "LATENT"),
            )
            end = Link(key, "CONDITIONING")
            carriers[at].append(key)
        for node, name in takers:
            workflow = workflow.with_input(node, name, end)
    return Patched(with_nodes(workflow, added), tuple(tuple(keys) for keys in carriers))


def _reference_latent(key: str, image: str, vae: Link, nodes: NodeList) -> dict[str, Node]:
    """A picture at about one megapixel, encoded."""
    return {
        f"{key}_picture": picture_node(image, nodes, title="Reference picture"),
        f"{key}_size": new_node(
            "ImageScaleToTotalPixels",
            nodes,
            title="To one megapixel",
            image=Link(f"{key}_picture", "IMAGE"),
            upscale_method="lanczos",
            megapixels=1.0,
        ),
        f"{key}_latent": new_node(
            "VAEEncode",
            nodes,
            title="Reference as latent",
            pixels=Link(f"{key}_size", "IMAGE"),
            vae=vae,
        ),
    }


def _text_ends(workflow: Workflow, found: Sequence[Stage]) -> dict[Link, list[tuple[str, str]]]:
    """Conditionings as they are before any ControlNet, each with the inputs that take it."""
    ends: dict[Link, dict[tuple[str, str], None]] = {}
    for stage in found:
        for name in (stage.positive, stage.negative):
            if name is None:
                continue
            node, name = _above_controlnets(workflow, stage.node, name)
            names = (name,) if node == stage.node or stage.negative else ("positive", "negative")
            for each in names:
                ends.setdefault(link_at(workflow, node, each), {})[node, each] = None
    return {end: list(takers) for end, takers in ends.items()}


def _above_controlnets(workflow: Workflow, node: str, name: str) -> tuple[str, str]:
    while True:
        link = link_at(workflow, node, name)
        if workflow.nodes[link.node].class_type != "ControlNetApplyAdvanced":
            return node, name
        node, name = link.node, link.output


def _conditionings(
    workflow: Workflow, found: Sequence[Stage]
) -> dict[tuple[Link, Link | None], list[Stage]]:
    """The pairs of conditionings that are sampled, each with the stages that take it."""
    places: dict[tuple[Link, Link | None], list[Stage]] = {}
    for stage in found:
        positive = link_at(workflow, stage.node, stage.positive)
        negative = link_at(workflow, stage.node, stage.negative) if stage.negative else None
        users = places.setdefault((positive, negative), [])
        if all(user.node != stage.node for user in users):
            users.append(stage)
    return places


def _control_source(
    key: str, use: ControlUse, nodes: NodeList, *, loader: str = "ControlNetLoader"
) -> dict[str, Node]:
    """The nodes for a control's picture and model."""
    wanted = "name" if loader == "ModelPatchLoader" else "control_net_name"
    added = {
        f"{key}_picture": picture_node(use.image, nodes, title=f"Control {use.kind}"),
        f"{key}_model": new_node(
            loader, nodes, title=f"Control model {use.kind}", **{wanted: use.model_file}
        ),
    }
    if not use.prepared:
        added[f"{key}_prepared"] = new_node(
            _PREPROCESSORS[use.kind],
            nodes,
            title=f"To {use.kind}",
            image=Link(f"{key}_picture", "IMAGE"),
        )
    if use.union and loader == "ControlNetLoader":
        added[f"{key}_kind"] = new_node(
            "SetUnionControlNetType",
            nodes,
            title=f"As {use.kind}",
            control_net=Link(f"{key}_model", "CONTROL_NET"),
            type=_UNION_TYPES[use.kind],
        )
    return added


def _control_picture(key: str, use: ControlUse) -> Link:
    return Link(f"{key}_picture" if use.prepared else f"{key}_prepared", "IMAGE")


def _control_model(key: str, use: ControlUse) -> Link:
    return Link(f"{key}_kind" if use.union else f"{key}_model", "CONTROL_NET")
