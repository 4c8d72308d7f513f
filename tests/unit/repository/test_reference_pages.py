"""The reference says what the code says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import click
import pytest

from ai_video.agent.registry import TOOLS
from ai_video.cli.main import root
from ai_video.domain.task import LEGAL_MOVES
from ai_video.errors import catalogue
from ai_video.settings import Settings
from ai_video.studio.kinds import ENTITIES

GENERATED = ("cli", "errors", "graph_errors", "http", "roles", "settings", "tools")


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_page_is_current(
    name: str, checkout: Path, load_script: Callable[[str], ModuleType]
) -> None:
    script = load_script(f"scripts/{name}_reference.py")
    written = (checkout / f"docs/reference/{name}.md").read_text(encoding="utf-8")
    assert written == script.page(), f"run: .venv/bin/python scripts/{name}_reference.py"


def test_every_setting_has_a_row(checkout: Path) -> None:
    page = (checkout / "docs/reference/settings.md").read_text(encoding="utf-8")
    missing = [name for name in Settings.model_fields if f"`AIVIDEO_{name.upper()}`" not in page]
    assert missing == []


def test_every_error_code_has_a_section(checkout: Path) -> None:
    page = (checkout / "docs/reference/errors.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^## (\S+)$", page, flags=re.MULTILINE)) == set(catalogue())


def visible_commands(group: click.Group, path: str) -> list[str]:
    found: list[str] = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None and not command.hidden:
            found.append(f"{path} {name}")
            if isinstance(command, click.Group):
                found += visible_commands(command, f"{path} {name}")
    return found


def test_every_command_has_a_section(checkout: Path) -> None:
    page = (checkout / "docs/reference/cli.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## (.+)$", page, flags=re.MULTILINE)
    assert "ai-video make" in sections
    assert sorted(sections) == sorted(visible_commands(root, "ai-video"))


def test_every_tool_has_a_section(checkout: Path) -> None:
    page = (checkout / "docs/reference/tools.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## (.+)$", page, flags=re.MULTILINE)
    assert sections == [tool.name for tool in TOOLS]


def test_every_command_says_what_it_does() -> None:
    silent: list[str] = []

    def visit(group: click.Group, path: str) -> None:
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            if not command.hidden and not command.help:
                silent.append(f"{path} {name}")
            if isinstance(command, click.Group):
                visit(command, f"{path} {name}")

    visit(root, "ai-video")
    assert silent == []


def test_the_page_of_states_shows_exactly_the_legal_moves(
    checkout: Path, load_script: Callable[[str], ModuleType]
) -> None:
    page = (checkout / "docs/concepts/states.md").read_text(encoding="utf-8")
    script = load_script("scripts/states_reference.py")
    assert script.with_moves(page) == page, "run: .venv/bin/python scripts/states_reference.py"
    drawn = set(re.findall(r"^    (\w+) --> (\w+):", page, flags=re.MULTILINE))
    assert drawn == {(source, target) for source, moves in LEGAL_MOVES.items() for target in moves}


def test_the_glossary_has_every_kind_of_record_in_both_languages(checkout: Path) -> None:
    page = (checkout / "docs/concepts/glossary.md").read_text(encoding="utf-8")
    rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ")]
    assert all(len(row) == 4 and all(cell.strip() for cell in row) for row in rows)
    names = {name.strip() for row in rows for name in row[0].split(",")}
    singular = {kind.replace("-", " ").removesuffix("s") for kind in ENTITIES} - {"lora"}
    assert singular <= names
