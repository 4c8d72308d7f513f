"""What happened, for everybody who listens: rows of the event table, and events read from them.

All moves of a run's tasks in one step of the scheduler share one row, for a row per move would cost
as much as the move itself. The row has the number of its last event; the others have the numbers
before it, so whoever reads sees one event per move, each with a number of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, cast

from pydantic import JsonValue

from ai_video.domain.entities import Json

MOVES = "task.moves"
PROGRESS = "task.progress"
_ABSENT: Json = {"part": None, "storyboard_id": None, "line_id": None}
"""What the events of tasks say even where rows leave it out."""


class EventRecord(NamedTuple):
    """A row of the event table; `data` is a JSON object's text."""

    type: str
    subject: str
    data: str


class MoveEvent(NamedTuple):
    """A task of a run moved; `data` is a JSON object's text with `id` and `to`."""

    dag: str
    data: str


class EventRow(NamedTuple):
    """A row, and how many events it stands for."""

    record: EventRecord
    events: int


class Event(NamedTuple):
    """One event; `seq` counts from the first of its row, 0, 1 …"""

    place: int
    type: str
    subject: str
    data: Json


def rows_of(events: Iterable[EventRecord | MoveEvent]) -> list[EventRow]:
    """Rows for events in their order; neighbours that tell of one run's moves share one."""
    rows: list[EventRow] = []
    moves: list[str] = []
    dag = ""
    for event in events:
        if isinstance(event, MoveEvent):
            if moves and event.dag != dag:
                rows.append(_row(dag, moves))
                moves = []
            dag = event.dag
            moves.append(event.data)
            continue
        if moves:
            rows.append(_row(dag, moves))
            moves = []
        rows.append(EventRow(event, 1))
    if moves:
        rows.append(_row(dag, moves))
    return rows


def events_of(type: str, subject: str, data: Json) -> Iterator[Event]:
    """The events of a row."""
    if type != MOVES:
        yield Event(0, type, subject, {**_ABSENT, **data} if type == PROGRESS else data)
        return
    for place, move in enumerate(cast("list[dict[str, JsonValue]]", data["moves"])):
        told = {"dag_id": subject, **_ABSENT, **move}
        task = str(told.pop("id"))
        yield Event(place, f"task.{move['to']}", task, told)


def _row(dag: str, moves: list[str]) -> EventRow:
    return EventRow(EventRecord(MOVES, dag, f'{{"moves":[{",".join(moves)}]}}'), len(moves))
