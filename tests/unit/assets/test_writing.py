"""A name only ever shows finished bytes."""

from __future__ import annotations

import errno
import hashlib

import pytest

from ai_video.assets import hash_file, replacing
from ai_video.errors import ResourceFailure


def test_the_target_is_replaced_whole(tmp_path):
    target = tmp_path / "deep" / "film.mp4"
    with replacing(target) as draft:
        assert draft.suffix == ".mp4"
        draft.write_bytes(b"first")
        assert not target.exists()
    with replacing(target) as draft:
        draft.write_bytes(b"second")
        assert target.read_bytes() == b"first"
    assert target.read_bytes() == b"second"
    assert list(target.parent.iterdir()) == [target]


def test_a_failure_leaves_the_old_file_and_no_draft(tmp_path):
    target = tmp_path / "film.mp4"
    target.write_bytes(b"old")

    def fail() -> None:
        with replacing(target) as draft:
            draft.write_bytes(b"half")
            raise KeyError("stop")

    with pytest.raises(KeyError):
        fail()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_waits_for_room(tmp_path, number):
    with pytest.raises(ResourceFailure) as full, replacing(tmp_path / "film.mp4"):
        raise OSError(number, "no room")
    assert full.value.code == "disk_full"
    with pytest.raises(PermissionError), replacing(tmp_path / "film.mp4"):
        raise OSError(errno.EACCES, "no")


def test_a_file_is_named_by_its_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 3_000_000)
    assert hash_file(tmp_path / "a") == (hashlib.sha256(b"x" * 3_000_000).hexdigest(), 3_000_000)
