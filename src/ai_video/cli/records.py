"""`projects`, `characters`, `scenes` … {list|show|create|edit|delete}: one group per kind."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import click

from ai_video.cli import drafts
from ai_video.cli.caller import DoorCommand, DoorGroup
from ai_video.cli.present import edit_words, list_words, record_words
from ai_video.cli.publishing import publish
from ai_video.cli.running import answer, record_id
from ai_video.cli.timelines import timeline
from ai_video.cli.translations import import_lines, translate
from ai_video.cli.values import said_values
from ai_video.domain.entities import Json
from ai_video.errors import InputRefused
from ai_video.studio.film.export import copy_out
from ai_video.studio.film.sheet import save_sheet
from ai_video.studio.kinds import ENTITIES
from ai_video.studio.records import projects, records, scripts, shots
from ai_video.studio.records.assets import add_asset, open_asset
from ai_video.studio.studio import Studio

CHUNK = 1 << 20
OWNERS = {"project": "project_id", "episode": "episode_id", "storyboard": "storyboard_id"}


def record_group(kind: str) -> click.Group:
    """The commands of one kind: the five of every kind, and what only this kind can do."""
    what = kind.replace("-", " ")
    group = DoorGroup(kind, help=f"List, show, create, edit and delete {what}.")
    for build in (_list, _show, _create, _edit, _delete):
        group.add_command(build(kind))
    for command in _own_commands(kind):
        group.add_command(command)
    return group


def _own_commands(kind: str) -> tuple[click.Command, ...]:
    match kind:
        case "projects":
            return copy, archive, restore, progress
        case "episodes":
            return undo, redo, sheet, publish, timeline
        case "scripts":
            return (restore_version,)
        case "drafts":
            return drafts.script, drafts.accept
        case "storyboards":
            return insert, split, merge, move, drafts.plan
        case "lines":
            return import_lines, translate
        case "assets":
            return add, save
        case _:
            return ()


def _owner_options() -> list[click.Parameter]:
    return [
        click.Option([f"--{owner}"], metavar="ID", help=f"Of this {owner}.") for owner in OWNERS
    ]


def _owners(said: dict[str, str | None]) -> dict[str, UUID]:
    return {OWNERS[owner]: record_id(text, owner) for owner, text in said.items() if text}


def _list(kind: str) -> click.Command:
    def run(limit: int, cursor: str | None, archived: bool, **said: str | None) -> None:
        owners: dict[str, Any] = _owners(said)
        answer(
            lambda studio: records.list_records(
                studio, kind, **owners, limit=limit, cursor=cursor, archived=archived
            ),
            list_words(kind),
        )

    return DoorCommand(
        "list",
        callback=run,
        help=f"List {kind}.",
        params=[
            *_owner_options(),
            *page_options(),
            click.Option(["--archived"], is_flag=True, help="Archived ones too."),
        ],
    )


def page_options() -> list[click.Parameter]:
    return [
        click.Option(["--limit"], type=click.IntRange(1, 10_000), default=100, show_default=True),
        click.Option(["--cursor"], help="`next` of the page before."),
    ]


def _show(kind: str) -> click.Command:
    def run(id: str) -> None:
        wanted = record_id(id, kind)
        answer(lambda studio: records.show_record(studio, kind, wanted), record_words)

    return DoorCommand("show", callback=run, params=[click.Argument(["id"])], help="Show one.")


_SET: dict[str, Any] = {
    "multiple": True,
    "metavar": "KEY=VALUE",
    "help": "A value; nested keys with dots.",
}


def _create(kind: str) -> click.Command:
    def run(said: tuple[str, ...], file: Path | None = None, **owners: str | None) -> None:
        values: Json = {name: str(id) for name, id in _owners(owners).items()}
        values |= said_values(ENTITIES[kind], said)
        if file is not None:
            values["content"] = _text_of(file)
        answer(lambda studio: records.create_record(studio, kind, values), record_words)

    params = [*_owner_options(), click.Option(["--set", "said"], **_SET)]
    if kind in ("scripts", "world-settings"):
        path = click.Path(path_type=Path, allow_dash=True)
        params.append(click.Option(["--file"], type=path, help="The content, or - for stdin."))
    return DoorCommand("create", callback=run, params=params, help="Create one.")


def _text_of(path: Path) -> str:
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        reason = getattr(exc, "strerror", None) or str(exc)
        raise InputRefused("file_unreadable", path=str(path), reason=reason) from exc


def _edit(kind: str) -> click.Command:
    def run(id: str, said: tuple[str, ...]) -> None:
        wanted, changes = record_id(id, kind), said_values(ENTITIES[kind], said)
        answer(lambda studio: records.edit_record(studio, kind, wanted, changes), edit_words)

    params: list[click.Parameter] = [
        click.Argument(["id"]),
        click.Option(["--set", "said"], required=True, **_SET),
    ]
    return DoorCommand("edit", callback=run, params=params, help="Edit one; says what is stale.")


def _delete(kind: str) -> click.Command:
    def run(id: str) -> None:
        wanted = record_id(id, kind)
        answer(lambda studio: records.delete_record(studio, kind, wanted), edit_words)

    return DoorCommand("delete", callback=run, params=[click.Argument(["id"])], help="Delete one.")


@click.command(cls=DoorCommand)
@click.argument("id")
@click.option("--name", help="Name of the copy.")
def copy(id: str, name: str | None) -> None:
    """Copy a project: new ids, shared files, nothing to make again."""
    wanted = record_id(id, "projects")
    answer(lambda studio: projects.copy_project(studio, wanted, name=name), record_words)


@click.command(cls=DoorCommand)
@click.argument("id")
def archive(id: str) -> None:
    """Archive a project: hidden and read-only until it is restored."""
    wanted = record_id(id, "projects")
    answer(lambda studio: projects.archive_project(studio, wanted), record_words)


@click.command(cls=DoorCommand)
@click.argument("id")
def restore(id: str) -> None:
    """Restore an archived project."""
    wanted = record_id(id, "projects")
    answer(lambda studio: projects.restore_project(studio, wanted), record_words)


@click.command(cls=DoorCommand)
@click.argument("id")
def progress(id: str) -> None:
    """Shots per stage and state."""
    wanted = record_id(id, "projects")
    answer(lambda studio: projects.project_progress(studio, wanted), record_words)


@click.command(cls=DoorCommand)
@click.argument("id")
def undo(id: str) -> None:
    """Take back the last edit of an episode's shots."""
    wanted = record_id(id, "episodes")
    answer(lambda studio: shots.undo(studio, wanted), edit_words)


@click.command(cls=DoorCommand)
@click.argument("id")
def redo(id: str) -> None:
    """Do again what was taken back."""
    wanted = record_id(id, "episodes")
    answer(lambda studio: shots.redo(studio, wanted), edit_words)


@click.command(cls=DoorCommand)
@click.argument("id")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FILE.html|.pdf"
)
@click.option("--language", type=click.Choice(["zh", "en"]), help="Of the sheet's own words.")
def sheet(id: str, output: Path, language: Literal["zh", "en"] | None) -> None:
    """Write the storyboard sheet: pictures, words, camera, lines and times."""
    wanted, target = record_id(id, "episodes"), output.absolute()
    answer(lambda studio: save_sheet(studio, wanted, target, lang=language), record_words)


@click.command("restore", cls=DoorCommand)
@click.argument("id")
def restore_version(id: str) -> None:
    """Make an older version of a script the newest."""
    wanted = record_id(id, "scripts")
    answer(lambda studio: scripts.restore_script(studio, wanted), record_words)


@click.command(cls=DoorCommand)
@click.option("--episode", required=True, metavar="ID")
@click.option("--position", type=click.IntRange(min=1), required=True, help="Its shot number.")
@click.option("--set", "said", **_SET)
def insert(episode: str, position: int, said: tuple[str, ...]) -> None:
    """Insert a shot."""
    wanted, values = record_id(episode, "episodes"), said_values(ENTITIES["storyboards"], said)
    answer(
        lambda studio: shots.insert_shot(
            studio, episode_id=wanted, position=position, values=values
        ),
        edit_words,
    )


@click.command(cls=DoorCommand)
@click.argument("id")
@click.option(
    "--after-line", type=click.IntRange(min=1), required=True, help="Cut after this line."
)
def split(id: str, after_line: int) -> None:
    """Split a shot in two after one of its lines."""
    wanted = record_id(id, "storyboards")
    answer(lambda studio: shots.split_shot(studio, wanted, after_line=after_line), edit_words)


@click.command(cls=DoorCommand)
@click.argument("id")
def merge(id: str) -> None:
    """Merge a shot with the next one."""
    wanted = record_id(id, "storyboards")
    answer(lambda studio: shots.merge_shot(studio, wanted), edit_words)


@click.command(cls=DoorCommand)
@click.argument("id")
@click.option("--position", type=click.IntRange(min=1), required=True, help="Its new shot number.")
def move(id: str, position: int) -> None:
    """Move a shot."""
    wanted = record_id(id, "storyboards")
    answer(lambda studio: shots.move_shot(studio, wanted, position=position), edit_words)


async def file_chunks(path: Path) -> AsyncIterator[bytes]:
    """A file's bytes, piece by piece.

    Raises:
        InputRefused: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            while chunk := await asyncio.to_thread(file.read, CHUNK):
                yield chunk
    except OSError as exc:
        reason = exc.strerror or type(exc).__name__
        raise InputRefused("file_unreadable", path=str(path), reason=reason) from exc


@click.command(cls=DoorCommand)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--project", metavar="ID", help="Of this project.")
@click.option("--name", help="Name to keep it under (default: the file's).")
def add(file: Path, project: str | None, name: str | None) -> None:
    """Add a file of your own."""
    project_id = record_id(project, "projects") if project else None
    answer(
        lambda studio: add_asset(
            studio, file_chunks(file), name=name or file.name, project_id=project_id
        ),
        record_words,
    )


@click.command(cls=DoorCommand)
@click.argument("id")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FILE")
def save(id: str, output: Path) -> None:
    """Save an asset's file outside the data folder."""
    wanted, target = record_id(id, "assets"), output.absolute()

    async def saved(studio: Studio) -> Json:
        path, media_type, _, sha256 = await open_asset(studio, wanted)
        await copy_out(path, target)
        return {"ok": True, "path": str(target), "media_type": media_type, "sha256": sha256}

    answer(saved, record_words)
