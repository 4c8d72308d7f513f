"""`python -m ai_video.llm.fake_api`: the first line on standard output is {"url": ...}."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path

from ai_video.llm.fake_api.script import ScriptInvalid, parse_script, read_script
from ai_video.llm.fake_api.server import FakeLLM


def main(words: list[str] | None = None) -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m ai_video.llm.fake_api",
        description="A stand-in for Anthropic's Messages API and OpenAI's chat completions.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument(
        "--script",
        type=Path,
        help="what to answer, a JSON file (docs/howto/use-the-fake-model.md); "
        "default: the smallest valid answer to every request",
    )
    said = parser.parse_args(words)
    try:
        script = (
            read_script(said.script)
            if said.script
            else parse_script({"otherwise": {"example": True}})
        )
        fake = FakeLLM(script, host=said.host, port=said.port)
    except (ScriptInvalid, OSError) as error:
        parser.error(str(error))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.stdout.write(json.dumps({"url": fake.url}) + "\n")
    sys.stdout.flush()
    try:
        fake.run()
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
