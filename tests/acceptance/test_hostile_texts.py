"""Twenty hostile texts through the command line: a short film or one clear error, no traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.conftest import QUICK, Answer
from tests.unit.writing.hostile import HostileInput, hostile_inputs

WHOLE_FILM = 4
"""Texts of at most so many shots become whole films, of longer ones the first shot is made."""
TEXTS = list(hostile_inputs(20, seed=7))


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("given", TEXTS, ids=[f"{n}-{text.kind}" for n, text in enumerate(TEXTS)])
def test_a_hostile_text_gives_a_film_or_one_clear_error(
    cli: Callable[..., Answer], tmp_path: Path, given: HostileInput
) -> None:
    name = Path(given.name).name.replace("\x00", "") or "story.txt"
    path = tmp_path / name[-100:]
    path.write_bytes(given.data)
    film = tmp_path / "film.mp4"
    answer = cli("make", str(path), "-o", str(film), "--until", "storyboards", *QUICK, timeout=60)
    assert "Traceback" not in answer.err + answer.out
    if answer.code == 3:
        assert answer.json["error"]["hint"]
        return
    assert answer.code == 0, answer.out[-500:]
    shots = answer.json["storyboards"]
    assert shots
    some = () if len(shots) <= WHOLE_FILM else ("--shots", "1-1")
    made = cli("render", answer.json["episode_id"], "-o", str(film), *some, "--json", timeout=240)
    assert made.code == 0, made.out[-800:]
    assert made.json["ok"]
    assert film.exists() == (not some)
