"""A request as the script sees it, the same for both services."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, cast

from pydantic import JsonValue

from ai_video.domain.entities import Json
from ai_video.llm.task_line import task_named_in

Provider = Literal["anthropic", "openai"]
OUTPUT_TOOLS: Final = ("StructuredOutput", "final_result")
"""Tools that take the structured answer: Claude Code's and pydantic-ai's."""


@dataclass(frozen=True, slots=True)
class Form:
    """Where the structured answer belongs: into a tool's input, or into the text (tool None)."""

    tool: str | None = None
    schema: Json | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One request.

    Attributes:
        text: every text in it, the system's first.
        turn: messages of the assistant, plus 1.
        tools: the input schema of each tool that is offered.
        called: tools that the assistant called so far, in order.
        results: what the tools gave, as text, in order.
        pictures: how many were shown.
        prefix: the beginning that the service would cache; empty: nothing.
    """

    provider: Provider
    body: Json
    model: str
    system: str
    text: str
    turn: int
    tools: Mapping[str, Json]
    form: Form
    stream: bool
    max_tokens: int | None
    called: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    pictures: int = 0
    prefix: str = ""

    @property
    def task(self) -> str | None:
        return task_named_in(self.system)


class RequestInvalid(ValueError):
    """The service would refuse it with 400."""


@dataclass(slots=True)
class _Seen:
    """Collected while the messages are read."""

    texts: list[str] = field(default_factory=list[str])
    called: list[str] = field(default_factory=list[str])
    results: list[str] = field(default_factory=list[str])
    turns: int = 0
    pictures: int = 0


def objects(value: object) -> list[Json]:
    """The objects of a list; nothing for anything else."""
    if not isinstance(value, list):
        return []
    return [cast("Json", item) for item in cast("list[object]", value) if isinstance(item, dict)]


def _object(value: object) -> Json:
    return cast("Json", value) if isinstance(value, dict) else {}


def _texts(content: JsonValue) -> list[str]:
    if isinstance(content, str):
        return [content]
    return [str(part["text"]) for part in objects(content) if isinstance(part.get("text"), str)]


def _model_and_messages(body: Json) -> tuple[str, list[Json]]:
    model, messages = body.get("model"), objects(body.get("messages"))
    if not isinstance(model, str) or not model:
        raise RequestInvalid("model: Field required")
    if not messages:
        raise RequestInvalid("messages: at least one message is required")
    return model, messages


def _limit(value: JsonValue) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def read_anthropic(body: Json) -> Asked:
    """A request of the Messages API.

    Raises:
        RequestInvalid: a field that the service needs is missing or wrong.
    """
    model, messages = _model_and_messages(body)
    limit = _limit(body.get("max_tokens"))
    if limit is None or limit < 1:
        raise RequestInvalid("max_tokens: Field required")
    system = "\n".join(_texts(body.get("system")))
    seen = _Seen()
    for message in messages:
        if message.get("role") not in ("user", "assistant", "system"):
            raise RequestInvalid("messages: unexpected role")
        seen.turns += message["role"] == "assistant"
        _read_blocks(message.get("content"), seen)
    tools = {
        str(tool.get("name")): _object(tool.get("input_schema"))
        for tool in objects(body.get("tools"))
    }
    return Asked(
        provider="anthropic", body=body, model=model, system=system,
        text="\n".join([system, *seen.texts]), turn=seen.turns + 1, tools=tools,
        form=_anthropic_form(body, tools), stream=body.get("stream") is True, max_tokens=limit,
        called=tuple(seen.called), results=tuple(seen.results), pictures=seen.pictures,
        prefix=_marked_prefix(body),
    )  # fmt: skip


def _read_blocks(content: JsonValue, seen: _Seen) -> None:
    if isinstance(content, str):
        seen.texts.append(content)
    for block in objects(content):
        match block.get("type"):
            case "text":
                seen.texts.append(str(block.get("text")))
            case "image":
                seen.pictures += 1
            case "tool_use":
                seen.called.append(str(block.get("name")))
            case "tool_result":
                result = "\n".join(_texts(block.get("content")))
                seen.results.append(result)
                seen.texts.append(result)
            case _:
                pass


def _anthropic_form(body: Json, tools: Mapping[str, Json]) -> Form:
    config = _object(body.get("output_config"))
    wanted = _object(config.get("format") or body.get("output_format"))
    if wanted.get("type") == "json_schema":
        return Form(schema=_object(wanted.get("schema")))
    choice = _object(body.get("tool_choice"))
    forced = str(choice["name"]) if choice.get("type") == "tool" else None
    return _tool_form(tools, forced, must=choice.get("type") == "any")


def _tool_form(tools: Mapping[str, Json], forced: str | None, *, must: bool) -> Form:
    name = forced or next((tool for tool in OUTPUT_TOOLS if tool in tools), None)
    if name is None and must and tools:
        name = next(iter(tools))
    return Form(name, tools.get(name)) if name else Form()


def _marked_prefix(body: Json) -> str:
    """Tools and system texts up to the last that is marked for the cache."""
    blocks = objects(body.get("system"))
    marked = [at for at, block in enumerate(blocks) if block.get("cache_control")]
    if not marked:
        return ""
    before = [str(block.get("text")) for block in blocks[: marked[-1] + 1]]
    return json.dumps(body.get("tools"), sort_keys=True) + "".join(before)


def read_openai(body: Json) -> Asked:
    """A request for a chat completion.

    Raises:
        RequestInvalid: a field that the service needs is missing or wrong.
    """
    model, messages = _model_and_messages(body)
    systems: list[str] = []
    seen = _Seen()
    for message in messages:
        role, texts = message.get("role"), _texts(message.get("content"))
        if role not in ("system", "developer", "user", "assistant", "tool"):
            raise RequestInvalid("messages: unexpected role")
        (systems if role in ("system", "developer") else seen.texts).extend(texts)
        seen.turns += role == "assistant"
        if role == "tool":
            seen.results.append("\n".join(texts))
        seen.called += [
            str(_object(call.get("function")).get("name"))
            for call in objects(message.get("tool_calls"))
        ]
        parts = objects(message.get("content"))
        seen.pictures += sum(part.get("type") == "image_url" for part in parts)
    functions = [_object(tool.get("function")) for tool in objects(body.get("tools"))]
    tools = {str(tool.get("name")): _object(tool.get("parameters")) for tool in functions}
    system = "\n".join(systems)
    return Asked(
        provider="openai", body=body, model=model, system=system,
        text="\n".join([system, *seen.texts]), turn=seen.turns + 1, tools=tools,
        form=_openai_form(body, tools), stream=body.get("stream") is True,
        max_tokens=_limit(body.get("max_completion_tokens") or body.get("max_tokens")),
        called=tuple(seen.called), results=tuple(seen.results), pictures=seen.pictures,
        prefix=system if len(system) >= 4096 else "",
    )  # fmt: skip


def _openai_form(body: Json, tools: Mapping[str, Json]) -> Form:
    wanted = _object(body.get("response_format"))
    if wanted.get("type") == "json_schema":
        return Form(schema=_object(_object(wanted.get("json_schema")).get("schema")))
    if wanted.get("type") == "json_object":
        return Form()
    choice = body.get("tool_choice")
    forced = _object(_object(choice).get("function")).get("name")
    return _tool_form(tools, str(forced) if forced else None, must=choice == "required")
