"""The running studio translates for another program that is a client of its tools."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.integration.agent.test_stdio import environment


def test_a_studio_translates_for_another_one_over_http(studio_url: str, tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "ai_video", "translate", "小明站在雨中，忧郁地看着远方，电影感",
        "--output", "image", "--json", "--via", f"{studio_url.rstrip('/')}/mcp",
    ]  # fmt: skip
    done = subprocess.run(
        command,
        env=environment(tmp_path / "data"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert (answer["ok"], answer["translated_by"]) == (True, "ai-video (rules)")
    assert answer["validation"]["valid"] is True
    assert answer["slots"]["mood"] == ["melancholy"]
