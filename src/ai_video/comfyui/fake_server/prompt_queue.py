"""Prompts that wait, run and are over, in the shapes that the server shows them."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from pydantic import JsonValue

Status = Literal["pending", "in_progress", "completed", "failed", "cancelled"]
_MOST_HISTORY: Final = 10_000
# What a partner node may see is kept out of queue, history and jobs.
SECRETS: Final = ("api_key_comfy_org", "auth_token_comfy_org")


@dataclass(order=True)
class Item:
    """One prompt; `number` decides who is next."""

    number: float
    prompt_id: str
    prompt: dict[str, JsonValue] = field(compare=False)
    extra_data: dict[str, JsonValue] = field(compare=False)
    outputs: list[str] = field(compare=False)
    create_time: int = field(compare=False, default_factory=lambda: now_ms())
    stop: asyncio.Event = field(compare=False, default_factory=asyncio.Event)
    was_cancelled: bool = field(compare=False, default=False)

    @property
    def client_id(self) -> str | None:
        given = self.extra_data.get("client_id")
        return given if isinstance(given, str) else None

    def as_json(self) -> list[JsonValue]:
        extra = {**self.extra_data, "create_time": self.create_time}
        return [self.number, self.prompt_id, self.prompt, extra, list(self.outputs)]


@dataclass
class Entry:
    """A prompt that is over, as GET /history shows it."""

    item: Item
    outputs: dict[str, JsonValue]
    status_str: Literal["success", "error"]
    messages: list[JsonValue]
    error: dict[str, JsonValue] | None
    started: int
    ended: int

    @property
    def status(self) -> Status:
        if self.status_str == "success":
            return "completed"
        return "cancelled" if self.error is None else "failed"

    def as_json(self) -> dict[str, JsonValue]:
        meta: dict[str, JsonValue] = {
            node: {"node_id": node, "display_node": node, "parent_node": None, "real_node_id": node}
            for node in self.outputs
        }
        return {
            "prompt": self.item.as_json(),
            "outputs": self.outputs,
            "status": {
                "status_str": self.status_str,
                "completed": self.status_str == "success",
                "messages": self.messages,
            },
            "meta": meta,
        }


class PromptQueue:
    """`changed` is called whenever the number of waiting and running prompts is another."""

    def __init__(self, changed: Callable[[int], None]) -> None:
        self._changed = changed
        self._pending: list[Item] = []
        self._arrived = asyncio.Event()
        self.running: Item | None = None
        self.history: dict[str, Entry] = {}
        self.counter = 0

    @property
    def pending(self) -> list[Item]:
        return sorted(self._pending)

    @property
    def remaining(self) -> int:
        return len(self._pending) + (self.running is not None)

    def put(self, item: Item) -> None:
        heapq.heappush(self._pending, item)
        self._arrived.set()
        self._changed(self.remaining)

    async def next(self) -> Item:
        """Take the next prompt; it runs from here on."""
        while not self._pending:
            self._arrived.clear()
            await self._arrived.wait()
        self.running = heapq.heappop(self._pending)
        self._changed(self.remaining)
        return self.running

    def done(self, entry: Entry) -> None:
        """The running prompt is over: from the queue into the history in one step."""
        self.running = None
        while len(self.history) >= _MOST_HISTORY:
            del self.history[next(iter(self.history))]
        self.history[entry.item.prompt_id] = entry
        self._changed(self.remaining)

    def delete(self, prompt_ids: Iterable[str]) -> bool:
        """Take waiting prompts out, without a trace."""
        wanted = set(prompt_ids)
        kept = [item for item in self._pending if item.prompt_id not in wanted]
        found = len(kept) < len(self._pending)
        if found:
            heapq.heapify(kept)
            self._pending = kept
            self._changed(self.remaining)
        return found

    def clear(self) -> None:
        self._pending = []
        self._changed(self.remaining)

    def forget_everything(self) -> None:
        """What a restart does."""
        self._pending, self.running, self.history = [], None, {}
        self.counter = 0

    def interrupt(self, prompt_id: str | None = None) -> bool:
        """Stop the running prompt, whichever or only this one."""
        item = self.running
        if item is None or (prompt_id is not None and item.prompt_id != prompt_id):
            return False
        item.was_cancelled = True
        item.stop.set()
        return True

    def cancel(self, prompt_id: str) -> bool:
        """What POST /api/jobs/ID/cancel does. A waiting prompt is kept as a cancelled job."""
        for item in self._pending:
            if item.prompt_id == prompt_id:
                self.delete([prompt_id])
                return True
        return self.interrupt(prompt_id)

    # The routes of jobs

    def job(self, prompt_id: str) -> dict[str, JsonValue] | None:
        """The job with all that is known of it."""
        found = next((job for job in self.jobs() if job["id"] == prompt_id), None)
        if found is None:
            return None
        entry = self.history.get(prompt_id)
        item = (
            entry.item
            if entry
            else next(
                each
                for each in (*self._pending, self.running)
                if each and each.prompt_id == prompt_id
            )
        )
        shown = entry.as_json() if entry else {}
        return {
            **found,
            "outputs": shown.get("outputs", {}),
            "execution_status": shown.get("status"),
            "workflow": {"prompt": item.prompt, "extra_data": item.extra_data},
        }

    def jobs(self) -> list[dict[str, JsonValue]]:
        """Every job, in the order they were made."""
        found = [self._open_job(item, "pending") for item in self.pending]
        if self.running:
            found.append(self._open_job(self.running, "in_progress"))
        found += [_closed_job(entry) for entry in self.history.values()]
        return sorted(found, key=lambda job: int(str(job["create_time"])))

    def _open_job(self, item: Item, status: Status) -> dict[str, JsonValue]:
        return {
            "id": item.prompt_id,
            "status": status,
            "priority": item.number,
            "create_time": item.create_time,
            "execution_start_time": None,
            "execution_end_time": None,
            "execution_error": None,
            "outputs_count": 0,
            "preview_output": None,
            "workflow_id": _workflow_id(item),
        }


def _closed_job(entry: Entry) -> dict[str, JsonValue]:
    files = [
        {**file, "nodeId": node, "mediaType": key}
        for node, shown in entry.outputs.items()
        if isinstance(shown, dict)
        for key, items in shown.items()
        for file in (items if isinstance(items, list) else [])
        if isinstance(file, dict)
    ]
    return {
        "id": entry.item.prompt_id,
        "status": entry.status,
        "priority": entry.item.number,
        "create_time": entry.item.create_time,
        "execution_start_time": entry.started,
        "execution_end_time": entry.ended,
        "execution_error": entry.error,
        "outputs_count": len(files),
        "preview_output": files[0] if files else None,
        "workflow_id": _workflow_id(entry.item),
    }


def _workflow_id(item: Item) -> JsonValue:
    info = item.extra_data.get("extra_pnginfo")
    workflow = info.get("workflow") if isinstance(info, Mapping) else None
    return workflow.get("id") if isinstance(workflow, Mapping) else None


def now_ms() -> int:
    return int(time.time() * 1000)
