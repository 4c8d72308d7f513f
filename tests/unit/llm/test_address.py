"""Only addresses of services are taken, and only those of this machine when it is offline."""

from __future__ import annotations

import pytest

from ai_video.errors import InputRefused
from ai_video.llm.address import checked_address


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:11434/v1/", "http://localhost/v1", "http://[::1]:8000/v1"]
)
def test_this_machine_is_reached_offline(url: str) -> None:
    assert checked_address(url, offline=True) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    ["https://api.example.com/v1", "http://127.0.0.1.example.com", "http://192.168.1.9:11434/v1"],
)
def test_nothing_else_is_reached_offline(url: str) -> None:
    assert checked_address(url, offline=False) == url
    with pytest.raises(InputRefused) as refused:
        checked_address(url, offline=True)
    assert refused.value.code == "llm_address_outside"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example.com",
        "ftp://example.com",
        "http://",
        "http://host:99999/v1",
        "http://[::1",
        "https://me:secret@example.com/v1",
        "https://example.com/v1?key=secret",
    ],
)
def test_what_is_no_address_is_refused_without_its_secret(url: str) -> None:
    with pytest.raises(InputRefused) as refused:
        checked_address(url, offline=False)
    assert refused.value.code == "llm_address_invalid"
    assert "secret" not in refused.value.message()
