"""Where a model's service is, and whether it may be reached."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from ai_video.errors import InputRefused


def is_loopback(url: str) -> bool:
    """It leads to this machine."""
    name = urlsplit(url).hostname or ""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def checked_address(url: str, *, offline: bool) -> str:
    """The base address without a slash at its end.

    Raises:
        InputRefused: it is none, or holds a user name (`llm_address_invalid`); it leads outside this
            machine, which is offline (`llm_address_outside`).
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable, parts = False, None
    if not usable or parts is None or parts.username or parts.password or parts.query:
        raise InputRefused("llm_address_invalid", url=_without_secrets(url))
    if offline and not is_loopback(url):
        raise InputRefused("llm_address_outside", url=url)
    return url.rstrip("/")


def _without_secrets(url: str) -> str:
    before, at, host = url.partition("@")
    return f"…@{host}" if at and "//" in before else url.partition("?")[0]
