"""Celery over a Redis that goes away and comes back."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import pytest
from tests.scheduling import until

from ai_video.domain.ids import new_id
from ai_video.errors import ServiceFailed
from ai_video.orchestrator.celery_queue import CeleryConsumer, CeleryTransport

pytestmark = pytest.mark.redis


class Redis:
    """A server of this test's own, which keeps nothing."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("redis-server")
        if program is None:
            pytest.skip("redis-server is not installed")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def answers(self) -> bool:
        with socket.socket() as attempt:
            return attempt.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Redis]:
    server = Redis(tmp_path)
    yield server
    server.kill()


# Celery tells what it will do in its version 6; outside of tests Python does not show it.
@pytest.mark.filterwarnings("ignore::celery.exceptions.CPendingDeprecationWarning")
async def test_a_worker_takes_messages_again_after_redis_was_away(server: Redis) -> None:
    handled: list[UUID] = []

    async def handle(attempt_id: UUID) -> None:
        handled.append(attempt_id)

    server.start()
    await until(server.answers)
    transport = CeleryTransport(server.url, "films")
    consumer = CeleryConsumer(server.url, "films", handle, slots=2)
    await consumer.start("test")
    first = new_id()
    await asyncio.to_thread(transport.send, [first])
    await until(lambda: handled == [first])
    server.kill()
    with pytest.raises(ServiceFailed) as failed:
        await asyncio.to_thread(transport.send, [new_id()])
    assert failed.value.code == "broker_failed"
    server.start()
    await until(server.answers)
    last = new_id()

    async def arrives() -> bool:
        with suppress(ServiceFailed):
            await asyncio.to_thread(transport.send, [last])
        await asyncio.sleep(0.3)
        return last in handled

    await until(arrives, 30)
    assert consumer.alive
    await consumer.stop()
    await asyncio.to_thread(transport.close)
    assert not consumer.alive
