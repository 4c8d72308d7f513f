"""Blobs in any S3 service, through obstore.

The synchronous calls run in threads: a process that ends within milliseconds of an asynchronous
obstore call can die with SIGABRT (seen with 0.12.1). Reads ask for the size first, since a range
that starts past the end panics inside the library.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

from obstore.exceptions import BaseError
from obstore.store import S3Store

from ai_video.assets.local_blobs import INCOMING, checked_digest, sweep_folder
from ai_video.assets.writing import BLOCK, hash_file, make_durable, room_on_disk
from ai_video.errors import InputRefused, NotFound, ServiceFailed

T = TypeVar("T")


class S3Blobs:
    """A BlobStore in a bucket; `local_path` keeps copies in the folder `cache`.

    Args:
        url: `s3://bucket` or `s3://bucket/prefix`.
        cache: local folder for uploads on their way and for copies.
        options: obstore's S3 options (`endpoint`, `access_key_id`, `secret_access_key`,
            `region`); what is missing comes from the `AWS_*` environment.
    """

    def __init__(self, url: str, *, cache: Path, options: Mapping[str, str] | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.netloc:
            raise InputRefused("invalid_value", field="blobs", reason=f"not s3://bucket: {url}")
        self.url = url
        self.cache = cache
        given = dict(options or {})
        self._store = S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            config={"virtual_hosted_style_request": False, **given},  # pyright: ignore[reportArgumentType]  option names are obstore's
            client_options={"allow_http": True},
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=30)},
        )

    @staticmethod
    def _key(sha256: str) -> str:
        digest = checked_digest(sha256)
        return f"{digest[:2]}/{digest[2:4]}/{digest}"

    async def _call(self, action: str, sha256: str, work: Callable[[], T]) -> T:
        """Run blocking store work; error texts of the library carry endpoints and stay inside."""
        try:
            return await asyncio.to_thread(work)
        except FileNotFoundError as exc:
            # While storing, it is the bucket that is missing.
            if action == "store":
                raise ServiceFailed("blob_store_failed", store=self.url, action=action) from exc
            raise NotFound("blob", sha256) from exc
        except (BaseError, OSError, NotImplementedError, ValueError) as exc:
            raise ServiceFailed("blob_store_failed", store=self.url, action=action) from exc

    async def put_file(self, path: Path) -> tuple[str, int]:
        sha256, size = await asyncio.to_thread(hash_file, path)
        if not await self.has(sha256):
            await self._call("store", sha256, lambda: self._store.put(self._key(sha256), path))
        return sha256, size

    async def put_stream(self, chunks: AsyncIterator[bytes], *, limit: int) -> tuple[str, int]:
        draft = self._new_draft()
        size = 0
        try:
            with room_on_disk(), draft.open("xb") as sink:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > limit:
                        raise InputRefused("upload_too_large", limit=limit)
                    await asyncio.to_thread(sink.write, chunk)
            return await self.put_file(draft)
        finally:
            draft.unlink(missing_ok=True)

    def _new_draft(self) -> Path:
        folder = self.cache / INCOMING
        folder.mkdir(parents=True, exist_ok=True)
        return folder / uuid4().hex

    async def has(self, sha256: str) -> bool:
        checked_digest(sha256)
        try:
            await self.size(sha256)
        except NotFound:
            return False
        return True

    async def size(self, sha256: str) -> int:
        key = self._key(sha256)
        return (await self._call("find", sha256, lambda: self._store.head(key)))["size"]

    async def open_range(
        self, sha256: str, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        size = await self.size(sha256)
        key = self._key(sha256)
        stop = size if end is None else min(end, size)
        for offset in range(max(start, 0), stop, BLOCK):
            until = min(offset + BLOCK, stop)
            block = await self._call(
                "read",
                sha256,
                lambda offset=offset, until=until: self._store.get_range(
                    key, start=offset, end=until
                ),
            )
            yield bytes(block)

    async def local_path(self, sha256: str) -> Path:
        target = self.cache / self._key(sha256)
        if target.is_file():
            return target
        draft = self._new_draft()
        digest = hashlib.sha256()
        try:
            with room_on_disk(), draft.open("xb") as sink:
                async for block in self.open_range(sha256):
                    digest.update(block)
                    await asyncio.to_thread(sink.write, block)
            if digest.hexdigest() != sha256:
                raise ServiceFailed("blob_store_failed", store=self.url, action="read")
            target.parent.mkdir(parents=True, exist_ok=True)
            await asyncio.to_thread(make_durable, draft, target)
        finally:
            draft.unlink(missing_ok=True)
        return target

    async def delete(self, sha256: str) -> None:
        key = self._key(sha256)
        (self.cache / key).unlink(missing_ok=True)
        try:
            await self._call("delete", sha256, lambda: self._store.delete(key))
        except NotFound:
            return

    async def sweep(self, *, older_than_s: float = 86_400) -> int:
        """Remove what killed writers left in the cache folder; returns how many files."""
        return await asyncio.to_thread(sweep_folder, self.cache / INCOMING, older_than_s)
