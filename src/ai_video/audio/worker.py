"""A program run as a child process that dies with its caller."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ai_video.errors import SystemFailure, TransientFailure


async def run_program(
    program: str, args: Sequence[str], *, given: bytes, name: str, timeout_s: float
) -> bytes:
    """What the program wrote to standard output.

    Raises:
        SystemFailure: `speech_failed`, it could not start or ended badly.
        TransientFailure: `speech_failed`, it took longer than `timeout_s`.
    """
    try:
        child = await asyncio.create_subprocess_exec(
            program,
            *args,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as exc:
        raise SystemFailure("speech_failed", provider=name, reason=str(exc)) from exc
    try:
        out, log = await asyncio.wait_for(child.communicate(given), timeout_s)
    except TimeoutError as exc:
        raise TransientFailure("speech_failed", provider=name, reason="timeout") from exc
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode:
        reason = log.decode("utf-8", "replace").strip()[-300:] or str(child.returncode)
        raise SystemFailure("speech_failed", provider=name, reason=reason)
    return out
