"""Commands of parts that this version does not have: they say so, whatever is asked of them."""

from __future__ import annotations

import click

from ai_video.cli.caller import DoorCommand
from ai_video.errors import NotAvailable

LATER_PARTS = ("cloud",)
UPGRADE = "pip install --upgrade ai-video"


def later_command(part: str) -> click.Command:
    """A command that takes anything and says that its part is not here."""

    def refuse() -> None:
        raise NotAvailable(part, UPGRADE)

    return DoorCommand(
        part,
        callback=refuse,
        hidden=True,
        params=[click.Argument(["rest"], nargs=-1, type=click.UNPROCESSED, expose_value=False)],
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
        help="Not in this version.",
    )
