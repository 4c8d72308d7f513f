"""The first line of every system text: what the call is for, so that logs and doubles can tell."""

from __future__ import annotations

import re
from typing import Final

_LINE: Final = re.compile(r"^<task name=\"([^\"]+)\"/>$", re.MULTILINE)


def with_task(task: str, system: str) -> str:
    """The system text as every provider sends it; the same bytes for the same task and rules."""
    return f'<task name="{task}"/>\n{system}'


def task_named_in(text: str) -> str | None:
    """The task that a system text names; None where it has no such line."""
    found = _LINE.search(text)
    return found[1] if found else None
