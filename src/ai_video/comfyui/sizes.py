"""Sizes, lengths and rates: what every sampler starts from, and how frames become a clip."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ai_video.comfyui.flow import FlowNode, Source, Use
from ai_video.comfyui.literals import Certainty, weaker
from ai_video.comfyui.prompts import draws_by_itself
from ai_video.comfyui.sampling import Found, Missed, Sampling, ValueRole, is_sampler

_LENGTHS = frozenset({"length", "frames", "num_frames", "video_frames", "frames_number"})
_RATES = frozenset({"fps", "frame_rate"})
_SIDES: tuple[ValueRole, ...] = ("width", "height")
_MOTION = re.compile(r"animatediff|^ADE_|motion", re.IGNORECASE)


def sizes(sampling: Sampling) -> Iterator[Found | Missed]:
    """Width, height and number of frames of what every sampler starts from."""
    for sampler in sampling.samplers:
        moving = _moves(sampling, sampler)
        doubt: Certainty = "asked" if sampler.id in sampling.auxiliary else "sure"
        for name, source in sampler.links.items():
            kind = sampler.input_type(name) or sampling.flow[source.node].output_type(source.slot)
            if kind == "LATENT" or (not kind and name in ("latent_image", "samples", "latent")):
                yield from _sizes_behind(sampling, source, moving=moving, certainty=doubt)
        for node in sampling.chain(sampler):
            if "SIGMAS" in node.output_types:
                yield from _size_inputs(
                    sampling, node, moving=False, certainty=weaker(doubt, "likely")
                )


def _moves(sampling: Sampling, sampler: FlowNode) -> bool:
    """Whether a motion module makes an image model draw frames as one batch."""
    behind = sampling.flow.upstream([sampler.id])
    return any(_MOTION.search(sampling.flow[key].class_type) for key in behind)


def _sizes_behind(
    sampling: Sampling, start: Source, *, moving: bool, certainty: Certainty
) -> Iterator[Found | Missed]:
    """Sizes of a latent and of what it is made from, up to the sampler before it."""
    waiting: list[tuple[Source, Certainty]] = [(start, certainty)]
    seen: set[str] = set()
    while waiting:
        source, doubt = waiting.pop(0)
        node = sampling.real(source)
        if node is None or node.id in seen or is_sampler(node):
            continue
        seen.add(node.id)
        if node.known is None:
            doubt = weaker(doubt, "likely")
        yield from _size_inputs(sampling, node, moving=moving, certainty=doubt)
        behind: list[tuple[Source, Certainty]] = []
        for name, onwards in node.links.items():
            kind = node.input_type(name) or sampling.flow[onwards.node].output_type(onwards.slot)
            if kind == "LATENT":
                behind.append((onwards, doubt))
            elif kind == "IMAGE" and _keeps_size(node):
                behind.append((onwards, weaker(doubt, "likely")))
        waiting[:0] = behind


def _size_inputs(
    sampling: Sampling, node: FlowNode, *, moving: bool, certainty: Certainty
) -> Iterator[Found | Missed]:
    names = [*node.specs, *(name for name in node.values if name not in node.specs)]
    given = {name for name in names if name in node.values or name in node.links}
    whole = {"width", "height"} <= given
    evidence = f"size of what {node.class_type} gives"
    for role in _SIDES:
        if whole:
            yield from sampling.value(role, Use(node.id, role), (certainty, evidence))
    for name in names:
        if name in given and name in _LENGTHS and (whole or "LATENT" in node.output_types):
            doubt = certainty if name == "length" else weaker(certainty, "likely")
            yield from sampling.value(
                "length", Use(node.id, name), (doubt, f"frames of {node.class_type}")
            )
    if moving and whole and "batch_size" in given and not (_LENGTHS & given):
        why = f"{node.class_type} gives the batch that becomes the frames"
        yield from sampling.value("length", Use(node.id, "batch_size"), (certainty, why))


def rates(sampling: Sampling) -> Iterator[Found | Missed]:
    """Frames per second of what is joined to a clip, and what a video model is told of it."""
    for node in sampling.flow:
        if node.id not in sampling.flow.live:
            continue
        for name in (*node.specs, *(key for key in node.values if key not in node.specs)):
            if name not in _RATES or not (name in node.values or name in node.links):
                continue
            yield from sampling.value("fps", Use(node.id, name), _rate_doubt(node))


def _rate_doubt(node: FlowNode) -> tuple[Certainty, str]:
    types = set(node.output_types)
    joins = "VIDEO" in types or (node.known is not None and node.known.is_output)
    if joins and node.names_of("IMAGE"):
        return "sure", f"{node.class_type} joins pictures to a clip at this rate"
    if node.names_of("CONDITIONING") or "LATENT" in types:
        return "likely", f"{node.class_type} tells the model this rate"
    return "likely", f"named so on {node.class_type}"


def empty_pictures(sampling: Sampling) -> Iterator[Found | Missed]:
    """Sizes of the pictures that a workflow without a sampler makes out of nothing."""
    if sampling.samplers:
        return
    moving = any("VIDEO" in node.output_types for node in sampling.flow)
    for node in sampling.flow:
        if node.id not in sampling.flow.live or node.known is None or draws_by_itself(node):
            continue
        if "IMAGE" in node.output_types and not node.names_of("IMAGE", "VIDEO"):
            yield from _size_inputs(sampling, node, moving=moving, certainty="likely")


def _keeps_size(node: FlowNode) -> bool:
    """Whether what comes out has the size of the picture that goes in, or is scaled from it."""
    types = set(node.output_types)
    return "IMAGE" in types or ("LATENT" in types and not node.names_of("CONDITIONING"))
