"""What paid servers cost is written down per attempt, estimated before, and stopped by caps."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from ai_video.bootstrap import open_studio
from ai_video.comfyui.fake_server import FakeComfy, FakeOptions, serving
from ai_video.settings import load_settings
from ai_video.studio.comfyui.servers import add_server
from ai_video.studio.comfyui.workflows import import_workflow
from ai_video.studio.film.render import render_film
from ai_video.studio.planning.make import make_film
from ai_video.studio.records import records
from ai_video.studio.records.projects import project_progress
from ai_video.studio.requests import FilmDocument, MakeRequest, RenderRequest
from ai_video.studio.runs import tasks, workflow_runs
from ai_video.studio.runs.dags import show_dag
from ai_video.studio.studio import Studio

T2I = Path(__file__).parents[2] / "data" / "workflows" / "a_txt2img_sd15.json"
STORY = "第一场 外景 山谷 清晨\n\n小明沿着山路走进山谷，抬头看着远处的雪山。\n"
PER_SECOND = 3600.0


@pytest.fixture
def fake() -> Iterator[FakeComfy]:
    with serving(FakeOptions(seconds_per_job=0.05)) as server:
        yield server


@asynccontextmanager
async def paying(
    tmp_path: Path, *servers: FakeComfy, free: str = "", **more: Any
) -> AsyncIterator[Studio]:
    """A studio with servers of 3600 an hour, and `free`."""
    settings = load_settings(
        home=tmp_path / "data", voice="silent", lang="en", offline=True, comfyui_url=free, **more
    )
    async with open_studio(settings) as studio:
        for server in servers:
            await add_server(studio, server.url, cost_per_hour=PER_SECOND, currency="CNY")
        yield studio


def sent(fake: FakeComfy) -> int:
    return sum(row["method"] == "POST" and row["path"] == "/prompt" for row in fake.log)


async def render(studio: Studio, episode_id: UUID, **more: Any) -> FilmDocument:
    document = await render_film(studio, RenderRequest(episode_id=episode_id, **more))
    assert isinstance(document, FilmDocument)
    return document


async def test_a_film_says_what_it_may_cost_and_cost_and_stops_at_the_projects_cap(
    tmp_path: Path, fake: FakeComfy
) -> None:
    async with paying(tmp_path, fake) as studio:
        request = MakeRequest(
            text=STORY, name="valley", size="360p", music="none", voice="silent",
            generator="comfyui",
        )  # fmt: skip
        film = await make_film(studio, request)
        assert isinstance(film, FilmDocument)
        assert film.ok
        assert film.dag_id is not None
        graphs = sent(fake)
        assert film.cost_estimate is not None
        assert film.cost_estimate.tasks == graphs
        assert film.cost_estimate.amount == pytest.approx(film.cost_estimate.gpu_s)
        # A job takes 0.05 s, a second costs 1.
        assert graphs * 0.03 < film.cost["CNY"] < graphs * 5
        assert (await show_dag(studio, film.dag_id))["cost"] == film.cost
        assert (await project_progress(studio, film.project_id))["cost"] == film.cost
        nothing = await render(studio, film.episode_id, dry_run=True)
        assert nothing.cost_estimate is not None
        assert (nothing.cost_estimate.tasks, nothing.cost) == (0, {})

        cap = {"settings": {"cost_cap": film.cost["CNY"] / 2, "seed": 9}}
        await records.edit_record(studio, "projects", film.project_id, cast("Any", cap))
        stopped = await render(studio, film.episode_id)
        assert not stopped.ok
        assert stopped.dag_id is not None
        assert sent(fake) == graphs
        page = await tasks.list_tasks(studio, dag_id=stopped.dag_id, status="manual_review")
        assert {row["error_code"] for row in page.items} == {"cost_cap_project"}
        cap = {"settings": {"cost_cap": 1e9}}
        await records.edit_record(studio, "projects", film.project_id, cast("Any", cap))
        again = await render(studio, film.episode_id)
        assert again.ok
        progress = await project_progress(studio, film.project_id)
        assert cast("Any", progress["cost"])["CNY"] > film.cost["CNY"]
        assert progress["cost_cap"] == 1e9


async def test_the_cap_of_a_day_stops_paid_servers_and_leaves_free_ones(
    tmp_path: Path, fake: FakeComfy
) -> None:
    async with paying(tmp_path, fake, cost_cap_per_day=0) as studio:
        template = UUID(str((await import_workflow(studio, T2I))["id"]))
        answer = await workflow_runs.run_workflow(studio, template, values={"seed": 1})
        assert answer["ok"] is False
        page = await tasks.list_tasks(studio)
        (task,) = page.items
        assert (task["status"], task["error_code"]) == ("manual_review", "cost_cap_day")
        assert "0.00 CNY" in str(task["error_message"])
        assert sent(fake) == 0
    with serving(FakeOptions(seconds_per_job=0.02)) as other:
        async with paying(tmp_path, free=other.url, cost_cap_per_day=0) as studio:
            answer = await workflow_runs.run_workflow(studio, template, values={"seed": 1})
        assert answer["ok"] is True
        assert (sent(fake), sent(other)) == (0, 1)
