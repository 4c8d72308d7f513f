"""Answers as Anthropic's Messages API sends them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final
from uuid import uuid4

from pydantic import JsonValue

from ai_video.domain.entities import Json
from ai_video.llm.fake_api.asked import Asked
from ai_video.llm.fake_api.saying import Call, Said, Spent, Words, pieces
from ai_video.llm.fake_api.script import ScriptedError

_STOPS: Final = {
    "end": "end_turn", "tool": "tool_use", "length": "max_tokens", "refusal": "refusal",
}  # fmt: skip


def error_body(error: ScriptedError) -> Json:
    return {
        "type": "error",
        "error": {"type": error.type, "message": error.message},
        "request_id": f"req_{uuid4().hex[:24]}",
    }


def models(names: tuple[str, ...]) -> Json:
    data: list[JsonValue] = [
        {
            "type": "model",
            "id": name,
            "display_name": name,
            "created_at": "2025-01-01T00:00:00Z",
        }
        for name in names
    ]
    return {
        "data": data,
        "has_more": False,
        "first_id": names[0] if names else None,
        "last_id": names[-1] if names else None,
    }


def _usage(spent: Spent, output: int) -> Json:
    return {
        "input_tokens": spent.input,
        "cache_creation_input_tokens": spent.cache_write,
        "cache_read_input_tokens": spent.cache_read,
        "output_tokens": output,
        "service_tier": "standard",
    }


def _block(said: Words | Call, *, empty: bool) -> Json:
    if isinstance(said, Words):
        return {"type": "text", "text": "" if empty else said.text}
    # Outside a stream, input is an object: what is none can only be said as text.
    return {
        "type": "tool_use",
        "id": f"toolu_{uuid4().hex[:24]}",
        "name": said.name,
        "input": {} if empty else json.loads(said.arguments),
    }


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def message(said: Said, asked: Asked) -> Json:
    """The whole answer in one."""
    blocks = [
        Words(block.arguments)
        if isinstance(block, Call) and not _is_object(block.arguments)
        else block
        for block in said.blocks
    ]
    calls = any(isinstance(block, Call) for block in blocks)
    stop = "end" if said.stop == "tool" and not calls else said.stop
    return {
        "id": f"msg_{uuid4().hex[:24]}",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": [_block(block, empty=False) for block in blocks],
        "stop_reason": _STOPS[stop],
        "stop_sequence": None,
        "usage": _usage(said.spent, said.spent.output),
    }


def events(said: Said, asked: Asked, chunks: int) -> Iterator[bytes]:
    """The answer as server-sent events; a text or an input comes in so many pieces."""
    start: Json = {
        "id": f"msg_{uuid4().hex[:24]}",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": _usage(said.spent, 1),
    }
    yield _event("message_start", message=start)
    for index, block in enumerate(said.blocks):
        yield _event("content_block_start", index=index, content_block=_block(block, empty=True))
        if index == 0:
            yield _event("ping")
        whole = block.text if isinstance(block, Words) else block.arguments
        for piece in pieces(whole, chunks):
            delta: Json = (
                {"type": "text_delta", "text": piece}
                if isinstance(block, Words)
                else {"type": "input_json_delta", "partial_json": piece}
            )
            yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)
    delta = {"stop_reason": _STOPS[said.stop], "stop_sequence": None}
    yield _event("message_delta", delta=delta, usage={"output_tokens": said.spent.output})
    yield _event("message_stop")


def _event(kind: str, **fields: JsonValue) -> bytes:
    data = json.dumps({"type": kind, **fields}, ensure_ascii=False)
    return f"event: {kind}\ndata: {data}\n\n".encode()
