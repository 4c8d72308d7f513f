"""Every request that came, for those who count from outside."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from pydantic import JsonValue

Entry = dict[str, JsonValue]


class RequestLog:
    """Entries in the order they came; kept in `file`, so they outlive the process."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.items: list[Entry] = []
        if file.exists():
            lines = file.read_text(encoding="utf-8").splitlines()
            # A process that was killed may have left half a line.
            self.items = [json.loads(line) for line in lines if line.endswith("}")]

    def begin(self, method: str, path: str, prompt_id: str | None) -> Entry:
        """A new entry; `valid` and `body` are filled in by who answers."""
        entry: Entry = {
            "at": datetime.now(UTC).isoformat(),
            "method": method,
            "path": path,
            "prompt_id": prompt_id,
            "valid": None,
            "body": None,
        }
        self.items.append(entry)
        return entry

    def write(self, entry: Entry) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
