"""`workflows`: ComfyUI graphs as templates."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import click
from pydantic import JsonValue

from ai_video.cli.caller import DoorCommand, DoorGroup
from ai_video.cli.present import edit_words, list_words, record_words
from ai_video.cli.records import page_options
from ai_video.cli.running import answer, record_id
from ai_video.cli.values import said_values
from ai_video.domain.entities import ComfyWorkflow
from ai_video.domain.ids import read_id
from ai_video.errors import InputRefused, UsageError
from ai_video.settings import LlmChoice
from ai_video.studio.comfyui import official_workflows
from ai_video.studio.comfyui import workflows as verbs
from ai_video.studio.comfyui.workflows import Category, NodeSource
from ai_video.studio.records import records
from ai_video.studio.runs import workflow_runs

FILE = click.Path(path_type=Path)
Command = Callable[..., None]


@click.group(cls=DoorGroup)
def workflows() -> None:
    """ComfyUI workflows: import, roles, check, bind, run."""


def judged_by(command: Command) -> Command:
    """The options that say by which nodes a workflow is judged."""
    for option in (
        click.option("--server", metavar="URL", help="By the nodes of this server."),
        click.option("--nodes", type=FILE, metavar="FILE", help="By a saved /object_info."),
    ):
        command = option(command)
    return command


def named(command: Command) -> Command:
    """The options that say what a workflow is called and makes."""
    for option in (
        click.option("--category", type=click.Choice(list(get_args(Category)))),
        click.option("--name", metavar="NAME", help="Its name; else the file's."),
    ):
        command = option(command)
    return command


@workflows.command("import")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), required=False)
@click.option("--official", metavar="TEMPLATE", help="Take this one of ComfyUI's own instead.")
@named
@judged_by
def import_(
    file: Path | None,
    official: str | None,
    name: str | None,
    category: Category | None,
    nodes: Path | None,
    server: str | None,
) -> None:
    """Keep a workflow file (API format, or as ComfyUI's editor saves it) as a template."""
    against = NodeSource(nodes, server)
    if file is not None and official is None:
        source = _file(file)
        answer(
            lambda studio: verbs.import_workflow(
                studio, source, name=name, category=category, against=against
            ),
            record_words,
        )
    elif official is not None and file is None:
        answer(
            lambda studio: official_workflows.import_official(
                studio, official, name=name, category=category, against=against
            ),
            record_words,
        )
    else:
        raise UsageError("usage", reason="give a FILE or --official TEMPLATE, one of the two")


@workflows.command()
@click.argument("words", nargs=-1)
@click.option("--paid", is_flag=True, help="Also those that ask a paid service.")
def official(words: tuple[str, ...], paid: bool) -> None:
    """List ComfyUI's official templates whose texts hold these words."""
    answer(
        lambda studio: official_workflows.list_official(studio, words=" ".join(words), paid=paid),
        list_words("official"),
    )


@workflows.command()
@click.argument("file_or_id", metavar="FILE|ID")
@named
@judged_by
@click.option(
    "--llm",
    type=click.Choice(get_args(LlmChoice)),
    help="Ask a model about roles that rules cannot tell.",
)
def roles(
    file_or_id: str,
    name: str | None,
    category: Category | None,
    nodes: Path | None,
    server: str | None,
    llm: LlmChoice | None,
) -> None:
    """Show what a workflow is and takes; saves nothing."""
    source = _file_or_id(file_or_id)
    answer(
        lambda studio: verbs.workflow_roles(
            studio,
            source,
            name=name,
            category=category,
            against=NodeSource(nodes, server),
            llm=llm,
        ),
        record_words,
    )


@workflows.command()
@click.argument("file_or_id", metavar="FILE|ID")
@judged_by
@click.option("--assume-models", is_flag=True, help="Take every model file to be there.")
def check(file_or_id: str, nodes: Path | None, server: str | None, assume_models: bool) -> None:
    """Would a server take it, and what is missing there? (exit code 6: no)"""
    source = _file_or_id(file_or_id)
    answer(
        lambda studio: verbs.check_workflow(
            studio, source, against=NodeSource(nodes, server), assume_models=assume_models
        ),
        record_words,
        not_ok=6,
    )


@workflows.command("list")
@click.option("--category", type=click.Choice(list(get_args(Category))))
@click.option("--purpose", metavar="PURPOSE")
@click.option("--family", metavar="FAMILY")
@click.option("--tag", metavar="TAG")
def list_(
    category: Category | None, purpose: str | None, family: str | None, tag: str | None
) -> None:
    """List templates."""
    answer(
        lambda studio: verbs.list_workflows(
            studio, category=category, purpose=purpose, family=family, tag=tag
        ),
        list_words("workflows"),
    )


@workflows.command()
@click.argument("id")
def show(id: str) -> None:
    """Show a template with its graph."""
    wanted = record_id(id, "workflows")
    answer(lambda studio: verbs.workflow_roles(studio, wanted), record_words)


@workflows.command()
@click.argument("id")
@click.option("--set", "said", multiple=True, metavar="KEY=VALUE", help="Nested keys with dots.")
def edit(id: str, said: tuple[str, ...]) -> None:
    """Change name, description, category, tags or presets (`presets.NAME={"steps": 30}`)."""
    wanted, changes = record_id(id, "workflows"), said_values(ComfyWorkflow, said)
    answer(lambda studio: records.edit_record(studio, "workflows", wanted, changes), edit_words)


@workflows.command()
@click.argument("id")
def delete(id: str) -> None:
    """Delete a template; what it made stays."""
    wanted = record_id(id, "workflows")
    answer(lambda studio: records.delete_record(studio, "workflows", wanted), record_words)


@workflows.command()
@click.argument("id")
@click.argument("role")
@click.argument("place", metavar="NODE.INPUT")
def bind(id: str, role: str, place: str) -> None:
    """Say which input has a role; this is the truth from now on."""
    wanted = record_id(id, "workflows")
    answer(lambda studio: verbs.bind_role(studio, wanted, role, place), record_words)


def _runs(id: str, limit: int, cursor: str | None) -> None:
    wanted = record_id(id, "workflows")
    answer(
        lambda studio: workflow_runs.workflow_runs(studio, wanted, limit=limit, cursor=cursor),
        list_words("tasks"),
    )


workflows.add_command(
    DoorCommand(
        "runs",
        callback=_runs,
        help="List the tasks that ran a template.",
        params=[click.Argument(["id"]), *page_options()],
    )
)


@workflows.command("test-run")
@click.argument("id")
@click.option("--server", metavar="URL", help="On this server; else on one that fits.")
@click.option("--preset", metavar="NAME", help="Values kept with the template.")
@click.option(
    "--set", "said", multiple=True, metavar="NAME=VALUE",
    help="An input by its name in the schema; a file's value is a path or an asset's id.",
)  # fmt: skip
@click.option("-o", "--output", type=FILE, metavar="DIR", help="Copy its files there.")
def test_run(
    id: str, server: str | None, preset: str | None, said: tuple[str, ...], output: Path | None
) -> None:
    """Run a template once and fetch its files."""
    wanted, values = record_id(id, "workflows"), dict(_value(piece) for piece in said)
    answer(
        lambda studio: workflow_runs.run_workflow(
            studio,
            wanted,
            values=values,
            server=server,
            preset=preset,
            output=output,
            local_files=True,
        ),
        record_words,
        comfyui_url=server,
    )


def _value(piece: str) -> tuple[str, JsonValue]:
    name, equals, text = piece.partition("=")
    if not equals or not name.strip():
        raise UsageError("usage", reason=f"--set {piece}: write NAME=VALUE")
    try:
        value: Any = json.loads(text)
    except ValueError:
        value = text
    return name.strip(), value if isinstance(value, bool | int | float | str) else text


def _file(path: Path) -> Path | bytes:
    return sys.stdin.buffer.read() if str(path) == "-" else path


def _file_or_id(text: str) -> Path | bytes | UUID:
    """A file that is there wins over an id that looks like its name."""
    path = Path(text)
    if text == "-" or path.exists():
        return _file(path)
    id = read_id(text)
    if id is None:
        raise InputRefused("file_unreadable", path=text, reason="no such file")
    return id
