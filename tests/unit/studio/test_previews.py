"""Pictures of work that is not done yet: few, small, and gone at the end."""

from __future__ import annotations

from uuid import UUID

import pytest

from ai_video.orchestrator.handlers import TaskView
from ai_video.studio.production import previews
from ai_video.studio.production.previews import LARGEST, MOST_KEPT, Previews


def task(number: int) -> TaskView:
    return TaskView(
        id=UUID(int=number), dag_id=UUID(int=0), episode_id=None, key="keyframe:x",
        kind="keyframe", part=None, params={}, parents=(), storyboard_id=UUID(int=9),
        line_id=None, workflow_id=None, fingerprint=None, timeout=1.0,
    )  # fmt: skip


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(previews.time, "monotonic", lambda: now[0])
    return now


def test_at_most_one_a_second_of_each_task(clock: list[float]) -> None:
    shown = Previews()
    shown.put(task(1), b"a", "image/jpeg")
    shown.put(task(1), b"b", "image/jpeg")
    shown.put(task(2), b"c", "image/jpeg")
    assert [row.image for row in shown.after(0)] == [b"a", b"c"]
    clock[0] += 1.1
    shown.put(task(1), b"d", "image/jpeg")
    assert [(row.number, row.image) for row in shown.after(2)] == [(3, b"d")]
    shown.drop(UUID(int=1))
    assert shown.of(UUID(int=1)) is None
    assert shown.of(UUID(int=2)) is not None


def test_only_what_a_browser_shows_as_a_plain_picture() -> None:
    shown = Previews()
    for number, media_type in enumerate(("image/svg+xml", "text/html", "image/webp")):
        shown.put(task(number), b"x", media_type)
    assert [row.media_type for row in shown.after(0)] == ["image/webp"]


def test_only_so_many_and_none_too_large(clock: list[float]) -> None:
    shown = Previews()
    shown.put(task(1), bytes(LARGEST + 1), "image/jpeg")
    assert shown.after(0) == []
    for number in range(MOST_KEPT + 5):
        clock[0] += 0.01
        shown.put(task(number), b"x", "image/jpeg")
    assert len(shown.after(0)) == MOST_KEPT
    assert shown.of(UUID(int=0)) is None


def test_they_are_wanted_while_somebody_looks() -> None:
    shown = Previews()
    assert not shown.wanted
    with shown.watched(), shown.watched():
        assert shown.wanted
    assert not shown.wanted
