"""A language model judges results after the technical checks, within their cap."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from typing import Any, Literal, cast

import pytest
from PIL import Image

from ai_video.comfyui.fake_server import FakeComfy
from ai_video.composition.defects import Inspection
from ai_video.domain.entities import Asset, ProjectSettings, Take
from ai_video.domain.language_models import ModelFailed, ModelRequest, Picture
from ai_video.llm.scripted import ScriptedLLM
from ai_video.orchestrator.handlers import TaskView
from ai_video.studio.film.render import render_film
from ai_video.studio.planning.make import make_film
from ai_video.studio.production.judging import Changes, ModelJudge
from ai_video.studio.production.redrawing import Redraw
from ai_video.studio.production.result_review import Judgement, Made, Unjudged
from ai_video.studio.records import records
from ai_video.studio.requests import FilmDocument, MakeRequest, RenderRequest
from ai_video.studio.studio import Studio

STORY = "第一场 外景 山谷 清晨\n\n小明沿着山路走进山谷。\n"
POINTS = {
    "matches_description": 4, "composition": 4, "anatomy": 4, "technical_quality": 4, "style": 4,
}  # fmt: skip
POOR = dict.fromkeys(POINTS, 1)


def says(retry: str, **more: Any) -> dict[str, Any]:
    points = POINTS if retry == "accept" else POOR
    defects = [] if retry == "accept" else ["wrong_subject"]
    return {"scores": points, "defects": defects, "retry": retry, "reason": "so it is", **more}


async def judged(
    studio: Studio, answers: list[Any], **settings: Any
) -> tuple[FilmDocument, list[Take], list[ModelRequest[Any]]]:
    """One picture, drawn and judged with these answers, and what the judge was asked."""
    request = MakeRequest(
        text=STORY, name="valley", size="360p", music="none", voice="silent",
        generator="comfyui", until="storyboards", llm="rules",
    )  # fmt: skip
    planned = await make_film(studio, request)
    assert isinstance(planned, FilmDocument)
    for name, value in {"judge": "on", "llm": "auto", **settings}.items():
        await records.edit_record(
            studio, "projects", planned.project_id, {f"settings.{name}": value}
        )
    left = iter(answers)

    def script(request: ModelRequest[Any]) -> Any:
        """The shots are read by rules, as in the plan."""
        if request.task == "judge":
            return next(left)
        return ModelFailed("llm_timeout", provider="x", seconds=1)

    llm = ScriptedLLM(script)
    studio.models.given = llm
    film = await render_film(
        studio, RenderRequest(episode_id=planned.episode_id, until="keyframes", shots=(1, 1))
    )
    takes = await studio.database.read(lambda unit: unit.find(Take, kind="image"))
    return film, takes, [request for request in llm.requests if request.task == "judge"]


async def test_what_it_asks_for_is_done_within_limits_and_said(
    drawing: Studio, fake: FakeComfy
) -> None:
    film, takes, asked = await judged(
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
    request = asked[0]
    assert [type(part) for part in request.parts] == [Picture, str]
    facts = json.loads(cast("str", request.parts[1]))
    assert facts["numbers"]["steps"] != 100
    assert "小明" in facts["description"] or facts["description"]


async def test_the_cap_holds_and_the_best_rated_is_kept(drawing: Studio, fake: FakeComfy) -> None:
    better = says("reseed") | {"scores": dict.fromkeys(POINTS, 2)}
    film, takes, asked = await judged(
        drawing, [better, says("reseed"), says("accept")], most_reseeds=1
    )
    assert film.ok
    assert len(asked) == len(takes) == 2
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
        film, takes, asked = await judged(drawing, [], judge="off")
        assert asked == []
    (take,) = takes
    assert take.verdict == "accepted"
    said = [row.code for row in film.degraded]
    assert ("checked_without_judge" in said) is failure


async def test_what_failed_the_checks_costs_no_call(drawing: Studio, fake: FakeComfy) -> None:
    fake.races.switch("black_result", 1)
    film, takes, asked = await judged(drawing, [says("accept")])
    assert film.ok
    assert [take.verdict for take in takes] == ["discarded", "accepted"]
    assert len(asked) == 1


async def test_a_project_that_asks_for_rules_is_judged_by_no_model(
    drawing: Studio, fake: FakeComfy
) -> None:
    film, (take,), asked = await judged(drawing, [says("accept")], llm="rules")
    assert film.ok
    assert asked == []
    assert take.verdict == "accepted"
    (said,) = [row for row in film.degraded if row.code == "checked_without_judge"]
    assert "judge_without_model" in said.message


async def kept(studio: Studio, data: bytes, kind: Literal["image", "audio"]) -> str:
    """An asset of these bytes, whatever they are."""

    async def chunks() -> AsyncIterator[bytes]:
        yield data

    sha256, size = await studio.blobs.put_stream(chunks(), limit=len(data))
    said = {"kind": kind, "origin": "uploaded", "name": "hero.png"}
    asset = Asset.fresh(**said, sha256=sha256, size=size)
    return str((await studio.database.write(lambda unit: unit.add(asset))).id)


def png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "blue").save(file, "PNG")
    return file.getvalue()


async def judged_with(
    studio: Studio, reference: str, answers: list[Any]
) -> tuple[Judgement | Unjudged, list[ModelRequest[Any]]]:
    """A picture whose one character has this reference, judged; and what the judge was asked."""
    film, (take,), _ = await judged(studio, [], judge="off")
    hero: dict[str, Any] = {"name": "小明", "reference_assets": [reference]}
    hero["project_id"] = str(film.project_id)
    row = await records.create_record(studio, "characters", hero)
    shot = film.storyboards[0].id
    await records.edit_record(studio, "storyboards", shot, {"characters": [row["id"]]})
    tasks = await studio.store.list_tasks(episode_id=film.episode_id)
    task = next(task for task in tasks if task.kind == "keyframe")
    view = TaskView(
        id=task.id, dag_id=task.dag_id, episode_id=film.episode_id, key=task.key, kind=task.kind,
        part=None, params=task.params, parents=(), storyboard_id=shot, line_id=None,
        workflow_id=None, fingerprint=task.fingerprint, timeout=60.0,
    )  # fmt: skip
    made = Made(
        asset=await studio.database.read(lambda unit: unit.get(Asset, take.asset_id)),
        facts={}, inspection=Inspection({}, ()), graph=cast("Any", take.workflow_json),
        redraw=Redraw(seed=1),
    )  # fmt: skip
    llm = ScriptedLLM(answers)
    studio.models.given = llm
    judge = ModelJudge(studio.models, studio.database, studio.blobs)
    return await judge(view, made, ProjectSettings()), llm.requests


async def test_the_judge_sees_the_characters_reference(drawing: Studio) -> None:
    reference = await kept(drawing, png(), "image")
    odd = "so\x1b]0;title\x07\nit is"
    liked = says("accept", characters=[{"name": "小明", "consistency": 5}]) | {"reason": odd}
    said, (request,) = await judged_with(drawing, reference, [liked])
    assert isinstance(said, Judgement)
    assert [type(part) for part in request.parts] == [Picture, Picture, str]
    assert said.scores["characters"] == {"小明": 5}
    assert said.reason == "so ]0;title it is"


async def test_without_a_readable_reference_nothing_is_asked(drawing: Studio) -> None:
    reference = await kept(drawing, png()[:60], "image")
    assert await judged_with(drawing, reference, []) == (Unjudged("media_corrupt"), [])


async def test_a_reference_that_is_no_picture_is_not_shown(drawing: Studio) -> None:
    reference = await kept(drawing, b"a voice", "audio")
    said, (request,) = await judged_with(drawing, reference, [says("accept")])
    assert isinstance(said, Judgement)
    assert [type(part) for part in request.parts] == [Picture, str]


@pytest.mark.parametrize("name", ["cfg", "denoise"])
def test_a_change_is_a_number(name: str) -> None:
    with pytest.raises(ValueError, match="finite number"):
        Changes.model_validate({name: float("nan")})
