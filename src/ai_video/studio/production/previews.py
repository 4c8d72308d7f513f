"""Pictures of work that is not done yet: the last one of each running task, in memory only."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, NamedTuple
from uuid import UUID

from ai_video.orchestrator.handlers import TaskView

PAUSE_S: Final = 1.0
LARGEST: Final = 512 * 1024
MOST_KEPT: Final = 64
MEDIA_TYPES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
"""What is shown of what a server names; a browser would run the scripts of an SVG."""


class Preview(NamedTuple):
    """One picture; `number` rises with each, over all tasks."""

    number: int
    task_id: UUID
    kind: str
    storyboard_id: UUID | None
    image: bytes
    media_type: str


class Previews:
    """At most one picture a second of each task; gone when its task ends. Nothing is stored.

    Servers are asked for pictures only while somebody `watches`: they cost them a little time.
    """

    def __init__(self) -> None:
        self._kept: dict[UUID, tuple[float, Preview]] = {}
        self._number = 0
        self._watching = 0

    @property
    def wanted(self) -> bool:
        return self._watching > 0

    @contextmanager
    def watched(self) -> Generator[None]:
        """Somebody looks, inside the block."""
        self._watching += 1
        try:
            yield
        finally:
            self._watching -= 1

    def put(self, task: TaskView, image: bytes, media_type: str) -> None:
        """Show a picture of a task, unless it is of another type than those of `MEDIA_TYPES`, too
        large, or comes too soon after the last."""
        now = time.monotonic()
        before = self._kept.get(task.id)
        if media_type not in MEDIA_TYPES or len(image) > LARGEST:
            return
        if before and now - before[0] < PAUSE_S:
            return
        if before is None and len(self._kept) >= MOST_KEPT:
            del self._kept[min(self._kept, key=lambda id: self._kept[id][0])]
        self._number += 1
        preview = Preview(self._number, task.id, task.kind, task.storyboard_id, image, media_type)
        self._kept[task.id] = now, preview

    def drop(self, task_id: UUID) -> None:
        """The task has ended."""
        self._kept.pop(task_id, None)

    def of(self, task_id: UUID) -> Preview | None:
        """The last picture of a task that runs here."""
        kept = self._kept.get(task_id)
        return kept[1] if kept else None

    def after(self, number: int) -> list[Preview]:
        """Pictures with a higher number, in the order they came."""
        found = [preview for _, preview in self._kept.values() if preview.number > number]
        return sorted(found)
