"""What one tool is: its words, the models of its input and answer, and the verb behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from pydantic_core import to_jsonable_python

from ai_video.domain.entities import Json
from ai_video.errors import InputRefused, Language

if TYPE_CHECKING:
    from ai_video.studio.planning.film_runs import FilmRuns
    from ai_video.studio.studio import Studio

T = TypeVar("T", bound=BaseModel)
Effect = Literal["reads", "adds", "changes"]
Call = Callable[[Json], Awaitable[Json]]
"""A tool that is ready to be called: arguments in, document out."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What tools work with."""

    studio: Studio
    films: FilmRuns


class Arguments(BaseModel):
    """Arguments of a tool; what it does not know is refused, so that a slip is noticed."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Words:
    """What people and models read, in both languages."""

    title_zh: str
    title_en: str
    zh: str
    en: str

    def title(self, language: Language) -> str:
        return self.title_zh if language == "zh" else self.title_en

    def text(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool.

    Attributes:
        takes: model of its arguments. gives: model of its answer.
        effect: reads, adds something new, or changes what is there.
        core: shown to a model from the start, not only when it searches for tools.
        large: its answer may be long and must not be cut.
        refusal: makes an answer of `gives` for arguments that were refused, where the form has one.
        rehearsable: all it does is one transaction of the database, so that a conversation can show
            what it would change; one that changes and is not must be safe to do twice.
        reads_if: with these arguments it only reads.
    """

    name: str
    words: Words
    takes: type[BaseModel]
    gives: type[BaseModel]
    run: Callable[[Desk, Json], Awaitable[Json]]
    effect: Effect = "reads"
    core: bool = False
    large: bool = False
    refusal: Callable[[Json, InputRefused, Language], Json] | None = None
    rehearsable: bool = False
    reads_if: Callable[[Json], bool] | None = None

    def reads(self, arguments: Json) -> bool:
        """Does a call with these arguments leave everything as it is?"""
        if self.effect == "reads":
            return True
        return self.reads_if is not None and self.reads_if(arguments)

    def at(self, desk: Desk) -> Call:
        return lambda arguments: self.run(desk, arguments)


def tool(
    takes: type[T],
    gives: type[BaseModel],
    words: Words,
    *,
    effect: Effect = "reads",
    core: bool = False,
    large: bool = False,
    rehearsable: bool = False,
    reads_if: Callable[[Json], bool] | None = None,
) -> Callable[[Callable[[Desk, T], Awaitable[object]]], Tool]:
    """Makes a tool of a function; its name is the function's."""

    def made(work: Callable[[Desk, T], Awaitable[object]]) -> Tool:
        async def run(desk: Desk, arguments: Json) -> Json:
            return document(await work(desk, read(takes, arguments)))

        return Tool(
            name=work.__name__,
            words=words,
            takes=takes,
            gives=gives,
            run=run,
            effect=effect,
            core=core,
            large=large,
            rehearsable=rehearsable,
            reads_if=reads_if,
        )

    return made


def read(takes: type[T], arguments: Json) -> T:
    """Arguments as their model.

    Raises:
        InputRefused: `invalid_value`, naming the argument and what is wrong with it.
    """
    try:
        return takes.model_validate(arguments)
    except ValidationError as exc:
        first = exc.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "(arguments)"
        raise InputRefused("invalid_value", field=field, reason=first["msg"]) from exc


def document(value: object) -> Json:
    """A verb's answer as a JSON object; None reads as done."""
    if value is None:
        return {"ok": True}
    plain: JsonValue = to_jsonable_python(value, inf_nan_mode="null")
    assert isinstance(plain, dict)
    return plain
