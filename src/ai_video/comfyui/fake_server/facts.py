"""What flows through a graph, as far as a picture can show it: sizes, words, seeds, sources.

Each node gives one `Facts` for every output. Rules by class say what a few nodes do; all others
pass on what reaches them, so graphs of unknown nodes give pictures too.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

import av
from PIL import Image
from pydantic import JsonValue

from ai_video.comfyui.fake_server.folders import Folders
from ai_video.comfyui.object_info import MATCH_TYPE, NodeClass, NodeList

T = TypeVar("T")

_MOST_FRAMES: Final = 2000
_LARGEST_SIDE: Final = 4096
# Inputs that carry the picture itself come before those that only guide it.
_PICTURE_FIRST: Final = (
    "samples", "latent_image", "latent", "video_latent", "av_latent", "images", "image", "video",
    "frames", "pixels", "start_image", "first_frame", "input_image", "image1", "destination",
    "image_a", "images_a", "base_image", "foreground",
)  # fmt: skip
_PROMPT_FIRST: Final = ("positive", "conditioning", "guider", "cond", "model")
_WORDS: Final = (
    "text",
    "prompt",
    "text_g",
    "clip_l",
    "t5xxl",
    "positive_prompt",
    "caption",
    "tags",
)
_PLAIN: Final = frozenset({"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO", "*"})
_MEDIA: Final = frozenset({"LATENT", "IMAGE", "VIDEO", "MASK", MATCH_TYPE})
_TAKES_FRAME: Final = re.compile(r"ToVideo|AddGuide|Inplace|FirstLast|FunControl|Encode|Inpaint")
_VIDEO_LATENT: Final = re.compile(r"^(Wan|.*Hunyuan|.*Cosmos|.*Mochi|.*MiniMax|LTXV|.*LTX)", re.I)


@dataclass(frozen=True, slots=True)
class Overlay:
    """Words laid over a picture by a node."""

    text: str
    color: str = "#ffffff"
    percent: float = 8.0
    position: str = "bottom"
    align: str = "center"


@dataclass(frozen=True, slots=True)
class Facts:
    width: int | None = None
    height: int | None = None
    frames: int | None = None
    fps: float | None = None
    prompt: str = ""
    negative: str = ""
    seed: int | None = None
    steps: int | None = None
    source: Path | None = None
    guides: tuple[Path, ...] = ()
    overlays: tuple[Overlay, ...] = ()
    colour: int | None = None
    model: str = ""
    loras: tuple[str, ...] = ()
    sound_s: float | None = None
    value: JsonValue = None
    spoiled: str | None = None
    """How the model fails: black, noise, still; None: it does not."""

    @property
    def size(self) -> tuple[int, int]:
        return self.width or 512, self.height or 512

    @property
    def count(self) -> int:
        return self.frames or 1


NOTHING: Final = Facts()
Inputs = Mapping[str, "Facts | JsonValue"]


class Evaluation:
    """Facts of every node that was reached, in the order it was asked for."""

    def __init__(self, prompt: Mapping[str, JsonValue], nodes: NodeList, folders: Folders) -> None:
        self._prompt = prompt
        self._nodes = nodes
        self._folders = folders
        self._done: dict[str, tuple[Facts, ...]] = {}

    def node(self, key: str) -> tuple[str, NodeClass, dict[str, JsonValue]]:
        """(class, its description, inputs as given)."""
        entry = self._prompt[key]
        assert isinstance(entry, dict)
        class_type, inputs = str(entry["class_type"]), entry.get("inputs")
        return class_type, self._nodes.nodes[class_type], inputs if isinstance(inputs, dict) else {}

    def inputs(self, key: str) -> dict[str, Facts | JsonValue]:
        """The node's inputs with facts in the place of links."""
        given: dict[str, Facts | JsonValue] = {}
        for name, value in self.node(key)[2].items():
            source = linked(value)
            if source is None:
                given[name] = _unwrapped(value)
            else:
                outputs = self._done.get(source[0]) or (NOTHING,)
                given[name] = outputs[source[1] if source[1] < len(outputs) else 0]
        return given

    def run(self, key: str) -> Facts:
        """Work out a node whose parents are done; its facts as a picture."""
        class_type, node, _ = self.node(key)
        given = self.inputs(key)
        merged = _merge(given, node)
        rule = _RULES.get(class_type)
        facts = rule(merged, given, self._folders) if rule else _by_inputs(merged, given, node)
        self._done[key] = _outputs(facts, given, node, class_type)
        return facts


def linked(value: JsonValue) -> tuple[str, int] | None:
    """(node, slot) of a link."""
    if isinstance(value, list) and len(value) == 2:
        node, slot = value
        if isinstance(node, str) and isinstance(slot, int) and not isinstance(slot, bool):
            return node, slot
    return None


def scalar(value: Facts | JsonValue) -> JsonValue:
    return value.value if isinstance(value, Facts) else value


def whole(value: Facts | JsonValue) -> int | None:
    found = number(value)
    return None if found is None else round(found)


def number(value: Facts | JsonValue) -> float | None:
    plain = scalar(value)
    if isinstance(plain, bool) or plain is None:
        return None
    try:
        found = float(plain) if isinstance(plain, int | float | str) else math.nan
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _unwrapped(value: JsonValue) -> JsonValue:
    """A list that is a value, not a link, stands in a box."""
    return value["__value__"] if isinstance(value, dict) and "__value__" in value else value


def _ordered(given: Inputs, first: Iterable[str]) -> list[tuple[str, Facts]]:
    facts = [(name, value) for name, value in given.items() if isinstance(value, Facts)]
    rank = {name: place for place, name in enumerate(first)}
    return sorted(facts, key=lambda item: rank.get(item[0], len(rank)))


def _merge(given: Inputs, node: NodeClass) -> Facts:
    """What a node passes on when nothing is known of it."""
    pictures = [facts for _, facts in _ordered(given, _PICTURE_FIRST)]
    words = [
        facts for name, facts in _ordered(given, _PROMPT_FIRST) if not name.startswith("negative")
    ]
    negative = given.get("negative")
    everything = [facts for _, facts in _ordered(given, ())]
    sized = next((facts for facts in pictures if facts.width), NOTHING)
    sources = [facts.source for facts in pictures if facts.source]
    # A latent to be filled has no picture of its own: the first frame comes from elsewhere.
    takes_frame = bool(_TAKES_FRAME.search(node.class_type))
    drawn = _first(sources) if takes_frame else sized.source
    shown_small = [guide for facts in everything for guide in facts.guides]
    guides = tuple(dict.fromkeys((*shown_small, *(each for each in sources if each != drawn))))
    overlays = _longest(facts.overlays for facts in pictures)
    merged = Facts(
        width=sized.width,
        height=sized.height,
        frames=_first(facts.frames for facts in pictures),
        fps=_first(facts.fps for facts in pictures),
        prompt=next((facts.prompt for facts in words if facts.prompt), ""),
        negative=(negative.prompt or negative.negative)
        if isinstance(negative, Facts)
        else next((facts.negative for facts in everything if facts.negative), ""),
        seed=_first(facts.seed for facts in everything),
        steps=_first(facts.steps for facts in everything),
        source=drawn,
        guides=guides,
        overlays=overlays,
        colour=sized.colour,
        model=next((facts.model for facts in everything if facts.model), ""),
        loras=_longest(facts.loras for facts in everything),
        sound_s=_first(facts.sound_s for facts in everything),
    )
    types = {output.type for output in node.outputs}
    if node.is_output or types & _MEDIA or types <= _PLAIN:
        return merged
    # What only guides (a control image, a reference) is shown small, and gives no size.
    guides = tuple(dict.fromkeys((*shown_small, *sources)))
    return replace(
        merged, width=None, height=None, frames=None, source=None, colour=None, guides=guides,
        overlays=(),
    )  # fmt: skip


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)


def _longest(values: Iterable[tuple[T, ...]]) -> tuple[T, ...]:
    return max(values, key=len, default=())


def _by_inputs(merged: Facts, given: Inputs, node: NodeClass) -> Facts:
    """Sizes, lengths, seeds and words wherever inputs of those names stand."""
    types = {output.type for output in node.outputs}
    facts = merged
    if types & _MEDIA:
        facts = _sized(facts, given, node.class_type, latent="LATENT" in types)
    seed = _first(whole(given.get(name)) for name in ("seed", "noise_seed"))
    if seed is not None:
        facts = replace(facts, seed=seed)
    if (steps := whole(given.get("steps"))) is not None:
        facts = replace(facts, steps=steps)
    if "CONDITIONING" in types and not isinstance(given.get("positive"), Facts):
        texts = (scalar(given.get(name)) for name in _WORDS)
        if said := next((text for text in texts if isinstance(text, str) and text), ""):
            facts = replace(facts, prompt=said)
    if "MODEL" in types:
        facts = _modelled(facts, given)
    if types <= _PLAIN:
        facts = replace(facts, value=_plain_value(given, types))
    return facts


def _sized(facts: Facts, given: Inputs, class_type: str, *, latent: bool) -> Facts:
    width, height = whole(given.get("width")), whole(given.get("height"))
    if width and height and width > 0 and height > 0:
        step = 32 if "LTX" in class_type else 8 if latent else 1
        facts = replace(
            facts,
            width=min(max(width // step, 1) * step, _LARGEST_SIDE),
            height=min(max(height // step, 1) * step, _LARGEST_SIDE),
        )
    length = _first(
        whole(given.get(name)) for name in ("length", "num_frames", "frames_number", "frame_count")
    )
    batch = whole(given.get("batch_size")) if "positive" not in given else None
    if length and length > 0:
        # A video latent packs frames by 4 (LTX: by 8) after the first one.
        pack = 8 if "LTX" in class_type else 4 if _VIDEO_LATENT.match(class_type) else 1
        frames = (length - 1) // pack * pack + 1
        facts = replace(facts, frames=min(frames, _MOST_FRAMES))
    elif batch and batch > 0 and not isinstance(given.get("latent_image"), Facts):
        facts = replace(facts, frames=min(batch, _MOST_FRAMES))
    if (fps := _first(number(given.get(name)) for name in ("fps", "frame_rate"))) and fps > 0:
        facts = replace(facts, fps=fps)
    return facts


def _modelled(facts: Facts, given: Inputs) -> Facts:
    lora = _first(scalar(value) for name, value in given.items() if name.startswith("lora"))
    if isinstance(lora, str) and lora not in facts.loras:
        return replace(facts, loras=(*facts.loras, lora))
    names = (scalar(given.get(name)) for name in ("ckpt_name", "unet_name", "model_name"))
    named = next((name for name in names if isinstance(name, str)), None)
    return replace(facts, model=named) if named else facts


def _plain_value(given: Inputs, types: set[str]) -> JsonValue:
    for name in ("value", "text", "string", "number", "prompt"):
        if name in given:
            return scalar(given[name])
    values = [scalar(value) for value in given.values()]
    return next(
        (value for value in values if value is not None),
        {"INT": 0, "FLOAT": 0.0, "BOOLEAN": False}.get(next(iter(types), ""), ""),
    )


def _outputs(facts: Facts, given: Inputs, node: NodeClass, class_type: str) -> tuple[Facts, ...]:
    """One for each output slot; most are alike."""
    if class_type in ("GetImageSize", "ResolutionSelector"):
        values = (*facts.size, facts.count)[: len(node.outputs)]
        return tuple(Facts(value=value) for value in values)
    found: list[Facts] = []
    negative = given.get("negative")
    for output in node.outputs:
        if output.type == "CONDITIONING" and "negative" in output.name.lower():
            said = negative.prompt if isinstance(negative, Facts) else facts.negative
            found.append(replace(facts, prompt=said))
        elif output.type in ("INT", "FLOAT") and isinstance(facts.value, int | float):
            kind = int if output.type == "INT" else float
            found.append(replace(facts, value=kind(facts.value)))
        elif class_type in ("GetVideoComponents",) and output.type == "FLOAT":
            found.append(Facts(value=facts.fps or 24.0))
        else:
            found.append(facts)
    return tuple(found) or (facts,)


Rule = Callable[[Facts, Inputs, Folders], Facts]


def _load_picture(merged: Facts, given: Inputs, folders: Folders) -> Facts:
    path = folders.input_file(scalar(given.get("image")))
    if path is None:
        raise FileNotFoundError(f"Invalid image file: {scalar(given.get('image'))}")
    with Image.open(path) as picture:
        return replace(merged, width=picture.width, height=picture.height, frames=1, source=path)


def _load_video(merged: Facts, given: Inputs, folders: Folders) -> Facts:
    name = scalar(given.get("file", given.get("video")))
    path = folders.input_file(name)
    if path is None:
        raise FileNotFoundError(f"Invalid video file: {name}")
    with av.open(str(path)) as clip:
        stream = clip.streams.video[0]
        rate = float(stream.average_rate or 24)
        frames = stream.frames or sum(1 for _ in clip.decode(stream))
        sound = 1.0 * frames / rate if clip.streams.audio else None
        return replace(
            merged, width=stream.width, height=stream.height, frames=min(frames, _MOST_FRAMES),
            fps=rate, source=path, sound_s=sound,
        )  # fmt: skip


def _load_audio(merged: Facts, given: Inputs, folders: Folders) -> Facts:
    path = folders.input_file(scalar(given.get("audio")))
    if path is None:
        raise FileNotFoundError(f"Invalid audio file: {scalar(given.get('audio'))}")
    with av.open(str(path)) as sound:
        return replace(merged, sound_s=(sound.duration or 0) / 1e6)


def _scaled(merged: Facts, given: Inputs, folders: Folders) -> Facts:
    by = number(given.get("scale_by")) or 1.0
    width, height = merged.size
    width, height = round(width * by), round(height * by)
    return replace(
        merged,
        width=min(max(8, width), _LARGEST_SIDE),
        height=min(max(8, height), _LARGEST_SIDE),
    )


def _resized(merged: Facts, given: Inputs, folders: Folders) -> Facts:
    """A new size; a side of 0 follows the other one."""
    width, height = whole(given.get("width")) or 0, whole(given.get("height")) or 0
    old_width, old_height = merged.size
    if width <= 0 and height <= 0:
        return merged
    width = width if width > 0 else max(1, round(old_width * height / old_height))
    height = height if height > 0 else max(1, round(old_height * width / old_width))
    return replace(merged, width=min(width, _LARGEST_SIDE), height=min(height, _LARGEST_SIDE))


def _resized_by_choice(merged: Facts, given: Inputs, folders: Folders) -> Facts:
    """ResizeImageMaskNode: a rule for the new size, and what that rule needs."""

    def asked(name: str) -> float | None:
        return number(given.get(f"resize_type.{name}"))

    width, height = merged.size
    match scalar(given.get("resize_type")):
        case "scale by multiplier":
            by = asked("multiplier") or 1.0
        case "scale longer dimension":
            by = (asked("longer_size") or max(width, height)) / max(width, height)
        case "scale shorter dimension":
            by = (asked("shorter_size") or min(width, height)) / min(width, height)
        case "scale width":
            by = (asked("width") or width) / width
        case "scale height":
            by = (asked("height") or height) / height
        case "scale total pixels":
            by = math.sqrt((asked("megapixels") or 1.0) * 1024 * 1024 / (width * height))
        case "scale to multiple":
            step = max(1, round(asked("multiple") or 1))
            return replace(
                merged,
                width=max(step, width // step * step),
                height=max(step, height // step * step),
            )
        case "match size":
            other = given.get("resize_type.match")
            size = other.size if isinstance(other, Facts) else (width, height)
            return replace(merged, width=size[0], height=size[1])
        case _:
            return _resized(merged, {name: asked(name) for name in ("width", "height")}, folders)
    return _scaled(merged, {"scale_by": by}, folders)


def _upscaled(merged: Facts, given: Inputs, folders: Folders) -> Facts:
    model = given.get("upscale_model")
    said = re.search(r"([248])x|x([248])", model.model if isinstance(model, Facts) else "", re.I)
    by = int(said[1] or said[2]) if said else 4
    width, height = merged.size
    return replace(
        merged, width=min(width * by, _LARGEST_SIDE), height=min(height * by, _LARGEST_SIDE)
    )


def _repeated(merged: Facts, given: Inputs, folders: Folders) -> Facts:
    times = whole(given.get("amount")) or 1
    return replace(merged, frames=min(merged.count * times, _MOST_FRAMES))


def _joined(merged: Facts, given: Inputs, folders: Folders) -> Facts:
    counts = [facts.count for _, facts in _ordered(given, ()) if facts.width]
    return replace(merged, frames=min(sum(counts) or 1, _MOST_FRAMES))


def _cut(merged: Facts, given: Inputs, folders: Folders) -> Facts:
    start = whole(given.get("batch_index")) or 0
    length = whole(given.get("length")) or 1
    start = start + merged.count if start < 0 else start
    return replace(merged, frames=max(1, min(length, merged.count - start)))


def _plain_picture(merged: Facts, given: Inputs, folders: Folders) -> Facts:
    return replace(
        merged,
        width=min(whole(given.get("width")) or 512, _LARGEST_SIDE),
        height=min(whole(given.get("height")) or 512, _LARGEST_SIDE),
        frames=min(whole(given.get("batch_size")) or 1, _MOST_FRAMES),
        colour=whole(given.get("color")) or 0,
    )


def _overlaid(merged: Facts, given: Inputs, folders: Folders) -> Facts:
    overlay = Overlay(
        text=str(scalar(given.get("text")) or ""),
        color=str(scalar(given.get("color")) or "#ffffff"),
        percent=number(given.get("font_size")) or 8.0,
        position=str(scalar(given.get("position")) or "bottom"),
        align=str(scalar(given.get("align")) or "center"),
    )
    return replace(merged, overlays=(*merged.overlays, overlay))


def _silence(merged: Facts, given: Inputs, folders: Folders) -> Facts:
    return replace(merged, sound_s=number(given.get("duration")) or 1.0)


def _clip(merged: Facts, given: Inputs, folders: Folders) -> Facts:
    fps = number(given.get("fps")) or 24.0
    sound_s = merged.sound_s
    if isinstance(given.get("audio"), Facts) and sound_s is None:
        sound_s = merged.count / fps
    return replace(merged, fps=fps, sound_s=sound_s)


def _chosen_size(merged: Facts, given: Inputs, folders: Folders) -> Facts:
    """So many megapixels in a ratio, sides rounded to a multiple."""
    said = re.match(r"(\d+):(\d+)", str(scalar(given.get("aspect_ratio")) or ""))
    ratio = int(said[1]) / int(said[2]) if said else 1.0
    pixels = (number(given.get("megapixels")) or 1.0) * 1024 * 1024
    step = max(8, whole(given.get("multiple")) or 8)
    width, height = math.sqrt(pixels * ratio), math.sqrt(pixels / ratio)
    return replace(
        merged, width=max(1, round(width / step)) * step, height=max(1, round(height / step)) * step
    )


def _doubled(merged: Facts, given: Inputs, folders: Folders) -> Facts:
    width, height = merged.size
    return replace(merged, width=width * 2, height=height * 2)


def _joined_text(merged: Facts, given: Inputs, folders: Folders) -> Facts:
    delimiter = str(scalar(given.get("delimiter")) or "")
    parts = (str(scalar(given.get(name)) or "") for name in ("string_a", "string_b"))
    return replace(merged, value=delimiter.join(parts))


def _switched(merged: Facts, given: Inputs, folders: Folders) -> Facts:
    chosen = given.get("on_true" if scalar(given.get("switch")) else "on_false")
    return chosen if isinstance(chosen, Facts) else replace(merged, value=chosen)


def _calculated(merged: Facts, given: Inputs, folders: Folders) -> Facts:
    names = {
        name.rpartition(".")[2]: found
        for name, value in given.items()
        if name != "expression" and (found := number(value)) is not None
    }
    return replace(merged, value=calculate(str(scalar(given.get("expression")) or "0"), names))


_BINARY: Final[Mapping[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: lambda left, right: left + right,
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.Div: lambda left, right: left / right,
    ast.FloorDiv: lambda left, right: left // right,
    ast.Mod: lambda left, right: left % right,
}
_CALLS: Final[Mapping[str, Callable[[list[float]], float]]] = {
    "min": min,
    "max": max,
    "round": lambda values: float(round(values[0])),
    "abs": lambda values: abs(values[0]),
    "floor": lambda values: float(math.floor(values[0])),
    "ceil": lambda values: float(math.ceil(values[0])),
    "int": lambda values: float(int(values[0])),
    "float": lambda values: values[0],
}


def calculate(expression: str, names: Mapping[str, float]) -> float:
    """The value of a plain calculation; names, + - * / // %, and a few functions.

    Raises:
        ValueError: it is anything else.
    """
    try:
        return _value(ast.parse(expression, mode="eval").body, names)
    except (SyntaxError, ZeroDivisionError, RecursionError, OverflowError) as error:
        raise ValueError(f"{expression}: {error}") from error


def _value(node: ast.expr, names: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner, names)
        case ast.BinOp(op=op, left=left, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](_value(left, names), _value(right, names))
        case ast.Call(func=ast.Name(id=name), args=args) if name in _CALLS and args:
            return _CALLS[name]([_value(arg, names) for arg in args])
        case _:
            raise ValueError(f"{ast.dump(node)[:80]} is not calculated here")


_RULES: Final[Mapping[str, Rule]] = {
    "LoadImage": _load_picture,
    "LoadImageMask": _load_picture,
    "LoadImageOutput": _load_picture,
    "LoadVideo": _load_video,
    "VHS_LoadVideo": _load_video,
    "LoadAudio": _load_audio,
    "ImageScaleBy": _scaled,
    "LatentUpscaleBy": _scaled,
    "ImageScale": _resized,
    "LatentUpscale": _resized,
    "ResizeImageMaskNode": _resized_by_choice,
    "ImageUpscaleWithModel": _upscaled,
    "RepeatLatentBatch": _repeated,
    "RepeatImageBatch": _repeated,
    "ImageBatch": _joined,
    "BatchImagesNode": _joined,
    "LatentBatch": _joined,
    "ImageFromBatch": _cut,
    "EmptyImage": _plain_picture,
    "TextOverlay": _overlaid,
    "EmptyAudio": _silence,
    "CreateVideo": _clip,
    "ResolutionSelector": _chosen_size,
    "LTXVLatentUpsampler": _doubled,
    "StringConcatenate": _joined_text,
    "ComfySwitchNode": _switched,
    "ComfyMathExpression": _calculated,
}
