"""Writes the requirements locks anew: hashes and markers, no index, no URL.

    .venv/bin/python scripts/lock.py [--upgrade]

Without --upgrade the versions already locked are kept where pyproject.toml still allows them.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN = "requirements.lock"
DEV = "requirements-dev.lock"
QUEUE = "requirements-queue.lock"
LLM = "requirements-llm.lock"
CLAUDE = "requirements-claude.lock"
VISION = "requirements-vision.lock"
NODE = "requirements-node.lock"
COMMON = ("--universal", "--generate-hashes", "--no-header", "--no-annotate", "--quiet")


def compile_lock(target: str, *more: str) -> None:
    """Resolve what `more` names into one lock file."""
    uv = Path(sys.executable).with_name("uv")
    command = (uv, "pip", "compile", *COMMON, *more, "-o", target)
    subprocess.run(command, cwd=ROOT, check=True)


def main() -> None:
    upgrade = sys.argv[1:]
    project = ("pyproject.toml", "--group", "pyproject.toml:build", *upgrade)
    compile_lock(RUN, *project)
    compile_lock(QUEUE, *project, "--extra", "queue", "-c", RUN)
    compile_lock(LLM, *project, "--extra", "llm", "-c", QUEUE)
    extras = ("--extra", "dev", "--extra", "queue", "--extra", "llm")
    compile_lock(DEV, *project, *extras, "-c", QUEUE, "-c", LLM)
    compile_lock(CLAUDE, *project, "--extra", "llm", "--extra", "claude", "-c", DEV)
    compile_lock(VISION, *project, "--extra", "vision", "-c", DEV)
    compile_lock(NODE, "--group", "pyproject.toml:node", *upgrade)
    print(f"{RUN}, {QUEUE}, {LLM}, {DEV}, {CLAUDE}, {VISION} and {NODE} are current")


if __name__ == "__main__":
    main()
