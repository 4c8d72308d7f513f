from __future__ import annotations

import pytest

from ai_video.cli.films import shot_range
from ai_video.errors import UsageError


@pytest.mark.parametrize(("text", "wanted"), [("3-7", (3, 7)), ("3", (3, 3)), ("1-1", (1, 1))])
def test_a_range_of_shots_is_inclusive(text: str, wanted: tuple[int, int]) -> None:
    assert shot_range(text) == wanted


@pytest.mark.parametrize("text", ["", "0-2", "7-3", "a", "1-b", "-3", "1-2-3"])
def test_anything_else_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError):
        shot_range(text)
