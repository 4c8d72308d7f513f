"""Errors with a stable code, a catalogue of their words in Chinese and English, and exit codes.

The tree (a test keeps this drawing true):

    AiVideoError
    ├── UsageError              exit 2   the command line or request is malformed
    ├── InputRefused            exit 3   what was given cannot be used (also: unknown id, unreadable file)
    │   ├── NotFound                     no such thing
    │   ├── Conflict                     it changed meanwhile, or is archived or locked
    │   └── NotAvailable                 a part that is not installed or not enabled
    ├── Unfinished              exit 4   a person is needed
    ├── ServiceFailed           exit 5   an outside service failed
    ├── CheckFailed             exit 6   a check said no
    └── TaskFailed              exit 1   a task's work failed; carries one of the four error classes
        ├── TransientFailure             back off and try again
        ├── ResourceFailure              wait for room, then try again
        ├── ConfigurationFailure         a person must fix something
        └── SystemFailure                restart or replace the server, then try again

Every code lives in one of `error_codes/*.toml` (one file per package, merged here) with its HTTP
status, a message and a hint in both languages. Raise `InputRefused("text_too_long", limit=60_000)`:
the keyword values fill the message's placeholders and travel as `fields`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import ClassVar, Literal

Language = Literal["zh", "en"]
FieldValue = str | int | float | bool | None | list[str]


@dataclass(frozen=True, slots=True)
class ErrorText:
    """What the catalogue says of one code."""

    code: str
    http: int
    zh: str
    en: str
    hint_zh: str
    hint_en: str

    def message(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en

    def hint(self, language: Language) -> str:
        return self.hint_zh if language == "zh" else self.hint_en


@cache
def catalogue() -> dict[str, ErrorText]:
    """Every error code with its words, merged from `error_codes/*.toml`.

    Raises:
        ValueError: two files define one code.
    """
    merged: dict[str, ErrorText] = {}
    for file in sorted(
        resources.files("ai_video.error_codes").iterdir(), key=lambda entry: entry.name
    ):
        if not file.name.endswith(".toml"):
            continue
        for code, entry in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if code in merged:
                raise ValueError(f"error code {code} is defined twice ({file.name})")
            merged[code] = ErrorText(
                code=code,
                http=entry["http"],
                zh=entry["zh"],
                en=entry["en"],
                hint_zh=entry["hint_zh"],
                hint_en=entry["hint_en"],
            )
    return merged


class _Given(dict[str, FieldValue]):
    """Placeholder values; one that was not given shows as its own name, a list as its parts."""

    def __getitem__(self, key: str) -> FieldValue:
        value = super().__getitem__(key)
        return ", ".join(str(part) for part in value) if isinstance(value, list) else value

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


class AiVideoError(Exception):
    """Root of all errors a caller may see."""

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, /, **fields: FieldValue) -> None:
        self.code = code
        self.fields = fields
        super().__init__(code, fields)

    @property
    def text(self) -> ErrorText:
        return catalogue()[self.code]

    @property
    def http(self) -> int:
        return self.text.http

    def message(self, language: Language = "en") -> str:
        return self.text.message(language).format_map(_Given(self.fields))

    def hint(self, language: Language = "en") -> str:
        return self.text.hint(language).format_map(_Given(self.fields))

    def __str__(self) -> str:
        return f"{self.message()} ({self.code})"


class UsageError(AiVideoError):
    exit_code = 2


class InputRefused(AiVideoError):
    exit_code = 3


class NotFound(InputRefused):
    def __init__(self, what: str, given: str) -> None:
        super().__init__("not_found", what=what, given=given)


class Conflict(InputRefused):
    pass


class NotAvailable(InputRefused):
    def __init__(self, part: str, command: str) -> None:
        super().__init__("not_available", part=part, command=command)


class Unfinished(AiVideoError):
    exit_code = 4


class ServiceFailed(AiVideoError):
    exit_code = 5


class CheckFailed(AiVideoError):
    exit_code = 6


ErrorClass = Literal["transient", "resource", "configuration", "system"]


class TaskFailed(AiVideoError):
    """A task's work failed; `error_class` decides what the scheduler does next."""

    error_class: ClassVar[ErrorClass] = "system"


class TransientFailure(TaskFailed):
    error_class = "transient"


class ResourceFailure(TaskFailed):
    error_class = "resource"


class ConfigurationFailure(TaskFailed):
    error_class = "configuration"


class SystemFailure(TaskFailed):
    error_class = "system"
