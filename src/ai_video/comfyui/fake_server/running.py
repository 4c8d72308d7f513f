"""Runs prompts one after the other, with the events that a server sends while it does."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from PIL import Image
from pydantic import JsonValue

from ai_video.comfyui.fake_server.drawing import Painter
from ai_video.comfyui.fake_server.facts import Evaluation, Facts, linked
from ai_video.comfyui.fake_server.folders import Folders, NodeCatalogue
from ai_video.comfyui.fake_server.hub import Hub
from ai_video.comfyui.fake_server.options import Races
from ai_video.comfyui.fake_server.prompt_queue import Entry, Item, PromptQueue, now_ms
from ai_video.comfyui.fake_server.saving import Save, Shown

_SAMPLERS: Final = ("Sampler", "TrainLora")
_SPOILING: Final = ("black", "noise", "still", "turned")
_ROOM_PX: Final = 250_000
_ROOM_IN_TILES_PX: Final = 600_000
_MOST_TICKS: Final = 20
_SLOWER: Final = 50
_LATE_S: Final = 0.6
_PREVIEW_SIDE: Final = 256


class _Interrupted(Exception):
    pass


class _NodeFailed(Exception):
    """A node raised; `kind` is the name of its exception as the server would say it."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


@dataclass
class _Run:
    """One prompt while it runs."""

    item: Item
    order: list[str]
    started: int
    messages: list[JsonValue] = field(default_factory=list[JsonValue])
    outputs: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    states: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    executed: list[str] = field(default_factory=list[str])
    current: str = ""
    spoiled: str | None = None
    error: dict[str, JsonValue] | None = None


class Worker:
    """The one who runs prompts. `die` is called where a race says that the server is killed."""

    def __init__(
        self,
        queue: PromptQueue,
        hub: Hub,
        folders: Folders,
        catalogue: NodeCatalogue,
        races: Races,
        *,
        seconds_per_job: float,
        die: Callable[[], None],
    ) -> None:
        self._queue = queue
        self._hub = hub
        self._folders = folders
        self._catalogue = catalogue
        self._races = races
        self._seconds = seconds_per_job
        self._die = die
        # Results of the last prompt only, as a server keeps them by default.
        self._cache: dict[str, Shown] = {}

    async def work(self) -> None:
        """Run what comes, for ever."""
        while True:
            item = await self._queue.next()
            await self._prompt(item)

    async def _prompt(self, item: Item) -> None:
        run = _Run(item, _order(item), now_ms())
        self._say(run, "execution_start", {})
        is_well = False
        try:
            await self._nodes(run)
        except _Interrupted:
            if self._queue.running is not item:
                # The server was killed meanwhile: nobody remembers this prompt.
                return
            self._say(run, "execution_interrupted", self._where(run))
        except _NodeFailed as failure:
            run.error = self._fault(run, failure)
            self._say(run, "execution_error", run.error)
        else:
            is_well = True
            self._say(run, "execution_success", {})
        if self._races.happens("history_late"):
            await asyncio.sleep(_LATE_S)
        self._queue.done(
            Entry(
                item=item,
                outputs=run.outputs,
                status_str="success" if is_well else "error",
                messages=run.messages,
                error=run.error,
                started=run.started,
                ended=now_ms(),
            )
        )
        self._event(run, "executing", {"node": None, "prompt_id": item.prompt_id})

    async def _nodes(self, run: _Run) -> None:
        item = run.item
        nodes = self._catalogue.current()
        evaluation = Evaluation(item.prompt, nodes, self._folders)
        signatures = _signatures(item.prompt, run.order, self._folders)
        cached = [key for key in run.order if signatures[key] in self._cache]
        self._say(run, "execution_cached", {"nodes": list(cached)})
        fresh: dict[str, Shown] = {}
        weights = {key: self._weight(item.prompt, key) for key in run.order if key not in cached}
        seconds = self._seconds * (_SLOWER if self._races.happens("slow") else 1)
        per_weight = seconds / max(1.0, sum(weights.values()))
        trouble = self._trouble(run, cached)
        for name in _SPOILING:
            if self._races.happens(f"{name}_result"):
                run.spoiled = name
        for key in run.order:
            run.current = key
            self._check_stop(item)
            if key in cached:
                shown = self._cache[signatures[key]]
                _facts_of(evaluation, key)
                self._show_cached(run, key, shown)
            else:
                shown = await self._node(run, evaluation, key, weights[key] * per_weight, trouble)
            fresh[signatures[key]] = shown
        self._cache = fresh

    async def _node(
        self,
        run: _Run,
        evaluation: Evaluation,
        key: str,
        seconds: float,
        trouble: Mapping[str, _NodeFailed],
    ) -> Shown:
        item = run.item
        class_type, node, _ = evaluation.node(key)
        self._state(run, key, 0.0, 1.0, "running")
        where: dict[str, JsonValue] = {"node": key, "display_node": key}
        self._event(run, "executing", {**where, "prompt_id": item.prompt_id})
        shown: Shown = {}
        facts = _facts_of(evaluation, key)
        if _is_sampler(class_type):
            await self._steps(run, key, facts, seconds)
        else:
            await self._pass(item, seconds)
        if key in trouble:
            raise trouble[key]
        if node.is_output:
            facts = _spoiled(facts, run.spoiled)
            save = Save(
                class_type, node, evaluation.inputs(key), facts, self._folders, _texts(item)
            )
            try:
                shown = await asyncio.to_thread(save.run)
            except Exception as error:  # whatever a node raises, the server reports
                raise _NodeFailed(_full_name(error), str(error)) from error
            if shown:
                run.outputs[key] = shown
                self._event(
                    run, "executed", {**where, "output": shown, "prompt_id": item.prompt_id}
                )
        self._state(run, key, 1.0, 1.0, "finished")
        run.executed.append(key)
        return shown

    async def _steps(self, run: _Run, key: str, facts: Facts, seconds: float) -> None:
        """A sampler: progress and previews."""
        item = run.item
        steps = max(1, facts.steps or 1)
        ticks = min(steps, _MOST_TICKS)
        preview = b""
        if item.extra_data.get("preview_method") not in (None, "none", "default"):
            preview = await asyncio.to_thread(_preview, facts)
        late = self._races.happens("interrupt_late")
        for tick in range(1, ticks + 1):
            if late:
                await asyncio.sleep(seconds / ticks)
            else:
                await self._pass(item, seconds / ticks)
            value = round(tick * steps / ticks)
            data: dict[str, JsonValue] = {"value": value, "max": steps, "node": key}
            self._event(run, "progress", {**data, "prompt_id": item.prompt_id})
            self._state(run, key, value, steps, "running")
            if preview:
                facts_of: dict[str, JsonValue] = {
                    "node_id": key, "display_node_id": key, "real_node_id": key,
                    "parent_node_id": None, "prompt_id": item.prompt_id,
                }  # fmt: skip
                self._hub.send_preview(preview, facts_of, item.client_id)
            if tick == (ticks + 1) // 2:
                await self._middle(run)
        if late:
            await asyncio.sleep(1.0)

    async def _middle(self, run: _Run) -> None:
        """What others, and fate, do while a job runs."""
        if self._races.happens("server_killed"):
            self._die()
            raise _Interrupted
        if self._races.happens("cancelled_by_others"):
            self._queue.interrupt()
        if self._races.happens("deleted_by_others"):
            self._queue.delete([item.prompt_id for item in self._queue.pending[:1]])
        if self._races.is_on("foreign_prompts"):
            stranger = "00000000-0000-4000-8000-000000000000"
            data: dict[str, JsonValue] = {"prompt_id": stranger, "node": "1", "value": 3, "max": 4}
            self._hub.send("progress", data, None)
            self._hub.send("executing", {"prompt_id": stranger, "node": None}, None)
            self._hub.send("execution_error", {**_NO_FAULT, "prompt_id": stranger}, None)
        await asyncio.sleep(0)

    async def _pass(self, item: Item, seconds: float) -> None:
        """Time goes by; an interrupt ends it."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(item.stop.wait(), seconds)
        self._check_stop(item)

    def _check_stop(self, item: Item) -> None:
        if item.stop.is_set() or self._queue.running is not item:
            raise _Interrupted

    def _show_cached(self, run: _Run, key: str, shown: Shown) -> None:
        if not shown:
            return
        if self._races.happens("cached_file_gone"):
            for file in _files(shown):
                path = self._folders.place(
                    *(str(file[part]) for part in ("type", "subfolder", "filename"))
                )
                if path:
                    path.unlink(missing_ok=True)
        run.outputs[key] = shown
        where: dict[str, JsonValue] = {"node": key, "display_node": key}
        self._event(run, "executed", {**where, "output": shown, "prompt_id": run.item.prompt_id})
        self._state(run, key, 1, 1, "finished")

    def _trouble(self, run: _Run, cached: list[str]) -> Mapping[str, _NodeFailed]:
        """The node that fails in this run, and how."""
        nodes = [key for key in run.order if key not in cached]
        if not nodes:
            return {}
        samplers = [key for key in nodes if _is_sampler(_class_of(run.item.prompt, key))]
        busiest = (samplers or nodes)[-1]
        if self._races.is_on("small_memory") and not _has_room(run.item.prompt):
            return {busiest: _NodeFailed("torch.OutOfMemoryError", _OUT_OF_MEMORY)}
        if self._races.happens("out_of_memory"):
            return {busiest: _NodeFailed("torch.OutOfMemoryError", _OUT_OF_MEMORY)}
        if self._races.happens("device_error"):
            text = "CUDA error: an illegal memory access was encountered"
            return {busiest: _NodeFailed("torch.AcceleratorError", text)}
        if self._races.happens("node_error"):
            text = "Given groups=1, expected input to have 4 channels, but got 16 channels instead"
            return {busiest: _NodeFailed("RuntimeError", text)}
        if self._races.happens("partial_outputs"):
            text = "[Errno 28] No space left on device"
            return {nodes[-1]: _NodeFailed("OSError", text)}
        return {}

    def _weight(self, prompt: Mapping[str, JsonValue], key: str) -> float:
        return 10.0 if _is_sampler(_class_of(prompt, key)) else 1.0

    def _where(self, run: _Run) -> dict[str, JsonValue]:
        key = run.current or run.order[0]
        class_type = _class_of(run.item.prompt, key)
        return {"node_id": key, "node_type": class_type, "executed": list(run.executed)}

    def _fault(self, run: _Run, failure: _NodeFailed) -> dict[str, JsonValue]:
        return {
            "prompt_id": run.item.prompt_id,
            **self._where(run),
            "exception_message": f"{failure}\n",
            "exception_type": failure.kind,
            "traceback": [f'  File "/fake/nodes.py", line 1\n{failure.kind}: {failure}\n'],
            "current_inputs": {},
            "current_outputs": list(run.outputs),
        }

    def _state(self, run: _Run, key: str, value: float, most: float, state: str) -> None:
        run.states[key] = {
            "value": value, "max": most, "state": state, "node_id": key,
            "prompt_id": run.item.prompt_id, "display_node_id": key, "parent_node_id": None,
            "real_node_id": key,
        }  # fmt: skip
        data: dict[str, JsonValue] = {"prompt_id": run.item.prompt_id, "nodes": dict(run.states)}
        self._event(run, "progress_state", data)

    def _say(self, run: _Run, event: str, data: Mapping[str, JsonValue]) -> None:
        """An event that the history keeps too."""
        full: dict[str, JsonValue] = {
            **data,
            "prompt_id": run.item.prompt_id,
            "timestamp": now_ms(),
        }
        run.messages.append([event, full])
        self._event(run, event, full)

    def _event(self, run: _Run, event: str, data: Mapping[str, JsonValue]) -> None:
        self._hub.send(event, data, run.item.client_id)


_OUT_OF_MEMORY: Final = (
    "Allocation on device 0 would exceed allowed memory. (out of memory)\n"
    "Currently allocated     : 7.21 GiB\nRequested               : 1.50 GiB"
)
_NO_FAULT: Final[Mapping[str, JsonValue]] = {
    "node_id": "1", "node_type": "KSampler", "executed": [], "exception_type": "RuntimeError",
    "exception_message": "of another user", "traceback": [],
}  # fmt: skip


def _spoiled(facts: Facts, how: str | None) -> Facts:
    if how == "turned":
        return replace(facts, width=facts.size[1], height=facts.size[0])
    return replace(facts, spoiled=how) if how else facts


def _has_room(prompt: Mapping[str, JsonValue]) -> bool:
    """Is the largest picture of a graph small enough for the memory of the race?"""
    inputs = [_inputs_of(prompt, key) for key in prompt]
    sizes = [(each.get("width"), each.get("height")) for each in inputs]
    largest = max((w * h for w, h in sizes if isinstance(w, int) and isinstance(h, int)), default=0)
    tiled = any("Tiled" in _class_of(prompt, key) for key in prompt)
    return largest <= (_ROOM_IN_TILES_PX if tiled else _ROOM_PX)


def _facts_of(evaluation: Evaluation, key: str) -> Facts:
    try:
        return evaluation.run(key)
    except Exception as error:  # whatever a node raises, the server reports
        raise _NodeFailed(_full_name(error), str(error)) from error


def _full_name(error: Exception) -> str:
    kind = type(error)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _is_sampler(class_type: str) -> bool:
    return any(word in class_type for word in _SAMPLERS) and not class_type.endswith("Select")


def _class_of(prompt: Mapping[str, JsonValue], key: str) -> str:
    entry = prompt[key]
    return str(entry["class_type"]) if isinstance(entry, dict) else ""


def _inputs_of(prompt: Mapping[str, JsonValue], key: str) -> Mapping[str, JsonValue]:
    entry = prompt[key]
    inputs = entry.get("inputs") if isinstance(entry, dict) else None
    return inputs if isinstance(inputs, dict) else {}


def _order(item: Item) -> list[str]:
    """Every node that an output needs, parents first."""
    found: dict[str, None] = {}
    for output in item.outputs:
        stack = [(output, False)]
        while stack:
            key, ready = stack.pop()
            if key in found or key not in item.prompt:
                continue
            if ready:
                found[key] = None
                continue
            stack.append((key, True))
            links = (linked(value) for value in _inputs_of(item.prompt, key).values())
            stack += [(link[0], False) for link in reversed([link for link in links if link])]
    return list(found)


def _signatures(
    prompt: Mapping[str, JsonValue], order: list[str], folders: Folders
) -> dict[str, str]:
    """What decides each node's result: class, inputs and everything before it."""
    found: dict[str, str] = {}
    for key in order:
        parts: dict[str, object] = {}
        for name, value in _inputs_of(prompt, key).items():
            link = linked(value)
            if link and link[0] in found:
                parts[name] = [found[link[0]], link[1]]
                continue
            parts[name] = value
            path = folders.input_file(value) if _class_of(prompt, key).startswith("Load") else None
            if path:
                parts[f"{name} content"] = hashlib.sha256(path.read_bytes()).hexdigest()
        text = json.dumps([_class_of(prompt, key), parts], sort_keys=True)
        found[key] = hashlib.sha256(text.encode()).hexdigest()
    return found


def _texts(item: Item) -> dict[str, str]:
    """What a picture keeps of its graph."""
    info = item.extra_data.get("extra_pnginfo")
    more = info if isinstance(info, dict) else {}
    return {
        "prompt": json.dumps(item.prompt, ensure_ascii=False),
        **{key: json.dumps(value, ensure_ascii=False) for key, value in more.items()},
    }


def _files(shown: Shown) -> list[dict[str, JsonValue]]:
    return [
        entry
        for entries in shown.values()
        if isinstance(entries, list)
        for entry in entries
        if isinstance(entry, dict) and "filename" in entry
    ]


def _preview(facts: Facts) -> bytes:
    picture = Painter(facts).frame(0)
    picture.thumbnail((_PREVIEW_SIDE, _PREVIEW_SIDE), Image.Resampling.BILINEAR)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()
