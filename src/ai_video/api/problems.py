"""Errors as problem+json (RFC 9457) with the code, hint and fields that every door shows."""

from __future__ import annotations

import logging
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, JsonValue
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from ai_video.domain.entities import Json
from ai_video.errors import AiVideoError, InputRefused, Language, NotAvailable, UsageError

logger = logging.getLogger(__name__)

LATER_PARTS = frozenset({"lora-training"})
UPGRADE = "pip install --upgrade ai-video"
BODY_LIMIT_MB = 64


class Problem(BaseModel):
    """An error as a document; `code` is the one of the catalogue."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    hint: str
    fields: dict[str, JsonValue]


def language_of(accept_language: str | None, default: Language) -> Language:
    """The reader's language: the first of zh and en in Accept-Language, else the studio's."""
    for part in (accept_language or "").lower().split(","):
        if part.strip().startswith("zh"):
            return "zh"
        if part.strip().startswith("en"):
            return "en"
    return default


def problem_response(
    error: AiVideoError, *, path: str, language: Language, status: int | None = None
) -> Response:
    problem = Problem(
        type="about:blank",
        title=error.code.replace("_", " "),
        status=status or error.http,
        detail=error.message(language),
        instance=path,
        code=error.code,
        hint=error.hint(language),
        fields=cast("dict[str, JsonValue]", error.fields),
    )
    return Response(
        to_json(problem),
        status_code=problem.status,
        media_type="application/problem+json",
        headers={"cache-control": "no-store"},
    )


def install(app: FastAPI, default: Language) -> None:
    """Answer every error of `app` as a problem."""

    def answer(request: Request, error: AiVideoError, status: int | None = None) -> Response:
        language = language_of(request.headers.get("accept-language"), default)
        return problem_response(error, path=request.url.path, language=language, status=status)

    async def known(request: Request, exc: Exception) -> Response:
        assert isinstance(exc, AiVideoError)
        if exc.http >= 500:
            logger.error("%s", exc, exc_info=exc)
        return answer(request, exc)

    async def refused(request: Request, exc: Exception) -> Response:
        assert isinstance(exc, RequestValidationError)
        return answer(request, _invalid(exc))

    async def http(request: Request, exc: Exception) -> Response:
        assert isinstance(exc, HTTPException)
        response = answer(request, _from_http(request, exc), exc.status_code)
        response.headers.update(exc.headers or {})
        return response

    async def gone(request: Request, exc: Exception) -> Response:
        return Response(status_code=499)

    async def bug(request: Request, exc: Exception) -> Response:
        logger.error("%s %s failed", request.method, request.url.path, exc_info=exc)
        return answer(request, AiVideoError("internal", kind=type(exc).__name__))

    app.add_exception_handler(AiVideoError, known)
    app.add_exception_handler(RequestValidationError, refused)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(ClientDisconnect, gone)
    app.add_exception_handler(Exception, bug)


def say_media_type(openapi: Json) -> Json:
    """The OpenAPI document with problems under their own media type (FastAPI knows only one)."""
    for path in cast("dict[str, dict[str, Any]]", openapi["paths"]).values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if status >= "400" and "application/json" in answer.get("content", {}):
                    problem = answer["content"].pop("application/json")
                    answer["content"]["application/problem+json"] = problem
    return openapi


def _invalid(exc: RequestValidationError) -> AiVideoError:
    first = exc.errors()[0]
    place = [str(part) for part in first["loc"]]
    if first["type"] in ("json_invalid", "missing") and place[:1] == ["body"] and len(place) <= 2:
        name = place[1] if first["type"] == "missing" and len(place) == 2 else "body"
        return InputRefused("invalid_value", field=name, reason=first["msg"])
    name = ".".join(place[1:]) or place[0]
    return InputRefused("invalid_value", field=name, reason=first["msg"])


def _from_http(request: Request, exc: HTTPException) -> AiVideoError:
    path = request.url.path
    match exc.status_code:
        case 404:
            part = path.removeprefix("/api/").split("/")[0]
            if path.startswith("/api/") and part in LATER_PARTS:
                return NotAvailable(part, UPGRADE)
            return InputRefused("route_unknown", path=path)
        case 405:
            return UsageError("method_not_allowed", path=path, method=request.method)
        case 413:
            return InputRefused("body_too_large", limit_mb=BODY_LIMIT_MB)
        case _:
            return UsageError("bad_request", reason=str(exc.detail))
