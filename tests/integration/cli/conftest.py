"""The command in this process (`ai`), with its exit code and its two streams."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ai_video.cli.main import run


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of this test's own, said by the environment."""
    home = tmp_path / "data"
    for name, value in {"HOME": str(home), "LANG": "en", "VOICE": "silent", "OFFLINE": "1"}.items():
        monkeypatch.setenv(f"AIVIDEO_{name}", value)
    return home


@pytest.fixture
def ai(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    def call(*args: str) -> Done:
        capsys.readouterr()
        code = run(args)
        out, err = capsys.readouterr()
        return Done(code, out, err)

    return call
