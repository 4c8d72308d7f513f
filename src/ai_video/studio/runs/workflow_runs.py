"""Runs of a template by itself: its values filled in, sent to a server, its files brought back."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast
from uuid import UUID

from pydantic import JsonValue

from ai_video.assets import hash_file
from ai_video.comfyui.address import ServerAddress
from ai_video.comfyui.roles import RoleName
from ai_video.domain.entities import Asset, ComfyWorkflow, Json
from ai_video.domain.ids import read_id
from ai_video.domain.task import DAGSpec, TaskSpec
from ai_video.errors import InputRefused
from ai_video.studio.comfyui.workflows import stored_workflow
from ai_video.studio.film.export import copy_out, safe_name
from ai_video.studio.production.graph_params import GraphJob, SentFile
from ai_video.studio.production.workflow_handler import WORKFLOW_KIND
from ai_video.studio.records.assets import open_asset
from ai_video.studio.requests import Page
from ai_video.studio.runs.dags import submit_dag
from ai_video.studio.runs.task_documents import task_document
from ai_video.studio.runs.tasks import check_limit, read_cursor
from ai_video.studio.studio import Studio

FILE_ROLES: frozenset[RoleName] = frozenset(
    {
        "reference_image", "scene_reference", "control_image", "face_image", "first_frame",
        "last_frame", "mask", "audio",
    }
)  # fmt: skip
"""Roles whose value is a file that is brought to the server."""


async def workflow_runs(
    studio: Studio, workflow_id: UUID, *, limit: int = 100, cursor: str | None = None
) -> Page:
    """The tasks that ran a workflow, with their attempts. Raises: NotFound, InputRefused."""
    await stored_workflow(studio, workflow_id)
    check_limit(limit)
    tasks = await studio.store.list_tasks(
        workflow_id=workflow_id, limit=limit + 1, after=read_cursor(cursor)
    )
    shown = tasks[:limit]
    attempts = await studio.store.list_attempts([task.id for task in shown])
    return Page(
        items=[task_document(task, attempts.get(task.id, ())) for task in shown],
        next=str(shown[-1].id) if len(tasks) > limit else None,
    )


async def run_workflow(
    studio: Studio,
    workflow_id: UUID,
    *,
    values: Mapping[str, JsonValue],
    server: str | None = None,
    preset: str | None = None,
    output: Path | None = None,
    wait: bool = True,
    local_files: bool = False,
) -> Json:
    """Run a template once, with these values over a preset's over its own.

    `values` are named as in its input schema. A file's value is an asset's id or, with
    `local_files`, a path on this machine.

    Returns:
        `{"ok", "dag_id", "status", "task_id", "files": [path], "assets": [id]}`.

    Raises:
        NotFound: no such workflow. InputRefused: no such input, or a value that it cannot take.
    """
    stored = await stored_workflow(studio, workflow_id)
    if server is not None:
        server = ServerAddress(server).base
    if preset is not None and preset not in stored.presets:
        raise InputRefused("invalid_value", field="preset", reason=", ".join(stored.presets) or "-")
    chosen = {**cast("Json", stored.presets.get(preset or "", {})), **values}
    graph, uploads = await _filled(studio, stored, chosen, local_files=local_files)
    job = GraphJob(workflow_json=graph, uploads=tuple(uploads), server=server)
    spec = DAGSpec(
        name=f"workflow {stored.name}",
        tasks=(
            TaskSpec(
                key=WORKFLOW_KIND,
                kind=WORKFLOW_KIND,
                params=job.as_json(),
                workflow_id=workflow_id,
            ),
        ),
    )
    answer = await submit_dag(studio, spec, wait=wait)
    (task,) = await studio.store.list_tasks(dag_id=UUID(str(answer["dag_id"])))
    done: Json = {**answer, "task_id": str(task.id), "files": [], "assets": []}
    if task.output is not None:
        done["assets"] = [str(asset) for asset in task.output.assets]
        if output is not None:
            rows = cast("list[Json]", task.output.facts.get("files", []))
            done["files"] = [*await _copied(studio, rows, output)]
    return done


async def _filled(
    studio: Studio, stored: ComfyWorkflow, values: Mapping[str, JsonValue], *, local_files: bool
) -> tuple[Json, list[SentFile]]:
    """The graph with these values in it, and the files that go with it."""
    graph = {key: dict(cast("Json", node)) for key, node in stored.workflow_json.items()}
    by_name = {str(row["name"]): row for row in stored.input_schema}
    uploads: list[SentFile] = []
    for name, value in values.items():
        row = by_name.get(name)
        if row is None:
            raise InputRefused("workflow_no_value", name=name, there=sorted(by_name))
        if row["role"] in FILE_ROLES:
            file = await _sent_file(studio, name, value, local_files=local_files)
            uploads.append(file)
            value = file.name
        else:
            _check_value(name, row, value)
        node = graph[str(row["node"])]
        node["inputs"] = {**cast("Json", node["inputs"]), str(row["input"]): value}
    return cast("Json", graph), uploads


async def _sent_file(studio: Studio, name: str, value: JsonValue, *, local_files: bool) -> SentFile:
    """The file that a value names: an asset, or a file here that is stored first."""
    asset_id = read_id(value) if isinstance(value, str) else None
    if asset_id is not None:
        asset = await studio.database.read(lambda unit: unit.get(Asset, asset_id))
        stem = safe_name(asset.name) or "file"
        suffix = "" if "." in stem else (mimetypes.guess_extension(asset.media_type) or "")
        return SentFile(sha256=asset.sha256, name=f"{stem}{suffix}")
    if not local_files:
        raise InputRefused("invalid_value", field=name, reason="it must be the id of an asset")
    path = Path(str(value))
    try:
        digest, _ = await asyncio.to_thread(hash_file, path)
    except OSError as exc:
        reason = f"{name}: {exc.strerror or exc}"
        raise InputRefused("file_unreadable", path=str(path), reason=reason) from exc
    await studio.blobs.put_file(path)
    return SentFile(sha256=digest, name=safe_name(path.name) or "file")


def _check_value(name: str, row: Json, value: JsonValue) -> None:
    """Raises: InputRefused `invalid_value` when the input cannot take it."""
    low, high, choices = row["minimum"], row["maximum"], row["choices"]
    if isinstance(choices, list) and value not in choices:
        raise InputRefused("invalid_value", field=name, reason=f"one of {choices[:20]}")
    if row["type"] in ("INT", "FLOAT"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputRefused("invalid_value", field=name, reason="it must be a number")
        if (isinstance(low, int | float) and value < low) or (
            isinstance(high, int | float) and value > high
        ):
            raise InputRefused("invalid_value", field=name, reason=f"it must be {low} to {high}")
    if row["type"] == "STRING" and not isinstance(value, str):
        raise InputRefused("invalid_value", field=name, reason="it must be text")


async def _copied(studio: Studio, rows: Sequence[Json], folder: Path) -> list[str]:
    paths: list[str] = []
    for number, row in enumerate(rows, 1):
        source, *_ = await open_asset(studio, UUID(str(row["asset_id"])))
        target = folder / (safe_name(str(row["name"])) or f"file-{number}")
        if str(target) in paths:
            target = target.with_stem(f"{target.stem}-{number}")
        await copy_out(source, target)
        paths.append(str(target))
    return paths
