"""Celery 5 over Redis as a plain carrier of attempt names.

One message = one attempt. No canvas, no results, no retries, no schedules of Celery's: all of that
is the store's. Imported only where a broker is set; the extra `queue` brings Celery.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from celery import Celery
from celery.worker import WorkController, state
from kombu.exceptions import KombuError, OperationalError
from redis.exceptions import RedisError

from ai_video.errors import InputRefused, ServiceFailed

TASK = "ai-video.attempt"
SCHEMES = ("redis", "rediss")
CONNECT_S = 5
VISIBLE_S = 6 * 3600
"""Only the last net: a message that a dead worker held comes back so late, and is refused then."""
READY_S = 30.0


def queue_of(installation: UUID) -> str:
    """The queue of one database, so that several may share a broker."""
    return f"ai-video-{installation.hex[-12:]}"


def checked_broker(url: str) -> str:
    """The broker's address.

    Raises:
        InputRefused: `invalid_value`: not Redis, or no host.
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.hostname:
        reason = "not redis://HOST:PORT/NUMBER"
        raise InputRefused("invalid_value", field="broker_url", reason=reason)
    return url


def shown_broker(url: str) -> str:
    """The address without user and password."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"


def make_app(url: str, queue: str) -> Any:
    """A Celery application for one queue; Celery has no types, so it is Any here and only here."""
    app: Any = Celery("ai-video", broker=checked_broker(url), set_as_current=False)
    app.conf.update(
        task_default_queue=queue,
        task_serializer="json",
        accept_content=["json"],
        result_backend=None,
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry=True,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=CONNECT_S,
        broker_transport_options={
            "visibility_timeout": VISIBLE_S,
            "socket_connect_timeout": CONNECT_S,
            "socket_timeout": 2 * CONNECT_S,
            "socket_keepalive": True,
        },
    )
    return app


class CeleryTransport:
    """Implements `dispatch.Transport`; every call blocks, at most for some seconds."""

    def __init__(self, url: str, queue: str) -> None:
        self._app = make_app(url, queue)
        self._queue = queue
        self._shown = shown_broker(url)

    def send(self, attempt_ids: Sequence[UUID]) -> None:
        with self._errors():
            for attempt_id in attempt_ids:
                self._app.send_task(
                    TASK, args=[str(attempt_id)], queue=self._queue, retry=False, ignore_result=True
                )

    def waiting(self) -> int:
        with self._errors(), self._app.connection_for_write() as connection:
            channel = connection.default_channel
            try:
                return int(channel.queue_declare(self._queue, passive=True).message_count)
            except connection.channel_errors:
                return 0  # Redis has no empty lists: the queue is not there

    def close(self) -> None:
        self._app.close()

    @contextmanager
    def _errors(self) -> Generator[None]:
        try:
            yield
        except (OperationalError, KombuError, RedisError, OSError) as exc:
            reason = str(exc).partition("\n")[0] or type(exc).__name__
            raise ServiceFailed("broker_failed", broker=self._shown, reason=reason) from exc


class CeleryConsumer:
    """Celery's worker in a thread: each message becomes a call of `handle` in the event loop.

    The pool's threads only wait for the loop, which does all the work; their number is how many
    attempts run at once. Celery keeps a flag for stopping per process: one consumer at a time.
    """

    def __init__(
        self, url: str, queue: str, handle: Callable[[UUID], Awaitable[None]], *, slots: int
    ) -> None:
        self._app = make_app(url, queue)
        self._queue = queue
        self._handle = handle
        self._slots = slots
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = asyncio.Event()
        self._failed: BaseException | None = None
        self._thread: threading.Thread | None = None
        self._app.task(self._run, name=TASK, shared=False, lazy=False)

    async def start(self, name: str) -> None:
        """Take messages from now on; returns when the broker has been reached."""
        loop = self._loop = asyncio.get_running_loop()

        def ready(*_: object) -> None:
            loop.call_soon_threadsafe(self._ready.set)

        def consume() -> None:
            try:
                controller: Any = WorkController(
                    app=self._app,
                    hostname=f"ai-video@{name}",
                    pool_cls="threads",
                    concurrency=self._slots,
                    queues=[self._queue],
                    without_mingle=True,
                    without_gossip=True,
                    without_heartbeat=True,
                    ready_callback=ready,
                )
                controller.start()
            except BaseException as exc:  # noqa: BLE001  raised again in `wait`
                self._failed = exc
            finally:
                ready()

        self._app.set_default()  # threads of the pool look for their task in the default one
        state.should_stop = None
        self._thread = threading.Thread(target=consume, name="celery", daemon=True)
        self._thread.start()
        async with asyncio.timeout(READY_S):
            await self._ready.wait()
        if self._failed is not None:
            raise self._failed

    @property
    def alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def take_no_more(self) -> None:
        """Messages that nobody has begun go back to the queue; running ones end first."""
        state.should_stop = 0

    async def stop(self, *, seconds: float = 10.0) -> None:
        self.take_no_more()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, seconds)
        state.should_stop = None
        await asyncio.to_thread(self._app.close)

    def _run(self, name: str) -> None:
        """Runs in a thread of Celery's pool."""
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(self._call(UUID(name)), self._loop).result()

    async def _call(self, attempt_id: UUID) -> None:
        await self._handle(attempt_id)
