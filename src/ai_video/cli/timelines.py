"""`episodes timeline`: what stands where in a film, and cutting it by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from pydantic import ValidationError

from ai_video.cli.caller import DoorCommand
from ai_video.cli.present import edit_words, record_words
from ai_video.cli.running import answer, record_id
from ai_video.errors import InputRefused
from ai_video.studio.records import timelines


@click.command(cls=DoorCommand)
@click.argument("id")
@click.option("--version", type=click.IntRange(1, 1_000_000_000), help="An older version of it.")
@click.option(
    "--cut", metavar="FILE|-", help="Cut by hand: a JSON file like `arrangement` of the answer."
)
@click.option("--follow-shots", is_flag=True, help="Give a cut by hand up.")
def timeline(id: str, version: int | None, cut: str | None, follow_shots: bool) -> None:
    """Show an episode's timeline, or cut the film by hand."""
    wanted = record_id(id, "episodes")
    if (version is not None) + (cut is not None) + follow_shots > 1:
        raise click.UsageError("--version, --cut and --follow-shots exclude each other")
    if cut is not None:
        edit = read_cut(cut)
        answer(lambda studio: timelines.edit_timeline(studio, wanted, edit), edit_words)
    elif follow_shots:
        answer(lambda studio: timelines.follow_shots(studio, wanted), edit_words)
    else:
        answer(
            lambda studio: timelines.show_timeline(studio, wanted, version=version), record_words
        )


def read_cut(file: str) -> timelines.TimelineEdit:
    """A cut from a JSON file, or from standard input.

    Raises:
        InputRefused: it cannot be read, or something in it cannot be used.
    """
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return timelines.TimelineEdit.model_validate_json(data)
    except OSError as exc:
        reason = exc.strerror or type(exc).__name__
        raise InputRefused("file_unreadable", path=file, reason=reason) from exc
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"]) or "timeline"
        raise InputRefused("invalid_value", field=name, reason=first["msg"]) from exc
