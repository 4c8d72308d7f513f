"""ComfyUI's official templates over HTTP."""

from __future__ import annotations

import httpx


async def test_an_official_template_is_found_and_kept(client: httpx.AsyncClient) -> None:
    found = (await client.get("/api/workflows/official", params={"words": "z-image text"})).json()
    [template] = [row for row in found["items"] if row["name"] == "image_z_image_turbo"]
    assert (template["is_local"], template["size_bytes"] > 10**10) == (True, True)
    body = {"template": template["name"], "name": "Z"}
    kept = await client.post("/api/workflows/official", json=body)
    assert (kept.status_code, kept.json()["name"], kept.json()["family"]) == (201, "Z", "z_image")
    unknown = await client.post("/api/workflows/official", json={"template": "z_image_turbo"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "official_template_unknown")
    assert "image_z_image_turbo" in unknown.json()["detail"]
