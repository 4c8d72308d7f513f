"""Acceptance tests drive the installed command as a user does, in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

STORY = """第一场 内景 客厅 夜

林小雨坐在窗边，雨水顺着玻璃流下来。

林小雨：你终于回来了。

陈默推门进来，收起雨伞。

陈默：路上堵车，让你久等了。

第二场 外景 街道 清晨

雨停了，街道上洒满阳光。

林小雨：我们出去走走吧。
"""


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def environment(home: Path, **extra: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("AIVIDEO_")}
    return {**kept, "AIVIDEO_HOME": str(home), "AIVIDEO_OFFLINE": "1", **extra}


def command(*args: str) -> list[str]:
    return [sys.executable, "-m", "ai_video", *args]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def story(tmp_path: Path) -> Path:
    path = tmp_path / "雨夜.txt"
    path.write_text(STORY, encoding="utf-8")
    return path


@pytest.fixture
def cli(home: Path) -> Callable[..., Answer]:
    def run(*args: str, data: bytes | None = None, timeout: float = 240, **extra: str) -> Answer:
        done = subprocess.run(
            command(*args),
            input=data or b"",
            capture_output=True,
            timeout=timeout,
            env=environment(home, **extra),
            check=False,
        )
        return Answer(
            done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace")
        )

    return run


QUICK = ("--voice", "silent", "--size", "360p", "--no-music", "--generator", "animatic", "--json")
"""A film in seconds: no speech, small pictures."""


@pytest.fixture
def studio_url(home: Path) -> Iterator[str]:
    """A running studio on an empty data folder."""
    process = subprocess.Popen(
        command("studio", "--port", "0", "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(home, AIVIDEO_VOICE="silent"),
    )
    assert process.stdout is not None
    yield json.loads(process.stdout.readline())["url"]
    process.terminate()
    process.wait(timeout=20)
    process.stdout.close()
