"""The workflow that ComfyUI writes into the pictures it saves."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

PNG = b"\x89PNG\r\n\x1a\n"
# "prompt" is what ran (API format), "workflow" what the editor showed.
_WANTED = (b"prompt", b"workflow")


def is_png(data: bytes) -> bool:
    return data.startswith(PNG)


def workflow_text(data: bytes, *, limit: int) -> bytes | None:
    """The text of the workflow in a PNG, or None when it holds none.

    `limit`: the most bytes a packed text may unfold to; a longer one is cut off.
    """
    texts = dict(_texts(data, limit))
    return next((texts[key] for key in _WANTED if key in texts), None)


def _texts(data: bytes, limit: int) -> Iterator[tuple[bytes, bytes]]:
    for kind, body in _chunks(data):
        key, _, rest = body.partition(b"\0")
        if key not in _WANTED:
            continue
        if kind == b"tEXt":
            yield key, rest.decode("latin-1").encode()
        elif kind == b"zTXt":
            yield key, _unpacked(rest[1:], limit).decode("latin-1").encode()
        elif kind == b"iTXt":
            packed = rest[:1] == b"\1"
            _, _, text = rest[2:].partition(b"\0")
            _, _, text = text.partition(b"\0")
            yield key, _unpacked(text, limit) if packed else text


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(PNG)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def _unpacked(data: bytes, limit: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, limit)
    except zlib.error:
        return b""
