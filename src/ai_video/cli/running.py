"""How a command runs: the studio is opened, one verb answers, its document is printed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import unicodedata
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from uuid import UUID

import click
from pydantic import BaseModel
from pydantic_core import to_json, to_jsonable_python

from ai_video.cli.caller import Caller, caller_of
from ai_video.domain.entities import Json
from ai_video.domain.ids import read_id
from ai_video.errors import AiVideoError, Language, NotFound

if TYPE_CHECKING:
    from ai_video.studio.studio import Studio

T = TypeVar("T")
Work = Callable[["Studio"], Awaitable[object]]
Words = Callable[[Json, Language], str]
"""How a document reads for a person."""
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_HARMLESS: Final = frozenset("\n\t\u00ad\u200b\u200c\u200d\u2060\ufeff")


def answer(work: Work, words: Words, *, not_ok: int = 4, **flags: object) -> None:
    """Run `work` on the studio and print what it answers.

    Exit code: 0, or `not_ok` when the document says `"ok": false`. `flags` are settings that this
    command line said.
    """
    from ai_video.bootstrap import open_studio  # seconds of imports that --help does not need

    ctx = click.get_current_context()
    caller = caller_of(ctx)
    settings = caller.settings(**flags)

    async def opened() -> tuple[Json, Language]:
        async with open_studio(settings) as studio:
            return document(await work(studio)), studio.language

    answered, language = until_done(opened())
    show(answered, words, language=language, caller=caller)
    if answered.get("ok") is False:
        ctx.exit(not_ok)


def until_done(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; SIGTERM stops it as cleanly as Ctrl-C does (KeyboardInterrupt)."""
    previous = signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        return asyncio.run(work)
    finally:
        signal.signal(signal.SIGTERM, previous)


def _as_interrupt(number: int, frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGINT)


def document(value: object) -> Json:
    """A verb's answer as the JSON object that is printed; None reads as done, a list as items."""
    if value is None:
        return {"ok": True}
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    if isinstance(plain, Sequence) and not isinstance(plain, str):
        plain = {"items": list(cast("Sequence[object]", plain)), "next": None}
    return cast("Json", to_jsonable_python(plain))


def show(answered: Json, words: Words, *, language: Language, caller: Caller) -> None:
    """Print a document: as JSON, or in words."""
    if caller.json:
        print_text(to_json(answered, indent=2, inf_nan_mode="null").decode())
    else:
        print_text(visible(words(answered, language)))


def error_words(error: AiVideoError, language: Language) -> str:
    """An error as it is told on a terminal: what failed, and what to do next."""
    label = "错误" if language == "zh" else "Error"
    return visible(f"{label}: {error.message(language)}\n{error.hint(language)}\n")


def visible(text: str) -> str:
    """Words as a terminal may show them: what would command it, or turn their order, is replaced.

    Texts of projects and of models are anybody's: an escape in them could set titles, fill the
    clipboard, or hide words of a change that is to be accepted.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        char if char in _HARMLESS or unicodedata.category(char) not in _HIDDEN else "\ufffd"
        for char in text
    )


def print_text(text: str) -> None:
    """One text on stdout, flushed; a reader that went away is no error."""
    try:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  for good


class Progress:
    """Progress on stderr: one living line on a terminal, else a line per tenth done."""

    def __init__(self) -> None:
        self.living = sys.stderr.isatty()
        self.last = ("", -1)

    def __call__(self, message: str, fraction: float) -> None:
        if self.living:
            sys.stderr.write(f"\r\x1b[K{fraction:4.0%} {message}")
        elif (message, int(fraction * 10)) != self.last:
            sys.stderr.write(f"{fraction:4.0%} {message}\n")
        self.last = (message, int(fraction * 10))
        sys.stderr.flush()

    def end(self) -> None:
        if self.living and self.last[0]:
            sys.stderr.write("\r\x1b[K")


def record_id(text: str, what: str) -> UUID:
    """The id a caller gave.

    Raises:
        NotFound: it is no id at all, so nothing has it.
    """
    id = read_id(text)
    if id is None:
        raise NotFound(what, text)
    return id
