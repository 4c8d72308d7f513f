"""A folder of files that can be made again: kept by key, those not used for longest go first."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from pathlib import Path

IN_USE_S = 3600.0
"""A file touched within this time is never removed: somebody may be reading it."""


class FileCache:
    """What takes long to make and nothing depends on, by the digest of all it is made from.

    Files are written by whoever makes them (`replacing`, so that a name shows whole bytes only);
    `fetch` says where, and whether one is there. On its own disk per machine: a miss costs time,
    never a result.
    """

    def __init__(self, folder: Path, *, limit_bytes: int = 1 << 30) -> None:
        self.folder = folder
        self.limit_bytes = limit_bytes

    def fetch(self, key: str, suffix: str) -> tuple[Path, bool]:
        """(where the file of this key stands or belongs, whether it is there); counts as a use."""
        path = self.folder / f"{key}{suffix}"
        try:
            os.utime(path)
        except FileNotFoundError:
            return path, False
        return path, True

    async def shrink(self) -> int:
        """Remove what was not used for longest until the limit is kept; returns how many files."""
        return await asyncio.to_thread(self._shrink)

    def _shrink(self) -> int:
        if not self.folder.is_dir():
            return 0
        files: list[tuple[float, int, Path]] = []
        with os.scandir(self.folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    facts = entry.stat()
                    files.append((facts.st_mtime, facts.st_size, Path(entry.path)))
        left = sum(size for _, size, _ in files)
        oldest = time.time() - IN_USE_S
        removed = 0
        for used, size, path in sorted(files):
            if left <= self.limit_bytes or used > oldest:
                break
            path.unlink(missing_ok=True)
            left -= size
            removed += 1
        return removed
