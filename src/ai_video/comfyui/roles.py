"""What the inputs of any workflow mean: where its prompt, seed, size, pictures and models go.

`find_roles` walks the links of a workflow in API format from its samplers and outputs. Types and
links decide; names speak where those are silent, and the answer is then no longer called sure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

from pydantic import JsonValue

from ai_video.comfyui.families import FamilyFound, draws_frames, find_family
from ai_video.comfyui.flow import Flow, FlowNode, JsonObject, Use, read_flow
from ai_video.comfyui.known_models import NO_HINTS, FileHints
from ai_video.comfyui.literals import Certainty, Literals, weaker
from ai_video.comfyui.loaders import Loader, RequiredModel, loaders, required_models
from ai_video.comfyui.object_info import NodeList
from ai_video.comfyui.pictures import Loaded, Pictures
from ai_video.comfyui.preflight import required_nodes
from ai_video.comfyui.prompts import prompts, service_inputs
from ai_video.comfyui.purposes import Purpose, find_purpose
from ai_video.comfyui.sampling import Found, Missed, Sampling
from ai_video.comfyui.sizes import empty_pictures, rates, sizes

RoleName = Literal[
    "positive_prompt",
    "negative_prompt",
    "seed",
    "width",
    "height",
    "length",
    "fps",
    "steps",
    "cfg",
    "sampler",
    "scheduler",
    "denoise",
    "checkpoint",
    "diffusion_model",
    "vae",
    "clip",
    "lora",
    "reference_image",
    "scene_reference",
    "control_image",
    "face_image",
    "first_frame",
    "last_frame",
    "mask",
    "audio",
    "output_image",
    "output_video",
    "output_audio",
]
ROLES: tuple[RoleName, ...] = get_args(RoleName)
"""Every role, in the order of an input schema. `scene_reference` is only ever given by a user:
no graph tells a place's picture from a person's."""

Category = Literal["image", "video", "animation"]
OutputKind = Literal["image", "video", "audio", "lora"]
_MEDIA: dict[str, OutputKind] = {
    "IMAGE": "image",
    "VIDEO": "video",
    "AUDIO": "audio",
    "LORA_MODEL": "lora",
}
_OUTPUT_ROLES: dict[OutputKind, RoleName] = {
    "image": "output_image",
    "video": "output_video",
    "audio": "output_audio",
}
_OTHER_PROMPT: dict[RoleName, RoleName] = {
    "positive_prompt": "negative_prompt",
    "negative_prompt": "positive_prompt",
}
_NAMED_MEDIA = {
    "images": "IMAGE",
    "image": "IMAGE",
    "frames": "IMAGE",
    "video": "VIDEO",
    "audio": "AUDIO",
    "lora": "LORA_MODEL",
}
"""What an unknown node that ends a workflow takes, by its input's name."""
_PREFIXES = ("filename_prefix", "prefix", "save_prefix", "filename")
_RATES = frozenset({"fps", "frame_rate"})


@dataclass(frozen=True, slots=True)
class InputRole:
    """One input of a workflow that a caller may set, and what it means."""

    name: str
    role: RoleName
    type: str
    default: JsonValue
    minimum: int | float | None
    maximum: int | float | None
    choices: tuple[JsonValue, ...] | None
    required: bool
    node: str
    class_type: str
    input: str
    certainty: Certainty
    evidence: str


@dataclass(frozen=True, slots=True)
class OutputNode:
    node: str
    class_type: str
    kind: OutputKind


@dataclass(frozen=True, slots=True)
class RequiredNode:
    """A class that a server must have. `pack`: "core", a node pack, or None where nobody knows."""

    class_type: str
    pack: str | None


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A role that is in the graph, and inputs of which a user should name one."""

    role: RoleName
    candidates: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class WorkflowRoles:
    """What a workflow is and takes: the input schema of a template."""

    category: Category
    purpose: Purpose
    family: str | None
    family_evidence: str
    inputs: tuple[InputRole, ...]
    outputs: tuple[OutputNode, ...]
    required_nodes: tuple[RequiredNode, ...]
    required_models: tuple[RequiredModel, ...]
    unresolved: tuple[Unresolved, ...]

    def of(self, role: RoleName) -> tuple[InputRole, ...]:
        """The inputs with this role, in execution order."""
        return tuple(row for row in self.inputs if row.role == role)


@dataclass(frozen=True, slots=True)
class _Row:
    role: RoleName
    at: Use
    certainty: Certainty
    evidence: str
    type: str | None = None


def find_roles(
    document: JsonObject, nodes: NodeList, *, hints: FileHints = NO_HINTS
) -> WorkflowRoles:
    """The roles of a workflow in API format; pure, and the same whatever its node ids are.

    Args:
        document: node id → {class_type, inputs}.
        nodes: of the server it is for, or a shipped list.
        hints: what the file it came from says of models and packs.
    """
    flow = read_flow(document, nodes)
    literals = Literals(flow)
    sampling = Sampling(flow, literals)
    outputs = _outputs(flow)
    moving = any(output.kind == "video" for output in outputs)
    loaded = tuple(_stills(Pictures(flow, sampling).loaded(), moving=moving))
    models = tuple(required_models(flow, hints))
    found, missed = _split(_sampled(sampling))
    rows = [
        *_rows(found),
        *_rows(loaders(flow, literals, sampling, models)),
        *(_Row(row.role, row.at, row.certainty, row.evidence, row.kind) for row in loaded),
        *_output_rows(flow, outputs),
    ]
    family = find_family(flow, sampling)
    kept = _named(flow, _settled(rows))
    return WorkflowRoles(
        category=_category(flow, outputs),
        purpose=find_purpose(flow, sampling, loaded, {output.kind for output in outputs}),
        family=family.name if family is not None else None,
        family_evidence=_family_words(family),
        inputs=kept,
        outputs=outputs,
        required_nodes=tuple(
            RequiredNode(name, pack)
            for name, pack in sorted(required_nodes(document, nodes, hints=hints))
            if name
        ),
        required_models=models,
        unresolved=_unresolved(kept, missed),
    )


def _stills(loaded: Iterable[Loaded], *, moving: bool) -> Iterator[Loaded]:
    """A frame that a video model starts from is a picture to edit where a picture comes out."""
    for row in loaded:
        if moving or row.role not in ("first_frame", "last_frame"):
            yield row
        else:
            certainty = weaker(row.certainty, "likely")
            yield replace(row, role="reference_image", certainty=certainty, means="edit")


def _family_words(family: FamilyFound | None) -> str:
    return "" if family is None else f"{family.evidence} ({family.certainty})"


def _rows(found: Iterable[Found | Loader]) -> Iterator[_Row]:
    return (_Row(row.role, row.at, row.certainty, row.evidence) for row in found)


def _sampled(sampling: Sampling) -> Iterator[Found | Missed]:
    yield from prompts(sampling)
    yield from sampling.settings()
    yield from service_inputs(sampling)
    yield from sizes(sampling)
    yield from rates(sampling)
    yield from empty_pictures(sampling)


def _split(rows: Iterable[Found | Missed]) -> tuple[list[Found], list[Missed]]:
    found: list[Found] = []
    missed: list[Missed] = []
    for row in rows:
        if isinstance(row, Found):
            found.append(row)
        else:
            missed.append(row)
    return found, missed


def _settled(rows: list[_Row]) -> list[_Row]:
    """One row per role and input, the surest; a text that is both prompts is only the surer one."""
    best: dict[tuple[RoleName, Use], _Row] = {}
    for row in rows:
        key = (row.role, row.at)
        known = best.get(key)
        if known is None or weaker(known.certainty, row.certainty) != row.certainty:
            best[key] = row
    settled: list[_Row] = []
    for row in best.values():
        other = best.get((_OTHER_PROMPT.get(row.role, row.role), row.at), row)
        if other is row:
            settled.append(row)
        elif _wins(row, other):
            certainty = weaker(row.certainty, "likely")
            settled.append(_Row(row.role, row.at, certainty, f"{row.evidence}; {other.role} too"))
    return _apart(settled)


def _wins(row: _Row, other: _Row) -> bool:
    """The surer of two; of equals the positive prompt."""
    if row.certainty == other.certainty:
        return row.role == "positive_prompt"
    return weaker(row.certainty, other.certainty) == other.certainty


def _apart(rows: list[_Row]) -> list[_Row]:
    """A value that stands for two things (one number for width and height) is not sure of either."""
    shared: dict[Use, set[RoleName]] = {}
    for row in rows:
        if row.type is None:
            shared.setdefault(row.at, set()).add(row.role)
    return [
        row
        if row.type is not None or len(shared[row.at]) == 1
        else _Row(row.role, row.at, weaker(row.certainty, "likely"), f"{row.evidence}; shared")
        for row in rows
    ]


def _named(flow: Flow, rows: list[_Row]) -> tuple[InputRole, ...]:
    counts: dict[RoleName, int] = {}
    named: list[InputRole] = []
    for role in ROLES:
        for row in rows:
            if row.role != role:
                continue
            counts[role] = counts.get(role, 0) + 1
            name = role if counts[role] == 1 else f"{role}_{counts[role]}"
            named.append(_input_role(flow[row.at.node], name, row))
    return tuple(named)


def _input_role(node: FlowNode, name: str, row: _Row) -> InputRole:
    spec = node.specs.get(row.at.input)
    default = node.values.get(row.at.input)
    if default is None and spec is not None and row.at.input not in node.links:
        default = spec.default
    choices = spec.choices if spec is not None and not spec.open_choices else None
    return InputRole(
        name=name,
        role=row.role,
        type=row.type or (spec.type if spec is not None else _type_of(default)),
        default=default,
        minimum=spec.minimum if spec is not None else None,
        maximum=spec.maximum if spec is not None else None,
        choices=choices,
        required=spec.required if spec is not None else True,
        node=node.id,
        class_type=node.class_type,
        input=row.at.input,
        certainty=row.certainty,
        evidence=row.evidence,
    )


def _type_of(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "BOOLEAN"
    if isinstance(value, int):
        return "INT"
    if isinstance(value, float):
        return "FLOAT"
    return "STRING" if isinstance(value, str) else "*"


def _outputs(flow: Flow) -> tuple[OutputNode, ...]:
    """Nodes that give files; nodes that only show something count where nothing is saved."""
    given: list[tuple[FlowNode, OutputKind]] = []
    for node in flow.outputs:
        for kind in _output_kinds(flow, node):
            given.append((node, kind))
    saved = [row for row in given if _prefix(row[0]) is not None]
    return tuple(OutputNode(node.id, node.class_type, kind) for node, kind in saved or given)


def _output_kinds(flow: Flow, node: FlowNode) -> Iterator[OutputKind]:
    taken: list[str] = []
    for name, source in node.links.items():
        kind = node.input_type(name) or flow[source.node].output_type(source.slot)
        if node.known is None and (not kind or kind == _NAMED_MEDIA.get(name, kind)):
            kind = _NAMED_MEDIA.get(name, "")
        taken.append(kind)
    moving = "IMAGE" in taken and any(name in _RATES for name in (*node.values, *node.links))
    if moving:
        yield "video"
        return
    for kind in ("VIDEO", "IMAGE", "AUDIO", "LORA_MODEL"):
        if kind in taken:
            yield _MEDIA[kind]
            return


def _prefix(node: FlowNode) -> str | None:
    return next((name for name in _PREFIXES if name in node.specs or name in node.values), None)


def _output_rows(flow: Flow, outputs: Iterable[OutputNode]) -> Iterator[_Row]:
    for output in outputs:
        role = _OUTPUT_ROLES.get(output.kind)
        node = flow[output.node]
        name = _prefix(node)
        if role is not None and name is not None:
            certainty: Certainty = "sure" if node.known is not None else "likely"
            why = f"{node.class_type} saves {output.kind} files under this name"
            yield _Row(role, Use(node.id, name), certainty, why)


def _category(flow: Flow, outputs: Iterable[OutputNode]) -> Category:
    """Clips drawn frame by frame by an image model are animation; what is no clip counts as image."""
    if not any(output.kind == "video" for output in outputs):
        return "image"
    return "animation" if draws_frames(flow) else "video"


def _unresolved(rows: Iterable[InputRole], missed: Iterable[Missed]) -> tuple[Unresolved, ...]:
    """Roles without an input or with a guessed one, and the inputs among which to choose."""
    have = {row.role for row in rows}
    found: dict[RoleName, dict[Use, None]] = {}
    for row in missed:
        if row.role not in have or row.found_one:
            found.setdefault(row.role, {}).update(dict.fromkeys(row.candidates))
    return tuple(Unresolved(role, tuple(found[role])) for role in ROLES if role in found)
