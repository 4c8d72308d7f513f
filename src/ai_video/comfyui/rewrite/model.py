"""Patches of the model: LoRA chains at its loader, IP-Adapters behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

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
    after_loras,
    behind_adapters,
    clip_roots,
    model_roots,
    needed_stages,
    no_place,
)

IP_ADAPTER_MODEL: Final = "ip_adapter_model"
IP_ADAPTER_VISION: Final = "ip_adapter_vision"


@dataclass(frozen=True, slots=True)
class LoraUse:
    """One LoRA: its file on the server and how strongly it acts.

    `on_clip`: it was trained with the text encoder, so that acts too where there is one. `on`: 0 or
    1, only the first or second of two models (Wan 2.2 has a pair for each); None: on all.
    """

    file: str
    weight: float
    on_clip: bool = True
    on: int | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """An upright strip of the picture, in parts of its width: 0..1."""

    left: float
    right: float


@dataclass(frozen=True, slots=True)
class IPAdapterUse:
    """One character or style taken from pictures (files in the server's input folder)."""

    images: tuple[str, ...]
    weight: float = 0.8
    weight_type: str = "linear"
    start_at: float = 0.0
    end_at: float = 1.0
    region: Region | None = None


def side_by_side(count: int) -> tuple[Region | None, ...]:
    """Strips for `count` characters from left to right; one alone has the whole picture."""
    if count == 1:
        return (None,)
    return tuple(Region(at / count, (at + 1) / count) for at in range(count))


def add_loras(workflow: Workflow, nodes: NodeList, loras: Sequence[LoraUse]) -> Patched:
    """The graph with these LoRAs between each model's loader and all that takes the model.

    Raises:
        InputRefused: `graph_no_place`: nothing samples a model.
    """
    if not loras:
        return Patched(workflow, ())
    needed_stages(workflow, nodes, patch="LoRA")
    roots, encoders = model_roots(workflow, nodes), clip_roots(workflow, nodes)
    # One text encoder serves several models: only the first model's chain may carry it.
    encoder = encoders[0] if len(encoders) == 1 else None
    start = numbered(workflow, "lora")
    added: dict[str, Node] = {}
    carriers: list[list[str]] = [[] for _ in loras]
    moved: list[tuple[Link, Link]] = []
    for which, root in enumerate(roots):
        model, clip = root, encoder if which == 0 else None
        for at, lora in enumerate(loras):
            if lora.on is not None and lora.on != which:
                continue
            key = f"lora_{start + at}" + (f"_model_{which + 1}" if which else "")
            title = f"LoRA {lora.file}"
            if clip is not None and lora.on_clip:
                added[key] = new_node(
                    "LoraLoader", nodes, title=title, model=model, clip=clip,
                    lora_name=lora.file, strength_model=lora.weight, strength_clip=lora.weight,
                )  # fmt: skip
                clip = Link(key, "CLIP")
            else:
                added[key] = new_node(
                    "LoraLoaderModelOnly", nodes, title=title, model=model,
                    lora_name=lora.file, strength_model=lora.weight,
                )  # fmt: skip
            model = Link(key, "MODEL")
            carriers[at].append(key)
        moved.append((root, model))
        if clip is not None and encoder is not None:
            moved.append((encoder, clip))
    for old, new in moved:
        if old != new:
            workflow = redirected(workflow, old, new)
    return Patched(with_nodes(workflow, added), tuple(tuple(keys) for keys in carriers))


def add_ip_adapters(
    workflow: Workflow,
    nodes: NodeList,
    uses: Sequence[IPAdapterUse],
    *,
    adapter_file: str,
    vision_file: str,
    width: int,
    height: int,
) -> Patched:
    """The graph with an IP-Adapter per use, behind the LoRAs; regions become masks of that size.

    Raises:
        InputRefused: `graph_no_place`, `graph_nodes_missing` (the pack ComfyUI_IPAdapter_plus).
    """
    if not uses:
        return Patched(workflow, ())
    needed_stages(workflow, nodes, patch="IP-Adapter")
    needs(("IPAdapterModelLoader", "IPAdapterAdvanced"), nodes, patch="IP-Adapter")
    points = after_loras(workflow, nodes)
    if len(points) != 1:
        raise no_place("IP-Adapter", "one model; this graph samples several")
    start = numbered(workflow, "ip_adapter")
    model = behind_adapters(workflow, points[0])
    added = {
        IP_ADAPTER_MODEL: new_node(
            "IPAdapterModelLoader", nodes, title="IP-Adapter", ipadapter_file=adapter_file
        ),
        IP_ADAPTER_VISION: new_node(
            "CLIPVisionLoader", nodes, title="IP-Adapter vision", clip_name=vision_file
        ),
    }
    carriers: list[tuple[str, ...]] = []
    old = model
    for at, use in enumerate(uses):
        key = f"ip_adapter_{start + at}"
        inputs: dict[str, Link] = {}
        added |= _pictures(key, use.images, nodes)
        if use.region is not None:
            added |= _region_mask(key, use.region, nodes, width=width, height=height)
            inputs["attn_mask"] = Link(f"{key}_mask", "MASK")
        added[key] = new_node(
            "IPAdapterAdvanced",
            nodes,
            title=f"IP-Adapter {start + at}",
            model=model,
            ipadapter=Link(IP_ADAPTER_MODEL, "IPADAPTER"),
            image=_last_picture(key, use.images),
            weight=use.weight,
            weight_type=use.weight_type,
            start_at=use.start_at,
            end_at=use.end_at,
            clip_vision=Link(IP_ADAPTER_VISION, "CLIP_VISION"),
            **inputs,
        )
        model = Link(key, "MODEL")
        carriers.append((key,))
    return Patched(with_nodes(redirected(workflow, old, model), added), tuple(carriers))


def _pictures(key: str, files: tuple[str, ...], nodes: NodeList) -> dict[str, Node]:
    """A node for each picture, and from the second on one that joins it to those before."""
    added: dict[str, Node] = {}
    for at, file in enumerate(files, 1):
        added[f"{key}_picture_{at}"] = picture_node(file, nodes, title=f"Reference {at}")
        if at > 1:
            added[f"{key}_pictures_{at}"] = new_node(
                "ImageBatch",
                nodes,
                title=f"References 1 to {at}",
                image1=_last_picture(key, files[: at - 1]),
                image2=Link(f"{key}_picture_{at}", "IMAGE"),
            )
    return added


def _last_picture(key: str, files: tuple[str, ...]) -> Link:
    stem = "picture" if len(files) == 1 else "pictures"
    return Link(f"{key}_{stem}_{len(files)}", "IMAGE")


def _region_mask(
    key: str, region: Region, nodes: NodeList, *, width: int, height: int
) -> dict[str, Node]:
    """Black everywhere, white in the strip."""
    left, right = round(region.left * width), round(region.right * width)
    strip = max(1, right - left)
    return {
        f"{key}_mask_black": new_node(
            "SolidMask", nodes, title="Outside", value=0.0, width=width, height=height
        ),
        f"{key}_mask_white": new_node(
            "SolidMask", nodes, title="Inside", value=1.0, width=strip, height=height
        ),
        f"{key}_mask": new_node(
            "MaskComposite",
            nodes,
            title="Where this character stands",
            destination=Link(f"{key}_mask_black", "MASK"),
            source=Link(f"{key}_mask_white", "MASK"),
            x=left,
            y=0,
            operation="add",
        ),
    }
