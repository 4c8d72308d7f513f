"""One thread that does blocking work in turn and answers the event loops that asked."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

_Job = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[[], Any]]


class Lane:
    """Cheaper per job than a pool of one thread, for it has one queue and one future and no more.

    A caller that is cancelled leaves at once; its work still runs to the end.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False

    async def run(self, work: Callable[[], T]) -> T:
        """What the work returns or raises.

        Raises:
            RuntimeError: the lane is closed.
        """
        if self._closed:
            raise RuntimeError(f"{self._name} is closed")
        if self._thread is None:
            # A daemon: a process that forgets to close ends nevertheless, in the worst case in the
            # middle of a transaction, which the database then rolls back.
            self._thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._jobs.put((loop, answer, work))
        return await answer

    def close(self) -> None:
        """Wait until everything that was asked for is done."""
        self._closed = True
        self._jobs.put(None)
        if self._thread is not None:
            self._thread.join()

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            loop, answer, work = job
            try:
                told = (answer, work(), None)
            except BaseException as exc:  # noqa: BLE001  raised again where it was asked for
                told = (answer, None, exc)
            with suppress(RuntimeError):  # that loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_tell, *told)
            del job, answer, work, told


def _tell(answer: asyncio.Future[Any], value: object, error: BaseException | None) -> None:
    if answer.done():
        return  # the caller has left
    if error is None:
        answer.set_result(value)
    else:
        answer.set_exception(error)
