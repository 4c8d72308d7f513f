"""Which templates the known servers can run, and the node list that graphs are written for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import cast

from ai_video.comfyui.address import ServerAddress
from ai_video.comfyui.graph import write_api
from ai_video.comfyui.library import Manifest, Template, library, template_of
from ai_video.comfyui.object_info import NodeList, shipped_node_list
from ai_video.comfyui.preflight import preflight
from ai_video.comfyui.purposes import Purpose
from ai_video.comfyui.roles import RoleName
from ai_video.comfyui.validate import validate
from ai_video.domain.entities import ComfyWorkflow, Json
from ai_video.errors import AiVideoError, InputRefused, Language
from ai_video.storage.database import Unit
from ai_video.studio.comfyui.servers import no_answer, server_nodes
from ai_video.studio.comfyui.workflow_binding import SAID
from ai_video.studio.production.film_graphs import ComfyDrawing
from ai_video.studio.studio import Studio


async def comfy_drawing(studio: Studio) -> ComfyDrawing:
    """How the known servers draw.

    Raises:
        InputRefused: `no_server`, `no_template_runs` (what each lacks for the smallest template).
        ServiceFailed: `server_no_answer`, none of them answers.
    """
    lists = await _node_lists(studio)
    imported = await _imported(studio)
    key = (
        *(id(nodes) for nodes in lists),
        *((row.id, row.revision) for row in imported),
    )
    known = studio.servers.drawings.get(key)
    if known is None:
        known = await asyncio.to_thread(_drawing, lists, imported, studio)
        # The lists are held as well: an id is only told apart while its list lives.
        studio.servers.drawings = {key: known}
        studio.servers.lists = lists
    return known


async def preflight_server(studio: Studio, url: str) -> Json:
    """Which shipped templates a server can run, and what the others lack on it.

    Returns:
        `{"url", "version", "runs": [{"id", "name", "purpose"}], "lacks": [{"id", "name", "purpose",
        "missing_nodes": [{"class_type", "pack", "url"}], "missing_models": [{"folder", "name",
        "url"}]}]}`: a model file goes into the server's `models/folder`.

    Raises:
        InputRefused: it is no address. ServiceFailed: `server_no_answer`.
    """
    nodes = await server_nodes(studio, url)
    rows = await asyncio.to_thread(_checked, nodes, studio.language)
    return {
        "url": ServerAddress(url).base,
        "version": nodes.version,
        "runs": [row for row in rows if "missing_nodes" not in row],
        "lacks": [row for row in rows if "missing_nodes" in row],
    }


def _checked(nodes: NodeList, language: Language) -> list[Json]:
    runs = _runnable(nodes, ())
    rows: list[Json] = []
    for name, template in library().items():
        manifest = template.manifest
        if manifest.purpose == "train_lora":  # its pictures are brought when it runs
            continue
        said = manifest.name_zh if language == "zh" else manifest.name_en
        row: Json = {"id": name, "name": said, "purpose": manifest.purpose}
        if name not in runs:
            document = write_api(template.workflow, shipped_node_list())
            lacking = preflight(document, nodes, present=_inputs(template))
            row["missing_nodes"] = [cast("Json", asdict(each)) for each in lacking.missing_nodes]
            row["missing_models"] = [
                {"folder": each.folder, "name": each.name, "url": each.url}
                for each in lacking.missing_models
            ]
        rows.append(row)
    return rows


async def _node_lists(studio: Studio) -> list[NodeList]:
    servers = await studio.servers.servers()
    if not servers:
        raise InputRefused("no_server", url="")
    lists: list[NodeList] = []
    silent: tuple[str, AiVideoError] | None = None
    for server in servers:
        try:
            lists.append(await studio.servers.client(server).node_list())
        except InputRefused:
            raise
        except AiVideoError as failure:
            silent = server.url, failure
    if not lists and silent is not None:
        url, failure = silent
        raise no_answer(url, failure, studio.language) from failure
    return lists


async def _imported(studio: Studio) -> list[ComfyWorkflow]:
    async def work(unit: Unit) -> list[ComfyWorkflow]:
        return await unit.find(ComfyWorkflow, order_by=("id",))

    return await studio.database.read(work)


def _drawing(
    lists: Sequence[NodeList], imported: Sequence[ComfyWorkflow], studio: Studio
) -> ComfyDrawing:
    runs = [_runnable(nodes, imported) for nodes in lists]
    most = max(range(len(lists)), key=lambda at: len(runs[at]))
    templates = {name: each for found in runs for name, each in found.items()}
    drawing = ComfyDrawing(
        dict(sorted(templates.items())),
        lists[most],
        studio.language,
        {str(row.id): row.presets for row in imported},
    )
    if not drawing.makes("image"):
        raise InputRefused("no_template_runs", lacking=_lacking(lists[most], studio))
    return drawing


def _runnable(nodes: NodeList, imported: Sequence[ComfyWorkflow]) -> Mapping[str, Template]:
    """Templates whose nodes and model files are there; files that are brought count as there."""
    found: dict[str, Template] = {}
    own = {str(row.id): imported_template(row, nodes) for row in imported}
    for name, template in {**library(), **own}.items():
        try:
            document = write_api(template.workflow, nodes)
        except InputRefused:
            continue
        if validate(document, nodes, present=_inputs(template)).valid:
            found[name] = template
    return found


def imported_template(stored: ComfyWorkflow, nodes: NodeList) -> Template:
    """An imported workflow as a template; roles that a user said stand where he said."""
    places: dict[RoleName, tuple[str, ...]] = {}
    for row in stored.input_schema:
        if row.get("evidence") == SAID:
            role = cast("RoleName", row["role"])
            places[role] = (*places.get(role, ()), f"{row['node']}.{row['input']}")
    manifest = Manifest(
        name_zh=stored.name,
        name_en=stored.name,
        category=stored.category,
        purpose=cast("Purpose", stored.purpose),
        family=stored.family,
        negative=any(row["role"] == "negative_prompt" for row in stored.input_schema),
        places=places or None,
    )
    return template_of(str(stored.id), stored.workflow_json, manifest, nodes=nodes, shipped=False)


def _inputs(template: Template) -> frozenset[str]:
    return frozenset(
        f"input/{value}"
        for node in template.workflow.nodes.values()
        for value in node.inputs.values()
        if node.class_type in ("LoadImage", "LoadVideo") and isinstance(value, str)
    )


def _lacking(nodes: NodeList, studio: Studio) -> str:
    """What is missing for the template that needs least, in words."""
    best: list[str] | None = None
    for template in library().values():
        if template.manifest.purpose != "text_to_image":
            continue
        try:
            document = write_api(template.workflow, nodes)
        except InputRefused:
            continue
        verdict = validate(document, nodes, present=_inputs(template), language=studio.language)
        wanted = [f"{error.message} {error.fix}" for error in verdict.errors]
        if best is None or len(wanted) < len(best):
            best = wanted
    return " · ".join(best or [])
