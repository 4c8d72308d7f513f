"""A task that waits for a person gets a file or a take as its result, and the film goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PIL import Image

from ai_video.assets.ffmpeg import run_ffmpeg
from ai_video.bootstrap import open_studio
from ai_video.comfyui.fake_server import FakeComfy, FakeOptions, serving
from ai_video.domain.task import DAGStatus
from ai_video.errors import Conflict, InputRefused
from ai_video.settings import load_settings
from ai_video.studio.comfyui.servers import add_server
from ai_video.studio.film.render import render_film
from ai_video.studio.planning.make import make_film
from ai_video.studio.requests import FilmDocument, MakeRequest, RenderRequest
from ai_video.studio.runs import tasks
from ai_video.studio.runs.takes import add_take, list_takes
from ai_video.studio.studio import Studio

STORY = "第一场 外景 山谷 清晨\n\n小明沿着山路走进山谷，抬头看着远处的雪山。\n"


@pytest.fixture
def fake() -> Iterator[FakeComfy]:
    with serving(FakeOptions()) as server:
        yield server


async def waiting(studio: Studio, dag_id: UUID) -> dict[str, Any]:
    page = await tasks.list_tasks(studio, dag_id=dag_id, status="manual_review")
    (row,) = page.items
    return row


async def test_a_film_goes_on_with_a_picture_and_a_clip_made_by_hand(
    tmp_path: Path, fake: FakeComfy
) -> None:
    """No paid server may be used, so everything that one would draw waits for a person."""
    picture, video, other = (tmp_path / name for name in ("p.png", "v.mp4", "o.png"))
    Image.new("RGB", (640, 360), "navy").save(picture)
    Image.new("RGB", (640, 360), "red").save(other)
    await run_ffmpeg(
        ["-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=6", "-c:v", "libx264", str(video)]
    )
    settings = load_settings(
        home=tmp_path / "data", voice="silent", lang="en", offline=True, cost_cap_per_day=0
    )
    async with open_studio(settings) as studio:
        await add_server(studio, fake.url, cost_per_hour=1)
        request = MakeRequest(
            text=STORY, name="valley", size="360p", music="none", voice="silent",
            generator="comfyui",
        )  # fmt: skip
        film = await make_film(studio, request)
        assert isinstance(film, FilmDocument)
        assert film.dag_id is not None
        keyframe = await waiting(studio, film.dag_id)
        task_id = UUID(keyframe["id"])
        with pytest.raises(InputRefused) as refused:
            await tasks.use_file(studio, task_id, video)
        assert refused.value.code == "take_kind_wrong"
        shown = await tasks.use_file(studio, task_id, picture)
        assert (shown["status"], shown["error_code"]) == ("completed", None)
        assert str(shown["reason"]).startswith("by a person: take ")
        with pytest.raises(Conflict):
            await tasks.use_file(studio, task_id, picture)

        assert await studio.scheduler.run_until(film.dag_id) is DAGStatus.FAILED
        clip = await waiting(studio, film.dag_id)
        shot = UUID(clip["storyboard_id"])
        (drawn,) = (await list_takes(studio, storyboard_id=shot)).items
        with pytest.raises(InputRefused) as refused:
            await tasks.use_take(studio, UUID(clip["id"]), UUID(str(drawn["id"])))
        assert refused.value.code == "take_not_of_task"
        take = (await add_take(studio, storyboard_id=shot, file=video)).item
        await tasks.use_take(studio, UUID(clip["id"]), UUID(str(take["id"])))
        assert await studio.scheduler.run_until(film.dag_id) is DAGStatus.COMPLETED

        again = await render_film(studio, RenderRequest(episode_id=film.episode_id))
        assert again.ok
        assert again.film is not None
        assert again.tasks.executed == 0
