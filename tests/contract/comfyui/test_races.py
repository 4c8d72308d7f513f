"""The ten races of real servers, and other troubles, each staged on the fake one."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

from ai_video.comfyui.address import ServerAddress
from ai_video.comfyui.client import Cancelled, ComfyClient, Finished, Lost, Timing
from ai_video.comfyui.events import Event, ExecutionError, Progress
from ai_video.comfyui.fake_server import FakeComfy, FakeOptions, serving
from ai_video.errors import (
    ConfigurationFailure,
    ResourceFailure,
    SystemFailure,
    TaskFailed,
    TransientFailure,
)

from .conftest import QUICK, Graph, node, plain_picture, text_to_image

CHECKPOINT = "v1-5-pruned-emaonly-fp16.safetensors"


def shot(unique: str) -> Graph:
    return text_to_image(unique, CHECKPOINT, steps=6, side=64)


async def listen_until_closed(url: str) -> None:
    async with connect(url.replace("http", "ws", 1) + "/ws") as socket:
        while True:
            await socket.recv()


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_1_history_written_late_is_waited_for(
    fake: FakeComfy, fake_client: ComfyClient, unique: str
) -> None:
    fake.races.switch("history_late")
    prompt_id = uuid4()
    await fake_client.submit(prompt_id, plain_picture(unique))
    outcome = await fake_client.wait(prompt_id)
    assert isinstance(outcome, Finished)
    assert len(outcome.outputs.files) == 1


async def test_2_an_old_socket_takes_the_new_one_of_its_id_along(
    fake: FakeComfy, unique: str
) -> None:
    fake.races.switch("same_client_id")
    url = fake.url.replace("http", "ws", 1) + "/ws?clientId=same"
    async with httpx.AsyncClient(base_url=fake.url) as http:
        old = await connect(url)
        async with connect(url) as new:
            await new.recv()
            await old.close()
            await asyncio.sleep(0.1)
            body = {"prompt": plain_picture(unique), "client_id": "same"}
            await http.post("/prompt", json=body)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(new.recv(), 0.5)


async def test_2_the_client_gets_its_end_without_the_socket(
    fake: FakeComfy, fake_client: ComfyClient, unique: str
) -> None:
    fake.races.switch("same_client_id")
    await fake_client.listener.ready(patience_s=3)
    url = f"{fake.url.replace('http', 'ws', 1)}/ws?clientId={fake_client.listener.client_id}"
    async with connect(url):
        pass
    await asyncio.sleep(0.1)
    prompt_id, heard = uuid4(), list[Event]()
    await fake_client.submit(prompt_id, plain_picture(unique))
    assert isinstance(await fake_client.wait(prompt_id, hear=heard.append), Finished)
    assert heard == []


async def test_3_events_of_others_are_passed_over(
    fake: FakeComfy, fake_client: ComfyClient, unique: str
) -> None:
    fake.races.switch("foreign_prompts")
    prompt_id, heard = uuid4(), list[Event]()
    await fake_client.submit(prompt_id, shot(unique))
    assert isinstance(await fake_client.wait(prompt_id, hear=heard.append), Finished)
    assert {event.prompt_id for event in heard} == {str(prompt_id)}
    assert any(isinstance(event, Progress) for event in heard)
    assert not any(isinstance(event, ExecutionError) for event in heard)


async def test_4_prompt_of_a_killed_server_is_lost(
    fake: FakeComfy, fake_client: ComfyClient, unique: str
) -> None:
    fake.races.switch("server_killed", 1)
    prompt_id = uuid4()
    await fake_client.submit(prompt_id, shot(unique))
    with pytest.raises(ConnectionClosedError):
        await listen_until_closed(fake.url)
    assert await fake_client.wait(prompt_id) == Lost(prompt_id)
    again = uuid4()
    await fake_client.submit(again, shot(unique))
    assert isinstance(await fake_client.wait(again), Finished)


async def test_5_one_id_posted_twice_runs_twice(fake: FakeComfy, unique: str) -> None:
    prompt_id = str(uuid4())
    body = {"prompt": plain_picture(unique), "prompt_id": prompt_id}
    async with httpx.AsyncClient(base_url=fake.url) as http:
        answers = [(await http.post("/prompt", json=body)).json() for _ in range(2)]
    assert answers[0]["prompt_id"] == answers[1]["prompt_id"] == prompt_id
    assert answers[0]["number"] < answers[1]["number"]


async def test_5_lost_answer_is_looked_up_and_not_sent_again(fake: FakeComfy, unique: str) -> None:
    fake.races.switch("answer_lost", 1)
    prompt_id = uuid4()
    timing = replace(QUICK, post_s=0.3)
    async with ComfyClient(ServerAddress(fake.url), timing=timing) as client:
        submitted = await client.submit(prompt_id, shot(unique))
        assert submitted.found
        assert isinstance(await client.wait(prompt_id), Finished)
    assert fake.posted().count(str(prompt_id)) == 1


async def test_5_request_that_never_arrived_is_said_so(fake: FakeComfy, unique: str) -> None:
    fake.races.switch("request_lost", 1)
    prompt_id = uuid4()
    timing = replace(QUICK, post_s=0.3)
    async with ComfyClient(ServerAddress(fake.url), timing=timing) as client:
        with pytest.raises(TransientFailure, match="comfyui_not_accepted"):
            await client.submit(prompt_id, plain_picture(unique))
    assert fake.posted().count(str(prompt_id)) == 1


async def test_6_job_stopped_by_others_is_cancelled_not_failed(
    fake: FakeComfy, fake_client: ComfyClient, unique: str
) -> None:
    fake.races.switch("cancelled_by_others", 1)
    prompt_id = uuid4()
    await fake_client.submit(prompt_id, shot(unique))
    assert await fake_client.wait(prompt_id) == Cancelled(prompt_id)
    async with httpx.AsyncClient(base_url=fake.url) as http:
        entry = (await http.get(f"/history/{prompt_id}")).json()[str(prompt_id)]
    assert entry["status"]["status_str"] == "error"
    assert entry["status"]["messages"][-1][0] == "execution_interrupted"


async def test_6_waiting_job_deleted_by_others_leaves_no_trace(
    fake: FakeComfy, fake_client: ComfyClient, unique: str
) -> None:
    fake.races.switch("deleted_by_others", 1)
    running, waiting = uuid4(), uuid4()
    await fake_client.submit(running, shot(unique))
    await fake_client.submit(waiting, plain_picture(unique))
    assert await fake_client.wait(waiting) == Lost(waiting)
    assert isinstance(await fake_client.wait(running), Finished)


async def test_7_interrupt_counts_when_the_node_is_done(
    fake: FakeComfy, fake_client: ComfyClient, unique: str
) -> None:
    fake.races.switch("interrupt_late", 1)
    prompt_id = uuid4()
    await fake_client.submit(prompt_id, shot(unique))
    await asyncio.sleep(0.1)
    begun = time.monotonic()
    assert await fake_client.cancel(prompt_id) == "stopped"
    assert await fake_client.wait(prompt_id) == Cancelled(prompt_id)
    assert time.monotonic() - begun > 0.8


async def test_8_cached_prompt_names_a_file_that_may_be_gone(
    fake: FakeComfy, fake_client: ComfyClient, unique: str, tmp_path: Path
) -> None:
    fake.races.switch("cached_file_gone")
    graph, outcomes = plain_picture(unique), list[Finished]()
    for _ in range(2):
        prompt_id = uuid4()
        await fake_client.submit(prompt_id, graph)
        outcome = await fake_client.wait(prompt_id)
        assert isinstance(outcome, Finished)
        outcomes.append(outcome)
    assert outcomes[0].outputs == outcomes[1].outputs
    with pytest.raises(TransientFailure, match="comfyui_file_missing"):
        await fake_client.files.download(outcomes[1].outputs.files[0], tmp_path / "x.png")
    graph["9"]["inputs"]["filename_prefix"] += "-again"
    again = uuid4()
    await fake_client.submit(again, graph)
    outcome = await fake_client.wait(again)
    assert isinstance(outcome, Finished)
    got = await fake_client.files.download(outcome.outputs.files[0], tmp_path / "y.png")
    assert got.size > 0
    assert names_in(tmp_path) == ["y.png"]


async def test_9_names_are_those_of_the_server(unique: str, tmp_path: Path) -> None:
    lora = tmp_path / "x.safetensors"
    lora.write_bytes((2).to_bytes(8, "little") + b"{}")
    with serving(FakeOptions(races={"other_names": None}, seconds_per_job=0.05)) as fake:
        async with ComfyClient(ServerAddress(fake.url), timing=QUICK) as client:
            [name] = [
                name for name in await client.files.models("checkpoints") if CHECKPOINT in name
            ]
            assert name == f"models\\{CHECKPOINT}"
            with pytest.raises(ConfigurationFailure) as refused:
                await client.submit(uuid4(), text_to_image(unique, CHECKPOINT))
            assert "value_not_in_list" in str(refused.value)
            prompt_id = uuid4()
            await client.submit(prompt_id, text_to_image(unique, name))
            assert isinstance(await client.wait(prompt_id), Finished)
            delivered = await client.files.deliver_lora(lora, name="x.safetensors")
            assert delivered.startswith("models\\")
            assert await client.files.deliver_lora(lora, name="x.safetensors") == delivered


async def test_10_failed_job_keeps_what_was_done(
    fake: FakeComfy, fake_client: ComfyClient, unique: str
) -> None:
    fake.races.switch("partial_outputs", 1)
    graph = plain_picture(unique)
    graph["10"] = node("PreviewImage", images=["1", 0])
    prompt_id = uuid4()
    await fake_client.submit(prompt_id, graph)
    with pytest.raises(ConfigurationFailure, match="comfyui_node_failed"):
        await fake_client.wait(prompt_id)
    job = await fake_client.look_up(prompt_id)
    assert job is not None
    assert (job.state, len(job.outputs.files)) == ("failed", 1)


@pytest.mark.parametrize(
    ("race", "failure", "code"),
    [
        ("out_of_memory", ResourceFailure, "comfyui_out_of_memory"),
        ("device_error", SystemFailure, "comfyui_device_failed"),
        ("node_error", ConfigurationFailure, "comfyui_node_failed"),
    ],
)
async def test_trouble_in_a_node_has_its_class(
    fake: FakeComfy,
    fake_client: ComfyClient,
    unique: str,
    race: str,
    failure: type[TaskFailed],
    code: str,
) -> None:
    fake.races.switch(race, 1)
    prompt_id = uuid4()
    await fake_client.submit(prompt_id, shot(unique))
    with pytest.raises(failure, match=code) as raised:
        await fake_client.wait(prompt_id)
    assert (raised.value.fields["node"], raised.value.fields["class_type"]) == ("5", "KSampler")


async def test_silent_socket_is_made_up_for_by_asking(
    fake: FakeComfy, fake_client: ComfyClient, unique: str
) -> None:
    fake.races.switch("half_open_socket")
    prompt_id, heard = uuid4(), list[Event]()
    await fake_client.submit(prompt_id, shot(unique))
    assert isinstance(await fake_client.wait(prompt_id, hear=heard.append), Finished)
    assert heard == []


async def test_proxy_without_its_server_is_waited_for(
    fake: FakeComfy, fake_client: ComfyClient, unique: str
) -> None:
    prompt_id = uuid4()
    await fake_client.submit(prompt_id, shot(unique))
    fake.races.switch("unavailable", 6)
    assert isinstance(await fake_client.wait(prompt_id), Finished)


async def test_waiting_for_a_server_ends_when_it_is_told_to(
    fake: FakeComfy, fake_client: ComfyClient, unique: str
) -> None:
    prompt_id = uuid4()
    await fake_client.submit(prompt_id, shot(unique))
    fake.races.switch("unavailable")
    with pytest.raises(TransientFailure, match="comfyui_server_error"):
        await fake_client.wait(prompt_id, unreachable_s=0.3)


async def test_post_that_a_proxy_answers_is_looked_up(
    fake: FakeComfy, fake_client: ComfyClient, unique: str
) -> None:
    fake.races.switch("unavailable", 1)
    with pytest.raises(TransientFailure, match="comfyui_not_accepted"):
        await fake_client.submit(uuid4(), plain_picture(unique))


async def test_broken_download_leaves_nothing(
    fake: FakeComfy, fake_client: ComfyClient, unique: str, tmp_path: Path
) -> None:
    prompt_id = uuid4()
    await fake_client.submit(prompt_id, shot(unique))
    outcome = await fake_client.wait(prompt_id)
    assert isinstance(outcome, Finished)
    [file] = outcome.outputs.files
    fake.races.switch("truncated_download", 1)
    with pytest.raises(TransientFailure):
        await fake_client.files.download(file, tmp_path / "x.png")
    assert names_in(tmp_path) == []
    await fake_client.files.download(file, tmp_path / "x.png")


async def test_races_are_listed_and_switched_from_outside(fake: FakeComfy) -> None:
    async with httpx.AsyncClient(base_url=fake.url) as http:
        listed = (await http.get("/_fake/races")).json()
        numbers = {item["number"] for item in listed["items"] if item["number"]}
        assert numbers == set(range(1, 11))
        assert [item["name"] for item in listed["items"]] == listed["names"]
        on = (await http.post("/_fake/races", json={"slow": 2})).json()
        assert [item["name"] for item in on["items"] if item["on"]] == ["slow"]
        assert (await http.post("/_fake/races", json={"slow": 0})).status_code == 200
        wrong = await http.post("/_fake/races", json={"no_such_race": 1})
        assert wrong.status_code == 400
        assert "no_such_race" in wrong.json()["error"]


async def test_log_tells_every_request_and_whether_the_graph_was_valid(
    fake: FakeComfy, unique: str
) -> None:
    good, bad = str(uuid4()), str(uuid4())
    async with httpx.AsyncClient(base_url=fake.url) as http:
        await http.post("/prompt", json={"prompt": plain_picture(unique), "prompt_id": good})
        await http.post("/prompt", json={"prompt": {"1": node("Nope")}, "prompt_id": bad})
        await http.get(f"/history/{good}")
        items = (await http.get("/_fake/log")).json()["items"][-3:]
    assert [(item["method"], item["path"], item["prompt_id"], item["valid"]) for item in items] == [
        ("POST", "/prompt", good, True),
        ("POST", "/prompt", bad, False),
        ("GET", f"/history/{good}", good, None),
    ]
    assert items[0]["body"]["prompt"]["1"]["class_type"] == "EmptyImage"
    assert all(item["at"].endswith("+00:00") for item in items)


async def test_missing_and_closed_models_are_refused_as_on_a_server(
    unique: str, tmp_path: Path
) -> None:
    for options in (
        FakeOptions(missing=frozenset({CHECKPOINT})),
        FakeOptions(models=tmp_path),
    ):
        with serving(options) as fake:
            async with ComfyClient(ServerAddress(fake.url), timing=QUICK) as client:
                assert CHECKPOINT not in await client.files.models("checkpoints")
                with pytest.raises(ConfigurationFailure) as refused:
                    await client.submit(uuid4(), text_to_image(unique, CHECKPOINT))
                assert refused.value.fields["type"] == "value_not_in_list"
                assert refused.value.fields["input"] == "ckpt_name"


async def test_file_that_a_graph_names_is_listed_from_then_on(
    fake_client: ComfyClient, unique: str
) -> None:
    name = f"{unique}.safetensors"
    await fake_client.submit(uuid4(), text_to_image(unique, name))
    assert name in await fake_client.files.models("checkpoints")
    nodes = await fake_client.node_list(refresh=True)
    assert name in (nodes.nodes["CheckpointLoaderSimple"].inputs["ckpt_name"].choices or ())


async def test_server_that_is_not_there_is_said_at_once(unique: str) -> None:
    async with ComfyClient(
        ServerAddress("http://127.0.0.1:9"), timing=Timing(socket_s=0.1)
    ) as client:
        with pytest.raises(TransientFailure, match="comfyui_unreachable"):
            await client.submit(uuid4(), plain_picture(unique))


async def test_what_answers_without_being_comfyui_is_said_so(fake: FakeComfy) -> None:
    async with ComfyClient(ServerAddress(fake.url + "/elsewhere"), timing=QUICK) as client:
        with pytest.raises(SystemFailure, match="comfyui_strange_answer"):
            await client.system_stats()
