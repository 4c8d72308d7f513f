"""The routes of both services, and the fake's own below /_fake."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Final, cast

from pydantic import JsonValue
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from ai_video.domain.entities import Json
from ai_video.llm.fake_api import anthropic_wire, openai_wire
from ai_video.llm.fake_api.asked import Asked, RequestInvalid, read_anthropic, read_openai
from ai_video.llm.fake_api.request_log import Entry, RequestLog
from ai_video.llm.fake_api.saying import Player, Said, resolved, spoken, tokens
from ai_video.llm.fake_api.script import Answer, ScriptedError, ScriptInvalid, parse_script

_TICK_S: Final = 0.02
_SHOWN: Final = ("scripted",)
_NO_KEY: Final = ScriptedError(
    status=401, type="authentication_error", message="x-api-key header is required"
)


class Routes:
    """Answers requests from one script."""

    def __init__(
        self,
        player: Player,
        log: RequestLog,
        *,
        is_closing: Callable[[], bool],
        cut: Callable[[Scope], None],
    ) -> None:
        self.player = player
        self._log = log
        self._is_closing = is_closing
        self._cut = cut

    def all(self) -> list[BaseRoute]:
        return [
            Route("/_fake/log", self._fake_log, methods=["GET"]),
            Route("/_fake/script", self._fake_script, methods=["POST"]),
            Route("/v1/messages", self._messages, methods=["POST"]),
            Route("/v1/messages/count_tokens", self._count_tokens, methods=["POST"]),
            Route("/v1/chat/completions", self._completions, methods=["POST"]),
            Route("/v1/models", self._models, methods=["GET"]),
            Route("/v1/models/{name:path}", self._one_model, methods=["GET"]),
            Route("/{path:path}", self._nothing),
        ]

    async def _fake_log(self, request: Request) -> Response:
        return JSONResponse({"items": self._log.items})

    async def _fake_script(self, request: Request) -> Response:
        """Another script from now on; the log stays."""
        try:
            said = json.loads(await request.body())
            self.player = Player(parse_script(said, functions=False))
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"ok": True})

    async def _nothing(self, request: Request) -> Response:
        entry = self._log.begin(request, (await request.body()).decode(errors="replace") or None)
        error = ScriptedError(status=404, type="not_found_error", message="Not found")
        return _refused(error, entry, anthropic_wire.error_body)

    async def _models(self, request: Request) -> Response:
        entry = self._log.begin(request, None)
        entry["valid"], entry["status"] = True, 200
        return JSONResponse(_service(request).models(self.player.script.models or _SHOWN))

    async def _one_model(self, request: Request) -> Response:
        entry = self._log.begin(request, None)
        name, service = request.path_params["name"], _service(request)
        if not self.player.knows(name):
            return _refused(_no_model(name), entry, service.error_body)
        entry["valid"], entry["status"] = True, 200
        listed = cast("list[Json]", service.models((name,))["data"])
        return JSONResponse(listed[0])

    async def _count_tokens(self, request: Request) -> Response:
        body = await _body(request)
        entry = self._log.begin(request, body)
        if not isinstance(body, dict):
            return _refused(_invalid("a JSON object"), entry, anthropic_wire.error_body)
        entry["valid"], entry["status"] = True, 200
        return JSONResponse({"input_tokens": tokens(json.dumps(body, ensure_ascii=False))})

    async def _messages(self, request: Request) -> Response:
        body = await _body(request)
        entry = self._log.begin(request, body)
        if entry["credentials"] is None:
            return _refused(_NO_KEY, entry, anthropic_wire.error_body)
        return await self._answer(request, entry, body, _ANTHROPIC)

    async def _completions(self, request: Request) -> Response:
        body = await _body(request)
        return await self._answer(request, self._log.begin(request, body), body, _OPENAI)

    async def _answer(
        self, request: Request, entry: Entry, body: JsonValue, service: _Service
    ) -> Response:
        """What the script says to one request, on this service's wire."""
        try:
            if not isinstance(body, dict):
                raise RequestInvalid("the body must be a JSON object")
            asked = service.read(body)
        except RequestInvalid as error:
            return _refused(_invalid(str(error)), entry, service.error_body)
        entry["task"] = asked.task
        if not self.player.knows(asked.model):
            return _refused(_no_model(asked.model), entry, service.error_body)
        entry["valid"] = True
        entry["rule"], found = self.player.choose(asked)
        if found is None:
            return _refused(_no_answer(asked), entry, service.error_body)
        try:
            answer = await resolved(found, asked)
        except ScriptInvalid as error:
            return _refused(_invalid(f"script: {error}"), entry, service.error_body)
        silent_s = answer.hang_s or answer.delay_s
        if silent_s and not await self._stays(request, silent_s):
            entry["left"] = True
            return Response(status_code=499)
        if answer.error:
            return _refused(answer.error, entry, service.error_body)
        if answer.hang_s or answer.disconnect == "before":
            self._cut(request.scope)
            return Response(status_code=499)
        return self._said(request, entry, answer, asked, service)

    def _said(
        self, request: Request, entry: Entry, answer: Answer, asked: Asked, service: _Service
    ) -> Response:
        blocks, stop = spoken(answer, asked)
        said = Said(blocks, stop, self.player.spent(answer, asked, blocks))
        half = answer.disconnect == "middle"
        entry["status"] = 200
        if not asked.stream:
            response = JSONResponse(service.whole(said, asked))
            return _Half(response, self._cut) if half else response
        events = list(service.events(said, asked, answer.chunks))
        events = events[: len(events) // 2] if half else events
        return StreamingResponse(
            self._streamed(request, entry, events, pause_s=answer.pause_s, cut=half),
            media_type="text/event-stream",
            headers={"cache-control": "no-cache"},
        )

    async def _streamed(
        self, request: Request, entry: Entry, events: list[bytes], *, pause_s: float, cut: bool
    ) -> AsyncIterator[bytes]:
        for at, event in enumerate(events):
            if at and pause_s and not await self._stays(request, pause_s):
                entry["left"] = True
                return
            yield event
        if cut:
            # What was sent so far leaves first; a connection that is aborted loses what waits.
            await asyncio.sleep(_TICK_S)
            self._cut(request.scope)

    async def _stays(self, request: Request, wait_s: float) -> bool:
        """Wait; False as soon as the client is gone or the fake itself ends."""
        until = time.monotonic() + wait_s
        while (left := until - time.monotonic()) > 0:
            if self._is_closing() or await request.is_disconnected():
                return False
            await asyncio.sleep(min(_TICK_S, left))
        return True


class _Service:
    """How one of the two services reads and writes."""

    def __init__(
        self,
        read: Callable[[Json], Asked],
        whole: Callable[[Said, Asked], Json],
        events: Callable[[Said, Asked, int], Iterator[bytes]],
        error_body: Callable[[ScriptedError], Json],
        models: Callable[[tuple[str, ...]], Json],
    ) -> None:
        self.read = read
        self.whole = whole
        self.events = events
        self.error_body = error_body
        self.models = models


_ANTHROPIC: Final = _Service(
    read_anthropic, anthropic_wire.message, anthropic_wire.events, anthropic_wire.error_body,
    anthropic_wire.models,
)  # fmt: skip
_OPENAI: Final = _Service(
    read_openai, openai_wire.completion, openai_wire.events, openai_wire.error_body,
    openai_wire.models,
)  # fmt: skip


class _Half(Response):
    """Half of an answer, and then the connection is gone."""

    def __init__(self, whole: Response, cut: Callable[[Scope], None]) -> None:
        super().__init__(whole.body, headers=dict(whole.headers))
        self._cut = cut

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        self._cut(scope)


def _service(request: Request) -> _Service:
    """Whose client asks: both services have the same path for their models."""
    return _ANTHROPIC if "anthropic-version" in request.headers else _OPENAI


async def _body(request: Request) -> JsonValue:
    """What was sent, as JSON; as text where it is none."""
    try:
        raw = await request.body()
    except ClientDisconnect:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")


def _refused(
    error: ScriptedError, entry: Entry, error_body: Callable[[ScriptedError], Json]
) -> Response:
    entry["status"] = error.status
    if entry["valid"] is None:
        entry["valid"] = False
    headers: dict[str, str] = {}
    if (wait := error.retry_after_s) is not None:
        headers = {"retry-after": f"{math.ceil(wait)}", "retry-after-ms": f"{wait * 1000:.0f}"}
    return JSONResponse(error_body(error), error.status, headers=headers)


def _invalid(message: str) -> ScriptedError:
    return ScriptedError(status=400, type="invalid_request_error", message=message)


def _no_model(name: str) -> ScriptedError:
    return ScriptedError(status=404, type="not_found_error", message=f"model: {name}")


def _no_answer(asked: Asked) -> ScriptedError:
    return _invalid(
        f"the script has no answer for this request (task {asked.task}, turn {asked.turn}, "
        f"provider {asked.provider})"
    )
