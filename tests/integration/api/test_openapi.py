"""The OpenAPI document says what the routes do."""

from __future__ import annotations

from typing import Any

import httpx
import pytest


@pytest.fixture
async def openapi(client: httpx.AsyncClient) -> dict[str, Any]:
    return (await client.get("/api/openapi.json")).json()


async def test_every_route_of_the_contract_is_there(openapi: dict[str, Any]) -> None:
    contract = {
        "/api/projects", "/api/projects/{id}/copy", "/api/projects/{id}/archive",
        "/api/projects/{id}/progress", "/api/world-settings", "/api/characters", "/api/scenes",
        "/api/episodes/{id}/scripts", "/api/episodes/{id}/storyboards", "/api/episodes/{id}/make",
        "/api/episodes/{id}/film", "/api/episodes/{id}/undo", "/api/scripts", "/api/storyboards",
        "/api/storyboards/{id}/takes", "/api/storyboards/{id}/lock", "/api/lines", "/api/assets",
        "/api/dags", "/api/tasks", "/api/videos", "/api/health", "/api/events", "/api/voices",
        "/api/workflows", "/api/workflows/import", "/api/workflows/check", "/api/workflows/roles",
        "/api/workflows/{id}/runs", "/api/loras", "/api/translate", "/api/servers",
        "/api/consistency", "/api/chat", "/api/llm",
    }  # fmt: skip
    assert contract <= openapi["paths"].keys()


async def test_records_take_partial_bodies_by_put_and_patch(openapi: dict[str, Any]) -> None:
    for path in ("projects", "characters", "scenes", "episodes", "storyboards", "lines"):
        operations = openapi["paths"][f"/api/{path}/{{id}}"]
        for method in ("put", "patch"):
            schema = operations[method]["requestBody"]["content"]["application/json"]["schema"]
            body = openapi["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            assert "required" not in body, path


async def test_refusals_are_documented_as_problems(openapi: dict[str, Any]) -> None:
    for path, operations in openapi["paths"].items():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                if status >= "400" and status != "416":
                    assert list(answer["content"]) == ["application/problem+json"], path


async def test_operations_have_names_of_their_own(openapi: dict[str, Any]) -> None:
    names = [
        operation["operationId"]
        for operations in openapi["paths"].values()
        for operation in operations.values()
    ]
    assert len(names) == len(set(names))
