"""Takes over earlier results: checks that they are still there, then lets the handler keep them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from ai_video.domain.task import TaskOutput
from ai_video.orchestrator.handlers import TaskHandler, TaskView

AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Reused:
    """A result that was taken over, or why it was not: gone (no error), or an error."""

    task: TaskView
    output: TaskOutput
    taken: bool
    error: Exception | None = None


class Reuser:
    """Runs `present` and `reuse` of the handlers, a few at once; `ready` is called after each."""

    def __init__(self, ready: Callable[[], None]) -> None:
        self.done: list[Reused] = []
        self._ready = ready
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(AT_ONCE)

    def __len__(self) -> int:
        return len(self._tasks)

    def take(self, handler: TaskHandler, task: TaskView, output: TaskOutput) -> None:
        running = asyncio.create_task(self._take(handler, task, output))
        self._tasks.add(running)
        running.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _take(self, handler: TaskHandler, task: TaskView, output: TaskOutput) -> None:
        async with self._room:
            try:
                taken = await handler.present(output)
                if taken:
                    await handler.reuse(task, output)
                self.done.append(Reused(task, output, taken))
            except Exception as exc:  # noqa: BLE001  becomes the task's failure, as in the executor
                self.done.append(Reused(task, output, False, exc))
        self._ready()
