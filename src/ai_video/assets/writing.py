"""Writing files so that a name only ever shows finished bytes."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from ai_video.errors import ResourceFailure

BLOCK = 1 << 20


@contextmanager
def replacing(target: Path) -> Generator[Path]:
    """A temporary path beside `target`; moved over it, durably, when the block ends well.

    The temporary name keeps the suffix, since FFmpeg and Pillow choose a format by it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{uuid4().hex}.part{target.suffix}")
    try:
        with room_on_disk():
            yield draft
            make_durable(draft, target)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def room_on_disk() -> Generator[None]:
    """Says `disk_full` (a ResourceFailure) where the operating system does."""
    try:
        yield
    except OSError as exc:
        if exc.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise ResourceFailure("disk_full") from exc
        raise


def make_durable(draft: Path, target: Path) -> None:
    """Flush `draft` to disk, then rename it to `target` (same file system)."""
    with draft.open("rb+") as handle:
        os.fsync(handle.fileno())
    draft.replace(target)
    if os.name == "posix":
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def hash_file(path: Path) -> tuple[str, int]:
    """(sha256, size in bytes) of a file; blocking."""
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as handle:
        while block := handle.read(BLOCK):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size
