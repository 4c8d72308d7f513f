"""`ai-video worker`: takes tasks from the queue until it is stopped."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from typing import cast

import click

from ai_video.bootstrap import living_workers, open_worker
from ai_video.cli.caller import Caller, DoorCommand, caller_of, language_of
from ai_video.cli.running import print_text, show
from ai_video.domain.entities import Json
from ai_video.errors import Language, ServiceFailed
from ai_video.settings import Settings

GRACE_S = 8.0
"""For running tasks after a stop: container runtimes kill after 10 seconds unless told otherwise."""
LOOK_S = 0.5


@click.command(cls=DoorCommand)
@click.option(
    "--slots",
    type=click.IntRange(1, 512),
    help="Tasks at once; default: one per core, at most AIVIDEO_SLOTS.",
)
@click.option(
    "--grace",
    type=click.FloatRange(0, 86_400),
    default=GRACE_S,
    show_default=True,
    metavar="SECONDS",
    help="How long running tasks may go on after a stop; then they start again elsewhere.",
)
@click.option("--check", is_flag=True, help="Only say whether a worker of this machine is alive.")
@click.pass_context
def worker(ctx: click.Context, slots: int | None, grace: float, check: bool) -> None:
    """Run tasks of the studio that shares this database, queue and blob store."""
    caller = caller_of(ctx)
    settings = caller.settings()
    if check:
        _check(ctx, settings, caller)
        return
    wanted = slots or min(settings.slots, os.cpu_count() or 1)
    if asyncio.run(_serve(settings, wanted, grace, caller)) == signal.SIGINT:
        raise KeyboardInterrupt


def _check(ctx: click.Context, settings: Settings, caller: Caller) -> None:
    """Exit code 0 when there is one, else 6; for health checks."""
    alive = asyncio.run(living_workers(settings))
    document: Json = {
        "ok": bool(alive),
        "workers": [{"pid": one.pid, "slots": one.slots} for one in alive],
    }
    show(document, _check_words, language=language_of(caller), caller=caller)
    if not alive:
        ctx.exit(6)


def _check_words(document: Json, language: Language) -> str:
    many = len(cast("list[Json]", document["workers"]))
    return (
        f"这台机器上有 {many} 个工作进程" if language == "zh" else f"{many} workers on this machine"
    )


async def _serve(settings: Settings, slots: int, grace_s: float, caller: Caller) -> int:
    """Work until a signal; returns which one."""
    stopped_by: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    _on_signals(stopped_by)
    async with open_worker(settings, slots=slots, grace_s=grace_s) as running:
        _announce(slots, caller)
        while not stopped_by.done():
            if not running.consumer.alive:
                raise ServiceFailed("broker_failed", broker="", reason="the consumer ended")
            await asyncio.wait([stopped_by], timeout=LOOK_S)
    return stopped_by.result()


def _on_signals(stopped_by: asyncio.Future[int]) -> None:
    """Let the first SIGINT or SIGTERM stop the worker in an orderly way."""
    loop = asyncio.get_running_loop()

    def stop(number: int) -> None:
        if not stopped_by.done():
            stopped_by.set_result(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        if sys.platform == "win32":
            signal.signal(number, lambda got, _: loop.call_soon_threadsafe(stop, got))
        else:
            loop.add_signal_handler(number, stop, number)


def _announce(slots: int, caller: Caller) -> None:
    """The first line on stdout: it is ready."""
    pid = os.getpid()
    if caller.json:
        print_text(json.dumps({"pid": pid, "ready": True, "slots": slots}))
    elif language_of(caller) == "zh":
        print_text(f"工作进程 {pid} 就绪, 同时执行 {slots} 个任务 (Ctrl-C 停止)")
    else:
        print_text(f"Worker {pid} is ready for {slots} tasks at once (Ctrl-C stops)")
