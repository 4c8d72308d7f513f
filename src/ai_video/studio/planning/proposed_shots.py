"""Shots as a model says them: told as events and to whoever watches, long before they count."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final, Self
from uuid import UUID

from ai_video.storage.database import Unit
from ai_video.studio.requests import Progress
from ai_video.studio.studio import Studio
from ai_video.writing import ProposedShot

_TOGETHER_S: Final = 0.2
"""What comes within this time is written down at once."""
_WORDS: Final = {
    "zh": "分镜 {chunk}/{chunks}",
    "en": "Storyboards {chunk}/{chunks}",
}


class ProposedShots:
    """Tells `storyboards.proposed` of an episode while it is being planned; ends with the context."""

    def __init__(self, studio: Studio, episode_id: UUID, progress: Progress | None) -> None:
        self._studio = studio
        self._episode_id = episode_id
        self._progress = progress
        self._waiting: list[ProposedShot] = []
        self._more = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def add(self, shot: ProposedShot) -> None:
        """A model has said another shot."""
        self._waiting.append(shot)
        self._more.set()
        if self._progress is not None:
            words = _WORDS[self._studio.language]
            said = words.format(chunk=shot.chunk, chunks=shot.chunks)
            self._progress(said, (shot.chunk - 1) / shot.chunks)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._tell(), name="proposed shots")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._write()

    async def _tell(self) -> None:
        while True:
            await self._more.wait()
            await asyncio.sleep(_TOGETHER_S)
            self._more.clear()
            await asyncio.shield(self._write())

    async def _write(self) -> None:
        shots, self._waiting = self._waiting, []
        if not shots:
            return

        async def work(unit: Unit) -> None:
            for shot in shots:
                await unit.event(
                    "storyboards.proposed",
                    self._episode_id,
                    chunk=shot.chunk,
                    chunks=shot.chunks,
                    number=shot.number,
                    picture=shot.picture,
                )

        await self._studio.database.write(work)
