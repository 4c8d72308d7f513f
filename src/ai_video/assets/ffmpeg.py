"""FFmpeg as a child process: where it is, and how it is run."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from ai_video.errors import ConfigurationFailure, ResourceFailure, SystemFailure

_TAIL = 4_000


@cache
def ffmpeg_path() -> Path:
    """The FFmpeg in use: AIVIDEO_FFMPEG, else the one in imageio-ffmpeg, else PATH.

    Raises:
        ConfigurationFailure: `ffmpeg_missing`.
    """
    named = os.environ.get("AIVIDEO_FFMPEG")
    if named:
        if Path(named).is_file():
            return Path(named)
        raise ConfigurationFailure("ffmpeg_missing", tried=named)
    try:
        import imageio_ffmpeg

        return Path(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        found = shutil.which("ffmpeg")
    if found is None:
        raise ConfigurationFailure("ffmpeg_missing", tried="imageio-ffmpeg, PATH")
    return Path(found)


@cache
def ffmpeg_version() -> str:
    """The version word of FFmpeg's first line, as it enters fingerprints; blocking, then cached."""
    answer = subprocess.run(
        [str(ffmpeg_path()), "-version"], capture_output=True, text=True, check=True, timeout=60
    )
    return answer.stdout.split(" ", 3)[2]


def file_arg(path: Path) -> str:
    """A path as FFmpeg takes it: whatever its name, it is a local file."""
    return f"file:{path.absolute()}"


async def run_ffmpeg(args: Sequence[str], *, cwd: Path | None = None, verbose: bool = False) -> str:
    """Run FFmpeg to its end; returns what it logged (warnings and worse, or all if `verbose`).

    The child is killed when the caller is cancelled, so nothing goes on writing.

    Raises:
        ResourceFailure: `disk_full`.
        SystemFailure: `ffmpeg_failed` with the end of its log.
    """
    level = "info" if verbose else "warning"
    child = await asyncio.create_subprocess_exec(
        *(str(ffmpeg_path()), "-hide_banner", "-nostdin", "-nostats", "-loglevel", level, "-y"),
        *args,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        cwd=cwd,
        env=_environment(),
    )
    try:
        _, raw = await child.communicate()
    except asyncio.CancelledError:
        child.kill()
        await child.wait()
        raise
    log = raw.decode("utf-8", errors="replace")
    if child.returncode:
        if "No space left on device" in log:
            raise ResourceFailure("disk_full")
        raise SystemFailure(
            "ffmpeg_failed", status=child.returncode, reason=log.strip()[-_TAIL:] or "no message"
        )
    return log


def _environment() -> dict[str, str]:
    """The child's environment; system fonts stay out, so films look the same everywhere."""
    return {**os.environ, "FONTCONFIG_FILE": str(Path(__file__).with_name("no_fonts.conf"))}
