"""Roles of unknown workflows that a language model proposes and a user confirms once."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import cast

from pydantic import JsonValue, ValidationError

from ai_video.comfyui.flow import Use
from ai_video.comfyui.graph import JsonObject
from ai_video.comfyui.object_info import NodeList
from ai_video.comfyui.roles import RoleName, find_roles
from ai_video.domain.entities import Json
from ai_video.domain.language_models import StructuredLLM
from ai_video.errors import AiVideoError, InputRefused
from ai_video.translator.model_roles import RoleProposal, open_places, propose_roles
from ai_video.translator.notices import Notice, notice
from ai_video.translator.offers import draws, read_inline
from ai_video.translator.request import InlineWorkflow

_Open = Mapping[RoleName, tuple[Use, ...]]


async def with_proposals(
    raw: JsonValue, model: StructuredLLM, nodes: NodeList
) -> tuple[JsonValue, tuple[Notice, ...]]:
    """An input object whose unknown workflows say where their prompts stand, as a model proposes.

    The notices name each proposal; a workflow that rules can read, or a model cannot, stays as it is.
    """
    entries = raw.get("available_workflows") if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or not isinstance(entries, list):
        return raw, ()
    told: list[Notice] = []
    made: list[JsonValue] = []
    for entry in entries:
        found = await asyncio.to_thread(_unclear, entry, nodes)
        if found is None:
            made.append(entry)
            continue
        inline, document, places = found
        proposals = await _asked(model, document, places)
        said = {role: list(uses) for role, uses in inline.places.items()}
        said |= {row.role: [row.place] for row in proposals}
        made.append({**cast("Json", entry), "places": cast("JsonValue", said)})
        told += [_told(inline.name or inline.id, row, model.name) for row in proposals]
    return {**raw, "available_workflows": made}, tuple(told)


async def proposals_of(
    model: StructuredLLM, document: JsonObject, nodes: NodeList, *, but: Collection[str] = ()
) -> list[JsonValue]:
    """Rows for inputs whose role rules cannot tell; `place` is what `workflows bind` takes.

    `but`: roles that a user said already.

    Raises:
        ModelFailed, InputRefused: as `propose_roles`.
    """
    roles = await asyncio.to_thread(find_roles, document, nodes)
    places = open_places(document, roles, nodes, but=but)
    found = await propose_roles(model, document, places)
    return [
        {
            "role": row.role,
            "node": row.node,
            "input": row.input,
            "place": row.place,
            "certainty": "asked",
            "evidence": f"{model.name}: {row.why}" if row.why else model.name,
        }
        for row in found
    ]


async def _asked(
    model: StructuredLLM, document: JsonObject, places: _Open
) -> tuple[RoleProposal, ...]:
    """The proposals; none where the model fails: the workflow is then refused as without it."""
    try:
        return await propose_roles(model, document, places)
    except AiVideoError:
        return ()


def _unclear(entry: JsonValue, nodes: NodeList) -> tuple[InlineWorkflow, JsonObject, _Open] | None:
    """A workflow of the call that could draw but for a role that nobody named."""
    if not isinstance(entry, dict) or not entry.get("workflow_json"):
        return None
    try:
        inline = InlineWorkflow.model_validate(entry)
        document, roles = read_inline(inline, nodes)
    except (ValidationError, InputRefused):
        return None
    if not draws(roles) or roles.of("positive_prompt") or inline.places.get("positive_prompt"):
        return None
    return inline, document, open_places(document, roles, nodes)


def _told(workflow: str, row: RoleProposal, provider: str) -> Notice:
    return notice(
        "binding_proposed",
        workflow=workflow,
        role=row.role,
        place=row.place,
        provider=provider,
        why=row.why,
    )
