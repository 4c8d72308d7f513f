"""What a model is told of a pydantic type, and what it is told of an answer that is none.

The schema keeps to what every provider takes: `anyOf` for unions (Claude Code stops at the keyword
`discriminator`), and a size that fits a command line.
"""

from __future__ import annotations

import json
import re
from typing import Final, TypeVar, cast

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails, from_json

from ai_video.domain.entities import Json
from ai_video.errors import InputRefused

T = TypeVar("T", bound=BaseModel)
SCHEMA_LIMIT: Final = 16_000
"""Bytes; Claude Code takes the schema on its command line, which Windows limits to 32 kB."""
_REASONS: Final = 20
_SHOWN: Final = 80
# A NUL in a string: PostgreSQL keeps none, and nobody means one.
_NUL: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
_FENCE: Final = re.compile(r"^\s*```[a-zA-Z]*\n(.*?)\n?```\s*$", re.DOTALL)


class AnswerInvalid(ValueError):
    """The answer is not what was asked for; the text is written for the model."""


def answer_schema(model: type[BaseModel]) -> Json:
    """The JSON schema of an answer, as every provider takes it.

    Raises:
        InputRefused: it is larger than SCHEMA_LIMIT (`llm_schema_too_large`).
    """
    schema = cast("Json", _plain(model.model_json_schema(), within_properties=False))
    size = len(json.dumps(schema, ensure_ascii=False).encode())
    if size > SCHEMA_LIMIT:
        raise InputRefused("llm_schema_too_large", size=size, limit=SCHEMA_LIMIT)
    return schema


def _plain(value: JsonValue, *, within_properties: bool) -> JsonValue:
    """Without `discriminator` and the titles that pydantic makes up, `oneOf` as `anyOf`."""
    if isinstance(value, list):
        return [_plain(item, within_properties=False) for item in value]
    if not isinstance(value, dict):
        return value
    made: Json = {}
    for key, inner in value.items():
        if within_properties:
            made[key] = _plain(inner, within_properties=False)
        elif key in ("const", "enum", "default", "examples"):
            made[key] = inner
        elif key not in ("discriminator", "title"):
            name = "anyOf" if key == "oneOf" else key
            made[name] = _plain(inner, within_properties=key in ("properties", "$defs"))
    return made


def read_answer(text: str, schema: type[T]) -> T:
    """The answer as its type; one that a model put between code fences is taken out of them.

    Characters that no database keeps (NUL) fall away.

    Raises:
        AnswerInvalid: it is no JSON, or does not fit.
    """
    fenced = _FENCE.match(text)
    said = _NUL.sub(r"\1", fenced[1] if fenced else text)
    try:
        return schema.model_validate_json(said)
    except ValidationError as error:
        raise AnswerInvalid(reasons(error)) from error


def partial_answer(text: str) -> JsonValue:
    """The beginning of an answer as far as it has come; None where nothing can be read yet."""
    try:
        return from_json(text, allow_partial="trailing-strings")
    except ValueError:
        return None


def reasons(error: ValidationError) -> str:
    """What is wrong with an answer, a line for each defect, for the model that gave it."""
    found = error.errors(include_url=False)
    lines = [f"{_place(each['loc'])}: {_reason(each)}" for each in found[:_REASONS]]
    if len(found) > _REASONS:
        lines.append(f"and {len(found) - _REASONS} more")
    return "\n".join(lines)


def _place(parts: tuple[int | str, ...]) -> str:
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return where.removeprefix(".") or "the answer"


def _reason(found: ErrorDetails) -> str:
    context = found.get("ctx", {})
    match found["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is not a field here; leave it out"
        case "literal_error" | "enum":
            return f"must be one of {context.get('expected')}; given {_shown(found['input'])}"
        case "union_tag_invalid":
            tag, expected = context.get("tag"), context.get("expected_tags")
            return f"{context.get('discriminator')} is '{tag}', must be one of {expected}"
        case "union_tag_not_found":
            return f"{context.get('discriminator')} is missing"
        case "json_invalid":
            return f"is not valid JSON: {context.get('error')}"
        case "value_error" | "assertion_error":
            return str(context.get("error", found["msg"]))
        case _:
            said = found["msg"].removeprefix("Input ")
            return f"{said[:1].lower()}{said[1:]}; given {_shown(found['input'])}"


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
