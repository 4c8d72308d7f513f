"""`doctor` and `settings`: what is active here, and whether it is well."""

from __future__ import annotations

from pathlib import Path

import click
from pydantic_core import to_jsonable_python

from ai_video.cli.caller import DoorCommand, DoorGroup, caller_of, language_of
from ai_video.cli.present import doctor_words, record_words
from ai_video.cli.running import answer, show
from ai_video.studio.health import doctor as checks


@click.command(cls=DoorCommand)
@click.option("--deep", is_flag=True, help="Hash every artifact again.")
@click.option("--film", type=click.Path(path_type=Path), metavar="FILE", help="Check this film.")
def doctor(deep: bool, film: Path | None) -> None:
    """Check this machine and this data folder."""
    answer(lambda studio: checks.doctor(studio, deep=deep, film=film), doctor_words, not_ok=6)


@click.group(cls=DoorGroup)
def settings() -> None:
    """Settings in force."""


@settings.command("show")
@click.pass_context
def show_settings(ctx: click.Context) -> None:
    """Show every setting in force."""
    caller = caller_of(ctx)
    values = caller.settings()
    document = to_jsonable_python(values.model_dump(exclude={"token"}))
    document["token"] = "set" if values.token else ""
    show(
        {"ok": True, "settings": document},
        lambda doc, language: record_words({"item": doc["settings"]}, language),
        language=language_of(caller),
        caller=caller,
    )
