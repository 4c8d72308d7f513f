"""Nothing starts while the disk is nearly full: a task waits with the reason instead of failing."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from ai_video.domain.task import TaskOutput
from ai_video.errors import ResourceFailure
from ai_video.orchestrator.handlers import Facts, TaskContext, TaskHandler, TaskView


def free_mb(folder: Path) -> int:
    """Free room on a folder's disk. Blocks."""
    return shutil.disk_usage(folder).free // 2**20


class NeedsRoom:
    """A handler whose work starts only where enough of the disk is free; otherwise as it is.

    What runs outside already is adopted and collected all the same: it was paid for.
    """

    def __init__(
        self,
        handler: TaskHandler,
        folder: Path,
        *,
        least_mb: int,
        free: Callable[[Path], int] = free_mb,
    ) -> None:
        self._handler: Final = handler
        self._folder: Final = folder
        self._least_mb: Final = least_mb
        self._free: Final = free

    @property
    def kind(self) -> str:
        return self._handler.kind

    @property
    def version(self) -> int:
        return self._handler.version

    def is_remote(self, params: Mapping[str, JsonValue]) -> bool:
        return self._handler.is_remote(params)

    def fingerprint(self, task: TaskView, facts: Facts) -> str | None:
        return self._handler.fingerprint(task, facts)

    async def present(self, output: TaskOutput) -> bool:
        return await self._handler.present(output)

    async def reuse(self, task: TaskView, output: TaskOutput) -> None:
        await self._handler.reuse(task, output)

    async def start(self, task: TaskView, facts: Facts, context: TaskContext) -> None:
        """Begin the work.

        Raises:
            ResourceFailure: `disk_nearly_full`: it waits and is tried again, no retry is used.
        """
        free = await asyncio.to_thread(self._free, self._folder)
        if free < self._least_mb:
            raise ResourceFailure(
                "disk_nearly_full", path=str(self._folder), free=free, least=self._least_mb
            )
        await self._handler.start(task, facts, context)

    async def adopt(self, task: TaskView, context: TaskContext) -> bool:
        return await self._handler.adopt(task, context)

    async def collect(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        return await self._handler.collect(task, facts, context)

    async def cancel(self, task: TaskView, context: TaskContext) -> None:
        await self._handler.cancel(task, context)
