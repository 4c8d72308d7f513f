"""Whole projects: copy, archive, restore, and how far they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeVar
from uuid import UUID

from ai_video.domain import entities as e
from ai_video.domain.entities import Entity, Json, Project
from ai_video.domain.ids import new_id
from ai_video.errors import Conflict
from ai_video.storage.costs import count_of_unknown, spent_on_project
from ai_video.storage.database import Unit, now
from ai_video.storage.queries import shot_progress
from ai_video.studio.record_values import new_entity
from ai_video.studio.records.eta import episode_eta, time_of
from ai_video.studio.records.record_documents import document
from ai_video.studio.studio import Studio

E = TypeVar("E", bound=Entity)
LONGEST_NAME = 200
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def copy_project(studio: Studio, id: UUID, *, name: str | None = None) -> Json:
    """Copy a project with everything in it: new ids, the same files, takes and choices kept.

    Nothing has to be made again. Films and the history of edits come along; runs do not.

    Raises:
        NotFound: no such project. InputRefused: the name cannot be used.
    """
    suffix = {"zh": "副本", "en": "copy"}[studio.language]

    async def work(unit: Unit) -> Json:
        source = await unit.get(Project, id)
        title = name or f"{source.name[: LONGEST_NAME - 8]} {suffix}"
        new_entity(Project, {"name": title})
        rows = await _rows_of_project(unit, source)
        new_ids = {str(row.id): str(new_id()) for row in (source, *rows)}
        moment = now()
        project = _copied(source, new_ids).model_copy(
            update={"name": title, "created_at": moment, "updated_at": moment, "source_path": None}
        )
        if project.status == "archived":
            project = project.model_copy(update={"status": "in_progress"})
        await unit.add(project)
        await unit.add_all(_copied(row, new_ids) for row in rows)
        await unit.event("project.created", project.id, copy_of=str(id))
        return await document(unit, project)

    return await studio.database.write(work)


_OF_PROJECT = (e.Asset, e.LoraAsset, e.WorldSetting, e.Character, e.Scene, e.Episode)
_OF_EPISODE = (e.Script, e.Storyboard, e.GeneratedVideo, e.Timeline, e.EpisodeEdit)


async def _rows_of_project(unit: Unit, project: Project) -> list[Entity]:
    """Everything that belongs to a project, each kind in the order it was made."""
    rows: list[Entity] = []
    for kind in _OF_PROJECT:
        rows += await unit.find(kind, project_id=project.id)
    episodes = [row.id for row in rows if isinstance(row, e.Episode)]
    for kind in _OF_EPISODE:
        rows += await unit.find(kind, episode_id=episodes)
    shots = [row.id for row in rows if isinstance(row, e.Storyboard)]
    lines = await unit.find(e.Line, storyboard_id=shots)
    takes = await unit.find(e.Take, storyboard_id=shots)
    takes += await unit.find(e.Take, line_id=[line.id for line in lines])
    return [*rows, *lines, *takes]


def _copied(entity: E, new_ids: Mapping[str, str]) -> E:
    """The same row with every id that it holds, however deep, replaced by the copy's."""
    text = _UUID.sub(lambda match: new_ids.get(match[0], match[0]), entity.model_dump_json())
    return type(entity).model_validate_json(text).model_copy(update={"revision": 0})


async def archive_project(studio: Studio, id: UUID) -> Json:
    """Make a project read-only and hide it from lists; unfinished runs of it are cancelled.

    Raises:
        NotFound: no such project.
    """
    episodes = await studio.database.read(lambda unit: unit.find(e.Episode, project_id=id))
    for episode in episodes:
        for dag in await studio.store.unfinished_dags(episode.id):
            await studio.scheduler.cancel(dag.id)
    return await studio.database.write(lambda unit: _set_status(unit, id, "archived"))


async def restore_project(studio: Studio, id: UUID) -> Json:
    """Bring an archived project back.

    Raises:
        NotFound: no such project. Conflict: `project_not_archived`.
    """

    async def work(unit: Unit) -> Json:
        if (await unit.get(Project, id)).status != "archived":
            raise Conflict("project_not_archived")
        started = await unit.find(e.Episode, project_id=id, limit=1)
        return await _set_status(unit, id, "in_progress" if started else "draft")

    return await studio.database.write(work)


async def _set_status(
    unit: Unit, id: UUID, status: Literal["archived", "in_progress", "draft"]
) -> Json:
    project = await unit.get(Project, id)
    if project.status != status:
        project = await unit.change(project, status=status)
        await unit.event("project.changed", id, status=status)
    return await document(unit, project)


async def project_progress(studio: Studio, id: UUID) -> Json:
    """Shots per stage and state, for each episode and in total.

    Stages: keyframe, clip, segment (counted in shots) and voice (counted in lines); states:
    missing, waiting, running, done, locked, manual_review. `cost`: what paid servers and models cost
    so far, by currency; `cost_unknown`: how many calls are not in it, their cost being unknown. `eta`: when the film that is being made of an episode will be done; null where none
    is made, or it waits for a person.

    Raises:
        NotFound: no such project.
    """

    episodes = await studio.database.read(
        lambda unit: unit.find(e.Episode, project_id=id, order_by=("order",))
    )
    etas = {row.id: time_of(await episode_eta(studio, row.id)) for row in episodes}

    async def work(unit: Unit) -> Json:
        project = await unit.get(Project, id)
        counts = await shot_progress(unit, id)
        cost = await spent_on_project(unit, id)
        total: dict[str, dict[str, int]] = {}
        rows: list[Json] = []
        for episode in episodes:
            stages = counts.get(episode.id, {})
            for stage, states in stages.items():
                for state, count in states.items():
                    sums = total.setdefault(stage, {})
                    sums[state] = sums.get(state, 0) + count
            rows.append(
                {
                    "episode_id": str(episode.id),
                    "title": episode.title,
                    "status": episode.status,
                    "shots": sum(stages.get("clip", {}).values()),
                    "stages": {stage: dict(states) for stage, states in stages.items()},
                    "eta": etas[episode.id],
                }
            )
        return {
            "project_id": str(id),
            "status": project.status,
            "shots": sum(total.get("clip", {}).values()),
            "stages": {stage: dict(states) for stage, states in total.items()},
            "episodes": list(rows),
            "cost": dict(cost),
            "cost_unknown": await count_of_unknown(unit, id),
            "cost_cap": project.settings.cost_cap,
        }

    return await studio.database.read(work)
