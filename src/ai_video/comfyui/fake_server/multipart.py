"""Reads multipart/form-data, as uploads come: small enough to be held in memory whole."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

_BOUNDARY: Final = re.compile(r'boundary="?([^";]+)"?')
_NAME: Final = re.compile(r'(?:^|;)\s*name="((?:[^"\\]|\\.)*)"')
_FILENAME: Final = re.compile(r'filename="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class UploadedFile:
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Form:
    fields: dict[str, str] = field(default_factory=dict[str, str])
    files: dict[str, UploadedFile] = field(default_factory=dict[str, UploadedFile])


def parse_form(body: bytes, content_type: str) -> Form:
    """The fields and files of a form; what is no part of one is passed over."""
    form = Form()
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        return form
    for part in body.split(b"--" + boundary[1].encode()):
        head, found, data = part.partition(b"\r\n\r\n")
        if not found:
            continue
        words = head.decode("utf-8", "replace")
        name, filename = _NAME.search(words), _FILENAME.search(words)
        if name is None:
            continue
        data = data.removesuffix(b"\r\n")
        if filename is None:
            form.fields[_plain(name[1])] = data.decode("utf-8", "replace")
        else:
            form.files[_plain(name[1])] = UploadedFile(_plain(filename[1]), data)
    return form


def _plain(word: str) -> str:
    return unquote(word.replace('\\"', '"'))
