"""One suite over every blob store."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ai_video.assets import LocalBlobs, S3Blobs
from ai_video.errors import InputRefused, NotFound, ServiceFailed

KEYS = {
    "access_key_id": "test",
    "secret_access_key": "test",
    "region": "us-east-1",
}
BIG = random.Random(7).randbytes(2_500_000)


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    if importlib.util.find_spec("moto") is None or importlib.util.find_spec("flask") is None:
        pytest.skip("moto[server] is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "MOTO_S3_DEFAULT_MAX_KEYS": "1000"},
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    else:
        server.kill()
        pytest.fail("moto did not start")
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    server.wait(timeout=10)


def s3_blobs(endpoint: str, cache: Path) -> S3Blobs:
    import httpx

    made = httpx.put(f"{endpoint}/films")
    assert made.status_code in {200, 409}, made.text
    return S3Blobs("s3://films/blobs", cache=cache, options={"endpoint": endpoint, **KEYS})


@pytest.fixture(params=["local", pytest.param("s3", marks=pytest.mark.s3)])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> LocalBlobs | S3Blobs:
    if request.param == "local":
        return LocalBlobs(tmp_path / "blobs")
    return s3_blobs(request.getfixturevalue("s3_endpoint"), tmp_path / "cache")


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def read(store: LocalBlobs | S3Blobs, digest: str, *span: int | None) -> bytes:
    return b"".join([block async for block in store.open_range(digest, *span)])


async def test_a_file_comes_back_byte_for_byte_under_its_sha256(blobs, tmp_path):
    source = tmp_path / "source.bin"
    source.write_bytes(BIG)
    digest, size = await blobs.put_file(source)
    assert digest == hashlib.sha256(BIG).hexdigest()
    assert size == len(BIG) == await blobs.size(digest)
    assert await blobs.has(digest)
    assert await read(blobs, digest) == BIG
    assert (await blobs.local_path(digest)).read_bytes() == BIG
    assert source.exists()


async def test_a_stream_and_the_same_file_are_one_blob(blobs, tmp_path):
    source = tmp_path / "source.bin"
    source.write_bytes(b"abcdef")
    from_file = await blobs.put_file(source)
    assert await blobs.put_stream(chunks(b"abc", b"", b"def"), limit=6) == from_file


async def test_an_empty_blob_is_a_blob(blobs):
    digest, size = await blobs.put_stream(chunks(), limit=10)
    assert size == 0
    assert await blobs.size(digest) == 0
    assert await read(blobs, digest) == b""


async def test_a_stream_past_its_limit_is_refused_and_leaves_nothing(blobs, tmp_path):
    with pytest.raises(InputRefused) as refused:
        await blobs.put_stream(chunks(b"12345", b"6"), limit=5)
    assert refused.value.code == "upload_too_large"
    assert [entry for entry in tmp_path.rglob("*") if entry.is_file()] == []


async def test_a_source_that_breaks_leaves_nothing(blobs, tmp_path):
    async def breaking() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await blobs.put_stream(breaking(), limit=100)
    assert [entry for entry in tmp_path.rglob("*") if entry.is_file()] == []
    assert not await blobs.has(hashlib.sha256(b"half").hexdigest())


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 1), (0, None), (10, 20), (1_048_570, 1_048_590), (2_499_999, 2_500_000), (5, 99_999_999)],
)
async def test_ranges_are_the_bytes_asked_for(blobs, start, end):
    digest, _ = await blobs.put_stream(chunks(BIG), limit=len(BIG))
    assert await read(blobs, digest, start, end) == BIG[start:end]


@pytest.mark.parametrize("span", [(2_500_000, None), (9_999_999, 99_999_999), (20, 20), (20, 10)])
async def test_a_range_with_nothing_in_it_is_empty(blobs, span):
    digest, _ = await blobs.put_stream(chunks(BIG), limit=len(BIG))
    assert await read(blobs, digest, *span) == b""


@pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "", "A" * 64, "0" * 63 + "/"])
async def test_what_is_not_there_is_not_found(blobs, name):
    with pytest.raises(NotFound):
        await blobs.size(name)
    with pytest.raises(NotFound):
        await blobs.local_path(name)
    with pytest.raises(NotFound):
        await read(blobs, name)


async def test_has_says_no_and_delete_of_nothing_is_quiet(blobs):
    missing = "0" * 64
    assert not await blobs.has(missing)
    await blobs.delete(missing)


async def test_a_deleted_blob_is_gone(blobs):
    digest, _ = await blobs.put_stream(chunks(b"gone"), limit=10)
    await blobs.local_path(digest)
    await blobs.delete(digest)
    assert not await blobs.has(digest)
    with pytest.raises(NotFound):
        await blobs.local_path(digest)


async def test_sweep_removes_only_old_leftovers(blobs, tmp_path):
    folder = (blobs.root if isinstance(blobs, LocalBlobs) else blobs.cache) / "incoming"
    folder.mkdir(parents=True)
    (folder / "old").write_bytes(b"x")
    os.utime(folder / "old", (1_000_000, 1_000_000))
    (folder / "new").write_bytes(b"x")
    digest, _ = await blobs.put_stream(chunks(b"kept"), limit=10)
    assert await blobs.sweep() == 1
    assert [entry.name for entry in folder.iterdir()] == ["new"]
    assert await blobs.has(digest)


async def test_a_blob_on_disk_cannot_be_written_over(tmp_path):
    store = LocalBlobs(tmp_path)
    digest, _ = await store.put_stream(chunks(b"fixed"), limit=10)
    assert (await store.local_path(digest)).stat().st_mode & 0o222 == 0


@pytest.mark.s3
async def test_an_s3_store_that_does_not_answer_is_a_failed_service(tmp_path):
    store = S3Blobs(
        "s3://films", cache=tmp_path, options={"endpoint": "http://127.0.0.1:9", **KEYS}
    )
    with pytest.raises(ServiceFailed) as failed:
        await store.has("0" * 64)
    assert "127.0.0.1" not in failed.value.message("en")


def test_a_url_that_is_no_bucket_is_refused(tmp_path):
    with pytest.raises(InputRefused):
        S3Blobs("http://example", cache=tmp_path)
