"""Results of a server that are of no use: drawn again, made smaller, told; never twice the same."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress
from typing import Any, cast

import httpx
import pytest

from ai_video.comfyui.fake_server import FakeComfy
from ai_video.domain.entities import Storyboard, Take
from ai_video.domain.task import DAGStatus, RetryPolicy, TaskStatus
from ai_video.errors import ConfigurationFailure
from ai_video.orchestrator.handlers import ResultDiscarded, TaskContext, TaskView
from ai_video.orchestrator.records import TaskRecord
from ai_video.studio.film.render import render_film
from ai_video.studio.planning.make import make_film
from ai_video.studio.records import records
from ai_video.studio.requests import FilmDocument, MakeRequest, RenderRequest
from ai_video.studio.runs.tasks import retry_task, use_take
from ai_video.studio.studio import Studio

STORY = "第一场 外景 山谷 清晨\n\n小明沿着山路走进山谷。\n"


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for room waits for no time."""
    monkeypatch.setattr(RetryPolicy, "get_delay", lambda policy, count: 0.0)


def view_of(task: TaskRecord) -> TaskView:
    return TaskView(
        id=task.id, dag_id=task.dag_id, episode_id=None, key=task.key, kind=task.kind,
        part=task.part, params=task.params, parents=(), storyboard_id=task.storyboard_id,
        line_id=None, workflow_id=None, fingerprint=task.fingerprint, timeout=60.0,
    )  # fmt: skip


async def planned(studio: Studio, **settings: Any) -> RenderRequest:
    """One shot, of which only the picture is asked for."""
    request = MakeRequest(
        text=STORY, name="valley", size="360p", music="none", voice="silent",
        generator="comfyui", until="storyboards",
    )  # fmt: skip
    document = await make_film(studio, request)
    assert isinstance(document, FilmDocument)
    for name, value in settings.items():
        await records.edit_record(
            studio, "projects", document.project_id, {f"settings.{name}": value}
        )
    return RenderRequest(episode_id=document.episode_id, shots=(1, 1), until="keyframes")


def sent(fake: FakeComfy) -> list[dict[str, Any]]:
    rows = [row for row in fake.log if row["method"] == "POST" and row["path"] == "/prompt"]
    return [cast("Any", row["body"])["prompt"] for row in rows]


def seeds(fake: FakeComfy) -> list[int]:
    return [
        node["inputs"]["seed"] for graph in sent(fake) for node in graph.values()
        if "seed" in node["inputs"]
    ]  # fmt: skip


async def takes(studio: Studio) -> list[Take]:
    return await studio.database.read(lambda unit: unit.find(Take, kind="image"))


async def shown(studio: Studio) -> Storyboard:
    (shot, *_) = await studio.database.read(lambda unit: unit.find(Storyboard))
    return shot


@pytest.mark.parametrize("defect", ["black", "noise"])
async def test_a_result_of_no_use_is_drawn_again_with_another_seed(
    drawing: Studio, fake: FakeComfy, defect: str
) -> None:
    asked = await planned(drawing)
    fake.races.switch(f"{defect}_result", 1)
    film = await render_film(drawing, asked)
    assert film.ok
    assert len(set(seeds(fake))) == 2
    first, second = await takes(drawing)
    assert (first.verdict, first.defects) == ("discarded", (defect,))
    assert first.decision["action"] == "reseed"
    assert cast("Any", first.scores)["checks"]["contrast"] >= 0
    assert (second.verdict, second.defects) == ("accepted", ())
    assert (second.seed, first.seed) == (seeds(fake)[1], seeds(fake)[0])
    assert (await shown(drawing)).image_take_id == second.id
    assert film.degraded == [row for row in film.degraded if row.code != "result_degraded"]
    again = await render_film(drawing, asked)
    assert again.executed == []
    assert len(sent(fake)) == 2


async def test_at_the_cap_the_best_is_kept_and_told(drawing: Studio, fake: FakeComfy) -> None:
    asked = await planned(drawing, most_reseeds=1)
    fake.races.switch("noise_result", 1)
    fake.races.switch("turned_result", None)
    film = await render_film(drawing, asked)
    assert film.ok
    rows = sorted(await takes(drawing), key=lambda take: len(take.defects))
    assert [take.verdict for take in rows] == ["degraded", "discarded"]
    assert (await shown(drawing)).image_take_id == rows[0].id
    said = [row for row in film.degraded if row.code == "result_degraded"]
    assert [row.storyboard_id for row in said] == [(await shown(drawing)).id]
    assert "size" in said[0].message


async def test_an_earlier_try_may_be_the_best(drawing: Studio, fake: FakeComfy) -> None:
    asked = await planned(drawing, most_reseeds=1)
    fake.races.switch("noise_result", 1)
    real = fake.races.happens

    def happens(name: str) -> bool:
        # The second picture of all is black.
        return len(sent(fake)) == 2 if name == "black_result" else real(name)

    fake.races.happens = happens
    film = await render_film(drawing, asked)
    assert film.ok
    noise, black = await takes(drawing)
    assert (noise.verdict, noise.defects) == ("degraded", ("noise",))
    assert (black.verdict, black.decision["action"]) == ("discarded", "give_up")
    assert noise.decision["action"] == "keep_best"
    assert (await shown(drawing)).image_take_id == noise.id
    again = await render_film(drawing, asked)
    assert again.executed == []


async def test_where_nothing_can_be_used_a_person_is_asked(
    drawing: Studio, fake: FakeComfy
) -> None:
    asked = await planned(drawing, most_reseeds=1)
    fake.races.switch("black_result", None)
    film = await render_film(drawing, asked)
    assert not film.ok
    (task,) = await drawing.store.list_tasks(dag_id=film.dag_id)
    assert task.status == TaskStatus.MANUAL_REVIEW
    assert task.error_code == "results_unusable"
    assert len(sent(fake)) == 2
    rows = await takes(drawing)
    assert [take.verdict for take in rows] == ["discarded"] * 2
    assert (await shown(drawing)).image_take_id is None
    # As the hint says: what was drawn can be used all the same.
    assert "tasks use TASK --take TAKE" in ConfigurationFailure("results_unusable").hint("en")
    await use_take(drawing, task.id, rows[1].id)
    assert (await shown(drawing)).image_take_id == rows[1].id


async def test_a_shot_that_is_meant_to_be_dark_stops_no_film(
    drawing: Studio, fake: FakeComfy
) -> None:
    asked = await planned(drawing, most_reseeds=1)
    shot = await shown(drawing)
    words = {"description": "漆黑的夜里, 远处只有一盏灯。"}
    await records.edit_record(drawing, "storyboards", shot.id, words)
    fake.races.switch("black_result", None)
    film = await render_film(drawing, asked)
    assert film.ok
    assert len(sent(fake)) == 2
    rows = await takes(drawing)
    assert sorted(take.verdict for take in rows) == ["degraded", "discarded"]
    (used,) = [take for take in rows if take.verdict == "degraded"]
    assert (used.defects, used.decision["action"]) == (("black",), "keep_best")
    assert (await shown(drawing)).image_take_id == used.id
    assert "result_degraded" in {row.code for row in film.degraded}


async def test_a_result_that_was_judged_is_not_asked_for_again(
    drawing: Studio, fake: FakeComfy
) -> None:
    """As after a kill -9 between keeping the take and the end of its attempt, on a server that has
    forgotten all about it."""
    asked = await planned(drawing)
    fake.races.switch("black_result", 1)
    film = await render_film(drawing, asked)
    first, _ = await takes(drawing)
    (task,) = await drawing.store.list_tasks(dag_id=film.dag_id)
    handler = drawing.scheduler.handlers["keyframe"]
    assert first.attempt_id is not None
    context = TaskContext(first.attempt_id, 1, str(first.attempt_id))
    view = view_of(task)
    with suppress(httpx.RemoteProtocolError):
        async with httpx.AsyncClient(base_url=fake.url) as http:
            await http.post("/_fake/restart")
    seen = len(fake.log)
    assert await handler.adopt(view, context)
    with pytest.raises(ResultDiscarded):
        await handler.collect(view, {}, context)
    assert [row for row in fake.log[seen:] if row["path"] == "/prompt"] == []
    assert len(await takes(drawing)) == 2


async def test_a_part_of_a_long_shot_is_drawn_again_alone(drawing: Studio, fake: FakeComfy) -> None:
    asked = await planned(drawing)
    shot = await shown(drawing)
    await records.edit_record(drawing, "storyboards", shot.id, {"duration": 6.0})
    runs, real = itertools.count(1), fake.races.happens

    def happens(name: str) -> bool:
        # The second prompt that runs: the keyframe is the first.
        return next(runs) == 2 if name == "black_result" else real(name)

    fake.races.happens = happens
    film = await render_film(drawing, asked.model_copy(update={"until": None}))
    assert film.ok
    attempts = {(row.kind, row.part): row.attempts for row in film.executed}
    assert (attempts["clip", 1], attempts["clip", 2]) == (2, 1)
    clips = await drawing.database.read(lambda unit: unit.find(Take, kind="video"))
    assert [(take.part, take.verdict) for take in clips] == [(1, "discarded"), (None, "accepted")]
    assert (await shown(drawing)).video_take_id == clips[1].id


async def test_a_graph_without_room_is_made_smaller(
    drawing: Studio, fake: FakeComfy, at_once: None
) -> None:
    asked = await planned(drawing)
    fake.races.switch("small_memory")
    film = await render_film(drawing, asked)
    assert film.ok
    areas = [
        node["inputs"]["width"] * node["inputs"]["height"]
        for graph in sent(fake) for node in graph.values() if "width" in node["inputs"]
    ]  # fmt: skip
    tiled = [
        any(node["class_type"] == "VAEDecodeTiled" for node in graph.values())
        for graph in sent(fake)
    ]
    assert tiled == [False, True, True]
    assert areas[0] == areas[1] > areas[-1]
    (take,) = await takes(drawing)
    assert take.verdict == "degraded"
    assert take.decision["less_memory"] == ["tiled", "smaller"]
    said = [row for row in film.degraded if row.code == "drawn_with_less_memory"]
    assert len(said) == 1
    assert "tiles" in said[0].message


async def test_at_the_end_of_the_ladder_it_is_said(
    drawing: Studio, fake: FakeComfy, at_once: None
) -> None:
    asked = await planned(drawing)
    fake.races.switch("out_of_memory", None)
    film = await render_film(drawing, asked)
    assert not film.ok
    (task,) = await drawing.store.list_tasks(dag_id=film.dag_id)
    assert task.error_code == "smallest_out_of_memory"
    assert "smallest" in (task.error_message or "")
    # A person who made room gets the whole picture, not the smallest.
    fake.races.switch("out_of_memory", 0)
    await retry_task(drawing, task.id)
    assert film.dag_id is not None
    assert await drawing.scheduler.run_until(film.dag_id) == DAGStatus.COMPLETED
    (take,) = await takes(drawing)
    assert take.verdict == "accepted"
    assert "less_memory" not in take.decision
    first, *_, last = sent(fake)
    assert {**last, "save": None} == {**first, "save": None}


async def test_the_work_so_far_is_shown_to_those_who_look(
    drawing: Studio, fake: FakeComfy, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = await planned(drawing)
    fake.races.switch("slow", 1)
    previews = drawing.servers.previews
    keep, first = previews.put, asyncio.Event()

    def put(task: TaskView, image: bytes, media_type: str) -> None:
        keep(task, image, media_type)
        first.set()

    monkeypatch.setattr(previews, "put", put)
    with previews.watched():
        making = asyncio.create_task(render_film(drawing, asked))
        await asyncio.wait_for(first.wait(), 20)
    (preview,) = previews.after(0)
    assert preview.image.startswith(b"\xff\xd8")
    assert (preview.kind, preview.storyboard_id) == ("keyframe", (await shown(drawing)).id)
    assert (await making).ok
    assert previews.of(preview.task_id) is None
