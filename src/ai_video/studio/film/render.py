"""Render an episode: run what is not current, and say what was done."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from ai_video.domain.entities import Episode, Project
from ai_video.domain.task import DAGSpec, DAGStatus, TaskStatus
from ai_video.errors import Conflict, InputRefused
from ai_video.storage.database import Unit
from ai_video.studio.film.document import RunReport, film_document
from ai_video.studio.film.export import export_film
from ai_video.studio.film.parts import film_parts
from ai_video.studio.film.readings import read_shots
from ai_video.studio.film.state import TaskState, film_states
from ai_video.studio.production.film_plan import FilmPlan, plan_film
from ai_video.studio.production.film_snapshot import EpisodeSnapshot, load_snapshot
from ai_video.studio.requests import Degraded, FilmDocument, Progress, RenderRequest
from ai_video.studio.studio import Studio

KEYFRAMES_ONLY = frozenset({"keyframe"})


@dataclass(slots=True)
class Clock:
    """Wall and CPU seconds (this process and its finished children) since it was made."""

    wall: float
    cpu: float

    @classmethod
    def start(cls) -> Clock:
        return cls(time.monotonic(), _cpu_seconds())

    def read(self) -> tuple[float, float]:
        return time.monotonic() - self.wall, _cpu_seconds() - self.cpu


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


async def render_film(
    studio: Studio,
    request: RenderRequest,
    *,
    progress: Progress | None = None,
    degraded: tuple[Degraded, ...] = (),
    clock: Clock | None = None,
) -> FilmDocument:
    """Bring an episode's film up to date and describe it.

    Raises:
        NotFound: no such episode. InputRefused: it has no shots, or none in the asked range.
        Conflict: its project is archived.
    """
    clock = clock or Clock.start()
    snapshot = await studio.database.read(lambda unit: load_snapshot(unit, request.episode_id))
    if snapshot.project.status == "archived":
        raise Conflict("project_archived")
    parts, said = await film_parts(studio, snapshot)
    plan = _asked_part(plan_film(snapshot, parts), snapshot, request)
    before = await film_states(studio, request.episode_id, plan)
    due = _to_draw(before)
    if parts.drawing is not None and due and not request.dry_run:
        readings, unread = await read_shots(studio, snapshot, parts.readings, due)
        said = (*said, *unread)
        if readings != parts.readings:
            parts = replace(parts, readings=readings)
            plan = _asked_part(plan_film(snapshot, parts), snapshot, request)
            before = await film_states(studio, request.episode_id, plan)
    dag_id = None
    if not request.dry_run:
        dag_id = await _run(studio, snapshot, plan, progress)
    snapshot = await studio.database.read(lambda unit: load_snapshot(unit, request.episode_id))
    whole = request.shots is None and request.scene is None and request.until is None
    film = None
    if whole and not request.dry_run:
        film = await export_film(studio, snapshot, request.output)
    wall, cpu = clock.read()
    report = RunReport(
        plan=plan,
        before=before,
        dag_id=dag_id,
        dry_run=request.dry_run,
        film=film,
        degraded=(*said, *degraded, *_shot_notes(plan)),
        wall_s=wall,
        cpu_s=cpu,
    )
    return await film_document(studio, snapshot, parts, report)


def _shot_notes(plan: FilmPlan) -> list[Degraded]:
    """What was asked of a shot and its graph does not do."""
    return [
        Degraded(code=note.code, message=note.message, storyboard_id=note.storyboard_id)
        for note in dict.fromkeys(plan.notes)
    ]


def _to_draw(states: Sequence[TaskState]) -> frozenset[UUID]:
    """Shots whose picture is to be drawn whatever a model would read: what is drawn stays."""
    return frozenset(
        state.spec.storyboard_id
        for state in states
        if state.spec.kind == "keyframe"
        and not state.current
        and state.spec.storyboard_id is not None
    )


def _asked_part(plan: FilmPlan, snapshot: EpisodeSnapshot, request: RenderRequest) -> FilmPlan:
    shots = list(snapshot.shots)
    if not shots:
        raise InputRefused("no_shots", episode=snapshot.episode.title)
    if request.shots is not None:
        first, last = request.shots
        shots = [shot for shot in shots if first <= shot.shot_number <= last]
    if request.scene is not None:
        shots = [shot for shot in shots if shot.scene_number == request.scene]
    if not shots:
        raise InputRefused("no_such_shots", last=snapshot.shots[-1].shot_number)
    ranged = request.shots is not None or request.scene is not None
    some = frozenset(shot.id for shot in shots) if ranged else None
    kinds = KEYFRAMES_ONLY if request.until == "keyframes" else None
    asked = plan.only(kinds, some) if kinds or some else plan
    if not asked.specs:
        raise InputRefused("shots_left_out")
    return asked


async def _run(
    studio: Studio, snapshot: EpisodeSnapshot, plan: FilmPlan, progress: Progress | None
) -> UUID:
    """Continue the episode's unfinished DAG when it expects the same tasks, else start a new one."""
    episode_id = snapshot.episode.id
    dag_id = await _same_unfinished(studio, episode_id, plan)
    if dag_id is None:
        spec = DAGSpec(
            name=snapshot.episode.title,
            episode_id=episode_id,
            tasks=plan.specs,
        )
        dag_id = await studio.scheduler.submit(studio.door.signed(spec), presets=plan.presets)
    await studio.database.write(lambda unit: _set_status(unit, snapshot, "generating"))
    watcher = asyncio.create_task(_watch(studio, dag_id, progress)) if progress else None
    try:
        status = await studio.scheduler.run_until(dag_id)
        if status == DAGStatus.FAILED and await _was_only_cut_off(studio, dag_id):
            await studio.scheduler.retry_all(dag_id)
            await studio.scheduler.run_until(dag_id)
    finally:
        if watcher is not None:
            watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watcher
    return dag_id


async def _was_only_cut_off(studio: Studio, dag_id: UUID) -> bool:
    """Does every task that waits for a person wait because its process was killed, not because it
    failed? Running the same command again is that person's answer."""
    waiting = await studio.store.list_tasks(dag_id=dag_id, status=TaskStatus.MANUAL_REVIEW)
    attempts = await studio.store.list_attempts([task.id for task in waiting])
    return bool(waiting) and all(
        attempts[task.id] and attempts[task.id][-1].outcome == "lost" for task in waiting
    )


async def _same_unfinished(studio: Studio, episode_id: UUID, plan: FilmPlan) -> UUID | None:
    wanted = {spec.key: spec.params for spec in plan.specs}
    for dag in await studio.store.unfinished_dags(episode_id):
        tasks = await studio.store.list_tasks(dag_id=dag.id)
        if {task.key: task.params for task in tasks} == wanted:
            await studio.scheduler.retry_all(dag.id)
            return dag.id
        await studio.scheduler.cancel(dag.id)
    return None


async def _watch(studio: Studio, dag_id: UUID, progress: Progress) -> None:
    while True:
        dag = await studio.store.get_dag(dag_id)
        progress(dag.name, dag.completed_tasks / max(1, dag.total_tasks))
        await asyncio.sleep(0.5)


async def _set_status(unit: Unit, snapshot: EpisodeSnapshot, status: str) -> None:
    episode = await unit.get(Episode, snapshot.episode.id)
    if episode.status not in ("archived", status):
        await unit.change(episode, status=status)
    project = await unit.get(Project, snapshot.project.id)
    if project.status == "draft":
        await unit.change(project, status="in_progress")
