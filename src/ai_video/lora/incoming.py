"""A LoRA file on its way in: its first bytes are judged before the rest is taken."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

from ai_video.assets.writing import BLOCK
from ai_video.lora.foreign_formats import HEAD, refuse_foreign
from ai_video.lora.safetensors_header import header_length


class Incoming:
    """A stream of bytes that is watched while it passes; `md5` is that of all that has passed."""

    def __init__(self, chunks: AsyncIterator[bytes], *, name: str) -> None:
        self._chunks = chunks
        self._name = name
        self._md5 = hashlib.md5(usedforsecurity=False)

    @property
    def md5(self) -> str:
        return self._md5.hexdigest()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The stream, unchanged.

        Raises:
            InputRefused: the first bytes show that this is no safetensors file; so gigabytes of
                something else are not taken in first.
        """
        head = b""
        judged = False
        async for chunk in self._chunks:
            self._md5.update(chunk)
            if not judged:
                head += chunk[:HEAD]
                judged = len(head) >= HEAD
                if judged:
                    self._judge(head)
            yield chunk
        if not judged:
            self._judge(head)

    def _judge(self, head: bytes) -> None:
        refuse_foreign(head[:HEAD], name=self._name)
        header_length(head, name=self._name)


def digests(path: Path) -> tuple[str, str, int]:
    """(MD5, sha256, size in bytes) of a file; blocking."""
    md5, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            md5.update(block)
            sha256.update(block)
            size += len(block)
    return md5.hexdigest(), sha256.hexdigest(), size
