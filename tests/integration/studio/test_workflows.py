"""Workflows are imported, corrected, checked and run on a server as any other task."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from tests.scheduling import until

from ai_video.bootstrap import open_studio
from ai_video.comfyui.fake_server import FakeComfy, FakeOptions, serving
from ai_video.errors import InputRefused, NotFound, ServiceFailed
from ai_video.settings import load_settings
from ai_video.studio.comfyui import servers, workflows
from ai_video.studio.comfyui.workflows import NodeSource
from ai_video.studio.health.doctor import doctor
from ai_video.studio.production.server_pool import ServerPool
from ai_video.studio.runs import workflow_runs
from ai_video.studio.studio import Studio

GRAPHS = Path(__file__).parents[2] / "data" / "workflows"
T2I = GRAPHS / "a_txt2img_sd15.json"
CLOSED = "http://127.0.0.1:9"


@pytest.fixture
def fake() -> Iterator[FakeComfy]:
    with serving(FakeOptions(seconds_per_job=0.05)) as server:
        yield server


async def imported(studio: Studio, path: Path = T2I) -> UUID:
    return UUID(str((await workflows.import_workflow(studio, path))["id"]))


def prompts(fake: FakeComfy) -> list[dict[str, Any]]:
    return [row for row in fake.log if row["method"] == "POST" and row["path"] == "/prompt"]


async def test_the_same_graph_under_the_same_name_is_one_template(studio: Studio) -> None:
    first, second = await imported(studio), await imported(studio)
    assert first == second
    listed = await workflows.list_workflows(studio, family="sd15")
    assert [row["name"] for row in listed["items"]] == ["a_txt2img_sd15"]
    assert (await workflows.list_workflows(studio, family="flux"))["items"] == []


async def test_a_users_word_for_a_role_is_the_truth(studio: Studio) -> None:
    template = await imported(studio)
    answer = await workflows.bind_role(studio, template, "positive_prompt", "3.text")
    rows = [row for row in answer["input_schema"] if row["role"] == "positive_prompt"]
    assert [(row["node"], row["certainty"], row["evidence"]) for row in rows] == [
        ("3", "sure", "said by the user")
    ]
    assert not [row for row in answer["input_schema"] if row["role"] == "negative_prompt"]
    shown = await workflows.workflow_roles(studio, template)
    assert shown["input_schema"] == answer["input_schema"]


@pytest.mark.parametrize("place", ["99.text", "3.words", "text", ""])
async def test_a_role_is_bound_to_an_input_that_is_there(studio: Studio, place: str) -> None:
    template = await imported(studio)
    with pytest.raises(InputRefused) as refused:
        await workflows.bind_role(studio, template, "seed", place)
    assert refused.value.code == "workflow_no_input"


async def test_a_check_names_what_is_wrong_and_what_is_missing(
    studio: Studio, tmp_path: Path
) -> None:
    graph = json.loads(T2I.read_text())
    graph["5"]["inputs"]["sampler_name"] = "eulr"
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(graph))
    answer = await workflows.check_workflow(studio, broken)
    assert answer["ok"] is False
    (error,) = answer["errors"]
    assert (error["type"], error["node"], error["input"]) == (
        "value_not_in_list", "5", "sampler_name",
    )  # fmt: skip
    assert "euler" in error["suggestions"]
    assert [row["folder"] for row in answer["missing_models"]] == ["checkpoints"]
    assumed = await workflows.check_workflow(studio, T2I, assume_models=True)
    assert (assumed["valid"], assumed["missing_models"]) == (True, [])


async def test_a_run_sends_the_values_once_and_keeps_every_file(
    drawing: Studio, fake: FakeComfy, tmp_path: Path
) -> None:
    template = await imported(drawing)
    answer = await workflow_runs.run_workflow(
        drawing,
        template,
        values={"seed": 7, "positive_prompt": "a fox in the snow", "width": 640, "height": 384},
        output=tmp_path / "out",
    )
    assert answer["ok"] is True
    (file,) = answer["files"]
    with Image.open(file) as picture:
        assert picture.size == (640, 384)
    (sent,) = prompts(fake)
    assert sent["valid"] is True
    graph = sent["body"]["prompt"]
    assert graph["5"]["inputs"]["seed"] == 7
    runs = await workflow_runs.workflow_runs(drawing, template)
    (run,) = runs.items
    assert run["attempts"][0]["remote_id"] == sent["prompt_id"] == run["attempts"][0]["id"]


async def test_a_file_goes_to_the_server_under_a_name_of_its_own(
    drawing: Studio, fake: FakeComfy, tmp_path: Path
) -> None:
    picture = tmp_path / "参考 图.png"
    Image.new("RGB", (320, 200), "red").save(picture)
    template = await imported(drawing, GRAPHS / "b_img2img.json")
    schema = (await workflows.workflow_roles(drawing, template))["input_schema"]
    name = next(row["name"] for row in schema if row["role"] == "reference_image")
    answer = await workflow_runs.run_workflow(
        drawing, template, values={name: str(picture)}, local_files=True
    )
    assert answer["ok"] is True
    (sent,) = prompts(fake)
    loaded = [
        node["inputs"]["image"]
        for node in sent["body"]["prompt"].values()
        if node["class_type"] == "LoadImage"
    ]
    assert len(loaded) == 1
    assert loaded[0].endswith("_参考 图.png")


async def test_a_door_that_is_no_command_line_names_no_path_here(drawing: Studio) -> None:
    template = await imported(drawing, GRAPHS / "b_img2img.json")
    with pytest.raises(InputRefused) as refused:
        await workflow_runs.run_workflow(
            drawing, template, values={"reference_image": "/etc/passwd"}
        )
    assert refused.value.code == "invalid_value"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"colour": 1}, "workflow_no_value"),
        ({"steps": 0}, "invalid_value"),
        ({"steps": "many"}, "invalid_value"),
        ({"positive_prompt": 3}, "invalid_value"),
    ],
)
async def test_a_value_that_does_not_fit_is_refused_before_anything_is_sent(
    drawing: Studio, fake: FakeComfy, values: dict[str, Any], code: str
) -> None:
    template = await imported(drawing)
    with pytest.raises(InputRefused) as refused:
        await workflow_runs.run_workflow(drawing, template, values=values)
    assert refused.value.code == code
    assert prompts(fake) == []


async def test_what_no_server_can_run_waits_for_a_person_with_the_fix_named(
    drawing: Studio, fake: FakeComfy, tmp_path: Path
) -> None:
    graph = json.loads(T2I.read_text())
    graph["1"]["inputs"]["ckpt_name"] = "nobody-has-this.safetensors"
    path = tmp_path / "missing.json"
    path.write_text(json.dumps(graph))
    answer = await workflow_runs.run_workflow(drawing, await imported(drawing, path), values={})
    assert answer["ok"] is False
    attempts = await drawing.store.list_attempts([UUID(str(answer["task_id"]))])
    (attempt,) = attempts[UUID(str(answer["task_id"]))]
    assert (attempt.error_class, attempt.error_code) == ("configuration", "graph_fits_no_server")
    assert "models/checkpoints" in attempt.message
    assert prompts(fake) == []


async def test_a_server_is_added_when_it_answers_and_its_secrets_are_not_shown(
    studio: Studio, fake: FakeComfy
) -> None:
    with pytest.raises(ServiceFailed) as failed:
        await servers.add_server(studio, CLOSED)
    assert failed.value.code == "server_no_answer"
    added = await servers.add_server(studio, f"{fake.url}/", headers={"X-Key": "s3cret"})
    assert added["version"] == "0.33.0"
    listed = await servers.list_servers(studio)
    assert [(row["url"], row["headers"]) for row in listed["items"]] == [
        (fake.url, {"X-Key": "•••"})
    ]
    again = await servers.add_server(studio, fake.url, cost_per_hour=2.5)
    assert again["item"]["id"] == added["item"]["id"]
    assert (await servers.check_server(studio, CLOSED))["ok"] is False
    await servers.remove_server(studio, fake.url)
    with pytest.raises(NotFound):
        await servers.remove_server(studio, fake.url)


async def test_only_loopback_is_reached_when_offline(studio: Studio) -> None:
    with pytest.raises(InputRefused) as refused:
        await servers.check_server(studio, "http://192.0.2.1:8188")
    assert refused.value.code == "server_not_local"


async def test_a_server_of_the_settings_is_listed_and_cannot_be_removed(
    drawing: Studio, fake: FakeComfy
) -> None:
    listed = await servers.list_servers(drawing)
    assert [row["url"] for row in listed["items"]] == [fake.url]
    with pytest.raises(InputRefused) as refused:
        await servers.remove_server(drawing, fake.url)
    assert refused.value.code == "server_from_settings"


async def test_roles_are_found_by_the_nodes_of_a_server(studio: Studio, fake: FakeComfy) -> None:
    answer = await workflows.check_workflow(studio, T2I, against=NodeSource(server=fake.url))
    assert answer["valid"] is True


async def test_doctor_shows_every_server_and_fails_for_one_that_is_silent(
    drawing: Studio, fake: FakeComfy
) -> None:
    await servers.add_server(drawing, CLOSED, unchecked=True)
    report = await doctor(drawing)
    assert {row["url"]: row["reachable"] for row in report["servers"]} == {
        fake.url: True,
        CLOSED: False,
    }
    assert report["active"]["generator"] == "comfyui"
    states = {row["id"]: row["state"] for row in report["checks"]}
    assert (states[f"server.{fake.url}"], states[f"server.{CLOSED}"]) == ("ok", "fail")
    assert report["ok"] is False


async def test_of_equal_servers_the_one_that_has_the_models_gets_the_graph(
    tmp_path: Path, fake: FakeComfy
) -> None:
    with serving(FakeOptions(seconds_per_job=0.05)) as other:
        settings = load_settings(
            home=tmp_path / "data",
            voice="silent",
            offline=True,
            comfyui_url=f"{fake.url},{other.url}",
        )
        async with open_studio(settings) as studio:
            template = await imported(studio)
            for server, seed in ((other.url, 1), (None, 2)):
                answer = await workflow_runs.run_workflow(
                    studio, template, values={"seed": seed}, server=server
                )
                assert answer["ok"] is True
        assert (len(prompts(fake)), len(prompts(other))) == (0, 2)


async def test_servers_that_another_process_added_are_counted(studio: Studio) -> None:
    pool = ServerPool(studio.database, f"{CLOSED},http://127.0.0.1:10")
    assert pool.count == 2
    watching = asyncio.create_task(pool.watch(every_s=0.01))
    await servers.add_server(
        studio, "http://127.0.0.1:11", cost_per_hour=2, currency="EUR", unchecked=True
    )
    await until(lambda: pool.count == 3)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    assert pool.prices == {"http://127.0.0.1:11": (2.0, "EUR")}
