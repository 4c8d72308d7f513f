"""A cache folder keeps to its limit and never takes away what somebody may be reading."""

from __future__ import annotations

import os
import time
from pathlib import Path

from ai_video.assets import FileCache


def put(cache: FileCache, key: str, *, used_s_ago: float) -> Path:
    path, there = cache.fetch(key, ".bin")
    assert not there
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * 100)
    at = time.time() - used_s_ago
    os.utime(path, (at, at))
    return path


async def test_files_not_used_for_longest_go_first(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "cache", limit_bytes=250)
    assert await cache.shrink() == 0
    old = [put(cache, str(n), used_s_ago=90_000 - n) for n in range(4)]
    assert cache.fetch("0", ".bin") == (old[0], True)
    assert await cache.shrink() == 2
    assert [path.exists() for path in old] == [True, False, False, True]


async def test_files_in_use_stay_even_beyond_the_limit(tmp_path: Path) -> None:
    cache = FileCache(tmp_path, limit_bytes=0)
    new = put(cache, "new", used_s_ago=60)
    assert await cache.shrink() == 0
    assert new.exists()
