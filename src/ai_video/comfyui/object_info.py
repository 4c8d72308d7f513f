"""The nodes of a ComfyUI server as typed values, from its `/object_info` or from a shipped list."""

from __future__ import annotations

import gzip
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Literal, cast

from pydantic import JsonValue

from ai_video.comfyui.strict_json import read_json_file
from ai_video.errors import InputRefused, NotFound

JsonObject = Mapping[str, JsonValue]
Number = int | float

SHIPPED = "0.33.0"
# The same version without custom node packs.
SHIPPED_CORE = "0.33.0-core"

COMBO = "COMBO"
DYNAMIC_COMBO = "COMFY_DYNAMICCOMBO_V3"
AUTOGROW = "COMFY_AUTOGROW_V3"
DYNAMIC_SLOT = "COMFY_DYNAMICSLOT_V3"
MATCH_TYPE = "COMFY_MATCHTYPE_V3"
ANY_TYPE = "*"
_DYNAMIC = frozenset({DYNAMIC_COMBO, AUTOGROW, DYNAMIC_SLOT})

CORE_PACK = "core"
# It lies in the folder of custom nodes of every ComfyUI.
_CORE_MODULES = frozenset({"websocket_image_save", "example_node"})

_MODEL_FILE = re.compile(r"\.(safetensors|sft|ckpt|pth|pt|bin|onnx|gguf)$", re.IGNORECASE)
_KEPT_OPTIONS = frozenset(
    {
        "default", "min", "max", "step", "round", "options", "multiselect", "control_after_generate",
        "multiline", "dynamicPrompts", "forceInput", "socketless", "lazy", "rawLink", "widgetType",
        "image_upload", "video_upload", "audio_upload", "file_upload", "image_folder", "remote",
        "remote_combo", "template", "formats", "hidden", "slotType", "inputs",
    }
)  # fmt: skip
_KEPT_FIELDS = (
    "input_order", "output", "output_is_list", "output_name", "output_matchtypes", "name",
    "display_name", "category", "python_module", "output_node", "is_input_list", "api_node",
    "deprecated", "experimental",
)  # fmt: skip
_UPLOADS: Mapping[str, Literal["image", "video", "audio", "file"]] = {
    "image_upload": "image",
    "video_upload": "video",
    "audio_upload": "audio",
    "file_upload": "file",
}


@dataclass(frozen=True, slots=True)
class InputSpec:
    """What one input of a node takes.

    `type`: ComfyUI's name, "COMBO" for every list of choices; unions read "INT,FLOAT", "*" is any.
    `choices`: None where the type has none. `open_choices`: a server may offer more than is listed
    (files of a list that names no files, choices fetched by the page). `listed_type`: the server
    writes the choices where others write the type; such an input is linked only to an equal list.
    `folder`: where the files that it offers lie: "models/FOLDER", "input" or "output".
    `options`: of a dynamic combo, each choice with the inputs it adds. `template`, `names`,
    `minimum_names`: of an autogrow input, what may stand under each name and how many must.
    """

    name: str
    type: str
    required: bool
    default: JsonValue = None
    minimum: Number | None = None
    maximum: Number | None = None
    step: Number | None = None
    choices: tuple[JsonValue, ...] | None = None
    open_choices: bool = False
    listed_type: bool = False
    multiselect: bool = False
    multiline: bool = False
    lazy: bool = False
    socket_only: bool = False
    socketless: bool = False
    control_after_generate: bool = False
    upload: Literal["image", "video", "audio", "file"] | None = None
    folder: str | None = None
    options: Mapping[str, tuple[InputSpec, ...]] | None = None
    template: InputSpec | None = None
    names: tuple[str, ...] = ()
    minimum_names: int = 0
    raw: tuple[JsonValue, ...] = ()

    @property
    def model_folder(self) -> str | None:
        """The folder below `models/` whose files it offers."""
        folder = self.folder or ""
        return folder.removeprefix("models/") if folder.startswith("models/") else None

    @property
    def is_widget(self) -> bool:
        """A value may be written into it; without this only a link fits."""
        if self.socket_only:
            return False
        return self.choices is not None or any(
            part in _VALUE_TYPES for part in self.type.split(",")
        )


_VALUE_TYPES = frozenset(
    {"INT", "FLOAT", "STRING", "BOOLEAN", COMBO, DYNAMIC_COMBO, "COLOR", "BOUNDING_BOX", "CURVE"}
)


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """One output of a node.

    `name` is unique among the node's outputs ("MASK", "MASK#2"). `choices`: of an output that has a
    list of choices where others have a type; it feeds only inputs with an equal list, or "COMBO".
    """

    name: str
    type: str
    is_list: bool
    choices: tuple[JsonValue, ...] | None = None


@dataclass(frozen=True)
class NodeClass:
    """One class of node. `pack`: "core" or the folder of the custom node pack it comes from."""

    class_type: str
    display_name: str
    category: str
    pack: str
    inputs: Mapping[str, InputSpec]
    outputs: tuple[OutputSpec, ...]
    is_output: bool
    paid: bool = False
    deprecated: bool = False

    @cached_property
    def is_dynamic(self) -> bool:
        return any(spec.type in _DYNAMIC for spec in self.inputs.values())

    def live_inputs(self, given: Mapping[str, JsonValue]) -> Mapping[str, InputSpec]:
        """Every input that the node has when `given` is filled in, dynamic ones under dotted names.

        A dynamic combo whose choice is missing or unknown is not among them: the server skips it.
        """
        if not self.is_dynamic:
            return self.inputs
        found: dict[str, InputSpec] = {}
        for spec in self.inputs.values():
            if spec.type == AUTOGROW:
                found.update(self._grown[spec.name])
            else:
                _expand(spec, spec.name, given, found)
        return found

    @cached_property
    def _grown(self) -> Mapping[str, Mapping[str, InputSpec]]:
        """Autogrow inputs with all their names: they do not hang on what is given."""
        grown: dict[str, dict[str, InputSpec]] = {}
        for spec in self.inputs.values():
            if spec.type == AUTOGROW:
                _expand(spec, spec.name, {}, grown.setdefault(spec.name, {}))
        return grown

    def output_slot(self, name: str) -> int | None:
        """The slot of an output by its name, or None."""
        return next((at for at, output in enumerate(self.outputs) if output.name == name), None)


def _expand(
    spec: InputSpec, path: str, given: Mapping[str, JsonValue], found: dict[str, InputSpec]
) -> None:
    if spec.type == AUTOGROW and spec.template is not None:
        for at, name in enumerate(spec.names):
            needed = at < spec.minimum_names and spec.template.required
            found[f"{path}.{name}"] = _renamed(spec.template, f"{path}.{name}", required=needed)
    elif spec.type == DYNAMIC_COMBO:
        choice = given.get(path)
        if not isinstance(choice, str) or choice not in (spec.options or {}):
            return
        for inner in (spec.options or {})[choice]:
            _expand(inner, f"{path}.{inner.name}", given, found)
        found[path] = _renamed(spec, path, required=spec.required)
    elif spec.type == DYNAMIC_SLOT:
        if path not in given:
            return
        for inner in (spec.options or {}).get("", ()):
            _expand(inner, f"{path}.{inner.name}", given, found)
        found[path] = spec
    else:
        found[path] = spec if path == spec.name else _renamed(spec, path, required=spec.required)


def _renamed(spec: InputSpec, name: str, *, required: bool) -> InputSpec:
    if spec.name == name and spec.required == required:
        return spec
    return replace(spec, name=name, required=required)


class _Classes(Mapping[str, NodeClass]):
    """Node classes read from their JSON on first use: a list of 1,200 opens at once."""

    def __init__(self, raw: Mapping[str, JsonObject], *, names_files: bool) -> None:
        self._raw = raw
        self._names_files = names_files
        self._read: dict[str, NodeClass] = {}

    def __getitem__(self, class_type: str) -> NodeClass:
        known = self._read.get(class_type)
        if known is None:
            known = _node_class(class_type, self._raw[class_type], names_files=self._names_files)
            self._read[class_type] = known
        return known

    def __contains__(self, class_type: object) -> bool:
        return isinstance(class_type, str) and class_type in self._raw

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)


@dataclass(frozen=True)
class NodeList:
    """All nodes that a server has. `names_files`: its choices name the files that lie there."""

    version: str
    nodes: Mapping[str, NodeClass]
    names_files: bool = True
    raw: Mapping[str, JsonObject] = field(default_factory=dict[str, JsonObject], repr=False)

    def as_object_info(self) -> Mapping[str, JsonObject]:
        """The list in the shape of `/object_info`; not to be changed."""
        return self.raw

    def files(self, folder: str) -> frozenset[str]:
        """Every file that some input offers from this folder ("models/loras", "input")."""
        return self._files.get(folder, frozenset())

    @cached_property
    def _files(self) -> Mapping[str, frozenset[str]]:
        gathered: dict[str, set[str]] = {}
        for node in self.nodes.values() if self.names_files else ():
            for spec in node.inputs.values():
                if spec.folder is not None:
                    names = (choice for choice in spec.choices or () if isinstance(choice, str))
                    gathered.setdefault(spec.folder, set()).update(names)
        return {folder: frozenset(names) for folder, names in gathered.items()}


def parse_object_info(raw: object, *, version: str) -> NodeList:
    """The node list of a server from the JSON of its `/object_info`.

    Raises:
        InputRefused: `node_list_invalid`, with the class that is not described as a node.
    """
    if not isinstance(raw, dict) or not raw:
        raise InputRefused(
            "node_list_invalid", reason="/object_info is no object with node classes"
        )
    entries = cast("dict[str, JsonValue]", raw)
    for class_type, entry in entries.items():
        if not isinstance(entry, dict) or not isinstance(entry.get("input"), dict):
            raise InputRefused("node_list_invalid", reason=f"{class_type[:100]} is no node class")
    return _node_list(cast("dict[str, JsonObject]", raw), version=version, names_files=True)


def read_node_list(path: Path, *, version: str | None = None) -> NodeList:
    """The node list in a saved `/object_info` file (`.json` or `.json.gz`).

    Raises:
        InputRefused: the file cannot be read, is no JSON, too large, or describes no nodes.
    """
    raw = read_json_file(path, limit=NODE_LIST_LIMIT, values=NODE_LIST_VALUES)
    return parse_object_info(raw, version=version or path.name.partition(".json")[0])


# The largest seen in the wild, with 12,000 custom nodes and their file lists, has about 40 MB.
NODE_LIST_LIMIT = 100 * 1024 * 1024
NODE_LIST_VALUES = 20_000_000


@cache
def shipped_node_list(name: str = SHIPPED) -> NodeList:
    """A node list that comes with the program; it names no files.

    Raises:
        NotFound: there is none of this name.
    """
    lists = resources.files("ai_video.comfyui") / "node_lists"
    if name == SHIPPED_CORE:
        whole = shipped_node_list(SHIPPED).raw
        core = {key: raw for key, raw in whole.items() if _pack(raw) == CORE_PACK}
        return _node_list(core, version=name, names_files=False)
    if name != SHIPPED:
        raise NotFound("node list", name)
    packed = (lists / f"{name}.json.gz").read_bytes()
    raw = json.loads(gzip.decompress(packed))
    return _node_list(raw, version=name, names_files=False)


def _node_list(raw: Mapping[str, JsonObject], *, version: str, names_files: bool) -> NodeList:
    return NodeList(version, _Classes(raw, names_files=names_files), names_files, raw)


def slim_object_info(raw: Mapping[str, JsonObject]) -> dict[str, JsonObject]:
    """`/object_info` without descriptions and without the files of the server it came from."""
    return {class_type: _slim_class(class_type, entry) for class_type, entry in raw.items()}


def _slim_class(class_type: str, entry: JsonObject) -> JsonObject:
    groups: dict[str, JsonValue] = {}
    for group, inputs in _object(entry.get("input")).items():
        if group == "hidden":
            groups[group] = inputs
        else:
            groups[group] = {
                name: _slim_input(class_type, name, spec) for name, spec in _object(inputs).items()
            }
    kept = {key: entry[key] for key in _KEPT_FIELDS if entry.get(key) not in (None, False)}
    return {"input": groups, "output_node": False, **kept}


def _slim_input(class_type: str, name: str, spec: JsonValue) -> JsonValue:
    if not isinstance(spec, list) or not spec:
        return spec
    kind: JsonValue = spec[0]
    options = _object(spec[1] if len(spec) > 1 else None)
    kept = {key: value for key, value in options.items() if key in _KEPT_OPTIONS}
    if folder_of(class_type, name, _raw_choices(kind, kept)) is not None:
        own: list[JsonValue] = [
            choice for choice in _raw_choices(kind, kept) or () if choice in OWN_CHOICES
        ]
        if isinstance(kind, list):
            kind = own
        elif "options" in kept:
            kept["options"] = own
    elif kind == DYNAMIC_COMBO:
        kept["options"] = [
            {**option, "inputs": _slim_groups(class_type, f"{name}.", option.get("inputs"))}
            for option in map(_object, _list(kept.get("options")))
        ]
    elif kind in (AUTOGROW, MATCH_TYPE) and isinstance(kept.get("template"), dict):
        template = _object(kept["template"])
        inner = _slim_groups(class_type, f"{name}.", template.get("input"))
        kept["template"] = {**template, "input": inner} if "input" in template else dict(template)
    return [kind, kept] if kept else [kind]


def _slim_groups(class_type: str, prefix: str, groups: JsonValue) -> JsonValue:
    return {
        group: {
            name: _slim_input(class_type, f"{prefix}{name}", spec)
            for name, spec in _object(inputs).items()
        }
        for group, inputs in _object(groups).items()
    }


# Choices of file inputs that are no files: they are there on every server.
OWN_CHOICES = frozenset(
    {"none", "None", "[None]", "pixel_space", "taesd", "taesdxl", "taesd3", "taef1"}
)


@dataclass(frozen=True, slots=True)
class _Folders:
    inputs: Mapping[str, str]
    names: Mapping[str, str]
    downloads: frozenset[str]


@cache
def _folders() -> _Folders:
    file = resources.files("ai_video.comfyui") / "node_lists" / "folders.toml"
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    return _Folders(data["inputs"], data["names"], frozenset(data["downloads"]["inputs"]))


def folder_of(class_type: str, name: str, choices: Sequence[JsonValue] | None) -> str | None:
    """Where the files lie that an input offers; None when its choices are no files.

    Nodes that are not in `folders.toml` are judged by the input's name, as long as every choice
    looks like a model file; of an unknown name only that the file is a model is known.
    """
    known = _folders()
    exact = known.inputs.get(f"{class_type}.{name}")
    if exact is not None or choices is None or f"{class_type}.{name}" in known.downloads:
        return exact
    files = [choice for choice in choices if choice not in OWN_CHOICES]
    if not all(isinstance(choice, str) and _MODEL_FILE.search(choice) for choice in files):
        return None
    named = known.names.get(name.rpartition(".")[2])
    return named if named is not None or not files else None


_NOTHING: JsonObject = {}


def _object(value: object) -> JsonObject:
    if not isinstance(value, dict):
        return _NOTHING
    return cast("JsonObject", value)


def _list(value: object) -> list[JsonValue]:
    if not isinstance(value, list):
        return []
    return cast("list[JsonValue]", value)


def _number(value: JsonValue) -> Number | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value


def _raw_choices(kind: JsonValue, options: JsonObject) -> list[JsonValue] | None:
    if isinstance(kind, list):
        return kind
    return _list(options.get("options")) if kind == COMBO else None


def _pack(entry: JsonObject) -> str:
    module = str(entry.get("python_module") or "nodes")
    folder = module.removeprefix("custom_nodes.") if module.startswith("custom_nodes.") else ""
    return folder if folder and folder not in _CORE_MODULES else CORE_PACK


def _node_class(class_type: str, entry: JsonObject, *, names_files: bool) -> NodeClass:
    inputs: dict[str, InputSpec] = {}
    for group in ("required", "optional"):
        for name, spec in _object(_object(entry.get("input")).get(group)).items():
            inputs[name] = _input(
                class_type, "", name, spec, required=group == "required", names_files=names_files
            )
    return NodeClass(
        class_type=class_type,
        display_name=str(entry.get("display_name") or class_type),
        category=str(entry.get("category") or ""),
        pack=_pack(entry),
        inputs=inputs,
        outputs=_outputs(entry),
        is_output=entry.get("output_node") is True,
        paid=entry.get("api_node") is True,
        deprecated=entry.get("deprecated") is True,
    )


def _outputs(entry: JsonObject) -> tuple[OutputSpec, ...]:
    names, lists = _list(entry.get("output_name")), _list(entry.get("output_is_list"))
    taken: dict[str, int] = {}
    found: list[OutputSpec] = []
    for at, kind in enumerate(_list(entry.get("output"))):
        label = names[at] if at < len(names) else None
        name = label if isinstance(label, str) and label else _type_name(kind)
        taken[name] = taken.get(name, 0) + 1
        unique = name if taken[name] == 1 else f"{name}#{taken[name]}"
        choices = tuple(kind) if isinstance(kind, list) else None
        is_list = at < len(lists) and lists[at] is True
        found.append(OutputSpec(unique, _type_name(kind), is_list, choices))
    return tuple(found)


def _type_name(kind: JsonValue) -> str:
    return COMBO if isinstance(kind, list) else str(kind)


def _input(
    class_type: str, prefix: str, name: str, spec: JsonValue, *, required: bool, names_files: bool
) -> InputSpec:
    parts = _list(spec)
    kind: JsonValue = parts[0] if parts else (spec if isinstance(spec, str) else ANY_TYPE)
    options = _object(parts[1] if len(parts) > 1 else None)
    choices = _raw_choices(kind, options)
    folder = folder_of(class_type, prefix + name, choices)
    remote = bool(options.get("remote") or options.get("remote_combo"))

    def inner(groups: JsonValue) -> tuple[InputSpec, ...]:
        return tuple(
            _input(
                class_type,
                f"{prefix}{name}.",
                inner_name,
                inner_spec,
                required=group == "required",
                names_files=names_files,
            )
            for group in ("required", "optional")
            for inner_name, inner_spec in _object(_object(groups).get(group)).items()
        )

    template = _object(options.get("template") if kind == AUTOGROW else None)
    branches: dict[str, tuple[InputSpec, ...]] | None = None
    if kind == DYNAMIC_COMBO:
        entries = [_object(option) for option in _list(options.get("options"))]
        branches = {str(option.get("key")): inner(option.get("inputs")) for option in entries}
        choices = [option.get("key") for option in entries]
    elif kind == DYNAMIC_SLOT:
        branches = {"": inner(options.get("inputs"))}
    return InputSpec(
        name=name,
        type=_type_name(kind),
        required=required,
        default=options.get("default"),
        minimum=_number(options.get("min")),
        maximum=_number(options.get("max")),
        step=_number(options.get("step")),
        choices=None if choices is None else tuple(choices),
        open_choices=remote or (folder is not None and not names_files),
        listed_type=isinstance(kind, list),
        multiselect=options.get("multiselect") is True,
        multiline=options.get("multiline") is True,
        lazy=options.get("lazy") is True,
        socket_only=options.get("forceInput") is True,
        socketless=options.get("socketless") is True,
        control_after_generate=bool(options.get("control_after_generate")),
        upload=next((kind for key, kind in _UPLOADS.items() if options.get(key)), None),
        folder=folder,
        options=branches,
        template=next(iter(inner(template.get("input"))), None),
        names=_grown_names(template),
        minimum_names=int(_number(template.get("min")) or 0),
        raw=tuple(parts),
    )


def _grown_names(template: JsonObject) -> tuple[str, ...]:
    if isinstance(template.get("names"), list):
        return tuple(str(name) for name in _list(template["names"]))
    prefix, most = template.get("prefix"), _number(template.get("max")) or 0
    return tuple(f"{prefix}{at}" for at in range(int(most))) if isinstance(prefix, str) else ()
