"""The text of a Word document, read with limits: a damaged or hostile file is refused."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Final
from xml.etree import ElementTree

from ai_video.errors import InputRefused

_UNPACKED_LIMIT: Final = 32 * 1024 * 1024
_MEMBER_LIMIT: Final = 4000
_DOCUMENT: Final = "word/document.xml"
_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def docx_text(data: bytes) -> str:
    """Paragraphs of a .docx, one a line; tables give one line a cell.

    Raises:
        InputRefused: `source_broken`; `source_too_large` when it unpacks to more than 32 MB.
    """
    try:
        root = ElementTree.fromstring(_document(data))
    except (
        zipfile.BadZipFile,
        zlib.error,
        KeyError,
        EOFError,
        OSError,
        NotImplementedError,
    ) as exc:
        raise InputRefused("source_broken", format="docx") from exc
    except (ElementTree.ParseError, RuntimeError, ValueError) as exc:
        raise InputRefused("source_broken", format="docx") from exc
    return "\n".join(_paragraph(item) for item in root.iter(f"{_W}p"))


def _document(data: bytes) -> bytes:
    """The main part's XML; entity declarations are refused, so nothing expands."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if len(archive.infolist()) > _MEMBER_LIMIT:
            raise InputRefused("source_broken", format="docx")
        with archive.open(_DOCUMENT) as part:
            xml = part.read(_UNPACKED_LIMIT + 1)
    if len(xml) > _UNPACKED_LIMIT:
        raise InputRefused("source_too_large", limit_mb=_UNPACKED_LIMIT // 1024**2)
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml or b"\x00" in xml:
        raise InputRefused("source_broken", format="docx")
    return xml


def _paragraph(item: ElementTree.Element) -> str:
    pieces: list[str] = []
    for node in item.iter():
        if node.tag == f"{_W}t":
            pieces.append(node.text or "")
        elif node.tag == f"{_W}tab":
            pieces.append("\t")
        elif node.tag in (f"{_W}br", f"{_W}cr"):
            pieces.append("\n")
    return "".join(pieces)
