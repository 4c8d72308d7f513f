"""The header of a safetensors file, strictly: 8 bytes of length, JSON, then data without gaps.

Nothing but the header is read. Layout: https://github.com/huggingface/safetensors#format.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, cast

from pydantic import JsonValue

from ai_video.errors import InputRefused
from ai_video.lora.foreign_formats import HEAD, refuse_foreign

HEADER_LIMIT = 32 * 1024**2
"""Bytes of a header. Real ones with all captions in them take a few MB at most."""
COMMAS_LIMIT = 500_000
OPENINGS_LIMIT = 60_000
"""What a JSON value costs in memory is many times its text, so their number is limited too."""
DIMENSIONS_LIMIT = 8
BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8,
    "F8_E5M2FNUZ": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32,
    "F64": 64, "I64": 64, "U64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip
"""Bits of one value of each dtype of the format."""
LENGTH = 8
Pairs = list[tuple[str, JsonValue]]


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor; `begin` and `end` count bytes from the end of the header."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    @property
    def count(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Header:
    """Tensors by name, the file's own remarks, and where the data starts."""

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]
    data_start: int


def read_header(path: Path, *, name: str) -> Header:
    """The header of a file whose tensors all lie where they should; blocking.

    Args:
        name: what the file is called in errors.

    Raises:
        InputRefused: a code of its own for every way in which it is no sound safetensors file.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD)
        refuse_foreign(head, name=name)
        length = header_length(head, name=name)
        if LENGTH + length > size:
            raise InputRefused("lora_truncated", name=name, expected=LENGTH + length, size=size)
        file.seek(LENGTH)
        raw = file.read(length)
    start = LENGTH + length
    return parse_header(raw, data_size=size - start, data_start=start, name=name)


def header_length(head: bytes, *, name: str) -> int:
    """Bytes of the header that the first eight bytes announce.

    Raises:
        InputRefused: `lora_truncated` or `lora_header_too_large`.
    """
    if len(head) < LENGTH:
        raise InputRefused("lora_truncated", name=name, expected=LENGTH, size=len(head))
    (length,) = struct.unpack("<Q", head[:LENGTH])
    if length > HEADER_LIMIT:
        limit = HEADER_LIMIT // 1024**2
        raise InputRefused("lora_header_too_large", name=name, size=length, limit_mb=limit)
    return length


def parse_header(raw: bytes, *, data_size: int, data_start: int, name: str) -> Header:
    """The header in these bytes, with tensors that fill exactly `data_size` bytes.

    Raises:
        InputRefused: see `read_header`.
    """
    entries = _json_object(raw, name=name)
    metadata = _metadata(entries.pop("__metadata__", {}), name=name)
    tensors = {key: _tensor(key, entry, name=name) for key, entry in entries.items()}
    _check_layout(tensors.values(), data_size, name=name)
    return Header(tensors=tensors, metadata=metadata, data_start=data_start)


def read_scalar(path: Path, header: Header, tensor: Tensor) -> float | None:
    """The value of a tensor that holds one number; None for other tensors and other dtypes."""
    forms = {"F32": "<f", "F64": "<d", "F16": "<e", "I32": "<i", "I64": "<q"}
    if tensor.count != 1 or tensor.dtype not in (*forms, "BF16"):
        return None
    with path.open("rb") as file:
        file.seek(header.data_start + tensor.begin)
        raw = file.read(tensor.end - tensor.begin)
    if tensor.dtype == "BF16":
        raw, form = b"\x00\x00" + raw, "<f"
    else:
        form = forms[tensor.dtype]
    value = float(struct.unpack(form, raw)[0])
    return value if math.isfinite(value) else None


def _json_object(raw: bytes, *, name: str) -> dict[str, JsonValue]:
    if raw.count(b",") > COMMAS_LIMIT or raw.count(b"{") + raw.count(b"[") > OPENINGS_LIMIT:
        limit = HEADER_LIMIT // 1024**2
        raise InputRefused("lora_header_too_large", name=name, size=len(raw), limit_mb=limit)
    try:
        document = cast(
            "JsonValue",
            json.loads(
                raw.decode("utf-8"),
                object_pairs_hook=_without_repeats,
                parse_constant=_refuse_number,
                parse_float=_refuse_number,
            ),
        )
    except UnicodeDecodeError as exc:
        raise InputRefused("lora_header_broken", name=name, reason="not UTF-8") from exc
    except RecursionError as exc:
        raise InputRefused("lora_header_broken", name=name, reason="nested too deep") from exc
    except ValueError as exc:
        reason = str(exc).splitlines()[0][:200]
        raise InputRefused("lora_header_broken", name=name, reason=reason) from exc
    if not isinstance(document, dict):
        raise InputRefused("lora_header_broken", name=name, reason="not a JSON object")
    return document


def _without_repeats(pairs: Pairs) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"{key[:80]!r} stands there twice")
            seen.add(key)
    return found


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"{text[:40]} is no whole number")


def _metadata(value: JsonValue, *, name: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise InputRefused("lora_header_broken", name=name, reason="__metadata__ is no object")
    for key, text in value.items():
        if not isinstance(text, str):
            reason = f"__metadata__.{_short(key)} is no text"
            raise InputRefused("lora_header_broken", name=name, reason=reason)
    return cast("dict[str, str]", value)


def _tensor(key: str, entry: JsonValue, *, name: str) -> Tensor:
    tensor = _short(key)
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        reason = f"{tensor} has not exactly dtype, shape and data_offsets"
        raise InputRefused("lora_header_broken", name=name, reason=reason)
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BITS:
        raise InputRefused("lora_dtype_unknown", name=name, tensor=tensor, dtype=_short(str(dtype)))
    sides = _whole_numbers(shape)
    if sides is None or len(sides) > DIMENSIONS_LIMIT:
        raise InputRefused("lora_shape_broken", name=name, tensor=tensor)
    ends = _whole_numbers(offsets)
    if ends is None or len(ends) != 2 or ends[0] > ends[1]:
        raise InputRefused("lora_offsets_broken", name=name, tensor=tensor)
    bits = math.prod(sides) * BITS[dtype]
    if bits % 8 or bits // 8 != ends[1] - ends[0]:
        raise InputRefused("lora_size_differs", name=name, tensor=tensor)
    return Tensor(name=key, dtype=dtype, shape=sides, begin=ends[0], end=ends[1])


def _whole_numbers(value: JsonValue) -> tuple[int, ...] | None:
    """The numbers of a list that holds nothing but whole ones from 0 up (true is none)."""
    if not isinstance(value, list):
        return None
    numbers = [
        item for item in value if isinstance(item, int) and not isinstance(item, bool) and item >= 0
    ]
    return tuple(numbers) if len(numbers) == len(value) else None


def _check_layout(tensors: Iterable[Tensor], data_size: int, *, name: str) -> None:
    """Tensors follow each other from the first byte of the data to the last, each byte in one."""
    at = 0
    for tensor in sorted(tensors, key=lambda tensor: (tensor.begin, tensor.end)):
        if tensor.begin < at:
            raise InputRefused("lora_tensors_overlap", name=name, tensor=_short(tensor.name))
        if tensor.begin > at:
            raise InputRefused("lora_data_hole", name=name, tensor=_short(tensor.name))
        at = tensor.end
    if at > data_size:
        raise InputRefused("lora_truncated", name=name, expected=at, size=data_size)
    if at < data_size:
        raise InputRefused("lora_data_left_over", name=name, left=data_size - at)


def _short(text: str) -> str:
    """A name out of the file, fit to be shown."""
    shown = text[:80].encode("utf-8", "backslashreplace").decode()
    return "".join(char if char.isprintable() else "?" for char in shown)
