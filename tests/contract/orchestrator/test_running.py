"""What a run does, on every store."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from tests.scheduling import Gate, Worker, by_key, dag, failing, scheduling, statuses, task, until

from ai_video.domain.ids import new_id
from ai_video.domain.task import DAGStatus, ResourceRequirements, TaskOutput
from ai_video.errors import (
    ConfigurationFailure,
    InputRefused,
    ResourceFailure,
    SystemFailure,
    TransientFailure,
)
from ai_video.orchestrator.handlers import TaskContext
from ai_video.orchestrator.store import TaskStore


async def test_tasks_run_after_their_parents_and_read_their_facts(
    store: TaskStore, worker: Worker
) -> None:
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(dag(task("a"), task("b"), task("c", "b", "a")))
        assert await scheduler.run_until(dag_id) is DAGStatus.COMPLETED
    assert set(worker.keys()[:2]) == {"a", "b"}
    assert worker.keys()[2] == "c"
    assert worker.facts["c"] == {"b": {"made_by": "b"}, "a": {"made_by": "a"}}
    row = await store.get_dag(dag_id)
    assert (row.total_tasks, row.completed_tasks) == (3, 3)
    assert row.started_at is not None
    assert row.completed_at is not None
    tasks = await by_key(store, dag_id)
    assert tasks["c"].parents == (tasks["b"].id, tasks["a"].id)
    attempts = await store.list_attempts([row.id for row in tasks.values()])
    assert [[a.outcome for a in rows] for rows in attempts.values()] == [["completed"]] * 3


async def test_an_accepted_result_is_taken_over_without_running(
    store: TaskStore, worker: Worker
) -> None:
    spec = dag(task("a", made_of="x"), task("b", "a", made_of="y"))
    async with scheduling(store, worker) as scheduler:
        await scheduler.run_until(await scheduler.submit(spec))
        again = await scheduler.submit(spec)
        assert await scheduler.run_until(again) is DAGStatus.COMPLETED
    assert worker.keys() == ["a", "b"]
    assert worker.reused == ["a", "b"]
    tasks = await by_key(store, again)
    assert [row.satisfied for row in tasks.values()] == [True, True]
    assert all(row.output and row.output.facts for row in tasks.values())
    assert await store.list_attempts([row.id for row in tasks.values()]) == {}


async def test_a_changed_parent_runs_its_children_again_only_if_its_facts_differ(
    store: TaskStore, worker: Worker
) -> None:
    async with scheduling(store, worker) as scheduler:
        first = dag(task("a", made_of="1"), task("b", "a", made_of="y"))
        await scheduler.run_until(await scheduler.submit(first))
        same = dag(task("a", made_of="2"), task("b", "a", made_of="y"))
        await scheduler.run_until(await scheduler.submit(same))
        assert worker.keys() == ["a", "b", "a"]

        async def different(context: TaskContext) -> TaskOutput:
            return TaskOutput(facts={"made_by": "another"})

        worker.acts["a"] = different
        other = dag(task("a", made_of="3"), task("b", "a", made_of="y"))
        await scheduler.run_until(await scheduler.submit(other))
    assert worker.keys() == ["a", "b", "a", "a", "b"]


async def test_a_result_whose_artifacts_are_gone_is_made_again(
    store: TaskStore, worker: Worker
) -> None:
    spec = dag(task("a", made_of="x"))
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(spec)
        await scheduler.run_until(dag_id)
        await scheduler.cancel(dag_id)
        worker.gone = True
        with_other_key = dag(task("b", made_of="x", part=2))
        again = await scheduler.submit(with_other_key)
        assert await scheduler.run_until(again) is DAGStatus.COMPLETED
    assert worker.keys() == ["a", "b"]
    assert worker.reused == []


async def test_two_tasks_made_of_the_same_run_once(store: TaskStore, worker: Worker) -> None:
    async with scheduling(store, worker, slots=8) as scheduler:
        spec = dag(*[task(f"a{n}", made_of="x") for n in range(5)])
        dag_id = await scheduler.submit(spec)
        assert await scheduler.run_until(dag_id) is DAGStatus.COMPLETED
    assert len(worker.started) == 1
    assert len(worker.reused) == 4


async def test_presets_are_inserted_completed(store: TaskStore, worker: Worker) -> None:
    preset = TaskOutput(facts={"made_by": "hand"})
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(dag(task("a"), task("b", "a")), presets={"a": preset})
        assert await scheduler.run_until(dag_id) is DAGStatus.COMPLETED
    assert worker.keys() == ["b"]
    assert worker.facts["b"] == {"a": {"made_by": "hand"}}
    assert (await by_key(store, dag_id))["a"].satisfied


async def test_a_run_of_presets_alone_is_completed_at_once(
    store: TaskStore, worker: Worker
) -> None:
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(dag(task("a")), presets={"a": TaskOutput()})
    assert (await store.get_dag(dag_id)).status is DAGStatus.COMPLETED


@pytest.mark.parametrize(
    ("tasks", "code"),
    [
        ([task("a"), task("a")], "dag_invalid"),
        ([task("a", "b")], "dag_invalid"),
        ([task("a", "b"), task("b", "a")], "dag_invalid"),
        ([task("a", "a")], "dag_invalid"),
        ([task("a", kind="unheard of")], "unknown_task_kind"),
    ],
    ids=["key twice", "unknown parent", "circle", "own parent", "unknown kind"],
)
async def test_a_graph_that_cannot_run_is_refused(
    store: TaskStore, worker: Worker, tasks: list[object], code: str
) -> None:
    async with scheduling(store, worker) as scheduler:
        with pytest.raises(InputRefused) as refused:
            await scheduler.submit(dag(*tasks))  # type: ignore[arg-type]
        assert refused.value.code == code
        assert refused.value.hint("zh")
    assert await store.list_dags(limit=10) == []


@pytest.mark.parametrize("failure", [TransientFailure, SystemFailure])
async def test_failures_that_may_pass_are_tried_again(
    store: TaskStore, worker: Worker, failure: type[TransientFailure]
) -> None:
    worker.acts["a"] = failing(failure("outside_failed", reason="busy"), times=3)
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(dag(task("a", max_retries=3), task("b", "a")))
        assert await scheduler.run_until(dag_id) is DAGStatus.COMPLETED
    row = (await by_key(store, dag_id))["a"]
    assert (row.attempts, row.retry_count) == (4, 3)
    assert row.error_code is None
    attempts = (await store.list_attempts([row.id]))[row.id]
    assert [a.outcome for a in attempts] == ["failed"] * 3 + ["completed"]
    assert attempts[0].error_class == failure.error_class
    assert attempts[0].message == "Something outside failed: busy"
    waits = [
        (later.started_at - earlier.started_at).total_seconds()
        for earlier, later in pairwise(attempts)
    ]
    assert waits[0] >= 0.01
    assert waits[1] >= 0.02
    assert waits[2] >= 0.04


async def test_when_retries_are_used_up_a_person_is_asked_and_the_run_fails(
    store: TaskStore, worker: Worker
) -> None:
    worker.acts["a"] = failing(TransientFailure("outside_failed", reason="x"), times=3)
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(
            dag(task("a", max_retries=1), task("b", "a"), task("c"), task("d", "c"))
        )
        assert await scheduler.run_until(dag_id) is DAGStatus.FAILED
        assert await statuses(store, dag_id) == {
            "a": "manual_review",
            "b": "pending",
            "c": "completed",
            "d": "completed",
        }
        row = (await by_key(store, dag_id))["a"]
        assert (row.attempts, row.retry_count, row.error_code) == (2, 1, "outside_failed")
        assert (await store.get_dag(dag_id)).failed_tasks == 1
        await scheduler.retry_task(row.id)
        assert await scheduler.run_until(dag_id) is DAGStatus.FAILED
        await scheduler.retry_task(row.id)
        assert await scheduler.run_until(dag_id) is DAGStatus.COMPLETED
    assert worker.keys().count("a") == 4


async def test_a_wrong_configuration_goes_to_a_person_at_once(
    store: TaskStore, worker: Worker
) -> None:
    worker.acts["a"] = failing(ConfigurationFailure("unknown_task_kind", kind="x"), times=1)
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(dag(task("a")))
        assert await scheduler.run_until(dag_id) is DAGStatus.FAILED
    row = (await by_key(store, dag_id))["a"]
    assert (row.status, row.attempts, row.retry_count) == ("manual_review", 1, 0)


async def test_a_lack_of_room_is_waited_for_without_using_a_retry(
    store: TaskStore, worker: Worker
) -> None:
    worker.acts["a"] = failing(ResourceFailure("no_room", reason="disk"), times=2)
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(dag(task("a", max_retries=0)))
        assert await scheduler.run_until(dag_id) is DAGStatus.COMPLETED
    row = (await by_key(store, dag_id))["a"]
    assert (row.attempts, row.retry_count, row.free_retries) == (3, 0, 2)


async def test_a_bug_in_a_handler_is_an_internal_failure_with_its_traceback_in_the_log(
    store: TaskStore, worker: Worker
) -> None:
    worker.acts["a"] = failing(ZeroDivisionError("oops"), times=1)
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(dag(task("a", max_retries=0)))
        assert await scheduler.run_until(dag_id) is DAGStatus.FAILED
    row = (await by_key(store, dag_id))["a"]
    attempt = (await store.list_attempts([row.id]))[row.id][0]
    assert (attempt.error_class, attempt.error_code) == ("system", "internal")
    assert "ZeroDivisionError: oops" in attempt.log_tail


async def test_a_task_that_takes_too_long_is_cancelled_and_tried_again(
    store: TaskStore, worker: Worker
) -> None:
    told: list[bool] = []

    async def slow_at_first(context: TaskContext) -> None:
        if context.number == 1:
            try:
                await asyncio.sleep(60)
            finally:
                told.append(context.cancelled.is_set())

    worker.acts["a"] = slow_at_first
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(dag(task("a", timeout=0.05)))
        assert await scheduler.run_until(dag_id) is DAGStatus.COMPLETED
    row = (await by_key(store, dag_id))["a"]
    first = (await store.list_attempts([row.id]))[row.id][0]
    assert (first.outcome, first.error_code) == ("failed", "task_timeout")
    assert told == [True]
    assert row.retry_count == 1


async def test_no_more_run_at_once_than_there_is_room_for(store: TaskStore, worker: Worker) -> None:
    async def short(context: TaskContext) -> None:
        await asyncio.sleep(0.01)

    wide = ResourceRequirements(cpu=1)
    for n in range(6):
        worker.acts[f"cpu{n}"] = worker.acts[f"any{n}"] = short
    async with scheduling(store, worker, slots=3, cpu=2) as scheduler:
        by_slots = await scheduler.submit(dag(*[task(f"any{n}") for n in range(6)]))
        await scheduler.run_until(by_slots)
        assert worker.most_running == 3
        worker.most_running = 0
        specs = [task(f"cpu{n}", resource_requirements=wide) for n in range(6)]
        await scheduler.run_until(await scheduler.submit(dag(*specs)))
        assert worker.most_running == 2
        more_than_there_is = ResourceRequirements(cpu=64)
        alone = dag(task("huge", resource_requirements=more_than_there_is))
        assert await scheduler.run_until(await scheduler.submit(alone)) is DAGStatus.COMPLETED


async def test_urgent_then_priority_then_finished_shots_come_first(
    store: TaskStore, worker: Worker
) -> None:
    shots = [new_id(), new_id()]
    specs = [
        *[task(f"keyframe{n}", storyboard_id=shots[n]) for n in range(2)],
        *[task(f"clip{n}", f"keyframe{n}", storyboard_id=shots[n]) for n in range(2)],
        task("important", priority=90),
        task("urgent", resource_requirements=ResourceRequirements(priority_boost=True)),
    ]
    scheduler_started = dag(*specs)
    async with scheduling(store, worker, slots=1) as scheduler:
        await scheduler.run_until(await scheduler.submit(scheduler_started))
    assert worker.keys() == ["urgent", "important", "keyframe0", "clip0", "keyframe1", "clip1"]


async def test_a_run_for_later_starts_at_its_time(store: TaskStore, worker: Worker) -> None:
    start_at = datetime.now(UTC) + timedelta(seconds=0.4)
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(
            dag(task("a"), start_at=start_at, trigger_type="scheduled", created_by="claude_agent")
        )
        await asyncio.sleep(0.15)
        early = list(worker.started)
        assert early == [] or datetime.now(UTC) >= start_at  # a busy machine may come late
        assert await scheduler.run_until(dag_id) is DAGStatus.COMPLETED
    row = await store.get_dag(dag_id)
    assert (row.trigger_type, row.created_by) == ("scheduled", "claude_agent")
    assert row.started_at is not None
    assert row.started_at >= start_at


async def test_a_run_for_later_is_not_forgotten_by_a_restart(
    store: TaskStore, worker: Worker
) -> None:
    start_at = datetime.now(UTC) + timedelta(seconds=0.5)
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(dag(task("a"), start_at=start_at))
    assert worker.started == []
    async with scheduling(store, worker) as scheduler:
        await until(lambda: worker.keys() == ["a"])
        assert await scheduler.run_until(dag_id) is DAGStatus.COMPLETED
    started = (await store.get_dag(dag_id)).started_at
    assert started is not None
    assert started >= start_at


async def test_progress_and_log_of_a_running_attempt_can_be_read(
    store: TaskStore, worker: Worker
) -> None:
    gate = Gate()

    async def telling(context: TaskContext) -> None:
        context.on_server("http://card:8188")
        context.progress(0.25, "drawing")
        context.log("first line")
        await gate(context)

    worker.acts["a"] = telling
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(dag(task("a")))
        await gate.reached.wait()
        row = (await by_key(store, dag_id))["a"]

        async def told() -> bool:
            return (await store.list_attempts([row.id]))[row.id][0].progress == 0.25

        await until(told)
        attempt = (await store.list_attempts([row.id]))[row.id][0]
        assert attempt.progress_message == "drawing"
        assert attempt.log_tail.endswith("first line")
        assert attempt.server == "http://card:8188"
        gate.open.set()
        await scheduler.run_until(dag_id)
        (attempt,) = (await store.list_attempts([row.id]))[row.id]
        assert attempt.server == "http://card:8188"


async def test_a_fingerprint_that_cannot_be_made_fails_the_task_visibly(
    store: TaskStore, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise InputRefused("invalid_value", field="params.x", reason="no number")

    monkeypatch.setattr(worker, "fingerprint", broken)
    async with scheduling(store, worker) as scheduler:
        dag_id = await scheduler.submit(dag(task("a")))
        assert await scheduler.run_until(dag_id) is DAGStatus.FAILED
    row = (await by_key(store, dag_id))["a"]
    assert (row.error_class, row.error_code) == ("configuration", "invalid_value")
