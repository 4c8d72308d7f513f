"""The server's folders: input, output and temp on disk, and the model files that it lists."""

from __future__ import annotations

import copy
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from ai_video.comfyui.known_models import known_models
from ai_video.comfyui.object_info import (
    OWN_CHOICES,
    NodeList,
    parse_object_info,
    read_node_list,
    shipped_node_list,
)

TYPES: Final = ("input", "output", "temp")
_ENDINGS: Final = frozenset(
    {".safetensors", ".sft", ".ckpt", ".pt", ".pth", ".bin", ".gguf", ".onnx"}
)
_FIRST_FOLDERS: Final = (
    "checkpoints", "configs", "loras", "vae", "text_encoders", "diffusion_models", "clip_vision",
    "style_models", "embeddings", "diffusers", "vae_approx", "controlnet", "gligen",
    "upscale_models", "latent_upscale_models", "hypernetworks", "photomaker", "model_patches",
    "audio_encoders",
)  # fmt: skip
# Where a node takes a whole folder of input files, as those for training do.
_INPUT_FOLDERS: Final = "input/"
_COUNTER: Final = re.compile(r"_(\d+)_?\.[^.]*$")


@cache
def _shelf() -> Mapping[str, tuple[str, ...]]:
    """Well-known model files by folder."""
    file = resources.files("ai_video.comfyui.fake_server") / "shelf.json"
    more: dict[str, list[str]] = json.loads(file.read_text(encoding="utf-8"))
    gathered = {folder: set(names) for folder, names in more.items()}
    for key in known_models():
        folder, _, name = key.partition("/")
        gathered.setdefault(folder, set()).add(name)
    return {folder: tuple(sorted(names)) for folder, names in gathered.items()}


class Folders:
    """Where files lie. `windows`: list names as a server on Windows does, in a subfolder."""

    def __init__(
        self,
        root: Path,
        *,
        models: Path | None = None,
        missing: frozenset[str] = frozenset(),
    ) -> None:
        self._root = root
        self._models = models
        self._missing = missing
        self._learned: dict[str, set[str]] = {}
        self.windows = False
        shutil.rmtree(root / "temp", ignore_errors=True)
        for kind in TYPES:
            (root / kind).mkdir(parents=True, exist_ok=True)

    @property
    def is_open(self) -> bool:
        """Any model file that a graph names counts as there."""
        return self._models is None

    def of_type(self, kind: str) -> Path:
        return self._root / kind

    def place(self, kind: str, subfolder: str, name: str) -> Path | None:
        """A file inside one of the folders; None where the path leads out of it."""
        root = self.of_type(kind).resolve()
        path = (root / subfolder / name).resolve()
        return path if path.is_relative_to(root) and path != root else None

    def inputs(self) -> list[str]:
        """Names in the input folder, those of its subfolders too."""
        root = self.of_type("input")
        return sorted(
            path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()
        )

    def input_folders(self) -> list[str]:
        """Names of the folders in the input folder."""
        return sorted(path.name for path in self.of_type("input").iterdir() if path.is_dir())

    def input_file(self, value: JsonValue) -> Path | None:
        """The file behind an input's value, which may end in `[output]`."""
        if not isinstance(value, str):
            return None
        name, kind = value, "input"
        for each in TYPES:
            if value.endswith(f" [{each}]"):
                name, kind = value.removesuffix(f" [{each}]"), each
        path = self.place(kind, "", name)
        return path if path and path.is_file() else None

    def model_folders(self) -> list[str]:
        known = set(_shelf()) | set(self._learned)
        if self._models and self._models.is_dir():
            known = {path.name for path in self._models.iterdir() if path.is_dir()}
        return [*_FIRST_FOLDERS, *sorted(known - set(_FIRST_FOLDERS))]

    def models(self, folder: str) -> list[str]:
        """File names in a models folder, as the server writes them."""
        names = set(self._learned.get(folder, ()))
        if self._models is None:
            names.update(_shelf().get(folder, ()))
        else:
            names.update(_files_below(self._models / folder))
        if folder == "loras":
            names.update(_files_below(self.of_type("output") / "loras"))
        there = sorted(names - self._missing)
        return [f"models\\{name}" for name in there] if self.windows else there

    def learn(self, folder: str, name: str) -> None:
        """A graph named this file, so it is there from now on."""
        plain = name.removeprefix("models\\") if self.windows else name
        if self.is_open and plain and plain not in self._missing and not self.windows:
            self._learned.setdefault(folder, set()).add(plain)

    def next_name(self, prefix: str, *, kind: str = "output") -> NextName:
        """The names that a prefix leads to; the counter goes on after the highest that is there.

        Raises:
            ValueError: the prefix leads out of the folder.
        """
        *folders, stem = prefix.replace("\\", "/").split("/")
        folder = self.place(kind, "/".join(folders), stem or "ComfyUI")
        if folder is None:
            raise ValueError("Saving image outside the output folder is not allowed.")
        return NextName(folder.parent, "/".join(folders), stem or "ComfyUI", kind)


class NextName:
    """Free file names in one folder."""

    def __init__(self, folder: Path, subfolder: str, stem: str, kind: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._subfolder = subfolder
        self._stem = stem
        self.kind = kind
        used = [
            int(found[1])
            for path in folder.iterdir()
            if path.name.startswith(stem + "_") and (found := _COUNTER.search(path.name))
        ]
        self._counter = max(used, default=0)

    def file(self, ending: str, *, middle: str = "", tail: str = "_") -> Path:
        """The next free path: STEM[_MIDDLE]_00001_.ENDING."""
        self._counter += 1
        parts = [part for part in (self._stem, middle, f"{self._counter:05}") if part]
        return self._folder / f"{'_'.join(parts)}{tail}.{ending}"

    def entry(self, path: Path) -> dict[str, JsonValue]:
        """How the server names a file to its clients."""
        return {"filename": path.name, "subfolder": self._subfolder, "type": self.kind}


def _files_below(folder: Path) -> Iterator[str]:
    if not folder.is_dir():
        return
    for path in folder.rglob("*"):
        if path.suffix.lower() in _ENDINGS and path.is_file():
            yield path.relative_to(folder).as_posix()


class NodeCatalogue:
    """The server's /object_info: a node list whose choices are the files that lie here."""

    def __init__(self, folders: Folders, *, nodes: Path | None, version: str) -> None:
        self._folders = folders
        self._version = version
        listed = read_node_list(nodes, version=version) if nodes else shipped_node_list()
        self._raw = copy.deepcopy(dict(listed.as_object_info()))
        self._places = [
            (choices, folder, [each for each in choices if each in OWN_CHOICES])
            for choices, folder in _file_inputs(listed, self._raw)
        ]
        self._filled: dict[str, list[str]] = {}
        self._nodes = listed
        for folder in {folder for _, folder, _ in self._places if folder.startswith("models/")}:
            for name in listed.files(folder):
                folders.learn(folder.removeprefix("models/"), name)

    def current(self) -> NodeList:
        """The list with the files that are there now."""
        by_folder: dict[str, list[str]] = {}
        for _, folder, _ in self._places:
            if folder not in by_folder:
                by_folder[folder] = self._names(folder)
        if by_folder != self._filled:
            for choices, folder, own in self._places:
                choices[:] = [*own, *(name for name in by_folder[folder] if name not in own)]
            self._filled = by_folder
            self._nodes = parse_object_info(self._raw, version=self._version)
        return self._nodes

    def learn(self, prompt: Mapping[str, JsonValue]) -> None:
        """Take the model files that a graph names as lying here, unless the folders are closed."""
        if not self._folders.is_open:
            return
        for entry in prompt.values():
            if not isinstance(entry, dict) or entry.get("class_type") not in self._nodes.nodes:
                continue
            inputs = entry.get("inputs")
            node = self._nodes.nodes[str(entry["class_type"])]
            for name, value in inputs.items() if isinstance(inputs, dict) else ():
                spec = node.inputs.get(name)
                if not isinstance(value, str) or value in OWN_CHOICES:
                    continue
                if spec and spec.model_folder:
                    self._folders.learn(spec.model_folder, value)

    def _names(self, folder: str) -> list[str]:
        if folder == "input":
            return self._folders.inputs()
        if folder == _INPUT_FOLDERS:
            return self._folders.input_folders()
        return self._folders.models(folder.removeprefix("models/"))


def _file_inputs(
    listed: NodeList, raw: Mapping[str, Mapping[str, JsonValue]]
) -> Iterator[tuple[list[JsonValue], str]]:
    """The lists of choices in the document that name the files of a folder."""
    for class_type, entry in raw.items():
        node = listed.nodes[class_type]
        groups = entry.get("input")
        for group in ("required", "optional"):
            specs = groups.get(group) if isinstance(groups, dict) else None
            for name, spec in specs.items() if isinstance(specs, dict) else ():
                known = node.inputs.get(name)
                if known is None or not known.folder or not isinstance(spec, list) or not spec:
                    continue
                if known.folder != "input" and not known.model_folder:
                    continue
                choices = spec[0]
                if not isinstance(choices, list) and len(spec) > 1 and isinstance(spec[1], dict):
                    choices = spec[1].get("options")
                if isinstance(choices, list):
                    is_set = known.folder == "input" and name == "folder"
                    yield choices, _INPUT_FOLDERS if is_set else known.folder
