"""One ComfyUI server: prompts sent once, found again after any interruption, and their files.

The caller makes the prompt's id and stores it before `submit`. Truth about a prompt comes from the
server's lists of jobs, its queue and its history; the socket only tells how far it is. After a
lost answer, a lost socket or a restart of ours `wait` finds the prompt again by its id.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Literal, Self, cast
from uuid import UUID

import httpx
from pydantic import JsonValue, ValidationError

from ai_video.comfyui import jobs, loras
from ai_video.comfyui.address import ServerAddress
from ai_video.comfyui.answers import (
    AnswerModel,
    Features,
    SystemStats,
    ask_features,
    ask_names,
    expect_ok,
    read_answer,
    reason_of,
)
from ai_video.comfyui.connection import Answer, Connection, NotSent
from ai_video.comfyui.events import Event, is_over
from ai_video.comfyui.failures import (
    GraphRefused,
    InputRefusal,
    NodeFault,
    failure_of,
    read_refusals,
)
from ai_video.comfyui.gate import ServerGate
from ai_video.comfyui.health import ServerHealth
from ai_video.comfyui.jobs import Job
from ai_video.comfyui.listener import Listener
from ai_video.comfyui.object_info import NodeList, parse_object_info
from ai_video.comfyui.outputs import Outputs
from ai_video.comfyui.server_files import ServerFiles
from ai_video.errors import SystemFailure, TransientFailure

log = logging.getLogger(__name__)
Prompt = Mapping[str, JsonValue]

_STALE_LIST: Final = frozenset({"value_not_in_list", "missing_node_type"})


@dataclass(frozen=True, slots=True)
class Timing:
    """How patient the client is, in seconds."""

    poll_s: float = 1.0
    # Between the two looks that have to miss a prompt before it counts as lost.
    absence_s: float = 2.0
    # A POST without an answer after this time is looked up.
    post_s: float = 30.0
    socket_s: float = 3.0
    upload_s: float = 600.0


class _Accepted(AnswerModel):
    prompt_id: str
    number: float = 0


@dataclass(frozen=True, slots=True)
class Submitted:
    """The server has the prompt; `found`: its answer was lost, a look-up showed that it has."""

    prompt_id: UUID
    found: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    prompt_id: UUID
    outputs: Outputs
    execution_s: float | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Somebody stopped it: we, or another user of the server."""

    prompt_id: UUID


@dataclass(frozen=True, slots=True)
class Lost:
    """The server answers and does not know the prompt: a new one may be sent, under a new id."""

    prompt_id: UUID


Outcome = Finished | Cancelled | Lost
CancelAnswer = Literal["stopped", "over", "unknown"]


class ComfyClient:
    """One server, for one process: `async with ComfyClient(address) as client`.

    Every method may raise what `Connection` names. `gate` gives the places on the server,
    `listener` holds its socket, `health` restarts it, `files` brings and fetches.
    """

    def __init__(
        self,
        address: ServerAddress,
        *,
        timing: Timing | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.address = address
        self.timing: Final = timing or Timing()
        self.gate: Final = ServerGate()
        self.listener: Final = Listener(address)
        self._connection = Connection(address, transport=transport)
        self.health: Final = ServerHealth(
            self._connection,
            restart_command=address.restart_command,
            pause_s=2 * self.timing.poll_s,
        )
        self.files: Final = ServerFiles(
            self._connection,
            address,
            upload_s=self.timing.upload_s,
            changed=self._forget_nodes,
        )
        self._nodes: tuple[tuple[str, frozenset[str]], NodeList] | None = None
        self._nodes_lock = asyncio.Lock()

    @property
    def url(self) -> str:
        return self._connection.url

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self.listener.close()
        await self._connection.close()

    # What the server is and has

    async def system_stats(self) -> SystemStats:
        """Versions and devices, as they are now."""
        path = "/system_stats"
        raw = await self._connection.get(path)
        return read_answer(SystemStats, raw, path=path, connection=self._connection)

    async def features(self) -> Features:
        """What the server can do; one too old to say so can do none of it."""
        return await ask_features(self._connection)

    async def node_list(self, *, refresh: bool = False) -> NodeList:
        """The server's nodes with their inputs and choices.

        Kept as long as version and node packs of the server stay; `refresh` reads them anew, as
        model files come and go without a sign.
        """
        async with self._nodes_lock:
            version = (await self.system_stats()).version
            packs = await ask_names(self._connection, "/extensions")
            key = (version, frozenset(packs))
            if self._nodes is None or self._nodes[0] != key or refresh:
                raw = await self._connection.get("/object_info")
                self._nodes = key, await asyncio.to_thread(parse_object_info, raw, version=version)
            return self._nodes[1]

    async def free(self, *, unload_models: bool = True, free_memory: bool = True) -> None:
        """Ask for memory back; the server does so after the prompt that runs."""
        body: dict[str, JsonValue] = {"unload_models": unload_models, "free_memory": free_memory}
        expect_ok(await self._connection.post("/free", body), self._connection)

    # Prompts

    async def submit(
        self,
        prompt_id: UUID,
        prompt: Prompt,
        *,
        workflow: Mapping[str, JsonValue] | None = None,
        previews: bool = False,
    ) -> Submitted:
        """Send a prompt, exactly once; the caller has stored `prompt_id` before.

        No answer, or one of a proxy, does not tell whether it arrived: then it is looked up until
        the server says so.

        Args:
            workflow: the graph as ComfyUI's editor keeps it, to be written into its outputs.
            previews: let pictures of the work so far come over the socket.

        Raises:
            ConfigurationFailure: `comfyui_graph_refused` (a GraphRefused), also where the server
                would have run a part of the graph; `comfyui_lora_prefix`.
            TransientFailure: `comfyui_not_accepted`, the server certainly does not have it.
        """
        self._check_form(prompt)
        loras.check_prefixes(prompt)
        await self.listener.ready(patience_s=self.timing.socket_s)
        self.listener.expect(str(prompt_id))
        extra: dict[str, JsonValue] = {}
        if workflow is not None:
            extra["extra_pnginfo"] = {"workflow": dict(workflow)}
        if previews:
            extra["preview_method"] = "latent2rgb"
        body: dict[str, JsonValue] = {
            "prompt": dict(prompt),
            "prompt_id": str(prompt_id),
            "client_id": self.listener.client_id,
            "extra_data": extra,
        }
        try:
            answer = await self._connection.post("/prompt", body, timeout_s=self.timing.post_s)
        except NotSent:
            raise
        except TransientFailure as failure:
            return await self._settle(prompt_id, failure.message())
        return await self._accept(prompt_id, answer)

    async def look_up(self, prompt_id: UUID) -> Job | None:
        """What the server knows of a prompt now; None: neither its jobs, its queue nor its history
        has it."""
        key = str(prompt_id)
        path = f"/api/jobs/{key}"
        try:
            answer = await self._connection.ask("GET", path)
            if answer.status == 200 and answer.is_json_object:
                return jobs.read_job(key, self._connection.read_json(answer))
            # Queue before history: a prompt moves from the one to the other, never back.
            path = "/queue"
            found = jobs.read_queue(key, await self._connection.get(path))
            if found is None:
                path = f"/history/{key}"
                found = jobs.read_history(key, await self._connection.get(path))
        except ValueError as error:
            raise self._connection.strange(path, reason_of(error)) from error
        return found

    async def adopt(self, prompt_id: UUID) -> bool:
        """Does the server have this prompt, waiting, running or over?

        False only when it answered twice, with a pause between, and did not know it.
        """
        if await self.look_up(prompt_id):
            return True
        await asyncio.sleep(self.timing.absence_s)
        return await self.look_up(prompt_id) is not None

    async def wait(
        self,
        prompt_id: UUID,
        *,
        hear: Callable[[Event], None] | None = None,
        unreachable_s: float | None = None,
    ) -> Outcome:
        """How a prompt ends, whoever sent it and whenever.

        Args:
            hear: gets the prompt's events while the socket brings them; it must not block.
            unreachable_s: give up when the server has not answered for so long; None: never.

        Raises:
            TaskFailed: what went wrong in a node, in its class (see `failures`).
            TransientFailure: `comfyui_unreachable` and the like, after `unreachable_s`.
        """
        over = asyncio.Event()

        def heard(event: Event) -> None:
            if hear:
                hear(event)
            if is_over(event):
                over.set()

        await self.listener.ready(patience_s=0)
        with self.listener.heard(str(prompt_id), heard):
            absent = 0
            while True:
                job = await self._patiently(prompt_id, unreachable_s)
                if job is None:
                    absent += 1
                    if absent == 2:
                        return Lost(prompt_id)
                    await asyncio.sleep(self.timing.absence_s)
                    continue
                absent = 0
                if job.state not in ("pending", "running"):
                    return self._outcome(prompt_id, job)
                await self._pause(over)

    async def cancel(self, prompt_id: UUID) -> CancelAnswer:
        """Stop a prompt that waits or runs. A running node may go on to its next safe point.

        Returns:
            `stopped`, `over` (it had ended before) or `unknown` (the server does not have it).
        """
        key = str(prompt_id)
        answer = await self._connection.post(f"/api/jobs/{key}/cancel", {})
        if answer.status == 200 and answer.is_json_object:
            said = self._connection.read_json(answer)
            if isinstance(said, dict) and said.get("cancelled") is True:
                return "stopped"
            return "over" if await self.look_up(prompt_id) else "unknown"
        job = await self.look_up(prompt_id)
        if job is None or job.state not in ("pending", "running"):
            return "over" if job else "unknown"
        # It may begin to run between the two requests, never the other way.
        expect_ok(await self._connection.post("/queue", {"delete": [key]}), self._connection)
        job = await self.look_up(prompt_id)
        if job and job.state == "running":
            expect_ok(
                await self._connection.post("/interrupt", {"prompt_id": key}), self._connection
            )
        return "stopped" if job is None or job.state in ("pending", "running") else "over"

    # Parts of the above

    async def _accept(self, prompt_id: UUID, answer: Answer) -> Submitted:
        if answer.status == 404:
            raise self._connection.strange("/prompt", "HTTP 404")
        said = _json(answer)
        refusals = read_refusals(said)
        if answer.status != 200:
            refusals = refusals or (InputRefusal(f"http_{answer.status}", answer.text),)
        if refusals:
            if answer.status == 200:
                # It took the outputs that are valid and dropped the others.
                await self.cancel(prompt_id)
            if any(refusal.type in _STALE_LIST for refusal in refusals):
                self._forget_nodes()
            raise GraphRefused(self.url, refusals)
        try:
            accepted = _Accepted.model_validate(said)
        except ValidationError:
            return await self._settle(prompt_id, answer.text)
        if accepted.prompt_id != str(prompt_id):
            # A server older than the choice of ids: it could never be found again.
            await self._connection.post("/queue", {"delete": [accepted.prompt_id]})
            raise self._connection.strange("/prompt", "ComfyUI is too old: it makes ids of its own")
        return Submitted(prompt_id)

    async def _settle(self, prompt_id: UUID, reason: str) -> Submitted:
        """After an answer that tells nothing: has it arrived?"""
        log.info("prompt %s to %s has no clear answer: %s", prompt_id, self.url, reason)
        if await self._patiently(prompt_id, None):
            return Submitted(prompt_id, found=True)
        await asyncio.sleep(self.timing.absence_s)
        if await self._patiently(prompt_id, None):
            return Submitted(prompt_id, found=True)
        raise TransientFailure(
            "comfyui_not_accepted", url=self.url, prompt_id=str(prompt_id), reason=reason
        )

    async def _patiently(self, prompt_id: UUID, unreachable_s: float | None) -> Job | None:
        """`look_up` as soon as the server answers; a server that does not is restarted once."""
        loop = asyncio.get_running_loop()
        since = loop.time()
        while True:
            try:
                job = await self.look_up(prompt_id)
            except (TransientFailure, SystemFailure) as failure:
                log.info("no news of prompt %s: %s", prompt_id, failure)
                if unreachable_s is not None and loop.time() - since >= unreachable_s:
                    raise
            else:
                self.health.seen()
                return job
            await self.health.check()
            await asyncio.sleep(self.timing.poll_s)

    async def _pause(self, over: asyncio.Event) -> None:
        try:
            await asyncio.wait_for(over.wait(), self.timing.poll_s)
        except TimeoutError:
            return
        # The history is written a moment after the last event; then poll as before.
        over.clear()
        await asyncio.sleep(min(0.05, self.timing.poll_s))

    def _outcome(self, prompt_id: UUID, job: Job) -> Outcome:
        if job.state == "cancelled":
            return Cancelled(prompt_id)
        if job.state == "failed":
            raise failure_of(job.fault or NodeFault(None, "", "", "no reason given"), url=self.url)
        return Finished(prompt_id, job.outputs, job.execution_s)

    def _forget_nodes(self) -> None:
        self._nodes = None

    def _check_form(self, prompt: Prompt) -> None:
        """Refuse what makes the server answer with an error of its own instead of a reason."""
        for node, entry in prompt.items():
            if not isinstance(entry, dict) or not isinstance(entry.get("inputs"), dict):
                refusal = InputRefusal(
                    "invalid_prompt", "a node is no object with inputs", node=node
                )
                raise GraphRefused(self.url, (refusal,))
        if not prompt:
            raise GraphRefused(self.url, (InputRefusal("no_prompt", "the graph has no node"),))


def _json(answer: Answer) -> JsonValue:
    try:
        return cast("JsonValue", json.loads(answer.body))
    except (ValueError, RecursionError):
        return None
