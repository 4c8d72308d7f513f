"""Schemathesis against the OpenAPI document: no request, however odd, ends in a server error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

NOT_FUZZED = "/make|/run|/events|/sample|/render"
"""Starting films and endless streams have tests of their own."""


@pytest.mark.slow
@pytest.mark.timeout(420)
def test_no_request_ends_in_a_server_error(studio_url: str) -> None:
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"), "run",
            f"{studio_url.rstrip('/')}/api/openapi.json",
            "--checks", "not_a_server_error", "--max-examples", "20", "--seed", "1",
            "--exclude-path-regex", NOT_FUZZED, "--phases", "examples,coverage,fuzzing",
            "--mode", "all", "--request-timeout", "20", "--no-color",
        ],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
