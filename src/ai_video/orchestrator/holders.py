"""Who holds the scheduler's lease, and whether that process is still there."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from ai_video.domain.ids import new_id
from ai_video.orchestrator.records import Holder


def this_process() -> Holder:
    """A new holder of this process; every scheduler of a process is another one."""
    return Holder(owner=str(new_id()), host=host_name(), pid=os.getpid())


def host_name() -> str:
    """Names this machine's present run, and its process table where there are several."""
    parts = [platform.node()]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    except OSError:
        pass  # not Linux: the name alone
    return "|".join(parts)


def is_gone(other: Holder, *, here: Holder) -> bool:
    """Is the other's process certainly dead? Where it cannot be told, its lease must run out."""
    if other.host != here.host or sys.platform == "win32":
        return False
    try:
        os.kill(other.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return _is_zombie(other.pid)


def _is_zombie(pid: int) -> bool:
    """Dead, but its parent has not taken notice."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[:1] == ["Z"]


def worker_name(holder: Holder) -> str:
    """How attempts name the process that ran them."""
    return f"{holder.host.partition('|')[0]}:{holder.pid}"
