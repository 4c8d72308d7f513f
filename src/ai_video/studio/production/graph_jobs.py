"""A ComfyUI graph as the work of a task: sent once to a server that fits, found again, fetched."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final
from uuid import UUID

from pydantic import JsonValue

from ai_video.comfyui.client import Cancelled, ComfyClient, Finished, Lost, Outcome
from ai_video.comfyui.events import Event, Executing, Preview, Progress
from ai_video.comfyui.object_info import NodeList
from ai_video.comfyui.outputs import OutputFile
from ai_video.comfyui.validate import Validation, validate
from ai_video.domain.entities import Json
from ai_video.domain.ports import BlobStore
from ai_video.errors import (
    ConfigurationFailure,
    Language,
    TaskFailed,
    TransientFailure,
)
from ai_video.orchestrator.handlers import AttemptLost, TaskContext, TaskView
from ai_video.studio.language.spending import Spending
from ai_video.studio.production.graph_params import GraphJob
from ai_video.studio.production.server_pool import ServerPool

log = logging.getLogger(__name__)
# Prefixes of what SaveLoRA writes stand in the folder that is a folder of LoRAs too.
_LORA_CLASS: Final = "SaveLoRA"
_MODEL_SUFFIXES: Final = frozenset(
    {".safetensors", ".gguf", ".ckpt", ".pt", ".pth", ".bin", ".sft"}
)
ANSWER_PAUSE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """A file that the graph made, on this machine now."""

    path: Path
    sha256: str
    source: OutputFile


@dataclass(frozen=True, slots=True)
class GraphResult:
    files: tuple[FetchedFile, ...]
    texts: tuple[str, ...]
    server: str
    execution_s: float | None
    graph: Json
    """As it was sent: with the names that the files have on that server."""


@dataclass(slots=True)
class _Running:
    client: ComfyClient
    place: AsyncExitStack
    graph: Json


class GraphJobs:
    """Graphs of this process that are on a server; the prompt id is the attempt's `remote_id`."""

    def __init__(
        self,
        servers: ServerPool,
        blobs: BlobStore,
        spending: Spending,
        *,
        language: Language = "en",
    ) -> None:
        self._servers: Final = servers
        self._spending: Final = spending
        self._blobs: Final = blobs
        self._language: Final = language
        self.previews: Final = servers.previews
        self._running: dict[str, _Running] = {}
        self._loaded: dict[str, frozenset[str]] = {}

    async def start(self, job: GraphJob, context: TaskContext) -> None:
        """Wait for a place on a server that can run the graph, bring its files, send it.

        Raises:
            ConfigurationFailure: `no_server`, `graph_fits_no_server`, `cost_cap_project`,
                `cost_cap_day`, or what the server refuses.
            TransientFailure: no server answers.
        """
        prompt_id = prompt_id_of(context)
        client = await self._choose(job, prompt_id)
        async with AsyncExitStack() as opened:
            await opened.enter_async_context(client.gate.place())
            graph = await self._brought(job, client, prompt_id)
            context.on_server(client.url)
            context.log(f"sent to {client.url} as {prompt_id}")
            await client.submit(prompt_id, graph, previews=self.previews.wanted)
            self._loaded[client.url] = models_of(job.workflow_json)
            self._running[str(prompt_id)] = _Running(client, opened.pop_all(), graph)

    async def adopt(self, context: TaskContext) -> bool:
        """Does a server still know the prompt, waiting, running or over?

        While one does not answer and no other knows it, this waits: a prompt that may be running
        is never sent a second time.
        """
        prompt_id = prompt_id_of(context)
        while True:
            silent: TaskFailed | None = None
            for client in await self._servers.clients():
                try:
                    known = await client.adopt(prompt_id)
                except TaskFailed as failure:
                    silent = failure
                    continue
                if known:
                    place = AsyncExitStack()
                    await place.enter_async_context(client.gate.place(adopted=True))
                    self._running[str(prompt_id)] = _Running(client, place, {})
                    context.on_server(client.url)
                    context.log(f"found again on {client.url}")
                    return True
            if silent is None:
                return False
            context.log(f"waiting: {silent.message(self._language)}")
            await asyncio.sleep(ANSWER_PAUSE_S)

    async def collect(
        self,
        job: Callable[[], Awaitable[GraphJob]],
        task: TaskView,
        context: TaskContext,
        folder: Path,
    ) -> GraphResult:
        """Wait for the end and fetch every file that was made into `folder`.

        `job` is asked for only where an earlier process sent the graph. Pictures of the work so far
        are shown as previews of `task`.

        Raises:
            AttemptLost: the server restarted and no longer knows the prompt.
            TaskFailed: what went wrong on the server, in its class.
        """
        prompt_id = prompt_id_of(context)
        async with self._held(prompt_id) as running:
            graph = running.graph or self._named(await job(), prompt_id)
            told = _Told(context, len(graph), partial(self.previews.put, task))
            try:
                outcome = await self._outcome(running.client, prompt_id, told)
            finally:
                self.previews.drop(task.id)
            match outcome:
                case Finished():
                    return await self._fetched(running.client, outcome, graph, folder)
                case Lost():
                    raise AttemptLost
                case Cancelled():
                    raise TransientFailure("comfyui_stopped", url=running.client.url)

    async def cancel(self, context: TaskContext) -> None:
        """Stop the prompt wherever it is; harmless where nobody knows it."""
        prompt_id = prompt_id_of(context)
        running = self._running.get(str(prompt_id))
        for client in [running.client] if running else await self._servers.clients():
            try:
                await client.cancel(prompt_id)
            except TaskFailed as failure:
                log.info("cancelling %s on %s: %s", prompt_id, client.url, failure)
        if running:
            await self._release(prompt_id)

    async def _outcome(self, client: ComfyClient, prompt_id: UUID, told: _Told) -> Outcome:
        """How it ended; on a paid server the time that it ran is paid for, however that is."""
        seconds: float | None = None
        try:
            outcome = await client.wait(prompt_id, hear=told)
            if isinstance(outcome, Finished):
                seconds = outcome.execution_s
            return outcome
        finally:
            price = self._servers.prices.get(client.url)
            paid = told.seconds() if seconds is None else seconds
            if price is not None and paid:
                await self._spending.note(prompt_id, price, seconds=paid, provider=client.url)

    async def _choose(self, job: GraphJob, prompt_id: UUID) -> ComfyClient:
        """The server with the fewest prompts of ours among those that can run the graph.

        Of equal ones, that which was sent a graph with the same models last, then the cheapest.
        """
        clients = await self._servers.clients()
        if job.server is not None:
            clients = [client for client in clients if client.url == job.server]
        if not clients:
            raise ConfigurationFailure("no_server", url=job.server or "")
        unreachable: TaskFailed | None = None
        refused: dict[str, Validation] = {}
        fitting: list[ComfyClient] = []
        for client in clients:
            try:
                verdict = await self._verdict(job, client)
            except TaskFailed as failure:
                unreachable = failure
                continue
            if verdict.valid:
                fitting.append(client)
            else:
                refused[client.url] = verdict
        if fitting:
            models = models_of(job.workflow_json)
            return min(
                await self._within_caps(fitting, prompt_id),
                key=lambda client: (
                    client.gate.taken + client.gate.waiting,
                    self._loaded.get(client.url) != models,
                    self._per_hour(client),
                ),
            )
        if unreachable is not None:
            raise unreachable
        raise _fits_nowhere(refused)

    async def _within_caps(
        self, clients: Sequence[ComfyClient], prompt_id: UUID
    ) -> list[ComfyClient]:
        """Those that cost nothing, and those that may still cost something."""
        allowed: list[ComfyClient] = []
        refused: ConfigurationFailure | None = None
        for client in clients:
            price = self._servers.prices.get(client.url)
            try:
                if price is not None:
                    await self._spending.check(prompt_id, price)
            except ConfigurationFailure as failure:
                refused = failure
                continue
            allowed.append(client)
        if refused is not None and not allowed:
            raise refused
        return allowed

    def _per_hour(self, client: ComfyClient) -> float:
        price = self._servers.prices.get(client.url)
        return price.per_hour if price else 0.0

    async def _verdict(self, job: GraphJob, client: ComfyClient) -> Validation:
        verdict = self._checked(job, await client.node_list())
        if verdict.valid:
            return verdict
        # Model files come and go without a sign: what is missing is looked for once more.
        return self._checked(job, await client.node_list(refresh=True))

    def _checked(self, job: GraphJob, nodes: NodeList) -> Validation:
        present = {f"input/{file.name}" for file in job.uploads}
        present |= {f"models/loras/{file.name}" for file in job.loras}
        return validate(job.workflow_json, nodes, present=present, language=self._language)

    async def _brought(self, job: GraphJob, client: ComfyClient, prompt_id: UUID) -> Json:
        """The graph with the names that its files have on the server, all of them there."""
        names: dict[str, str] = {}
        for file in job.uploads:
            source = await self._blobs.local_path(file.sha256)
            sent = await client.files.upload(source, name=file.server_name, overwrite=True)
            names[file.name] = sent.value
        for file in job.loras:
            source = await self._blobs.local_path(file.sha256)
            names[file.name] = await client.files.deliver_lora(
                source, name=PurePosixPath(file.name).name, sha256=file.sha256
            )
        return _renamed(job.workflow_json, names, prompt_id)

    def _named(self, job: GraphJob, prompt_id: UUID) -> Json:
        """The graph as an earlier process of ours must have sent it."""
        files = (*job.uploads, *job.loras)
        return _renamed(
            job.workflow_json, {file.name: file.server_name for file in files}, prompt_id
        )

    async def _fetched(
        self, client: ComfyClient, outcome: Finished, graph: Json, folder: Path
    ) -> GraphResult:
        made = list(outcome.outputs.kept or outcome.outputs.files)
        made += await client.files.trained_loras(graph)
        files: list[FetchedFile] = []
        for number, source in enumerate(made, 1):
            name = f"{number:03}_{PurePosixPath(source.filename).name}"
            got = await client.files.download(source, folder / name)
            files.append(FetchedFile(got.path, got.sha256, source))
        return GraphResult(
            files=tuple(files),
            texts=tuple(text.text for text in outcome.outputs.texts),
            server=client.url,
            execution_s=outcome.execution_s,
            graph=graph,
        )

    @asynccontextmanager
    async def _held(self, prompt_id: UUID) -> AsyncGenerator[_Running]:
        running = self._running.get(str(prompt_id))
        if running is None:
            raise AttemptLost
        try:
            yield running
        finally:
            await self._release(prompt_id)

    async def _release(self, prompt_id: UUID) -> None:
        running = self._running.pop(str(prompt_id), None)
        if running is not None:
            await running.place.aclose()


class _Told:
    """Passes a prompt's events on as the attempt's progress: nodes begun, and steps of the last."""

    def __init__(
        self, context: TaskContext, nodes: int, show: Callable[[bytes, str], None]
    ) -> None:
        self._context = context
        self._show = show
        self._nodes = max(1, nodes)
        self._begun: set[str] = set()
        self._since: float | None = None

    def seconds(self) -> float:
        """Since the first node began; 0 where none did."""
        return 0.0 if self._since is None else asyncio.get_running_loop().time() - self._since

    def __call__(self, event: Event) -> None:
        if isinstance(event, Executing) and event.node is not None:
            self._begun.add(event.node)
            if self._since is None:
                self._since = asyncio.get_running_loop().time()
            self._tell(0.0, event.display_node or event.node)
        elif isinstance(event, Progress) and event.max > 0:
            said = f"{event.node or ''} {event.value:g}/{event.max:g}".strip()
            self._tell(event.value / event.max, said)
        elif isinstance(event, Preview):
            self._show(event.image, event.media_type)

    def _tell(self, part: float, node: str) -> None:
        done = max(0, len(self._begun) - 1) + part
        self._context.progress(done / self._nodes, node)


def prompt_id_of(context: TaskContext) -> UUID:
    """The prompt's id, which was stored before anything was sent."""
    if context.remote_id is None:
        raise ValueError(f"attempt {context.attempt_id} has no remote id")
    return UUID(context.remote_id)


def models_of(graph: Json) -> frozenset[str]:
    """The model files that a graph loads, LoRAs among them."""
    return frozenset(
        value
        for node in graph.values()
        for value in _object(_object(node).get("inputs")).values()
        if isinstance(value, str) and PurePosixPath(value).suffix.lower() in _MODEL_SUFFIXES
    )


def _renamed(graph: Json, names: Mapping[str, str], prompt_id: UUID) -> Json:
    """The graph with other file names, and with outputs that no other prompt writes or reuses."""
    changed: dict[str, JsonValue] = {}
    for key, node in graph.items():
        if not isinstance(node, dict) or not isinstance(node.get("inputs"), dict):
            changed[key] = node
            continue
        inputs: dict[str, JsonValue] = {}
        for name, value in _object(node["inputs"]).items():
            if isinstance(value, str) and value in names:
                value = names[value]
            elif name == "filename_prefix" and isinstance(value, str):
                value = f"ai-video/{prompt_id}"
            elif name == "prefix" and node.get("class_type") == _LORA_CLASS:
                value = f"loras/{prompt_id}"
            inputs[name] = value
        changed[key] = {**node, "inputs": inputs}
    return changed


def _object(value: JsonValue | None) -> Mapping[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _fits_nowhere(refused: Mapping[str, Validation]) -> ConfigurationFailure:
    """Says of the server that lacks least what it lacks."""
    url, verdict = min(refused.items(), key=lambda row: len(row[1].errors))
    reasons = [f"{error.message} {error.fix}".strip() for error in verdict.errors]
    return ConfigurationFailure(
        "graph_fits_no_server", url=url, reason=" · ".join(_first(reasons, 3))
    )


def _first(reasons: Sequence[str], count: int) -> list[str]:
    kept = list(dict.fromkeys(reasons))
    return kept[:count] + ([f"+{len(kept) - count}"] if len(kept) > count else [])
