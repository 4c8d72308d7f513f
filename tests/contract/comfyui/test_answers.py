"""What servers answer, word for word: the fakes say the same as the real one."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.asyncio.client import connect

from .conftest import Target, node, plain_picture

TROUBLE = "Server got itself in trouble"


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({}, 400, "no_prompt"),
        ({"prompt": {}}, 400, "prompt_no_outputs"),
        ({"prompt": {"1": node("EmptyImage", width=8, height=8, batch_size=1, color=1)}}, 400,
         "prompt_no_outputs"),
        ({"prompt": {"1": 5}}, 500, None),
        ({"prompt": {"9": node("SaveImage", filename_prefix="x")}}, 400,
         "prompt_outputs_failed_validation"),
    ],
)  # fmt: skip
async def test_prompts_are_refused_alike(
    http: httpx.AsyncClient, body: dict[str, Any], status: int, kind: str | None
) -> None:
    answer = await http.post("/prompt", json=body)
    assert answer.status_code == status
    if kind is None:
        assert TROUBLE in answer.text
        return
    said = answer.json()
    assert said["error"]["type"] == kind
    assert set(said["error"]) == {"type", "message", "details", "extra_info"}
    assert isinstance(said["node_errors"], dict)


async def test_a_body_that_is_no_json_troubles_the_server(http: httpx.AsyncClient) -> None:
    answer = await http.post("/prompt", content=b"{nojson")
    assert answer.status_code == 500
    assert TROUBLE in answer.text


async def test_errors_of_nodes_have_their_form(http: httpx.AsyncClient, unique: str) -> None:
    graph = plain_picture(unique)
    graph["1"]["inputs"] |= {"width": -5, "height": "x"}
    said = (await http.post("/prompt", json={"prompt": graph})).json()
    entry = said["node_errors"]["1"]
    assert (entry["class_type"], entry["dependent_outputs"]) == ("EmptyImage", ["9"])
    found = {error["type"]: error for error in entry["errors"]}
    assert set(found) == {"value_smaller_than_min", "invalid_input_type"}
    extra = found["value_smaller_than_min"]["extra_info"]
    assert (extra["input_name"], extra["received_value"]) == ("width", -5)
    assert found["value_smaller_than_min"]["details"] == "width"


@pytest.mark.parametrize("prefix", ["", "/api"])
async def test_unknown_ids_are_no_error(http: httpx.AsyncClient, prefix: str) -> None:
    unknown = str(uuid4())
    history = await http.get(f"{prefix}/history/{unknown}")
    assert (history.status_code, history.json()) == (200, {})
    for path, body in (
        ("/queue", {"delete": [unknown]}),
        ("/history", {"delete": [unknown]}),
        ("/interrupt", {"prompt_id": unknown}),
    ):
        answer = await http.post(prefix + path, json=body)
        assert (answer.status_code, answer.content) == (200, b"")
    assert (await http.get(f"{prefix}/object_info/NoSuchNode")).json() == {}
    assert (await http.get(f"{prefix}/models/no_such_folder")).status_code == 404


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"filename": "no-such.png"}, 404),
        ({"filename": "../x.png"}, 400),
        ({"filename": "x.png", "type": "odd"}, 400),
        ({"filename": "x.png", "subfolder": "../.."}, 403),
        ({}, 404),
    ],
)
async def test_view_keeps_to_its_folders(
    http: httpx.AsyncClient, asked: dict[str, str], status: int
) -> None:
    assert (await http.get("/view", params=asked)).status_code == status


async def test_uploads_keep_to_their_folders(http: httpx.AsyncClient) -> None:
    async def up(name: str, **data: str) -> int:
        files = {"image": (name, b"x", "image/png")}
        return (await http.post("/upload/image", files=files, data=data)).status_code

    assert await up("n.txt", subfolder="../..") == 400
    assert await up("../y.png") == 400
    assert (await http.post("/upload/image", data={"type": "input"})).status_code == 400


async def test_other_origins_are_turned_away(http: httpx.AsyncClient) -> None:
    answer = await http.get("/system_stats", headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403


async def test_queue_and_history_have_their_form(http: httpx.AsyncClient, unique: str) -> None:
    prompt_id, graph = str(uuid4()), plain_picture(unique)
    body = {
        "prompt": graph,
        "prompt_id": prompt_id,
        "client_id": "me",
        "extra_data": {"api_key_comfy_org": "secret", "extra_pnginfo": {"workflow": {"id": "w"}}},
    }
    answer = (await http.post("/prompt", json=body)).json()
    assert answer["prompt_id"] == prompt_id
    assert answer["node_errors"] == {}
    for _ in range(200):
        queue = (await http.get("/queue")).json()
        assert set(queue) == {"queue_running", "queue_pending"}
        if found := (await http.get(f"/history/{prompt_id}")).json():
            break
        await asyncio.sleep(0.05)
    entry = found[prompt_id]
    number, given, sent, extra, outputs = entry["prompt"]
    assert (number, given, sent, outputs) == (answer["number"], prompt_id, graph, ["9"])
    assert extra["client_id"] == "me"
    assert "api_key_comfy_org" not in extra or entry["prompt"][3] != body["extra_data"]
    assert entry["status"]["status_str"] == "success"
    assert entry["status"]["completed"] is True
    assert [name for name, _ in entry["status"]["messages"]] == [
        "execution_start", "execution_cached", "execution_success",
    ]  # fmt: skip
    [image] = entry["outputs"]["9"]["images"]
    assert set(image) == {"filename", "subfolder", "type"}


async def events_of(target: Target, graph: dict[str, Any], *, times: int = 1) -> list[Any]:
    """All that the socket says about the prompt, the last one of `times`."""
    client_id, found = uuid4().hex, []
    url = target.url.replace("http", "ws", 1) + f"/ws?clientId={client_id}"
    async with connect(url, max_size=None) as socket, httpx.AsyncClient() as http:
        first = json.loads(await socket.recv())
        assert first["type"] == "status"
        assert first["data"]["sid"] == client_id
        for _ in range(times):
            prompt_id, found = str(uuid4()), []
            body = {"prompt": graph, "prompt_id": prompt_id, "client_id": client_id}
            await http.post(f"{target.url}/prompt", json=body)
            while not found or found[-1] != ("executing", None):
                message = await asyncio.wait_for(socket.recv(), 60)
                event = json.loads(message)
                data = event["data"]
                if data.get("prompt_id") == prompt_id:
                    where = (
                        data.get("nodes")
                        if event["type"] == "execution_cached"
                        else data.get("node")
                    )
                    found.append((event["type"], where))
    return found


async def test_events_come_in_their_order(target: Target, unique: str) -> None:
    events = await events_of(target, plain_picture(unique))
    assert [event for event in events if event[0] != "progress_state"] == [
        ("execution_start", None),
        ("execution_cached", []),
        ("executing", "1"),
        ("executing", "9"),
        ("executed", "9"),
        ("execution_success", None),
        ("executing", None),
    ]


async def test_the_same_prompt_again_is_all_cached(target: Target, unique: str) -> None:
    events = await events_of(target, plain_picture(unique), times=2)
    kept = [event for event in events if event[0] != "progress_state"]
    assert kept == [
        ("execution_start", None),
        ("execution_cached", ["1", "9"]),
        ("executed", "9"),
        ("execution_success", None),
        ("executing", None),
    ]


async def test_jobs_and_their_cancelling_are_absent_from_older_versions(
    target: Target, http: httpx.AsyncClient
) -> None:
    version = (await http.get("/system_stats")).json()["system"]["comfyui_version"]
    release = tuple(int(part) for part in version.split(".")[:2])
    answer = await http.get(f"/api/jobs/{uuid4()}")
    assert answer.status_code == 404
    has_jobs = release >= (0, 5)
    assert answer.content.startswith(b"{") == has_jobs
    if has_jobs:
        assert set(answer.json()) == {"error"}
        listed = (await http.get("/api/jobs", params={"limit": "2"})).json()
        assert set(listed) == {"jobs", "pagination"}
    wrong = await http.post("/api/jobs/NOT-A-UUID/cancel")
    assert wrong.status_code in ((400,) if release > (0, 8) else (404, 405))


async def ended(http: httpx.AsyncClient, prompt_id: str) -> dict[str, Any]:
    """The history of a prompt, as soon as there is one."""
    for _ in range(400):
        if found := (await http.get(f"/history/{prompt_id}")).json():
            return found[prompt_id]
        await asyncio.sleep(0.05)
    raise AssertionError("it never ended")


async def post(http: httpx.AsyncClient, graph: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = await http.post("/prompt", json={"prompt": graph, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def heard_by(socket: Any, prompt_id: str, *, patience_s: float = 1.5) -> set[str]:
    """Kinds of events about a prompt, until its end or until nothing comes any more."""
    kinds: set[str] = set()
    while "executing null" not in kinds:
        try:
            event = json.loads(await asyncio.wait_for(socket.recv(), patience_s))
        except TimeoutError:
            break
        if event["data"].get("prompt_id") == prompt_id:
            kinds.add(event["type"])
            if event["type"] == "executing" and event["data"]["node"] is None:
                kinds.add("executing null")
    return kinds


async def test_numbers_decide_who_is_next(http: httpx.AsyncClient, unique: str) -> None:
    first = await post(http, plain_picture(unique))
    ahead = await post(http, plain_picture(unique), front=True)
    between = await post(http, plain_picture(unique), number=0.5)
    last = await post(http, plain_picture(unique))
    assert ahead["number"] == -(first["number"] + 1)
    assert between["number"] == 0.5
    assert last["number"] == first["number"] + 2
    for said in (first, ahead, between, last):
        await ended(http, said["prompt_id"])


async def test_race_2_an_old_socket_takes_the_new_one_of_its_id_along(
    target: Target, http: httpx.AsyncClient, unique: str
) -> None:
    if target.kind != "real":
        await http.post("/_fake/races", json={"same_client_id": None})
    url = f"{target.url.replace('http', 'ws', 1)}/ws?clientId={unique}"
    old = await connect(url, max_size=None)
    async with connect(url, max_size=None) as new:
        await new.recv()
        await old.close()
        await asyncio.sleep(0.3)
        said = await post(http, plain_picture(unique), client_id=unique)
        assert await heard_by(new, said["prompt_id"]) == set()
    if target.kind != "real":
        await http.post("/_fake/races", json={"same_client_id": 0})


async def test_race_3_progress_of_prompts_without_client_id_reaches_everybody(
    target: Target, http: httpx.AsyncClient, unique: str
) -> None:
    url = target.url.replace("http", "ws", 1) + "/ws?clientId="
    async with connect(url + uuid4().hex) as one, connect(url + uuid4().hex) as other:
        said = await post(http, plain_picture(unique))
        for socket in (one, other):
            assert "progress_state" in await heard_by(socket, said["prompt_id"])


async def test_race_5_one_id_posted_twice_runs_twice(http: httpx.AsyncClient, unique: str) -> None:
    prompt_id = str(uuid4())
    first = await post(http, plain_picture(unique), prompt_id=prompt_id)
    second = await post(http, plain_picture(unique[::-1]), prompt_id=prompt_id)
    assert first["prompt_id"] == second["prompt_id"] == prompt_id
    assert first["number"] < second["number"]
    await ended(http, prompt_id)
    for _ in range(100):
        entry = await ended(http, prompt_id)
        if entry["prompt"][0] == second["number"]:
            break
        await asyncio.sleep(0.05)
    assert entry["prompt"][0] == second["number"]


async def test_race_10_a_failed_node_is_told_in_the_history(
    http: httpx.AsyncClient, unique: str
) -> None:
    name = f"{unique}.png"
    await http.post("/upload/image", files={"image": (name, b"no picture", "image/png")})
    graph = {
        "1": node("LoadImage", image=name),
        "2": node("PreviewImage", images=["1", 0]),
    }
    entry = await ended(http, (await post(http, graph))["prompt_id"])
    assert entry["status"]["status_str"] == "error"
    assert entry["status"]["completed"] is False
    kind, fault = entry["status"]["messages"][-1]
    assert kind == "execution_error"
    assert (fault["node_id"], fault["node_type"]) == ("1", "LoadImage")
    assert fault["exception_type"] == "PIL.UnidentifiedImageError"
    assert {"executed", "exception_message", "traceback", "current_inputs"} <= set(fault)
