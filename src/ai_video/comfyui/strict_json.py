"""JSON from outside, within limits of size, number and nesting, and one clear error when it is not."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, cast

from pydantic import JsonValue

from ai_video.errors import InputRefused

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

NESTING_LIMIT = 100
# What a value costs in memory is 10 to 30 times its text, so their number is limited too.
VALUES_LIMIT = 2_000_000
_GZIP = b"\x1f\x8b"
_MEGABYTE = 1024 * 1024


def plain(row: DataclassInstance) -> dict[str, JsonValue]:
    """A dataclass as JSON; tuples become lists."""
    return json.loads(json.dumps(asdict(row), ensure_ascii=False))


def read_json_file(path: Path, *, limit: int, values: int = VALUES_LIMIT) -> JsonValue:
    """The JSON document in a file, packed with gzip or not.

    Raises:
        InputRefused: `file_unreadable`, or what `parse_json` refuses.
    """
    return parse_json(read_bytes(path, limit=limit), name=path.name, limit=limit, values=values)


def read_bytes(path: Path, *, limit: int) -> bytes:
    """What is in a file, at most one byte more than `limit`.

    Raises:
        InputRefused: `file_unreadable`.
    """
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputRefused("file_unreadable", path=str(path), reason=reason) from error


def parse_json(data: bytes, *, name: str, limit: int, values: int = VALUES_LIMIT) -> JsonValue:
    """The JSON document in these bytes (UTF-8, with or without a mark; gzip is unpacked).

    Raises:
        InputRefused: `json_too_large`, `json_too_deep` or `json_invalid` (also for NaN and for a
            number that is too big for any program).
    """
    if data.startswith(_GZIP):
        data = _unpacked(data, name=name, limit=limit)
    if len(data) > limit:
        raise InputRefused("json_too_large", name=name, limit=f"{limit // _MEGABYTE} MB")
    if data.count(b",") + data.count(b"[") + data.count(b"{") > values:
        raise InputRefused("json_too_large", name=name, limit=f"{values} values")
    try:
        document = cast(
            "JsonValue",
            json.loads(data.decode("utf-8-sig"), parse_constant=_refuse, parse_float=_finite),
        )
    except RecursionError as error:
        raise InputRefused("json_too_deep", name=name, limit=NESTING_LIMIT) from error
    except UnicodeDecodeError as error:
        raise InputRefused("json_invalid", name=name, reason="it is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        where = f"{error.msg}, line {error.lineno} column {error.colno}"
        raise InputRefused("json_invalid", name=name, reason=where) from error
    except ValueError as error:
        raise InputRefused("json_invalid", name=name, reason=str(error)[:200]) from error
    if deeper_than(document, NESTING_LIMIT):
        raise InputRefused("json_too_deep", name=name, limit=NESTING_LIMIT)
    return document


def deeper_than(document: JsonValue, limit: int) -> bool:
    """Objects and lists nest deeper than `limit`."""
    level: list[JsonValue] = [document]
    for _ in range(limit + 1):
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return False
    return True


def _inside(value: JsonValue) -> Iterable[JsonValue]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON value")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"the number {text[:40]} is too big")
    return number


def _unpacked(data: bytes, *, name: str, limit: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(data, limit + 1)
    except zlib.error as error:
        raise InputRefused("json_invalid", name=name, reason="its gzip is damaged") from error
    if len(unpacked) <= limit and not unpacker.eof:
        raise InputRefused("json_invalid", name=name, reason="its gzip is cut off")
    return unpacked
