"""LoRA files over HTTP: the plan's routes and filters."""

from __future__ import annotations

import io
from typing import Any

import httpx
from PIL import Image
from tests.lora_files import unet_lora

from ai_video.asgi import create_app
from ai_video.studio.health.doctor import doctor
from ai_video.studio.studio import Studio

SDXL, SD15 = unet_lora(2048), unet_lora(768)


async def upload(client: httpx.AsyncClient, data: bytes = SDXL, **said: Any) -> Any:
    answer = await client.post("/api/loras", params=said, content=data)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_lora_goes_through_all_routes_of_the_plan(
    client: httpx.AsyncClient, project: str
) -> None:
    lora = await upload(
        client, file_name="xm.safetensors", project_id=project, name="小明", type="character",
        tags="anime,female", trigger_words="xmboy, red coat", recommended_weight=0.7, weight_max=1.2,
    )  # fmt: skip
    assert lora["weight_range"] == {"min": 0.3, "max": 1.2}
    assert lora["trigger_words"] == ["xmboy", "red coat"]
    await upload(client, SD15, file_name="ink.safetensors", type="style")

    async def found(query: str) -> list[str]:
        return [row["id"] for row in (await client.get(f"/api/loras?{query}")).json()["items"]]

    assert await found(f"type=character&base_model=SDXL&project_id={project}") == [lora["id"]]
    assert await found("tags=anime,female&status=ready") == [lora["id"]]
    assert len(await found("")) == 2
    url = f"/api/loras/{lora['id']}"
    assert (await client.get(url)).json()["name"] == "小明"
    edit = await client.put(url, json={"description": "hero", "weight_range": {"min": 0.5}})
    assert edit.json()["item"]["weight_range"] == {"min": 0.5, "max": 1.2}
    picture = io.BytesIO()
    Image.new("RGB", (16, 9), "red").save(picture, "PNG")
    preview = await client.post(f"{url}/preview?name=a.png", content=picture.getvalue())
    assert preview.status_code == 201
    shown = await client.get(preview.json()["preview_urls"][0])
    assert (shown.content, shown.headers["content-type"]) == (picture.getvalue(), "image/png")
    assert (await client.get(f"{url}/check")).json()["ok"] is True
    fit = (await client.get(f"{url}/compatibility?base_model=sd15")).json()
    assert (fit["compatible"], fit["reason"]["code"]) == ("no", "other_base_model")
    person = await client.post("/api/characters", json={"project_id": project, "name": "小明"})
    asked = {"character_id": person.json()["id"], "base_model": "sdxl"}
    chosen = (await client.post("/api/loras/select", json=asked)).json()
    assert (chosen["selected"]["id"], chosen["assigned"]) == (lora["id"], False)
    assert (await client.post(f"{url}/archive")).json()["status"] == "archived"
    assert (await client.post(f"{url}/restore")).json()["status"] == "ready"
    assert (await client.delete(url)).status_code == 200
    assert (await client.get(url)).status_code == 404


async def test_a_download_has_the_name_and_serves_ranges(client: httpx.AsyncClient) -> None:
    lora = await upload(client, file_name="小明.safetensors")
    whole = await client.get(lora["url"])
    assert whole.content == SDXL
    assert "%E5%B0%8F%E6%98%8E.safetensors" in whole.headers["content-disposition"]
    assert whole.headers["content-disposition"].startswith("attachment")
    part = await client.get(lora["url"], headers={"range": "bytes=8-19"})
    assert (part.status_code, part.content) == (206, SDXL[8:20])
    assert (await client.head(lora["url"])).headers["content-length"] == str(len(SDXL))


async def test_refusals_are_problems_with_their_code(client: httpx.AsyncClient) -> None:
    async def refused(data: bytes = SDXL, **said: Any) -> tuple[int, str]:
        answer = await client.post("/api/loras", params=said, content=data)
        return answer.status_code, answer.json()["code"]

    assert await refused(b"<!doctype html><p>Log in", type="style") == (422, "lora_is_web_page")
    assert await refused(type="person") == (422, "invalid_value")
    assert await refused(recommended_weight=3) == (422, "lora_weights_refused")
    assert await refused(colour="red") == (422, "invalid_value")
    lora = await upload(client)
    answer = await client.put(f"/api/loras/{lora['id']}", json={"file_hash": "0" * 32})
    assert answer.json()["code"] == "field_is_given"
    assert (await client.get("/api/loras")).json()["items"][0]["id"] == lora["id"]


async def test_a_used_lora_goes_only_by_force(client: httpx.AsyncClient, project: str) -> None:
    lora = await upload(client, project_id=project)
    body = {"project_id": project, "name": "Ming", "lora_model_id": lora["id"]}
    hero = (await client.post("/api/characters", json=body)).json()
    answer = await client.delete(f"/api/loras/{lora['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "lora_in_use")
    assert "Ming" in answer.json()["detail"]
    assert (await client.delete(f"/api/loras/{lora['id']}?force=true")).status_code == 200
    assert (await client.get(f"/api/characters/{hero['id']}")).json()["lora_model_id"] is None


async def test_a_lora_larger_than_a_json_body_may_be_is_taken_and_doctor_reads_it_again(
    client: httpx.AsyncClient, studio: Studio
) -> None:
    app = create_app(studio)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8420") as plain:
        said = {"content-length": str(65 << 20)}
        answer = await plain.post("/api/loras", content=SDXL, headers=said)
    assert answer.status_code == 201
    await app.live.stop()
    (blob,) = [path for path in (studio.settings.home / "blobs").rglob("*") if path.is_file()]
    blob.chmod(0o644)
    blob.write_bytes(SDXL[:-1] + b"\x01")
    report: Any = await doctor(studio, deep=True)
    assert [row["state"] for row in report["checks"] if row["id"] == "blobs"] == ["fail"]
