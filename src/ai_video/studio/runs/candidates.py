"""Several takes of one shot to choose from: the same graph with other seeds."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal
from uuid import UUID

from ai_video.domain.entities import Json, Storyboard, Take
from ai_video.domain.task import DAGSpec, TaskSpec
from ai_video.errors import Conflict, InputRefused
from ai_video.storage.database import Unit
from ai_video.studio.film.parts import film_parts
from ai_video.studio.production.film_plan import FilmParts, FilmPlan, plan_film
from ai_video.studio.production.film_results import CANDIDATE
from ai_video.studio.production.film_snapshot import EpisodeSnapshot, load_snapshot
from ai_video.studio.production.redrawing import SEEDS
from ai_video.studio.runs.dags import NOT_OK
from ai_video.studio.studio import Studio

CandidateKind = Literal["image", "video"]
MOST_CANDIDATES: Final = 16
TASK_KINDS: Final[Mapping[CandidateKind, str]] = {"image": "keyframe", "video": "clip"}


async def make_takes(
    studio: Studio,
    storyboard_id: UUID,
    *,
    kind: CandidateKind = "image",
    count: int = 3,
    wait: bool = True,
) -> Json:
    """Draw `count` pictures (or clips) of a shot, each with a seed that it has no take of yet.

    They are tasks like those of a film: tried again, held to the caps, paid for. None is selected
    where the shot shows one already. Clips begin from the picture that the shot shows.

    Returns:
        `{"ok", "dag_id", "status", "kind", "seeds", "takes": [id], "degraded"}`; takes that are
        there by then, with `wait` all of them.

    Raises:
        NotFound: no such shot. InputRefused: `invalid_value`. Conflict: the project is archived.
    """
    if not 1 <= count <= MOST_CANDIDATES:
        raise InputRefused("invalid_value", field="count", reason=f"1 to {MOST_CANDIDATES}")
    shot, takes = await studio.database.read(lambda unit: _shot(unit, storyboard_id, kind))
    snapshot = await studio.database.read(lambda unit: load_snapshot(unit, shot.episode_id))
    if snapshot.project.status == "archived":
        raise Conflict("project_archived")
    alone = _only(snapshot, shot)
    parts, said = await film_parts(studio, alone)
    seeds = _fresh_seeds(alone, shot, takes, count)
    spec, base = await asyncio.to_thread(_run, alone, parts, shot, kind, seeds)
    presets = base.presets if kind == "video" else {}
    dag_id = await studio.scheduler.submit(studio.door.signed(spec), presets=presets)
    if wait:
        await studio.scheduler.run_until(dag_id)
    dag = await studio.store.get_dag(dag_id)
    made = await _made(studio, dag_id, storyboard_id)
    return {
        "ok": dag.status not in NOT_OK,
        "dag_id": str(dag_id),
        "status": dag.status.value,
        "kind": kind,
        "seeds": [*seeds],
        "takes": [str(take.id) for take in made],
        "degraded": [
            *({"code": row.code, "message": row.message} for row in said),
            *({"code": note.code, "message": note.message} for note in dict.fromkeys(base.notes)),
        ],
    }


async def _shot(
    unit: Unit, storyboard_id: UUID, kind: CandidateKind
) -> tuple[Storyboard, list[Take]]:
    shot = await unit.get(Storyboard, storyboard_id)
    return shot, await unit.find(Take, storyboard_id=storyboard_id, kind=kind)


async def _made(studio: Studio, dag_id: UUID, storyboard_id: UUID) -> list[Take]:
    """The takes of this run that were not thrown away, in the order of its tasks."""
    tasks = await studio.store.list_tasks(dag_id=dag_id)
    assets = {
        asset: place
        for place, task in enumerate(tasks)
        if task.output is not None and CANDIDATE in task.key.split(":")
        for asset in task.output.assets
    }
    takes = await studio.database.read(lambda unit: unit.find(Take, storyboard_id=storyboard_id))
    found = [take for take in takes if take.asset_id in assets and take.verdict != "discarded"]
    return sorted(found, key=lambda take: assets[take.asset_id])


def _only(snapshot: EpisodeSnapshot, shot: Storyboard) -> EpisodeSnapshot:
    """The episode as if it had this shot alone."""
    return replace(snapshot, shots=(shot,), arrangement=None)


def _fresh_seeds(
    snapshot: EpisodeSnapshot, shot: Storyboard, takes: list[Take], count: int
) -> list[int]:
    """Drawn by lot, so that runs that begin at once, here or in another process, share none."""
    own = shot.generation_config.seed
    used = {take.seed for take in takes}
    used.add(snapshot.project.settings.seed if own is None else own)
    fresh: list[int] = []
    while len(fresh) < count:
        seed = secrets.randbelow(SEEDS)
        if seed not in used:
            used.add(seed)
            fresh.append(seed)
    return fresh


def _run(
    snapshot: EpisodeSnapshot,
    parts: FilmParts,
    shot: Storyboard,
    kind: CandidateKind,
    seeds: Sequence[int],
) -> tuple[DAGSpec, FilmPlan]:
    """The run that draws them, and what the film itself would make up to the keyframe; blocking."""
    plan = plan_film(snapshot, parts)
    base = plan.only(frozenset({"voice", "keyframe"}), frozenset({shot.id}))
    specs = list(base.specs) if kind == "video" else []
    for seed in seeds:
        specs += _candidate(snapshot, parts, shot, kind, seed)
    return DAGSpec(name=f"takes of shot {shot.shot_number}", tasks=tuple(specs)), base


def _candidate(
    snapshot: EpisodeSnapshot,
    parts: FilmParts,
    shot: Storyboard,
    kind: CandidateKind,
    seed: int,
) -> Iterator[TaskSpec]:
    """The tasks of one candidate, under keys of their own."""
    config = shot.generation_config.model_copy(update={"seed": seed})
    free = {"generation_config": config, "image_locked": False, "video_locked": False}
    drawn = _only(snapshot, shot.model_copy(update=free))
    plan: FilmPlan = plan_film(drawn, parts)
    wanted = [spec for spec in plan.specs if spec.kind == TASK_KINDS[kind]]
    names = {spec.key: _key(spec.key, shot.id, seed) for spec in wanted}
    for spec in wanted:
        yield spec.model_copy(
            update={
                "key": names[spec.key],
                "parents": tuple(names.get(key, key) for key in spec.parents),
            }
        )


def _key(key: str, shot_id: UUID, seed: int) -> str:
    """`clip:SHOT:candidate:SEED`, with the part behind it where there is one."""
    return key.replace(str(shot_id), f"{shot_id}:{CANDIDATE}:{seed}")
