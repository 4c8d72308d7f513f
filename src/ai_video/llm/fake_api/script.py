"""What the fake answers: rules tried from the first to the last, then `otherwise`.

{"rules": [{"when": {"task": "translate", "contains": "雨"}, "times": 1, "answer": {"text": "Hm."}}],
 "otherwise": {"example": true}}
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, Final, Literal, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from ai_video.domain.entities import Json
from ai_video.llm.fake_api.asked import Asked, Provider

KINDS: Final = (
    "json", "text", "tool", "raw", "error", "hang_s", "huge_characters", "refusal", "disconnect",
    "python", "example",
)  # fmt: skip


class ScriptInvalid(ValueError):
    """The script cannot be used; the text says where and why, a line for each defect."""


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class When(_Closed):
    """Which requests a rule answers; what is left out fits all.

    `contains`: stands in the texts of the request (all of them, where it is a list). `turn`: messages
    of the assistant in the request, plus 1. `has_tool`: the request offers a tool of this name.
    """

    task: str | None = None
    contains: str | list[str] | None = None
    turn: int | None = Field(default=None, ge=1)
    provider: Provider | None = None
    has_tool: str | None = None
    model: str | None = None

    def fits(self, asked: Asked) -> bool:
        words = [self.contains] if isinstance(self.contains, str) else self.contains or []
        return (
            self.task in (None, asked.task)
            and self.turn in (None, asked.turn)
            and self.provider in (None, asked.provider)
            and self.model in (None, asked.model)
            and (self.has_tool is None or self.has_tool in asked.tools)
            and all(word in asked.text for word in words)
        )


class ScriptedError(_Closed):
    """An answer that is no 200; `retry_after_s` goes into the headers that say so."""

    status: int = Field(ge=400, le=599)
    type: str = "api_error"
    message: str = "scripted"
    retry_after_s: float | None = Field(default=None, ge=0)


class ScriptedUsage(_Closed):
    """Tokens to report; what is left out is guessed from the texts, four characters a token."""

    input_tokens: int | None = Field(default=None, ge=0)
    output_tokens: int | None = Field(default=None, ge=0)
    cache_read_tokens: int | None = Field(default=None, ge=0)
    cache_write_tokens: int | None = Field(default=None, ge=0)


Function = Callable[[Asked], Any]
"""Gets the request; gives an answer (an object as in the script, or an Answer), may be async."""


def _found(given: object, info: ValidationInfo) -> object:
    if not isinstance(given, str):
        return given
    if info.context is not None and not info.context["functions"]:
        raise ValueError("a script that comes over HTTP names no functions; put it into a file")
    module, _, name = given.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"{given} is not a function, as in package.module:function") from error


class Answer(_Closed):
    """One answer: exactly one of the kinds, and how it is sent.

    json: the structured answer, in whatever way the request asks for one. text: words (with `tool`:
    said before the call). tool, input: a call of a tool. raw: not valid JSON, where the structured
    answer belongs. error: a status. hang_s: nothing for so long, then the connection is closed.
    huge_characters: text of this length, cut off at the request's token limit. refusal: declined.
    disconnect: closed before or in the middle of an answer. python: a function of the request.
    example: the smallest answer that the request's own schema allows.

    delay_s: waited before it. chunks, pause_s: a streamed answer comes in so many pieces, with so
    much time between them.
    """

    json_: Annotated[JsonValue, Field(alias="json")] = None
    text: str | None = None
    tool: str | None = None
    input: Json | None = None
    raw: str | None = None
    error: ScriptedError | None = None
    hang_s: float | None = Field(default=None, gt=0)
    huge_characters: int | None = Field(default=None, gt=0, le=100_000_000)
    refusal: str | None = None
    disconnect: Literal["before", "middle"] | None = None
    python: Annotated[Function | None, BeforeValidator(_found)] = None
    example: Literal[True] | None = None

    usage: ScriptedUsage = ScriptedUsage()
    delay_s: float = Field(default=0.0, ge=0)
    chunks: int = Field(default=4, ge=1, le=10_000)
    pause_s: float = Field(default=0.0, ge=0)

    @property
    def kind(self) -> str:
        given = {"json" if name == "json_" else name for name in self.model_fields_set}
        if "tool" in given:
            given.discard("text")
        return next(kind for kind in KINDS if kind in given)

    @model_validator(mode="after")
    def _one_kind(self) -> Answer:
        given = {"json" if name == "json_" else name for name in self.model_fields_set}
        kinds = [kind for kind in KINDS if kind in given and not (kind == "text" and self.tool)]
        if len(kinds) != 1:
            raise ValueError(f"give exactly one of {', '.join(KINDS)}; given: {kinds or 'none'}")
        if self.input is not None and self.tool is None:
            raise ValueError("input belongs to a tool")
        return self


class Rule(_Closed):
    """An answer for the requests that fit, so many times (None: always)."""

    when: When = When()
    times: int | None = Field(default=None, ge=1)
    answer: Answer


class Script(_Closed):
    """`otherwise`: for requests that no rule fits; without it they are refused (400). `models`: the
    only models that are there; None: any name is."""

    rules: tuple[Rule, ...] = ()
    otherwise: Answer | None = None
    models: tuple[str, ...] | None = None


ScriptLike = Script | dict[str, Any]


def parse_script(given: object, *, functions: bool = True) -> Script:
    """A script out of plain values.

    Args:
        functions: it may name functions of this machine. To name one is to run code, so whoever can
            only reach the port may not.

    Raises:
        ScriptInvalid: something is missing, unknown or contradictory.
    """
    try:
        return Script.model_validate(given, context={"functions": functions})
    except ValidationError as error:
        raise ScriptInvalid(_in_words(error)) from error


def parse_answer(given: object) -> Answer:
    """What a function gave, as an answer.

    Raises:
        ScriptInvalid: it is none, or a function again.
    """
    try:
        answer = given if isinstance(given, Answer) else Answer.model_validate(given)
    except ValidationError as error:
        raise ScriptInvalid(_in_words(error)) from error
    if answer.kind == "python":
        raise ScriptInvalid("a function gives an answer, not another function")
    return answer


def read_script(path: Path) -> Script:
    """The script in a file.

    Raises:
        ScriptInvalid: it cannot be read, is no JSON, or no script.
    """
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScriptInvalid(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ScriptInvalid(f"{path} is no JSON: {error}") from error
    return parse_script(given)


async def ask_function(function: Function, asked: Asked) -> Answer:
    """What a function answers.

    Raises:
        ScriptInvalid: it failed, or gave no answer.
    """
    try:
        given = function(asked)
        if isinstance(given, Awaitable):
            given = await cast("Awaitable[object]", given)
    except Exception as error:
        raise ScriptInvalid(f"the function failed: {type(error).__name__}: {error}") from error
    return parse_answer(given)


def _in_words(error: ValidationError) -> str:
    lines: list[str] = []
    for found in error.errors(include_url=False):
        where = "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}" for part in found["loc"]
        )
        said = found["msg"].removeprefix("Value error, ")
        lines.append(f"{where.removeprefix('.') or 'script'}: {said}")
    return "\n".join(lines)
