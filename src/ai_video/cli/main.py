"""`ai-video`: the root command, and the one place where errors become exit codes."""

from __future__ import annotations

import importlib
import io
import os
import sys
import traceback
from collections.abc import Sequence

import click
from pydantic_core import to_json

from ai_video import __version__
from ai_video.cli.caller import Caller, DoorGroup, language_of
from ai_video.cli.later import LATER_PARTS, later_command
from ai_video.cli.running import error_words, print_text
from ai_video.errors import AiVideoError, InputRefused, Language, UsageError

INTERRUPTED = 130
COMMANDS: dict[str, tuple[str, str]] = {
    "make": ("films", "Make a film of a text."),
    "render": ("films", "Bring an episode's film up to date."),
    "write": ("drafts", "A language model writes a story from an idea."),
    "projects": ("records", "Projects: copy, archive, restore, progress."),
    "episodes": ("records", "Episodes: publish, undo, redo."),
    "drafts": ("records", "Stories written from an idea: script, accept."),
    "scripts": ("records", "Scripts and their versions."),
    "storyboards": ("records", "Shots: plan, insert, split, merge, move."),
    "lines": ("records", "Spoken lines: import-translation, translate."),
    "characters": ("records", "Characters."),
    "scenes": ("records", "Scenes."),
    "world-settings": ("records", "World settings."),
    "assets": ("records", "Files: add, save."),
    "takes": ("takes", "Candidate pictures, clips and voices."),
    "voices": ("takes", "Voices and samples of them."),
    "loras": ("loras", "LoRA files: add, find, check, preview."),
    "workflows": ("workflows", "ComfyUI workflows: import, roles, check, run."),
    "translate": ("translate", "A described shot becomes a ComfyUI graph."),
    "consistency": ("translate", "Levels of consistency, methods and limits."),
    "servers": ("servers", "ComfyUI servers: add, list, check, remove."),
    "videos": ("takes", "Finished films, every version."),
    "tasks": ("tasks", "Tasks and their attempts."),
    "dags": ("tasks", "Runs: task graphs of films, and your own."),
    "llm": ("llm", "Language models: list, enable, try; what they cost."),
    "doctor": ("machine", "Check this machine and this data folder."),
    "settings": ("machine", "Settings in force."),
    "chat": ("chat", "Talk about a project; changes wait for you to accept them."),
    "mcp": ("tools", "Serve the tools to Claude and other programs."),
    "studio": ("studio", "Serve the studio page and the API."),
    "worker": ("worker", "Run tasks of a studio that uses a queue."),
}
"""Command → its module here, and what it is for. A module is imported when its command runs."""


class RootGroup(DoorGroup):
    """The root command; it knows its commands without importing what they need."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in LATER_PARTS:
            return later_command(cmd_name)
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"ai_video.cli.{COMMANDS[cmd_name][0]}")
        if module.__name__.endswith(".records"):
            return module.record_group(cmd_name)
        return getattr(module, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])


@click.group(cls=RootGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ai-video")
def root() -> None:
    """A text becomes a finished film. 把文字变成成片。"""


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command line and exit with its code."""
    start_in_utf8()
    speak_utf8()
    sys.exit(run(sys.argv[1:] if argv is None else argv))


def start_in_utf8() -> None:
    """Start again in Python's UTF-8 mode where the locale cannot hold every name (LC_ALL=C)."""
    if sys.getfilesystemencoding().lower() in ("utf-8", "utf8") or sys.flags.utf8_mode:
        return
    arguments = [sys.executable, "-X", "utf8", "-m", "ai_video", *sys.argv[1:]]
    os.execv(sys.executable, [os.fsencode(argument) for argument in arguments])


def speak_utf8() -> None:
    """UTF-8 on every locale; what cannot be encoded is written as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def run(argv: Sequence[str]) -> int:
    """Run one command line; returns its exit code."""
    caller = Caller(json=_asks_for_json(argv))
    try:
        code = root.main(list(argv), prog_name="ai-video", standalone_mode=False, obj=caller)
    except click.exceptions.NoArgsIsHelpError as exc:
        return _fail(UsageError("usage", reason="a command is missing"), caller, help=exc.message)
    except click.ClickException as exc:
        return _fail(UsageError("usage", reason=exc.format_message()), caller)
    except AiVideoError as exc:
        return _fail(exc, caller)
    except (KeyboardInterrupt, click.Abort):
        return _fail(InputRefused("interrupted"), caller, code=INTERRUPTED)
    except BrokenPipeError:
        return 0
    except Exception as exc:  # noqa: BLE001  the last place: our bug becomes exit code 1
        return _fail(AiVideoError("internal", kind=type(exc).__name__), caller)
    return code if isinstance(code, int) else 0


def _asks_for_json(argv: Sequence[str]) -> bool:
    """Is `--json` among the options? Known before parsing, so that a usage error obeys it too."""
    options = argv[: argv.index("--")] if "--" in argv else argv
    return "--json" in options


def _fail(
    error: AiVideoError, caller: Caller, *, code: int | None = None, help: str | None = None
) -> int:
    if caller.debug:
        traceback.print_exc()
    language = language_of(caller)
    if caller.json:
        print_text(to_json(error_document(error, language), indent=2).decode())
    elif help:
        sys.stderr.write(help + "\n")
    else:
        sys.stderr.write(error_words(error, language))
    return error.exit_code if code is None else code


def error_document(error: AiVideoError, language: Language) -> dict[str, object]:
    """The JSON document of an error."""
    return {
        "ok": False,
        "error": {
            "code": error.code,
            "message": error.message(language),
            "hint": error.hint(language),
            "fields": error.fields,
        },
    }
