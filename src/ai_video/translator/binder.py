"""A choice, a prompt and assets become a graph: every value with its source, what is unmet said.

`bind` is pure: the same input and seed give the same bytes. Values go to the template's inputs by
role; methods that hold a character, control pictures and face swaps come in by `comfyui.rewrite`
(see `holding`). What was asked for and has no place in the graph is a row in `unmet`.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass

from ai_video.comfyui.graph import Workflow
from ai_video.comfyui.library import clip_frames, generation_size
from ai_video.comfyui.library.sizes import RATIOS
from ai_video.comfyui.object_info import NodeList
from ai_video.domain.entities import ConsistencyLevel
from ai_video.domain.slots import Aspect
from ai_video.translator.answer import Bindings, Parameters, Prompt, Source, Upload
from ai_video.translator.bench import KEYFRAME, Bench
from ai_video.translator.choice import Choice, starts_from_picture
from ai_video.translator.holding import Held, hold
from ai_video.translator.notices import Notice, notice
from ai_video.translator.request import TranslateRequest
from ai_video.translator.shot import ShotReading

USUAL_ASPECT: Aspect = "16:9"
"""A film's, where neither sentence nor project says one."""
_GRID = 16


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound graph; `unmet` pairs say what is not in it and in whose words it was asked for.

    `level`: of what really is in the graph, or in the keyframe's where that carries the characters.
    """

    workflow: Workflow
    level: ConsistencyLevel | None
    parameters: Parameters
    bindings: Bindings
    uploads: tuple[Upload, ...]
    unmet: tuple[tuple[Notice, str], ...]
    warnings: tuple[Notice, ...]

    @property
    def present(self) -> frozenset[str]:
        """Files that will be on the server once the uploads are done, as the validator names them."""
        return frozenset(
            f"input/{each.name}" if each.folder == "input" else f"models/{each.folder}/{each.name}"
            for each in self.uploads
        )


def bind(
    choice: Choice,
    prompt: Prompt,
    *,
    reading: ShotReading,
    request: TranslateRequest,
    nodes: NodeList,
    seed: int | None = None,
) -> Bound:
    """The graph of a shot.

    Args:
        seed: None: one made of the shot's words, the same for the same shot.
    """
    bench = Bench(choice.template, nodes, reading.language, choice.template.workflow)
    bench.warnings += choice.warnings
    for said in choice.unmet:
        bench.miss(said, "available_workflows")
    _set_prompt(bench, prompt, reading)
    _set_seed(bench, request, seed)
    width, height = _set_size(bench, reading)
    _set_length(bench, request)
    held = hold(bench, choice, reading=reading, request=request, size=(width, height))
    _say_empty_pictures(bench)
    return Bound(
        workflow=bench.workflow,
        level=held.level,
        parameters=_parameters(bench),
        bindings=_bindings(bench, held, choice),
        uploads=tuple(bench.uploads.values()),
        unmet=tuple(bench.unmet),
        warnings=tuple(bench.warnings),
    )


def usual_seed(request: TranslateRequest) -> int:
    """A seed made of what the shot says: stable over runs, another for another shot."""
    shot = request.storyboard
    said = [request.id, shot.description, shot.notes, shot.scene_id, list(shot.characters)]
    text = json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(text).digest()[:4], "big")


def _set_prompt(bench: Bench, prompt: Prompt, reading: ShotReading) -> None:
    bench.set("positive_prompt", prompt.positive, "slot")
    if bench.places("negative_prompt"):
        bench.set("negative_prompt", prompt.negative, "slot")
    elif reading.slots.exclude:
        nouns = ", ".join(reading.slots.exclude)
        said = notice("exclude_no_negative", template=bench.template.id, nouns=nouns)
        bench.miss(said, nouns)


def _set_seed(bench: Bench, request: TranslateRequest, seed: int | None) -> None:
    value = usual_seed(request) if seed is None else seed
    source: Source = "default" if seed is None else "request"
    if not bench.set("seed", value, source) and seed is not None:
        bench.miss(notice("role_lacking", template=bench.template.id, role="seed"), f"seed {seed}")


def _set_size(bench: Bench, reading: ShotReading) -> tuple[int, int]:
    """Sets and returns (width, height) in px."""
    read = reading.aspect
    aspect: Aspect = read.value if read is not None else USUAL_ASPECT
    source: Source = "default"
    if read is not None:
        source = "project" if read.source == "project" else "slot"
    here = (bench.whole("width"), bench.whole("height"))
    if not (bench.places("width") and bench.places("height")):
        if read is not None:
            said = notice("size_not_set", template=bench.template.id, aspect=aspect)
            bench.miss(said, aspect)
        return here[0] or 1024, here[1] or 1024
    sizes = bench.template.manifest.sizes
    if sizes is not None:
        size = generation_size(sizes, aspect)
    elif read is None or None in here:
        return here[0] or 1024, here[1] or 1024
    else:
        size = _like(here[0] or 0, here[1] or 0, aspect)
        bench.warnings.append(notice("size_kept", template=bench.template.id))
    bench.set("width", size[0], source)
    bench.set("height", size[1], source)
    return size


def _like(width: int, height: int, aspect: Aspect) -> tuple[int, int]:
    """A size of this aspect with as many pixels."""
    ratio, pixels = RATIOS[aspect], max(width * height, _GRID * _GRID)
    side = max(_GRID, round(math.sqrt(pixels * ratio) / _GRID) * _GRID)
    return side, max(_GRID, round(side / ratio / _GRID) * _GRID)


def _set_length(bench: Bench, request: TranslateRequest) -> None:
    """Frames for the shot's duration, on the model's grid."""
    duration, manifest = request.storyboard.duration, bench.template.manifest
    if manifest.output != "video" or duration is None:
        return
    template = bench.template.id
    if not math.isfinite(duration) or duration <= 0:
        bench.warnings.append(notice("duration_ignored", template=template, given=f"{duration:g}"))
        return
    grid, asked = manifest.clip, f"{duration:g} s"
    if grid is None or not bench.places("length"):
        bench.miss(notice("clip_length_kept", template=template), asked)
        return
    bench.set("length", clip_frames(grid, duration), "request")
    # 81 frames at 16 a second last 5.06 s: nobody misses a 16th.
    if duration > grid.longest_s + 1 / grid.fps:
        longest = f"{grid.longest_s:.3g}"
        said = notice("clip_shorter", template=template, asked=f"{duration:g}", longest=longest)
        bench.miss(said, asked)


def _say_empty_pictures(bench: Bench) -> None:
    """Pictures that the template loads and nothing of the input fills."""
    for role in (
        "reference_image", "control_image", "face_image", "first_frame", "last_frame", "mask", "audio",
    ):  # fmt: skip
        for place in bench.places(role):
            if (place.node, place.input) not in bench.sources:
                where = f"{place.node}.{place.input}"
                said = notice("picture_missing", template=bench.template.id, place=where, role=role)
                bench.miss(said, role)


def _parameters(bench: Bench) -> Parameters:
    return Parameters(
        width=bench.whole("width"),
        height=bench.whole("height"),
        length=bench.whole("length"),
        fps=bench.number("fps"),
        seed=bench.whole("seed"),
        steps=bench.whole("steps"),
        cfg=bench.number("cfg"),
    )


def _bindings(bench: Bench, held: Held, choice: Choice) -> Bindings:
    return Bindings(
        lora=tuple(held.loras),
        ip_adapter=tuple(held.references),
        controlnet=tuple(held.controls),
        face_swap=tuple(held.faces),
        roles=bench.rows(),
        carried_by=KEYFRAME if starts_from_picture(choice.template) else None,
    )
