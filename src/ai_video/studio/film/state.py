"""What of a film is current, stale or missing: computed from digests, never stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import JsonValue

from ai_video.domain.task import TaskOutput, TaskSpec
from ai_video.studio.production.film_fingerprints import expected_fingerprint
from ai_video.studio.production.film_params import changed_paths
from ai_video.studio.production.film_plan import FilmPlan
from ai_video.studio.studio import Studio

Slot = tuple[str, UUID | None, UUID | None]
"""(kind, storyboard_id, line_id)."""


@dataclass(frozen=True, slots=True)
class TaskState:
    """One planned task beside what is there.

    `maybe`: whether it must run shows only when a parent has run. `changed`: paths of parameters
    that differ from the last finished run; empty when nothing was ever made.
    """

    spec: TaskSpec
    current: bool
    maybe: bool
    missing: bool
    changed: tuple[str, ...]
    output: TaskOutput | None


def slot_of(spec: TaskSpec) -> Slot:
    return spec.kind, spec.storyboard_id, spec.line_id


async def film_states(studio: Studio, episode_id: UUID, plan: FilmPlan) -> list[TaskState]:
    """The state of every task of a plan, in the plan's order."""
    previous = await studio.store.last_params(episode_id)
    states: dict[str, TaskState] = {}
    for level in _levels(plan.specs):
        fingerprints = {
            spec.key: expected_fingerprint(spec.kind, spec.params, spec.parents, facts)
            for spec in level
            if spec.key not in plan.presets
            and (facts := _facts_of_parents(spec, states)) is not None
        }
        outputs = await studio.store.find_outputs(sorted(set(fingerprints.values())))
        wanted: set[str] = set()
        for spec in level:
            fingerprint = fingerprints.get(spec.key)
            output = plan.presets.get(spec.key) or (
                outputs.get(fingerprint) if fingerprint else None
            )
            repeated = fingerprint in wanted
            if fingerprint is not None:
                wanted.add(fingerprint)
            states[spec.key] = _state(
                spec,
                output,
                previous.get(slot_of(spec)),
                sure=fingerprint is not None and not repeated,
            )
    return [states[spec.key] for spec in plan.specs]


def _levels(specs: Sequence[TaskSpec]) -> list[list[TaskSpec]]:
    depth: dict[str, int] = {}
    levels: list[list[TaskSpec]] = []
    for spec in specs:
        depth[spec.key] = 1 + max((depth[key] for key in spec.parents), default=-1)
        while len(levels) <= depth[spec.key]:
            levels.append([])
        levels[depth[spec.key]].append(spec)
    return levels


def _facts_of_parents(
    spec: TaskSpec, states: Mapping[str, TaskState]
) -> dict[str, Mapping[str, JsonValue]] | None:
    """Facts of every parent; None while one of them has still to run."""
    facts: dict[str, Mapping[str, JsonValue]] = {}
    for key in spec.parents:
        output = states[key].output
        if output is None:
            return None
        facts[key] = output.facts
    return facts


def _state(
    spec: TaskSpec,
    output: TaskOutput | None,
    before: Mapping[str, JsonValue] | None,
    *,
    sure: bool,
) -> TaskState:
    changed = tuple(changed_paths(dict(before), spec.params)) if before is not None else ()
    if output is not None:
        return TaskState(spec, True, False, False, (), output)
    certain = sure or before is None or bool(changed)
    return TaskState(spec, False, not certain, before is None, changed, None)
