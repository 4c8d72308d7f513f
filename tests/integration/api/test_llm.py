"""Language models over HTTP: seen, enabled after notice and price, tried, disabled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from ai_video.llm.fake_api.server import FakeLLM, serving


@pytest.fixture
def fake() -> Iterator[FakeLLM]:
    with serving() as running:
        yield running


@pytest.fixture
def body(fake: FakeLLM, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("MADE_UP_API_KEY", "sk-made-up")
    return {"url": fake.url, "key_env": "MADE_UP_API_KEY", "accept": True}


async def test_a_model_is_enabled_tried_and_disabled(
    client: httpx.AsyncClient, fake: FakeLLM, body: dict[str, Any]
) -> None:
    before = (await client.get("/api/llm")).json()
    assert [item["enabled"] for item in before["items"]] == [False] * 3
    assert before["active"]["name"] == "rules"

    enabled = await client.post("/api/llm/anthropic/enable", json=body)
    assert enabled.status_code == 200, enabled.text
    assert enabled.json()["item"]["ready"] is True
    assert (await client.get("/api/llm")).json()["active"]["reason"] == "first_ready"

    tried = await client.post("/api/llm/anthropic/test")
    assert tried.status_code == 200, tried.text
    assert tried.json()["answer"] == "ready"
    assert [row["task"] for row in fake.log] == ["test"]

    fake.play({"otherwise": {"error": {"status": 401, "message": "no"}}})
    refused = await client.post("/api/llm/anthropic/test")
    assert (refused.status_code, refused.json()["code"]) == (502, "llm_unauthorized")

    assert (await client.post("/api/llm/anthropic/disable")).json()["item"]["enabled"] is False
    gone = await client.post("/api/llm/anthropic/test")
    assert (gone.status_code, gone.json()["code"]) == (422, "not_available")
    seen = (await client.get("/api/llm")).text + enabled.text + refused.text
    assert "sk-made-up" not in seen


async def test_without_consent_the_notice_is_the_answer_in_the_readers_language(
    client: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    body["accept"] = False
    answer = await client.post(
        "/api/llm/anthropic/enable", json=body, headers={"Accept-Language": "zh"}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "llm_notice_unseen")
    assert "不会保存" in answer.json()["fields"]["notice"]
    assert "每百万 token" in answer.json()["fields"]["price"]


@pytest.mark.parametrize("name", ["PATH", "AWS_SECRET_ACCESS_KEY", "sk-made-up", "home"])
async def test_only_a_variable_for_api_keys_can_be_named(
    client: httpx.AsyncClient, body: dict[str, Any], name: str
) -> None:
    """Whoever may call the API must not have any variable sent to an address of their choice."""
    answer = await client.post("/api/llm/anthropic/enable", json={**body, "key_env": name})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")


async def test_an_unknown_name_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/llm/gemini/enable", json={"accept": True})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")
