"""What holds for all tests: which of them may not run beside each other."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

SHARED_SERVERS = ("postgresql", "redis")


def pytest_configure() -> None:
    """Started in a shell's background, SIGINT is ignored, and so in each process a test interrupts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Tests of one PostgreSQL or Redis drop schemas and flush: in no two processes at once.

    A lock, not a group of pytest-xdist: its groups are lost with pytest 9.
    """
    if sys.platform == "win32" or not any(item.get_closest_marker(name) for name in SHARED_SERVERS):
        return (yield)
    import fcntl

    with (Path(tempfile.gettempdir()) / "ai-video-shared-servers.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return (yield)
