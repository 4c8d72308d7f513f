"""POST /api/translate and GET /api/consistency."""

from __future__ import annotations

import httpx

SHOT = {
    "id": "s-7",
    "storyboard": {
        "description": "Ned grips the wheel in a storm, low angle.",
        "characters": ["ned"],
        "generation_config": {"output": "image", "consistency_level": "low"},
    },
    "character_assets": [{"id": "ned", "name": "Ned", "reference_images": ["img-ned-1"]}],
    "available_workflows": ["*"],
}


async def test_a_shot_is_answered_with_its_graph(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/translate?seed=11", json=SHOT)
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert (document["id"], document["ok"], document["level"]) == ("s-7", True, "low")
    assert document["parameters"]["seed"] == 11
    assert document["slots"]["angle"] == "low"
    (row,) = document["bindings"]["ip_adapter"]
    assert row["asset_id"] == "img-ned-1"
    assert set(row["nodes"]) <= set(document["workflow_json"])
    assert document["uploads"] == [
        {"asset_id": "img-ned-1", "folder": "input", "name": "img-ned-1.png"}
    ]


async def test_what_cannot_be_translated_is_a_problem(client: httpx.AsyncClient) -> None:
    for body, code in (
        ({}, "translate_input_invalid"),
        ({**SHOT, "available_workflows": []}, "translate_no_workflows"),
        ({**SHOT, "available_workflows": [{"family": "none"}]}, "translate_no_match"),
    ):
        answer = await client.post("/api/translate", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert answer.json()["hint"]
    unknown = await client.post("/api/translate", json={**SHOT, "colour": "red"})
    assert "unknown_key" in {row["code"] for row in unknown.json()["warnings"]}


async def test_the_tables_of_consistency_are_told_in_both_languages(
    client: httpx.AsyncClient,
) -> None:
    document = (await client.get("/api/consistency")).json()
    assert set(document) >= {"levels", "methods", "limits", "families"}
    for key in ("levels", "methods", "limits"):
        assert all(row["zh"]["name"] and row["en"]["name"] for row in document[key])
    families = {(row["category"], row["family"]): row for row in document["families"]}
    assert families["image", "sdxl"]["low"] == "ip_adapter"
    assert families["video", "wan22"]["low"] == "first_frame"


async def test_a_model_that_is_not_enabled_is_never_swapped_for_another(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post("/api/translate?llm=anthropic", json=SHOT)
    assert (answer.status_code, answer.json()["code"]) == (422, "not_available")
    assert "llm enable anthropic" in answer.json()["hint"]
    assert (await client.post("/api/translate?llm=rules", json=SHOT)).json()["ok"] is True
    assert (await client.post("/api/translate?llm=gpt", json=SHOT)).status_code == 422
