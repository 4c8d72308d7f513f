"""A language model judges results after the technical checks, within their cap."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from ai_video.bootstrap import open_studio
from ai_video.comfyui.fake_server import FakeComfy, FakeOptions, serving
from ai_video.domain.entities import Take
from ai_video.domain.language_models import ModelFailed, Picture
from ai_video.llm.scripted import ScriptedLLM
from ai_video.settings import load_settings
from ai_video.studio import records
from ai_video.studio.make import make_film
from ai_video.studio.render import render_film
from ai_video.studio.requests import FilmDocument, MakeRequest, RenderRequest
from ai_video.studio.studio import Studio

STORY = "第一场 外景 山谷 清晨\n\n小明沿着山路走进山谷。\n"
POINTS = {
    "matches_description": 4, "composition": 4, "anatomy": 4, "technical_quality": 4, "style": 4,
}  # fmt: skip
POOR = dict.fromkeys(POINTS, 1)


@pytest.fixture
def fake() -> Iterator[FakeComfy]:
    with serving(FakeOptions(seconds_per_job=0.01)) as server:
        yield server


@pytest.fixture
async def drawing(tmp_path: Path, empty_home: Path, fake: FakeComfy) -> AsyncIterator[Studio]:
    home = shutil.copytree(empty_home, tmp_path / "data")
    settings = load_settings(
        home=home, voice="silent", lang="en", offline=True, comfyui_url=fake.url
    )
    async with open_studio(settings) as opened:
        yield opened


def says(retry: str, **more: Any) -> dict[str, Any]:
    points = POINTS if retry == "accept" else POOR
    defects = [] if retry == "accept" else ["wrong_subject"]
    return {"scores": points, "defects": defects, "retry": retry, "reason": "so it is", **more}


async def judged(
    studio: Studio, answers: list[Any], **settings: Any
) -> tuple[FilmDocument, list[Take], ScriptedLLM]:
    """One picture, drawn and judged with these answers."""
    request = MakeRequest(
        text=STORY, name="valley", size="360p", music="none", voice="silent",
        generator="comfyui", until="storyboards", llm="rules",
    )  # fmt: skip
    planned = await make_film(studio, request)
    assert isinstance(planned, FilmDocument)
    for name, value in {"judge": "on", **settings}.items():
        await records.edit_record(
            studio, "projects", planned.project_id, {f"settings.{name}": value}
        )
    llm = ScriptedLLM(answers)
    studio.models.given = llm
    film = await render_film(
        studio, RenderRequest(episode_id=planned.episode_id, until="keyframes", shots=(1, 1))
    )
    takes = await studio.database.read(lambda unit: unit.find(Take, kind="image"))
    return film, takes, llm


async def test_what_it_asks_for_is_done_within_limits_and_said(
    drawing: Studio, fake: FakeComfy
) -> None:
    film, takes, llm = await judged(
        drawing,
        [says("adjust", changes={"steps": 5000, "cfg": 4.5}), says("accept")],
    )
    assert film.ok
    first, second = takes
    assert (first.verdict, first.defects) == ("discarded", ("wrong_subject",))
    assert first.decision["by"] == "scripted scripted"
    assert first.decision["changes"] == {"steps": 100, "cfg": 4.5}
    assert cast("Any", first.decision["reason"])["en"] == "so it is"
    assert second.verdict == "accepted"
    assert cast("Any", second.scores)["judge"]["rating"] == 0.8
    sampler = [
        node["inputs"] for node in cast("Any", second.workflow_json).values()
        if "Sampler" in node["class_type"]
    ]  # fmt: skip
    assert (sampler[0]["steps"], sampler[0]["cfg"]) == (100, 4.5)
    assert second.seed != first.seed
    request = llm.requests[0]
    assert [type(part) for part in request.parts] == [Picture, str]
    facts = json.loads(cast("str", request.parts[1]))
    assert facts["numbers"]["steps"] != 100
    assert "小明" in facts["description"] or facts["description"]


async def test_the_cap_holds_and_the_best_rated_is_kept(drawing: Studio, fake: FakeComfy) -> None:
    better = says("reseed") | {"scores": dict.fromkeys(POINTS, 2)}
    film, takes, llm = await judged(
        drawing, [better, says("reseed"), says("accept")], most_reseeds=1
    )
    assert film.ok
    assert len(llm.requests) == len(takes) == 2
    assert [take.verdict for take in takes] == ["degraded", "discarded"]
    assert "result_degraded" in {row.code for row in film.degraded}


async def test_another_template_is_advised_and_not_taken(drawing: Studio, fake: FakeComfy) -> None:
    film, takes, _ = await judged(drawing, [says("other_template", template="flux_text_to_image")])
    (take,) = takes
    assert take.verdict == "degraded"
    assert take.decision["template"] == "flux_text_to_image"
    said = [row for row in film.degraded if row.code == "other_template_advised"]
    assert "flux_text_to_image" in said[0].message


@pytest.mark.parametrize("failure", [True, False])
async def test_without_a_judgement_the_checks_decide_and_it_is_said(
    drawing: Studio, fake: FakeComfy, failure: bool
) -> None:
    if failure:
        film, takes, _ = await judged(
            drawing, [ModelFailed("llm_timeout", provider="x", seconds=1)]
        )
    else:
        film, takes, llm = await judged(drawing, [], judge="off")
        assert llm.requests == []
    (take,) = takes
    assert take.verdict == "accepted"
    said = [row.code for row in film.degraded]
    assert ("checked_without_judge" in said) is failure


async def test_what_failed_the_checks_costs_no_call(drawing: Studio, fake: FakeComfy) -> None:
    fake.races.switch("black_result", 1)
    film, takes, llm = await judged(drawing, [says("accept")])
    assert film.ok
    assert [take.verdict for take in takes] == ["discarded", "accepted"]
    assert len(llm.requests) == 1
