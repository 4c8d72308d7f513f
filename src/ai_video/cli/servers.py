"""`servers`: the ComfyUI servers that draw."""

from __future__ import annotations

import shlex
from typing import get_args

import click

from ai_video.cli.caller import DoorGroup
from ai_video.cli.present import list_words, record_words
from ai_video.cli.running import answer
from ai_video.errors import UsageError
from ai_video.studio.comfyui import servers as verbs
from ai_video.studio.comfyui.server_templates import preflight_server
from ai_video.studio.comfyui.servers import ServerKind


@click.group(cls=DoorGroup)
def servers() -> None:
    """ComfyUI servers: add, list, check, remove."""


@servers.command()
@click.argument("url")
@click.option("--kind", type=click.Choice(list(get_args(ServerKind))), help="Guessed unless said.")
@click.option(
    "--header", "headers", multiple=True, metavar="NAME:VALUE",
    help="Sent with every request, such as a proxy's key.",
)  # fmt: skip
@click.option("--any-certificate", is_flag=True, help="Trust any TLS certificate.")
@click.option(
    "--restart-command", default="", metavar="COMMAND",
    help="Run once when two checks in a row fail.",
)  # fmt: skip
@click.option("--cost-per-hour", type=click.FloatRange(0))
@click.option("--currency", default="CNY", show_default=True)
@click.option("--unchecked", is_flag=True, help="Add it though it does not answer now.")
def add(
    url: str,
    kind: ServerKind | None,
    headers: tuple[str, ...],
    any_certificate: bool,
    restart_command: str,
    cost_per_hour: float | None,
    currency: str,
    unchecked: bool,
) -> None:
    """Add a server, such as http://127.0.0.1:8188; again: change what is known of it."""
    said = dict(_header(piece) for piece in headers)
    answer(
        lambda studio: verbs.add_server(
            studio,
            url,
            kind=kind,
            headers=said,
            verify_tls=not any_certificate,
            restart_command=shlex.split(restart_command),
            cost_per_hour=cost_per_hour,
            currency=currency,
            unchecked=unchecked,
        ),
        record_words,
    )


def _header(piece: str) -> tuple[str, str]:
    name, colon, value = piece.partition(":")
    if not colon or not name.strip():
        raise UsageError("usage", reason=f"--header {piece}: write NAME:VALUE")
    return name.strip(), value.strip()


@servers.command("list")
def list_() -> None:
    """List servers with what their last check found."""
    answer(verbs.list_servers, list_words("servers"))


@servers.command()
@click.argument("url")
def check(url: str) -> None:
    """Ask a server now what it is and has (exit code 6: it does not answer)."""
    answer(lambda studio: verbs.check_server(studio, url), record_words, not_ok=6)


@servers.command()
@click.argument("url")
def preflight(url: str) -> None:
    """Show which templates a server can run, and which nodes and model files the others lack."""
    answer(lambda studio: preflight_server(studio, url), record_words)


@servers.command()
@click.argument("url")
def remove(url: str) -> None:
    """Forget a server, named by address or id."""
    answer(lambda studio: verbs.remove_server(studio, url), record_words)
