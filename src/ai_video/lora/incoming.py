"""A LoRA file on its way in: its first bytes are judged before the rest is taken."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

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
