"""The graph while it is bound: its values with their sources, the files it needs, what is unmet."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue

from ai_video.comfyui.graph import Link, Node, Workflow
from ai_video.comfyui.library import InputPlace, Template
from ai_video.comfyui.object_info import NodeList
from ai_video.comfyui.rewrite import Patched
from ai_video.errors import InputRefused
from ai_video.translator.answer import Role, RoleBinding, Source, Upload
from ai_video.translator.notices import Notice, NoticeLanguage, notice

KEYFRAME: Final = "keyframe"
"""The asset id of a clip's own first frame."""
# Letters of any language, but nothing that a file system or ComfyUI ("x.png [output]") reads.
_PLAIN: Final = re.compile(r"[^\W_](?:[\w-]|\.(?!\.)){0,79}(?<!\.)")


def picture_file(asset_id: str) -> str:
    """The name that a picture gets in a server's input folder: the same for the same id, one for each.

    An id that is no plain file name keeps its readable part and gets a digest.
    """
    if _PLAIN.fullmatch(asset_id) and asset_id.lower() != KEYFRAME:
        return f"{asset_id}.png"
    readable = re.sub(r"[^A-Za-z0-9_-]+", "_", asset_id).strip("_")[:40] or "asset"
    return f"{readable}-{hashlib.sha256(asset_id.encode('utf-8', 'replace')).hexdigest()[:12]}.png"


@dataclass(slots=True)
class Bench:
    """One graph under work.

    `sources`: of values that were set; all others are the template's. `unmet`: (what, in whose
    words it was asked). `scene_nodes`: those whose picture shows the place, not a person.
    """

    template: Template
    nodes: NodeList
    language: NoticeLanguage
    workflow: Workflow
    sources: dict[tuple[str, str], Source] = field(default_factory=dict[tuple[str, str], Source])
    added: list[RoleBinding] = field(default_factory=list[RoleBinding])
    uploads: dict[tuple[str, str], Upload] = field(default_factory=dict[tuple[str, str], Upload])
    unmet: list[tuple[Notice, str]] = field(default_factory=list[tuple[Notice, str]])
    warnings: list[Notice] = field(default_factory=list[Notice])
    scene_nodes: set[str] = field(default_factory=set[str])

    def places(self, role: Role) -> tuple[InputPlace, ...]:
        """Inputs of the template with this role, one row each."""
        return self.template.places(role)

    def set(self, role: Role, value: JsonValue, source: Source) -> bool:
        """Give every input of a role one value; false where there is none."""
        places = self.places(role)
        for place in places:
            self.put(place, value, source)
        return bool(places)

    def put(self, place: InputPlace, value: JsonValue, source: Source) -> None:
        # A whole number stays one where the input takes whole numbers only.
        if isinstance(place.default, int) and isinstance(value, float) and value.is_integer():
            value = int(value)
        self.workflow = self.workflow.with_input(place.node, place.input, value)
        self.sources[place.node, place.input] = source

    def value(self, role: Role) -> JsonValue:
        """What the first input of a role holds; None where it holds a link or there is none."""
        for place in self.places(role):
            found = self.workflow.nodes[place.node].inputs.get(place.input)
            return None if isinstance(found, Link) else found
        return None

    def number(self, role: Role) -> float | None:
        found = self.value(role)
        return found if isinstance(found, int | float) and not isinstance(found, bool) else None

    def whole(self, role: Role) -> int | None:
        found = self.number(role)
        return None if found is None else round(found)

    def picture(self, asset_id: str) -> str:
        """The server's name of a picture that will be uploaded."""
        name = picture_file(asset_id)
        self.uploads["input", name] = Upload(asset_id=asset_id, folder="input", name=name)
        return name

    def keyframe(self) -> str:
        """The server's name of the first frame that a call of its own draws."""
        name = f"{KEYFRAME}.png"
        self.uploads["input", name] = Upload(asset_id=KEYFRAME, folder="input", name=name)
        return name

    def lora(self, file: str) -> None:
        self.uploads["loras", file] = Upload(asset_id=file, folder="loras", name=file)

    def patch(
        self,
        what: str,
        asked: str,
        patch: Callable[[Workflow, NodeList], Patched],
        roles: Mapping[str, Role],
    ) -> tuple[tuple[str, ...], ...] | None:
        """Apply a patch; its nodes for each thing asked for, or None and a row in `unmet`.

        `roles`: what the values of its new inputs mean, by the input's name.
        """
        try:
            patched = patch(self.workflow, self.nodes)
        except InputRefused as refused:
            reason = refused.message(self.language)
            self.miss(notice("method_unavailable", what=what, reason=reason), asked)
            return None
        before = self.workflow.nodes
        self.workflow = patched.workflow
        for key, node in patched.workflow.nodes.items():
            if key not in before:
                self.added += _rows(key, node, roles)
        return patched.added

    def miss(self, said: Notice, asked: str) -> None:
        self.unmet.append((said, asked))

    def rows(self) -> tuple[RoleBinding, ...]:
        """Every input with a role, its value and where that comes from."""
        rows: list[RoleBinding] = []
        for place in self.template.inputs:
            value = self.workflow.nodes[place.node].inputs.get(place.input)
            rows.append(
                RoleBinding(
                    role=place.role,
                    node=place.node,
                    class_type=place.class_type,
                    input=place.input,
                    value=None if isinstance(value, Link) else value,
                    source=self.sources.get((place.node, place.input), "template"),
                )
            )
        return tuple(
            row.model_copy(update={"role": "scene_reference"})
            if row.node in self.scene_nodes and row.role == "reference_image"
            else row
            for row in (*rows, *self.added)
        )


def _rows(key: str, node: Node, roles: Mapping[str, Role]) -> list[RoleBinding]:
    return [
        RoleBinding(
            role=roles[name],
            node=key,
            class_type=node.class_type,
            input=name,
            value=value,
            source="asset",
        )
        for name, value in node.inputs.items()
        if name in roles and not isinstance(value, Link)
    ]
