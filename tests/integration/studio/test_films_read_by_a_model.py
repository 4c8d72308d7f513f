"""Films whose shots a language model reads before ComfyUI draws them: asked once, stored, planned offline."""

from __future__ import annotations

from typing import Any, cast

from tests.model_choices import answers, asked

from ai_video.comfyui.fake_server import FakeComfy
from ai_video.domain.language_models import ModelFailed, ModelRequest
from ai_video.llm.scripted import ScriptedLLM
from ai_video.studio.film.render import render_film
from ai_video.studio.film.stale import stale_rows
from ai_video.studio.planning.make import make_film
from ai_video.studio.production.film_snapshot import EpisodeSnapshot, load_snapshot
from ai_video.studio.records import records
from ai_video.studio.requests import FilmDocument, MakeRequest, RenderRequest
from ai_video.studio.studio import Studio

STORY = (
    "第一场 外景 山谷 清晨\n\n小明沿着山路走进山谷，抬头看着远处的雪山。\n\n他在溪边停下来喝水。\n\n"
    "第二场 内景 木屋 夜\n\n小明点亮油灯，坐下来写信。\n"
)


def reading() -> ScriptedLLM:
    return ScriptedLLM(
        answers(lambda shot: {"picture": f"scene {len(shot['text'])}", "light": ["hard"]})
    )


async def planned(studio: Studio, **more: Any) -> FilmDocument:
    request = MakeRequest(
        text=STORY, name="valley", size="360p", music="none", voice="silent",
        generator="comfyui", llm="rules", until="storyboards", **more,
    )  # fmt: skip
    document = await make_film(studio, request)
    assert isinstance(document, FilmDocument)
    await records.edit_record(studio, "projects", document.project_id, {"settings.llm": "auto"})
    return document


async def rendered(studio: Studio, film: FilmDocument, **more: Any) -> FilmDocument:
    return await render_film(studio, RenderRequest(episode_id=film.episode_id, **more))


async def snapshot_of(studio: Studio, film: FilmDocument) -> EpisodeSnapshot:
    return await studio.database.read(lambda unit: load_snapshot(unit, film.episode_id))


def prompts(fake: FakeComfy) -> list[str]:
    rows = [row for row in fake.log if row["method"] == "POST" and row["path"] == "/prompt"]
    graphs = [cast("Any", row["body"])["prompt"] for row in rows]
    return [str(graph) for graph in graphs]


def shots_asked(llm: ScriptedLLM) -> list[int]:
    return [len(asked(request)["shots"]) for request in llm.requests]


async def test_shots_are_read_by_scene_once_and_nothing_is_drawn_or_asked_again(
    drawing: Studio, fake: FakeComfy
) -> None:
    film = await planned(drawing)
    llm = drawing.models.given = reading()
    before = await snapshot_of(drawing, film)
    count = len(before.shots)
    first = await rendered(drawing, film, until="keyframes")
    assert first.ok
    assert "shot_read_by_rules" not in {row.code for row in first.degraded}
    after = await snapshot_of(drawing, film)
    assert after.lines == before.lines
    assert [shot.description for shot in after.shots] == [each.description for each in before.shots]
    assert sum(shots_asked(llm)) == count
    assert 1 < len(llm.requests) < count
    assert all("scene " in prompt for prompt in prompts(fake))
    sent = len(prompts(fake))
    again = await rendered(drawing, film, until="keyframes")
    assert again.tasks.executed == 0
    assert len(prompts(fake)) == sent
    assert sum(shots_asked(llm)) == count
    # Without the model the film is what it was: planning reads what is stored.
    drawing.models.given = None
    assert (await rendered(drawing, film, until="keyframes")).tasks.executed == 0
    keyframes = [
        row for row in await stale_rows(drawing, film.episode_id) if row.kind == "keyframe"
    ]
    assert keyframes == []


async def test_an_edited_shot_alone_is_read_and_drawn_again(
    drawing: Studio, fake: FakeComfy
) -> None:
    film = await planned(drawing)
    llm = drawing.models.given = reading()
    await rendered(drawing, film, until="keyframes")
    llm.requests.clear()
    shot = (await snapshot_of(drawing, film)).shots[0]
    changes = {"description": "小明在山谷里唱歌。"}
    await records.edit_record(drawing, "storyboards", shot.id, changes)
    again = await rendered(drawing, film, until="keyframes")
    assert [each["text"] for request in llm.requests for each in asked(request)["shots"]] == [
        "小明在山谷里唱歌。"
    ]
    assert again.tasks.executed == 1


async def test_a_failing_model_leaves_shots_to_the_rules_by_name_and_is_asked_once(
    drawing: Studio,
) -> None:
    film = await planned(drawing)
    tried: list[int] = []

    def script(request: ModelRequest[Any]) -> ModelFailed:
        tried.append(1)
        return ModelFailed("llm_unauthorized", provider="scripted", reason="401")

    drawing.models.given = ScriptedLLM(script)
    made = await rendered(drawing, film, until="keyframes")
    assert made.ok
    rows = [row for row in made.degraded if row.code == "shot_read_by_rules"]
    shots = (await snapshot_of(drawing, film)).shots
    assert {row.storyboard_id for row in rows} == {shot.id for shot in shots}
    assert "401" in rows[0].message
    assert len(tried) <= 2


async def test_a_project_that_asks_for_rules_asks_no_model(drawing: Studio) -> None:
    film = await planned(drawing)
    await records.edit_record(drawing, "projects", film.project_id, {"settings.llm": "rules"})
    llm = drawing.models.given = reading()
    assert (await rendered(drawing, film, until="keyframes")).ok
    assert llm.requests == []


async def test_a_dry_run_asks_nothing(drawing: Studio) -> None:
    film = await planned(drawing)
    llm = drawing.models.given = reading()
    await rendered(drawing, film, dry_run=True)
    assert llm.requests == []


async def test_a_named_model_that_is_not_there_is_told_and_the_film_is_made(
    drawing: Studio,
) -> None:
    film = await planned(drawing)
    await records.edit_record(drawing, "projects", film.project_id, {"settings.llm": "anthropic"})
    made = await rendered(drawing, film, until="keyframes")
    assert made.ok
    assert {row.code for row in made.degraded} >= {"shot_read_by_rules"}


async def test_what_rules_drew_stays_when_a_model_comes_and_only_the_edited_shot_is_read(
    drawing: Studio,
) -> None:
    film = await planned(drawing)
    await rendered(drawing, film, until="keyframes")  # nothing is enabled: by rules
    llm = drawing.models.given = reading()
    again = await rendered(drawing, film, until="keyframes")
    assert (again.tasks.executed, llm.requests) == (0, [])
    shot = (await snapshot_of(drawing, film)).shots[0]
    await records.edit_record(
        drawing, "storyboards", shot.id, {"description": "小明在山谷里唱歌。"}
    )
    edited = await rendered(drawing, film, until="keyframes")
    assert edited.tasks.executed == 1
    assert shots_asked(llm) == [1]
    # Another model is no reason to draw anything again either.
    other = drawing.models.given = ScriptedLLM(answers(lambda shot: {}), model="another")
    assert (await rendered(drawing, film, until="keyframes")).tasks.executed == 0
    assert other.requests == []
