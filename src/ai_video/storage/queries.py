"""Answers that need more than the rows of one entity."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, case, func, literal, null, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from ai_video.domain.entities import Json
from ai_video.orchestrator.events import events_of
from ai_video.storage.database import Unit
from ai_video.storage.tables import EpisodeRow, EventRow, LineRow, StoryboardRow
from ai_video.storage.task_tables import DAGRow, TaskRow


async def events_after(unit: Unit, seq: int, limit: int) -> list[Json]:
    """Events of the next `limit` rows, in order: {seq, at, type, subject, data}."""
    rows = await unit.session.scalars(
        select(EventRow).where(EventRow.seq > seq).order_by(EventRow.seq).limit(limit)
    )
    found: list[Json] = []
    for row in rows:
        events = list(events_of(row.type, row.subject, row.data))
        first = row.seq + 1 - len(events)
        for event in events:
            if first + event.place > seq:
                told: Json = {
                    "seq": first + event.place,
                    "at": row.at.isoformat().replace("+00:00", "Z"),
                    "type": event.type,
                    "subject": event.subject,
                    "data": event.data,
                }
                found.append(told)
    return found


async def last_event_seq(unit: Unit) -> int:
    """The number of the newest event; 0 when there is none."""
    return (await unit.session.scalar(select(func.max(EventRow.seq)))) or 0


Progress = dict[UUID, dict[str, dict[str, int]]]
"""Episode → stage → state → how many."""


async def shot_progress(unit: Unit, project_id: UUID) -> Progress:
    """Shots (for voices: lines) of a project per episode, stage and state, in one query."""
    last = _last_tasks(project_id)
    stages = union_all(
        _shot_stage("keyframe", last, StoryboardRow.image_locked, StoryboardRow.image_take_id),
        _shot_stage("clip", last, StoryboardRow.video_locked, StoryboardRow.video_take_id),
        _shot_stage("segment", last, literal(False), null()),
        _voice_stage(last),
    ).subquery()
    shots = stages.c
    rows = await unit.session.execute(
        select(shots.episode_id, shots.stage, shots.state, func.count())
        .join(EpisodeRow, EpisodeRow.id == shots.episode_id)
        .where(EpisodeRow.project_id == project_id)
        .group_by(shots.episode_id, shots.stage, shots.state)
    )
    progress: Progress = {}
    for episode_id, stage, state, count in rows:
        progress.setdefault(episode_id, {}).setdefault(stage, {})[state] = count
    return progress


def _last_tasks(project_id: UUID) -> Subquery:
    """The newest task of every slot over all runs of a project's episodes."""
    ranked = (
        select(
            TaskRow.kind,
            TaskRow.status,
            TaskRow.storyboard_id,
            TaskRow.line_id,
            func.row_number()
            .over(
                partition_by=(TaskRow.kind, TaskRow.storyboard_id, TaskRow.line_id),
                order_by=TaskRow.id.desc(),
            )
            .label("age"),
        )
        .join(DAGRow, DAGRow.id == TaskRow.dag_id)
        .join(EpisodeRow, EpisodeRow.id == DAGRow.episode_id)
        .where(EpisodeRow.project_id == project_id)
        .subquery()
    )
    return select(ranked).where(ranked.c.age == 1).subquery()


Locked = InstrumentedAttribute[bool] | ColumnElement[bool]
Pointer = InstrumentedAttribute[UUID | None] | ColumnElement[None]


def _state(last: Subquery, locked: Locked, take: Pointer) -> ColumnElement[str]:
    status = last.c.status
    return case(
        (locked, "locked"),
        (status == "running", "running"),
        (status.in_(["pending", "retry_pending"]), "waiting"),
        (status == "manual_review", "manual_review"),
        (status == "completed", "done"),
        (take.is_not(None), "done"),
        else_="missing",
    ).label("state")


def _shot_stage(kind: str, last: Subquery, locked: Locked, take: Pointer) -> Select[UUID, str, str]:
    return select(
        StoryboardRow.episode_id, literal(kind).label("stage"), _state(last, locked, take)
    ).outerjoin(last, (last.c.storyboard_id == StoryboardRow.id) & (last.c.kind == kind))


def _voice_stage(last: Subquery) -> Select[UUID, str, str]:
    state = _state(last, LineRow.audio_locked, LineRow.audio_take_id)
    return (
        select(StoryboardRow.episode_id, literal("voice").label("stage"), state)
        .select_from(LineRow)
        .join(StoryboardRow, StoryboardRow.id == LineRow.storyboard_id)
        .outerjoin(last, (last.c.line_id == LineRow.id) & (last.c.kind == "voice"))
    )
