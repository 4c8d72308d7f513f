"""Files on their way from and to a server: written under a temporary name, hashed as they pass."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final
from uuid import uuid4

from ai_video.errors import ResourceFailure

_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Downloaded:
    path: Path
    sha256: str
    size: int


class _Draft:
    """A file that takes its name only when it is whole; every method blocks."""

    def __init__(self, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        self._target = target
        self._path = target.with_name(f".{uuid4().hex}.part{target.suffix}")
        self._file: BinaryIO = self._path.open("wb")
        self._digest = hashlib.sha256()
        self._size = 0

    def write(self, block: bytes) -> None:
        self._digest.update(block)
        self._size += len(block)
        self._file.write(block)

    def keep(self) -> Downloaded:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._path.replace(self._target)
        return Downloaded(self._target, self._digest.hexdigest(), self._size)

    def drop(self) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)


async def save(chunks: AsyncIterator[bytes], target: Path) -> Downloaded:
    """Write what comes to `target`; nothing is left there when it breaks off.

    Raises:
        ResourceFailure: `disk_full`.
    """
    try:
        draft = await asyncio.to_thread(_Draft, target)
        try:
            held = bytearray()
            async for chunk in chunks:
                held += chunk
                if len(held) >= _BLOCK:
                    await asyncio.to_thread(draft.write, bytes(held))
                    held.clear()
            await asyncio.to_thread(draft.write, bytes(held))
            return await asyncio.to_thread(draft.keep)
        finally:
            await asyncio.to_thread(draft.drop)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ResourceFailure("disk_full") from error
        raise


def sha256_of(path: Path) -> str:
    """The sha256 of a file; blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_whole(source: Path, target: Path) -> None:
    """Copy a file so that `target` only ever shows all of it; blocks."""
    draft = _Draft(target)
    try:
        with source.open("rb") as file:
            while block := file.read(_BLOCK):
                draft.write(block)
        draft.keep()
    finally:
        draft.drop()
