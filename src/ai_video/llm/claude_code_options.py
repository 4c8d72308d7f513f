"""What Claude Code is started with: the user's login and nothing else of theirs.

By default Claude Code brings its user's instructions, hooks, servers, skills and permissions into
every call, and puts the file behind an `@/path` of a text into the prompt. All of that is turned off
here, in one place, by more than one switch each; docs/decisions/0032-claude-code.md says which
switch holds what off, and a test with a hostile home folder watches every call.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import re
import stat
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ai_video.domain.entities import Json
from ai_video.domain.language_models import Effort

SERVER: Final = "studio"
"""The name of the tools' server, as Claude Code has it."""
ANSWER_TOOL: Final = "StructuredOutput"
"""The tool by which Claude Code takes a structured answer."""
LONGEST_INLINE: Final = 20_000
"""Bytes of system text that may stand on the command line; Windows allows 32,767 characters."""

_QUIET: Final = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_TELEMETRY": "1",
    # By default a refused login is tried again for three minutes.
    "CLAUDE_CODE_MAX_RETRIES": "2",
}
# TMPDIR may stand in the user's home folder, so it comes last.
_PLACES: Final = (
    Path(os.environ.get("PROGRAMDATA", "C:\\ProgramData"))
    if sys.platform == "win32"
    else Path("/tmp"),
    Path(tempfile.gettempdir()),
)
# What could name a file: from a root, a home or here, quoted or not.
_FILE_AFTER_AT: Final = re.compile(r"@(?=[\"'“]?(?:[/\\~.]|[A-Za-z]:[\\/]))")


@dataclass(frozen=True, slots=True)
class Access:
    """How Claude Code gets in.

    Attributes:
        api_key: None: by the user's own login; a key that stands in the environment is not used.
        own_settings: read the user's `~/.claude/settings.json`, for gateways whose address and token
            stand there; hooks, instructions, skills and servers stay off.
        environment: variables for the process, over the inherited ones.
    """

    api_key: str | None = field(default=None, repr=False)
    own_settings: bool = False
    environment: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    def variables(self, *, longest: int | None = None) -> dict[str, str]:
        """What is set for the process; an empty key makes Claude Code use the login."""
        limit = {} if longest is None else {"CLAUDE_CODE_MAX_OUTPUT_TOKENS": str(longest)}
        key = {"ANTHROPIC_API_KEY": self.api_key or ""}
        return {**_QUIET, **limit, **key, **self.environment}


@dataclass(frozen=True, slots=True)
class Start:
    """One start of Claude Code.

    Attributes:
        tools: names of the studio's tools; anything else is refused.
        most_turns: requests to the model at most.
        budget: US dollars, checked after each request.
        longest: output tokens of an answer.
        resumed: the session to go on with.
        kept: the conversation is kept by Claude Code, so that it can be resumed.
    """

    system: str
    most_turns: int
    model: str | None = None
    effort: Effort = "medium"
    schema: Json | None = None
    tools: tuple[str, ...] = ()
    budget: float | None = None
    longest: int | None = None
    resumed: str | None = None
    kept: bool = False


def safe_options(
    start: Start,
    access: Access,
    *,
    program: Path,
    folder: Path,
    system_file: Path | None = None,
) -> dict[str, object]:
    """The arguments of `ClaudeAgentOptions`, without servers and callbacks.

    Args:
        program: the `claude` to start.
        folder: an empty one to start it in; its path is told to the model.
        system_file: holds the system text, where it may be long. Only a text on the command line
            replaces that of a resumed session.
    """
    # `restricted` leaves settings files unread, so it and the user's settings exclude each other.
    wall = "safe-mode" if access.own_settings else "restricted"
    flags: dict[str, str | None] = {wall: None, "disable-slash-commands": None}
    if not start.kept:
        flags["no-session-persistence"] = None
    options: dict[str, object] = {
        "cli_path": str(program),
        "cwd": str(folder),
        "env": access.variables(longest=start.longest),
        "tools": [],
        "allowed_tools": [f"mcp__{SERVER}__{name}" for name in start.tools],
        "permission_mode": "dontAsk",
        "strict_mcp_config": True,
        "setting_sources": ["user"] if access.own_settings else [],
        "skills": [],
        "verbatim_prompts": True,
        "extra_args": flags,
        "include_partial_messages": True,
        "max_turns": start.most_turns,
        "max_budget_usd": start.budget,
        "model": start.model,
        "effort": start.effort,
        "resume": start.resumed,
        "system_prompt": (
            {"type": "file", "path": str(system_file)}
            if system_file
            # Without `snapshot` a resumed session silently keeps its first system text.
            else {"type": "custom", "prompt": start.system, "snapshot": False}
        ),
    }
    if start.effort == "low":
        options["thinking"] = {"type": "disabled"}
    if start.schema is not None:
        options["output_format"] = {"type": "json_schema", "schema": start.schema}
    return options


def harmless(text: str) -> str:
    """The text with nothing in it that a program could take for a command or a file to read.

    `verbatim_prompts` already delivers texts as they are; this holds where that would fail. A space
    goes in after the @ of `@/path`, and a text that begins with a slash gets a word before it.
    """
    text = _FILE_AFTER_AT.sub("@ ", text)
    return f"Text: {text}" if text.lstrip().startswith("/") else text


def empty_folder() -> Path:
    """A folder of this user's with nothing in it and no name of theirs in its path.

    The same one each time, because Claude Code finds a session by the folder it was held in; where
    somebody else made it, or something lies in it, a new one.
    """
    for place in _PLACES:
        folder = place / f"ai-video-claude-{_user_mark()}"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            if _is_ours_and_empty(folder):
                return folder
        except OSError:
            continue
    return Path(tempfile.mkdtemp(prefix="ai-video-claude-"))


def _user_mark() -> str:
    if sys.platform != "win32":
        return str(os.getuid())
    return hashlib.sha256(getpass.getuser().encode()).hexdigest()[:8]


def _is_ours_and_empty(folder: Path) -> bool:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or any(folder.iterdir()):
        return False
    # Windows has neither owner nor mode here; a new folder belongs to who made it.
    return sys.platform == "win32" or (
        found.st_uid == os.getuid() and not found.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    )
