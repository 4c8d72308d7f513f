"""Whether the user's Claude Code is there, new enough and logged in; asked of itself, no file read."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import os
import re
import shutil
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from pydantic import BaseModel, Field, ValidationError

from ai_video.errors import AiVideoError, InputRefused, NotAvailable
from ai_video.llm.claude_code_options import Access, empty_folder

LIBRARY: Final = "claude_agent_sdk"
EXTRA: Final = f'"{sys.executable}" -m pip install "ai-video[claude]"'
"""The command that installs the library, which brings a Claude Code of its own."""
OLDEST: Final = (2, 1, 248)
"""The first Claude Code that delivers prompts as they are, and has `--restricted`."""
OLDEST_LIBRARY: Final = (0, 2, 187)
KNOWN_FOR_S: Final = 60.0
_PATIENCE_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class FoundClaudeCode:
    """What there is, and what is in the way of using it.

    Attributes:
        path: the program that would be started.
        method: how it is logged in: `claude.ai`, `oauth_token`, `api_key` …; None: it is not.
        plan: the subscription, where it says one.
        problem: why it cannot be used now; its hint says what to do. None: it can.
    """

    path: Path | None = None
    version: str | None = None
    method: str | None = None
    plan: str | None = None
    problem: AiVideoError | None = field(default=None, compare=False)

    @property
    def logged_in(self) -> bool:
        return self.method is not None

    @property
    def usable(self) -> bool:
        return self.problem is None


class _Login(BaseModel):
    """What `claude auth status` says; names and addresses in it are not read."""

    logged_in: bool = Field(alias="loggedIn")
    method: str = Field(default="unknown", alias="authMethod")
    plan: str | None = Field(default=None, alias="subscriptionType")


class ClaudeCodeDetector:
    """Looks for Claude Code and remembers for a minute what it found.

    Args:
        program: this one and no other.
    """

    def __init__(self, access: Access, program: Path | None = None) -> None:
        self._access = access
        self._program = program
        self._found: tuple[float, FoundClaudeCode] | None = None
        self._path: Path | None = None

    async def find(self, *, fresh: bool = False) -> FoundClaudeCode:
        """All there is to know; takes up to a second when it is not remembered."""
        if self._found and not fresh and time.monotonic() - self._found[0] < KNOWN_FOR_S:
            return self._found[1]
        found = await self._look()
        self._found = (time.monotonic(), found)
        return found

    async def path(self) -> Path:
        """The program to start; whether it is logged in is not asked.

        Raises:
            NotAvailable: the library is not installed.
            InputRefused: `claude_code_missing`, `claude_code_too_old`, `claude_code_unusable`.
        """
        if self._path is None or not self._path.exists():
            found = await self._look_for_program()
            if found.problem is not None:
                raise found.problem
            self._path = found.path
        assert self._path is not None
        return self._path

    async def _look(self) -> FoundClaudeCode:
        found = await self._look_for_program()
        if found.path is None or found.problem is not None:
            return found
        # A login that stands in settings which calls do not read is none.
        sources = () if self._access.own_settings else ("--setting-sources=",)
        status = await _run(found.path, *sources, "auth", "status", access=self._access)
        try:
            login = _Login.model_validate_json(status.output)
        except ValidationError:
            return replace(found, problem=_unusable(found.path, status))
        if not login.logged_in:
            return replace(found, problem=InputRefused("claude_code_not_logged_in"))
        return replace(found, method=login.method, plan=login.plan)

    async def _look_for_program(self) -> FoundClaudeCode:
        if not library_installed():
            return FoundClaudeCode(problem=NotAvailable("claude-agent-sdk", EXTRA))
        programs = programs_there() if self._program is None else [self._program]
        first: FoundClaudeCode | None = None
        for path in programs:
            found = await _examine(path, self._access)
            if found.usable:
                return found
            first = first or found
        missing = InputRefused("claude_code_missing", command=EXTRA)
        return first or FoundClaudeCode(problem=missing)


def library_installed() -> bool:
    """Whether claude-agent-sdk is there; on systems without wheels pip takes one that is too old."""
    if importlib.util.find_spec(LIBRARY) is None:
        return False
    numbers = re.findall(r"\d+", importlib.metadata.version("claude-agent-sdk"))
    return tuple(int(number) for number in numbers[:3]) >= OLDEST_LIBRARY


def programs_there() -> list[Path]:
    """Claude Codes on this machine, the user's own before the library's."""
    name = "claude.exe" if sys.platform == "win32" else "claude"
    # npm's claude.cmd on Windows is not looked for: batch files cannot be started safely.
    there = [Path(installed)] if (installed := shutil.which(name)) else []
    spec = importlib.util.find_spec(LIBRARY)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        bundled = Path(folder) / "_bundled" / name
        if bundled.is_file():
            there.append(bundled)
    return there


@dataclass(frozen=True, slots=True)
class _Ran:
    code: int | None
    output: str
    complaint: str


async def _examine(path: Path, access: Access) -> FoundClaudeCode:
    ran = await _run(path, "--version", access=access)
    number = re.match(r"(\d+)\.(\d+)\.(\d+)", ran.output)
    if not number:
        return FoundClaudeCode(path=path, problem=_unusable(path, ran))
    found = FoundClaudeCode(path=path, version=number[0])
    if tuple(int(part) for part in number.groups()) >= OLDEST:
        return found
    oldest = ".".join(str(part) for part in OLDEST)
    problem = InputRefused("claude_code_too_old", version=number[0], oldest=oldest, path=str(path))
    return replace(found, problem=problem)


def _unusable(path: Path, ran: _Ran) -> InputRefused:
    said = (ran.complaint or ran.output).strip().splitlines()
    reason = said[0][:200] if said else f"exit status {ran.code}"
    return InputRefused("claude_code_unusable", path=str(path), reason=reason)


async def _run(path: Path, *words: str, access: Access) -> _Ran:
    try:
        child = await asyncio.create_subprocess_exec(
            str(path), *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=await asyncio.to_thread(empty_folder),
            env={**os.environ, **access.variables()},
        )  # fmt: skip
    except OSError as exc:
        return _Ran(None, "", exc.strerror or str(exc))
    try:
        output, complaint = await asyncio.wait_for(child.communicate(), _PATIENCE_S)
    except TimeoutError:
        return _Ran(None, "", f"no answer in {_PATIENCE_S:.0f} s")
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return _Ran(
        child.returncode,
        output.decode("utf-8", "replace"),
        complaint.decode("utf-8", "replace"),
    )
