"""`python -m ai_video.comfyui.fake_server`: the first line on standard output is {"url": ...}."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path

from ai_video.comfyui.fake_server.options import CURRENT, RACES, FakeOptions, parse_race
from ai_video.comfyui.fake_server.server import FakeComfy
from ai_video.errors import AiVideoError


def main(words: list[str] | None = None) -> int:
    """Serve until interrupted."""
    races = "\n".join(
        f"  {race.name:20} {race.about}"
        + (f" ({'once' if race.times == 1 else f'{race.times} times'})" if race.times else "")
        for race in RACES
    )
    parser = argparse.ArgumentParser(
        prog="python -m ai_video.comfyui.fake_server",
        description="A stand-in for a ComfyUI server that draws instead of sampling.",
        epilog=f"races and faults:\n{races}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument(
        "--nodes", type=Path, help="a saved /object_info (default: the shipped one)"
    )
    parser.add_argument(
        "--models", type=Path, help="a models folder; only what lies there is there"
    )
    parser.add_argument(
        "--missing",
        action="append",
        default=[],
        metavar="NAME",
        help="a model file that is not there",
    )
    parser.add_argument("--seconds-per-job", type=float, default=0.2)
    parser.add_argument(
        "--race",
        action="append",
        default=[],
        metavar="NAME[=TIMES|=always]",
        help="may be repeated",
    )
    parser.add_argument("--state", type=Path, help="a folder that keeps files and request log")
    parser.add_argument(
        "--version",
        default=CURRENT,
        help="0.3.75: without the routes of jobs; 0.8.0: without their cancelling",
    )
    parser.add_argument("--prefix", default="", metavar="/PATH", help="serve below a path")
    parser.add_argument(
        "--require-header", metavar="NAME:VALUE", help="answer 401 to requests without it"
    )
    said = parser.parse_args(words)
    try:
        races_on = dict(parse_race(word) for word in said.race)
    except ValueError as error:
        parser.error(str(error))
    required = None
    if said.require_header:
        name, _, value = said.require_header.partition(":")
        required = name.strip(), value.strip()
    options = FakeOptions(
        host=said.host,
        port=said.port,
        nodes=said.nodes,
        models=said.models,
        missing=frozenset(said.missing),
        seconds_per_job=said.seconds_per_job,
        races=races_on,
        state=said.state,
        version=said.version,
        prefix=said.prefix.rstrip("/"),
        required_header=required,
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="fake-comfyui-") as scratch:
        try:
            fake = FakeComfy(options, options.state or Path(scratch))
        except (AiVideoError, OSError) as error:
            parser.error(str(error))
        sys.stdout.write(json.dumps({"url": fake.url}) + "\n")
        sys.stdout.flush()
        try:
            fake.run()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
