"""Which templates a call may use: the shipped ones by a filter, and workflows given with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

from ai_video.comfyui.convert import to_api
from ai_video.comfyui.graph import JsonObject
from ai_video.comfyui.library import SIZED_FAMILIES, ClipGrid, Manifest, Template, template_of
from ai_video.comfyui.object_info import NodeList
from ai_video.comfyui.preflight import missing_nodes
from ai_video.comfyui.purposes import Purpose
from ai_video.comfyui.roles import ROLES, RoleName, WorkflowRoles, find_roles
from ai_video.comfyui.workflow_files import read_workflow_file
from ai_video.errors import InputRefused
from ai_video.translator.levels import lora_families
from ai_video.translator.request import Category, InlineWorkflow, TranslateRequest, WorkflowFilter

DRAWN: Final[frozenset[Purpose]] = frozenset(
    {"text_to_image", "image_edit", "text_to_video", "image_to_video"}
)
"""What shipped templates may be for, when a shot is drawn from its description."""
_NOT_DRAWN: Final[frozenset[Purpose]] = frozenset(
    {"upscale", "face_swap", "train_lora", "audio", "three_d", "text", "processing"}
)
_SIDES: Final[tuple[RoleName, RoleName]] = ("width", "height")
_BETWEEN_SD_AND_SDXL: Final = 640 * 896  # pixels
_CATEGORIES: Final[Mapping[str, Category]] = {
    "images": "image",
    "videos": "video",
    "animations": "animation",
}
_FIVE_BILLION: Final = re.compile(r"(?<![a-z0-9.])(ti2v[-_. ]?)?5b(?![a-z0-9])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Offers:
    """Templates that a call may use.

    `refused`: the first reason why a given workflow is none. `guessed`: ids of given workflows whose
    family is told by their picture size alone.
    """

    templates: tuple[Template, ...]
    refused: InputRefused | None = None
    guessed: frozenset[str] = frozenset()


def offered(
    request: TranslateRequest, *, nodes: NodeList, library: Mapping[str, Template]
) -> Offers:
    """Every template that the request allows, workflows given with it first.

    Raises:
        InputRefused: `translate_no_workflows`: nothing is allowed. `translate_no_match`: no
            shipped template matches, and no workflow was given.
    """
    if not request.available_workflows:
        raise InputRefused("translate_no_workflows")
    own: list[Template] = []
    guessed: set[str] = set()
    refused: InputRefused | None = None
    shipped: dict[str, Template] = {}
    for entry in request.available_workflows:
        if isinstance(entry, InlineWorkflow):
            try:
                template = inline_template(entry, nodes=nodes, library=library)
                own.append(template)
                if template.manifest.family != template.roles.family:
                    guessed.add(template.id)
            except InputRefused as error:
                refused = refused or error
            continue
        for template in _drawing(library):
            if entry == "*" or _matches(template, entry):
                shipped[template.id] = template
    if not own and not shipped:
        if refused is not None:
            raise refused
        wanted = "; ".join(_words(entry) for entry in request.available_workflows)
        raise InputRefused("translate_no_match", wanted=wanted, there=kinds_of(_drawing(library)))
    return Offers((*own, *shipped.values()), refused, frozenset(guessed))


def kinds_of(templates: Iterable[Template]) -> str:
    """What there is, as a filter would name it: "image sdxl, video wan22"."""
    return ", ".join(
        sorted({f"{t.manifest.category} {t.manifest.family or '?'}" for t in templates})
    )


def runnable(templates: Sequence[Template], nodes: NodeList) -> tuple[Template, ...]:
    """Those whose nodes are all in the list.

    Raises:
        InputRefused: `translate_nodes_missing`, naming what the first of them lacks.
    """
    there = tuple(template for template in templates if runs(template, nodes))
    if templates and not there:
        first = templates[0]
        document = {key: {"class_type": n.class_type} for key, n in first.workflow.nodes.items()}
        lacking = [
            f"{row.class_type} ({row.pack})" if row.pack else row.class_type
            for row in missing_nodes({k: dict(v) for k, v in document.items()}, nodes)
        ]
        raise InputRefused(
            "translate_nodes_missing",
            template=first.id,
            missing=", ".join(lacking),
            version=nodes.version,
        )
    return there


def runs(template: Template, nodes: NodeList) -> bool:
    """Whether the node list has every class of the graph."""
    return all(node.class_type in nodes.nodes for node in template.workflow.nodes.values())


def inline_template(
    entry: InlineWorkflow, *, nodes: NodeList, library: Mapping[str, Template]
) -> Template:
    """A template of a workflow given with the call; its roles are found in its graph.

    Raises:
        InputRefused: `workflow_invalid`; `translate_workflow_unclear`: it draws nothing from a
            text, or nobody can tell where the text goes.
    """
    name = entry.name or entry.id
    document, roles = read_inline(entry, nodes)
    if not draws(roles):
        raise InputRefused("translate_workflow_unclear", name=name, lacking=roles.purpose)
    if not roles.of("positive_prompt") and not entry.places.get("positive_prompt"):
        raise InputRefused("translate_workflow_unclear", name=name, lacking="positive_prompt")
    family = roles.family or _family_by_size(roles)
    sizes = family if family in SIZED_FAMILIES else None
    models = " ".join(str(row.default) for row in roles.of("diffusion_model"))
    if sizes == "wan22" and is_wan_5b(models):
        sizes = "wan22_5b"
    kin, rates = _kin(sizes, roles.category, library), roles.of("fps")
    manifest = Manifest(
        name_zh=name,
        name_en=name,
        category=roles.category,
        purpose=roles.purpose,
        family=family,
        prompt_language=kin.prompt_language if kin is not None else "en",
        negative=bool(roles.of("negative_prompt") or entry.places.get("negative_prompt")),
        clip=_clip(kin, float_of(rates[0].default) if rates else None),
        sizes=sizes,
        licence="",
        places=_said_places(entry, document, name),
    )
    return template_of(entry.id, document, manifest, nodes=nodes, shipped=False)


def read_inline(entry: InlineWorkflow, nodes: NodeList) -> tuple[JsonObject, WorkflowRoles]:
    """A workflow given with the call in API form, and what was found in it.

    Raises:
        InputRefused: `workflow_invalid`.
    """
    file = read_workflow_file(
        json.dumps(entry.workflow_json, ensure_ascii=False).encode("utf-8", "surrogatepass"),
        name=entry.name or entry.id,
    )
    document = to_api(file, nodes).document
    return document, find_roles(document, nodes)


def draws(roles: WorkflowRoles) -> bool:
    """Whether a workflow is of a kind that can draw a shot."""
    return roles.purpose not in _NOT_DRAWN


def _said_places(
    entry: InlineWorkflow, document: JsonObject, name: str
) -> Mapping[RoleName, tuple[str, ...]]:
    """Where its owner says that roles stand; each must be an input of the graph.

    Raises:
        InputRefused: `translate_workflow_unclear`.
    """
    found: dict[RoleName, tuple[str, ...]] = {}
    for role, places in entry.places.items():
        for place in places:
            node, _, key = place.rpartition(".")
            known = document.get(node)
            inputs = known.get("inputs") if isinstance(known, dict) else None
            if role not in ROLES or not isinstance(inputs, dict) or key not in inputs:
                raise InputRefused(
                    "translate_workflow_unclear", name=name, lacking=f"{role} {place}"
                )
        found[cast("RoleName", role)] = places
    return found


def _family_by_size(roles: WorkflowRoles) -> str | None:
    """A checkpoint under a name of its owner's: SDXL draws a megapixel, SD 1.5 a quarter of one."""
    sides = [float_of(row.default) for role in _SIDES for row in roles.of(role)[:1]]
    if not roles.of("checkpoint") or len(sides) != 2 or None in sides:
        return None
    return "sdxl" if (sides[0] or 0) * (sides[1] or 0) >= _BETWEEN_SD_AND_SDXL else "sd15"


def float_of(value: object) -> float | None:
    """A number as such, anything else as None."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def is_wan_5b(text: str) -> bool:
    """Whether a model's or LoRA's name speaks of Wan 2.2's small model, which has LoRAs of its own."""
    return bool(_FIVE_BILLION.search(text.replace("_", " ")))


def fits_model(base_model: str, template: Template) -> bool:
    """Whether a LoRA of the template's family fits its very model: Wan 2.2 comes in two sizes."""
    if template.manifest.family != "wan22":
        return True
    return is_wan_5b(base_model) == (template.manifest.sizes == "wan22_5b")


def _drawing(library: Mapping[str, Template]) -> Iterator[Template]:
    return (template for template in library.values() if template.manifest.purpose in DRAWN)


def _matches(template: Template, wanted: WorkflowFilter) -> bool:
    manifest = template.manifest
    if not wanted.category and not wanted.family:
        return False  # it names nothing: `"*"` stands for all
    if wanted.category:
        category = wanted.category.strip().lower()
        if _CATEGORIES.get(category, category) != manifest.category:
            return False
    return not wanted.family or manifest.family in _families(wanted.family)


def _families(text: str) -> frozenset[str]:
    """Families that a written name means: "sdxl", "SDXL 1.0", "wan"."""
    name = text.strip().lower().replace("-", "_").replace(" ", "_")
    return frozenset({name, *lora_families(text.strip())})


def _words(entry: WorkflowFilter | InlineWorkflow | str) -> str:
    if isinstance(entry, str):
        return entry
    if isinstance(entry, InlineWorkflow):
        return entry.id
    return f"{entry.category or '*'} {entry.family or '*'}"


def _kin(sizes: str | None, category: Category, library: Mapping[str, Template]) -> Manifest | None:
    """What is known of a shipped template that draws with the same models."""
    for template in library.values():
        known = template.manifest
        if (
            known.sizes == sizes
            and known.category == category
            and template.manifest.purpose in DRAWN
        ):
            return known
    return None


def _clip(kin: Manifest | None, fps: float | None) -> ClipGrid | None:
    """Lengths that these models make, at the rate that the given workflow has."""
    if kin is None or kin.clip is None:
        return None
    return replace(kin.clip, fps=fps or kin.clip.fps)
