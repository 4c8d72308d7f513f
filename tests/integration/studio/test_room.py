"""A nearly full disk makes tasks wait with the reason."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ai_video.bootstrap import open_studio
from ai_video.domain.ids import new_id
from ai_video.errors import ResourceFailure
from ai_video.orchestrator.handlers import TaskContext, TaskView
from ai_video.orchestrator.probes import probe_handlers
from ai_video.settings import load_settings
from ai_video.studio.planning.make import make_film
from ai_video.studio.requests import MakeRequest
from ai_video.studio.room import NeedsRoom
from ai_video.studio.runs import tasks

MORE_THAN_ANY_DISK_MB = 10**12


async def test_a_film_waits_for_room_on_the_disk_and_says_so(tmp_path: Path) -> None:
    request = MakeRequest(
        text="海边。小明走来。", name="sea", voice="silent", music="none", size="360p"
    )
    full = load_settings(
        home=tmp_path, lang="en", offline=True, least_free_mb=MORE_THAN_ANY_DISK_MB
    )
    async with open_studio(full) as studio:
        making = asyncio.create_task(make_film(studio, request))
        waiting: list[object] = []
        while not waiting:
            await asyncio.sleep(0.05)
            page = await tasks.list_tasks(studio, status="pending")
            waiting = [row for row in page.items if row["reason"]]
        making.cancel()
        await asyncio.gather(making, return_exceptions=True)
        (row, *_) = [row for row in page.items if row["reason"]]
        assert row["reason"] == "waits for room: disk_nearly_full"
        assert (row["error_class"], row["retry_count"]) == ("resource", 0)
        assert "MB left" in str(row["error_message"])


async def test_only_starting_needs_room() -> None:
    free = [99]
    inner = probe_handlers()[0]
    handler = NeedsRoom(inner, Path("/"), least_mb=100, free=lambda _: free[0])
    assert (handler.kind, handler.version) == (inner.kind, inner.version)
    task, context = _task(handler.kind), TaskContext(_task(handler.kind).id, 1)
    with pytest.raises(ResourceFailure) as refused:
        await handler.start(task, {}, context)
    assert refused.value.code == "disk_nearly_full"
    assert await handler.adopt(task, context) == await inner.adopt(task, context)
    free[0] = 100
    await handler.start(task, {}, context)


def _task(kind: str) -> TaskView:
    return TaskView(
        id=new_id(), dag_id=new_id(), episode_id=None, key="a", kind=kind, part=None, params={},
        parents=(), storyboard_id=None, line_id=None, workflow_id=None, fingerprint=None, timeout=9,
    )  # fmt: skip
