"""A run says through which door it came, and who started it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2

from ai_video.asgi import create_app
from ai_video.bootstrap import open_studio
from ai_video.domain.task import DAGSpec, TaskSpec
from ai_video.settings import load_settings
from ai_video.studio.doors import AGENT
from ai_video.studio.planning.make import make_film
from ai_video.studio.requests import FilmDocument, MakeRequest, RenderRequest
from ai_video.studio.runs.dags import show_dag, submit_dag
from ai_video.studio.studio import Studio

TASKS = (TaskSpec(key="a", kind="probe.sleep", params={"sleep_ms": 1}),)


async def origin(studio: Studio, answer: Any) -> tuple[object, object]:
    row = await show_dag(studio, UUID(str(answer["dag_id"])))
    return row["trigger_type"], row["created_by"]


async def test_a_run_is_signed_by_its_door_unless_it_says_so_itself(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, voice="silent", offline=True, probes=True)
    later = datetime.now(UTC) + timedelta(hours=1)
    async with open_studio(settings) as studio:
        app = create_app(studio)
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            body = DAGSpec(tasks=TASKS).model_dump(mode="json", exclude_unset=True)
            over_http = (await http.post("/api/dags", json=body)).json()
        planned = await make_film(
            studio, MakeRequest(text="海边。小明走来。", name="sea", until="storyboards")
        )
        assert isinstance(planned, FilmDocument)
        assert app.live.films.at(AGENT).render(RenderRequest(episode_id=planned.episode_id))
        assert app.live.films.is_filming(planned.episode_id)
        runs = []
        while not runs:
            await asyncio.sleep(0.02)
            runs = await studio.store.unfinished_dags(planned.episode_id)
        assert [(run.trigger_type, run.created_by) for run in runs] == [("api", "claude_agent")]
        await app.live.stop()
        rows = [
            await submit_dag(studio, DAGSpec(tasks=TASKS)),
            await submit_dag(studio, DAGSpec(tasks=TASKS, start_at=later)),
            await submit_dag(studio, DAGSpec(tasks=TASKS, trigger_type="api", created_by="cron")),
            over_http,
        ]
        assert [await origin(studio, row) for row in rows] == [
            ("manual", "user"), ("scheduled", "user"), ("api", "cron"), ("api", "user"),
        ]  # fmt: skip
