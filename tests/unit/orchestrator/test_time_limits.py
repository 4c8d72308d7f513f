"""One alarm of the event loop stands for the time limits of all running attempts."""

from __future__ import annotations

import asyncio

from tests.scheduling import until

from ai_video.domain.ids import new_id
from ai_video.domain.task import TaskOutput
from ai_video.orchestrator.executor import Ended, Work
from ai_video.orchestrator.handlers import Facts, InProcessHandler, TaskContext, TaskView
from ai_video.orchestrator.in_process import InProcessExecutor


class Waits(InProcessHandler):
    kind = "waits"

    async def run(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        await asyncio.sleep(float(str(task.params["seconds"])))
        return TaskOutput()


def work(seconds: float, timeout: float) -> Work:
    task = TaskView(
        id=new_id(),
        dag_id=new_id(),
        episode_id=None,
        key="t",
        kind="waits",
        part=None,
        params={"seconds": seconds},
        parents=(),
        storyboard_id=None,
        line_id=None,
        workflow_id=None,
        fingerprint=None,
        timeout=timeout,
    )
    return Work(task, {}, TaskContext(new_id(), 1), Waits())


async def ends(*works: Work) -> list[Ended]:
    told: list[Ended] = []
    executor = InProcessExecutor(told.append)
    for one in works:
        executor.start(one)
    await until(lambda: not len(executor))
    await executor.close()
    return told


async def test_a_shorter_limit_that_is_set_later_rings_first() -> None:
    long, short, quick = work(5, 0.1), work(5, 0.02), work(0, 60)
    told = await ends(long, short, quick)
    assert [ended.work for ended in told] == [quick, short, long]
    assert [ended.failure.code if ended.failure else None for ended in told] == [
        None,
        "task_timeout",
        "task_timeout",
    ]


async def test_the_limit_of_an_ended_attempt_hides_no_later_one() -> None:
    told: list[Ended] = []
    executor = InProcessExecutor(told.append)
    executor.start(work(0, 0.02))
    await until(lambda: not len(executor))
    executor.start(work(5, 0.06))
    executor.start(work(5, 0.1))
    await asyncio.wait_for(until(lambda: not len(executor)), 3)
    assert [ended.how for ended in told] == ["completed", "failed", "failed"]
    await executor.close()
