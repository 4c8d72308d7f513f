"""Prompts on their way: refused, found again, cancelled, unknown, taken over by another process."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from ai_video.comfyui.address import ServerAddress
from ai_video.comfyui.client import Cancelled, ComfyClient, Finished, Lost
from ai_video.comfyui.events import Event, Progress
from ai_video.comfyui.failures import GraphRefused
from ai_video.comfyui.fake_server import FakeOptions, serving
from ai_video.errors import ConfigurationFailure

from .conftest import QUICK, Bench, node, plain_picture, text_to_image


async def until_running(client: ComfyClient, prompt_id: UUID) -> None:
    for _ in range(600):
        job = await client.look_up(prompt_id)
        assert job is not None
        if job.state == "running":
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never ran")


async def start_long_job(bench: Bench, unique: str) -> UUID:
    """A job that lasts for seconds; it runs when this returns."""
    graph = text_to_image(unique, await bench.checkpoint(), steps=bench.target.long_steps)
    prompt_id = uuid4()
    if bench.target.kind != "real":
        await switch(bench.target.url, slow=2)
    await bench.client.submit(prompt_id, graph)
    await until_running(bench.client, prompt_id)
    return prompt_id


async def switch(url: str, **races: int) -> None:
    async with httpx.AsyncClient(base_url=url) as http:
        await http.post("/_fake/races", json=races)


async def test_finished_prompt_is_known_for_ever(bench: Bench, unique: str) -> None:
    prompt_id, outcome = await bench.outcome(plain_picture(unique))
    assert isinstance(outcome, Finished)
    assert await bench.client.adopt(prompt_id)
    assert await bench.client.wait(prompt_id) == outcome
    assert await bench.client.cancel(prompt_id) == "over"


async def test_unknown_prompt_is_lost(bench: Bench) -> None:
    prompt_id = uuid4()
    assert not await bench.client.adopt(prompt_id)
    assert await bench.client.wait(prompt_id) == Lost(prompt_id)
    assert await bench.client.cancel(prompt_id) == "unknown"


async def test_refused_graph_names_node_input_and_reason(bench: Bench, unique: str) -> None:
    graph = plain_picture(unique)
    graph["1"]["inputs"]["width"] = -5
    with pytest.raises(GraphRefused, match="comfyui_graph_refused") as refused:
        await bench.client.submit(uuid4(), graph)
    [refusal] = refused.value.refusals
    assert refusal.type == "value_smaller_than_min"
    assert (refusal.node, refusal.class_type, refusal.input) == ("1", "EmptyImage", "width")
    assert refusal.received == -5
    assert refused.value.error_class == "configuration"
    assert refused.value.fields["node"] == "1"


async def test_unknown_class_has_one_name_on_every_version(bench: Bench, unique: str) -> None:
    graph = plain_picture(unique) | {"5": node("NoSuchNode")}
    with pytest.raises(GraphRefused) as refused:
        await bench.client.submit(uuid4(), graph)
    [refusal] = refused.value.refusals
    assert (refusal.type, refusal.class_type) == ("missing_node_type", "NoSuchNode")
    assert refusal.node == "5"


async def test_graph_that_would_run_in_part_is_refused_and_taken_back(
    bench: Bench, unique: str
) -> None:
    graph = plain_picture(unique)
    graph["10"] = node("SaveImage", images=["77", 0], filename_prefix="contract/never")
    prompt_id = uuid4()
    blocker = await start_long_job(bench, unique)
    with pytest.raises(GraphRefused) as refused:
        await bench.client.submit(prompt_id, graph)
    assert refused.value.refusals[0].node == "10"
    assert await bench.client.look_up(prompt_id) is None
    assert await bench.client.cancel(blocker) == "stopped"
    assert await bench.client.wait(blocker) == Cancelled(blocker)


@pytest.mark.parametrize("graph", [{}, {"1": 5}, {"1": {"class_type": "EmptyImage"}}])
async def test_what_is_no_graph_is_refused_before_it_is_sent(
    client: ComfyClient, graph: dict[str, object]
) -> None:
    with pytest.raises(GraphRefused):
        await client.submit(uuid4(), graph)  # type: ignore[arg-type]


async def test_lora_that_could_not_be_found_again_is_not_trained(client: ComfyClient) -> None:
    graph = {"5": node("SaveLoRA", lora=["4", 0], prefix="elsewhere/x", steps=1)}
    with pytest.raises(ConfigurationFailure, match="comfyui_lora_prefix"):
        await client.submit(uuid4(), graph)


async def test_running_prompt_is_cancelled(bench: Bench, unique: str) -> None:
    prompt_id = await start_long_job(bench, unique)
    assert await bench.client.cancel(prompt_id) == "stopped"
    assert await bench.client.wait(prompt_id) == Cancelled(prompt_id)


async def test_waiting_prompt_is_cancelled_and_the_running_one_goes_on(
    bench: Bench, unique: str
) -> None:
    running = await start_long_job(bench, unique)
    waiting = uuid4()
    await bench.client.submit(waiting, plain_picture(unique))
    job = await bench.client.look_up(waiting)
    assert job is not None
    assert (job.state, job.ahead) == ("pending", 1) or bench.target.kind != "fake-0.3.75"
    assert await bench.client.cancel(waiting) == "stopped"
    assert await bench.client.wait(waiting) in (Lost(waiting), Cancelled(waiting))
    still = await bench.client.look_up(running)
    assert still is not None
    assert still.state == "running"
    assert await bench.client.cancel(running) == "stopped"
    assert await bench.client.wait(running) == Cancelled(running)


async def test_another_process_takes_a_running_prompt_over(bench: Bench, unique: str) -> None:
    graph = text_to_image(unique, await bench.checkpoint(), steps=12)
    prompt_id = uuid4()
    if bench.target.kind != "real":
        await switch(bench.target.url, history_late=1)
    async with ComfyClient(ServerAddress(bench.target.url), timing=QUICK) as first:
        await first.submit(prompt_id, graph)
    async with ComfyClient(ServerAddress(bench.target.url), timing=QUICK) as second:
        assert await second.adopt(prompt_id)
        outcome = await second.wait(prompt_id)
    assert isinstance(outcome, Finished)
    assert len(outcome.outputs.kept) == 1


async def test_events_go_only_to_the_prompt_they_belong_to(bench: Bench, unique: str) -> None:
    checkpoint = await bench.checkpoint()
    ids = [uuid4(), uuid4()]
    heard: dict[UUID, list[Event]] = {prompt_id: [] for prompt_id in ids}
    for number, prompt_id in enumerate(ids):
        graph = text_to_image(unique, checkpoint, steps=3)
        graph["5"]["inputs"]["seed"] = number
        await bench.client.submit(prompt_id, graph)
    await asyncio.gather(
        *(bench.client.wait(prompt_id, hear=heard[prompt_id].append) for prompt_id in ids)
    )
    for prompt_id in ids:
        assert any(isinstance(event, Progress) for event in heard[prompt_id])
        assert {event.prompt_id for event in heard[prompt_id]} == {str(prompt_id)}


async def test_memory_is_asked_back(client: ComfyClient) -> None:
    await client.free()


async def test_lora_needs_to_be_safetensors(client: ComfyClient, tmp_path: Path) -> None:
    pickled = tmp_path / "a.safetensors"
    pickled.write_bytes(b"\x80\x04\x95 no safetensors")
    with pytest.raises(ConfigurationFailure, match="comfyui_lora_unsafe"):
        await client.files.deliver_lora(pickled, name="a.safetensors")


async def test_shared_models_folder_spares_the_upload(tmp_path: Path) -> None:
    models = tmp_path / "models"
    (models / "loras").mkdir(parents=True)
    lora = tmp_path / "x.safetensors"
    lora.write_bytes((2).to_bytes(8, "little") + b"{}")
    with serving(FakeOptions(models=models)) as fake:
        address = ServerAddress(fake.url, models_folder=models)
        async with ComfyClient(address, timing=QUICK) as client:
            name = await client.files.deliver_lora(lora, name="小明.safetensors")
        assert (models / "loras" / name).read_bytes() == lora.read_bytes()
        assert not [entry for entry in fake.log if "upload" in str(entry["path"])]


async def test_shared_folder_of_another_server_is_noticed(
    fake_client: ComfyClient, tmp_path: Path
) -> None:
    lora = tmp_path / "y.safetensors"
    lora.write_bytes((2).to_bytes(8, "little") + b"{}")
    address = ServerAddress(fake_client.url, models_folder=tmp_path / "other")
    async with ComfyClient(address, timing=QUICK) as client:
        with pytest.raises(ConfigurationFailure, match="comfyui_lora_not_listed"):
            await client.files.deliver_lora(lora, name="y.safetensors")
