"""Files that are not safetensors, known by their first bytes."""

from __future__ import annotations

import re

from ai_video.errors import InputRefused

HEAD = 4096
"""Bytes that are enough to know any of them."""
_ARCHIVES = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_OTHERS = {
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"\x89HDF": "HDF5",
    b"\x7fELF": "ELF",
    b"MZ": "Windows EXE",
    b"%PDF": "PDF",
    b"{": "JSON",
}
_AFTER_PROTOCOL = (b"\x95", b"\x8a", b"(", b"}", b"]", b"c", b"\x8c", b"X")
"""What a pickle goes on with after its protocol number: a frame, PyTorch's magic number, a value."""
_TEXT_IMPORT = re.compile(rb"\(?c[A-Za-z_][\w.]*\n[A-Za-z_]\w*\n")


def refuse_foreign(head: bytes, *, name: str) -> None:
    """Pass the first bytes of a file that may be safetensors; say of any other what it is.

    A safetensors file starts with a number, which may look like anything, and goes on with `{`.

    Raises:
        InputRefused: `lora_empty`, `lora_is_pickle`, `lora_is_archive`, `lora_is_gguf`,
            `lora_is_web_page`, `lora_is_pointer` or `lora_not_safetensors`.
    """
    if not head:
        raise InputRefused("lora_empty", name=name)
    if head[4:9] == b"\0\0\0\0{":
        return
    if _is_pickle(head):
        raise InputRefused("lora_is_pickle", name=name)
    for start, kind in _ARCHIVES.items():
        if head.startswith(start):
            # PyTorch packs its pickle into a zip; the first entry is that pickle.
            packed = kind == "zip" and b"data.pkl" in head
            raise InputRefused("lora_is_pickle" if packed else "lora_is_archive", name=name)
    if head[257:262] == b"ustar":
        raise InputRefused("lora_is_archive", name=name)
    if head.startswith((b"GGUF", b"GGML", b"lmgg", b"tjgg")):
        raise InputRefused("lora_is_gguf", name=name)
    text = head[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype", b"<html", b"<head", b"<?xml", b"<body", b"<script")):
        raise InputRefused("lora_is_web_page", name=name)
    if text.startswith(b"version https://git-lfs"):
        raise InputRefused("lora_is_pointer", name=name)
    if head[8:9] == b"{":
        return
    for start, kind in _OTHERS.items():
        if head.startswith(start):
            raise InputRefused("lora_not_safetensors", name=name, found=kind)
    if len(head) > 8:
        raise InputRefused("lora_not_safetensors", name=name, found="unknown data")


def _is_pickle(head: bytes) -> bool:
    """A pickle of protocol 2 to 5, or a text one of protocol 0 that starts with an import."""
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return head[2:3] in _AFTER_PROTOCOL
    return _TEXT_IMPORT.match(head) is not None
