"""No decorative columns: every field is read, or waits by name for a later part."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

WAITING_AT_MOST = 39
"""May only be lowered."""
KEPT_AS = {
    "GenerationTask.parent_task_ids": "GenerationTask.parents",
    "GenerationTask.input_params": "GenerationTask.params",
    "GenerationTask.output_assets": "GenerationTask.output",
}
"""The plan's names, which tables and answers carry, and those inside."""


@pytest.fixture(scope="module")
def script(load_script: Callable[[str], ModuleType]) -> ModuleType:
    return load_script("scripts/fields_reference.py")


@pytest.fixture(scope="module")
def page(checkout: Path) -> str:
    return (checkout / "docs/reference/fields.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def readers(script: ModuleType) -> dict[str, set[str]]:
    """`Entity.field` → modules that read it, as the type checker sees it."""
    found: dict[str, set[str]] = script.readers(script.field_uses())
    return found


def test_every_field_has_a_row(script: ModuleType, page: str) -> None:
    listed = [script.title(key) for key in script.listed_fields()]
    assert list(script.rows(page)) == listed


def test_every_field_of_the_plan_has_a_row(checkout: Path, script: ModuleType, page: str) -> None:
    plan = json.loads((checkout / "tests/data/plan_fields.json").read_text(encoding="utf-8"))
    wanted = {f"{entity}.{field}" for entity, fields in plan.items() for field in fields}
    common = {"id", "created_at", "updated_at"}
    there = set(script.rows(page))
    missing = {
        name
        for name in wanted
        if KEPT_AS.get(name, name) not in there and name.split(".")[1] not in common
    }
    assert missing == set()


def test_every_field_is_read_or_waits_by_name(
    script: ModuleType, page: str, readers: dict[str, set[str]]
) -> None:
    waiting = script.waiting(page)
    unread = [name for name, found in readers.items() if not found and name not in waiting]
    assert unread == [], "read them, or name the later part that will in docs/reference/fields.md"


def test_a_waiting_field_is_really_unread(
    script: ModuleType, page: str, readers: dict[str, set[str]]
) -> None:
    waiting = script.waiting(page)
    assert [name for name in waiting if name not in readers] == []
    read = [f"{name} ({', '.join(readers[name])})" for name in waiting if readers[name]]
    assert read == [], "take them off the list of waiting fields"


def test_the_list_of_waiting_fields_only_shrinks(script: ModuleType, page: str) -> None:
    assert len(script.waiting(page)) <= WAITING_AT_MOST


def test_the_readers_that_the_page_names_do_read(
    script: ModuleType, page: str, readers: dict[str, set[str]]
) -> None:
    untrue = [
        f"{name}: {module}"
        for name, (_, said) in script.rows(page).items()
        for module in re.split(r",\s*", said)
        if module and not module.startswith("waiting") and module not in readers[name]
    ]
    assert untrue == [], "run: .venv/bin/python scripts/fields_reference.py"
