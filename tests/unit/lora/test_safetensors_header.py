"""The header parser: sound files are read, every other one is refused by a name of its own."""

from __future__ import annotations

import io
import json
import math
import pickle
import resource
import struct
import time
import tracemalloc
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lora_files import offsets, safetensors, unet_lora, with_header

from ai_video.errors import InputRefused, catalogue
from ai_video.lora import Incoming, read_header
from ai_video.lora.safetensors_header import BITS, HEADER_LIMIT, Header, parse_header


def refusal(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "x.safetensors"
    path.write_bytes(data)
    with pytest.raises(InputRefused) as caught:
        read_header(path, name="x.safetensors")
    return caught.value.code


def test_a_sound_file_gives_tensors_and_remarks(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(unet_lora(metadata={"ss_network_dim": "4", "说明": "雨"}))
    header = read_header(path, name="x")
    assert header.metadata["说明"] == "雨"
    assert [tensor.shape for tensor in header.tensors.values()] == [(4, 2048), (8, 4), ()]
    assert header.data_start + max(t.end for t in header.tensors.values()) == path.stat().st_size


def torch_zip() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr("archive/data.pkl", b"\x80\x02}q\x00.")
    return target.getvalue()


def zip_bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("lora.safetensors", bytes(20_000_000))
    return target.getvalue()


FOREIGN = {
    "lora_empty": [b""],
    "lora_is_pickle": [
        torch_zip(),
        *(pickle.dumps({"a": [1.5]}, protocol=number) for number in (2, 3, 4, 5)),
        b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.",
        b"cos\nsystem\n(S'echo'\ntR.",
    ],
    "lora_is_archive": [zip_bomb(), b"\x1f\x8b\x08" + bytes(30), b"7z\xbc\xaf\x27\x1c" + bytes(9)],
    "lora_is_gguf": [b"GGUF\x03\x00\x00\x00" + bytes(40)],
    "lora_is_web_page": [
        b"<!DOCTYPE html><html><body>Log in</body>",
        b"\xef\xbb\xbf \n<HTML><head></head></HTML>",
    ],
    "lora_is_pointer": [b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"],
    "lora_not_safetensors": [
        b"\x89PNG\r\n\x1a\n" + bytes(9),
        b'{"error":"gone"}',
        bytes(range(64)),
    ],
}


@pytest.mark.parametrize(
    ("code", "data"), [(code, data) for code, row in FOREIGN.items() for data in row]
)
def test_another_format_is_named(tmp_path: Path, code: str, data: bytes) -> None:
    assert refusal(tmp_path, data) == code


GOOD = {"a": offsets(0, 8)}
HOSTILE = {
    "lora_truncated": [
        b"\x10\x00\x00",
        with_header(GOOD, bytes(8))[:30],
        with_header(GOOD, bytes(7)),
        struct.pack("<Q", 1000) + b"{}",
    ],
    "lora_header_too_large": [
        struct.pack("<Q", 2 * 1024**3) + b'{"a":',
        struct.pack("<Q", 2**64 - 1) + b'{"a":',
        with_header(b'{"a":[' + b"[]," * 200_000 + b"[]]}"),
        with_header(b"{" + b'"":0,' * 600_000 + b'"":0}'),
    ],
    "lora_header_broken": [
        with_header(b"{" + b" " * 20),
        with_header(b'{"a":' + b"[" * 40_000),
        with_header(b'{"a": NaN}'),
        with_header(b'{"a": 1.5}'),
        with_header(b'{"a": ' + b"9" * 5000 + b"}"),
        with_header(b'{"a": {}, "a": {}}'),
        with_header(b'{"\xff": {}}'),
        with_header({"__metadata__": {"rank": 4}}),
        with_header({"__metadata__": []}),
        with_header({"a": {"dtype": "F16", "shape": [4]}}),
        with_header({"a": {**dict(offsets(0, 8)), "more": 1}}, bytes(8)),  # pyright: ignore[reportArgumentType, reportCallIssue]
        with_header({"a": 7}),
    ],
    "lora_dtype_unknown": [
        with_header({"a": offsets(0, 8, dtype="F128")}, bytes(8)),
        with_header({"a": {"dtype": 16, "shape": [4], "data_offsets": [0, 8]}}, bytes(8)),
    ],
    "lora_shape_broken": [
        with_header({"a": offsets(0, 8, shape=[-4])}, bytes(8)),
        with_header({"a": offsets(0, 8, shape=[True, 4])}, bytes(8)),
        with_header({"a": offsets(0, 8, shape=[1] * 9)}, bytes(8)),
        with_header({"a": {"dtype": "F16", "shape": "4", "data_offsets": [0, 8]}}, bytes(8)),
    ],
    "lora_offsets_broken": [
        with_header({"a": {"dtype": "F16", "shape": [4], "data_offsets": [8, 0]}}, bytes(8)),
        with_header({"a": {"dtype": "F16", "shape": [4], "data_offsets": [0]}}, bytes(8)),
        with_header({"a": {"dtype": "F16", "shape": [4], "data_offsets": [-8, 0]}}, bytes(8)),
    ],
    "lora_size_differs": [
        with_header({"a": offsets(0, 10)}, bytes(10)),
        with_header({"a": offsets(0, 8, shape=[2**62, 2**62])}, bytes(8)),
    ],
    "lora_tensors_overlap": [
        with_header({"a": offsets(0, 8), "b": offsets(4, 12)}, bytes(12)),
        with_header({"a": offsets(0, 8), "b": offsets(0, 8)}, bytes(8)),
    ],
    "lora_data_hole": [
        with_header({"a": offsets(2, 10)}, bytes(10)),
        with_header({"a": offsets(0, 8), "b": offsets(12, 20)}, bytes(20)),
    ],
    "lora_data_left_over": [with_header(GOOD, bytes(9)), with_header({}, b"payload")],
}


@pytest.mark.parametrize(
    ("code", "data"), [(code, data) for code, row in HOSTILE.items() for data in row]
)
def test_a_hostile_file_is_refused_fast_and_in_little_memory(
    tmp_path: Path, code: str, data: bytes
) -> None:
    tracemalloc.start()
    started = time.perf_counter()
    found = refusal(tmp_path, data)
    spent = time.perf_counter() - started
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == code
    assert spent < 3
    assert peak < 64 * 1024**2


def test_the_worst_header_that_is_parsed_stays_within_limits(tmp_path: Path) -> None:
    entry = b'"%06d":{"dtype":"F16","shape":[0],"data_offsets":[0,0]}'
    raw = b"{" + b",".join(entry % number for number in range(19_000)) + b"}"
    path = tmp_path / "x.safetensors"
    path.write_bytes(with_header(raw))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    spent: list[float] = []
    for _ in range(3):
        started = time.process_time()
        assert len(read_header(path, name="x").tensors) == 19_000
        spent.append(time.process_time() - started)
    assert min(spent) < 3
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kb < 100 * 1024


def test_a_sparse_file_of_many_gigabytes_is_judged_by_its_header(tmp_path: Path) -> None:
    header = with_header({"a": {"dtype": "F32", "shape": [2**31], "data_offsets": [0, 2**33]}})
    path = tmp_path / "x.safetensors"
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + 2**33)
    started = time.perf_counter()
    assert read_header(path, name="x").tensors["a"].count == 2**31
    assert time.perf_counter() - started < 3


def test_every_refusal_says_what_to_do_in_both_languages() -> None:
    for code in (*FOREIGN, *HOSTILE):
        text = catalogue()[code]
        assert text.hint_zh
        assert text.hint_en


names = st.text(min_size=1, max_size=12).filter(lambda name: name != "__metadata__")
sides = st.lists(st.integers(0, 4), max_size=3)
whole = sorted(dtype for dtype, bits in BITS.items() if bits % 8 == 0)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(names, st.sampled_from(whole), sides), max_size=6, unique_by=lambda t: t[0]),
    st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3),
)
def test_what_is_written_is_read(
    tensors: list[tuple[str, str, list[int]]], metadata: dict[str, str]
) -> None:
    header: dict[str, object] = {"__metadata__": metadata}
    at = 0
    for name, dtype, shape in tensors:
        end = at + math.prod(shape) * BITS[dtype] // 8
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, end]}
        at = end
    raw = json.dumps(header).encode() + b"  "
    read = parse_header(raw, data_size=at, data_start=8 + len(raw), name="x")
    assert {(t.name, t.dtype, t.shape) for t in read.tensors.values()} == {
        (name, dtype, tuple(shape)) for name, dtype, shape in tensors
    }
    assert read.metadata == metadata


def read_or_refused(raw: bytes, data_size: int) -> Header | str:
    """The header, or the code of our refusal; any other exception fails the test."""
    try:
        return parse_header(raw, data_size=data_size, data_start=0, name="x")
    except InputRefused as exc:
        return exc.code


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**40) | st.sampled_from(["F16", "F32", "a", "?"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["dtype", "shape", "data_offsets", "a"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(names | st.just("__metadata__"), json_values, max_size=4), st.integers(0, 64)
)
def test_any_other_header_gives_an_error_of_ours(header: dict[str, object], size: int) -> None:
    answer = read_or_refused(json.dumps(header).encode(), size)
    if isinstance(answer, Header):
        assert sum(tensor.end - tensor.begin for tensor in answer.tensors.values()) == size
    else:
        assert answer.startswith("lora_")


@given(st.binary(max_size=200), st.integers(0, 200))
def test_any_bytes_give_an_error_of_ours(data: bytes, cut: int) -> None:
    sound = safetensors({"a": (3, 2), "b": (1,)}, metadata={"k": "v"})
    answer = read_or_refused((sound[:cut] + data)[8:], 14)
    assert isinstance(answer, Header) or answer.startswith("lora_")


async def test_a_stream_is_refused_before_it_is_taken_in() -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        for chunk in (b"PK", b"\x03\x04" + bytes(5000), bytes(1 << 20), bytes(1 << 20)):
            taken += 1
            yield chunk

    incoming = Incoming(endless(), name="x")
    with pytest.raises(InputRefused, match="lora_is_archive"):
        async for _ in incoming.chunks():
            pass
    assert taken == 2


async def test_a_passing_stream_is_unchanged_and_counted() -> None:
    data = unet_lora()

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 700):
            yield data[start : start + 700]

    incoming = Incoming(pieces(), name="x")
    passed = b"".join([chunk async for chunk in incoming.chunks()])
    assert passed == data
    assert len(incoming.md5) == 32


async def test_a_header_of_two_gigabytes_is_refused_at_its_first_bytes() -> None:
    async def huge() -> AsyncIterator[bytes]:
        yield struct.pack("<Q", HEADER_LIMIT + 1) + b'{"a":' + bytes(5000)
        raise AssertionError("more was read")

    with pytest.raises(InputRefused, match="lora_header_too_large"):
        async for _ in Incoming(huge(), name="x").chunks():
            pass
