"""Tasks with a model set share the graphics cards that are there, on every store."""

from __future__ import annotations

import asyncio

import pytest
from tests.scheduling import Gate, Worker, by_key, dag, scheduling, task, until

from ai_video.domain.task import DAGStatus, ResourceRequirements
from ai_video.orchestrator.store import TaskStore


def needs(model: str, *, urgent: bool = False) -> ResourceRequirements:
    return ResourceRequirements(model_set=model, priority_boost=urgent)


async def test_a_card_works_through_one_model_set_and_urgent_tasks_cut_in(
    store: TaskStore, worker: Worker
) -> None:
    names = ["a0", "b1", "a2", "b3", "a4", "b5"]
    specs = [task(name, resource_requirements=needs(name[0])) for name in names]
    hold = Gate()
    worker.acts["a0"] = worker.acts["a2"] = hold
    async with scheduling(store, worker, devices=lambda: 1) as scheduler:
        dag_id = await scheduler.submit(dag(*specs))
        await until(lambda: len(worker.started) == 2)
        urgent = dag(task("urgent", resource_requirements=needs("b", urgent=True)))
        await scheduler.submit(urgent)
        hold.open.set()
        assert await scheduler.run_until(dag_id) is DAGStatus.COMPLETED
        await until(lambda: worker.keys().count("urgent") == 1)
    # The urgent one brings its model, which then stays for its quantum.
    assert worker.keys() == ["a0", "a2", "urgent", "b1", "b3", "b5", "a4"]


async def test_each_card_has_two_tasks_and_the_rest_of_the_slots_stays_free(
    store: TaskStore, worker: Worker
) -> None:
    hold = Gate()
    drawn = [task(f"{m}{i}", resource_requirements=needs(m)) for m in "ab" for i in range(4)]
    worker.acts = {spec.key: hold for spec in drawn}
    async with scheduling(store, worker, slots=8, devices=lambda: 2) as scheduler:
        dag_id = await scheduler.submit(dag(*drawn, task("voice")))
        await until(lambda: worker.running == 4 and worker.keys().count("voice") == 1)
        await asyncio.sleep(0.05)
        assert worker.running == 4
        hold.open.set()
        assert await scheduler.run_until(dag_id) is DAGStatus.COMPLETED
    assert worker.most_running <= 5


@pytest.mark.parametrize("cards", [0, 1])
async def test_cards_that_come_and_go_leave_no_task_behind(
    store: TaskStore, worker: Worker, cards: int
) -> None:
    """Without a card one task still starts, to say what is missing."""
    count = [3]
    drawn = [task(f"{m}{i}", resource_requirements=needs(m)) for m in "abc" for i in range(4)]
    async with scheduling(store, worker, devices=lambda: count[0]) as scheduler:
        dag_id = await scheduler.submit(dag(*drawn))
        await until(lambda: len(worker.started) >= 3)
        count[0] = cards
        assert await scheduler.run_until(dag_id) is DAGStatus.COMPLETED
    assert {row.attempts for row in (await by_key(store, dag_id)).values()} == {1}
