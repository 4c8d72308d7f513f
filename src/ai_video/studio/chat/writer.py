"""Writes down what a turn says, as it says it: few rows, many words."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict
from typing import Final, Literal, cast
from uuid import UUID

from pydantic import JsonValue
from pydantic_core import to_json

from ai_video.domain.entities import Conversation, ConversationMessage, Json
from ai_video.domain.language_models import (
    ChatEvent,
    TextDelta,
    ToolAnswered,
    ToolCalled,
    TurnEnded,
    Usage,
)
from ai_video.errors import NotFound
from ai_video.storage.database import Unit
from ai_video.studio.chat.tools import storable
from ai_video.studio.studio import Studio

WRITE_EVERY_S: Final = 0.2
LOOK_EVERY_S: Final = 1.0
"""How often it looks whether it was stopped from elsewhere while it says nothing."""
SHOWN_CHARACTERS: Final = 4_000
"""Of a tool's arguments and answer, on the page and in the conversation."""

Ended = Literal["done", "interrupted", "failed"]


class TurnOver(Exception):
    """Somebody else ended this turn; nothing more may be written."""


class TurnWriter:
    """One answer while it comes."""

    def __init__(
        self, studio: Studio, answer: ConversationMessage, *, titles: Mapping[str, Json]
    ) -> None:
        self._studio = studio
        self._id: UUID = answer.id
        self.conversation_id: UUID = answer.conversation_id
        self._titles = titles
        self._model = answer.model
        self._text = ""
        self._written = 0
        self._tools: list[Json] = []
        self._ended: TurnEnded | None = None
        self._looked = time.monotonic()
        self._writing = asyncio.Lock()

    async def follow(self, events: AsyncIterator[ChatEvent]) -> None:
        """Everything that the model says, to its end.

        Raises:
            TurnOver: it was stopped from elsewhere.
            ModelFailed: what the model raises.
        """
        hearing = asyncio.create_task(self._hear(events))
        try:
            while not hearing.done():
                await asyncio.wait([hearing], timeout=WRITE_EVERY_S)
                await self._write()
            await hearing
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)

    async def _hear(self, events: AsyncIterator[ChatEvent]) -> None:
        try:
            async for event in events:
                await self._take(event)
        finally:
            close = getattr(events, "aclose", None)
            if close is not None:
                await close()

    async def _take(self, event: ChatEvent) -> None:
        if isinstance(event, TextDelta):
            self._text += cast("str", storable(event.text))
        elif isinstance(event, ToolCalled):
            unknown: Json = {"zh": event.name, "en": event.name}
            call: Json = {
                "id": event.id,
                "name": event.name,
                "title": self._titles.get(event.name, unknown),
                "arguments": shortened(event.arguments),
                "at": len(self._text),
                "ok": None,
                "answer": None,
            }
            self._tools.append(call)
            await self._write(call)
        elif isinstance(event, ToolAnswered):
            for call in self._tools:
                if call["id"] == event.id:
                    call |= {"ok": event.ok, "answer": shortened(event.answer)}
                    await self._write(call)
        else:
            self._ended = event

    async def _write(self, call: Json | None = None) -> None:
        """What is new; where nothing is, look now and then whether it may go on."""
        async with self._writing:
            if call is None and len(self._text) == self._written:
                if time.monotonic() - self._looked < LOOK_EVERY_S:
                    return
                self._looked = time.monotonic()
                await self._studio.database.read(self._still_running)
                return
            await self._studio.database.write(lambda unit: self._store(unit, call))

    async def _store(self, unit: Unit, call: Json | None) -> None:
        message = await self._still_running(unit)
        new, at = self._text[self._written :], self._written
        await unit.change(message, text=self._text, tools=[dict(row) for row in self._tools])
        if new:
            await self._tell(unit, "chat.text", text=new, at=at)
            self._written = len(self._text)
        if call is not None:
            await self._tell(unit, "chat.tool", call=cast("JsonValue", dict(call)))

    async def _still_running(self, unit: Unit) -> ConversationMessage:
        try:
            message = await unit.get(ConversationMessage, self._id)
        except NotFound as gone:  # with its project
            raise TurnOver from gone
        if message.state != "running":
            raise TurnOver
        return message

    async def _tell(self, unit: Unit, type: str, **data: JsonValue) -> None:
        await unit.event(type, self.conversation_id, message_id=str(self._id), **data)

    async def end(
        self, state: Ended, *, error: Json | None = None, usage: Usage | None = None
    ) -> None:
        """The last word: how it ended and what it took."""
        ended = self._ended
        took = ended.usage if ended else usage
        spent = cast("Json", asdict(took)) if took else {}

        async def work(unit: Unit) -> None:
            message = await self._still_running(unit)
            if len(self._text) > self._written:
                new = self._text[self._written :]
                await self._tell(unit, "chat.text", text=new, at=self._written)
            model = (ended.model if ended else "") or self._model
            await unit.change(
                message,
                text=self._text,
                tools=self._tools,
                state=state,
                error=error,
                usage=spent,
                model=model,
                holder={},
            )
            if ended is not None:
                conversation = await unit.get(Conversation, self.conversation_id)
                await unit.change(conversation, model=model, session=ended.session)
            await self._tell(
                unit,
                "chat.ended",
                state=state,
                error=error,
                usage=spent,
                provider=message.provider,
                model=model,
            )

        try:
            await self._studio.database.write(work)
        except TurnOver:
            return


def shortened(value: JsonValue) -> JsonValue:
    """A tool's arguments or answer as they are shown; a long one as the beginning of its text."""
    value = storable(value)
    text = to_json(value).decode()
    return value if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + " …"
