"""The user's Claude Code at work: started for one prompt, listened to, and ended whatever happens."""

from __future__ import annotations

import asyncio
import importlib
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final, cast

from ai_video.domain.entities import Json
from ai_video.llm.claude_code_detection import (
    LIBRARY,
    ClaudeCodeDetector,
    FoundClaudeCode,
)
from ai_video.llm.claude_code_messages import ClaudeEvent, MessageReader
from ai_video.llm.claude_code_options import Access, Start, empty_folder, safe_options

INTERRUPTED_WITHIN_S: Final = 3.0
ENDED_WITHIN_S: Final = 5.0
_LONGEST_MESSAGE: Final = 16 * 1024 * 1024
_KEPT_COMPLAINTS: Final = 2000


class RunTimedOut(Exception):
    """The run took longer than it may; it has been ended."""


class RunBroken(Exception):
    """The run ended without a result; the text says why, as far as anybody said."""


class ClaudeCode:
    """One user's Claude Code, as everything in this process uses it.

    Args:
        program: this `claude` and no other.
        folder: an empty folder to start it in, in place of `empty_folder()`.
        at_once: processes for single calls; each takes a core for half a second to start, and
            220 MB. Conversations have as many of their own, since their tools may make calls.
    """

    def __init__(
        self,
        access: Access | None = None,
        *,
        program: Path | None = None,
        folder: Path | None = None,
        at_once: int = 2,
    ) -> None:
        self._access = access or Access()
        self._detector = ClaudeCodeDetector(self._access, program)
        self._folder = folder
        self._calls = asyncio.Semaphore(at_once)
        self._conversations = asyncio.Semaphore(at_once)
        self._stopping: set[asyncio.Task[None]] = set()

    async def find(self, *, fresh: bool = False) -> FoundClaudeCode:
        """Whether it is there, which one, and whether it is logged in."""
        return await self._detector.find(fresh=fresh)

    async def path(self) -> Path:
        """The program that is started.

        Raises:
            NotAvailable: the library is not installed.
            InputRefused: `claude_code_missing`, `claude_code_too_old`, `claude_code_unusable`.
        """
        return await self._detector.path()

    async def run(
        self,
        start: Start,
        content: Sequence[Json],
        reader: MessageReader,
        *,
        timeout_s: float,
        parts: Callable[[Any], Mapping[str, object]] | None = None,
    ) -> AsyncGenerator[ClaudeEvent]:
        """The events of one prompt, `Ended` last. Closing the iterator interrupts the run; the
        process is gone when this is over.

        Args:
            content: blocks of the user's message, as the Messages API has them.
            reader: knows afterwards what it took, however it ended.
            timeout_s: from the start of the process; waiting for a place does not count.
            parts: makes further options, servers and hooks, with the library it is given.

        Raises:
            NotAvailable, InputRefused: as `path`.
            RunTimedOut: it took too long.
            RunBroken: the process ended without a result.
        """
        program = await self.path()
        async with self._place(start), self._options(start, program) as options:
            library = await asyncio.to_thread(importlib.import_module, LIBRARY)
            complaints = _Complaints()
            options |= parts(library) if parts else {}
            given = library.ClaudeAgentOptions(
                **options, stderr=complaints.add, max_buffer_size=_LONGEST_MESSAGE
            )
            running = _Run(library.ClaudeSDKClient(given), content, reader, complaints)
            try:
                async with aclosing(running.events(time.monotonic() + timeout_s)) as events:
                    async for event in events:
                        yield event
            finally:
                stopping = asyncio.create_task(running.stop())
                self._stopping.add(stopping)
                stopping.add_done_callback(self._stopping.discard)
                # Ends by itself even where the caller is cancelled a second time.
                await asyncio.shield(stopping)

    def _place(self, start: Start) -> asyncio.Semaphore:
        return self._conversations if start.tools else self._calls

    @asynccontextmanager
    async def _options(self, start: Start, program: Path) -> AsyncGenerator[dict[str, object]]:
        folder = self._folder or await asyncio.to_thread(empty_folder)
        if start.kept:
            yield safe_options(start, self._access, program=program, folder=folder)
            return
        with tempfile.TemporaryDirectory(prefix="ai-video-") as private:
            file = Path(private) / "system.txt"
            await asyncio.to_thread(file.write_text, start.system, encoding="utf-8")
            yield safe_options(
                start, self._access, program=program, folder=folder, system_file=file
            )


class _Complaints:
    """The end of what the process wrote to standard error."""

    def __init__(self) -> None:
        self.text = ""

    def add(self, line: str) -> None:
        self.text = f"{self.text}\n{line}".strip()[-_KEPT_COMPLAINTS:]


class _Run:
    """One process, owned by a task of its own, because the library ends it well only from there."""

    def __init__(
        self,
        client: Any,
        content: Sequence[Json],
        reader: MessageReader,
        complaints: _Complaints,
    ) -> None:
        self._client = client
        self._reader = reader
        self._complaints = complaints
        self._messages: asyncio.Queue[object] = asyncio.Queue()
        self._task = asyncio.create_task(self._work(content))
        self._task.add_done_callback(lambda _: self._messages.put_nowait(None))

    async def _work(self, content: Sequence[Json]) -> None:
        try:
            await self._client.connect()
            await self._client.query(_message(content))
            async for message in self._client.receive_response():
                self._messages.put_nowait(message)
        finally:
            await self._client.disconnect()

    async def events(self, deadline: float) -> AsyncGenerator[ClaudeEvent]:
        while self._reader.ended is None:
            try:
                message = await asyncio.wait_for(
                    self._messages.get(), max(0.0, deadline - time.monotonic())
                )
            except TimeoutError as exc:
                await self.stop()
                raise RunTimedOut from exc
            if message is None:
                error = self._task.exception()
                # What the process wrote to standard error says more than its exit status.
                raise RunBroken(self._complaints.text or str(error or "")) from error
            for event in self._reader.read(message):
                yield event

    async def stop(self) -> None:
        """End the run and its process; what it said last is read for its costs."""
        if self._reader.ended is not None or await self._interrupted():
            await asyncio.wait({self._task}, timeout=ENDED_WITHIN_S)
        if not self._task.done():
            self._kill()
            self._task.cancel()
            await asyncio.wait({self._task})
        while self._reader.ended is None and not self._messages.empty():
            message = self._messages.get_nowait()
            for _ in self._reader.read(message) if message is not None else ():
                pass
        if not self._task.cancelled():
            self._task.exception()  # or asyncio reports that nobody asked

    async def _interrupted(self) -> bool:
        """Whether it took notice; it does not before it is connected, nor when it hangs."""
        with suppress(Exception):
            await asyncio.wait_for(self._client.interrupt(), INTERRUPTED_WITHIN_S)
            return True
        return False

    def _kill(self) -> None:
        """End a process that does not listen; the library by itself would wait for it for 15 s."""
        transport = getattr(self._client, "_transport", None)
        process = getattr(transport, "_process", None)
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()


async def _message(content: Sequence[Json]) -> AsyncIterator[dict[str, Any]]:
    yield {
        "type": "user",
        "message": {"role": "user", "content": cast("list[Any]", list(content))},
        "parent_tool_use_id": None,
    }
