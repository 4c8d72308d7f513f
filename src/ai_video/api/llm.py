"""Language models: which there are, which is active; enabling, trying and disabling them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import Field

from ai_video.api.answers import Done, OpenDocument, answered, documented, page_of
from ai_video.api.live import StudioHere
from ai_video.api.paging import DEFAULT_LIMIT, Cursor, Limit
from ai_video.api.problems import language_of
from ai_video.domain.entities import LanguageModelName
from ai_video.errors import Language
from ai_video.studio.models import enabled_models as verbs
from ai_video.studio.models.enabled_models import ModelWish
from ai_video.studio.models.model_usage import forget_answers, list_calls


def _language(request: Request, studio: StudioHere) -> Language:
    return language_of(request.headers.get("accept-language"), studio.language)


Reader = Annotated[Language, Depends(_language)]
"""The language of notice, price and what is missing."""


class EnableBody(ModelWish):
    """`accept`: notice and price were seen. The variable's name ends with API_KEY."""

    accept: bool = False
    key_env: str = Field(default="", max_length=200, pattern=r"^(([A-Z_][A-Z0-9_]*)?API_KEY)?$")

    @property
    def wish(self) -> ModelWish:
        return ModelWish(**self.model_dump(exclude={"accept"}))


class ModelPrice(OpenDocument):
    """US dollars per million tokens."""

    input: float
    output: float


class Missing(OpenDocument):
    code: str
    message: str
    hint: str


class ModelDocument(OpenDocument):
    name: LanguageModelName
    enabled: bool
    ready: bool
    model: str
    url: str
    key_env: str
    price: ModelPrice | None
    missing: Missing | None


class ActiveDocument(OpenDocument):
    name: str | None
    model: str
    reason: str
    not_ready: dict[str, str]
    error: Missing | None


class ModelList(OpenDocument):
    items: list[ModelDocument]
    next: None
    active: ActiveDocument


class ModelChanged(Done):
    item: ModelDocument


class ModelTried(Done):
    name: str
    model: str
    answer: Literal["ready"]
    wall_s: float
    requests: int
    input_tokens: int
    output_tokens: int
    cost: float | None
    currency: Literal["USD"]


class CallDocument(OpenDocument):
    """One call; `cost` in US dollars, null where the price is not known."""

    id: UUID
    at: datetime
    provider: str
    model: str
    task: str
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    currency: Literal["USD"]
    project_id: UUID | None
    storyboard_id: UUID | None


class AnswersForgotten(Done):
    forgotten: int


def llm_routes() -> APIRouter:
    router = APIRouter(prefix="/llm", tags=["language models"])

    @router.get("", responses=documented(ModelList), operation_id="list_language_models")
    async def list_(studio: StudioHere, language: Reader) -> Response:
        return answered(await verbs.list_models(studio, language=language))

    @router.get(
        "/calls", responses=documented(page_of(CallDocument)), operation_id="list_model_calls"
    )
    async def calls(
        studio: StudioHere,
        project_id: UUID | None = None,
        storyboard_id: UUID | None = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response:
        page = await list_calls(
            studio,
            project_id=project_id,
            storyboard_id=storyboard_id,
            limit=limit,
            cursor=cursor,
        )
        return answered(page)

    @router.delete(
        "/answers", responses=documented(AnswersForgotten), operation_id="forget_model_answers"
    )
    async def forget(studio: StudioHere, project_id: UUID | None = None) -> Response:
        return answered(await forget_answers(studio, project_id=project_id))

    @router.post(
        "/{name}/enable",
        responses=documented(ModelChanged, 409),
        operation_id="enable_language_model",
    )
    async def enable(
        studio: StudioHere, language: Reader, name: LanguageModelName, body: EnableBody
    ) -> Response:
        enabled = await verbs.enable_model(
            studio, name, body.wish, accepted=body.accept, language=language
        )
        return answered(enabled)

    @router.post(
        "/{name}/disable",
        responses=documented(ModelChanged, 409),
        operation_id="disable_language_model",
    )
    async def disable(studio: StudioHere, language: Reader, name: LanguageModelName) -> Response:
        return answered(await verbs.disable_model(studio, name, language=language))

    @router.post(
        "/{name}/test",
        responses=documented(ModelTried, 402, 409, 502, 503, 504),
        operation_id="test_language_model",
    )
    async def test(studio: StudioHere, name: LanguageModelName) -> Response:
        return answered(await verbs.try_model(studio, name))

    return router
