"""Several takes of a shot to choose from, and takes side by side."""

from __future__ import annotations

import asyncio
from typing import Any, cast
from uuid import UUID

import pytest

from ai_video.agent.chat import chat_tools
from ai_video.agent.registry import TOOLS
from ai_video.agent.tool import Desk
from ai_video.comfyui.fake_server import FakeComfy
from ai_video.domain.entities import Storyboard
from ai_video.errors import InputRefused, NotFound
from ai_video.storage.costs import project_of_attempt
from ai_video.studio.film.render import render_film
from ai_video.studio.planning.film_runs import FilmRuns
from ai_video.studio.planning.make import make_film
from ai_video.studio.requests import FilmDocument, MakeRequest, RenderRequest
from ai_video.studio.runs.candidates import make_takes
from ai_video.studio.runs.take_comparison import compare_takes
from ai_video.studio.runs.take_graphs import take_nodes
from ai_video.studio.runs.takes import list_takes, select_take
from ai_video.studio.studio import Studio

STORY = "第一场 外景 山谷 清晨\n\n小明沿着山路走进山谷。\n"


async def planned(studio: Studio) -> FilmDocument:
    request = MakeRequest(
        text=STORY, name="valley", size="360p", music="none", voice="silent",
        generator="comfyui", until="storyboards",
    )  # fmt: skip
    document = await make_film(studio, request)
    assert isinstance(document, FilmDocument)
    return document


def keyframes(film: FilmDocument) -> RenderRequest:
    return RenderRequest(episode_id=film.episode_id, until="keyframes", shots=(1, 1))


async def shown(studio: Studio, id: UUID) -> Storyboard:
    return await studio.database.read(lambda unit: unit.get(Storyboard, id))


async def test_candidates_have_other_seeds_and_replace_nothing(
    drawing: Studio, fake: FakeComfy
) -> None:
    film = await planned(drawing)
    shot_id = film.storyboards[0].id
    first = await render_film(drawing, keyframes(film))
    assert first.ok
    chosen = (await shown(drawing, shot_id)).image_take_id
    answer = await make_takes(drawing, shot_id, kind="image", count=2)
    assert answer["ok"]
    takes = cast("list[dict[str, Any]]", (await list_takes(drawing, storyboard_id=shot_id)).items)
    assert len({take["seed"] for take in takes}) == len(takes) == 3
    assert [take["purpose"] for take in takes] == ["film", "candidate", "candidate"]
    assert set(cast("Any", answer["takes"])) == {take["id"] for take in takes[1:]}
    assert (await shown(drawing, shot_id)).image_take_id == chosen
    attempt = UUID(takes[1]["attempt_id"])
    paid_by = await drawing.database.read(lambda unit: project_of_attempt(unit, attempt))
    assert paid_by == film.project_id
    more = await make_takes(drawing, shot_id, kind="image", count=1)
    assert not set(cast("Any", more["seeds"])) & {take["seed"] for take in takes}
    # The film is as current as before, and a picked candidate stays.
    assert (await render_film(drawing, keyframes(film))).executed == []
    picked = UUID(takes[2]["id"])
    edited = await select_take(drawing, picked)
    assert edited.item["locked"] is True
    assert (await render_film(drawing, keyframes(film))).executed == []
    assert (await shown(drawing, shot_id)).image_take_id == picked
    assert len(fake.posted()) == len(set(fake.posted())) == 4

    both = await compare_takes(drawing, [UUID(take["id"]) for take in takes[1:]])
    rows = cast("list[dict[str, Any]]", both["takes"])
    assert [row["made"]["server"] for row in rows] == [fake.url] * 2
    assert all(row["scores"]["checks"]["contrast"] > 2 for row in rows)
    assert all("workflow_json" not in row for row in rows)
    (difference,) = cast("list[dict[str, Any]]", both["differences"])
    assert difference["input"] in ("seed", "noise_seed")
    assert difference["values"] == {row["id"]: row["seed"] for row in rows}

    graph = await take_nodes(drawing, picked)
    nodes = {row["id"]: row for row in cast("list[dict[str, Any]]", graph["nodes"])}
    sampler = next(row for row in nodes.values() if "Sampler" in row["class_type"])
    inputs = {row["name"]: row for row in sampler["inputs"]}
    assert (inputs["seed"]["role"], inputs["seed"]["value"]) == ("seed", graph["seed"])
    assert inputs["positive"]["link"]["output"] == "CONDITIONING"
    places = list(nodes)
    assert all(
        places.index(row["link"]["node"]) < places.index(node["id"])
        for node in nodes.values()
        for row in node["inputs"]
        if row["link"]
    )


async def test_runs_that_begin_at_once_share_no_seed(drawing: Studio, fake: FakeComfy) -> None:
    shot_id = (await planned(drawing)).storyboards[0].id
    runs = await asyncio.gather(*(make_takes(drawing, shot_id, count=2) for _ in range(2)))
    assert all(run["ok"] for run in runs), runs
    seeds = [seed for run in runs for seed in cast("list[int]", run["seeds"])]
    takes = cast("list[dict[str, Any]]", (await list_takes(drawing, storyboard_id=shot_id)).items)
    assert len(set(seeds)) == 4
    assert {take["seed"] for take in takes} == set(seeds)
    assert len({take["fingerprint"] for take in takes}) == len(fake.posted()) == 4


async def test_clips_begin_from_the_picture_that_the_shot_shows(
    drawing: Studio, fake: FakeComfy
) -> None:
    film = await planned(drawing)
    shot_id = film.storyboards[0].id
    answer = await make_takes(drawing, shot_id, kind="video", count=1)
    assert answer["ok"], answer
    shot = await shown(drawing, shot_id)
    (clip,) = cast("list[str]", answer["takes"])
    assert shot.image_take_id is not None
    assert shot.video_take_id == UUID(clip)  # the first one there is
    assert len(fake.posted()) == 2
    # What cannot be asked.
    with pytest.raises(InputRefused, match="count"):
        await make_takes(drawing, shot_id, count=17)
    with pytest.raises(NotFound):
        await make_takes(drawing, UUID(int=0), count=1)
    with pytest.raises(InputRefused, match="invalid_value"):
        await compare_takes(drawing, [shot_id])
    with pytest.raises(InputRefused, match="takes_not_comparable"):
        await compare_takes(drawing, [shot.image_take_id, UUID(clip)])


async def test_an_agent_draws_compares_and_looks_at_takes(drawing: Studio, fake: FakeComfy) -> None:
    shot_id = (await planned(drawing)).storyboards[0].id
    films = FilmRuns(drawing)
    tools = {tool.name: tool.at(Desk(drawing, films)) for tool in TOOLS}
    asked: dict[str, Any] = {"storyboard_id": str(shot_id), "count": 2}
    in_chat = chat_tools(films)["make_takes"]
    assert in_chat.may_change
    assert in_chat.preview is not None
    assert await in_chat.preview(drawing, asked) == {"will_make": {"keyframe": 2}}
    assert fake.posted() == []
    begun = await tools["make_takes"](asked)
    (run,) = films.films.items()
    assert str(run[0]) == begun["dag_id"]
    await run[1]
    listed = await tools["list_takes"]({"storyboard_id": str(shot_id)})
    takes = cast("list[dict[str, Any]]", listed["items"])
    assert {take["seed"] for take in takes} == set(cast("list[int]", begun["seeds"]))
    ids = [take["id"] for take in takes]
    both = await tools["compare_takes"]({"ids": ids})
    assert [take["id"] for take in cast("list[dict[str, Any]]", both["takes"])] == ids
    seen = await tools["take_likeness"]({"id": ids[0]})
    assert (seen["take_id"], seen["characters"]) == (ids[0], [])
    with pytest.raises(InputRefused, match="count"):
        await tools["make_takes"]({**asked, "count": 17})
    with pytest.raises(NotFound):
        await in_chat.preview(drawing, {"storyboard_id": str(UUID(int=0))})
