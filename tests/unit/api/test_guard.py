"""Who may ask: own hosts and origins; off loopback the token, the cookie or a signed file URL."""

from __future__ import annotations

import time

import pytest
from starlette.requests import HTTPConnection

from ai_video.asgi import COOKIE, Guard, is_loopback


def asks(path: str = "/api/projects", query: str = "", **headers: str) -> HTTPConnection:
    said = {"host": "127.0.0.1:8420", **{name.replace("_", "-"): v for name, v in headers.items()}}
    return HTTPConnection(
        {
            "type": "http",
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in said.items()],
        }
    )


def code_of(guard: Guard, request: HTTPConnection) -> str | None:
    refusal = guard.refuses(request)
    return refusal.code if refusal else None


LOCAL = Guard(token=None, host="127.0.0.1")
OPEN = Guard(token="secret", host="0.0.0.0")


@pytest.mark.parametrize("host", ["127.0.0.1:8420", "localhost:1", "[::1]:8420", "LOCALHOST"])
def test_names_of_this_machine_are_known(host: str) -> None:
    assert code_of(LOCAL, asks(host=host)) is None


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8420", "", "10.0.0.7"])
def test_foreign_hosts_are_refused(host: str) -> None:
    assert code_of(LOCAL, asks(host=host)) == "host_refused"


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:8420", ""]
)
def test_foreign_origins_are_refused(origin: str) -> None:
    assert code_of(LOCAL, asks(origin=origin)) == "origin_refused"


def test_the_own_origin_is_welcome() -> None:
    assert code_of(LOCAL, asks(origin="http://127.0.0.1:8420")) is None


def test_another_site_may_link_here_but_not_read() -> None:
    assert code_of(LOCAL, asks(sec_fetch_site="cross-site", sec_fetch_mode="no-cors")) is not None
    assert code_of(LOCAL, asks(sec_fetch_site="cross-site", sec_fetch_mode="navigate")) is None


def test_off_loopback_the_token_is_needed() -> None:
    assert code_of(OPEN, asks(host="10.0.0.7:8420")) == "token_needed"
    assert code_of(OPEN, asks(host="10.0.0.7:8420", authorization="Bearer wrong")) == "token_needed"
    assert code_of(OPEN, asks(host="10.0.0.7:8420", authorization="Bearer secret")) is None


def test_the_cookie_stands_for_the_token_without_being_it() -> None:
    assert "secret" not in OPEN.session()
    assert code_of(OPEN, asks(cookie=f"{COOKIE}={OPEN.session()}")) is None
    assert code_of(OPEN, asks(cookie=f"{COOKIE}=secret")) == "token_needed"


def test_a_signed_url_opens_its_own_file_only_and_only_for_a_while() -> None:
    path, other = "/api/assets/1/file", "/api/assets/2/file"
    query = OPEN.signed(path).partition("?")[2]
    assert code_of(OPEN, asks(path, query)) is None
    assert code_of(OPEN, asks(other, query)) == "token_needed"
    assert code_of(OPEN, asks("/api/projects", query)) == "token_needed"
    past = str(int(time.time()) - 1)
    late = f"expires={past}&signature={OPEN.signature(path, past)}"
    assert code_of(OPEN, asks(path, late)) == "token_needed"


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("x.y", False)],
)
def test_loopback_is_recognised(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
