"""ComfyUI workflows: read one and find its roles, import, correct, check and run it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args
from uuid import UUID

from pydantic import JsonValue

from ai_video.comfyui.convert import to_api
from ai_video.comfyui.known_models import NO_HINTS, FileHints, read_hints
from ai_video.comfyui.object_info import NodeList, read_node_list, shipped_node_list
from ai_video.comfyui.preflight import Preflight, preflight
from ai_video.comfyui.roles import RoleName, find_roles
from ai_video.comfyui.strict_json import plain
from ai_video.comfyui.validate import Validation, validate
from ai_video.comfyui.workflow_files import WorkflowFile, read_workflow_file
from ai_video.domain.entities import ComfyWorkflow, Json
from ai_video.errors import InputRefused
from ai_video.settings import LlmChoice
from ai_video.storage.database import Unit
from ai_video.studio.comfyui.servers import server_nodes
from ai_video.studio.comfyui.workflow_binding import SAID, place_of_input, with_role
from ai_video.studio.comfyui.workflow_proposals import proposals_of
from ai_video.studio.studio import Studio

Category = Literal["image", "video", "animation"]


@dataclass(frozen=True, slots=True)
class NodeSource:
    """Which nodes a workflow is judged by: a saved node list, a server's, else the shipped one."""

    nodes: Path | None = None
    server: str | None = None


async def node_list_of(studio: Studio, source: NodeSource) -> NodeList:
    """Raises: InputRefused, ServiceFailed."""
    if source.nodes is not None:
        return await asyncio.to_thread(read_node_list, source.nodes)
    if source.server is not None:
        return await server_nodes(studio, source.server)
    return await asyncio.to_thread(shipped_node_list)


async def workflow_roles(
    studio: Studio,
    source: Path | bytes | UUID,
    *,
    name: str | None = None,
    category: Category | None = None,
    against: NodeSource = NodeSource(),
    llm: LlmChoice | None = None,
) -> Json:
    """What a workflow is and takes; saves nothing.

    Args:
        llm: a model to propose inputs for roles that rules cannot tell (`proposals`, to be confirmed
            with `bind_role`); None: nobody is asked.

    Raises:
        InputRefused: it is no workflow, or cannot be converted. NotFound: no such id.
        NotAvailable: the named model is not enabled or not ready. ModelFailed: it gave no answer.
    """
    model = await studio.models.structured(llm) if llm is not None else None
    notes: Json = {}
    if isinstance(source, UUID):
        read = await stored_workflow(studio, source)
        document = workflow_document(read)
    else:
        nodes = await node_list_of(studio, against)
        read, found = await asyncio.to_thread(_read, source, nodes, name=name, category=category)
        document = workflow_document(read)
        notes = {"id": None, "notes": found}
    if model is not None:
        nodes = await node_list_of(studio, against)
        said = {str(row["role"]) for row in read.input_schema if row["evidence"] == SAID}
        notes["proposals"] = await proposals_of(model, read.workflow_json, nodes, but=said)
    return {**document, **notes}


async def import_workflow(
    studio: Studio,
    source: Path | bytes,
    *,
    name: str | None = None,
    category: Category | None = None,
    against: NodeSource = NodeSource(),
) -> Json:
    """Keep a workflow as a template; the same graph under the same name is the same template.

    Raises:
        InputRefused: it is no workflow, or cannot be converted.
    """
    nodes = await node_list_of(studio, against)
    read, notes = await asyncio.to_thread(_read, source, nodes, name=name, category=category)

    async def work(unit: Unit) -> ComfyWorkflow:
        same: list[ComfyWorkflow] = await unit.find(ComfyWorkflow, name=read.name)
        for known in same:
            if known.workflow_json == read.workflow_json:
                return known
        stored = await unit.add(read)
        await unit.event("workflow.imported", stored.id, name=stored.name)
        return stored

    stored = await studio.database.write(work)
    return {**workflow_document(stored), "notes": notes}


async def list_workflows(
    studio: Studio,
    *,
    category: Category | None = None,
    purpose: str | None = None,
    family: str | None = None,
    tag: str | None = None,
) -> Json:
    """Every template, without its graph; narrowed by what it is and by a tag."""
    wanted = {"category": category, "purpose": purpose, "family": family}

    async def work(unit: Unit) -> list[ComfyWorkflow]:
        return await unit.find(ComfyWorkflow, order_by=("name", "id"))

    items: list[JsonValue] = []
    for stored in await studio.database.read(work):
        if any(
            value is not None and getattr(stored, key) != value for key, value in wanted.items()
        ):
            continue
        if tag is None or tag in stored.tags:
            items.append(_summary(stored))
    return {"items": items, "next": None}


async def bind_role(studio: Studio, workflow_id: UUID, role: str, place: str) -> Json:
    """Say which input has a role; this is the truth from now on.

    Raises:
        NotFound: no such workflow. InputRefused: no such role, node or input.
    """
    if role not in get_args(RoleName):
        reason = f"a role is one of {', '.join(get_args(RoleName))}"
        raise InputRefused("invalid_value", field="role", reason=reason)

    async def work(unit: Unit) -> ComfyWorkflow:
        stored: ComfyWorkflow = await unit.get(ComfyWorkflow, workflow_id)
        node, name = place_of_input(stored.workflow_json, place)
        return await unit.change(stored, **with_role(stored, cast("RoleName", role), node, name))

    return workflow_document(await studio.database.write(work))


async def check_workflow(
    studio: Studio,
    source: Path | bytes | UUID,
    *,
    name: str | None = None,
    against: NodeSource = NodeSource(),
    assume_models: bool = False,
) -> Json:
    """Would a server take it, and what is missing there? `ok` and `valid` are false when not.

    Raises:
        InputRefused: it is no workflow, or cannot be converted. NotFound: no such id.
    """
    nodes = await node_list_of(studio, against)
    stored = (
        (await stored_workflow(studio, source)).workflow_json if isinstance(source, UUID) else None
    )

    def work() -> tuple[Validation, Preflight]:
        hints, document = NO_HINTS, stored
        if not isinstance(source, UUID):
            file = read_workflow_file(source, name=name)
            hints, document = _hints(file), to_api(file, nodes).document
        # A shipped list names no files: nobody knows what a server would have.
        assumed = assume_models or not nodes.names_files
        return (
            validate(
                document or {}, nodes, assume_models=assumed, hints=hints, language=studio.language
            ),
            preflight(document or {}, nodes, assume_models=assume_models, hints=hints),
        )

    verdict, missing = await asyncio.to_thread(work)
    return {
        "ok": verdict.valid,
        "valid": verdict.valid,
        "against": verdict.against,
        "errors": [plain(error) for error in verdict.errors],
        "warnings": [plain(error) for error in verdict.warnings],
        "missing_nodes": [plain(row) for row in missing.missing_nodes],
        "missing_models": [plain(row) for row in missing.missing_models],
    }


def workflow_document(stored: ComfyWorkflow) -> Json:
    """A template as every door shows it."""
    return {
        "ok": True,
        "id": str(stored.id),
        "name": stored.name,
        "description": stored.description,
        "category": stored.category,
        "purpose": stored.purpose,
        "family": stored.family,
        "source_format": stored.source_format,
        "tags": [*stored.tags],
        "presets": stored.presets,
        "input_schema": [*stored.input_schema],
        "outputs": [*stored.outputs],
        "required_nodes": [*stored.required_nodes],
        "required_models": [*stored.required_models],
        "unresolved": [*stored.unresolved],
        "workflow_json": stored.workflow_json,
    }


def _summary(stored: ComfyWorkflow) -> Json:
    whole = workflow_document(stored)
    return {
        key: whole[key]
        for key in (
            "id", "name", "description", "category", "purpose", "family", "source_format", "tags",
        )
    }  # fmt: skip


async def stored_workflow(studio: Studio, workflow_id: UUID) -> ComfyWorkflow:
    return await studio.database.read(lambda unit: unit.get(ComfyWorkflow, workflow_id))


def _read(
    source: Path | bytes, nodes: NodeList, *, name: str | None, category: Category | None
) -> tuple[ComfyWorkflow, list[JsonValue]]:
    """A template of a file, not stored yet, and what conversion says differently or left out."""
    file = read_workflow_file(source, name=name)
    converted = to_api(file, nodes)
    roles = find_roles(converted.document, nodes)
    label = name or (source.stem if isinstance(source, Path) else "workflow")
    template = ComfyWorkflow.fresh(
        name=label,
        category=category or roles.category,
        purpose=roles.purpose,
        family=roles.family,
        source_format=file.format,
        workflow_json=converted.document,
        input_schema=[plain(row) for row in roles.inputs],
        outputs=[plain(row) for row in roles.outputs],
        required_nodes=[plain(row) for row in roles.required_nodes],
        required_models=[plain(row) for row in roles.required_models],
        unresolved=[plain(row) for row in roles.unresolved],
    )
    return template, [plain(note) for note in converted.notes]


def _hints(file: WorkflowFile) -> FileHints:
    return read_hints(file.document) if file.format == "ui" else NO_HINTS
