"""What routes answer and what their bodies are."""

# No `from __future__ import annotations` here: a body's model is an annotation made at run time.

from typing import Any

from fastapi import Depends
from fastapi.responses import Response
from pydantic import BaseModel
from pydantic_core import to_json

from ai_video.api.problems import Problem
from ai_video.domain.entities import Json
from ai_video.studio.records.document_models import (
    OpenDocument,
    dotted,
    edit_of,
    page_of,
    shown,
    written,
)

__all__ = [
    "Answer",
    "Done",
    "OpenDocument",
    "Responses",
    "answered",
    "body_of",
    "documented",
    "dotted",
    "edit_of",
    "page_of",
    "shown",
    "written",
]

Responses = dict[int | str, dict[str, Any]]


class Answer(Response):
    """JSON that cannot fail: numbers that JSON lacks become null."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return to_json(content, inf_nan_mode="null")


def answered(value: object, status: int = 200) -> Answer:
    """A verb's document as a response; None reads as done."""
    return Answer({"ok": True} if value is None else value, status_code=status)


class Done(OpenDocument):
    ok: bool


def body_of(model: type[BaseModel]) -> Any:
    """A dependency that reads the body as `model` and gives what was said, nothing more."""

    async def read(body: BaseModel) -> Json:
        return body.model_dump(mode="json", exclude_unset=True)

    read.__annotations__["body"] = model
    return Depends(read)


EVERYWHERE = (400, 403, 404, 422)
_PROBLEMS = {
    400: "The request cannot be understood",
    401: "A token is needed",
    402: "The call may not cost that much",
    403: "Host or Origin refused",
    404: "No such thing",
    409: "It changed meanwhile, or is archived or locked",
    413: "Too large",
    422: "A value cannot be used",
    502: "An outside service failed",
    503: "An outside service takes no more for now",
    504: "An outside service did not answer in time",
}


def documented(
    model: Any, *problems: int, status: int = 200, description: str = "Done"
) -> Responses:
    """What a route answers, for OpenAPI: its document, and its problems."""
    rows: Responses = {status: {"model": model, "description": description}}
    for number in sorted({*problems, *EVERYWHERE}):
        rows[number] = {"model": Problem, "description": _PROBLEMS[number]}
    return rows
