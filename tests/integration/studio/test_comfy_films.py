"""Films drawn by ComfyUI: who is in a shot is bound into its graph, long shots are chained."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from PIL import Image
from tests.lora_files import unet_lora

from ai_video.bootstrap import open_studio
from ai_video.comfyui.fake_server import FakeComfy, FakeOptions, serving
from ai_video.domain.entities import Take
from ai_video.settings import load_settings
from ai_video.studio.comfyui.workflows import import_workflow
from ai_video.studio.film.render import render_film
from ai_video.studio.planning.make import make_film
from ai_video.studio.production.film_snapshot import load_snapshot
from ai_video.studio.records import records
from ai_video.studio.records.assets import add_asset
from ai_video.studio.records.loras import add_lora
from ai_video.studio.requests import FilmDocument, MakeRequest, RenderRequest
from ai_video.studio.runs.takes import lock_take
from ai_video.studio.studio import Studio

GRAPHS = Path(__file__).parents[2] / "data" / "workflows"
STORY = "第一场 外景 山谷 清晨\n\n小明沿着山路走进山谷，抬头看着远处的雪山。\n"


def request(text: str, **more: Any) -> MakeRequest:
    return MakeRequest(
        text=text,
        name="valley",
        size="360p",
        music="none",
        voice="silent",
        generator="comfyui",
        **more,
    )


async def made(studio: Studio, text: str, **more: Any) -> FilmDocument:
    document = await make_film(studio, request(text, **more))
    assert isinstance(document, FilmDocument)
    return document


def sent(fake: FakeComfy) -> list[dict[str, Any]]:
    rows = [row for row in fake.log if row["method"] == "POST" and row["path"] == "/prompt"]
    assert all(row["valid"] for row in rows)
    return [cast("Any", row["body"])["prompt"] for row in rows]


def classes(graph: dict[str, Any]) -> list[str]:
    return [node["class_type"] for node in graph.values()]


async def picture(studio: Studio, tmp_path: Path, colour: str) -> str:
    path = tmp_path / f"{colour}.png"
    Image.new("RGB", (64, 64), colour).save(path)

    async def chunks() -> AsyncIterator[bytes]:
        yield path.read_bytes()

    return str((await add_asset(studio, chunks(), name=path.name))["id"])


async def test_a_characters_picture_is_in_the_graph_that_draws_him(
    drawing: Studio, fake: FakeComfy, tmp_path: Path
) -> None:
    first = await made(drawing, STORY, until="storyboards")
    snapshot = await drawing.database.read(lambda unit: load_snapshot(unit, first.episode_id))
    shot = snapshot.shots[0]
    hero = await records.create_record(
        drawing,
        "characters",
        {
            "project_id": str(first.project_id),
            "name": "小明",
            "appearance": "短发, 蓝色外套",
            "reference_assets": [await picture(drawing, tmp_path, "blue")],
        },
    )
    await records.edit_record(drawing, "storyboards", shot.id, {"characters": [hero["id"]]})
    film = await render_film(drawing, RenderRequest(episode_id=first.episode_id))
    assert film.ok
    keyframe = next(graph for graph in sent(fake) if "SaveImage" in classes(graph))
    assert "IPAdapterAdvanced" in classes(keyframe)
    loaded = [n["inputs"]["image"] for n in keyframe.values() if n["class_type"] == "LoadImage"]
    assert len(loaded) == 1
    clip = next(graph for graph in sent(fake) if "SaveImage" not in classes(graph))
    assert "IPAdapterAdvanced" not in classes(clip)
    # Nothing of it is current any more when he looks different.
    answer = await records.edit_record(
        drawing, "characters", UUID(hero["id"]), {"appearance": "长发, 红色外套"}
    )
    assert {row.kind for row in answer.stale} >= {"keyframe"}


async def test_a_shot_longer_than_its_model_is_chained_and_one_take(
    drawing: Studio, fake: FakeComfy
) -> None:
    planned = await made(drawing, STORY, until="storyboards")
    snapshot = await drawing.database.read(lambda unit: load_snapshot(unit, planned.episode_id))
    shot = snapshot.shots[0]
    await records.edit_record(drawing, "storyboards", shot.id, {"duration": 12.0})
    film = await render_film(drawing, RenderRequest(episode_id=planned.episode_id))
    assert film.ok, film
    clips = [
        row.part for row in film.executed if row.kind == "clip" and row.storyboard_id == shot.id
    ]
    assert sorted(part or 0 for part in clips) == [1, 2, 3]
    graphs = [graph for graph in sent(fake) if "SaveImage" not in classes(graph)]
    starts = [
        n["inputs"]["image"] for g in graphs for n in g.values() if n["class_type"] == "LoadImage"
    ]
    assert len(starts) == len(set(starts))

    async def takes(unit: Any) -> list[Take]:
        return await unit.find(Take, storyboard_id=shot.id, kind="video")

    (take,) = await drawing.database.read(takes)
    assert take.workflow_json is not None
    assert film.film is not None
    assert film.film.duration_s == pytest.approx(
        film.storyboards[-1].start_s + film.storyboards[-1].duration_s, abs=0.2
    )
    again = await render_film(drawing, RenderRequest(episode_id=planned.episode_id))
    assert again.executed == []
    # A locked clip is whole: no part of it is made again.
    await lock_take(drawing, take.id)
    await records.edit_record(drawing, "storyboards", shot.id, {"description": "大雪覆盖的山谷"})
    locked = await render_film(drawing, RenderRequest(episode_id=planned.episode_id, dry_run=True))
    assert "clip" not in {row.kind for row in locked.executed}


async def test_without_a_video_model_shots_are_keyframes_that_move(tmp_path: Path) -> None:
    missing = frozenset(
        {
            "wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors",
            "wan2.2_t2v_high_noise_14B_fp8_scaled.safetensors",
            "wan2.2_ti2v_5B_fp16.safetensors",
            "hunyuanvideo1.5_720p_i2v_fp16.safetensors",
            "hunyuanvideo1.5_720p_t2v_fp16.safetensors",
            "ltx-2-19b-dev-fp8.safetensors",
            "v3_sd15_mm.ckpt",
        }
    )
    with serving(FakeOptions(seconds_per_job=0.02, missing=missing)) as server:
        settings = load_settings(
            home=tmp_path / "data", voice="silent", lang="en", offline=True, comfyui_url=server.url
        )
        async with open_studio(settings) as studio:
            film = await made(studio, STORY)
    assert film.ok
    assert "clips_from_pictures" in {row.code for row in film.degraded}
    assert all("SaveImage" in classes(graph) for graph in sent(server))
    assert len(sent(server)) == len(film.storyboards)


async def test_a_shot_is_drawn_by_the_workflow_and_with_the_numbers_that_it_names(
    drawing: Studio, fake: FakeComfy
) -> None:
    planned = await made(drawing, STORY, until="storyboards")
    snapshot = await drawing.database.read(lambda unit: load_snapshot(unit, planned.episode_id))
    shot = snapshot.shots[0]
    own = await import_workflow(drawing, GRAPHS / "a_txt2img_sd15.json", name="my look")
    await records.edit_record(
        drawing,
        "workflows",
        UUID(own["id"]),
        {"presets": {"draft": {"steps": 3, "cfg": 2.0, "denoise": 0.9}}},
    )
    await records.edit_record(
        drawing,
        "projects",
        planned.project_id,
        {"settings.generation_parameters": {"steps": 5, "cfg": 4.0}},
    )
    config = {
        "generation_config.workflow": own["id"],
        "generation_config.preset": "draft",
        "generation_config.parameters": {"steps": 9, "sampler": "nobody"},
    }
    await records.edit_record(drawing, "storyboards", shot.id, config)
    film = await render_film(drawing, RenderRequest(episode_id=planned.episode_id))
    assert film.ok
    by_shot = next(
        graph
        for graph in sent(fake)
        if "SaveImage" in classes(graph) and "5" in graph and graph["5"]["inputs"]["steps"] == 9
    )
    sampler = by_shot["5"]["inputs"]
    assert (sampler["steps"], sampler["cfg"], sampler["denoise"]) == (9, 4.0, 0.9)
    assert by_shot["1"]["inputs"]["ckpt_name"] == "v1-5-pruned-emaonly-fp16.safetensors"
    said = {row.code for row in film.degraded if row.storyboard_id == shot.id}
    assert "parameter_not_used" in said
    await records.edit_record(
        drawing, "storyboards", shot.id, {"generation_config.workflow": "nobody has this"}
    )
    other = await render_film(drawing, RenderRequest(episode_id=planned.episode_id, dry_run=True))
    assert "workflow_not_available" in {row.code for row in other.degraded}


async def test_a_characters_lora_is_brought_to_the_server_once(
    drawing: Studio, fake: FakeComfy
) -> None:
    planned = await made(drawing, STORY, until="storyboards")
    snapshot = await drawing.database.read(lambda unit: load_snapshot(unit, planned.episode_id))
    shot = snapshot.shots[0]

    async def chunks() -> AsyncIterator[bytes]:
        yield unet_lora(768)

    lora = await add_lora(
        drawing,
        chunks(),
        file_name="ming.safetensors",
        project_id=planned.project_id,
        values={"trigger_words": ["mingboy"]},
    )
    hero = await records.create_record(
        drawing,
        "characters",
        {"project_id": str(planned.project_id), "name": "小明", "lora_model_id": lora["id"]},
    )
    await records.edit_record(drawing, "storyboards", shot.id, {"characters": [hero["id"]]})
    film = await render_film(drawing, RenderRequest(episode_id=planned.episode_id))
    assert film.ok, film
    keyframe = next(graph for graph in sent(fake) if "LoraLoader" in classes(graph))
    (name,) = (
        n["inputs"]["lora_name"] for n in keyframe.values() if n["class_type"] == "LoraLoader"
    )
    assert name.endswith("_ming.safetensors")
    texts = [n["inputs"].get("text", "") for n in keyframe.values()]
    assert any("mingboy" in text for text in texts if isinstance(text, str))
    brought = [row for row in fake.log if row["path"].endswith("/upload/image")]
    assert len(brought) >= 1


async def test_loras_of_one_file_name_never_stand_for_each_other(
    drawing: Studio, fake: FakeComfy
) -> None:
    planned = await made(drawing, STORY, until="storyboards")
    snapshot = await drawing.database.read(lambda unit: load_snapshot(unit, planned.episode_id))
    people: list[str] = []
    digests: set[str] = set()
    for name in ("小明", "小红"):

        async def chunks(name: str = name) -> AsyncIterator[bytes]:
            yield unet_lora(768, metadata={"of": name})

        lora = await add_lora(
            drawing,
            chunks(),
            file_name="lora.safetensors",
            project_id=planned.project_id,
            values={"name": name},
        )
        digests.add(str(lora["metadata"]["sha256"])[:12])
        person = await records.create_record(
            drawing,
            "characters",
            {"project_id": str(planned.project_id), "name": name, "lora_model_id": lora["id"]},
        )
        people.append(person["id"])
    shot = snapshot.shots[0]
    await records.edit_record(drawing, "storyboards", shot.id, {"characters": people})
    film = await render_film(drawing, RenderRequest(episode_id=planned.episode_id))
    assert film.ok, film
    keyframe = next(graph for graph in sent(fake) if "LoraLoader" in classes(graph))
    names = {
        node["inputs"]["lora_name"]
        for node in keyframe.values()
        if node["class_type"] == "LoraLoader"
    }
    assert {name[:12] for name in names} == digests
    assert len(names) == 2


async def test_one_shot_of_the_film_is_an_animatic_where_it_asks_to_be(
    drawing: Studio, fake: FakeComfy
) -> None:
    text = STORY + "\n第二场 外景 海边 黄昏\n\n小明坐在礁石上，看着海浪。\n"
    planned = await made(drawing, text, until="storyboards")
    here = planned.storyboards[-1].id
    asks = {"generation_config.generator": "animatic"}
    await records.edit_record(drawing, "storyboards", here, asks)
    film = await render_film(drawing, RenderRequest(episode_id=planned.episode_id))
    assert film.ok
    assert [row.storyboard_id for row in film.degraded if row.code == "shot_animatic"] == [here]
    shots = len(planned.storyboards)
    assert len(sent(fake)) == 2 * (shots - 1)
    takes = await drawing.database.read(lambda unit: unit.find(Take, storyboard_id=here))
    assert takes
    assert all(take.workflow_json is None for take in takes)
    again = {"generation_config.generator": None}
    edited = await records.edit_record(drawing, "storyboards", here, again)
    assert {row.kind for row in edited.stale} == {"keyframe", "clip", "segment", "composite"}
