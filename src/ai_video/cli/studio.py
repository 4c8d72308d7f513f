"""`ai-video studio`: the web application on one data folder, until it is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import secrets
import signal
import socket
import sys
import webbrowser
from collections.abc import Generator
from types import FrameType

import click
import uvicorn

from ai_video.asgi import StudioApp, create_app, is_loopback
from ai_video.bootstrap import open_studio
from ai_video.cli.caller import Caller, DoorCommand, caller_of
from ai_video.cli.running import print_text
from ai_video.domain.entities import Json
from ai_video.errors import InputRefused, Language
from ai_video.settings import Settings

GRACE_S = 2
"""Seconds that open requests get after a stop; event streams end at once."""


@click.command(cls=DoorCommand)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8420, show_default=True)
@click.option("--sample", is_flag=True, help="Make the sample film when there is none yet.")
@click.option("--open", "show", is_flag=True, help="Open the browser.")
@click.pass_context
def studio(ctx: click.Context, host: str, port: int, sample: bool, show: bool) -> None:
    """Serve the studio (0 = any free port); stop it with Ctrl-C."""
    caller = caller_of(ctx)
    settings = caller.settings()
    token = None if is_loopback(host) else settings.token or secrets.token_urlsafe(24)
    listener = listen(host, port)
    url = address(host, listener.getsockname()[1])
    stopped_by = asyncio.run(
        _serve(settings, listener, url=url, token=token, sample=sample, show=show, caller=caller)
    )
    if stopped_by == signal.SIGINT:
        raise KeyboardInterrupt


async def _serve(
    settings: Settings,
    listener: socket.socket,
    *,
    url: str,
    token: str | None,
    sample: bool,
    show: bool,
    caller: Caller,
) -> int | None:
    """Serve until a signal; returns which one."""
    async with open_studio(settings) as opened:
        app = create_app(opened, token=token, host=listener.getsockname()[0])
        server = StudioServer(server_config(app, debug=caller.debug), app)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        ready = asyncio.create_task(server.ready.wait())
        await asyncio.wait((serving, ready), return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if server.started:
            announce({"url": url, "pid": os.getpid(), "token": token}, opened.language, caller)
            if sample:
                app.live.make_sample()
            if show or (sample and can_show()):
                await asyncio.to_thread(webbrowser.open, url)
        await serving
        return server.stopped_by


def server_config(app: StudioApp, *, debug: bool) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="info" if debug else "warning",
        access_log=debug,
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
        lifespan="on",
    )


class StudioServer(uvicorn.Server):
    """A server that ends its event streams before it stops, and remembers which signal asked."""

    def __init__(self, config: uvicorn.Config, app: StudioApp) -> None:
        super().__init__(config)
        self.app = app
        self.ready = asyncio.Event()
        self.stopped_by: int | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """As uvicorn's, but no signal is raised again: stopping is this command's proper end."""
        wanted = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.stopped_by = self.stopped_by or sig
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.app.stop()
        await super().shutdown(sockets)


def announce(ready: Json, language: Language, caller: Caller) -> None:
    """The first line on stdout: where the studio is."""
    if caller.json:
        print_text(json.dumps(ready))
        return
    url, token = ready["url"], ready["token"]
    where = f"{url}/login?token={token}" if token else url
    print_text(
        f"工作室: {where} (Ctrl-C 停止)" if language == "zh" else f"Studio: {where} (Ctrl-C stops)"
    )


def can_show() -> bool:
    """Is there a person with a screen to open a browser for?"""
    if os.environ.get("CI"):
        return False
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(screen) or sys.platform in ("win32", "darwin")


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        InputRefused: `port_in_use`, or `host_unusable`.
    """
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen(128)
    except (OSError, UnicodeError) as exc:
        if isinstance(exc, OSError) and exc.errno == errno.EADDRINUSE:
            raise InputRefused("port_in_use", host=host, port=port) from exc
        raise InputRefused("host_unusable", host=host, reason=str(exc)) from exc
    return listener


def address(host: str, port: int) -> str:
    """The URL that leads there from this machine."""
    name = host.strip("[]")
    if name in ("0.0.0.0", "::", ""):
        name = "127.0.0.1"
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
