"""Writes requirements.lock and requirements-dev.lock anew: hashes and markers, no index, no URL.

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
COMMON = ("--universal", "--generate-hashes", "--no-header", "--no-annotate", "--quiet")


def compile_lock(target: str, *more: str) -> None:
    """Resolve pyproject.toml, with what building it takes, into one lock file."""
    uv = Path(sys.executable).with_name("uv")
    command = (uv, "pip", "compile", *COMMON, "--group", "pyproject.toml:build", *more)
    subprocess.run([*command, "pyproject.toml", "-o", target], cwd=ROOT, check=True)


def main() -> None:
    upgrade = sys.argv[1:]
    compile_lock(RUN, *upgrade)
    compile_lock(DEV, "--extra", "dev", "-c", RUN, *upgrade)
    print(f"{RUN} and {DEV} are current")


if __name__ == "__main__":
    main()
