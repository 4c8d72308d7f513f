"""Conversations about a project: say something, listen to the answer, decide about proposals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from contextlib import suppress
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field

from ai_video.api.answers import OpenDocument, answered, documented
from ai_video.api.events import BATCH, LARGEST, POLL_S
from ai_video.api.live import Live, LiveHere, StudioHere
from ai_video.api.paging import DEFAULT_LIMIT, Cursor, Limit
from ai_video.domain.entities import Json
from ai_video.settings import LlmChoice
from ai_video.studio.chat import chats
from ai_video.studio.chat.proposals import reject_proposal, show_proposal
from ai_video.studio.records.events import read_events

TEXT = Field(min_length=1, max_length=20_000)


class NewConversation(BaseModel):
    model_config = ConfigDict(extra="forbid")

    project_id: UUID
    title: str = Field(default="", max_length=200)


class Said(BaseModel):
    """What the user says, and where the user stands."""

    model_config = ConfigDict(extra="forbid")

    text: str = TEXT
    llm: LlmChoice | None = Field(default=None, description="who answers this time")
    episode_id: UUID | None = Field(default=None, description="the episode looked at")


class MessageDocument(OpenDocument):
    """`tools`: calls of an answer; `usage.cost` in US dollars."""

    id: UUID
    number: int
    role: Literal["user", "assistant"]
    text: str
    tools: list[Json]
    state: Literal["running", "done", "interrupted", "failed"]
    error: Json | None
    provider: str
    model: str
    usage: Json


class ProposalDocument(OpenDocument):
    """What a model wants to change.

    `changes`: rows of {kind, id, action, fields: [{field, before, after}], name, shot, moved, words};
    `preview`: {title, stale, …}; `result`: what accepting answered.
    """

    id: UUID
    conversation_id: UUID
    message_id: UUID
    tool: str
    arguments: Json
    changes: list[Json]
    preview: Json
    state: Literal["open", "accepting", "accepted", "rejected", "outdated"]
    result: Json | None


class ConversationDocument(OpenDocument):
    id: UUID
    project_id: UUID
    title: str
    provider: str
    model: str


class ConversationPage(OpenDocument):
    items: list[ConversationDocument]
    next: str | None


class WholeConversation(ConversationDocument):
    """`answers_with`: who would answer next, {provider, model, error}."""

    running: bool
    messages: list[MessageDocument]
    proposals: list[ProposalDocument]
    answers_with: Json


class Started(OpenDocument):
    """The answer has begun; it comes as events after `seq`."""

    ok: bool
    conversation_id: UUID
    answer_id: UUID
    number: int
    provider: str
    model: str
    seq: int


def chat_routes() -> APIRouter:
    router = APIRouter(tags=["chat"])
    router.include_router(_conversations())
    router.include_router(_turns())
    router.include_router(_proposals())
    return router


def _conversations() -> APIRouter:
    router = APIRouter(prefix="/chat")

    @router.get("", responses=documented(ConversationPage))
    async def list_conversations(
        studio: StudioHere,
        project_id: UUID | None = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response:
        return answered(
            await chats.list_conversations(
                studio, project_id=project_id, limit=limit, cursor=cursor
            )
        )

    @router.post(
        "",
        status_code=201,
        responses=documented(ConversationDocument, status=201, description="Begun"),
    )
    async def start_conversation(studio: StudioHere, body: NewConversation) -> Response:
        begun = await chats.start_conversation(studio, body.project_id, title=body.title)
        return answered(begun, 201)

    @router.get("/{id}", responses=documented(WholeConversation))
    async def show_conversation(live: LiveHere, id: UUID) -> Response:
        whole = await chats.show_conversation(live.studio, id)
        next_one = await live.chats.answers_with(UUID(str(whole["project_id"])))
        return answered({**whole, "answers_with": next_one})

    @router.delete("/{id}", responses=documented(OpenDocument, 409))
    async def delete_conversation(studio: StudioHere, id: UUID) -> Response:
        return answered(await chats.delete_conversation(studio, id))

    return router


def _turns() -> APIRouter:
    router = APIRouter(prefix="/chat")

    @router.post(
        "/{id}/messages",
        status_code=202,
        responses=documented(Started, 409, status=202, description="It is being answered"),
    )
    async def say(live: LiveHere, id: UUID, body: Said) -> Response:
        started = await live.chats.say(id, body.text, llm=body.llm, episode_id=body.episode_id)
        return answered(started, 202)

    @router.post("/{id}/interrupt", responses=documented(OpenDocument))
    async def interrupt(live: LiveHere, id: UUID) -> Response:
        return answered(await live.chats.interrupt(id))

    @router.get(
        "/{id}/stream", response_class=EventSourceResponse, dependencies=[Depends(_is_there)]
    )
    async def stream(
        live: LiveHere,
        id: UUID,
        after: Annotated[int, Query(ge=0, le=LARGEST, description="`seq` of the answer")] = 0,
    ) -> AsyncIterable[ServerSentEvent]:
        """The events of one conversation, to the end of the answer that is being given."""
        async for row in _events_of(live, id, after):
            yield ServerSentEvent(data=row, id=str(row["seq"]))

    return router


async def _is_there(live: LiveHere, id: UUID) -> None:
    """Before a stream begins, while it can still be refused. Raises: NotFound."""
    await chats.is_running(live.studio, id)


async def _events_of(live: Live, id: UUID, seq: int) -> AsyncIterable[Json]:
    while not live.stopping.is_set():
        running = await chats.is_running(live.studio, id)
        rows = await read_events(live.studio, after=seq, limit=BATCH)
        for row in rows:
            seq = int(str(row["seq"]))
            if row["subject"] == str(id) and str(row["type"]).startswith("chat."):
                yield row
        if not rows:
            if not running:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(live.stopping.wait(), POLL_S)


def _proposals() -> APIRouter:
    router = APIRouter(prefix="/chat/proposals")
    decided = documented(ProposalDocument, 409)

    @router.get("/{id}", responses=documented(ProposalDocument))
    async def show(studio: StudioHere, id: UUID) -> Response:
        return answered(await show_proposal(studio, id))

    @router.post("/{id}/accept", responses=decided)
    async def accept(live: LiveHere, id: UUID) -> Response:
        return answered(await live.chats.accept(id))

    @router.post("/{id}/reject", responses=decided)
    async def reject(studio: StudioHere, id: UUID) -> Response:
        return answered(await reject_proposal(studio, id))

    return router
