"""Turns of conversations: they run in this process, whoever listens, and tell everything by events.

`chat.started`, `chat.text`, `chat.tool`, `chat.proposal`, `chat.ended`; the subject is the
conversation. What was said so far is stored as it comes, so a process that dies loses nothing that
was seen. One turn at a time in a conversation.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from ai_video.domain.entities import Conversation, ConversationMessage, Json, Project, Proposal
from ai_video.domain.language_models import ChatModel, ChatTurn, ModelFailed
from ai_video.errors import AiVideoError, Conflict, InputRefused, ServiceFailed
from ai_video.orchestrator.holders import is_gone, this_process
from ai_video.orchestrator.records import Holder
from ai_video.settings import LlmChoice
from ai_video.storage.database import Unit, now
from ai_video.studio.chat.calls import TurnCalls
from ai_video.studio.chat.chats import is_running
from ai_video.studio.chat.place import place_of, said_before
from ai_video.studio.chat.proposals import accept_proposal, reopen
from ai_video.studio.chat.rules import RulesChat
from ai_video.studio.chat.tools import ToolInChat
from ai_video.studio.chat.words import SYSTEM, framed, remembered
from ai_video.studio.chat.writer import TurnOver, TurnWriter
from ai_video.studio.record_values import check_storable
from ai_video.studio.records.events import last_event
from ai_video.studio.studio import Studio

logger = logging.getLogger(__name__)

TURN_S: Final = 300.0
MOST_CALLS: Final = 30
"""Tool calls of one turn."""
MESSAGE_CHARACTERS: Final = 20_000
LOST_AFTER: Final = timedelta(seconds=2 * TURN_S)
"""So long no answer takes; its process is gone, even where that cannot be seen."""


@dataclass(slots=True)
class Chats:
    """The conversations that are being answered in this process."""

    studio: Studio
    tools: Mapping[str, ToolInChat] = field(default_factory=dict[str, ToolInChat])
    here: Holder = field(default_factory=this_process)
    turns: dict[UUID, asyncio.Task[None]] = field(default_factory=dict[UUID, "asyncio.Task[None]"])
    """By conversation."""
    failures: dict[UUID, AiVideoError] = field(default_factory=dict[UUID, AiVideoError])
    """Why the last answer of a conversation failed, where it did."""

    async def start(self) -> None:
        """Settle what a process that is gone left behind: answers stop, decisions are open again."""
        await self.studio.database.write(self._settle)

    async def say(
        self,
        id: UUID,
        text: str,
        *,
        llm: LlmChoice | None = None,
        episode_id: UUID | None = None,
    ) -> Json:
        """Say something; the answer comes as events after `seq`, and stands in the conversation.

        Args:
            llm: who answers this time; None: whom settings say.
            episode_id: the episode that the user looks at.

        Raises:
            NotFound: no such conversation. Conflict: `chat_busy`. NotAvailable: no such model.
            InputRefused: nothing was said, too much, or the episode is another project's.
        """
        text = text.strip()
        if not text:
            raise InputRefused("invalid_value", field="text", reason="say something")
        check_storable({"text": text})
        if len(text) > MESSAGE_CHARACTERS:
            raise InputRefused("chat_too_long", limit=MESSAGE_CHARACTERS)
        studio = self.studio
        before = await studio.database.read(lambda unit: unit.get(Conversation, id))
        seq = await last_event(studio)
        place = await place_of(studio, before, episode_id)
        model = await self._model(llm, before.project_id, text, place)
        if id in self.turns:
            raise Conflict("chat_busy")
        begun: asyncio.Future[ConversationMessage] = asyncio.get_running_loop().create_future()
        turn = self._turn(id, text, place, model, begun)
        task = self.turns[id] = asyncio.create_task(turn, name=f"chat {id}")
        task.add_done_callback(lambda done: self._ended(id, done))
        answer = await asyncio.shield(begun)
        return {
            "ok": True,
            "conversation_id": str(id),
            "answer_id": str(answer.id),
            "number": answer.number,
            "provider": model.name,
            "model": model.model,
            "seq": seq,
        }

    async def answers_with(self, project_id: UUID) -> Json:
        """Who would answer: {provider, model, error}; `error` says why a chosen one cannot."""
        try:
            model = await self.studio.models.chat(project_id=project_id)
        except AiVideoError as error:
            return {"provider": self.studio.models.setting, "model": "", "error": self._said(error)}
        if model is None:
            return {"provider": "rules", "model": "", "error": None}
        return {"provider": model.name, "model": model.model, "error": None}

    async def _model(
        self, llm: LlmChoice | None, project_id: UUID, text: str, place: Json
    ) -> ChatModel:
        picked = await self.studio.models.chat(llm, project_id=project_id)
        return picked or RulesChat(text, place, language=self.studio.language)

    async def _turn(
        self,
        id: UUID,
        text: str,
        place: Json,
        model: ChatModel,
        begun: asyncio.Future[ConversationMessage],
    ) -> None:
        """The whole turn in one task, so that nothing is begun that nobody ends."""
        try:
            conversation, answer = await self.studio.database.write(
                lambda unit: self._begin(unit, id, text, model)
            )
        except Exception as exc:  # noqa: BLE001  a refusal or a bug: who spoke is told
            begun.set_exception(exc)
            return
        except BaseException:
            begun.cancel()
            raise
        self.failures.pop(id, None)
        begun.set_result(answer)
        await self._answer(conversation, answer, text, place, model)

    async def _begin(
        self, unit: Unit, id: UUID, text: str, model: ChatModel
    ) -> tuple[Conversation, ConversationMessage]:
        await self._settle(unit, beginning=id)
        conversation = await unit.get(Conversation, id)
        await unit.get(Project, conversation.project_id)
        if await unit.find(ConversationMessage, conversation_id=id, state="running"):
            raise Conflict("chat_busy")
        last = await unit.find(
            ConversationMessage, conversation_id=id, order_by=("-number",), limit=1
        )
        number = last[0].number if last else 0
        said = ConversationMessage.fresh(
            conversation_id=id, number=number + 1, role="user", text=text
        )
        answer = ConversationMessage.fresh(
            conversation_id=id,
            number=number + 2,
            role="assistant",
            state="running",
            provider=model.name,
            model=model.model,
            holder={"owner": self.here.owner, "host": self.here.host, "pid": self.here.pid},
        )
        await unit.add_all([said, answer])
        elsewhere = conversation.provider not in ("", model.name)
        conversation = await unit.change(
            conversation,
            title=conversation.title or text.splitlines()[0][:80],
            provider=model.name,
            model=model.model,
            session=None if elsewhere else conversation.session,
        )
        await unit.event(
            "chat.started",
            id,
            message_id=str(answer.id),
            number=answer.number,
            text=text,
            provider=model.name,
            model=model.model,
        )
        return conversation, answer

    async def _answer(
        self,
        conversation: Conversation,
        answer: ConversationMessage,
        text: str,
        place: Json,
        model: ChatModel,
    ) -> None:
        """One turn, to its end whatever happens; nothing is raised but the cancellation."""
        studio = self.studio
        titles = {tool.name: tool.title for tool in self.tools.values()}
        writer = TurnWriter(studio, answer, titles=titles)
        try:
            history = await studio.database.read(lambda unit: said_before(unit, answer))
            calls = TurnCalls(
                studio,
                self.tools,
                conversation.project_id,
                answer,
                most_calls=MOST_CALLS,
                whole=isinstance(model, RulesChat),
            )
            turn = ChatTurn(
                system=SYSTEM[studio.language],
                history=remembered(history),
                text=framed(text, place),
                tools=calls.tools,
                session=conversation.session,
                timeout_s=TURN_S,
                most_calls=MOST_CALLS,
            )
            async with asyncio.timeout(TURN_S + 10):
                await writer.follow(model.turn(turn))
        except TurnOver:
            return  # somebody stopped it and said so
        except TimeoutError:
            await self._fail(writer, ServiceFailed("chat_took_too_long", seconds=TURN_S))
        except asyncio.CancelledError:
            await writer.end("interrupted")
            raise
        except AiVideoError as error:
            await self._fail(writer, error)
        except Exception as exc:
            logger.exception("answering in %s failed", conversation.id)
            await self._fail(writer, AiVideoError("internal", kind=type(exc).__name__))
        else:
            await writer.end("done")

    async def _fail(self, writer: TurnWriter, error: AiVideoError) -> None:
        self.failures[writer.conversation_id] = error
        usage = error.usage if isinstance(error, ModelFailed) else None
        await writer.end("failed", error=self._said(error), usage=usage)

    def _said(self, error: AiVideoError) -> Json:
        language = self.studio.language
        return {
            "code": error.code,
            "message": error.message(language),
            "hint": error.hint(language),
        }

    def _ended(self, id: UUID, task: asyncio.Task[None]) -> None:
        if self.turns.get(id) is task:
            del self.turns[id]

    async def wait(self, id: UUID) -> None:
        """Until the running answer of a conversation has ended, if one runs here.

        Raises:
            AiVideoError: why it failed.
        """
        task = self.turns.get(id)
        if task is not None:
            await asyncio.wait([task])
        if id in self.failures:
            raise self.failures[id]

    async def interrupt(self, id: UUID) -> Json:
        """Stop the answer that is being given; what was said so far stays.

        Raises:
            NotFound: no such conversation.
        """
        running = await is_running(self.studio, id)
        task = self.turns.get(id)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        elif running:  # another process answers: it looks every second whether it still may
            await self.studio.database.write(lambda unit: self._stop_elsewhere(unit, id))
        return {"ok": True, "conversation_id": str(id), "was_running": running}

    async def _stop_elsewhere(self, unit: Unit, id: UUID) -> None:
        for message in await unit.find(ConversationMessage, conversation_id=id, state="running"):
            await _interrupted(unit, message)

    async def accept(self, proposal_id: UUID) -> Json:
        """See `accept_proposal`."""
        return await accept_proposal(self.studio, self.tools, proposal_id, here=self.here)

    async def stop(self) -> None:
        """Interrupt what is being answered; conversations go on with the next message."""
        running = [*self.turns.values()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _settle(self, unit: Unit, *, beginning: UUID | None = None) -> None:
        """`beginning`: the conversation whose turn is only about to be stored."""
        running_here = self.turns.keys() - {beginning}
        for message in await unit.find(ConversationMessage, state="running"):
            mine = message.holder.get("owner") == self.here.owner
            if self._is_lost(message) or (mine and message.conversation_id not in running_here):
                await _interrupted(unit, message)
        for proposal in await unit.find(Proposal, state="accepting"):
            if self._is_lost(proposal):
                await reopen(unit, proposal)

    def _is_lost(self, held: ConversationMessage | Proposal) -> bool:
        """Is the process gone that was at work on it?"""
        holder = _holder(held.holder)
        if holder is None or now() - held.updated_at > LOST_AFTER:
            return True
        if (holder.host, holder.pid) == (self.here.host, self.here.pid):
            return holder.owner != self.here.owner  # an earlier process had the same number
        return is_gone(holder, here=self.here)


async def _interrupted(unit: Unit, message: ConversationMessage) -> None:
    await unit.change(message, state="interrupted", holder={})
    await unit.event(
        "chat.ended",
        message.conversation_id,
        message_id=str(message.id),
        state="interrupted",
        error=None,
        usage={},
        provider=message.provider,
        model=message.model,
    )


def _holder(stored: Json) -> Holder | None:
    with suppress(KeyError, TypeError, ValueError):
        return Holder(
            owner=str(stored["owner"]), host=str(stored["host"]), pid=int(str(stored["pid"]))
        )
    return None
