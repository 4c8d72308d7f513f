"""Runs, tasks and episodes tell when they will be done, from what such tasks took before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from ai_video.bootstrap import open_studio
from ai_video.domain.task import DAGSpec, ResourceRequirements, TaskSpec
from ai_video.settings import load_settings
from ai_video.studio.planning.make import make_film
from ai_video.studio.records.projects import project_progress
from ai_video.studio.requests import FilmDocument, MakeRequest
from ai_video.studio.runs.dags import pause_dag, show_dag, submit_dag

LONG = ResourceRequirements(estimated_duration=1000)


def sleep(key: str, *parents: str) -> TaskSpec:
    return TaskSpec(
        key=key,
        kind="probe.sleep",
        params={"sleep_ms": 20},
        parents=parents,
        resource_requirements=LONG,
    )


def until(at: datetime, row: Any) -> float:
    return (datetime.fromisoformat(str(row["eta"])) - at).total_seconds()


async def test_a_run_for_later_says_when_it_will_be_done(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, voice="silent", offline=True, probes=True)
    later = (datetime.now(UTC) + timedelta(hours=1)).replace(microsecond=0)
    waiting = DAGSpec(tasks=(sleep("a"), sleep("b", "a")), start_at=later)
    async with open_studio(settings) as studio:
        film = await make_film(
            studio, MakeRequest(text="海边。小明走来。", name="sea", until="storyboards")
        )
        assert isinstance(film, FilmDocument)
        spec = waiting.model_copy(update={"episode_id": film.episode_id})
        dag_id = UUID(str((await submit_dag(studio, spec))["dag_id"]))
        guessed: Any = await show_dag(studio, dag_id)
        assert [until(later, guessed["tasks"][key]) for key in "ab"] == [1000, 2000]
        assert until(later, guessed) == 2000

        await submit_dag(studio, DAGSpec(tasks=tuple(sleep(str(n)) for n in range(3))), wait=True)
        measured: Any = await show_dag(studio, dag_id)
        assert 0 <= until(later, measured) < 60
        progress: Any = await project_progress(studio, film.project_id)
        assert progress["episodes"][0]["eta"] == measured["eta"]

        await pause_dag(studio, dag_id)
        paused: Any = await show_dag(studio, dag_id)
        assert (paused["eta"], paused["tasks"]["a"]["eta"]) == (None, None)


async def test_what_waits_for_a_person_and_what_is_done_have_no_time(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, voice="silent", offline=True, probes=True)
    fails = TaskSpec(
        key="fails", kind="probe.fail", params={"times": 9, "error_class": "configuration"}
    )
    async with open_studio(settings) as studio:
        spec = DAGSpec(tasks=(fails, sleep("a"), sleep("b", "fails")))
        answer = await submit_dag(studio, spec, wait=True)
        shown: Any = await show_dag(studio, UUID(str(answer["dag_id"])))
        assert shown["eta"] is None
        assert {row["eta"] for row in shown["tasks"].values()} == {None}
