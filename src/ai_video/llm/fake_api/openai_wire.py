"""Answers as OpenAI's chat completions, and the many endpoints like it, send them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Final, cast
from uuid import uuid4

from pydantic import JsonValue

from ai_video.domain.entities import Json
from ai_video.llm.fake_api.asked import Asked
from ai_video.llm.fake_api.saying import Call, Said, Spent, Words, pieces
from ai_video.llm.fake_api.script import ScriptedError

_STOPS: Final = {"end": "stop", "tool": "tool_calls", "length": "length", "refusal": "stop"}


def error_body(error: ScriptedError) -> Json:
    return {
        "error": {"message": error.message, "type": error.type, "param": None, "code": error.type}
    }


def models(names: tuple[str, ...]) -> Json:
    data: list[JsonValue] = [
        {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "scripted"}
        for name in names
    ]
    return {"object": "list", "data": data}


def _usage(spent: Spent) -> Json:
    sent = spent.input + spent.cache_read + spent.cache_write
    return {
        "prompt_tokens": sent,
        "completion_tokens": spent.output,
        "total_tokens": sent + spent.output,
        "prompt_tokens_details": {"cached_tokens": spent.cache_read},
    }


def _call(call: Call) -> Json:
    return {
        "id": f"call_{uuid4().hex[:24]}",
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }


def _head(asked: Asked, kind: str) -> Json:
    return {
        "id": f"chatcmpl-{uuid4().hex[:24]}",
        "object": kind,
        "created": int(time.time()),
        "model": asked.model,
    }


def completion(said: Said, asked: Asked) -> Json:
    """The whole answer in one."""
    text = "".join(block.text for block in said.blocks if isinstance(block, Words))
    refused = said.stop == "refusal"
    answer: Json = {
        "role": "assistant",
        "content": None if refused or not text else text,
        "refusal": text if refused else None,
    }
    if calls := [_call(block) for block in said.blocks if isinstance(block, Call)]:
        answer["tool_calls"] = cast("list[JsonValue]", calls)
    choice: Json = {
        "index": 0,
        "message": answer,
        "logprobs": None,
        "finish_reason": _STOPS[said.stop],
    }
    head = _head(asked, "chat.completion")
    return {**head, "choices": [choice], "usage": _usage(said.spent)}


def events(said: Said, asked: Asked, chunks: int) -> Iterator[bytes]:
    """The answer as server-sent events; a text or arguments come in so many pieces."""
    head = _head(asked, "chat.completion.chunk")
    yield _chunk(head, {"role": "assistant", "content": ""})
    calls = 0
    for block in said.blocks:
        if isinstance(block, Words):
            where = "refusal" if said.stop == "refusal" else "content"
            for piece in pieces(block.text, chunks):
                yield _chunk(head, {where: piece})
            continue
        begun = _call(Call(block.name, ""))
        yield _chunk(head, {"tool_calls": [{"index": calls, **begun}]})
        for piece in pieces(block.arguments, chunks):
            part: Json = {"index": calls, "function": {"arguments": piece}}
            yield _chunk(head, {"tool_calls": [part]})
        calls += 1
    yield _chunk(head, {}, finish=_STOPS[said.stop])
    options = asked.body.get("stream_options")
    if isinstance(options, dict) and options.get("include_usage"):
        yield _data({**head, "choices": [], "usage": _usage(said.spent)})
    yield b"data: [DONE]\n\n"


def _chunk(head: Json, delta: Json, finish: str | None = None) -> bytes:
    choice: Json = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return _data({**head, "choices": [choice]})


def _data(value: Json) -> bytes:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()
