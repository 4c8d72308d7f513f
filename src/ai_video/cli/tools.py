"""`ai-video mcp`: the tools on standard input and output, for Claude Code and other programs."""

from __future__ import annotations

import logging
import sys
from dataclasses import replace

import click

from ai_video.cli.caller import DoorCommand, caller_of, language_of
from ai_video.cli.running import until_done
from ai_video.settings import Settings

WAITING = {
    "zh": "等待程序从标准输入说话 (Model Context Protocol); Ctrl-C 停止。",
    "en": "Waiting for a program on standard input (Model Context Protocol); Ctrl-C stops.",
}


@click.command(cls=DoorCommand)
@click.option(
    "--only",
    type=click.Choice(["translator"]),
    help="translate_storyboard alone; opens no data folder.",
)
@click.pass_context
def mcp(ctx: click.Context, only: str | None) -> None:
    """Serve the tools on standard input and output (Model Context Protocol)."""
    caller = caller_of(ctx)
    settings = caller.settings()
    if sys.stdin.isatty():
        sys.stderr.write(WAITING[language_of(caller)] + "\n")
    logging.basicConfig(level=logging.INFO if caller.debug else logging.WARNING)
    until_done(_translator(settings) if only else _studio(settings))


async def _translator(settings: Settings) -> None:
    from ai_video.agent.stdio import serve  # seconds of imports
    from ai_video.agent.translator import translator_server

    await serve(translator_server(settings))


async def _studio(settings: Settings) -> None:
    from ai_video.agent.registry import studio_server  # seconds of imports
    from ai_video.agent.stdio import serve
    from ai_video.agent.tool import Desk
    from ai_video.bootstrap import open_studio
    from ai_video.studio.doors import AGENT
    from ai_video.studio.planning.film_runs import FilmRuns

    async with open_studio(settings) as opened:
        studio = replace(opened, door=AGENT)
        films = FilmRuns(studio)
        try:
            await serve(studio_server(Desk(studio, films)))
        finally:
            await films.stop()
