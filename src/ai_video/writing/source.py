"""A story file's bytes as text: formats, encodings, and one clear error for what cannot be read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, Literal

from ai_video.errors import InputRefused
from ai_video.writing.docx import docx_text
from ai_video.writing.encodings import decode

SourceFormat = Literal["text", "markdown", "fountain", "docx"]
SIZE_LIMIT: Final = 20 * 1024 * 1024
_FORMATS: Final[dict[str, SourceFormat]] = {
    ".txt": "text",
    ".text": "text",
    "": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".fountain": "fountain",
    ".spmd": "fountain",
    ".docx": "docx",
}
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff]")
_FOUNTAIN_TITLE: Final = re.compile(r"^title:[ \t]*(\S[^\n]*|(?:\n[ \t]+[^\n]+)+)", re.IGNORECASE | re.MULTILINE)  # fmt: skip
_HEADING: Final = re.compile(r"^#\s+(.+?)\s*#*\s*$", re.MULTILINE)
_BOOK_TITLE: Final = re.compile(r"^\s*《([^》\n]{1,60})》")
_MARKS: Final = re.compile(r"[*_`#>~]+")


@dataclass(frozen=True, slots=True)
class SourceText:
    """A story as text: line ends are newlines, control characters are gone."""

    text: str
    format: SourceFormat
    encoding: str
    title: str


def read_source(data: bytes, *, name: str) -> SourceText:
    """The text of a story file.

    Args:
        data: the file's bytes.
        name: its file name, or `-` for standard input; the ending gives the format.

    Raises:
        InputRefused: `source_too_large` over 20 MB, `source_format` for another ending,
            `source_not_text` for binary data, `source_broken` for a damaged document,
            `source_empty` when nothing is in it.
    """
    if len(data) > SIZE_LIMIT:
        raise InputRefused("source_too_large", limit_mb=SIZE_LIMIT // 1024**2)
    path = PurePath(name.replace("\\", "/"))
    kind = "text" if name in ("-", "") else _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise InputRefused("source_format", given=path.suffix)
    if not data.strip(b"\x00 \t\r\n"):
        raise InputRefused("source_empty")
    if kind == "docx" or (name in ("-", "") and data.startswith(b"PK\x03\x04")):
        raw, encoding, kind = docx_text(data), "docx", "docx"
    else:
        raw, encoding = decode(data)
    text = _CONTROL.sub("", raw.replace("\r\n", "\n").replace("\r", "\n"))
    if not text.strip():
        raise InputRefused("source_empty")
    return SourceText(text, kind, encoding, _title(text, kind, path, stdin=name in ("-", "")))


def _title(text: str, kind: SourceFormat, path: PurePath, *, stdin: bool) -> str:
    """The title that the text gives itself, else the file's stem, else the first line."""
    head = text[:4000]
    match = None
    if kind == "fountain":
        match = _FOUNTAIN_TITLE.search(head)
    elif kind == "markdown":
        match = _HEADING.search(head)
    match = match or _BOOK_TITLE.match(head)
    found = match[1] if match else ""
    if not found and not stdin:
        found = path.stem
    return clean_title(found) or clean_title(text.strip().split("\n", 1)[0]) or "film"


def clean_title(text: str) -> str:
    """A title on one line, without mark-up, at most 80 characters."""
    return " ".join(_MARKS.sub(" ", text).split())[:80].strip()
