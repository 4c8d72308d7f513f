"""Where the user stands when something is said: project, episode, what was decided since."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from pydantic import JsonValue

from ai_video.domain.entities import (
    Conversation,
    ConversationMessage,
    Episode,
    Json,
    Project,
    Proposal,
)
from ai_video.domain.language_models import ChatMessage
from ai_video.errors import InputRefused
from ai_video.storage.database import Unit
from ai_video.studio.studio import Studio

MOST_EPISODES = 30


async def place_of(studio: Studio, conversation: Conversation, episode_id: UUID | None) -> Json:
    """{project, episode, episodes, decided}: what a model knows without asking.

    Raises:
        NotFound: no such project or episode. InputRefused: `chat_other_project`.
    """

    async def work(unit: Unit) -> Json:
        project = await unit.get(Project, conversation.project_id)
        episodes = await unit.find(
            Episode, project_id=project.id, order_by=("order", "id"), limit=MOST_EPISODES
        )
        seen = await _seen(unit, project, episode_id, episodes)
        return {
            "project": {"id": str(project.id), "name": project.name},
            "episode": _told(seen) if seen else None,
            "episodes": [_told(episode) for episode in episodes],
            "decided": cast("JsonValue", await _decided(unit, conversation.id)),
        }

    return await studio.database.read(work)


async def _seen(
    unit: Unit, project: Project, episode_id: UUID | None, episodes: list[Episode]
) -> Episode | None:
    """The episode that is meant: the one looked at, else the only one."""
    if episode_id is None:
        return episodes[0] if len(episodes) == 1 else None
    episode = await unit.get(Episode, episode_id)
    if episode.project_id != project.id:
        raise InputRefused("chat_other_project", id=str(episode_id))
    return episode


def _told(episode: Episode) -> Json:
    return {"id": str(episode.id), "number": episode.order, "title": episode.title}


async def _decided(unit: Unit, conversation_id: UUID) -> list[Json]:
    """What became of proposals since the user last said something."""
    said = await unit.find(
        ConversationMessage,
        conversation_id=conversation_id,
        role="user",
        order_by=("-number",),
        limit=1,
    )
    if not said:
        return []
    proposals = await unit.find(
        Proposal, conversation_id=conversation_id, state=["accepted", "rejected", "outdated"]
    )
    return [
        {"proposal_id": str(row.id), "tool": row.tool, "state": row.state, "for": _aim(row)}
        for row in proposals
        if row.decided_at is not None and row.decided_at > said[0].created_at
    ]


def _aim(proposal: Proposal) -> str:
    """Which shot or thing a proposal was about, and which fields."""
    parts: list[str] = []
    for row in proposal.changes:
        if not row.get("moved"):
            shot = f" of shot {row['shot']}" if row.get("shot") else ""
            fields = ", ".join(str(part["field"]) for part in cast("list[Json]", row["fields"]))
            parts.append(f"{row['kind']}{shot}: {fields}")
    return "; ".join(parts)[:400]


async def said_before(unit: Unit, answer: ConversationMessage) -> list[ChatMessage]:
    """What was said before the message that is being answered."""
    messages = await unit.find(
        ConversationMessage, conversation_id=answer.conversation_id, order_by=("number",)
    )
    return [
        ChatMessage(role=message.role, text=message.text)
        for message in messages
        if message.number < answer.number - 1 and message.text
    ]
