"""The AI-content label in a file's metadata, as China's labelling rules ask.

GB 45438-2025 (annex E) names one metadata field, `AIGC`, whose value is a JSON object of seven
keys. TC260's practice guides for pictures, sound and video say where each format keeps it: PNG and
JPEG in XMP under the namespace below, MP4 as a metadata key (`use_metadata_tags` of FFmpeg), WAV in
its INFO list. PNG carries it as a text chunk too, which is what most readers look at.
"""

from __future__ import annotations

import asyncio
import binascii
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

import av
import av.error
from PIL import Image

from ai_video.assets.ffmpeg import file_arg, run_ffmpeg
from ai_video.assets.writing import replacing
from ai_video.errors import InputRefused

KEY = "AIGC"
NAMESPACE = "http://www.tc260.org.cn/ns/AIGC/1.0/"
_XMP_PNG = b"XML:com.adobe.xmp"
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class AigcLabel:
    """The seven values of GB 45438-2025: `label` "1" is, "2" may be, "3" is suspected AI-made."""

    content_producer: str
    produce_id: str
    label: str = "1"
    reserved_code1: str = ""
    content_propagator: str = ""
    propagate_id: str = ""
    reserved_code2: str = ""

    def as_json(self) -> str:
        """The field's value; same label, same bytes."""
        return json.dumps(
            {
                "Label": self.label,
                "ContentProducer": self.content_producer,
                "ProduceID": self.produce_id,
                "ReservedCode1": self.reserved_code1,
                "ContentPropagator": self.content_propagator,
                "PropagateID": self.propagate_id,
                "ReservedCode2": self.reserved_code2,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )


def parse_label(text: str) -> AigcLabel | None:
    """The label in a field's value; None when it is no label."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    fields: dict[str, object] = {str(key): entry for key, entry in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  JSON of unknown origin
    return AigcLabel(
        label=str(fields.get("Label", "")),
        content_producer=str(fields.get("ContentProducer", "")),
        produce_id=str(fields.get("ProduceID", "")),
        reserved_code1=str(fields.get("ReservedCode1", "")),
        content_propagator=str(fields.get("ContentPropagator", "")),
        propagate_id=str(fields.get("PropagateID", "")),
        reserved_code2=str(fields.get("ReservedCode2", "")),
    )


def label_tags(label: AigcLabel | None, *, title: str = "") -> dict[str, str]:
    """Metadata that an MP4 carries for label and title."""
    tags = {"title": title} if title else {}
    if label is not None:
        tags |= {KEY: label.as_json(), "comment": KEY}
    return tags


def ffmpeg_label_args(label: AigcLabel | None) -> list[str]:
    """Output options that put the label into an MP4; other metadata is dropped."""
    tags = label_tags(label).items()
    return [
        *("-map_metadata", "-1"),
        *(arg for key, value in tags for arg in ("-metadata", f"{key}={value}")),
    ]


async def label_file(path: Path, label: AigcLabel) -> None:
    """Write the label into a PNG, JPEG, WAV, MP4 or MOV, replacing an older one.

    Raises:
        InputRefused: `media_unknown` for any other format.
    """
    with path.open("rb") as handle:
        head = handle.read(16)
    if head[4:8] == b"ftyp":
        with replacing(path) as draft:
            await run_ffmpeg(
                [
                    *("-i", file_arg(path), "-map", "0", "-c", "copy"),
                    *ffmpeg_label_args(label),
                    *("-movflags", "+faststart+use_metadata_tags", "-fflags", "+bitexact"),
                    file_arg(draft),
                ]
            )
        return
    await asyncio.to_thread(_label_bytes, path, head, label)


def _label_bytes(path: Path, head: bytes, label: AigcLabel) -> None:
    data = path.read_bytes()
    if head.startswith(_PNG):
        labelled = _label_png(data, label)
    elif head.startswith(b"\xff\xd8\xff"):
        labelled = _label_jpeg(data, label)
    elif head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        labelled = _label_wav(data, label)
    else:
        raise InputRefused("media_unknown", name=path.name)
    with replacing(path) as draft:
        draft.write_bytes(labelled)


def _xmp(label: AigcLabel) -> bytes:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:TC260="{NAMESPACE}" '
        f"TC260:{KEY}={quoteattr(label.as_json())}/>"
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", binascii.crc32(kind + body))
    )


def _label_png(data: bytes, label: AigcLabel) -> bytes:
    """PNG specification 11.3.3.4: iTXt = keyword, NUL, no compression (2 NUL), two empty strings."""
    kept = [_PNG]
    for kind, chunk in _png_chunks(data):
        if kind == b"iTXt" and chunk[8:].startswith((KEY.encode() + b"\0", _XMP_PNG + b"\0")):
            continue
        kept.append(chunk)
        if kind == b"IHDR":
            kept.append(
                _png_chunk(b"iTXt", KEY.encode() + b"\0\0\0\0\0" + label.as_json().encode())
            )
            kept.append(_png_chunk(b"iTXt", _XMP_PNG + b"\0\0\0\0\0" + _xmp(label)))
    return b"".join(kept)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    offset = len(_PNG)
    while offset + 12 <= len(data):
        length = struct.unpack_from(">I", data, offset)[0]
        yield data[offset + 4 : offset + 8], data[offset : offset + 12 + length]
        offset += 12 + length


def _label_jpeg(data: bytes, label: AigcLabel) -> bytes:
    """APP1 with the XMP signature, right after SOI (XMP specification part 3, 1.1.3)."""
    signature = b"http://ns.adobe.com/xap/1.0/\0"
    body = signature + _xmp(label)
    rest = data[2:]
    while rest[:2] == b"\xff\xe1" and rest[4:].startswith(signature):
        rest = rest[2 + struct.unpack_from(">H", rest, 2)[0] :]
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + rest


def _label_wav(data: bytes, label: AigcLabel) -> bytes:
    """An INFO list at the end; its four-letter id can be the key itself."""
    text = label.as_json().encode() + b"\0"
    entry = KEY.encode() + struct.pack("<I", len(text)) + text + b"\0" * (len(text) % 2)
    info = b"LIST" + struct.pack("<I", 4 + len(entry)) + b"INFO" + entry
    kept = [
        chunk
        for kind, chunk in _riff_chunks(data)
        if not (kind == b"LIST" and chunk[8:16] == b"INFO" + KEY.encode())
    ]
    body = b"WAVE" + b"".join(kept) + info
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    offset = 12
    while offset + 8 <= len(data):
        length = struct.unpack_from("<I", data, offset + 4)[0]
        chunk = data[offset : offset + 8 + length + length % 2]
        yield data[offset : offset + 4], chunk + b"\0" * (8 + length + length % 2 - len(chunk))
        offset += 8 + length + length % 2


async def read_label(path: Path) -> AigcLabel | None:
    """The label a file carries, or None."""
    return await asyncio.to_thread(_read, path)


def _read(path: Path) -> AigcLabel | None:
    with path.open("rb") as handle:
        head = handle.read(16)
    if head.startswith((_PNG, b"\xff\xd8\xff")):
        return _read_picture(path)
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        marker = b"INFO" + KEY.encode()
        for kind, chunk in _riff_chunks(path.read_bytes()):
            if kind == b"LIST" and chunk[8:16] == marker:
                length = struct.unpack_from("<I", chunk, 16)[0]
                return parse_label(chunk[20 : 20 + length].rstrip(b"\0").decode(errors="replace"))
        return None
    try:
        with av.open(str(path), format="mov", metadata_errors="replace") as container:
            return parse_label(container.metadata.get(KEY, ""))
    except (av.error.FFmpegError, ValueError):
        return None


def _read_picture(path: Path) -> AigcLabel | None:
    with Image.open(path) as picture:
        text = picture.info.get(KEY)
        if isinstance(text, str):
            return parse_label(text)
        xmp: object = picture.info.get("xmp")
    if not isinstance(xmp, bytes):
        return None
    # Only our own attribute is wanted; a full XML parser would be one more thing to attack.
    _, found, rest = xmp.decode("utf-8", errors="replace").partition(f"TC260:{KEY}=")
    if not found or rest[0] not in "'\"":
        return None
    value = rest[1:].split(rest[0], 1)[0]
    for entity, char in (("&quot;", '"'), ("&apos;", "'"), ("&lt;", "<"), ("&gt;", ">")):
        value = value.replace(entity, char)
    return parse_label(value.replace("&amp;", "&"))
