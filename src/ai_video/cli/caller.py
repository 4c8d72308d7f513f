"""What the caller said before or after the command: data folder, JSON, debug, language."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ai_video.errors import AiVideoError, Language
from ai_video.settings import Settings, load_settings, message_language


@dataclass(slots=True)
class Caller:
    """The global options; each may stand before or after the command."""

    data: Path | None = None
    json: bool = False
    debug: bool = False
    lang: str | None = None

    def settings(self, **flags: object) -> Settings:
        """The settings in force for this call."""
        return load_settings(home=self.data, lang=self.lang, **flags)


def caller_of(ctx: click.Context) -> Caller:
    return ctx.find_root().ensure_object(Caller)


def language_of(caller: Caller) -> Language:
    """The language of messages, also where the settings themselves are wrong."""
    try:
        return message_language(caller.settings())
    except AiVideoError:
        return "zh" if caller.lang == "zh" else "en"


def _remember(ctx: click.Context, param: click.Parameter, value: object) -> None:
    if value is not None and value is not False and param.name:
        setattr(caller_of(ctx), param.name, value)


def global_options() -> list[click.Option]:
    """Fresh copies of the options that every command takes."""
    said: dict[str, Any] = {"expose_value": False, "callback": _remember, "is_eager": True}
    return [
        click.Option(
            ["--data"],
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="Data folder (AIVIDEO_HOME).",
            **said,
        ),
        click.Option(["--json"], is_flag=True, help="Print one JSON document.", **said),
        click.Option(["--debug"], is_flag=True, help="Show tracebacks.", **said),
        click.Option(
            ["--lang"],
            type=click.Choice(["auto", "zh", "en"]),
            help="Language of messages.",
            **said,
        ),
    ]


class DoorCommand(click.Command):
    """A command that also takes the global options (but an own option of that name wins)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        taken = {flag for param in self.params for flag in param.opts}
        self.params += [option for option in global_options() if not taken & set(option.opts)]


class DoorGroup(click.Group):
    """A group whose commands take the global options."""

    command_class = DoorCommand
    group_class = type

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += global_options()
