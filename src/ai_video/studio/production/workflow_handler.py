"""The task kind `workflow`: one run of an imported workflow on a ComfyUI server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from pydantic import JsonValue

from ai_video.assets import MediaFacts, probe
from ai_video.domain.entities import Asset
from ai_video.domain.task import TaskOutput
from ai_video.errors import InputRefused
from ai_video.orchestrator.handlers import Facts, TaskContext, TaskView
from ai_video.studio.production.film_handlers import workspace
from ai_video.studio.production.film_results import Results
from ai_video.studio.production.graph_jobs import FetchedFile, GraphJobs, GraphResult
from ai_video.studio.production.graph_params import GraphJob

WORKFLOW_KIND: Final = "workflow"


class WorkflowRunHandler:
    """Runs a graph as it is and keeps every file it makes; never satisfied by an earlier run."""

    kind: str = WORKFLOW_KIND
    version: int = 1

    def __init__(self, results: Results, jobs: GraphJobs) -> None:
        self._results = results
        self._jobs = jobs

    def is_remote(self, params: Mapping[str, JsonValue]) -> bool:
        return True

    def fingerprint(self, task: TaskView, facts: Facts) -> str | None:
        return None

    async def present(self, output: TaskOutput) -> bool:
        return await self._results.present(output)

    async def reuse(self, task: TaskView, output: TaskOutput) -> None:
        return None

    async def start(self, task: TaskView, facts: Facts, context: TaskContext) -> None:
        await self._jobs.start(GraphJob.model_validate(task.params), context)

    async def adopt(self, task: TaskView, context: TaskContext) -> bool:
        return await self._jobs.adopt(context)

    async def collect(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        async def job() -> GraphJob:
            return GraphJob.model_validate(task.params)

        async with workspace() as folder:
            result = await self._jobs.collect(job, task, context, folder)
            assets = [await self._kept(file, result) for file in result.files]
        files: list[JsonValue] = [
            {"name": file.source.filename, "node": file.source.node, "asset_id": str(asset.id)}
            for file, asset in zip(result.files, assets, strict=True)
        ]
        return TaskOutput(
            assets=tuple(asset.id for asset in assets),
            facts={
                "files": files,
                "texts": [*result.texts],
                "server": result.server,
                "execution_s": result.execution_s,
            },
        )

    async def cancel(self, task: TaskView, context: TaskContext) -> None:
        await self._jobs.cancel(context)

    async def _kept(self, file: FetchedFile, result: GraphResult) -> Asset:
        facts = await _media(file.path)
        return await self._results.store_asset(
            file.path,
            kind=facts.kind if facts else _kind_by_name(file.path),
            media_type=facts.media_type if facts else "application/octet-stream",
            name=file.source.filename,
            width=facts.width if facts else None,
            height=facts.height if facts else None,
            duration=facts.duration_s if facts else None,
            provenance={"kind": self.kind, "server": result.server, "graph": result.graph},
        )


async def _media(path: Path) -> MediaFacts | None:
    """What a file is; None for texts, LoRAs and whatever else a node may write."""
    try:
        return await probe(path)
    except InputRefused as refused:
        if refused.code != "media_unknown":
            raise
        return None


def _kind_by_name(path: Path) -> Literal["lora", "other"]:
    return "lora" if path.suffix == ".safetensors" else "other"
