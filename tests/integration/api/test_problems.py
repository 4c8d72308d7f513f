"""Every refusal is a problem with the catalogue's code, whatever layer refused."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from ai_video.errors import catalogue

JSON = {"content-type": "application/json"}
CASES: dict[str, tuple[str, str, dict[str, Any], int, str]] = {
    "unknown path": ("GET", "/api/nothing", {}, 404, "route_unknown"),
    "unknown page": ("GET", "/page/nothing.js", {}, 404, "route_unknown"),
    "part of a later version": ("POST", "/api/lora-training", {"json": {}}, 404, "not_available"),
    "wrong method": ("DELETE", "/api/health", {}, 405, "method_not_allowed"),
    "no id": ("GET", "/api/projects/x", {}, 422, "invalid_value"),
    "broken JSON": ("POST", "/api/projects", {"content": b"{", "headers": JSON}, 422, "invalid_value"),
    "no JSON": ("POST", "/api/projects", {"content": b"name=a"}, 422, "invalid_value"),
    "missing field": ("POST", "/api/projects", {"json": {}}, 422, "invalid_value"),
    "unknown field": ("POST", "/api/projects", {"json": {"name": "a", "x": 1}}, 422, "unknown_field"),
    "field of ours": ("POST", "/api/projects", {"json": {"name": "a", "status": "completed"}}, 422, "field_is_given"),
    "bad enum": ("POST", "/api/make", {"json": {"text": "a", "mode": "opera"}}, 422, "invalid_value"),
    "a file over HTTP": ("POST", "/api/make", {"json": {"text": "a", "output": "/x"}}, 422, "invalid_value"),
    "lone surrogate": ("POST", "/api/projects", {"content": b'{"name":"\\ud800"}', "headers": JSON}, 422, "invalid_value"),
    "limit": ("GET", "/api/projects?limit=0", {}, 422, "invalid_value"),
    "cursor": ("GET", "/api/projects?cursor=nonsense", {}, 422, "cursor_unusable"),
    "foreign host": ("GET", "/api/projects", {"headers": {"host": "evil.example"}}, 403, "host_refused"),
    "foreign origin": ("POST", "/api/projects", {"json": {"name": "a"}, "headers": {"origin": "http://evil.example"}}, 403, "origin_refused"),
    "too long": ("POST", "/api/projects", {"content": b"", "headers": {**JSON, "content-length": str(1 << 30)}}, 413, "body_too_large"),
    "unknown voice": ("GET", "/api/voices/nobody:x/sample", {}, 404, "not_found"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
async def test_a_refusal_is_a_problem(client: httpx.AsyncClient, case: str) -> None:
    method, path, rest, status, code = CASES[case]
    answer = await client.request(method, path, **rest)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), problem
    assert problem["status"] == status
    assert problem["hint"]
    assert problem["detail"]
    assert code in catalogue()


async def test_a_problem_speaks_the_readers_language(client: httpx.AsyncClient) -> None:
    for asked, word in (("zh-CN,zh;q=0.9,en;q=0.8", "没有"), ("en", "nothing"), ("", "nothing")):
        answer = await client.get("/api/nothing", headers={"accept-language": asked})
        assert word in answer.json()["detail"]


async def test_a_body_that_grows_too_long_is_stopped(client: httpx.AsyncClient) -> None:
    async def endless() -> Any:
        yield b'{"name":"'
        for _ in range(70):
            yield b"a" * (1 << 20)

    answer = await client.post("/api/projects", content=endless(), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_our_own_bug_is_a_problem_without_a_traceback(app: Any) -> None:
    async def bug() -> None:
        raise ZeroDivisionError("secret detail")

    app.live  # noqa: B018  the application is running
    inner = app.inner
    inner.add_api_route("/api/bug", bug)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.get("/api/bug")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text
