"""Conversations about a project: begin, list, show and delete them. Turns run in `chat_turns`."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from pydantic import JsonValue

from ai_video.domain.entities import Conversation, ConversationMessage, Json, Project, Proposal
from ai_video.errors import Conflict, InputRefused
from ai_video.storage.database import Unit
from ai_video.studio.chat.proposals import proposal_document
from ai_video.studio.record_kinds import Kind
from ai_video.studio.records.events import forget_talk
from ai_video.studio.records.records import MOST_ITEMS, read_cursor, write_cursor
from ai_video.studio.requests import Page
from ai_video.studio.studio import Studio

_KIND = Kind("conversations", "conversation", Conversation, ("project_id", "projects"))
_ORDER = ("-created_at", "id")


def message_document(message: ConversationMessage) -> Json:
    return cast("Json", message.model_dump(mode="json", exclude={"holder", "revision"}))


def conversation_document(conversation: Conversation) -> Json:
    return cast("Json", conversation.model_dump(mode="json", exclude={"session", "revision"}))


async def start_conversation(studio: Studio, project_id: UUID, *, title: str = "") -> Json:
    """Begin to talk about a project.

    Raises:
        NotFound: no such project. InputRefused: the title is too long.
    """
    if len(title) > 200:
        raise InputRefused("invalid_value", field="title", reason="200 characters at most")

    async def work(unit: Unit) -> Json:
        await unit.get(Project, project_id)
        conversation = await unit.add(Conversation.fresh(project_id=project_id, title=title))
        await unit.event("chat.created", conversation.id, project_id=str(project_id))
        return conversation_document(conversation)

    return await studio.database.write(work)


async def list_conversations(
    studio: Studio,
    *,
    project_id: UUID | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Page:
    """Conversations, newest first.

    Raises:
        NotFound: no such project. InputRefused: limit or cursor cannot be used.
    """
    if not 1 <= limit <= MOST_ITEMS:
        reason = f"it must be 1 to {MOST_ITEMS}"
        raise InputRefused("invalid_value", field="limit", reason=reason)

    async def work(unit: Unit) -> Page:
        if project_id is not None:
            await unit.get(Project, project_id)
        where = {} if project_id is None else {"project_id": project_id}
        after = read_cursor(_KIND, _ORDER, cursor) if cursor else None
        rows = await unit.find(Conversation, where, order_by=_ORDER, limit=limit + 1, after=after)
        more = write_cursor(_ORDER, rows[limit - 1]) if len(rows) > limit else None
        return Page(items=[conversation_document(row) for row in rows[:limit]], next=more)

    return await studio.database.read(work)


async def show_conversation(studio: Studio, id: UUID) -> Json:
    """A conversation with its messages and proposals, in order.

    Raises:
        NotFound: no such conversation.
    """

    async def work(unit: Unit) -> Json:
        conversation = await unit.get(Conversation, id)
        messages = await unit.find(ConversationMessage, conversation_id=id, order_by=("number",))
        proposals = await unit.find(Proposal, conversation_id=id)
        return {
            **conversation_document(conversation),
            "running": any(message.state == "running" for message in messages),
            "messages": cast("list[JsonValue]", [message_document(row) for row in messages]),
            "proposals": cast("list[JsonValue]", [proposal_document(row) for row in proposals]),
        }

    return await studio.database.read(work)


async def is_running(studio: Studio, id: UUID) -> bool:
    """Is an answer being given in a conversation?

    Raises:
        NotFound: no such conversation.
    """

    async def work(unit: Unit) -> bool:
        await unit.get(Conversation, id)
        running = await unit.find(ConversationMessage, conversation_id=id, state="running", limit=1)
        return bool(running)

    return await studio.database.read(work)


async def delete_conversation(studio: Studio, id: UUID) -> Json:
    """Delete a conversation with its messages, proposals and events; what was accepted stays done.

    Raises:
        NotFound: no such conversation. Conflict: `chat_busy`: it is answering.
    """

    async def work(unit: Unit) -> None:
        await unit.get(Conversation, id)
        if await unit.find(ConversationMessage, conversation_id=id, state="running"):
            raise Conflict("chat_busy")
        await unit.remove(Conversation, id)
        await forget_talk(unit, [id])
        await unit.event("chat.deleted", id)

    await studio.database.write(work)
    return {"ok": True, "id": str(id)}
