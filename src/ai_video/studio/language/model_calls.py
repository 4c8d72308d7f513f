"""Calls of language models: remembered, within the caps, each with its row of cost and its event."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import to_json

from ai_video.domain.entities import Json
from ai_video.domain.language_models import (
    ChatEvent,
    ChatModel,
    ChatTurn,
    ModelFailed,
    ModelRequest,
    OnPartial,
    Reply,
    StructuredLLM,
    TurnEnded,
    Usage,
)
from ai_video.errors import AiVideoError
from ai_video.storage import costs, model_answers
from ai_video.storage.database import Database, Unit
from ai_video.studio.language.spending import Spending

log = logging.getLogger(__name__)

T = TypeVar("T", bound=BaseModel)
Priced = Callable[[Usage], Usage]
"""A call's usage with its cost as it is reckoned here."""

INTERRUPTED: Final = "interrupted"
Locks = WeakValueDictionary[str, asyncio.Lock]


@dataclass(frozen=True, slots=True)
class CallBook:
    """Where calls for a project (and a shot of it) are written down, and what they may cost."""

    database: Database
    spending: Spending
    project_id: UUID | None = None
    storyboard_id: UUID | None = None

    async def budget(self, asked: float | None) -> float | None:
        """US dollars that the next call may cost: what is asked, at most what is left.

        Calls that run side by side are each given what is left, so together they may pass a cap by
        what they cost.

        Raises:
            InputRefused: a cap is reached: `cost_cap_project`, `cost_cap_day`.
        """
        left = await self.spending.left(self.project_id)
        known = [amount for amount in (asked, left) if amount is not None]
        return min(known, default=None)


@dataclass(slots=True)
class _Call:
    """One call that is under way; `usage` stays None where it never told what it took."""

    book: CallBook
    provider: str
    model: str
    task: str
    started: float = field(default_factory=time.monotonic)
    usage: Usage | None = None
    error: str | None = INTERRUPTED
    sent: bool = True
    digest: str = ""
    answer: Json | None = None

    def answered(self, usage: Usage, model: str) -> None:
        self.usage, self.model, self.error = usage, model, None

    @asynccontextmanager
    async def written(self, priced: Priced) -> AsyncGenerator[None]:
        """While it runs; however it ends, its answer, row of cost and event are then written, in one
        transaction. Nothing is, where it was refused before anything was sent."""
        try:
            yield
        except ModelFailed as failure:
            self.usage, self.error = priced(failure.usage), failure.code
            raise
        except AiVideoError:
            self.sent = False
            raise
        finally:
            if self.sent:
                await self.book.database.write(self._write)

    async def _write(self, unit: Unit) -> None:
        book, usage = self.book, self.usage
        if self.answer is not None:
            await model_answers.remember(
                unit,
                self.digest,
                self.answer,
                provider=self.provider,
                model=self.model,
                task=self.task,
                project_id=book.project_id,
            )
        cost = usage.cost if usage else None
        read = all_input(usage) if usage else None
        written = usage.output_tokens if usage else None
        await costs.add_call(
            unit,
            provider=self.provider,
            model=self.model,
            task=self.task,
            amount=cost,
            input_tokens=read,
            output_tokens=written,
            project_id=book.project_id,
            storyboard_id=book.storyboard_id,
        )
        seconds = round(time.monotonic() - self.started, 3)
        await unit.event(
            "model.called",
            book.project_id or self.provider,
            provider=self.provider,
            model=self.model,
            task=self.task,
            storyboard_id=str(book.storyboard_id) if book.storyboard_id else None,
            requests=usage.requests if usage else None,
            input_tokens=read,
            output_tokens=written,
            cost=cost,
            wall_s=seconds,
            error=self.error,
        )
        log.info(
            "%s %s, %s: %s tokens in, %s out, %s USD, %s s, %s",
            self.provider,
            self.model,
            self.task,
            read,
            written,
            cost,
            seconds,
            self.error or "answered",
        )


@dataclass(frozen=True, slots=True)
class BookedLLM:
    """A model whose answers are remembered and whose calls are written down.

    Answer, cost and event are one transaction, committed before the caller sees the answer: a
    process that dies afterwards never pays again. `anew` asks even what is remembered. `address`: of
    the service, which answers for itself alone.
    """

    inner: StructuredLLM
    book: CallBook
    priced: Priced
    asking: Locks
    anew: bool = False
    address: str = ""

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def model(self) -> str:
        return self.inner.model

    async def generate(
        self,
        request: ModelRequest[T],
        *,
        budget: float | None = None,
        on_partial: OnPartial | None = None,
    ) -> Reply[T]:
        """The remembered answer, or the model's.

        Raises:
            InputRefused: `cost_cap_project`, `cost_cap_day`; nothing was sent.
            ModelFailed: see there; what the tries took is written down.
        """
        digest = digest_of(self.inner, request, self.address)
        lock = self.asking.setdefault(digest, asyncio.Lock())
        async with lock:  # whoever asks the same meanwhile waits, and is given the same answer
            known = None if self.anew else await self._recalled(digest, request)
            if known is None:
                return await self._asked(digest, request, budget, on_partial)
        if on_partial is not None:
            on_partial(known.data.model_dump(mode="json", by_alias=True))
        return known

    async def _recalled(self, digest: str, request: ModelRequest[T]) -> Reply[T] | None:
        found = await self.book.database.read(lambda unit: model_answers.recall(unit, digest))
        if found is None:
            return None
        try:
            data = request.schema.model_validate(found.answer)
        except ValidationError:  # what fits the form has changed since
            return None
        return Reply(data, Usage(), self.name, found.model, remembered=True)

    async def _asked(
        self,
        digest: str,
        request: ModelRequest[T],
        budget: float | None,
        on_partial: OnPartial | None,
    ) -> Reply[T]:
        allowed = await self.book.budget(budget)
        call = _Call(self.book, self.name, self.model, request.task, digest=digest)
        async with call.written(self.priced):
            reply = await self.inner.generate(request, budget=allowed, on_partial=on_partial)
            reply = replace(reply, usage=self.priced(reply.usage))
            call.answered(reply.usage, reply.model)
            call.answer = reply.data.model_dump(mode="json", by_alias=True)
        return reply


@dataclass(frozen=True, slots=True)
class BookedChat:
    """A model to talk with whose turns are written down; nothing is remembered."""

    inner: ChatModel
    book: CallBook
    priced: Priced

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def model(self) -> str:
        return self.inner.model

    async def turn(
        self, turn: ChatTurn, *, budget: float | None = None
    ) -> AsyncGenerator[ChatEvent]:
        """The inner model's events; an interrupted turn is written down as such.

        Raises:
            InputRefused: `cost_cap_project`, `cost_cap_day`; nothing was sent.
            ModelFailed: while iterating.
        """
        allowed = await self.book.budget(budget)
        call = _Call(self.book, self.name, self.model, "chat")
        events = self.inner.turn(turn, budget=allowed)
        async with call.written(self.priced):
            try:
                async for event in events:
                    if isinstance(event, TurnEnded):
                        event = replace(event, usage=self.priced(event.usage))
                        call.answered(event.usage, event.model)
                    yield event
            finally:
                if isinstance(events, AsyncGenerator):
                    await events.aclose()


def all_input(usage: Usage) -> int:
    """Tokens that were read, from a cache or not."""
    return usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens


def digest_of(llm: StructuredLLM, request: ModelRequest[T], address: str) -> str:
    """Of whom is asked, where, what, and in which form the answer must be; pictures by their digests."""
    parts: list[JsonValue] = [
        part
        if isinstance(part, str)
        else {"media_type": part.media_type, "sha256": hashlib.sha256(part.data).hexdigest()}
        for part in request.parts
    ]
    asked: Json = {
        "provider": llm.name,
        "model": llm.model,
        "address": address,
        "task": request.task,
        "system": request.system,
        "parts": parts,
        "schema": request.schema.model_json_schema(),
        "effort": request.effort,
    }
    return hashlib.sha256(to_json(asked)).hexdigest()
