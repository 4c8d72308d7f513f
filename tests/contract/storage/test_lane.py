"""The thread that writes: in turn, to the end, and with the error where it was asked for."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from ai_video.storage.lane import Lane


async def test_work_is_done_in_turn_by_one_thread() -> None:
    lane, order = Lane("test"), []

    def work(number: int) -> str:
        time.sleep(0.01 if number == 0 else 0)
        order.append(number)
        return threading.current_thread().name

    names = await asyncio.gather(*[lane.run(lambda n=n: work(n)) for n in range(3)])
    assert order == [0, 1, 2]
    assert set(names) == {"test"}
    lane.close()


async def test_what_the_work_raises_is_raised_to_the_caller() -> None:
    lane = Lane("test")
    with pytest.raises(ZeroDivisionError):
        await lane.run(lambda: 1 // 0)
    assert await lane.run(lambda: 1) == 1
    lane.close()


async def test_a_caller_that_leaves_does_not_stop_the_work() -> None:
    lane, done, begun = Lane("test"), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        time.sleep(0.05)
        done.set()

    asked = asyncio.create_task(lane.run(work))
    await asyncio.to_thread(begun.wait)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert not done.is_set()
    await asyncio.to_thread(lane.close)
    assert done.is_set()
    with pytest.raises(RuntimeError, match="closed"):
        await lane.run(work)
