"""Raw frames into an H.264 file through one ffmpeg process."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO

import imageio_ffmpeg

from ai_video.animatic.canvas import Bytes
from ai_video.errors import SystemFailure

_COLOURS = (
    "-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709",
    "-color_range", "tv",
)  # fmt: skip


class Stopped(Exception):
    """The work was given up from outside."""


class StopSign:
    """Lets another thread end the drawing and the ffmpeg process of one clip."""

    def __init__(self) -> None:
        self._raised = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def watch(self, process: subprocess.Popen[bytes] | None) -> None:
        with self._lock:
            self._process = process
            if process is not None and self._raised.is_set():
                process.kill()

    def stop(self) -> None:
        self._raised.set()
        with self._lock:
            if self._process is not None:
                self._process.kill()

    def check(self) -> None:
        """Raise Stopped when the work was given up."""
        if self._raised.is_set():
            raise Stopped


class Encoder:
    """A running ffmpeg that takes frames (Y, U, V planes in one buffer) and writes one mp4."""

    def __init__(self, target: Path, *, wide: int, high: int, fps: int, stop: StopSign) -> None:
        self._stop = stop
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  closed in __exit__
        self._process = subprocess.Popen(
            _command(target, wide=wide, high=high, fps=fps),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._log,
        )
        assert self._process.stdin is not None
        _widen(self._process.stdin)
        stop.watch(self._process)

    def write(self, buffer: Bytes) -> None:
        self._stop.check()
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(buffer.data)
        except OSError as exc:
            self._stop.check()
            raise self._failure() from exc

    def __enter__(self) -> Encoder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the file; on an error the process is killed and nothing is kept."""
        assert self._process.stdin is not None
        try:
            if kind is not None:
                self._process.kill()
            with suppress(OSError):
                self._process.stdin.close()
            status = self._process.wait()
            if kind is None:
                self._stop.check()
                if status != 0:
                    raise self._failure()
        finally:
            self._stop.watch(None)
            self._log.close()

    def _failure(self) -> SystemFailure:
        self._process.wait()
        self._log.seek(0)
        said = self._log.read().decode("utf-8", "replace").strip().splitlines()
        return SystemFailure("animatic_encoder_failed", reason=said[-1] if said else "?")


_PIPE_BYTES = 1 << 20
"""Room for most of a frame between the two processes, so that they wait less for each other."""


def _widen(pipe: IO[bytes]) -> None:
    """Give a pipe more room, where the system can and allows it."""
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _command(target: Path, *, wide: int, high: int, fps: int) -> list[str]:
    """At this quality `superfast` is nearer to the frames than `veryfast`, and a third cheaper."""
    return [
        imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-loglevel", "error", "-y",
        "-f", "rawvideo", "-pixel_format", "yuv420p", "-video_size", f"{wide}x{high}",
        "-framerate", str(fps), *_COLOURS, "-i", "pipe:0",
        "-an", "-c:v", "libx264", "-preset", "superfast", "-crf", "18", "-threads", "1",
        "-pix_fmt", "yuv420p", *_COLOURS, "-video_track_timescale", str(512 * fps),
        "-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1",
        "-movflags", "+faststart", "-f", "mp4", str(target),
    ]  # fmt: skip


@contextmanager
def written_whole(target: Path) -> Generator[Path, None, None]:
    """A temporary path beside `target` that takes its name only when the block succeeds."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=target.suffix, dir=target.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
