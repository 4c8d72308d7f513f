"""One row tells of many moves; whoever reads sees each of them."""

from __future__ import annotations

import json

from ai_video.orchestrator.events import EventRecord, MoveEvent, events_of, rows_of


def move(task: str, to: str) -> MoveEvent:
    return MoveEvent("film", json.dumps({"id": task, "key": task, "from": "pending", "to": to}))


def test_neighbouring_moves_of_a_run_share_a_row_in_their_order() -> None:
    started = EventRecord("dag.running", "film", "{}")
    over = EventRecord("dag.completed", "film", "{}")
    other = MoveEvent("trailer", json.dumps({"id": "c", "to": "running"}))
    rows = rows_of([started, move("a", "running"), move("b", "running"), other, over])
    assert [(row.record.type, row.record.subject, row.events) for row in rows] == [
        ("dag.running", "film", 1),
        ("task.moves", "film", 2),
        ("task.moves", "trailer", 1),
        ("dag.completed", "film", 1),
    ]


def test_a_row_of_moves_is_read_as_one_event_per_move() -> None:
    (row,) = rows_of([move("a", "running"), move("b", "completed")])
    first, second = events_of(row.record.type, row.record.subject, json.loads(row.record.data))
    assert (first.place, first.type, first.subject) == (0, "task.running", "a")
    assert (second.place, second.type, second.subject) == (1, "task.completed", "b")
    assert second.data == {
        "dag_id": "film",
        "key": "b",
        "part": None,
        "storyboard_id": None,
        "line_id": None,
        "from": "pending",
        "to": "completed",
    }


def test_other_rows_are_one_event() -> None:
    (event,) = events_of("take.added", "shot", {"seed": 7})
    assert event == (0, "take.added", "shot", {"seed": 7})
