"""Output nodes: the files they write and what they show of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from PIL import Image, ImageDraw
from pydantic import JsonValue

from ai_video.comfyui.fake_server import encoding
from ai_video.comfyui.fake_server.drawing import Painter
from ai_video.comfyui.fake_server.facts import Facts, Inputs, number, scalar, whole
from ai_video.comfyui.fake_server.folders import Folders, NextName
from ai_video.comfyui.object_info import NodeClass

Shown = dict[str, JsonValue]
_AUDIO: Final = {"SaveAudio": "flac", "SaveAudioMP3": "mp3", "SaveAudioOpus": "opus"}
_VHS: Final = {"webm": "webm", "gif": "gif", "webp": "webp"}


@dataclass(frozen=True, slots=True)
class Save:
    """One output node at work; blocks."""

    class_type: str
    node: NodeClass
    given: Inputs
    facts: Facts
    folders: Folders
    texts: Mapping[str, str]

    def run(self) -> Shown:
        """What the node shows: its files under its key; {} where it shows nothing.

        Raises:
            ValueError, OSError: as the node itself would fail.
        """
        return _SAVERS.get(self.class_type, _by_type)(self)

    def names(self, default: str = "ComfyUI", *, kind: str = "output") -> NextName:
        given = scalar(self.given.get("filename_prefix", self.given.get("prefix", default)))
        return self.folders.next_name(str(given or default), kind=kind)


def _pictures(save: Save) -> Shown:
    temporary = save.class_type in ("PreviewImage", "MaskPreview")
    names = save.names(
        "ComfyUI_temp" if temporary else "ComfyUI", kind="temp" if temporary else "output"
    )
    entries: list[JsonValue] = []
    for picture in Painter(save.facts).frames():
        path = names.file("png")
        encoding.write_png(picture, path, save.texts)
        entries.append(names.entry(path))
    return {"images": entries}


def _clip(save: Save) -> Shown:
    names = save.names("video/ComfyUI")
    said = str(scalar(save.given.get("format")) or "auto")
    webm = said == "webm" or save.class_type == "SaveWEBM"
    path = names.file("webm" if webm else "mp4")
    encoding.write_video(
        Painter(save.facts).frames(),
        path,
        size=save.facts.size,
        fps=save.facts.fps or 24.0,
        codec="libvpx-vp9" if webm else "libx264",
        sound_s=save.facts.sound_s,
        texts=save.texts,
    )
    return {"images": [names.entry(path)], "animated": [True]}


def _webm(save: Save) -> Shown:
    return _clip(_with_fps(save))


def _animation(save: Save) -> Shown:
    save = _with_fps(save)
    names = save.names()
    path = names.file("png" if save.class_type == "SaveAnimatedPNG" else "webp")
    frames = list(Painter(save.facts).frames())
    encoding.write_animation(frames, path, fps=save.facts.fps or 6.0)
    return {"images": [names.entry(path)], "animated": [len(frames) > 1]}


def _vhs(save: Save) -> Shown:
    rate = number(save.given.get("frame_rate")) or 8.0
    said = str(scalar(save.given.get("format")) or "video/h264-mp4")
    ending = next((each for word, each in _VHS.items() if word in said), "mp4")
    kept = scalar(save.given.get("save_output")) is not False
    names = save.names("AnimateDiff", kind="output" if kept else "temp")
    path = names.file(ending, tail="")
    painter = Painter(save.facts)
    there_and_back = scalar(save.given.get("pingpong")) is True
    turns = range(painter.count - 2, 0, -1) if there_and_back else ()
    frames = (painter.frame(index) for index in chain(range(painter.count), turns))
    first = path.with_suffix(".png")
    encoding.write_png(painter.frame(0), first, save.texts)
    if ending in ("gif", "webp"):
        encoding.write_animation(list(frames), path, fps=rate)
    else:
        encoding.write_video(
            frames,
            path,
            size=save.facts.size,
            fps=rate,
            codec="libvpx-vp9" if ending == "webm" else "libx264",
            sound_s=save.facts.sound_s,
            texts=save.texts,
        )
    entry = names.entry(path)
    more = {"format": said, "frame_rate": rate, "workflow": first.name, "fullpath": str(path)}
    return {"gifs": [{**entry, **more}]}


def _audio(save: Save) -> Shown:
    temporary = save.class_type == "PreviewAudio"
    names = save.names("audio/ComfyUI", kind="temp" if temporary else "output")
    path = names.file(_AUDIO.get(save.class_type, "flac"))
    encoding.write_audio(path, seconds=save.facts.sound_s or 1.0)
    return {"audio": [names.entry(path)]}


def _text(save: Save) -> Shown:
    said = save.given.get("source", save.given.get("text"))
    plain = scalar(said)
    text = plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
    if save.class_type != "SaveText":
        return {"text": [text]}
    names = save.names()
    path = names.file(str(scalar(save.given.get("format")) or "txt"))
    path.write_text(text, encoding="utf-8")
    return {"text": [text], "files": [names.entry(path)]}


def _lora(save: Save) -> Shown:
    """Writes the file and says nothing of it, as the real node."""
    names = save.names("loras/ComfyUI_trained_lora")
    steps = whole(save.given.get("steps"))
    path = names.file("safetensors", middle=f"{steps}_steps" if steps else "")
    encoding.write_lora(path, seed=save.facts.seed or 0, metadata={"ss_steps": str(steps or 0)})
    return {}


def _loss(save: Save) -> Shown:
    names = save.names("loss_graph", kind="temp")
    path = names.file("png")
    picture = Image.new("RGB", (800, 600), "white")
    curve = [(60 + x * 7, 80 + 420 * (1 - 0.97**x)) for x in range(100)]
    ImageDraw.Draw(picture).line(curve, fill="blue", width=3)
    encoding.write_png(picture, path, {})
    return {"images": [names.entry(path)]}


def _with_fps(save: Save) -> Save:
    rate = number(save.given.get("fps"))
    return replace(save, facts=replace(save.facts, fps=rate)) if rate else save


def _by_type(save: Save) -> Shown:
    """An output node that is not known: by what it takes."""
    types = {spec.type for spec in save.node.inputs.values()}
    if "VIDEO" in types:
        return _clip(save)
    if "IMAGE" in types or "MASK" in types:
        return _pictures(save)
    if "AUDIO" in types:
        return _audio(save)
    return {}


_SAVERS: Final[Mapping[str, Callable[[Save], Shown]]] = {
    "SaveImage": _pictures,
    "PreviewImage": _pictures,
    "MaskPreview": _pictures,
    "SaveVideo": _clip,
    "SaveWEBM": _webm,
    "SaveAnimatedWEBP": _animation,
    "SaveAnimatedPNG": _animation,
    "VHS_VideoCombine": _vhs,
    "SaveAudio": _audio,
    "SaveAudioMP3": _audio,
    "SaveAudioOpus": _audio,
    "PreviewAudio": _audio,
    "SaveText": _text,
    "PreviewAny": _text,
    "SaveLoRA": _lora,
    "LossGraphNode": _loss,
}
