"""A template: a graph, what is known of it, and where its values go."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, cast

from pydantic import JsonValue

from ai_video.comfyui.graph import JsonObject, Link, Workflow, read_api
from ai_video.comfyui.library.lengths import ClipGrid
from ai_video.comfyui.object_info import NodeList, shipped_node_list
from ai_video.comfyui.purposes import Purpose
from ai_video.comfyui.roles import RoleName, WorkflowRoles, find_roles
from ai_video.errors import NotFound

PromptLanguage = Literal["en", "zh_en"]
Category = Literal["image", "video", "animation"]
_PACKAGE = "ai_video.comfyui.library"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is known of a template beside its graph.

    `prompt_language`: "en", or "zh_en" for models that read Chinese as well. `negative`: it has a
    negative prompt that acts. `clip`: lengths, for graphs that make a video. `sizes`: the family in
    `sizes.toml`. `seconds`: estimate for one run on a 24 GB card; `gpu_memory_mb`: what it needs.
    """

    name_zh: str
    name_en: str
    category: Category
    purpose: Purpose
    family: str | None
    prompt_language: PromptLanguage = "en"
    negative: bool = True
    clip: ClipGrid | None = None
    sizes: str | None = None
    gpu_memory_mb: int = 0
    seconds: float = 10.0
    licence: str = "MIT"
    places: Mapping[RoleName, tuple[str, ...]] | None = None

    @property
    def output(self) -> Literal["image", "video"]:
        return "image" if self.category == "image" else "video"


@dataclass(frozen=True, slots=True)
class InputPlace:
    """An input of the graph that takes a role's value."""

    role: RoleName
    node: str
    input: str
    class_type: str
    default: JsonValue


@dataclass(frozen=True)
class Template:
    """One graph with its inputs by role. `digest`: of graph and manifest; its version."""

    id: str
    manifest: Manifest
    workflow: Workflow
    inputs: tuple[InputPlace, ...]
    roles: WorkflowRoles
    digest: str
    shipped: bool = True

    def places(self, role: RoleName) -> tuple[InputPlace, ...]:
        """Every input that takes this role, in the order of execution."""
        return tuple(place for place in self.inputs if place.role == role)

    def takes(self, role: RoleName) -> bool:
        return any(place.role == role for place in self.inputs)


@cache
def library() -> Mapping[str, Template]:
    """The shipped templates by id, in the order of their names."""
    folder = resources.files(_PACKAGE) / "graphs"
    manifests = tomllib.loads((resources.files(_PACKAGE) / "manifests.toml").read_text("utf-8"))
    nodes = shipped_node_list()
    return {
        name: template_of(
            name,
            json.loads((folder / f"{name}.json").read_text("utf-8")),
            _manifest(cast("dict[str, object]", raw)),
            nodes=nodes,
        )
        for name, raw in sorted(manifests.items())
    }


def shipped_template(name: str) -> Template:
    """Raises: NotFound."""
    found = library().get(name)
    if found is None:
        raise NotFound("template", name)
    return found


def template_of(
    id: str, document: JsonObject, manifest: Manifest, *, nodes: NodeList, shipped: bool = True
) -> Template:
    """A template from an API document; its inputs are found by their roles.

    Roles that the manifest names stand where it says, whatever was found.
    """
    roles = find_roles(document, nodes)
    workflow = read_api(document, nodes)
    said = manifest.places or {}
    inputs = [
        InputPlace(row.role, row.node, row.input, row.class_type, row.default)
        for row in roles.inputs
        if row.role not in said
    ]
    for role, places in said.items():
        for place in places:
            node, _, name = place.rpartition(".")
            known = workflow.nodes[node]
            value = known.inputs.get(name)
            default = None if isinstance(value, Link) else value
            inputs.append(InputPlace(role, node, name, known.class_type, default))
    text = json.dumps([document, repr(manifest)], sort_keys=True, ensure_ascii=False)
    return Template(
        id=id,
        manifest=manifest,
        workflow=workflow,
        inputs=tuple(inputs),
        roles=roles,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        shipped=shipped,
    )


def _manifest(raw: dict[str, object]) -> Manifest:
    clip = cast("dict[str, float] | None", raw.pop("clip", None))
    places = cast("dict[RoleName, list[str]] | None", raw.pop("places", None))
    family = cast("str", raw.pop("family")) or None
    return Manifest(
        **raw,  # pyright: ignore[reportArgumentType]  a test reads every manifest
        family=family,
        clip=ClipGrid(int(clip["step"]), int(clip["offset"]), int(clip["longest"]), clip["fps"])
        if clip
        else None,
        places={role: tuple(each) for role, each in places.items()} if places else None,
    )
