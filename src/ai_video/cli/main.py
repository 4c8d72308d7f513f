"""`ai-video`: the root command, and the one place where errors become exit codes."""

from __future__ import annotations

import io
import sys
import traceback
from collections.abc import Sequence

import click
from pydantic_core import to_json

from ai_video import __version__
from ai_video.cli.caller import Caller, DoorGroup, language_of
from ai_video.cli.films import make, render
from ai_video.cli.later import later_commands
from ai_video.cli.machine import doctor, settings
from ai_video.cli.records import record_groups
from ai_video.cli.running import print_text
from ai_video.cli.studio import studio
from ai_video.cli.takes import takes, videos, voices
from ai_video.cli.tasks import dags, tasks
from ai_video.errors import AiVideoError, InputRefused, Language, UsageError

INTERRUPTED = 130


@click.group(cls=DoorGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ai-video")
def root() -> None:
    """A text becomes a finished film. 把文字变成成片。"""


for command in (
    make, render, *record_groups(), takes, voices, videos, tasks, dags, doctor, settings, studio,
    *later_commands(),
):  # fmt: skip
    root.add_command(command)


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command line and exit with its code."""
    speak_utf8()
    sys.exit(run(sys.argv[1:] if argv is None else argv))


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
        label = "错误" if language == "zh" else "Error"
        sys.stderr.write(f"{label}: {error.message(language)}\n{error.hint(language)}\n")
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
