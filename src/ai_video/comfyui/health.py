"""Is the server there, and its restart when it is not."""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
from typing import IO, Final

from ai_video.comfyui.connection import Connection
from ai_video.errors import SystemFailure, TransientFailure

log = logging.getLogger(__name__)
# So many checks fail one after the other before the server is restarted.
FAILED_CHECKS: Final = 2
# A command that still runs after this time is taken to be the server itself.
_PATIENCE_S: Final = 10.0


class ServerHealth:
    """Checks one server; after two failed ones in a row its `restart_command` is run once.

    It is run again only after the server was seen alive in between.
    """

    def __init__(
        self, connection: Connection, *, restart_command: tuple[str, ...] = (), pause_s: float = 2.0
    ) -> None:
        self._connection = connection
        self._command = restart_command
        self._pause_s = pause_s
        self._lock = asyncio.Lock()
        self._failed = 0
        self._restarted = False
        self._checked_at = float("-inf")

    @property
    def is_well(self) -> bool:
        """The last check found the server."""
        return self._failed == 0

    def seen(self) -> None:
        """The server has answered something."""
        self._failed, self._restarted = 0, False

    async def check(self) -> bool:
        """Does the server answer now? Checks closer together than the pause share one answer.

        Raises:
            SystemFailure: `comfyui_restart_failed`.
        """
        async with self._lock:
            if time.monotonic() - self._checked_at < self._pause_s:
                return self.is_well
            try:
                await self._connection.get("/system_stats")
            except (TransientFailure, SystemFailure) as error:
                self._failed += 1
                log.info("health check %d of %s: %s", self._failed, self._connection.url, error)
            else:
                self.seen()
            self._checked_at = time.monotonic()
            if self._failed >= FAILED_CHECKS and self._command and not self._restarted:
                self._restarted = True
                await self._restart()
            return self.is_well

    async def _restart(self) -> None:
        log.warning("restarting %s: %s", self._connection.url, " ".join(self._command))
        with tempfile.TemporaryFile() as said:
            try:
                process = await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=said,
                    start_new_session=True,
                )
            except OSError as error:
                raise self._restart_failed(str(error)) from error
            try:
                code = await asyncio.wait_for(process.wait(), _PATIENCE_S)
            except TimeoutError:
                return
            if code:
                raise self._restart_failed(await asyncio.to_thread(_tail, said) or f"exit {code}")

    def _restart_failed(self, reason: str) -> SystemFailure:
        return SystemFailure(
            "comfyui_restart_failed",
            url=self._connection.url,
            command=" ".join(self._command),
            reason=reason,
        )


def _tail(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read()[-300:].decode("utf-8", "replace").strip()
