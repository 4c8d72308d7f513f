"""Every request that came, for those who count from outside. No key is kept, only that one came."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from pydantic import JsonValue
from starlette.requests import Request

Entry = dict[str, JsonValue]
_CREDENTIALS: Final = ("x-api-key", "authorization")


def credentials(request: Request) -> str | None:
    """The header that carries a key or a token; None where there is none."""
    return next((name for name in _CREDENTIALS if request.headers.get(name)), None)


class RequestLog:
    """Entries in the order they came."""

    def __init__(self) -> None:
        self.items: list[Entry] = []

    def begin(self, request: Request, body: JsonValue) -> Entry:
        """A new entry; who answers fills in `valid`, `task`, `rule`, `status` and `left`.

        `rule`: the number of the script's rule, None for `otherwise`. `status`: None while it is not
        answered, and for ever where it never is. `left`: the client went away before the end.
        """
        entry: Entry = {
            "at": datetime.now(UTC).isoformat(),
            "method": request.method,
            "path": request.url.path,
            "prompt_id": None,
            "valid": None,
            "body": body,
            "credentials": credentials(request),
            "task": None,
            "rule": None,
            "status": None,
            "left": False,
        }
        self.items.append(entry)
        return entry
