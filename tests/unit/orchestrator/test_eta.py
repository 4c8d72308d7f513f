"""When what is left of a run will be done."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from ai_video.domain.task import DAGSpec, ResourceRequirements, TaskSpec, TaskStatus
from ai_video.orchestrator.eta import Lanes, Measured, Work, medians, seconds_until_done
from ai_video.orchestrator.records import TaskRecord
from ai_video.orchestrator.submission import new_run

CARD = ResourceRequirements(model_set="wan", estimated_duration=60)
ONE = Lanes(devices=1, slots=2)
HERE = ResourceRequirements(estimated_duration=10)


def run_of(*specs: TaskSpec) -> dict[str, TaskRecord]:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    run = new_run(DAGSpec(tasks=specs), {}, kinds={"clip", "voice", "segment"}, now=now)
    return {task.key: task for task in run.tasks}


def shot(name: str) -> list[TaskSpec]:
    return [
        TaskSpec(key=f"clip{name}", kind="clip", resource_requirements=CARD),
        TaskSpec(key=f"voice{name}", kind="voice", resource_requirements=HERE),
        TaskSpec(
            key=f"segment{name}",
            kind="segment",
            parents=(f"clip{name}", f"voice{name}"),
            resource_requirements=HERE,
        ),
    ]


def left(
    tasks: dict[str, TaskRecord],
    known: dict[Work, float] | None = None,
    lanes: Lanes | None = None,
    running_s: dict[UUID, float] | None = None,
) -> dict[str, float]:
    found = seconds_until_done(list(tasks.values()), known or {}, lanes or ONE, running_s or {})
    return {key: found[task.id] for key, task in tasks.items() if task.id in found}


def test_shots_follow_each_other_on_one_card_and_lie_beside_each_other_on_two() -> None:
    tasks = run_of(*shot("1"), *shot("2"))
    one, two = left(tasks), left(tasks, lanes=Lanes(2, 2))
    assert (one["voice2"], one["segment1"], one["segment2"]) == (10, 70, 130)
    assert (two["segment1"], two["segment2"]) == (70, 70)


def test_what_was_measured_counts_more_than_the_estimate() -> None:
    rows = [Measured(Work("clip", "wan"), seconds) for seconds in (20, 30, 90)]
    rows += [Measured(Work("voice", None), 5), Measured(Work("clip", "flux"), 7)]
    known = medians(rows)
    assert known == {Work("clip", "wan"): 30}
    assert left(run_of(*shot("1")), known)["segment1"] == 40


@pytest.mark.parametrize(("running_s", "expected"), [(0.0, 70), (25.0, 45), (500.0, 20)])
def test_a_running_task_needs_what_is_left_of_its_time(running_s: float, expected: float) -> None:
    tasks = run_of(*shot("1"))
    tasks["clip1"].status = TaskStatus.RUNNING
    found = left(tasks, running_s={tasks["clip1"].id: running_s})
    assert found["segment1"] == expected


def test_what_waits_for_a_person_has_no_time_and_what_is_done_needs_none() -> None:
    tasks = run_of(*shot("1"), *shot("2"))
    tasks["clip1"].status = TaskStatus.MANUAL_REVIEW
    tasks["voice2"].status = TaskStatus.COMPLETED
    found = left(tasks)
    assert found == {"voice1": 10, "clip2": 60, "segment2": 70}
