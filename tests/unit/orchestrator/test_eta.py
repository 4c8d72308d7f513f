"""When what is left of a run will be done."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from ai_video.domain.task import DAGSpec, ResourceRequirements, TaskSpec, TaskStatus
from ai_video.orchestrator.eta import Begun, Lanes, Measured, Work, medians, seconds_until_done
from ai_video.orchestrator.records import TaskRecord
from ai_video.orchestrator.submission import new_run

CARD = ResourceRequirements(model_set="wan", estimated_duration=60)
ONE = Lanes(servers=["a"], slots=2)
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
    running: dict[UUID, Begun] | None = None,
) -> dict[str, float]:
    found = seconds_until_done(list(tasks.values()), known or {}, lanes or ONE, running or {})
    return {key: found[task.id] for key, task in tasks.items() if task.id in found}


def test_shots_follow_each_other_on_one_card_and_lie_beside_each_other_on_two() -> None:
    tasks = run_of(*shot("1"), *shot("2"))
    one, two = left(tasks), left(tasks, lanes=Lanes(["a", "b"], 2))
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
    found = left(tasks, running={tasks["clip1"].id: Begun(running_s)})
    assert found["segment1"] == expected


def test_what_waits_for_a_person_has_no_time_and_what_is_done_needs_none() -> None:
    tasks = run_of(*shot("1"), *shot("2"))
    tasks["clip1"].status = TaskStatus.MANUAL_REVIEW
    tasks["voice2"].status = TaskStatus.COMPLETED
    found = left(tasks)
    assert found == {"voice1": 10, "clip2": 60, "segment2": 70}


def test_a_server_is_as_fast_as_it_was_and_the_faster_one_is_taken_first() -> None:
    rows = [Measured(Work("clip", "wan", "fast"), 20)] * 3
    rows += [Measured(Work("clip", "wan", "slow"), 100)] * 3
    known = medians(rows)
    assert known[Work("clip", "wan")] == 60
    both = Lanes(["slow", "fast"], 2)
    found = left(run_of(*shot("1"), *shot("2")), known, both)
    assert (found["clip1"], found["clip2"]) == (20, 100)
    tasks = run_of(*shot("1"), *shot("2"))
    tasks["clip1"].status = TaskStatus.RUNNING
    found = left(tasks, known, both, {tasks["clip1"].id: Begun(30, "slow")})
    assert (found["clip1"], found["clip2"]) == (70, 20)


def test_a_server_that_left_still_ends_what_runs_on_it() -> None:
    tasks = run_of(*shot("1"), *shot("2"))
    for name in ("clip1", "clip2"):
        tasks[name].status = TaskStatus.RUNNING
    begun = {tasks["clip1"].id: Begun(10, "gone"), tasks["clip2"].id: Begun(0, "a")}
    found = left(tasks, None, ONE, begun)
    assert (found["clip1"], found["clip2"]) == (50, 60)
