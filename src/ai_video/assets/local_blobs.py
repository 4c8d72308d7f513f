"""Blobs in a local folder: `root/ab/cd/<sha256>`."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

from ai_video.assets.writing import BLOCK, make_durable, room_on_disk
from ai_video.errors import InputRefused, NotFound

_SHA256 = re.compile(r"[0-9a-f]{64}")
INCOMING = "incoming"


def checked_digest(sha256: str) -> str:
    """The digest itself; anything that is no sha256 names no blob.

    Raises:
        NotFound: it is not 64 lowercase hex digits.
    """
    if not _SHA256.fullmatch(sha256):
        raise NotFound("blob", sha256[:80])
    return sha256


class LocalBlobs:
    """A BlobStore on the local disk: temporary file, fsync, rename.

    A blob is read-only once it stands under its name, and `local_path` gives that very file.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def path_of(self, sha256: str) -> Path:
        """Where the blob stands, or would stand."""
        digest = checked_digest(sha256)
        return self.root / digest[:2] / digest[2:4] / digest

    async def put_file(self, path: Path) -> tuple[str, int]:
        return await asyncio.to_thread(self._copy_in, path)

    def _copy_in(self, path: Path) -> tuple[str, int]:
        draft = self._new_draft()
        digest = hashlib.sha256()
        size = 0
        try:
            with room_on_disk(), path.open("rb") as source, draft.open("xb") as sink:
                while block := source.read(BLOCK):
                    digest.update(block)
                    size += sink.write(block)
            self._accept(draft, digest.hexdigest())
        finally:
            draft.unlink(missing_ok=True)
        return digest.hexdigest(), size

    async def put_stream(self, chunks: AsyncIterator[bytes], *, limit: int) -> tuple[str, int]:
        draft = await asyncio.to_thread(self._new_draft)
        digest = hashlib.sha256()
        size = 0
        try:
            with room_on_disk(), draft.open("xb") as sink:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > limit:
                        raise InputRefused("upload_too_large", limit=limit)
                    digest.update(chunk)
                    await asyncio.to_thread(sink.write, chunk)
            await asyncio.to_thread(self._accept, draft, digest.hexdigest())
        finally:
            draft.unlink(missing_ok=True)
        return digest.hexdigest(), size

    def _new_draft(self) -> Path:
        folder = self.root / INCOMING
        folder.mkdir(parents=True, exist_ok=True)
        return folder / uuid4().hex

    def _accept(self, draft: Path, sha256: str) -> None:
        target = self.path_of(sha256)
        if target.is_file() and target.stat().st_size == draft.stat().st_size:
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        make_durable(draft, target)
        if os.name == "posix":
            target.chmod(0o444)

    async def has(self, sha256: str) -> bool:
        return await asyncio.to_thread(self.path_of(sha256).is_file)

    async def size(self, sha256: str) -> int:
        path = await self.local_path(sha256)
        return path.stat().st_size

    async def open_range(
        self, sha256: str, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        path = await self.local_path(sha256)
        stop = path.stat().st_size if end is None else min(end, path.stat().st_size)
        with path.open("rb") as handle:
            handle.seek(max(start, 0))
            left = stop - max(start, 0)
            while left > 0:
                block = await asyncio.to_thread(handle.read, min(BLOCK, left))
                if not block:
                    return
                left -= len(block)
                yield block

    async def local_path(self, sha256: str) -> Path:
        path = self.path_of(sha256)
        if not await asyncio.to_thread(path.is_file):
            raise NotFound("blob", sha256)
        return path

    async def delete(self, sha256: str) -> None:
        await asyncio.to_thread(self.path_of(sha256).unlink, missing_ok=True)

    async def sweep(self, *, older_than_s: float = 86_400) -> int:
        """Remove what killed writers left behind; returns how many files."""
        return await asyncio.to_thread(sweep_folder, self.root / INCOMING, older_than_s)


def sweep_folder(folder: Path, older_than_s: float) -> int:
    """Delete files of `folder` last written more than `older_than_s` ago; blocking."""
    if not folder.is_dir():
        return 0
    limit = time.time() - older_than_s
    old = [entry for entry in folder.iterdir() if entry.stat().st_mtime < limit]
    for entry in old:
        entry.unlink(missing_ok=True)
    return len(old)
